"""What provinces and amphoe hold: totals by programme and year, what is wrong by agency, their tambons side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dashboard.funds import MAIN, YEARS, asked_of, figures, measures
from dashboard.model import Bilingual
from dashboard.places import Places, load_places
from dashboard.source import Row, Source

_SPANS: Final = ", ".join(f"list({code} ORDER BY fiscal_year) AS {code}" for code in MAIN)
TOTALS: Final = f"""
SELECT area_code, programme_code, list(fiscal_year ORDER BY fiscal_year) AS years,
    list(funds_known ORDER BY fiscal_year) AS funds_known, list(funds_reporting ORDER BY fiscal_year) AS funds_reporting, {_SPANS}
FROM mart_area_year
WHERE area_level = ? AND fiscal_year > (SELECT max(fiscal_year) FROM mart_area_year) - {YEARS}
GROUP BY area_code, programme_code
ORDER BY area_code, programme_code
"""
STATES: Final = f"""
SELECT left(tambon_code, ?) AS area_code, programme_code,
    count(*) FILTER (reporting_status = 'no_fund') AS no_fund,
    count(*) FILTER (reporting_status = 'not_reported') AS not_reported,
    count(*) FILTER (reporting_status = 'reported' AND zero) AS zero,
    count(*) FILTER (reporting_status = 'reported' AND NOT zero) AS reported
FROM (
    SELECT tambon_code, programme_code, reporting_status,
        coalesce(greatest({", ".join(f"abs({code})" for code in MAIN)}) = 0, false) AS zero
    FROM mart_tambon_programme
)
GROUP BY ALL ORDER BY ALL
"""
TAMBON_JOINS: Final = """FROM mart_tambon_profile AS profile
LEFT JOIN mart_tambon_integration AS integration USING (tambon_code)
LEFT JOIN mart_welfare_linkage AS welfare USING (tambon_code)
LEFT JOIN (
    SELECT tambon_code, count(*) AS findings FROM dq_finding WHERE severity <> 'info' GROUP BY tambon_code
) AS finding USING (tambon_code)"""
"""A tambon with how far its funds are linked, its welfare, and its findings of block and warn (`finding.findings`)."""
TAMBONS: Final = f"""
SELECT profile.amphoe_code, profile.tambon_code, profile.population_total, profile.funds_known, profile.funds_reporting,
    {", ".join(f"profile.{code}" for code in MAIN)}, profile.savings_per_capita_thb, profile.overdue_ratio,
    integration.integration_level, welfare.gap_type, coalesce(finding.findings, 0) AS findings
{TAMBON_JOINS}
ORDER BY profile.province_code, profile.amphoe_name_th, profile.amphoe_code, profile.tambon_name_th, profile.tambon_code
"""
# A record is one row of a delivery. What an audit found of a place as a whole has no row: it counts as one record.
WRONG: Final = """
SELECT coalesce(province_code, left(tambon_code, 2)) AS province_code,
    coalesce(amphoe_code, left(tambon_code, 4)) AS amphoe_code, agency_code, count(*) AS findings,
    count(DISTINCT coalesce(delivery_id || '/' || coalesce(sheet, '') || '/' || row_number, finding_id)) AS records
FROM dq_finding
WHERE severity <> 'info' AND agency_code IS NOT NULL AND coalesce(province_code, left(tambon_code, 2)) IS NOT NULL
GROUP BY ALL ORDER BY ALL
"""
SENT: Final = """
SELECT province_code, amphoe_code, agency_code, count(*) AS records FROM (
    SELECT province_code, amphoe_code, agency_code, delivery_id, sheet, row_number FROM fct_fund_agency_year
    UNION
    SELECT province_code, amphoe_code, split_part(feed_code, '/', 1), delivery_id, sheet, row_number
    FROM fct_tambon_indicator_year
    UNION
    SELECT province_code, amphoe_code, agency_code, delivery_id, sheet, row_number FROM dim_site
)
WHERE province_code IS NOT NULL
GROUP BY ALL ORDER BY ALL
"""
PROBLEMS: Final = """
SELECT coalesce(finding.province_code, left(finding.tambon_code, 2)) AS province_code,
    coalesce(finding.amphoe_code, left(finding.tambon_code, 4)) AS amphoe_code, finding.check_id, finding.agency_code,
    any_value(checks.title_th) AS title_th, any_value(checks.title_en) AS title_en, any_value(finding.severity) AS severity,
    count(*) AS findings, count(*) FILTER (finding.life = 'new') AS new
