"""พช.: a workbook of savings groups a year."""

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
    with_subtotals,
)
from ingest.sample.draft import Draft, code_column, place_columns
from ingest.sample.files import Sheet, write_workbook
from ingest.sample.funds import Registers
from ingest.sample.places import Ints, Places
from ingest.sample.words import (
    BE,
    SYNTHETIC_TITLE,
    DateStyle,
    date_column,
    person_column,
    phone_column,
    thai_digits,
    thai_digits_column,
)

_CDD_HEADERS: tuple[dict[str, str], ...] = (
    {
        "serial": "ลำดับ",
        "province": "ที่ตั้งกลุ่ม|จังหวัด",
        "amphoe": "ที่ตั้งกลุ่ม|อำเภอ",
        "tambon": "ที่ตั้งกลุ่ม|ตำบล",
        "moo": "หมู่ที่",
        "fund_code": "รหัสกลุ่ม",
        "fund_name": "ชื่อกลุ่มออมทรัพย์เพื่อการผลิต",
        "founded_on": "วัน เดือน ปี ที่จัดตั้ง",
        "members_male_persons": "จำนวนสมาชิก|ชาย",
        "members_female_persons": "จำนวนสมาชิก|หญิง",
        "members_persons": "จำนวนสมาชิก|รวม",
        "savings_thb": "เงินทุน|เงินสัจจะสะสม",
        "special_deposits_thb": "เงินทุน|เงินสัจจะสะสมพิเศษ",
        "reserve_thb": "เงินทุน|ทุนสำรอง",
        "loans_outstanding_thb": "เงินกู้|คงค้าง",
        "loans_overdue_thb": "เงินกู้|เกินกำหนด",
        "welfare_paid_thb": "เงินสวัสดิการที่จ่าย",
        "fund_level": "ระดับการพัฒนา",
        "personal_chair": "ชื่อประธาน",
    },
    {
        "serial": "ที่",
        "fiscal_year": "ปีงบประมาณ",
        "fund_code": "รหัสกลุ่มออมทรัพย์",
        "fund_name": "ชื่อกลุ่ม",
        "tambon_code": "รหัสตำบล",
        "moo": "หมู่",
        "tambon": "ตำบล",
        "amphoe": "อำเภอ",
        "province": "จังหวัด",
        "founded_on": "วันที่จัดตั้ง",
        "members_male_persons": "สมาชิก|ชาย",
        "members_female_persons": "สมาชิก|หญิง",
        "members_persons": "สมาชิก|รวม",
        "savings_thb": "เงินสัจจะ",
        "special_deposits_thb": "เงินรับฝาก",
        "loans_outstanding_thb": "ลูกหนี้เงินกู้",
        "loans_overdue_thb": "หนี้เกินกำหนด",
        "reserve_thb": "เงินทุนสำรอง",
        "welfare_paid_thb": "จ่ายสวัสดิการ",
        "fund_level": "ระดับกลุ่ม",
        "personal_chair": "ประธานกลุ่ม",
        "personal_phone": "เบอร์โทร",
    },
    {
        "serial": "ลำดับที่",
        "province": "ที่ตั้ง|จังหวัด",
        "amphoe": "ที่ตั้ง|อำเภอ",
        "tambon": "ที่ตั้ง|ตำบล",
        "moo": "ม.",
        "fund_code": "รหัส",
        "fund_name": "ชื่อกลุ่มออมทรัพย์",
        "founded_on": "จัดตั้งเมื่อ",
        "members_male_persons": "จำนวนสมาชิก|ชาย",
        "members_female_persons": "จำนวนสมาชิก|หญิง",
        "members_persons": "จำนวนสมาชิก|รวม",
        "savings_thb": "เงินทุน|เงินสัจจะ",
        "special_deposits_thb": "เงินทุน|เงินรับฝาก",
        "loans_outstanding_thb": "เงินกู้คงเหลือ",
        "loans_overdue_thb": "เงินกู้เกินกำหนดชำระ",
        "reserve_thb": "ทุนสำรอง",
        "welfare_paid_thb": "สวัสดิการ",
        "fund_level": "ระดับ",
    },
)


def cdd_format(age: int) -> Format:
    """Always a workbook."""
    return Format(None, ".xlsx")


