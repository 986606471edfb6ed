"""XML: a list of repeated row elements, whose attributes and child elements are the columns.

Read as a stream by expat, in two passes: the first finds which elements are the rows. A document type
(entities, external parts) is refused before anything of it is used.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from xml.parsers import expat

from ingest.contract.model import Contract
from ingest.messages import Problem, problem
from ingest.readers.json_file import too_large
from ingest.readers.records import MAX_RECORD_BYTES, Record, RecordError, fail, records_sheet
from ingest.readers.sheet import MAX_COLUMNS, ReadFile, Sheet
from ingest.readers.text_file import decode

_MAX_DEPTH = 32
_MAX_PATHS = 20_000
_MAX_LISTS = 5  # each is read in a pass of its own
_PIECE = 1 << 16  # characters given to the parser at a time
_ENCODING = re.compile(rb"^[\s\xef\xbb\xbf]*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")
_THAI = {"windows-874", "cp874", "tis-620", "iso-8859-11", "x-windows-874", "ms874"}
_EXPECTED = "<data><row><…>…</…></row><row>…</row></data>"
_WORKBOOK = "urn:schemas-microsoft-com:office:spreadsheet"

_Path = tuple[str, ...]


@lru_cache(maxsize=4096)
def _local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition(" ")[2]


def _attributes(given: dict[str, str]) -> dict[str, str]:
    """Attributes that hold data: not those of XML Schema and of XML itself."""
    return {
        _local(name): value
        for name, value in given.items()
        if not name.startswith(("http://www.w3.org/2001/XMLSchema-instance ", "http://www.w3.org/XML/"))
    }


def _is_nil(given: dict[str, str]) -> bool:
    return given.get("http://www.w3.org/2001/XMLSchema-instance nil", "") in ("true", "1")


def _parse(
    text: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    data: Callable[[str], None] | None,
) -> Iterator[None]:
    """Parse a text in pieces; yields after each, so that what the handlers have gathered can be taken.

    Raises:
        RecordError: not well-formed, or with a document type.
    """
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    if data is not None:
        parser.CharacterDataHandler = data

    def refuse(*_: object) -> None:
        raise fail("xml_dtd")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        for at in range(0, len(text), _PIECE):
            parser.Parse(text[at : at + _PIECE].encode(), False)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise fail("xml_broken", row=error.lineno, at=error.offset + 1) from None


class _Shape:
    """First pass: how often each path of elements stands, and which have something inside."""

    def __init__(self) -> None:
        self.count: Counter[_Path] = Counter()
        self.with_fields: set[_Path] = set()
        self.with_grandchildren: set[_Path] = set()
        self.here: list[str] = []
        self.workbook = False

    def start(self, name: str, given: dict[str, str]) -> None:
        if not self.here and name.startswith(_WORKBOOK + " "):
            raise fail("xml_workbook")
        self.here.append(_local(name))
        if len(self.here) > _MAX_DEPTH:
            raise fail("record_too_large", row=1, expected=f"{_MAX_DEPTH} ชั้น · levels")
        path = tuple(self.here)
        self.count[path] += 1
        if len(self.count) > _MAX_PATHS:
            raise fail("too_many_columns", value=len(self.count), expected=_MAX_PATHS)
        if given and _attributes(given):
            self.with_fields.add(path)
        if len(path) > 1:
            self.with_fields.add(path[:-1])
        if len(path) > 2:
            self.with_grandchildren.add(path[:-2])

    def end(self, _: str) -> None:
        self.here.pop()

    def rows(self) -> list[_Path]:
        """The paths whose elements are rows: those that repeat nearest to the root; where none does, the
        outermost that hold nothing but values."""
        inner = [path for path in self.count if len(path) > 1 and path in self.with_fields]
        rows = [path for path in inner if self.count[path] > 1]
        if not rows:
            rows = [path for path in inner if path not in self.with_grandchildren]
        if not rows:
            rows = [path for path in self.with_fields if path not in self.with_grandchildren]
        nearest = min(map(len, rows), default=0)
        return [path for path in rows if len(path) == nearest]


@dataclass
class _Open:
    """An element inside a row that has not ended yet."""

    nil: bool
    texts: list[str] = field(default_factory=list)
    has_children: bool = False


class _Rows:
    """Second pass: the rows of one path."""

    def __init__(self, path: _Path) -> None:
        self.path = path
        self.here: list[str] = []
        self.open: list[_Open] = []
        self.row: dict[str, list[str | None]] = {}
        self.ready: list[Record] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        self.here.append(_local(name))
        if self.open:
            self.open[-1].has_children = True
        elif tuple(self.here) != self.path:
            return
        self.open.append(_Open(bool(given) and _is_nil(given)))
        if given:
            for attribute, value in _attributes(given).items():
                self._put(".".join((*self.here[len(self.path) :], attribute)), value)

    def data(self, text: str) -> None:
        if self.open:
            self.open[-1].texts.append(text)

    def end(self, _: str) -> None:
        if self.open:
            done = self.open.pop()
            text = "".join(done.texts).strip()
            if not self.open:
                if text:
                    self._put(self.here[-1], text)
                self.ready.append({name: _one(values) for name, values in self.row.items()})
                self.row = {}
            elif text or not done.has_children:
                self._put(".".join(self.here[len(self.path) :]), None if done.nil else text)
        self.here.pop()

    def _put(self, name: str, value: str | None) -> None:
        self.row.setdefault(name, []).append(value)
        if len(self.row) > MAX_COLUMNS:
            raise fail("too_many_columns", value=len(self.row), expected=MAX_COLUMNS)


def _one(values: list[str | None]) -> str | None:
    """A column's value in a row; an element that stands several times in it as a JSON list."""
    return values[0] if len(values) == 1 else json.dumps(values, ensure_ascii=False)


