"""สศช.: poor people by five dimensions, tambon by tambon (as TPMAP publishes them)."""

from __future__ import annotations

import numpy as np
import polars as pl

from ingest.sample import figures
from ingest.sample.agencies.common import Agency, Numbers
from ingest.sample.agencies.layout import Look, area_feed
from ingest.sample.words import SYNTHETIC_TITLE, number_column

FEED = "nesdc/poverty"
LOOKS = (
    Look(
        "csv",
        {
            "calendar_year": "ปี พ.ศ.",
            "tambon_code": "รหัสตำบล",
            "province": "จังหวัด",
            "amphoe": "อำเภอ",
            "tambon": "ตำบล",
            "poverty_surveyed_persons": "จำนวนคนที่สำรวจ",
            "poverty_poor_persons": "จำนวนคนจน",
            "percent_poor": "ร้อยละคนจน",
            "poverty_health_persons": "คนจนด้านสุขภาพ",
            "poverty_living_persons": "คนจนด้านความเป็นอยู่",
            "poverty_education_persons": "คนจนด้านการศึกษา",
            "poverty_income_persons": "คนจนด้านรายได้",
            "poverty_access_persons": "คนจนด้านการเข้าถึงบริการรัฐ",
        },
        encoding="utf-8-sig",
    ),
    Look(
        "xlsx",
        {
            "serial": "ลำดับ",
            "tambon_code": "รหัสพื้นที่",
            "province": "จังหวัด",
            "amphoe": "อำเภอ",
            "tambon": "ตำบล",
            "poverty_surveyed_persons": "คนที่สำรวจ",
            "poverty_poor_persons": "คนจน",
            "poverty_health_persons": "มิติ|สุขภาพ",
            "poverty_living_persons": "มิติ|ความเป็นอยู่",
            "poverty_education_persons": "มิติ|การศึกษา",
            "poverty_income_persons": "มิติ|รายได้",
            "poverty_access_persons": "มิติ|การเข้าถึงบริการรัฐ",
        },
        digits=8,
        titles=("คนจนเป้าหมายรายมิติ ปี พ.ศ. {year}", ""),
        footer=(f"หมายเหตุ : {SYNTHETIC_TITLE}",),
    ),
    Look(
        "csv",
        {
            "calendar_year": "calendar_year",
            "tambon_code": "tambon_code",
            "tambon": "tambon",
            "amphoe": "amphoe",
            "province": "province",
            "poverty_surveyed_persons": "poverty_surveyed_persons",
            "poverty_poor_persons": "poverty_poor_persons",
            "poverty_health_persons": "poverty_health_persons",
            "poverty_living_persons": "poverty_living_persons",
            "poverty_education_persons": "poverty_education_persons",
            "poverty_income_persons": "poverty_income_persons",
            "poverty_access_persons": "poverty_access_persons",
        },
        year="ce",
    ),
)


def _percent(numbers: Numbers) -> dict[str, pl.Series]:
    """Two units in one table: persons, and per cent of those surveyed."""
    share = 100 * numbers["poverty_poor_persons"] / np.maximum(numbers["poverty_surveyed_persons"], 1)
    return {"percent_poor": number_column(share, decimals=2)}


FEEDS: dict[str, Agency] = {FEED: area_feed(FEED, LOOKS, figures.poverty_values, _percent, since=2017)}
