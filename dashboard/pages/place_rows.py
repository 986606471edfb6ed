"""The rows behind the pages of places: one CSV a table and province, or of the whole country where that stays small."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dashboard import paths
from dashboard.behind import BOM, csv_files
from dashboard.funds import MAIN
from dashboard.model import SiteFile
from dashboard.source import Source

PROVINCE: Final = "left(tambon_code, 2)"
BY_PROVINCE: Final = (
    ("mart_tambon_profile", "province_code", "tambon_code"),
    ("mart_tambon_programme", PROVINCE, "tambon_code, programme_code"),
    ("mart_tambon_integration", "province_code", "tambon_code"),
    ("mart_welfare_linkage", "province_code", "tambon_code"),
    ("mart_fund_directory", "coalesce(province_code, 'none')", "tambon_code, programme_code, fund_id"),
    (
        "mart_agency_conflict",
        "coalesce(province_code, 'none')",
        "tambon_code, fund_id, fiscal_year, measure_code",
    ),
    ("mart_tambon_conflict", PROVINCE, "tambon_code, fiscal_year, measure_code"),
    ("dq_finding", f"coalesce(province_code, {PROVINCE})", "tambon_code, agency_code, check_id, finding_id"),
)
WHOLE: Final = (
    ("mart_tambon_integration", "tambon_code"),
    ("mart_welfare_linkage", "tambon_code"),
    ("mart_learning_candidate", "tambon_code"),
    ("mart_agency_agreement", "feed_code_a, feed_code_b, measure_code"),
    ("mart_reconciliation", "kind, item_key, measure_code, area_code, fiscal_year"),
    ("mart_forum_pack_item", "region_code, section, item_rank"),
)
AREAS: Final = "SELECT * FROM mart_area_year WHERE area_level IN ('province', 'amphoe')"
COUNTRY: Final = "SELECT * FROM mart_area_year WHERE area_level IN ('country', 'region', 'province')"
STATES: Final = (
    "SELECT tambon_code, programme_code, fiscal_year, reporting_status, funds_known, funds_reporting, "
    f"{', '.join(MAIN)} FROM mart_tambon_programme"
)
SITES: Final = "SELECT * FROM dim_site WHERE site_type IN ('pilot', 'fund_learning_centre')"


def pages(source: Source) -> Iterator[SiteFile]:
    """The files that the pages of provinces, amphoe, tambons, conflicts, coverage and integration link to."""
    made = set()
    for file in _files(source):
        made.add(file.path)
        yield file
    for path in sorted(_linked(source) - made):
        yield SiteFile(path, "no rows", lambda: BOM)


def _files(source: Source) -> Iterator[SiteFile]:
    for table, part, order in BY_PROVINCE:
        if source.has(table):
            yield from csv_files(source, table, part, order=order)
    for table, order in WHOLE:
        if source.has(table):
            yield from csv_files(source, table, "'all'", order=order)
    if source.has("mart_area_year", "mart_tambon_programme"):
        order = "area_level, area_code, programme_code, fiscal_year"
        yield from csv_files(source, "mart_area_year", "left(area_code, 2)", AREAS, order=order)
        yield from csv_files(source, "mart_area_year", "'all'", COUNTRY, order=order)
        yield from csv_files(source, "mart_tambon_programme", "programme_code", STATES, order="tambon_code")
    if source.has("dim_site"):
        yield from csv_files(source, "dim_site", "'all'", SITES, order="site_type, site_id")


def _linked(source: Source) -> set[str]:
    """Every file that a page of a place may link to: one without rows is there too, and empty."""
    provinces = [
        row["province_code"]
        for row in source.rows("SELECT DISTINCT province_code FROM dim_tambon WHERE is_current ORDER BY 1")
    ]
    tables = [*(table for table, *_ in BY_PROVINCE), "mart_area_year"]
    whole = [*(table for table, _ in WHOLE), "mart_area_year", "dim_site"]
    programmes = [row["programme_code"] for row in source.rows("SELECT programme_code FROM dim_programme")]
    return {
        *(paths.rows(table, province) for table in tables for province in provinces),
        *(paths.rows(table) for table in whole),
        *(paths.rows("mart_tambon_programme", programme) for programme in programmes),
    }
