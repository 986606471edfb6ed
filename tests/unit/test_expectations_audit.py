"""Each audit promise broken on purpose.

What must block blocks, what must only warn warns, and where it is wrong is listed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from expectations.audit import _KEPT, AuditResult, audit_warehouse, load_audit
from expectations.audit_coverage import gap_sql
from expectations.audit_views import audit_view_sql
from expectations.tables import TABLES
from ingest.contract import load_contracts
from ingest.home import Home
from tests.unit.audit_world import build_warehouse

NOW = datetime(2025, 11, 1, tzinfo=UTC)
Audit = Callable[..., AuditResult]


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    def run(*changes: str, previous: Path | None = None, dbt: tuple[dict[str, Any], ...] = ()) -> AuditResult:
        warehouse, inputs = build_warehouse(tmp_path / "build", *changes)
        contracts = {"nvf/village_funds": load_contracts()["nvf/village_funds"]}
        return audit_warehouse(
            Home(tmp_path / "home"), warehouse, "b1", inputs, previous, dbt, contracts=contracts, now=NOW
        )

    return run


def ids(reasons: Any) -> set[str]:
    return {reason.check_id for reason in reasons}


def findings(result: AuditResult) -> pl.DataFrame:
    return pl.read_parquet(result.folder / "dq_finding.parquet")


def test_what_a_window_function_makes_is_kept_as_a_table() -> None:
    """LIMIT 1 on such a view of a million rows never came back: the refresh of a national sample hung."""
    views = {**audit_view_sql(["savings_thb"], Path("input")), "audit_gap": gap_sql([])}
    windowed = {name for name, sql in views.items() if " OVER (" in sql}
    assert "audit_gap" in windowed
    assert windowed <= set(_KEPT)


def test_a_sound_warehouse_passes_and_every_check_has_a_result(audit: Audit) -> None:
    result = audit()
    assert result.passed
    assert ids(result.warned) == {"feed.stale"}  # no delivery ever came in this home
    checks = pl.read_parquet(result.folder / "dq_check.parquet")
    results = pl.read_parquet(result.folder / "dq_result.parquet")
    assert checks["check_id"].is_unique().all()
    assert set(results["check_id"]) == set(checks["check_id"])
    overdue = results.row(by_predicate=pl.col("check_id") == "fact.overdue_le_outstanding", named=True)
    assert (overdue["numerator"], overdue["denominator"], overdue["feed_code"]) == (
        0,
        80,
        "nvf/village_funds",
    )
    assert {path.stem for path in result.folder.glob("*.parquet")} == set(TABLES)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("UPDATE fct_fund_year SET savings_thb = -1 WHERE fund_id = 'F3'", "fact.non_negative:savings_thb"),
        (
            "UPDATE fct_fund_year SET members_persons = -1 WHERE fund_id = 'F3'",
            "fact.non_negative:members_persons",
        ),
        ("INSERT INTO fct_fund_year SELECT * FROM fct_fund_year WHERE fund_id = 'F3'", "fact.fund_year_key"),
        ("UPDATE fct_fund_year SET fund_id = NULL WHERE fund_id = 'F3'", "fact.fund_year_key"),
        (
            "UPDATE fct_fund_year SET savings_thb = savings_thb + 1 WHERE fund_id = 'F3'",
            "rel.sum_conformed_fact",
        ),
        (
            "--after\nUPDATE mart_area_year SET savings_thb = 0 WHERE area_level = 'country'",
            "rel.sum_fact_mart",
        ),
        ("--after\nDELETE FROM mart_area_year WHERE area_level = 'region'", "rel.sum_fact_mart"),
        ("--after\nINSERT INTO mart_area_year SELECT * FROM mart_area_year LIMIT 1", "mart.area_key"),
        ("--after\nDELETE FROM mart_tambon_profile WHERE tambon_code = '730121'", "mart.profile_complete"),
        ("--after\nINSERT INTO mart_tambon_profile VALUES ('999999')", "mart.profile_key"),
        (
            "--after\nINSERT INTO fct_tambon_year SELECT * FROM fct_tambon_year LIMIT 1",
            "fact.tambon_year_key",
        ),
        ("--after\nUPDATE fct_tambon_year SET reporting_status = 'no_fund'", "fact.tambon_year_status"),
        (
            "UPDATE fct_tambon_indicator_year SET value = -5 WHERE area_key = '730120'",
            "fact.indicator_non_negative",
        ),
        (
            "INSERT INTO fct_tambon_indicator_year SELECT * FROM fct_tambon_indicator_year LIMIT 1",
            "fact.indicator_key",
        ),
        (
            "UPDATE fct_fund_year SET is_counted_in_all = false WHERE fund_id = 'F3'",
            "fact.fund_counted_once",
        ),
    ],
)
def test_what_must_never_be_published_blocks(audit: Audit, change: str, check: str) -> None:
    result = audit(change)
    assert not result.passed
    assert check in ids(result.blocking)
    assert findings(result).filter(check_id=check, severity="block").height > 0


@pytest.mark.parametrize(
    ("method", "check"), [("conflict", "fact.place_conflict"), ("unresolved", "fact.place_resolved")]
)
def test_places_are_told_at_their_cell_and_only_counted_here(
    audit: Audit, tmp_path: Path, method: str, check: str
) -> None:
    change = f"UPDATE fct_fund_year SET tambon_code = NULL, resolution_method = '{method}'"
    result = audit(change + " WHERE fund_id = 'F7' AND fiscal_year = 2023")
    assert check in ids(result.warned) - ids(result.blocking)
    assert findings(result).filter(check_id=check).is_empty()
    (tmp_path / "build" / "warehouse.duckdb").unlink()
    assert check in ids(audit(change).blocking)


def test_the_place_of_a_figure_is_counted_too(audit: Audit) -> None:
    one = "WHERE area_key = '730120' AND indicator_code = 'population_total'"
    result = audit(f"UPDATE fct_tambon_indicator_year SET tambon_code = NULL {one}")
    assert "fact.indicator_resolved" in ids(result.warned) - ids(result.blocking)
    assert findings(result).filter(check_id="fact.indicator_resolved").is_empty()


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("UPDATE fct_fund_year SET loans_overdue_thb = 600000", "fact.overdue_le_outstanding"),
        ("UPDATE fct_fund_year SET members_male_persons = 41", "fact.members_by_sex"),
        (
            "UPDATE fct_fund_year SET savings_thb = savings_thb * 1000 WHERE fiscal_year = 2023 AND row_number <= 12",
            "fact.unit_slip:savings_thb",
        ),
    ],
)
def test_a_warning_on_one_fund_warns_and_on_many_blocks(
    audit: Audit, tmp_path: Path, change: str, check: str
) -> None:
    one = change + (" AND " if "WHERE" in change else " WHERE ") + "fund_id = 'F7' AND fiscal_year = 2023"
    result = audit(one)
    assert check in ids(result.warned) - ids(result.blocking)
    (found,) = findings(result).filter(check_id=check).to_dicts()
    assert (found["fund_id"], found["fiscal_year"], found["delivery_id"], found["row_number"]) == (
        "F7",
        2023,
        "d2023",
        8,
    )
    assert (found["feed_code"], found["severity"]) == ("nvf/village_funds", "warn")
    (tmp_path / "build" / "warehouse.duckdb").unlink()
    assert check in ids(audit(change).blocking)


def test_a_fund_of_two_programmes_counts_in_one_of_them(audit: Audit, tmp_path: Path) -> None:
    """Reported by two agencies under two programmes: two rows, of which sums over all programmes take one."""
    second = "SELECT * REPLACE ('savings_group' AS programme_code, {counted} AS is_counted_in_all)"
    add = f"INSERT INTO fct_fund_year {second} FROM fct_fund_year WHERE fund_id = 'F3'"
    assert "fact.fund_counted_once" not in ids(audit(add.format(counted="false")).blocking)
    (tmp_path / "build" / "warehouse.duckdb").unlink()
    assert "fact.fund_counted_once" in ids(audit(add.format(counted="true")).blocking)


def test_agencies_that_differ_widely_are_told_to_the_other_agency(audit: Audit) -> None:
    row = "('F{n}', 2023, 'savings_thb', {gap}, 100, {other}, 'nvf/village_funds', 'codi', 'codi/welfare_funds', 'x', '', {n})"
    values = ", ".join(
        row.format(n=n, gap=other - 100, other=other) for n, other in ((1, 120), (2, 126), (3, 130))
    )
    result = audit(f"INSERT INTO mart_agency_conflict VALUES {values}")
    assert result.passed
    (found,) = findings(result).filter(check_id="fact.agency_conflict").to_dicts()
    # One finding a feed and measure. 126 and 130 are further from 100 than a fifth of the larger, 120 is not.
    assert (found["severity"], found["row_number"], found["field"]) == ("info", None, "savings_thb")
    assert (found["agency_code"], found["feed_code"]) == ("codi", "codi/welfare_funds")
    assert found["value"].startswith("2 ") and "100" in found["suggestion"]
    assert found["value"].endswith((" 126", " 130"))
    results = pl.read_parquet(result.folder / "dq_result.parquet").filter(check_id="fact.agency_conflict")
    assert (results["numerator"].sum(), results["denominator"].sum()) == (2, 3)


def test_more_people_than_live_there_warn(audit: Audit) -> None:
    result = audit("UPDATE mart_membership_bounds SET people_lower = 60001")
    assert "fact.people_bounds" in ids(result.warned)
    (found,) = findings(result).filter(check_id="fact.people_bounds").to_dicts()
    assert "country TH 2023" in found["value"]


def test_more_people_than_live_there_are_told_of_the_smallest_area_alone(audit: Audit) -> None:
    areas = [
        ("tambon", "730121"),
        ("amphoe", "7301"),
        ("province", "73"),
        ("region", "west"),
        ("amphoe", "7302"),
    ]
    rows = ", ".join(f"('{level}', '{code}', 2023, 9, 8)" for level, code in areas)
    result = audit(
        f"UPDATE mart_membership_bounds SET people_lower = 60001; INSERT INTO mart_membership_bounds VALUES {rows}"
    )
    told = findings(result).filter(check_id="fact.people_bounds")["value"].to_list()
    assert sorted(value.split(" 2023")[0] for value in told) == ["amphoe 7302", "tambon 730121"]


@pytest.mark.parametrize(
    ("kind", "check", "ours", "told"),
    [
        ("file_total", "rel.file_total", 999, True),
        ("announced_parts", "rel.announced_parts", 999, True),
        ("announced", "rel.announced_total", 999, False),  # within 5 %
        ("announced", "rel.announced_total", 940, True),
    ],
)
def test_sums_that_are_not_as_stated_are_shown(
    audit: Audit, kind: str, check: str, ours: int, told: bool
) -> None:
    """And never stop a release: which of the two is right is not ours to say."""
    rows = f"('{kind}', 'a', 'members_persons', 'differs', 1000, {ours}), ('{kind}', 'b', 'x', 'not_compared', 5, NULL)"
    result = audit(f"INSERT INTO mart_reconciliation VALUES {rows}")
    assert result.passed
    results = pl.read_parquet(result.folder / "dq_result.parquet").filter(check_id=check)
    assert (results["numerator"].item(), results["denominator"].item()) == (int(told), 1)
    assert findings(result).filter(check_id=check, severity="info").height == int(told)


def test_a_source_that_could_not_be_pulled_warns(tmp_path: Path) -> None:
    from ingest.contract.sources import Bundled
    from ingest.fetch import fetch_feed

    home = Home(tmp_path / "home")
    source = Bundled(kind="bundled", path="gone.csv")
    contract = load_contracts()["nvf/village_funds"].model_copy(update={"sources": (source,)})
    (outcome,) = fetch_feed(home, contract)
    assert outcome.status == "failed"
    warehouse, inputs = build_warehouse(tmp_path / "build")
    result = audit_warehouse(home, warehouse, "b1", inputs, contracts={contract.feed: contract}, now=NOW)
    assert result.passed
    assert "feed.fetch_failed" in ids(result.warned)
    (found,) = findings(result).filter(check_id="feed.fetch_failed").to_dicts()
    assert (found["feed_code"], found["severity"]) == ("nvf/village_funds", "warn")
    (kept,) = pl.read_parquet(result.folder / "dq_fetch.parquet").to_dicts()
    assert (kept["code"], kept["feed_code"]) == (outcome.code, "nvf/village_funds")
    assert kept["mend_th"] and kept["mend_en"]


def test_a_unit_slip_is_suggested(audit: Audit) -> None:
    result = audit("UPDATE fct_fund_year SET savings_thb = 1e9 WHERE fund_id = 'F7' AND fiscal_year = 2023")
    (found,) = findings(result).filter(pl.col("check_id") == "fact.unit_slip:savings_thb").to_dicts()
    assert "1,000" in found["suggestion"]
    assert (found["field"], found["suggested_value"], found["value"]) == (
        "savings_thb",
        "1000000",
        "1000000000",
    )
    assert found["record_key"] == "C7 · village_fund · พ.ศ. 2566"
    assert found["confidence"] >= 0.8


def test_population_parts_are_compared_with_their_total(audit: Audit) -> None:
    change = "UPDATE fct_tambon_indicator_year SET value = 31 WHERE indicator_code = 'population_total'"
    result = audit(change)
    # Both of two tambons are far over 5 %, yet two slips in a small feed stop no release.
    assert "fact.population_by_sex" in ids(result.warned)
    assert result.passed


def test_records_that_do_not_reach_the_warehouse_are_counted(audit: Audit) -> None:
    result = audit(
        "DELETE FROM fct_fund_year_revision WHERE fund_id = 'F1' AND fiscal_year = 2022",
        "DELETE FROM fct_fund_year WHERE fund_id = 'F1' AND fiscal_year = 2022",
    )
    (reason,) = [reason for reason in result.warned if reason.check_id == "rel.records_kept"]
    assert (reason.numerator, reason.denominator) == (1, 80)


def test_coverage_that_shrinks_against_the_last_release_blocks(audit: Audit, tmp_path: Path) -> None:
    release = tmp_path / "release" / "parquet"
    release.mkdir(parents=True)
    rows = {"programme_code": "village_fund", "fiscal_year": 2023, "reporting_status": "reported"}
    pl.DataFrame([rows] * 44).write_parquet(release / "fct_fund_year.parquet")
    assert audit(previous=release.parent).passed  # 40 of 44 is above 90 %
    (tmp_path / "build" / "warehouse.duckdb").unlink()
    pl.DataFrame([rows] * 45).write_parquet(release / "fct_fund_year.parquet")
    assert ids(audit(previous=release.parent).blocking) == {"rel.coverage"}


def test_dbt_tests_become_results_and_a_failed_one_blocks(audit: Audit) -> None:
    result = audit(
        dbt=(
            {"unique_id": "test.a", "name": "a", "status": "pass", "failures": 0, "message": None},
            {"unique_id": "test.b", "name": "b", "status": "fail", "failures": 3, "message": "Got 3 results"},
            {"unique_id": "test.c", "name": "c", "status": "warn", "failures": 2, "message": None},
        )
    )
    assert ids(result.blocking) == {"dbt.test:test.b"}
    assert "dbt.test:test.c" in ids(result.warned)
    results = pl.read_parquet(result.folder / "dq_result.parquet").filter(stage="dbt").sort("check_id")
    assert results["numerator"].to_list() == [0, 3, 2]
    assert results["passed"].to_list() == [True, False, False]


def test_a_check_that_cannot_be_carried_out_blocks(audit: Audit) -> None:
    result = audit("--after\nDROP TABLE mart_tambon_profile")
    assert {"mart.profile_key", "mart.profile_complete"} <= ids(result.blocking)
    lost = (
        pl.read_parquet(result.folder / "dq_result.parquet").filter(check_id="mart.profile_key").to_dicts()[0]
    )
    assert (lost["passed"], lost["severity"]) == (False, "block")
    assert "could not be checked" in lost["not_applicable_reason"]


def test_the_record_is_bound_to_build_and_warehouse(audit: Audit, tmp_path: Path) -> None:
    result = audit()
    home, warehouse = Home(tmp_path / "home"), tmp_path / "build" / "warehouse.duckdb"
    assert load_audit(home, "b1", warehouse) == result
    assert load_audit(home, "b2", warehouse) is None
    with duckdb.connect(str(warehouse)) as con:
        con.execute("CREATE TABLE later AS SELECT 1 AS x")
    assert load_audit(home, "b1", warehouse) is None
