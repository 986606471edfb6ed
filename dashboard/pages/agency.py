"""One page an agency: whose file, which check and column, new, persisting and mended, held deliveries, the mending list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dashboard import paths, quality
from dashboard.behind import csv_files
from dashboard.model import Bilingual, Crumb, Page, SiteFile
from dashboard.render import word
from dashboard.source import Row, Source

EXAMPLES: Final = 12
FINDING_PART: Final = "coalesce(agency_code, 'none') || '.' || split_part(check_id, ':', 1)"


def finding_csv(agency_code: str | None, check_id: str) -> str:
    """The CSV of an agency's findings of one check."""
    return paths.rows("dq_finding", f"{agency_code or 'none'}.{check_id.split(':', maxsplit=1)[0]}")


def pages(source: Source) -> Iterator[Page | SiteFile]:
    """The list of agencies, a page each, and the findings as CSV (an agency's of a check each)."""
    rows = side_by_side(source)
    yield Page(
        path=paths.AGENCIES,
        kind="agencies",
        template="agencies.html",
        title=word("nav.agency"),
        data={"agencies": rows, "formula": _formula(source)},
        crumbs=(Crumb(word("nav.home"), paths.HOME),),
    )
    data = _Data(source)
    for row in rows:
        code = row["agency_code"]
        yield Page(
            path=paths.agency(code),
            kind="agency",
            template="agency.html",
            title=Bilingual(row["name_th"], row["name_en"]),
            description=word("agency.about"),
            data={"agency": row, **data.of(code)},
            crumbs=(Crumb(word("nav.home"), paths.HOME), Crumb(word("nav.agency"), paths.AGENCIES)),
        )
    yield from csv_files(
        source, "dq_finding", FINDING_PART, order="feed_code, file_name, sheet, row_number, finding_id"
    )
    yield from csv_files(
        source, "dq_score", "'all'", order="agency_code, province_code NULLS FIRST, dimension"
    )
    yield from csv_files(source, "dq_delivery", "agency_code", order="sequence")
    yield from csv_files(
        source, "dq_score_check", "agency_code", order="feed_code, check_id, province_code NULLS FIRST"
    )


def side_by_side(source: Source) -> list[Row]:
    """Agencies with what is wrong in their files, the best score first, those without a score last."""
    found = {
        row["agency_code"]: row
        for row in source.rows(f"SELECT agency_code, {quality.COUNTS} FROM dq_finding GROUP BY 1 ORDER BY 1")
    }
    scores = {
        row["agency_code"]: row
        for row in source.rows(
            "SELECT agency_code, score, numerator, denominator, rank, ranked_of, checks, checks_applied FROM dq_score "
            "WHERE province_code IS NULL AND dimension = 'all'"
        )
    }
    feeds = {
        row["agency_code"]: row
        for row in source.rows(
            "SELECT agency_code, count(*) AS feeds, sum(held)::BIGINT AS held, count(*) FILTER (is_stale) AS late, "
            "max(last_admitted_at) AS newest FROM dq_feed GROUP BY 1 ORDER BY 1"
        )
    }
    mended = _mended(source, "agency_code")
    no_score = dict.fromkeys(
        ("score", "numerator", "denominator", "rank", "ranked_of", "checks", "checks_applied")
    )
    rows = [
        {
            **agency,
            **quality.NO_FINDINGS,
            "feeds": 0,
            "held": 0,
            "late": 0,
            "newest": None,
            **feeds.get(code, {}),
            **found.get(code, {}),
            **(scores.get(code) or no_score),
            "mended": mended.get(code, 0),
        }
        for code, agency in quality.agencies(source).items()
    ]
    return sorted(rows, key=lambda row: (row["score"] is None, -(row["score"] or 0), row["agency_code"]))


def _mended(source: Source, by: str) -> dict[Any, int]:
    """Findings mended in this release, by a column."""
    return {
        row["part"]: row["mended"]
        for row in source.rows(
            f"SELECT {by} AS part, count(*) AS mended FROM dq_finding_life "
            "WHERE life = 'mended' AND closed_release_id = $1 GROUP BY 1 ORDER BY 1",
            [source.release_id],
        )
    }


def _formula(source: Source) -> Row:
    """How a score is worked out, as the table says."""
    rows = source.rows("SELECT min(formula_th) AS formula_th, min(formula_en) AS formula_en FROM dq_score")
    return rows[0] if rows else {"formula_th": None, "formula_en": None}


_CHECKS: Final = f"""
WITH found AS (
    SELECT agency_code, coalesce(feed_code, '') AS feed_code, check_id, any_value(severity) AS severity, count(*) AS findings,
        count(*) FILTER (life = 'new') AS new, count(*) FILTER (life = 'persisting') AS persisting,
        list_sort(list(DISTINCT column_name) FILTER (column_name IS NOT NULL)) AS columns
    FROM dq_finding GROUP BY 1, 2, 3
), scored AS (
    SELECT agency_code, coalesce(feed_code, '') AS feed_code, check_id, any_value(severity) AS severity,
        sum(numerator)::BIGINT AS numerator, sum(denominator)::BIGINT AS denominator
    FROM dq_score_check GROUP BY 1, 2, 3
), closed AS (
    SELECT agency_code, coalesce(feed_code, '') AS feed_code, check_id, any_value(severity) AS severity, count(*) AS mended
    FROM dq_finding_life WHERE life = 'mended' AND closed_release_id = $1 GROUP BY 1, 2, 3
), told AS (
    SELECT agency_code, feed_code, check_id, coalesce(f.severity, s.severity, c.severity) AS severity, numerator, denominator,
        coalesce(findings, 0) AS findings, coalesce(new, 0) AS new, coalesce(persisting, 0) AS persisting,
        coalesce(mended, 0) AS mended, columns
    FROM found f
    FULL JOIN scored s USING (agency_code, feed_code, check_id)
    FULL JOIN closed c USING (agency_code, feed_code, check_id)
)
FROM told WHERE findings + mended + coalesce(numerator, 0) > 0
ORDER BY {quality.SEVERITY_ORDER}, findings DESC, check_id, feed_code"""


