"""What every reader gives."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from ingest.messages import Problem

MAX_COLUMNS = 16_384  # Excel's own limit
MAX_HEADER_COLUMNS = 500


@dataclass(frozen=True)
class Merge:
    """A merged range, 0-based and inclusive."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """One sheet as text.

    Attributes:
        name: '' for a text file.
        cells: columns c0, c1, … of text; row i is row i + 1 in the officer's program (in a text
        file: the record number, so
            that a line break inside quotation marks does not count, just as a spreadsheet
            shows it). NULL where there is no cell.
        width: columns of the table itself; a text file has two more, which are filled only by
        rows with too many cells.
            None where rows cannot be ragged (workbooks).
        cell_counts: how many cells each row of a text file has.
        merges: merged ranges, None where the format does not tell.
    """

    name: str
    cells: pl.DataFrame
    width: int | None = None
    cell_counts: pl.Series | None = None
    merges: tuple[Merge, ...] | None = None


@dataclass(frozen=True)
class ReadFile:
    """A file's sheets, and what went wrong. `sheets` is empty where the file could not be read."""

    sheets: tuple[Sheet, ...] = ()
    skipped: dict[str, str] = field(default_factory=dict)
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    encoding: str | None = None
