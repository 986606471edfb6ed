"""Publishing, failed audits, listing, verifying, rolling back and pruning."""

import shutil

import pytest

from ingest.home import Home
from release import (
    ReleaseError,
    build_release,
    list_releases,
    prune,
    publish,
    publish_quality,
    read_manifest,
    resolve_current,
    resolve_quality,
    rollback,
    verify,
)
from tests.release.conftest import Maker, make_meta

IDS = [f"2026010{day}T030000-abc12{day}" for day in range(1, 7)]


def publish_all(home: Home, make: Maker, count: int) -> None:
    for number, release_id in enumerate(IDS[:count]):
        build_release(home, release_id, *make(f"w{release_id}", value=number), make_meta(number))
        publish(home, release_id)


def test_publishing_points_both_links_at_the_release(home: Home, make: Maker) -> None:
    assert resolve_current(home) is None
    assert resolve_quality(home) is None
    publish_all(home, make, 2)
    assert resolve_current(home) == resolve_quality(home) == home.releases / IDS[1]
    assert str((home.releases / "current").readlink()) == IDS[1]  # relative: the home can be moved
    publish(home, IDS[1])
    assert resolve_current(home) == home.releases / IDS[1]


def test_a_failed_audit_publishes_quality_beside_the_last_good_marts(home: Home, make: Maker) -> None:
    publish_all(home, make, 1)
    _, quality = make("failed", value=9)
    folder = publish_quality(home, IDS[1], quality, make_meta(5))
    assert folder == home.releases / f"quality-{IDS[1]}"
    assert resolve_current(home) == home.releases / IDS[0]
    assert resolve_quality(home) == folder
    manifest = read_manifest(folder)
    assert (manifest.kind, manifest.status, manifest.release_id) == ("quality", "audit_failed", IDS[1])
    assert {t.name for t in manifest.tables} == {"dq_result", "dq_finding"}
    assert (folder / "quality/dq_result.parquet").is_file()
    assert verify(home, folder.name).ok
    with pytest.raises(ReleaseError, match="quality tables only"):
        publish(home, folder.name)
    build_release(home, IDS[2], *make("good", value=3), make_meta(6))
    publish(home, IDS[2])
    assert resolve_current(home) == resolve_quality(home) == home.releases / IDS[2]


def test_no_quality_tables_is_an_error_that_changes_nothing(home: Home, make: Maker) -> None:
    publish_all(home, make, 1)
    _, quality = make("empty")
    for path in quality.glob("dq_*"):
        path.unlink()
    with pytest.raises(ReleaseError, match="dq_"):
        publish_quality(home, IDS[1], quality, make_meta())
    assert resolve_quality(home) == home.releases / IDS[0]


def test_an_incomplete_release_is_not_published(home: Home, make: Maker) -> None:
    publish_all(home, make, 1)
    folder = build_release(home, IDS[1], *make("next"), make_meta(1))
    (folder / "marts/dim_tambon.parquet").unlink()
    with pytest.raises(ReleaseError, match="dim_tambon"):
        publish(home, IDS[1])
    with pytest.raises(ReleaseError, match="no release"):
        publish(home, IDS[4])
    assert resolve_current(home) == home.releases / IDS[0]


def test_the_list_is_newest_first_and_marks_the_current_one(home: Home, make: Maker) -> None:
    assert list_releases(home) == []
    publish_all(home, make, 3)
    publish_quality(home, IDS[3], make("q")[1], make_meta(9))
    (home.releases / IDS[0] / "manifest.json").write_text("{")
    listed = list_releases(home)
    assert [info.release_id for info in listed] == [IDS[2], IDS[1], IDS[0]]
    assert [info.is_current for info in listed] == [True, False, False]
    assert listed[0].rows["fct_fund_year"] == 3
    assert listed[0].bytes > 0
    assert listed[2].status == "damaged"
    every = list_releases(home, include_quality=True)
    assert (every[0].release_id, every[0].kind, every[0].is_current_quality) == (
        f"quality-{IDS[3]}",
        "quality",
        True,
    )


def test_verify_names_what_is_wrong(home: Home, make: Maker) -> None:
    publish_all(home, make, 1)
    folder = home.releases / IDS[0]
    changed = folder / "marts/dim_tambon.parquet"
    changed.chmod(0o644)
    changed.write_bytes(changed.read_bytes()[:-1] + b"?")
    (folder / "quality/dq_result.parquet").unlink()
    (folder / "extra.txt").write_text("x")
    report = verify(home, IDS[0])
    assert not report.ok
    assert [problem.split(":")[0] for problem in report.problems] == [
        "marts/dim_tambon.parquet",
        "quality/dq_result.parquet",
        "extra.txt",
    ]
    shutil.copytree(home.releases / IDS[0], home.releases / "copied")
    assert any("manifest.json" in problem for problem in verify(home, "copied").problems)


def test_rollback_checks_every_file_first(home: Home, make: Maker) -> None:
    publish_all(home, make, 3)
    assert rollback(home, IDS[1]).ok
    assert resolve_current(home) == resolve_quality(home) == home.releases / IDS[1]
    rotten = home.releases / IDS[0] / "marts.duckdb"
    rotten.chmod(0o644)
    data = bytearray(rotten.read_bytes())
    data[5000] ^= 1  # same size: only the checksum tells
    rotten.write_bytes(data)
    with pytest.raises(ReleaseError, match=r"marts\.duckdb"):
        rollback(home, IDS[0])
    for bad in ("../..", "current", IDS[5]):
        with pytest.raises(ReleaseError):
            rollback(home, bad)
    assert resolve_current(home) == home.releases / IDS[1]


def test_pruning_never_deletes_what_is_current(home: Home, make: Maker) -> None:
    publish_all(home, make, 5)
    rollback(home, IDS[0])
    for number in range(3):
        publish_quality(home, f"{IDS[5]}{number}", make(f"q{number}")[1], make_meta(20 + number))
    planned = prune(home, keep=2, dry_run=True)
    assert planned.dry_run
    assert len(list_releases(home)) == 5
    done = prune(home, keep=2)
    assert done.deleted == planned.deleted == [f"quality-{IDS[5]}0", IDS[2], IDS[1]]
    assert done.freed_bytes > 0
    assert [info.release_id for info in list_releases(home)] == [IDS[4], IDS[3], IDS[0]]
    assert resolve_current(home) == home.releases / IDS[0]
    assert resolve_quality(home) == home.releases / f"quality-{IDS[5]}2"
    assert prune(home, keep=1).deleted == [f"quality-{IDS[5]}1", IDS[3]]
    assert verify(home, IDS[0]).ok
    with pytest.raises(ReleaseError):
        prune(home, keep=0)


def test_what_killed_runs_leave_behind_is_cleared(home: Home, make: Maker) -> None:
    publish_all(home, make, 1)
    for name in (".building-x-1", ".deleting-y"):
        (home.releases / name / "marts").mkdir(parents=True)
        (home.releases / name / "marts" / "a.parquet").write_bytes(b"half")
    (home.releases / ".link-z").symlink_to("nowhere")
    assert [info.release_id for info in list_releases(home)] == [IDS[0]]
    publish(home, IDS[0])
    assert {p.name for p in home.releases.iterdir()} == {IDS[0], "current", "current-quality", ".lock"}
