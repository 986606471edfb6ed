"""Each agency's file of one year: which columns it has, how they are worded and typed, and how the
sheet is laid out.

`age` counts years back from the newest file; wording, encoding and layout go by it, so that every
format of a feed shows
within three years. All header wordings are the contracts' own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.sample import funds
from ingest.sample.draft import Draft, code_column, place_columns
from ingest.sample.files import Header, Sheet, csv_bytes, write_workbook
from ingest.sample.funds import Registers
from ingest.sample.places import Ints, Places, Texts, View
from ingest.sample.words import (
    BE,
    SYNTHETIC_TITLE,
    DateStyle,
    Floats,
    NumberStyle,
    date_column,
    number_column,
    person_column,
    phone_column,
    thai_digits,
    thai_digits_column,
)

Kept = npt.NDArray[np.bool_]
Numbers = dict[str, Floats]


@dataclass(frozen=True)
class Written:
    """Where each draft row stands in the file: sheet ('' for CSV) and 1-based row; `columns` are
    the fields in file order."""

    sheet: Texts
    row: Ints
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Format:
    """How a year's file is written. `encoding` None means a workbook."""

    encoding: str | None
    extension: str

    @property
    def unicode_ok(self) -> bool:
        """Whether zero-width and direction marks can stand in the file."""
        return self.encoding != "cp874"


def _repeat(text: str, size: int) -> pl.Series:
    return pl.Series([text], dtype=pl.String).new_from_index(0, size)


def _labels(values: pl.Series, labels: dict[str, str]) -> pl.Series:
    return values.replace_strict(labels, default="", return_dtype=pl.String)


def _numbers_as_text(
    numbers: Numbers, style: NumberStyle, dash_zero: Sequence[str] = ()
) -> dict[str, pl.Series]:
    out = {}
    for name, values in numbers.items():
        text = number_column(values, style)
        out[name] = text.replace({"0": "-", "0.00": "-"}) if name in dash_zero else text
    return out


def _draft(
    feed: str,
    year: int,
    age: int,
    headers: dict[str, str],
    text: dict[str, pl.Series],
    numbers: Numbers,
    rows: Ints,
    index: Ints,
    places: Places,
    view: View,
    **more: object,
) -> Draft:
    """Columns come in the order of `headers`; measures without a header are not in this year's file."""
    kind = "code8" if "tambon_code" in text and text["tambon_code"].str.len_chars().max() == 8 else "code6"
    base = kind if "tambon_code" in headers else "names"
    spelled: Texts = np.where(view.is_old[index], f"{base}_old", base).astype(object)
    return Draft(
        feed=feed,
        year=year,
        age=age,
        headers=headers,
        text=pl.DataFrame({name: text[name] for name in headers}),
        numbers={name: values for name, values in numbers.items() if name in headers},
        register_row=rows,
        tambon_index=index,
        tambon_true=places.code[index].copy(),
        place_kind=spelled,
        **more,  # type: ignore[arg-type]
    )


