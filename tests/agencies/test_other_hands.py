"""Files worded and laid out by somebody who has not seen the contracts: what has to be read all the same, and what has to wait."""
# ruff: noqa: E501 (rows of a file read better whole)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.conform import conform_file
from ingest.contract import AGENCIES, load_contracts
from ingest.normalise.personal import MASK
from ingest.propose.suggest import suggest_fields
from tests.agencies.conftest import TODAY

Conform = Callable[..., Any]


def test_one_sheet_a_province_and_the_province_in_its_title_alone(conformed: Conform, tmp_path: Path) -> None:
    run = conformed(
        "nvf/village_funds",
        [
            ["แบบสรุปผลการดำเนินงานกองทุนหมู่บ้าน จังหวัดน่าน ปี 2567"],
            ["อำเภอ", "ตำบล", "หมู่บ้าน", "หมู่ที่", "รหัสกองทุน 8 หลัก", "สมาชิกกองทุน (คน)", None, None, "เงินให้กู้ยืม (บาท)", None],
            [None, None, None, None, None, "ชาย", "หญิง", "รวม", "คงค้าง", "เกินกำหนดชำระ"],
            ["ปัว", "วรนคร", "บ้านร้อง", 4, "00550001", 40, 61, 101, 250_000, " - "],
            [None, "ป่ากลาง", "บ้านน้ำเปิน", 2, "00550002", 10, 9, 19, 5_000, 500],
            ["รวม", None, None, None, None, 50, 70, 120, 255_000, 500],
        ],
        merges=("A2:A3", "F2:H2", "I2:J2", "A4:A5"),
    )  # fmt: skip
    assert run.column("reported_province") == ["น่าน", "น่าน"] and run.column("reported_amphoe") == ["ปัว", "ปัว"]
    assert run.column("fiscal_year") == [2024, 2024] and run.column("fund_name") == ["บ้านร้อง", "บ้านน้ำเปิน"]
    assert run.column("members_persons") == [101, 19] and run.column("loans_outstanding_thb") == [
        250_000,
        5_000,
    ]
    assert run.column("loans_overdue_thb") == [None, 500] and run.rejected == {6: "total_row"}
    assert "place_from_title" in {warning.code for warning in run.report.warnings}


@pytest.mark.parametrize(
    ("title", "province", "amphoe"),
    [
        ("กองทุนสวัสดิการ อำเภอปัว จังหวัดน่าน", "น่าน", "ปัว"),
        ("กองทุนสวัสดิการ อ.ปัว จ.น่าน", "น่าน", "ปัว"),
        ("น่าน", "น่าน", None),
        ("จังหวัดน่าน และจังหวัดแพร่", None, None),
        ("กองทุนสวัสดิการ อำเภอปัว", None, None),
        ("งานนี้เลยกำหนดมานาน", None, None),
    ],
)  # fmt: skip
def test_the_area_above_the_table(
    conformed: Conform, title: str, province: str | None, amphoe: str | None
) -> None:
    """Of two provinces neither is taken; a word that only holds a province's name (เลย) is none."""
    run = conformed("codi/welfare_funds", f"{title},,\nรหัสกองทุน,ชื่อกองทุน,ตำบล\n1,ก,วรนคร\n")
    assert run.column("reported_province") == [province] and run.column("reported_amphoe") == [amphoe]


def test_a_column_for_the_province_goes_before_the_title(conformed: Conform) -> None:
    run = conformed("codi/welfare_funds", "จังหวัดน่าน,,,\nรหัสกองทุน,ชื่อกองทุน,ตำบล,จังหวัด\n1,ก,วรนคร,แพร่\n")
    assert run.column("reported_province") == ["แพร่"]


def test_names_cut_short_and_abbreviated(conformed: Conform) -> None:
    run = conformed(
        "cult/credit_unions",
        'เลขทะเบียนสหกรณ์,ชื่อสหกรณ์ฯ,ตำบล,อำเภอ,จังหวัด,วันสิ้นปีทางบัญชี,จน.สมาชิก,เงินกู้ยืมคงเหลือ (พันบาท)\nก 1/2540,ข,วรนคร,ปัว,น่าน,31 ธันวาคม 2566,"1,200",35.5\n,รวม 1 สหกรณ์,,,,,,\n',
    )
    assert run.column("members_persons") == [1200] and run.column("loans_outstanding_thb") == [35_500]
    assert run.column("fiscal_year") == [2024] and run.rejected == {3: "total_row"}


