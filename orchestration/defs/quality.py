"""The audit, and what it lets through: quality tables always, marts only after a passed audit of that very build."""

import time
from collections.abc import Iterator

import dagster as dg

from ingest.home import Home
from orchestration import steps
from orchestration.builds import build_for
from orchestration.defs.feeds import RETRY

AUDIT_KEY = dg.AssetKey(["quality", "audit"])
QUALITY_KEY = dg.AssetKey(["quality", "tables"])
RELEASE_KEY = dg.AssetKey(["release", "current"])
ALERTS_KEY = dg.AssetKey(["alerts", "sent"])


def audit_asset(model_keys: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The audit of the facts and marts, with one asset check for each check of the catalogue."""
    checks = steps.audit_checks()
    names = {check.id: check.id.replace(".", "__") for check in checks}
    specs = [
        dg.AssetCheckSpec(
            names[check.id],
            asset=AUDIT_KEY,
            description=f"{check.title.th} · {check.title.en} ({check.severity})",
        )
        for check in checks
    ]

    @dg.asset(
        key=AUDIT_KEY,
        deps=model_keys,
        group_name="quality",
        check_specs=specs,
        kinds={"great_expectations", "duckdb"},
    )
    def audit(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        began = time.perf_counter()
        home = Home.locate()
        result = steps.run_audit(home, build_for(home, context.run.run_id))
        judged = steps.judged_checks(result)
        return dg.MaterializeResult(
            metadata={**steps.audit_metadata(result), "seconds": time.perf_counter() - began},
            check_results=[
                dg.AssetCheckResult(
                    check_name=names[check.id],
                    passed=judged[check.id].passed,
                    severity=dg.AssetCheckSeverity.ERROR
                    if judged[check.id].blocks
                    else dg.AssetCheckSeverity.WARN,
                    metadata=judged[check.id].metadata,
                )
                for check in checks
            ],
        )

    return audit


@dg.asset(
    key=QUALITY_KEY,
    deps=[AUDIT_KEY],
    group_name="quality",
    retry_policy=RETRY,
    check_specs=[
        dg.AssetCheckSpec(
            "audit_passed",
            asset=QUALITY_KEY,
            blocking=True,
            description="No blocking check failed on this build. If one did, the marts published before stay as they are.",
        )
    ],
)
def quality_tables(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Quality tables: after a failed audit they are published beside the last good marts, else with the release."""
    home = Home.locate()
    build = build_for(home, context.run.run_id)
    verdict = steps.publish_quality_if_failed(home, build)
    if not verdict.passed:
        # Here, because the failed check below ends the run; after a passed audit the asset `alerts/sent` does it.
        steps.tell(home, build_for(home, context.run.run_id))
    return dg.MaterializeResult(
        metadata={
            "build_id": build.build_id,
            "audit_passed": verdict.passed,
            "blocking": ", ".join(verdict.blocking),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="audit_passed",
                passed=verdict.passed,
                severity=dg.AssetCheckSeverity.ERROR,
                metadata={"blocking": ", ".join(verdict.blocking)},
            )
        ],
    )


@dg.asset(
    key=RELEASE_KEY, deps=[QUALITY_KEY], group_name="release", retry_policy=RETRY, kinds={"duckdb", "parquet"}
)
def release_current(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """The release: built beside, then swapped in. Refuses a build whose recorded audit is missing or failed."""
    began = time.perf_counter()
    home = Home.locate()
    metadata = steps.publish(home, build_for(home, context.run.run_id))
    yield dg.MaterializeResult(metadata={**metadata, "seconds": time.perf_counter() - began})


@dg.asset(key=ALERTS_KEY, deps=[RELEASE_KEY], group_name="release")
def alerts_sent(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """What changed, told to who can mend it (`alerts.yml`); a message that cannot be sent is told in `tambon status`."""
    home = Home.locate()
    build = build_for(home, context.run.run_id)
    steps.tell(home, build)
    return dg.MaterializeResult(metadata={"build_id": build.build_id})
