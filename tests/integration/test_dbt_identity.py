# ruff: noqa: E501 - tables of funds read better on one line
"""One fund in several lists, restated and corrected: dbt run once on a small world, every answer worked out by hand.

Links come from stewards here, so that nothing hangs on the machine's probabilities; those are tested with `ingest.identity`.
"""

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from ingest.identity.registry import EVENT_SCHEMA
from orchestration.warehouse import DbtRun, run_dbt
from tests.integration.test_dbt_warehouse import MEASURES, place_cells, write_input, write_reference

BEFORE, NOW = "20260101T000000-aaaaaa", "20260201T000000-bbbbbb"
DAY = dt.date(2026, 1, 15)
ROWS = itertools.count(2)
FEEDS = {"cdd": "cdd/savings_groups", "reg": "codi/finance_organisations", "wel": "codi/welfare_funds"}
PROGRAMMES = {"cdd": "savings_group", "reg": "savings_group", "wel": "welfare_fund"}


def report(delivery: str, year: int, code: str, place: str = "code", **values: Any) -> dict[str, Any]:
    kind = delivery.split("-", maxsplit=1)[0]
    return {
        "delivery_id": delivery, "agency_code": FEEDS[kind].split("/")[0], "feed_code": FEEDS[kind], "sheet": "", "row_number": next(ROWS),
        "programme_code": PROGRAMMES[kind], "fiscal_year": year, "fund_code": code, "fund_name": f"กลุ่ม {code}",
        **place_cells(place), **values,
    }  # fmt: skip


FUNDS = [
    # S1 is C1 in the register and W1 among the welfare funds
    report("cdd-1", 2023, "S1", members_persons=100.0, loans_outstanding_thb=0.0),
    report("reg-1", 2023, "C1", members_persons=120.0, savings_thb=500.0, loans_outstanding_thb=50.0),
    report("wel-1", 2023, "W1", members_persons=300.0, welfare_paid_thb=10.0),
    # a year that the owner did not send
    report("reg-1", 2024, "C1", members_persons=130.0, savings_thb=510.0),
    # its list was numbered anew: S2 is S9
    report("cdd-1", 2023, "S2", "english", members_persons=10.0),
    report("cdd-3", 2024, "S9", "english", members_persons=12.0),
    # another programme from 2024 on
    report("reg-1", 2023, "C3", "names", programme_code="village_bank", members_persons=20.0),
    report("reg-1", 2024, "C3", "names", programme_code="other_finance", members_persons=22.0),
    # another programme for the same year in a later delivery
    report("reg-1", 2023, "C4", "alias", programme_code="village_bank", members_persons=5.0),
    report("reg-2", 2023, "C4", "alias", programme_code="other_finance", members_persons=6.0),
    # a slip that a steward corrected; the other fund's file was mended since
    report("cdd-1", 2023, "S3", "near", savings_thb=1000.0, members_persons=4.0),
    report("cdd-1", 2023, "S5", "near", savings_thb=70.0),
    report("cdd-2", 2023, "S5", "near", savings_thb=77.0),
    # a place that a steward knew
    report("cdd-1", 2023, "S4", "tambon alone", members_persons=8.0),
]
SITE = {"agency_code": "nfe", "feed_code": "nfe/learning_centres", "sheet": "", "delivery_id": "site-1"}
RECORDS: dict[str, list[dict[str, Any]]] = {
    "fund_report": FUNDS,
    "site": [
        {**SITE, "row_number": 2, "site_code": "L1", "site_name": "กศน.ตำบล", "site_type": "nfe_centre", "fiscal_year": 2022, "learners_persons": 50.0, **place_cells("code")},
        {**SITE, "row_number": 3, "site_code": "L1", "site_name": "ศกร.ตำบล", "site_type": "nfe_centre", "fiscal_year": 2023, "learners_persons": 60.0, **place_cells("code")},
        {**SITE, "row_number": 4, "site_name": "ศูนย์ไร้รหัส", "site_type": "pilot", "fiscal_year": 2023, **place_cells("nothing")},
    ],
    "event": [
        {"agency_code": "codi", "feed_code": "codi/forums", "sheet": "", "delivery_id": "event-1", "row_number": row, "event_code": "NE", "region": "northeast",
         "event_type": "regional_forum", "participant_code": who, "participant_name": who, "fiscal_year": 2007, "starts_on": dt.date(2007, 2, 8), **place_cells("nothing")}
        for row, who in ((2, "cdd"), (3, "nvf"), (4, "cdd"))
    ],
    "published_total": [
        {"agency_code": "plan", "feed_code": "plan/published_totals", "sheet": "", "delivery_id": "total-1", "row_number": row, "total_code": code, "area_level": level,
         "area_name": name, "measure_code": "members_persons", "published_value": value, "reported_province": province}
        for row, code, level, name, province, value in (
            (2, "T1", "country", "ประเทศไทย", None, 5.0),
            (3, "T2", "province", "ขอนแก่น", "ขอนแก่น", 3.0),
            (4, "T3", "region", "northeast", None, 4.0),
            (5, "T4", "region", "ภาคที่ไม่มี", None, 4.0),
            (6, "T1", "country", "ประเทศไทย", None, 6.0),
        )
    ],
}  # fmt: skip
DELIVERIES = ["cdd-1", "reg-1", "wel-1", "cdd-2", "reg-2", "cdd-3", "site-1", "event-1", "total-1"]


