"""When the refresh runs: each night at 02:00 in Bangkok, and soon after a file arrives."""

import hashlib
from datetime import UTC, datetime

import dagster as dg

from ingest.home import Home
from orchestration.alerts.run import tell_failure
from orchestration.defs.job import refresh_job
from orchestration.plan import make_plan

BANGKOK = "Asia/Bangkok"


@dg.schedule(
    job=refresh_job,
    cron_schedule="0 2 * * *",
    execution_timezone=BANGKOK,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Refresh at 02:00 Asia/Bangkok; skipped, with the reason shown, when nothing changed."""
    plan = make_plan(Home.locate())
    if not plan.needed:
        return dg.SkipReason(plan.reason)
    return dg.RunRequest(tags={"reason": plan.reason})


@dg.sensor(job=refresh_job, minimum_interval_seconds=120)
def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for a refresh when the inbox holds files that can be taken; the same files ask once an hour."""
    plan = make_plan(Home.locate())
    waiting = [arrival.delivery_id for arrival in plan.inbox.taken]
    if not waiting:
        return dg.SkipReason("no new file in the inbox")
    # Once an hour for the same files: a run that failed before it took them is tried again, one that goes on is not doubled.
    asked = [*sorted(waiting), f"{datetime.now(UTC):%Y%m%d%H}"]
    return dg.RunRequest(run_key=hashlib.sha256("\n".join(asked).encode()).hexdigest())


@dg.run_failure_sensor(monitored_jobs=[refresh_job], default_status=dg.DefaultSensorStatus.RUNNING)
def failed_runs(context: dg.RunFailureSensorContext) -> None:
    """Tell the operators of a refresh that failed, whoever started it; those told already are not told again."""
    told = [str(context.failure_event.message or "the run failed")]
    for event in context.get_step_failure_events():
        error = event.step_failure_data.error
        while error and error.cause:
            error = error.cause
        told.append(f"{event.step_key}: {error.message.strip() if error else 'failed'}")
    tell_failure(Home.locate(), context.dagster_run.run_id, "\n".join(told[1:] or told))
