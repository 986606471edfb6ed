"""Lists that cannot be taken: each says what is wrong in the officer's words, and stays in the inbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from ingest.landing.messages import LISTS
from ingest.mending.marker import MARKER_SHEET, Marker, MarkerError, marker_rows, read_marker, row_key
from release.mending.book import HEADER_ROW, sheet_name
from tests.unit.mending_lists import Delivered, csv_file, deliver, edit, xlsx_file

THREE = ((3, "จำนวนสมาชิก"), (4, "รหัสกองทุน"), (5, "ปีงบประมาณ"))


@pytest.fixture
def thai_csv(tmp_path: Path) -> Delivered:
    return deliver(tmp_path / "home", "กองทุน 2566.csv", csv_file("utf-8"))


def column(book: Workbook, label: str) -> int:
    return [cell.value for cell in book.worksheets[1][HEADER_ROW + 1]].index(label) + 1


def no_marker(book: Workbook) -> None:
    book[MARKER_SHEET]["A1"] = "x"


def other_delivery(book: Workbook) -> None:
    sheet = book[MARKER_SHEET]
    row = next(row for row in sheet.iter_rows() if row[0].value == "sheet")
    row[3].value = "nvf-village_funds-000000000000"


def other_version(book: Workbook) -> None:
    book[MARKER_SHEET]["B1"] = "2"


def header_gone(book: Workbook) -> None:
    book.worksheets[1].cell(HEADER_ROW + 1, column(book, "เงินออม")).value = "เงิน"


def row_added(book: Workbook) -> None:
    book.worksheets[1].append(["00000099", "กองทุนใหม่"])


def row_copied(book: Workbook) -> None:
    sheet = book.worksheets[1]
    sheet.append([cell.value for cell in sheet[HEADER_ROW + 2]])


def key_edited(book: Workbook) -> None:
    book.worksheets[1].cell(HEADER_ROW + 2, column(book, "tambon:row")).value = "9.0123456789"


def odd_delete(book: Workbook) -> None:
    book.worksheets[1].cell(HEADER_ROW + 2, column(book, "ลบแถวนี้ (x)")).value = "ไม่แน่ใจ"


def nothing(book: Workbook) -> None:
    del book


CASES: list[tuple[Callable[[Workbook], None], str, str]] = [
    (no_marker, "mending_marker", ""),
    (other_delivery, "mending_marker", ""),
    (other_version, "mending_version", "2"),
    (header_gone, "mending_header", "เงินออม"),
    (row_added, "mending_row", "8"),
    (row_copied, "mending_row_twice", "5, 8"),
    (key_edited, "mending_row", "5"),
    (odd_delete, "mending_delete", "5"),
    (nothing, "mending_unchanged", "3"),
]


@pytest.mark.parametrize(("spoil", "code", "told"), CASES, ids=[case[0].__name__ for case in CASES])
def test_a_spoilt_list_is_refused_with_its_reason(
    spoil: Callable[[Workbook], None], code: str, told: str, thai_csv: Delivered, tmp_path: Path
) -> None:
    changes = [] if spoil is nothing else [(1, 3, "จำนวนสมาชิก", 125)]
    path = edit(thai_csv.list_of(THREE), tmp_path / "list.xlsx", changes)
    book = load_workbook(path)
    spoil(book)
    book.save(path)
    report = thai_csv.send(path)
    assert (report.taken, report.mendings) == ([], [])
    (refusal,) = report.refused
    assert refusal.code == code
    assert told in refusal.message_th
    assert told in refusal.message_en
    assert (thai_csv.home.inbox / "nvf" / "mended.xlsx").exists()


def test_a_list_lies_in_its_own_agencys_folder(thai_csv: Delivered, tmp_path: Path) -> None:
    path = edit(thai_csv.list_of(THREE), tmp_path / "list.xlsx", [(1, 3, "จำนวนสมาชิก", 125)])
    other = Delivered(thai_csv.home, _of_agency("cdd"), thai_csv.arrival)
    (refusal,) = other.send(path).refused
    assert refusal.code == "mending_other_agency"
    assert "inbox/nvf/" in refusal.mend_en


def _of_agency(code: str):  # type: ignore[no-untyped-def]
    from ingest.contract import load_contracts

    return next(contract for contract in load_contracts().values() if contract.agency_code == code)


def test_a_workbook_of_ones_own_in_no_feeds_folder_is_refused_as_before(
    thai_csv: Delivered, tmp_path: Path
) -> None:
    xlsx_file({"ข้อมูล": [["รหัสกองทุน", "ชื่อกองทุน"], ["1", "ก"]]})(tmp_path / "own.xlsx")
    (refusal,) = thai_csv.send(tmp_path / "own.xlsx", "own.xlsx").refused
    assert refusal.code == "no_feed"
    assert "nvf/village_funds" in refusal.mend_en


def test_a_list_of_a_file_never_delivered_here_is_refused(thai_csv: Delivered, tmp_path: Path) -> None:
    elsewhere = deliver(tmp_path / "other", "x.csv", csv_file("cp874"))
    path = edit(elsewhere.list_of(THREE), tmp_path / "list.xlsx", [(1, 3, "จำนวนสมาชิก", 125)])
    (refusal,) = thai_csv.send(path).refused
    assert refusal.code == "mending_unknown_delivery"
    assert "tambon check" in refusal.mend_en


def test_a_list_of_other_data_is_refused(thai_csv: Delivered, tmp_path: Path) -> None:
    content = replace(thai_csv.list_of(THREE), home_kind="synthetic")
    path = edit(content, tmp_path / "list.xlsx", [(1, 3, "จำนวนสมาชิก", 125)])
    assert thai_csv.send(path).refused[0].code == "mending_other_home"


def test_a_list_whose_file_cannot_be_read_any_more_is_refused(thai_csv: Delivered, tmp_path: Path) -> None:
    path = edit(thai_csv.list_of(THREE), tmp_path / "list.xlsx", [(1, 3, "จำนวนสมาชิก", 125)])
    thai_csv.path.chmod(0o644)
    thai_csv.path.write_bytes(b"nothing,of,it\n1,2,3\n")
    (refusal,) = thai_csv.send(path).refused
    assert refusal.code == "mending_original"
    assert "กองทุน 2566.csv" in refusal.message_th


def test_a_list_that_asks_for_too_much_memory_is_refused(
    thai_csv: Delivered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = edit(thai_csv.list_of(THREE), tmp_path / "list.xlsx", [(1, 3, "จำนวนสมาชิก", 125)])
    monkeypatch.setattr("ingest.readers.workbook_bounds.MAX_CELLS", 10)
    (refusal,) = thai_csv.send(path).refused
    assert refusal.code == "mending_unreadable"


def test_every_reason_has_a_case() -> None:
    others = {
        "mending_other_agency",
        "mending_unknown_delivery",
        "mending_other_home",
        "mending_original",
        "mending_unreadable",
    }
    assert LISTS.keys() == {code for _, code, _ in CASES} | others


def test_a_dry_run_says_the_same_and_writes_nothing(thai_csv: Delivered, tmp_path: Path) -> None:
    from ingest.contract import load_contracts
    from ingest.landing import take_inbox

    path = edit(thai_csv.list_of(THREE), tmp_path / "list.xlsx", [(1, 3, "จำนวนสมาชิก", 125)])
    (thai_csv.home.inbox / "nvf" / "mended.xlsx").write_bytes(path.read_bytes())
    before = sorted(thai_csv.home.landing.rglob("*"))
    dry = take_inbox(thai_csv.home, list(load_contracts()), settle_seconds=0, dry_run=True)
    assert sorted(thai_csv.home.landing.rglob("*")) == before
    wet = take_inbox(thai_csv.home, list(load_contracts()), settle_seconds=0)
    assert [one.delivery_id for one in dry.taken] == [one.delivery_id for one in wet.taken]
    assert dry.mendings[0].mended == wet.mendings[0].mended == 1


def test_names_of_sheets_are_safe_and_told_apart() -> None:
    taken: set[str] = set()
    names = [
        sheet_name(1, "a/b:c*d?e[f].xlsx", "'x'", taken),
        sheet_name(2, "ก" * 60 + ".csv", "", taken),
        sheet_name(2, "ก" * 60 + ".csv", "", taken),
        sheet_name(3, "\x00\n.csv", "", taken),
    ]
    assert len({name.lower() for name in names}) == 4
    for name in names:
        assert 0 < len(name) <= 31
        assert not set("[]:*?/\\") & set(name)
        assert name.strip("' ") == name


def test_a_marker_reads_back_and_any_edit_shows() -> None:
    from ingest.mending.marker import ListedSheet

    marker = Marker("nvf", "R1", "2026-11-28", "real", (ListedSheet("1 a", "nvf/x", "nvf-x-0", "ชีต 1", 3),))
    rows = marker_rows(marker)
    assert read_marker(rows) == marker
    assert read_marker([[*row, None, None] for row in rows]) == marker
    for at in range(1, len(rows)):
        spoilt = [list(row) for row in rows]
        spoilt[at][1] += "x"
        with pytest.raises(MarkerError):
            read_marker(spoilt)
    twice = replace(marker, sheets=marker.sheets * 2)
    with pytest.raises(MarkerError):
        read_marker(marker_rows(twice))
    assert row_key("a", "", 5) != row_key("a", "b", 5)
