"""ชุมนุมสหกรณ์เครดิตยูเนี่ยน: registered cooperatives and groups on the way to it, whose financial years end on different days."""

from __future__ import annotations

import numpy as np
import polars as pl

from ingest.sample import figures
from ingest.sample.agencies.common import Agency, Kept
from ingest.sample.agencies.layout import Look, make_draft, of_looks
from ingest.sample.changes import as_of
from ingest.sample.draft import Draft
from ingest.sample.funds import Registers, in_year, rng_for
from ingest.sample.groups import make_groups
from ingest.sample.places import Places
from ingest.sample.words import SYNTHETIC_TITLE, person_column, phone_column

FEED = "cult/credit_unions"
_NOTE = f"หมายเหตุ : {SYNTHETIC_TITLE}"
_ENDS = (("-12-31", -1, 0.62), ("-03-31", 0, 0.16), ("-06-30", 0, 0.14), ("-09-30", 0, 0.08))
LOOKS = (
    Look(
        "xlsx",
        {
            "serial": "ลำดับ",
            "fund_code": "รหัสสมาชิกชุมนุม",
            "fund_name": "ชื่อสหกรณ์/กลุ่ม",
            "fund_type": "ประเภท",
            "registration_number": "เลขทะเบียนสหกรณ์",
            "juristic_number": "เลข 13 หลัก",
            "tambon": "ที่ตั้ง|ตำบล",
            "amphoe": "ที่ตั้ง|อำเภอ",
            "province": "ที่ตั้ง|จังหวัด",
            "financial_year_end": "วันสิ้นปีบัญชี",
            "members_persons": "จำนวนสมาชิก",
            "share_capital_thb": "ฐานะการเงิน|ทุนเรือนหุ้น (ล้านบาท)",
            "deposits_thb": "ฐานะการเงิน|เงินรับฝาก (ล้านบาท)",
            "reserve_thb": "ฐานะการเงิน|ทุนสำรอง (ล้านบาท)",
            "loans_outstanding_thb": "ฐานะการเงิน|ลูกหนี้เงินกู้ (ล้านบาท)",
            "loans_overdue_thb": "ฐานะการเงิน|หนี้ค้างชำระ (ล้านบาท)",
            "assets_thb": "ฐานะการเงิน|สินทรัพย์รวม (ล้านบาท)",
            "personal_chair": "ผู้จัดการ",
        },
        money="million",
        short_bangkok=True,
        dates="short_month",
        titles=("สถิติสหกรณ์เครดิตยูเนี่ยนและกลุ่มเครดิตยูเนี่ยน ปี {year}", ""),
        footer=(_NOTE,),
        labels={"fund_type": {"credit_union": "สหกรณ์", "pre_union": "กลุ่มเตรียมสหกรณ์"}},
        sheets="region",
        total_in="fund_name",
    ),
    Look(
        "csv",
        {
            "fund_code": "รหัส",
            "fund_name": "ชื่อเครดิตยูเนี่ยน",
            "fund_type": "ประเภทองค์กร",
            "registration_number": "เลขทะเบียน",
            "juristic_number": "เลขนิติบุคคล",
            "tambon_code": "รหัสตำบล",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "founded_on": "วันที่จัดตั้ง",
            "financial_year_end": "สิ้นปีทางบัญชี",
            "members_persons": "สมาชิก",
            "share_capital_thb": "ทุนเรือนหุ้น",
            "deposits_thb": "เงินรับฝาก",
            "loans_outstanding_thb": "เงินให้กู้แก่สมาชิก",
            "loans_overdue_thb": "หนี้ค้างชำระ",
            "reserve_thb": "ทุนสำรอง",
            "assets_thb": "สินทรัพย์รวม",
            "personal_phone": "โทรศัพท์",
        },
        encoding="utf-8-sig",
        numbers="grouped_satang",
        dates="slashes",
        labels={"fund_type": {"credit_union": "จดทะเบียนแล้ว", "pre_union": "ยังไม่จดทะเบียน"}},
    ),
    Look(
        "xlsx",
        {
            "serial": "ที่",
            "fiscal_year": "ปี",
            "fund_code": "รหัส",
            "fund_name": "ชื่อ",
            "fund_type": "ประเภท",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "members_persons": "สมาชิก (คน)",
            "share_capital_thb": "หุ้น (บาท)",
            "deposits_thb": "เงินฝาก (บาท)",
            "loans_outstanding_thb": "เงินให้กู้ (บาท)",
            "assets_thb": "สินทรัพย์ (บาท)",
        },
        prefix="full",
        titles=("ข้อมูลสมาชิกชุมนุม",),
        footer=(_NOTE,),
        labels={"fund_type": {"credit_union": "[1]สหกรณ์", "pre_union": "[2]กลุ่ม"}},
    ),
)


def year_ends(org: pl.Series, year: int) -> pl.Series:
    """The last day of each union's own financial year that lies in the fiscal year; always the same day a union."""
    edges = np.cumsum([share for _, _, share in _ENDS])
    which = np.searchsorted(
        edges, ((org.to_numpy().astype(np.int64) * 7919) % 1000) / 1000.0, side="right"
    ).clip(0, 3)
    days = np.array([f"{year + shift}{tail}" for tail, shift, _ in _ENDS], dtype="datetime64[D]")
    return pl.Series(days[which])


def cult_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """Credit unions of a fiscal year: the year is that in which their own financial year ends."""
    frame, look = make_groups(registers.last_year, registers.seed).listed["cult"], LOOKS[age % 3]
    rows = in_year(frame, year, kept)
    now, there, rng = as_of(frame, rows, year), frame[rows], rng_for(registers.seed, FEED, year)
    return make_draft(
        FEED, look, year, age, rows=rows, index=now.tambon, places=places, view=places.at(year), rng=rng,
        numbers={name: values[rows] for name, values in figures.union_values(registers, year).items()},
        text={
            "fund_code": now.fund_code,
            "fund_name": now.fund_name,
            "fund_type": there["kind"],
            "registration_number": there["registration_number"],
            "juristic_number": there["juristic_number"],
            "personal_chair": person_column(rng, len(rows)),
            "personal_phone": phone_column(rng, len(rows)),
        },
        dates={"founded_on": there["founded_on"], "financial_year_end": year_ends(there["org"], year)},
    )  # fmt: skip


FEEDS: dict[str, Agency] = {
    FEED: of_looks(
        LOOKS, cult_draft, figures.union_values, lambda r: make_groups(r.last_year, r.seed).listed["cult"]
    )
}
