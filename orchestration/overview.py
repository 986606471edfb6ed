"""What stands in a home: feeds, held deliveries, the last build and the current release. Reads records only."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from pydantic import BaseModel

from expectations.audit import AuditResult
from expectations.faults import read_faults
from ingest.contract.kept import usable_contracts
from ingest.fetch import all_outcomes, failed_feeds
from ingest.home import SAMPLE_MARK, Home
from ingest.landing import arrivals
from orchestration.alerts.outbox import unsent
from orchestration.builds import Build, build_path, latest_build
from release import read_manifest, resolve_current


class FeedView(BaseModel):
    """One feed over all its deliveries; row counts are of the admitted ones."""

    feed_code: str
    deliveries: int
    admitted: int
    held: int
    rows_conformed: int
    rows_rejected: int
    cells_unreadable: int
    first_year: int | None
    last_year: int | None
    is_stale: bool
    age_days: int | None = None
    stale_reason: str | None = None


class HeldView(BaseModel):
    """One held delivery and why."""

    feed_code: str
    file_name: str
    reason: str


class Overview(BaseModel):
    """The state of a home."""

    is_synthetic: bool
    strangers: list[str]
    failed_pulls: list[str]
    failed_alerts: list[str]
    faults: list[str]
    feeds: list[FeedView]
    held: list[HeldView]
    build: Build | None
    audit_blocking: list[str]
    release_id: str | None
    tables: int
    rows: int
    findings: int


def overview(home: Home) -> Overview:
    """Read the newest build's records and the current release's manifest."""
    build = latest_build(home)
    audit = build_path(home, build.build_id) / "audit" if build else None
    release = resolve_current(home)
    manifest = read_manifest(release) if release else None
    feeds, held = _feeds(audit) if audit and (audit / "dq_delivery.parquet").exists() else ([], [])
    counts = {table.name: table.rows for table in manifest.tables} if manifest else {}
    return Overview(
        is_synthetic=home.kind() == "synthetic",
        strangers=_strangers(home),
        failed_pulls=_failed_pulls(home),
        failed_alerts=_failed_alerts(home),
        faults=_faults(home),
        feeds=feeds,
        held=held,
        build=build,
        audit_blocking=_blocking(audit) if build and build.outcome == "audit_failed" else [],
        release_id=release.name if release else None,
        tables=len(counts),
        rows=sum(counts.values()),
        findings=counts.get("dq_finding", 0),
    )


def _strangers(home: Home) -> list[str]:
    """Deliveries in a synthetic home that do not say that they are of the sample: perhaps real ones in the wrong place."""
    if home.kind() != "synthetic":
        return []
    ours = {outcome.delivery_id for outcome in all_outcomes(home) if outcome.kind == "bundled"}
    return [
        arrival.file_name
        for arrival in arrivals(home)
        if SAMPLE_MARK not in arrival.file_name.lower() and arrival.delivery_id not in ours
    ]


def _failed_pulls(home: Home) -> list[str]:
    """What each source that could not be pulled last time says of it, in two languages."""
    failed = failed_feeds(home, usable_contracts(home).contracts.values()).iter_rows(named=True)
    return [
        f"{row['feed_code']}: {row['source']}: {row['message_th']} · {row['message_en']}"
        f" — {row['mend_th']} · {row['mend_en']}"
        for row in failed
    ]


def _failed_alerts(home: Home) -> list[str]:
    """The last message of each recipient that got none since."""
    unknown = "ไม่ทราบผลการส่ง · not known whether it arrived"
    return [
        f"{entry.who} ({entry.channel}{': ' + entry.to if entry.to else ''}), {entry.at:%Y-%m-%d %H:%M} UTC:"
        f" {unknown if entry.status == 'sending' else entry.note}"
        for entry in unsent(home)
    ]


def _faults(home: Home) -> list[str]:
    """What each feed that cannot be worked on says of it, in two languages; of a contract, every mistake with its line."""
    told = [
        f"{one.feed_code}: สัญญาข้อมูลใช้ไม่ได้{' ใช้ฉบับก่อนหน้า' if one.uses_kept else ''} · its contract cannot be used"
        f"{', the last valid one is in use' if one.uses_kept else ''}:\n{one.message}"
        for one in usable_contracts(home).broken.values()
    ]
    return told + [
        f"{one.feed_code}: {one.message_th} · {one.message_en} ({one.since:%Y-%m-%d})"
        f" — {one.mend_th} · {one.mend_en}"
        for faults in read_faults(home).values()
        for one in faults
        if one.step != "contract"
    ]


def _feeds(audit: Path) -> tuple[list[FeedView], list[HeldView]]:
    deliveries = pl.read_parquet(audit / "dq_delivery.parquet")
    feeds = pl.read_parquet(audit / "dq_feed.parquet")
    admitted = pl.col("status") == "admitted"
    grouped = (
        deliveries.group_by("feed_code")
        .agg(
            deliveries=pl.len(),
            admitted=admitted.sum(),
            held=(~admitted).sum(),
            rows_conformed=pl.col("rows_conformed").filter(admitted).sum(),
            rows_rejected=pl.col("rows_rejected").filter(admitted).sum(),
            cells_unreadable=pl.col("cells_unreadable").filter(admitted).sum(),
            first_year=pl.col("first_fiscal_year").filter(admitted).min(),
            last_year=pl.col("last_fiscal_year").filter(admitted).max(),
        )
        .join(
            feeds.select(
                "feed_code",
                "is_stale",
                "age_days",
                stale_reason=pl.concat_str("stale_reason_th", "stale_reason_en", separator=" · "),
            ),
            on="feed_code",
            how="left",
        )
        .with_columns(pl.col("is_stale").fill_null(False))
        .sort("feed_code")
    )
    held = deliveries.filter(~admitted).sort("feed_code", "sequence")
    return (
        [FeedView.model_validate(row) for row in grouped.to_dicts()],
        [
            HeldView(
                feed_code=row["feed_code"], file_name=row["file_name"], reason=row["status_reason"] or ""
            )
            for row in held.to_dicts()
        ],
    )


def _blocking(audit: Path | None) -> list[str]:
    path = audit / "audit.json" if audit else None
    if not path or not path.exists():
        return ["ไม่มีผลตรวจบันทึกไว้ · no audit was recorded"]
    found = AuditResult.model_validate_json(path.read_text(encoding="utf-8"))
    return [f"{reason.message_th} · {reason.message_en}" for reason in found.blocking]
