"""Each plausibility, arithmetic, identity, coverage, area and site check broken on purpose; and what looks alike and is right.

One warehouse carries all the mistakes, each in funds of its own, so that what one check tells is not told twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from expectations.audit import audit_warehouse
from ingest.contract import load_contracts
from ingest.home import Home
from tests.unit.audit_world import build_warehouse

NOW = datetime(2025, 11, 1, tzinfo=UTC)
FUND = "UPDATE fct_fund_year SET {what} WHERE fund_id = '{fund}'"
# A programme that grows by a tenth a year, every fund a little differently: else nothing is usual.
ALIVE = """
    UPDATE fct_fund_year SET
        savings_thb = round(savings_thb * pow(1.1,
            fiscal_year - 2020) * (1 + row_number * 0.013 + ((row_number * fiscal_year) % 7) * 0.006)),
        loans_outstanding_thb = round(loans_outstanding_thb * pow(1.08, fiscal_year - 2020)
            * (1 + row_number * 0.011 + ((row_number * fiscal_year) % 5) * 0.007)),
        loans_overdue_thb = round(loans_overdue_thb * (1 + ((row_number * fiscal_year) % 9) * 0.05)),
        members_male_persons = 40 + (row_number + fiscal_year) % 9
"""
SAME_TOTAL = "UPDATE fct_fund_year SET members_persons = members_male_persons + members_female_persons"
CHANGES = (
    ALIVE,
    SAME_TOTAL,
    "UPDATE fct_fund_year SET government_capital_thb = 1000000",
    FUND.format(what="savings_thb = savings_thb * 1000", fund="F0") + " AND fiscal_year = 2023",
    FUND.format(what="savings_thb = savings_thb * 10", fund="F1") + " AND fiscal_year = 2022",
    FUND.format(what="savings_thb = round(savings_thb / 1000)", fund="F2") + " AND fiscal_year = 2021",
    FUND.format(what="savings_thb = savings_thb * 37", fund="F3") + " AND fiscal_year = 2023",
    FUND.format(what="savings_thb = savings_thb * 37", fund="F4") + " AND fiscal_year = 2022",
    FUND.format(what="savings_thb = 0", fund="F5") + " AND fiscal_year = 2023",
    # New this year: one sum in satang where all others are in baht, and a whole row.
    "DELETE FROM fct_fund_year WHERE fund_id IN ('F6', 'F7') AND fiscal_year < 2023",
    FUND.format(what="savings_thb = savings_thb * 1000", fund="F6"),
    FUND.format(
        what="savings_thb = savings_thb * 1000, loans_outstanding_thb = loans_outstanding_thb * 1000, "
        "loans_overdue_thb = loans_overdue_thb * 1000",
        fund="F7",
    ),
    # The whole row of last year again; and one figure for three years.
    "UPDATE fct_fund_year AS t SET savings_thb = b.savings_thb, loans_outstanding_thb = b.loans_outstanding_thb, "
    "loans_overdue_thb = b.loans_overdue_thb, members_male_persons = b.members_male_persons, members_persons = b.members_persons "
    "FROM fct_fund_year AS b WHERE t.fund_id = 'F8' AND b.fund_id = 'F8' AND t.fiscal_year = 2023 AND b.fiscal_year = 2022",
    FUND.format(what="savings_thb = 1234567", fund="F9"),
    FUND.format(what="loans_outstanding_thb = 60000000, loans_overdue_thb = 0", fund="F10"),
    FUND.format(
        what="programme_code = 'poverty_fund', capital_thb = 280000, loans_outstanding_thb = 300000",
        fund="F11",
    ),
    FUND.format(what="assets_thb = 100", fund="F12"),
    FUND.format(what="welfare_paid_thb = 900000, income_members_thb = 1000", fund="F13"),
    FUND.format(what="loans_overdue_thb = loans_outstanding_thb", fund="F14"),
    FUND.format(what="members_persons = 940, members_male_persons = 880", fund="F15"),
    FUND.format(what="founded_on = DATE '2557-03-01'", fund="F16"),
    # The same group again under a code of its own.
    "INSERT INTO fct_fund_year SELECT * REPLACE ('F90' AS fund_id, 'S90' AS source_fund_key, 'C90' AS fund_code, "
    "row_number + 200 AS row_number) FROM fct_fund_year WHERE fund_id = 'F18'",
    FUND.format(what="fund_name = 'กองทุนสวัสดิการบ้านใหม่สามัคคีธรรม', founded_on = DATE '2019-05-05'", fund="F19")
    + " AND fiscal_year = 2023",
    "UPDATE fct_fund_year SET juristic_number = '0994000123456' WHERE fund_id IN ('F20', 'F21')",
    "UPDATE fct_fund_year SET moo = 77 WHERE fund_id IN ('F22', 'F24')",
    "DELETE FROM fct_fund_year WHERE fund_id = 'F26' AND fiscal_year = 2022",
    # In another province for good, and for one year only.
    FUND.format(what="tambon_code = '500101', tambon_unit_id = 'U500101', province_code = '50'", fund="F37")
    + " AND fiscal_year >= 2022",
    FUND.format(what="tambon_code = '500101', tambon_unit_id = 'U500101', province_code = '50'", fund="F38")
    + " AND fiscal_year = 2022",
    # Another feed of the same funds: a province gone, a year left out, most of them silent.
    "INSERT INTO fct_fund_year SELECT * REPLACE (concat('G', fund_id) AS fund_id, concat('G', "
    "source_fund_key) AS source_fund_key, "
    "'codi/welfare_funds' AS feed_code, 'codi' AS agency_code, 'welfare_fund' AS programme_code, "
    "concat('W', fund_code) AS fund_code, "
    "'99' AS province_code, NULL AS juristic_number) FROM fct_fund_year WHERE fiscal_year IN (2021, "
    "2023) AND row_number BETWEEN 20 AND 50",
    "INSERT INTO fct_fund_year SELECT * REPLACE (concat('H', fund_id) AS fund_id, concat('H', "
    "source_fund_key) AS source_fund_key, "
    "'cdd/savings_groups' AS feed_code, 'cdd' AS agency_code, 'savings_group' AS programme_code, "
    "concat('V', fund_code) AS fund_code, "
    "CASE WHEN row_number % 2 = 0 THEN '71' ELSE '72' END AS province_code, NULL AS juristic_number, "
    "'not_reported' AS reporting_status) "
    "FROM fct_fund_year WHERE feed_code = 'nvf/village_funds'",
    "DELETE FROM fct_fund_year WHERE feed_code = 'cdd/savings_groups' AND fiscal_year = 2023 AND "
    "(province_code = '71' OR row_number % 3 <> 0)",
    "UPDATE fct_fund_year SET savings_thb = savings_thb / 1000 WHERE feed_code = 'cdd/savings_groups' AND fiscal_year = 2022",
    "INSERT INTO fct_tambon_indicator_year SELECT area_key, code, y, tambon_code, v, feed, true, 'a2023', '', 1 FROM (VALUES "
    "('households_total', 2023, 700, 'nesdc/population'), ('poverty_surveyed_persons', 2023, 5000, 'nesdc/poverty'), "
    "('welfare_recipients_persons', 2023, 9000, 'msdhs/welfare')) AS x(code, y, v, feed), "
    "(SELECT DISTINCT area_key, tambon_code FROM fct_tambon_indicator_year WHERE area_key = '730120')",
    "INSERT INTO fct_tambon_indicator_year SELECT t.* REPLACE (concat('9000', n) AS area_key, NULL AS tambon_code) "
    "FROM fct_tambon_indicator_year AS t, range(10, 20) AS g(n) WHERE area_key = '730121'",
    "INSERT INTO fct_tambon_indicator_year SELECT t.* REPLACE (CAST(y AS SMALLINT) AS calendar_year, "
    "CASE WHEN area_key = '730121' AND y = 2021 "
    "AND indicator_code = 'population_total' THEN 7000 ELSE value END AS value) FROM "
    "fct_tambon_indicator_year AS t, (VALUES (2021), (2022)) AS g(y) "
    "WHERE feed_code = 'nesdc/population'",
    "UPDATE int_place_resolved SET method = 'conflict', tambon_code = NULL WHERE place_id = 'P1'",
    "INSERT INTO stg_site SELECT * REPLACE ('N90' AS site_code, 90 AS row_number) FROM stg_site WHERE site_code = 'N2'",
    "INSERT INTO stg_site SELECT * REPLACE ('N91' AS site_code, 'x' AS site_name, 91 AS row_number, "
    "48.8 AS latitude, 2.3 AS longitude) "
    "FROM stg_site WHERE site_code = 'N2'",
    "INSERT INTO stg_site SELECT * REPLACE ('N92' AS site_code, 'y' AS site_name, 92 AS row_number, "
    "NULL AS reported_tambon_code, "
    "'ไม่มีตำบลนี้' AS reported_tambon) FROM stg_site WHERE site_code = 'N2'",
    "INSERT INTO fct_event_participant SELECT * REPLACE ('E2' AS event_code, NULL AS region_code, DATE "
    "'2007-03-08' AS starts_on, "
    "DATE '2007-03-01' AS ends_on, CAST(2010 AS SMALLINT) AS fiscal_year) FROM fct_event_participant",
)
# What each mistake is told by: (check, fund or record's row, year), and what to type instead where that is known.
TOLD = {
    "fact.unit_slip:savings_thb": [("F0", 2023), ("F1", 2022), ("F2", 2021)],
    "fact.yearly_jump:savings_thb": [("F3", 2023)],
    "fact.spike:savings_thb": [("F4", 2022)],
    "fact.fell_to_zero:savings_thb": [("F5", 2023)],
    "fact.out_of_row:savings_thb": [("F6", 2023)],
    "fact.peer_outlier:savings_thb": [("F7", 2023)],
    "fact.frozen_values": [("F8", 2023)],
    "fact.frozen_years": [("F10", 2023), ("F9", 2023)],
    "fact.loans_above_funds": [("F10", 2021), ("F10", 2022), ("F10", 2023)],
    "fact.loans_above_capital": [("F11", 2021), ("F11", 2022), ("F11", 2023)],
    "fact.assets_cover": [("F12", 2021), ("F12", 2022), ("F12", 2023)],
    "fact.welfare_paid_within": [("F13", 2021), ("F13", 2022), ("F13", 2023)],
    "fact.all_overdue": [("F14", 2021), ("F14", 2022), ("F14", 2023)],
    "fact.members_above_people": [("F15", 2021), ("F15", 2022), ("F15", 2023)],
    "fact.founded_after_report": [("F16", 2021), ("F16", 2022), ("F16", 2023)],
    "fact.likely_duplicate": [("F90", 2023)],
    "fact.code_reused": [("F19", 2023)],
    "fact.province_moved": [("F37", 2022), ("F38", 2022)],
    "fact.number_shared": [(fund, year) for fund in ("F20", "F21") for year in (2021, 2022, 2023)],
    "fact.two_funds_one_village": [(fund, year) for fund in ("F24", "F90") for year in (2021, 2022, 2023)],
    "fact.vanished_and_back": [("F26", 2023)],
}
ELSEWHERE = {
    "fact.unit_of_file": {"savings_thb"},
    "cov.province_missing": {"71"},
    "cov.funds_missing": {"72"},
    "cov.not_reported": {"72"},
    "feed.year_missing": {"codi/welfare_funds"},
    "area.figure_far": {"population_total"},
    "area.frozen_values": {"population_total"},
    "area.people_as_households": {"population_total"},
    "area.surveyed_within_people": {"poverty_surveyed_persons"},
    "area.recipients_within_people": {"welfare_recipients_persons"},
    "site.in_thailand": {"nfe/learning_centres"},
    "site.in_province": {"nfe/learning_centres"},
    "site.stands_once": {"nfe/learning_centres"},
    "event.days_in_order": {"codi/forums"},
    "event.day_in_year": {"codi/forums"},
    "event.region_given": {"codi/forums"},
}


def audited(folder: Path, *changes: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Findings and results of a warehouse of three years, spoiled so."""
    warehouse, inputs = build_warehouse(folder / "build", *changes, years=3)
    contracts = {"nvf/village_funds": load_contracts()["nvf/village_funds"]}
    result = audit_warehouse(
        Home(folder / "home"), warehouse, "b1", inputs, None, (), contracts=contracts, now=NOW
    )
    assert not [reason for reason in result.blocking if "Could not be checked" in reason.message_en]
    return (pl.read_parquet(result.folder / f"{table}.parquet") for table in ("dq_finding", "dq_result"))  # type: ignore[return-value]


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Everything that is told of the spoiled warehouse."""
    findings, _ = audited(tmp_path_factory.mktemp("spoiled"), *CHANGES)
    return findings.with_columns(check=pl.col("check_id").str.split(":").list.first())


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A programme that grows, with a real tenfold increase of all funds, a quota and a fund that is simply large."""
    return audited(
        tmp_path_factory.mktemp("sound"),
        ALIVE,
        SAME_TOTAL,
        "UPDATE fct_fund_year SET government_capital_thb = 1000000",
        # A measure of which every fund has ten times as much from one year on: of the list, not of a fund.
        "UPDATE fct_fund_year SET special_deposits_thb = savings_thb * (CASE WHEN fiscal_year >= 2022 THEN 4 ELSE 1 END)",
        FUND.format(what="savings_thb = savings_thb * 12", fund="F30"),
        # Renamed where it is; moved with its name.
        FUND.format(what="fund_name = 'กลุ่มออมทรัพย์บ้านใหม่พัฒนา'", fund="F31") + " AND fiscal_year = 2023",
        FUND.format(what="moo = 55", fund="F32") + " AND fiscal_year = 2023",
        # A province that was divided: another code of the same area.
        FUND.format(what="tambon_code = '730119'", fund="F38") + " AND fiscal_year < 2022",
        # Two groups of one name in two villages; a neighbour with the same founding day.
        FUND.format(what="fund_name = 'กลุ่มออมทรัพย์กก'", fund="F34"),
        FUND.format(what="founded_on = DATE '2001-01-01'", fund="F36"),
        # Grew fivefold and stayed there.
        FUND.format(what="savings_thb = savings_thb * 4", fund="F33") + " AND fiscal_year >= 2022",
    )


