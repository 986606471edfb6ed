"""Men and women in each other's column (`fact.sexes_swapped`), and a row with another fund's figures
(`fact.figures_of_another`)."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from expectations.audit_figures import make_figures
from expectations.audit_views import attach_warehouse
from expectations.scratch import scratch

MEASURES = (
    "members_persons",
    "members_male_persons",
    "members_female_persons",
    "savings_thb",
    "loans_outstanding_thb",
)
# One group in three has about as many men as women: there nobody can see them change places.
WORLD = """
    CREATE MACRO draw(i, y, what) AS (hash(i * 7919 + y * 104729, what) % 1000003) / 1000003.0;
    CREATE TABLE dim_tambon AS SELECT '730120' AS tambon_code, '73' AS province_code, 'west' AS region_code;
    CREATE TABLE fct_fund_agency_year AS
    SELECT *, members_male_persons + members_female_persons AS members_persons FROM (
        SELECT concat('S', i) AS source_fund_key, concat('C', i) AS fund_code, concat('กลุ่ม ', i) AS fund_name,
            'satja_group' AS programme_code, CAST(y AS SMALLINT) AS fiscal_year,
            '730120' AS tambon_code, CAST(i AS SMALLINT) AS moo, 'satja/groups' AS feed_code, 'satja' AS agency_code,
            '73' AS province_code, concat('d', y) AS delivery_id, '' AS sheet, CAST(i + 2 AS BIGINT) AS row_number,
            round((60 + i % 50) * (1 + 0.05 * draw(i, y, 'm')))::DOUBLE AS members_male_persons,
            round((60 + i % 50) * (CASE i % 3 WHEN 0 THEN 1 WHEN 1 THEN 2 ELSE 0.5 END) * (1 + 0.05 * draw(i, y, 'f')))::DOUBLE
                AS members_female_persons,
            round(1000000 * (1 + 9 * draw(i, 0, 's')) * (1 + 0.1 * draw(i, y, 's')), -2) AS savings_thb,
            round(900000 * (1 + 9 * draw(i, 0, 'l')) * (1 + 0.2 * draw(i, y, 'l')), -2) AS loans_outstanding_thb
        FROM range(300) AS f(i), range({first}, 2024) AS g(y)
    )
"""
SWAP = """
    UPDATE fct_fund_agency_year SET members_male_persons = members_female_persons, members_female_persons = members_male_persons
    WHERE source_fund_key = '{fund}' AND fiscal_year = {year}
"""
COPY = """
    UPDATE fct_fund_agency_year AS t SET members_persons = o.members_persons, members_male_persons = o.members_male_persons,
        members_female_persons = o.members_female_persons, savings_thb = o.savings_thb,
        loans_outstanding_thb = o.loans_outstanding_thb
    FROM fct_fund_agency_year AS o
    WHERE t.source_fund_key = '{fund}' AND o.source_fund_key = '{of}' AND o.fiscal_year = t.fiscal_year
        AND t.fiscal_year = {year}
"""


def told(folder: Path, table: str, flag: str, *changes: str, first: int = 2021) -> list[tuple[str, int]]:
    """Fund and year of the rows of an audit table that have the flag."""
    path = folder / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(WORLD.format(first=first))
        for change in changes:
            con.execute(change)
    with scratch() as database:
        attach_warehouse(database, path)
        make_figures(database, list(MEASURES))
        rows = database.rows(
            f"SELECT r.source_fund_key, r.fiscal_year FROM {table} INNER JOIN figure_row AS r USING (rid) WHERE {flag}"
        )
    return sorted((str(fund), int(str(year))) for fund, year in rows)


@pytest.mark.parametrize("year", [2021, 2022, 2023])
def test_men_and_women_who_change_places_for_one_year_are_told_in_that_year(
    tmp_path: Path, year: int
) -> None:
    assert told(tmp_path, "audit_swap", "is_swapped", SWAP.format(fund="S7", year=year)) == [("S7", year)]


def test_of_two_years_the_later_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, "audit_swap", "is_swapped", SWAP.format(fund="S7", year=2022), first=2022) == [
        ("S7", 2023)
    ]


def test_where_both_are_nearly_as_many_or_really_change_nothing_is_told(tmp_path: Path) -> None:
    doubled = (
        "UPDATE fct_fund_agency_year SET members_male_persons = members_male_persons * 3 "
        "WHERE source_fund_key = 'S8' AND fiscal_year = 2023"
    )
    assert told(tmp_path, "audit_swap", "is_swapped", SWAP.format(fund="S6", year=2022), doubled) == []


@pytest.mark.parametrize("year", [2021, 2022, 2023])
@pytest.mark.parametrize(("fund", "of"), [("S7", "S8"), ("S8", "S7")])
def test_the_copy_is_told_and_not_the_row_it_was_copied_from(
    tmp_path: Path, year: int, fund: str, of: str
) -> None:
    assert told(tmp_path, "audit_copy", "is_copy", COPY.format(fund=fund, of=of, year=year)) == [(fund, year)]


def test_in_a_first_year_the_later_row_is_told_without_being_sure(tmp_path: Path) -> None:
    change = COPY.format(fund="S7", of="S8", year=2023)
    assert told(tmp_path, "audit_copy", "is_copy AND NOT is_sure", change, first=2023) == [("S8", 2023)]


def test_a_new_fund_with_an_old_ones_figures_is_the_copy_and_one_fund_twice_is_told_elsewhere(
    tmp_path: Path,
) -> None:
    new = (
        "INSERT INTO fct_fund_agency_year SELECT * REPLACE ('S900' AS source_fund_key, 'C900' AS fund_code, "
        "'กลุ่มใหม่' AS fund_name, {moo} AS moo, 1 AS row_number) "
        "FROM fct_fund_agency_year WHERE source_fund_key = 'S7' AND fiscal_year = 2023"
    )
    assert told(tmp_path, "audit_copy", "is_copy AND is_sure", new.format(moo=99)) == [("S900", 2023)]
    (tmp_path / "twin").mkdir()
    assert told(tmp_path / "twin", "audit_copy", "is_copy", new.format(moo="moo")) == []


def test_common_figures_are_shared_by_chance(tmp_path: Path) -> None:
    common = """
        UPDATE fct_fund_agency_year SET savings_thb = 100000 * (1 + row_number % 7),
            loans_outstanding_thb = 50000 * (1 + row_number % 11), members_male_persons = 30 + row_number % 3,
            members_female_persons = 30 + row_number % 3, members_persons = 60 + 2 * (row_number % 3)
    """
    limit = "is_copy AND chance <= 0.001"
    assert told(tmp_path, "audit_copy", limit, common) == []
