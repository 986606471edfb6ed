"""The front page: can today's data be trusted, what changed since the last release, where are the problems."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dashboard import paths, quality
from dashboard.behind import csv_files
from dashboard.model import Page, SiteFile
from dashboard.pages.agency import held_by_delivery, side_by_side
from dashboard.pages.check import group_counts
from dashboard.pages.held import blocking, feed_ages
from dashboard.render import word
from dashboard.source import Row, Source

TOP_CHECKS: Final = 10
TOP_PROVINCES: Final = 10


def pages(source: Source) -> Iterator[Page | SiteFile]:
    """One page, and the figures behind its map and its trend."""
    feeds = feed_ages(source)
    held = list(held_by_delivery(source).values())
    stops = blocking(source) if source.audit_failed else []
    totals = _totals(source)
    changed = _changed(source)
    by_province = _by_province(source)
    yield Page(
        path=paths.HOME,
        kind="home",
        template="home.html",
        title=word("brand"),
        description=word("home.about"),
        data={
            "verdict": _verdict(source, feeds, held, stops),
            "totals": totals,
            "changed": changed,
            "release": {"release_id": source.release_id, "created_at": source.created_at},
            "facts_release": _facts_release(source),
            "provinces": [row for row in by_province if row["findings"]][:TOP_PROVINCES],
            "values": {row["province_code"]: row["per_thousand"] for row in by_province},
            "names": quality.provinces(source),
            "agencies": side_by_side(source),
            "checks": [row for row in group_counts(source) if row["findings"]][:TOP_CHECKS],
            "trend": _trend(source),
            "held": held,
            "blocking": stops,
            "feeds": feeds,
        },
    )  # fmt: skip
    yield from csv_files(
        source, "dq_trend", "'all'", _TREND_CSV, order="released_at, release_id, agency_code"
    )
    yield from csv_files(source, "findings_by_province", "'all'", _PROVINCES, order="province_code")


_TREND_CSV: Final = (
    "SELECT release_id, max(released_at) AS released_at, agency_code, sum(findings_open)::BIGINT AS findings_open, "
    "sum(findings_new)::BIGINT AS findings_new, sum(findings_mended)::BIGINT AS findings_mended FROM dq_trend GROUP BY 1, 3"
)
# Counted against the fund records of a province: notes (info) are no problems, and statistics of areas are no fund records.
_PROVINCES: Final = (
    "SELECT province_code, records, coalesce(findings, 0) AS findings, "
    "round(1000.0 * coalesce(findings, 0) / records, 1) AS per_thousand "
    "FROM (SELECT province_code, count(*) AS records FROM fct_fund_agency_year WHERE province_code IS NOT NULL GROUP BY 1) "
    "LEFT JOIN (SELECT f.province_code, count(*) AS findings FROM dq_finding f WHERE f.severity <> 'info' AND f.feed_code IN "
    "(SELECT feed_code FROM dq_delivery WHERE record_kind = 'fund_report') GROUP BY 1) USING (province_code)"
)


def _by_province(source: Source) -> list[Row]:
    """Provinces with funds, by findings for 1,000 fund records, the most first."""
    names = quality.provinces(source)
    rows = source.rows(f"SELECT * FROM ({_PROVINCES}) ORDER BY per_thousand DESC, province_code")
    return [{**row, "place": names.get(row["province_code"])} for row in rows]


def _totals(source: Source) -> Row:
    """Counts over the whole release."""
    totals = source.rows(f"SELECT {quality.COUNTS} FROM dq_finding")[0]
    totals |= source.rows(
        "SELECT count(*) FILTER (status = 'admitted') AS admitted, count(*) FILTER (status = 'held') AS held, "
        "count(*) AS deliveries, sum(rows_conformed) FILTER (status = 'admitted')::BIGINT AS rows_conformed FROM dq_delivery"
    )[0]
    totals |= source.rows(
        "SELECT count(*) FILTER (passed) AS checks_passed, count(*) AS checks_applied FROM dq_result "
        "WHERE not_applicable_reason IS NULL"
    )[0]
    totals |= source.rows(
        "SELECT count(*) FILTER (life = 'mended') AS mended, count(*) FILTER (life = 'gone') AS gone "
        "FROM dq_finding_life WHERE closed_release_id = $1",
        [source.release_id],
    )[0]
    return totals


def _facts_release(source: Source) -> Row | None:
    if source.facts_manifest is None:
        return None
    return {"release_id": source.facts_manifest.release_id, "created_at": source.facts_manifest.created_at}


def _changed(source: Source) -> Row | None:
    """What differs from the release before in the published tables; None where there was none before."""
    changes = source.manifest.changes
    if changes is None:
        return None
    tables = [one for one in changes.tables if one.note != "identical"]
    return {
        "since": changes.since,
        "tables": len(tables),
        "of": len(changes.tables),
        "rows_added": sum(one.added or 0 for one in tables),
        "rows_removed": sum(one.removed or 0 for one in tables),
        "rows_changed": sum(one.changed or 0 for one in tables),
        "money": len(changes.money),
    }


def _trend(source: Source) -> list[Row]:
    """Findings over the releases, from dq_release; from dq_trend where a release does not carry that."""
    rows = source.rows(
        "SELECT release_id, released_at, findings_open, findings_new, findings_mended "
        "FROM dq_release ORDER BY released_at, release_id"
    )
    return rows or quality.trend(source, None).get(None, [])


def _verdict(source: Source, feeds: list[Row], held: list[Row], stops: list[Row]) -> dict[str, Any]:
    """Whether the newest data may be trusted: `bad` not published, `warn` with care, `good`; with the counts that say why."""
    late = sum(bool(row["is_stale"]) for row in feeds)
    refused = source.rows("SELECT count(*) AS refused FROM dq_refusal")[0]["refused"]
    fetches = source.rows("SELECT count(*) AS failed FROM dq_fetch")[0]["failed"]
    kind = "bad" if source.audit_failed else "warn" if held or late or refused or fetches else "good"
    return {
        "kind": kind, "late": late, "feeds": len(feeds), "held": len(held), "refused": refused, "fetches": fetches,
        "stops": len(stops),
    }  # fmt: skip