def test_english_words_in_another_order_and_number(conformed: Conform) -> None:
    run = conformed(
        "cult/credit_unions",
        "member_no,unionName,tambolName,amphur_name,provinceName,year,total_member,total_asset\n1,a,วรนคร,ปัว,น่าน,2566,7,900\n",
    )
    assert (run.column("members_persons"), run.column("assets_thb")) == ([7], [900])
    assert run.column("reported_amphoe") == ["ปัว"]


def test_a_row_of_headers_with_units_is_no_row_of_units(conformed: Conform) -> None:
    run = conformed(
        "satja/groups",
        [
            ["กลุ่มสัจจะสะสมทรัพย์ จังหวัดจันทบุรี ประจำปี ๒๕๖๖"],
            ["ลำดับ", "ชื่อกลุ่ม", "ตำบล", "อำเภอ", "สมาชิก", "สวัสดิการ", None],
            [None, None, None, None, "(คน)", "จ่าย (บาท)", "ผู้รับ (ราย)"],
            ["๑", "วัดทุ่งเพล", "ฉมัน", "มะขาม", "๑๒๐", "๔,๕๐๐.๐๐", "๙"],
        ],
        merges=("F2:G2",),
    )
    assert run.column("welfare_paid_thb") == [4500] and run.column("beneficiaries_persons") == [9]
    assert run.column("members_persons") == [120]


def test_the_year_of_an_act_in_the_title_is_not_taken_for_the_data(conformed: Conform) -> None:
    run = conformed(
        "fpo/peoples_finance",
        "ทะเบียนตาม พ.ร.บ. สถาบันการเงินประชาชน พ.ศ. 2562,,,\nณ วันที่ 31 ธ.ค. 66,,,\nเลขที่ใบอนุญาต,ชื่อสถาบัน,ตำบล,ทุน (บาท)\n1/2563,ก,วรนคร,5\n",
        "fpo",
    )
    assert run.column("fiscal_year") == [2024] and run.column("capital_thb") == [5]


def test_what_may_mean_two_things_still_holds_the_file_and_says_what_it_may_be(tmp_path: Path) -> None:
    """'เงินกู้' may be what was lent in the year or what is still owed; a list of members beside one of organisations is no sum."""
    contract = load_contracts(AGENCIES)["cdd/savings_groups"]
    path = tmp_path / "savings_2566.csv"
    path.write_text("รหัสกลุ่ม,ชื่อกลุ่ม,ตำบล,เงินกู้ (บาท),สิ่งใหม่\n1,ก,วรนคร,5,6\n", encoding="utf-8")
    report = conform_file(path, contract, "d-1", tmp_path / "out", today=TODAY)
    assert report.unknown_headers == ["เงินกู้ (บาท)", "สิ่งใหม่"]
    assert pl.read_parquet(report.conformed_path)["loans_outstanding_thb"].to_list() == [None]
    (one,) = suggest_fields(contract, report.unknown_headers)
    assert (one.header, one.known_as) != ("", "") and str(one.field).startswith("loans_")
    women = load_contracts(AGENCIES)["cdd/women_funds"]
    path.write_text("tambonCode,year,memberPerson,memberOrg\n550101,2566,5,6\n", encoding="utf-8")
    assert conform_file(path, women, "d-2", tmp_path / "out", today=TODAY).unknown_headers == ["memberPerson"]


def test_a_column_about_persons_is_said_to_be_personal() -> None:
    contract = load_contracts(AGENCIES)["satja/groups"]
    (one,) = suggest_fields(contract, ["เบอร์โทรศัพท์มือถือ"])
    assert one.field is None and one.label_en == "personal"


def test_a_number_in_the_shape_of_the_citizen_card_is_masked_even_mistyped(conformed: Conform) -> None:
    """The check digit of the first is wrong, of the second right; thirteen bare digits that fail it are some other number."""
    rows = "".join(
        f"{n},{name},วรนคร,2566\n"
        for n, name in enumerate(("3-1005-00123-45-6", "๑๑๐๑๗๐๐๒๓๐๗๐๘", "3100500123456"))
    )
    run = conformed("satja/groups", "รหัสกลุ่ม,ชื่อกลุ่ม,ตำบล,ปี\n" + rows)
    assert [MASK in name for name in run.column("fund_name")] == [True, True, False]
