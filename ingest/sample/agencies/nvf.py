"""สทบ.: one CSV a year from the office's system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ingest.sample import funds
from ingest.sample.agencies.common import (
    Extra,
    Format,
    Kept,
    Written,
    labelled,
    new_draft,
    numbers_as_text,
    repeat,
    write_table,
)
from ingest.sample.draft import Draft, code_column, place_columns
from ingest.sample.funds import Registers
from ingest.sample.places import Places
from ingest.sample.words import (
    BE,
    NumberStyle,
    person_column,
    phone_column,
)

_NVF_HEADERS: tuple[dict[str, str], ...] = (
    {
        "serial": "ลำดับ",
        "fund_code": "รหัสกองทุน",
        "fund_name": "ชื่อกองทุน",
        "fund_type": "ประเภทกองทุน",
        "fund_branch": "สาขา",
        "fund_status": "สถานะ",
        "juristic_number": "เลขทะเบียนนิติบุคคล",
        "tambon_code": "รหัสหมู่บ้าน",
        "moo": "หมู่ที่",
        "tambon": "ตำบล",
        "amphoe": "อำเภอ",
        "province": "จังหวัด",
        "fiscal_year": "ปีงบประมาณ",
        "members_persons": "จำนวนสมาชิก",
        "members_male_persons": "สมาชิกชาย",
        "members_female_persons": "สมาชิกหญิง",
        "government_capital_thb": "เงินบัญชี 1",
        "savings_thb": "เงินบัญชี 2",
        "other_capital_thb": "เงินบัญชี 4",
        "loans_outstanding_thb": "เงินกู้คงค้าง",
        "loans_overdue_thb": "หนี้เกินกำหนดชำระ",
        "borrowers_persons": "จำนวนผู้กู้",
        "grade": "ระดับการประเมิน",
        "accounts_filed": "ส่งงบการเงิน",
        "personal_chair": "ชื่อประธาน",
        "personal_phone": "โทรศัพท์",
    },
    {
        "fund_code": "เลขที่กองทุน",
        "fund_name": "ชื่อกองทุนหมู่บ้าน/ชุมชนเมือง",
        "fund_type": "ประเภท",
        "fund_branch": "สำนักงานสาขา",
        "fund_status": "สถานะกองทุน",
        "juristic_number": "เลขนิติบุคคล",
        "tambon_code": "รหัสตำบล",
        "moo": "หมู่",
        "tambon": "ตำบล/แขวง",
        "amphoe": "อำเภอ/เขต",
        "province": "จังหวัด",
        "fiscal_year": "ปีบัญชี",
        "members_male_persons": "จำนวนสมาชิกชาย",
        "members_female_persons": "จำนวนสมาชิกหญิง",
        "members_persons": "จำนวนสมาชิกทั้งหมด",
        "government_capital_thb": "บัญชีที่ 1",
        "savings_thb": "บัญชีที่ 2",
        "other_capital_thb": "บัญชีที่ 4",
        "loans_outstanding_thb": "เงินให้กู้คงเหลือ",
        "loans_overdue_thb": "หนี้ค้างชำระ",
        "borrowers_persons": "ผู้กู้",
        "grade": "ผลการประเมิน",
        "accounts_filed": "ส่งงบ",
        "personal_chair": "ประธานกองทุน",
        "personal_phone": "เบอร์ติดต่อ",
    },
    {
        "serial": "ที่",
        "fund_code": "รหัส กทบ.",
        "fund_name": "ชื่อกองทุนหมู่บ้าน",
        "fund_type": "ประเภทกองทุน",
        "moo": "ม.",
        "tambon": "ชื่อตำบล",
        "amphoe": "ชื่ออำเภอ",
        "province": "ชื่อจังหวัด",
        "fiscal_year": "ปี พ.ศ.",
        "members_persons": "สมาชิก",
        "government_capital_thb": "บัญชี 1 เงินกองทุน",
        "savings_thb": "บัญชี 2 เงินออม",
        "other_capital_thb": "บัญชี 4 เงินอื่น",
        "loans_outstanding_thb": "ลูกหนี้เงินกู้คงเหลือ",
        "loans_overdue_thb": "ลูกหนี้เกินกำหนด",
        "borrowers_persons": "ลูกหนี้",
        "grade": "เกรด",
        "fund_status": "สถานะ",
        "accounts_filed": "การส่งงบการเงิน",
        "personal_chair": "ประธาน",
        "personal_phone": "หมายเลขโทรศัพท์",
    },
    {
        "serial": "no",
        "fund_code": "fund_code",
        "fund_name": "fund_name",
        "fund_type": "fund_type",
        "fund_branch": "branch",
        "fund_status": "status",
        "juristic_number": "juristic_no",
        "tambon_code": "tambon_code",
        "moo": "moo",
        "tambon": "tambon",
        "amphoe": "amphoe",
        "province": "province",
        "fiscal_year": "fiscal_year",
        "members_persons": "members",
        "members_male_persons": "members_male",
        "government_capital_thb": "account1",
        "savings_thb": "account2",
        "other_capital_thb": "account4",
        "loans_outstanding_thb": "loans_outstanding",
        "loans_overdue_thb": "loans_overdue",
        "borrowers_persons": "borrowers",
        "grade": "grade",
        "accounts_filed": "accounts_filed",
    },
)


@dataclass(frozen=True)
class _NvfStyle:
    headers: int
    encoding: str
    prefix: str
    digits: int
    numbers: NumberStyle
    types: dict[str, str]
    filed: tuple[str, str]
    grades: dict[str, str]
    ce_year: bool = False
    short_bangkok: bool = False


_THAI_TYPES = {"village": "กองทุนหมู่บ้าน", "urban": "กองทุนชุมชนเมือง", "military": "กองทุนชุมชนทหาร"}
_LETTERS = {"A": "A", "B": "B", "C": "C", "below": "ต่ำกว่าเกณฑ์"}
_NVF_STYLES = (
    _NvfStyle(
        0,
        "utf-8-sig",
        "bare",
        8,
        "plain",
        {"village": "หมู่บ้าน", "urban": "ชุมชนเมือง", "military": "ชุมชนทหาร"},
        ("ส่งแล้ว", "ยังไม่ส่ง"),
        _LETTERS,
    ),
    _NvfStyle(
        1,
        "utf-8",
        "dotted",
        6,
        "grouped",
        {"village": "1", "urban": "2", "military": "3"},
        ("ü", "N"),
        {"A": "ดีมาก", "B": "ดี", "C": "ปานกลาง", "below": "ไม่ผ่านเกณฑ์"},
    ),
    _NvfStyle(
        2, "cp874", "full", 6, "grouped_satang", _THAI_TYPES, ("ส่ง", "ไม่ส่ง"), _LETTERS, short_bangkok=True
    ),
    _NvfStyle(
        3, "cp874", "bare", 6, "plain", _THAI_TYPES, ("Y", "N"), _LETTERS | {"below": "D"}, ce_year=True
    ),
)


def nvf_format(age: int) -> Format:
    """CSV: UTF-8 with BOM, then without, then cp874 from the older export."""
    return Format(_nvf_style(age).encoding, ".csv")


def _nvf_style(age: int) -> _NvfStyle:
    return _NVF_STYLES[age if age < 2 else 2 + age % 2]


def nvf_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """Village funds of a fiscal year; figures are blank where the accounts were not filed."""
    style, r = _nvf_style(age), registers.village
    rows = funds.in_year(r, year, kept)
    there = r[rows]
    view, index = places.at(year), there["tambon"].to_numpy()
    numbers = {name: values[rows] for name, values in funds.village_values(registers, year).items()}
    filed = pl.Series(np.isfinite(numbers["savings_thb"]))
    rng, n = funds.rng_for(registers.seed, "nvf", year), len(rows)
    moo = there["moo"].to_numpy()
    capital = place_columns(places, view, index, "bare")["province"]
    text = {
        "serial": pl.int_range(1, n + 1, eager=True).cast(pl.String),
        "fund_code": there["fund_code"],
        "fund_name": there["fund_name"],
        "fund_type": labelled(there["kind"], style.types),
        "fund_branch": "สาขา" + capital,
        "fund_status": pl.Series(
            rng.choice(np.array(["ดำเนินการ", "พักการดำเนินการ"], dtype=object), n, p=[0.985, 0.015]),
            dtype=pl.String,
        ),
        "juristic_number": pl.select(
            pl.when(there["juristic"]).then(pl.lit("กทบ.") + there["fund_code"]).otherwise(pl.lit(""))
        ).to_series(),
        "tambon_code": code_column(view, index, moo, style.digits),
        "moo": pl.Series(moo).cast(pl.String).replace("0", ""),
        "fiscal_year": repeat(str(year if style.ce_year else year + BE), n),
        "grade": pl.select(
            pl.when(filed).then(labelled(there["grade"], style.grades)).otherwise(pl.lit(""))
        ).to_series(),
        "accounts_filed": pl.select(
            pl.when(filed).then(pl.lit(style.filed[0])).otherwise(pl.lit(style.filed[1]))
        ).to_series(),
        "personal_chair": person_column(rng, n),
        "personal_phone": phone_column(rng, n),
        **place_columns(places, view, index, style.prefix, short_bangkok=style.short_bangkok),
        **numbers_as_text(numbers, style.numbers, dash_zero=("loans_overdue_thb",) if age == 1 else ()),
    }
    headers = dict(_NVF_HEADERS[style.headers])
    return new_draft(
        "nvf/village_funds",
        year,
        age,
        headers,
        text,
        numbers,
        rows,
        index,
        places,
        view,
        number_style=style.numbers,
    )


def nvf_write(draft: Draft, places: Places, path: Path, extra: Extra = None) -> Written:
    """One header row, then the records."""
    return write_table(draft, path, _nvf_style(draft.age).encoding, extra)
