"""What a mending list says to the officer, Thai first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ingest.mending.marker import (
    DELETE_HEADER,
    EXPECTED_HEADER,
    KEY_HEADER,
    PROBLEM_HEADER,
    ROW_HEADER,
    SHEET_HEADER,
    SUGGESTION_HEADER,
)
from release.datapackage import SYNTHETIC_EN, SYNTHETIC_TH

if TYPE_CHECKING:
    from release.mending.content import ListSheet, MendingList

TITLE: Final = "รายการแก้ไขข้อมูล · Mending list"
FIRST_SHEET: Final = "อ่านก่อน"
LOOSE_SHEET: Final = "ทั้งไฟล์"
LOOSE_TITLE: Final = (
    "ปัญหาที่ไม่ใช่ของแถวใดแถวหนึ่ง แก้ในไฟล์ของหน่วยงาน · Findings of no single row: mend these in your own file"
)
LOOSE_HEADERS: Final = ("ไฟล์ · file", "ชีต · sheet", "แถว · row", "คอลัมน์ · column", "ค่า · value", PROBLEM_HEADER, EXPECTED_HEADER,
                        SUGGESTION_HEADER)  # fmt: skip
CHOICE_TITLE: Final = "ไม่อยู่ในรายการ"
CHOICE_TEXT: Final = "คำนี้ไม่อยู่ในรายการที่ประกาศ ใช้ต่อหรือไม่ · Not one of the declared words. Keep it?"
RESERVED_WIDTHS: Final = {
    DELETE_HEADER: 9, PROBLEM_HEADER: 60, EXPECTED_HEADER: 36, SUGGESTION_HEADER: 36, SHEET_HEADER: 14, ROW_HEADER: 8,
    KEY_HEADER: 4,
}  # fmt: skip
SEVERITIES: Final = {"block": "ต้องแก้ · blocks", "warn": "ควรแก้ · warns", "info": "แจ้งให้ทราบ · info"}
_HOW: Final = (
    ("วิธีใช้", "bold"),
    ("1. แต่ละชีตคือไฟล์ที่หน่วยงานส่งมา แสดงเฉพาะแถวที่มีปัญหา ค่าเป็นไปตามที่ส่งมา", ""),
    ("2. แก้ในช่องที่ระบายสี (ช่องอื่นของแถวแก้ได้เช่นกัน) คอลัมน์สีเทาท้ายแถวบอกปัญหา ที่ควรเป็น และข้อเสนอแนะ", ""),
    ("3. แถวที่ซ้ำและไม่ควรมี ใส่ x ในคอลัมน์ “ลบแถวนี้” แถวที่ยังไม่แก้ปล่อยไว้ได้ จะยังอยู่ในรายการครั้งหน้า", ""),
    ("4. อย่าเพิ่มแถว อย่าลบหรือเปลี่ยนชื่อหัวคอลัมน์ และอย่าย้ายชีตไปสมุดงานอื่น", ""),
    ("5. บันทึก (.xlsx หรือ .ods) แล้วส่งกลับที่โฟลเดอร์ inbox/{agency}/ ชื่อไฟล์ตั้งได้ตามสะดวก รอบปรับปรุงถัดไปจะรับเฉพาะแถวที่แก้", ""),
    ("6. แก้ในระบบของหน่วยงานด้วย มิฉะนั้นไฟล์งวดหน้าจะมีค่าเดิมกลับมา", ""),
    ("", ""),
    ("How to use it", "bold"),
    ("1. A sheet is a file that you sent: the rows with something to mend, as they stood.", ""),
    ("2. Mend the coloured cells (or any other of the row). The grey columns at its end say what is wrong and expected.", ""),
    ("3. Type x under “ลบแถวนี้” for a row that should not be there. Rows you leave as they are stay on the next list.", ""),
    ("4. Do not add rows, rename or delete columns, or move sheets to another workbook.", ""),
    ("5. Save it (.xlsx or .ods) and drop it in inbox/{agency}/ under any name. The next refresh takes what was mended.", ""),
    ("6. Mend your own system too, or the next delivery brings the old values back.", ""),
)  # fmt: skip


def opening(content: MendingList) -> Iterator[tuple[str, str]]:
    """The lines above the tables of the first sheet, each with how it is set."""
    rows = sum(sheet.rows_to_mend for sheet in content.sheets)
    shown = sum(len(sheet.rows) for sheet in content.sheets)
    day = content.made_at.date().isoformat()
    if content.home_kind == "synthetic":
        yield f"{SYNTHETIC_TH} · {SYNTHETIC_EN}", "notice"
    yield TITLE, "title"
    yield f"{content.agency_th} · {content.agency_en} ({content.agency_code})", "bold"
    if content.release_id:
        yield f"จากรุ่นข้อมูล · release {content.release_id}  ({day})", ""
    else:
        yield (
            f"ตรวจก่อนส่ง · checked before it was sent  ({day}): แก้ในไฟล์ต้นฉบับแล้วส่งไฟล์นั้น · mend the file itself and send that",
            "",
        )
    yield (
        f"แถวที่ต้องแก้ในรายการนี้ {shown:,} จาก {rows:,} แถว · rows to mend listed here {shown:,} of {rows:,}",
        "bold",
    )
    if content.loose_total:
        shown_loose = content.loose.height
        yield (
            f"ปัญหาที่ไม่ใช่ของแถวเดียว {shown_loose:,} จาก {content.loose_total:,} (ชีต “{LOOSE_SHEET}”) · findings of no single row",
            "",
        )
    if content.told_only:
        yield (
            f"แจ้งให้ทราบอย่างเดียว ไม่ต้องแก้ จึงไม่แสดง {content.told_only:,} · told for information only, not listed",
            "",
        )
    for name in content.unreadable:
        yield (
            (
                f"อ่านแถวตามที่ส่งมาไม่ได้: {name} (ดูชีต “{LOOSE_SHEET}” แก้ในไฟล์ของหน่วยงาน)"
                " · its rows cannot be shown as they stood; mend your own file"
            ),
            "",
        )
    yield "", ""
    for text, form in _HOW:
        yield text.format(agency=content.agency_code), form


def file_table(content: MendingList, names: list[str]) -> Iterator[tuple[object, ...]]:
    """Which sheet is which file, and how many of its rows are to be mended."""
    yield (
        "ชีต · sheet",
        "ไฟล์ · file",
        "ต้องแก้ · to mend",
        "แถวในไฟล์ · rows in file",
        "แสดง · listed",
        "ชุดข้อมูล · feed",
    )
    for name, sheet in zip(names, content.sheets, strict=True):
        source = sheet.source
        title = f"{source.contract.title.th} · {source.contract.title.en} ({source.contract.feed})"
        yield name, source.file_name, sheet.rows_to_mend, source.rows_in, len(sheet.rows), title


def check_table(content: MendingList) -> Iterator[tuple[object, ...]]:
    """Findings by check: how many (n) of how many looked at (N)."""
    yield "การตรวจ", "check", "พบ n · found", "จาก N · of", "ระดับ · severity", "วิธีแก้ · how to mend"
    for row in content.checks.to_dicts():
        mend = " · ".join(part for part in (row["mend_th"], row["mend_en"]) if part)
        severity = SEVERITIES.get(row["severity"], row["severity"])
        yield row["title_th"], row["title_en"], row["n"], row["of"], severity, mend


def sheet_opening(listed: ListSheet) -> tuple[str, str, str]:
    """The three lines above a sheet's header."""
    source = listed.source
    sheet = f"  ชีต · sheet: {listed.source_sheet}" if listed.source_sheet else ""
    total = (
        f" จาก {source.rows_in:,} แถวในไฟล์ · of {source.rows_in:,} rows in the file" if source.rows_in else ""
    )
    more = listed.rows_to_mend - len(listed.rows)
    cut = (
        f"  แสดง {len(listed.rows):,} แถวแรก เหลืออีก {more:,} · the first {len(listed.rows):,}, {more:,} more not shown"
        if more
        else ""
    )
    return (
        f"ไฟล์ · file: {source.file_name}{sheet}",
        f"{source.contract.title.th} ({source.contract.feed})  {source.delivery_id}",
        f"ต้องแก้ · to mend {listed.rows_to_mend:,}{total}{cut}",
    )


def loose_count(content: MendingList) -> str:
    """How many findings the sheet of findings without a row shows, of how many."""
    shown, total = content.loose.height, content.loose_total
    return f"แสดง {shown:,} จาก {total:,} · shown {shown:,} of {total:,}"


def loose_table(content: MendingList) -> Iterator[tuple[object, ...]]:
    """The findings without a row."""
    from release.mending.content import suggestion_of

    yield LOOSE_HEADERS
    for row in content.loose.to_dicts():
        message = " · ".join(part for part in (row["message_th"], row["message_en"]) if part)
        yield (
            row["file_name"], row["sheet"], row["row_number"], row["column_name"], row["value"], message, row["expected"],
            suggestion_of(row),
        )  # fmt: skip
