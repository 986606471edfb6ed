"""How the synthetic offices write numbers, dates and names. Whole columns at a time; every person
and fund is invented."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.sample.places import Ints, Texts

NumberStyle = Literal["plain", "grouped", "grouped_satang"]
DateStyle = Literal["slashes", "short_month", "long_month", "iso_be"]
Floats = npt.NDArray[np.float64]

BE = 543
SYNTHETIC_TITLE = "ข้อมูลสังเคราะห์เพื่อทดสอบ - ไม่ใช่ข้อมูลจริง"

_SHORT_MONTHS = "ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค.".split()
_LONG_MONTHS = (
    "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม".split()
)
_FIRST_HALVES = "หนอง โคก ดอน ห้วย โนน นา คลอง ท่า วัง ทุ่ง ป่า บึง เขา ดง สระ บ่อ ปาก แม่ ไร่ ศรี".split()
_SECOND_HALVES = (
    "แวง ไผ่ ยาง ม่วง สูง กลาง ใหญ่ น้อย แดง ขาว ดำ ทอง เงิน แก้ว หว้า ขาม มะขาม ตาล มะพร้าว ชัย เจริญ สวรรค์ งาม ดินแดง "
    "หิน ทราย ช้าง เสือ กวาง ปลา เต่า นกยูง จาน บัว ขี้เหล็ก ตะแบก ประดู่ สะแก กระทุ่ม มะเดื่อ ค้อ แค เรือ หลวง กุง พลับ "
    "ตะเคียน สำโรง คูณ โพธิ์ ไทร จิก รัง เต็ง สัก ผักชี หญ้าคา บอน กุ่ม เดื่อ"
).split()
_GIVEN_NAMES = "สมมติ ทดสอบ ตัวอย่าง จำลอง สังเคราะห์ ลองดู สมชื่อ แบบอย่าง".split()
_FAMILY_NAMES = "ไม่มีจริง ข้อมูลเทียม ใช้ทดสอบ ชุดตัวอย่าง มิใช่บุคคล สร้างขึ้น".split()
THAI_DIGITS = dict(zip("0123456789", "๐๑๒๓๔๕๖๗๘๙", strict=True))


def thai_digits(text: str) -> str:
    """The text with Thai digits."""
    return text.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))


def thai_digits_column(column: pl.Series) -> pl.Series:
    """The same for a whole column."""
    return column.str.replace_many(list(THAI_DIGITS), list(THAI_DIGITS.values()))


def number_column(
    values: Floats, style: NumberStyle = "plain", blank: str = "", decimals: int = 0
) -> pl.Series:
    """Numbers as an office types them. `blank` stands where the value is NaN; `decimals` applies
    to the plain style.

    Numbers must be whole unless `decimals` is given, and below 10**12.
    """
    frame = pl.DataFrame({"v": values}).select(pl.col("v").fill_nan(None))
    if decimals:
        # Polars writes the shortest text that reads back as the same number.
        text = pl.col("v").round(decimals).cast(pl.String)
    elif style == "plain":
        text = pl.col("v").cast(pl.Int64).cast(pl.String)
    else:
        whole = pl.col("v").abs().cast(pl.Int64)
        groups = [(whole // 1000**power) % 1000 for power in (3, 2, 1, 0)]
        padded = [group.cast(pl.String).str.zfill(3) for group in groups]
        joined = pl.concat_str(
            [padded[0], pl.lit(","), padded[1], pl.lit(","), padded[2], pl.lit(","), padded[3]]
        )
        sign = pl.when(pl.col("v") < 0).then(pl.lit("-")).otherwise(pl.lit(""))
        stripped = joined.str.strip_chars_start("0,")
        stripped = pl.when(stripped == "").then(pl.lit("0")).otherwise(stripped)
        text = pl.concat_str([sign, stripped, pl.lit(".00" if style == "grouped_satang" else "")])
    return frame.select(text.fill_null(blank)).to_series()


def number_text(value: float, style: NumberStyle = "plain", decimals: int = 0) -> str:
    """One number in the column's style; the same text as `number_column` gives."""
    if decimals:
        return repr(round(value, decimals))
    if style == "plain":
        return str(int(value))
    return f"{int(value):,}" + (".00" if style == "grouped_satang" else "")


def date_column(days: npt.NDArray[Any], style: DateStyle) -> pl.Series:
    """Dates (`datetime64[D]`) in a Buddhist-era notation."""
    frame = pl.DataFrame({"d": days.astype("datetime64[D]")})
    day, month, year = pl.col("d").dt.day(), pl.col("d").dt.month(), pl.col("d").dt.year() + BE
    two = [part.cast(pl.String).str.zfill(2) for part in (day, month)]
    as_text = {
        n: pl.col("d")
        .dt.month()
        .cast(pl.Int64)
        .replace_strict(dict(enumerate(names, 1)), return_dtype=pl.String)
        for n, names in (("short", _SHORT_MONTHS), ("long", _LONG_MONTHS))
    }
    styles = {
        "slashes": pl.concat_str([two[0], two[1], year.cast(pl.String)], separator="/"),
        "short_month": pl.concat_str(
            [day.cast(pl.String), as_text["short"], (year % 100).cast(pl.String).str.zfill(2)], separator=" "
        ),
        "long_month": pl.concat_str(
            [day.cast(pl.String), as_text["long"], year.cast(pl.String)], separator=" "
        ),
        "iso_be": pl.concat_str([year.cast(pl.String), two[1], two[0]], separator="-"),
    }
    return frame.select(styles[style]).to_series()


def village_names(tambon_index: Ints, moo: Ints) -> Texts:
    """An invented village name for each (tambon, moo): the same pair has the same name in every list."""
    mixed = (
        tambon_index.astype(np.uint64) * np.uint64(2654435761) + moo.astype(np.uint64) * np.uint64(40503)
    ) >> np.uint64(3)
    first = np.array(_FIRST_HALVES, dtype=object)[(mixed % np.uint64(len(_FIRST_HALVES))).astype(np.int64)]
    second = np.array(_SECOND_HALVES, dtype=object)[
        ((mixed // np.uint64(31)) % np.uint64(len(_SECOND_HALVES))).astype(np.int64)
    ]
    joined: Texts = first + second
    return joined


def person_column(rng: np.random.Generator, size: int) -> pl.Series:
    """Chairpersons: words that are plainly no person's name (สมมติ ไม่มีจริง, …)."""
    title = rng.choice(np.array(["นาย", "นาง", "นางสาว"], dtype=object), size)
    given = rng.choice(np.array(_GIVEN_NAMES, dtype=object), size)
    family = rng.choice(np.array(_FAMILY_NAMES, dtype=object), size)
    return pl.Series(title + given + " " + family, dtype=pl.String)


def phone_column(rng: np.random.Generator, size: int) -> pl.Series:
    """Telephone numbers 000-xxx-xxxx, a range that no Thai operator has."""
    number = pl.DataFrame({"n": rng.integers(0, 10**7, size)}).select(
        pl.col("n").cast(pl.String).str.zfill(7)
    )
    digits = number.to_series()
    return "000-" + digits.str.slice(0, 3) + "-" + digits.str.slice(3)


def id_like_number(serial: int) -> str:
    """A 13-digit number with a right check digit that nobody can hold: no citizen's number begins with 9."""
    body = f"9{serial % 10**11:011d}"
    check = (11 - sum(int(digit) * (13 - i) for i, digit in enumerate(body)) % 11) % 10
    return f"{body}{check}"
