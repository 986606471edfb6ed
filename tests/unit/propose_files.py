"""Files that no contract was written for, with what a person would say of each column. Names and figures are invented; places are real."""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import polars as pl
import xlsxwriter

from ingest.reference.gazetteer import gazetteer_tables
from ingest.reference.seeds import load_seeds

PERSONAL, IGNORED = "@personal", "@ignored"
Rows = list[list[str]]
GIVEN = ("สมชาย", "มาลี", "ประยูร", "สุดา", "วิชัย", "บุญมี")
FAMILY = ("ใจดี", "ทองคำ", "ศรีสุข", "แก้วมณี", "บุญเรือง")


@dataclass(frozen=True)
class Unseen:
    """A file: how it is written, what it is, and each header's right answer (None: no field, or a matter of taste)."""

    name: str
    write: Callable[[Path], None]
    kind: str
    answers: dict[str, str | None]


def places(count: int, province: str = "22") -> list[dict[str, str]]:
    """Tambons of one province with their names in Thai and English."""
    tables = gazetteer_tables(load_seeds())
    frame = (
        tables["tambon"]
        .filter(pl.col("is_current") & (pl.col("province_code") == province))
        .join(tables["amphoe"], on="amphoe_code", suffix="_a")
        .join(tables["province"].rename({"name_th": "p_th", "name_en": "p_en"}), on="province_code")
        .sort("tambon_code")
        .head(count)
    )
    return frame.select(
        code="tambon_code", t="name_th", t_en="name_en", a="name_th_a", a_en="name_en_a", p="p_th", p_en="p_en"
    ).to_dicts()


def citizen_number(rng: random.Random) -> str:
    """Thirteen digits with a right check digit."""
    digits = [rng.randint(1, 8)] + [rng.randint(0, 9) for _ in range(11)]
    check = (11 - sum(d * (13 - n) for n, d in enumerate(digits)) % 11) % 10
    return "".join(map(str, [*digits, check]))


def phone(rng: random.Random) -> str:
    return f"08{rng.randint(10_000_000, 99_999_999)}"


def person(rng: random.Random) -> str:
    return f"{rng.choice(['นาย', 'นาง', 'น.ส.'])}{rng.choice(GIVEN)} {rng.choice(FAMILY)}"


def thai_digits(text: str) -> str:
    return text.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))


def as_csv(rows: Rows, delimiter: str = ",", encoding: str = "utf-8") -> Callable[[Path], None]:
    def quote(cell: str) -> str:
        return f'"{cell}"' if delimiter in cell or '"' in cell else cell

    text = "\n".join(delimiter.join(map(quote, row)) for row in rows) + "\n"
    return lambda path: path.write_bytes(text.encode(encoding)) and None


def as_xlsx(rows: Rows, merges: Sequence[tuple[int, int, int, int]] = ()) -> Callable[[Path], None]:
    """`merges`: first row, first column, last row, last column; their first cell holds the text."""

    def write(path: Path) -> None:
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("ข้อมูล")
            for top, left, bottom, right in merges:
                sheet.merge_range(top, left, bottom, right, rows[top][left])
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if cell and not any(t <= i <= b and a <= j <= z for t, a, b, z in merges):
                        sheet.write(i, j, cell)

    return write


def as_ods(rows: Rows) -> Callable[[Path], None]:
    """The least that is an OpenDocument spreadsheet."""
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    body = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
            if cell
            else "<table:table-cell/>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{office}" xmlns:table="{table}" '
        f'xmlns:text="{text}" office:version="1.2"><office:body><office:spreadsheet><table:table table:name="Sheet1">'
        f"{body}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/><manifest:file-entry '
        'manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", content)
            archive.writestr("META-INF/manifest.xml", manifest)

    return write


