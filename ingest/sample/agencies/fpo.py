"""สศค.: the register of people's financial institutions under the 2019 act, and of the organisations known to the office."""

from __future__ import annotations

import numpy as np
import polars as pl

from ingest.sample import figures
from ingest.sample.agencies.common import Agency, Kept
from ingest.sample.agencies.layout import Look, in_old_places, make_draft, of_looks
from ingest.sample.changes import as_of
from ingest.sample.draft import Draft
from ingest.sample.funds import Registers, in_year, rng_for
from ingest.sample.groups import make_groups
from ingest.sample.places import Places
from ingest.sample.words import SYNTHETIC_TITLE, person_column, phone_column

FEED = "fpo/peoples_finance"
_NOTE = f"ที่มา : {SYNTHETIC_TITLE}"
LOOKS = (
    Look(
        "csv",
        {
            "fund_code": "fund_code",
            "fund_name": "fund_name",
            "fund_type": "fund_type",
            "registration_number": "registration_number",
            "juristic_number": "juristic_number",
            "tambon_code": "tambon_code",
            "tambon": "tambon",
            "amphoe": "amphoe",
            "province": "province",
            "founded_on": "founded_on",
            "fiscal_year": "fiscal_year",
            "members_persons": "members_persons",
            "capital_thb": "capital_thb",
            "savings_thb": "savings_thb",
        },
        dates="iso",
        year="ce",
        digits=8,
        labels={"fund_type": {"act": "สถาบันการเงินประชาชน", "known": "องค์กรการเงินชุมชน"}},
    ),
    Look(
        "xlsx",
        {
            "serial": "ลำดับ",
            "fund_code": "รหัสองค์กร",
            "fund_name": "ชื่อองค์กรการเงินชุมชน",
            "fund_type": "ประเภท",
            "registration_number": "เลขทะเบียน",
            "juristic_number": "เลขทะเบียนนิติบุคคล",
            "moo": "หมู่ที่",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "members_persons": "จำนวนสมาชิก",
            "capital_thb": "เงินทุน (พันบาท)",
            "loans_outstanding_thb": "เงินให้กู้คงค้าง (พันบาท)",
            "founded_on": "วันที่จัดตั้ง",
            "personal_chair": "ประธานกรรมการ",
        },
        money="thousand",
        prefix="dotted",
        dates="long_month",
        titles=("ทะเบียนสถาบันการเงินประชาชนและองค์กรการเงินชุมชน ประจำปีงบประมาณ {year}", "", "หน่วย : พันบาท"),
        footer=(_NOTE,),
        labels={"fund_type": {"act": "สถาบันการเงินประชาชน", "known": "องค์กรการเงินชุมชน"}},
    ),
    Look(
        "csv",
        {
            "serial": "ที่",
            "fund_code": "รหัส",
            "fund_name": "ชื่อองค์กร",
            "tambon": "ตำบล/แขวง",
            "amphoe": "อำเภอ/เขต",
            "province": "จังหวัด",
            "fiscal_year": "ปีงบประมาณ",
            "members_persons": "สมาชิก",
            "capital_thb": "ทุนดำเนินงาน",
            "personal_phone": "โทรศัพท์",
        },
        encoding="cp874",
        numbers="grouped",
        prefix="full",
        year="span",
    ),
)


def fpo_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """Organisations known to the office in a fiscal year; seven of them stand under the act."""
    frame, look = make_groups(registers.last_year, registers.seed).listed["fpo"], LOOKS[age % 3]
    rows = in_year(frame, year, kept)
    now, there, rng = as_of(frame, rows, year), frame[rows], rng_for(registers.seed, FEED, year)
    draft = make_draft(
        FEED, look, year, age, rows=rows, index=now.tambon, places=places, view=places.at(year), rng=rng,
        numbers={name: values[rows] for name, values in figures.people_values(registers, year).items()},
        moo=there["moo"].to_numpy() * ~there["no_moo"].to_numpy(),
        text={
            "fund_code": now.fund_code,
            "fund_name": now.fund_name,
            "fund_type": pl.Series(np.where(there["under_act"].to_numpy(), "act", "known"), dtype=pl.String),
            "registration_number": there["registration_number"],
            "juristic_number": there["juristic_number"],
            "personal_chair": person_column(rng, len(rows)),
            "personal_phone": phone_column(rng, len(rows)),
        },
        dates={"founded_on": there["founded_on"]},
    )  # fmt: skip
    return in_old_places(draft, places, 0.3, rng)


FEEDS: dict[str, Agency] = {
    FEED: of_looks(
        LOOKS, fpo_draft, figures.people_values, lambda r: make_groups(r.last_year, r.seed).listed["fpo"]
    )
}
