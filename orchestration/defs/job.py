"""The one job: everything, in one process, because the tools' start-up costs more than the work."""

import dagster as dg

refresh_job = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Take the inbox, conform, admit, build the warehouse, audit it and publish a release.",
    # A run that was killed is tried once more. One run at a time: dagster.yaml (orchestration/run.py).
    tags={"dagster/max_retries": "1"},
)
