"""What each asset does: calls into the packages to the left, in order, with progress and timings. No data logic here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl

from expectations.admission import Admission, admit_feed
from ingest.conform import ConformReport, conform_arrival, empty_frame
from ingest.contract import Contract, load_contracts, load_fields
from ingest.home import Home
from ingest.landing import Arrival, InboxReport, arrivals, refusals, take_inbox
from ingest.reference.build import build_reference
from orchestration import progress
from orchestration.builds import Build, end_build, input_dir, prune_builds, stage, start_build
from orchestration.plan import input_fingerprint
from release import resolve_current

RECORD_KINDS = ("fund_report", "area_statistic")
DELIVERY_COLUMNS = ("delivery_id", "agency_code", "feed_code", "record_kind", "sequence", "arrived_at", "file_name", "is_synthetic")


def take(home: Home) -> InboxReport:
    """Take what lies in the inbox into landing."""
    with stage(home, None, "landing"):
        report = take_inbox(home, list(load_contracts()), progress=lambda text: progress.report("landing", text))
    progress.report(
        "landing", f"{len(report.taken)} new, {len(report.duplicates)} known before, {len(report.refused)} refused, {len(report.waiting)} not yet complete"
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
