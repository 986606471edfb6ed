"""Provinces: an index with a map, a page a province and a page an amphoe, down to the tambons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dashboard import paths
from dashboard.areas import Areas
from dashboard.funds import MAIN
from dashboard.model import Bilingual, Page
from dashboard.places import PROVINCES_TITLE
from dashboard.source import Source
from dashboard.tambon_maps import NOWHERE, TambonMap, tambon_maps

MOST: Final = 30
"""Tambons that a province's own page lists."""


def pages(source: Source) -> Iterator[Page]:
    """The index, then each province and each amphoe; a lone empty index where the release has no facts."""
    areas = Areas(source)
    rows = {
        province: [
            row for amphoe in areas.places.amphoe_in.get(province, []) for row in areas.tambon_rows(amphoe)
        ]
        for province in areas.places.provinces
    }
    conflicts = {
        row["province_code"]: row["funds"]
        for row in source.rows(
            "SELECT province_code, count(DISTINCT fund_id) AS funds FROM mart_agency_conflict GROUP BY 1 ORDER BY 1"
        )
    }
    summaries = {
        province: {
            **areas.summary(held),
            # A finding may name the province alone, and no agency.
            "findings": sum(row["findings"] for row in areas.problems.get(province, [])),
            "conflicts": conflicts.get(province, 0),
        }
        for province, held in rows.items()
    }
    drawn = tambon_maps(areas.places)
    yield _index(areas, summaries, drawn.get(NOWHERE))
    for province, held in rows.items():
        yield _province(areas, province, held, summaries[province], drawn.get(province))
        if len(held) > MOST:
            yield _tambons(areas, province, held)
        for amphoe in areas.places.amphoe_in.get(province, []):
            yield _amphoe(areas, amphoe)


def _index(areas: Areas, summaries: dict[str, dict[str, Any]], nowhere: TambonMap | None) -> Page:
    places = areas.places
    listed = [
        {
            "code": code,
            "name": places.provinces[code],
            "region_code": places.region_of.get(code),
            **summaries[code],
            **_per_head(areas, code),
        }
        for code in sorted(
            places.provinces, key=lambda code: (_region_rank(places.region_of.get(code)), code)
        )
    ]
    return Page(
        path=paths.PROVINCES,
        kind="provinces",
        template="provinces.html",
        title=PROVINCES_TITLE,
        data={
            "provinces": listed,
            "regions": places.regions,
            "names": places.provinces,
            "findings": {code: summary["findings"] for code, summary in summaries.items()},
            "strangers": nowhere.without_code if nowhere else (),
        },
    )


def _per_head(areas: Areas, code: str) -> dict[str, Any]:
    years = areas.by_year("province", code)
    if not years:
        return {"year": None, "savings": None, "overdue": None, "outstanding": None}
    latest = years[0]
    values = dict(zip(MAIN, latest["values"], strict=True))
    return {
        "year": latest["year"],
        "savings": values["savings_thb"],
        "outstanding": values["loans_outstanding_thb"],
        "overdue": values["loans_overdue_thb"],
    }


def _region_rank(code: str | None) -> int:
    """The order in which the forums of 2007 were held."""
    order = ("south", "northeast", "north", "bangkok_vicinity", "west", "east", "central_upper")
    return order.index(code) if code in order else len(order)


def _province(
    areas: Areas, code: str, rows: list[dict[str, Any]], summary: dict[str, Any], drawn: TambonMap | None
) -> Page:
    present, absent = areas.by_programme("province", code)
    groups = [
        {
            "code": amphoe,
            "name": areas.places.amphoe_title(amphoe),
            **areas.summary(held),
        }
        for amphoe, held in ((one, areas.tambon_rows(one)) for one in areas.places.amphoe_in.get(code, []))
    ]
    return Page(
        path=paths.province(code),
        kind="province",
        template="province.html",
        title=areas.places.province_title(code),
        data={
            "code": code,
            "region": areas.places.regions.get(areas.places.region_of.get(code, "")),
            "region_code": areas.places.region_of.get(code),
            "whole": summary,
            "programmes": present,
            "absent": absent,
            "years": areas.by_year("province", code),
            "matrix": areas.matrix(code),
            "problems": areas.top_problems(code),
            "amphoe": groups,
            "tambons": rows,
            "most": _most(rows),
            "map": None
            if drawn is None
            else drawn.data({row["tambon_code"]: row["findings"] for row in rows}),
            **_words(areas),
        },
        crumbs=areas.places.crumbs(code[:1])[:1],
    )


def _most(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tambons with the most findings first; a long table of all has a page of its own."""
    return sorted(rows, key=lambda row: (-row["findings"], row["tambon_code"]))[:MOST]


def _tambons(areas: Areas, code: str, rows: list[dict[str, Any]]) -> Page:
    title = areas.places.province_title(code)
    return Page(
        path=paths.tambons_of(code),
        kind="province",
        template="province_tambons.html",
        title=Bilingual(f"ตำบลทั้งหมดใน{title.th}", f"All tambons of {title.en}"),
        data={"code": code, "tambons": rows},
        crumbs=areas.places.crumbs(code + "0")[:2],
    )


def _amphoe(areas: Areas, code: str) -> Page:
    rows = areas.tambon_rows(code)
    present, absent = areas.by_programme("amphoe", code)
    matrix = areas.matrix(code[:2])
    own = next((row for row in matrix["rows"] if row["amphoe_code"] == code), None)
    return Page(
        path=paths.amphoe(code),
        kind="amphoe",
        template="amphoe.html",
        title=areas.places.amphoe_title(code),
        data={
            "code": code,
            "province_code": code[:2],
            "province": areas.places.province_title(code[:2]),
            "whole": areas.summary(rows),
            "programmes": present,
            "absent": absent,
            "years": areas.by_year("amphoe", code),
            "by_agency": []
            if own is None
            else [
                {"code": agency, **cell}
                for agency, cell in zip(matrix["agencies"], own["cells"], strict=True)
                if cell["sent"] or cell["records"]
            ],
            "problems": areas.top_problems(code[:2], code),
            "tambons": rows,
            **_words(areas),
        },
        crumbs=areas.places.crumbs(code[:2] + "0")[:2],
    )


def _words(areas: Areas) -> dict[str, Any]:
    return {"agencies": areas.agencies, "heads": areas.heads, "main": MAIN}
