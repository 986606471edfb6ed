"""Every reason for refusing a file or letting it wait, in the words of the officer who sent it."""

from typing import Final, NamedTuple


class Text(NamedTuple):
    """A message and how to mend it, Thai and English; templates for str.format."""

    message_th: str
    message_en: str
    mend_th: str
    mend_en: str

    def filled(self, **values: object) -> "Text":
        """The same text with its blanks filled; KeyError where one is missing."""
        return Text(*(part.format(**values) for part in self))


REFUSED: Final[dict[str, Text]] = {
    "unknown_agency": Text(
        "ไม่รู้จักโฟลเดอร์หน่วยงาน “{name}”",
        "Agency folder “{name}” is not known",
        "ย้ายไฟล์ไปไว้ใน inbox/<หน่วยงาน>/<ชุดข้อมูล>/ ที่รู้จัก: {expected}",
        "Move the files to a known inbox/<agency>/<feed>/: {expected}",
    ),
    "unknown_feed": Text(
        "หน่วยงานนี้ไม่มีชุดข้อมูลชื่อ “{name}”",
        "This agency has no feed named “{name}”",
        "ย้ายไฟล์ไปไว้ในโฟลเดอร์ชุดข้อมูลที่รู้จัก: {expected}",
        "Move the files to a known feed folder: {expected}",
    ),
    "no_feed": Text(
        "ไฟล์ “{name}” ไม่ได้อยู่ในโฟลเดอร์ของชุดข้อมูล จึงไม่รู้ว่าเป็นของใคร",
        "File “{name}” lies in no feed's folder, so nobody knows whose it is",
        "ย้ายไฟล์ไปไว้ใน inbox/<หน่วยงาน>/<ชุดข้อมูล>/: {expected}",
        "Move it to inbox/<agency>/<feed>/: {expected}",
    ),
    "sub_folder": Text(
        "พบโฟลเดอร์ย่อย “{name}” ระบบรับเฉพาะไฟล์ที่วางตรงในโฟลเดอร์ชุดข้อมูล",
        "Sub-folder “{name}”: only files placed directly in the feed's folder are taken",
        "ย้ายไฟล์ออกมาไว้ในโฟลเดอร์ชุดข้อมูลโดยตรง แล้วลบโฟลเดอร์ย่อย",
        "Move its files up into the feed's folder and delete the sub-folder",
    ),
    "link": Text(
        "“{name}” เป็นลิงก์ (ทางลัด) ไม่ใช่ไฟล์จริง ระบบไม่เปิดตามลิงก์",
        "“{name}” is a link, not a file; links are never followed",
        "คัดลอกไฟล์จริงมาวางแทนลิงก์",
        "Copy the real file here in place of the link",
    ),
    "special_file": Text(
        "“{name}” ไม่ใช่ไฟล์ข้อมูล (เป็นไฟล์พิเศษของระบบ)",
        "“{name}” is no data file (a pipe, socket or device)",
        "ลบออก แล้ววางไฟล์ข้อมูลแทน",
        "Delete it and place the data file instead",
    ),
    "bad_name": Text(
        "ชื่อไฟล์ “{name}” มีอักขระที่ใช้ไม่ได้: {detail_th}",
        "File name “{name}” cannot be used: {detail_en}",
        "เปลี่ยนชื่อไฟล์ให้มีเฉพาะตัวอักษร ตัวเลข เว้นวรรค . _ - ( ) และยาวไม่เกิน {limit} ตัวอักษร",
        "Rename it to letters, digits, spaces, . _ - ( ) only, at most {limit} characters",
    ),
    "unsupported_type": Text(
        "ไม่รับไฟล์ชนิด “{suffix}”",
        "Files of type “{suffix}” are not taken",
        "บันทึกเป็นชนิดใดชนิดหนึ่ง: {expected}",
        "Save it as one of: {expected}",
    ),
    "too_large": Text(
        "ไฟล์ใหญ่ {size_mb} MB เกินขีดจำกัด {limit_mb} MB",
        "The file has {size_mb} MB, over the limit of {limit_mb} MB",
        "แบ่งไฟล์ (เช่น รายปีหรือรายภาค) หรือให้ผู้ดูแลเพิ่มค่า TAMBON_MAX_FILE_MB",
        "Split it (by year or region), or have the operator raise TAMBON_MAX_FILE_MB",
    ),
    "empty": Text(
        "ไฟล์ว่างเปล่า ไม่มีข้อมูล",
        "The file is empty",
        "ส่งออกข้อมูลจากระบบต้นทางอีกครั้งแล้ววางไฟล์ใหม่",
        "Export it again from your system and place the new file",
    ),
    "broken": Text(
        "ไฟล์เสียหายหรือส่งมาไม่ครบ จึงเปิดไม่ได้ ({detail_th})",
        "Broken or incomplete file: it cannot be opened ({detail_en})",
        "ลองเปิดด้วยโปรแกรมที่สร้างไฟล์ (เช่น Excel) แล้วบันทึกหรือส่งออกใหม่ จากนั้นส่งอีกครั้ง",
        "Open it in the program that made it (such as Excel), save or export it again and send it once more",
    ),
    "wrong_content": Text(
        "เนื้อไฟล์ไม่ตรงกับนามสกุล “{suffix}”: ที่จริงเป็น {detail_th}",
        "The content is not what “{suffix}” says: it is {detail_en}",
        "เปิดด้วยโปรแกรมที่สร้างไฟล์ แล้วใช้ “บันทึกเป็น” เลือกชนิด CSV หรือ XLSX (อย่าเปลี่ยนเพียงนามสกุล)",
        "Open it in the program that made it and use “Save as” CSV or XLSX (do not merely rename it)",
    ),
    "encrypted": Text(
        "ไฟล์มีรหัสผ่าน หรือเป็นไฟล์ Excel รุ่นเก่าที่เปลี่ยนนามสกุล จึงเปิดอ่านไม่ได้",
        "The file has a password, or is an old Excel file renamed; it cannot be read",
        "เปิดด้วยโปรแกรมที่สร้างไฟล์ ถอดรหัสผ่าน แล้วบันทึกใหม่ (สมุดงานให้บันทึกเป็น .xlsx)",
        "Open it in the program that made it, remove the password and save it again (a workbook as .xlsx)",
    ),
    "zip_bomb": Text(
        "ไฟล์ขยายแล้วใหญ่ผิดปกติ ({detail_th}) จึงไม่เปิด",
        "The file unpacks to an abnormal size ({detail_en}) and is not opened",
        "คัดลอกเฉพาะข้อมูลไปสมุดงานใหม่ หรือบันทึกเป็น CSV",
        "Copy only the data to a new workbook, or save it as CSV",
    ),
    "zip_paths": Text(
        "ภายในไฟล์มีชื่อส่วนที่ชี้ออกนอกไฟล์ ({detail_th}) จึงไม่เปิด",
        "Inside the file a part's name points outside it ({detail_en}); it is not opened",
        "บันทึกหรือบีบอัดเป็นไฟล์ใหม่ด้วยโปรแกรมที่สร้าง (เช่น Excel)",
        "Save or pack it as a new file in the program that made it (such as Excel)",
    ),
    "zip_nested": Text(
        "ภายใน zip มีไฟล์บีบอัดซ้อนอยู่: “{detail_th}”",
        "Inside the zip is another archive: “{detail_en}”",
        "แตกไฟล์ข้างในออกก่อน แล้วบีบอัดเฉพาะไฟล์ข้อมูลชั้นเดียว หรือส่งไฟล์ข้อมูลโดยตรง",
        "Unpack the inner archive first; zip the data files themselves, or send them as they are",
    ),
    "zip_members": Text(
        "ภายใน zip มีไฟล์มากเกินไป ({detail_th} ไฟล์)",
        "The zip holds too many files ({detail_en})",
        "แบ่งเป็น zip หลายไฟล์ หรือรวมข้อมูลเป็นตารางเดียว",
        "Split it into several zips, or join the data into one table",
    ),
    "zip_no_data": Text(
        "ภายใน zip ไม่มีไฟล์ข้อมูล",
        "The zip holds no data file",
        "ใส่ไฟล์ข้อมูล (เช่น CSV หรือ XLSX) ใน zip แล้วส่งใหม่",
        "Put a data file (such as CSV or XLSX) into the zip and send it again",
    ),
    "abandoned": Text(
        "“{name}” เป็นไฟล์ชั่วคราวของการส่งที่ไม่เสร็จมานานกว่าหนึ่งวัน",
        "“{name}” is the temporary file of a transfer that has not ended for over a day",
        "ส่งไฟล์อีกครั้ง แล้วลบไฟล์ชั่วคราวนี้",
        "Send the file again and delete this temporary one",
    ),
    "unreadable": Text(
        "อ่านไฟล์ไม่ได้: {detail_en}",
        "The file cannot be read: {detail_en}",
        "ตรวจสิทธิ์การอ่านและการลบของไฟล์และโฟลเดอร์",
        "Check the permissions to read and delete of the file and its folder",
    ),
    "same_id": Text(
        "รหัสการส่ง {detail_en} ซ้ำกับไฟล์อื่นที่เนื้อหาต่างกัน",
        "Delivery id {detail_en} already belongs to a file with other content",
        "บันทึกไฟล์ใหม่ (เนื้อไฟล์จะเปลี่ยนเล็กน้อย) แล้วส่งอีกครั้ง",
        "Save the file again (its bytes change a little) and send it once more",
    ),
}

