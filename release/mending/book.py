"""The workbook of a mending list. Text of the files is written as text and nothing else: no formula, no link, no markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ingest.mending.marker import (
    DELETE_HEADER,
    EXPECTED_HEADER,
    KEY_HEADER,
    MARKER_SHEET,
    PROBLEM_HEADER,
    RESERVED,
    SUGGESTION_HEADER,
    ListedSheet,
    Marker,
    marker_rows,
    row_key,
)
from ingest.mending.original import OriginalColumn
from ingest.mending.shown import is_plain_number, shown_text
from release.mending import words
from release.mending.content import ListSheet, MendingList, Row

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

HEADER_ROW: Final = 3  # 0-based: three lines above say what the sheet is
_BIG: Final = 5_000  # rows; above, the workbook is written row by row to disk
_MAX_WIDTH: Final = 40
_VALIDATION_CHARS: Final = 255
_NOTES_A_SHEET: Final = 20_000
_LINE: Final = 21.0  # points of one line at the font's size
_BAD_NAME: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f]")
_LOCKED_OPTIONS: Final = {
    "format_cells": True, "format_columns": True, "format_rows": True, "sort": True, "autofilter": True,
    "select_locked_cells": True, "select_unlocked_cells": True,
}  # fmt: skip


def sheet_name(number: int, name: str, source_sheet: str, taken: set[str]) -> str:
    """A name that Excel takes (at most 31 characters, none of []:*?/\\), that tells the file, and that no other sheet has."""
    stem = Path(name).stem
    told = f"{stem} {source_sheet}" if source_sheet else stem
    clean = re.sub(r"\s+", " ", _BAD_NAME.sub(" ", shown_text(told))).strip(" '")
    candidate = f"{number} {clean}"[:31].strip(" '")
    while candidate.lower() in taken:
        candidate = f"{candidate[:27]}~{len(taken)}"
    taken.add(candidate.lower())
    return candidate


class _Formats:
    def __init__(self, book: Workbook) -> None:
        base = {"font_name": "TH Sarabun New", "font_size": 14, "valign": "top"}

        def made(**more: object) -> Format:
            return book.add_format({**base, **more})

        self.plain = made()
        self.wrap = made(text_wrap=True)
        self.title = made(bold=True, font_size=18)
        self.bold = made(bold=True)
        self.notice = made(bold=True, font_color="#9C0006", bg_color="#FFC7CE")
        self.header = made(bold=True, text_wrap=True, bg_color="#1F4E78", font_color="#FFFFFF", border=1)
        self.added = made(bold=True, text_wrap=True, bg_color="#595959", font_color="#FFFFFF", border=1)
        edge = {"border": 1, "border_color": "#BFBFBF"}
        self.text = made(num_format="@", locked=False, **edge)
        self.number = made(locked=False, **edge)
        bad = {"bg_color": "#FFE699", "border": 2, "border_color": "#C00000", "locked": False}
        self.bad_text = made(num_format="@", **bad)
        self.bad_number = made(**bad)
        self.told = made(text_wrap=True, bg_color="#F2F2F2", **edge)
        self.delete = made(num_format="@", locked=False, align="center", **edge)


def write_book(content: MendingList, path: Path) -> None:
    """Write the list. The same content gives the same bytes.

    Raises:
        OSError: it cannot be written.
    """
    import xlsxwriter

    big = sum(len(sheet.rows) for sheet in content.sheets) > _BIG
    book = xlsxwriter.Workbook(
        str(path),
        {
            "constant_memory": big,
            "in_memory": not big,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
        },
    )
    book.set_properties(
        {"title": words.TITLE, "subject": content.agency_th, "created": content.made_at.replace(tzinfo=None)}
    )
    formats = _Formats(book)
    taken = {words.FIRST_SHEET.lower(), words.LOOSE_SHEET.lower(), MARKER_SHEET}
    names = [
        sheet_name(number, sheet.source.file_name, sheet.source_sheet, taken)
        for number, sheet in enumerate(content.sheets, 1)
    ]
    _first_sheet(book, formats, content, names)
    for name, sheet in zip(names, content.sheets, strict=True):
        _list_sheet(book, formats, content, name, sheet)
    if content.loose.height:
        _loose_sheet(book, formats, content)
    _marker_sheet(book, content, names)
    book.close()


def _put(sheet: Worksheet, row: int, column: int, value: object, form: Format) -> None:
    """Write one cell: a number as a number, all else as text that is never run."""
    if value is None or value == "":
        sheet.write_blank(row, column, None, form)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, form)
    else:
        sheet.write_string(row, column, shown_text(str(value)), form)


def _table(sheet: Worksheet, top: int, lines: Iterable[Iterable[object]], formats: _Formats) -> int:
    """A header line and rows; the row below them."""
    row = top
    for row, line in enumerate(lines, top):
        line = list(line)  # noqa: PLW2901
        longest = max((len(str(value)) for value in line), default=0)
        sheet.set_row(row, _LINE * (2 if row == top else 1 + min(9, longest // 62)))
        for column, value in enumerate(line):
            _put(sheet, row, column, value, formats.header if row == top else formats.wrap)
    return row + 1


def _first_sheet(book: Workbook, formats: _Formats, content: MendingList, names: list[str]) -> None:
    sheet = book.add_worksheet(words.FIRST_SHEET)
    sheet.set_default_row(_LINE)
    for first, last, width in ((0, 1, 46), (2, 4, 18), (5, 5, 70)):
        sheet.set_column(first, last, width)
    row = 0
    for text, form in words.opening(content):
        if form == "title":
            sheet.set_row(row, 1.4 * _LINE)
        _put(
            sheet,
            row,
            0,
            text,
            {"title": formats.title, "bold": formats.bold, "notice": formats.notice}.get(form, formats.plain),
        )
        row += 1
    row = _table(sheet, row + 1, words.file_table(content, names), formats)
    row = _table(sheet, row + 1, words.check_table(content), formats)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.hide_gridlines(2)


def _list_sheet(
    book: Workbook, formats: _Formats, content: MendingList, name: str, listed: ListSheet
) -> None:
    sheet = book.add_worksheet(name)
    own = len(listed.columns)
    sheet.set_default_row(_LINE)
    for row, text in enumerate(words.sheet_opening(listed)):
        _put(sheet, row, 0, text, formats.bold if row == 0 else formats.plain)
    for index, column in enumerate(listed.columns):
        sheet.set_column(index, index, _width(column, index, listed))
        _put(sheet, HEADER_ROW, index, column.label, formats.header)
    for place, header in enumerate(RESERVED):
        width, options = words.RESERVED_WIDTHS[header], {"hidden": True} if header == KEY_HEADER else {}
        sheet.set_column(own + place, own + place, width, None, options)
        _put(sheet, HEADER_ROW, own + place, header, formats.added)
    sheet.set_row(HEADER_ROW, 2 * _LINE)
    notes = 0
    for offset, row_data in enumerate(listed.rows):
        row = HEADER_ROW + 1 + offset
        sheet.set_row(row, _height(row_data))
        bad = {cell.index: cell.note for cell in row_data.cells if cell.index is not None}
        for index, column in enumerate(listed.columns):
            _cell(sheet, row, index, row_data.values[index], column, column.index in bad, formats)
            if column.index in bad and notes < _NOTES_A_SHEET:
                note = "\n".join(c.note for c in row_data.cells if c.index == column.index)
                sheet.write_comment(row, index, shown_text(note)[:1_000], {"x_scale": 2.5, "y_scale": 1.6})
                notes += 1
        for place, value in enumerate(_added(listed, row_data)):
            form = formats.delete if RESERVED[place] == DELETE_HEADER else formats.told
            _put(sheet, row, own + place, value, form)
    last = HEADER_ROW + max(1, len(listed.rows))
    _choices(sheet, listed, last)
    sheet.freeze_panes(HEADER_ROW + 1, min(2, own))
    sheet.autofilter(HEADER_ROW, 0, last, own + len(RESERVED) - 1)
    sheet.protect("", _LOCKED_OPTIONS)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW)
    sheet.set_footer("&L&A&R&P/&N")


def _height(row: Row) -> float:
    """Points for the most lines that any of the wrapped texts needs; a row holds at most 409."""
    texts = (
        (row.problem, PROBLEM_HEADER),
        (row.expected, EXPECTED_HEADER),
        (row.suggestion, SUGGESTION_HEADER),
    )
    lines = (
        sum(1 + len(line) // words.RESERVED_WIDTHS[header] for line in text.split("\n"))
        for text, header in texts
    )
    return min(400.0, _LINE * max(1, *lines))


def _added(listed: ListSheet, row: Row) -> tuple[object, ...]:
    key = row_key(listed.source.delivery_id, listed.source_sheet, row.row_number)
    shown_sheet = listed.source_sheet or "-"
    return ("", row.problem, row.expected, row.suggestion, shown_sheet, row.row_number, key)


def _cell(
    sheet: Worksheet,
    row: int,
    index: int,
    value: str | None,
    column: OriginalColumn,
    is_bad: bool,
    formats: _Formats,
) -> None:
    if _is_number_column(listed_type(column)) and (value is None or is_plain_number(value)):
        form = formats.bad_number if is_bad else formats.number
        _put(sheet, row, index, None if value is None else float(value) if "." in value else int(value), form)
    else:
        _put(sheet, row, index, value, formats.bad_text if is_bad else formats.text)


def listed_type(column: OriginalColumn) -> str:
    """How a column's cells are meant: `number` for figures, else text (codes keep their zeros, dates stay as written)."""
    from ingest.contract import load_fields

    if column.column is None or column.field is None:
        return "text"
    identity = load_fields().identity.get(column.field)
    return str(column.column.type or (identity.type if identity else "number"))


