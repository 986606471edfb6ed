"""What can be wrong with a row of a steward's file, in Thai and English: what is wrong, what was expected, how to mend it."""

from __future__ import annotations

from ingest.messages import Message

ROW: dict[str, Message] = {
    "unreadable_file": Message(
        "เปิดแฟ้มไม่ได้ หรือไม่ใช่ CSV ที่เป็น UTF-8 หรือ TIS-620",
        "The file cannot be read, or is no CSV in UTF-8 or TIS-620",
        "เปิดด้วยโปรแกรมตารางคำนวณแล้วบันทึกใหม่เป็น CSV UTF-8",
        "Open it in a spreadsheet program and save it as CSV UTF-8",
    ),
    "missing_column": Message(
        "ไม่มีคอลัมน์ {expected} แฟ้มนี้จึงยังไม่ถูกใช้",
        "Column {expected} is missing; nothing of this file is used",
        "ใส่หัวคอลัมน์ในแถวแรกให้ครบ",
        "Put every column into the first row",
    ),
    "unknown_column": Message(
        "ไม่รู้จักคอลัมน์ {value} คอลัมน์นี้ไม่ถูกอ่าน",
        "Column {value} is not known and is not read",
        "แก้ชื่อคอลัมน์ หรือลบออก",
        "Mend its name or remove it",
    ),
    "wrong_cells": Message(
        "แถวมี {value} ช่อง คาดว่า {expected}",
        "The row has {value} cells; expected {expected}",
        "ตรวจจุลภาคและเครื่องหมายคำพูด",
        "Look at its commas and quotation marks",
    ),
    "empty": Message("ช่อง {column} ว่าง", "Cell {column} is empty", "กรอกให้ครบ", "Fill it in"),
    "unknown_decision": Message(
        "ไม่รู้จักคำตัดสิน {value} คาดว่า {expected}",
        "Decision {value} is not known; expected {expected}",
        "ใช้ confirm (เป็นกองทุนเดียวกัน) หรือ refuse (คนละกองทุน)",
        "Write confirm (one fund) or refuse (two funds)",
    ),
    "bad_date": Message(
        "วันที่ {value} อ่านไม่ได้ คาดว่า {expected}",
        "Date {value} cannot be read; expected {expected}",
        "เขียนเช่น 2026-01-31 หรือ 31/01/2569",
        "Write it as 2026-01-31 or 31/01/2569",
    ),
    "bad_feed": Message(
        "ไม่รู้จักชุดข้อมูล {value} คาดว่า {expected}",
        "Feed {value} is not known; expected {expected}",
        "เขียนรหัสชุดข้อมูล เช่น cdd/savings_groups",
        "Write a feed's code, such as cdd/savings_groups",
    ),
    "same_fund": Message(
        "สองฝั่งเป็นกองทุนเดียวกัน ({value})",
        "Both sides are the same fund ({value})",
        "ใส่กองทุนอีกแห่ง",
        "Name another fund on one side",
    ),
    "bad_tambon_code": Message(
        "รหัสตำบล {value} ไม่ถูกต้อง คาดว่า {expected}",
        "Tambon code {value} is not right; expected {expected}",
        "ใช้รหัสกรมการปกครองหกหลัก",
        "Use the six digits of the Department of Provincial Administration",
    ),
    "no_place": Message(
        "ไม่ได้บอกสถานที่ที่รายงานมา",
        "No reported place is given",
        "กรอก reported_tambon_code หรือชื่อที่รายงานอย่างน้อยหนึ่งช่อง",
        "Fill in reported_tambon_code or at least one reported name",
    ),
    "bad_year": Message(
        "ปีงบประมาณ {value} อ่านไม่ได้ คาดว่า {expected}",
        "Fiscal year {value} cannot be read; expected {expected}",
        "เขียนเช่น 2568 หรือ 2025",
        "Write it as 2568 or 2025",
    ),
    "unknown_field": Message(
        "ไม่รู้จักข้อมูลชื่อ {value} คาดว่าเป็นเช่น {expected}",
        "Field {value} is not known; expected one such as {expected}",
        "ใช้ชื่อข้อมูลตามพจนานุกรม",
        "Use a field of the dictionary",
    ),
    "no_change": Message(
        "ค่าเดิมและค่าที่แก้เป็นค่าเดียวกัน ({value})",
        "The reported and the corrected value are the same ({value})",
        "ลบแถวนี้ หรือแก้ค่า",
        "Remove the row or mend the value",
    ),
}
