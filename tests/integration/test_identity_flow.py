"""Funds through four releases: one fund in several lists, restated, disputed, decided on. Every answer worked out by hand.

The files are those of `fund_story`; each release is made once, and what is asked of it afterwards is what was copied then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import polars as pl
import pytest
from typer.testing import Result

from ingest.home import Home
from ingest.identity.link import score_pairs
from ingest.identity.registry import read_registry, registry_folder
from ingest.identity.resolve import resolve
from ingest.identity.stewardship import CORRECTION_SCHEMA, record_link
from orchestration.builds import latest_build, warehouse_file
from orchestration.plan import make_plan
from orchestration.warehouse import run_dbt
from release import read_manifest, release_as_of, resolve_current
from tests.integration import fund_story as story
from tests.integration.conftest import Tambon
from tests.integration.fund_story import CDD, CODI, SATJA, TAMBON
from tests.integration.homes import copy_home, flat, working_in
from tests.integration.test_dbt_warehouse import MEASURES, place_cells, write_input, write_reference

ASKED = (
    "dim_fund", "dim_fund_source", "dim_fund_version", "dim_place", "dq_finding",
    "fct_correction", "fct_fund_agency_year", "fct_fund_identity_event", "fct_fund_year", "fct_fund_year_revision",
    "mart_agency_conflict", "mart_area_year", "mart_membership_bounds", "mart_steward_queue", "mart_tambon_conflict",
)  # fmt: skip
STEWARD = "สมศรี"
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pages")]


@dataclass(frozen=True)
class Stage:
    """One release: its id, its tables, what the refresh said, and what stood in the home just after it."""

    release_id: str
    tables: dict[str, pl.DataFrame]
    registry: pl.DataFrame
    registry_files: dict[str, str]
    plan_needed: bool

    def rows(self, table: str, *columns: str, **where: Any) -> list[tuple[Any, ...]]:
        """Chosen columns of the rows that fit, sorted."""
        found = self.tables[table].filter(**where) if where else self.tables[table]
        return sorted(found.select(columns).rows(), key=str)

    def fund(self, code: str) -> str:
        """The id of the fund that a list has under this code."""
        [(fund_id,)] = self.rows("dim_fund_source", "fund_id", fund_code=code)
        return str(fund_id)


@dataclass(frozen=True)
class Told:
    """The home after its last release, and all four."""

    home: Home
    stages: list[Stage]
    wanted: Result
    listed: list[dict[str, Any]]
    answers: list[Result]
    still_listed: list[dict[str, Any]]


def digest(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.parquet")}


def refreshed(home: Home, tambon: Tambon) -> Stage:
    result = tambon(home, "refresh", "--quiet")
    assert result.exit_code == 0, result.output
    release = resolve_current(home)
    assert release is not None
    build = latest_build(home)
    assert build is not None
    assert (build.outcome, build.build_id) == ("published", release.name)
    found = {name: next(iter(release.rglob(f"{name}.parquet")), None) for name in ASKED}
    assert [name for name, path in found.items() if path is None] == []
    with working_in(home):
        needed = make_plan(home).needed
    return Stage(
        release.name,
        {name: pl.read_parquet(path) for name, path in found.items() if path},
        read_registry(home),
        digest(registry_folder(home)),
        needed,
    )


def backdated(home: Home, release_id: str, days: int) -> None:
    """As if this release had been made some days ago."""
    path = home.history / f"{release_id}.parquet"
    part = pl.read_parquet(path)
    part.with_columns(pl.col("released_at") - timedelta(days=days)).write_parquet(path)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, tambon: Tambon) -> Told:
    home = Home(tmp_path_factory.mktemp("funds") / "home")
    home.set_kind("real")
    story.first_files(home)
    stages = [refreshed(home, tambon)]
    backdated(home, stages[0].release_id, days=3)

    story.second_files(home)
    stages.append(refreshed(home, tambon))

    listed = json.loads(tambon(home, "review", "--json").stdout)
    ids = {item["kind"]: item["item_id"] for item in listed}
    because = ("--because", "ถามที่ทำการแล้ว", "--by", STEWARD)
    answers = [
        tambon(home, "review", "answer", ids["link"], "yes", *because),
        tambon(home, "review", "answer", ids["place"], TAMBON, *because),
    ]
    still_listed = json.loads(tambon(home, "review", "--json").stdout)
    decided_by_hand(home)
    wanted = tambon(home, "refresh", "--dry-run")
    stages.append(refreshed(home, tambon))

    story.last_files(home)
    stages.append(refreshed(home, tambon))
    return Told(home, stages, wanted, listed, answers, still_listed)


def decided_by_hand(home: Home) -> None:
    """S01 is not C01; what the machine links by itself is confirmed too; a slip is corrected; a row is not well formed."""
    common = {"reason": "ถามแล้ว", "decided_by": STEWARD, "decided_on": date(2026, 1, 15)}
    folder = home.stewardship
    record_link(folder, decision="refuse", feed_a=CDD, fund_a="S01", feed_b=CODI, fund_b="C01", **common)  # type: ignore[arg-type]
    record_link(folder, decision="confirm", feed_a=CDD, fund_a="S02", feed_b=CODI, fund_b="C02", **common)  # type: ignore[arg-type]
    links = folder / "links.csv"
    links.write_text(
        links.read_text("utf-8") + f"perhaps,{CDD},S06,{CODI},C06,?,{STEWARD},2026-01-15\n", encoding="utf-8"
    )
    header = ",".join(name for name in CORRECTION_SCHEMA if name != "line")
    (folder / "corrections.csv").write_text(
        f'{header}\n{CDD},S06,2567,savings_thb,"190,000","109,000",สลับหลัก,{STEWARD},15/01/2569\n',
        encoding="utf-8",
    )


@pytest.fixture
def first(told: Told) -> Stage:
    return told.stages[0]


@pytest.fixture
def second(told: Told) -> Stage:
    return told.stages[1]


@pytest.fixture
def third(told: Told) -> Stage:
    return told.stages[2]


@pytest.fixture
def fourth(told: Told) -> Stage:
    return told.stages[3]


# ---- one fund in two lists


def test_a_group_in_two_lists_is_one_fund(second: Stage) -> None:
    assert second.fund("S01") == second.fund("C01")
    assert second.fund("S02") == second.fund("C02")
    assert second.rows("dim_fund", "agencies", "source_count", fund_id=second.fund("S01")) == [
        ("cdd,codi", 2)
    ]


def test_the_organisations_of_one_village_stay_apart(second: Stage) -> None:
    # หนองแวง หมู่ 3 has a savings group, a village fund, a satja group and a village bank; โนนสูง หมู่ 5 two of them
    of_one_village = [second.fund(code) for code in ("S01", "40100503", "T01", "C06")]
    assert len(set(of_one_village)) == 4
    assert second.fund("S02") != second.fund("40100505")


def test_what_is_likely_and_not_clear_waits_for_a_person(second: Stage) -> None:
    assert second.fund("S05") != second.fund("C05")
    [(reason, confidence)] = second.rows("mart_steward_queue", "reason", "confidence", kind="link")
    assert reason == "unsure"
    assert 0.5 <= confidence < 0.95


# ---- ids persist


def test_a_late_list_joins_the_ids_there_are(first: Stage, second: Stage) -> None:
    key = dict(first.tables["dim_fund_source"].select("fund_code", "source_fund_key").iter_rows())
    assert {code: first.fund(code) for code in key} == {code: f"F{own}" for code, own in key.items()}
    stayed = set(key) - {"T04"}  # which merged
    assert {code: second.fund(code) for code in stayed} == {code: first.fund(code) for code in stayed}
    # C02's own key is smaller than S02's: the older id stands all the same
    [(late,)] = second.rows("dim_fund_source", "source_fund_key", fund_code="C02")
    assert f"F{late}" < second.fund("C02") == first.fund("S02")


def test_an_absent_feed_changes_no_id(told: Told, fourth: Stage) -> None:
    build = latest_build(told.home)
    assert build is not None
    with duckdb.connect(str(warehouse_file(told.home, build.build_id)), read_only=True) as connection:
        sources = connection.sql("FROM int_fund_candidate").pl()
        decisions = connection.sql(
            f"FROM read_parquet('{told.home.builds / build.build_id}/input/fund_decision.parquet')"
        ).pl()
    ids = dict(fourth.tables["dim_fund_source"].select("source_fund_key", "fund_id").iter_rows())
    for absent in (CDD, CODI, SATJA, None):
        present = sources if absent is None else sources.filter(pl.col("feed_code") != absent)
        found = resolve(
            present.sample(fraction=1, shuffle=True, seed=3),
            score_pairs(present),
            fourth.registry,
            decisions,
            decided_on=date(2027, 1, 1),
            build_id="29990101T000000-ffffff",
        )
        assert found.events.is_empty(), (absent, found.events)
        assert dict(found.identity.select("source_fund_key", "fund_id").iter_rows()) == {
            key: ids[key] for key in present["source_fund_key"]
        }


def test_a_fund_that_changes_name_and_tambon_code_stays_one(first: Stage, second: Stage) -> None:
    assert first.fund("S03") == second.fund("S03")
    versions = ("valid_from_fiscal_year", "valid_to_fiscal_year", "fund_name", "tambon_code")
    # the abolished code led to today's tambon already: only the name changed
    assert second.rows("dim_fund_version", *versions, fund_id=second.fund("S03")) == [
        (2023, 2023, "กลุ่มออมทรัพย์เพื่อการผลิตบ้านดอนหัน", story.MOVED_TO),
        (2024, 2024, "กลุ่มออมทรัพย์บ้านดอนหันพัฒนา", story.MOVED_TO),
    ]
    places = dict(second.tables["dim_place"].select("place_id", "reported_tambon_code").iter_rows())
    reports = second.rows(
        "fct_fund_year", "fiscal_year", "place_id", "tambon_code", fund_id=second.fund("S03")
    )
    assert [(year, places[place], code) for year, place, code in reports] == [
        (2023, story.MOVED_FROM, story.MOVED_TO),
        (2024, story.MOVED_TO, story.MOVED_TO),
    ]


def test_a_fund_that_changes_programme_stays_one(second: Stage) -> None:
    years = ("valid_from_fiscal_year", "valid_to_fiscal_year", "programme_code")
    assert second.rows("dim_fund_version", *years, fund_id=second.fund("C06")) == [
        (2023, 2023, "village_bank"),
        (2024, 2024, "other_finance"),
    ]


# ---- merges and splits


def test_later_evidence_merges_the_younger_id_into_the_older(first: Stage, second: Stage) -> None:
    # both are of one day and build: the smaller id is the older
    older, younger = sorted((first.fund("S04"), first.fund("T04")))
    assert second.fund("S04") == second.fund("T04") == older
    [(code, fund_id, previous, method, decided_on, build)] = second.rows(
        "fct_fund_identity_event",
        "fund_code", "fund_id", "previous_fund_id", "method", "decided_on", "build_id",
        event="merge",
    )  # fmt: skip
    assert (code, fund_id, previous, method, build) == ("T04", older, younger, "machine", second.release_id)
    assert abs(decided_on - datetime.now(UTC).date()) <= timedelta(days=1)
    assert younger not in set(second.tables["fct_fund_year"]["fund_id"])


def test_a_stewards_word_merges_and_splits(second: Stage, third: Stage) -> None:
    assert third.fund("C05") == third.fund("S05") == second.fund("S05")
    assert third.fund("S01") == second.fund("S01")
    [(own,)] = third.rows("dim_fund_source", "source_fund_key", fund_code="C01")
    assert third.fund("C01") == f"F{own}"
    changes = third.tables["fct_fund_identity_event"].filter(build_id=third.release_id)
    assert sorted(
        changes.select("event", "fund_code", "fund_id", "previous_fund_id", "method", "reason").rows()
    ) == [
        ("merge", "C05", second.fund("S05"), second.fund("C05"), "steward", "ถามที่ทำการแล้ว"),
        ("split", "C01", f"F{own}", second.fund("S01"), "steward", "ถามแล้ว"),
    ]
    assert "decided_by" not in changes.columns
    assert set(third.registry.filter(build_id=third.release_id)["decided_by"]) == {STEWARD}


def test_a_split_stays_though_the_machine_would_link(third: Stage, fourth: Stage) -> None:
    assert {code: fourth.fund(code) for code in ("S01", "C01", "S05", "C05", "T04")} == {
        code: third.fund(code) for code in ("S01", "C01", "S05", "C05", "T04")
    }
    assert fourth.rows("fct_fund_identity_event", "event", build_id=fourth.release_id) == []


def test_the_registry_only_grows(told: Told) -> None:
    for before, after in zip(told.stages, told.stages[1:], strict=False):
        assert before.registry_files.items() <= after.registry_files.items()
        assert before.registry.equals(after.registry.head(before.registry.height))
    first, second, third, fourth = (stage.registry.height for stage in told.stages)
    assert (first, second - first, third - second, fourth - third) == (11, 30, 2, 0)


def test_nothing_new_is_not_a_reason_to_refresh(told: Told, tambon: Tambon) -> None:
    # what is written at publication (registry, history) does not ask for another refresh
    assert [stage.plan_needed for stage in told.stages] == [False] * 4


def test_another_order_of_files_rows_and_columns_gives_the_same_registry(
    told: Told, tmp_path: Path, tambon: Tambon
) -> None:
    home = Home(tmp_path / "home")
    home.set_kind("real")
    mixed = Random(7)
    story.second_files(home, mixed)
    story.first_files(home, mixed)
    one = refreshed(home, tambon)
    # all lists at once: what two releases registered is registered in one, so nothing has to merge
    second = told.stages[1]
    names = ["source_fund_key", "feed_code", "fund_code"]
    assert one.registry.select(names).equals(
        second.registry.filter(event="register").select(names).sort("source_fund_key")
    )
    assert set(one.registry["event"]) == {"register"}
    together = {frozenset(part["fund_code"]) for _, part in one.tables["dim_fund_source"].group_by("fund_id")}
    assert {group for group in together if len(group) > 1} == {
        frozenset({"S01", "C01"}),
        frozenset({"S02", "C02"}),
        frozenset({"S04", "T04"}),
    }
    # alone, every fund is named by its smallest key
    keys = one.tables["dim_fund_source"].group_by("fund_id").agg(pl.col("source_fund_key").min())
    assert keys.filter(pl.col("fund_id") != pl.lit("F") + pl.col("source_fund_key")).is_empty()


# ---- restatements


def savings_of_s07(result: Result) -> list[float]:
    assert result.exit_code == 0, result.output
    return [row["savings_thb"] for row in json.loads(result.stdout)]


SQL = "SELECT savings_thb FROM {} WHERE fund_code = 'S07' AND fiscal_year = 2023"


def test_a_corrected_delivery_restates_an_earlier_year(first: Stage, second: Stage) -> None:
    where = {"fund_code": "S07", "fiscal_year": 2023}
    assert first.rows("fct_fund_year", "savings_thb", **where) == [(500_000.0,)]
    assert second.rows("fct_fund_year", "savings_thb", **where) == [(550_000.0,)]
    assert second.rows(
        "fct_fund_year_revision", "revision_number", "savings_thb", "is_latest", "first_release_id", **where
    ) == [(1, 500_000.0, False, first.release_id), (2, 550_000.0, True, second.release_id)]


def test_as_of_answers_what_was_known_then(told: Told, tambon: Tambon) -> None:
    first, second, *_, last = told.stages

    def asked(as_of: object, table: str = "fct_fund_year") -> list[float]:
        return savings_of_s07(tambon(told.home, "query", SQL.format(table), "--as-of", as_of, "--json"))

    day = read_manifest(told.home.releases / first.release_id).created_at - timedelta(days=3)
    in_thai = f"{day.year + 543}-{day:%m-%d}"
    assert asked(first.release_id) == asked(day.date()) == asked(in_thai) == [500_000.0]
    assert asked(second.release_id) == asked("current") == [550_000.0]
    assert release_as_of(told.home, datetime.now(UTC).date().isoformat()) == last.release_id


def test_as_of_outlives_the_release(told: Told, tmp_path: Path, tambon: Tambon) -> None:
    home = copy_home(told.home, tmp_path / "home")
    first, second, third, fourth = told.stages
    pruned = tambon(home, "releases", "prune", "--keep", 1)
    assert pruned.exit_code == 0, pruned.output
    assert sorted(path.name for path in home.releases.glob("2*")) == [fourth.release_id]

    def asked(as_of: object, sql: str = SQL.format("fct_fund_agency_year")) -> Result:
        return tambon(home, "query", sql, "--as-of", as_of, "--json")

    day = read_manifest(told.home.releases / first.release_id).created_at - timedelta(days=3)
    assert savings_of_s07(asked(first.release_id)) == savings_of_s07(asked(day.date())) == [500_000.0]
    assert savings_of_s07(asked(second.release_id)) == savings_of_s07(asked(third.release_id)) == [550_000.0]
    # all that was known then, and nothing else: as many reports as the release had, and their sums
    sums = "SELECT count(*) AS n, sum(savings_thb) AS savings, sum(members_persons) AS members FROM fct_fund_agency_year"
    for stage in (first, second):
        own = stage.tables["fct_fund_agency_year"]
        assert json.loads(asked(stage.release_id, sums).stdout) == [
            {
                "n": own.height,
                "savings": own["savings_thb"].sum(),
                "members": own["members_persons"].sum(),
            }
        ]
    names = json.loads(asked(first.release_id, "SELECT count(*) AS n FROM dim_fund").stdout)
    assert names == [{"n": fourth.tables["dim_fund"].height}]
    gone = asked(first.release_id, "FROM mart_agency_conflict")
    assert gone.exit_code == 2
    assert "only fct_fund_agency_year, fct_fund_year_revision and dim_* are left" in flatless(gone)
    for sql in (
        "SELECT * FROM read_text('/etc/passwd')",
        "COPY dim_fund TO '/tmp/t.csv'",
        "ATTACH 'x.db' AS x",
    ):
        assert asked(first.release_id, sql).exit_code == 2, sql


def flatless(result: Result) -> str:
    """Both streams on one line."""
    return " ".join(result.output.split())


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("20200101T000000-abcdef", "No release 20200101T000000-abcdef was ever published; the newest:"),
        ("2001-01-31", "No release had been published by 2001-01-31 (the first:"),
        ("2026-02-30", "Not a day: 2026-02-30"),
        ("../../etc", "No release ../../etc was ever published"),
    ],
)
def test_an_unknown_release_is_told(told: Told, tambon: Tambon, wanted: str, said: str) -> None:
    result = tambon(told.home, "query", "SELECT 1", "--as-of", wanted)
    assert result.exit_code == 2
    assert said in flatless(result)
    assert "·" in result.output
    assert "Traceback" not in result.output


# ---- conflicts


def test_two_agencies_values_stand_side_by_side(second: Stage) -> None:
    columns = (
        "fiscal_year", "measure_code", "preferred_agency_code", "preferred_value", "other_agency_code", "other_value", "gap",
        "gap_ratio", "rule",
    )  # fmt: skip
    # the owner of savings groups is cdd; codi has the same savings, so only members differ
    assert second.rows("mart_agency_conflict", *columns, fund_id=second.fund("S02")) == [
        (2023, "members_persons", "cdd", 80.0, "codi", 90.0, 10.0, 0.125, "owner_agency")
    ]
    # one fund in two programmes, each reported by its owner: the one that sums over all programmes take stands
    found = second.rows("mart_agency_conflict", *columns[:-2], "rule", fund_id=second.fund("S04"))
    assert found == [
        (2023, "members_persons", "cdd", 150.0, "satja", 95.0, -55.0, "programme_order"),
        (2023, "savings_thb", "cdd", 2_000_000.0, "satja", 700_000.0, -1_300_000.0, "programme_order"),
    ]
    # the others agree, or have one value only
    assert second.tables["mart_agency_conflict"].height == 3
    preferred = second.rows("fct_fund_year", "members_persons", fund_id=second.fund("S02"), fiscal_year=2023)
    assert preferred == [(80.0,)]


def test_where_no_owner_speaks_the_latest_delivery_stands(tmp_path: Path) -> None:
    """No two feeds of ours are strangers to one programme, so these are made up: satja groups without the network's list."""

    def report(delivery: str, row: int, code: str, year: int, members: float) -> dict[str, Any]:
        feed = CDD if delivery.startswith("cdd") else CODI
        return {
            "delivery_id": delivery, "agency_code": feed.split("/")[0], "feed_code": feed, "sheet": "", "row_number": row,
            "programme_code": "satja_group", "fiscal_year": year, "fund_code": code, "fund_name": code,
            "members_persons": members, **place_cells("code"),
        }  # fmt: skip

    # 2023 came from cdd last, 2024 from codi; 2022 is the same in both but for rounding
    reports = [
        report("codi-1", 2, "C1", 2022, 1000.0), report("codi-1", 3, "C1", 2023, 12.0),
        report("cdd-1", 2, "S1", 2022, 1004.0), report("cdd-1", 3, "S1", 2023, 10.0), report("cdd-1", 4, "S1", 2024, 15.0),
        report("codi-2", 2, "C1", 2024, 18.0),
    ]  # fmt: skip
    decision = {
        "line": 2, "decision": "confirm", "feed_a": CDD, "fund_a": "S1", "feed_b": CODI, "fund_b": "C1",
        "reason": "กลุ่มเดียวกัน", "decided_by": STEWARD, "decided_on": date(2026, 1, 15),
    }  # fmt: skip
    write_reference(tmp_path / "reference")
    write_input(
        tmp_path / "input",
        {"fund_report": reports},
        ["codi-1", "cdd-1", "codi-2"],
        {"fund_decision": [decision]},
    )
    warehouse = tmp_path / "build" / "warehouse.duckdb"
    outcome = run_dbt(
        input_dir=tmp_path / "input",
        reference_dir=tmp_path / "reference",
        target_dir=tmp_path / "target",
        warehouse=warehouse,
        fund_measures=MEASURES,
        select=["+mart_agency_conflict", "+mart_tambon_conflict"],
    )
    assert (outcome.error, outcome.failed) == (None, ())
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        conflicts = connection.execute(
            "SELECT fiscal_year, preferred_agency_code, preferred_value, other_agency_code, other_value, gap, rule, rule_en "
            "FROM mart_agency_conflict ORDER BY 1"
        ).fetchall()
        stands = connection.execute(
            "SELECT fiscal_year, members_persons FROM fct_fund_year ORDER BY 1"
        ).fetchall()
        sums = connection.execute(
            "SELECT fiscal_year, funds_differing, published_sum, other_agency_sum, every_report_sum "
            "FROM mart_tambon_conflict ORDER BY 1"
        ).fetchall()
    because = ("latest_delivery", "the figure of the latest delivery stands")
    assert conflicts == [
        (2023, "cdd", 10.0, "codi", 12.0, 2.0, *because),
        (2024, "codi", 18.0, "cdd", 15.0, -3.0, *because),
    ]
    assert stands == [(2022, 1004.0), (2023, 10.0), (2024, 18.0)]
    assert sums == [
        (2022, 0, 1004.0, 1000.0, 2004.0),
        (2023, 1, 10.0, 12.0, 22.0),
        (2024, 1, 18.0, 15.0, 33.0),
    ]


