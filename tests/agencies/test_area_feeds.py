"""Area statistics: poverty in five dimensions, and state welfare with its matching money."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Conform = Callable[..., Any]


def test_poverty_with_counts_and_shares(conformed: Conform) -> None:
    """Two units in one table: each count has its share beside it, which is ignored; larger areas and the total are no tambon."""
    run = conformed(
        "nesdc/poverty",
        [
            ["ข้อมูลคนจน 5 มิติ ปี พ.ศ. 2565"],
            ["รหัสตำบล", "จังหวัด", "อำเภอ", "ตำบล", "ประชากรสำรวจ (คน)", "คนจนเป้าหมาย", None, "มิติสุขภาพ", None, "มิติรายได้", None],
            [None, None, None, None, None, "คน", "ร้อยละ", "คน", "ร้อยละ", "คน", "ร้อยละ"],
            [None, "นราธิวาส", None, "จังหวัดนราธิวาส", 9000, 900, 10, 90, 1, 500, 5.6],
            ["960101", "นราธิวาส", "เมืองนราธิวาส", "บางนาค", "1,200", 60, 5, 12, 1, 45, 3.75],
            ["960102", "นราธิวาส", "เมืองนราธิวาส", "ลำภู", 800, "-", "-", 0, 0, 8, 1],
            ["รวม", None, None, None, 2000, 60, 3, 12, 0.6, 53, 2.65],
        ],
        "tpmap",
        merges=("F2:G2", "H2:I2", "J2:K2"),
    )  # fmt: skip
    assert run.values("960101") == {
        "poverty_surveyed_persons": 1200, "poverty_poor_persons": 60, "poverty_health_persons": 12, "poverty_income_persons": 45,
    }  # fmt: skip
    assert (
        run.values("960102")["poverty_poor_persons"] is None
        and run.values("960102")["poverty_health_persons"] == 0
    )
    assert set(run.column("calendar_year")) == {2022} and run.rejected == {4: "area_row", 7: "total_row"}


def test_poverty_export(conformed: Conform) -> None:
    run = conformed(
        "nesdc/poverty",
        "year,tambon_code,surveyed,poor,health,living,education,income,access\n2022,960101,1200,60,12,3,20,45,1\n",
    )
    assert run.values("960101") == {
        "poverty_surveyed_persons": 1200, "poverty_poor_persons": 60, "poverty_health_persons": 12, "poverty_living_persons": 3,
        "poverty_education_persons": 20, "poverty_income_persons": 45, "poverty_access_persons": 1,
    }  # fmt: skip


def test_a_share_alone_fills_no_count(conformed: Conform) -> None:
    with pytest.raises(AssertionError, match="percent"):
        conformed("nesdc/poverty", "ปี,รหัสตำบล,คนจน (ร้อยละ)\n2565,960101,5\n")


def test_welfare_by_group_with_matching_money(conformed: Conform) -> None:
    """A fiscal year's number stands as it is; money in ล้านบาท beside persons."""
    run = conformed(
        "msdhs/welfare",
        [
            ["จำนวนผู้รับสวัสดิการแห่งรัฐและเงินสมทบกองทุนสวัสดิการชุมชน รายตำบล"],
            ["ปีงบประมาณ", "จังหวัด", "อำเภอ", "ตำบล", "จำนวนผู้รับสวัสดิการ (คน)", None, None, None, "เงินสมทบกองทุนสวัสดิการชุมชน (ล้านบาท)"],
            [None, None, None, None, "รวม", "ผู้สูงอายุ", "คนพิการ", "เด็กแรกเกิด", None],
            [2566, "ลำปาง", "แม่ทะ", "แม่ทะ", "2,500", 1500, 300, 120, 0.2745],
            [2566, "ลำปาง", "แม่ทะ", "นาครัว", 900, 700, 100, 50, "-"],
        ],
        "พม",
        merges=("E2:H2",),
    )  # fmt: skip
    assert run.values("แม่ทะ") == {
        "welfare_recipients_persons": 2500, "welfare_elderly_persons": 1500, "welfare_disabled_persons": 300,
        "welfare_child_persons": 120, "welfare_matching_thb": 274_500,
    }  # fmt: skip
    assert run.values("นาครัว")["welfare_matching_thb"] is None and set(run.column("calendar_year")) == {2023}


def test_welfare_in_another_form(conformed: Conform) -> None:
    run = conformed(
        "msdhs/welfare",
        "ประจำปีงบประมาณ,รหัสตำบล,ผู้รับเบี้ยยังชีพผู้สูงอายุ,ผู้รับเบี้ยความพิการ,เงินอุดหนุนเด็กแรกเกิด,ผู้ถือบัตรสวัสดิการแห่งรัฐ,งบประมาณสมทบ\n"
        '๒๕๖๖,520701,๑,300,120,2000,"274,500.00"\n',
    )
    assert (
        run.values("520701")["welfare_matching_thb"] == 274_500
        and run.values("520701")["welfare_elderly_persons"] == 1
    )
    assert run.values("520701")["welfare_card_persons"] == 2000


def test_population_by_the_date_it_refers_to(conformed: Conform) -> None:
    """31 December is still the same calendar year."""
    run = conformed("nesdc/population", "ข้อมูล ณ วันที่,รหัสตำบล,จำนวนราษฎร\n31 ธ.ค. 2566,960101,10\n", "pop")
    assert run.column("calendar_year") == [2023] and run.values("960101")["population_total"] == 10
