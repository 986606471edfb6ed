"""The life of findings over any sequence of audits, what is remembered between them, and the figures made from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.lives import give_lives, mend_times
from expectations.quality_history import (
    KEEP,
    REMEMBERED,
    keep_quality_history,
    load_history,
    moment_of,
    quality_history,
)
from expectations.scratch import Scratch, scratch
from expectations.tables import TABLES, columns_of, create_table, insert_rows, write_table
from expectations.trends import record_release, record_trend
from ingest.home import Home

CHECKS = ("adm.a:x/y", "adm.b:x/y")
START = datetime(2026, 1, 1, 6, tzinfo=UTC)


def build_of(day: int) -> str:
    return f"{START + timedelta(days=day):%Y%m%dT%H%M%S}-abcdef"


def finding(name: str, check: str = CHECKS[0], **more: object) -> dict[str, object]:
    return {
        "finding_id": name,
        "check_id": check,
        "agency_code": "x",
        "feed_code": "x/y",
        "severity": "warn",
        **more,
    }


@contextmanager
def an_audit(
    home: Home,
    day: int,
    found: Sequence[Mapping[str, object]],
    *,
    closed: Mapping[str, str] | None = None,
    checks: Sequence[str] = CHECKS,
    not_judged: Sequence[str] = (),
    passed: bool = True,
    keep: bool = True,
) -> Iterator[Scratch]:
    """One audit that sees `found`, as audit_warehouse takes it from the listed findings on; kept as when it is published."""
    build = build_of(day)
    with scratch() as database:
        for table in TABLES:
            create_table(database, table)
        insert_rows(database, "dq_finding", map(dict, found))
        insert_rows(database, "dq_check", [{"check_id": check} for check in checks])
        insert_rows(database, "dq_feed", [{"feed_code": "x/y", "agency_code": "x"}])
        database.connection.execute("CREATE TABLE life_closed (finding_id VARCHAR, how VARCHAR)")
        for name, how in (closed or {}).items():
            database.connection.execute("INSERT INTO life_closed VALUES (?, ?)", [name, how])
        load_history(database, home, build)
        moment = moment_of(build, START)
        give_lives(database, build, moment, not_judged)
        mend_times(database)
        record_trend(database, build, moment)
        record_release(database, build, moment, passed=passed)
        if keep:
            folder = home.root / "audit" / build
            for table in REMEMBERED:
                write_table(database, f"SELECT {columns_of(table)} FROM {table}", folder / f"{table}.parquet")
            keep_quality_history(home, build, folder)
        yield database


def lives_of(database: Scratch, name: str) -> list[tuple[str, int]]:
    rows = database.rows(
        "SELECT life, life_number FROM dq_finding_life WHERE finding_id = ? ORDER BY life_number", [name]
    )
    return [(str(life), int(number)) for life, number in rows]


def test_new_persisting_mended_and_back_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with an_audit(home, 0, [finding("f")]) as database:
        assert lives_of(database, "f") == [("new", 1)]
    with an_audit(home, 3, [finding("f")], passed=False) as database:
        assert lives_of(database, "f") == [("persisting", 1)]
        first, since = database.rows("SELECT first_release_id, first_seen_at FROM dq_finding")[0]
        assert (first, since.astimezone(UTC)) == (build_of(0), START)
    with an_audit(home, 10, []) as database:
        row = database.rows("SELECT life, closed_release_id, last_release_id, days_open FROM dq_finding_life")
        assert row == [("mended", build_of(10), build_of(3), 10)]
    with an_audit(home, 12, [finding("f")]) as database:
        assert lives_of(database, "f") == [("mended", 1), ("new", 2)]
        assert database.rows("SELECT life, first_release_id FROM dq_finding") == [("new", build_of(12))]
    with an_audit(home, 13, [finding("f")]) as database:
        assert lives_of(database, "f") == [("mended", 1), ("persisting", 2)]
        assert database.rows("SELECT outcome FROM dq_release ORDER BY release_id") == [
            ("good",),
            ("audit_failed",),
            ("good",),
            ("good",),
            ("good",),
        ]


def test_a_build_audited_again_says_the_same(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with an_audit(home, 0, [finding("f"), finding("g")]):
        pass

    def told(database: Scratch) -> list[list[tuple[object, ...]]]:
        return [database.rows(f"SELECT * FROM {table} ORDER BY ALL") for table in (*REMEMBERED, "dq_finding")]

    with an_audit(home, 1, [finding("f")]) as database:
        once = told(database)
    with an_audit(home, 1, [finding("f")]) as database:
        assert told(database) == once
    assert len(list(quality_history(home).iterdir())) == 2


def test_an_audit_that_was_never_published_is_not_remembered(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with an_audit(home, 0, [finding("f")]):
        pass
    with an_audit(home, 1, [], keep=False):
        pass
    with an_audit(home, 2, [finding("f")]) as database:
        assert lives_of(database, "f") == [("persisting", 1)]
        assert database.rows("SELECT count(*) FROM dq_release") == [(2,)]


def test_what_nobody_looked_at_is_not_mended(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with an_audit(home, 0, [finding("a"), finding("b", CHECKS[1]), finding("c", "fact.c:members")]):
        pass
    # The first check left the catalogue, the second could not be carried out, of the third's kind none could.
    with an_audit(home, 1, [], checks=CHECKS[1:], not_judged=[CHECKS[1], "fact.c"]) as database:
        assert lives_of(database, "a") == [("gone", 1)]
        assert lives_of(database, "b") == [("persisting", 1)]
        assert lives_of(database, "c") == [("persisting", 1)]
    with an_audit(home, 2, [], closed={"b": "gone"}) as database:
        assert lives_of(database, "b") == [("gone", 1)]


def test_a_damaged_memory_is_passed_over(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for day in range(KEEP + 2):
        with an_audit(home, day, [finding("f")]):
            pass
    kept = sorted(path.name for path in quality_history(home).iterdir())
    assert kept == [build_of(day) for day in range(2, KEEP + 2)]
    newest = quality_history(home) / kept[-1] / "dq_finding_life.parquet"
    newest.write_bytes(newest.read_bytes()[:100])
    with an_audit(home, KEEP + 2, [finding("f")]) as database:
        assert database.rows("SELECT life, first_release_id FROM dq_finding") == [("persisting", build_of(0))]
        assert database.rows("SELECT count(*) FROM dq_release") == [(KEEP + 2,)], "all but the damaged one"


def test_a_kept_release_stands_in_for_what_was_not_remembered(tmp_path: Path) -> None:
    """The run was killed after it had published, or the history was lost; a link to a release is no release of its own."""
    home = Home(tmp_path)
    for day in (0, 1):
        with an_audit(home, day, [finding("f")]):
            pass
    kept = home.releases / f"quality-{build_of(1)}"
    kept.mkdir(parents=True)
    (quality_history(home) / build_of(1)).rename(kept / "quality")
    (home.releases / "current-quality").symlink_to(kept.name)
    shutil.rmtree(quality_history(home))
    with an_audit(home, 2, [finding("f")]) as database:
        assert database.rows("SELECT life, first_release_id FROM dq_finding") == [("persisting", build_of(0))]


def test_median_time_to_mend(tmp_path: Path) -> None:
    """By hand: a is open for 2 days, b for 5, c for 2 and again for 9: the median of 2, 2, 5, 9 is 3.5 days; d is open for 20."""
    seen = {0: "abcd", 2: "bd", 4: "bd", 5: "d", 11: "cd", 20: "d"}
    home = Home(tmp_path)
    for day, names in seen.items():
        with an_audit(home, day, [finding(name) for name in names]) as database:
            told = database.rows("SELECT * FROM dq_mend_time")
    assert told == [("x", CHECKS[0], 4, 0, 1, 3.5, 20.0)]


def test_the_trend_keeps_every_release_whole_and_small(tmp_path: Path) -> None:
    home = Home(tmp_path)
    placed = [finding(f"f{i}", province_code=f"{10 + i % 3}") for i in range(6)]
    with an_audit(home, 0, placed):
        pass
    with an_audit(home, 1, placed[:3]) as database:
        rows = database.rows(
            "SELECT release_id, sum(findings_open), sum(findings_new), sum(findings_mended), count(*) "
            "FROM dq_trend GROUP BY ALL ORDER BY 1"
        )
    assert rows == [(build_of(0), 6, 6, 0, 3), (build_of(1), 3, 0, 3, 3)]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sets(st.sampled_from("abcde")), min_size=1, max_size=7))
def test_any_sequence_of_audits_gives_lives_that_fit_it(
    tmp_path_factory: pytest.TempPathFactory, seen: list[set[str]]
) -> None:
    home = Home(tmp_path_factory.mktemp("lives"))
    for day, names in enumerate(seen):
        with an_audit(home, day, [finding(name) for name in sorted(names)]) as database:
            known = database.connection.sql("FROM dq_finding_life").pl()
            found = database.connection.sql("FROM dq_finding").pl()
        is_open = pl.col("life").is_in(["new", "persisting"])
        assert sorted(known.filter(is_open)["finding_id"]) == sorted(names) == sorted(found["finding_id"])
        assert set(known["finding_id"]) == set().union(*seen[: day + 1])
        for name in known["finding_id"].unique():
            days = [number for number in range(day + 1) if name in seen[number]]
            begins = [number for number in days if number - 1 not in days]
            own = known.filter(finding_id=name).sort("life_number")
            assert own["life_number"].to_list() == list(range(1, len(begins) + 1))
            assert own["first_release_id"].to_list() == [build_of(number) for number in begins]
            ends = [next(n for n in range(b, day + 2) if n not in days) for b in begins]
            assert own["closed_release_id"].to_list() == [
                build_of(end) if end <= day else None for end in ends
            ]
            assert own["last_release_id"].to_list() == [build_of(end - 1) for end in ends]
            assert (own.filter(~is_open)["life"] == "mended").all()
