"""What a stranger types: digits of other widths and scripts, persons' numbers and names where none belong, other words for
"not known". Each told at its cell, read where it can be, and nothing of a person left in anything that is written."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ingest.conform import conform_file
from ingest.contract import load_contracts
from ingest.normalise.columns import read_column
from ingest.normalise.numbers import parse_number
from ingest.normalise.parsed import Parsed
from ingest.normalise.personal import MASK, PERSON_MASK, mask_citizen_ids, mask_persons
from ingest.normalise.text import clean_one, clean_text
from tests.unit.test_admission_checks import FUNDS, Row, judged, of_rows, plain, sound, written

WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")
LAO = str.maketrans("0123456789", "໐໑໒໓໔໕໖໗໘໙")


def citizen(first12: str) -> str:
    """A number as on a card, with the check digit that fits."""
    return first12 + str((11 - sum(int(d) * (13 - i) for i, d in enumerate(first12)) % 11) % 10)


NUMBER = citizen("312345678901")
PARTS = (NUMBER[0], NUMBER[1:5], NUMBER[5:10], NUMBER[10:12], NUMBER[12])


@pytest.mark.parametrize(
    "typed",
    [NUMBER, NUMBER.translate(WIDE), NUMBER.translate(LAO), "-".join(PARTS), "–".join(PARTS), " ".join(PARTS),
     "\u00a0".join(PARTS), " - ".join(PARTS[:2]) + "".join(PARTS[2:]), NUMBER[:5] + "\u200b" + NUMBER[5:]],
)  # fmt: skip
def test_a_persons_number_is_masked_however_it_is_typed(typed: str) -> None:
    masked, where = mask_citizen_ids(pl.Series([f"กองทุน {typed}", "กองทุน 12"]))
    assert where.to_list() == [True, False]
    assert masked.to_list() == [f"กองทุน {MASK}", "กองทุน 12"]


@pytest.mark.parametrize(
    "column", ["ชื่อกองทุน", "รหัสกองทุน", "ตำบล", "หมู่ที่", "เงินออม", "สถานะ", "จำนวนสมาชิก", "ปีงบประมาณ"]
)
@pytest.mark.parametrize("form", [NUMBER, NUMBER.translate(WIDE)])
def test_no_column_lets_a_persons_number_through(tmp_path: Path, column: str, form: str) -> None:
    odd: Row = sound(1) | {column: f"{form}"}
    rows = [odd, *(sound(n) for n in range(2, 40))]
    admission, told = judged(tmp_path, FUNDS, {"d1": written(tmp_path / "f.csv", of_rows(rows))})["d1"]
    at_row = told.filter(pl.col("row_number") == 2)
    assert not at_row.is_empty(), column
    kept = [pl.read_parquet(path).write_csv() for path in (tmp_path / "out").rglob("*.parquet")]
    written_down = [told.write_csv(), admission.model_dump_json(), *kept]
    written_down += [path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*.json")]
    assert not [text for text in written_down if NUMBER in text or form in text or NUMBER[5:10] in text]


def test_codes_of_thirteen_digits_are_no_persons_numbers_where_all_are_so_long() -> None:
    contract = load_contracts()["codi/finance_organisations"]
    code = next(column for column in contract.columns if column.field == "fund_code")

    def read(*cells: str) -> Parsed:
        return read_column(pl.Series(cells), code, contract, unit=None, year_min=2001, year_max=2030)

    all_long = [str(1_100_000_000_000 + n * 7919) for n in range(60)]
    assert mask_citizen_ids(pl.Series(all_long))[1].any()  # by chance one in ten fits
    assert read(*all_long).value.to_list() == all_long
    alone = read("OF180063", "OF180064", NUMBER)
    assert alone.error.to_list() == [None, None, "personal_number"]
    assert alone.value[2] is None


def test_a_row_that_moved_by_one_column_tells_no_persons_name(tmp_path: Path) -> None:
    moved: Row = sound(1) | {
        "สถานะ": "นางสาวสมใจ ใจดี",
        "จำนวนผู้กู้": "นายสมชาย ใจดี",
        "ปีงบประมาณ": "น.ส.สมศรี ใจดี",
    }
    rows = [moved, *(sound(n) for n in range(2, 40))]
    admission, told = judged(tmp_path, FUNDS, {"d1": written(tmp_path / "f.csv", of_rows(rows))})["d1"]
    assert PERSON_MASK in told["value"].to_list()
    assert "ใจดี" not in told.write_csv() + admission.model_dump_json()


def test_names_of_places_and_labels_are_no_persons() -> None:
    values = ["บ้านนางรอง", "12,34", "ดำเนินการ", "31/02/2548", "กลุ่มนายสมชาย"]
    assert mask_persons(pl.Series(values)).to_list() == values


def test_full_width_digits_letters_and_marks_are_read_as_ordinary_ones() -> None:
    typed = ["６５４１０００", "１，２３４．５０", "ＯＦ１８０", "หมู่　５"]
    meant = ["6541000", "1,234.50", "OF180", "หมู่ 5"]
    assert clean_text(pl.Series(typed)).to_list() == meant == [clean_one(text) for text in typed]
    read = conform_cells(typed[:2])
    assert read.value.to_list() == [6541000.0, 1234.5]
    assert read.error.null_count() == 2


def conform_cells(cells: list[str]) -> Parsed:
    """The cells read as a sheet's are: cleaned, then parsed."""
    return parse_number(clean_text(pl.Series(cells)))


@pytest.mark.parametrize(
    "word", ["N/A", "n.a.", "NA", "ไม่มีข้อมูล", "รอข้อมูล", "ไม่ได้รายงาน", "(ไม่ทราบ)", "ไม่แจ้ง"]
)
def test_a_word_for_not_known_is_blank_and_never_zero(word: str) -> None:
    read = parse_number(pl.Series([word, "0"]), blank_is_zero=True)
    assert read.value.to_list() == [None, 0.0]
    assert read.error.null_count() == 2


def test_a_telephone_number_is_cut_out_of_a_name_and_the_village_number_stays(tmp_path: Path) -> None:
    rows = [sound(1) | {"ชื่อกองทุน": "กองทุนชุมชนคลองบัว 21 0812345678"}, *(sound(n) for n in range(2, 40))]
    told = plain(judged(tmp_path, FUNDS, {"d1": written(tmp_path / "f.csv", of_rows(rows))})["d1"][1])
    row = told.filter(pl.col("check") == "adm.name_personal").row(0, named=True)
    assert row["value"] == "กองทุนชุมชนคลองบัว 21 [โทรศัพท์ถูกปิด]"
    assert row["suggested_value"] == "กองทุนชุมชนคลองบัว 21"


def test_conforming_alone_keeps_no_persons_number(tmp_path: Path) -> None:
    path = written(tmp_path / "f.csv", of_rows([sound(1) | {"เงินออม": NUMBER}]))
    report = conform_file(path, load_contracts()[FUNDS], "d1", tmp_path / "out")
    assert report.rows_conformed == 1
    assert pl.read_parquet(report.conformed_path)["savings_thb"].to_list() == [None]
