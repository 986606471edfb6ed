"""One page a tambon: what it holds, who reports it, how it went over ten years, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from dashboard import paths
from dashboard.areas import TAMBON_JOINS
from dashboard.funds import MAIN, YEARS, asked_of, figures, measures
from dashboard.model import Bilingual, Page
from dashboard.places import load_places
from dashboard.source import Row, Source

FINDINGS: Final = 12
CONFLICTS: Final = 10
OTHER_MEASURES: Final = 12
SHARE: Final = 450
"""Tambons whose rows are held at a time."""


def shares(source: Source) -> list[tuple[str, str]]:
    """First and last code of each run of tambons; none where the release has no facts."""
    codes = sorted(load_places(source).tambons)
    return [(run[0], run[-1]) for at in range(0, len(codes), SHARE) if (run := codes[at : at + SHARE])]


def pages(source: Source, share: tuple[str, str] | None = None) -> Iterator[Page]:
    """A page for every tambon of today, or for those from the first code of a share to its last."""
    for first, last in [share] if share else shares(source):
        shared = source.once("tambon", lambda: _Shared(source))
        rows = _rows(source, first, last, shared)
        for code in sorted(shared.places.tambons):
            if first <= code <= last:
                yield _page(code, rows, shared)


class _Shared:
    """What all pages of tambons draw on."""

    def __init__(self, source: Source) -> None:
        self.places = load_places(source)
        self.measures = measures(source)
        self.asked = asked_of(source, list(self.measures))
        self.agencies = {
            row["agency_code"]: Bilingual(row["short_th"], row["short_en"])
            for row in source.rows("SELECT agency_code, short_th, short_en FROM dim_agency")
        }
        self.programmes = {
            row["programme_code"]: Bilingual(row["label_th"], row["label_en"])
            for row in source.rows(
                "SELECT programme_code, label_th, label_en FROM dim_programme ORDER BY preference"
            )
        }
        self.neighbours = source.grouped("amphoe_code", NEIGHBOURS)


NEIGHBOURS: Final = f"""
SELECT profile.amphoe_code, profile.tambon_code, profile.population_total, profile.funds_known, profile.funds_reporting,
    profile.savings_per_capita_thb, profile.overdue_ratio, integration.integration_level, welfare.gap_type,
    coalesce(finding.findings, 0) AS findings
{TAMBON_JOINS}
ORDER BY profile.amphoe_code, profile.tambon_name_th, profile.tambon_code
"""


def _rows(source: Source, first: str, last: str, shared: _Shared) -> dict[str, dict[str, list[Row]]]:
    """Everything about a run of tambons, by question and then by tambon: one query a question."""
    others = [code for code in shared.measures if code not in MAIN]
    all_measures = ", ".join([*MAIN, *others])
    spans = ", ".join(f"list({code} ORDER BY fiscal_year) AS {code}" for code in MAIN)
    between = "tambon_code BETWEEN ? AND ?"

    def of(sql: str) -> dict[str, list[Row]]:
        return source.grouped("tambon_code", sql, [first, last])

    return {
        "profile": of(
            "SELECT tambon_code, population_year, population_total, population_male, population_female, households_total, "
            "fiscal_year, funds_known, funds_reporting, programme_count, overdue_ratio, savings_per_capita_thb, "
            f"{', '.join(MAIN)} FROM mart_tambon_profile WHERE {between}"
        ),
        "programme": of(
            "SELECT facts.* FROM (SELECT tambon_code, programme_code, fiscal_year, reporting_status, funds_known, "
            f"funds_reporting, {all_measures} FROM mart_tambon_programme WHERE {between}) AS facts "
            "JOIN dim_programme USING (programme_code) ORDER BY tambon_code, preference"
        ),
        "years": of(
            f"SELECT tambon_code, programme_code, list(fiscal_year ORDER BY fiscal_year) AS years, {spans} FROM fct_tambon_year "
            f"WHERE {between} AND fiscal_year > (SELECT max(fiscal_year) FROM fct_tambon_year) - {YEARS} "
            "GROUP BY ALL HAVING max(funds_known) > 0 ORDER BY tambon_code, programme_code"
        ),
        "reporters": of(
            "SELECT tambon_code, programme_code, list_sort(list(DISTINCT agency_code)) AS agencies FROM dim_fund_source "
            f"WHERE {between} GROUP BY ALL ORDER BY ALL"
        ),
        "fund": of(
            f"SELECT tambon_code, fund_id, fund_name, moo, programme_code, agencies, list_count, fund_status, "
            f"programme_fiscal_year, last_fiscal_year, reporting_status, {', '.join(MAIN)} "
            f"FROM mart_fund_directory WHERE {between} ORDER BY tambon_code, programme_code, moo NULLS LAST, fund_name, fund_id"
        ),
        "welfare": of(
            "SELECT tambon_code, gap_type, rule_th, rule_en, finance_funds, welfare_funds, funds_in_both, "
            "finance_funds_paying_welfare, finance_funds_keeping_welfare, finance_welfare_paid_thb, "
            "welfare_funds_paid_thb, welfare_state_money_thb, welfare_local_money_thb, state_matching_thb, welfare_memberships, "
            f"welfare_coverage FROM mart_welfare_linkage WHERE {between}"
        ),
        "integration": of(
            "SELECT tambon_code, integration_level, rule_th, rule_en, programmes_present, programmes_reporting, "
            f"agency_count, funds, funds_linked, has_pilot, has_fund_learning_centre FROM mart_tambon_integration WHERE {between}"
        ),
        "finding": of(
            "SELECT tambon_code, finding_id, check_id, severity, agency_code, column_name, value, suggested_value, suggestion, "
            f"file_name, sheet, row_number, message_th, message_en, life FROM dq_finding WHERE {between} "
            "AND check_id NOT LIKE 'fact.agency_conflict%' ORDER BY tambon_code, "
            "CASE severity WHEN 'block' THEN 0 WHEN 'warn' THEN 1 ELSE 2 END, check_id, finding_id"
        ),
        "conflict": of(
            "SELECT tambon_code, fund_id, fund_name, fiscal_year, measure_code, preferred_agency_code, preferred_value, "
            f"other_agency_code, other_value, gap, gap_ratio FROM mart_agency_conflict WHERE {between} "
            "QUALIFY fiscal_year = max(fiscal_year) OVER (PARTITION BY fund_id, measure_code, other_feed_code) "
            "ORDER BY tambon_code, abs(coalesce(gap_ratio, 0)) DESC, fund_id, measure_code"
        ),
        "site": of(
            f"SELECT tambon_code, site_name, site_type, site_status, host_name, topic FROM dim_site WHERE {between} "
            "ORDER BY tambon_code, site_type NULLS LAST, site_name"
        ),
        "former": of(
            "SELECT today.tambon_code, former.tambon_code AS former_code, former.name_th, former.name_en, former.valid_to "
            "FROM dim_tambon AS today JOIN dim_tambon AS former USING (tambon_unit_id) "
            "WHERE today.tambon_code BETWEEN ? AND ? AND today.is_current AND NOT former.is_current "
            "ORDER BY today.tambon_code, former.tambon_code"
        ),
    }


def _page(code: str, rows: dict[str, dict[str, list[Row]]], shared: _Shared) -> Page:
    places = shared.places

    def one(name: str) -> Row | None:
        found = rows[name].get(code)
        return found[0] if found else None

    def many(name: str) -> list[Row]:
        return rows[name].get(code, [])

    findings = many("finding")
    conflicts = many("conflict")
    disputed = {row["fund_id"] for row in conflicts}
    present, absent = _programmes(many("programme"), many("years"), many("reporters"), shared)
    data: dict[str, Any] = {
        "code": code,
        "province_code": code[:2],
        "amphoe_code": code[:4],
        "amphoe": places.amphoe_title(code[:4]),
        "province": places.province_title(code[:2]),
        "region": places.regions.get(places.region_of.get(code[:2], "")),
        "profile": one("profile"),
        "integration": one("integration"),
        "welfare": one("welfare"),
        "programmes": present,
        "absent": absent,
        "funds": _funds(many("fund"), disputed, shared),
        "fund_count": len(many("fund")),
        "findings": [_without(row, "tambon_code") for row in findings[:FINDINGS]],
        "finding_count": len(findings),
        "conflicts": [
            {
                **_without(row, "tambon_code"),
                "measure": _label(shared.measures, row["measure_code"]),
                "unit": shared.measures.get(row["measure_code"], {}).get("unit"),
                "preferred": shared.agencies.get(row["preferred_agency_code"]),
                "other": shared.agencies.get(row["other_agency_code"]),
            }
            for row in conflicts[:CONFLICTS]
        ],
        "conflict_count": len(conflicts),
        "sites": [_without(row, "tambon_code") for row in many("site")],
        "former": [_without(row, "tambon_code") for row in many("former")],
        "neighbours": [
            {
                **row,
                "name": places.tambons.get(
                    row["tambon_code"], Bilingual(row["tambon_code"], row["tambon_code"])
                ),
            }
            for row in shared.neighbours.get(code[:4], [])
        ],
        "agencies": shared.agencies,
        "heads": [_label(shared.measures, measure) for measure in MAIN],
        "main": MAIN,
    }
    return Page(
        path=paths.tambon(code),
        kind="tambon",
        template="tambon.html",
        title=places.tambon_title(code),
        data=data,
        crumbs=places.crumbs(code),
    )


def _programmes(
    facts: list[Row], years: list[Row], reporters: list[Row], shared: _Shared
) -> tuple[list[dict[str, Any]], list[Bilingual]]:
    """Programmes with a fund here, and the names of those without."""
    spans = {row["programme_code"]: row for row in years}
    who = {row["programme_code"]: row["agencies"] for row in reporters}
    present, absent = [], []
    for row in facts:
        programme = row["programme_code"]
        name = shared.programmes.get(programme, Bilingual(programme, programme))
        if row["reporting_status"] == "no_fund":
            absent.append(name)
            continue
        asked = shared.asked.get(programme, frozenset())
        span = spans.get(programme)
        present.append(
            {
                "code": programme,
                "name": name,
                "year": row["fiscal_year"],
                "status": row["reporting_status"],
                "known": row["funds_known"],
                "reporting": row["funds_reporting"],
                "agencies": [code for code in who.get(programme, []) if code in shared.agencies],
                "figures": figures(row, row["reporting_status"], asked, of_one_fund=row["funds_known"] == 1),
                "years": span["years"] if span else [],
                "spans": [_span(span[code]) if span else None for code in MAIN],
                "others": _others(row, shared),
            }
        )
    return present, absent


def _span(values: list[float | None]) -> list[float | None] | None:
    """Values over the years, if there are two at least."""
    return values if sum(value is not None for value in values) > 1 else None


def _others(row: Row, shared: _Shared) -> list[list[Any]]:
    """The programme's further measures of money, households and funds, the largest first: label, unit, value."""
    told = [
        (code, measure, row[code])
        for code, measure in shared.measures.items()
        if code not in MAIN and not code.endswith("_persons") and row[code] is not None
    ]
    told.sort(key=lambda item: (item[1]["unit"] != "THB", -abs(item[2]), item[0]))
    return [
        [_label(shared.measures, code), measure["unit"], value, code]
        for code, measure, value in told[:OTHER_MEASURES]
    ]


