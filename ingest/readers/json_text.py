"""Walking through JSON text without holding it as objects: values are taken one by one, each from a window of
bounded size, so that what a file asks of memory is bounded by its own size and not by how it is nested."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ingest.readers.records import RecordError, fail

_WINDOW = 4 << 20  # characters: the largest record
_EDGE = 64  # a number or word this near the window's end may go on behind it
MAX_DEPTH = 32
BLANK = " \t\r\n"


class Number(str):
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
    strict=False, parse_float=Number, parse_int=Number, parse_constant=str, object_pairs_hook=_object
).scan_once  # type: ignore[attr-defined]


class Text:
    """A place in the text, and the window around it that values are read from."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.base, self.window = 0, text[:_WINDOW]
        self.record = 0

    def peek(self) -> str:
        """The next character that is no blank; '' at the end."""
        text, at, size = self.text, self.at, len(self.text)
        while at < size and text[at] in BLANK:
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
        return fail("record_too_large", row=self.record + 1, expected=f"{MAX_DEPTH} ชั้น · levels")

    def broken(self, at: int) -> RecordError:
        """The text is no JSON here."""
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1) + 1
        near = self.text[at : at + 12].encode("unicode_escape").decode() if at < len(self.text) else ""
        near = self.text[at : at + 12] if self.text[at : at + 12].isprintable() and near else near
        return fail("json_broken", row=line, at=column, value=near or "จบแฟ้ม · end of file")


def members(text: Text) -> Iterator[str]:
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


def items(text: Text) -> Iterator[Any]:
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


def lines(text: Text) -> Iterator[Any]:
    """The values that follow one another to the end of the text (JSON lines)."""
    text.record = 0
    while text.peek():
        yield text.value()
        text.record += 1
