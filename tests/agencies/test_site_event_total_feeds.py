"""Learning centres, pilots, forums and announced figures; the bundled facts are held against what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl

from ingest.contract import AGENCIES, load_contracts

Conform = Callable[..., Any]


def test_learning_centres_with_swapped_coordinates(conformed: Conform) -> None:
    run = conformed(
        "nfe/learning_centres",
        [
            ["ทำเนียบ กศน.ตำบล ปีงบประมาณ 2565"],
            ["ลำดับ", "ชื่อ กศน.ตำบล", "ตำบล", "อำเภอ", "จังหวัด", "กศน.อำเภอ", "ครู กศน.ตำบล", "ผู้รับบริการ (คน)", "ละติจูด", "ลองจิจูด"],
            [1, "กศน.ตำบลท่าทราย", "ท่าทราย", "เมือง", "สมุทรสาคร", "กศน.อำเภอเมืองสมุทรสาคร", "นางสาวครู", 350, 13.58, 100.25],
            [2, "กศน.ตำบลโคกขาม", "โคกขาม", "เมือง", "สมุทรสาคร", "กศน.อำเภอเมืองสมุทรสาคร", "นายครู", "1,020", 100.32, 13.55],
            [3, "กศน.ตำบลนาดี", "นาดี", "เมือง", "สมุทรสาคร", "กศน.อำเภอเมืองสมุทรสาคร", "-", "-", None, None],
        ],
        "กศน",
    )  # fmt: skip
    assert run.column("latitude") == [13.58, 13.55, None] and run.column("longitude") == [
        100.25,
        100.32,
        None,
    ]
    assert run.told == {(4, "latitude", "coordinates_swapped"), (4, "longitude", "coordinates_swapped")}
    assert run.column("learners_persons") == [350, 1020, None] and run.column("fiscal_year") == [2022] * 3
    # Without a code a centre is what it is called and where it lies.
    assert run.column("site_code")[0] == "กศน.ตำบลท่าทราย / ท่าทราย / เมือง / สมุทรสาคร"
    assert run.report.personal_dropped == ["ครู กศน.ตำบล"]


def test_learning_centres_export(conformed: Conform) -> None:
    run = conformed(
        "nfe/learning_centres",
        "centre_code,name,type,status,opened_on,tambon_code,year,learners,lat,lon\n1274010401,ศกร.ตำบลท่าทราย,ศกร.ตำบล,เปิดให้บริการ,2553,740104,2566,10,13.5,100.2\n",
    )
    row = run.rows.row(0, named=True)
    assert (row["site_code"], row["site_type"], row["site_status"]) == ("1274010401", "nfe_centre", "active")
    assert row["opened_on"] == date(2010, 1, 1) and row["fiscal_year"] == 2023


def test_pilots_and_fund_learning_centres(conformed: Conform) -> None:
    run = conformed(
        "codi/pilots",
        "รหัสพื้นที่นำร่อง,ชื่อพื้นที่/ศูนย์เรียนรู้,ประเภท,กลุ่มแกนนำ,ประเด็นการเรียนรู้,ตำบล,อำเภอ,จังหวัด,ปีที่คัดเลือก,วิทยากร\n"
        "N-01,ตำบลแม่ทะ,ตำบลนำร่อง,กองทุนสวัสดิการแม่ทะ,การเชื่อมสวัสดิการ,แม่ทะ,แม่ทะ,ลำปาง,2550,นายก\n"
        "N-02,ศูนย์เรียนรู้กองทุนแม่ทะ,ศูนย์เรียนรู้กองทุน,,,แม่ทะ,แม่ทะ,ลำปาง,2551,นายข\n"
        "N-03,ไม่บอกประเภท,,,,แม่ทะ,แม่ทะ,ลำปาง,2551,นายค\n",
    )
    assert run.column("site_type") == ["pilot", "fund_learning_centre"] and run.column("fiscal_year") == [
        2007,
        2008,
    ]
    assert run.rejected == {4: "required_blank"} and run.column("host_name") == ["กองทุนสวัสดิการแม่ทะ", None]


def test_pilots_export(conformed: Conform) -> None:
    run = conformed(
        "codi/pilots",
        "site_code,site_name,site_type,site_status,tambon_code,fiscal_year,latitude,longitude,learners_persons\nP1,ก,pilot,active,520701,2007,99.5,18.1,5\n",
    )
    assert (run.column("latitude"), run.column("longitude")) == ([18.1], [99.5])


def bundled(feed: str) -> tuple[bytes, str]:
    contract = load_contracts(AGENCIES)[feed]
    (source,) = contract.sources
    assert source.kind == "bundled"
    path = AGENCIES / contract.agency_code / source.path
    return path.read_bytes(), path.stem


def test_the_bundled_forums(conformed: Conform) -> None:
    content, name = bundled("codi/forums")
    run = conformed("codi/forums", content, name)
    assert run.report.rows_conformed == 15 and not run.rejected and not run.told
    days = {
        row[0]: row[1:]
        for row in run.rows.unique("event_code")
        .select("event_code", "region", "starts_on", "ends_on")
        .iter_rows()
    }
    assert days == {
        "FORUM-2007-SOUTH": ("south", date(2007, 1, 30), date(2007, 1, 31)),
        "FORUM-2007-NORTHEAST": ("northeast", date(2007, 2, 8), date(2007, 2, 9)),
        "FORUM-2007-NORTH": ("north", date(2007, 2, 28), date(2007, 3, 1)),
        "FORUM-2007-BANGKOK": ("bangkok_vicinity", date(2007, 3, 4), date(2007, 3, 5)),
        "FORUM-2007-WEST": ("west", date(2007, 3, 8), date(2007, 3, 9)),
        "FORUM-2007-EAST": ("east", date(2007, 3, 12), date(2007, 3, 13)),
        "FORUM-2007-CENTRAL": ("central_upper", date(2007, 3, 19), date(2007, 3, 20)),
        "FORUM-2007-NATIONAL": (None, date(2007, 3, 29), date(2007, 3, 29)),
    }
    invited = run.rows.filter(pl.col("event_type") == "national_forum")
    assert set(invited["participant_code"]) == {"nvf", "cdd", "fpo", "nesdc", "msdhs", "doae", "nfe", "cult"}
    assert set(invited["participant_role"]) == {"invited"} and set(run.column("fiscal_year")) == {2007}
    # What is not known is not made up.
    assert run.rows["venue"].null_count() == 15 == run.rows["participants_persons"].null_count()


def test_forums_in_an_offices_own_words(conformed: Conform) -> None:
    run = conformed(
        "codi/forums",
        "ที่,ชื่อเวที,ระดับเวที,ภาค,วันที่เริ่ม,วันที่สิ้นสุด,สถานที่จัด,หน่วยงานที่เข้าร่วม,บทบาท,จำนวนผู้เข้าร่วม (คน)\n"
        "1,เวทีภาคใต้,เวทีภาค,ภาคใต้,30 ม.ค. 50,31/01/2550,โรงแรมก,เครือข่ายสงขลา,เครือข่าย,25\n"
        "2,เวทีภาคใต้,เวทีภาค,ภาคใต้,30 ม.ค. 50,31/01/2550,โรงแรมก,พอช.,เจ้าภาพ,10\n",
    )
    assert run.column("region") == ["south", "south"] and run.column("participant_role") == [
        "network",
        "host",
    ]
    assert run.column("event_code") == ["เวทีภาคใต้ / 2007-01-30"] * 2 and run.column("starts_on")[0] == date(
        2007, 1, 30
    )
    assert run.column("fiscal_year") == [2007, 2007] and run.column("participants_persons") == [25, 10]


def test_the_bundled_totals_and_parts_that_do_not_add_up(conformed: Conform) -> None:
    content, name = bundled("plan/published_totals")
    run = conformed("plan/published_totals", content, name)
    assert run.report.rows_conformed == 37 and not run.rejected and not run.told
    value = dict(run.rows.select("total_code", "published_value").iter_rows())
    assert value["CODI-2013-08-MONEY"] == 4_259_640_000 and value["CODI-2020-01-MONEY"] == 15_987_000_000
    parts = dict(
        run.rows.filter(pl.col("part_of").is_not_null())
        .group_by("part_of")
        .agg(pl.col("published_value").sum())
        .iter_rows()
    )
    # Announced as they stand: three of the five wholes are not the sum of their parts.
    assert {code: (round(total), round(value[code])) for code, total in parts.items()} == {
        "CODI-2013-08-MEMBERS": (3_933_383, 3_960_074),
        "CODI-2013-08-MONEY": (4_302_840_000, 4_259_640_000),
        "MOTHER-FUND-2025-NBL": (5_655_778, 5_655_112),
        "NVF-2023-03-FUNDS": (79_610, 79_610),
        "CULT-2020-07-UNIONS": (1_181, 1_181),
    }
    assert set(run.rows["part_of"].drop_nulls()) <= set(value)
    lampang = run.rows.filter(pl.col("reported_province") == "ลำปาง")
    assert lampang["area_level"].to_list() == ["province"] * 2 and lampang["published_value"].to_list() == [
        99,
        156_144,
    ]
    # 79,604 of March 2021 lies in fiscal 2021, the women's fund of December 2023 in fiscal 2024.
    years = dict(run.rows.select("total_code", "fiscal_year").iter_rows())
    assert (years["NVF-2021-03-FUNDS"], years["CDD-2023-12-WOMEN"]) == (2021, 2024)
    assert run.rows["source"].null_count() == 0


def test_totals_in_an_offices_own_words(conformed: Conform) -> None:
    """The whole country is an area like another here, not a total row."""
    run = conformed(
        "plan/published_totals",
        "ลำดับ,ตัวชี้วัด,ประเภทกองทุน,ระดับพื้นที่,พื้นที่,จังหวัด,ข้อมูล ณ วันที่,ค่า,แหล่งที่มา\n"
        '1,จำนวนกองทุน,กองทุนหมู่บ้าน,ประเทศ,ทั่วประเทศ,,31 มี.ค. 2566,"79,610",ข่าวทำเนียบรัฐบาล\n'
        '2,จำนวนสมาชิก,กองทุนสวัสดิการชุมชน,จังหวัด,จังหวัดลำปาง,ลำปาง,31 ส.ค. 2567,"156,144",พอช.\n'
        "ที่มา : รวบรวมจากข่าว,,,,,,,,\n",
    )
    assert run.column("area_name") == ["ทั่วประเทศ", "จังหวัดลำปาง"] and run.column("fiscal_year") == [2023, 2024]
    assert run.column("measure_code") == ["funds_known", "members_persons"] and run.rejected == {
        4: "note_row"
    }
    assert (
        run.column("total_code")[0] == "funds_known / village_fund / country / ทั่วประเทศ / 2023-03-31 / 2023"
    )
