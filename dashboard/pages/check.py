"""One page a check: what it means, why it matters, how to mend it, where it concentrates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dashboard import paths, quality
from dashboard.behind import csv_files
from dashboard.model import Bilingual, Crumb, Page, SiteFile
from dashboard.pages.agency import finding_csv
from dashboard.render import word
from dashboard.source import Row, Source

EXAMPLES: Final = 12
BY_CHECK: Final = "findings_by_check"
_BY_CHECK: Final = (
    f"SELECT {quality.BASE} AS check_group, check_id, severity, agency_code, feed_code, column_name, province_code, "
    "count(*) AS findings, count(*) FILTER (life = 'new') AS new, count(*) FILTER (life = 'persisting') AS persisting, "
    "count(DISTINCT delivery_id) AS deliveries FROM dq_finding GROUP BY ALL"
)
_ORDER: Final = "check_id, severity, agency_code, feed_code, column_name, province_code"


def pages(source: Source) -> Iterator[Page | SiteFile]:
    """The list of checks, a page each, and the counts behind them."""
    groups = quality.check_groups(source)
    rows = group_counts(source)
    yield Page(
        path=paths.CHECKS,
        kind="checks",
        template="checks.html",
        title=word("nav.check"),
        data={"checks": rows},
        crumbs=(Crumb(word("nav.home"), paths.HOME),),
    )
    where, spots = _by_agency(source), _by_place(source)
    trend = quality.trend(source, quality.BASE)
    examples = quality.examples(source, quality.BASE, EXAMPLES)
    for row in rows:
        base = row["check_id"]
        group = groups[base]
        yield Page(
            path=paths.check(base),
            kind="check",
            template="check.html",
            title=Bilingual(group["title_th"], group["title_en"]),
            data={
                "check": {**row, **{key: group[key] for key in _TOLD}},
                "where": where.get(base, []),
                "variants": _variants(source, group, where.get(base, [])),
                "provinces": [
                    {**one, "place": quality.provinces(source).get(one["province_code"])}
                    for one in spots.get(base, [])
                ],
                "trend": trend.get(base, []),
                "examples": examples.get(base, []),
            },
            crumbs=(Crumb(word("nav.home"), paths.HOME), Crumb(word("nav.check"), paths.CHECKS)),
        )
    yield from csv_files(source, BY_CHECK, "check_group", _BY_CHECK, order=_ORDER)
    yield from csv_files(source, BY_CHECK, "'all'", _BY_CHECK, order=_ORDER)


def group_counts(source: Source) -> list[Row]:
    """Checks of the catalogue with their findings counted, the gravest first."""
    groups = quality.check_groups(source)
    counts = {
        row["base"]: row
        for row in source.rows(
            f"SELECT {quality.BASE} AS base, {quality.COUNTS}, count(DISTINCT agency_code) AS agencies FROM dq_finding "
            "GROUP BY 1 ORDER BY 1"
        )
    }
    scored = {
        row["base"]: row
        for row in source.rows(
            f"SELECT {quality.BASE} AS base, sum(numerator)::BIGINT AS numerator, sum(denominator)::BIGINT AS denominator "
            "FROM dq_score_check GROUP BY 1 ORDER BY 1"
        )
    }
    nothing = {**quality.NO_FINDINGS, "agencies": 0, "numerator": None, "denominator": None}
    rows = [
        {
            **{key: group[key] for key in _SHOWN},
            **nothing,
            **scored.get(base, {}),
            **counts.get(base, {}),
            "variants": len(group["variants"]),
        }
        for base, group in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row["block"], -row["warn"], -row["findings"], row["check_id"]))


_SHOWN: Final = ("check_id", "title_th", "title_en", "path", "severity", "dimension", "scope", "stage")
_RULE: Final = ("check_id", "title_th", "title_en", "severity", "column_name", "feed_code", "table_name")
_TOLD: Final = (
    "meaning_th",
    "meaning_en",
    "why_th",
    "why_en",
    "mend_th",
    "mend_en",
    "max_fail_rate",
    "block_fail_rate",
)


def _by_agency(source: Source) -> dict[str, list[Row]]:
    """Where each check's findings are: by agency, feed, variant and column."""
    rows = source.rows(
        f"SELECT {quality.BASE} AS base, check_id, agency_code, feed_code, column_name, any_value(severity) AS severity, "
        f"count(*) AS findings, count(*) FILTER (life = 'new') AS new, count(*) FILTER (life = 'persisting') AS persisting, "
        "count(DISTINCT delivery_id) AS deliveries FROM dq_finding GROUP BY 1, 2, 3, 4, 5 ORDER BY findings DESC, 2, 3, 4, 5"
    )
    groups: dict[str, list[Row]] = {}
    for row in rows:
        told = {
            **row,
            "agency": quality.agency_names(source, row["agency_code"]),
            "feed": quality.feed_title(source, row["feed_code"]),
            "csv": finding_csv(row["agency_code"], row["check_id"]),
        }
        groups.setdefault(row["base"], []).append(told)
    return groups


def _by_place(source: Source) -> dict[str, list[Row]]:
    return source.grouped(
        "base",
        f"SELECT base, province_code, findings, of_all FROM (SELECT {quality.BASE} AS base, province_code, count(*) AS findings, "
        "sum(count(*)) OVER (PARTITION BY base)::BIGINT AS of_all, "
        "row_number() OVER (PARTITION BY base ORDER BY count(*) DESC, province_code) AS place "
        "FROM dq_finding WHERE province_code IS NOT NULL GROUP BY 1, 2) WHERE place <= 15 ORDER BY base, place",
    )


def _variants(source: Source, group: Row, where: list[Row]) -> list[Row]:
    """The rule as each feed or field has it, those with findings first."""
    found: dict[str, int] = {}
    for row in where:
        found[row["check_id"]] = found.get(row["check_id"], 0) + row["findings"]
    shown = [
        {
            **{key: one[key] for key in _RULE},
            **{key: one[key] for key in ("max_fail_rate", "block_fail_rate")},
            "feed": quality.feed_title(source, one["feed_code"]) if one["feed_code"] else None,
            "findings": found.get(one["check_id"], 0),
        }
        for one in group["variants"]
    ]
    return sorted(shown, key=lambda one: (-one["findings"], one["check_id"]))