def english() -> Unseen:
    """Semicolons, English wording, CE years and dates, thousands separators."""
    rng = random.Random(1)
    answers = {
        "Seq.": IGNORED, "Group ID": "fund_code", "Name of group": "fund_name", "Sub-district": "tambon", "District": "amphoe",
        "Province": "province", "FY": "fiscal_year", "Date established": "founded_on", "Members (persons)": "members_persons",
        "of which men": "members_male_persons", "of which women": "members_female_persons", "Savings balance (THB)": "savings_thb",
        "Loans outstanding (THB)": "loans_outstanding_thb", "Past-due loans (THB)": "loans_overdue_thb", "Chairperson": PERSONAL,
        "Mobile no.": PERSONAL, "Remarks": IGNORED,
    }  # fmt: skip
    rows = [list(answers)]
    for n, at in enumerate(places(60), 1):
        men, women = rng.randint(20, 90), rng.randint(20, 90)
        loan = rng.randint(100_000, 900_000)
        rows.append([
            str(n), f"G{n:05d}", f"Savings group of Ban {at['t_en']} {n}", at["t_en"], at["a_en"], at["p_en"], "2024",
            f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/{rng.randint(1995, 2015)}", str(men + women), str(men), str(women),
            f"{rng.randint(100_000, 5_000_000):,}.00", f"{loan:,}", f"{loan // 20:,}", f"Mr {rng.choice(['Somchai', 'Wichai'])} Jaidee",
            phone(rng), "",
        ])  # fmt: skip
    return Unseen("groups_2024.csv", as_csv(rows, ";"), "fund_report", answers)


def abbreviations() -> Unseen:
    """Thai short forms, and a title row."""
    rng = random.Random(2)
    answers = {
        "ที่": IGNORED, "รหัสกลุ่มฯ": "fund_code", "ชื่อกลุ่มฯ": "fund_name", "ม.": "moo", "ต.": "tambon", "อ.": "amphoe", "จ.": "province",
        "ปีงบฯ": "fiscal_year", "ว/ด/ป ก่อตั้ง": "founded_on", "สมช. (คน)": "members_persons", "เงินสัจจะ (บ.)": "savings_thb",
        "ทุนสำรองฯ": "reserve_thb", "หนี้เกินกำหนดฯ": "loans_overdue_thb", "ชื่อ ปธ.": PERSONAL, "โทร.": PERSONAL,
    }  # fmt: skip
    rows = [["ทะเบียนกลุ่มออมทรัพย์เพื่อการผลิต"] + [""] * 14, list(answers)]
    for n, at in enumerate(places(50), 1):
        rows.append([
            str(n), f"ก{n:04d}", f"กลุ่มออมทรัพย์บ้าน{at['t']}", str(rng.randint(1, 12)), f"ต.{at['t']}", f"อ.{at['a']}", at["p"], "67",
            f"{rng.randint(1, 28)} {rng.choice(['ม.ค.', 'พ.ค.', 'ธ.ค.'])} {rng.randint(30, 60)}", str(rng.randint(30, 300)),
            f"{rng.randint(10_000, 900_000):,}", str(rng.randint(1_000, 90_000)), rng.choice(["-", str(rng.randint(1, 9_000))]),
            person(rng), phone(rng),
        ])  # fmt: skip
    return Unseen("ทะเบียน 2567.xlsx", as_xlsx(rows, [(0, 0, 0, 14)]), "fund_report", answers)


def records() -> Unseen:
    """JSON of a system's export."""
    rng = random.Random(3)
    answers = {
        "org_code": "fund_code", "org_name": "fund_name", "tambon_name": "tambon", "amphur_name": "amphoe", "province_name": "province",
        "budget_year": "fiscal_year", "member_total": "members_persons", "member_male": "members_male_persons",
        "member_female": "members_female_persons", "saving_amount": "savings_thb", "share_amount": "share_capital_thb",
        "loan_balance": "loans_outstanding_thb", "welfare_payment": "welfare_paid_thb", "contact_phone": PERSONAL, "email": PERSONAL,
        "status": "fund_status",
    }  # fmt: skip
    out = []
    for n, at in enumerate(places(40), 1):
        men, women = rng.randint(10, 99), rng.randint(10, 99)
        values = [
            f"{n:06d}", f"กลุ่มสัจจะสะสมทรัพย์{at['t']}", at["t"], at["a"], at["p"], 2567, men + women, men, women,
            rng.randint(10_000, 999_999), rng.randint(10_000, 99_999), rng.randint(10_000, 500_000), rng.randint(0, 20_000),
            phone(rng), f"group{n}@example.org", rng.choice(["ดำเนินการ", "ดำเนินการ", "เลิก"]),
        ]  # fmt: skip
        out.append(dict(zip(answers, values, strict=True)))
    text = json.dumps({"result": {"records": out}}, ensure_ascii=False)
    return Unseen(
        "satja.json", lambda path: path.write_text(text, encoding="utf-8") and None, "fund_report", answers
    )


