"""What people decided: `links.csv`, `places.csv` and `corrections.csv`, each row with a reason, who and when.

A row with a mistake is told with its file, line and column and left out; the other rows count.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
from filelock import FileLock

from ingest.identity.decisions import LINK_SCHEMA
from ingest.identity.steward_rows import Problem, Row, mistakes, problem, values
from ingest.normalise.personal import mask_contacts
from ingest.normalise.text import clean_one, turn_digits_one

PLACE_SCHEMA: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "reported_tambon_code": pl.String(),
    "reported_tambon": pl.String(),
    "reported_amphoe": pl.String(),
    "reported_province": pl.String(),
    "tambon_code": pl.String(),
    "reason": pl.String(),
    "decided_by": pl.String(),
    "decided_on": pl.Date(),
}
CORRECTION_SCHEMA: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "feed_code": pl.String(),
    "fund_code": pl.String(),
    "fiscal_year": pl.Int16(),
    "field": pl.String(),
    "value_reported": pl.String(),
    "value_corrected": pl.String(),
    "reason": pl.String(),
    "decided_by": pl.String(),
    "decided_on": pl.Date(),
}
PROBLEM_SCHEMA: dict[str, pl.DataType] = {
    "file": pl.String(),
    "line": pl.Int64(),
    "column": pl.String(),
    "value": pl.String(),
    "code": pl.String(),
    "message_th": pl.String(),
    "message_en": pl.String(),
    "mend_th": pl.String(),
    "mend_en": pl.String(),
}
LOCK_SECONDS = 30
MAX_BYTES = 20_000_000
_FORMULA = re.compile(r"[=+\-@\t\r]")
_DEFUSED = re.compile(r"'[=+\-@]")
# These are compared with what stands in a delivery, where words keep their Thai digits.
_AS_REPORTED = {"reported_tambon", "reported_amphoe", "reported_province", "reason", "decided_by"}
_VALUES = {"value_reported", "value_corrected"}
_NUMBER = re.compile(r"[0-9๐-๙.,\- ]+")


class DecisionError(Exception):
    """A decision cannot be recorded. str() is for the user: Thai first, then English; `problems` has each mistake."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(
            "\n".join(str(one["message_th"]) for one in problems)
            + "\n"
            + "\n".join(str(one["message_en"]) for one in problems)
        )
        self.problems = problems


@dataclass(frozen=True)
class Decisions:
    """What the three files say: `links` (LINK_SCHEMA), `places`, `corrections`, and `problems` (rows left out, PROBLEM_SCHEMA).

    `line` is the line on which a row begins, as a text editor counts.
    """

    links: pl.DataFrame
    places: pl.DataFrame
    corrections: pl.DataFrame
    problems: pl.DataFrame


def read_decisions(folder: Path, feed_codes: Collection[str] | None = None) -> Decisions:
    """Read the three files; one that is not there is empty. Never raises for what stands in them.

    Args:
        feed_codes: the feeds there are; without it any code in a feed's form is taken.
    """
    problems: list[Problem] = []
    links = _read(folder / "links.csv", LINK_SCHEMA, problems, feed_codes)
    places = _read(folder / "places.csv", PLACE_SCHEMA, problems, feed_codes)
    corrections = _read(folder / "corrections.csv", CORRECTION_SCHEMA, problems, feed_codes)
    return Decisions(links, places, corrections, pl.DataFrame(problems, schema=PROBLEM_SCHEMA))


def record_link(
    folder: Path,
    *,
    decision: str,
    feed_a: str,
    fund_a: str,
    feed_b: str,
    fund_b: str,
    reason: str,
    decided_by: str,
    decided_on: date,
    feed_codes: Collection[str] | None = None,
) -> None:
    """Append one decision to `links.csv`: whole or not at all, one writer at a time. What stood there stays as it was.

    Raises:
        DecisionError: the decision has a mistake, or `links.csv` cannot be read or lacks a column.
        filelock.Timeout: another writer held the file for half a minute.
    """
    row: Row = {
        "decision": decision, "feed_a": feed_a, "fund_a": fund_a, "feed_b": feed_b, "fund_b": fund_b,
        "reason": reason, "decided_by": decided_by, "decided_on": decided_on.isoformat(),
    }  # fmt: skip
    _record(folder / "links.csv", LINK_SCHEMA, row, feed_codes)


def record_place(
    folder: Path,
    *,
    tambon_code: str,
    reason: str,
    decided_by: str,
    decided_on: date,
    reported_tambon_code: str = "",
    reported_tambon: str = "",
    reported_amphoe: str = "",
    reported_province: str = "",
) -> None:
    """Append one decision to `places.csv`, as `record_link` does: which tambon is meant by cells as they were reported.

    Raises:
        DecisionError, filelock.Timeout: as `record_link`.
    """
    row: Row = {
        "reported_tambon_code": reported_tambon_code, "reported_tambon": reported_tambon,
        "reported_amphoe": reported_amphoe, "reported_province": reported_province, "tambon_code": tambon_code,
        "reason": reason, "decided_by": decided_by, "decided_on": decided_on.isoformat(),
    }  # fmt: skip
    _record(folder / "places.csv", PLACE_SCHEMA, row, None)


