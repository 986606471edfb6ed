"""Which year a title, a sheet's name or a file's name states."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.normalise.dates import MONTHS
from ingest.normalise.year_in_text import years_in_texts


def years(*texts: str, fiscal: bool = True) -> set[int]:
    return years_in_texts(list(texts), year_min=1990, year_max=2027, fiscal=fiscal)


@pytest.mark.parametrize(
    "text", ["ปีงบประมาณ พ.ศ. ๒๕๖๖", "export_20231005_2566", "66", "ปี66", "ประจำปี พ.ศ.2566", "FY2023"]
)
def test_years_in_names_and_titles(text: str) -> None:
    assert years(text) == {2023}


def test_numbers_that_are_no_year_and_two_years() -> None:
    assert (
        years("2565-2566") == {2022, 2023}
        and years("v2 final 1234") == set()
        and years("31/13/2566") == {2023}
    )


@pytest.mark.parametrize(
    ("text", "fiscal", "calendar"),
    [
        ("ณ 31 ธันวาคม 2566", 2024, 2023),
        ("ข้อมูล ณ วันที่ ๓๑ ธ.ค. ๖๖", 2024, 2023),
        ("ณ วันที่ 31 สิงหาคม พ.ศ. 2567", 2024, 2024),
        ("ข้อมูล ณ เดือนกันยายน 2566", 2023, 2023),
        ("สวัสดิการลำปาง 31-10-67", 2025, 2024),
        ("ณ 1/10/2566", 2024, 2023),
        ("2023-12-31", 2024, 2023),
        ("as of 31 Dec 2023", 2024, 2023),
        ("ตุลาคม 2565 - กันยายน 2566", 2023, None),
    ],
)
def test_the_year_of_a_day(text: str, fiscal: int, calendar: int | None) -> None:
    """A title's day is in the fiscal year that a column of dates would put it in."""
    assert years(text) == {fiscal}
    assert years(text, fiscal=False) == ({calendar} if calendar else {2022, 2023})


def test_a_stated_year_goes_before_a_day_in_another_line() -> None:
    assert years("ผลการดำเนินงานปีงบประมาณ 2566", "ข้อมูล ณ 15 พฤศจิกายน 2566") == {2023}


def test_the_year_of_a_law_is_not_that_of_the_figures() -> None:
    act = "ทะเบียนตาม พ.ร.บ. สถาบันการเงินประชาชน พ.ศ. 2562 และที่ขึ้นทะเบียน"
    assert years(act) == set()
    assert years(act, "ณ วันที่ 30 ก.ย. 66") == {2023}
    assert years("ตามพระราชบัญญัติส่งเสริมวิสาหกิจชุมชน (ฉบับที่ 2) พ.ศ. 2562 ปี 2566") == {2023}
    assert years("ประกาศผลการประเมิน ประจำปี พ.ศ. 2566") == {2023}, "an announcement of that year's results"


@given(st.dates(date(1991, 1, 1), date(2026, 9, 30)), st.booleans())
def test_every_month_is_known_in_all_its_words(day: date, short: bool) -> None:
    year = f"{(day.year + 543) % 100:02d}" if short else str(day.year + 543)
    wanted = {day.year + (day.month >= 10)}
    for word in MONTHS[day.month - 1]:
        assert years(f"ณ {day.day} {word} {year}") == wanted
        assert years(f"{day.day}/{day.month}/{day.year + 543}") == wanted


@given(st.text(max_size=60))
def test_any_text_has_an_answer(text: str) -> None:
    assert all(1990 <= year <= 2027 for year in years(text))
