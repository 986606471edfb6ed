"""The year of each row: its own, that of its closing date, or that of its sheet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from ingest.conform.job import Job, Outcome
from ingest.conform.place import lines_above
from ingest.contract.model import Contract
from ingest.messages import problem
from ingest.normalise.year_in_text import years_in_texts
from ingest.readers.headers import Header, HeaderColumn
from ingest.readers.sheet import Sheet

_NO_YEAR = r"^(?:[-‐‑‒–—―−_.]*|ไม่มี|ไม่มีข้อมูล|ไม่ทราบ|ไม่ระบุ)$"
_DAY_AND_MONTH = r"^[0-9๐-๙]{1,2} ?(?:[-/] ?[0-9๐-๙]{1,2}|[ก-์.]+(?: ?[ก-์.]+)?)$"


def sheet_year(sheet: Sheet, header: Header, job: Job, out: Outcome) -> int | None:
    """The year that the sheet's name, the title above the table or the file's name states, in the
    contract's order."""
    titles = lines_above(sheet, header)
    sheet_name, file_name = sheet.stated or (sheet.name, job.file_name)
    texts = {"sheet": [sheet_name], "title": titles, "file_name": [Path(file_name).stem]}
    found: dict[str, int] = {}
    for source in job.contract.period.sources:
        if source == "column":
            continue
        fiscal = job.contract.period.field == "fiscal_year"
        years = years_in_texts(texts[source], year_min=job.year_min, year_max=job.year_max, fiscal=fiscal)
        if len(years) == 1:
            found[source] = years.pop()
    if len(set(found.values())) > 1:
        told = ", ".join(f"{source}: {year + 543}" for source, year in found.items())
        out.warnings.append(problem("period_sources_differ", sheet=sheet.name, value=told))
    return next(iter(found.values()), None)


def closing_days_with_year(kept: pl.DataFrame, at: Mapping[str, str], contract: Contract) -> pl.DataFrame:
    """Closing days written without a year ('31 ธ.ค.') get that of the year column, where the date goes first."""
    period = contract.period
    if not period.date_first or period.from_date is None or not {period.from_date, period.field} <= at.keys():
        return kept
    day, year = at[period.from_date], at[period.field]
    lone = pl.col(day).str.contains(_DAY_AND_MONTH) & pl.col(year).is_not_null()
    return kept.with_columns(pl.when(lone).then(pl.format("{} {}", day, year)).otherwise(day).alias(day))


def years_of_rows(
    values: dict[str, pl.Series], by_field: Mapping[str, HeaderColumn], kept_rows: pl.Series,
    raw_kept: pl.DataFrame, kept: pl.DataFrame, at: Mapping[str, str], job: Job,
) -> pl.DataFrame | None:  # fmt: skip
    """Set the period to each row's own year; the rows that have none, with the reason. None where no row says a year.

    A row's year is its year column's; where that is blank, that of the contract's date field (`from_date`), or the
    other way round (`date_first`). A year column's cell that cannot be read is never passed over for the date.
    """
    period = job.contract.period
    told: list[str] = [period.field] if "column" in period.sources else []
    if period.from_date is not None:
        told.insert(0 if period.date_first else len(told), period.from_date)
    told = [name for name in told if name in by_field]
    cells = {
        name: kept.select(c=pl.when(~pl.col(at[name]).str.contains(_NO_YEAR)).then(at[name]))["c"]
        for name in told
    }
    told = [name for name in told if cells[name].null_count() < kept.height]
    if not told:
        return None
    frame = pl.DataFrame(
        {
            "row_number": kept_rows,
            **{f"cell_{n}": cells[name] for n, name in enumerate(told)},
            **{f"raw_{n}": raw_kept[at[name]] for n, name in enumerate(told)},
            **{f"y_{n}": _year_of(values[name], name, job) for n, name in enumerate(told)},
        }
    )
    # The place in `told` of the first cell that is filled; the first one where all are blank.
    asked = pl.coalesce(pl.when(pl.col(f"cell_{n}").is_not_null()).then(n) for n in range(len(told)))
    if period.date_first and len(told) == 2:
        # A closing date that says no year leaves the year column, which nothing contradicts then.
        asked = pl.when(pl.col("y_0").is_null() & pl.col("y_1").is_not_null()).then(1).otherwise(asked)

    def of_asked(prefix: str) -> pl.Expr:
        return pl.coalesce(pl.when(pl.col("asked") == n).then(f"{prefix}_{n}") for n in range(len(told)))

    frame = frame.with_columns(asked=asked.fill_null(0)).with_columns(
        year=of_asked("y"), value=of_asked("raw"), cell=of_asked("cell")
    )
    values[period.field] = frame["year"]
    numbers = list(range(len(told)))
    return frame.filter(pl.col("year").is_null()).select(
        "row_number", "value",
        column_name=pl.col("asked").replace_strict(numbers, [by_field[name].label for name in told], return_dtype=pl.String),
        field=pl.col("asked").replace_strict(numbers, told, return_dtype=pl.String),
        reason_code=pl.when(pl.col("cell").is_null()).then(pl.lit("no_year")).otherwise(pl.lit("unreadable_year")),
    )  # fmt: skip


def _year_of(column: pl.Series, name: str, job: Job) -> pl.Series:
    """A year column as it is; of dates the plausible year each lies in.

    A fiscal year runs from October to September: 31 December 2024 lies in 2025.
    """
    if name == job.contract.period.field:
        return column
    dates = column.to_frame("d")
    later = pl.col("d").dt.month() >= 10 if job.contract.period.field == "fiscal_year" else pl.lit(False)
    dates = dates.with_columns(y=(pl.col("d").dt.year() + later.cast(pl.Int32)).cast(pl.Int16))
    return dates.select(y=pl.when(pl.col("y").is_between(job.year_min, job.year_max)).then("y"))["y"]
