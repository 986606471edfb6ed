"""One delivered file, read as its contract says, into typed Parquet; kept for as long as contract and code stay the same."""

from __future__ import annotations

import os
import time
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

import polars as pl
from pydantic import ValidationError

from ingest.conform.job import Job, Outcome
from ingest.conform.sheet import conform_sheets
from ingest.contract.model import Contract
from ingest.mending.mended_file import MENDED_SUFFIX
from ingest.messages import problem
from ingest.normalise.schema import CELLS, REJECTED, TYPED, conformed_schema
from ingest.readers.files import read_file
from ingest.readers.headers import Vocabulary
from ingest.readers.sheet import ReadFile
from ingest.report import ConformReport, SheetReport
from ingest.whole import whole, write_whole

CONFORM_VERSION = 9  # raise it when the same file and contract would give other rows
MAX_ROWS = 5_000_000
_BANGKOK = timezone(timedelta(hours=7))


class ArrivalLike(Protocol):
    """What `conform_arrival` needs to know of an arrival."""

    @property
    def delivery_id(self) -> str: ...  # noqa: D102
    @property
    def object_path(self) -> str | Path: ...  # noqa: D102
    @property
    def file_name(self) -> str: ...  # noqa: D102


class HomeLike(Protocol):
    """What `conform_arrival` needs to know of a home."""

    @property
    def root(self) -> Path: ...  # noqa: D102
    @property
    def conformed(self) -> Path: ...  # noqa: D102


def conform_file(
    path: Path,
    contract: Contract,
    delivery_id: str,
    out: Path,
    *,
    file_name: str | None = None,
    max_rows: int = MAX_ROWS,
    today: date | None = None,
) -> ConformReport:
    """Conform one file. Never raises for what the file holds: an unreadable one gives a report with
    `errors` and no rows.

    Writes `<delivery_id>.parquet`, `.rejected.parquet`, `.cells.parquet`, `.typed.parquet` and `.report.json` into
    `out`, each through a
    temporary file and a rename, the report last.

    Args:
        path: the file's bytes.
        file_name: the officer's name for it (type and year are taken from it); default the path's own name.
        max_rows: more rows in one sheet are refused.
        today: the day against which years are plausible; default today in Bangkok.

    Raises:
        OSError: `out` cannot be written.
    """
    started = time.perf_counter()
    day = today or datetime.now(tz=_BANGKOK).date()
    name = file_name or path.name
    job = Job(
        contract,
        Vocabulary.of(contract),
        delivery_id,
        name,
        contract.period.year_min,
        day.year + contract.period.year_max_ahead,
    )
    outcome = Outcome()
    read = ReadFile()
    try:
        read = _read(path, job, max_rows)
        outcome.errors.extend(read.errors)
        outcome.warnings.extend(read.warnings)
        outcome.sheets.extend(
            SheetReport(name=sheet, skipped_reason=why) for sheet, why in read.skipped.items()
        )
        conform_sheets(read, job, outcome)
    except MemoryError:
        raise
    except Exception as error:
        # Our own fault: the operators see the kind of error, never the cells that caused it.
        outcome = Outcome(errors=[problem("cannot_read", value=type(error).__name__)])
        if os.environ.get("TAMBON_DEBUG"):
            raise
    return _finish(outcome, read, job, out, started, is_partial=path.suffix == MENDED_SUFFIX)


def conform_arrival(home: HomeLike, arrival: ArrivalLike, contract: Contract) -> ConformReport:
    """Conform an arrival into the home, or give back the earlier report (`from_cache`) of the same
    contract and `CONFORM_VERSION`.

    Raises:
        OSError: the home cannot be written.
    """
    out = home.conformed.absolute() / contract.record_kind / contract.feed.replace("/", ".")
    paths = _paths(out, arrival.delivery_id)
    try:
        report = ConformReport.model_validate_json((out / f"{arrival.delivery_id}.report.json").read_bytes())
    except (OSError, ValidationError):
        report = None
    if (
        report is not None
        and report.contract_fingerprint == contract.fingerprint
        and report.conform_version == CONFORM_VERSION
        and not any(one.code in ("cannot_read", "missing_file") for one in report.errors)
        and all(path.is_file() for path in paths.values())
    ):
        # The home may have been moved since.
        return report.model_copy(update={**paths, "from_cache": True})
    return conform_file(
        home.root / arrival.object_path, contract, arrival.delivery_id, out, file_name=arrival.file_name
    )


