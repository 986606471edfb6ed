"""What a release says of itself, from the records of its build: inputs, contracts, checks, and what each column means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from dashboard.meanings import in_both
from expectations.descriptions import describe_column, describe_table
from expectations.tables import TABLES
from ingest.contract import load_fields
from ingest.contract.fields import RECORD_KINDS
from ingest.contract.kept import usable_contracts
from ingest.home import Home
from orchestration.builds import Build, build_path
from release import BuildMeta, CheckSummary, ColumnDoc, ContractVersion, InputFile, StaleFeed, TableSpec
from release.tables import MONEY_SUFFIX

PUBLISHED = ("dim_", "fct_", "mart_")


def build_meta(home: Home, build: Build, manifest: Path) -> BuildMeta:
    """Metadata of a build whose audit is recorded. `manifest` is dbt's, the source of what tables and columns of the warehouse
    mean; quality tables are described in `expectations`. Both are told in Thai and English."""
    audit = build_path(home, build.build_id) / "audit"
    deliveries = pl.read_parquet(audit / "dq_delivery.parquet").filter(pl.col("status") == "admitted")
    return BuildMeta(
        created_at=datetime.now(UTC),
        is_synthetic=home.kind() == "synthetic",
        inputs=[
            InputFile(
                delivery_id=row["delivery_id"],
                feed_code=row["feed_code"],
                file_name=row["file_name"],
                sha256=row["sha256"],
                rows=row["rows_conformed"],
                admitted_because=row["admitted_because"],
                admitted_by=row["admitted_by"],
                decided_at=row["decided_at"],
            )
            for row in deliveries.sort("sequence").to_dicts()
        ],
        contracts=[
            ContractVersion(
                feed_code=contract.feed, version=str(contract.version), fingerprint=contract.fingerprint
            )
            for contract in usable_contracts(home).contracts.values()
        ],
        checks=_check_summary(audit),
        stale_feeds=_stale_feeds(audit),
        tables=[*_table_specs(manifest), *_quality_specs()],
    )


def _stale_feeds(audit: Path) -> list[StaleFeed]:
    feeds = pl.read_parquet(audit / "dq_feed.parquet").filter(pl.col("is_stale")).sort("feed_code")
    return [
        StaleFeed(
            feed_code=row["feed_code"],
            age_days=row["age_days"],
            last_admitted_delivery_id=row["last_admitted_delivery_id"],
            reason_th=row["stale_reason_th"],
            reason_en=row["stale_reason_en"],
        )
        for row in feeds.to_dicts()
    ]


def _check_summary(audit: Path) -> CheckSummary:
    results = pl.read_parquet(audit / "dq_result.parquet")
    findings = pl.read_parquet(audit / "dq_finding.parquet", columns=["severity"])
    failed = results.filter(~pl.col("passed"))
    by_severity = dict(failed.group_by("severity").len().iter_rows())
    applied = pl.col("not_applicable_reason").is_null()
    return CheckSummary(
        checks=results.height,
        passed=results.filter(applied & pl.col("passed")).height,
        failed_block=by_severity.get("block", 0),
        failed_warn=by_severity.get("warn", 0),
        failed_info=by_severity.get("info", 0),
        not_applicable=results.filter(~applied).height,
        findings=dict(findings.group_by("severity").len().iter_rows()),
    )


def _table_specs(manifest: Path) -> list[TableSpec]:
    fields = load_fields()
    measures = {**fields.fund_measures, **fields.indicators}
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    specs = []
    for node in nodes.values():
        if node["resource_type"] != "model" or not node["name"].startswith(PUBLISHED):
            continue
        columns = {}
        for name, column in node["columns"].items():
            measure = measures.get(name)
            columns[name] = ColumnDoc(
                title=measure.label_th if measure else None,
                description=in_both(column.get("description")),
                unit=measure.unit if measure else "THB" if name.endswith(MONEY_SUFFIX) else None,
            )
        specs.append(
            TableSpec(
                name=node["name"],
                description=in_both(node.get("description")),
                columns=columns,
                reads=sorted(_reads(node, nodes, node["name"])),
            )
        )
    return sorted(specs, key=lambda spec: spec.name)


def _quality_specs() -> list[TableSpec]:
    specs = []
    for table, columns in TABLES.items():
        described = {column: describe_column(table, column) for column in columns}
        docs = {column: ColumnDoc(description=str(text)) for column, text in described.items() if text}
        about = describe_table(table)
        specs.append(TableSpec(name=table, description=str(about) if about else None, columns=docs))
    return specs


# Every record's place and fund is looked up in what all records together gave: followed on, each table would be made of
# everything.
_PUBLISHED_AS: Final = {"int_place_resolved": "dim_place", "int_fund_identity": "dim_fund_source"}


def _reads(node: dict[str, Any], nodes: dict[str, Any], table: str) -> set[str]:
    """Published tables and kinds of records that a published table is made from, through the models between."""
    found: set[str] = set()
    for name in node["depends_on"]["nodes"]:
        if name in nodes:
            below = nodes[name]
            published = _PUBLISHED_AS.get(below["name"], table)
            if below["name"].startswith(PUBLISHED):
                found.add(below["name"])
            elif published != table:
                found.add(published)
            else:
                found |= _reads(below, nodes, table)
        elif name.startswith("source."):
            schema, table = name.split(".")[2:4]
            kind = table if table in RECORD_KINDS or table == "delivery" else "memory"
            found.add("reference" if schema == "ref" else kind)
    return found
