"""Scratch tables of the audit: feeds that could not be worked on, the log of decisions to admit, and rows with warnings."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from expectations.admission import Admission, admission_folder
from expectations.decisions import decisions_file, read_log
from expectations.faults import read_faults
from expectations.scratch import Scratch, quoted
from ingest.home import Home

_FAULT = ("step", "message_th", "message_en", "mend_th", "mend_en")


def create_fault_tables(database: Scratch, home: Home) -> None:
    """Tables `audit_fault` (a row a feed of `dq_feed`; `step` NULL where all went well) and `audit_admission_log` (one row)."""
    rows = [
        {"feed_code": fault.feed_code, **{name: str(getattr(fault, name)) for name in _FAULT}}
        for faults in read_faults(home).values()
        for fault in faults
    ]
    schema = dict.fromkeys(("feed_code", *_FAULT), pl.String)
    _create(database, "fault_now", pl.DataFrame(rows, schema=schema))
    database.connection.execute(
        "CREATE TABLE audit_fault AS SELECT feed.feed_code, feed.agency_code, fault.* EXCLUDE (feed_code) "
        "FROM dq_feed AS feed LEFT JOIN fault_now AS fault USING (feed_code)"
    )
    log = read_log(home)
    content = {
        "file": [decisions_file(home).name],
        "line": [log.broken_at],
        "decisions": [len(log.decisions)],
        "problem": [f"{log.problem_th} · {log.problem_en}" if log.broken_at else None],
    }
    kinds = {"file": pl.String, "line": pl.Int64, "decisions": pl.Int64, "problem": pl.String}
    _create(database, "audit_admission_log", pl.DataFrame(content, schema=kinds))


def create_warned_table(database: Scratch, home: Home, admissions: Mapping[str, Admission]) -> None:
    """Table `audit_warned` (a row a delivery in use): `row_count`, `warned_rows`, as admission counted them."""
    files = [
        str(path)
        for one in admissions.values()
        if one.status == "admitted"
        and (path := admission_folder(home, one.delivery_id) / "result.parquet").is_file()
    ]
    wanted = pl.col("check_id").str.starts_with("adm.warned_rows")
    schema = {"delivery_id": pl.String, "warned_rows": pl.Int64, "row_count": pl.Int64}
    found = [
        pl.scan_parquet(path)
        .filter(wanted)
        .select("delivery_id", warned_rows="numerator", row_count="denominator")
        .cast(dict(schema))  # type: ignore[arg-type]
        for path in files
    ]
    _create(database, "audit_warned", pl.concat([pl.DataFrame(schema=schema).lazy(), *found]).collect())


def _create(database: Scratch, name: str, content: pl.DataFrame) -> None:
    with tempfile.TemporaryDirectory(prefix="tambon-rows-") as folder:
        path = Path(folder) / "rows.parquet"
        content.write_parquet(path)
        database.connection.execute(
            f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM read_parquet('{quoted(path)}')"
        )
