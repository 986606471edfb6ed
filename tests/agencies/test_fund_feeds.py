"""Fund reports: each office's file in two shapes, one Thai form with its quirks and one export, with answers worked by hand."""
# ruff: noqa: E501 (rows of a file read better whole)

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

Conform = Callable[..., Any]


def test_community_institutions_of_a_branch(conformed: Conform) -> None:
    """A workbook in ล้านบาท with a title, two merged header rows, a total and a signature."""
    run = conformed(
        "nvf/community_institutions",
        [
            ["ทะเบียนสถาบันการเงินชุมชน ปีงบประมาณ 2566 สาขาเขต 4"],
            ["ที่", "ชื่อสถาบันการเงินชุมชน", "ที่ตั้ง", None, None, "กองทุนที่เข้าร่วม (กองทุน)", "จำนวนสมาชิก", None, None, "เงินฝาก (ล้านบาท)", "ประธาน"],
            [None, None, "ตำบล", "อำเภอ", "จังหวัด", None, "ชาย", "หญิง", "รวม", None, None],
            [1, "สถาบันการเงินชุมชนตำบลท่าทราย", "ท่าทราย", "เมือง", "สมุทรสาคร", 7, 400, 600, "1,000", 12.5, "นายสมมติ หนึ่ง"],
            [2, "สถาบันการเงินชุมชนบ้านโคก", "โคกขาม", "เมือง", "สมุทรสาคร", 3, "๕๐", 70, 120, "-", "นางสมมติ สอง"],
            [None, "รวมทั้งสิ้น", None, None, None, 10, 450, 670, 1120, 12.5, None],
            ["ลงชื่อ ........................ ผู้รายงาน"],
        ],
        "สถาบันการเงิน",
        merges=("C2:E2", "G2:I2"),
    )  # fmt: skip
    assert run.column("fiscal_year") == [2023, 2023] and run.column("fund_code") == [None, None]
    assert run.column("member_funds") == [7, 3] and run.column("members_persons") == [1000, 120]
    assert run.column("members_male_persons") == [400, 50] and run.column("deposits_thb") == [
        12_500_000,
        None,
    ]
    assert run.column("programme_code") == ["community_institution"] * 2
    assert run.rejected == {6: "total_row", 7: "signature_row"}
    assert run.report.personal_dropped == ["ประธาน"]
    assert {(t.measure, t.printed, t.summed) for t in run.report.totals_in_file} >= {("member_funds", 10, 10)}


def test_community_institutions_from_the_system(conformed: Conform) -> None:
    run = conformed(
        "nvf/community_institutions",
        "institution_code,institution_name,branch,status,tambon_code,fiscal_year,member_funds,members,account1,savings_thb,loans_outstanding_thb,loans_overdue_thb,grade,accounts_filed,phone\n"
        "1234567,ธนาคารชุมชนก,4,ปกติ,740104,2566,5,300,1000000,500000,900000,36000,A,ü,0812345678\n",
    )
    row = run.rows.row(0, named=True)
    assert (row["fund_code"], row["fund_status"], row["reported_code6"], row["grade"]) == (
        "1234567",
        "active",
        "740104",
        "A",
    )
    assert (row["government_capital_thb"], row["savings_thb"], row["loans_overdue_thb"]) == (
        1_000_000,
        500_000,
        36_000,
    )
    assert row["accounts_filed"] is True and row["fiscal_year"] == 2023


