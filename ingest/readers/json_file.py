"""JSON: a list of records, CKAN's answers and the like, and JSON lines. Numbers stay as they are written.

Records are taken from the text one by one, each from a window of bounded size, so that what a file asks of
memory is bounded by its own size and not by how it is nested.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.contract.model import Contract
from ingest.messages import Problem, problem
from ingest.readers.records import MAX_RECORD_BYTES, Record, RecordError, fail, records_sheet
from ingest.readers.sheet import ReadFile, Sheet
from ingest.readers.text_file import decode

_WINDOW = 4 << 20  # characters: the largest record
_EDGE = 64  # a number or word this near the window's end may go on behind it
_MAX_DEPTH = 32
_LEVELS = 3  # how deep a list of records may stand: {"result": {"records": […]}}
_BLANK = " \t\r\n"
_EXPECTED = '[{…}, {…}] / {"records": [{…}]} / {"result": {"records": [{…}]}}'


class _Number(str):
    """A number as it is written, which stays one in nested JSON text."""

    __slots__ = ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Repeated(next(name for name in found if names.count(name) > 1))
    return found


class _Repeated(Exception):
    """An object has a key twice."""


_scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder(
    strict=False, parse_float=_Number, parse_int=_Number, parse_constant=str, object_pairs_hook=_object
).scan_once  # type: ignore[attr-defined]


class _Text:
    """A place in the text, and the window around it that values are read from."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.base, self.window = 0, text[:_WINDOW]
        self.record = 0

    def peek(self) -> str:
        """The next character that is no blank; '' at the end."""
        text, at, size = self.text, self.at, len(self.text)
        while at < size and text[at] in _BLANK:
            at += 1
        self.at = at
        return text[at] if at < size else ""

    def take(self, wanted: str) -> str:
        """The next character, which must be one of these."""
        found = self.peek()
        if not found or found not in wanted:
            raise self.broken(self.at)
        self.at += 1
        return found

    def value(self) -> Any:
        """The next value."""
        self.peek()
        local = self.at - self.base
        if not 0 <= local <= len(self.window) - _EDGE:
            self._refill()
            local = 0
        value, end, reason = self._try(local)
        if reason is not None and local and self.base + len(self.window) < len(self.text):
            self._refill()
            value, end, reason = self._try(0)
        if reason is not None:
            more = self.base + len(self.window) < len(self.text)
            if more and (reason >= len(self.window) - _EDGE or reason < 0):
                raise fail(
                    "record_too_large", row=self.record + 1, expected=f"{_WINDOW:,} ตัวอักษร · characters"
                )
            raise self.broken(self.base + abs(reason))
        self.at = self.base + end
        return value

    def _refill(self) -> None:
        self.base, self.window = self.at, self.text[self.at : self.at + _WINDOW]

    def _try(self, local: int) -> tuple[Any, int, int | None]:
        """(value, its end, None), or where it fails: negative where a text that begins there has no end."""
        try:
            value, end = _scan(self.window, local)
        except StopIteration as error:
            return None, 0, int(error.value)
        except json.JSONDecodeError as error:
            return None, 0, -error.pos if error.msg.startswith("Unterminated") else error.pos
        except RecursionError:
            raise self.too_deep() from None
        except _Repeated as error:
            raise fail("repeated_key", row=self.record + 1, column=str(error)[:80]) from None
        near_end = end > len(self.window) - _EDGE and self.base + len(self.window) < len(self.text)
        return (value, end, len(self.window)) if near_end else (value, end, None)

    def too_deep(self) -> RecordError:
        """A record is nested too deeply."""
        return fail("record_too_large", row=self.record + 1, expected=f"{_MAX_DEPTH} ชั้น · levels")

    def broken(self, at: int) -> RecordError:
        """The text is no JSON here."""
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1) + 1
        near = self.text[at : at + 12].encode("unicode_escape").decode() if at < len(self.text) else ""
        near = self.text[at : at + 12] if self.text[at : at + 12].isprintable() and near else near
        return fail("json_broken", row=line, at=column, value=near or "จบแฟ้ม · end of file")


def _members(text: _Text) -> Iterator[str]:
    """The keys of an object; the caller reads each value before it asks for the next key."""
    text.take("{")
    if text.peek() == "}":
        text.at += 1
        return
    while True:
        if text.peek() != '"':
            raise text.broken(text.at)
        key = text.value()
        text.take(":")
        yield key
        if text.take(",}") == "}":
            return


def _items(text: _Text) -> Iterator[Any]:
    """The values of a list, one by one."""
    text.take("[")
    text.record = 0
    if text.peek() == "]":
        text.at += 1
        return
    while True:
        yield text.value()
        text.record += 1
        if text.take(",]") == "]":
            return


def _lines(text: _Text) -> Iterator[Any]:
    """The values that follow one another to the end of the text (JSON lines)."""
    text.record = 0
    while text.peek():
        yield text.value()
        text.record += 1


def _is_list_of_records(text: _Text) -> bool:
    """Whether the next value is a list whose first item is a record (or that has none)."""
    at = text.at
    found = text.peek() == "["
    if found:
        text.at += 1
        found = text.peek() in ("{", "]")
    text.at = at
    return found


def _lists(
    text: _Text, path: str, level: int, make: Callable[[str], Sheet | None]
) -> Iterator[tuple[str, Sheet | None]]:
    """The lists of records in an object, by the path of their keys."""
    for key in _members(text):
        name = f"{path}.{key}" if path else key
        if _is_list_of_records(text):
            yield name, make(name)
        elif text.peek() == "{" and level < _LEVELS:
            yield from _lists(text, name, level + 1, make)
        else:
            text.value()