# ---- สทบ.: one CSV a year from the office's system

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
        "fund_type": _labels(there["kind"], style.types),
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
        "fiscal_year": _repeat(str(year if style.ce_year else year + BE), n),
        "grade": pl.select(
            pl.when(filed).then(_labels(there["grade"], style.grades)).otherwise(pl.lit(""))
        ).to_series(),
        "accounts_filed": pl.select(
            pl.when(filed).then(pl.lit(style.filed[0])).otherwise(pl.lit(style.filed[1]))
        ).to_series(),
        "personal_chair": person_column(rng, n),
        "personal_phone": phone_column(rng, n),
        **place_columns(places, view, index, style.prefix, short_bangkok=style.short_bangkok),
        **_numbers_as_text(numbers, style.numbers, dash_zero=("loans_overdue_thb",) if age == 1 else ()),
    }
    headers = dict(_NVF_HEADERS[style.headers])
    return _draft(
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


# ---- พช.: a workbook a year

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
        "fiscal_year": _repeat(str(year + BE), n),
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
        **_numbers_as_text(numbers, "plain", dash_zero=("special_deposits_thb",)),
    }
    if turn == 2:
        # Every fifth office types Thai digits; the text then is no number to the spreadsheet.
        thai = pl.Series(rng.random(n) < 0.2)
        for name in ("moo", "founded_on", *numbers):
            text[name] = pl.select(
                pl.when(thai).then(thai_digits_column(text[name])).otherwise(text[name])
            ).to_series()
    headers = {name: wording.replace("|", " ") for name, wording in _CDD_HEADERS[turn].items()}
    return _draft(
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


def _with_subtotals(
    text: pl.DataFrame, numbers: Numbers, province: Texts, label_column: str, blank: str = ""
) -> tuple[pl.DataFrame, Ints]:
    """Put `รวมจังหวัด…` below each province and `รวมทั้งสิ้น` at the end; returns the rows and
    each record's position."""
    n = text.height
    change = np.concatenate([[False], province[1:] != province[:-1]]) if n else np.zeros(0, dtype=bool)
    group = np.cumsum(change)
    position = np.arange(n) + group
    ends = np.concatenate([np.flatnonzero(change) - 1, [n - 1]])
    sums = {
        name: [*np.bincount(group, np.nan_to_num(values)).tolist(), float(np.nansum(values))]
        for name, values in numbers.items()
    }
    labels = [*(f"รวมจังหวัด{province[end]}" for end in ends), "รวมทั้งสิ้น"]
    totals = pl.DataFrame(
        {
            name: pl.Series(labels, dtype=pl.String)
            if name == label_column
            else number_column(np.array(sums[name]))
            if name in sums
            else _repeat(blank, len(labels))
            for name in text.columns
        }
    )
    where = np.concatenate([position, position[ends] + 1, [n + len(ends)]])
    return pl.concat([text, totals])[np.argsort(where, kind="stable")], position.astype(np.int64)


def _headers_of(draft: Draft, wordings: dict[str, str]) -> list[Header]:
    return [Header(*wordings.get(name, draft.headers[name]).split("|")) for name in draft.text.columns]


def _cdd_sheet(
    name: str, draft: Draft, take: Ints, places: Places, titles: list[str], footer: list[str]
) -> tuple[Sheet, Ints]:
    turn = draft.age % 3
    view = places.at(draft.year)
    index = draft.tambon_index[take]
    text = draft.text[take].with_columns(serial=pl.int_range(1, len(take) + 1).cast(pl.String))
    numbers = {k: v[take] for k, v in draft.numbers.items()}
    label = "serial" if turn == 2 else "fund_name" if turn == 1 else "province"
    rows, position = _with_subtotals(text, numbers, view.province[index], label)
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
        headers=_headers_of(draft, _CDD_HEADERS[turn]),
        rows=rows,
        number_columns=frozenset({*draft.numbers, "serial", "moo", *(("fund_level",) if turn == 1 else ())}),
        date_columns=draft.date_fields,
        merge_column="amphoe" if draft.merged_amphoe else None,
        merge_group=group,
        footer=footer,
    )
    return sheet, position + sheet.first_data_row


def cdd_write(draft: Draft, places: Places, path: Path) -> Written:
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