def test_poverty_funds_of_a_province(conformed: Conform) -> None:
    """No fund code and no year column: the village is the fund, the year stands in the title."""
    run = conformed(
        "cdd/poverty_funds",
        [
            ["แบบรายงานโครงการแก้ไขปัญหาความยากจน (กข.คจ.) ประจำปีงบประมาณ พ.ศ. ๒๕๖๗"],
            ["จังหวัดเลย"],
            ["ลำดับที่", "บ้าน", "หมู่ที่", "ตำบล", "อำเภอ", "จังหวัด", "ปีที่ได้รับงบประมาณ", "จำนวนครัวเรือน", None, "เงินทุน (บาท)", None, "ระดับการพัฒนา", "หมายเหตุ"],
            [None, None, None, None, None, None, None, "เป้าหมาย", "ที่ยืม", "ปัจจุบัน", "เงินยืม", None, None],
            [1, "นาอ้อ", "หมู่ที่ 3", "ต.นาอ้อ", "อ.เมืองเลย", "เลย", "2536", 40, 28, "280,000.00", "196,000", "ดี", None],
            [2, "โพน", 4, "ต.นาอ้อ", "อ.เมืองเลย", "เลย", "2541/42", 35, 0, "281,500", " - ", 2, "พักชำระ"],
            ["รวม", None, None, None, None, None, None, 75, 28, "561,500", "196,000", None, None],
        ],
        "รายงาน กข.คจ.",
        merges=("H3:I3", "J3:K3"),
    )  # fmt: skip
    assert run.column("fiscal_year") == [2024, 2024] and run.column("moo") == [3, 4]
    assert run.column("received_year") == [1993, 1998]
    assert run.column("target_households") == [40, 35] and run.column("borrowing_households") == [28, 0]
    assert run.column("capital_thb") == [280_000, 281_500] and run.column("loans_outstanding_thb") == [
        196_000,
        None,
    ]
    assert run.column("fund_level") == ["3", "2"] and run.column("fund_name") == ["นาอ้อ", "โพน"]
    assert run.rejected == {7: "total_row"} and (6, "received_year", "year_span") in run.told


def test_poverty_funds_by_village_code(conformed: Conform) -> None:
    """The system's export: a village code of eight digits in place of tambon and village number, in cp874."""
    run = conformed(
        "cdd/poverty_funds",
        (
            "ปี,รหัสหมู่บ้าน,ชื่อหมู่บ้าน,ครัวเรือนยากจน,ครัวเรือนผู้ยืม,fund_now,lent,เงินยืมเกินกำหนด\n"
            "2567,42010103,นาอ้อ,40,28,280000,196000,1000\n"
            "2567,42010104,โพน,35,30,280000,240000,0\n"
        ).encode("cp874"),
    )
    assert run.column("reported_code6") == ["420101", "420101"] and run.column("moo") == [3, 4]
    assert run.column("loans_overdue_thb") == [1000, 0] and run.column("loans_outstanding_thb") == [
        196_000,
        240_000,
    ]


def test_women_funds_without_a_code(conformed: Conform) -> None:
    """The tambon is the fund; the share of overdue debt beside its amount is ignored; a province row is no fund."""
    run = conformed(
        "cdd/women_funds",
        [
            ["ผลการดำเนินงานกองทุนพัฒนาบทบาทสตรี ปีงบประมาณ 2566"],
            ["จังหวัด", "อำเภอ", "ตำบล", "จำนวนสมาชิก", None, "เงินกู้ (บาท)", None, None, None],
            [None, None, None, "ประเภทบุคคล (คน)", "ประเภทองค์กร (องค์กร)", "ให้กู้", "ชำระคืน", "เกินกำหนด", "เกินกำหนด (ร้อยละ)"],
            ["น่าน", "เวียงสา", "กลางเวียง", "2,150", 12, "1,500,000", "1,200,000", "45,000", "3.00"],
            ["น่าน", "เวียงสา", "ขึ่ง", 980, 4, 300000, 300000, "-", "-"],
            ["น่าน", "รวมอำเภอเวียงสา", None, 3130, 16, 1800000, 1500000, 45000, 2.5],
        ],
        "กทบส",
        merges=("D2:E2", "F2:I2"),
    )  # fmt: skip
    assert run.column("members_individual_persons") == [2150, 980] and run.column("member_organisations") == [
        12,
        4,
    ]
    assert run.column("loans_granted_thb") == [1_500_000, 300_000] and run.column("loans_repaid_thb") == [
        1_200_000,
        300_000,
    ]
    assert run.column("loans_overdue_thb") == [45_000, None] and run.column("reported_tambon") == [
        "กลางเวียง",
        "ขึ่ง",
    ]
    assert run.rejected == {6: "total_row"}


