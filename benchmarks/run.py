"""Measure the whole refresh beside one DuckDB script and one pandas script.

    python benchmarks/run.py --years 3 20          national size; takes some minutes and about 12 GB of disk
    python benchmarks/run.py --quick               a fiftieth of the country, three years: does the benchmark itself work?
    python benchmarks/run.py --years 20 --times-ten   once more with ten times the rows (refresh only)

Every measured command runs in a process of its own, one after another, each from its own copy of the same inbox. The sample is the one
`make run` uses, planted mistakes included: they cost the refresh (findings, rejected rows, matching of misspelled names) and hardly
the scripts, so the comparison leans to the scripts' side. Whether the three agree is looked at twice: on a small sample without
mistakes, where every sum and every tambon must be equal, and on the measured one, where differences are counted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import compare
import measure
import polars as pl
import source
from measure import ROOT, Cost
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
NVF = "nvf/village_funds"
TINY_SCALE = 0.0005  # one tambon a province
LIMITS = {
    "start-up": 15.0,
    "nothing new": 10.0,
    "peak MiB": 3 * 1024.0,
    "work ÷ DuckDB": 1.5,
    "refresh ÷ pandas": 1.0,
}
console = Console()


@dataclass
class Case:
    """One sample, measured. `fund_years` is the number of rows of the published fct_fund_year."""

    years: int
    scale: float
    rows_in: int = 0
    input_mb: float = 0.0
    fund_years: int = 0
    costs: dict[str, Cost] = field(default_factory=dict)
    stages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    changed_rows: int = 0
    agreement: list[compare.Agreement] = field(default_factory=list)


def make_sample(home: Path, scale: float, years: int, tidy: bool) -> int:
    """Write a sample in a process of its own; returns its rows."""
    code = (
        "import json,sys; from pathlib import Path; from ingest.home import Home; from ingest.sample import write_sample\n"
        "write_sample(Home(Path(sys.argv[1])), scale=float(sys.argv[2]), years=int(sys.argv[3]), tidy=sys.argv[4] == 'tidy')"
    )
    command = [sys.executable, "-c", code, str(home), str(scale), str(years), "tidy" if tidy else "messy"]
    must(measure.run(command, home.with_suffix(".sample.log")), "the sample")
    return sum(
        json.loads((home / "sample" / "manifest.json").read_text(encoding="utf-8"))["records"].values()
    )


def must(cost: Cost, what: str) -> Cost:
    """The cost, or an end with the last lines of what failed."""
    if not cost.ok:
        raise SystemExit(f"{what} ended with code {cost.exit_code}:\n{cost.errors}")
    return cost


def copy_home(home: Path, target: Path) -> Path:
    """A home with the same inbox, times of change kept: they are the order of arrival."""
    shutil.copytree(home / "inbox", target / "inbox")
    shutil.copy2(home / "home.json", target / "home.json")
    return target


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
    cost = measure.run(
        [sys.executable, str(HERE / f"{name}_script.py"), str(inbox), str(out)], out.with_suffix(".log")
    )
    case.costs[name] = cost
    show(name, cost)
    return cost


def show(what: str, cost: Cost) -> None:
    console.print(
        f"  {what:<16} {cost.seconds:8.1f} s {cost.peak_mib:9,.0f} MiB{'' if cost.ok else f'  exit code {cost.exit_code}'}"
    )


def drop_changed_delivery(home: Path, master: Path) -> int:
    """Put the newest village-fund file into the inbox again with savings changed in each hundredth row; returns its rows."""
    newest = max(one.path for one in source.deliveries(master / "inbox") if one.feed == NVF)
    cells = pl.read_csv(newest, infer_schema=False)
    savings = cells.columns[source.match_headers(NVF, cells.columns)["savings_thb"][0]]
    raised = (
        (pl.col(savings).str.replace_all(",", "").cast(pl.Float64, strict=False) + 100)
        .cast(pl.Int64)
        .cast(pl.String)
    )
    chosen = (pl.int_range(pl.len()) % 100 == 0) & raised.is_not_null()
    target = home / "inbox" / NVF / newest.name.replace("_01_", "_07_").replace(".csv", "_changed.csv")
    target.parent.mkdir(parents=True, exist_ok=True)
    cells.with_columns(pl.when(chosen).then(raised).otherwise(pl.col(savings)).alias(savings)).write_csv(
        target
    )
    an_hour_ago = time.time() - 3600  # landing takes no file that may still be growing
    os.utime(target, (an_hour_ago, an_hour_ago))
    return cells.height


def multiply_inbox(home: Path, copies: int) -> int:
    """Repeat every village-fund file under other fund codes (first digit 1-9, then letters); returns the rows added."""
    added = 0
    for delivery in [
        one for one in source.deliveries(home / "inbox") if one.feed == NVF and "_01_" in one.path.name
    ]:
        raw = delivery.path.read_bytes()
        try:
            cells = pl.read_csv(raw.decode("utf-8-sig").encode(), infer_schema=False)
        except UnicodeDecodeError:
            cells = pl.read_csv(raw.decode("cp874").encode(), infer_schema=False)
        code = cells.columns[source.match_headers(NVF, cells.columns)["fund_code"][0]]
        changed_at = delivery.path.stat().st_mtime
        for number in range(1, copies + 1):
            prefix = "123456789ABCDEFGH"[number - 1]
            other = cells.with_columns(
                pl.when(pl.col(code) != "")
                .then(pl.lit(prefix) + pl.col(code).str.zfill(8).str.slice(1))
                .otherwise(pl.col(code))
            )
            path = delivery.path.with_name(delivery.path.name.replace("_01_", f"_{10 + number}_"))
            other.write_csv(path)
            os.utime(path, (changed_at + number, changed_at + number))
            added += cells.height
    return added


def published(home: Path) -> Path:
    """Folder of the published marts; the link is resolved once."""
    return (home / "releases" / "current").resolve() / "marts"


def agree(folders: dict[str, Path]) -> list[compare.Agreement]:
    found = compare.compare(folders)
    for one in found:
        console.print(
            f"  {one.pair}: {one.totals - one.totals_differing} of {one.totals} sums equal, "
            f"{one.cells - one.cells_differing:,} of {one.cells:,} tambon cells equal"
        )
    return found


def measure_case(
    work: Path, years: int, scale: float, refresh_only: bool = False, tenfold: bool = False
) -> Case:
    """One sample through the refresh, a refresh with nothing new, one changed delivery, and the two scripts."""
    case = Case(years, scale * (10 if tenfold else 1))
    master = work / "master"
    case.rows_in = make_sample(master, scale, years, tidy=False)
    if tenfold:
        village = round(case.rows_in * 9 / _village_rows(master))
        case.rows_in += multiply_inbox(master, village)
    case.input_mb = round(
        sum(p.stat().st_size for p in (master / "inbox").rglob("*") if p.is_file()) / 1e6, 1
    )
    console.rule(
        f"{years} fiscal years, scale {case.scale:g}: {case.rows_in:,} rows in, {case.input_mb:,.0f} MB"
    )
    home = copy_home(master, work / "home")
    refresh(case, "refresh", home)
    case.fund_years = int(
        pl.scan_parquet(published(home) / "fct_fund_year.parquet").select(pl.len()).collect().item()
    )
    if not refresh_only:
        folders = {"ours": work / "ours"}
        shutil.copytree(published(home), folders["ours"])
        refresh(case, "nothing new", home)
        case.changed_rows = drop_changed_delivery(home, master)
        refresh(case, "one changed", home)
        shutil.rmtree(home)
        for name in ("duckdb", "pandas"):
            if script(case, name, master / "inbox", work / name).ok:
                folders[name] = work / name
        case.agreement = agree(folders)
    shutil.rmtree(work)
    return case


def _village_rows(home: Path) -> int:
    return int(json.loads((home / "sample" / "manifest.json").read_text(encoding="utf-8"))["records"][NVF])


def measure_start_up(work: Path) -> Case:
    """The same job on next to nothing: on a fresh home, and again (forced) where dbt's parse and the gazetteer are kept."""
    console.rule("start-up: the job on the smallest sample")
    master = work / "master"
    case = Case(1, TINY_SCALE, rows_in=make_sample(master, TINY_SCALE, 1, tidy=False))
    home = copy_home(master, work / "home")
    refresh(case, "start-up", home)
    refresh(case, "start-up again", home, "--force")
    shutil.rmtree(work)
    return case