# ---- พอช.: workbook in ล้านบาท, or the system's CSV in baht

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
        "fiscal_year": _repeat(thai_digits(str(year + BE)) if turn == 2 else str(year + BE), n),
        "founded_on": founded,
        "personal_chair": person_column(rng, n),
        "personal_phone": phone_column(rng, n),
        **place_columns(places, view, index, ("dotted", "bare", "full")[turn], short_bangkok=turn == 0),
        **_numbers_as_text(numbers, style, dash_zero=("income_local_government_thb",)),
    }
    if turn == 0:
        for name in (name for name in numbers if name.endswith("_thb")):
            text[name] = number_column(numbers[name] / _MILLION, decimals=4).replace("0.0", "-")
    headers = {name: wording.replace("|", " ") for name, wording in _CODI_HEADERS[turn].items()}
    return _draft(
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


def codi_write(draft: Draft, places: Places, path: Path) -> Written:
    """The yearly workbook: title rows, two merged header rows, a total and a note."""
    year = str(draft.year + BE)
    sheet_name = f"สวัสดิการ {year}"
    totals = {k: np.array([np.nansum(v)]) for k, v in draft.numbers.items()}
    last = pl.DataFrame(
        {
            name: _repeat("รวมทั้งประเทศ", 1)
            if name == "fund_name"
            else number_column(totals[name] / _MILLION, decimals=4)
            if name.endswith("_thb")
            else number_column(totals[name])
            if name in totals
            else _repeat("", 1)
            for name in draft.text.columns
        }
    )
    sheet = Sheet(
        name=sheet_name,
        titles=[f"กองทุนสวัสดิการชุมชน ประจำปี {year}", SYNTHETIC_TITLE],
        headers=_headers_of(draft, _CODI_HEADERS[draft.age % 3]),
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


# ---- สศช.: population, with rows of country, province and amphoe among the tambons

_NESDC_HEADERS: tuple[dict[str, str], ...] = (
    {
        "calendar_year": "ปี พ.ศ.",
        "reference_date": "ข้อมูล ณ วันที่",
        "tambon_code": "รหัส",
        "province": "จังหวัด",
        "amphoe": "อำเภอ/เขต",
        "tambon": "ตำบล/แขวง",
        "population_male": "ชาย",
        "population_female": "หญิง",
        "population_total": "รวมประชากร",
        "households_total": "จำนวนบ้าน",
    },
    {
        "tambon_code": "geocode",
        "province": "ชื่อจังหวัด",
        "amphoe": "ชื่ออำเภอ",
        "tambon": "ชื่อตำบล",
        "population_male": "จำนวนประชากร|ชาย",
        "population_female": "จำนวนประชากร|หญิง",
        "population_total": "จำนวนประชากร|รวม",
        "households_total": "หลังคาเรือน",
    },
    {
        "serial": "ลำดับ",
        "province": "จังหวัด",
        "amphoe": "อำเภอ",
        "tambon": "ตำบล",
        "population_male": "ประชากรชาย",
        "population_female": "ประชากรหญิง",
        "population_total": "ประชากรรวม",
        "households_total": "จำนวนครัวเรือน",
        "calendar_year": "ปี",
    },
    {
        "calendar_year": "year_ce",
        "reference_date": "reference_date",
        "tambon_code": "geocode",
        "tambon": "name_th",
        "amphoe": "amphoe_th",
        "province": "province_th",
        "population_male": "male",
        "population_female": "female",
        "population_total": "total",
        "households_total": "households",
    },
)


def _nesdc_turn(age: int) -> int:
    return age if age < 2 else 2 + age % 2


def nesdc_format(age: int) -> Format:
    """UTF-8 with BOM, one workbook, then cp874 with names only and UTF-8 with codes in turn."""
    return (
        Format("utf-8-sig", ".csv"),
        Format(None, ".xlsx"),
        Format("cp874", ".csv"),
        Format("utf-8", ".csv"),
    )[_nesdc_turn(age)]


def nesdc_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """Population of every tambon, whatever the scale of the funds."""
    turn = _nesdc_turn(age)
    view, n = places.at(year), places.size
    index = np.arange(n, dtype=np.int64)
    numbers = funds.population_values(registers, year)
    style: NumberStyle = "grouped" if turn in (1, 2) else "plain"
    text = {
        "serial": pl.int_range(1, n + 1, eager=True).cast(pl.String),
        "calendar_year": _repeat(str(year if turn == 3 else year + BE), n),
        "reference_date": _repeat(f"{year}-12-31" if turn == 3 else f"31/12/{year + BE}", n),
        "tambon_code": code_column(view, index, digits=8 if turn == 1 else 6),
        **place_columns(
            places, view, index, ("bare", "bare", "dotted", "bare")[turn], short_bangkok=turn == 2
        ),
        **_numbers_as_text(numbers, style),
    }
    headers = {name: wording.replace("|", " ") for name, wording in _NESDC_HEADERS[turn].items()}
    return _draft(
        "nesdc/population", year, age, headers, text, numbers, index, index, places, view, number_style=style
    )


def _area_rows(draft: Draft, places: Places, level: int) -> tuple[pl.DataFrame, npt.NDArray[np.object_]]:
    """Rows of a level above the tambon (code digits 0 = country, 2 = province, 4 = amphoe) with
    their sums, and their codes."""
    view, turn = places.at(draft.year), _nesdc_turn(draft.age)
    own = np.array([code[:level] for code in view.code], dtype=object)
    codes, first, group = np.unique(own.astype(str), return_index=True, return_inverse=True)
    of_row = group[draft.tambon_index]
    once = draft.copy_of < 0
    columns: dict[str, pl.Series] = {}
    names = place_columns(
        places,
        view,
        first.astype(np.int64),
        ("bare", "bare", "dotted", "bare")[turn],
        short_bangkok=turn == 2,
    )
    size = len(codes)
    for name in draft.text.columns:
        if name in draft.numbers:
            sums = np.bincount(of_row[once], np.nan_to_num(draft.numbers[name][once]), minlength=size)
            columns[name] = number_column(sums.astype(np.float64), draft.number_style)
        elif name == "tambon_code":
            columns[name] = pl.Series(
                [code.ljust(8, "0") if turn == 1 else code for code in codes], dtype=pl.String
            )
        elif name == "province":
            columns[name] = names["province"] if level else _repeat("รวมทั้งประเทศ", size)
        elif name == "amphoe":
            columns[name] = names["amphoe"] if level == 4 else _repeat("", size)
        elif name == "tambon":
            # Without codes only the word says that this is no tambon.
            columns[name] = _repeat("รวม" if turn == 2 and level else "", size)
        else:
            columns[name] = _repeat("", size) if name == "serial" else draft.text[name].gather([0] * size)
    return pl.DataFrame(columns), codes.astype(object)


def _nesdc_rows(draft: Draft, places: Places) -> tuple[pl.DataFrame, Ints]:
    codes = places.at(draft.year).code[draft.tambon_index]
    parts, keys = [draft.text], [codes]
    for level in (0, 2, 4):
        rows, area_codes = _area_rows(draft, places, level)
        parts.append(rows)
        keys.append(area_codes)
    key = np.concatenate(keys).astype(str)
    # A shorter code sorts before those that begin with it: country, province, amphoe, its tambons.
    order = np.lexsort((np.arange(len(key)), key))
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    return pl.concat(parts)[order], position[: draft.height]


def nesdc_write(draft: Draft, places: Places, path: Path) -> Written:
    """The one year that came as a workbook."""
    rows, position = _nesdc_rows(draft, places)
    year = str(draft.year + BE)
    sheet = Sheet(
        name=year,
        titles=[f"จำนวนประชากรและบ้าน ณ วันที่ 31 ธันวาคม {year}", SYNTHETIC_TITLE],
        headers=_headers_of(draft, _NESDC_HEADERS[1]),
        rows=rows,
        number_columns=frozenset(draft.numbers),
        footer=[f"หมายเหตุ : {SYNTHETIC_TITLE}"],
    )
    write_workbook(path, [sheet])
    return Written(
        np.full(draft.height, sheet.name, dtype=object),
        position + sheet.first_data_row,
        tuple(draft.text.columns),
    )


def write_csv(
    draft: Draft, places: Places, path: Path, encoding: str, extra: tuple[str, pl.Series] | None = None
) -> Written:
    """One header row, then the records (with the rows of larger areas among them, for population)."""
    if draft.feed == "nesdc/population":
        rows, position = _nesdc_rows(draft, places)
    else:
        rows, position = draft.text, np.arange(draft.height, dtype=np.int64)
    headers = [draft.headers[name] for name in rows.columns]
    if extra is not None:
        rows, headers = rows.with_columns(extra[1].alias("extra")), [*headers, extra[0]]
    path.write_bytes(csv_bytes(rows, headers, encoding))
    return Written(np.full(draft.height, "", dtype=object), position + 2, tuple(draft.text.columns))


DraftMaker = Callable[[Registers, Places, Kept, int, int], Draft]
WorkbookWriter = Callable[[Draft, Places, Path], Written]


@dataclass(frozen=True)
class Agency:
    """How one feed's files come about; `values` are the register's figures of a year, for
    comparing with the year before."""

    draft: DraftMaker
    format: Callable[[int], Format]
    values: Callable[[Registers, int], Numbers]
    workbook: WorkbookWriter | None


AGENCIES: dict[str, Agency] = {
    "nvf/village_funds": Agency(nvf_draft, nvf_format, funds.village_values, None),
    "cdd/savings_groups": Agency(cdd_draft, cdd_format, funds.savings_values, cdd_write),
    "codi/welfare_funds": Agency(codi_draft, codi_format, funds.welfare_values, codi_write),
    "nesdc/population": Agency(nesdc_draft, nesdc_format, funds.population_values, nesdc_write),
}
