"""JSON: a list of records, CKAN's answers and the like, and JSON lines. Numbers stay as they are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.contract.model import Contract
from ingest.messages import Problem, problem
from ingest.readers.json_text import BLANK, MAX_DEPTH, Number, Text, items, lines, members
from ingest.readers.records import MAX_RECORD_BYTES, Record, RecordError, fail, records_sheet
from ingest.readers.sheet import ReadFile, Sheet
from ingest.readers.text_file import decode

_LEVELS = 3  # how deep a list of records may stand: {"result": {"records": […]}}
_EXPECTED = '[{…}, {…}] / {"records": [{…}]} / {"result": {"records": [{…}]}}'


def _is_list_of_records(text: Text) -> bool:
    """Whether the next value is a list whose first item is a record (or that has none)."""
    at = text.at
    found = text.peek() == "["
    if found:
        text.at += 1
        found = text.peek() in ("{", "]")
    text.at = at
    return found


def _lists(
    text: Text, path: str, level: int, make: Callable[[str], Sheet | None]
) -> Iterator[tuple[str, Sheet | None]]:
    """The lists of records in an object, by the path of their keys."""
    for key in members(text):
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
    if depth > MAX_DEPTH:
        raise fail("record_too_large", row=number, expected=f"{MAX_DEPTH} ชั้น · levels")
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
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


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
    text = Text(body.removeprefix("\ufeff").rstrip(BLANK + "\x00\x1a"))
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


def _sheets(text: Text, max_rows: int) -> list[Sheet]:
    def listed(name: str) -> Sheet | None:
        return records_sheet(name, _records(items(text)), max_rows)

    first = text.peek()
    if not first:
        raise fail("empty_file")
    if first == "[":
        found = {"": listed("")}
    elif first == "{":
        if _is_lines(text):
            return _kept({"": records_sheet("", _records(lines(text)), max_rows)})
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


def _is_lines(text: Text) -> bool:
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