LISTS: Final[dict[str, Text]] = {
    "mending_marker": Text(
        "รายการแก้ไข “{name}” เสียหาย: ชีตที่ซ่อนไว้ถูกลบหรือถูกแก้ จึงไม่รู้ว่าแก้แถวใดของไฟล์ใด",
        "Mending list “{name}” is damaged: its hidden sheet was removed or edited, so nobody knows which rows it mends",
        "ดาวน์โหลดรายการแก้ไขใหม่ คัดลอกค่าที่แก้แล้วไปใส่ แล้วส่งอีกครั้ง (อย่าคัดลอกชีตไปสมุดงานอื่น)",
        "Take a fresh list, copy your mended values into it and send that (do not move its sheets to another workbook)",
    ),
    "mending_version": Text(
        "รายการแก้ไข “{name}” เป็นรูปแบบ {value} ระบบนี้อ่านรูปแบบ {expected}",
        "Mending list “{name}” has format {value}; this system reads format {expected}",
        "ดาวน์โหลดรายการแก้ไขใหม่จากหน้ารุ่นข้อมูลล่าสุด",
        "Take a fresh list from the current release",
    ),
    "mending_unreadable": Text(
        "เปิดรายการแก้ไข “{name}” ไม่ได้",
        "Mending list “{name}” cannot be opened",
        "เปิดใน Excel เอารหัสผ่านออก แล้วบันทึกใหม่เป็น .xlsx",
        "Open it in Excel, remove any password and save it again as .xlsx",
    ),
    "mending_other_agency": Text(
        "รายการแก้ไข “{name}” เป็นของหน่วยงาน {value} แต่วางในโฟลเดอร์ของ {expected}",
        "Mending list “{name}” is of agency {value}, but lies in the folder of {expected}",
        "ย้ายไปไว้ใน inbox/{value}/",
        "Move it to inbox/{value}/",
    ),
    "mending_other_home": Text(
        "รายการแก้ไข “{name}” ทำจากข้อมูลคนละชุด ({value}) ข้อมูลจริงกับข้อมูลสังเคราะห์ปนกันไม่ได้",
        "Mending list “{name}” was made from other data ({value}); real and synthetic data never mix",
        "ส่งไปยังระบบที่ทำรายการนี้",
        "Send it to the system that made it",
    ),
    "mending_unknown_delivery": Text(
        "รายการแก้ไข “{name}” อ้างถึงไฟล์ที่ระบบนี้ไม่มี: {value}",
        "Mending list “{name}” speaks of a delivery that is not known here: {value}",
        "ถ้าเป็นรายการจาก tambon check ให้แก้ในไฟล์ต้นฉบับแล้วส่งไฟล์นั้น มิฉะนั้นดาวน์โหลดรายการใหม่",
        "A list of `tambon check` is mended in the file itself: send that file. Otherwise take a fresh list",
    ),
    "mending_original": Text(
        "รายการแก้ไข “{name}”: อ่านไฟล์เดิม “{value}” เพื่อเทียบไม่ได้",
        "Mending list “{name}”: the delivered file “{value}” it is compared with cannot be read",
        "แก้ในไฟล์ต้นฉบับแล้วส่งไฟล์นั้นทั้งไฟล์",
        "Mend your own file and send all of it",
    ),
    "mending_header": Text(
        "รายการแก้ไข “{name}” ชีต “{sheet}” ไม่มีหัวคอลัมน์: {value}",
        "Mending list “{name}”, sheet “{sheet}” lacks the column(s): {value}",
        "อย่าลบหรือเปลี่ยนชื่อหัวคอลัมน์ คัดลอกค่าที่แก้ลงรายการใหม่แล้วส่งอีกครั้ง",
        "Do not delete or rename columns; copy your mended values into a fresh list and send that",
    ),
    "mending_row": Text(
        "รายการแก้ไข “{name}” ชีต “{sheet}” แถว {value}: ไม่ตรงกับแถวใดของไฟล์เดิม (แถวที่เพิ่มเอง หรือรหัสที่ซ่อนไว้ถูกแก้)",
        "Mending list “{name}”, sheet “{sheet}”, row {value}: no row of the delivered file (added, or its hidden key edited)",
        "ลบแถวที่เพิ่มเอง ระเบียนใหม่ให้ส่งในไฟล์ของหน่วยงานเอง",
        "Remove rows you added; new records come in your own file",
    ),
    "mending_row_twice": Text(
        "รายการแก้ไข “{name}” ชีต “{sheet}” แถว {value}: แถวเดียวกันของไฟล์เดิมอยู่ในรายการสองครั้ง",
        "Mending list “{name}”, sheet “{sheet}”, rows {value}: one row of the delivered file stands in the list twice",
        "เหลือแถวที่ถูกต้องไว้แถวเดียว",
        "Keep the right one of them",
    ),
    "mending_delete": Text(
        "รายการแก้ไข “{name}” ชีต “{sheet}” แถว {value}: ช่อง “ลบแถวนี้” ใส่ได้เฉพาะ x",
        "Mending list “{name}”, sheet “{sheet}”, row {value}: the column “delete this row” takes x only",
        "ใส่ x ในแถวที่ให้ลบ และเว้นว่างในแถวอื่น",
        "Type x in rows to delete; leave the others blank",
    ),
    "mending_unchanged": Text(
        "รายการแก้ไข “{name}” ยังไม่มีอะไรถูกแก้: {value} แถวเหมือนเดิม",
        "Nothing was mended in list “{name}”: {value} rows are as they were",
        "แก้ช่องที่ระบายสี บันทึก แล้วส่งอีกครั้ง",
        "Mend the coloured cells, save it and send it again",
    ),
}
"""Why a mending list that came back is not taken."""


def refusal_text(code: str) -> Text:
    """The text of a reason for refusing a file or a mending list."""
    return REFUSED.get(code) or LISTS[code]


WAITING: Final[dict[str, tuple[str, str]]] = {
    "temporary_name": ("ชื่อไฟล์บอกว่ายังส่งไม่เสร็จ", "The name says that it is still being written"),
    "changing": ("ไฟล์ยังเปลี่ยนแปลงอยู่", "The file is still changing"),
    "held_open": ("มีโปรแกรมกำลังเขียนไฟล์นี้อยู่", "A program is still writing it"),
    "incomplete": ("ไฟล์ยังไม่ครบ (ไม่พบส่วนท้ายของไฟล์)", "Not complete yet (the file's end is missing)"),
    "still_empty": ("ไฟล์ยังว่างอยู่ อาจกำลังส่ง", "Still empty; it may be on its way"),
}