def _read(path: Path, job: Job, max_rows: int) -> ReadFile:
    """Read by the ending of the officer's file name; the stored object keeps the same ending."""
    named = job.file_name if Path(job.file_name).suffix else path.name
    try:
        return read_file(path, job.contract, job.vocabulary, file_name=named, max_rows=max_rows)
    except OSError:
        return ReadFile(errors=(problem("missing_file"),))


def _finish(
    outcome: Outcome, read: ReadFile, job: Job, out: Path, started: float, *, is_partial: bool
) -> ConformReport:
    contract = job.contract
    schema = conformed_schema(contract.record_kind)
    conformed = pl.concat([pl.DataFrame(schema=schema), *outcome.conformed])
    rejected = pl.concat([pl.DataFrame(schema=REJECTED), *outcome.rejected])
    cells = pl.concat([pl.DataFrame(schema=CELLS), *outcome.cells]).sort(
        "sheet", "row_number", maintain_order=True
    )
    typed = pl.concat([pl.DataFrame(schema=TYPED), *outcome.typed], how="diagonal")
    out = out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    paths = _paths(out, job.delivery_id)
    _write(conformed, paths["conformed_path"])
    _write(rejected, paths["rejected_path"])
    _write(cells, paths["cells_path"])
    _write(typed, paths["typed_path"])
    not_data = int((rejected["disposition"] == "not_data").sum())
    notes = cells.filter(pl.col("severity") == "info")["error_code"].value_counts() if cells.height else None
    if notes is not None:
        outcome.repairs |= dict(sorted(notes.iter_rows()))
    period = outcome.period
    report = ConformReport(
        delivery_id=job.delivery_id,
        feed_code=contract.feed,
        record_kind=contract.record_kind,
        file_name=job.file_name,
        contract_version=contract.version,
        contract_fingerprint=contract.fingerprint,
        conform_version=CONFORM_VERSION,
        **paths,
        is_partial=is_partial,
        encoding=read.encoding,
        sheets=outcome.sheets,
        headers_matched=outcome.headers,
        unknown_headers=list(outcome.unknown),
        missing_required=list(outcome.missing),
        personal_dropped=list(outcome.personal),
        rows_in=outcome.rows_in,
        rows_conformed=outcome.rows_conformed,
        rows_rejected=rejected.height - not_data,
        rows_not_data=not_data,
        cells_read=outcome.cells_read,
        cells_unreadable=int((cells["severity"] == "warn").sum()),
        repairs=outcome.repairs,
        first_year=period[0] if period else None,
        last_year=period[1] if period else None,
        errors=outcome.errors,
        warnings=outcome.warnings,
        totals_in_file=outcome.totals,
        seconds=round(time.perf_counter() - started, 3),
    )
    final = out / f"{job.delivery_id}.report.json"
    write_whole(final, report.model_dump_json(indent=1))
    return report


def _write(frame: pl.DataFrame, path: Path) -> None:
    with whole(path) as partial:
        frame.write_parquet(partial, compression="zstd", compression_level=1)


def _paths(out: Path, delivery_id: str) -> dict[str, Path]:
    return {
        "conformed_path": out / f"{delivery_id}.parquet",
        "rejected_path": out / f"{delivery_id}.rejected.parquet",
        "cells_path": out / f"{delivery_id}.cells.parquet",
        "typed_path": out / f"{delivery_id}.typed.parquet",
    }