def test_women_funds_with_a_code(conformed: Conform) -> None:
    run = conformed(
        "cdd/women_funds",
        "fund_code,tambon_code,fiscal_year,members_persons,individual_members,member_organisations,lent,repaid,overdue\n"
        "W550701,550701,2023,2162,2150,12,1500000,1200000,45000\n",
    )
    row = run.rows.row(0, named=True)
    assert (row["fund_code"], row["fiscal_year"], row["members_persons"]) == ("W550701", 2023, 2162)
    assert (row["loans_granted_thb"], row["loans_repaid_thb"], row["loans_overdue_thb"]) == (
        1_500_000,
        1_200_000,
        45_000,
    )


def test_welfare_funds_with_benefits_by_kind(conformed: Conform) -> None:
    run = conformed(
        "codi/welfare_funds",
        [
            ["ข้อมูลกองทุนสวัสดิการชุมชน ปี 2566", None, None, None, None, "หน่วย : บาท"],
            ["รหัสกองทุน", "ชื่อกองทุนสวัสดิการชุมชน", "ตำบล/เทศบาล", "จังหวัด", "จำนวนสมาชิก", None, None, "การจ่ายสวัสดิการ", None, None, None],
            [None, None, None, None, "รวม", "เด็ก/เยาวชน", "ผู้สูงอายุ", "เกิด", "เสียชีวิต", "ผู้สูงอายุ", "รวม"],
            ["W-001", "กองทุนสวัสดิการตำบลแม่ทะ", "แม่ทะ", "ลำปาง", 1500, 200, 400, 5000, "120,000", 30000, 155000],
        ],
        "สวัสดิการ",
        merges=("E2:G2", "H2:K2"),
    )  # fmt: skip
    row = run.rows.row(0, named=True)
    assert (row["members_persons"], row["members_child_persons"], row["members_elderly_persons"]) == (
        1500,
        200,
        400,
    )
    assert (
        row["welfare_paid_birth_thb"],
        row["welfare_paid_death_thb"],
        row["welfare_paid_elderly_thb"],
    ) == (5000, 120_000, 30_000)
    assert row["welfare_paid_thb"] == 155_000 == 5000 + 120_000 + 30_000


def test_finance_organisations_and_their_kinds(conformed: Conform) -> None:
    """The kind decides the programme; what is blank or unknown is another kind, and the unknown word is told."""
    run = conformed(
        "codi/finance_organisations",
        "รหัสองค์กร,ชื่อองค์กรการเงิน,ประเภทองค์กร,เครือข่าย,ตำบล,อำเภอ,จังหวัด,ปีงบประมาณ,จำนวนสมาชิก (คน),เงินออม (พันบาท),ลูกหนี้เงินกู้ (พันบาท),ผู้ประสานงาน\n"
        "K1,กลุ่มออมทรัพย์บ้านหนอง,กลุ่มออมทรัพย์,เครือข่ายภาคใต้,คลองแห,หาดใหญ่,สงขลา,2566,120,1500.5,900,นางก\n"
        "K2,สัจจะวันละบาท,[2]กลุ่มสัจจะ,,คลองแห,หาดใหญ่,สงขลา,2566,80,20,10,นายข\n"
        "K3,ธนาคารหมู่บ้านนา,ธนาคารหมู่บ้าน,,คลองแห,หาดใหญ่,สงขลา,2566,60,30,5,นายค\n"
        "K4,กลุ่มเครดิตยูเนี่ยนควน,เครดิตยูเนี่ยน,,คลองแห,หาดใหญ่,สงขลา,2566,50,30,5,นายง\n"
        "K5,กลุ่มฌาปนกิจ,ฌาปนกิจ,,คลองแห,หาดใหญ่,สงขลา,2566,40,30,5,นายจ\n"
        "K6,กลุ่มไม่บอก,,,คลองแห,หาดใหญ่,สงขลา,2566,40,30,5,นายฉ\n",
    )
    assert run.column("programme_code") == [
        "savings_group", "satja_group", "village_bank", "credit_union", "other_finance", "other_finance",
    ]  # fmt: skip
    assert run.column("savings_thb")[0] == 1_500_500 and run.column("network")[0] == "เครือข่ายภาคใต้"
    assert run.told == {(6, "programme_code", "unknown_label")}


