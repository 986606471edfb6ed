"""What is held back, by which rule, since when, and who can let it go; and the age of every feed."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard import paths, quality
from dashboard.behind import csv_files
from dashboard.model import Crumb, Page, SiteFile
from dashboard.pages.agency import held_by_delivery
from dashboard.render import word
from dashboard.source import Row, Source


def pages(source: Source) -> Iterator[Page | SiteFile]:
    """The page of what is held, and that of all feeds."""
    home = (Crumb(word("nav.home"), paths.HOME),)
    let_through = [
        quality.placed(source, row)
        for row in source.rows(
            "FROM dq_delivery WHERE admitted_because IS NOT NULL ORDER BY decided_at DESC, sequence DESC"
        )
    ]
    yield Page(
        path=paths.HELD,
        kind="held",
        template="held.html",
        title=word("held.title"),
        data={
            "held": list(held_by_delivery(source).values()),
            "blocking": blocking(source) if source.audit_failed else [],
            "build": {"release_id": source.release_id, "created_at": source.created_at}
            if source.audit_failed
            else None,
            "let_through": let_through,
            "refusals": [
                quality.placed(source, row) for row in source.rows("FROM dq_refusal ORDER BY inbox_path")
            ],
            "fetches": [
                quality.placed(source, row)
                for row in source.rows("FROM dq_fetch ORDER BY feed_code, source, origin")
            ],
        },
        crumbs=home,
    )
    yield Page(
        path=paths.FEEDS,
        kind="feeds",
        template="feeds.html",
        title=word("nav.feed"),
        data={"feeds": feed_ages(source)},
        crumbs=home,
    )
    yield from csv_files(source, "dq_feed", "'all'", order="feed_code")
    yield from csv_files(source, "dq_delivery", "'all'", order="sequence")
    yield from csv_files(source, "dq_refusal", "'all'", order="inbox_path")
    yield from csv_files(source, "dq_fetch", "'all'", order="feed_code, source, origin")


def feed_ages(source: Source) -> list[Row]:
    """Every feed with its age, those overdue first."""
    rows = source.rows(
        "SELECT f.*, d.file_name, d.last_fiscal_year, d.rows_conformed FROM dq_feed f "
        "LEFT JOIN dq_delivery d ON d.delivery_id = f.last_admitted_delivery_id "
        "ORDER BY NOT coalesce(f.is_stale, true), f.due_on NULLS LAST, f.feed_code"
    )
    return [
        {
            **row,
            **quality.feed_title(source, row["feed_code"]),
            "agency": quality.agency_names(source, row["agency_code"]),
        }
        for row in rows
    ]


def blocking(source: Source) -> list[Row]:
    """The checks that kept a build from being published."""
    rows = source.rows(
        "SELECT check_id, feed_code, agency_code, numerator, denominator FROM dq_result "
        "WHERE stage <> 'admission' AND severity = 'block' AND NOT passed ORDER BY check_id, feed_code"
    )
    return [{**row, "check": quality.named_check(source, row["check_id"])} for row in rows]
