"""Every parser of cells: known spellings, and properties that hold for whatever a cell holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.normalise.codes import parse_code, parse_tambon_code
from ingest.normalise.dates import parse_date, parse_year
from ingest.normalise.labels import parse_boolean, parse_category
from ingest.normalise.numbers import parse_number
from ingest.normalise.parsed import Parsed
from ingest.normalise.personal import (
    MAIL_MASK,
    MASK,
    PHONE_MASK,
    mask_citizen_ids,
    mask_contacts,
    mask_in_names,
)
from ingest.normalise.text import clean_one, clean_text, label_key, label_key_expr, turn_digits_one
from ingest.normalise.units import money_unit_of_title, split_unit

THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
fast = settings(max_examples=20, deadline=None)
texts = st.text(
    alphabet=st.one_of(
        st.characters(codec="utf-8"), st.sampled_from("กำําเเ่้ิุ๑๒\u200b\u00a0 -.,()0123456789บาท/")
    ),
    max_size=25,
)
cells = st.lists(st.one_of(st.none(), texts), max_size=20)


def col(*values: str | None) -> pl.Series:
    return pl.Series("c", values, dtype=pl.String)


# ---- text ----


@given(cells)
@fast
def test_cleaning_is_the_same_one_by_one_and_twice(values: list[str | None]) -> None:
    once = clean_text(col(*values))
    assert once.to_list() == [None if v is None else clean_one(v) for v in values]
    assert clean_text(once).to_list() == once.to_list()


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("จํานวน", "จำนวน"), ("นํ้า", "น้ำ"), ("น้ํา", "น้ำ"), ("เเม่", "แม่"), ("ก\u200bข\u00ad", "กข"), ("ก\u00a0\u00a0ข", "ก ข"),
        ("\ufeff ก ", "ก"), ("ท่ี", "ที่"), ("a\u202eb", "ab"), ("e\u0301", "é"), ("=1+1", "=1+1"),
    ],
)  # fmt: skip
def test_cleaning(raw: str, clean: str) -> None:
    assert clean_one(raw) == clean == clean_text(col(raw))[0]
    assert unicodedata.is_normalized("NFC", clean)


@given(st.lists(texts, min_size=1, max_size=10))
@fast
def test_label_keys_agree_in_python_and_polars(values: list[str]) -> None:
    # Case folding of odd scripts differs between the two; Thai, Latin and digits are what labels
    # are written in.
    values = [
        "".join(c for c in v if c < "\u0100" or "\u0e00" <= c <= "\u0e7f" or c in "\u200b\u2013")
        for v in values
    ]
    theirs = (
        clean_text(pl.Series(values, dtype=pl.String)).to_frame("c").select(label_key_expr(pl.col("c")))["c"]
    )
    assert theirs.to_list() == [label_key(v) for v in values]


def test_units_in_headers() -> None:
    assert split_unit("เงินสัจจะ (ล้านบาท)") == ("เงินสัจจะ", "million_THB")
    assert split_unit("สมาชิก [ หน่วย : คน ]") == ("สมาชิก", "persons")
    assert split_unit("ตำบล (แขวง)") == ("ตำบล (แขวง)", None)
    assert money_unit_of_title(["ตารางที่ 1", "หน่วย: คน, ล้านบาท"]) == "million_THB"
    assert money_unit_of_title(["หน่วย : บาท", "หน่วย : พันบาท"]) is None


# ---- numbers ----


@given(
    st.integers(0, 10**12),
    st.integers(0, 99),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", " ", "\u00a0"]),
)
@fast
def test_written_numbers_come_back(whole: int, cents: int, grouped: bool, thai: bool, pad: str) -> None:
    text = f"{whole:,}.{cents:02d}" if grouped else f"{whole}.{cents:02d}"
    read = parse_number(col(pad + (text.translate(THAI) if thai else text) + pad))
    assert read.value[0] == float(f"{whole}.{cents:02d}") and read.error[0] is None


@given(cells, st.booleans())
@fast
def test_a_number_is_a_value_or_an_error_and_never_lost(values: list[str | None], zero: bool) -> None:
    read = parse_number(col(*values), minimum=0, blank_is_zero=zero)
    for text, value, error in zip(values, read.value, read.error, strict=True):
        assert value is None or (error is None and 0 <= value <= 1e15)
        if text is not None and any(c.isdigit() for c in turn_digits_one(text)):
            assert value is not None or error is not None
        if text is None:
            assert value == (0.0 if zero else None) and error is None


@pytest.mark.parametrize("text", ["1,23", "12,34,567", "1.2.3", "5%", "abc", "1e", "(5", "5)", "(-5)", "nan", "inf", "--5", "0x10", "1_000", "๑,๒๓", "true", "1/2", "..", "2023-01-31 00:00:00"])  # fmt: skip  # noqa: E501
def test_unreadable_numbers(text: str) -> None:
    read = parse_number(col(text))
    assert read.value[0] is None and read.error[0] == "unreadable_number"


@pytest.mark.parametrize(
    ("text", "unit", "value", "error", "note"),
    [
        ("1.5 ล้านบาท", "THB", 1.5e6, None, "unit_suffix"), ("500 บาท", "THB", 500, None, "unit_suffix"), ("500.-", "THB", 500, None, "unit_suffix"),  # noqa: E501
        ("500 บาท", "persons", None, "unit_mismatch", None), ("12 คน", "persons", 12, None, "unit_suffix"), ("1.2E+07", "THB", 1.2e7, None, "scientific_notation"),  # noqa: E501
        ("(1,000)", "THB", -1000, None, None), ("1 234 567", "THB", 1234567, None, None), (".5", "THB", 0.5, None, None), ("9e20", "THB", None, "too_large", None),  # noqa: E501
        ("12.00", "persons", 12, None, None), ("12.5", "persons", None, "not_whole", None), ("'123", "THB", 123, None, None),
    ],
)  # fmt: skip
def test_numbers(text: str, unit: str, value: float | None, error: str | None, note: str | None) -> None:
    read = parse_number(col(text), unit=unit, whole=unit == "persons")
    assert (read.value[0], read.error[0], read.note[0]) == (value, error, note)


@pytest.mark.parametrize("text", ["", "-", " - ", "–", "—", "ไม่มี", None])
def test_blanks_and_unknowns(text: str | None) -> None:
    assert parse_number(col(text)).value[0] is None
    assert parse_number(col(text), blank_is_zero=True).value[0] == 0
    for unknown in ("ไม่มีข้อมูล", "N/A", "ไม่ระบุ"):
        read = parse_number(col(unknown), blank_is_zero=True)
        assert read.value[0] is None and read.error[0] is None


@given(st.integers(0, 10**11))
@fast
def test_million_baht_is_exact_to_the_satang(satang: int) -> None:
    text = f"{satang // 10**8}.{satang % 10**8:08d}"
    assert parse_number(col(text), factor=1e6).value[0] == satang / 100


# ---- years and dates ----


@given(st.integers(1990, 2027), st.booleans(), st.sampled_from(["", "ปี ", "ปีงบประมาณ ", "พ.ศ. "]))
@fast
def test_years_in_either_era(year: int, thai: bool, word: str) -> None:
    text = word + str(year + 543)
    assert (
        parse_year(col(text.translate(THAI) if thai else text), year_min=1990, year_max=2027).value[0] == year
    )
    assert parse_year(col(str(year)), year_min=1990, year_max=2027).value[0] == year


@pytest.mark.parametrize(
    ("text", "first", "last", "note"),
    [("2559/60", 2016, 2017, "year_span"), ("2559-2560", 2016, 2017, "year_span"), ("2599/00", 2056, 2057, "year_span"), ("66", 2023, 2023, "two_digit_year"),  # noqa: E501
     ("2024p", 2024, 2024, "provisional_year"), ("2566.0", 2023, 2023, None), ("ค.ศ. 2017", 2017, 2017, None)],
)  # fmt: skip
def test_year_forms(text: str, first: int, last: int, note: str | None) -> None:
    read = parse_year(col(text))
    assert (read.value[0], read.note[0]) == (first, note)
    assert parse_year(col(text), span="last").value[0] == last


@pytest.mark.parametrize(("text", "error"), [("256", "unreadable_year"), ("2559/61", "unreadable_year"), ("abc", "unreadable_year"), ("3000", "implausible_year"), ("", None), ("-", None)])  # fmt: skip  # noqa: E501
def test_years_refused(text: str, error: str | None) -> None:
    read = parse_year(col(text), year_min=1990, year_max=2027)
    assert read.value[0] is None and read.error[0] == error


MONTHS = "ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค.".split()


@given(st.dates(date(1960, 1, 1), date(2030, 12, 31)), st.booleans())
@fast
def test_dates_in_every_form(day: date, thai: bool) -> None:
    be = day.year + 543
    forms = [f"{day:%d/%m}/{be}", f"{day.day}-{day.month}-{be}", f"{day.day} {MONTHS[day.month - 1]} {be}", f"{day:%Y-%m-%d}", f"{day:%Y-%m-%d} 00:00:00",  # noqa: E501
             f"{day.day} {MONTHS[day.month - 1]} {be % 100:02d}", f"{day.day}/{day.month}/{day.year}", str((day - date(1899, 12, 30)).days)]  # fmt: skip  # noqa: E501
    read = parse_date(col(*(f.translate(THAI) if thai else f for f in forms)))
    assert read.value.to_list() == [day] * len(forms) and read.error.null_count() == len(forms)


@pytest.mark.parametrize(
    "text",
    ["29/02/2566", "31/04/2566", "0/1/2566", "31/13/2566", "2566", "พ.ค. 64", "abc", "1/2", "12 พพ. 64"],
)
def test_dates_that_do_not_exist(text: str) -> None:
    read = parse_date(col(text))
    assert read.value[0] is None and read.error[0] == "unreadable_date"


def test_leap_day_and_far_dates() -> None:
    assert parse_date(col("29/02/2567")).value[0] == date(2024, 2, 29)
    assert parse_date(col("99999")).error[0] == "implausible_date"


# ---- codes and labels ----


@given(st.integers(0, 99_999_999), st.booleans())
@fast
def test_codes_get_their_zeros_back(number: int, thai: bool) -> None:
    full = f"{number:08d}"
    forms = [
        full,
        str(number),
        f"{number}.0",
        f"{full[:4]}-{full[4:]}",
        f"{full[:4]} {full[4:]}",
        f"[{full}]กองทุน",
    ]
    assert parse_code(col(*(f.translate(THAI) if thai else f for f in forms)), width=8).value.to_list() == [
        full
    ] * len(forms)


def test_codes_refused_or_kept() -> None:
    read = parse_code(col("1.2E+07", "123456789", "AB-01", "-", None, "00012"), width=8)
    assert read.value.to_list() == [None, None, "AB-01", None, None, "00000012"]
    assert read.error.to_list() == ["unreadable_code", "unreadable_code", None, None, None, None]
    assert parse_code(col("00012", "12-3")).value.to_list() == ["00012", "12-3"]


@given(st.integers(10, 96), st.integers(1, 99), st.integers(1, 99), st.integers(0, 99))
@fast
def test_tambon_codes_in_every_form(province: int, amphoe: int, tambon: int, moo: int) -> None:
    six = f"{province}{amphoe:02d}{tambon:02d}"
    read = parse_tambon_code(
        col(
            six,
            f"{six}{moo:02d}",
            f"*{six}",
            f"[{six}]ชื่อ",
            f"{six}.0",
            " ".join((six[:2], six[2:4], six[4:])),
            six.translate(THAI),
        )
    )
    assert (
        read.code6.to_list() == [six] * 7
        and read.moo[1] == (moo or None)
        and read.note[2] == "cancelled_code"
    )


@given(cells)
@fast
def test_a_code6_is_six_digits_or_nothing(values: list[str | None]) -> None:
    read = parse_tambon_code(col(*values))
    for reported, six, error in zip(read.reported, read.code6, read.error, strict=True):
        assert six is None or (len(six) == 6 and six.isascii() and six.isdigit())
        assert (error is not None) == (reported is not None and six is None)


@pytest.mark.parametrize("text", ["7265", "500100", "100001", "007301", "1234567", "730125045", "ABC"])
def test_what_is_no_tambon_code(text: str) -> None:
    read = parse_tambon_code(col(text))
    assert read.code6[0] is None and read.reported[0] == text and read.error[0] == "unreadable_tambon_code"


def test_labels() -> None:
    lookup = {"หมู่บ้าน": "village", "ชุมชน เมือง": "urban", "2": "urban"}
    read = parse_category(col("[1]หมู่บ้าน", "หมู่ บ้าน", "ชุมชนเมือง", "2.0", "[2]x", "VILLAGE", "-", "อื่น"), lookup)
    assert read.value.to_list() == ["village", "village", "urban", "urban", "urban", "village", None, None]
    assert read.error.to_list() == [None] * 7 + ["unknown_label"]
    ticks = parse_boolean(col("ü", "/", "✓", "N", "-", "??", None), {"ü": "true", "/": "true"})
    assert (
        ticks.value.to_list() == [True, True, True, False, None, None, None]
        and ticks.error[5] == "unknown_label"
    )


PARSERS: list[Callable[[pl.Series], Parsed]] = [
    parse_number, parse_year, parse_date, parse_code, lambda s: parse_code(s, width=8),
    lambda s: parse_category(s, {"ก": "a"}), lambda s: parse_boolean(s, None),
]  # fmt: skip


@given(cells)
@fast
def test_no_parser_raises_or_reorders(values: list[str | None]) -> None:
    for parse in PARSERS:
        together = parse(col(*values))
        assert together.value.len() == together.error.len() == together.note.len() == len(values)
        assert not (together.value.is_not_null() & together.error.is_not_null()).any()
        alone = [parse(col(v)).value[0] for v in values[:3]]
        assert together.value.to_list()[:3] == alone


# ---- personal ----


def _citizen(first12: str) -> str:
    return first12 + str((11 - sum(int(d) * (13 - i) for i, d in enumerate(first12)) % 11) % 10)


@given(
    st.integers(10**11, 9 * 10**11 - 1), texts.filter(lambda t: not any(c.isdigit() or c in " -" for c in t))
)
@fast
def test_citizen_numbers_are_masked_anywhere(first: int, around: str) -> None:
    number = _citizen(str(first))
    dashed = f"{number[0]}-{number[1:5]}-{number[5:10]}-{number[10:12]}-{number[12]}"
    masked, where = mask_citizen_ids(
        col(around + number + around, dashed, number.translate(THAI), f"{number} {number}", None)
    )
    assert where.to_list() == [True] * 4 + [False]
    for text in masked.drop_nulls():
        assert MASK in text and not any(c.isdigit() for c in turn_digits_one(text))


def test_other_numbers_stay() -> None:
    wrong = "1101700230700" if _citizen("110170023070") != "1101700230700" else "1101700230701"
    values = ["0105536000123", wrong, "12345", "9" * 13, "๑๒๓"]
    masked, where = mask_citizen_ids(col(*values))
    assert masked.to_list() == values and not where.any()
    assert "081" not in mask_contacts(col("โทร 081-234-5678"))[0]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("กองทุนบ้านไร่ โทร 081-234-5678", f"กองทุนบ้านไร่ โทร {PHONE_MASK}"),
        ("กองทุนบ้านไร่ ๐๘๑๒๓๔๕๖๗๘", f"กองทุนบ้านไร่ {PHONE_MASK}"),
        ("กองทุน a.b-9@mail.example.co.th (บ้านไร่)", f"กองทุน {MAIL_MASK} (บ้านไร่)"),
        # Numbers of registers, years and villages are no telephones.
        ("กองทุน 0994000123456", "กองทุน 0994000123456"),
        ("กลุ่มออมทรัพย์บ้านดอน หมู่ 8 ปี 2566", "กลุ่มออมทรัพย์บ้านดอน หมู่ 8 ปี 2566"),
        ("ศูนย์ @บ้านไร่", "ศูนย์ @บ้านไร่"),
    ],
)
def test_telephones_and_addresses_do_not_stay_in_names(name: str, kept: str) -> None:
    masked, where = mask_in_names(col(name, None))
    assert masked.to_list() == [kept, None] and not where.any()


def test_excel_day_zero_is_the_1900_system() -> None:
    assert (
        parse_date(col("44957")).value[0] == date(1899, 12, 30) + timedelta(days=44957) == date(2023, 1, 31)
    )
