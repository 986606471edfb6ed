"""What each asset does: calls into the packages to the left, in order, with progress and timings. No data logic here."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel

from dashboard.engine import SiteReport
from dashboard.site import ReleaseSite
from expectations.admission import Admission
from expectations.audit import AuditResult, audit_warehouse, load_audit
from expectations.blamed import blame, hold
from expectations.catalogue import Check, load_checks
from expectations.faults import note_contracts
from expectations.gx_record import documented
from expectations.held_report import write_held
from ingest.contract import Contract, load_fields
from ingest.contract.fields import RECORD_KINDS
from ingest.contract.kept import keep_contracts, usable_contracts
from ingest.home import Home
from ingest.landing import InboxReport, refusals, take_inbox
from ingest.normalise.schema import conformed_schema
from ingest.reference.build import build_reference
from orchestration import progress
from orchestration.alerts.run import tell_build
from orchestration.builds import (
    Build,
    build_path,
    end_build,
    input_dir,
    prune_builds,
    save_build,
    stage,
    start_build,
    warehouse_file,
    write_json,
)
from orchestration.feed_steps import arrivals_of, usable_deliveries
from orchestration.fetching import fetch_once
from orchestration.memory import keep_history, keep_identities, keep_quality, write_memory
from orchestration.meta import build_meta
from orchestration.plan import input_fingerprint
from orchestration.warehouse import Command, DbtNode, DbtRun, prepare_manifest, run_dbt
from release import ReleaseError, build_release, publish_quality, read_manifest, resolve_current
from release import publish as swap_in

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
    """Pull what agencies offer, and take what lies in the inbox into landing."""
    fetch_once(home)
    with stage(home, None, "landing"):
        usable = usable_contracts(home)
        keep_contracts(home, usable)
        broken = {feed: one.short for feed, one in usable.broken.items()}
        note_contracts(home, broken, set(usable.contracts))
        report = take_inbox(home, list(usable.contracts))
    progress.report(
        "landing",
        f"{len(report.taken)} new, {len(report.duplicates)} known before, {len(report.refused)} refused, "
        f"{len(report.waiting)} not yet complete",
    )
    return report


def landing_metadata(home: Home, contract: Contract, report: InboxReport) -> dict[str, Any]:
    """Counts of one feed for Dagster's plots."""
    return {
        "files_taken": sum(one.feed_code == contract.feed for one in report.taken),
        "files_known_before": sum(one.feed_code == contract.feed for one in report.duplicates),
        "files_refused": sum(one.feed_code == contract.feed for one in report.refused),
        "deliveries": len(arrivals_of(home, contract)),
    }


def make_reference(home: Home) -> dict[str, Any]:
    """Make the reference tables, if anything they depend on changed."""
    with stage(home, None, "reference"):
        usable = usable_contracts(home)
        report = build_reference(home, usable.contracts, agencies=usable.agencies)
    progress.report("reference", "made anew" if report.rebuilt else "as before")
    return {
        "rebuilt": report.rebuilt,
        "gazetteer_version": report.data_version,
        "rows": sum(report.rows.values()),
    }


def stage_input(home: Home, run_id: str) -> tuple[Build, dict[str, Any]]:
    """Begin the build: link the admitted deliveries of every feed into its input folder."""
    contracts = usable_contracts(home).contracts
    current = resolve_current(home)
    fingerprint = input_fingerprint(home, contracts, (refusal.path_key for refusal in refusals(home)))
    build = start_build(home, run_id, fingerprint, current.name if current else None)
    deliveries = _fill_input(home, build, contracts)
    return build, {"deliveries": deliveries}


def _fill_input(home: Home, build: Build, contracts: Mapping[str, Contract]) -> int:
    """Link what is admitted now into the build's input folder, and nothing else; how many deliveries that are."""
    with stage(home, build.build_id, "input"):
        folder = input_dir(home, build.build_id)
        rows, reports = [], []
        for kind in RECORD_KINDS:
            (folder / kind).mkdir(parents=True, exist_ok=True)
            for left in (folder / kind).glob("*.parquet"):
                left.unlink()
            # dbt needs the columns even where no delivery of this kind was admitted.
            pl.DataFrame(schema=conformed_schema(kind)).write_parquet(folder / kind / "_empty.parquet")
        for contract in contracts.values():
            for arrival, report in usable_deliveries(home, contract):
                _link(report.conformed_path, folder / contract.record_kind / f"{arrival.delivery_id}.parquet")
                rows.append({**arrival.model_dump(), "record_kind": contract.record_kind})
                reports.append(report)
        write_held(home, contracts)
        write_memory(home, build, reports)
        pl.DataFrame(rows, schema=DELIVERY_SCHEMA, orient="row").write_parquet(folder / "delivery.parquet")
    progress.report("warehouse", f"build {build.build_id}: {len(rows)} admitted deliveries")
    return len(rows)


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        target.symlink_to(source)