def test_a_tambon_is_summed_with_and_without(second: Stage) -> None:
    # members 2023, a fund once: S01 120, S02 80, S04 150, S05 200, S06 40, S07 70 and C05 174 as a fund of its own; two
    # village funds 110 and 75; T01 45 (T04 is S04); the village bank 30. C07 is not placed yet.
    all_once = 120 + 80 + 150 + 200 + 40 + 70 + 174 + 110 + 75 + 45 + 30
    amphoe = second.rows(
        "mart_area_year", "members_persons", "funds_known",
        area_level="amphoe", area_code="4010", programme_code="all", fiscal_year=2023,
    )  # fmt: skip
    assert amphoe == [(all_once + 240.0, 11 + 24)]  # and 24 groups of 10 in the next tambon
    assert second.rows(
        "mart_tambon_conflict",
        "funds_compared", "funds_differing", "published_sum", "other_agency_sum", "every_report_sum",
        tambon_code=TAMBON, fiscal_year=2023, measure_code="members_persons",
    ) == [(3, 2, all_once, all_once + 10 - 55, all_once + 90 + 95 + 120)]  # fmt: skip


def test_memberships_bound_the_people(second: Stage) -> None:
    # the largest programme: savings groups with 834; T04's 95 are in the satja groups' own sum
    assert second.rows(
        "mart_membership_bounds",
        "memberships_sum", "largest_programme", "people_lower", "people_upper", "programme_count", "is_consistent",
        area_level="tambon", area_code=TAMBON, fiscal_year=2023,
    ) == [(1094.0, "savings_group", 834.0, 1094.0, 4, True)]  # fmt: skip


