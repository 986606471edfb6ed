"""How figures of funds are told: which measures lead, and what stands where there is no figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dashboard.source import Row, Source

MAIN: Final = (
    "members_persons",
    "savings_thb",
    "loans_outstanding_thb",
    "loans_overdue_thb",
    "welfare_paid_thb",
)
"""What every table of funds shows; a programme's other measures stand beside its name."""
SMALL: Final = 5
"""Fewer people than this are not told of one fund: the figure would tell of persons."""
YEARS: Final = 10


def measures(source: Source) -> dict[str, Row]:
    """Measures of funds that the release carries, by code: label, unit and whether they add up."""
    rows = source.rows(
        "SELECT measure_code, label_th, label_en, unit FROM dim_measure "
        "WHERE kind = 'fund' AND coalesce(programme_code, '') = '' ORDER BY measure_code"
    )
    if not rows:
        return {}
    carried = set(source.frame("SELECT * FROM fct_tambon_year LIMIT 0").columns)
    return {row["measure_code"]: row for row in rows if row["measure_code"] in carried}


def asked_of(source: Source, codes: list[str]) -> dict[str, frozenset[str]]:
    """Programme to the measures that some fund of it ever reported: others are not in its forms."""
    if not codes:
        return {}
    told = ", ".join(f"count({code}) > 0 AS {code}" for code in codes)
    return {
        row["programme_code"]: frozenset(code for code in codes if row[code])
        for row in source.rows(f"SELECT programme_code, {told} FROM fct_tambon_year GROUP BY 1 ORDER BY 1")
    }


def people(value: float | None) -> float | str | None:
    """A fund's count of people as it may be told: `'<5'` for one to four."""
    return f"<{SMALL}" if value is not None and 0 < value < SMALL else value


def state(code: str, value: float | None, status: str, asked: frozenset[str]) -> str:
    """What stands where a figure would: `value`, `zero` (reported as zero), `blank` (it reported, but not this),
    `silent` (it did not report) or `none` (this programme's forms do not ask for it)."""
    if value is not None:
        return "zero" if value == 0 else "value"
    if code not in asked:
        return "none"
    return "blank" if status == "reported" else "silent"


def figures(
    row: Mapping[str, Any], status: str, asked: frozenset[str], *, of_one_fund: bool
) -> list[list[Any]]:
    """`[state, value]` for each of `MAIN`, small counts of people hidden where the row is of one fund."""
    return [
        [
            state(code, row[code], status, asked),
            people(row[code]) if of_one_fund and code.endswith("_persons") else row[code],
        ]
        for code in MAIN
    ]