def dbt_manifest(home: Home) -> Path:
    """dbt's manifest for this home, parsed anew only when the project changed."""
    return prepare_manifest(home.dagster / "dbt", _measures())


def _dbt(home: Home, build: Build, select: list[str] | None, command: Command) -> DbtRun:
    return run_dbt(
        input_dir=input_dir(home, build.build_id),
        reference_dir=home.reference,
        warehouse=warehouse_file(home, build.build_id),
        fund_measures=_measures(),
        target_dir=home.dagster / "dbt",
        select=select,
        command=command,
        more_environment={
            "TAMBON_BUILD_ID": build.build_id,
            "TAMBON_DECIDED_ON": build.started_at.date().isoformat(),
            "TAMBON_IDENTITY_CACHE": str(home.identity / "cache"),
        },
    )


def _both(models: DbtRun, test: Callable[[], DbtRun]) -> DbtRun:
    """The models' outcome and, where all of them could be built, their tests'."""
    if not models.success:
        return models
    tests = test()
    return DbtRun(
        models.success and tests.success,
        (*models.nodes, *tests.nodes),
        tests.manifest,
        (*models.events, *tests.events),
        models.error or tests.error,
    )


def run_models(home: Home, build: Build, select: list[str] | None = None) -> DbtRun:
    """Build and test the dbt models on this build's input; failing nodes are returned and recorded, not raised."""
    progress.report("warehouse", "dbt builds and tests the models")
    # Models first, then tests: `dbt build` would skip what stands below a failed test, and leave the audit nothing to judge.
    run = _both(_dbt(home, build, select, "run"), lambda: _dbt(home, build, select, "test"))
    path = build_path(home, build.build_id) / "dbt.json"
    # Part of the models run again by hand: what the other nodes came to still stands.
    again = bool(select) and path.exists()
    before = DbtRecord.model_validate_json(path.read_text(encoding="utf-8")).nodes if again else []
    nodes = {node.unique_id: node for node in (*before, *run.nodes)}
    write_json(path, DbtRecord(error=run.error, nodes=list(nodes.values())))
    slowest = max(run.nodes, key=lambda node: node.seconds, default=None)
    progress.report(
        "warehouse",
        f"{len(run.nodes)} models and tests, {len(run.failed)} failed"
        + (f"; slowest {slowest.name} {slowest.seconds:.1f} s" if slowest else ""),
    )
    return run


def _measures() -> list[str]:
    return list(load_fields().fund_measures)


@dataclass(frozen=True)
class Judged:
    """How one check of the catalogue came out over all groups and measures it was applied to."""

    passed: bool
    blocks: bool
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """Whether a build may be published, as its recorded audit says."""

    passed: bool
    blocking: list[str]


def audit_checks() -> list[Check]:
    """The checks of the catalogue that the audit runs."""
    return [check for check in load_checks() if check.stage == "audit"]


def run_audit(home: Home, build: Build) -> AuditResult:
    """Judge the build's warehouse; the verdict and all quality tables are recorded in the build.

    Where new deliveries of single feeds make it fail, they are held, and the warehouse is built and judged once more without
    them.
    """
    result = _audit(home, build)
    if result.passed or not (held := hold_blamed(home, build, result)):
        return result
    names = ", ".join(f"{one.feed_code}: {one.file_name}" for one in held)
    progress.report("audit", f"held, the others go on: {names}")
    contracts = usable_contracts(home).contracts
    _fill_input(home, build, contracts)
    # What is asked for next time whether anything is new: a feed may be stale now that its newest delivery is held.
    fingerprint = input_fingerprint(home, contracts, (refusal.path_key for refusal in refusals(home)))
    save_build(home, build.model_copy(update={"input_fingerprint": fingerprint}))
    run_models(home, build)
    return _audit(home, build)


def hold_blamed(home: Home, build: Build, result: AuditResult) -> list[Admission]:
    """Hold the new deliveries that a failed audit blames; none where it is no single feed's doing."""
    known = home.releases / (build.previous_release or "none") / "quality" / "dq_delivery.parquet"
    published = (
        pl.read_parquet(known).filter(status="admitted")["delivery_id"].to_list() if known.is_file() else []
    )
    return hold(home, result, blame(home, result, published))


def _audit(home: Home, build: Build) -> AuditResult:
    record = DbtRecord.model_validate_json(
        (build_path(home, build.build_id) / "dbt.json").read_text(encoding="utf-8")
    )
    # A model that could not be built is as bad as a failed test: both are told, both block.
    told = [asdict(node) for node in record.nodes if node.resource_type == "test" or node.status == "error"]
    if record.error:
        told.append(
            {"unique_id": "dbt", "name": "dbt", "status": "error", "failures": 0, "message": record.error}
        )
    with stage(home, build.build_id, "audit"), documented(home.datadocs, "audit"):
        result = audit_warehouse(
            home,
            warehouse_file(home, build.build_id),
            build.build_id,
            input_dir(home, build.build_id),
            home.releases / build.previous_release if build.previous_release else None,
            told,
            contracts=usable_contracts(home).contracts,
        )
    progress.report(
        "audit",
        f"{'passed' if result.passed else 'FAILED'}: {len(result.blocking)} blocking, {len(result.warned)} warnings",
    )
    return result


