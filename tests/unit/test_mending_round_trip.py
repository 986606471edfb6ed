"""A mending list there and back: what was mended comes in, what was not keeps its text, and nothing personal goes out."""

from __future__ import annotations

from pathlib import Path

import fastexcel
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from ingest.landing import mendings, refusals
from ingest.mending.mended_file import load_mended
from ingest.mending.replaced import replaced_rows
from ingest.mending.shown import is_unchanged
from release.mending.book import HEADER_ROW, write_book
from tests.unit.made_files import as_ods
from tests.unit.mending_lists import HEADERS, ROWS, Delivered, csv_file, deliver, edit, xlsx_file

THREE = ((3, "จำนวนสมาชิก"), (4, "รหัสกองทุน"), (5, "ปีงบประมาณ"))


@pytest.fixture
def thai_csv(tmp_path: Path) -> Delivered:
    return deliver(tmp_path / "home", "กองทุน 2566.csv", csv_file("cp874"))


def test_what_was_mended_comes_in_and_the_rest_keeps_its_text(thai_csv: Delivered, tmp_path: Path) -> None:
    path = edit(
        thai_csv.list_of(THREE),
        tmp_path / "list.xlsx",
        [(1, 3, "จำนวนสมาชิก", 125), (1, 4, "รหัสกองทุน", "00000014")],
    )
    report = thai_csv.send(path)
    assert [arrival.feed_code for arrival in report.taken] == ["nvf/village_funds"]
    (mending,) = report.mendings
    assert (mending.mended, mending.deleted, mending.unchanged, mending.missing) == (2, 0, 1, 0)
    assert mendings(thai_csv.home) == [mending]
    conform, rows = thai_csv.conformed(report.taken[0])
    assert not conform.errors
    assert conform.is_partial
    assert rows.select("row_number", "fund_code", "members_persons", "savings_thb", "fiscal_year").rows() == [
        (5, "00000013", 125.0, 61000.5, 2023),
        (6, "00000014", 90.0, 7000.0, 2023),
    ]
    content = load_mended(thai_csv.home.root / report.taken[0].object_path)
    assert content.sheets[0].of == [3, 4]
    # what nobody touched, to the letter
    assert content.sheets[0].rows[0][HEADERS.index("เงินออม")] == "61,000.50"
    assert not list((thai_csv.home.inbox / "nvf").glob("*.xlsx"))


