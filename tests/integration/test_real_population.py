"""The real registration counts by tambon (2007 to 2021) through the whole job: docs/real-population.md."""

from __future__ import annotations

import json
import re
import shutil

import polars as pl
import pytest

from ingest.home import Home
from orchestration.run import run_refresh
from tests.integration.conftest import Tambon
from tests.integration.homes import REAL, ROOT, table, working_in

PANEL = REAL / "population_by_tambon_panel.csv"
YEARS = [2007, 2012, 2017, 2019, 2020, 2021]
MEASURES = {
    "population_total": "total",
    "population_male": "male",
    "population_female": "female",
    "households_total": "households",
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PANEL.exists(), reason="shared/real/population_by_tambon_panel.csv is not here"),
]


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    return pl.read_csv(PANEL, schema_overrides={"geocode": pl.String})


@pytest.fixture(scope="module")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("real") / "home")
    inbox = home.inbox / "nesdc" / "population"
    inbox.mkdir(parents=True)
    shutil.copyfile(PANEL, inbox / PANEL.name)
    with working_in(home):
        build = run_refresh(home)
    assert build.outcome == "published", build.reason
    return home


@pytest.fixture(scope="module")
def facts(real_home: Home) -> pl.DataFrame:
    return table(real_home, "fct_tambon_indicator_year")


@pytest.fixture(scope="module")
def places(real_home: Home) -> pl.DataFrame:
    return table(real_home, "dim_place")


def test_every_row_is_admitted_and_marked_real(real_home: Home, panel: pl.DataFrame) -> None:
    # Beside it come the facts that ship with the program: forums and announced totals.
    delivery = table(real_home, "dq_delivery").filter(feed_code="nesdc/population")
    assert delivery.select("status", "rows_in", "rows_conformed", "rows_rejected", "is_synthetic").rows() == [
        ("admitted", panel.height, panel.height, 0, False)
    ]
    assert real_home.kind() == "real"


@pytest.mark.parametrize(("indicator", "column"), list(MEASURES.items()))
def test_country_totals_are_the_sums_of_the_files_rows(
    facts: pl.DataFrame, panel: pl.DataFrame, indicator: str, column: str
) -> None:
    published = facts.filter(indicator_code=indicator).group_by("calendar_year").agg(pl.col("value").sum())
    in_file = panel.group_by("year_ce").agg(pl.col(column).sum())
    assert sorted(in_file["year_ce"]) == YEARS
    assert dict(published.iter_rows()) == dict(in_file.iter_rows())


def test_every_code_of_2007_resolves_or_says_why(panel: pl.DataFrame, places: pl.DataFrame) -> None:
    codes = panel.filter(year_ce=2007).select(reported_tambon_code="geocode", reported_tambon="name_th")
    found = codes.join(places, on=["reported_tambon_code", "reported_tambon"], how="left")
    assert found.height == codes.height == 7_416
    assert found["place_id"].null_count() == 0
    unresolved = found.filter(pl.col("tambon_unit_id").is_null())
    print(f"2007: {found.height - unresolved.height:,} codes resolved, {unresolved.height} unresolved")
    assert unresolved["reason"].null_count() == 0
    assert unresolved.is_empty(), unresolved.select("reported_tambon_code", "reported_tambon", "reason")


def test_how_many_units_compare_across_all_years(facts: pl.DataFrame) -> None:
    people = facts.filter(pl.col("tambon_unit_id").is_not_null(), indicator_code="population_total")
    years = people.group_by("tambon_unit_id").agg(years=pl.col("calendar_year").n_unique())
    comparing = years.filter(years=len(YEARS)).height
    print(f"units with a figure in each of {len(YEARS)} years: {comparing:,} of {years.height:,}")
    assert comparing == 7_414
    assert years.height == 7_414


def test_bueng_kan_stands_in_one_unit_with_its_nong_khai_codes(
    panel: pl.DataFrame, places: pl.DataFrame, facts: pl.DataFrame
) -> None:
    # Bueng Kan became a province on 23 March 2011; its eight districts had been Nong Khai's.
    now = panel.filter(pl.col("geocode").str.starts_with("38"), year_ce=2021)
    assert panel.filter(pl.col("geocode").str.starts_with("38"), year_ce=2007).is_empty()
    of_2007 = panel.filter(year_ce=2007).select(reported_tambon_code="geocode", total="total")
    there = of_2007.join(places, on="reported_tambon_code").filter(
        pl.col("tambon_code").str.starts_with("38")
    )
    assert there.height == now.height == 53
    assert there["reported_tambon_code"].str.starts_with("43").all()
    assert set(there["tambon_code"]) == set(now["geocode"])
    assert there.filter(pl.col("reported_tambon_code").str.starts_with("4303")).height > 0

    units = facts.filter(pl.col("tambon_code").str.starts_with("38"), indicator_code="population_total")
    assert (
        units.group_by("tambon_unit_id").agg(pl.col("calendar_year").n_unique())["calendar_year"].to_list()
        == [len(YEARS)] * units["tambon_unit_id"].n_unique()
    )
    in_2007 = units.filter(calendar_year=2007)
    assert in_2007["value"].sum() == there["total"].sum()
    one = units.filter(tambon_unit_id="U380101").sort("calendar_year")
    assert one["calendar_year"].to_list() == YEARS
    assert one["value"][0] == panel.filter(year_ce=2007, geocode="430301")["total"].item()
    assert one["value"][-1] == panel.filter(year_ce=2021, geocode="380101")["total"].item()


def test_the_one_odd_row_is_kept_and_explained(
    real_home: Home, panel: pl.DataFrame, places: pl.DataFrame, facts: pl.DataFrame
) -> None:
    # Announced totals are of the country and of provinces: no tambon, and none is missing.
    unresolved = places.filter(pl.col("tambon_code").is_null() & pl.col("reported_tambon_code").is_not_null())
    assert unresolved["reported_tambon_code"].to_list() == ["7265"]
    assert unresolved["reason"].item()
    assert len(json.loads(unresolved["candidates"].item())) > 1
    row = panel.filter(geocode="7265")
    assert row["year_ce"].to_list() == [2020]
    kept = facts.filter(
        pl.col("tambon_code").is_null(), calendar_year=2020, indicator_code="population_total"
    )
    assert kept["value"].to_list() == row["total"].to_list()
    told = table(real_home, "dq_finding").filter(
        pl.col("check_id").str.starts_with("adm.") & (pl.col("value") == "7265")
    )
    assert told["row_number"].unique().to_list() == [panel["geocode"].to_list().index("7265") + 2]


def test_the_documented_queries_answer(real_home: Home, tambon: Tambon) -> None:
    page = (ROOT / "docs" / "real-population.md").read_text("utf-8")
    queries = re.findall(r'^\.venv/bin/tambon query "([^"]+)"$', page, re.M)
    assert len(queries) == 6
    for sql in queries:
        result = tambon(real_home, "query", sql, "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout), sql
    units = tambon(real_home, "query", queries[3], "--json")
    assert json.loads(units.stdout) == [{"years": 6, "units": 7414}]
