"""Measure the whole refresh beside one DuckDB script and one pandas script.

    python benchmarks/run.py --years 3 20           national size: some minutes and about 12 GB of disk
    python benchmarks/run.py --quick                a fiftieth of the country: does the benchmark itself work?
    python benchmarks/run.py --years 20 --times-ten   once more with ten times the rows (refresh only)

Every measured command runs in a process of its own, one after another, each from its own copy of one inbox.
The sample is the one `make run` uses, planted mistakes included: they cost the refresh (findings, rejected
rows, misspelled names) and hardly the scripts, so the comparison leans to their side. Whether the three
agree is looked at twice: on a small sample without mistakes, where every sum and every tambon must be equal
(else exit code 1), and on the measured one, where differences are counted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import compare
import measure
import polars as pl
import source
from measure import Cost
from report import Case, markdown, show_verdicts
from rich.console import Console

HERE = Path(__file__).parent
NVF = "nvf/village_funds"
TINY_SCALE = 0.0005  # one tambon a province
COPY_MARKS = "123456789ABCDEFGH"  # first character of the fund codes of each further copy
# The feeds that the two scripts can read; `all_feeds.py` measures the refresh on every feed.
COMPARED = (NVF, "cdd/savings_groups", "codi/welfare_funds", "nesdc/population")
MAKE_SAMPLE = """
import sys
from pathlib import Path
from ingest.home import Home
from ingest.sample import write_sample
home, scale, years, tidy, feeds = sys.argv[1:]
feeds = feeds.split(",") if feeds else None
write_sample(Home(Path(home)), scale=float(scale), years=int(years), tidy=tidy == "tidy", feeds=feeds)
"""
console = Console()


def must(cost: Cost, what: str) -> Cost:
    """The cost, or an end with the last lines of what failed."""
    if not cost.ok:
        raise SystemExit(f"{what} ended with code {cost.exit_code}:\n{cost.errors}")
    return cost


def make_sample(
    home: Path, scale: float, years: int, *, tidy: bool = False, feeds: Sequence[str] = COMPARED
) -> dict[str, int]:
    """Write a sample (no `feeds`: of every feed) in a process of its own; returns its rows by feed."""
    arguments = [str(home), str(scale), str(years), "tidy" if tidy else "messy", ",".join(feeds)]
    must(measure.run([sys.executable, "-c", MAKE_SAMPLE, *arguments], home.with_suffix(".log")), "the sample")
    manifest = json.loads((home / "sample" / "manifest.json").read_text(encoding="utf-8"))
    return {feed: int(rows) for feed, rows in manifest["records"].items()}


def copy_home(home: Path, target: Path) -> Path:
    """A home with the same inbox; times of change are kept, for they are the order of arrival."""
    shutil.copytree(home / "inbox", target / "inbox")
    shutil.copy2(home / "home.json", target / "home.json")
    return target


def show(what: str, cost: Cost) -> None:
    ended = "" if cost.ok else f"  exit code {cost.exit_code}"
    console.print(
        f"  {what:<16} {cost.seconds:8.1f} s {cost.cpu_seconds:8.1f} s of processor {cost.peak_mib:9,.0f} MiB{ended}"
    )


def refresh(case: Case, what: str, home: Path, *options: str) -> Cost:
    """Measure one `tambon refresh` and keep the stages it logged."""
    before = measure.file_positions(home)
    command = [sys.executable, "-m", "cli.main", "refresh", "--quiet", "--home", str(home), *options]
    cost = measure.run(command, home.parent / f"{what}.log")
    case.costs[what], case.stages[what] = cost, measure.new_stages(home, before)
    show(what, cost)
    return must(cost, what)


def script(case: Case, name: str, inbox: Path, out: Path) -> Cost:
    """Measure one baseline script. It may fail (pandas out of memory): that is a result too."""
    command = [sys.executable, str(HERE / f"{name}_script.py"), str(inbox), str(out)]
    case.costs[name] = measure.run(command, out.with_suffix(".log"))
    show(name, case.costs[name])
    return case.costs[name]


def drop_changed_delivery(home: Path, master: Path) -> int:
    """Deliver the newest village-fund file again, savings changed in each hundredth row; returns its rows."""
    newest = max(one.path for one in source.deliveries(master / "inbox") if one.feed == NVF)
    cells = pl.read_csv(newest, infer_schema=False)
    savings = cells.columns[source.match_headers(NVF, cells.columns)["savings_thb"][0]]
    as_number = pl.col(savings).str.replace_all(",", "").cast(pl.Float64, strict=False)
    changed = pl.when((pl.int_range(pl.len()) % 100 == 0) & as_number.is_not_null()).then(
        (as_number + 100).cast(pl.Int64).cast(pl.String)
    )
    target = home / "inbox" / NVF / newest.name.replace("_01_", "_07_").replace(".csv", "_changed.csv")
    target.parent.mkdir(parents=True, exist_ok=True)
    cells.with_columns(changed.otherwise(pl.col(savings)).alias(savings)).write_csv(target)
    an_hour_ago = time.time() - 3600  # landing takes no file that may still be growing
    os.utime(target, (an_hour_ago, an_hour_ago))
    return cells.height


def read_text_cells(path: Path) -> pl.DataFrame:
    """A CSV in UTF-8 or cp874, every cell as text."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp874")
    return pl.read_csv(text.encode(), infer_schema=False)


