"""กรมส่งเสริมการเกษตร: community enterprises, their networks and farmer groups, some with their registration revoked."""

from __future__ import annotations

import numpy as np
import polars as pl

from ingest.sample import figures
from ingest.sample.agencies.common import Agency, Kept
from ingest.sample.agencies.layout import Look, make_draft, of_looks
from ingest.sample.draft import Draft
from ingest.sample.funds import Registers, in_year, rng_for
from ingest.sample.others import make_others
from ingest.sample.places import Places
from ingest.sample.words import person_column

FEED = "doae/community_enterprises"
_KINDS = {
    "enterprise": "วิสาหกิจชุมชน",
    "network": "เครือข่ายวิสาหกิจชุมชน",
    "farmer": "กลุ่มเกษตรกร",
    "revoked": "วิสาหกิจชุมชน",
}
LOOKS = (
    Look(
        "xml",
        {
            "fund_code": "fund_code",
            "fund_name": "fund_name",
            "programme_code": "programme_code",
            "product": "product",
            "moo": "moo",
            "tambon": "tambon",
            "amphoe": "amphoe",
            "province": "province",
            "fiscal_year": "fiscal_year",
            "founded_on": "founded_on",
            "members_persons": "members_persons",
            "capital_thb": "capital_thb",
            "fund_level": "fund_level",
            "fund_status": "fund_status",
        },
        dates="iso",
        labels={"programme_code": _KINDS, "fund_status": {"active": "ดำเนินการ", "closed": "เพิกถอน"}},
    ),
    Look(
        "csv",
        {
            "fund_code": "รหัสทะเบียน",
            "fund_name": "ชื่อวิสาหกิจชุมชน",
            "programme_code": "ประเภท",
            "product": "ผลิตภัณฑ์",
            "tambon_code": "รหัสตำบล",
            "moo": "หมู่ที่",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "fiscal_year": "ปีงบประมาณ",
            "founded_on": "วันที่จดทะเบียน",
            "members_persons": "จำนวนสมาชิก",
            "capital_thb": "เงินทุนหมุนเวียน (บาท)",
            "fund_level": "ระดับศักยภาพ",
            "fund_status": "สถานะ",
            "personal_chair": "ประธานกลุ่ม",
        },
        encoding="utf-8-sig",
        numbers="grouped",
        dates="slashes",
        labels={"programme_code": _KINDS, "fund_status": {"active": "ดำเนินการ", "closed": "เพิกถอนทะเบียน"}},
    ),
    Look(
        "csv",
        {
            "fund_code": "รหัสวิสาหกิจชุมชน",
            "fund_name": "ชื่อกลุ่ม",
            "programme_code": "ประเภทกลุ่ม",
            "product": "กิจการ",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "fiscal_year": "ปี พ.ศ.",
            "members_persons": "สมาชิก",
            "capital_thb": "ทุนหมุนเวียน",
            "fund_level": "ระดับ",
            "fund_status": "สถานะ",
        },
        encoding="cp874",
        prefix="dotted",
        labels={"programme_code": _KINDS, "fund_status": {"active": "ดำเนินการ", "closed": "เพิกถอน"}},
    ),
)


def doae_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """Enterprises and farmer groups registered by a fiscal year; revoked ones stay in the list with their status."""
    frame, look = make_others(registers.last_year, registers.seed).enterprises, LOOKS[age % 3]
    rows = in_year(frame, year, kept)
    there, rng = frame[rows], rng_for(registers.seed, FEED, year)
    closed = there["revoked_in"].to_numpy() <= year
    return make_draft(
        FEED, look, year, age, rows=rows, index=there["tambon"].to_numpy(), places=places, view=places.at(year), rng=rng,
        numbers={name: values[rows] for name, values in figures.enterprise_values(registers, year).items()},
        moo=there["moo"].to_numpy(),
        text={
            "fund_code": there["fund_code"],
            "fund_name": there["fund_name"],
            "programme_code": there["kind"],
            "product": there["product"],
            "fund_level": there["level"],
            "fund_status": pl.Series(np.where(closed, "closed", "active"), dtype=pl.String),
            "personal_chair": person_column(rng, len(rows)),
        },
        dates={"founded_on": there["founded_on"]},
    )  # fmt: skip


FEEDS: dict[str, Agency] = {
    FEED: of_looks(
        LOOKS, doae_draft, figures.enterprise_values, lambda r: make_others(r.last_year, r.seed).enterprises
    )
}
