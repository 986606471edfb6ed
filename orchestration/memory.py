"""What a build knows beside its deliveries: the registry of funds, decisions, in which release a delivery was first.

Everything is written into the build's input folder, so that a build is made from its own folder and the reference tables alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from expectations.quality_history import keep_quality_history
from ingest.contract.kept import usable_contracts
from ingest.home import Home
from ingest.identity.registry import append_events, read_registry
from ingest.identity.stewardship import read_decisions
from ingest.landing import arrivals
from ingest.mending.replaced import replaced_rows
from ingest.report import ConformReport
from orchestration.builds import Build, build_path, hash_tree, input_dir, warehouse_file
from release import first_releases, read_manifest, record_release, resolve_current

FILE_TOTAL: dict[str, pl.DataType] = {
    "delivery_id": pl.String(),
    "feed_code": pl.String(),
    "sheet": pl.String(),
    "row_number": pl.Int64(),
    "measure_code": pl.String(),
    "printed": pl.Float64(),
    "summed": pl.Float64(),
}


def write_memory(home: Home, build: Build, reports: Sequence[ConformReport]) -> dict[str, int]:
    """Write the eight tables that dbt reads beside the deliveries (docs/architecture.md). Returns rows by table."""
    decisions = read_decisions(home.stewardship)
    totals = [
        (
            report.delivery_id,
            report.feed_code,
            one.sheet,
            one.row_number,
            one.measure,
            one.printed,
            one.summed,
        )
        for report in reports
        for one in report.totals_in_file
    ]
    tables = {
        "fund_registry": read_registry(home),
        "fund_decision": decisions.links,
        "place_decision": decisions.places,
        "correction": decisions.corrections,
        "decision_problem": decisions.problems,
        "delivery_release": first_releases(home),
        "replaced_row": replaced_rows(
            home, usable_contracts(home).contracts, arrivals(home), [report.delivery_id for report in reports]
        ),
        "file_total": pl.DataFrame(totals, schema=FILE_TOTAL, orient="row"),
    }
    folder = input_dir(home, build.build_id)
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    return {name: table.height for name, table in tables.items()}


def stewardship_fingerprint(home: Home) -> str:
    """Hash of the stewards' decisions: a decision is a reason to refresh."""
    return hash_tree(home.stewardship, ("*.csv",)) if home.stewardship.is_dir() else ""


def keep_identities(home: Home, build: Build) -> int:
    """Append what this build decided about funds to the registry; asked again it adds nothing. Returns the events."""
    import duckdb

    with duckdb.connect(str(warehouse_file(home, build.build_id)), read_only=True) as con:
        events = con.sql("FROM int_fund_event").pl()
    append_events(home, build.build_id, events)
    return int(events.height)


def keep_quality(home: Home, build: Build) -> Path:
    """Remember the findings and scores of a build whose quality tables are published, its audit passed or not."""
    return keep_quality_history(home, build.build_id, build_path(home, build.build_id) / "audit")


def keep_history(home: Home) -> Path | None:
    """Note which deliveries the current release was made from."""
    current = resolve_current(home)
    return record_release(home, read_manifest(current)) if current else None
