"""One fund, one id: links between agencies' lists and funds that change, on a sample large enough to say how well.

Registers of five agencies over three years, with funds of other kinds in the same villages beside them. At national size
`make bench-links` measures the same.
"""

from __future__ import annotations

import polars as pl
import pytest

from ingest.home import Home
from tests.integration.homes import table, truth, working_in

SCALE, YEARS = 0.05, 3
FEEDS = (
    "cdd/savings_groups",
    "codi/finance_organisations",
    "codi/welfare_funds",
    "cult/credit_unions",
    "fpo/peoples_finance",
    "nvf/village_funds",
    "satja/groups",
)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pages")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    from ingest.sample import write_sample
    from orchestration.run import run_refresh

    home = Home(tmp_path_factory.mktemp("identity") / "home")
    write_sample(home, scale=SCALE, years=YEARS, feeds=FEEDS)
    with working_in(home):
        build = run_refresh(home)
    assert build.outcome == "published", build.reason
    return home


@pytest.fixture(scope="module")
def sources(home: Home) -> pl.DataFrame:
    return table(home, "dim_fund_source").select("fund_id", "feed_code", "fund_code", "link_method")


def test_links_are_found_and_few_are_wrong(home: Home, sources: pl.DataFrame) -> None:
    links = truth(home, "truth_links.csv")
    assert links.height > 500
    fund = {(feed, code): fund_id for fund_id, feed, code, _ in sources.rows()}
    by_feeds = links.with_columns(
        found=pl.Series([fund[a, b] == fund[c, d] for a, b, c, d in links.rows()], dtype=pl.Boolean)
    )
    pairs = sources.join(sources, on="fund_id", suffix="_b").filter(
        pl.col("feed_code") < pl.col("feed_code_b")
    )
    found = int(by_feeds["found"].sum())
    precision, recall = found / pairs.height, found / links.height
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True):
        shown = by_feeds.group_by("feed_a", "feed_b").agg(pl.len(), pl.col("found").sum()).sort(pl.all())
        print(f"links: {links.height} true, precision {precision:.4f}, recall {recall:.4f}\n{shown}")
    assert precision >= 0.99
    assert recall >= 0.95


def test_a_list_names_a_fund_once(sources: pl.DataFrame) -> None:
    assert sources.select("fund_id", "feed_code").is_unique().all()


def test_a_fund_that_changes_name_tambon_or_programme_stays_one_fund(home: Home) -> None:
    """Under its own code: each year carries the values of that year, all years one id."""
    changes = truth(home, "truth_changes.csv").filter(pl.col("what") != "fund_code")
    assert set(changes["what"]) == {"name", "tambon_code", "programme_code"}
    column = {"name": "fund_name", "tambon_code": "tambon_code", "programme_code": "programme_code"}
    reports = table(home, "fct_fund_agency_year")
    versions = table(home, "dim_fund_version")
    for change in changes.iter_rows(named=True):
        own = reports.filter(feed_code=change["feed"], fund_code=change["fund_code"]).sort("fiscal_year")
        assert own.height >= 2, change
        assert own["fund_id"].n_unique() == 1, change
        field = column[change["what"]]
        before = own.filter(pl.col("fiscal_year") == change["fiscal_year"] - 1)[field].to_list()
        since = own.filter(pl.col("fiscal_year") == change["fiscal_year"])[field].to_list()
        assert (before, since) == ([change["old"]], [change["new"]]), change
        known = versions.filter(fund_id=own["fund_id"][0]).sort("valid_from_fiscal_year")
        assert known["valid_from_fiscal_year"].is_unique().all()
        assert known["valid_to_fiscal_year"][-1] == 2025


def test_changes_of_funds_in_one_list_are_dated(home: Home, sources: pl.DataFrame) -> None:
    """Of a fund in several lists the preferred agency's name and place stand, which need not have changed."""
    lists = sources.group_by("fund_id").len()
    alone = sources.join(lists.filter(pl.col("len") == 1), on="fund_id", how="semi")
    changes = truth(home, "truth_changes.csv").filter(pl.col("what") != "fund_code")
    dated = changes.join(alone, left_on=["feed", "fund_code"], right_on=["feed_code", "fund_code"]).join(
        table(home, "dim_fund_version").cast({"valid_from_fiscal_year": pl.Int64}),
        left_on=["fund_id", "fiscal_year"],
        right_on=["fund_id", "valid_from_fiscal_year"],
        how="left",
    )
    assert dated.height >= 3
    is_new = pl.coalesce(
        pl.when(pl.col("what") == "name").then(pl.col("fund_name")),
        pl.when(pl.col("what") == "tambon_code").then(pl.col("tambon_code")),
        pl.when(pl.col("what") == "programme_code").then(pl.col("programme_code")),
    )
    assert dated.filter(is_new.ne_missing(pl.col("new"))).is_empty()


def test_a_fund_under_a_new_code_waits_for_a_person(home: Home, sources: pl.DataFrame) -> None:
    """The machine links no two entries of one list; it asks, with both codes."""
    recoded = truth(home, "truth_changes.csv").filter(what="fund_code")
    assert recoded.height >= 3
    asked = table(home, "mart_steward_queue").filter(kind="recode")
    pairs = {frozenset(pair) for pair in asked.select("fund_a", "fund_b").rows()}
    assert {frozenset(pair) for pair in recoded.select("old", "new").rows()} <= pairs
    assert (asked["feed_a"] == asked["feed_b"]).all()
    fund = {(feed, code): fund_id for fund_id, feed, code, _ in sources.rows()}
    for feed, old, new in recoded.select("feed", "old", "new").rows():
        assert fund[feed, old] != fund[feed, new]