def header_in_row_five() -> Unseen:
    """An ODS with four lines above, thousand baht, subtotals in words of the office's own."""
    rng = random.Random(4)
    answers = {
        "ลำดับ": IGNORED, "เลขทะเบียนกลุ่ม": None, "ชื่อสหกรณ์": "fund_name", "จังหวัดที่ตั้ง": "province", "อำเภอที่ตั้ง": "amphoe",
        "ตำบลที่ตั้ง": "tambon", "สมาชิกทั้งสิ้น": "members_persons", "ทุนเรือนหุ้น (พันบาท)": "share_capital_thb",
        "เงินรับฝากจากสมาชิก (พันบาท)": "deposits_thb", "ลูกหนี้เงินกู้คงเหลือ (พันบาท)": "loans_outstanding_thb", "สินทรัพย์ (พันบาท)": "assets_thb",
        "ผู้จัดการสหกรณ์": PERSONAL,
    }  # fmt: skip
    wide = len(answers)
    rows = [
        ["รายงานฐานะสหกรณ์เครดิตยูเนี่ยน ประจำปีงบประมาณ 2566"] + [""] * (wide - 1),
        ["ฝ่ายข้อมูล"] + [""] * (wide - 1),
        [""] * wide,
        ["หน่วย: พันบาท"] + [""] * (wide - 1),
        list(answers),
    ]
    for n, at in enumerate(places(45), 1):
        rows.append([
            str(n), f"{rng.randint(10, 99)}{n:05d}", f"สหกรณ์เครดิตยูเนี่ยน{at['t']} จำกัด", at["p"], at["a"], at["t"],
            str(rng.randint(100, 2_000)), *(f"{rng.randint(200, 90_000):,}.{rng.randint(10, 99)}" for _ in range(4)), person(rng),
        ])  # fmt: skip
        if n % 15 == 0:
            rows.append(["", "", "รวมเขตย่อย", "", "", "", "9,999", "1,000", "1,000", "1,000", "1,000", ""])
    return Unseen("cu.ods", as_ods(rows), "fund_report", answers)


def thai_numerals() -> Unseen:
    """cp874, Thai digits throughout, พ.ศ."""
    rng = random.Random(5)
    answers = {
        "รหัสกองทุนฯ": "fund_code", "นามกองทุน": "fund_name", "หมู่": "moo", "ตำบล": "tambon", "อำเภอ": "amphoe", "จังหวัด": "province",
        "พ.ศ.": "fiscal_year", "วันเดือนปีที่ตั้งกองทุน": "founded_on", "ยอดสมาชิก": "members_persons", "เงินออมรวม": "savings_thb",
        "จำนวนผู้กู้ยืม": "borrowers_persons", "ยอดหนี้ค้างชำระ": "loans_overdue_thb", "เลขประจำตัว ปชช. ประธาน": PERSONAL,
    }  # fmt: skip
    rows = [list(answers)]
    for n, at in enumerate(places(48), 1):
        rows.append([thai_digits(cell) for cell in (
            f"{n:08d}", f"กองทุนหมู่บ้าน{at['t']} หมู่ที่ {n % 9 + 1}", str(n % 9 + 1), at["t"], at["a"], at["p"], "2565",
            f"{rng.randint(1, 28)}/{rng.randint(1, 12)}/{rng.randint(2544, 2550)}", str(rng.randint(50, 200)),
            f"{rng.randint(10_000, 900_000):,}", str(rng.randint(1, 49)), str(rng.randint(0, 50_000)), citizen_number(rng),
        )])  # fmt: skip
    return Unseen("กองทุนหมู่บ้าน.csv", as_csv(rows, encoding="cp874"), "fund_report", answers)


