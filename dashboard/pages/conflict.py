"""Where two agencies give different figures for one fund: an index by agencies and by province, and a page an amphoe."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from dashboard import paths
from dashboard.behind import csv_files
from dashboard.funds import SMALL, measures
from dashboard.model import Bilingual, Crumb, Page, SiteFile
from dashboard.places import Places, load_places
from dashboard.source import Row, Source

TITLE: Final = Bilingual("ความขัดแย้งของข้อมูล", "Conflicting figures")
UNPLACED: Final = "unplaced"
FUNDS: Final = 400
"""Funds on a page; an amphoe has far fewer, those without a place are cut here and are whole in the CSV."""
LARGEST: Final = 25

# Each figure in the latest year in which two agencies disagree on it, and in how many years the fund was in conflict.
LATEST: Final = """
SELECT conflict.*, coalesce(left(tambon_code, 4), 'unplaced') AS amphoe_code,
    count(DISTINCT fiscal_year) OVER (PARTITION BY fund_id) AS years,
    max(fiscal_year) OVER (PARTITION BY fund_id) AS latest
FROM mart_agency_conflict AS conflict
QUALIFY fiscal_year = max(fiscal_year) OVER (PARTITION BY fund_id, measure_code, other_feed_code)
ORDER BY amphoe_code, tambon_code, fund_name, fund_id, measure_code, other_feed_code
"""
PAIRS: Final = """
SELECT preferred_agency_code, other_agency_code, measure_code, count(*) AS differing, count(DISTINCT fund_id) AS funds,
    sum(gap) AS gap, sum(abs(gap)) AS absolute_gap, median(abs(gap_ratio)) AS median_ratio
FROM mart_agency_conflict GROUP BY ALL ORDER BY funds DESC, differing DESC, preferred_agency_code, other_agency_code, measure_code
"""
BY_AGENCIES: Final = """
SELECT province_code, preferred_agency_code, other_agency_code, measure_code, fiscal_year, count(*) AS differing,
    count(DISTINCT fund_id) AS funds, sum(gap) AS gap, median(abs(gap_ratio)) AS median_ratio
FROM mart_agency_conflict GROUP BY ALL
"""
BY_AGENCIES_ORDER: Final = (
    "province_code, preferred_agency_code, other_agency_code, measure_code, fiscal_year"
)
LARGEST_ORDER: Final = "abs(gap) DESC, fund_id, measure_code, other_feed_code, fiscal_year"
LARGEST_ROWS: Final = f"""
SELECT * FROM mart_agency_conflict WHERE measure_code LIKE '%\\_thb' ESCAPE '\\'
ORDER BY {LARGEST_ORDER} LIMIT 1000
"""
AGREEMENT: Final = """
SELECT split_part(feed_code_a, '/', 1) AS agency_a, split_part(feed_code_b, '/', 1) AS agency_b, sum(compared) AS compared,
    sum(equal) AS equal, sum(differing) AS differing
FROM mart_agency_agreement GROUP BY ALL ORDER BY differing DESC, agency_a, agency_b
"""
TAMBONS: Final = """
SELECT left(tambon_code, 4) AS amphoe_code, tambon_code, fiscal_year, measure_code, funds_compared, funds_differing,
    published_sum, other_agency_sum, other_agency_difference