def test_the_same_list_makes_the_same_bytes_and_the_same_delivery(
    thai_csv: Delivered, tmp_path: Path
) -> None:
    content = thai_csv.list_of(THREE)
    for name in ("a.xlsx", "b.xlsx"):
        write_book(content, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    path = edit(content, tmp_path / "list.xlsx", [(1, 3, "จำนวนสมาชิก", 125)])
    first = thai_csv.send(path)
    again = thai_csv.send(path, "again.xlsx", feed="village_funds")
    assert not again.taken
    assert again.mendings[0].deliveries == first.mendings[0].deliveries


def test_personal_and_undeclared_columns_are_not_in_the_workbook(thai_csv: Delivered, tmp_path: Path) -> None:
    write_book(thai_csv.list_of(THREE), tmp_path / "list.xlsx")
    book = load_workbook(tmp_path / "list.xlsx")
    cells = [
        str(cell.value)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]
    assert not [text for text in cells if "ประธาน" in text or "ใจดี" in text]
    assert [cell.value for cell in book.worksheets[1][HEADER_ROW + 1]][:9] == list(HEADERS[:9])


def test_the_sheet_is_made_for_mending(thai_csv: Delivered, tmp_path: Path) -> None:
    write_book(thai_csv.list_of([*THREE, (3, "เงินออม")]), tmp_path / "list.xlsx")
    book = load_workbook(tmp_path / "list.xlsx")
    sheet = book.worksheets[1]
    assert "กองทุน 2566.csv" in str(sheet["A1"].value)
    labels = [cell.value for cell in sheet[HEADER_ROW + 1]]
    first = sheet[HEADER_ROW + 2]
    by_label = dict(zip(labels, first, strict=True))
    assert by_label["รหัสกองทุน"].value == "00000013"
    assert by_label["จำนวนสมาชิก"].comment is not None
    assert by_label["จำนวนสมาชิก"].fill.fgColor.rgb != by_label["อำเภอ"].fill.fgColor.rgb
    assert str(by_label["ปัญหา"].value).count("\n") == 1  # two problems, one row
    assert (by_label["แถวเดิม"].value, by_label["หมู่ที่"].data_type) == (3, "n")
    assert not by_label["จำนวนสมาชิก"].protection.locked
    assert by_label["ปัญหา"].protection.locked
    assert sheet.protection.sheet
    assert sheet.freeze_panes == "C5"
    assert book.worksheets[-1].sheet_state == "veryHidden"
    assert len(sheet["A"]) == HEADER_ROW + 1 + 3


def test_a_row_is_taken_away(thai_csv: Delivered, tmp_path: Path) -> None:
    path = edit(thai_csv.list_of(THREE), tmp_path / "list.xlsx", [(1, 3, "ลบแถวนี้ (x)", "X")])
    report = thai_csv.send(path)
    assert (report.mendings[0].deleted, report.mendings[0].unchanged) == (1, 2)
    conform, rows = thai_csv.conformed(report.taken[0])
    assert not conform.errors
    assert rows.is_empty()
    thai_csv.conformed(thai_csv.arrival)
    landed = [thai_csv.arrival, report.taken[0]]
    contracts = {thai_csv.contract.feed: thai_csv.contract}
    replaced = replaced_rows(thai_csv.home, contracts, landed, [report.taken[0].delivery_id])
    assert replaced.select("row_number", "action", "is_dropped").rows() == [(3, "deleted", True)]
    assert replaced_rows(thai_csv.home, contracts, landed, []).is_empty()  # held: nothing goes


def test_only_a_row_whose_key_changed_leaves_the_warehouse(thai_csv: Delivered, tmp_path: Path) -> None:
    changes = [(1, 2, "จำนวนสมาชิก", 121), (1, 3, "จำนวนสมาชิก", 7), (1, 3, "รหัสกองทุน", "00000099")]
    path = edit(thai_csv.list_of([(2, None), *THREE]), tmp_path / "list.xlsx", changes)
    mended = thai_csv.send(path).taken[0]
    for arrival in (thai_csv.arrival, mended):
        thai_csv.conformed(arrival)
    contracts = {thai_csv.contract.feed: thai_csv.contract}
    replaced = replaced_rows(thai_csv.home, contracts, [thai_csv.arrival, mended], [mended.delivery_id])
    assert replaced.select("row_number", "by_row_number", "is_dropped").rows() == [
        (2, 5, False),
        (3, 6, True),
    ]
    # a list of the list: its row takes the place of both before it
    second = Delivered(thai_csv.home, thai_csv.contract, mended)
    sheet = load_mended(thai_csv.home.root / mended.object_path).sheets[0].name
    path = edit(second.list_of([(6, None)], sheet), tmp_path / "second.xlsx", [(1, 6, "จำนวนสมาชิก", 8)])
    again = thai_csv.send(path, "second.xlsx").taken[0]
    _, rows = thai_csv.conformed(again)
    assert rows.select("fund_code", "members_persons").rows() == [("00000099", 8.0)]
    landed = [thai_csv.arrival, mended, again]
    replaced = replaced_rows(thai_csv.home, contracts, landed, [again.delivery_id])
    assert replaced.sort("row_number").select("delivery_id", "row_number", "is_dropped").rows() == [
        (thai_csv.arrival.delivery_id, 3, True),
        (mended.delivery_id, 6, False),
    ]


def test_year_and_unit_of_a_title_and_a_sheet_name_hold_for_mended_rows(tmp_path: Path) -> None:
    header = ["ที่", "รหัสกองทุน", "ชื่อกองทุน", "ตำบล", "อำเภอ", "จังหวัด", "สมาชิก", "เงินออม"]
    sheets = {
        name: [
            ["ทะเบียนกองทุนหมู่บ้าน"],
            ["หน่วย: พันบาท"],
            header,
            ["1", "00000012", "กองทุนบ้านหนึ่ง", "ในเมือง", "เมืองขอนแก่น", "ขอนแก่น", 120, 54],
            ["2", "00000013", "กองทุนบ้านสอง", "ในเมือง", "เมืองขอนแก่น", "ขอนแก่น", "12x", 61.5],
            ["รวม", None, None, None, None, None, 240, 115.5],
        ]
        for name in ("ปี 2565", "ปี 2566")
    }
    there = deliver(tmp_path / "home", "ทะเบียน.xlsx", xlsx_file(sheets))
    content = there.list_of_sheets({name: [(5, "สมาชิก")] for name in sheets})
    assert [sheet.source_sheet for sheet in content.sheets] == list(sheets)
    path = edit(content, tmp_path / "list.xlsx", [(1, 5, "สมาชิก", 60), (2, 5, "สมาชิก", 70)])
    report = there.send(path, "ส่งกลับ.xlsx")
    conform, rows = there.conformed(report.taken[0])
    assert not conform.errors, conform.errors
    assert rows.select("fund_code", "fiscal_year", "members_persons", "savings_thb").sort(
        "fiscal_year"
    ).rows() == [
        ("00000013", 2022, 60.0, 61500.0),
        ("00000013", 2023, 70.0, 61500.0),
    ]
    assert set(rows["sheet"]) == {
        sheet.name for sheet in load_mended(there.home.root / report.taken[0].object_path).sheets
    }


def test_year_of_the_file_name_and_places_merged_downwards(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["รหัสกองทุน", "ชื่อกองทุน", "จังหวัด", "อำเภอ", "ตำบล", "สมาชิก"],
        ["00000012", "กองทุนบ้านหนึ่ง", "ขอนแก่น", "เมืองขอนแก่น", "ในเมือง", 120],
        ["00000013", "กองทุนบ้านสอง", None, None, "สำราญ", "12x"],
        ["00000014", "กองทุนบ้านสาม", None, None, "โคกสี", "9x"],
    ]

    def write(path: Path) -> None:
        xlsx_file({"Sheet1": rows})(path)
        book = load_workbook(path)
        for column in "CD":
            book.worksheets[0].merge_cells(f"{column}2:{column}4")
        book.save(path)

    there = deliver(tmp_path / "home", "กองทุน ปี 2566.xlsx", write)
    path = edit(there.list_of([(4, "สมาชิก")], "Sheet1"), tmp_path / "list.xlsx", [(1, 4, "สมาชิก", 91)])
    _, conformed = there.conformed(there.send(path, "x.xlsx").taken[0])
    assert conformed.select("fund_code", "fiscal_year", "reported_amphoe", "members_persons").rows() == [
        ("00000014", 2023, "เมืองขอนแก่น", 91.0)
    ]


def test_ods_there_and_back(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        path.write_bytes(as_ods({"กองทุน": [HEADERS, *ROWS]}))

    there = deliver(tmp_path / "home", "กองทุน.ods", write)
    sheet = "กองทุน"
    path = edit(
        there.list_of([(3, "จำนวนสมาชิก")], sheet), tmp_path / "list.xlsx", [(1, 3, "จำนวนสมาชิก", 125)]
    )
    # the officer's program saves it as ODS
    book = load_workbook(path)
    cells = {one.title: [[cell.value for cell in row] for row in one.iter_rows()] for one in book}
    (tmp_path / "list.ods").write_bytes(as_ods(cells))
    report = there.send(tmp_path / "list.ods", "list.ods")
    assert [one.mended for one in report.mendings] == [1], refusals(there.home)
    _, conformed = there.conformed(report.taken[0])
    assert conformed.select("fund_code", "members_persons").rows() == [("00000013", 125.0)]


# What no record of a text file can hold, or what ends one.
NO_CELL = '"\x00\n\r\x1a\x1c\x1d\x1e\x85\u2028\u2029\x0b\x0c\ufeff'
LIKE_FORMULAS = ["=1+1", "+66", "-5", "@a", "\t=x", "'00012", "=HYPERLINK('')"]
LIKE_NUMBERS = [
    "1e5",
    "00012",
    "0.10",
    "1,000",
    "_x0041_",
    "_x0000_",
    "_x005F_x0041_",
    "_xD800_",
    "12.0",
    "TRUE",
    "#N/A",
]
ANY_CHARACTER = st.characters(exclude_categories=["Cs"], exclude_characters=NO_CELL)
CELL = st.text(alphabet=ANY_CHARACTER, max_size=40) | st.sampled_from([*LIKE_FORMULAS, *LIKE_NUMBERS])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(CELL, min_size=3, max_size=3))
def test_any_text_survives_the_round_trip(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Names, branches and places that nobody touched stand in the corrected delivery exactly as they were delivered."""
    root = tmp_path_factory.mktemp("any")
    rows = [list(row) for row in ROWS]
    rows[1][1], rows[1][3], rows[1][8] = texts
    there = deliver(root / "home", "กองทุน.csv", csv_file("utf-8", rows))
    content = there.list_of([(3, "จำนวนสมาชิก")])
    shown = content.sheets[0].rows[0].values
    path = edit(content, root / "list.xlsx", [(1, 3, "จำนวนสมาชิก", 125)])
    report = there.send(path)
    assert len(report.taken) == 1, report.refused
    (row,) = load_mended(there.home.root / report.taken[0].object_path).sheets[0].rows
    assert [cell or None for cell in row] == [
        (cell or None) if label != "จำนวนสมาชิก" else "125"
        for label, cell in zip(HEADERS, shown, strict=False)
    ]


def test_escapes_are_read_alike_on_both_sides() -> None:
    before = pl.Series(["_x0000_", "_x0041_", "_xD800_", "_x005F_x0041_", "a", None, "0012", "1.50", "007"])
    after = pl.Series(["\x00", "A", "", "_x0041_", "b", "", "12", "1.5", "7.0"])
    assert is_unchanged(before, after).to_list() == [True] * 4 + [False, True, False, True, False]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\t=1", "http://evil.example/", "<b>x</b>", "=cmd|'/C calc'!A0"],
)
def test_no_cell_of_a_file_is_run(text: str, tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[1][1] = text
    there = deliver(tmp_path / "home", "กองทุน.csv", csv_file("utf-8", rows))
    write_book(there.list_of([(3, "จำนวนสมาชิก")]), tmp_path / "list.xlsx")
    book = load_workbook(tmp_path / "list.xlsx")
    cell = book.worksheets[1].cell(HEADER_ROW + 2, 2)
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    assert fastexcel.read_excel(tmp_path / "list.xlsx").load_sheet(1, header_row=None).to_polars().height
