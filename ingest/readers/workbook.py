"""XLSX, XLS and ODS workbooks: the data sheets as text, with the merged ranges of an XLSX."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from ingest.contract.model import Contract
from ingest.messages import Problem, problem
from ingest.readers.sheet import MAX_COLUMNS, Merge, ReadFile, Sheet
from ingest.readers.unzip import zip_problem
from ingest.readers.workbook_apart import MEMORY_BYTES, Overgrown, load_sheets_apart
from ingest.readers.workbook_bounds import workbook_bounds
from ingest.readers.workbook_load import load_sheets

ERROR_CELLS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA")
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


def read_workbook(path: Path, contract: Contract, *, max_rows: int, kind: str) -> ReadFile:
    """Read the data sheets of a workbook (`kind`: xlsx, xls or ods); every cell as text.

    Numbers come as Excel shows their value (12345, not 12345.0; no float noise), dates as `YYYY-MM-DD
    HH:MM:SS`, yes/no as
    `true`/`false`, formulas as their cached value, failed formulas as `#DIV/0!` and the like.

    Raises:
        OSError: the file cannot be read.
    """
    if kind != "xls" and (fault := zip_problem(path, f".{kind}", "not_a_workbook")) is not None:
        return ReadFile(errors=(fault,))
    bounds = workbook_bounds(path, kind)
    if bounds.problem is not None:
        return ReadFile(errors=(bounds.problem,))
    sheets: list[Sheet] = []
    skipped: dict[str, str] = {}
    errors: list[Problem] = []
    warnings: list[Problem] = []
    merges: dict[str, tuple[Merge, ...]] | None = None
    form = contract.format
    load = load_sheets_apart if bounds.apart else load_sheets
    try:
        for sheet in load(path, form.sheets, form.skip_sheets, max_rows + form.header_search_rows):
            name = sheet.name
            if sheet.cells is not None:
                if merges is None:
                    merges = merged_ranges(path)
                sheets.append(Sheet(name, sheet.cells, merges=merges.get(name)))
            elif sheet.status in ("skip_sheets", "empty"):
                skipped[name] = sheet.status
            elif sheet.status == "sheet_not_listed":
                skipped[name] = sheet.status
                warnings.append(problem("sheet_not_listed", sheet=name, expected=", ".join(form.sheets)))
            elif sheet.status == "too_many_rows":
                errors.append(problem("too_many_rows", sheet=name, expected=f"{max_rows:,}"))
            else:
                errors.append(problem(sheet.status, sheet=name, value=sheet.value, expected=MAX_COLUMNS))
    except Overgrown:
        return ReadFile(errors=(problem("unpacks_too_large", value=f"> {MEMORY_BYTES >> 30} GB"),))
    if not sheets and not errors:
        errors.append(problem("no_sheets", expected=", ".join(form.sheets)))
    return ReadFile(tuple(sheets), skipped, tuple(errors), tuple(warnings))
