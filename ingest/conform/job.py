"""What is the same for all sheets of a delivery, and what reading them has come to so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from ingest.contract.model import Contract
from ingest.messages import Problem
from ingest.readers.headers import Vocabulary
from ingest.report import FileTotal, SheetReport

SLIP_OF_YEAR = 20


@dataclass(frozen=True)
class Job:
    """What is the same for all sheets of a delivery."""

    contract: Contract
    vocabulary: Vocabulary
    delivery_id: str
    file_name: str
    year_min: int
    year_max: int


@dataclass
class Outcome:
    """What reading sheets has come to so far."""

    conformed: list[pl.DataFrame] = field(default_factory=list)
    rejected: list[pl.DataFrame] = field(default_factory=list)
    cells: list[pl.DataFrame] = field(default_factory=list)
    typed: list[pl.DataFrame] = field(default_factory=list)
    sheets: list[SheetReport] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)
    personal: dict[str, None] = field(default_factory=dict)
    repairs: dict[str, int] = field(default_factory=dict)
    totals: list[FileTotal] = field(default_factory=list)
    rows_in: int = 0
    rows_conformed: int = 0
    cells_read: int = 0
    years: Counter[int] = field(default_factory=Counter)

    @property
    def period(self) -> tuple[int, int] | None:
        """First and last year that the file is about; None where no row was read.

        A year is counted in where it has at least one row for every `SLIP_OF_YEAR` of the file's most frequent year. A few
        rows of another year among thousands are slips of the hand or late corrections: told row by row, they do not make
        the file one of that year too, or it would seem to have come in place of that year's own.
        """
        most = max(self.years.values(), default=0)
        real = [year for year, rows in self.years.items() if rows * SLIP_OF_YEAR >= most]
        return (min(real), max(real)) if real else None


def provenance(frame: pl.DataFrame, sheet: str, job: Job) -> pl.DataFrame:
    """The rows with delivery, agency, feed and sheet; `row_number` they have."""
    return frame.with_columns(
        delivery_id=pl.lit(job.delivery_id),
        agency_code=pl.lit(job.contract.agency_code),
        feed_code=pl.lit(job.contract.feed),
        sheet=pl.lit(sheet),
    )
