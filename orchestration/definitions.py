"""Everything Dagster sees: `dagster dev -m orchestration.definitions`."""

from __future__ import annotations

import dagster as dg

from ingest.contract.kept import usable_contracts
from ingest.home import Home
from orchestration.defs import feeds, quality, schedules, warehouse
from orchestration.defs.job import refresh_job


def build_definitions() -> dg.Definitions:
    """All assets, checks, the refresh job, its schedule and its sensors."""
    models = warehouse.warehouse_models()
    contracts = usable_contracts(Home.locate()).contracts.values()
    return dg.Definitions(
        assets=[
            feeds.landing_assets(),
            *(asset for contract in contracts for asset in feeds.feed_assets(contract)),
            warehouse.reference_tables,
            warehouse.warehouse_input,
            models,
            quality.audit_asset(sorted(models.keys)),
            quality.quality_tables,
            quality.release_current,
            quality.alerts_sent,
        ],
        jobs=[refresh_job],
        schedules=[schedules.nightly],
        sensors=[schedules.inbox_sensor, schedules.failed_runs],
    )


Home.locate().root.mkdir(parents=True, exist_ok=True)
defs = build_definitions()
