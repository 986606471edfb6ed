# ruff: noqa: E501 - tables of funds read better on one line
"""The files of a small story about one tambon's funds, as four agencies would send them. All of it is invented but the places.

เมืองเพีย (401005) has not changed; โคกสำราญ was 401004 in อำเภอบ้านไผ่ until 2006 and is 402402 in อำเภอบ้านแฮด since.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from random import Random

from ingest.home import Home

CDD, CODI, SATJA, NVF = (
    "cdd/savings_groups",
    "codi/finance_organisations",
    "satja/groups",
    "nvf/village_funds",
)
TAMBON, MOVED_FROM, MOVED_TO = "401005", "401004", "402402"
_PLACES = {
    "A": (TAMBON, "เมืองเพีย", "บ้านไผ่", "ขอนแก่น"),
    "old": (MOVED_FROM, "โคกสำราญ", "บ้านไผ่", "ขอนแก่น"),
    "new": (MOVED_TO, "โคกสำราญ", "บ้านแฮด", "ขอนแก่น"),
    "town": ("401001", "บ้านไผ่", "บ้านไผ่", "ขอนแก่น"),
    "name": ("", "เมืองเพีย", "", ""),  # there is another in อุดรธานี
}
_HEADERS = {
    CDD: ("รหัสกลุ่ม", "ชื่อกลุ่ม", "วันที่จัดตั้ง"),
    CODI: ("รหัสองค์กร", "ชื่อองค์กร", "วันที่จัดตั้ง"),
    SATJA: ("รหัสกลุ่ม", "ชื่อกลุ่ม", "วันที่จัดตั้ง"),
    NVF: ("รหัสกองทุน", "ชื่อกองทุน", "วันที่จดทะเบียน"),
}
_REST = ("รหัสตำบล", "ตำบล", "อำเภอ", "จังหวัด", "หมู่ที่", "จำนวนสมาชิก", "เงินออม", "ปีงบประมาณ")
Fund = tuple[str, ...]

# code, name, founded, place, village, members, savings[, kind of organisation]
CDD_2566: list[Fund] = [
    ("S01", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านหนองแวง", "12/05/2540", "A", "3", "120", "1200000"),
    ("S02", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านโนนสูง", "10/03/2535", "A", "5", "80", "640000"),
    ("S03", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านดอนหัน", "01/06/2545", "old", "2", "60", "300000"),
    ("S04", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านโคกกลาง", "15/08/2538", "A", "7", "150", "2000000"),
    ("S05", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านหนองบัว", "20/03/2541", "A", "9", "200", "900000"),
    ("S06", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านป่าแดง", "05/11/2543", "A", "1", "40", "100000"),
    ("S07", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านนาดี", "09/09/2539", "A", "4", "70", "500000"),
]
# The office sends the year again: one figure was wrong.
CDD_2566_AGAIN = [(*row[:6], "550000") if row[0] == "S07" else row for row in CDD_2566]
# S03 under its new name and the code of today; a slip in S06 (109,000 typed as 190,000).
CDD_2567: list[Fund] = [
    ("S01", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านหนองแวง", "12/05/2540", "A", "3", "122", "1250000"),
    ("S02", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านโนนสูง", "10/03/2535", "A", "5", "81", "650000"),
    ("S03", "กลุ่มออมทรัพย์บ้านดอนหันพัฒนา", "01/06/2545", "new", "2", "61", "310000"),
    ("S04", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านโคกกลาง", "15/08/2538", "A", "7", "152", "2010000"),
    ("S05", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านหนองบัว", "20/03/2541", "A", "9", "200", "900000"),
    ("S06", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านป่าแดง", "05/11/2543", "A", "1", "41", "190000"),
    ("S07", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านนาดี", "09/09/2539", "A", "4", "70", "560000"),
]
CDD_2567_MENDED = [(*row[:6], "109000") if row[0] == "S06" else row for row in CDD_2567]
NVF_2566: list[Fund] = [
    ("40100503", "กองทุนหมู่บ้านหนองแวง หมู่ที่ 3", "22/07/2544", "A", "3", "110", "400000"),
    ("40100505", "กองทุนหมู่บ้านโนนสูง", "22/07/2544", "A", "5", "75", "350000"),
]
# T04 is S04 under the network's name: nothing shows it before its founding day and its size are reported.
SATJA_2566: list[Fund] = [
    ("T01", "กลุ่มสัจจะสะสมทรัพย์บ้านหนองแวง", "01/02/2550", "A", "3", "45", "90000"),
    ("T04", "กลุ่มสัจจะสะสมทรัพย์บ้านโคกกลาง", "", "A", "7", "95", "700000"),
]
SATJA_2567: list[Fund] = [
    ("T01", "กลุ่มสัจจะสะสมทรัพย์บ้านหนองแวง", "01/02/2550", "A", "3", "46", "95000"),
    ("T04", "กลุ่มสัจจะสะสมทรัพย์บ้านโคกกลาง", "15/08/2538", "A", "7", "152", "2010000"),
]
# Another office, other spellings: C01 is S01, C02 is S02; C05 may be S05; C06 changes its kind; C07 says too little of where it is.
CODI_2566: list[Fund] = [
    ("C01", "กลุ่มออมทรัพย์ฯ บ.หนองแวง", "12/05/2540", "A", "3", "120", "1200000", "กลุ่มออมทรัพย์"),
    ("C02", "ออมทรัพย์บ้านโนนสูง หมู่ 5", "10/03/2535", "A", "5", "90", "640000", "กลุ่มออมทรัพย์"),
    ("C05", "กลุ่มออมทรัพย์บ้านหนองบัว", "14/01/2530", "A", "9", "174", "670000", "กลุ่มออมทรัพย์"),
    ("C06", "ธนาคารหมู่บ้านหนองแวง", "", "A", "3", "30", "60000", "ธนาคารหมู่บ้าน"),
    ("C07", "กลุ่มออมทรัพย์บ้านหัวหนอง", "03/04/2547", "name", "8", "25", "50000", "กลุ่มออมทรัพย์"),
]
# Others of the register, elsewhere: one place in twenty may be unresolved before a release is stopped.
CODI_2566 += [
    (f"C{number}", f"กลุ่มออมทรัพย์บ้านใหม่ {number}", "", "town", str(number - 9), "10", "10000", "กลุ่มออมทรัพย์") for number in range(10, 34)
]  # fmt: skip
CODI_2567: list[Fund] = [
    ("C01", "กลุ่มออมทรัพย์ฯ บ.หนองแวง", "12/05/2540", "A", "3", "122", "1250000", "กลุ่มออมทรัพย์"),
    ("C06", "ธนาคารหมู่บ้านหนองแวง", "", "A", "3", "31", "61000", "อื่นๆ"),
]  # fmt: skip
# The office looked C05 up: its founding day and size are those of S05.
CODI_2568: list[Fund] = [
    ("C05", "กลุ่มออมทรัพย์บ้านหนองบัว", "20/03/2541", "A", "9", "200", "900000", "กลุ่มออมทรัพย์"),
]  # fmt: skip


def drop(
    home: Home, feed: str, name: str, year: int, funds: list[Fund], shuffle: Random | None = None
) -> Path:
    """Put a file of a feed into the inbox, its rows (and columns) in another order where `shuffle` is given."""
    header = [*_HEADERS[feed], *_REST, *(("ประเภทองค์กร",) if feed == CODI else ())]
    rows = [
        [code, fund_name, founded, *_PLACES[place], moo, members, savings, str(year), *kind]
        for code, fund_name, founded, place, moo, members, savings, *kind in funds
    ]
    if shuffle:
        shuffle.shuffle(rows)
        order = list(range(len(header)))
        shuffle.shuffle(order)
        header, rows = [header[i] for i in order], [[row[i] for i in order] for row in rows]
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    path = home.inbox / feed / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8-sig")
    return path


def first_files(home: Home, shuffle: Random | None = None) -> None:
    """What the first release is made from."""
    files = [
        (CDD, "ออมทรัพย์_2566.csv", 2566, CDD_2566),
        (NVF, "กองทุนหมู่บ้าน_2566.csv", 2566, NVF_2566),
        (SATJA, "สัจจะ_2566.csv", 2566, SATJA_2566),
    ]
    for feed, name, year, funds in reversed(files) if shuffle else files:
        drop(home, feed, name, year, funds, shuffle)


def second_files(home: Home, shuffle: Random | None = None) -> None:
    """A second agency's list, the next year, and a year sent again."""
    files = [
        (CODI, "องค์กรการเงิน_2566.csv", 2566, CODI_2566),
        (CODI, "องค์กรการเงิน_2567.csv", 2567, CODI_2567),
        (CDD, "ออมทรัพย์_2566_แก้ไข.csv", 2566, CDD_2566_AGAIN),
        (CDD, "ออมทรัพย์_2567.csv", 2567, CDD_2567),
        (SATJA, "สัจจะ_2567.csv", 2567, SATJA_2567),
    ]
    for feed, name, year, funds in reversed(files) if shuffle else files:
        drop(home, feed, name, year, funds, shuffle)


def last_files(home: Home) -> None:
    """Two sources mend what stewards had to decide."""
    drop(home, CDD, "ออมทรัพย์_2567_แก้ไข.csv", 2567, CDD_2567_MENDED)
    drop(home, CODI, "องค์กรการเงิน_2568.csv", 2568, CODI_2568)
