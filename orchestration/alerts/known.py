"""What there is to tell of a build, what a recipient knows already, and the difference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from expectations.catalogue.model import Severity
from expectations.tables import write_frame
from ingest.home import Home
from orchestration.alerts.config import OPERATORS, Route
from orchestration.builds import Build, build_path

SCHEMA = {
    "kind": pl.String(),  # finding | held | stale | fetch | refusal
    "key": pl.String(),
    "agency_code": pl.String(),
    "check_id": pl.String(),
    "severity": pl.String(),
    "province_code": pl.String(),
}
RANK: dict[str, int] = {"block": 0, "warn": 1, "info": 2}
_TABLES = ("dq_finding", "dq_check", "dq_delivery", "dq_feed", "dq_refusal", "dq_fetch")


@dataclass(frozen=True)
class Quality:
    """A build's quality tables, and `items`: all that can be told, one row each (SCHEMA)."""

    folder: Path
    tables: dict[str, pl.DataFrame]
    items: pl.DataFrame


@dataclass(frozen=True)
class News:
    """What one recipient does not know yet. `new` and `over` have SCHEMA; `open` counts their open findings now."""

    who: str
    first: bool
    new: pl.DataFrame
    over: pl.DataFrame
    open: int

    @property
    def is_empty(self) -> bool:
        """True where there is nothing to tell."""
        return self.new.is_empty() and self.over.is_empty()


def quality_folder(home: Home, build: Build) -> Path | None:
    """Where a build's quality tables lie: as published (with each finding's life), else as the audit wrote them."""
    candidates = (
        home.releases / build.build_id / "quality",
        home.releases / f"quality-{build.build_id}" / "quality",
        build_path(home, build.build_id) / "audit",
    )
    return next((one for one in candidates if (one / "dq_finding.parquet").is_file()), None)


def read_quality(folder: Path) -> Quality:
    """Read the quality tables that alerts are made from; columns of a later version may be missing."""
    tables = {
        name: pl.read_parquet(path)
        for name in (*_TABLES, "dq_finding_life")
        if (path := folder / f"{name}.parquet").is_file()
    }
    finding = tables["dq_finding"]
    if "province_code" not in finding.columns:
        finding = finding.with_columns(province_code=pl.lit(None, pl.String))
    tables["dq_finding"] = finding.with_columns(
        province_code=pl.coalesce("province_code", pl.col("tambon_code").str.slice(0, 2))
    ).unique("finding_id", maintain_order=True)
    return Quality(folder, tables, _items(tables))


def _items(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    def of(kind: str, table: str, rows: pl.Expr, *key: str) -> pl.DataFrame:
        if table not in tables:
            return pl.DataFrame(schema=SCHEMA)
        words = [pl.col(one).cast(pl.String).fill_null("") for one in key]
        return (
            tables[table]
            .filter(rows)
            .select(
                kind=pl.lit(kind),
                key=pl.concat_str(words, separator="|"),
                agency_code="agency_code",
                check_id=pl.lit(None, pl.String),
                severity=pl.lit(None, pl.String),
                province_code=pl.lit(None, pl.String),
            )
        )

    everything = pl.lit(True)
    findings = tables["dq_finding"].select(
        kind=pl.lit("finding"),
        key="finding_id",
        agency_code="agency_code",
        check_id="check_id",
        severity="severity",
        province_code="province_code",
    )
    return pl.concat(
        [
            findings,
            of("held", "dq_delivery", pl.col("status") == "held", "delivery_id"),
            of("stale", "dq_feed", pl.col("is_stale"), "feed_code"),
            of("fetch", "dq_fetch", everything, "feed_code", "origin"),
            of("refusal", "dq_refusal", everything, "inbox_path", "code"),
        ]
    ).unique(["kind", "key"], maintain_order=True)


def _worth(severity: Severity) -> pl.Expr:
    rank = pl.col("severity").replace_strict(RANK, default=0, return_dtype=pl.Int64)
    return (pl.col("kind") != "finding") | (rank <= RANK[severity])


def items_of(quality: Quality, who: str, severity: Severity) -> pl.DataFrame:
    """What concerns a recipient.

    An agency: all of its own. The operators: findings that no agency owns, and what stands in the way of any agency's data.
    """
    nobodys = pl.col("agency_code").is_null() | (pl.col("kind") != "finding")
    mine = nobodys if who == OPERATORS else pl.col("agency_code") == who
    return quality.items.filter(mine & _worth(severity))


def _told_file(home: Home, route: Route) -> Path:
    return home.alerts / "told" / f"{route.who}-{route.channel}.parquet"


def read_told(home: Home, route: Route) -> pl.DataFrame | None:
    """What this recipient was told last; None where that was nothing, or the record cannot be read."""
    try:
        return pl.read_parquet(_told_file(home, route)).select(list(SCHEMA))
    except (OSError, pl.exceptions.PolarsError):
        return None


def write_told(home: Home, route: Route, items: pl.DataFrame) -> None:
    """Note what this recipient knows from now on."""
    write_frame(items, _told_file(home, route))


def news_of(items: pl.DataFrame, told: pl.DataFrame | None, who: str, severity: Severity) -> News:
    """The difference between what there is and what was told; what is now below `severity` is not mended by that."""
    before = told.filter(_worth(severity)) if told is not None else pl.DataFrame(schema=SCHEMA)
    return News(
        who=who,
        first=told is None,
        new=items.join(before, on=["kind", "key"], how="anti", maintain_order="left"),
        over=before.join(items, on=["kind", "key"], how="anti", maintain_order="left"),
        open=items.filter(pl.col("kind") == "finding").height,
    )
