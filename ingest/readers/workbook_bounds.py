"""How large a workbook may become when it is opened, told before it is: a few hundred bytes can ask for a
table of 17 billion cells, or for one long text in a million cells, and the library that opens workbooks then
ends the whole process.

What is surely too large is refused; what only may be, by bounds that are cheap and rather too high, is opened
in a process of its own (`apart`).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ingest.messages import Problem, problem
from ingest.readers.headers import column_letter
from ingest.readers.unzip import ZIP_ERRORS, TooMuch, unpacked

MAX_CELLS = 50_000_000  # of one sheet, blank ones within its corners included: about 2 GB in memory
MAX_CELLS_ALL = 100_000_000
APART_BYTES = 1 << 30
_APART_ERRORS = 200_000  # failed formulas; each becomes an object of its own
_APART_ODS = 64 << 20
_XLS_TEXT = 3 * 32_767
_LABEL_RECORD = b"\xfd\x00\x0a\x00"  # BIFF8 LABELSST: a cell that refers to a shared text
# As nearly every program writes a cell; one that is written otherwise makes the workbook odd.
_CELL = b'<c r="'
_REF = re.compile(rb'<c r="([A-Za-z]{1,7})(\d{1,12})')
_WIDE = re.compile(rb'<c r="([A-Za-z]{2,7})\d')
_TALL = re.compile(rb'<c r="[A-Za-z]{0,7}\d{6}')
_VERY_TALL = re.compile(rb'<c r="[A-Za-z]{0,7}\d{7}')
_OTHERWISE = re.compile(rb"<c[\t\n\r/>]")
_PREFIXED = re.compile(rb"<[\w.-]{1,99}:c[\s/>]")
_LONGEST_TAG = 1 << 20
_ROWS_REPEATED = re.compile(rb"number-rows-repeated\s*=\s*[\"']\s*(\d{1,18})")
_CELLS_REPEATED = re.compile(rb"number-columns-repeated\s*=\s*[\"']\s*(\d{1,18})")
_TABLE_END = re.compile(rb"</[\w.-]{1,99}:table>")
_FILLED = re.compile(rb"value|formula|:p[\s/>]")
_ODD_REPEATED = re.compile(rb"-repeated\s*=\s*[\"']\s*[^\s\d]")


@dataclass(frozen=True)
class Bounds:
    """Either `problem`, or whether the workbook should be opened in a process of its own."""

    problem: Problem | None = None
    apart: bool = False


def workbook_bounds(path: Path, kind: str) -> Bounds:
    """Bounds of an xlsx, ods or xls file that landing's probe has nothing against.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if kind == "xls":
            return Bounds(apart=_labels(file) * _XLS_TEXT > APART_BYTES)
        try:
            entries = zipfile.ZipFile(file).infolist()
            return _ods(file, entries) if kind == "ods" else _xlsx(file, entries)
        except TooMuch as error:
            return Bounds(problem("unpacks_too_large", value=str(error)))
        except ZIP_ERRORS:
            return Bounds(problem("not_a_workbook"))


def _xlsx(file: BinaryIO, entries: list[zipfile.ZipInfo]) -> Bounds:
    whole = _Part()
    corners = 0
    for entry in entries:
        part = _Part()
        try:
            for piece in _whole_tags(unpacked(file, entry)):
                part.add(piece)
            if part.columns * part.rows > MAX_CELLS:
                part.columns, part.rows = _corner(file, entry)
        except TooMuch:
            raise
        except ZIP_ERRORS:
            pass  # the library that opens workbooks judges a damaged part
        if part.columns * part.rows > MAX_CELLS:
            corner = f"{column_letter(part.columns - 1)}{part.rows}"
            return Bounds(problem("sheet_too_large", value=corner, expected=f"{MAX_CELLS:,}"))
        corners += part.columns * part.rows
        whole.take(part)
    return Bounds(
        apart=whole.odd
        or corners > MAX_CELLS_ALL
        or whole.cells * whole.longest > APART_BYTES
        or whole.errors > _APART_ERRORS
    )


