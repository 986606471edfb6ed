"""Every feed at national size: what the refresh costs by stage, and whether more feeds cost in proportion to their rows.

    python benchmarks/all_feeds.py                  three fiscal years, the whole country: about ten minutes
    python benchmarks/all_feeds.py --scale 0.02     does the benchmark itself work?

Three homes, one after another, each command in a process of its own: next to nothing (what the tools cost to
start), the four feeds that the scripts of run.py can read, and all of them. A row's price is the seconds above the
start-up, by rows in.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import measure
from report import Case, summed
from rich.console import Console
from rich.table import Table
from run import COMPARED, HERE, TINY_SCALE, copy_home, make_sample, refresh, remove

PROPORTION = 1.5  # a row of a new feed may cost at most this much more than a row of the four
console = Console()


def measure_home(work: Path, title: str, scale: float, years: int, feeds: tuple[str, ...]) -> Case:
    """One sample through one refresh of a fresh home."""
    records = make_sample(work / "master", scale, years, feeds=feeds)
    case = Case(title, rows_in=sum(records.values()))
    console.rule(f"{title}: {len(records)} feeds, {case.rows_in:,} rows in")
    refresh(case, "refresh", copy_home(work / "master", work / "home"))
    remove(work)
    return case


def stage_groups(stages: list[dict[str, object]]) -> dict[str, tuple[float, float]]:
    """Seconds and peak MiB by kind of stage: the feeds' own stages (`conform a/b`) added up."""
    grouped: dict[str, tuple[float, float]] = {}
    for name, (seconds, peak) in summed(stages).items():
        key = name.split(" ")[0] if name.startswith(("conform ", "admit ")) else name
        before = grouped.get(key, (0.0, 0.0))
        grouped[key] = (before[0] + seconds, max(before[1], peak))
    return grouped


def price(case: Case, start: Case) -> float:
    """Seconds above the start-up by a million rows in."""
    return (case.costs["refresh"].seconds - start.costs["refresh"].seconds) / max(case.rows_in, 1) * 1e6


def tables(cases: list[Case], start: Case) -> list[tuple[str, list[str], list[list[str]]]]:
    """What is printed and written: (title, column names, rows)."""
    main = [
        [
            case.title,
            f"{case.rows_in:,}",
            f"{case.costs['refresh'].seconds:.1f}",
            f"{case.costs['refresh'].cpu_seconds:.1f}",
            f"{case.costs['refresh'].peak_mib:,.0f}",
            "" if case is start else f"{price(case, start):.1f}",
        ]
        for case in cases
    ]
    names = ["sample", "rows in", "seconds", "processor s", "peak MiB", "s above start-up / M rows"]
    groups = {case.title: stage_groups(case.stages["refresh"]) for case in cases}
    stages = list(dict.fromkeys(stage for group in groups.values() for stage in group))
    by_stage = [
        [
            stage,
            *(
                f"{group[stage][0]:.1f} s, {group[stage][1]:,.0f} MiB" if stage in group else ""
                for group in groups.values()
            ),
        ]
        for stage in stages
    ]
    feeds = {
        name.removeprefix("conform "): seconds
        for name, (seconds, _) in summed(cases[-1].stages["refresh"]).items()
        if name.startswith("conform ")
    }
    by_feed = [[feed, f"{seconds:.1f}"] for feed, seconds in sorted(feeds.items(), key=lambda item: -item[1])]
    return [
        ("The refresh", names, main),
        ("By stage (seconds, peak memory of the process so far)", ["stage", *groups], by_stage),
        ("Conforming, by feed, all feeds", ["feed", "seconds"], by_feed),
    ]


def markdown(found: list[tuple[str, list[str], list[list[str]]]], machine: dict[str, str], last: str) -> str:
    """The tables as a page."""
    lines = ["# Every feed at national size", "", ", ".join(f"{k} {v}" for k, v in machine.items()), ""]
    for title, names, rows in found:
        lines += [f"## {title}", "", f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
        lines += [f"| {' | '.join(row)} |" for row in rows] + [""]
    return "\n".join([*lines, last, ""])


def main() -> int:
    """Measure, print, write. 1: a row of the new feeds costs out of proportion."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--years", type=int, default=3, help="fiscal years")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the country's tambons")
    parser.add_argument(
        "--work", type=Path, help="folder for the homes (default: the system's temporary one)"
    )
    parser.add_argument("--out", type=Path, help="Markdown file (default at scale 1: all_feeds.md here)")
    given = parser.parse_args()
    out = given.out or (HERE / "all_feeds.md" if given.scale == 1 else None)
    with tempfile.TemporaryDirectory(prefix="tambon-feeds-", dir=given.work) as folder:
        work = Path(folder)
        start = measure_home(work / "tiny", "next to nothing", TINY_SCALE, 1, ())
        four = measure_home(work / "four", "four feeds", given.scale, given.years, COMPARED)
        every = measure_home(work / "all", "all feeds", given.scale, given.years, ())
    found = tables([start, four, every], start)
    for title, names, rows in found:
        table = Table(*names, title=title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    ratio = price(every, start) / price(four, start)
    good = ratio <= PROPORTION
    judged = f"(target at most {PROPORTION}): {'met' if good else 'MISSED'}"
    last = f"A row of all feeds costs {ratio:.2f} times a row of the four {judged}."
    console.print(last)
    if out:
        machine = measure.machine()
        out.write_text(markdown(found, machine, last), encoding="utf-8")
        content = {"machine": machine, "cases": [asdict(case) for case in (start, four, every)]}
        out.with_suffix(".json").write_text(
            json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        console.print(f"→ {out}", markup=False)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
