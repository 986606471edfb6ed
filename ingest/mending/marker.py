"""What a mending workbook says of itself, in a hidden sheet: whose it is, and which rows of which deliveries it lists.

The marker guards against mistakes (a cut, copied or edited sheet), not against forgery: whoever may write into an agency's inbox
may send any record of that agency anyway, and a list is taken only for deliveries of the very agency whose folder it lies in.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MARKER_SHEET: Final = "_tambon_mending"
FORMAT: Final = "tambon-mending"
VERSION: Final = "1"
KEY_HEADER: Final = "tambon:row"
DELETE_HEADER: Final = "ลบแถวนี้ (x)"
PROBLEM_HEADER: Final = "ปัญหา"
EXPECTED_HEADER: Final = "ที่ควรเป็น"
SUGGESTION_HEADER: Final = "ข้อเสนอแนะ"
SHEET_HEADER: Final = "ชีตเดิม"
ROW_HEADER: Final = "แถวเดิม"
RESERVED: Final = (
    DELETE_HEADER, PROBLEM_HEADER, EXPECTED_HEADER, SUGGESTION_HEADER, SHEET_HEADER, ROW_HEADER, KEY_HEADER,
)  # fmt: skip
"""The columns that a list adds behind the file's own, in this order. Only the first is for the officer to fill."""
DELETE_WORDS: Final = ("x", "×", "ลบ", "delete", "✓", "✔", "1", "true", "yes")
HEADER_SEARCH_ROWS: Final = 30
_PLACES: Final = {".xlsx": "xl/workbook.xml", ".xlsm": "xl/workbook.xml", ".ods": "content.xml"}


class MarkerError(ValueError):
    """The marker is damaged, edited or of another version. `code` names the message, `values` fill it."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True)
class ListedSheet:
    """One sheet of the list: which sheet (`source_sheet`, '' for text) of which delivery its rows are from."""

    name: str
    feed_code: str
    delivery_id: str
    source_sheet: str
    rows: int


@dataclass(frozen=True)
class Marker:
    """A list's own description. `release_id` is '' for a list made before a file was sent."""

    agency_code: str
    release_id: str
    made_on: str
    home_kind: str
    sheets: tuple[ListedSheet, ...]


def row_key(delivery_id: str, sheet: str, row_number: int) -> str:
    """The hidden key of a listed row: its number and a check that it is still this row of this sheet."""
    check = hashlib.sha256(f"{delivery_id}|{sheet}|{row_number}".encode()).hexdigest()[:10]
    return f"{row_number}.{check}"


def marker_rows(marker: Marker) -> list[list[str]]:
    """The cells of the hidden sheet, all text."""
    head = [
        ["agency", marker.agency_code],
        ["release", marker.release_id],
        ["made_on", marker.made_on],
        ["home", marker.home_kind],
    ]
    # As JSON: a sheet's name may be anything, blank or like a number too.
    listed = [
        ["sheet", one.name, one.feed_code, one.delivery_id, json.dumps(one.source_sheet), str(one.rows)]
        for one in marker.sheets
    ]
    return [[FORMAT, VERSION], *head, *listed, ["checksum", _checksum([*head, *listed])]]


def read_marker(rows: Iterable[Sequence[str | None]]) -> Marker:
    """The marker in the cells of the hidden sheet.

    Raises:
        MarkerError: `mending_version` or `mending_marker`.
    """
    cells = [[cell or "" for cell in row] for row in rows]
    cells = [_trimmed(row) for row in cells if any(row)]
    if not cells or cells[0][:1] != [FORMAT]:
        raise MarkerError("mending_marker")
    if cells[0][1:2] != [VERSION]:
        raise MarkerError("mending_version", value="".join(cells[0][1:2])[:20], expected=VERSION)
    body, last = cells[1:-1], cells[-1]
    if last[:1] != ["checksum"] or last[1:2] != [_checksum(body)]:
        raise MarkerError("mending_marker")
    head = {row[0]: row[1] if len(row) > 1 else "" for row in body if row[0] != "sheet"}
    try:
        sheets = tuple(
            ListedSheet(row[1], row[2], row[3], str(json.loads(row[4])), int(row[5]))
            for row in body
            if row[0] == "sheet"
        )
        marker = Marker(head["agency"], head["release"], head["made_on"], head["home"], sheets)
    except (KeyError, IndexError, ValueError) as error:
        raise MarkerError("mending_marker") from error
    # Each sheet of a delivery once: or one small list would have every delivered file read a thousand times.
    if len({(one.delivery_id, one.source_sheet) for one in sheets}) < len(sheets):
        raise MarkerError("mending_marker")
    return marker


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row = row[:-1]
    return row


def _checksum(rows: Iterable[Sequence[str]]) -> str:
    # A spreadsheet program drops empty cells at the end of a row.
    lines = [json.dumps(_trimmed(list(row)), ensure_ascii=True) for row in rows]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def is_mending_list(path: Path, suffix: str) -> bool:
    """Whether a workbook has the hidden sheet; read from the list of its sheets alone. False for what cannot be read."""
    from ingest.readers.unzip import ZIP_ERRORS, unpacked  # readers stand on landing's limits

    wanted = MARKER_SHEET.encode()
    if suffix == ".xls":
        data = path.read_bytes()
        return wanted in data or MARKER_SHEET.encode("utf-16-le") in data
    if suffix not in _PLACES:
        return False
    try:
        with path.open("rb") as file:
            entry = zipfile.ZipFile(file).getinfo(_PLACES[suffix])
            tail = b""
            for piece in unpacked(file, entry):
                if wanted in tail + piece:
                    return True
                tail = piece[-len(wanted) :]
    except (*ZIP_ERRORS, OSError, KeyError):
        return False
    return False