@pytest.mark.parametrize("check", TOLD)
def test_a_mistake_is_told_where_it_stands_and_nowhere_else(spoiled: pl.DataFrame, check: str) -> None:
    found = spoiled.filter(pl.col("check_id") == check, pl.col("feed_code") == "nvf/village_funds")
    assert sorted(found.select("fund_id", "fiscal_year").rows()) == sorted(TOLD[check])
    assert found["record_key"].null_count() == 0
    assert found["field"].null_count() == 0
    assert found["confidence"].is_between(0.0, 1.0).all()
    assert found.filter(pl.col("row_number").is_null()).is_empty()


@pytest.mark.parametrize("check", ELSEWHERE)
def test_what_is_no_funds_own_mistake_is_told_too(spoiled: pl.DataFrame, check: str) -> None:
    found = spoiled.filter(pl.col("check") == check)
    text = {str(value) for row in found.select("field", "feed_code", "record_key").rows() for value in row}
    assert all(any(word in one for one in text) for word in ELSEWHERE[check]), text


def test_places_of_sites_are_counted_and_told_at_the_door(tmp_path: Path) -> None:
    """site.place_conflict and site.place_resolved."""
    findings, results = audited(
        tmp_path, *(change for change in CHANGES if "int_place" in change or "N92" in change)
    )
    counted = results.filter(pl.col("check_id").str.starts_with("site.place_"), pl.col("numerator") > 0)
    assert set(counted["check_id"]) == {"site.place_conflict", "site.place_resolved"}
    assert findings.filter(pl.col("check_id").str.starts_with("site.place_")).is_empty()


