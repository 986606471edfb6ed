"""Deliveries that the audit holds: what is wrong with a list and shows only once it stands beside the other years.

The door sees one delivery; jumps, slips of digits and copied figures are seen when the warehouse is built. Where the share of
one feed's failing rows is too high, its new deliveries are to blame. They are held as at the door, each with a reason
`adm.fails_in_warehouse:<check>` and its own findings, and the warehouse is built once more without them: one agency's bad file
does not keep the other agencies' data of the night from being published (docs/decisions/0018).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from expectations.admission import (
    Admission,
    Reason,
    admission_folder,
    hold_record,
    load_admission,
)
from expectations.gx_runner import RATE_FLOOR, Verdict
from expectations.tables import frame, write_frame
from ingest.home import Home

if TYPE_CHECKING:
    from expectations.audit import AuditResult

BLAMED: Final = "adm.fails_in_warehouse"


@dataclass(frozen=True)
class Blame:
    """One check of the audit that a feed fails too often, and a new delivery of that feed with `rows` of the failing rows
    (0: the check lists none); `failing` of `looked_at` is the feed's whole share."""

    delivery_id: str
    feed_code: str
    check_id: str
    rows: int
    failing: int
    looked_at: int

    @property
    def held_as(self) -> str:
        """The check id under which the delivery is held."""
        return f"{BLAMED}:{self.check_id}"


def blame(home: Home, result: AuditResult, published: Collection[str]) -> list[Blame]:
    """Whom a failed audit blames: empty where what blocks is no single feed's, or stands in no new delivery.

    `published` are the deliveries that the current release was made of: they are not to blame for the night's trouble. Of the
    new ones those with failing rows are; all of the feed where the check lists no rows.
    """
    # What must never be (a negative figure, a fund twice) no file can bring about: there the program is to blame.
    of_files = (
        pl.scan_parquet(result.folder / "dq_check.parquet")
        .filter((pl.col("severity") != "block") | (pl.col("scope") == "delivery"))
        .select("check_id")
    )
    blocking = (
        pl.scan_parquet(result.folder / "dq_result.parquet")
        .filter(~pl.col("passed"), stage="audit", severity="block")
        .drop_nulls("feed_code")
        .join(of_files, on="check_id", how="semi")
        .select("check_id", "feed_code", failing="numerator", looked_at="denominator")
    )
    new = (
        pl.scan_parquet(result.folder / "dq_delivery.parquet")
        .filter(~pl.col("delivery_id").is_in(list(published)), status="admitted")
        .select("delivery_id", "feed_code")
    )
    listed = (
        pl.scan_parquet(result.folder / "dq_finding.parquet")
        .drop_nulls("delivery_id")
        .group_by("check_id", "feed_code", "delivery_id")
        .agg(rows=pl.len())
    )
    anywhere = listed.group_by("check_id", "feed_code").agg(lists=pl.len() > 0)
    group = ("check_id", "feed_code")
    most = pl.col("rows").max().over(group)
    found = (
        blocking.join(new, on="feed_code")
        .join(listed, on=[*group, "delivery_id"], how="left")
        .join(anywhere, on=group, how="left")
        .with_columns(pl.col("rows").fill_null(0))
        # A row or two of an older mistake may be in every file; where no file has more, the one that has most is it.
        .filter(pl.col("lists").is_null() | (pl.col("rows") >= pl.min_horizontal(most, RATE_FLOOR).clip(1)))
        .select(
            "delivery_id",
            "feed_code",
            "check_id",
            pl.col("rows", "failing", "looked_at").cast(pl.Int64),
        )
        .sort("delivery_id", "check_id")
        .collect()
    )
    blames = [Blame(**row) for row in found.to_dicts()]
    return [one for one in blames if not _decided(load_admission(home, one.delivery_id), one)]


def _decided(admission: Admission | None, one: Blame) -> bool:
    """Whether this very reason was told before, and a person let the delivery through in spite of it."""
    return admission is None or one.held_as in {reason.check_id for reason in admission.reasons}