def test_finance_organisations_without_kinds(conformed: Conform) -> None:
    run = conformed(
        "codi/finance_organisations",
        "org_name,subdistrict,district,province,year,members,savings\nกลุ่มก,คลองแห,หาดใหญ่,สงขลา,2023,10,100\n",
    )
    assert run.column("programme_code") == ["other_finance"] and run.column("fund_code") == [None]


def test_satja_groups_of_a_network(conformed: Conform) -> None:
    run = conformed(
        "satja/groups",
        [
            ["เครือข่ายสัจจะสะสมทรัพย์จังหวัดจันทบุรี ข้อมูล ณ 30 กันยายน 2566"],
            ["ที่", "ชื่อกลุ่มสัจจะ", "ตำบล", "อำเภอ", "จังหวัด", "ปีที่ก่อตั้ง", "สมาชิก", "เงินสัจจะสะสมทรัพย์ (ล้านบาท)", "กองทุนสวัสดิการ (ล้านบาท)", "เงินกู้คงเหลือ (ล้านบาท)", "เหรัญญิก", "เบอร์โทร"],
            [1, "กลุ่มสัจจะวัดไผ่ล้อม", "จันทนิมิต", "เมือง", "จันทบุรี", 2538, 1250, 42.75, 3.1, 40, "นางสาวก", "039-123456"],
            [2, "กลุ่มสัจจะบ้านหนองบัว", "หนองบัว", "เมือง", "จันทบุรี", "พ.ศ. 2540", 310, 8.2, 0.45, 7.9, "นางข", "-"],
        ],
    )  # fmt: skip
    assert run.column("savings_thb") == [42_750_000, 8_200_000] and run.column("welfare_fund_thb") == [
        3_100_000,
        450_000,
    ]
    assert run.column("founded_on") == [date(1995, 1, 1), date(1997, 1, 1)] and run.column("fiscal_year") == [
        2023,
        2023,
    ]
    assert {one for one in run.told if one[1] == "founded_on"} == {
        (3, "founded_on", "year_alone"),
        (4, "founded_on", "year_alone"),
    }
    assert run.report.personal_dropped == ["เหรัญญิก", "เบอร์โทร"]


def test_satja_groups_in_another_form(conformed: Conform) -> None:
    run = conformed(
        "satja/groups",
        "รหัสกลุ่ม;ชื่อกลุ่มสัจจะสะสมทรัพย์;เครือข่าย;ม.;ต.;อ.;จ.;ปี พ.ศ.;จำนวนสมาชิก ชาย;จำนวนสมาชิก หญิง;จำนวนสมาชิกทั้งหมด;ยอดเงินสัจจะ;จ่ายสวัสดิการ;หนี้ค้างชำระ\n"
        "จบ-001;สัจจะพัฒนา;คิชฌกูฏ;2;ชากไทย;เขาคิชฌกูฏ;จันทบุรี;2566;40;60;100;1,000,000;20,000;0\n",
    )
    row = run.rows.row(0, named=True)
    assert (row["fund_code"], row["moo"], row["members_persons"], row["savings_thb"]) == (
        "จบ-001",
        2,
        100,
        1_000_000,
    )
    assert (row["welfare_paid_thb"], row["loans_overdue_thb"], row["programme_code"]) == (
        20_000,
        0,
        "satja_group",
    )


CULT = "เลขทะเบียนสหกรณ์,เลขทะเบียนนิติบุคคล,ชื่อสหกรณ์/กลุ่ม,ประเภทสมาชิก,ตำบล,อำเภอ,จังหวัด,ปีบัญชี,วันสิ้นปีบัญชี,สมาชิก,ทุนเรือนหุ้น,เงินรับฝาก,เงินให้กู้ยืม,หนี้ผิดนัด,สินทรัพย์รวม,ผู้สอบบัญชี\n"


