"""Whom a failed audit blames: made results, findings and deliveries."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from expectations.audit import AuditResult
from expectations.blamed import BLAMED, blame, hold
from expectations.tables import frame, write_frame
from ingest.home import Home
from tests.unit.held_world import FEED, drop, good_rows, take

SLIP, PLACE = "fact.unit_slip:savings_thb", "fact.place_resolved"
NOW = datetime(2026, 11, 28, 19, tzinfo=UTC)


def audited(
    folder: Path,
    rows: dict[str, int],
    *,
    check: str = SLIP,
    severity: str = "warn",
    scope: str = "cell",
    judged: str = "block",
    feed: str | None = FEED,
) -> AuditResult:
    """An audit that failed on one check: deliveries `rows` are admitted, each with so many failing rows."""
    folder.mkdir(parents=True, exist_ok=True)
    results = [
        {"check_id": check, "stage": "audit", "feed_code": feed, "numerator": 40, "denominator": 400, "passed": False,
         "severity": judged},
        {"check_id": check, "stage": "audit", "feed_code": "cdd/savings_groups", "numerator": 1, "denominator": 400,
         "passed": False, "severity": "warn"},
    ]  # fmt: skip
    findings = [
        {"finding_id": f"{delivery}-{n}", "check_id": check, "severity": judged, "feed_code": FEED, "agency_code": "nvf",
         "delivery_id": delivery, "row_number": n + 2, "message_th": "ผิด", "message_en": "wrong"}
        for delivery, count in rows.items()
        for n in range(count)
    ]  # fmt: skip
    known = [{"delivery_id": one, "feed_code": FEED, "status": "admitted"} for one in rows]
    known.append({"delivery_id": "other", "feed_code": "cdd/savings_groups", "status": "admitted"})
    checks = [
        {"check_id": check, "stage": "audit", "severity": severity, "scope": scope, "title_th": "หน่วยไม่เลื่อน",
         "title_en": "No slip", "mend_th": "แก้", "mend_en": "mend it", "block_fail_rate": 0.05}
    ]  # fmt: skip
    for table, content in (
        ("dq_result", results),
        ("dq_finding", findings),
        ("dq_delivery", known),
        ("dq_check", checks),
    ):
        write_frame(frame(table, content), folder / f"{table}.parquet")
    return AuditResult(
        build_id="b1",
        passed=False,
        blocking=(),
        warned=(),
        warehouse_sha256="",
        measured_at=NOW,
        folder=folder,
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two admitted files of one feed."""
    made = Home(tmp_path / "home")
    for year in (2566, 2567):
        drop(made, f"a-{year}-synthetic.csv", good_rows(60, year))
    assert [one.status for one in take(made)] == ["admitted", "admitted"]
    return made


def ids(home: Home) -> list[str]:
    return [one.delivery_id for one in take(home)]


def test_new_files_with_the_failing_rows_are_to_blame(home: Home, tmp_path: Path) -> None:
    old, new = ids(home)
    result = audited(tmp_path / "audit", {old: 30, new: 10})
    assert [(one.delivery_id, one.rows) for one in blame(home, result, [old])] == [(new, 10)]
    assert {one.delivery_id for one in blame(home, result, [])} == {old, new}


def test_a_row_or_two_beside_many_are_no_blame(home: Home, tmp_path: Path) -> None:
    old, new = ids(home)
    few = audited(tmp_path / "few", {old: 2, new: 30})
    assert [one.delivery_id for one in blame(home, few, [])] == [new]
    least = audited(tmp_path / "least", {old: 1, new: 2})
    assert [one.delivery_id for one in blame(home, least, [])] == [new]


def test_no_new_file_no_blame(home: Home, tmp_path: Path) -> None:
    old, new = ids(home)
    assert blame(home, audited(tmp_path / "published", {old: 30, new: 10}), [old, new]) == []
    # All failing rows stand in what was published before.
    assert blame(home, audited(tmp_path / "before", {old: 30, new: 0}), [old]) == []


def test_a_check_without_rows_blames_every_new_file_of_the_feed(home: Home, tmp_path: Path) -> None:
    old, new = ids(home)
    found = blame(home, audited(tmp_path / "audit", {old: 0, new: 0}, check=PLACE), [])
    assert {(one.delivery_id, one.rows, one.failing) for one in found} == {(old, 0, 40), (new, 0, 40)}


@pytest.mark.parametrize(
    "how", [{"severity": "block"}, {"judged": "warn"}, {"feed": None}], ids=["program", "warned", "release"]
)
def test_what_is_no_files_doing_blames_none(home: Home, tmp_path: Path, how: dict[str, str]) -> None:
    old, new = ids(home)
    assert blame(home, audited(tmp_path / "audit", {old: 30, new: 30}, **how), []) == []  # type: ignore[arg-type]


def test_a_check_of_whole_files_blames_them(home: Home, tmp_path: Path) -> None:
    old, new = ids(home)
    result = audited(tmp_path / "audit", {old: 0, new: 1}, severity="block", scope="delivery")
    assert [one.delivery_id for one in blame(home, result, [])] == [new]


def test_it_is_held_with_its_rows_and_not_blamed_twice(home: Home, tmp_path: Path) -> None:
    old, new = ids(home)
    result = audited(tmp_path / "audit", {old: 0, new: 10})
    (held,) = hold(home, result, blame(home, result, [old]), NOW)
    assert (held.delivery_id, held.status, held.held_since) == (new, "held", NOW)
    (reason,) = held.reasons
    assert reason.check_id == f"{BLAMED}:{SLIP}"
    assert "40 / 400 = 10.0%" in reason.message_en
    assert "limit 5.0%" in reason.message_en
    assert "10 rows of this file" in reason.message_en
    # Asked again, the record stands, and the file is not blamed for what it is held for already.
    assert [one.status for one in take(home)] == ["admitted", "held"]
    assert blame(home, result, [old]) == []
