"""What a mending list holds: the rows to mend as they stood, what is wrong with each, and what concerns no single row."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from ingest.contract import Contract
from ingest.mending.marker import RESERVED
from ingest.mending.original import OriginalColumn, OriginalSheet, original_sheets

MAX_ROWS: Final = 10_000
"""Rows to mend listed of one sheet of one delivery; how many more there are is said."""
MAX_LOOSE: Final = 10_000
TO_MEND: Final = ("block", "warn")
"""Findings of these severities make a row one to mend; what is only told (info) is counted."""
_LINE_CHARS: Final = 600


@dataclass(frozen=True)
class Source:
    """A delivered file that rows are listed from: where its bytes lie, and what is known of it."""

    delivery_id: str
    file_name: str
    path: Path
    contract: Contract
    rows_in: int | None = None


@dataclass(frozen=True)
class Cell:
    """What is wrong in one cell (`index`: the file's column; None: in the row as a whole)."""

    index: int | None
    note: str


@dataclass(frozen=True)
class Row:
    """One row to mend: its cells by the file's columns, and its problems in words."""

    row_number: int
    values: tuple[str | None, ...]
    cells: tuple[Cell, ...]
    problem: str
    expected: str
    suggestion: str


@dataclass(frozen=True)
class ListSheet:
    """The rows to mend of one sheet of one delivery; `rows_to_mend` counts those beyond the limit too."""

    source: Source
    source_sheet: str
    columns: tuple[OriginalColumn, ...]
    rows: tuple[Row, ...]
    rows_to_mend: int


@dataclass(frozen=True)
class MendingList:
    """A whole list. `loose` are findings that concern no single row, or whose row could not be read as it stood."""

    agency_code: str
    agency_th: str
    agency_en: str
    release_id: str
    made_at: datetime
    home_kind: str
    sheets: tuple[ListSheet, ...]
    loose: pl.DataFrame
    loose_total: int
    checks: pl.DataFrame
    told_only: int = 0
    unreadable: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.sheets and self.loose.is_empty()


def gather(
    findings: pl.DataFrame, sources: Mapping[str, Source]
) -> tuple[tuple[ListSheet, ...], pl.DataFrame, tuple[str, ...]]:
    """The sheets of a list, the findings left over, and the files that could not be read as they stood.

    Args:
        findings: rows of dq_finding, those to mend.
        sources: by delivery id; findings of other deliveries are left over.
    """
    with_row = findings.filter(
        pl.col("row_number").is_not_null() & pl.col("delivery_id").is_in(list(sources))
    ).with_columns(pl.col("sheet").fill_null(""))
    sheets: list[ListSheet] = []
    listed: list[pl.DataFrame] = []
    unreadable: list[str] = []
    for (delivery_id,), group in with_row.group_by("delivery_id", maintain_order=True):
        source = sources[str(delivery_id)]
        wanted = {
            str(sheet): part["row_number"].unique().sort().head(MAX_ROWS).to_list()
            for (sheet,), part in group.group_by("sheet", maintain_order=True)
        }
        try:
            for original in original_sheets(source.path, source.contract, source.file_name, wanted, RESERVED):
                own = group.filter(pl.col("sheet") == original.name)
                there = own.filter(pl.col("row_number").is_in(original.rows["row_number"].to_list()))
                if there.is_empty():
                    continue
                sheets.append(_sheet(source, original, there, own["row_number"].n_unique()))
                beyond = own.filter(~pl.col("row_number").is_in(wanted[original.name]))
                listed += [there.select("finding_id"), beyond.select("finding_id")]
        except MemoryError:
            raise
        except Exception:
            # One file that cannot be shown as it stood must not cost the agency its list, nor a release its place.
            if os.environ.get("TAMBON_DEBUG"):
                raise
            unreadable.append(source.file_name)
    done = pl.concat([pl.DataFrame(schema={"finding_id": pl.String}), *listed])["finding_id"]
    loose = findings.filter(~pl.col("finding_id").is_in(done.to_list()))
    return tuple(sheets), loose, tuple(unreadable)


def _sheet(source: Source, original: OriginalSheet, own: pl.DataFrame, rows_to_mend: int) -> ListSheet:
    problems: dict[int, list[dict[str, object]]] = {}
    for finding in own.sort("row_number", "check_id", maintain_order=True).to_dicts():
        problems.setdefault(finding["row_number"], []).append(finding)
    names = [column.name for column in original.columns]
    rows = []
    for row_number, *values in original.rows.select("row_number", *names).iter_rows():
        told = [
            (original.column_of(_text(f["column_name"]), _text(f["field"])), f) for f in problems[row_number]
        ]
        rows.append(
            Row(
                row_number,
                tuple(values),
                tuple(Cell(column.index if column else None, note_of(f)) for column, f in told),
                _joined(_problem(column, f) for column, f in told),
                _joined(_text(f["expected"]) for _, f in told),
                _joined(suggestion_of(f) for _, f in told),
            )
        )
    return ListSheet(source, original.name, original.columns, tuple(rows), rows_to_mend)


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


def _problem(column: OriginalColumn | None, finding: dict[str, object]) -> str:
    told = str(finding["message_th"] or finding["message_en"] or finding["check_id"])
    return f"{column.label}: {told}" if column is not None and column.label not in told else told


def suggestion_of(finding: Mapping[str, object]) -> str | None:
    """What a finding suggests, the very value to type first."""
    value, words = _text(finding["suggested_value"]), _candidates(_text(finding["suggestion"]))
    return "; ".join(dict.fromkeys(part for part in (value, words) if part)) or None


def _candidates(suggestion: str | None) -> str | None:
    """Candidates for a place, which are told as JSON, in words."""
    if suggestion is None or not suggestion.startswith("[{"):
        return suggestion
    try:
        found = [f"{one['code']} {one['name']}" for one in json.loads(suggestion)]
    except (ValueError, TypeError, KeyError):
        return suggestion
    return " หรือ · or ".join(found)


def note_of(finding: Mapping[str, object]) -> str:
    """The note on a cell: what is wrong in Thai and English, what was expected, what is suggested."""
    lines = [
        _text(finding["message_th"]),
        _text(finding["message_en"]),
        f"ที่ควรเป็น · expected: {finding['expected']}" if _text(finding["expected"]) else None,
        f"ข้อเสนอแนะ · suggestion: {suggestion_of(finding)}" if suggestion_of(finding) else None,
    ]
    return "\n".join(line for line in lines if line)


def _joined(lines: object) -> str:
    assert hasattr(lines, "__iter__")
    kept = dict.fromkeys(str(line)[:_LINE_CHARS] for line in lines if line)
    return (
        "\n".join(f"{number}. {line}" for number, line in enumerate(kept, 1))
        if len(kept) > 1
        else "".join(kept)
    )