def areas() -> Unseen:
    """A table of areas in English, with CE years."""
    rng = random.Random(6)
    answers = {
        "DOPA code": "tambon_code", "Tambon": "tambon", "Amphoe": "amphoe", "Changwat": "province", "Year": "calendar_year",
        "Men": "population_male", "Women": "population_female", "All persons": "population_total", "No. of houses": "households_total",
    }  # fmt: skip
    rows = [list(answers)]
    for at in places(70):
        men, women = rng.randint(900, 4_000), rng.randint(900, 4_000)
        rows.append(
            [at["code"], at["t_en"], at["a_en"], at["p_en"], "2023", str(men), str(women), str(men + women), str(rng.randint(400, 3_000))]
        )  # fmt: skip
    return Unseen("population.csv", as_csv(rows), "area_statistic", answers)


def bilingual() -> Unseen:
    """Two header rows that say the same, Thai above English; group labels do not stand above."""
    rng = random.Random(7)
    answers = {
        "รหัส": "fund_code", "ชื่อกองทุนสวัสดิการ": "fund_name", "ท้องที่ (ตำบล)": "tambon", "ท้องที่ (อำเภอ)": "amphoe", "จังหวัด": "province",
        "ผู้เป็นสมาชิก": "members_persons", "เด็ก": "members_child_persons", "ผู้สูงวัย": "members_elderly_persons",
        "สวัสดิการที่จ่าย (ล้านบาท)": "welfare_paid_thb", "ผู้ได้รับประโยชน์": "beneficiaries_persons", "เบอร์ผู้ประสาน": PERSONAL,
    }  # fmt: skip
    below = ["code", "fund name", "tambon", "amphoe", "province", "members", "children", "elderly", "welfare paid", "beneficiaries", "contact"]
    rows = [["กองทุนสวัสดิการชุมชน ปี 2567"] + [""] * 10, list(answers), below]
    for n, at in enumerate(places(55), 1):
        rows.append([
            f"W{n:04d}", f"กองทุนสวัสดิการชุมชนตำบล{at['t']}", at["t"], at["a"], at["p"], str(rng.randint(300, 3_000)), str(rng.randint(10, 99)),
            str(rng.randint(10, 99)), f"{rng.random():.4f}", str(rng.randint(5, 90)), phone(rng),
        ])  # fmt: skip
    return Unseen("welfare.xlsx", as_xlsx(rows, [(0, 0, 0, 10)]), "fund_report", answers)


