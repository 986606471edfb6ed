"""The quality tables.

Their columns and types, and how they are written. Grain and meaning: docs/architecture.md.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from expectations.catalogue.model import Rule
from expectations.scratch import Scratch, quoted
from ingest.whole import whole

MAX_FINDINGS = 10_000
"""Findings listed for one check in one delivery (or audit group). The counts in dq_result are always full."""

TABLES: dict[str, dict[str, str]] = {
    "dq_check": {
        **dict.fromkeys(
            ("check_id", "stage", "feed_code", "title_th", "title_en", "meaning_th", "meaning_en"), "VARCHAR"
        ),
        **dict.fromkeys(
            ("why_th", "why_en", "mend_th", "mend_en", "dimension", "severity", "scope"), "VARCHAR"
        ),
        **dict.fromkeys(("table_name", "column_name"), "VARCHAR"),
        **dict.fromkeys(("max_fail_rate", "block_fail_rate"), "DOUBLE"),
        **dict.fromkeys(("owner", "threshold", "since"), "VARCHAR"),
    },
    "dq_result": {
        **dict.fromkeys(
            ("check_id", "stage", "feed_code", "agency_code", "delivery_id", "build_id"), "VARCHAR"
        ),
        **dict.fromkeys(("numerator", "denominator"), "BIGINT"),
        "passed": "BOOLEAN",
        **dict.fromkeys(("severity", "not_applicable_reason"), "VARCHAR"),
        "measured_at": "TIMESTAMP WITH TIME ZONE",
    },
    "dq_finding": {
        **dict.fromkeys(
            ("finding_id", "check_id", "severity", "agency_code", "feed_code", "delivery_id"), "VARCHAR"
        ),
        **dict.fromkeys(("file_name", "sheet"), "VARCHAR"),
        "row_number": "BIGINT",
        **dict.fromkeys(
            ("column_name", "value", "expected", "suggestion", "fund_id", "tambon_code"), "VARCHAR"
        ),
        "fiscal_year": "SMALLINT",
        **dict.fromkeys(("message_th", "message_en"), "VARCHAR"),
        **dict.fromkeys(
            ("field", "record_key", "amphoe_code", "province_code", "suggested_value"), "VARCHAR"
        ),
        "confidence": "DOUBLE",
        **dict.fromkeys(("life", "first_release_id"), "VARCHAR"),
        "first_seen_at": "TIMESTAMP WITH TIME ZONE",
    },
    "dq_finding_life": {
        **dict.fromkeys(
            (
                "finding_id",
                "check_id",
                "severity",
                "agency_code",
                "feed_code",
                "province_code",
                "tambon_code",
            ),
            "VARCHAR",
        ),
        **dict.fromkeys(("life", "first_release_id", "last_release_id", "closed_release_id"), "VARCHAR"),
        **dict.fromkeys(("first_seen_at", "last_seen_at", "closed_at"), "TIMESTAMP WITH TIME ZONE"),
        "days_open": "INTEGER",
        "life_number": "INTEGER",
    },
    "dq_score_check": {
        **dict.fromkeys(("agency_code", "feed_code", "check_id", "province_code", "dimension"), "VARCHAR"),
        "severity": "VARCHAR",
        **dict.fromkeys(("numerator", "denominator"), "BIGINT"),
        "not_applicable_reason": "VARCHAR",
    },
    "dq_score": {
        **dict.fromkeys(("agency_code", "province_code", "dimension"), "VARCHAR"),
        **dict.fromkeys(("checks", "checks_applied", "numerator", "denominator"), "BIGINT"),
        "score": "DOUBLE",
        **dict.fromkeys(("rank", "ranked_of"), "INTEGER"),
        **dict.fromkeys(("formula_th", "formula_en"), "VARCHAR"),
    },
    "dq_trend": {
        "release_id": "VARCHAR",
        "released_at": "TIMESTAMP WITH TIME ZONE",
        **dict.fromkeys(("agency_code", "check_id", "province_code"), "VARCHAR"),
        **dict.fromkeys(
            ("numerator", "denominator", "findings_open", "findings_new", "findings_mended"), "BIGINT"
        ),
    },
    "dq_mend_time": {
        **dict.fromkeys(("agency_code", "check_id"), "VARCHAR"),
        **dict.fromkeys(("mended", "gone", "open"), "BIGINT"),
        **dict.fromkeys(("median_days_to_mend", "median_days_open"), "DOUBLE"),
    },
    "dq_release": {
        "release_id": "VARCHAR",
        "released_at": "TIMESTAMP WITH TIME ZONE",
        "outcome": "VARCHAR",
        **dict.fromkeys(
            ("deliveries_admitted", "deliveries_held", "rows_conformed", "findings_open", "findings_new"),
            "BIGINT",
        ),
        **dict.fromkeys(("findings_mended", "findings_gone", "checks_failed", "checks_applied"), "BIGINT"),
    },
    "dq_delivery": {
        **dict.fromkeys(
            ("delivery_id", "agency_code", "feed_code", "record_kind", "file_name", "sha256"), "VARCHAR"
        ),
        **dict.fromkeys(("bytes", "sequence"), "BIGINT"),
        "arrived_at": "TIMESTAMP WITH TIME ZONE",
        **dict.fromkeys(("status", "status_reason"), "VARCHAR"),
        **dict.fromkeys(("admitted_because", "admitted_by"), "VARCHAR"),
        "decided_at": "TIMESTAMP WITH TIME ZONE",
        **dict.fromkeys(
            ("rows_in", "rows_conformed", "rows_rejected", "rows_not_data", "cells_unreadable"), "BIGINT"
        ),
        **dict.fromkeys(("first_fiscal_year", "last_fiscal_year"), "SMALLINT"),
        "contract_version": "INTEGER",
        "contract_fingerprint": "VARCHAR",
        "is_synthetic": "BOOLEAN",
    },
    "dq_feed": {
        **dict.fromkeys(("feed_code", "agency_code"), "VARCHAR"),
        **dict.fromkeys(("deliveries", "admitted", "held"), "BIGINT"),
        "is_stale": "BOOLEAN",
        "age_days": "INTEGER",
        "last_admitted_delivery_id": "VARCHAR",
        "last_admitted_at": "TIMESTAMP WITH TIME ZONE",
        "due_on": "DATE",
        **dict.fromkeys(("stale_reason_th", "stale_reason_en"), "VARCHAR"),
    },
    "dq_refusal": {
        **dict.fromkeys(
            ("inbox_path", "agency_code", "feed_code", "code", "message_th", "message_en"), "VARCHAR"
        ),
        **dict.fromkeys(("mend_th", "mend_en"), "VARCHAR"),
        "bytes": "BIGINT",
        "refused_at": "TIMESTAMP WITH TIME ZONE",
    },
    "dq_fetch": {
        **dict.fromkeys(("feed_code", "agency_code", "kind", "source", "origin", "code"), "VARCHAR"),
        **dict.fromkeys(("message_th", "message_en", "mend_th", "mend_en"), "VARCHAR"),
        "attempts": "INTEGER",
        **dict.fromkeys(("failed_at", "failing_since", "last_success_at"), "TIMESTAMP WITH TIME ZONE"),
    },
}


_POLARS: dict[str, pl.DataType] = {
    "VARCHAR": pl.String(),
    "DOUBLE": pl.Float64(),
    "BIGINT": pl.Int64(),
    "INTEGER": pl.Int32(),
    "SMALLINT": pl.Int16(),
    "BOOLEAN": pl.Boolean(),
    "DATE": pl.Date(),
    "TIMESTAMP WITH TIME ZONE": pl.Datetime("us", "UTC"),
}


def columns_of(table: str) -> str:
    """Column list of a quality table, for INSERT."""
    return ", ".join(TABLES[table])


TOLD = ", ".join(list(TABLES["dq_finding"])[:18])
"""The columns of dq_finding up to its messages; what is known later (place, life) is filled in by `life`."""


def create_table(database: Scratch, table: str, name: str | None = None) -> None:
    """Make an empty quality table in the scratch database."""
    columns = ", ".join(f"{column} {kind}" for column, kind in TABLES[table].items())
    database.connection.execute(f"CREATE OR REPLACE TABLE {name or table} ({columns})")


def frame(table: str, rows: Iterable[dict[str, object]]) -> pl.DataFrame:
    """Records as a typed frame of a quality table; columns that a record lacks are NULL."""
    schema = {column: _POLARS[kind] for column, kind in TABLES[table].items()}
    return pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)


def insert_rows(database: Scratch, table: str, rows: Iterable[dict[str, object]]) -> None:
    """Insert records by column name (through Parquet: DuckDB takes single rows slowly)."""
    with tempfile.TemporaryDirectory(prefix="tambon-rows-") as folder:
        path = Path(folder) / "rows.parquet"
        frame(table, rows).write_parquet(path)
        database.connection.execute(
            f"INSERT INTO {table} SELECT {columns_of(table)} FROM read_parquet('{quoted(path)}')"
        )


def write_frame(content: pl.DataFrame, path: Path) -> None:
    """Write a frame as Parquet, whole or not at all."""
    with whole(path) as partial:
        content.write_parquet(partial, compression="zstd")


def write_table(database: Scratch, query: str, path: Path) -> None:
    """Write a query's rows as Parquet; a reader sees the old file or the new one, never half of one."""
    with whole(path) as partial:
        database.connection.execute(
            f"COPY ({query}) TO '{quoted(partial)}' (FORMAT parquet, COMPRESSION zstd)"
        )