def _flat(record: dict[str, Any], number: int) -> Record:
    """One level of nesting as `a.b`; what is nested deeper as JSON text."""
    if all(value is None or isinstance(value, str) for value in record.values()):
        return record
    flat: dict[str, str | None] = {}
    for key, value in record.items():
        nested = value.items() if isinstance(value, dict) and value else ((None, value),)
        for inner, one in nested:
            name = key if inner is None else f"{key}.{inner}"
            if name in flat:
                raise fail("repeated_key", row=number, column=name[:80])
            flat[name] = _cell(one, number)
    return flat


def _cell(value: Any, number: int) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return _json(value, number, 1)


def _json(value: Any, number: int, depth: int) -> str:
    if depth > _MAX_DEPTH:
        raise fail("record_too_large", row=number, expected=f"{_MAX_DEPTH} ชั้น · levels")
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(
                f"{json.dumps(k, ensure_ascii=False)}: {_json(v, number, depth + 1)}"
                for k, v in value.items()
            )
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_json(one, number, depth + 1) for one in value) + "]"
    return str(value) if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)


def _records(values: Iterator[Any]) -> Iterator[Record]:
    for number, value in enumerate(values, start=1):
        if value is None:
            yield {}
        elif isinstance(value, dict):
            yield _flat(value, number)
        else:
            shown = _cell(value, number) or ""
            raise fail("not_a_record", row=number, value=shown[:40])


def read_json_file(data: bytes, contract: Contract, *, max_rows: int) -> ReadFile:
    """Read JSON or JSON lines as text cells: which of the two, the content says.

    A list of records is one sheet. So is the list inside an object (`{"records": […]}`, CKAN's
    `{"result": {"records": […]}}`; what stands beside it describes it and is not read); several lists are
    several sheets, named by their keys. `a.b` is a field of a nested object, deeper nesting stays JSON text,
    numbers stay as written, yes/no is `true`/`false`, null and `{}` are blank.
    """
    if len(data) > MAX_RECORD_BYTES:
        return ReadFile(errors=(too_large(len(data)),))
    decoded = decode(data, contract.format.encodings)
    if isinstance(decoded, Problem):
        return ReadFile(errors=(decoded,))
    body, encoding = decoded
    text = _Text(body.removeprefix("\ufeff").rstrip(_BLANK + "\x00\x1a"))
    try:
        sheets = _sheets(text, max_rows)
    except RecordError as error:
        return ReadFile(errors=(error.problem,), encoding=encoding)
    if not sheets:
        return ReadFile(errors=(problem("no_records", expected=_EXPECTED),), encoding=encoding)
    return ReadFile(sheets=tuple(sheets), encoding=encoding)


def too_large(size: int) -> Problem:
    """The refusal of a JSON or XML file of so many bytes."""
    return problem("type_too_large", value=f"{size >> 20:,}", expected=f"{MAX_RECORD_BYTES >> 20:,}")


def read_json_path(path: Path, contract: Contract, *, max_rows: int) -> ReadFile:
    """`read_json_file` on a path.

    Raises:
        OSError: the file cannot be opened.
    """
    size = path.stat().st_size
    if size > MAX_RECORD_BYTES:
        return ReadFile(errors=(too_large(size),))
    return read_json_file(path.read_bytes(), contract, max_rows=max_rows)


def _sheets(text: _Text, max_rows: int) -> list[Sheet]:
    def listed(name: str) -> Sheet | None:
        return records_sheet(name, _records(_items(text)), max_rows)

    first = text.peek()
    if not first:
        raise fail("empty_file")
    if first == "[":
        found = {"": listed("")}
    elif first == "{":
        if _is_lines(text):
            return _kept({"": records_sheet("", _records(_lines(text)), max_rows)})
        found = {}
        for name, sheet in _lists(text, "", 1, listed):
            if name in found:
                raise fail("repeated_key", row=1, column=name[:80])
            found[name] = sheet
        found = {n: s for n, s in found.items() if not _describes(n, found)}
        if len(found) == 1:
            (only,) = found.values()
            found = {"": only and replace(only, name="")}
    else:
        text.value()
        found = {}
    if text.peek():
        raise text.broken(text.at)
    return _kept(found)


def _kept(found: dict[str, Sheet | None]) -> list[Sheet]:
    return [sheet for sheet in found.values() if sheet is not None]


def _describes(name: str, found: dict[str, Sheet | None]) -> bool:
    """CKAN's list of fields beside the records."""
    path, _, last = name.rpartition(".")
    return last == "fields" and (f"{path}.records" if path else "records") in found


def _is_lines(text: _Text) -> bool:
    """Whether the text, which begins with an object, is JSON lines: another value follows the first, or the
    first is the only one and holds no list of records."""
    try:
        value = text.value()
    except RecordError as error:
        if error.problem.code != "record_too_large":
            raise
        text.at = 0
        return False
    lines = text.peek() != "" or not _holds_list(value, 1)
    text.at = 0
    return lines


def _holds_list(value: dict[str, Any], level: int) -> bool:
    return any(
        (isinstance(one, list) and (not one or isinstance(one[0], dict)))
        or (isinstance(one, dict) and level < _LEVELS and _holds_list(one, level + 1))
        for one in value.values()
    )
