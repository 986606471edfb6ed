"""Each admission promise broken on purpose.

What must hold a delivery holds it, what must only be shown is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.admission import Admission, admission_folder, admit_feed, load_admission
from ingest.contract import load_contracts
from ingest.home import Home
from ingest.normalise.schema import CELLS, REJECTED, conformed_schema
from ingest.report import ConformReport, FileTotal

FUNDS = "nvf/village_funds"
PEOPLE = "nesdc/population"
NOW = datetime(2025, 11, 1, tzinfo=UTC)


def fund(row: int, delivery: str, **changes: Any) -> dict[str, Any]:
    return {
        "delivery_id": delivery,
        "agency_code": "nvf",
        "feed_code": FUNDS,
        "sheet": "",
        "row_number": row,
        "reported_tambon_code": "730108",
        "reported_code6": "730108",
        "moo": 1,
        "reported_tambon": "ดอนยายหอม",
        "reported_amphoe": "เมืองนครปฐม",
        "reported_province": "นครปฐม",
        "programme_code": "village_fund",
        "fiscal_year": 2023,
        "fund_code": f"{row:08d}",
        "fund_name": f"กองทุน {row}",
        "members_persons": 100.0,
        "members_male_persons": 40.0,
        "members_female_persons": 60.0,
        "savings_thb": 50_000.0,
        "loans_outstanding_thb": 1_000_000.0,
        "loans_overdue_thb": 10_000.0,
        **changes,
    }


def person_rows(row: int, delivery: str, male: float, female: float, total: float) -> list[dict[str, Any]]:
    code = f"73{1 + (row - 1) // 8:02d}{1 + (row - 1) % 8:02d}"
    common = {
        "delivery_id": delivery,
        "agency_code": "nesdc",
        "feed_code": PEOPLE,
        "sheet": "",
        "row_number": row,
        "reported_tambon_code": code,
        "reported_code6": code,
        "calendar_year": 2023,
    }
    values = {"population_male": male, "population_female": female, "population_total": total}
    return [{**common, "indicator_code": code, "value": value} for code, value in values.items()]


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[..., ConformReport]:
    """Write the conformed files of a made-up delivery and return its report."""

    def make(
        delivery: str, rows: list[dict[str, Any]], *, feed: str = FUNDS, **changes: Any
    ) -> ConformReport:
        contract = load_contracts()[feed]
        cells, rejected = changes.pop("cells", []), changes.pop("rejected", [])
        folder = tmp_path / "conformed"
        folder.mkdir(exist_ok=True)
        schema = conformed_schema(contract.record_kind)
        pl.DataFrame(rows, schema=schema).write_parquet(folder / f"{delivery}.parquet")
        pl.DataFrame(rejected, schema=REJECTED).write_parquet(folder / f"{delivery}.rejected.parquet")
        pl.DataFrame(cells, schema=CELLS).write_parquet(folder / f"{delivery}.cells.parquet")
        records = len({(row["sheet"], row["row_number"]) for row in rows})
        given: dict[str, Any] = {
            "delivery_id": delivery,
            "feed_code": feed,
            "record_kind": contract.record_kind,
            "file_name": f"{delivery}.csv",
            "contract_version": contract.version,
            "contract_fingerprint": contract.fingerprint,
            "conform_version": 1,
            "conformed_path": folder / f"{delivery}.parquet",
            "rejected_path": folder / f"{delivery}.rejected.parquet",
            "cells_path": folder / f"{delivery}.cells.parquet",
            "headers_matched": {"หนี้เกินกำหนดชำระ": "loans_overdue_thb"},
            "rows_in": records + len(rejected),
            "rows_conformed": records,
            "rows_rejected": len(rejected),
            "cells_read": max(records, 1) * 20,
            "cells_unreadable": len(cells),
            "first_year": 2023,
            "last_year": 2023,
        }
        return ConformReport(**{**given, **changes})

    return make


def admit(tmp_path: Path, *reports: ConformReport, **options: Any) -> list[Admission]:
    contract = load_contracts()[reports[0].feed_code]
    return admit_feed(Home(tmp_path / "home"), contract, reports, now=NOW, **options)


def findings(tmp_path: Path, delivery: str) -> pl.DataFrame:
    return pl.read_parquet(admission_folder(Home(tmp_path / "home"), delivery) / "finding.parquet")


def results(tmp_path: Path, delivery: str) -> pl.DataFrame:
    return pl.read_parquet(admission_folder(Home(tmp_path / "home"), delivery) / "result.parquet")


def held_by(admission: Admission) -> set[str]:
    return {reason.check_id.split(":")[0] for reason in admission.reasons}


def warned_by(admission: Admission) -> set[str]:
    return {reason.check_id.split(":")[0] for reason in admission.warnings}


def rows_of(delivery: str, count: int = 100) -> list[dict[str, Any]]:
    return [fund(row, delivery) for row in range(1, count + 1)]


def test_a_clean_delivery_is_admitted_and_every_rule_is_recorded(tmp_path: Path, deliver: Any) -> None:
    (admission,) = admit(tmp_path, deliver("d1", rows_of("d1")))
    assert (admission.status, admission.reasons, admission.warnings, admission.findings) == (
        "admitted",
        (),
        (),
        0,
    )
    recorded = results(tmp_path, "d1")
    assert recorded["passed"].all()
    key = recorded.row(by_predicate=pl.col("check_id") == f"adm.key_unique:{FUNDS}", named=True)
    assert (key["numerator"], key["denominator"]) == (0, 100)
    checks = pl.read_parquet(admission_folder(Home(tmp_path / "home"), "d1") / "check.parquet")
    assert checks["check_id"].is_unique().all()
    assert set(recorded["check_id"]) == set(checks["check_id"])


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"unknown_headers": ["คอลัมน์ใหม่"]}, "adm.undeclared_column"),
        ({"missing_required": ["fund_code"]}, "adm.required_column"),
    ],
)
def test_a_changed_structure_holds_and_says_why_in_both_languages(
    tmp_path: Path, deliver: Any, changes: dict[str, Any], check: str
) -> None:
    (admission,) = admit(tmp_path, deliver("d1", rows_of("d1"), **changes))
    assert admission.status == "held"
    assert held_by(admission) == {check}
    assert "ไม่ผ่าน" in (admission.status_reason or "")
    assert "Failed" in (admission.status_reason or "")
    assert next(iter(changes.values()))[0] in findings(tmp_path, "d1")["value"].to_list()[0]


def test_an_empty_delivery_is_held(tmp_path: Path, deliver: Any) -> None:
    (admission,) = admit(tmp_path, deliver("d1", [], first_year=None, last_year=None))
    assert held_by(admission) == {"adm.has_rows"}


def test_rows_that_are_lost_on_the_way_hold(tmp_path: Path, deliver: Any) -> None:
    with pytest.raises(ValueError, match="rows_in must be"):
        deliver("d1", rows_of("d1"), rows_in=101)
    # A report that says so all the same (it is read back from a file) is judged, too.
    (admission,) = admit(tmp_path, deliver("d1", rows_of("d1")).model_copy(update={"rows_in": 101}))
    assert held_by(admission) == {"adm.row_balance"}
    assert findings(tmp_path, "d1")["value"].to_list() == ["101 <> 100 + 0 + 0"]


def test_fewer_rows_than_the_contract_expects_hold(tmp_path: Path, deliver: Any) -> None:
    known = load_contracts()[FUNDS]
    contract = known.model_copy(update={"limits": known.limits.model_copy(update={"min_rows": 100})})
    enough, few = deliver("enough", rows_of("enough")), deliver("few", rows_of("few", 99))
    first, second = admit_feed(Home(tmp_path / "home"), contract, [enough, few], now=NOW)
    assert first.status == "admitted"
    assert held_by(second) == {"adm.min_rows"}


def test_a_code_that_two_funds_of_a_year_bear_is_told_at_both(tmp_path: Path, deliver: Any) -> None:
    feed = "satja/groups"  # its key has more in it than the code
    group = {"feed_code": feed, "agency_code": "satja", "programme_code": "satja_group"}
    rows = [fund(row, "d1", **group) for row in range(1, 200)]
    rows.append(fund(200, "d1", **group, fund_code=rows[6]["fund_code"]))
    rows.append(fund(201, "d1", **group, fund_code=rows[6]["fund_code"], fiscal_year=2022))
    (admission,) = admit(tmp_path, deliver("d1", rows, feed=feed))
    assert admission.status == "admitted"
    told = findings(tmp_path, "d1").filter(check_id=f"adm.code_unique:{feed}").sort("row_number")
    assert told["row_number"].to_list() == [7, 200], "another year's report is no second fund"
    assert told["value"].to_list() == ["00000007 / กองทุน 7", "00000007 / กองทุน 200"]


def test_one_bad_delivery_does_not_hold_its_neighbours(tmp_path: Path, deliver: Any) -> None:
    good, bad = deliver("good", rows_of("good")), deliver("bad", rows_of("bad"), unknown_headers=["x"])
    assert [a.status for a in admit(tmp_path, bad, good)] == ["held", "admitted"]


def test_duplicate_keys_are_found_at_their_rows_and_hold_above_the_limit(
    tmp_path: Path, deliver: Any
) -> None:
    few = [*rows_of("few", 200), fund(201, "few", fund_code="00000007")]
    many = [*rows_of("many"), *(fund(100 + n, "many", fund_code=f"{n:08d}") for n in range(1, 11))]
    first, second = admit(tmp_path, deliver("few", few), deliver("many", many, first_year=2022))
    assert first.status == "admitted"
    assert {reason.check_id for reason in first.warnings} == {f"adm.key_unique:{FUNDS}"}
    (told,) = findings(tmp_path, "few").to_dicts()
    assert (told["row_number"], told["record_key"]) == (201, "00000007 · 2566"), (
        "told once, at the row that came after"
    )
    assert told["expected"].endswith("(แถว · row 7)")
    assert "ชื่อกองทุน/กลุ่ม" in told["suggestion"], "what differs"
    assert held_by(second) == {"adm.key_unique"}


def test_overdue_above_outstanding_is_shown_with_cell_header_and_value(tmp_path: Path, deliver: Any) -> None:
    rows = [*rows_of("d1", 99), fund(100, "d1", loans_overdue_thb=2_000_000.0)]
    (admission,) = admit(tmp_path, deliver("d1", rows))
    assert admission.status == "admitted"
    (found,) = findings(tmp_path, "d1").to_dicts()
    assert found["check_id"].startswith("adm.not_above:")
    assert (found["row_number"], found["column_name"], found["severity"]) == (100, "หนี้เกินกำหนดชำระ", "warn")
    assert "2000000" in found["value"]


def test_parts_that_do_not_add_up_come_with_the_sum_as_suggestion(tmp_path: Path, deliver: Any) -> None:
    rows = [*rows_of("d1", 99), fund(100, "d1", members_male_persons=41.0)]
    admit(tmp_path, deliver("d1", rows))
    (found,) = findings(tmp_path, "d1").to_dicts()
    assert found["check_id"].startswith("adm.parts_total:")
    assert "101" in found["suggestion"]


def test_a_value_out_of_bounds_warns_and_many_block(tmp_path: Path, deliver: Any) -> None:
    one = [*rows_of("one", 99), fund(100, "one", savings_thb=9e11)]
    many = [*rows_of("many", 90), *(fund(n, "many", savings_thb=9e11) for n in range(91, 101))]
    first, second = admit(tmp_path, deliver("one", one), deliver("many", many))
    assert (first.status, second.status) == ("admitted", "held")
    assert held_by(second) == {"adm.bounds"}
    assert findings(tmp_path, "one")["row_number"].to_list() == [100]


def test_too_few_values_in_a_column_warn(tmp_path: Path, deliver: Any) -> None:
    rows = [fund(n, "d1", savings_thb=None if n <= 50 else 1.0) for n in range(1, 101)]
    (admission,) = admit(tmp_path, deliver("d1", rows))
    assert admission.status == "admitted"
    assert {reason.check_id for reason in admission.warnings} == {f"adm.fill_rate:{FUNDS}:savings_thb"}
    assert findings(tmp_path, "d1").height == 1


def test_rejected_rows_above_the_ceiling_hold(tmp_path: Path, deliver: Any) -> None:
    rejected = [
        {
            "delivery_id": "d1",
            "agency_code": "nvf",
            "feed_code": FUNDS,
            "sheet": "",
            "row_number": 200 + n,
            "disposition": "rejected",
            "reason_code": "required_blank",
            "column_name": "รหัสกองทุน",
            "value": None,
            "message_th": "ไม่มีรหัส",
            "message_en": "no code",
            "cells_json": "{}",
        }
        for n in range(10)
    ]
    (admission,) = admit(tmp_path, deliver("d1", rows_of("d1"), rejected=rejected))
    assert held_by(admission) == {"adm.rejected_rows"}
    assert findings(tmp_path, "d1")["row_number"].to_list() == list(range(200, 210))


def test_unreadable_and_unknown_cells_become_findings(tmp_path: Path, deliver: Any) -> None:
    cell = {
        "delivery_id": "d1",
        "agency_code": "nvf",
        "feed_code": FUNDS,
        "sheet": "",
        "row_number": 5,
        "column_name": "เกรด",
        "field": "grade",
        "value": "Z",
        "error_code": "unknown_label",
        "severity": "warn",
        "expected_th": "A",
        "expected_en": "A",
    }
    number = {
        **cell,
        "row_number": 6,
        "field": "savings_thb",
        "value": "abc",
        "error_code": "unreadable_number",
    }
    (admission,) = admit(tmp_path, deliver("d1", rows_of("d1"), cells=[cell, number]))
    assert admission.status == "admitted"
    found = findings(tmp_path, "d1").sort("row_number")
    assert found["check_id"].to_list() == [f"adm.unknown_label:{FUNDS}", f"adm.unreadable_cell:{FUNDS}"]
    assert found["value"].to_list() == ["Z", "abc"]
    # said in words, not by our name for the mistake
    assert found["message_th"].to_list() == ["อ่านค่าไม่ได้ (ต้องเป็นA)"] * 2
    assert found["message_en"].to_list() == ["Cannot be read (should be A)"] * 2


def test_years_and_places_that_cannot_be(tmp_path: Path, deliver: Any) -> None:
    rows = [
        *rows_of("d1", 98),
        fund(99, "d1", fiscal_year=2566),
        fund(100, "d1", reported_code6=None, reported_tambon=None, reported_tambon_code="7301"),
    ]
    admit(tmp_path, deliver("d1", rows))
    found = findings(tmp_path, "d1")
    assert {check.split(":")[0] for check in found["check_id"]} == {
        "adm.year_plausible",
        "adm.place_given",
        "adm.place_code_readable",
    }


def test_a_collapse_against_the_last_admitted_delivery_warns_and_a_held_one_is_no_yardstick(
    tmp_path: Path, deliver: Any
) -> None:
    full = deliver("full", rows_of("full"))
    half = deliver("half", rows_of("half", 40), unknown_headers=["ใหม่"])
    (_, second) = admit(tmp_path, full, half)
    assert (second.status, warned_by(second)) == ("held", {"adm.shrink"})
    again = deliver("again", rows_of("again", 45))
    third = admit(tmp_path, full, half, again)[2]
    assert (third.status, warned_by(third)) == ("admitted", {"adm.shrink"})
    other_year = deliver("other", rows_of("other", 40), first_year=2022, last_year=2022)
    assert warned_by(admit(tmp_path, full, half, other_year)[2]) == {"adm.rows_moved"}


def test_a_total_row_that_disagrees_is_shown(tmp_path: Path, deliver: Any) -> None:
    total = FileTotal(sheet="", row_number=101, measure="members_persons", printed=9_999, summed=10_000)
    (admission,) = admit(tmp_path, deliver("d1", rows_of("d1"), totals_in_file=[total]))
    assert admission.status == "admitted"
    assert warned_by(admission) == {"adm.file_totals"}
    assert "9,999 <> 10,000" in findings(tmp_path, "d1")["value"].to_list()[0]


def test_indicators_are_judged_side_by_side_as_they_stood_in_the_file(tmp_path: Path, deliver: Any) -> None:
    rows = [row for n in range(1, 40) for row in person_rows(n, "p1", 10, 20, 30)] + person_rows(
        40, "p1", 10, 20, 31
    )
    (admission,) = admit(tmp_path, deliver("p1", rows, feed=PEOPLE))
    assert admission.status == "admitted"
    (found,) = findings(tmp_path, "p1").to_dicts()
    assert (found["row_number"], found["value"]) == (40, "31.0")
    parts = results(tmp_path, "p1").filter(pl.col("check_id").str.starts_with("adm.parts_total"))
    assert parts["denominator"].to_list() == [40]


def test_an_unchanged_delivery_is_not_validated_again_and_a_changed_one_is(
    tmp_path: Path, deliver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = deliver("d1", rows_of("d1"))
    (first,) = admit(tmp_path, report)
    home = Home(tmp_path / "home")
    assert load_admission(home, "d1", first.fingerprint) == first
    assert load_admission(home, "d1", "another") is None

    def never(*_: object, **__: object) -> None:
        raise AssertionError("validated again")

    with monkeypatch.context() as patch:
        patch.setattr("expectations.admission.run_suite", never)
        assert admit(tmp_path, report) == [first]
    changed = deliver("d1", rows_of("d1", 3))
    assert admit(tmp_path, changed)[0].fingerprint != first.fingerprint


def test_finding_ids_are_stable_and_distinct(tmp_path: Path, deliver: Any) -> None:
    rows = [fund(n, "d1", loans_overdue_thb=2e6) for n in range(1, 4)]
    admit(tmp_path, deliver("d1", rows))
    first = findings(tmp_path, "d1")
    admit(tmp_path / "elsewhere", deliver("d1", rows))
    assert first["finding_id"].is_unique().all()
    assert findings(tmp_path / "elsewhere", "d1")["finding_id"].to_list() == first["finding_id"].to_list()


def test_two_slips_in_a_small_file_are_findings_and_three_hold_it(tmp_path: Path, deliver: Any) -> None:
    def with_overdue_above(name: str, count: int) -> Any:
        bad = [
            fund(row, name, loans_outstanding_thb=1.0, loans_overdue_thb=2.0) for row in range(1, count + 1)
        ]
        return deliver(name, [*bad, *(fund(row, name) for row in range(count + 1, 9))])

    (two,) = admit(tmp_path, with_overdue_above("two", 2))
    assert (two.status, warned_by(two)) == ("admitted", {"adm.not_above"})
    (three,) = admit(tmp_path, with_overdue_above("three", 3))
    assert three.status == "held"