def audit_metadata(result: AuditResult) -> dict[str, Any]:
    """Counts for Dagster's plots."""
    findings = pl.scan_parquet(result.folder / "dq_finding.parquet").select(pl.len()).collect().item()
    return {
        "passed": result.passed,
        "blocking": len(result.blocking),
        "warnings": len(result.warned),
        "findings": findings,
        "build_id": result.build_id,
    }


def judged_checks(result: AuditResult) -> dict[str, Judged]:
    """The audit's results by check of the catalogue."""
    frame = (
        pl.scan_parquet(result.folder / "dq_result.parquet")
        .filter(pl.col("stage") == "audit")
        .with_columns(check=pl.col("check_id").str.split(":").list.first())
        .group_by("check")
        .agg(
            pl.col("passed").all(),
            blocks=(~pl.col("passed") & (pl.col("severity") == "block")).any(),
            failing=pl.col("numerator").sum(),
            looked_at=pl.col("denominator").sum(),
        )
        .collect()
    )
    known = {
        row["check"]: Judged(
            row["passed"], row["blocks"], {"failing": row["failing"], "looked_at": row["looked_at"]}
        )
        for row in frame.to_dicts()
    }
    nothing = Judged(True, False, {"not_applicable": "no data"})
    return {check.id: known.get(check.id, nothing) for check in audit_checks()}


def _verdict(home: Home, build: Build) -> Verdict:
    """Read what was recorded of this very build's warehouse; no record is no permission."""
    found = load_audit(home, build.build_id, warehouse_file(home, build.build_id))
    if found is None:
        return Verdict(False, ["no audit of this build's warehouse is recorded"])
    return Verdict(found.passed, [reason.message_en for reason in found.blocking])


def publish_quality_if_failed(home: Home, build: Build) -> Verdict:
    """After a failed audit, publish the quality tables beside the last good marts. Returns the verdict."""
    verdict = _verdict(home, build)
    if not verdict.passed:
        with stage(home, build.build_id, "publish quality"):
            audit = build_path(home, build.build_id) / "audit"
            if not (home.releases / f"quality-{build.build_id}").exists():
                site = ReleaseSite(home, lambda line: progress.report("pages", line))
                publish_quality(
                    home, build.build_id, audit, build_meta(home, build, dbt_manifest(home)), site
                )
            keep_quality(home, build)
        end_build(home, build, "audit_failed", "; ".join(verdict.blocking))
        progress.report("release", "quality tables published; the marts stay as they were")
    return verdict


def tell(home: Home, build: Build) -> None:
    """Tell agencies and operators what changed with this build; a message that cannot be sent fails nothing."""
    with stage(home, build.build_id, "alerts"):
        tell_build(home, build)


def publish(home: Home, build: Build) -> dict[str, Any]:
    """Build the release beside the others and swap it in.

    Raises:
        ReleaseError: the recorded audit of this very build is missing or failed.
    """
    verdict = _verdict(home, build)
    if not verdict.passed:
        raise ReleaseError(f"build {build.build_id} may not be published: {'; '.join(verdict.blocking)}")
    with stage(home, build.build_id, "release"):
        progress.report("release", "tables, checksums and what changed since the last release")
        folder = home.releases / build.build_id
        site = ReleaseSite(home, lambda line: progress.report("pages", line))
        if not folder.exists():
            folder = build_release(
                home,
                build.build_id,
                warehouse_file(home, build.build_id),
                build_path(home, build.build_id) / "audit",
                build_meta(home, build, dbt_manifest(home)),
                site=site,
            )
        # Before the swap: an id that was published once is registered, whatever happens next.
        keep_identities(home, build)
        swap_in(home, build.build_id)
        keep_history(home)
        keep_quality(home, build)
    end_build(home, build, "published")
    prune_builds(home)
    manifest = read_manifest(folder)
    progress.report("release", f"current is now {manifest.release_id}")
    return {
        "release_id": manifest.release_id,
        "tables": len(manifest.tables),
        "dagster/row_count": sum(table.rows for table in manifest.tables),
        "bytes": sum(file.bytes for file in manifest.files),
        **site_metadata(site.report),
    }


def site_metadata(report: SiteReport | None) -> dict[str, Any]:
    """Counts of the pages for Dagster's plots; nothing where they had been written before."""
    if report is None:
        return {}
    return {
        "site_pages": report.pages,
        "site_files_written": report.rewritten,
        "site_files_as_before": report.linked,
        "site_bytes": report.bytes,
        "site_seconds": report.seconds,
    }