def merged() -> Unseen:
    """Two merged header rows under a title, and a share that can be worked out."""
    rng = random.Random(8)
    top = ["ที่", "กลุ่ม", "", "สถานที่ตั้ง", "", "", "จำนวนคนในกลุ่ม", "", "", "ฐานะทางการเงิน (บาท)", "", "ร้อยละหนี้เกินกำหนด", "ประธานกรรมการ"]
    low = ["", "เลขรหัส", "นามกลุ่ม", "จังหวัด", "อำเภอ", "ตำบล", "สมาชิกชาย", "สมาชิกหญิง", "ยอดรวม", "เงินสะสม", "เงินให้กู้คงเหลือ", "", ""]
    merges = [(0, 0, 0, 12), (1, 0, 2, 0), (1, 1, 1, 2), (1, 3, 1, 5), (1, 6, 1, 8), (1, 9, 1, 10), (1, 11, 2, 11), (1, 12, 2, 12)]
    answers: dict[str, str | None] = {
        "ที่": IGNORED, "กลุ่ม เลขรหัส": "fund_code", "กลุ่ม นามกลุ่ม": "fund_name", "สถานที่ตั้ง จังหวัด": "province",
        "สถานที่ตั้ง อำเภอ": "amphoe", "สถานที่ตั้ง ตำบล": "tambon", "จำนวนคนในกลุ่ม สมาชิกชาย": "members_male_persons",
        "จำนวนคนในกลุ่ม สมาชิกหญิง": "members_female_persons", "จำนวนคนในกลุ่ม ยอดรวม": "members_persons",
        "ฐานะทางการเงิน (บาท) เงินสะสม": "savings_thb", "ฐานะทางการเงิน (บาท) เงินให้กู้คงเหลือ": "loans_outstanding_thb",
        "ร้อยละหนี้เกินกำหนด": IGNORED, "ประธานกรรมการ": PERSONAL,
    }  # fmt: skip
    rows = [["แบบรายงานกลุ่มออมทรัพย์ ปีงบประมาณ พ.ศ. 2566"] + [""] * 12, top, low]
    for n, at in enumerate(places(52), 1):
        men, women = rng.randint(10, 99), rng.randint(10, 99)
        rows.append([
            str(n), f"{n:07d}", f"กลุ่มออมทรัพย์{at['t']}", at["p"], at["a"], at["t"], str(men), str(women), str(men + women),
            str(rng.randint(10_000, 999_999)), str(rng.randint(10_000, 999_999)), f"{rng.random() * 9:.1f}", person(rng),
        ])  # fmt: skip
    return Unseen("แบบรายงาน.xlsx", as_xlsx(rows, merges), "fund_report", answers)


def hidden_persons() -> Unseen:
    """Headers that do not say that persons stand below them."""
    rng = random.Random(9)
    answers = {
        "รหัสองค์กร": "fund_code", "ชื่อองค์กร": "fund_name", "ตำบล": "tambon", "อำเภอ": "amphoe", "จังหวัด": "province", "ปี": "fiscal_year",
        "สมาชิก": "members_persons", "ข้อมูล 1": PERSONAL, "ref2": PERSONAL, "ผู้เกี่ยวข้อง": PERSONAL, "ช่องทาง": PERSONAL,
    }  # fmt: skip
    rows = [list(answers)]
    for n, at in enumerate(places(40), 1):
        rows.append([
            f"A{n:03d}", f"กลุ่ม{at['t']}พัฒนา", at["t"], at["a"], at["p"], "2566", str(rng.randint(20, 200)), citizen_number(rng),
            phone(rng), person(rng), f"a{n}@example.org",
        ])  # fmt: skip
    return Unseen("list.tsv", as_csv(rows, "\t"), "fund_report", answers)


def sites() -> Unseen:
    """A register of learning centres with coordinates."""
    rng = random.Random(10)
    answers = {
        "รหัสศูนย์ฯ": "site_code", "ชื่อศูนย์การเรียนรู้": "site_name", "ตำบล": "tambon", "อำเภอ": "amphoe", "จังหวัด": "province",
        "ปีงบประมาณ": "fiscal_year", "lat": "latitude", "lng": "longitude", "จำนวนผู้เข้ารับการเรียนรู้": "learners_persons",
        "ครูประจำศูนย์": PERSONAL, "วันเปิดดำเนินการ": "opened_on",
    }  # fmt: skip
    rows = [list(answers)]
    for n, at in enumerate(places(44), 1):
        rows.append([
            f"LC{n:04d}", f"ศูนย์เรียนรู้ตำบล{at['t']}", at["t"], at["a"], at["p"], "2567", f"{12 + rng.random():.5f}", f"{101 + rng.random():.5f}",
            str(rng.randint(5, 400)), person(rng), f"{rng.randint(1, 28)}/{rng.randint(1, 12)}/{rng.randint(2540, 2560)}",
        ])  # fmt: skip
    return Unseen("ศูนย์เรียนรู้.csv", as_csv(rows), "site", answers)


UNSEEN: tuple[Callable[[], Unseen], ...] = (
    english,
    abbreviations,
    records,
    header_in_row_five,
    thai_numerals,
    areas,
    bilingual,
    merged,
    hidden_persons,
    sites,
)
