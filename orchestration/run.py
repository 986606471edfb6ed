"""The refresh job run in this process, against the same Dagster instance that `dagster dev` shows."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from filelock import Timeout

from ingest.home import Home
from orchestration import progress
from orchestration.alerts.run import tell_failure
from orchestration.builds import Build, build_of_run, end_build, stage
from orchestration.fetching import forget_pulls
from orchestration.locks import refresh_lock

INSTANCE_CONFIG = """\
# Written by tambon; Dagster's records of runs in this home. Nothing phones home.
telemetry:
  enabled: false
nux:
  enabled: false
freshness:
  enabled: true
# One refresh of a home at a time; the next waits in Dagster's queue.
concurrency:
  runs:
    max_concurrent_runs: 1
"""


class RefreshFailed(RuntimeError):
    """The run ended before there was a build to record it in; says which stage failed, and how."""


class RefreshRunning(RuntimeError):
    """Another process refreshes this home."""


def prepare_dagster_home(home: Home) -> Path:
    """Make the instance's folder and point Dagster at it."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    config = home.dagster / "dagster.yaml"
    if not config.exists():
        config.write_text(INSTANCE_CONFIG, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ.setdefault("DO_NOT_TRACK", "1")
    return home.dagster


def run_refresh(home: Home) -> Build:
    """Run the whole job in this process; a failed stage is recorded in the build, never raised as a traceback.

    Returns:
        The build with its outcome: `published`, `audit_failed` or `failed`.

    Raises:
        RefreshRunning: another process refreshes this home right now.
        RefreshFailed: a stage before the build failed.
    """
    prepare_dagster_home(home)
    try:
        with refresh_lock(home).acquire(blocking=False):
            return _run_job(home)
    except Timeout as error:
        raise RefreshRunning(
            "กำลังปรับปรุงข้อมูลอยู่ในอีกกระบวนการหนึ่ง · another refresh of this home is running"
        ) from error
    finally:
        forget_pulls()


def _run_job(home: Home) -> Build:
    with stage(home, None, "start-up of the tools"):
        progress.report("start", "Dagster and dbt are starting")
        import dagster as dg

        from orchestration.definitions import defs

        logging.getLogger("dagster").setLevel(logging.CRITICAL)
        job = defs.resolve_job_def("refresh")
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    after = build_of_run(home, result.run_id)
    if after is None:
        reason = _failures(result) or "the run ended before a build was begun"
        tell_failure(home, result.run_id, reason)
        raise RefreshFailed(reason)
    if after.outcome == "running":
        after = end_build(home, after, "failed", _failures(result) or "a stage did not end")
        tell_failure(home, result.run_id, after.reason or "")
    return after


def _failures(result: object) -> str:
    """What failed, one line a step, in the words of the innermost error."""
    import dagster as dg

    assert isinstance(result, dg.ExecuteInProcessResult)
    lines = []
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error and error.cause:
                error = error.cause
            lines.append(f"{event.step_key}: {error.message.strip() if error else 'failed'}")
    return "; ".join(lines)
