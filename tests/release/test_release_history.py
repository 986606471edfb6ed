"""In which release a delivery was first, and what was known then: by id and by day, after pruning, with parts lost or damaged."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from ingest.home import Home
from release import (
    InputFile,
    QueryError,
    ReleaseError,
    build_release,
    first_releases,
    prune,
    publish,
    publish_quality,
    read_manifest,
    record_release,
    release_as_of,
    rollback,
    run_query,
)
from release.history import releases_known
from release.query import open_as_of
from tests.release.conftest import Maker, make_meta
from tests.release.test_release_query import BREAK_OUTS

IDS = ["20260110T190000-aaaaaa", "20260111T190000-bbbbbb", "20260113T190000-cccccc"]
DAYS = [datetime(2026, 1, day, 19, tzinfo=UTC) for day in (10, 11, 13)]
# What each release is made from: the second has one more delivery, the third lost one (it was held since) and has another.
INPUTS = [["d1", "d2"], ["d1", "d2", "d3"], ["d1", "d3", "d4"]]
Release = Callable[..., Path]


@pytest.fixture
def release(home: Home, make: Maker) -> Release:
    """Publish the n-th release; `recorded` writes its part, as the job does."""

    def build(number: int, *, recorded: bool = True, warehouse: Path | None = None) -> Path:
        made, quality = make(f"w{number}", value=number)
        inputs = [
            InputFile(delivery_id=one, feed_code="x/y", file_name=one, sha256="a" * 64, rows=1) for one in INPUTS[number]
        ]  # fmt: skip
        meta = make_meta().model_copy(update={"created_at": DAYS[number], "inputs": inputs})
        folder = build_release(home, IDS[number], warehouse or made, quality, meta)
        publish(home, IDS[number])
        if recorded:
            record_release(home, read_manifest(folder))
        return folder

    return build


def firsts(home: Home) -> dict[str, str]:
    return dict(first_releases(home).select("delivery_id", "first_release_id").iter_rows())


def test_a_delivery_keeps_the_release_it_was_first_in(home: Home, release: Release) -> None:
    assert firsts(home) == {}
    for number in range(3):
        release(number)
    assert firsts(home) == {"d1": IDS[0], "d2": IDS[0], "d3": IDS[1], "d4": IDS[2]}
    when = dict(first_releases(home).select("delivery_id", "first_released_at").iter_rows())
    assert when == {"d1": DAYS[0], "d2": DAYS[0], "d3": DAYS[1], "d4": DAYS[2]}


def test_recording_again_changes_nothing(home: Home, release: Release) -> None:
    manifest = read_manifest(release(0))
    path = record_release(home, manifest)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    assert record_release(home, manifest) == path
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [one.name for one in home.history.iterdir()] == [f"{IDS[0]}.parquet"]


def test_a_home_without_parts_is_made_up_from_its_manifests(
    home: Home, release: Release, make: Maker
) -> None:
    for number in range(3):
        release(number, recorded=False)
    publish_quality(home, "20260114T190000-dddddd", make("q")[1], make_meta(9))
    assert not home.history.exists()
    assert firsts(home) == {"d1": IDS[0], "d2": IDS[0], "d3": IDS[1], "d4": IDS[2]}
    assert set(releases_known(home)["release_id"]) == set(
        IDS
    )  # a failed audit's quality tables are no release
    # pruning writes the parts of what goes
    assert prune(home, keep=1).deleted == [IDS[1], IDS[0]]
    assert firsts(home) == {"d1": IDS[0], "d2": IDS[0], "d3": IDS[1], "d4": IDS[2]}
    assert sorted(one.stem for one in home.history.glob("*.parquet")) == IDS[:2]


def test_a_release_with_a_damaged_manifest_and_no_part_is_passed_over(home: Home, release: Release) -> None:
    release(0, recorded=False)
    release(1)
    (home.releases / IDS[0] / "manifest.json").write_text("{", encoding="utf-8")
    assert firsts(home) == {"d1": IDS[1], "d2": IDS[1], "d3": IDS[1]}


def other_part(path: Path) -> None:
    pl.read_parquet(path).with_columns(release_id=pl.lit("20250101T000000-eeeeee")).write_parquet(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:40]),
        lambda path: path.write_bytes(b""),
        lambda path: pl.DataFrame({"a": [1]}).write_parquet(path),
        lambda path: pl.read_parquet(path).with_columns(released_at=pl.lit("yesterday")).write_parquet(path),
        other_part,
    ],
    ids=["torn", "empty", "another table", "another type", "another release"],
)
def test_a_damaged_part(home: Home, release: Release, damage: Callable[[Path], object]) -> None:
    folder = release(0)
    release(1)
    part = home.history / f"{IDS[0]}.parquet"
    good = part.read_bytes()
    damage(part)
    # made up for from the manifest while that is there, and mended when it is written again
    assert firsts(home) == {"d1": IDS[0], "d2": IDS[0], "d3": IDS[1]}
    record_release(home, read_manifest(folder))
    assert part.read_bytes() == good
    # told, never guessed, where the release is gone: or its deliveries would move to a later one
    damage(part)
    kept = part.read_bytes()
    prune(home, keep=1)
    assert part.read_bytes() == good, "pruning mends it first"
    part.write_bytes(kept)
    for asked in (
        lambda: firsts(home),
        lambda: release_as_of(home, IDS[1]),
        lambda: release_as_of(home, "2026-01-11"),
    ):
        with pytest.raises(
            ReleaseError, match=rf"history/{IDS[0]}\.parquet.*Restore it from a backup"
        ) as caught:
            asked()
        assert str(home.root) not in str(caught.value)
        assert str(caught.value).startswith("บันทึก")
    assert release_as_of(home, "current") == IDS[1]
    part.unlink()  # as the message says: what was first in it counts as first in the next
    assert firsts(home) == {"d1": IDS[1], "d2": IDS[1], "d3": IDS[1]}


def test_what_a_killed_writer_left_is_no_part(home: Home, release: Release) -> None:
    release(0)
    (home.history / ".part-abc.tmp").write_bytes(b"half")
    assert firsts(home) == {"d1": IDS[0], "d2": IDS[0]}


def test_a_release_made_from_nothing_was_a_release(home: Home, make: Maker) -> None:
    folder = build_release(home, IDS[0], *make(), make_meta().model_copy(update={"inputs": []}))
    record_release(home, read_manifest(folder))
    assert release_as_of(home, IDS[0]) == IDS[0]
    assert firsts(home) == {}


def test_a_release_by_id_and_by_day(home: Home, release: Release) -> None:
    for one in range(3):
        release(one)
    meant = {
        IDS[0]: 0,
        IDS[2]: 2,
        "current": 2,
        "2026-01-10": 0,
        "2026-01-11": 1,
        "2026-01-12": 1,  # none was made that day: what was known then is the one before
        "2026-01-13": 2,
        "2099-12-31": 2,
        "2569-01-11": 1,  # the same day in พ.ศ.
    }
    sql = "SELECT savings_thb FROM fct_fund_year WHERE fund_id = 'F0'"
    for wanted, number in meant.items():
        assert release_as_of(home, wanted) == IDS[number], wanted
        assert run_query(home, sql, as_of=wanted).item() == number, wanted


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("2026-01-09", "No release had been published by 2026-01-09 (the first: 2026-01-10)"),
        ("2568-12-31", "No release had been published by 2568-12-31"),
        ("2026-02-30", "Not a day: 2026-02-30"),
        ("0000-01-01", "Not a day: 0000-01-01"),
        ("20260110T190000-ffffff", f"was ever published; the newest: {IDS[0]}"),
        ("..", "No release .. was ever published"),
        ("", "No release  was ever published"),
        ("2026-01", "No release 2026-01 was ever published"),
        ("๒๕๖๙-๐๑-๑๑", "was ever published"),
    ],
)
def test_what_was_never_published_is_told(home: Home, release: Release, wanted: str, said: str) -> None:
    release(0)
    with pytest.raises(ReleaseError) as caught:
        release_as_of(home, wanted)
    assert said in str(caught.value)
    assert "·" in str(caught.value)


@pytest.mark.parametrize("wanted", ["current", "2026-01-11", IDS[0]])
def test_an_empty_home_has_nothing_to_ask(home: Home, wanted: str) -> None:
    with pytest.raises(ReleaseError):
        release_as_of(home, wanted)


# ---- what is put together again of a pruned release

# fund, programme, revision, savings, the release it was first in
REVISIONS = [
    ("k1", "savings_group", 1, 10.0, IDS[0]),
    ("k1", "savings_group", 2, 11.0, IDS[1]),
    ("k1", "savings_group", 3, 12.0, IDS[2]),
    ("k2", "savings_group", 1, 20.0, IDS[0]),
    # the second delivery calls it another kind of fund: it replaces the first all the same
    ("k3", "village_bank", 1, 30.0, IDS[0]),
    ("k3", "other_finance", 2, 31.0, IDS[1]),
    # a delivery that names a fund under two programmes
    ("k4", "savings_group", 1, 40.0, IDS[1]),
    ("k4", "village_bank", 1, 41.0, IDS[1]),
    ("k5", "savings_group", 1, 50.0, IDS[2]),
]
KNOWN = {
    IDS[0]: [("k1", 10.0), ("k2", 20.0), ("k3", 30.0)],
    IDS[1]: [("k1", 11.0), ("k2", 20.0), ("k3", 31.0), ("k4", 40.0), ("k4", 41.0)],
}


@pytest.fixture
def pruned(home: Home, release: Release, make: Maker) -> Home:
    """Three releases of which the newest is left; it keeps the revisions."""
    release(0)
    release(1)
    warehouse, _ = make("with revisions")
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            "CREATE TABLE fct_fund_year_part AS SELECT * FROM (VALUES "
            + ", ".join(str(row) for row in REVISIONS)
            + ") t(source_fund_key, programme_code, revision_number, savings_thb, first_release_id)"
        )
        # a view over another table, as the warehouse has it
        con.execute(
            "CREATE VIEW fct_fund_year_revision AS "
            "SELECT *, 2023::SMALLINT AS fiscal_year, false AS is_latest FROM fct_fund_year_part"
        )
    release(2, warehouse=warehouse)
    assert prune(home, keep=1).deleted == [IDS[1], IDS[0]]
    return home


@pytest.mark.parametrize("wanted", [IDS[0], IDS[1], "2026-01-10", "2026-01-12"])
def test_a_pruned_release_is_put_together_again(pruned: Home, wanted: str) -> None:
    sql = "SELECT source_fund_key, savings_thb FROM fct_fund_agency_year ORDER BY ALL"
    assert run_query(pruned, sql, as_of=wanted).rows() == KNOWN[release_as_of(pruned, wanted)]
    revisions = run_query(
        pruned, "SELECT count(*), count(*) FILTER (is_latest) FROM fct_fund_year_revision", as_of=IDS[0]
    )
    assert revisions.rows() == [(3, 3)]
    assert run_query(pruned, "SELECT count(*) FROM dim_tambon", as_of=wanted).item() == 2


def test_what_a_pruned_release_has_lost_is_told(pruned: Home) -> None:
    with pytest.raises(QueryError) as caught:
        run_query(pruned, "FROM fct_fund_year", as_of=IDS[0])
    left = "only fct_fund_agency_year, fct_fund_year_revision and dim_* are left"
    assert f"Release {IDS[0]} was pruned: {left}" in str(caught.value)
    with pytest.raises(QueryError) as kept:
        run_query(pruned, "FROM no_such_table", as_of=IDS[2])
    assert "pruned" not in str(kept.value)


def test_no_way_out_of_a_pruned_release(pruned: Home, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    folder = pruned.releases / IDS[2]
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    names = {
        "{out}": out,
        "{marts}": folder / "marts.duckdb",
        "{parquet}": folder / "marts/dim_tambon.parquet",
    }
    for sql in BREAK_OUTS:
        for name, path in names.items():
            sql = sql.replace(name, str(path))
        with pytest.raises(QueryError) as caught:
            run_query(pruned, sql, as_of=IDS[0])
        assert str(pruned.root) not in str(caught.value), sql
        assert not out.exists(), sql
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_the_connection_of_a_pruned_release_is_closed_off(pruned: Home, tmp_path: Path) -> None:
    """Analysts get the connection too: DuckDB must refuse, not only our look at the statement."""
    out = tmp_path / "out.csv"
    with open_as_of(pruned, IDS[0]) as con:
        for sql in (
            "SELECT * FROM read_text('/etc/passwd')",
            f"COPY dim_tambon TO '{out}'",
            "INSTALL httpfs",
            f"ATTACH '{tmp_path}/x.duckdb' AS x",
            "SET enable_external_access = true",
            "DELETE FROM marts.main.dim_tambon",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(sql).fetchall()
        assert con.execute("SELECT count(*) FROM dim_tambon").fetchall() == [(2,)]
    assert not out.exists()


def test_a_release_without_revisions_says_so(home: Home, release: Release) -> None:
    for number in range(3):
        release(number)
    prune(home, keep=1)
    with pytest.raises(QueryError, match="keeps no revisions"):
        run_query(home, "SELECT 1", as_of=IDS[0])


def test_after_a_rollback_nothing_is_made_up(home: Home, release: Release) -> None:
    """The release that is current now knows nothing of what came later."""
    for number in range(3):
        release(number)
    rollback(home, IDS[0])
    assert prune(home, keep=1).deleted == [IDS[1]]
    assert release_as_of(home, "current") == IDS[0]
    assert run_query(home, "SELECT max(savings_thb) FROM fct_fund_year", as_of=IDS[2]).item() > 0  # kept
    with pytest.raises(ReleaseError, match=f"{IDS[1]} was pruned, and the current one, {IDS[0]}, is older"):
        run_query(home, "SELECT 1", as_of=IDS[1])


def test_a_day_is_the_day_of_the_release_not_of_its_part(home: Home, release: Release) -> None:
    release(0)
    part = home.history / f"{IDS[0]}.parquet"
    shifted = pl.read_parquet(part).with_columns(pl.col("released_at") - timedelta(days=5))
    shifted.write_parquet(part)  # what is recorded holds, also where the manifest says otherwise
    assert release_as_of(home, "2026-01-06") == IDS[0]
