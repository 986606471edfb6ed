"""What the figures mean beside the targets, as a table on the screen and as Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from compare import Agreement
from measure import Cost
from rich.console import Console
from rich.table import Table

MIB_LIMIT = 3 * 1024
START_UP_LIMIT, IDLE_LIMIT, DUCKDB_RATIO, PANDAS_RATIO = 15.0, 10.0, 1.5, 1.0


@dataclass
class Case:
    """One sample, measured. `rows_in` counts records in the files, `fund_years` rows of fct_fund_year."""

    title: str
    rows_in: int = 0
    input_mb: float = 0.0
    fund_years: int = 0
    changed_rows: int = 0
    costs: dict[str, Cost] = field(default_factory=dict)
    stages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    agreement: list[Agreement] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """One target: what was measured, what is wanted, and whether it is met."""

    what: str
    measured: str
    wanted: str
    met: bool


def summed(stages: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Stage → (seconds over all its entries, highest peak so far in MiB), in the order logged."""
    out: dict[str, tuple[float, float]] = {}
    for one in stages:
        seconds, peak = out.get(one["stage"], (0.0, 0.0))
        out[one["stage"]] = (seconds + one["seconds"], max(peak, one["peak_memory_mib"]))
    return out


def reading_seconds(stages: list[dict[str, Any]]) -> float:
    """Seconds spent on deliveries before the warehouse: conform and admit."""
    return sum(float(one["seconds"]) for one in stages if one["stage"].startswith(("conform", "admit")))


def verdicts(case: Case, start: Case) -> list[Verdict]:
    """One case against the targets; `start` is the job on next to nothing. Judged is what was measured."""
    costs, base = case.costs, start.costs["start-up"].seconds
    full = costs["refresh"]
    found = [
        Verdict("start-up of the job", f"{base:.1f} s", "< 15 s", base < START_UP_LIMIT),
        Verdict(
            "peak memory of the refresh",
            f"{full.peak_mib:,.0f} MiB",
            "< 3,072 MiB",
            full.peak_mib < MIB_LIMIT,
        ),
    ]
    if idle := costs.get("nothing new"):
        seconds = f"{idle.seconds:.1f} s"
        found.append(Verdict("refresh with nothing new", seconds, "< 10 s", idle.seconds < IDLE_LIMIT))
    if changed := costs.get("one changed"):
        # The first check of a run loads Great Expectations, whatever the rows: that is start-up, not reading.
        fixed = reading_seconds(start.stages.get("start-up", []))
        before, now = (
            max(reading_seconds(case.stages[what]) - fixed, 0.0) for what in ("refresh", "one changed")
        )
        share, rows_share = now / max(before, 1e-9), case.changed_rows / max(case.rows_in, 1)
        measured = f"{now:.1f} s of {before:.1f} s ({share:.0%}); whole job {changed.seconds:.1f} s"
        wanted = f"in proportion: it has {rows_share:.0%} of the rows"
        what = "one changed delivery: conform + admit beyond start-up"
        # Looking each known delivery up costs a little too.
        found.append(Verdict(what, measured, wanted, share <= 2 * rows_share + 0.05))
    if pandas := costs.get("pandas"):
        ratio = full.seconds / pandas.seconds
        text = f"{ratio:.2f}" if pandas.ok else f"pandas did not finish (code {pandas.exit_code})"
        found.append(Verdict("refresh ÷ pandas script", text, "< 1", ratio < PANDAS_RATIO or not pandas.ok))
    if duckdb := costs.get("duckdb"):
        ratio = (full.seconds - base) / duckdb.seconds
        found.append(
            Verdict("(refresh - start-up) ÷ DuckDB script", f"{ratio:.2f}", "≤ 1.5", ratio <= DUCKDB_RATIO)
        )
    return found


def agreement_lines(case: Case) -> list[str]:
    """What is equal; where something is not, why it need not be."""
    lines = [
        f"- {one.pair}: {one.totals - one.totals_differing} of {one.totals} sums by measure, programme and "
        f"year are equal (largest relative difference {one.largest_relative_difference:.1e}); "
        f"{one.cells - one.cells_differing:,} of {one.cells:,} cells by tambon. "
        f"Over all years: {one.members:,.0f} memberships, {one.savings_thb:,.0f} THB of savings."
        for one in case.agreement
    ]
    if any(one.cells_differing or one.totals_differing for one in case.agreement):
        lines.append(
            "- The scripts match names exactly, so misspelled and cut names stay without a tambon "
            "there, and a wrong code without a fitting name is believed; ours places what is clear only."
        )
    return lines


