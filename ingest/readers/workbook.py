"""XLSX and XLS workbooks, through fastexcel (calamine): cached values of formulas, hidden rows and sheets
included."""

from __future__ import annotations

import re
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path
from xml.etree import ElementTree

import fastexcel
import polars as pl

from ingest.contract.model import Contract
from ingest.messages import Problem, problem
from ingest.normalise.text import clean_one
from ingest.readers.sheet import MAX_COLUMNS, Merge, ReadFile, Sheet

ERROR_CELLS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA")
_ERROR_NAMES = {
    "Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Ref": "#REF!", "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}  # fmt: skip
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MAX_PART = 64 << 20
_MAX_MERGES = 200_000


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def merged_ranges(path: Path) -> dict[str, tuple[Merge, ...]]:
    """Merged ranges of each sheet of an XLSX file by sheet name; {} where the file's parts do not tell.

    fastexcel does not pass them on. Only the tail of each sheet's XML is looked at, where the format
    puts them.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            small = {
                n: archive.read(n)
                for n in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
                if archive.getinfo(n).file_size < _MAX_PART
            }
            # expat refuses entity bombs (2.4.1 and later), and these two parts need no entity at all.
            if any(b"<!DOCTYPE" in part for part in small.values()):
                return {}
            book, rels = (ElementTree.fromstring(part) for part in small.values())  # noqa: S314
            targets = {rel.get("Id"): (rel.get("Target") or "") for rel in rels}
            found = {}
            for sheet in book.iter():
                if not sheet.tag.endswith("}sheet"):
                    continue
                target = targets.get(sheet.get(_REL), "").lstrip("/")
                part = target if target.startswith("xl/") else f"xl/{target}"
                if part not in names:
                    continue
                tail = b""
                with archive.open(part) as stream:
                    while chunk := stream.read(4 << 20):
                        # Cells come before <mergeCells>: until that begins,
                        # only enough to see its name is kept.
                        tail += chunk
                        begin = tail.find(b"mergeCells")
                        tail = tail[begin:] if begin >= 0 else tail[-16:]
                        if len(tail) > _MAX_PART:
                            break
                ranges = [_MERGE.finditer(tail)]
                found[sheet.get("name") or ""] = tuple(
                    Merge(int(m[2]) - 1, _column(m[1]), int(m[4]) - 1, _column(m[3]))
                    for m, _ in zip(ranges[0], range(_MAX_MERGES), strict=False)
                )
            return found
    except (
        OSError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        ElementTree.ParseError,
        RuntimeError,
        NotImplementedError,
        EOFError,
    ):
        return {}


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


def _listed(name: str, patterns: tuple[str, ...]) -> bool:
    clean = clean_one(name).lower()
    return any(fnmatchcase(clean, clean_one(pattern).lower()) for pattern in patterns)


def read_workbook(path: Path, contract: Contract, *, max_rows: int) -> ReadFile:
    """Read the data sheets of a workbook; every cell as text.

    Numbers come as Excel shows their value (12345, not 12345.0; no float noise), dates as `YYYY-MM-DD
    HH:MM:SS`, yes/no as
    `true`/`false`, formulas as their cached value, failed formulas as `#DIV/0!` and the like.
    """
    sheets: list[Sheet] = []
    skipped: dict[str, str] = {}
    errors: list[Problem] = []
    warnings: list[Problem] = []
    try:
        book = fastexcel.read_excel(path)
        names = book.sheet_names
    except BaseException as error:  # a Rust panic is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return ReadFile(errors=(problem("not_a_workbook"),))
    merges: dict[str, tuple[Merge, ...]] | None = None
    for name in names:
        if _listed(name, contract.format.skip_sheets):
            skipped[name] = "skip_sheets"
            continue
        if not _listed(name, contract.format.sheets):
            skipped[name] = "sheet_not_listed"
            warnings.append(
                problem("sheet_not_listed", sheet=name, expected=", ".join(contract.format.sheets))
            )
            continue
        try:
            sheet = book.load_sheet(name, header_row=None, dtypes="string", skip_rows=0)
            if sheet.total_height > max_rows + contract.format.header_search_rows:
                errors.append(problem("too_many_rows", sheet=name, expected=f"{max_rows:,}"))
                continue
            if sheet.width > MAX_COLUMNS:
                errors.append(
                    problem("too_many_columns", sheet=name, value=sheet.width, expected=MAX_COLUMNS)
                )
                continue
            if sheet.width == 0 or sheet.total_height == 0:
                skipped[name] = "empty"
                continue
            cells = _cells(sheet)
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            errors.append(problem("sheet_unreadable", sheet=name))
            continue
        if merges is None:
            merges = merged_ranges(path)
        sheets.append(Sheet(name, cells, merges=merges.get(name)))
    if not sheets and not errors:
        errors.append(problem("no_sheets", expected=", ".join(contract.format.sheets)))
    return ReadFile(tuple(sheets), skipped, tuple(errors), tuple(warnings))