def check_agreement(work: Path) -> Case:
    """A small sample without mistakes, in all the offices' formats: here the three must agree to the last baht and tambon."""
    console.rule("agreement on a small sample without planted mistakes")
    master = work / "master"
    case = Case(4, 0.01, rows_in=make_sample(master, 0.01, 4, tidy=True))
    home = copy_home(master, work / "home")
    refresh(case, "refresh", home)
    for name in ("duckdb", "pandas"):
        must(script(case, name, master / "inbox", work / name), name)
    case.agreement = agree({"ours": published(home), "duckdb": work / "duckdb", "pandas": work / "pandas"})
    shutil.rmtree(work)
    return case


def summed(stages: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Stage → (seconds over all its entries, highest peak so far in MiB), in the order they began."""
    out: dict[str, tuple[float, float]] = {}
    for one in stages:
        seconds, peak = out.get(one["stage"], (0.0, 0.0))
        out[one["stage"]] = (seconds + one["seconds"], max(peak, one["peak_memory_mib"]))
    return out


def verdicts(case: Case, start: Case) -> list[tuple[str, str, str, bool]]:
    """(what, measured, target, met) of one case against the targets."""
    costs, base = case.costs, start.costs["start-up"].seconds
    full = costs["refresh"].seconds
    rows = [
        ("start-up of the job", f"{base:.1f} s", "< 15 s", base < LIMITS["start-up"]),
        (
            "peak memory of the refresh",
            f"{costs['refresh'].peak_mib:,.0f} MiB",
            "< 3,072 MiB",
            costs["refresh"].peak_mib < LIMITS["peak MiB"],
        ),
    ]
    if "nothing new" in costs:
        idle = costs["nothing new"].seconds
        rows.append(("refresh with nothing new", f"{idle:.1f} s", "< 10 s", idle < LIMITS["nothing new"]))
    if "one changed" in costs:
        reading = {what: _reading(case.stages[what]) for what in ("refresh", "one changed")}
        share, rows_share = (
            reading["one changed"] / max(reading["refresh"], 1e-9),
            case.changed_rows / max(case.rows_in, 1),
        )
        rows.append((
            "one changed delivery: conform + admit",
            f"{reading['one changed']:.1f} s of {reading['refresh']:.1f} s ({share:.0%}), whole job {costs['one changed'].seconds:.1f} s",
            f"in proportion: it is {rows_share:.0%} of the rows", share <= 2 * rows_share + 0.05,
        ))  # fmt: skip
    if "pandas" in costs:
        ratio = full / costs["pandas"].seconds
        text = (
            f"{ratio:.2f}"
            if costs["pandas"].ok
            else f"pandas did not finish (code {costs['pandas'].exit_code})"
        )
        rows.append(
            (
                "refresh ÷ pandas script",
                text,
                "< 1",
                ratio < LIMITS["refresh ÷ pandas"] or not costs["pandas"].ok,
            )
        )
    if "duckdb" in costs:
        ratio = (full - base) / costs["duckdb"].seconds
        rows.append(
            (
                "(refresh - start-up) ÷ DuckDB script",
                f"{ratio:.2f}",
                "≤ 1.5",
                ratio <= LIMITS["work ÷ DuckDB"],
            )
        )
    return rows


def _reading(stages: list[dict[str, Any]]) -> float:
    return sum(one["seconds"] for one in stages if one["stage"].startswith(("conform", "admit")))


def report(
    cases: list[Case], start: Case, agreement: Case, tools: dict[str, Cost], machine: dict[str, str]
) -> str:
    """The Markdown of `results.md`."""
    lines = [
        "# Benchmarks", "", "Written by `make bench`; figures are of one machine and one run. Seconds are wall time, memory is the peak of the whole",
        "process tree. Each command runs alone, in a process of its own, from its own copy of the same files (planted mistakes included).", "",
        "Machine: " + ", ".join(f"{name} {value}" for name, value in machine.items()), "",
    ]  # fmt: skip
    for case in cases:
        lines += [
            f"## {case.years} fiscal years, scale {case.scale:g}: {case.rows_in:,} rows in ({case.input_mb:,.0f} MB), {case.fund_years:,} fund-years",
            "",
        ]
        lines += ["| run | seconds | peak MiB |", "|---|---:|---:|"]
        lines += [
            f"| {what} | {cost.seconds:,.1f}{'' if cost.ok else f' (ended with code {cost.exit_code})'} | {cost.peak_mib:,.0f} |"
            for what, cost in case.costs.items()
        ]
        lines += ["", "| target | measured | wanted | met |", "|---|---|---|---|"]
        lines += [
            f"| {what} | {measured} | {wanted} | {'yes' if met else '**no**'} |"
            for what, measured, wanted, met in verdicts(case, start)
        ]
        runs = list(case.stages)
        tables = {what: summed(case.stages[what]) for what in runs}
        names = list(dict.fromkeys(stage for table in tables.values() for stage in table))
        lines += [
            "",
            "Seconds a stage"
            + " (stages of one asset may lie inside another's); peak MiB of the process so far in brackets.",
            "",
        ]
        lines += ["| stage | " + " | ".join(runs) + " |", "|---" * (len(runs) + 1) + "|"]
        lines += [
            f"| {stage} | "
            + " | ".join(
                f"{table[stage][0]:.1f} ({table[stage][1]:,.0f})" if stage in table else ""
                for table in tables.values()
            )
            + " |"
            for stage in names
        ]
        lines += [""] + _agreement_lines(case) + [""] * bool(case.agreement)
    lines += ["## Start-up", "", "| what | seconds | peak MiB |", "|---|---:|---:|"]
    lines += [
        f"| import {tool} | {cost.seconds:.1f} | {cost.peak_mib:,.0f} |" for tool, cost in tools.items()
    ]
    labels = {
        "start-up": "the whole job on the smallest sample, fresh home",
        "start-up again": "the same again, parse and gazetteer kept",
    }
    lines += [
        f"| {labels[what]} | {cost.seconds:.1f} | {cost.peak_mib:,.0f} |"
        for what, cost in start.costs.items()
    ]
    lines += [
        "",
        "## Do the three agree?",
        "",
        f"On {agreement.rows_in:,} rows without planted mistakes, every format of every office:",
        "",
        *_agreement_lines(agreement),
    ]
    return "\n".join(lines) + "\n"


def _agreement_lines(case: Case) -> list[str]:
    """What is equal; where something is not, why it need not be."""
    lines = [
        f"- {one.pair}: {one.totals - one.totals_differing} of {one.totals} sums by measure, programme and year are equal "
        f"(largest relative difference {one.largest_relative_difference:.1e}); {one.cells - one.cells_differing:,} of {one.cells:,} cells by tambon. "
        f"Sum over all years: {one.members:,.0f} memberships, {one.savings_thb:,.0f} THB of savings."
        for one in case.agreement
    ]
    if any(one.cells_differing or one.totals_differing for one in case.agreement):
        lines.append(
            "- The scripts match names exactly, so misspelled and cut names stay without a tambon there; ours places what is clear."
        )
    return lines


def print_tables(cases: list[Case], start: Case) -> None:
    for case in cases:
        table = Table(
            title=f"{case.years} fiscal years, {case.fund_years:,} fund-years", title_justify="left"
        )
        for column in ("target", "measured", "wanted", "met"):
            table.add_column(column)
        for what, measured, wanted, met in verdicts(case, start):
            table.add_row(what, measured, wanted, "[green]yes[/]" if met else "[red]no[/]")
        console.print(table)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--years", type=int, nargs="+", default=[3, 20], help="numbers of fiscal years to measure"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="share of the national number of funds")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="scale 0.02, three years; nothing is written unless --out says so",
    )
    parser.add_argument(
        "--times-ten", action="store_true", help="also refresh ten times the rows of the longest case"
    )
    parser.add_argument(
        "--work", type=Path, help="folder for the homes (default: a temporary one); about 12 GB for 20 years"
    )
    parser.add_argument(
        "--out", type=Path, help="Markdown file to write, with the same name in .json beside it"
    )
    chosen = parser.parse_args(given)
    if chosen.quick:
        chosen.years, chosen.scale = [3], 0.02
    elif chosen.out is None:
        chosen.out = HERE / "results.md"
    return chosen


def main(chosen: argparse.Namespace) -> int:
    machine = measure.machine()
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()), style="dim")
    with tempfile.TemporaryDirectory(prefix="tambon-bench-", dir=chosen.work) as folder:
        work = Path(folder)
        tools = measure.tool_start_up(work)
        start = measure_start_up(work / "tiny")
        agreement = check_agreement(work / "tidy")
        cases = [measure_case(work / f"years-{years}", years, chosen.scale) for years in chosen.years]
        if chosen.times_ten:
            cases.append(
                measure_case(work / "ten", max(chosen.years), chosen.scale, refresh_only=True, tenfold=True)
            )
    print_tables(cases, start)
    if chosen.out:
        text = report(cases, start, agreement, tools, machine)
        chosen.out.write_text(text, encoding="utf-8")
        content = {
            "machine": machine,
            "tools": tools,
            "start_up": start,
            "agreement": agreement,
            "cases": cases,
        }
        chosen.out.with_suffix(".json").write_text(
            json.dumps(content, default=asdict, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        console.print(f"→ {chosen.out}, {chosen.out.with_suffix('.json')}", markup=False)
    unequal = [one for one in agreement.agreement if one.totals_differing or one.cells_differing]
    return 1 if unequal else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    raise SystemExit(main(arguments()))
