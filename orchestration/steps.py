"""What each asset does: calls into the packages to the left, in order, with progress and timings. No data logic here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel

from expectations.admission import Admission, admit_feed
from ingest.conform import conform_arrival
from ingest.contract import Contract, load_contracts, load_fields
from ingest.home import Home
from ingest.landing import Arrival, InboxReport, arrivals, refusals, take_inbox
from ingest.normalise.schema import conformed_schema
from ingest.reference.build import build_reference
from ingest.report import ConformReport
from orchestration import progress
from orchestration.builds import (
    Build,
    build_path,
    input_dir,
    stage,
    start_build,
    warehouse_file,
    write_json,
)
from orchestration.plan import input_fingerprint
from orchestration.warehouse import DbtNode, DbtRun, prepare_manifest, run_dbt
from release import resolve_current

RECORD_KINDS = ("fund_report", "area_statistic")
DELIVERY_SCHEMA: dict[str, pl.DataType] = {
    "delivery_id": pl.String(),
    "agency_code": pl.String(),
    "feed_code": pl.String(),
    "record_kind": pl.String(),
    "sequence": pl.Int64(),
    "arrived_at": pl.Datetime("us", "UTC"),
    "file_name": pl.String(),
    "is_synthetic": pl.Boolean(),
}


class DbtRecord(BaseModel):
    """What `dbt.json` of a build holds: every model's and test's outcome, for the audit."""

    error: str | None
    nodes: list[DbtNode]


def take(home: Home) -> InboxReport:
    """Take what lies in the inbox into landing."""
    with stage(home, None, "landing"):
        report = take_inbox(
            home, list(load_contracts()), progress=lambda text: progress.report("landing", text)
        )
    progress.report(
        "landing",
        f"{len(report.taken)} new, {len(report.duplicates)} known before, {len(report.refused)} refused, {len(report.waiting)} not yet complete",
    )
    return report


def landing_metadata(home: Home, contract: Contract, report: InboxReport) -> dict[str, Any]:
    """Counts of one feed for Dagster's plots."""
    return {
        "files_taken": sum(one.feed_code == contract.feed for one in report.taken),
        "files_known_before": sum(one.feed_code == contract.feed for one in report.duplicates),
        "files_refused": sum(one.feed_code == contract.feed for one in report.refused),
        "deliveries": len(_arrivals_of(home, contract)),
    }


def _arrivals_of(home: Home, contract: Contract) -> list[Arrival]:
    return [arrival for arrival in arrivals(home) if arrival.feed_code == contract.feed]


def conform_feed(home: Home, contract: Contract) -> list[ConformReport]:
    """Conform every delivery of a feed, in order of arrival; those conformed before are only looked up."""
    reports = []
    with stage(home, None, f"conform {contract.feed}"):
        for arrival in _arrivals_of(home, contract):
            report = conform_arrival(home, arrival, contract)
            reports.append(report)
            if not report.from_cache:
                progress.report(
                    "conform",
                    f"{contract.feed}: {arrival.file_name}: {report.rows_conformed:,} rows, {report.rows_rejected:,} rejected, {report.seconds:.1f} s",
                )
    return reports


def conform_metadata(reports: list[ConformReport]) -> dict[str, Any]:
    """Counts of one feed for Dagster's plots."""
    return {
        "dagster/row_count": sum(report.rows_conformed for report in reports),
        "rows_in": sum(report.rows_in for report in reports),
        "rows_rejected": sum(report.rows_rejected for report in reports),
        "rows_not_data": sum(report.rows_not_data for report in reports),
        "cells_unreadable": sum(report.cells_unreadable for report in reports),
        "deliveries": len(reports),
        "deliveries_conformed_now": sum(not report.from_cache for report in reports),
    }


