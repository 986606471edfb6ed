"""Each check at the door broken on purpose in a file as an officer types it, told once, at its cell, with what to type.

The spoiled rows stand among sound ones, which must not be told of at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.admission import Admission, admission_folder, admit_feed
from expectations.cell_suggestions import suggested
from ingest.conform import conform_file
from ingest.contract import load_contracts
from ingest.home import Home

FUNDS = "nvf/village_funds"
HEADERS = [
    "รหัสกองทุน", "ชื่อกองทุน", "สถานะ", "เลขทะเบียนนิติบุคคล", "วันที่จัดตั้ง", "รหัสตำบล", "หมู่ที่", "ตำบล", "อำเภอ", "จังหวัด",
    "ปีงบประมาณ", "จำนวนสมาชิก", "สมาชิกชาย", "สมาชิกหญิง", "เงินออม", "เงินกู้คงค้าง", "หนี้เกินกำหนด", "จำนวนผู้กู้",
]  # fmt: skip
Row = dict[str, str]


def juristic(number: int) -> str:
    """Thirteen digits whose last one is what the others give."""
    digits = f"0994{number:08d}"
    total = sum(int(digit) * (13 - place) for place, digit in enumerate(digits))
    return digits + str((11 - total % 11) % 10)


def sound(number: int) -> Row:
    cells = [
        f"{number:08d}", f"กองทุนหมู่บ้าน บ้านดอน {number}", "ดำเนินการ", juristic(number), "12/05/2545", "730108", str(1 + number % 9),
        "ดอนยายหอม", "เมืองนครปฐม", "นครปฐม", "2566", str(100 + number), "40", str(60 + number), f"{50_000 + number:,}",
        "1,000,000", "10,000", "50",
    ]  # fmt: skip
    return dict(zip(HEADERS, cells, strict=True))


# What is changed in a row: the check that tells it, the column it is told at, the cell as it is shown, what to type instead.
SPOILED: list[tuple[Row, str, str, str | None, str | None]] = [
    ({"รหัสตำบล": "730199"}, "adm.place_code_unknown", "รหัสตำบล", "730199", "730108"),
    ({"รหัสตำบล": "640705"}, "adm.place_code_name", "รหัสตำบล", "640705", "730108"),
    ({"รหัสตำบล": "[730108] ดอนยายหอม"}, "adm.place_code_form", "รหัสตำบล", "[730108] ดอนยายหอม", "730108"),
    ({"รหัสตำบล": "73010800"}, "adm.place_code_form", "รหัสตำบล", "73010800", "730108"),
    (
        {"รหัสตำบล": "430301", "ตำบล": "บึงกาฬ", "อำเภอ": "บึงกาฬ", "จังหวัด": "หนองคาย"},
        "adm.place_code_abolished", "รหัสตำบล", "430301", "380101",
    ),
    ({"จังหวัด": "จ.นครปฐมม", "รหัสตำบล": ""}, "adm.place_province", "จังหวัด", "จ.นครปฐมม", "จ.นครปฐม"),
    ({"อำเภอ": "อ.นครไชยศรี", "ตำบล": "ศรีษะทอง", "รหัสตำบล": ""}, "adm.place_amphoe", "อำเภอ", "อ.นครไชยศรี", "อ.นครชัยศรี"),
    ({"อำเภอ": "บางเลน"}, "adm.place_amphoe_of_tambon", "อำเภอ", "บางเลน", "เมืองนครปฐม"),
    ({"ตำบล": "เขาใหญ่ไกลโพ้น", "รหัสตำบล": ""}, "adm.place_tambon", "ตำบล", "เขาใหญ่ไกลโพ้น", None),
    ({"ตำบล": "ต.ดอนยายหม", "รหัสตำบล": ""}, "adm.place_spelling", "ตำบล", "ต.ดอนยายหม", "ต.ดอนยายหอม"),
    ({"อำเภอ": "อำเภอเมือง"}, "adm.place_amphoe_short", "อำเภอ", "อำเภอเมือง", "อำเภอเมืองนครปฐม"),
    (
        {"รหัสตำบล": "100101", "ตำบล": "พระบรมมหาราชวัง", "อำเภอ": "พระนคร", "จังหวัด": "กทม."},
        "adm.place_province_short", "จังหวัด", "กทม.", "กรุงเทพมหานคร",
    ),
    ({"รหัสตำบล": "73010804", "หมู่ที่": "5"}, "adm.place_moo", "หมู่ที่", "5", "4"),
    ({"ชื่อกองทุน": "กองทุน บ้านไร่ โทร 081-234-5678"}, "adm.name_personal", "ชื่อกองทุน", "กองทุน บ้านไร่ โทร [โทรศัพท์ถูกปิด]", "กองทุน บ้านไร่"),
    ({"ชื่อกองทุน": "กองทุน บ้านไร่ 9112233445566"}, "adm.name_personal", "ชื่อกองทุน", "กองทุน บ้านไร่ […]", "กองทุน บ้านไร่"),
    ({"ชื่อกองทุน": "กองทุน บ้านไร่ โทร. ๐๘๑๒๓๔๕๖๗๘"}, "adm.name_personal", "ชื่อกองทุน", "กองทุน บ้านไร่ โทร. [โทรศัพท์ถูกปิด]", "กองทุน บ้านไร่"),
    ({"ชื่อกองทุน": "กองทุน บ้านไร่ a.b9@example.com"}, "adm.name_personal", "ชื่อกองทุน", "กองทุน บ้านไร่ [อีเมลถูกปิด]", "กองทุน บ้านไร่"),
    ({"ชื่อกองทุน": "นางสาวทดสอบ ไม่มีจริง"}, "adm.name_personal", "ชื่อกองทุน", "[…]", None),
    ({"ชื่อกองทุน": "น.ส.ทดสอบ ไม่มีจริง"}, "adm.name_personal", "ชื่อกองทุน", "[…]", None),
    (
        {"ชื่อกองทุน": "กองทุน บ้านไร่ (ประธาน นายทดสอบ ไม่มีจริง)"},
        "adm.name_personal", "ชื่อกองทุน", "กองทุน บ้านไร่ (ประธาน […])", "กองทุน บ้านไร่",
    ),
    ({"ชื่อกองทุน": "กองทุน บ้านไร่ ติดต่อ คุณทดสอบ ไม่มีจริง"}, "adm.name_personal", "ชื่อกองทุน", "กองทุน บ้านไร่ ติดต่อ […]", "กองทุน บ้านไร่"),
    ({"ชื่อกองทุน": "ทดสอบ 1"}, "adm.name_plausible", "ชื่อกองทุน", "ทดสอบ 1", None),
    ({"ชื่อกองทุน": "xxx"}, "adm.name_plausible", "ชื่อกองทุน", "xxx", None),
    ({"ชื่อกองทุน": "ไม่ทราบชื่อ"}, "adm.name_plausible", "ชื่อกองทุน", "ไม่ทราบชื่อ", None),
    ({"ชื่อกองทุน": "=1+1 กองทุน"}, "adm.name_formula", "ชื่อกองทุน", "=1+1 กองทุน", None),
    ({"ชื่อกองทุน": "กองทุน <script>x</script>"}, "adm.name_formula", "ชื่อกองทุน", "กองทุน <script>x</script>", None),
    ({"ชื่อกองทุน": "กองทุน\u200bบ้านไร่"}, "adm.name_marks", "ชื่อกองทุน", "กองทุน\u200bบ้านไร่", "กองทุนบ้านไร่"),
    ({"ตำบล": "ดอนยายห\u202eอม"}, "adm.name_marks", "ตำบล", "ดอนยายห\u202eอม", "ดอนยายหอม"),
    ({"ชื่อกองทุน": "12345"}, "adm.name_plausible", "ชื่อกองทุน", "12345", None),
    ({"เลขทะเบียนนิติบุคคล": str(int(juristic(7)) + 1).zfill(13)}, "adm.check_digit", "เลขทะเบียนนิติบุคคล", None, None),
    ({"เลขทะเบียนนิติบุคคล": "099400000"}, "adm.number_length", "เลขทะเบียนนิติบุคคล", "099400000", None),
    ({"ชื่อกองทุน": "กองทุน&nbsp;บ้านไร่ &amp; บ้านนา"}, "adm.name_formula", "ชื่อกองทุน", "กองทุน&nbsp;บ้านไร่ &amp; บ้านนา", None),
    ({"เงินออม": "0.228"}, "adm.amount_below_one", "เงินออม", "0.228", None),
    ({"รหัสกองทุน": "O0009903"}, "adm.code_form", "รหัสกองทุน", "O0009903", "00009903"),
    ({"วันที่จัดตั้ง": "12/05/2420"}, "adm.date_plausible", "วันที่จัดตั้ง", "12/05/2420", None),
    ({"วันที่จัดตั้ง": "12/05/2567"}, "adm.founded_before", "วันที่จัดตั้ง", "12/05/2567", None),
    ({"ปีงบประมาณ": "2023"}, "adm.year_era", "ปีงบประมาณ", "2023", "2566"),
    ({"ปีงบประมาณ": "2565"}, "adm.year_alone", "ปีงบประมาณ", "2565", "2566"),
    ({"จำนวนสมาชิก": "0", "สมาชิกชาย": "0", "สมาชิกหญิง": "0", "จำนวนผู้กู้": ""}, "adm.no_members", "จำนวนสมาชิก", "0", None),
    ({"จำนวนผู้กู้": "0"}, "adm.borrowers_without_loans", "จำนวนผู้กู้", "0", None),
    ({"เงินกู้คงค้าง": ""}, "adm.overdue_alone", "เงินกู้คงค้าง", None, None),
    ({"สถานะ": "ยกเลิก"}, "adm.closed_with_figures", "สถานะ", "ยกเลิก", None),
    ({"เงินออม": "1,23,456"}, "adm.unreadable_cell", "เงินออม", "1,23,456", "123456"),
    ({"สถานะ": "ดำเนินกร"}, "adm.unknown_label", "สถานะ", "ดำเนินกร", "ดำเนินการ"),
    ({"จำนวนสมาชิก": "200"}, "adm.parts_total", "จำนวนสมาชิก", "200", None),
    ({"หนี้เกินกำหนด": "2,000,000"}, "adm.not_above", "หนี้เกินกำหนด", "2,000,000", None),
    ({"ปีงบประมาณ": "25xx"}, "adm.rejected_rows", "ปีงบประมาณ", "25xx", None),
]  # fmt: skip
SOUND = 1500
FIRST = SOUND + 2
"""Row of the first spoiled one: the header is row 1."""


def written(path: Path, rows: list[list[str]]) -> Path:
    text = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    path.write_text(text, encoding="utf-8-sig")
    return path


def of_rows(rows: list[Row]) -> list[list[str]]:
    return [HEADERS, *([row[name] for name in HEADERS] for row in rows)]


def judged(folder: Path, feed: str, files: dict[str, Path]) -> dict[str, tuple[Admission, pl.DataFrame]]:
    contract = load_contracts()[feed]
    home = Home(folder / "home")
    reports = [conform_file(path, contract, key, folder / "out") for key, path in files.items()]
    return {
        one.delivery_id: (one, pl.read_parquet(admission_folder(home, one.delivery_id) / "finding.parquet"))
        for one in admit_feed(home, contract, reports)
    }


@pytest.fixture(scope="module")
def funds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Admission, pl.DataFrame]]:
    """Five deliveries of village funds, judged in one go."""
    folder = tmp_path_factory.mktemp("funds")
    good = [sound(number) for number in range(1, SOUND + 1)]
    spoiled = [sound(SOUND + n) | changes for n, (changes, *_) in enumerate(SPOILED, start=1)]
    copy, other = dict(good[4]), good[6] | {"เงินออม": "77,000"}
    twin = good[8] | {"รหัสกองทุน": "00099999"}
    few = [sound(number) for number in range(1, 41)]
    again = of_rows(few)
    again.insert(20, HEADERS)
    twice = [[*HEADERS, "ชื่อหมู่บ้าน", "ทุนสำรอง"], *([*row, row[1], ""] for row in of_rows(few)[1:])]
    slipped = of_rows([row | {"เงินออม": "ดี"} for row in few])
    padded = of_rows([row | {"รหัสกองทุน": row["รหัสกองทุน"].lstrip("0")} for row in few])
    book = folder / "หลายชีต_2565.xlsx"
    with xlsxwriter.Workbook(str(book)) as workbook:
        for name in ("ภาคกลาง", "ภาคใต้"):
            sheet = workbook.add_worksheet(name)
            for at, row in enumerate([["กองทุนหมู่บ้าน ปี 2564"], *of_rows(few)]):
                sheet.write_row(
                    at, 0, [cell for name, cell in zip(HEADERS, row, strict=False) if name != "ปีงบประมาณ"]
                )
    return judged(
        folder,
        FUNDS,
        {
            "cells": written(folder / "cells.csv", of_rows([*good, *spoiled, copy, other, twin])),
            "again": written(folder / "again.csv", [*again, HEADERS]),
            "twice": written(folder / "twice.csv", twice),
            "slipped": written(folder / "slipped.csv", slipped),
            "padded": written(folder / "padded.csv", padded),
            "sheets": book,
        },
    )


def plain(findings: pl.DataFrame) -> pl.DataFrame:
    return findings.with_columns(check=pl.col("check_id").str.split(":").list.first())


@pytest.mark.parametrize("number", range(len(SPOILED)))
def test_a_spoiled_cell_is_told_once_where_it_stands(funds: Any, number: int) -> None:
    _, check, column, value, suggestion = SPOILED[number]
    told = plain(funds["cells"][1]).filter(row_number=FIRST + number)
    assert told["check"].to_list() == [check], told.select("check", "value", "suggestion")
    one = told.row(0, named=True)
    assert one["column_name"] == column
    assert one["field"] in load_contracts()[FUNDS].by_field
    if value is not None:
        assert one["value"] == value
    if suggestion is not None:
        assert one["suggested_value"] == suggestion
    assert 0.5 <= one["confidence"] <= 1
    assert one["expected"] or check == "adm.rejected_rows"
    code = SPOILED[number][0].get("รหัสกองทุน") or f"{SOUND + number + 1:08d}"
    assert one["record_key"].startswith(code)


def test_sound_rows_are_not_told_of(funds: Any) -> None:
    told = funds["cells"][1].filter(pl.col("row_number") < FIRST)
    assert told.is_empty(), told.select("check_id", "row_number", "value")
    assert funds["cells"][0].status == "admitted"


def test_no_finding_repeats_a_persons_number(funds: Any) -> None:
    text = funds["cells"][1].write_csv()
    for number in ("081-234-5678", "0812345678", "9112233445566"):
        assert number not in text


def test_a_row_again_another_figure_and_a_second_code_are_three_things(funds: Any) -> None:
    told = plain(funds["cells"][1]).filter(pl.col("row_number") >= FIRST + len(SPOILED)).sort("row_number")
    assert told["check"].to_list() == ["adm.row_repeated", "adm.key_unique", "adm.fund_twin"]
    copied, other, twin = told.to_dicts()
    assert copied["suggestion"].startswith("ลบแถวนี้ เหมือนแถว 6 ")
    assert "(แถว · row 8)" in other["expected"] and "เงินออม" in other["suggestion"]
    assert twin["suggested_value"] == "00000009"


@pytest.mark.parametrize(
    ("delivery", "check", "shown"),
    [
        ("again", "adm.header_again", "21"),
        ("twice", "adm.column_twice", "ชื่อหมู่บ้าน"),
        ("twice", "adm.column_blank", "ทุนสำรอง"),
        ("slipped", "adm.column_unreadable", "เงินออม (40 / 40)"),
        ("padded", "adm.column_form", "รหัสกองทุน (zero_padded: 40 / 40)"),
        ("sheets", "adm.sheet_copied", "ภาคกลาง = ภาคใต้"),
        ("sheets", "adm.year_said_once", "2565"),
    ],
)
def test_how_a_file_is_built_is_told_of_the_file(funds: Any, delivery: str, check: str, shown: str) -> None:
    told = plain(funds[delivery][1]).filter(check=check)
    assert told.height == 1, plain(funds[delivery][1])["check"].unique()
    assert shown in told["value"][0]
    for other in funds.keys() - {delivery}:
        assert plain(funds[other][1]).filter(check=check).is_empty(), other


def test_a_column_that_slipped_holds_the_delivery(funds: Any) -> None:
    assert funds["slipped"][0].status == "held"
    assert "adm.column_unreadable" in {
        reason.check_id.split(":")[0] for reason in funds["slipped"][0].reasons
    }
    assert [funds[key][0].status for key in ("again", "twice", "padded")] == ["admitted"] * 3


def test_what_a_whole_column_needed_is_one_finding_and_not_one_a_cell(funds: Any) -> None:
    assert plain(funds["padded"][1]).filter(check="adm.repaired_cell").is_empty()


def test_a_site_needs_both_of_its_coordinates(tmp_path: Path) -> None:
    header = ["ชื่อศูนย์", "รหัสตำบล", "ตำบล", "อำเภอ", "จังหวัด", "ปีงบประมาณ", "ละติจูด", "ลองจิจูด"]
    place = ["730108", "ดอนยายหอม", "เมืองนครปฐม", "นครปฐม", "2566"]
    points = [("13.7", "100.1"), ("13.7", ""), ("51.5", "100.1"), ("", "")]
    rows = [[f"กศน.ตำบล {n}", *place, *point] for n, point in enumerate(points)]
    path = written(tmp_path / "sites.csv", [header, *rows])
    told = plain(judged(tmp_path, "nfe/learning_centres", {"d1": path})["d1"][1]).sort("row_number")
    assert told.select("check", "row_number").rows() == [("adm.place_coordinates", 3), ("adm.bounds", 4)]


def test_more_households_than_people_and_a_persons_number_in_a_name(tmp_path: Path) -> None:
    header = ["ปี", "รหัสตำบล", "ตำบล", "อำเภอ", "จังหวัด", "ชาย", "หญิง", "รวม", "ครัวเรือน"]
    place = ["2566", "730108", "ดอนยายหอม", "เมืองนครปฐม", "นครปฐม"]
    rows = [[*place, "10", "20", "30", "31"], [*place, "10", "20", "30", "12"]]
    rows[1][1:3] = ["730101", "พระปฐมเจดีย์"]
    told = plain(
        judged(tmp_path, "nesdc/population", {"d1": written(tmp_path / "p.csv", [header, *rows])})["d1"][1]
    )
    assert told.select("check", "row_number", "value").rows() == [("adm.households_above_persons", 2, "31")]
    masked = sound(1) | {"ชื่อกองทุน": "กองทุน 1-1017-00230-70-3"}
    path = written(tmp_path / "f.csv", of_rows([sound(2), masked]))
    told = plain(judged(tmp_path, FUNDS, {"d2": path})["d2"][1])
    assert "adm.personal_number" in told["check"].to_list()
    assert "00230" not in told.write_csv()


def test_a_row_without_its_code_is_told_where_the_others_have_one(tmp_path: Path) -> None:
    header = ["รหัส", "สถาบันการเงินชุมชน", "ตำบล", "อำเภอ", "จังหวัด", "ปี พ.ศ.", "จำนวนสมาชิก", "เงินออม"]
    place = ["ดอนยายหอม", "เมืองนครปฐม", "นครปฐม", "2566"]
    rows = [
        [f"900000{n:02d}", f"สถาบันการเงินชุมชนบ้านดอน {n}", *place, "50", f"{12345 + n}"] for n in range(1, 41)
    ]
    rows[6][0] = ""
    bare = [["", *row[1:]] if n % 3 else row for n, row in enumerate(rows)]
    files = {
        "one": written(tmp_path / "one.csv", [header, *rows]),
        "many": written(tmp_path / "many.csv", [header, *bare]),
    }
    found = judged(tmp_path, "nvf/community_institutions", files)
    told = plain(found["one"][1]).filter(check="adm.code_given").row(0, named=True)
    assert (told["row_number"], told["column_name"]) == (8, "รหัส")
    # A list that mostly has no codes is no list of codes.
    assert plain(found["many"][1]).filter(check="adm.code_given").is_empty()


def test_a_code_with_a_digit_short_is_told_and_an_older_form_is_not(tmp_path: Path) -> None:
    header = ["รหัส", "สถาบันการเงินชุมชน", "ตำบล", "อำเภอ", "จังหวัด", "ปี พ.ศ.", "จำนวนสมาชิก", "เงินออม"]
    place = ["ดอนยายหอม", "เมืองนครปฐม", "นครปฐม", "2566"]
    rows = [[f"9{n:07d}", f"สถาบันการเงินชุมชนบ้านดอน {n}", *place, "50", f"{12345 + n}"] for n in range(1, 151)]
    rows[6][0], rows[8][0], rows[10][0] = "9000007", "S-900009", "90000011 สถาบัน"
    path = written(tmp_path / "f.csv", [header, *rows])
    told = plain(judged(tmp_path, "nvf/community_institutions", {"d": path})["d"][1])
    assert told.filter(check="adm.code_form").sort("row_number").select(
        "row_number", "suggested_value"
    ).rows() == [
        (8, None),
        (12, "90000011"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "กลุ่มออมทรัพย์บ้านนายาง หมู่ 3", "นางรอง พัฒนา", "นายายอาม ก้าวหน้า", "กองทุน นางเลิ้ง สามัคคี", "ที่ว่าการโดย นายอำเภอ เมือง",
        "กลุ่มแม่บ้าน (นางแล)", "ชุมชนนายกิมไร่ ๑๒ ๒๕๔๕", "กองทุนหมู่บ้าน ประธานกลุ่ม ๑๐", "ทดสอบดินบ้านไร่", "บ้านตัวอย่าง",
    ],
)  # fmt: skip
def test_places_and_offices_are_no_persons(tmp_path: Path, name: str) -> None:
    place = {"รหัสตำบล": "310405", "ตำบล": "นางรอง", "อำเภอ": "นางรอง", "จังหวัด": "บุรีรัมย์"}
    rows = [sound(1), sound(2) | place | {"ชื่อกองทุน": name}]
    if name.startswith("นายาย"):
        rows[1] |= {"รหัสตำบล": "", "ตำบล": "นายายอาม", "อำเภอ": "นายายอาม", "จังหวัด": "จันทบุรี"}
    told = plain(judged(tmp_path, FUNDS, {"d": written(tmp_path / "f.csv", of_rows(rows))})["d"][1])
    assert told.filter(pl.col("check").is_in(["adm.name_personal", "adm.name_plausible"])).is_empty()


# ---- what a cell says may have been meant


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("1,23,456", "123456"), ("12,34", None), ("1,,234", "1234"), ("5,6", None),
        ("1314100,50", "1314100.50"), ("1.234.567,50", "1234567.50"), ("1 234 567,5", "1234567.5"),
        ("1.234.567", "1234567"), ("1.234.5", "1234.5"),
        ("-1,564,641.00", "1564641.00"), ("1O5", "105"), ("ประมาณ 100", "100"), ("1,500 บาทถ้วน", "1500"),
        ("ประมาณร้อยกว่า", None), ("12x45", None), ("#REF!", None), ("ดี", None), ("-", None),
    ],
)  # fmt: skip
def test_a_number_is_suggested_only_where_the_cell_says_it(cell: str, meant: str | None) -> None:
    cells = pl.DataFrame({"field": ["savings_thb"], "error_code": ["unreadable_number"], "value": [cell]})
    found = suggested(cells, load_contracts()[FUNDS])
    assert found["suggested_value"].to_list() == ([meant] if meant else [])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=8))
def test_whatever_stands_in_a_cell_a_suggested_number_can_be_read(cells: list[str]) -> None:
    frame = pl.DataFrame({"field": "savings_thb", "error_code": "unreadable_number", "value": cells})
    for number in suggested(frame, load_contracts()[FUNDS])["suggested_value"]:
        assert float(number) >= 0