FROM dq_finding AS finding LEFT JOIN dq_check AS checks USING (check_id)
WHERE finding.severity <> 'info' AND coalesce(finding.province_code, left(finding.tambon_code, 2)) IS NOT NULL
GROUP BY ALL ORDER BY ALL
"""


class Areas:
    """Everything that the pages of provinces and amphoe draw on, read once."""

    def __init__(self, source: Source) -> None:
        self.places: Places = load_places(source)
        self.measures = measures(source)
        self.asked = asked_of(source, list(self.measures))
        self.heads = [_label(self.measures, code) for code in MAIN]
        self.agencies = {
            row["agency_code"]: Bilingual(row["short_th"], row["short_en"])
            for row in source.rows(
                "SELECT agency_code, short_th, short_en FROM dim_agency ORDER BY agency_code"
            )
        }
        self.programmes = {
            row["programme_code"]: Bilingual(row["label_th"], row["label_en"])
            for row in source.rows(
                "SELECT programme_code, label_th, label_en FROM dim_programme ORDER BY preference"
            )
        }
        self.totals = {
            level: source.grouped("area_code", TOTALS, [level]) for level in ("province", "amphoe", "country")
        }
        self.states = {length: source.grouped("area_code", STATES, [length]) for length in (2, 4)}
        self.tambons = source.grouped("amphoe_code", TAMBONS)
        self.wrong = source.grouped("province_code", WRONG)
        self.sent = source.grouped("province_code", SENT)
        self.problems = source.grouped("province_code", PROBLEMS)
        self.reporters = {
            length: source.grouped(
                "area_code",
                "SELECT left(tambon_code, ?) AS area_code, programme_code, list_sort(list(DISTINCT agency_code)) AS agencies "
                "FROM dim_fund_source WHERE tambon_code IS NOT NULL GROUP BY ALL ORDER BY ALL",
                [length],
            )
            for length in (2, 4)
        }

    def by_programme(self, level: str, code: str) -> tuple[list[dict[str, Any]], list[Bilingual]]:
        """An area's programmes with a fund (latest year, and the years before), and the names of those without."""
        totals = {row["programme_code"]: row for row in self.totals[level].get(code, [])}
        states = {row["programme_code"]: row for row in self.states[len(code)].get(code, [])}
        who = {row["programme_code"]: row["agencies"] for row in self.reporters[len(code)].get(code, [])}
        present, absent = [], []
        for programme, name in self.programmes.items():
            row = totals.get(programme)
            if row is None or not row["funds_known"][-1]:
                absent.append(name)
                continue
            latest = {measure: row[measure][-1] for measure in MAIN}
            status = "reported" if row["funds_reporting"][-1] else "not_reported"
            present.append(
                {
                    "code": programme,
                    "name": name,
                    "year": row["years"][-1],
                    "status": status,
                    "known": row["funds_known"][-1],
                    "reporting": row["funds_reporting"][-1],
                    "agencies": [one for one in who.get(programme, []) if one in self.agencies],
                    "figures": figures(
                        latest, status, self.asked.get(programme, frozenset()), of_one_fund=False
                    ),
                    "years": row["years"],
                    "spans": [_span(row[measure]) for measure in MAIN],
                    "states": _without(states.get(programme, {}), "area_code", "programme_code"),
                }
            )
        return present, absent

    def by_year(self, level: str, code: str) -> list[dict[str, Any]]:
        """An area's sums over all programmes, the latest year first."""
        row = next((row for row in self.totals[level].get(code, []) if row["programme_code"] == "all"), None)
        if row is None:
            return []
        return [
            {
                "year": year,
                "known": row["funds_known"][place],
                "reporting": row["funds_reporting"][place],
                "values": [row[measure][place] for measure in MAIN],
            }
            for place, year in reversed(list(enumerate(row["years"])))
        ]

    def matrix(self, province: str) -> dict[str, Any]:
        """Findings of a province by amphoe and agency: records with a finding over records sent."""
        wrong: dict[tuple[str | None, str], Row] = {
            (row["amphoe_code"], row["agency_code"]): row for row in self.wrong.get(province, [])
        }
        sent: dict[tuple[str | None, str], int] = {
            (row["amphoe_code"], row["agency_code"]): row["records"] for row in self.sent.get(province, [])
        }
        agencies = [code for code in self.agencies if any(code == agency for _, agency in (*wrong, *sent))]
        rows: list[dict[str, Any]] = []
        for amphoe in [*self.places.amphoe_in.get(province, []), None]:
            cells = [
                {
                    "records": wrong[amphoe, agency]["records"] if (amphoe, agency) in wrong else 0,
                    "findings": wrong[amphoe, agency]["findings"] if (amphoe, agency) in wrong else 0,
                    "sent": sent.get((amphoe, agency), 0),
                }
                for agency in agencies
            ]
            if any(one["records"] or one["sent"] for one in cells):
                rows.append(
                    {"amphoe_code": amphoe, "cells": cells, "findings": sum(one["findings"] for one in cells)}
                )
        for row in rows:
            row["name"] = self.places.amphoe_title(row["amphoe_code"]) if row["amphoe_code"] else None
        rows.sort(key=lambda row: -row["findings"])
        return {"agencies": agencies, "rows": rows}

    def top_problems(self, province: str, amphoe: str | None = None, limit: int = 12) -> list[dict[str, Any]]:
        """The checks with most findings in an area, one row a check and agency."""
        summed: dict[tuple[str, str | None], dict[str, Any]] = {}
        for row in self.problems.get(province, []):
            if amphoe is not None and row["amphoe_code"] != amphoe:
                continue
            key = (row["check_id"], row["agency_code"])
            held = summed.setdefault(key, {**_without(row, "amphoe_code"), "findings": 0, "new": 0})
            held["findings"] += row["findings"]
            held["new"] += row["new"]
        ranked = sorted(
            summed.values(), key=lambda one: (-one["findings"], one["check_id"], one["agency_code"] or "")
        )
        return ranked[:limit]

    def tambon_rows(self, amphoe: str) -> list[dict[str, Any]]:
        """The tambons of an amphoe, named."""
        return [
            {
                **row,
                "name": self.places.tambons.get(
                    row["tambon_code"], Bilingual(row["tambon_code"], row["tambon_code"])
                ),
            }
            for row in self.tambons.get(amphoe, [])
        ]

    def summary(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """A group of tambons counted: how many, how many hold funds, where finance meets welfare, findings."""
        return {
            "tambons": len(rows),
            "with_funds": sum(1 for row in rows if row["funds_known"]),
            "people": _sum(row["population_total"] for row in rows),
            "known": _sum(row["funds_known"] for row in rows),
            "reporting": _sum(row["funds_reporting"] for row in rows),
            "linked": sum(1 for row in rows if row["gap_type"] == "linked"),
            "apart": sum(1 for row in rows if row["gap_type"] not in (None, "linked", "neither")),
            "findings": sum(row["findings"] for row in rows),
        }


def _label(known: Mapping[str, Row], code: str) -> Bilingual:
    row = known.get(code)
    return Bilingual(row["label_th"], row["label_en"]) if row else Bilingual(code, code)


def _span(values: list[float | None]) -> list[float | None] | None:
    return values if sum(value is not None for value in values) > 1 else None


def _sum(values: Any) -> float | None:
    told = [value for value in values if value is not None]
    return sum(told) if told else None


def _without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in names}
