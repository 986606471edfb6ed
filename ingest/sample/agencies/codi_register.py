"""พอช.: the register of community finance organisations of all kinds, and the pilot tambons and funds to learn from."""

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
from ingest.sample.others import make_others
from ingest.sample.places import Places
from ingest.sample.words import SYNTHETIC_TITLE, person_column, phone_column

REGISTER, PILOTS = "codi/finance_organisations", "codi/pilots"
_NOTE = f"ที่มา : ระบบข้อมูลองค์กรการเงินชุมชน พอช. ({SYNTHETIC_TITLE})"
_KINDS = {
    "savings_group": "กลุ่มออมทรัพย์",
    "satja_group": "กลุ่มสัจจะ",
    "village_bank": "ธนาคารหมู่บ้าน",
    "credit_union": "เครดิตยูเนี่ยน",
    "other_finance": "อื่นๆ",
}
REGISTER_LOOKS = (
    Look(
        "csv",
        {
            "serial": "ลำดับ",
            "fund_code": "รหัสองค์กร",
            "fund_name": "ชื่อองค์กรการเงิน",
            "programme_code": "ประเภทองค์กร",
            "network": "เครือข่าย",
            "tambon_code": "รหัสตำบล",
            "moo": "หมู่ที่",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "fiscal_year": "ปีงบประมาณ",
            "founded_on": "วันที่จัดตั้ง",
            "members_persons": "จำนวนสมาชิก",
            "savings_thb": "เงินออม",
            "loans_outstanding_thb": "เงินกู้คงค้าง",
            "loans_overdue_thb": "หนี้ค้างชำระ",
            "personal_chair": "ผู้ประสานงาน",
            "personal_phone": "โทรศัพท์",
        },
        encoding="utf-8-sig",
        dates="slashes",
        labels={"programme_code": _KINDS},
    ),
    Look(
        "json",
        {
            "fund_code": "fund_code",
            "fund_name": "fund_name",
            "programme_code": "programme_code",
            "network": "network",
            "moo": "moo",
            "tambon": "tambon",
            "amphoe": "amphoe",
            "province": "province",
            "fiscal_year": "fiscal_year",
            "founded_on": "founded_on",
            "members_persons": "members_persons",
            "savings_thb": "savings_thb",
            "loans_outstanding_thb": "loans_outstanding_thb",
        },
        dates="iso",
        prefix="dotted",
        labels={"programme_code": _KINDS},
    ),
    Look(
        "csv",
        {
            "fund_code": "รหัส",
            "fund_name": "ชื่อกลุ่ม/องค์กร",
            "programme_code": "ประเภท",
            "network": "ชื่อเครือข่าย",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "moo": "หมู่",
            "fiscal_year": "ข้อมูลปี",
            "members_persons": "สมาชิก (คน)",
            "savings_thb": "เงินออมสมาชิก (บาท)",
            "loans_outstanding_thb": "เงินให้กู้คงเหลือ (บาท)",
            "founded_on": "ก่อตั้งเมื่อ",
        },
        encoding="cp874",
        numbers="grouped",
        prefix="full",
        dates="short_month",
        labels={"programme_code": _KINDS},
    ),
)
PILOT_LOOKS = (
    Look(
        "xlsx",
        {
            "serial": "ลำดับ",
            "site_code": "รหัส",
            "site_name": "ชื่อแหล่งเรียนรู้",
            "site_type": "ประเภท",
            "site_status": "สถานะ",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "opened_on": "วันที่เปิด",
            "host_name": "องค์กรเจ้าภาพ",
            "topic": "เรื่องที่เรียนรู้",
            "learners_persons": "จำนวนผู้มาเรียนรู้ (คน)",
            "latitude": "พิกัด|ละติจูด",
            "longitude": "พิกัด|ลองจิจูด",
            "personal_phone": "โทรศัพท์",
        },
        dates="short_month",
        titles=("ตำบลนำร่องและแหล่งเรียนรู้กองทุน ปีงบประมาณ พ.ศ. {year}", ""),
        footer=(f"หมายเหตุ : {SYNTHETIC_TITLE}",),
        labels={
            "site_type": {"pilot": "ตำบลนำร่อง", "fund_learning_centre": "ศูนย์เรียนรู้กองทุน"},
            "site_status": {"active": "ดำเนินการ", "closed": "ปิด"},
        },
    ),
    Look(
        "csv",
        {
            "site_code": "site_code",
            "site_name": "site_name",
            "site_type": "site_type",
            "tambon_code": "tambon_code",
            "tambon": "tambon",
            "amphoe": "amphoe",
            "province": "province",
            "fiscal_year": "fiscal_year",
            "opened_on": "opened_on",
            "host_name": "host_name",
            "learners_persons": "learners_persons",
            "latitude": "latitude",
            "longitude": "longitude",
        },
        dates="iso",
        year="ce",
        labels={"site_type": {"pilot": "pilot", "fund_learning_centre": "fund_learning_centre"}},
    ),
    Look(
        "csv",
        {
            "serial": "ที่",
            "site_code": "รหัสพื้นที่นำร่อง",
            "site_name": "ชื่อพื้นที่",
            "site_type": "ประเภทพื้นที่",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "fiscal_year": "ปี พ.ศ.",
            "learners_persons": "ผู้มาเรียนรู้",
        },
        encoding="cp874",
        prefix="full",
        labels={"site_type": {"pilot": "ตำบลนำร่อง", "fund_learning_centre": "ศูนย์เรียนรู้กองทุน"}},
    ),
)


