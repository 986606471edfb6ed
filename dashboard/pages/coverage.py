"""Who reports and who does not: programme × province × year, with no fund, not reported and reported zero told apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dashboard import paths
from dashboard.behind import csv_files
from dashboard.funds import MAIN
from dashboard.model import Bilingual, Crumb, Page, SiteFile
from dashboard.places import Places, load_places
from dashboard.source import Row, Source

TITLE: Final = Bilingual("ความครอบคลุมของข้อมูล", "Coverage")
BOUNDS: Final = (0.5, 0.75, 0.9, 1.0)
WELL: Final = BOUNDS[2]
"""Lower bounds of the classes 2 to 5 of the share of funds that reported; class 1 is below the first, none is 0 of N."""

FUNDS: Final = """
SELECT area_level, area_code, programme_code, fiscal_year, funds_known, funds_reporting FROM mart_area_year
WHERE area_level IN ('country', 'province') AND programme_code <> 'all'
"""
STATES: Final = f"""
SELECT left(tambon_code, 2) AS province_code, programme_code, fiscal_year,
    count(*) FILTER (reporting_status = 'no_fund') AS no_fund,
    count(*) FILTER (reporting_status = 'not_reported') AS not_reported,
    count(*) FILTER (reporting_status = 'reported' AND zero) AS zero,
    count(*) FILTER (reporting_status = 'reported' AND NOT zero) AS reported
FROM (
    SELECT tambon_code, programme_code, fiscal_year, reporting_status,
        coalesce(greatest({", ".join(f"abs({code})" for code in MAIN)}) = 0, false) AS zero
    FROM fct_tambon_year
)
GROUP BY ALL ORDER BY ALL
"""
ANNOUNCED: Final = """
SELECT told.programme_code, told.measure_code, told.as_of_on, told.stated_value, told.our_value, told.source, total.fund_type,
    total.fund_status
FROM mart_reconciliation AS told
LEFT JOIN fct_published_total AS total ON told.item_key = total.feed_code || '/' || total.total_code
WHERE told.kind = 'announced' AND told.area_level = 'country'
    AND told.measure_code IN ('funds_known', 'funds_reporting', 'funds_not_reporting')
ORDER BY told.programme_code, told.as_of_on DESC, told.stated_value DESC
"""


def pages(source: Source) -> Iterator[Page | SiteFile]:
    """The country's coverage, and a page a programme with its provinces and years."""
    places = load_places(source)
    programmes = {
        row["programme_code"]: Bilingual(row["label_th"], row["label_en"])
        for row in source.rows(
            "SELECT programme_code, label_th, label_en FROM dim_programme ORDER BY preference"
        )
    }
    held: dict[tuple[str, str, int], Row] = {}
    for row in source.rows(FUNDS):
        area = row["area_code"] if row["area_level"] == "province" else ""
        held[area, row["programme_code"], row["fiscal_year"]] = row
    states = {
        (row["province_code"], row["programme_code"], row["fiscal_year"]): row for row in source.rows(STATES)
    }
    years = {
        code: sorted({year for area, programme, year in held if programme == code and area == ""})
        for code in programmes
    }
    programmes = {code: name for code, name in programmes.items() if years[code]}
    yield _index(source, places, programmes, years, held, states)
    yield from csv_files(
        source, "tambons_by_state", "'all'", STATES, order="province_code, programme_code, fiscal_year"
    )
    for code, name in programmes.items():
        yield _programme(places, code, name, years[code], held, states)


def cell(row: Row | None) -> list[Any]:
    """`[class, reporting, known]`: class 1 to 5 by share, `silent` where none of the funds known reported, `none` where no fund
    is known, `out` where the programme has no such year."""
    if row is None:
        return ["out", None, None]
    known, reporting = row["funds_known"] or 0, row["funds_reporting"] or 0
    if not known:
        return ["none", 0, 0]
    if not reporting:
        return ["silent", 0, known]
    share = reporting / known
    return [1 + sum(share >= bound for bound in BOUNDS), reporting, known]


def _index(
    source: Source,
    places: Places,
    programmes: dict[str, Bilingual],
    years: dict[str, list[int]],
    held: dict[tuple[str, str, int], Row],
    states: dict[tuple[str, str, int], Row],
) -> Page:
    all_years = sorted({year for known in years.values() for year in known}, reverse=True)
    by_year = [
        {"code": code, "name": name, "cells": [cell(held.get(("", code, year))) for year in all_years]}
        for code, name in programmes.items()
    ]
    # Programmes are not added up: a fund may be reported under two of them.
    latest_cells = [
        {"name": name, "known": now[2], "reporting": now[1]}
        for code, name in programmes.items()
        if (now := cell(held.get(("", code, years[code][-1]))))[2]
    ]
    by_state = []
    for code, name in programmes.items():
        latest = years[code][-1]
        rows = [row for (_, programme, year), row in states.items() if programme == code and year == latest]
        by_state.append(
            {"code": code, "name": name, "year": latest}
            | {one: sum(row[one] for row in rows) for one in ("reported", "zero", "not_reported", "no_fund")}
        )
    by_province = [
        {
            "code": province,
            "name": name,
            "cells": [cell(held.get((province, code, years[code][-1]))) for code in programmes],
        }
        for province, name in places.provinces.items()
    ]
    announced = [
        {**row, "programme": programmes.get(row["programme_code"])} for row in source.rows(ANNOUNCED)
    ]
    return Page(
        path=paths.COVERAGE,
        kind="coverage",
        template="coverage.html",
        title=TITLE,
        data={
            "years": all_years,
            "by_year": by_year,
            "good": sum(one["reporting"] >= WELL * one["known"] for one in latest_cells),
            "least": min(latest_cells, key=lambda one: one["reporting"] / one["known"], default=None),
            "by_state": by_state,
            "programmes": [
                {"code": code, "name": name, "year": years[code][-1]} for code, name in programmes.items()
            ],
            "by_province": by_province,
            "announced": announced,
            "tambons": len(places.tambons),
        },
    )


def _programme(
    places: Places,
    code: str,
    name: Bilingual,
    years: list[int],
    held: dict[tuple[str, str, int], Row],
    states: dict[tuple[str, str, int], Row],
) -> Page:
    latest = years[-1]
    rows = []
    for province, title in places.provinces.items():
        told = states.get((province, code, latest))
        rows.append(
            {
                "code": province,
                "name": title,
                "cells": [cell(held.get((province, code, year))) for year in reversed(years)],
                "states": None
                if told is None
                else [told[one] for one in ("reported", "zero", "not_reported", "no_fund")],
            }
        )
    country = [cell(held.get(("", code, year))) for year in reversed(years)]
    return Page(
        path=paths.coverage_of(code),
        kind="coverage_programme",
        template="coverage_programme.html",
        title=Bilingual(f"ความครอบคลุม: {name.th}", f"Coverage: {name.en}"),
        data={
            "code": code,
            "years": list(reversed(years)),
            "latest": latest,
            "rows": rows,
            "country": country,
        },
        crumbs=(Crumb(TITLE, paths.COVERAGE),),
    )