def multiply_inbox(home: Path, copies: int) -> int:
    """Repeat each year of village funds `copies` times under other fund codes; returns the rows added."""
    added = 0
    originals = [
        one.path for one in source.deliveries(home / "inbox") if one.feed == NVF and "_01_" in one.path.name
    ]
    for original in originals:
        cells = read_text_cells(original)
        code = cells.columns[source.match_headers(NVF, cells.columns)["fund_code"][0]]
        arrived = original.stat().st_mtime
        for number, mark in enumerate(COPY_MARKS[:copies], 1):
            marked = pl.lit(mark) + pl.col(code).str.zfill(8).str.slice(1)
            path = original.with_name(original.name.replace("_01_", f"_{10 + number}_"))
            cells.with_columns(pl.when(pl.col(code) != "").then(marked).alias(code)).write_csv(path)
            os.utime(path, (arrived + number, arrived + number))
            added += cells.height
    return added


def published(home: Path) -> Path:
    """Folder of the published marts; the link is resolved once."""
    return (home / "releases" / "current").resolve() / "marts"


def agree(folders: dict[str, Path]) -> list[compare.Agreement]:
    """Compare the results and say how much of them is equal."""
    found = compare.compare(folders)
    for one in found:
        sums = f"{one.totals - one.totals_differing} of {one.totals} sums equal"
        console.print(
            f"  {one.pair}: {sums}, {one.cells - one.cells_differing:,} of {one.cells:,} tambon cells equal"
        )
    return found


def measure_case(work: Path, years: int, scale: float, *, tenfold: bool = False) -> Case:
    """One sample through the refresh, one with nothing new, one changed delivery, and the two scripts.

    `tenfold` multiplies the rows by ten and measures the refresh alone.
    """
    master = work / "master"
    records = make_sample(master, scale, years)
    case = Case(
        f"{years} fiscal years, scale {scale:g}{' × 10' if tenfold else ''}", rows_in=sum(records.values())
    )
    if tenfold:
        case.rows_in += multiply_inbox(master, round(case.rows_in * 9 / records[NVF]))
    files = [path for path in (master / "inbox").rglob("*") if path.is_file()]
    case.input_mb = round(sum(path.stat().st_size for path in files) / 1e6, 1)
    console.rule(f"{case.title}: {case.rows_in:,} rows in, {case.input_mb:,.0f} MB")
    home = copy_home(master, work / "home")
    refresh(case, "refresh", home)
    fund_year = pl.scan_parquet(published(home) / "fct_fund_year.parquet")
    case.fund_years = int(fund_year.select(pl.len()).collect().item())
    if not tenfold:
        folders = {"ours": work / "ours"}
        shutil.copytree(published(home), folders["ours"])
        refresh(case, "nothing new", home)
        case.changed_rows = drop_changed_delivery(home, master)
        refresh(case, "one changed", home)
        remove(home)
        for name in ("duckdb", "pandas"):
            if script(case, name, master / "inbox", work / name).ok:
                folders[name] = work / name
        case.agreement = agree(folders)
    remove(work)
    return case


