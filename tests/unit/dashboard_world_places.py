"""Facts of two tambons of one amphoe for the hostile world: one with funds of hostile names, one with none."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from dashboard.funds import MAIN

NUMBERS = dict(zip(MAIN, (3.0, 1_500_000.0, 0.0, None, 250.5), strict=True))
NO_NUMBERS: dict[str, Any] = dict.fromkeys(MAIN)


def place_tables(markup: str, turned: str, long: str) -> dict[str, pl.DataFrame]:
    """The tables that the pages of places draw on, by name."""
    here = {"tambon_code": "900101", "amphoe_code": "9001", "province_code": "90", "region_code": "south"}
    there = {**here, "tambon_code": "900102"}
    names = {
        "amphoe_name_th": "เมืองสงขลา", "tambon_name_th": markup, "population_total": 5000.0, "population_male": 2400.0,
        "population_female": 2600.0, "households_total": 1500.0, "population_year": 2025, "fiscal_year": 2025,
        "programme_count": 1, "overdue_ratio": 0.0, "savings_per_capita_thb": 300.0,
    }  # fmt: skip
    welfare = {
        "gap_type": "both_not_linked", "rule_th": "กติกา", "rule_en": "rule", "finance_funds": 2, "welfare_funds": 1,
        "funds_in_both": 0, "finance_funds_paying_welfare": 0, "finance_funds_keeping_welfare": 0,
        "finance_welfare_paid_thb": None, "welfare_funds_paid_thb": 10.0, "welfare_state_money_thb": 0.0,
        "welfare_local_money_thb": 0.0, "state_matching_thb": None, "welfare_memberships": 50.0,
        "welfare_coverage": 0.01, "population_total": 5000.0,
    }  # fmt: skip
    level = {
        "integration_level": 2, "rule_th": "ระดับ 2", "rule_en": "Level 2", "programmes_present": 1, "programmes_reporting": 1,
        "agency_count": 1, "funds": 2, "funds_linked": 1, "has_pilot": True, "has_fund_learning_centre": False,
    }  # fmt: skip
    kind = {"programme_code": "village_fund", "programme_label_th": "กองทุนหมู่บ้าน"}
    fund = {
        **here, "programme_code": "village_fund", "moo": 3, "agencies": "nvf", "list_count": 1, "fund_status": "active",
        "programme_fiscal_year": 2025, "last_fiscal_year": 2025, "reporting_status": "reported", **NUMBERS,
    }  # fmt: skip
    conflict = {
        "fund_id": "F1", "fund_name": turned, "fiscal_year": 2025, "programme_code": "village_fund",
        "preferred_agency_code": "nvf", "preferred_value": 100.0, "preferred_delivery_id": markup, "preferred_sheet": markup,
        "preferred_row_number": 2, "other_agency_code": "nvf", "other_feed_code": "nvf/b", "other_delivery_id": "b",
        "other_sheet": "", "other_row_number": 3, "other_value": 60.0, "gap": -40.0, "gap_ratio": -0.4, "rule_th": "กติกา",
        "rule_en": "rule", "measure_code": "savings_thb", "tambon_code": "900101", "province_code": "90",
    }  # fmt: skip
    area = {"programme_code": "village_fund", "funds_known": 2, "funds_reporting": 1, **NUMBERS}
    areas = [("country", "TH"), ("region", "south"), ("province", "90"), ("amphoe", "9001")]
    site = {
        "site_id": "S1", "site_name": markup, "site_type": "pilot", "site_status": "active", "host_name": markup, "topic": turned,
        "tambon_code": "900101", "amphoe_code": "9001", "province_code": "90", "agency_code": "nvf",
        "delivery_id": "d", "sheet": "", "row_number": 1,
    }  # fmt: skip
    rows: dict[str, list[dict[str, Any]]] = {
        "dim_measure": [
            {"measure_code": code, "programme_code": "", "kind": "fund", "label_th": code, "label_en": code,
             "unit": "persons" if code.endswith("_persons") else "THB", "adds_over_funds": "sum", "adds_over_time": "last",
             "people_or_memberships": "", "definition_th": "ก", "definition_en": "a"}
            for code in MAIN
        ],
        "mart_tambon_profile": [
            {**here, **names, "funds_known": 2, "funds_reporting": 1, **NUMBERS},
            {**there, **names, "funds_known": 0, "funds_reporting": 0, **NO_NUMBERS},
        ],
        "mart_tambon_programme": [
            {**kind, "tambon_code": "900101", "fiscal_year": 2025, "reporting_status": "reported", "funds_known": 2,
             "funds_reporting": 1, **NUMBERS},
            {**kind, "tambon_code": "900102", "fiscal_year": 2025, "reporting_status": "no_fund", "funds_known": 0,
             "funds_reporting": 0, **NO_NUMBERS},
        ],
        "fct_tambon_year": [
            {**kind, "tambon_code": "900101", "fiscal_year": year, "reporting_status": "reported", "funds_known": 2,
             "funds_reporting": 1, **NUMBERS}
            for year in (2024, 2025)
        ],
        "fct_tambon_indicator_year": [],
        "mart_tambon_integration": [{**here, **level}, {**there, **level, "integration_level": 0, "has_pilot": False}],
        "mart_welfare_linkage": [{**here, **welfare}, {**there, **welfare, "gap_type": "neither"}],
        "mart_learning_candidate": [
            {**here, "score": 5, "is_candidate": True, "is_pilot": True, "has_centre": False, "rank_in_region": 1,
             "missing_th": markup, "missing_en": markup, "rule_th": "กติกา", "rule_en": "rule"}
        ],
        "mart_fund_directory": [
            {**fund, "fund_id": "F1", "fund_name": markup},
            {**fund, "fund_id": "F2", "fund_name": turned},
            {**fund, "fund_id": "F3", "fund_name": long, "reporting_status": "not_reported", **NO_NUMBERS},
        ],
        "dim_fund_source": [{"tambon_code": "900101", "programme_code": "village_fund", "agency_code": "nvf"}],
        "dim_site": [site],
        "mart_agency_conflict": [conflict, {**conflict, "fund_id": "F9", "tambon_code": None, "fund_name": markup}],
        "mart_tambon_conflict": [
            {"tambon_code": "900101", "fiscal_year": 2025, "measure_code": "savings_thb", "funds_compared": 1,
             "funds_differing": 1, "published_sum": 100.0, "other_agency_sum": 60.0, "other_agency_difference": -40.0}
        ],
        "mart_agency_agreement": [
            {"feed_code_a": "nvf/village_funds", "feed_code_b": "nvf/b", "measure_code": "savings_thb", "compared": 3,
             "equal": 2, "differing": 1}
        ],
        "mart_area_year": [
            {"area_level": level, "area_code": code, "fiscal_year": year, **area, "programme_code": programme}
            for level, code in areas for year in (2024, 2025) for programme in ("village_fund", "all")
        ],
        "mart_reconciliation": [
            {"kind": "announced", "item_key": "plan/published_totals/X", "measure_code": "funds_known",
             "programme_code": "village_fund", "area_level": "country", "area_code": "TH", "fiscal_year": 2025,
             "as_of_on": date(2025, 3, 1), "stated_value": 10.0, "our_value": 2.0, "source": markup}
        ],
        "fct_published_total": [
            {"feed_code": "plan/published_totals", "total_code": "X", "fund_type": None, "fund_status": "active"}
        ],
        "fct_event_participant": [
            {"event_name": markup, "event_type": "national_forum", "starts_on": date(2007, 3, 29),
             "participant_name": markup, "participant_code": "A"}
        ],
        "mart_forum_pack": [
            {"region_code": "south", "region_name_th": "ใต้", "region_name_en": "South", "event_code": "F", "forum_name": markup,
             "starts_on": date(2007, 1, 30), "ends_on": date(2007, 1, 31), "venue": turned, "tambons": 2,
             "tambons_with_funds": 1, "funds": 3, "funds_linked": 1, "funds_reporting": 2, "memberships": 30.0,
             "people_lower": 10.0, "people_upper": 30.0, "savings_total_thb": 1.5e6, "loans_outstanding_total_thb": 0.0,
             "overdue_ratio": None, "welfare_coverage": 0.01, "funds_not_reporting": 1, "funds_not_listed": 0,
             "funds_without_tambon": 1, "places_unresolved": 0, "tambons_pilot": 1, "tambons_candidate": 1,
             **{f"tambons_level_{level}": 0 for level in range(5)},
             **{f"tambons_{gap}": 0 for gap in ("linked", "both_not_linked", "finance_without_welfare",
                                               "welfare_without_finance", "neither")}}
        ],
        "mart_forum_pack_item": [
            {"region_code": "south", "section": "tambon_gap", "item_rank": 1, "item_code": "900101", "title_th": markup,
             "title_en": markup, "text_th": turned, "text_en": turned, "number": 5000.0}
        ],
    }  # fmt: skip
    made = {
        name: pl.DataFrame(content, infer_schema_length=None) for name, content in rows.items() if content
    }
    made["fct_tambon_indicator_year"] = pl.DataFrame(
        schema={
            "province_code": pl.String, "amphoe_code": pl.String, "feed_code": pl.String, "delivery_id": pl.String,
            "sheet": pl.String, "row_number": pl.Int64,
        }
    )  # fmt: skip
    return made
