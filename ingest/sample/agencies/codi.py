"""พอช.: welfare funds in a workbook in ล้านบาท, or the system's CSV in baht."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from ingest.sample import funds
from ingest.sample.agencies.common import (
    Extra,
    Format,
    Kept,
    Written,
    headers_of,
    new_draft,
    numbers_as_text,
    repeat,
    write_table,
)
from ingest.sample.draft import Draft, code_column, place_columns
from ingest.sample.files import Sheet, write_workbook
from ingest.sample.funds import Registers
from ingest.sample.places import Places
from ingest.sample.words import (
    BE,
    SYNTHETIC_TITLE,
    DateStyle,
    NumberStyle,
    date_column,
    number_column,
    person_column,
    phone_column,
    thai_digits,
)

_CODI_HEADERS: tuple[dict[str, str], ...] = (
    {
        "serial": "ลำดับ",
        "fund_code": "รหัสกองทุน",
        "fund_name": "ชื่อกองทุนสวัสดิการชุมชน",
        "tambon": "พื้นที่|ตำบล",
        "amphoe": "พื้นที่|อำเภอ",
        "province": "พื้นที่|จังหวัด",
        "founded_on": "วันที่ก่อตั้งกองทุน",
        "members_child_persons": "จำนวนสมาชิก|เด็กและเยาวชน",
        "members_working_persons": "จำนวนสมาชิก|วัยทำงาน",
        "members_elderly_persons": "จำนวนสมาชิก|ผู้สูงอายุ",
        "members_disadvantaged_persons": "จำนวนสมาชิก|ผู้พิการ/ด้อยโอกาส",
        "members_persons": "จำนวนสมาชิก|รวม",
        "income_members_thb": "เงินสมทบ|สมาชิก (ล้านบาท)",
        "income_local_government_thb": "เงินสมทบ|อปท. (ล้านบาท)",
        "income_state_thb": "เงินสมทบ|รัฐบาล (ล้านบาท)",
        "income_other_thb": "เงินสมทบ|อื่นๆ (ล้านบาท)",
        "beneficiaries_persons": "การจ่ายสวัสดิการ|จำนวนคน",
        "welfare_paid_thb": "การจ่ายสวัสดิการ|จำนวนเงิน (ล้านบาท)",
        "welfare_paid_birth_thb": "การจ่ายสวัสดิการ|คลอดบุตร (ล้านบาท)",
        "welfare_paid_illness_thb": "การจ่ายสวัสดิการ|เจ็บป่วย (ล้านบาท)",
        "welfare_paid_elderly_thb": "การจ่ายสวัสดิการ|ผู้สูงอายุ (ล้านบาท)",
        "welfare_paid_death_thb": "การจ่ายสวัสดิการ|เสียชีวิต (ล้านบาท)",
        "welfare_paid_education_thb": "การจ่ายสวัสดิการ|การศึกษา (ล้านบาท)",
        "welfare_paid_other_thb": "การจ่ายสวัสดิการ|อื่นๆ (ล้านบาท)",
        "personal_chair": "ผู้ประสานงาน",
        "personal_phone": "โทรศัพท์",
    },
    {
        "fund_code": "รหัสกองทุนสวัสดิการ",
        "fund_name": "ชื่อกองทุน",
        "tambon_code": "รหัสพื้นที่",
        "tambon": "ตำบล/เทศบาล",
        "amphoe": "อำเภอ",
        "province": "จังหวัด",
        "fiscal_year": "ปีงบประมาณ",
        "founded_on": "วันที่จัดตั้ง",
        "members_persons": "จำนวนสมาชิก",
        "members_child_persons": "สมาชิกเด็ก",
        "members_working_persons": "สมาชิกวัยทำงาน",
        "members_elderly_persons": "สมาชิกผู้สูงอายุ",
        "members_disadvantaged_persons": "สมาชิกผู้ด้อยโอกาส",
        "income_members_thb": "เงินจากสมาชิก (บาท)",
        "income_local_government_thb": "เงินจาก อปท. (บาท)",
        "income_state_thb": "เงินจากรัฐบาล (บาท)",
        "income_other_thb": "เงินอื่นๆ (บาท)",
        "welfare_paid_thb": "เงินสวัสดิการที่จ่าย (บาท)",
        "welfare_paid_birth_thb": "สวัสดิการ เกิด (บาท)",
        "welfare_paid_illness_thb": "สวัสดิการ รักษาพยาบาล (บาท)",
        "welfare_paid_elderly_thb": "สวัสดิการ ผู้สูงอายุ (บาท)",
        "welfare_paid_death_thb": "สวัสดิการ เสียชีวิต (บาท)",
        "welfare_paid_education_thb": "สวัสดิการ ทุนการศึกษา (บาท)",
        "welfare_paid_other_thb": "สวัสดิการ อื่นๆ (บาท)",
        "beneficiaries_persons": "ผู้รับสวัสดิการ",
        "personal_chair": "ชื่อประธาน",
        "personal_phone": "เบอร์โทรศัพท์",
    },
    {
        "serial": "ที่",
        "fund_code": "รหัส",
        "fund_name": "ชื่อกองทุนสวัสดิการ",
        "tambon": "ตำบล/แขวง",
        "amphoe": "อำเภอ/เขต",
        "province": "จังหวัด",
        "fiscal_year": "ข้อมูลปี",
        "founded_on": "วันก่อตั้ง",
        "members_child_persons": "สมาชิก เด็ก",
        "members_working_persons": "สมาชิก วัยทำงาน",
        "members_elderly_persons": "สมาชิก ผู้สูงอายุ",
        "members_disadvantaged_persons": "สมาชิก ผู้ด้อยโอกาส",
        "members_persons": "สมาชิกรวม",
        "income_members_thb": "รายรับ สมาชิก",
        "income_local_government_thb": "รายรับ อปท.",
        "income_state_thb": "รายรับ รัฐบาล",
        "income_other_thb": "รายรับ อื่นๆ",
        "welfare_paid_thb": "จ่ายสวัสดิการ",
        "beneficiaries_persons": "จำนวนผู้รับสวัสดิการ",
    },
)
_MILLION = 1e6


def codi_format(age: int) -> Format:
    """A workbook, then CSV in UTF-8 with BOM, then CSV in cp874."""
    return (Format(None, ".xlsx"), Format("utf-8-sig", ".csv"), Format("cp874", ".csv"))[age % 3]


def codi_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """Welfare funds of a fiscal year: those founded by then."""
    turn, r = age % 3, registers.welfare
    rows = funds.in_year(r, year, kept)
    there = r[rows]
    view, index = places.at(year), there["tambon"].to_numpy()
    numbers = {name: values[rows] for name, values in funds.welfare_values(registers, year).items()}
    rng, n = funds.rng_for(registers.seed, "codi", year), len(rows)
    style: NumberStyle = "grouped" if turn == 1 else "plain"
    dates: tuple[DateStyle, ...] = ("short_month", "slashes", "long_month")
    days = there["founded_on"].to_numpy()
    founded = date_column(days, dates[turn])
    if turn == 0:
        other = pl.Series(rng.random(n) < 0.15)
        founded = pl.select(pl.when(other).then(date_column(days, "slashes")).otherwise(founded)).to_series()
    text = {
        "serial": pl.int_range(1, n + 1, eager=True).cast(pl.String),
        "fund_code": there["fund_code"],
        "fund_name": there["fund_name"],
        "tambon_code": code_column(view, index),
        "fiscal_year": repeat(thai_digits(str(year + BE)) if turn == 2 else str(year + BE), n),
        "founded_on": founded,
        "personal_chair": person_column(rng, n),
        "personal_phone": phone_column(rng, n),
        **place_columns(places, view, index, ("dotted", "bare", "full")[turn], short_bangkok=turn == 0),
        **numbers_as_text(numbers, style, dash_zero=("income_local_government_thb",)),
    }
    if turn == 0:
        for name in (name for name in numbers if name.endswith("_thb")):
            text[name] = number_column(numbers[name] / _MILLION, decimals=4).replace("0.0", "-")
    headers = {name: wording.replace("|", " ") for name, wording in _CODI_HEADERS[turn].items()}
    return new_draft(
        "codi/welfare_funds",
        year,
        age,
        headers,
        text,
        numbers,
        rows,
        index,
        places,
        view,
        number_style=style,
        money_factor=_MILLION if turn == 0 else 1.0,
        decimals=4 if turn == 0 else 0,
    )


def codi_write(draft: Draft, places: Places, path: Path, extra: Extra = None) -> Written:
    """The system's CSV, or the yearly workbook: title rows, two merged header rows, a total and a note."""
    encoding = codi_format(draft.age).encoding
    if encoding is not None:
        return write_table(draft, path, encoding, extra)
    year = str(draft.year + BE)
    sheet_name = f"สวัสดิการ {year}"
    totals = {k: np.array([np.nansum(v)]) for k, v in draft.numbers.items()}
    last = pl.DataFrame(
        {
            name: repeat("รวมทั้งประเทศ", 1)
            if name == "fund_name"
            else number_column(totals[name] / _MILLION, decimals=4)
            if name.endswith("_thb")
            else number_column(totals[name])
            if name in totals
            else repeat("", 1)
            for name in draft.text.columns
        }
    )
    sheet = Sheet(
        name=sheet_name,
        titles=[f"กองทุนสวัสดิการชุมชน ประจำปี {year}", SYNTHETIC_TITLE],
        headers=headers_of(draft, _CODI_HEADERS[draft.age % 3]),
        rows=pl.concat([draft.text, last]),
        number_columns=frozenset({*draft.numbers, "serial"}),
        footer=[f"ที่มา : ระบบข้อมูลกองทุนสวัสดิการชุมชน พอช. ({SYNTHETIC_TITLE})"],
    )
    write_workbook(path, [sheet])
    return Written(
        np.full(draft.height, sheet_name, dtype=object),
        np.arange(draft.height, dtype=np.int64) + sheet.first_data_row,
        tuple(draft.text.columns),
    )
