"""พช.: poverty-alleviation funds (กข.คจ.) by village, and the women's development fund by tambon."""

from __future__ import annotations

from ingest.sample import figures
from ingest.sample.agencies.common import Agency, Kept
from ingest.sample.agencies.layout import Look, make_draft, of_looks
from ingest.sample.draft import Draft
from ingest.sample.funds import Registers, in_year, rng_for
from ingest.sample.others import make_others
from ingest.sample.places import Places
from ingest.sample.words import BE, SYNTHETIC_TITLE, person_column

POVERTY, WOMEN = "cdd/poverty_funds", "cdd/women_funds"
_NOTE = f"หมายเหตุ : {SYNTHETIC_TITLE}"
_LEVELS = (
    {"1": "[1]ปรับปรุง", "2": "[2]ปานกลาง", "3": "[3]ดี"},
    {"1": "1", "2": "2", "3": "3"},
    {"1": "ปรับปรุง", "2": "ปานกลาง", "3": "ดี"},
)
POVERTY_LOOKS = (
    Look(
        "csv",
        {
            "serial": "ลำดับ",
            "fund_code": "รหัสกองทุน",
            "fund_name": "ชื่อกองทุน",
            "tambon_code": "รหัสหมู่บ้าน",
            "moo": "หมู่ที่",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "fiscal_year": "ปีงบประมาณ",
            "received_year": "ปีที่ได้รับงบประมาณ",
            "target_households": "ครัวเรือนเป้าหมาย",
            "borrowing_households": "ครัวเรือนที่ยืม",
            "government_capital_thb": "เงินทุนเริ่มต้น",
            "capital_thb": "เงินทุนปัจจุบัน",
            "loans_outstanding_thb": "เงินที่ให้ยืม",
            "fund_level": "ระดับการพัฒนา",
            "personal_chair": "ประธาน",
        },
        encoding="utf-8-sig",
        digits=8,
        labels={"fund_level": _LEVELS[0]},
    ),
    Look(
        "csv",
        {
            "fund_code": "รหัส กข.คจ.",
            "fund_name": "ชื่อกองทุน กข.คจ.",
            "moo": "หมู่",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "fiscal_year": "ปี",
            "received_year": "ปีที่ได้รับ",
            "target_households": "จำนวนครัวเรือนเป้าหมาย",
            "borrowing_households": "จำนวนครัวเรือนยืมเงิน",
            "capital_thb": "ยอดเงินทุน",
            "loans_outstanding_thb": "เงินยืมคงค้าง",
            "loans_granted_thb": "ให้ยืมในปี",
            "fund_level": "ระดับ",
        },
        encoding="cp874",
        numbers="grouped",
        prefix="dotted",
        labels={"fund_level": _LEVELS[1]},
    ),
    Look(
        "csv",
        {
            "serial": "ที่",
            "fund_code": "รหัสหมู่บ้าน กข.คจ.",
            "fund_name": "ชื่อหมู่บ้าน กข.คจ.",
            "tambon": "ชื่อตำบล",
            "amphoe": "ชื่ออำเภอ",
            "province": "ชื่อจังหวัด",
            "fiscal_year": "ข้อมูลปี",
            "received_year": "ปีที่ได้รับเงิน",
            "target_households": "ครัวเรือนเป้าหมาย (ครัวเรือน)",
            "capital_thb": "เงินทุน (บาท)",
            "loans_outstanding_thb": "เงินยืม (บาท)",
            "fund_level": "ผลการประเมิน",
        },
        prefix="full",
        year="thai",
        thai=0.2,
        titles=("ทะเบียนหมู่บ้านโครงการแก้ไขปัญหาความยากจน (กข.คจ.) ปี {year}", ""),
        labels={"fund_level": _LEVELS[2]},
    ),
)
WOMEN_LOOKS = (
    Look(
        "xlsx",
        {
            "serial": "ลำดับ",
            "province": "พื้นที่|จังหวัด",
            "amphoe": "พื้นที่|อำเภอ",
            "tambon": "พื้นที่|ตำบล",
            "fund_code": "รหัสกองทุน",
            "fund_name": "ชื่อกองทุน",
            "members_individual_persons": "จำนวนสมาชิก|บุคคล (คน)",
            "member_organisations": "จำนวนสมาชิก|องค์กร (องค์กร)",
            "loans_granted_thb": "เงินกู้|ให้กู้ (ล้านบาท)",
            "loans_repaid_thb": "เงินกู้|ชำระคืน (ล้านบาท)",
            "loans_outstanding_thb": "ลูกหนี้|คงเหลือ (ล้านบาท)",
            "loans_overdue_thb": "ลูกหนี้|เกินกำหนด (ล้านบาท)",
        },
        money="million",
        titles=("ผลการดำเนินงานกองทุนพัฒนาบทบาทสตรี ปีงบประมาณ พ.ศ. {year}", ""),
        footer=(_NOTE,),
        total_in="fund_name",
    ),
    Look(
        "csv",
        {
            "fund_code": "รหัสกองทุนพัฒนาบทบาทสตรี",
            "tambon_code": "รหัสตำบล",
            "tambon": "ตำบล/แขวง",
            "amphoe": "อำเภอ/เขต",
            "province": "จังหวัด",
            "fund_name": "กองทุนพัฒนาบทบาทสตรีตำบล",
            "fiscal_year": "ปีงบประมาณ",
            "members_individual_persons": "สมาชิกบุคคล",
            "member_organisations": "สมาชิกองค์กร",
            "loans_granted_thb": "เงินให้กู้",
            "loans_repaid_thb": "เงินรับชำระคืน",
            "loans_outstanding_thb": "ลูกหนี้คงเหลือ",
            "loans_overdue_thb": "หนี้เกินกำหนด",
        },
        numbers="grouped",
        prefix="dotted",
        short_bangkok=True,
    ),
    Look(
        "csv",
        {
            "serial": "ที่",
            "fund_code": "รหัสกองทุนสตรี",
            "fund_name": "ชื่อกองทุนสตรีตำบล",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "fiscal_year": "ปี พ.ศ.",
            "members_individual_persons": "สมาชิกประเภทบุคคล",
            "member_organisations": "สมาชิกประเภทองค์กร",
            "loans_outstanding_thb": "ลูกหนี้เงินกู้",
            "loans_overdue_thb": "ลูกหนี้เกินกำหนดชำระ",
        },
        encoding="cp874",
        prefix="full",
    ),
)