def _is_number_column(kind: str) -> bool:
    return kind in ("number", "integer", "year")


def _width(column: OriginalColumn, index: int, listed: ListSheet) -> float:
    longest = max((len(row.values[index] or "") for row in listed.rows[:200]), default=0)
    return float(min(_MAX_WIDTH, max(10, longest + 2, min(len(column.label) + 2, 22))))


def _choices(sheet: Worksheet, listed: ListSheet, last: int) -> None:
    """Lists to choose from, where the contract knows the labels: one label for each meaning. A warning: others may be typed."""
    own = len(listed.columns)
    choose: list[tuple[int, list[str]]] = [(own, ["x"])]
    for index, column in enumerate(listed.columns):
        if column.column is None or not column.column.lookup:
            continue
        first: dict[str, str] = {}
        for label, meaning in column.column.lookup.items():
            first.setdefault(meaning, label)
        labels = [label for label in first.values() if "," not in label]
        if labels and len(",".join(labels)) <= _VALIDATION_CHARS:
            choose.append((index, labels))
    for index, labels in choose:
        options: dict[str, Any] = {
            "validate": "list",
            "source": labels,
            "error_type": "warning",
            "error_title": words.CHOICE_TITLE,
            "error_message": words.CHOICE_TEXT,
        }
        sheet.data_validation(HEADER_ROW + 1, index, last, index, options)