def check_row(rule: Rule) -> dict[str, object]:
    """The dq_check row of a rule."""
    check = rule.check
    values = dict(rule.extra)
    return {
        "check_id": rule.check_id,
        "stage": check.stage,
        "feed_code": rule.feed_code,
        "title_th": rule.title_th,
        "title_en": rule.title_en,
        "meaning_th": _fill(check.meaning.th, values),
        "meaning_en": _fill(check.meaning.en, values),
        "why_th": check.why.th,
        "why_en": check.why.en,
        "mend_th": check.mend.th,
        "mend_en": check.mend.en,
        "dimension": check.dimension,
        "severity": rule.severity,
        "scope": check.scope,
        "table_name": check.table,
        "column_name": rule.column_name,
        "max_fail_rate": rule.max_fail_rate,
        "block_fail_rate": rule.block_fail_rate,
        "owner": check.owner,
        "threshold": "; ".join(f"{name} = {number:g}" for name, number in check.threshold.items()) or None,
        "since": check.since,
    }


def _fill(text: str, values: dict[str, object]) -> str:
    return text.format_map(values) if "{" in text else text


def sql_text(text: str | None) -> str:
    """A text as an SQL literal."""
    return "NULL" if text is None else f"'{quoted(text)}'"


def finding_id_sql(check_id: str, *parts: str) -> str:
    """SQL of a finding's stable id.

    The same check failing at the same spot of the same delivery has the same id.
    """
    spots = ", ".join(f"coalesce(CAST({part} AS VARCHAR), '')" for part in parts)
    return f"md5(concat_ws('|', {sql_text(check_id)}, {spots}))"


def sha256_of(*paths: Path) -> str:
    """Hash over the bytes of files, in the order given; a file that is absent counts as empty."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        if path.is_file():
            with path.open("rb") as handle:
                digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()
