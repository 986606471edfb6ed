"""The words of the dictionary pages for what a contract says in codes: (Thai, English)."""

from __future__ import annotations

from ingest.contract.fields import FieldType

KIND = {
    "fund_report": ("รายงานกองทุน: กองทุน × ปีงบประมาณ", "fund report: fund × fiscal year"),
    "area_statistic": ("สถิติพื้นที่: พื้นที่ × ตัวชี้วัด × ปี", "area statistic: place × indicator × year"),
    "site": ("แหล่งเรียนรู้หรือพื้นที่นำร่อง × ปีงบประมาณ", "learning centre or pilot × fiscal year"),
    "event": ("เวที × ผู้เข้าร่วม", "forum × organisation that takes part"),
    "published_total": ("ตัวเลขที่ประกาศ", "announced figure"),
}
CADENCE = {
    "daily": ("ทุกวัน", "daily"),
    "weekly": ("ทุกสัปดาห์", "weekly"),
    "monthly": ("ทุกเดือน", "monthly"),
    "quarterly": ("ทุกไตรมาส", "quarterly"),
    "yearly": ("ทุกปี", "yearly"),
    "irregular": ("ไม่มีกำหนด", "irregular"),
}
TYPE: dict[FieldType, tuple[str, str]] = {
    "text": ("ข้อความ", "text"),
    "code": ("รหัส", "code"),
    "date": ("วันที่", "date"),
    "year": ("ปี", "year"),
    "boolean": ("ใช่/ไม่ใช่", "yes or no"),
    "category": ("รายการ", "category"),
    "integer": ("จำนวนเต็ม", "whole number"),
    "number": ("ตัวเลข", "number"),
    "tambon_code": ("รหัสตำบล", "tambon code"),
}
UNIT = {
    "THB": ("บาท", "THB"),
    "thousand_THB": ("พันบาท", "thousand THB"),
    "million_THB": ("ล้านบาท", "million THB"),
    "persons": ("คน", "persons"),
    "households": ("ครัวเรือน", "households"),
    "funds": ("กองทุน", "funds"),
    "organisations": ("องค์กร", "organisations"),
    "degrees": ("องศา", "degrees"),
    "number": ("ตามตัวชี้วัด", "that of its measure"),
}
SEVERITY = {"block": ("กักไว้", "blocks"), "warn": ("เตือน", "warns"), "info": ("แจ้ง", "informs")}
SOURCE = {
    "column": ("คอลัมน์", "a column"),
    "sheet": ("ชื่อแผ่นงาน", "the sheet's name"),
    "title": ("หัวเรื่องเหนือตาราง", "the title above the table"),
    "file_name": ("ชื่อแฟ้ม", "the file's name"),
}
