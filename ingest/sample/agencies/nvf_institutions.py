"""สทบ.: community finance institutions grown from village funds; their own yearly list, in another form than the funds'."""

from __future__ import annotations

import polars as pl

from ingest.sample import figures
from ingest.sample.agencies.common import Agency, Kept
from ingest.sample.agencies.layout import Look, make_draft, of_looks
from ingest.sample.draft import Draft
from ingest.sample.funds import Registers, in_year, rng_for
from ingest.sample.others import make_others
from ingest.sample.places import Places
from ingest.sample.words import SYNTHETIC_TITLE, person_column, phone_column

FEED = "nvf/community_institutions"
LOOKS = (
    Look(
        "xlsx",
        {
            "serial": "ลำดับ",
            "fund_code": "รหัสสถาบัน",
            "fund_name": "ชื่อสถาบันการเงินชุมชน",
            "juristic_number": "เลขนิติบุคคล",
            "moo": "หมู่ที่",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "founded_on": "วันที่จัดตั้ง",
            "member_funds": "จำนวนกองทุนที่เข้าร่วม",
            "members_persons": "จำนวนสมาชิก",
            "government_capital_thb": "แหล่งเงิน|บัญชี 1",
            "savings_thb": "แหล่งเงิน|บัญชี 2",
            "other_capital_thb": "แหล่งเงิน|บัญชี 4",
            "loans_outstanding_thb": "เงินกู้|คงค้าง",
            "loans_overdue_thb": "เงินกู้|เกินกำหนด",
            "borrowers_persons": "จำนวนผู้กู้",
            "grade": "ระดับการประเมิน",
            "personal_chair": "ชื่อประธาน",
        },
        short_bangkok=True,
        dates="short_month",
        titles=("ข้อมูลสถาบันการเงินชุมชน ปีงบประมาณ {year}", "", "สำนักงานกองทุนหมู่บ้านและชุมชนเมืองแห่งชาติ"),
        footer=(f"หมายเหตุ : {SYNTHETIC_TITLE}",),
        total_in="fund_name",
    ),
    Look(
        "csv",
        {
            "fund_code": "รหัสสถาบันการเงินชุมชน",
            "fund_name": "ชื่อสถาบัน",
            "juristic_number": "เลขทะเบียนนิติบุคคล",
            "tambon_code": "รหัสตำบล",
            "moo": "หมู่",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "fiscal_year": "ปีงบประมาณ",
            "member_funds": "จำนวนกองทุน",
            "members_persons": "สมาชิก",
            "government_capital_thb": "เงินบัญชี 1",
            "savings_thb": "เงินบัญชี 2",
            "other_capital_thb": "เงินบัญชี 4",
            "loans_outstanding_thb": "เงินกู้คงค้าง",
            "loans_overdue_thb": "หนี้เกินกำหนดชำระ",
            "grade": "เกรด",
            "personal_phone": "โทรศัพท์",
        },
        encoding="utf-8-sig",
        numbers="grouped",
        prefix="dotted",
    ),
    Look(
        "csv",
        {
            "serial": "ที่",
            "fund_code": "รหัส",
            "fund_name": "สถาบันการเงินชุมชน",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "fiscal_year": "ปี พ.ศ.",
            "member_funds": "กองทุนสมาชิก",
            "members_persons": "จำนวนสมาชิก",
            "savings_thb": "เงินออม",
            "loans_outstanding_thb": "เงินให้กู้คงเหลือ",
            "personal_chair": "ประธาน",
        },
        encoding="cp874",
        numbers="grouped_satang",
        prefix="full",
    ),
)


def institutions_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """Institutions of a fiscal year: those founded by then."""
    frame, look = make_others(registers.last_year, registers.seed).institutions, LOOKS[age % 3]
    rows = in_year(frame, year, kept)
    there, rng = frame[rows], rng_for(registers.seed, FEED, year)
    index = there["tambon"].to_numpy()
    return make_draft(
        FEED, look, year, age, rows=rows, index=index, places=places, view=places.at(year), rng=rng,
        numbers={name: values[rows] for name, values in figures.institution_values(registers, year).items()},
        moo=there["moo"].to_numpy(),
        text={
            "fund_code": there["fund_code"],
            "fund_name": there["fund_name"],
            "juristic_number": pl.select(
                pl.when(there["juristic"]).then(pl.lit("สกช.") + there["fund_code"]).otherwise(pl.lit(""))
            ).to_series(),
            "grade": there["grade"],
            "personal_chair": person_column(rng, len(rows)),
            "personal_phone": phone_column(rng, len(rows)),
        },
        dates={"founded_on": there["founded_on"]},
    )  # fmt: skip


FEEDS: dict[str, Agency] = {
    FEED: of_looks(
        LOOKS, institutions_draft, figures.institution_values,
        lambda r: make_others(r.last_year, r.seed).institutions,
    )
}  # fmt: skip