def test_credit_unions_by_their_own_year_ends(conformed: Conform) -> None:
    """31 December 2566 lies in fiscal 2567; a day without a year takes the union's year; a blank one leaves the year column."""
    run = conformed(
        "cult/credit_unions",
        CULT
        + 'กพธ 12/2540,0994000123456,สหกรณ์เครดิตยูเนี่ยนก จำกัด,สหกรณ์,บางซื่อ,บางซื่อ,กรุงเทพมหานคร,2566,31/12/2566,500,"1,000,000",200000,900000,9000,1300000,นางสาวเอ\n'
        + ",,กลุ่มเครดิตยูเนี่ยนข,เตรียมสหกรณ์,ดอนตูม,บางเลน,นครปฐม,2566,30 ก.ย. 66,80,100000,-,70000,0,105000,นายบี\n"
        + ",,กลุ่มเครดิตยูเนี่ยนค,เตรียมสหกรณ์,ดอนตูม,บางเลน,นครปฐม,2566,31 ธันวาคม,60,100000,-,70000,0,105000,นายซี\n"
        + ",,กลุ่มเครดิตยูเนี่ยนง,เตรียมสหกรณ์,ดอนตูม,บางเลน,นครปฐม,2566,,60,100000,-,70000,0,105000,นายดี\n",
    )
    assert run.column("fiscal_year") == [2024, 2023, 2024, 2023]
    assert run.column("financial_year_end") == [
        date(2023, 12, 31),
        date(2023, 9, 30),
        date(2023, 12, 31),
        None,
    ]
    assert run.column("fund_type") == ["registered_cooperative", *["pre_cooperative"] * 3]
    # Without a code column the registration number is the code.
    assert run.column("fund_code") == ["กพธ12/2540", None, None, None] == run.column("registration_number")
    assert (
        run.column("juristic_number")[0] == "0994000123456"
        and run.column("share_capital_thb")[0] == 1_000_000
    )
    assert run.column("assets_thb")[1] == 105_000 and run.column("loans_overdue_thb")[0] == 9000


def test_credit_unions_in_the_yearly_report(conformed: Conform) -> None:
    run = conformed(
        "cult/credit_unions",
        [
            ["ข้อมูลสมาชิกชุมนุมสหกรณ์เครดิตยูเนี่ยน (หน่วย: ล้านบาท)"],
            [
                "รหัสสมาชิก",
                "ชื่อเครดิตยูเนี่ยน",
                "จังหวัด",
                "สิ้นปีบัญชี",
                "จำนวนสมาชิก (คน)",
                "หุ้น",
                "เงินฝาก",
                "ลูกหนี้",
                "สินทรัพย์",
            ],
            ["0012", "เครดิตยูเนี่ยนห้วยขวาง", "กทม.", "31 มี.ค. 2566", 1234, 55.5, 20, 60.25, 80],
        ],
        "cult",
    )
    row = run.rows.row(0, named=True)
    assert (row["fund_code"], row["fiscal_year"], row["share_capital_thb"]) == ("0012", 2023, 55_500_000)
    assert (row["loans_outstanding_thb"], row["members_persons"]) == (60_250_000, 1234)


def test_a_closing_date_that_cannot_be_is_rejected(conformed: Conform) -> None:
    run = conformed(
        "cult/credit_unions",
        "ชื่อสหกรณ์,จังหวัด,วันสิ้นปีบัญชี,สมาชิก\nก,แพร่,31/12/2566,10\nข,แพร่,31/02/2566,10\nค,แพร่,,10\n",
    )
    assert run.column("fiscal_year") == [2024] and run.rejected == {3: "unreadable_year", 4: "no_year"}