def _record(
    path: Path, schema: Mapping[str, pl.DataType], raw: Row, feed_codes: Collection[str] | None
) -> None:
    row = {name: _cell(name, value) for name, value in raw.items()}
    wrong = list(mistakes(path.name, 0, row, schema, feed_codes))
    if wrong:
        raise DecisionError(wrong)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.parent / f".{path.stem}.lock", timeout=LOCK_SECONDS):
        header, text = _existing(path, schema)
        cells = [_defused(row.get(name.strip(), "")) for name in header]
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        if _last(text + line.getvalue()) != cells:
            # A quotation mark is open at the file's end: the row would become part of that cell, and be read by nobody.
            raise DecisionError([problem(path.name, 1, "unreadable_file")])
        _replace(path, text + line.getvalue())


def _last(text: str) -> list[str]:
    """The last record as it is read back."""
    try:
        return [cells for _, cells in _rows(text)][-1]
    except (csv.Error, IndexError):
        return []


def _existing(path: Path, schema: Mapping[str, pl.DataType]) -> tuple[list[str], str]:
    """Header and text of a file, ending with a line end; of a new one where there is none."""
    names = [name for name in schema if name != "line"]
    if not path.exists() or path.stat().st_size == 0:
        return names, "\ufeff" + ",".join(names) + "\n"
    problems: list[Problem] = []
    text = _text(path, problems)
    if text is None:
        raise DecisionError(problems)
    header = next(csv.reader(io.StringIO(text)), [])
    missing = [name for name in names if name not in [cell.strip() for cell in header]]
    if missing:
        raise DecisionError([problem(path.name, 1, "missing_column", expected=", ".join(missing))])
    return header, "\ufeff" + (text if text.endswith("\n") else text + "\n")


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            Path(name).chmod(path.stat().st_mode & 0o777)
        else:
            Path(name).chmod(0o664)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _defused(text: str) -> str:
    """A quote before what a spreadsheet program would run; `_cell` takes it away again."""
    return f"'{text}" if _FORMULA.match(text) else text


def _cell(name: str, text: str) -> str:
    """Clean text on one line; the quote of a defused formula gone; Thai digits turned, except in words as they were reported."""
    cleaned = clean_one(text)
    if name not in _AS_REPORTED and (name not in _VALUES or _NUMBER.fullmatch(cleaned)):
        cleaned = turn_digits_one(cleaned)
    return cleaned[1:] if _DEFUSED.match(cleaned) else cleaned


def _text(path: Path, problems: list[Problem]) -> str | None:
    """The file's text without byte order mark; UTF-8, else TIS-620 as Thai spreadsheets write it."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("too large")
        content = path.read_bytes()
        if b"\x00" in content:
            raise ValueError("no text")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return content.decode("cp874")
    except (OSError, ValueError):
        problems.append(problem(path.name, 1, "unreadable_file"))
        return None


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record and the line on which it begins."""
    reader = csv.reader(io.StringIO(text), strict=False)
    start = 1
    for cells in reader:
        yield start, cells
        start = reader.line_num + 1


def _read(
    path: Path, schema: Mapping[str, pl.DataType], problems: list[Problem], feed_codes: Collection[str] | None
) -> pl.DataFrame:
    kept: list[dict[str, object]] = []
    if path.exists():
        text = _text(path, problems)
        if text:
            try:
                kept = list(_good_rows(path.name, text, schema, problems, feed_codes))
            except csv.Error:
                problems.append(problem(path.name, 1, "unreadable_file"))
    frame = pl.DataFrame(kept, schema=dict(schema))
    # Reasons are published with what was decided; a telephone or citizen number in one stays in the steward's own file.
    return frame.with_columns(mask_contacts(frame["reason"]).alias("reason"))


def _good_rows(
    file: str,
    text: str,
    schema: Mapping[str, pl.DataType],
    problems: list[Problem],
    feed_codes: Collection[str] | None,
) -> Iterator[dict[str, object]]:
    records = _rows(text)
    _, header = next(records, (1, []))
    header = [cell.strip() for cell in header]
    names = [name for name in schema if name != "line"]
    missing = [name for name in names if name not in header]
    if missing:
        problems.append(problem(file, 1, "missing_column", expected=", ".join(missing)))
        return
    problems += [
        problem(file, 1, "unknown_column", column=name, value=name)
        for name in header
        if name and name not in names
    ]
    for line, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        while len(cells) > len(header) and not cells[-1].strip():
            cells.pop()
        if len(cells) != len(header):
            problems.append(
                problem(file, line, "wrong_cells", value=str(len(cells)), expected=str(len(header)))
            )
            continue
        row = {name: _cell(name, cell) for name, cell in zip(header, cells, strict=True) if name in names}
        wrong = list(mistakes(file, line, row, schema, feed_codes))
        problems += wrong
        if not wrong:
            yield values(line, row, names)