# ---- decisions


def test_questions_are_answered_and_gone(told: Told, third: Stage) -> None:
    assert [(item["kind"], item["fund_a"], item["fund_b"]) for item in told.listed] == [
        ("link", "C05", "S05"),
        ("place", None, None),
    ]
    assert [result.exit_code for result in told.answers] == [0, 0], [r.output for r in told.answers]
    assert told.still_listed == []
    assert third.tables["mart_steward_queue"].is_empty()


def test_a_decision_is_a_reason_to_refresh(told: Told) -> None:
    assert told.wanted.exit_code == 0
    assert "Would run: yes" in told.wanted.output
    assert flat("stewards' decisions") in flat(told.wanted.output)


def test_a_place_goes_by_the_decision(second: Stage, third: Stage) -> None:
    columns = ("tambon_code", "resolution_method")
    assert second.rows("fct_fund_year", *columns, fund_code="C07") == [(None, "unresolved")]
    assert third.rows("fct_fund_year", *columns, fund_code="C07") == [(TAMBON, "override")]
    assert third.fund("C07") == second.fund("C07")


def test_a_correction_changes_the_value_and_keeps_the_reported_one(
    second: Stage, third: Stage, fourth: Stage
) -> None:
    where = {"fund_code": "S06", "fiscal_year": 2024}
    assert second.rows("fct_fund_year", "savings_thb", **where) == [(190_000.0,)]
    assert third.rows("fct_fund_year", "savings_thb", **where) == [(109_000.0,)]
    columns = ("value_reported", "value_delivered", "value_corrected", "is_applied", "not_applied_reason")
    assert third.rows("fct_correction", *columns) == [("190,000", "190000.0", "109,000", True, None)]
    # the office mended its file
    assert fourth.rows("fct_fund_year", "savings_thb", **where) == [(109_000.0,)]
    assert fourth.rows("fct_correction", *columns) == [
        ("190,000", "109000.0", "109,000", False, "value_differs")
    ]
    # what the delivery before said is what was known before: the value delivered, not the corrected one
    assert fourth.rows(
        "fct_fund_year_revision", "revision_number", "savings_thb", "first_release_id", **where
    ) == [(1, 190_000.0, second.release_id), (2, 109_000.0, fourth.release_id)]


