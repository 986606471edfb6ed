"""The cells of a workbook's sheets, through fastexcel (calamine): cached values of formulas, hidden rows and
sheets included. Knows no contract, so that it can run in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import fastexcel
import polars as pl

from ingest.normalise.text import clean_one
from ingest.readers.sheet import MAX_COLUMNS

Status = Literal[
    "ok",
    "skip_sheets",
    "sheet_not_listed",
    "too_many_rows",
    "too_many_columns",
    "empty",
    "sheet_unreadable",
    "not_a_workbook",
]
_ERROR_NAMES = {
    "Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Ref": "#REF!", "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}  # fmt: skip


@dataclass(frozen=True)
class Loaded:
    """One sheet: its cells where `status` is `ok`, else why not (`value`: how many columns there are)."""

    name: str
    status: Status
    value: int | None = None
    cells: pl.DataFrame | None = None


def load_sheets(path: Path, wanted: Sequence[str], skipped: Sequence[str], height: int) -> Iterator[Loaded]:
    """The sheets of a workbook in their order; one `not_a_workbook` where it cannot be opened.

    Args:
        wanted: glob patterns of sheets that hold data.
        skipped: glob patterns of sheets that hold none; they win.
        height: more rows in a sheet are too many.
    """
    try:
        book = fastexcel.read_excel(path)
        names = book.sheet_names
    except BaseException as error:  # a Rust panic is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        yield Loaded("", "not_a_workbook")
        return
    for name in names:
        if _listed(name, skipped):
            yield Loaded(name, "skip_sheets")
        elif not _listed(name, wanted):
            yield Loaded(name, "sheet_not_listed")
        else:
            yield _load(book, name, height)


def _load(book: fastexcel.ExcelReader, name: str, height: int) -> Loaded:
    try:
        sheet = book.load_sheet(name, header_row=None, dtypes="string", skip_rows=0)
        if sheet.total_height > height:
            return Loaded(name, "too_many_rows")
        if sheet.width > MAX_COLUMNS:
            return Loaded(name, "too_many_columns", sheet.width)
        if sheet.width == 0 or sheet.total_height == 0:
            return Loaded(name, "empty")
        return Loaded(name, "ok", None, _cells(sheet))
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        return Loaded(name, "sheet_unreadable")


def _listed(name: str, patterns: Sequence[str]) -> bool:
    clean = clean_one(name).lower()
    return any(fnmatchcase(clean, clean_one(pattern).lower()) for pattern in patterns)


def _cells(sheet: fastexcel.ExcelSheet) -> pl.DataFrame:
    """A sheet's cells as text in columns by their true place (a blank first column is one), error
    cells as Excel shows them."""
    batch, errors = sheet.to_arrow_with_errors()
    raw = pl.from_arrow(batch)
    assert isinstance(raw, pl.DataFrame)
    places = {column.index: column.absolute_index for column in sheet.available_columns()}
    width = max(places.values(), default=-1) + 1
    columns = {f"c{places[i]}": series.cast(pl.String) for i, series in enumerate(raw.get_columns())}
    if errors is not None:
        spots: dict[str, tuple[list[int], list[str]]] = {}
        for error in errors.errors:
            row, column = error.offset_position
            name = next(
                (_ERROR_NAMES[w] for w in re.findall(r"Error\((\w+)\)", error.detail) if w in _ERROR_NAMES),
                "#VALUE!",
            )
            rows, texts = spots.setdefault(f"c{places.get(column, column)}", ([], []))
            rows.append(row)
            texts.append(name)
        for key, (rows, texts) in spots.items():
            if key in columns:
                columns[key] = columns[key].scatter(rows, texts)
    empty = pl.repeat(None, raw.height, dtype=pl.String, eager=True)
    return pl.DataFrame({f"c{i}": columns.get(f"c{i}", empty) for i in range(width)})
