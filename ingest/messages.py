"""Every message that conforming a file can give, in Thai and English: what is wrong, what was expected,
how to mend it.

Placeholders in braces are filled by `problem()` and by Polars where a message belongs to a row.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True)
class Message:
    """One message: what is wrong and how to mend it."""

    th: str
    en: str
    mend_th: str = ""
    mend_en: str = ""


class Problem(BaseModel):
    """A message about a whole file or sheet, placed where the officer can find it."""

    model_config = ConfigDict(extra="forbid")

    code: str
    message_th: str
    message_en: str
    mend_th: str
    mend_en: str
    sheet: str = ""
    row: int | None = None
    column: str | None = None


FILE: dict[str, Message] = {
    "missing_file": Message("เปิดแฟ้มไม่ได้", "The file cannot be opened", "ส่งแฟ้มใหม่", "Send the file again"),
    "empty_file": Message("แฟ้มว่างเปล่า", "The file is empty", "ส่งแฟ้มที่มีข้อมูล", "Send a file that holds data"),
    "unknown_file_type": Message(
        "ชนิดแฟ้ม {value} ไม่ใช่ชนิดที่ชุดข้อมูลนี้รับ ({expected})",
        "File type {value} is not one that this feed takes ({expected})",
        "บันทึกเป็นชนิดที่รับแล้วส่งใหม่",
        "Save it as one of these types and send it again",
    ),
    "undecodable": Message(
        "อ่านตัวอักษรไม่ได้ที่บรรทัด {row} ไบต์ที่ {byte} ({value}) คาดว่าเป็น {expected}",
        "Line {row}, byte {byte} ({value}) is not text in any of the expected encodings ({expected})",
        "เปิดด้วย Excel แล้วบันทึกเป็น CSV UTF-8",
        "Open it in Excel and save it as CSV UTF-8",
    ),
    "cut_off": Message(
        "แฟ้มขาดกลางตัวอักษรสุดท้ายที่บรรทัด {row} แฟ้มส่งมาไม่ครบ",
        "The file ends in the middle of a letter, in line {row}: it did not come whole",
        "ส่งออกหรือคัดลอกแฟ้มใหม่ให้ครบแล้วส่งอีกครั้ง",
        "Export or copy it again, and send the whole file",
    ),
    "mojibake": Message(
        "ตัวอักษรไทยเพี้ยนทั้งแฟ้ม (เช่น {value}) แฟ้มถูกแปลงรหัสอักษรผิดมาก่อน",
        "The Thai letters are garbled throughout (such as {value}): the file was converted with the wrong encoding",
        "ส่งออกจากระบบต้นทางใหม่เป็น CSV UTF-8",
        "Export it again from the source system as CSV UTF-8",
    ),
    "unclosed_quote": Message(
        "เครื่องหมายคำพูดที่เปิดในบรรทัด {row} ไม่มีตัวปิด แถวหลังจากนั้นอ่านไม่ได้",
        "A quotation mark opened in line {row} is never closed; the rows after it cannot be told apart",
        'ลบหรือปิดเครื่องหมาย " ในบรรทัดนั้น',
        'Remove or close the mark " in that line',
    ),
    "not_a_workbook": Message(
        "เปิดสมุดงานไม่ได้: แฟ้มเสีย ถูกตั้งรหัสผ่าน หรือไม่ใช่แฟ้ม Excel",
        "The workbook cannot be opened: damaged, protected by a password, or no Excel file",
        "เปิดใน Excel เอารหัสผ่านออก แล้วบันทึกใหม่",
        "Open it in Excel, remove any password and save it again",
    ),
    "sheet_unreadable": Message(
        "อ่านแผ่นงาน {sheet} ไม่ได้",
        "Sheet {sheet} cannot be read",
        "เปิดใน Excel แล้วบันทึกใหม่",
        "Open it in Excel and save it again",
    ),
    "no_sheets": Message(
        "ไม่มีแผ่นงานที่มีข้อมูล คาดว่ามีแผ่นงานชื่อ {expected}",
        "No sheet holds data; expected sheets named {expected}",
        "ตรวจชื่อแผ่นงาน",
        "Check the names of the sheets",
    ),
    "too_many_rows": Message(
        "มีมากกว่า {expected} แถว",
        "There are more than {expected} rows",
        "แบ่งแฟ้มเป็นหลายแฟ้ม",
        "Split the file into several",
    ),
    "too_many_columns": Message(
        "มี {value} คอลัมน์ รับได้ไม่เกิน {expected}",
        "There are {value} columns; at most {expected} can be read",
        "ลบคอลัมน์ที่ไม่ใช้",
        "Delete the columns that are not used",
    ),
    "header_not_found": Message(
        "ไม่พบแถวหัวตารางใน {value} แถวแรก คาดว่ามีหัวเช่น {expected}",
        "No header row in the first {value} rows; expected headers such as {expected}",
        "ใส่แถวหัวตาราง หรือแจ้งผู้ดูแลถ้าเปลี่ยนแบบฟอร์ม",
        "Put in the header row, or tell the steward if the form has changed",
    ),
    "sheet_not_understood": Message(
        "แผ่นงาน {sheet} มีข้อมูลแต่ไม่พบหัวตารางที่รู้จัก คาดว่ามีหัวเช่น {expected}",
        "Sheet {sheet} holds something, but no header row that is known; expected headers such as {expected}",
        "แก้หัวตาราง หรือให้ผู้ดูแลเพิ่มชื่อแผ่นงานใน skip_sheets ของสัญญาข้อมูล",
        "Mend the header, or have the steward add the sheet to the contract's skip_sheets",
    ),
    "sheet_of_notes": Message(
        "แผ่นงาน {sheet} มีแต่ข้อความ ไม่ได้อ่าน",
        "Sheet {sheet} holds only notes and was not read",
        "ถ้ามีข้อมูล ให้ใส่หัวตาราง",
        "If it holds data, give it a header row",
    ),
    "sheet_not_listed": Message(
        "แผ่นงาน {sheet} ไม่อยู่ในรายชื่อแผ่นข้อมูล ({expected}) ไม่ได้อ่าน",
        "Sheet {sheet} is not among the data sheets ({expected}) and was not read",
        "ตั้งชื่อแผ่นงานตามที่ตกลง",
        "Name the sheet as agreed",
    ),
    "duplicate_header": Message(
        "คอลัมน์ {column} ซ้ำกัน: เป็นข้อมูลเดียวกัน ({value})",
        "Columns {column} are the same thing twice ({value})",
        "เหลือไว้คอลัมน์เดียว",
        "Leave only one of them",
    ),
    "second_column_ignored": Message(
        "คอลัมน์ {column} ไม่ได้อ่าน: {expected} บอกเรื่องเดียวกัน ({value}) อยู่แล้ว",
        "Column {column} was not read: {expected} already says the same ({value})",
        "เหลือไว้คอลัมน์เดียว หรือให้ผู้ดูแลแยกสองหัวนี้ในสัญญาข้อมูล",
        "Leave only one of them, or have the steward tell the two headers apart in the contract",
    ),
    "header_unit_contradiction": Message(
        "หัวคอลัมน์ {column} บอกหน่วย {value} แต่ข้อมูลนี้นับเป็น {expected}",
        "The header {column} says {value}, but this is counted in {expected}",
        "แก้หน่วยในหัวตารางให้ตรงกับตัวเลข",
        "Mend the unit in the header so that it fits the numbers",
    ),
    "missing_required_column": Message(
        "ไม่มีคอลัมน์ {column} ที่ต้องมี คาดว่าหัวเป็น {expected}",
        "The required column {column} is missing; expected the header {expected}",
        "ใส่คอลัมน์นี้แล้วส่งใหม่",
        "Add the column and send the file again",
    ),
    "no_period": Message(
        "ไม่พบปีของข้อมูล มองหาใน {expected}",
        "Nothing says which year the data is for; looked in: {expected}",
        "ใส่คอลัมน์ปีงบประมาณ หรือใส่ปีในชื่อแฟ้ม เช่น 2566",
        "Add a year column, or put the year in the file's name, such as 2566",
    ),
    "period_sources_differ": Message(
        "ปีไม่ตรงกัน: {value} ใช้ปีแรก",
        "The years differ: {value}; the first was used",
        "ตรวจปีในชื่อแฟ้ม ชื่อแผ่นงาน และหัวเรื่อง",
        "Check the year in the file's name, the sheet's name and the title",
    ),
    "place_from_title": Message(
        "ไม่มีคอลัมน์จังหวัด ใช้พื้นที่จากหัวเรื่อง ชื่อแผ่นงาน หรือชื่อแฟ้ม: {value}",
        "There is no column for the province; the area in the title, the sheet's name or the file's name was taken: {value}",
        "ถ้าไม่ถูกต้อง ให้เพิ่มคอลัมน์จังหวัด",
        "If it is not right, add a column for the province",
    ),
    "unit_from_title": Message(
        "ใช้หน่วยเงินจากหัวเรื่องเหนือตาราง: {value}",
        "The unit of money was taken from the title above the table: {value}",
        "ใส่หน่วยในหัวคอลัมน์จะชัดกว่า",
        "A unit in the column's header would be clearer",
    ),
    "no_data_rows": Message(
        "ใต้หัวตารางไม่มีแถวข้อมูล",
        "There is no data under the header",
        "ส่งแฟ้มที่มีข้อมูล",
        "Send a file that holds data",
    ),
    "unpacks_too_large": Message(
        "แฟ้มขยายแล้วใหญ่ผิดปกติ ({value}) จึงไม่เปิด",
        "The file unpacks to an abnormal size ({value}) and was not opened",
        "คัดลอกเฉพาะข้อมูลไปสมุดงานใหม่ หรือบันทึกเป็น CSV",
        "Copy only the data to a new workbook, or save it as CSV",
    ),
    "sheet_too_large": Message(
        "แผ่นงานกว้างและยาวผิดปกติ (ถึงช่อง {value}) รับได้ไม่เกิน {expected} ช่อง",
        "A sheet reaches as far as cell {value}; at most {expected} cells can be read",
        "ลบแถวและคอลัมน์ว่างท้ายตาราง (เช่น ช่องที่พิมพ์ค้างไว้ไกล ๆ) แล้วบันทึกใหม่",
        "Delete the rows and columns after the table (such as a stray cell far away) and save it again",
    ),
    "zip_unreadable": Message(
        "เปิดแฟ้ม zip ไม่ได้: แฟ้มเสีย ส่งมาไม่ครบ หรือตั้งรหัสผ่าน",
        "The zip cannot be opened: damaged, incomplete or protected by a password",
        "บีบอัดใหม่โดยไม่ตั้งรหัสผ่าน หรือส่งแฟ้มข้อมูลโดยตรง",
        "Zip it again without a password, or send the data file itself",
    ),
    "zip_nested": Message(
        "ภายใน zip มีแฟ้มบีบอัดซ้อนอยู่ ({value})",
        "Inside the zip is another archive ({value})",
        "แตกแฟ้มข้างในออกก่อน แล้วบีบอัดเฉพาะแฟ้มข้อมูลชั้นเดียว",
        "Unpack the inner archive first and zip the data files themselves",
    ),
    "zip_members": Message(
        "ภายใน zip มีแฟ้มมากเกินไป ({value}) รับได้ไม่เกิน {expected}",
        "The zip holds too many files ({value}); at most {expected} can be read",
        "แบ่งเป็น zip หลายแฟ้ม",
        "Split it into several zips",
    ),
    "zip_paths": Message(
        "ภายในแฟ้มมีชื่อที่ชี้ออกนอกแฟ้ม ({value}) จึงไม่เปิด",
        "Inside the file a name points outside it ({value}); it was not opened",
        "บีบอัดใหม่จากแฟ้มข้อมูลโดยตรง",
        "Zip the data files again, by their own names",
    ),
    "wrong_content": Message(
        "เนื้อแฟ้มไม่ตรงกับนามสกุล: ที่จริงเป็น {value}",
        "The content is not what the name's ending says: it is {value}",
        "ตั้งนามสกุลให้ตรงกับชนิดแฟ้ม",
        "Give the file the ending of its own type",
    ),
    "zip_no_data": Message(
        "ภายใน zip ไม่มีแฟ้มข้อมูลชนิดที่รับ ({expected})",
        "The zip holds no data file of a type that is taken ({expected})",
        "ใส่แฟ้มข้อมูลใน zip แล้วส่งใหม่",
        "Put the data file into the zip and send it again",
    ),
    "zip_member_skipped": Message(
        "แฟ้ม {value} ภายใน zip ไม่ใช่ข้อมูล ไม่ได้อ่าน (ชนิดที่รับ: {expected})",
        "File {value} inside the zip is no data and was not read (types taken: {expected})",
        "ถ้าเป็นข้อมูล ให้บันทึกเป็นชนิดที่รับ พร้อมแถวหัวตาราง",
        "If it holds data, save it as one of these types, with its header row",
    ),
    "type_too_large": Message(
        "แฟ้ม JSON หรือ XML ใหญ่เกิน {expected} MB ({value} MB)",
        "A JSON or XML file may have at most {expected} MB; this one has {value} MB",
        "ส่งเป็น CSV หรือแบ่งเป็นหลายแฟ้ม",
        "Send it as CSV, or split it into several files",
    ),
    "json_broken": Message(
        "แฟ้ม JSON ผิดรูปแบบที่บรรทัด {row} ตัวอักษรที่ {at} (ใกล้ {value}) อาจถูกตัดขาด",
        "Not valid JSON at line {row}, character {at} (near {value}); it may have been cut off",
        "ส่งออกจากระบบต้นทางใหม่ให้ครบ",
        "Export it again from the source system, whole",
    ),
    "xml_broken": Message(
        "แฟ้ม XML ผิดรูปแบบที่บรรทัด {row} ตัวอักษรที่ {at} อาจถูกตัดขาด",
        "Not valid XML at line {row}, character {at}; it may have been cut off",
        "ส่งออกจากระบบต้นทางใหม่ให้ครบ",
        "Export it again from the source system, whole",
    ),
    "xml_dtd": Message(
        "แฟ้ม XML มี DTD หรือ entity (<!DOCTYPE …>) ระบบไม่อ่านเพื่อความปลอดภัย",
        "The XML declares a DTD or entities (<!DOCTYPE …>), which are not read for safety",
        "ส่งออกเป็น XML ที่ไม่มี DOCTYPE หรือเป็น CSV",
        "Export it without DOCTYPE, or as CSV",
    ),
    "xml_workbook": Message(
        "แฟ้มนี้เป็นสมุดงาน Excel แบบ XML (SpreadsheetML 2003)",
        "This is an Excel workbook in the XML form of 2003",
        "เปิดใน Excel แล้วบันทึกเป็น .xlsx",
        "Open it in Excel and save it as .xlsx",
    ),
    "no_records": Message(
        "ไม่พบรายการระเบียนในแฟ้ม คาดว่าเป็น {expected}",
        "The file holds no list of records; expected {expected}",
        "ส่งออกเป็นรายการระเบียน แต่ละระเบียนมีชื่อเขตข้อมูลเหมือนกัน",
        "Export it as a list of records, each with the same field names",
    ),
    "not_a_record": Message(
        "รายการที่ {row} ไม่ใช่ระเบียนที่มีชื่อเขตข้อมูล (พบ {value})",
        "Item {row} is no record with field names (it is {value})",
        "ส่งออกให้ทุกรายการเป็นระเบียนที่มีชื่อเขตข้อมูลกำกับทุกค่า",
        "Export every item as a record in which each value has its field's name",
    ),
    "repeated_key": Message(
        "ระเบียนที่ {row} มีเขตข้อมูล {column} ซ้ำกัน",
        "Record {row} has the field {column} more than once",
        "ให้แต่ละเขตข้อมูลมีครั้งเดียวในระเบียน",
        "Give each field once in a record",
    ),
    "record_too_large": Message(
        "ระเบียนที่ {row} ใหญ่หรือซ้อนลึกเกินไป รับได้ไม่เกิน {expected}",
        "Record {row} is too large or nested too deeply; the limit is {expected}",
        "ส่งเป็นตารางที่มีหนึ่งระเบียนต่อกองทุนหรือพื้นที่ ไม่ซ้อนกัน",
        "Send a flat table: one record a fund or place",
    ),
    "broken_letter": Message(
        "ระเบียนที่ {row} มีตัวอักษรที่ไม่สมบูรณ์ (อักขระแทนครึ่งเดียว)",
        "Record {row} holds half a character (a surrogate without its pair)",
        "ส่งออกจากระบบต้นทางใหม่เป็น UTF-8",
        "Export it again from the source system as UTF-8",
    ),
    "cannot_read": Message(
        "ระบบอ่านแฟ้มนี้ไม่ได้ ({value})",
        "The file could not be read ({value})",
        "แจ้งผู้ดูแลระบบพร้อมแฟ้มนี้",
        "Send the file to the operators",
    ),
}

# {column} and {value} are filled row by row. English and Thai carry the same placeholders.
ROW: dict[str, Message] = {
    "too_many_cells": Message(
        "แถวมีช่องมากกว่าหัวตาราง อาจมีจุลภาคเกินในข้อความ",
        "The row has more cells than the header; a comma inside a text may lack its quotation marks",
        'ใส่ " " คร่อมข้อความที่มีจุลภาค',
        'Put " " around a text with a comma',
    ),
    "too_few_cells": Message(
        "แถวมีช่องน้อยกว่าหัวตาราง แถวอาจถูกตัดขาด",
        "The row has fewer cells than the header; it may have been cut off",
        "เติมแถวให้ครบ",
        "Complete the row",
    ),
    "required_blank": Message(
        "ช่องที่ต้องมีค่าว่างอยู่: {column}", "A required cell is empty: {column}", "ใส่ค่า", "Fill in the value"
    ),
    "required_unreadable": Message(
        "อ่านช่องที่ต้องมีค่าไม่ได้: {column}",
        "A required cell cannot be read: {column}",
        "แก้ค่าในช่อง",
        "Mend the cell",
    ),
    "no_year": Message("แถวนี้ไม่บอกปี", "The row does not say its year", "ใส่ปี พ.ศ.", "Fill in the year"),
    "unreadable_year": Message(
        "อ่านปีไม่ได้หรือเป็นไปไม่ได้", "The year cannot be read, or cannot be", "ใส่ปีเช่น 2566", "Write it like 2566"
    ),
    "no_place": Message(
        "แถวนี้ไม่บอกพื้นที่", "Nothing in the row says where", "ใส่รหัสหรือชื่อตำบล", "Fill in the tambon's code or name"
    ),
    "total_row": Message("แถวผลรวม ไม่นับเป็นข้อมูล", "A total, not a record"),
    "area_row": Message("แถวระดับอำเภอ จังหวัด หรือประเทศ ไม่นับเป็นข้อมูล", "A row for a larger area, not a record"),
    "heading_row": Message("แถวหัวข้อกลุ่ม ไม่นับเป็นข้อมูล", "A heading inside the table, not a record"),
    "note_row": Message("หมายเหตุหรือที่มา ไม่นับเป็นข้อมูล", "A note, not a record"),
    "signature_row": Message(
        "แถวลงชื่อ ไม่นับเป็นข้อมูล (ไม่เก็บข้อความ)", "A signature, not a record (its text is not kept)"
    ),
    "header_row": Message("หัวตารางซ้ำ ไม่นับเป็นข้อมูล", "The header again, not a record"),
    "blank_row": Message("แถวว่าง", "An empty row"),
    "declared_not_data": Message("แถวที่สัญญาข้อมูลประกาศว่าไม่ใช่ข้อมูล", "Declared as no data in the contract"),
}

# What was expected in a cell, by error code or note.
CELL: dict[str, tuple[str, str]] = {
    "unreadable_number": ("ตัวเลข เช่น 1,234.50 หรือ ๑,๒๓๔", "a number, such as 1,234.50"),
    "unit_mismatch": ("ตัวเลขที่มีหน่วยตรงกับคอลัมน์", "a number in the column's own unit"),
    "too_large": ("ตัวเลขไม่เกิน 1,000 ล้านล้าน", "a number of at most 10^15"),
    "not_whole": ("จำนวนเต็ม", "a whole number"),
    "out_of_bounds": (
        "ค่าที่เป็นไปได้ (จำนวนไม่ติดลบ)",
        "a value that can exist (counts and money are not negative)",
    ),
    "unreadable_date": ("วันที่ที่มีจริง เช่น 31/01/2566 หรือ 12 พ.ค. 64", "a date that exists, such as 31/01/2566"),
    "implausible_date": ("วันที่ที่เป็นไปได้", "a plausible date"),
    "unreadable_year": ("ปี เช่น 2566", "a year, such as 2566"),
    "implausible_year": ("ปีที่เป็นไปได้", "a plausible year"),
    "unreadable_code": ("รหัสครบทุกหลัก", "the code with all its digits"),
    "unreadable_tambon_code": (
        "รหัสตำบล 6 หลัก หรือรหัสหมู่บ้าน 8 หลัก",
        "a tambon code of 6 digits, or a village code of 8",
    ),
    "unknown_label": ("ค่าหนึ่งในรายการของสัญญาข้อมูล", "one of the labels in the contract"),
    "error_cell": ("ค่าที่คำนวณได้ ไม่ใช่ข้อผิดพลาดของสูตร", "a value; the formula in this cell failed"),
    "personal_number": (
        "ค่าของช่องนี้เอง (เช่น เลขทะเบียนนิติบุคคล) ไม่ใช่เลขบัตรประชาชน",
        "what belongs in this cell (such as a juristic number), not a person's number",
    ),
    "unit_suffix": ("อ่านหน่วยที่พิมพ์ในช่องแล้ว", "the unit typed in the cell was used"),
    "coordinates_swapped": (
        "ละติจูดกับลองจิจูดสลับช่องกัน สลับกลับให้แล้ว",
        "latitude and longitude stood in each other's column; put back",
    ),
    "scientific_notation": ("อ่านจากรูปแบบ 1.2E+07", "read from scientific notation"),
    "year_span": ("ปีคร่อม ใช้ปีตามสัญญาข้อมูล", "a span of two years; the contract says which counts"),
    "provisional_year": ("ปีที่ทำเครื่องหมายว่าเป็นตัวเลขเบื้องต้น", "marked as provisional"),
    "two_digit_year": ("ปีสองหลัก อ่านเป็น พ.ศ. 25xx", "two-digit year, read as B.E. 25xx"),
    "excel_day_number": ("อ่านจากเลขวันที่ของ Excel", "read from Excel's day number"),
    "year_alone": ("ทราบเพียงปี ใช้วันที่ 1 มกราคมของปีนั้น", "only the year is known; 1 January of it was taken"),
    "zero_padded": ("เติมศูนย์ข้างหน้าที่หายไป", "leading zeros put back"),
    "cancelled_code": ("รหัสมีเครื่องหมายยกเลิก (*)", "the code is marked as cancelled (*)"),
    "personal_masked": ("ปิดเลขประจำตัวประชาชนแล้ว", "a citizen number was masked"),
}


def problem(
    code: str, *, sheet: str = "", row: int | None = None, column: str | None = None, **values: object
) -> Problem:
    """A `Problem` from `FILE[code]` with its placeholders filled."""
    message = FILE[code]
    fill = {"sheet": sheet, "row": row, "column": column, **values}
    return Problem(
        code=code,
        message_th=message.th.format_map(fill),
        message_en=message.en.format_map(fill),
        mend_th=message.mend_th,
        mend_en=message.mend_en,
        sheet=sheet,
        row=row,
        column=column,
    )