class _Data:
    """All agencies' figures, asked for once each."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.feeds = source.grouped("agency_code", "FROM dq_feed ORDER BY feed_code")
        self.checks = source.grouped("agency_code", _CHECKS, [source.release_id])
        self.deliveries = source.grouped("agency_code", "FROM dq_delivery ORDER BY sequence DESC")
        self.held = held_by_delivery(source)
        self.mend_time = {
            row["agency_code"]: row
            for row in source.rows(
                "SELECT agency_code, sum(mended)::BIGINT AS mended, sum(open)::BIGINT AS open, "
                "median(median_days_to_mend) AS days_to_mend, median(median_days_open) AS days_open FROM dq_mend_time "
                "GROUP BY 1 ORDER BY 1"
            )
        }
        self.provinces = source.grouped(
            "agency_code",
            "WITH found AS (SELECT agency_code, province_code, count(*) AS findings, count(*) FILTER (life = 'new') AS new "
            "FROM dq_finding WHERE province_code IS NOT NULL GROUP BY 1, 2), scored AS (SELECT agency_code, province_code, "
            "score, numerator, denominator FROM dq_score WHERE province_code IS NOT NULL AND dimension = 'all') "
            "SELECT agency_code, province_code, score, numerator, denominator, coalesce(findings, 0) AS findings, "
            "coalesce(new, 0) AS new FROM found FULL JOIN scored USING (agency_code, province_code) "
            "WHERE coalesce(findings, 0) > 0 ORDER BY findings DESC, province_code",
        )
        self.dimensions = source.grouped(
            "agency_code",
            "FROM dq_score WHERE province_code IS NULL AND dimension <> 'all' ORDER BY dimension",
        )
        self.trend = quality.trend(source, "agency_code")
        self.examples = quality.examples(source, "agency_code", EXAMPLES)
        self.refusals = source.grouped("agency_code", "FROM dq_refusal ORDER BY inbox_path")
        self.published = {file.path: file for file in source.manifest.files}

    def of(self, code: str) -> dict[str, object]:
        """One agency's page."""
        source = self.source
        mending = self.published.get(f"mending/{code}.xlsx")
        return {
            "feeds": [
                {**row, **quality.feed_title(source, row["feed_code"])} for row in self.feeds.get(code, [])
            ],
            "checks": [
                {
                    **row,
                    "check": quality.named_check(source, row["check_id"]),
                    "csv": finding_csv(code, row["check_id"]) if row["findings"] else None,
                    "feed": quality.feed_title(source, row["feed_code"]),
                }
                for row in self.checks.get(code, [])
            ],
            "deliveries": self.deliveries.get(code, []),
            "held": [
                self.held[row["delivery_id"]]
                for row in self.deliveries.get(code, [])
                if row["delivery_id"] in self.held
            ],
            "refusals": self.refusals.get(code, []),
            "mend_time": self.mend_time.get(code),
            "provinces": [
                {**row, "place": quality.provinces(source).get(row["province_code"])}
                for row in self.provinces.get(code, [])
            ],
            "dimensions": self.dimensions.get(code, []),
            "trend": self.trend.get(code, []),
            "examples": self.examples.get(code, []),
            "mending": {"path": f"files/{mending.path}", "bytes": mending.bytes} if mending else None,
            "deliveries_csv": paths.rows("dq_delivery", code),
        }


def held_by_delivery(source: Source) -> dict[str, Row]:
    """Held deliveries with the rules that hold them and what stands in their place, newest first."""
    rules = source.grouped(
        "delivery_id",
        "SELECT delivery_id, check_id, numerator, denominator FROM dq_result "
        "WHERE stage = 'admission' AND severity = 'block' AND NOT passed ORDER BY check_id",
    )
    stands = {
        row["feed_code"]: row
        for row in source.rows(
            "SELECT f.feed_code, d.file_name, f.last_admitted_at FROM dq_feed f "
            "LEFT JOIN dq_delivery d ON d.delivery_id = f.last_admitted_delivery_id ORDER BY f.feed_code"
        )
    }
    found = {}
    for row in source.rows("FROM dq_delivery WHERE status = 'held' ORDER BY sequence DESC"):
        found[row["delivery_id"]] = {
            **row,
            "agency": quality.agency_names(source, row["agency_code"]),
            "feed": quality.feed_title(source, row["feed_code"]),
            "rules": [
                {**rule, "check": quality.named_check(source, rule["check_id"])}
                for rule in rules.get(row["delivery_id"], [])
            ],
            "stands": stands.get(row["feed_code"]),
        }
    return found