def test_peoples_finance(conformed: Conform) -> None:
    run = conformed(
        "fpo/peoples_finance",
        "ลำดับ,ชื่อสถาบัน/องค์กร,เลขทะเบียนตาม พ.ร.บ.,ประเภทองค์กร,ตำบล,อำเภอ,จังหวัด,ข้อมูล ณ วันที่,จำนวนสมาชิก,ทุนดำเนินงาน\n"
        "1,สถาบันการเงินประชาชนก,สกป.001/2563,สถาบันการเงินประชาชน,แม่ปะ,แม่สอด,ตาก,31 ต.ค. 2565,900,5000000\n"
        "2,กลุ่มออมทรัพย์ข,-,กลุ่มออมทรัพย์,แม่ปะ,แม่สอด,ตาก,31 ต.ค. 2565,90,300000\n",
    )
    # 31 October 2565 lies in fiscal 2566.
    assert run.column("fiscal_year") == [2023, 2023] and run.column("fund_type") == [
        "act_registered",
        "known",
    ]
    assert run.column("registration_number") == ["สกป.001/2563", None] and run.column("capital_thb") == [
        5_000_000,
        300_000,
    ]


def test_peoples_finance_export(conformed: Conform) -> None:
    run = conformed(
        "fpo/peoples_finance",
        "fund_code,fund_name,registration_number,network,tambon,amphoe,province,fiscal_year,members_persons,capital_thb\n"
        "P1,ก,,,แม่ปะ,แม่สอด,ตาก,2566,10,100\n",
    )
    assert run.column("fund_code") == ["P1"] and run.column("programme_code") == ["peoples_finance"]


def test_community_enterprises(conformed: Conform) -> None:
    run = conformed(
        "doae/community_enterprises",
        "รหัสทะเบียน,ชื่อวิสาหกิจชุมชน,ประเภท,ที่อยู่,หมู่ที่,ตำบล,อำเภอ,จังหวัด,วันที่จดทะเบียน,สถานะ,ผลิตภัณฑ์,ระดับศักยภาพ,สมาชิก (ราย),ทุนหมุนเวียน (บาท),ปีงบประมาณ\n"
        '6-50-01-01/1-0001,วิสาหกิจชุมชนกล้วยตาก,วิสาหกิจชุมชน,99 บ้านก,1,ศรีภูมิ,เมืองเชียงใหม่,เชียงใหม่,12 พ.ค. 64,ดำเนินการ,กล้วยตาก,ดี,15,"54,000.00",2565\n'
        "6-50-01-01/2-0002,เครือข่ายกล้วย,เครือข่ายวิสาหกิจชุมชน,1,2,ศรีภูมิ,เมืองเชียงใหม่,เชียงใหม่,31/01/2560,เพิกถอน,,ปรับปรุง,7,-,2565\n"
        "6-50-01-01/3-0003,กลุ่มเกษตรกรทำนา,กลุ่มเกษตรกร,1,2,ศรีภูมิ,เมืองเชียงใหม่,เชียงใหม่,,ยกเลิก,ข้าว,2,30,1000,2565\n",
    )
    assert run.column("programme_code") == ["community_enterprise", "community_enterprise", "farmer_group"]
    assert run.column("fund_status") == ["active", "closed", "closed"] and run.column("fund_level") == [
        "3",
        "1",
        "2",
    ]
    assert run.column("capital_thb") == [54_000, None, 1000] and run.column("founded_on")[0] == date(
        2021, 5, 12
    )
    assert run.column("product") == ["กล้วยตาก", None, "ข้าว"] and "ที่อยู่" in run.report.personal_dropped


def test_community_enterprises_of_a_province(conformed: Conform) -> None:
    """Known by their registration number alone; the year is in the title's date, the kind is not told."""
    run = conformed(
        "doae/community_enterprises",
        [
            ["ทะเบียนวิสาหกิจชุมชน จังหวัดพะเยา ปีงบประมาณ 2565"],
            ["ลำดับที่", "เลขที่ทะเบียน", "ชื่อวิสาหกิจ", "ตำบล", "อำเภอ", "จังหวัด", "จำนวนสมาชิก", "สถานะทะเบียน"],
            [1, "6560101/1", "ผ้าทอ", "แม่ต๋ำ", "เมืองพะเยา", "พะเยา", 21, "คงอยู่"],
        ],
        "วสช",
    )
    assert run.column("fund_code") == ["6560101/1"] and run.column("programme_code") == [
        "community_enterprise"
    ]
    assert run.column("fiscal_year") == [2022] and run.column("fund_status") == ["active"]