def findings(stage: Stage, check: str) -> list[str]:
    return sorted(stage.tables["dq_finding"].filter(check_id=check)["value"].to_list())


def test_a_decision_no_longer_needed_is_told(second: Stage, third: Stage, fourth: Stage) -> None:
    assert findings(second, "steward.still_needed") == []
    # the machine links S02 and C02 by itself
    [link] = findings(third, "steward.still_needed")
    assert link.startswith(f"link 4 {CDD} / S02 / {CODI} / C02")
    # the office's file has the right figure now, and the machine knows S05 and C05 by their founding day
    correction, *links = findings(fourth, "steward.still_needed")
    assert correction.startswith(f"correction 2 {CDD} / S06 / 2024 / savings_thb")
    assert [text.split(":")[0] for text in links] == [
        f"link 2 {CODI} / C05 / {CDD} / S05",
        f"link 4 {CDD} / S02 / {CODI} / C02",
    ]


def test_a_malformed_row_is_told_and_the_others_count(third: Stage) -> None:
    [told] = findings(third, "steward.file_readable")
    assert told.startswith("links.csv line 5: Decision perhaps is not known; expected confirm | refuse")
    assert third.fund("S06") != third.fund("C06")


def test_what_may_not_be_used_is_nowhere(fourth: Stage) -> None:
    assert findings(fourth, "steward.usable") == []


@pytest.fixture(scope="module", autouse=True)
def _kept(told: Told) -> Iterator[None]:
    """Tests read the story; none may change its home."""
    before = digest(registry_folder(told.home)) | digest(told.home.history)
    yield
    assert digest(registry_folder(told.home)) | digest(told.home.history) == before