def link(line: int, feed_a: str, fund_a: str, feed_b: str, fund_b: str) -> dict[str, Any]:
    return {
        "line": line, "decision": "confirm", "feed_a": FEEDS[feed_a], "fund_a": fund_a, "feed_b": FEEDS[feed_b], "fund_b": fund_b,
        "reason": "กลุ่มเดียวกัน", "decided_by": "ผู้ดูแล", "decided_on": DAY,
    }  # fmt: skip


def correction(line: int, code: str, field: str, reported: str, corrected: str) -> dict[str, Any]:
    return {
        "line": line, "feed_code": FEEDS["cdd"], "fund_code": code, "fiscal_year": 2023, "field": field, "value_reported": reported,
        "value_corrected": corrected, "reason": "พิมพ์ผิด", "decided_by": "ผู้ดูแล", "decided_on": DAY,
    }  # fmt: skip


def place_decision(line: int, place: str, code: str) -> dict[str, Any]:
    cells = {name: cell for name, cell in place_cells(place).items() if name != "reported_code6"}
    return {
        "line": line,
        **cells,
        "tambon_code": code,
        "reason": "รู้จักพื้นที่",
        "decided_by": "ผู้ดูแล",
        "decided_on": DAY,
    }


MEMORY: dict[str, list[dict[str, Any]]] = {
    "fund_decision": [
        link(2, "cdd", "S1", "reg", "C1"),
        link(3, "cdd", "S1", "wel", "W1"),
        link(4, "cdd", "S2", "cdd", "S9"),
        link(5, "cdd", "S1", "reg", "no such fund"),
    ],
    "place_decision": [
        place_decision(2, "tambon alone", "400103"),
        place_decision(3, "nothing", "430301"),
        place_decision(4, "unknown tambon", "400202"),
    ],
    "correction": [
        correction(2, "S3", "savings_thb", "1,000.00", "100"),
        correction(3, "S5", "savings_thb", "70", "71"),
        correction(4, "S3", "fund_name", "กลุ่ม S3", "กลุ่มบ้านใหม่"),
    ],
    "delivery_release": [
        {"delivery_id": one, "first_release_id": BEFORE} for one in ("cdd-1", "reg-1", "wel-1")
    ],
}
BUILD = {"TAMBON_BUILD_ID": NOW, "TAMBON_DECIDED_ON": "2026-02-01"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[DbtRun, Path, dict[str, Path]]:
    root = tmp_path_factory.mktemp("identity")
    folders = {
        "input_dir": root / "input",
        "reference_dir": root / "reference",
        "target_dir": root / "target",
    }
    write_reference(folders["reference_dir"])
    write_input(folders["input_dir"], RECORDS, DELIVERIES, MEMORY)
    warehouse = root / "build" / "warehouse.duckdb"
    outcome = run_dbt(
        **folders,
        warehouse=warehouse,
        fund_measures=MEASURES,
        more_environment={**BUILD, "TAMBON_IDENTITY_CACHE": str(root / "cache")},
    )
    return outcome, warehouse, folders


@pytest.fixture(scope="module")
def query(run: tuple[DbtRun, Path, dict[str, Path]]) -> Any:
    with duckdb.connect(str(run[1]), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def test_every_model_and_test_passes(run: tuple[DbtRun, Path, dict[str, Path]]) -> None:
    outcome = run[0]
    assert outcome.error is None
    assert [(n.name, n.message) for n in outcome.nodes if n.status not in ("success", "pass")] == []


def fund_of(query: Any, code: str) -> str:
    [(fund_id,)] = query(f"select fund_id from dim_fund_source where fund_code = '{code}'")
    return str(fund_id)


def test_three_entries_are_one_fund_and_others_stay_apart(query: Any) -> None:
    assert len({fund_of(query, code) for code in ("S1", "C1", "W1")}) == 1
    assert len({fund_of(query, code) for code in ("S1", "S2", "S3", "S4", "S5", "C3", "C4")}) == 7
    assert query(
        f"select source_count, feed_count, agency_count, agencies, programme_code, first_fiscal_year, last_fiscal_year "
        f"from dim_fund where fund_id = '{fund_of(query, 'S1')}'"
    ) == [(3, 3, 2, "cdd,codi", "savings_group", 2023, 2024)]
    assert query(
        "select fund_code, link_method from dim_fund_source where fund_code in ('C1', 'S3') order by 1"
    ) == [
        ("C1", "steward"),
        ("S3", "own"),
    ]


def test_each_measure_comes_from_the_owner_and_else_from_who_gives_it(query: Any) -> None:
    rows = query(
        "select programme_code, fiscal_year, members_persons, savings_thb, loans_outstanding_thb, report_count, is_counted_in_all, feed_code "
        f"from fct_fund_year where fund_id = '{fund_of(query, 'S1')}' order by 1, 2"
    )
    assert rows == [
        ("savings_group", 2023, 100.0, 500.0, 0.0, 2, True, FEEDS["cdd"]),
        ("savings_group", 2024, 130.0, 510.0, None, 1, True, FEEDS["reg"]),
        ("welfare_fund", 2023, 300.0, None, None, 1, False, FEEDS["wel"]),
    ]
    agency_rows = query(
        "select feed_code, members_persons, is_preferred_source from fct_fund_agency_year "
        f"where fund_id = '{fund_of(query, 'S1')}' and fiscal_year = 2023 order by 1"
    )
    assert agency_rows == [
        (FEEDS["cdd"], 100.0, True),
        (FEEDS["reg"], 120.0, False),
        (FEEDS["wel"], 300.0, True),
    ]


def test_sums_over_all_programmes_have_a_fund_once(query: Any) -> None:
    def country(programme: str, year: int) -> Any:
        return query(
            "select funds_known, funds_reporting, members_persons from mart_area_year where area_level = 'country' "
            f"and programme_code = '{programme}' and fiscal_year = {year}"
        )[0]

    # savings groups: S1 100, S2 10, S3 4, S4 8, S5 -; welfare fund 300; C3 20 in a village bank, C4 6 elsewhere
    assert country("savings_group", 2023) == (5, 5, 122.0)
    assert country("welfare_fund", 2023) == (1, 1, 300.0)
    assert country("village_bank", 2023) == (1, 1, 20.0)
    assert country("other_finance", 2023) == (1, 1, 6.0)
    assert country("all", 2023) == (7, 7, 148.0)
    # 2024: S1 by the register 130, S9 12, C3 22 as another programme; S3, S4, S5, C4 are known; C3 is known in two programmes and counts once
    assert country("savings_group", 2024) == (5, 2, 142.0)
    assert country("other_finance", 2024) == (2, 1, 22.0)
    assert country("all", 2024) == (7, 3, 164.0)


def test_every_level_adds_up_in_all(query: Any) -> None:
    levels = query(
        "select fiscal_year, area_level, sum(funds_known), sum(members_persons) from mart_area_year where programme_code = 'all' "
        "and area_level <> 'unresolved' group by all order by all"
    )
    for year, members in ((2023, 148.0), (2024, 164.0)):
        assert {(known, total) for of, _, known, total in levels if of == year} == {(7, members)}


def test_profile_counts_a_fund_of_two_programmes_once(query: Any) -> None:
    # savings groups 2024: S1 130; welfare funds 2023: W1 is the same fund
    assert query(
        "select funds_known, programmes, programme_count, members_persons, fiscal_year, oldest_fiscal_year "
        "from mart_tambon_profile where tambon_code = '400101'"
    ) == [(1, "savings_group,welfare_fund", 2, 130.0, 2024, 2023)]
    # C3 was a village bank in 2023 (that programme's latest year) and is another kind since
    assert query(
        "select funds_known, members_persons from mart_tambon_profile where tambon_code = '400102'"
    ) == [(1, 22.0)]


def test_conflicts_show_both_values_and_the_rule(query: Any) -> None:
    assert query(
        "select measure_code, other_feed_code, preferred_value, other_value, gap, gap_ratio, rule, preferred_feed_code, preferred_delivery_id "
        "from mart_agency_conflict order by 1, 2"
    ) == [
        ("loans_outstanding_thb", FEEDS["reg"], 0.0, 50.0, 50.0, None, "owner_agency", FEEDS["cdd"], "cdd-1"),
        ("members_persons", FEEDS["reg"], 100.0, 120.0, 20.0, 0.2, "owner_agency", FEEDS["cdd"], "cdd-1"),
        ("members_persons", FEEDS["wel"], 100.0, 300.0, 200.0, 2.0, "programme_order", FEEDS["cdd"], "cdd-1"),
    ]
    assert query(
        "select published_sum, other_agency_sum, every_report_sum, funds_differing from mart_tambon_conflict "
        "where tambon_code = '400101' and measure_code = 'members_persons'"
    ) == [(100.0, 120.0, 520.0, 1)]
    assert query(
        "select feed_code_a, feed_code_b, compared, equal, differing from mart_agency_agreement where measure_code = 'members_persons' order by 1, 2"
    ) == [
        (FEEDS["cdd"], FEEDS["reg"], 1, 0, 1),
        (FEEDS["cdd"], FEEDS["wel"], 1, 0, 1),
        (FEEDS["reg"], FEEDS["wel"], 1, 0, 1),
    ]


def test_memberships_are_bounded_not_added_up_to_people(query: Any) -> None:
    assert query(
        "select memberships_sum, largest_programme, people_lower, people_upper, population_total, is_consistent from mart_membership_bounds "
        "where area_level = 'tambon' and area_code = '400103' and fiscal_year = 2023"
    ) == [(18.0, "savings_group", 18.0, 18.0, None, True)]
    # two agencies disagree on one fund: the welfare fund's 300 is above all that is counted
    assert query(
        "select memberships_sum, people_lower, is_consistent from mart_membership_bounds "
        "where area_level = 'tambon' and area_code = '400101' and fiscal_year = 2023"
    ) == [(100.0, 300.0, False)]


def test_a_recoded_fund_and_a_changed_programme_stay_one_fund(query: Any) -> None:
    assert fund_of(query, "S2") == fund_of(query, "S9")
    assert query(
        "select fiscal_year, fund_code, members_persons from fct_fund_year where tambon_code = '400103' and feed_code = 'cdd/savings_groups' "
        f"and fund_id = '{fund_of(query, 'S9')}' order by 1"
    ) == [(2023, "S2", 10.0), (2024, "S9", 12.0)]
    assert query(
        "select valid_from_fiscal_year, valid_to_fiscal_year, programme_code from dim_fund_version "
        f"where fund_id = '{fund_of(query, 'C3')}' order by 1"
    ) == [(2023, 2023, "village_bank"), (2024, 2024, "other_finance")]
    assert query(
        "select programme_code, revision_number, is_latest from fct_fund_year_revision where fund_code = 'C4' order by 2"
    ) == [("village_bank", 1, False), ("other_finance", 2, True)]


def test_what_was_known_in_an_earlier_release(query: Any) -> None:
    def known(release: str) -> Any:
        return query(
            "select savings_thb, delivery_id from fct_fund_year_revision where fund_code = 'S5' "
            f"and first_release_id <= '{release}' order by revision_number desc limit 1"
        )

    assert known(BEFORE) == [(70.0, "cdd-1")]
    assert known(NOW) == [(77.0, "cdd-2")]
    [(rows, both)] = query(
        "select count(*), count(distinct (source_fund_key, programme_code, fiscal_year, revision_number)) from fct_fund_year_revision"
    )
    assert rows == both == len(FUNDS)


def test_a_correction_replaces_the_value_and_keeps_what_was_reported(query: Any) -> None:
    assert query(
        "select savings_thb, fund_name, members_persons from fct_fund_year where fund_code = 'S3'"
    ) == [(100.0, "กลุ่มบ้านใหม่", 4.0)]
    assert query("select fund_name from dim_fund_source where fund_code = 'S3'") == [("กลุ่มบ้านใหม่",)]
    assert query(
        "select fund_code, field, value_reported, value_delivered, value_corrected, is_applied, not_applied_reason, reports_corrected "
        "from fct_correction order by decision_line"
    ) == [
        ("S3", "savings_thb", "1,000.00", "1000.0", "100", True, None, 1),
        # the agency mended its file: it is needed no longer, and what was known before stays
        ("S5", "savings_thb", "70", "77.0", "71", False, "value_differs", 0),
        ("S3", "fund_name", "กลุ่ม S3", "กลุ่ม S3", "กลุ่มบ้านใหม่", True, None, 1),
    ]
    assert query("select savings_thb from fct_fund_year where fund_code = 'S5'") == [(77.0,)]


def test_decisions_tell_what_became_of_them(query: Any) -> None:
    assert query("select tambon_code, resolution_method from fct_fund_year where fund_code = 'S4'") == [
        ("400103", "override")
    ]
    assert query("select kind, decision_line, outcome from int_steward_decision order by 1, 2") == [
        ("correction", 2, "applied"),
        ("correction", 3, "value_differs"),
        ("correction", 4, "applied"),
        ("link", 2, "applied"),
        ("link", 3, "applied"),
        ("link", 4, "applied"),
        ("link", 5, "unknown_fund"),
        ("place", 2, "applied"),
        ("place", 3, "abolished_code"),
        ("place", 4, "no_such_place"),
    ]


def test_no_steward_is_named_in_what_is_published(query: Any) -> None:
    published = query(
        "select table_name, column_name from duckdb_columns() where schema_name = 'main' and regexp_matches(table_name, '^(dim|fct|mart)_')"
    )
    assert published
    assert [table for table, column in published if column == "decided_by"] == []


def test_sites_forums_and_announced_totals(query: Any) -> None:
    assert query(
        "select site_name, tambon_code, learners_persons, first_fiscal_year, last_fiscal_year from dim_site order by site_code nulls last"
    ) == [("ศกร.ตำบล", "400101", 60.0, 2022, 2023), ("ศูนย์ไร้รหัส", None, None, 2023, 2023)]
    assert query("select participant_key, region_code, row_number from fct_event_participant order by 1") == [
        ("cdd", "northeast", 4),
        ("nvf", "northeast", 3),
    ]
    assert query(
        "select total_code, area_level, area_code, published_value from fct_published_total order by 1"
    ) == [
        ("T1", "country", "TH", 6.0),
        ("T2", "province", "40", 3.0),
        ("T3", "region", "northeast", 4.0),
        ("T4", "region", None, 4.0),
    ]


def test_ids_stay_when_a_feed_is_late_and_rows_come_in_another_order(
    run: tuple[DbtRun, Path, dict[str, Path]], query: Any, tmp_path: Path
) -> None:
    events = query("select * from int_fund_event")
    names = [
        column[0]
        for column in query(
            "select column_name from duckdb_columns() where table_name = 'int_fund_event' order by column_index"
        )
    ]
    registry = [dict(zip(names, event, strict=True)) for event in events]
    assert {event["event"] for event in registry} == {"register"}
    assert {event["build_id"] for event in registry} == {NOW}
    assert pl.DataFrame(registry, schema=EVENT_SCHEMA, orient="row").height == len(registry)
    before = dict(query("select source_fund_key, fund_id from int_fund_identity"))
    late = {**RECORDS, "fund_report": [one for one in reversed(FUNDS) if one["feed_code"] != FEEDS["cdd"]]}
    write_input(tmp_path / "input", late, DELIVERIES, {**MEMORY, "fund_registry": registry})
    outcome = run_dbt(
        **{**run[2], "input_dir": tmp_path / "input"},
        warehouse=tmp_path / "build" / "warehouse.duckdb",
        fund_measures=MEASURES,
        select=["+int_fund_event", "+int_fund_identity"],
        more_environment={**BUILD, "TAMBON_BUILD_ID": "20260301T000000-cccccc"},
    )
    assert outcome.failed == ()
    with duckdb.connect(str(tmp_path / "build" / "warehouse.duckdb"), read_only=True) as connection:
        after = dict(connection.execute("select source_fund_key, fund_id from int_fund_identity").fetchall())
        [(new,)] = connection.execute("select count(*) from int_fund_event").fetchall()
    assert len(after) == 4  # C1, C3, C4 and W1
    assert after == {key: before[key] for key in after}
    assert new == 0
