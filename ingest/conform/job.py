"""What is the same for all sheets of a delivery, and what reading them has come to so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from ingest.contract.model import Contract
from ingest.messages import Problem
from ingest.readers.headers import Vocabulary
from ingest.report import FileTotal, SheetReport


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
    years: set[int] = field(default_factory=set)


def provenance(frame: pl.DataFrame, sheet: str, job: Job) -> pl.DataFrame:
    """The rows with delivery, agency, feed and sheet; `row_number` they have."""
    return frame.with_columns(
        delivery_id=pl.lit(job.delivery_id),
        agency_code=pl.lit(job.contract.agency_code),
        feed_code=pl.lit(job.contract.feed),
        sheet=pl.lit(sheet),
    )