def poverty_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """กข.คจ. funds of a fiscal year, one a village."""
    frame, look = make_others(registers.last_year, registers.seed).poverty, POVERTY_LOOKS[age % 3]
    rows = in_year(frame, year, kept)
    there, rng = frame[rows], rng_for(registers.seed, POVERTY, year)
    return make_draft(
        POVERTY, look, year, age, rows=rows, index=there["tambon"].to_numpy(), places=places, view=places.at(year), rng=rng,
        numbers={name: values[rows] for name, values in figures.poverty_fund_values(registers, year).items()},
        moo=there["moo"].to_numpy(),
        text={
            "fund_code": there["fund_code"],
            "fund_name": there["fund_name"],
            "received_year": (there["received"] + BE).cast(str),
            "fund_level": there["level"].cast(str),
            "personal_chair": person_column(rng, len(rows)),
        },
    )  # fmt: skip


def women_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """The women's fund of a fiscal year, one row a tambon."""
    frame, look = make_others(registers.last_year, registers.seed).women, WOMEN_LOOKS[age % 3]
    rows = in_year(frame, year, kept)
    there, rng = frame[rows], rng_for(registers.seed, WOMEN, year)
    return make_draft(
        WOMEN, look, year, age, rows=rows, index=there["tambon"].to_numpy(), places=places, view=places.at(year), rng=rng,
        numbers={name: values[rows] for name, values in figures.women_values(registers, year).items()},
        text={"fund_code": there["fund_code"], "fund_name": there["fund_name"]},
    )  # fmt: skip


FEEDS: dict[str, Agency] = {
    POVERTY: of_looks(
        POVERTY_LOOKS,
        poverty_draft,
        figures.poverty_fund_values,
        lambda r: make_others(r.last_year, r.seed).poverty,
    ),
    WOMEN: of_looks(
        WOMEN_LOOKS, women_draft, figures.women_values, lambda r: make_others(r.last_year, r.seed).women
    ),
}