def hold(
    home: Home, result: AuditResult, blames: Sequence[Blame], now: datetime | None = None
) -> list[Admission]:
    """Hold the deliveries that are to blame: reasons, results, checks and findings go into their admission.

    Grain: one admission a delivery. Judged anew (another contract or catalogue), a delivery is as it was at the door until the
    next audit.
    """
    moment = now or datetime.now(UTC)
    by_delivery: dict[str, list[Blame]] = {}
    for one in blames:
        by_delivery.setdefault(one.delivery_id, []).append(one)
    checks = pl.read_parquet(result.folder / "dq_check.parquet")
    findings = pl.scan_parquet(result.folder / "dq_finding.parquet")
    return [
        _hold(home, admission_folder(home, delivery), own, checks, findings, moment)
        for delivery, own in by_delivery.items()
    ]


def _hold(
    home: Home,
    folder: Path,
    blames: Sequence[Blame],
    checks: pl.DataFrame,
    findings: pl.LazyFrame,
    now: datetime,
) -> Admission:
    names = {one.check_id: one.held_as for one in blames}
    renamed = pl.col("check_id").replace_strict(names, return_dtype=pl.String)
    told = checks.filter(pl.col("check_id").is_in(list(names)))
    own = told.with_columns(
        renamed, stage=pl.lit("admission"), severity=pl.lit("block"), feed_code=pl.lit(blames[0].feed_code)
    )
    unknown = pl.lit(None)
    rows = (
        findings.filter(pl.col("check_id").is_in(list(names)), delivery_id=blames[0].delivery_id)
        .with_columns(
            renamed, severity=pl.lit("block"), life=unknown, first_release_id=unknown, first_seen_at=unknown
        )
        .collect()
    )
    reasons = [
        _reason(one, told.row(by_predicate=pl.col("check_id") == one.check_id, named=True)) for one in blames
    ]
    results = [
        {
            "check_id": one.held_as,
            "stage": "admission",
            "feed_code": one.feed_code,
            "agency_code": one.feed_code.split("/")[0],
            "delivery_id": one.delivery_id,
            "numerator": one.rows or one.failing,
            "denominator": one.looked_at,
            "passed": False,
            "severity": "block",
            "measured_at": now,
        }
        for one in blames
    ]
    for name, table, more in (
        ("check", "dq_check", own),
        ("finding", "dq_finding", rows),
        ("result", "dq_result", frame("dq_result", results)),
    ):
        path = folder / f"{name}.parquet"
        empty = frame(table, [])
        before = pl.read_parquet(path).filter(~pl.col("check_id").is_in(list(names.values())))
        write_frame(pl.concat([empty, before, more], how="diagonal_relaxed").select(empty.columns), path)
    return hold_record(home, blames[0].delivery_id, reasons, rows.height, now)


def _reason(one: Blame, check: Mapping[str, object]) -> Reason:
    """Why, in words: the audit's check, how much of the whole list fails it, and how to mend it."""
    limit = check["block_fail_rate"]
    over_th = f" เกินเกณฑ์ {limit:.1%}" if isinstance(limit, float) else ""
    over_en = f", limit {limit:.1%}" if isinstance(limit, float) else ""
    share = f"{one.failing:,} / {one.looked_at:,} = {one.failing / max(one.looked_at, 1):.1%}"
    here_th = f" ไฟล์นี้ {one.rows:,} แถว" if one.rows else ""
    here_en = f", {one.rows:,} rows of this file" if one.rows else ""
    return Reason(
        check_id=one.held_as,
        severity="block",
        numerator=one.rows or one.failing,
        denominator=one.looked_at,
        message_th=f"เทียบกับข้อมูลอื่นในคลังแล้วไม่ผ่าน: {check['title_th']} ({share}{here_th}){over_th} — วิธีแก้: {check['mend_th']}",
        message_en=f"Failed beside the other data of the warehouse: {check['title_en']} ({share}{here_en}){over_en} — "
        f"to mend: {check['mend_en']}",
    )


def excused(verdicts: Sequence[Verdict], admissions: Mapping[str, Admission]) -> tuple[Verdict, ...]:
    """Verdicts by feed, those as warnings for which a person let a delivery of the feed through (`tambon admit`)."""
    decided = {
        (reason.check_id.removeprefix(f"{BLAMED}:"), one.feed_code)
        for one in admissions.values()
        if one.status == "admitted"
        for reason in one.reasons
        if reason.check_id.startswith(f"{BLAMED}:")
    }
    return tuple(
        replace(one, severity="warn")
        if one.severity == "block"
        and not one.passed
        and one.key
        and (one.rule.check_id, one.key[0]) in decided
        else one
        for one in verdicts
    )
