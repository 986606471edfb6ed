"""กศน.: one learning centre a tambon, from the office's system as JSON lines, or as tables that people keep."""

from __future__ import annotations

from ingest.sample import figures
from ingest.sample.agencies.common import Agency, Kept
from ingest.sample.agencies.layout import Look, make_draft, of_looks
from ingest.sample.draft import Draft
from ingest.sample.funds import Registers, in_year, rng_for
from ingest.sample.others import make_others
from ingest.sample.places import Places
from ingest.sample.words import person_column

FEED = "nfe/learning_centres"
LOOKS = (
    Look(
        "jsonl",
        {
            "site_code": "site_code",
            "site_name": "site_name",
            "tambon_code": "tambon_code",
            "tambon": "tambon",
            "amphoe": "amphoe",
            "province": "province",
            "fiscal_year": "fiscal_year",
            "opened_on": "opened_on",
            "host_name": "host_name",
            "topic": "topic",
            "learners_persons": "learners_persons",
            "latitude": "latitude",
            "longitude": "longitude",
        },
        dates="iso",
    ),
    Look(
        "csv",
        {
            "serial": "ลำดับ",
            "site_code": "รหัสสถานศึกษา",
            "site_name": "ชื่อ กศน.ตำบล",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "fiscal_year": "ปีงบประมาณ",
            "learners_persons": "จำนวนผู้เรียน",
            "latitude": "ละติจูด",
            "longitude": "ลองจิจูด",
            "personal_chair": "ครู กศน.ตำบล",
        },
        encoding="utf-8-sig",
        prefix="dotted",
        english=True,
    ),
    Look(
        "csv",
        {
            "site_code": "รหัส",
            "site_name": "ชื่อสถานศึกษา",
            "tambon": "ตำบล",
            "amphoe": "อำเภอ",
            "province": "จังหวัด",
            "fiscal_year": "ปี",
            "learners_persons": "ผู้เรียน",
        },
        encoding="cp874",
        prefix="full",
    ),
)


def nfe_draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
    """Learning centres of a fiscal year, one a tambon."""
    frame, look = make_others(registers.last_year, registers.seed).centres, LOOKS[age % 3]
    rows = in_year(frame, year, kept)
    there, rng = frame[rows], rng_for(registers.seed, FEED, year)
    return make_draft(
        FEED, look, year, age, rows=rows, index=there["tambon"].to_numpy(), places=places, view=places.at(year), rng=rng,
        numbers={name: values[rows] for name, values in figures.centre_values(registers, year).items()},
        text={
            "site_code": there["fund_code"],
            "site_name": there["fund_name"],
            "host_name": there["host"],
            "topic": there["topic"],
            "personal_chair": person_column(rng, len(rows)),
        },
        dates={"opened_on": there["opened_on"]},
    )  # fmt: skip


FEEDS: dict[str, Agency] = {
    FEED: of_looks(
        LOOKS, nfe_draft, figures.centre_values, lambda r: make_others(r.last_year, r.seed).centres
    )
}