FROM mart_tambon_conflict
QUALIFY fiscal_year = max(fiscal_year) OVER (PARTITION BY tambon_code)
ORDER BY tambon_code, measure_code
"""


def pages(source: Source) -> Iterator[Page | SiteFile]:
    """The index, and a page for each amphoe that has a conflict."""
    places = load_places(source)
    known = measures(source)
    agencies = {
        row["agency_code"]: Bilingual(row["short_th"], row["short_en"])
        for row in source.rows("SELECT agency_code, short_th, short_en FROM dim_agency")
    }
    rows = source.rows(LATEST)
    files = {
        row["delivery_id"]: row["file_name"]
        for row in source.rows("SELECT delivery_id, file_name FROM dq_delivery ORDER BY delivery_id")
    }
    for row in rows:
        row["preferred_file"] = files.get(row["preferred_delivery_id"])
        row["other_file"] = files.get(row["other_delivery_id"])
    sums = source.grouped("amphoe_code", TAMBONS)
    yield _index(source, rows, places, known, agencies)
    yield from csv_files(source, "conflicts_by_agencies", "'all'", BY_AGENCIES, order=BY_AGENCIES_ORDER)
    yield from csv_files(
        source,
        "conflicts_largest",
        "'all'",
        LARGEST_ROWS,
        order=LARGEST_ORDER,
    )
    for amphoe, held in groupby(rows, key=lambda row: row["amphoe_code"]):
        yield _amphoe(amphoe, list(held), sums.get(amphoe, []), places, known, agencies)


def _index(
    source: Source, rows: list[Row], places: Places, known: dict[str, Row], agencies: dict[str, Bilingual]
) -> Page:
    by_province: dict[str, dict[str, Any]] = {}
    for (code, amphoe), group in groupby(sorted(rows, key=_province_and_amphoe), key=_province_and_amphoe):
        figures = list(group)
        funds = len({row["fund_id"] for row in figures})
        held = by_province.setdefault(code, {"code": code, "funds": 0, "differing": 0, "amphoe": []})
        held["funds"] += funds
        held["differing"] += len(figures)
        held["amphoe"].append(
            {"path": paths.conflicts_of(amphoe), "name": places.amphoe.get(amphoe), "funds": funds}
        )
    for held in by_province.values():
        held["name"] = places.provinces.get(held["code"])
        held["amphoe"].sort(key=lambda one: (-one["funds"], one["path"]))
    ranked = sorted(by_province.values(), key=lambda one: (-one["funds"], one["code"]))
    largest = sorted(
        rows, key=lambda row: -abs(row["gap"] or 0) if row["measure_code"].endswith("_thb") else 0
    )
    pairs = [
        {
            **row,
            "preferred": agencies.get(row["preferred_agency_code"]),
            "other": agencies.get(row["other_agency_code"]),
            "measure": _label(known, row["measure_code"]),
            "unit": _unit(known, row["measure_code"]),
        }
        for row in source.rows(PAIRS)
    ]
    agreement = [
        {**row, "a": agencies.get(row["agency_a"]), "b": agencies.get(row["agency_b"])}
        for row in source.rows(AGREEMENT)
    ]
    return Page(
        path=paths.CONFLICTS,
        kind="conflicts",
        template="conflicts.html",
        title=TITLE,
        data={
            "funds": len({row["fund_id"] for row in rows}),
            "differing": sum(held["differing"] for held in ranked),
            "pairs": pairs,
            "agreement": agreement,
            "provinces": ranked,
            "largest": [_told(row, places, known, agencies) for row in largest[:LARGEST]],
        },
    )


def _province_and_amphoe(row: Row) -> tuple[str, str]:
    return row["province_code"] or "", row["amphoe_code"]


def _amphoe(
    amphoe: str,
    rows: list[Row],
    sums: list[Row],
    places: Places,
    known: dict[str, Row],
    agencies: dict[str, Bilingual],
) -> Page:
    unplaced = amphoe not in places.amphoe
    title = (
        Bilingual("ความขัดแย้ง: กองทุนที่ยังระบุตำบลไม่ได้", "Conflicts: funds without a tambon")
        if unplaced
        else Bilingual(
            f"ความขัดแย้ง: {places.amphoe_title(amphoe).th} {places.province_title(amphoe[:2]).th}",
            f"Conflicts: {places.amphoe_title(amphoe).en}, {places.province_title(amphoe[:2]).en}",
        )
    )
    funds = [
        {
            "id": fund,
            "name": held[0]["fund_name"],
            "tambon_code": held[0]["tambon_code"],
            "tambon": places.tambon_title(held[0]["tambon_code"]) if held[0]["tambon_code"] else None,
            "year": held[0]["latest"],
            "years": held[0]["years"],
            "rows": [_told(row, places, known, agencies) for row in held],
        }
        for fund, held in ((fund, list(held)) for fund, held in groupby(rows, key=lambda row: row["fund_id"]))
    ]
    return Page(
        path=paths.conflicts_of(amphoe),
        kind="conflict",
        template="conflict.html",
        title=title,
        data={
            "amphoe_code": None if unplaced else amphoe,
            "amphoe": None if unplaced else places.amphoe_title(amphoe),
            "part": None if unplaced else amphoe[:2],
            "fund_count": len(funds),
            "funds": funds[:FUNDS],
            "sums": [
                {
                    **row,
                    "tambon": places.tambon_title(row["tambon_code"]),
                    "measure": _label(known, row["measure_code"]),
                    "unit": _unit(known, row["measure_code"]),
                }
                for row in sums
            ],
        },
        crumbs=(Crumb(TITLE, paths.CONFLICTS),),
    )


def _told(row: Row, places: Places, known: dict[str, Row], agencies: dict[str, Bilingual]) -> dict[str, Any]:
    """One disagreement as it is shown; counts of one to four people are hidden, and the gap with them."""
    code = row["measure_code"]
    small = code.endswith("_persons") and any(
        value is not None and 0 < value < SMALL for value in (row["preferred_value"], row["other_value"])
    )
    return {
        "fund_id": row["fund_id"],
        "fund_name": row["fund_name"],
        "tambon_code": row["tambon_code"],
        "tambon": places.tambon_title(row["tambon_code"]) if row["tambon_code"] else None,
        "province": places.provinces.get(row["province_code"] or ""),
        "year": row["fiscal_year"],
        "code": code,
        "measure": _label(known, code),
        "unit": _unit(known, code),
        "small": small,
        "preferred": agencies.get(row["preferred_agency_code"]),
        "preferred_code": row["preferred_agency_code"],
        "preferred_value": None if small else row["preferred_value"],
        "preferred_delivery": row["preferred_delivery_id"],
        "preferred_file": row["preferred_file"] or row["preferred_delivery_id"],
        "preferred_sheet": row["preferred_sheet"],
        "preferred_row": row["preferred_row_number"],
        "other": agencies.get(row["other_agency_code"]),
        "other_code": row["other_agency_code"],
        "other_value": None if small else row["other_value"],
        "other_delivery": row["other_delivery_id"],
        "other_file": row["other_file"] or row["other_delivery_id"],
        "other_sheet": row["other_sheet"],
        "other_row": row["other_row_number"],
        "gap": None if small else row["gap"],
        "gap_ratio": None if small else row["gap_ratio"],
        "rule_th": row["rule_th"],
        "rule_en": row["rule_en"],
    }


def _label(known: dict[str, Row], code: str) -> Bilingual:
    row = known.get(code)
    return Bilingual(row["label_th"], row["label_en"]) if row else Bilingual(code, code)


def _unit(known: dict[str, Row], code: str) -> str | None:
    row = known.get(code)
    return row["unit"] if row else None