@pytest.mark.parametrize(
    ("feed", "header"),
    [
        ("nvf/village_funds", "รหัส กองทุน,ชื่อกองทุนหมู่บ้านและชุมชนเมือง,รหัสตำบล,จำนวน สมาชิก (ราย),บัญชี 2 เงินสัจจะ (บาท),ประจำปี"),
        ("cdd/savings_groups", "เลขที่กลุ่ม,กลุ่มออมทรัพย์,รหัสตำบล,สมาชิกรวม,เงินออมสะสม,ปีที่รายงาน"),
        ("codi/welfare_funds", "รหัสกองทุนสวัสดิการชุมชน,กองทุนสวัสดิการชุมชน,รหัสพื้นที่,สมาชิก รวม,จำนวนเงินสมทบจากสมาชิก,ข้อมูลปี"),
    ],
)  # fmt: skip
def test_the_first_three_feeds_take_more_wordings(conformed: Conform, feed: str, header: str) -> None:
    run = conformed(feed, f"{header}\n12,ก,740104,100,5000,2566\n")
    assert run.report.rows_conformed == 1 and len(run.report.headers_matched) == 6
    assert run.column("members_persons") == [100] and run.column("fiscal_year") == [2023]


@pytest.mark.parametrize("people", ["ประธานกลุ่ม,เบอร์มือถือ,เลขบัตรประชาชน,Line ID,เลขที่บัญชีธนาคาร,อีเมล,ผู้ทำบัญชี,ที่อยู่"])
@pytest.mark.parametrize(
    "feed",
    ["nvf/village_funds", "nvf/community_institutions", "cdd/savings_groups", "cdd/poverty_funds", "cdd/women_funds", "codi/welfare_funds",
     "codi/finance_organisations", "satja/groups", "cult/credit_unions", "fpo/peoples_finance", "doae/community_enterprises"],
)  # fmt: skip
def test_nothing_of_a_person_leaves_the_door(conformed: Conform, feed: str, people: str) -> None:
    cells = "นายสมชาย ใจดี,081-234-5678,1-1017-00230-70-8,somchai99,123-4-56789-0,a@b.th,นางบัญชี ดีงาม,99/1 หมู่ 3"
    run = conformed(
        feed,
        f"fund_code,fund_name,tambon_code,tambon,amphoe,province,fiscal_year,{people}\n"
        f"1,กลุ่มก,740104,ท่าทราย,เมือง,สมุทรสาคร,2566,{cells}\n"
        f",,,,,,2566,{cells}\n",
    )
    assert set(run.report.personal_dropped) == set(people.split(","))
    told = "".join(path.read_bytes().decode("latin-1") for path in run.report.conformed_path.parent.iterdir())
    frames = run.rows.write_csv()
    frames += (
        pl.read_parquet(run.report.rejected_path).write_csv()
        + pl.read_parquet(run.report.cells_path).write_csv()
    )
    for secret in cells.split(","):
        assert secret not in frames and secret not in told


def test_memberships_of_women_funds_are_added_up_where_the_file_gives_no_sum(
    conformed: Conform,
) -> None:
    """The file's own sum stands; without one individuals and organisations count together; without individuals nothing is known."""
    found = conformed(
        "cdd/women_funds",
        "ปีงบประมาณ,ตำบล,อำเภอ,จังหวัด,สมาชิกทั้งหมด,สมาชิกบุคคลธรรมดา,สมาชิกองค์กร\n"
        "2566,ในเวียง,เมืองน่าน,น่าน,2110,2100,10\n"
        "2566,บ่อ,เมืองน่าน,น่าน,,1500,4\n"
        "2566,ผาสิงห์,เมืองน่าน,น่าน,,900,\n"
        "2566,ไชยสถาน,เมืองน่าน,น่าน,,,7\n",
    )
    assert found.column("members_persons") == [2110, 1504, 900, None]
    assert found.column("members_individual_persons") == [2100, 1500, 900, None]
