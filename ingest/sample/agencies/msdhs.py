"""พม.: recipients of state welfare by group, and money that matches what welfare funds gather, tambon by tambon."""

from __future__ import annotations

from ingest.sample import figures
from ingest.sample.agencies.common import Agency
from ingest.sample.agencies.layout import Look, area_feed
from ingest.sample.words import SYNTHETIC_TITLE

FEED = "msdhs/welfare"
LOOKS = (
    Look(
        "xlsx",
        {
            "serial": "ลำดับ",
            "tambon_code": "รหัสตำบล",
            "province": "จังหวัด",
            "amphoe": "อำเภอ",
            "tambon": "ตำบล",
            "welfare_elderly_persons": "ผู้รับสวัสดิการ|ผู้สูงอายุ (คน)",
            "welfare_disabled_persons": "ผู้รับสวัสดิการ|คนพิการ (คน)",
            "welfare_child_persons": "ผู้รับสวัสดิการ|เด็กแรกเกิด (คน)",
            "welfare_card_persons": "ผู้รับสวัสดิการ|บัตรสวัสดิการแห่งรัฐ (คน)",
            "welfare_recipients_persons": "ผู้รับสวัสดิการ|รวม (คน)",
            "welfare_matching_thb": "เงินสมทบกองทุนสวัสดิการ (ล้านบาท)",
        },
        money="million",
        titles=("ผู้รับสวัสดิการแห่งรัฐและเงินสมทบกองทุนสวัสดิการชุมชน ปีงบประมาณ {year}", ""),
        footer=(f"หมายเหตุ : {SYNTHETIC_TITLE}",),
    ),
    Look(
        "csv",
        {
            "calendar_year": "ปีงบประมาณ",
            "tambon_code": "รหัสพื้นที่",
            "province": "จังหวัด",
            "amphoe": "อำเภอ/เขต",
            "tambon": "ตำบล/แขวง",
            "welfare_recipients_persons": "จำนวนผู้รับสวัสดิการ",
            "welfare_elderly_persons": "เบี้ยยังชีพผู้สูงอายุ",
            "welfare_disabled_persons": "เบี้ยความพิการ",
            "welfare_child_persons": "เงินอุดหนุนเด็กแรกเกิด",
            "welfare_card_persons": "ผู้ถือบัตรสวัสดิการแห่งรัฐ",
            "welfare_matching_thb": "เงินสมทบ (บาท)",
        },
        encoding="utf-8-sig",
        numbers="grouped",
        dash_zero=("welfare_matching_thb",),
    ),
    Look(
        "csv",
        {
            "calendar_year": "ปี",
            "tambon_code": "รหัส",
            "province": "จังหวัด",
            "amphoe": "อำเภอ",
            "tambon": "ตำบล",
            "welfare_recipients_persons": "ผู้รับสวัสดิการ",
            "welfare_matching_thb": "เงินสมทบกองทุนสวัสดิการชุมชน",
        },
        encoding="cp874",
    ),
)

FEEDS: dict[str, Agency] = {FEED: area_feed(FEED, LOOKS, figures.state_welfare_values, since=2010)}