def _loose_sheet(book: Workbook, formats: _Formats, content: MendingList) -> None:
    sheet = book.add_worksheet(words.LOOSE_SHEET)
    for index, width in enumerate((36, 20, 8, 24, 24, 60, 30, 40)):
        sheet.set_column(index, index, width)
    _put(sheet, 0, 0, words.LOOSE_TITLE, formats.bold)
    _put(sheet, 1, 0, words.loose_count(content), formats.plain)
    _table(sheet, HEADER_ROW, words.loose_table(content), formats)
    sheet.freeze_panes(HEADER_ROW + 1, 1)
    sheet.autofilter(HEADER_ROW, 0, HEADER_ROW + content.loose.height, len(words.LOOSE_HEADERS) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW)


def _marker_sheet(book: Workbook, content: MendingList, names: list[str]) -> None:
    sheet = book.add_worksheet(MARKER_SHEET)
    marker = Marker(
        content.agency_code,
        content.release_id,
        content.made_at.date().isoformat(),
        content.home_kind,
        tuple(
            ListedSheet(
                name, one.source.contract.feed, one.source.delivery_id, one.source_sheet, len(one.rows)
            )
            for name, one in zip(names, content.sheets, strict=True)
        ),
    )
    for row, cells in enumerate(marker_rows(marker)):
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text)
    sheet.very_hidden()
    sheet.protect()