def _whole_tags(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces cut in front of a tag, so that none is torn."""
    rest = b""
    for piece in pieces:
        cut = piece.rfind(b"<")
        if cut < 0 and len(rest) < _LONGEST_TAG:
            rest += piece
            continue
        yield rest + piece[: max(cut, 0)]
        rest = piece[max(cut, 0) :]
    yield rest


class _Part:
    """What the cells of one part of an XLSX file can ask for."""

    def __init__(self) -> None:
        self.columns, self.rows = 0, 0  # not below the true ones
        self.cells, self.errors = 0, 0
        self.longest = 0  # the longest shared text, which any cell may refer to
        self.odd = False
        self._open = 0

    def add(self, piece: bytes) -> None:
        """Look at the next piece."""
        self.odd |= piece[:4].strip(b"\xff\xfe").startswith((b"<\x00", b"\x00<"))  # UTF-16
        cells = piece.count(b"<c ")
        # Cells that do not say their place are put behind one another, wherever that leads.
        self.odd |= cells != piece.count(_CELL) or _OTHERWISE.search(piece) is not None
        self.odd |= b":c" in piece and _PREFIXED.search(piece) is not None
        if cells:
            self.columns = max(self.columns, 26, *map(_column, set(_WIDE.findall(piece))))
            if self.rows < 999_999 and _TALL.search(piece):
                self.rows = 999_999
            if self.rows >= 999_999 and _VERY_TALL.search(piece):
                self.rows = 9_999_999
            self.rows = max(self.rows, 99_999)
            self.cells += cells
            self.errors += piece.count(b't="e"')
        *ended, begun = piece.split(b"si>")
        if ended:
            self.longest = max(self.longest, self._open + len(ended[0]), *map(len, ended[1:]))
            self._open = 0
        self._open += len(begun)

    def take(self, other: _Part) -> None:
        """Add what a part has to what the file has."""
        self.cells, self.errors = self.cells + other.cells, self.errors + other.errors
        self.longest, self.odd = max(self.longest, other.longest), self.odd or other.odd


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _corner(file: BinaryIO, entry: zipfile.ZipInfo) -> tuple[int, int]:
    """Exactly how wide and tall a sheet's cells say it is."""
    columns = rows = 0
    for piece in _whole_tags(unpacked(file, entry)):
        refs = _REF.findall(piece)
        columns = max([columns, *map(_column, {letters for letters, _ in refs})])
        rows = max([rows, *map(int, {digits for _, digits in refs})])
    return columns, rows


def _ods(file: BinaryIO, entries: list[zipfile.ZipInfo]) -> Bounds:
    """An ODS file says how often a cell or row is repeated; only repeats of what holds something count."""
    content = [entry for entry in entries if entry.filename == "content.xml"]
    if not content or content[0].file_size > _APART_ODS or len(content) > 1:
        return Bounds(apart=True)
    data = b"".join(unpacked(file, content[0]))
    if _ODD_REPEATED.search(data) or b"<!DOCTYPE" in data:
        return Bounds(apart=True)
    size = 0
    # Every sheet ends in a million blank rows: they count only where a filled one follows in the same sheet.
    for table in _TABLE_END.split(data):
        height = width = blank = 0
        for part in table.split(b"table-row>"):
            # What a sheet says of its columns stands before its first row, and fills no cell.
            row = part[part.find(b">", part.rfind(b"table-column")) :] if b"table-column" in part else part
            times = max([1, *map(int, _ROWS_REPEATED.findall(row))])
            filled = max((found.end() for found in _FILLED.finditer(row)), default=0)
            if not filled:
                blank += times
                continue
            repeats = [int(n) for n in _CELLS_REPEATED.findall(row, 0, row.find(b">", filled - 1) + 1)]
            width = max(width, sum(repeats) + row.count(b"table-cell"))
            height, blank = height + blank + times, 0
            size += times * len(row) * max([1, *repeats])
        if height * width > MAX_CELLS:
            corner = f"{column_letter(min(width, 16_384) - 1)}{height}"
            return Bounds(problem("sheet_too_large", value=corner, expected=f"{MAX_CELLS:,}"))
    return Bounds(apart=size > APART_BYTES)


def _labels(file: BinaryIO) -> int:
    count, tail = 0, b""
    while piece := file.read(1 << 20):
        count += (tail + piece).count(_LABEL_RECORD)
        tail = piece[-3:]
    return count