def _funds(rows: list[Row], disputed: set[str], shared: _Shared) -> list[dict[str, Any]]:
    """Every fund by programme, in the order of the programmes."""
    by_programme = {
        programme: [
            {
                "id": row["fund_id"],
                "name": row["fund_name"],
                "moo": row["moo"],
                "agencies": [code for code in (row["agencies"] or "").split(",") if code in shared.agencies],
                "closed": row["fund_status"] if row["fund_status"] != "active" else None,
                "year": row["programme_fiscal_year"],
                "last": row["last_fiscal_year"],
                "status": row["reporting_status"],
                "disputed": row["fund_id"] in disputed,
                "figures": figures(
                    row, row["reporting_status"], shared.asked.get(programme, frozenset()), of_one_fund=True
                ),
            }
            for row in held
        ]
        for programme, held in groupby(rows, key=lambda row: row["programme_code"])
    }
    known = [code for code in shared.programmes if code in by_programme]
    return [
        {
            "code": code,
            "name": shared.programmes.get(code, Bilingual(code, code)),
            "funds": by_programme[code],
        }
        for code in [*known, *(code for code in by_programme if code not in shared.programmes)]
    ]


def _label(known: dict[str, Row], code: str) -> Bilingual:
    row = known.get(code)
    return Bilingual(row["label_th"], row["label_en"]) if row else Bilingual(code, code)


def _without(row: Row, *names: str) -> Row:
    return {key: value for key, value in row.items() if key not in names}