def test_a_slip_comes_with_the_figure_to_type(spoiled: pl.DataFrame) -> None:
    slips = spoiled.filter(check="fact.unit_slip", feed_code="nvf/village_funds")
    mended = [round(float(v) / 1_000_000) for v in slips["suggested_value"]]
    assert mended == [1, 1, 1]
    assert (slips["confidence"] >= 0.9).all()
    people = spoiled.filter(check="fact.members_above_people")
    assert people["suggestion"].str.contains("700").all()
    twin = spoiled.filter(check="fact.likely_duplicate")
    assert twin["suggestion"].str.contains("C18").all()


def test_what_grows_moves_or_is_large_is_no_mistake(sound: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    findings, results = sound
    # The files that the marts are compared with stand as they were.
    assert set(findings["check_id"]) <= {"feed.stale", "rel.sum_conformed_fact"}
    # And yet all of it was looked at.
    looked = results.filter(pl.col("denominator") > 0)["check_id"].str.split(":").list.first().unique()
    assert {
        "fact.unit_slip",
        "fact.peer_outlier",
        "fact.frozen_values",
        "fact.code_reused",
        "fact.likely_duplicate",
    } <= set(looked)


def test_screens_look_at_a_list_and_name_no_fund(tmp_path: Path) -> None:
    """fact.first_digits and fact.rounded_counts."""
    findings, _ = audited(
        tmp_path,
        "INSERT INTO fct_fund_year SELECT t.* REPLACE (concat('X', n, '-', row_number) AS fund_id, "
        "concat('X', n, '-', row_number) AS source_fund_key, "
        "concat('X', n, '-', row_number) AS fund_code, 5 * pow(10, (n + row_number) % 5) AS "
        "savings_thb, members_persons AS members_persons, "
        "20 + 10 * ((n + row_number) % 9) AS borrowers_persons, NULL AS moo) FROM fct_fund_year AS t, range(10) AS g(n)",
    )
    screens = findings.filter(pl.col("check_id").is_in(["fact.first_digits", "fact.rounded_counts"]))
    assert set(screens.select("check_id", "field").rows()) >= {
        ("fact.first_digits", "savings_thb"),
        ("fact.rounded_counts", "borrowers_persons"),
    }
    assert screens["severity"].unique().to_list() == ["info"]
    assert screens["fund_id"].null_count() == screens.height


def test_surveyed_people_are_held_against_men_and_women_where_the_total_is_wrong(tmp_path: Path) -> None:
    """The total is households; the survey's figure is not accused of it."""
    survey = (
        "INSERT INTO fct_tambon_indicator_year SELECT area_key, 'poverty_surveyed_persons', 2023, tambon_code, {people}, "
        "'nesdc/poverty', true, 'a2023', '', 1 FROM (SELECT DISTINCT area_key, tambon_code FROM fct_tambon_indicator_year "
        "WHERE area_key = '730120')"
    )
    households = "UPDATE fct_tambon_indicator_year SET value = 250 WHERE indicator_code = 'population_total'"
    for people, count in ((600, 0), (900, 1)):
        folder = tmp_path / str(people)
        findings, _ = audited(folder, households, survey.format(people=people))
        assert findings.filter(check_id="area.surveyed_within_people").height == count