def _records(text: str, path: _Path) -> Iterator[Record]:
    rows = _Rows(path)
    for _ in _parse(text, rows.start, rows.end, rows.data):
        yield from rows.ready
        rows.ready.clear()


def _sheets(text: str, max_rows: int) -> list[Sheet]:
    shape = _Shape()
    for _ in _parse(text, shape.start, shape.end, None):
        if max(shape.count.values(), default=0) > 2 * max_rows:
            raise fail("too_many_rows", expected=f"{max_rows:,}")
    paths = shape.rows()
    if not paths or len(paths) > _MAX_LISTS:
        raise fail("no_records", expected=_EXPECTED)
    names = [""] if len(paths) == 1 else [".".join(path[1:]) for path in paths]
    sheets = (
        records_sheet(name, _records(text, path), max_rows) for name, path in zip(names, paths, strict=True)
    )
    return [sheet for sheet in sheets if sheet is not None]


def read_xml_file(data: bytes, contract: Contract, *, max_rows: int) -> ReadFile:
    """Read XML as text cells: the elements that repeat nearest to the root are the rows.

    Columns are a row's attributes, its child elements, `a.b` for what lies deeper; names go without their
    namespace. An element that stands twice in a row becomes a JSON list, `xsi:nil` is blank.
    """
    if len(data) > MAX_RECORD_BYTES:
        return ReadFile(errors=(too_large(len(data)),))
    said = _ENCODING.match(data)
    thai = said is not None and said[1].decode().lower() in _THAI
    decoded = decode(data, ("cp874",) if thai else contract.format.encodings)
    if isinstance(decoded, Problem):
        return ReadFile(errors=(decoded,))
    body, encoding = decoded
    text = body.removeprefix("\ufeff").strip(" \t\r\n\x00\x1a")
    if not text:
        return ReadFile(errors=(problem("empty_file"),), encoding=encoding)
    try:
        sheets = _sheets(text, max_rows)
    except RecordError as error:
        return ReadFile(errors=(error.problem,), encoding=encoding)
    if not sheets:
        return ReadFile(errors=(problem("no_records", expected=_EXPECTED),), encoding=encoding)
    return ReadFile(sheets=tuple(sheets), encoding=encoding)


def read_xml_path(path: Path, contract: Contract, *, max_rows: int) -> ReadFile:
    """`read_xml_file` on a path.

    Raises:
        OSError: the file cannot be opened.
    """
    size = path.stat().st_size
    if size > MAX_RECORD_BYTES:
        return ReadFile(errors=(too_large(size),))
    return read_xml_file(path.read_bytes(), contract, max_rows=max_rows)
