"""One row of a steward's file: what is wrong with it, and its cells as values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date

import polars as pl

from ingest.contract.fields import load_fields
from ingest.identity.messages import ROW

Row = dict[str, str]
Problem = dict[str, str | int | None]
DECISIONS = ("confirm", "refuse")
_FEED = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*\Z")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z", re.ASCII)
_THAI_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\Z", re.ASCII)
_BE_FROM, _BE = 2400, 543
# What may be empty in a row; every other cell must be filled.
_OPTIONAL = {
    "reported_tambon_code",
    "reported_tambon",
    "reported_amphoe",
    "reported_province",
    "value_reported",
    "value_corrected",
}


def problem(
    file: str, line: int, code: str, column: str | None = None, value: str = "", expected: str = ""
) -> Problem:
    """A mistake as a row of the problems table; long values are cut."""
    shown = value if len(value) <= 60 else value[:59] + "…"
    words = {"column": column or "", "value": shown, "expected": expected}
    message = ROW[code]
    return {
        "file": file, "line": line, "column": column, "value": shown, "code": code,
        "message_th": message.th.format(**words), "message_en": message.en.format(**words),
        "mend_th": message.mend_th, "mend_en": message.mend_en,
    }  # fmt: skip


def mistakes(
    file: str, line: int, row: Row, schema: Mapping[str, pl.DataType], feed_codes: Collection[str] | None
) -> Iterator[Problem]:
    """What is wrong with a row, cell by cell in the order of the columns."""
    for name in schema:
        value = row.get(name, "")
        if name == "line":
            continue
        if not value:
            if name not in _OPTIONAL:
                yield problem(file, line, "empty", column=name)
            continue
        code, expected = _wrong_cell(name, value, feed_codes)
        if code:
            yield problem(file, line, code, column=name, value=value, expected=expected)
    if (
        "feed_b" in schema
        and row["fund_a"]
        and (row["feed_a"], row["fund_a"]) == (row["feed_b"], row["fund_b"])
    ):
        yield problem(file, line, "same_fund", column="fund_b", value=f"{row['feed_b']} {row['fund_b']}")
    if "reported_tambon" in schema and not any(row[name] for name in row if name.startswith("reported_")):
        yield problem(file, line, "no_place", column="reported_tambon")
    if "value_corrected" in schema and row["value_reported"] == row["value_corrected"]:
        yield problem(file, line, "no_change", column="value_corrected", value=row["value_corrected"])


def _wrong_cell(name: str, value: str, feed_codes: Collection[str] | None) -> tuple[str, str]:
    """Code and expectation of what is wrong with a filled cell; two empty texts where nothing is."""
    if name == "decision" and value.lower() not in DECISIONS:
        return "unknown_decision", " | ".join(DECISIONS)
    if name == "decided_on" and _as_date(value) is None:
        return "bad_date", "YYYY-MM-DD"
    if name in {"feed_a", "feed_b", "feed_code"} and (
        not _FEED.match(value) or (feed_codes is not None and value not in feed_codes)
    ):
        return "bad_feed", ", ".join(sorted(feed_codes)) if feed_codes else "agency/feed"
    if name == "tambon_code" and not re.fullmatch(r"[1-9][0-9]{5}", value, re.ASCII):
        return "bad_tambon_code", "NNNNNN"
    if name == "fiscal_year" and _as_year(value) is None:
        return "bad_year", "2568, 2025"
    if name == "field" and value not in _fields():
        return "unknown_field", "members_persons, savings_thb, fund_name"
    return "", ""


def _fields() -> Collection[str]:
    fields = load_fields()
    return {*fields.identity, *fields.fund_measures}


def _as_date(text: str) -> date | None:
    """CE as 2026-01-31, or พ.ศ. as 31/01/2569: a CE year with slashes could be read two ways."""
    if iso := _ISO.match(text):
        year, month, day = (int(part) for part in iso.groups())
    elif thai := _THAI_DATE.match(text):
        day, month, year = (int(part) for part in thai.groups())
        if year < _BE_FROM:
            return None
    else:
        return None
    year -= _BE if year >= _BE_FROM else 0
    try:
        return date(year, month, day) if 2000 <= year <= 2100 else None
    except ValueError:
        return None


def _as_year(text: str) -> int | None:
    if not re.fullmatch(r"[0-9]{4}", text, re.ASCII):
        return None
    year = int(text) - (_BE if int(text) >= _BE_FROM else 0)
    return year if 1900 <= year <= 2100 else None


def _as_text(text: str) -> str | None:
    return text or None


_READ: dict[str, Callable[[str], object]] = {
    "decided_on": _as_date,
    "fiscal_year": _as_year,
    "decision": str.lower,
}


def values(line: int, row: Row, names: Collection[str]) -> dict[str, object]:
    """A row without mistakes as typed values; empty cells are None."""
    return {"line": line} | {name: _READ.get(name, _as_text)(row[name]) for name in names}