def cdd_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """Savings groups of a fiscal year, in the order of province and amphoe as the workbook lists them."""
    turn, r = age % 3, registers.savings
    rows = funds.in_year(r, year, kept)
    there = r[rows]
    view, index = places.at(year), there["tambon"].to_numpy()
    numbers = {name: values[rows] for name, values in funds.savings_values(registers, year).items()}
    rng, n = funds.rng_for(registers.seed, "cdd", year), len(rows)
    days = there["founded_on"].to_numpy()
    styles: dict[int, DateStyle] = {0: "short_month", 2: "slashes"}
    founded = there["founded_on"].cast(pl.String) if turn == 1 else date_column(days, styles[turn])
    levels = {
        0: {1: "ระดับ 1", 2: "ระดับ 2", 3: "ระดับ 3"},
        1: {1: "1", 2: "2", 3: "3"},
        2: {1: "ควรปรับปรุง", 2: "ปานกลาง", 3: "ดี"},
    }
    text = {
        "serial": pl.int_range(1, n + 1, eager=True).cast(pl.String),
        "fiscal_year": repeat(str(year + BE), n),
        "fund_code": there["fund_code"],
        "fund_name": there["fund_name"],
        "tambon_code": code_column(view, index),
        "moo": there["moo"].cast(pl.String),
        "founded_on": founded,
        "fund_level": there["level"].replace_strict(levels[turn], return_dtype=pl.String),
        "personal_chair": person_column(rng, n),
        "personal_phone": phone_column(rng, n),
        **place_columns(
            places,
            view,
            index,
            ("bare", "bare", "dotted")[turn],
            capital_alone=turn == 0,
            short_bangkok=turn == 2,
        ),
        **numbers_as_text(numbers, "plain", dash_zero=("special_deposits_thb",)),
    }
    if turn == 2:
        # Every fifth office types Thai digits; the text then is no number to the spreadsheet.
        thai = pl.Series(rng.random(n) < 0.2)
        for name in ("moo", "founded_on", *numbers):
            text[name] = pl.select(
                pl.when(thai).then(thai_digits_column(text[name])).otherwise(text[name])
            ).to_series()
    headers = {name: wording.replace("|", " ") for name, wording in _CDD_HEADERS[turn].items()}
    return new_draft(
        "cdd/savings_groups",
        year,
        age,
        headers,
        text,
        numbers,
        rows,
        index,
        places,
        view,
        merged_amphoe=turn != 1,
        date_fields=frozenset({"founded_on"}) if turn == 1 else frozenset(),
    )


def _cdd_sheet(
    name: str, draft: Draft, take: Ints, places: Places, titles: list[str], footer: list[str]
) -> tuple[Sheet, Ints]:
    turn = draft.age % 3
    view = places.at(draft.year)
    index = draft.tambon_index[take]
    text = draft.text[take].with_columns(serial=pl.int_range(1, len(take) + 1).cast(pl.String))
    numbers = {k: v[take] for k, v in draft.numbers.items()}
    label = "serial" if turn == 2 else "fund_name" if turn == 1 else "province"
    rows, position = with_subtotals(text, numbers, view.province[index], label)
    group: Ints | None = None
    if draft.merged_amphoe:
        # Groups never cross a subtotal: their positions are not neighbours.
        group = np.arange(rows.height, dtype=np.int64) * -1 - 1
        group[position] = np.unique(
            [f"{a}|{b}" for a, b in zip(view.province[index], view.amphoe[index], strict=True)],
            return_inverse=True,
        )[1]
    sheet = Sheet(
        name=name,
        titles=titles,
        headers=headers_of(draft, _CDD_HEADERS[turn]),
        rows=rows,
        number_columns=frozenset({*draft.numbers, "serial", "moo", *(("fund_level",) if turn == 1 else ())}),
        date_columns=draft.date_fields,
        merge_column="amphoe" if draft.merged_amphoe else None,
        merge_group=group,
        footer=footer,
    )
    return sheet, position + sheet.first_data_row


def cdd_write(draft: Draft, places: Places, path: Path, extra: Extra = None) -> Written:
    """Four sheets by part of the country, or one; title rows, two merged header rows, subtotals,
    note and signature."""
    turn, year = draft.age % 3, str(draft.year + BE)
    view = places.at(draft.year)
    index = draft.tambon_index
    province_code = np.array([code[:2] for code in view.code], dtype=object)[index]
    amphoe_code = np.array([code[:4] for code in view.code], dtype=object)[index]
    region = places.sheet_region[index] if turn == 0 else np.full(draft.height, year, dtype=object)
    # Copies come right behind the row they repeat.
    origin = np.where(draft.copy_of >= 0, draft.copy_of, np.arange(draft.height))
    order = np.lexsort((np.arange(draft.height), origin, amphoe_code.astype(str), province_code.astype(str)))
    shown_year = thai_digits(year) if turn == 2 else year
    titles = [
        f"ทะเบียนกลุ่มออมทรัพย์เพื่อการผลิต ปีงบประมาณ พ.ศ. {shown_year}",
        SYNTHETIC_TITLE,
        "กรมการพัฒนาชุมชน กระทรวงมหาดไทย",
    ]
    footer = [
        f"หมายเหตุ : ข้อมูล ณ วันที่ 30 กันยายน {shown_year} ({SYNTHETIC_TITLE})",
        "(ลงชื่อ)....................................................ผู้รายงาน",
        "ตำแหน่ง นักวิชาการพัฒนาชุมชน",
    ]
    sheets, sheet_of, row_of = (
        [],
        np.full(draft.height, "", dtype=object),
        np.zeros(draft.height, dtype=np.int64),
    )
    for name in dict.fromkeys(region[order].tolist()):
        take = order[region[order] == name].astype(np.int64)
        sheet, rows = _cdd_sheet(name, draft, take, places, titles[: 3 - turn % 2], footer)
        sheets.append(sheet)
        sheet_of[take], row_of[take] = name, rows
    notes = (
        {"คำอธิบาย": [SYNTHETIC_TITLE, "เงินสัจจะสะสม หมายถึง เงินที่สมาชิกออมทุกเดือน", "ระดับการพัฒนา มี 3 ระดับ"]}
        if turn == 0
        else None
    )
    write_workbook(path, sheets, notes)
    return Written(sheet_of, row_of, tuple(draft.text.columns))
