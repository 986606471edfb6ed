"""เครือข่ายกลุ่มสัจจะสะสมทรัพย์: the network's own lists, kept by volunteers: OpenDocument, a workbook, and CSV of an older office."""

from __future__ import annotations

from ingest.sample import figures
from ingest.sample.agencies.common import Agency, Kept
from ingest.sample.agencies.layout import Look, make_draft, of_looks
from ingest.sample.changes import as_of
from ingest.sample.draft import Draft
from ingest.sample.funds import Registers, in_year, rng_for
from ingest.sample.groups import make_groups
from ingest.sample.places import Places
from ingest.sample.words import SYNTHETIC_TITLE, person_column, phone_column

FEED = "satja/groups"
_NOTE = f"หมายเหตุ : {SYNTHETIC_TITLE}"
LOOKS = (
    Look(
        "ods",
        {
            "serial": "ลำดับ",
            "fund_code": "รหัสกลุ่ม",
            "fund_name": "ชื่อกลุ่มสัจจะ",
            "moo": "หมู่ที่",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "founded_on": "วันที่จัดตั้ง",
            "members_persons": "จำนวนสมาชิก (คน)",
            "savings_thb": "เงินสัจจะ (บาท)",
            "welfare_fund_thb": "กองทุนสวัสดิการ (บาท)",
            "loans_outstanding_thb": "เงินกู้คงเหลือ (บาท)",
            "welfare_paid_thb": "จ่ายสวัสดิการ (บาท)",
            "personal_chair": "ประธาน",
            "personal_phone": "โทรศัพท์",
        },
        dates="short_month",
        titles=("ข้อมูลกลุ่มสัจจะสะสมทรัพย์ ปีงบประมาณ พ.ศ. {year}", ""),
        footer=(_NOTE,),
        thai=0.15,
    ),
    Look(
        "xlsx",
        {
            "serial": "ที่",
            "province": "ที่ตั้ง|จังหวัด",
            "amphoe": "ที่ตั้ง|อำเภอ",
            "tambon": "ที่ตั้ง|ตำบล",
            "moo": "หมู่",
            "fund_code": "รหัส",
            "fund_name": "ชื่อกลุ่ม",
            "members_male_persons": "สมาชิก|ชาย",
            "members_female_persons": "สมาชิก|หญิง",
            "members_persons": "สมาชิก|รวม",
            "savings_thb": "เงินสัจจะสะสม",
            "welfare_fund_thb": "เงินกองทุนสวัสดิการ",
            "loans_outstanding_thb": "เงินกู้คงค้าง",
            "loans_overdue_thb": "หนี้ค้างชำระ",
            "founded_on": "ก่อตั้งเมื่อ",
            "personal_chair": "ชื่อประธาน",
        },
        prefix="dotted",
        dates="slashes",
        titles=("ทำเนียบกลุ่มสัจจะสะสมทรัพย์ ปี {year}", ""),
        footer=(_NOTE, "(ลงชื่อ)....................................................ผู้รายงาน"),
        total_in="fund_name",
    ),
    Look(
        "csv",
        {
            "fiscal_year": "ปี พ.ศ.",
            "fund_code": "รหัสกลุ่ม",
            "fund_name": "กลุ่มสัจจะ",
            "tambon_code": "รหัสตำบล",
            "moo": "ม.",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "founded_on": "วันก่อตั้ง",
            "members_persons": "สมาชิก",
            "savings_thb": "เงินสัจจะสะสมทรัพย์",
            "loans_outstanding_thb": "ลูกหนี้เงินกู้",
            "welfare_fund_thb": "กองทุนสวัสดิการกลุ่ม",
        },
        encoding="cp874",
        numbers="grouped",
        prefix="full",
        dates="long_month",
        dash_zero=("welfare_fund_thb",),
    ),
)


def satja_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """Satja groups of a fiscal year; groups of one province have new codes in the newest."""
    frame, look = make_groups(registers.last_year, registers.seed).listed["satja"], LOOKS[age % 3]
    rows = in_year(frame, year, kept)
    now, there, rng = as_of(frame, rows, year), frame[rows], rng_for(registers.seed, FEED, year)
    return make_draft(
        FEED, look, year, age, rows=rows, index=now.tambon, places=places, view=places.at(year), rng=rng,
        numbers={name: values[rows] for name, values in figures.satja_values(registers, year).items()},
        moo=there["moo"].to_numpy() * ~there["no_moo"].to_numpy(),
        text={
            "fund_code": now.fund_code,
            "fund_name": now.fund_name,
            "personal_chair": person_column(rng, len(rows)),
            "personal_phone": phone_column(rng, len(rows)),
        },
        dates={"founded_on": there["founded_on"]},
    )  # fmt: skip


FEEDS: dict[str, Agency] = {
    FEED: of_looks(
        LOOKS, satja_draft, figures.satja_values, lambda r: make_groups(r.last_year, r.seed).listed["satja"]
    )
}