def _case_lines(case: Case, start: Case) -> list[str]:
    lines = [
        f"## {case.title}: {case.rows_in:,} rows in ({case.input_mb:,.0f} MB), "
        f"{case.fund_years:,} fund-years",
        "",
        "| run | seconds | of processor | peak MiB |",
        "|---|---:|---:|---:|",
    ]
    for what, cost in case.costs.items():
        failed = "" if cost.ok else f" (ended with code {cost.exit_code})"
        lines.append(
            f"| {what} | {cost.seconds:,.1f}{failed} | {cost.cpu_seconds:,.1f} | {cost.peak_mib:,.0f} |"
        )
    lines += ["", "| target | measured | wanted | met |", "|---|---|---|---|"]
    for one in verdicts(case, start):
        lines.append(f"| {one.what} | {one.measured} | {one.wanted} | {'yes' if one.met else '**no**'} |")
    lines += ["", "Seconds of each stage; in brackets the peak MiB of the process until then.", ""]
    tables = {what: summed(stages) for what, stages in case.stages.items()}
    lines += ["| stage | " + " | ".join(tables) + " |", "|---" + "|---:" * len(tables) + "|"]
    for stage in dict.fromkeys(name for table in tables.values() for name in table):
        cells = [
            f"{table[stage][0]:.1f} ({table[stage][1]:,.0f})" if stage in table else ""
            for table in tables.values()
        ]
        lines.append(f"| {stage} | " + " | ".join(cells) + " |")
    # What no stage claims: loading between stages, Dagster's own bookkeeping, the summary at the end.
    rest = [
        f"{max(case.costs[what].seconds - sum(seconds for seconds, _ in table.values()), 0):.1f}"
        for what, table in tables.items()
    ]
    lines.append("| outside any stage | " + " | ".join(rest) + " |")
    agreement = agreement_lines(case)
    return [*lines, "", *agreement, *([""] if agreement else [])]


def markdown(
    cases: list[Case], start: Case, agreement: Case, tools: dict[str, Cost], machine: dict[str, str]
) -> str:
    """The text of `results.md`."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; figures are of one machine and one run. Seconds are wall time, memory is",
        "the peak of the whole process tree. Each command runs alone, in its own process, from its own copy",
        "of the same files, planted mistakes included.",
        "",
        "Machine: " + ", ".join(f"{name} {value}" for name, value in machine.items()),
        "",
    ]
    for case in cases:
        lines += _case_lines(case, start)
    lines += ["## Start-up", "", "| what | seconds | of processor | peak MiB |", "|---|---:|---:|---:|"]
    labels = {
        "start-up": "the whole job on the smallest sample, fresh home",
        "start-up again": "the same again, with dbt's parse and the gazetteer kept",
    }
    named = {f"import {tool}": cost for tool, cost in tools.items()}
    named |= {labels[what]: cost for what, cost in start.costs.items()}
    for what, cost in named.items():
        lines.append(f"| {what} | {cost.seconds:.1f} | {cost.cpu_seconds:.1f} | {cost.peak_mib:,.0f} |")
    lines += ["", "## Do the three agree?", ""]
    lines += [f"On {agreement.rows_in:,} rows without planted mistakes, in every format of every office:", ""]
    return "\n".join([*lines, *agreement_lines(agreement)]) + "\n"


def show_verdicts(console: Console, cases: list[Case], start: Case) -> None:
    """Print a table of targets for each case."""
    for case in cases:
        table = Table(title=f"{case.title}, {case.fund_years:,} fund-years", title_justify="left")
        for column in ("target", "measured", "wanted", "met"):
            table.add_column(column)
        for one in verdicts(case, start):
            table.add_row(one.what, one.measured, one.wanted, "[green]yes[/]" if one.met else "[red]no[/]")
        console.print(table)
