"""Per feed: landing, conformed, admitted. Made from the contracts, so a new contract is a new row of assets."""

import time
from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from expectations.deliveries import CADENCE_DAYS
from expectations.faults import read_faults
from ingest.contract import Contract
from ingest.contract.kept import usable_contracts
from ingest.home import Home
from orchestration import feed_steps, steps
from orchestration.locks import hold_for_this_process

# A file share that hiccups is worth two more tries; a wrong file is not retried, it is reported.
RETRY = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL)
IRREGULAR_DAYS = 366  # an irregular feed is never late; after a year without a file somebody should look


def key_of(stage: str, contract: Contract) -> dg.AssetKey:
    """Asset key of one stage of a feed, such as landing/nvf/village_funds."""
    return dg.AssetKey([stage, contract.agency_code, contract.feed_name])


def _freshness(contract: Contract) -> dg.FreshnessPolicy:
    lag = timedelta(days=CADENCE_DAYS.get(contract.cadence, IRREGULAR_DAYS) + contract.allowed_lag_days)
    return dg.FreshnessPolicy.time_window(fail_window=lag)


def landing_assets() -> dg.AssetsDefinition:
    """One multi-asset that takes the inbox, with an output a feed."""
    contracts = usable_contracts(Home.locate()).contracts
    specs = [
        dg.AssetSpec(
            key_of("landing", contract),
            group_name="landing",
            description=f"{contract.title.th} · {contract.title.en}",
            owners=[],
            metadata={"contract_version": contract.version, "licence": contract.licence},
            freshness_policy=_freshness(contract),
            kinds={"file"},
        )
        for contract in contracts.values()
    ]

    @dg.multi_asset(specs=specs, name="landing", retry_policy=RETRY, can_subset=True)
    def landing(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        began = time.perf_counter()
        home = Home.locate()
        hold_for_this_process(home)
        report = steps.take(home)
        for refusal in report.refused:
            context.log.warning(f"refused: {refusal.inbox_path}: {refusal.message_en}")
        for broken in usable_contracts(home).broken.values():
            context.log.error(f"contract of {broken.feed_code}: {broken.message}")
        seconds = time.perf_counter() - began
        for contract in contracts.values():
            if key_of("landing", contract) in context.selected_asset_keys:
                yield dg.MaterializeResult(
                    asset_key=key_of("landing", contract),
                    metadata={**steps.landing_metadata(home, contract, report), "seconds": seconds},
                )

    return landing


def _fault_check(name: str, home: Home, contract: Contract, of: tuple[str, ...]) -> dg.AssetCheckResult:
    """What is wrong with a feed's own work, as a check that fails and ends nothing."""
    faults = [one for one in read_faults(home).get(contract.feed, ()) if one.step in of]
    return dg.AssetCheckResult(
        check_name=name,
        passed=not faults,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"fault": "; ".join(f"{one.message_en}, since {one.since:%Y-%m-%d}" for one in faults)},
    )


def feed_assets(contract: Contract) -> list[dg.AssetsDefinition]:
    """The conformed and the admitted asset of one feed."""
    conformed_key = key_of("conformed", contract)
    admitted_key = key_of("admitted", contract)

    @dg.asset(
        key=conformed_key,
        deps=[key_of("landing", contract)],
        group_name="conformed",
        description=f"{contract.title.en}: conformed deliveries of record kind {contract.record_kind}",
        check_specs=[
            dg.AssetCheckSpec(
                "worked",
                asset=conformed_key,
                description="The contract is usable and the files could be conformed. A fault is told and does not stop the "
                "run: the feed goes on with what was admitted before, the other feeds go on.",
            )
        ],
        kinds={"polars", "parquet"},
    )
    def conformed(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        began = time.perf_counter()
        home = Home.locate()
        worked = feed_steps.conform_feed(home, contract)
        for report in worked.reports:
            for error in report.errors:
                context.log.warning(f"{report.file_name}: {error.message_en}")
        return dg.MaterializeResult(
            metadata={
                **feed_steps.conform_metadata(worked.reports),
                "seconds": time.perf_counter() - began,
            },
            check_results=[_fault_check("worked", home, contract, ("contract", "conform"))],
        )

    @dg.asset(
        key=admitted_key,
        deps=[conformed_key],
        group_name="admitted",
        description=f"{contract.title.en}: deliveries that passed the admission suite",
        check_specs=[
            dg.AssetCheckSpec(
                "admission",
                asset=admitted_key,
                description="The newest delivery passed its admission suite. A held one does not stop the run: "
                "the feed goes on with its last admitted delivery.",
            ),
            dg.AssetCheckSpec(
                "judged",
                asset=admitted_key,
                description="The admission suite ran to its end. A fault is told and does not stop the run.",
            ),
        ],
        kinds={"great_expectations"},
    )
    def admitted(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        began = time.perf_counter()
        home = Home.locate()
        worked = feed_steps.admit(home, contract)
        admissions = worked.admissions
        held = [admission for admission in admissions if admission.status == "held"]
        for admission in held:
            context.log.warning(
                f"held: {admission.file_name}: {'; '.join(reason.message_en for reason in admission.reasons)}"
            )
        newest_held = bool(admissions) and admissions[-1].status == "held"
        return dg.MaterializeResult(
            metadata={**feed_steps.admission_metadata(admissions), "seconds": time.perf_counter() - began},
            check_results=[
                dg.AssetCheckResult(
                    check_name="admission",
                    passed=not newest_held,
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={
                        "held": len(held),
                        "reasons": "; ".join(reason.message_en for one in held for reason in one.reasons),
                    },
                ),
                _fault_check("judged", home, contract, ("admit",)),
            ],
        )

    return [conformed, admitted]