def measure_start_up(work: Path) -> Case:
    """The job on next to nothing: on a fresh home, and again (forced) with parse and gazetteer kept."""
    console.rule("start-up: the job on the smallest sample")
    case = Case("start-up", rows_in=sum(make_sample(work / "master", TINY_SCALE, 1).values()))
    home = copy_home(work / "master", work / "home")
    refresh(case, "start-up", home)
    refresh(case, "start-up again", home, "--force")
    remove(work)
    return case


def check_agreement(work: Path) -> Case:
    """Four years without mistakes, in all the offices' formats: the three must agree to the last tambon."""
    console.rule("agreement on a small sample without planted mistakes")
    master = work / "master"
    case = Case("agreement", rows_in=sum(make_sample(master, 0.01, 4, tidy=True).values()))
    home = copy_home(master, work / "home")
    refresh(case, "refresh", home)
    for name in ("duckdb", "pandas"):
        must(script(case, name, master / "inbox", work / name), name)
    case.agreement = agree({"ours": published(home), "duckdb": work / "duckdb", "pandas": work / "pandas"})
    remove(work)
    return case


def remove(folder: Path) -> None:
    """Remove a folder of ours; landed and published files are read-only, their folders are not."""
    shutil.rmtree(folder)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--years", type=int, nargs="+", default=[3, 20], help="numbers of fiscal years to measure")
    add("--scale", type=float, default=1.0, help="share of the national number of funds")
    add("--quick", action="store_true", help="scale 0.02, three years; written nowhere unless --out says so")
    add("--times-ten", action="store_true", help="also refresh ten times the rows of the longest case")
    add("--work", type=Path, help="folder for the homes (default: the system's temporary one)")
    add("--out", type=Path, help="Markdown file to write, with a .json beside it (default: results.md here)")
    chosen = parser.parse_args(given)
    if chosen.quick:
        chosen.years, chosen.scale = [3], 0.02
    elif chosen.out is None:
        chosen.out = HERE / "results.md"
    return chosen


def main(chosen: argparse.Namespace) -> int:
    """Measure what was chosen, print and write it. 1: the three disagree on a sample without mistakes."""
    machine = measure.machine()
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()), style="dim")
    with tempfile.TemporaryDirectory(prefix="tambon-bench-", dir=chosen.work) as folder:
        work = Path(folder)
        tools = measure.tool_start_up(work)
        start = measure_start_up(work / "tiny")
        agreement = check_agreement(work / "tidy")
        cases = [measure_case(work / f"years-{years}", years, chosen.scale) for years in chosen.years]
        if chosen.times_ten:
            cases.append(measure_case(work / "ten", max(chosen.years), chosen.scale, tenfold=True))
    show_verdicts(console, cases, start)
    if chosen.out:
        chosen.out.write_text(markdown(cases, start, agreement, tools, machine), encoding="utf-8")
        content = {
            "machine": machine,
            "tools": tools,
            "start_up": start,
            "agreement": agreement,
            "cases": cases,
        }
        text = json.dumps(content, default=asdict, ensure_ascii=False, indent=1)
        chosen.out.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
        console.print(f"→ {chosen.out}, {chosen.out.with_suffix('.json')}", markup=False)
    return int(any(one.totals_differing or one.cells_differing for one in agreement.agreement))


if __name__ == "__main__":
    raise SystemExit(main(arguments()))