def admit(home: Home, contract: Contract) -> list[Admission]:
    """Run the admission suite on what was not judged before; returns every delivery's admission in order of arrival."""
    with stage(home, None, f"admit {contract.feed}"):
        reports = [conform_arrival(home, arrival, contract) for arrival in _arrivals_of(home, contract)]
        admissions = admit_feed(home, contract, reports)
    held = sum(admission.status == "held" for admission in admissions)
    progress.report("admit", f"{contract.feed}: {len(admissions) - held} admitted, {held} held")
    return admissions


def admitted_deliveries(home: Home, contract: Contract) -> list[tuple[Arrival, ConformReport]]:
    """The deliveries of a feed that may enter the warehouse, in order of arrival."""
    pairs = [(arrival, conform_arrival(home, arrival, contract)) for arrival in _arrivals_of(home, contract)]
    admissions = admit_feed(home, contract, [report for _, report in pairs])
    return [pair for pair, admission in zip(pairs, admissions, strict=True) if admission.status == "admitted"]


def admission_metadata(admissions: list[Admission]) -> dict[str, Any]:
    """Counts of one feed for Dagster's plots."""
    held = sum(admission.status == "held" for admission in admissions)
    return {"deliveries_admitted": len(admissions) - held, "deliveries_held": held}


def make_reference(home: Home) -> dict[str, Any]:
    """Make the reference tables, if anything they depend on changed."""
    with stage(home, None, "reference"):
        report = build_reference(home, load_contracts())
    progress.report("reference", "made anew" if report.rebuilt else "as before")
    return {"rebuilt": report.rebuilt, "gazetteer_version": report.data_version, "rows": sum(report.rows.values())}


def stage_input(home: Home, run_id: str) -> tuple[Build, dict[str, Any]]:
    """Begin the build: link the admitted deliveries of every feed into its input folder."""
    contracts = load_contracts()
    current = resolve_current(home)
    fingerprint = input_fingerprint(home, contracts, (refusal.path_key for refusal in refusals(home)))
    build = start_build(home, run_id, fingerprint, current.name if current else None)
    with stage(home, build.build_id, "input"):
        folder = input_dir(home, build.build_id)
        rows = []
        for kind in RECORD_KINDS:
            (folder / kind).mkdir(parents=True, exist_ok=True)
            # dbt needs the columns even where no delivery of this kind was admitted.
            pl.DataFrame(schema=conformed_schema(kind)).write_parquet(folder / kind / "_empty.parquet")
        for contract in contracts.values():
            for arrival, report in admitted_deliveries(home, contract):
                _link(report.conformed_path, folder / contract.record_kind / f"{arrival.delivery_id}.parquet")
                rows.append({**arrival.model_dump(), "record_kind": contract.record_kind})
        pl.DataFrame(rows, schema=DELIVERY_SCHEMA, orient="row").write_parquet(folder / "delivery.parquet")
    progress.report("warehouse", f"build {build.build_id}: {len(rows)} admitted deliveries")
    return build, {"deliveries": len(rows)}


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        target.symlink_to(source)


def dbt_manifest(home: Home) -> Path:
    """dbt's manifest for this home, parsed anew only when the project changed."""
    return prepare_manifest(home.dagster / "dbt", _measures())


def run_models(home: Home, build: Build, select: list[str] | None = None) -> DbtRun:
    """Build and test the dbt models on this build's input; failing nodes are returned and recorded, not raised."""
    progress.report("warehouse", "dbt builds and tests the models")
    run = run_dbt(
        input_dir=input_dir(home, build.build_id),
        reference_dir=home.reference,
        warehouse=warehouse_file(home, build.build_id),
        fund_measures=_measures(),
        target_dir=home.dagster / "dbt",
        select=select,
    )
    write_json(
        build_path(home, build.build_id) / "dbt.json", DbtRecord(error=run.error, nodes=list(run.nodes))
    )
    slowest = max(run.nodes, key=lambda node: node.seconds, default=None)
    progress.report(
        "warehouse",
        f"{len(run.nodes)} models and tests, {len(run.failed)} failed"
        + (f"; slowest {slowest.name} {slowest.seconds:.1f} s" if slowest else ""),
    )
    return run


def _measures() -> list[str]:
    return list(load_fields().fund_measures)
