"""Write deliveries whole or not at all: CSV in an encoding, and workbooks as offices lay them out.

Bytes depend on the content alone: workbook dates are fixed, and files get a fixed time of change.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import xlsxwriter

from ingest.sample.words import SYNTHETIC_TITLE

_FIXED_DATE = datetime(2007, 1, 30)  # noqa: DTZ001 - a workbook knows no time zones


@dataclass(frozen=True)
class Header:
    """A column's wording; `below` is the second header row's part where the header stands in two
    merged rows."""

    above: str
    below: str = ""

    @property
    def joined(self) -> str:
        """The wording as the contract lists it."""
        return f"{self.above} {self.below}".strip()


@dataclass(frozen=True)
class Sheet:
    """One sheet: `rows` in their final order (columns parallel to `headers`, all String; '' = blank).

    `number_columns` and `date_columns` are typed as numbers and dates wherever the cell reads as
    one (dates as YYYY-MM-DD),
    else as text. Cells of `merge_column` equal to the one above and not blank are merged downwards
    while `merge_group` stays the same.
    """

    name: str
    titles: Sequence[str]
    headers: Sequence[Header]
    rows: pl.DataFrame
    number_columns: frozenset[str] = frozenset()
    date_columns: frozenset[str] = frozenset()
    merge_column: str | None = None
    merge_group: np.ndarray[Any, Any] | None = None
    footer: Sequence[str] = ()

    @property
    def first_data_row(self) -> int:
        """1-based row of the first record."""
        return len(self.titles) + (2 if any(h.below for h in self.headers) else 1) + 1


@contextmanager
def atomic(path: Path, mtime: float) -> Iterator[Path]:
    """A temporary path in the same file system that becomes `path` when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Outside the feed's folder: what watches the inbox must never see a half-written file.
    handle, name = tempfile.mkstemp(dir=path.parents[3], prefix=".sample-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        os.utime(temporary, (mtime, mtime))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def csv_bytes(rows: pl.DataFrame, headers: Sequence[str], encoding: str) -> bytes:
    """CSV of String columns. `encoding`: utf-8, utf-8-sig or cp874 (strict: raises UnicodeEncodeError)."""
    buffer = io.BytesIO()
    rows.rename(dict(zip(rows.columns, headers, strict=True))).write_csv(buffer, line_terminator="\r\n")
    content = buffer.getvalue()
    return content if encoding == "utf-8" else content.decode("utf-8").encode(encoding)


def _header_rows(
    sheet: xlsxwriter.worksheet.Worksheet, headers: Sequence[Header], first: int, style: Any
) -> None:
    """One header row, or two with merged cells above groups and beside them."""
    two = any(h.below for h in headers)
    start = 0
    for column, header in enumerate(headers):
        if not two:
            sheet.write_string(first, column, header.above, style)
        elif not header.below:
            sheet.merge_range(first, column, first + 1, column, header.above, style)
        else:
            sheet.write_string(first + 1, column, header.below, style)
            before = headers[column - 1] if column else None
            if not (before and before.below and before.above == header.above):
                start = column
            after = headers[column + 1] if column + 1 < len(headers) else None
            if not (after and after.below and after.above == header.above):
                if column > start:
                    sheet.merge_range(first, start, first, column, header.above, style)
                else:
                    sheet.write_string(first, column, header.above, style)


def _runs(values: np.ndarray[Any, Any]) -> list[tuple[int, int]]:
    """First and last position of each run of equal values."""
    if not len(values):
        return []
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    ends = np.concatenate([starts[1:] - 1, [len(values) - 1]])
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _write_columns(sheet: xlsxwriter.worksheet.Worksheet, spec: Sheet, styles: dict[str, Any]) -> None:
    first = spec.first_data_row - 1
    for position, name in enumerate(spec.rows.columns):
        column = spec.rows[name]
        texts = column.to_list()
        if name == spec.merge_column and spec.merge_group is not None:
            for start, end in _runs(spec.merge_group):
                if texts[start] and end > start:
                    sheet.merge_range(
                        first + start, position, first + end, position, texts[start], styles["middle"]
                    )
                elif texts[start]:
                    sheet.write_string(first + start, position, texts[start], styles["middle"])
            continue
        numbers: list[float | None] = [None] * len(texts)
        dates: list[datetime | None] = [None] * len(texts)
        if name in spec.number_columns:
            numbers = column.cast(pl.Float64, strict=False).to_list()
        elif name in spec.date_columns:
            dates = column.str.to_datetime("%Y-%m-%d", strict=False).to_list()
        write_number, write_string = sheet.write_number, sheet.write_string
        for row, (text, number, date) in enumerate(zip(texts, numbers, dates, strict=True), first):
            if number is not None:
                write_number(row, position, number)
            elif date is not None:
                sheet.write_datetime(row, position, date, styles["date"])
            elif text:
                write_string(row, position, text)


def write_workbook(
    path: Path, sheets: Sequence[Sheet], notes: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Write the sheets, and sheets of plain `notes` before them. Text never becomes a formula or a link."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": SYNTHETIC_TITLE, "comments": "synthetic", "created": _FIXED_DATE})
        styles = {
            "title": book.add_format({"bold": True, "font_size": 14}),
            "head": book.add_format(
                {"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True}
            ),
            "middle": book.add_format({"valign": "vcenter"}),
            "date": book.add_format({"num_format": "dd/mm/yyyy"}),
        }
        for name, lines in (notes or {}).items():
            note = book.add_worksheet(name)
            for row, line in enumerate(lines):
                note.write_string(row, 0, line)
        for spec in sheets:
            sheet = book.add_worksheet(spec.name)
            for row, title in enumerate(spec.titles):
                sheet.write_string(row, 0, title, styles["title"])
            _header_rows(sheet, spec.headers, len(spec.titles), styles["head"])
            _write_columns(sheet, spec, styles)
            below = spec.first_data_row - 1 + spec.rows.height
            for row, line in enumerate(spec.footer, below):
                sheet.write_string(row, 0, line)