def register_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """The organisations that พอช. knows in a fiscal year."""
    frame, look = make_groups(registers.last_year, registers.seed).listed["codi"], REGISTER_LOOKS[age % 3]
    rows = in_year(frame, year, kept)
    now, there, rng = as_of(frame, rows, year), frame[rows], rng_for(registers.seed, REGISTER, year)
    network = pl.Series("เครือข่ายองค์กรการเงินชุมชนจังหวัด" + places.province[now.tambon], dtype=pl.String)
    draft = make_draft(
        REGISTER, look, year, age, rows=rows, index=now.tambon, places=places, view=places.at(year), rng=rng,
        numbers={name: values[rows] for name, values in figures.register_values(registers, year).items()},
        moo=there["moo"].to_numpy() * ~there["no_moo"].to_numpy(),
        text={
            "fund_code": now.fund_code,
            "fund_name": now.fund_name,
            "programme_code": now.programme,
            "network": network,
            "personal_chair": person_column(rng, len(rows)),
            "personal_phone": phone_column(rng, len(rows)),
        },
        dates={"founded_on": there["founded_on"]},
    )  # fmt: skip
    return in_old_places(draft, places, 0.3, rng)


def pilots_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """Pilot tambons and fund learning centres open by a fiscal year."""
    frame, look = make_others(registers.last_year, registers.seed).pilots, PILOT_LOOKS[age % 3]
    rows = in_year(frame, year, kept)
    there, rng = frame[rows], rng_for(registers.seed, PILOTS, year)
    return make_draft(
        PILOTS, look, year, age, rows=rows, index=there["tambon"].to_numpy(), places=places, view=places.at(year), rng=rng,
        numbers={name: values[rows] for name, values in figures.pilot_values(registers, year).items()},
        text={
            "site_code": there["fund_code"],
            "site_name": there["fund_name"],
            "site_type": there["kind"],
            "site_status": pl.Series(np.where(there["closed"].to_numpy(), "closed", "active"), dtype=pl.String),
            "host_name": there["host"],
            "topic": there["topic"],
            "personal_phone": phone_column(rng, len(rows)),
        },
        dates={"opened_on": there["opened_on"]},
    )  # fmt: skip


FEEDS: dict[str, Agency] = {
    REGISTER: of_looks(
        REGISTER_LOOKS,
        register_draft,
        figures.register_values,
        lambda r: make_groups(r.last_year, r.seed).listed["codi"],
    ),
    PILOTS: of_looks(
        PILOT_LOOKS, pilots_draft, figures.pilot_values, lambda r: make_others(r.last_year, r.seed).pilots
    ),
}
