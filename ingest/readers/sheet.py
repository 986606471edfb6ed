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
        numbers: the rows' numbers where they are not 1, 2, 3 …: a corrected delivery has those of the list it came as.
        stated: names of sheet and file that period and place may stand in, where they are not its own.
    """

    name: str
    cells: pl.DataFrame
    width: int | None = None
    cell_counts: pl.Series | None = None
    merges: tuple[Merge, ...] | None = None
    numbers: pl.Series | None = None
    stated: tuple[str, str] | None = None

    def numbers_from(self, first: int, height: int) -> pl.Series:
        """Numbers, as the officer's program shows them, of `height` rows from the 0-based row `first` on."""
        if self.numbers is not None:
            return self.numbers.slice(first, height)
        return pl.int_range(first + 1, first + 1 + height, dtype=pl.Int64, eager=True)


@dataclass(frozen=True)
class ReadFile:
    """A file's sheets, and what went wrong. `sheets` is empty where the file could not be read."""

    sheets: tuple[Sheet, ...] = ()
    skipped: dict[str, str] = field(default_factory=dict)
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    encoding: str | None = None
