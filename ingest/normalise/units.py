"""Units: stated in a header, above the table, or behind a number."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, get_args

from ingest.contract.model import ColumnUnit
from ingest.normalise.text import clean_one, label_key

HeaderUnit = Literal[
    "THB",
    "thousand_THB",
    "million_THB",
    "persons",
    "households",
    "funds",
    "organisations",
    "degrees",
    "percent",
]

_WORDS: dict[HeaderUnit, tuple[str, ...]] = {
    "THB": ("บาท", "thb", "baht", "หน่วยบาท"),
    "thousand_THB": ("พันบาท", "1000บาท", "thousandbaht", "thousandthb"),
    "million_THB": ("ล้านบาท", "ลบ", "millionbaht", "millionthb", "mthb"),
    "persons": ("คน", "ราย", "persons", "person", "people"),
    "households": ("ครัวเรือน", "คร", "หลังคาเรือน", "หลัง", "households", "household", "houses"),
    "funds": ("แห่ง", "กองทุน", "กลุ่ม", "funds", "groups"),
    "organisations": ("องค์กร", "องค์กรสตรี", "organisations", "organizations", "organisation", "organization"),
    "degrees": ("องศา", "ทศนิยม", "องศาทศนิยม", "degrees", "decimaldegrees", "wgs84"),
    "percent": ("ร้อยละ", "percent", "เปอร์เซ็นต์"),
}
_UNIT_BY_KEY: dict[str, HeaderUnit] = {word: unit for unit, words in _WORDS.items() for word in words}
_BRACKETS = re.compile(r"[(\[（]([^()\[\]（）]*)[)\]）]")
_TITLE_UNIT = re.compile(r"(?:หน่วย(?:นับ)?|unit)\s*[:：=]?\s*([^()\[\]]+)", re.IGNORECASE)


@lru_cache(maxsize=8192)
def unit_of_word(word: str) -> HeaderUnit | None:
    """The unit that a word is, whatever its spaces, case and 'หน่วย:' in front; None where it is no unit."""
    if clean_one(word) == "%":
        return "percent"
    key = label_key(word)
    return _UNIT_BY_KEY.get(key) or _UNIT_BY_KEY.get(key.removeprefix("หน่วย"))


@lru_cache(maxsize=8192)
def split_unit(header: str) -> tuple[str, HeaderUnit | None]:
    """A header without its unit in brackets, and the unit: 'เงินสัจจะ (ล้านบาท)' → ('เงินสัจจะ',
    'million_THB')."""
    unit: HeaderUnit | None = None
    rest = header
    for found in _BRACKETS.finditer(header):
        word = unit_of_word(found.group(1))
        if word is not None:
            unit = word
            rest = rest.replace(found.group(0), " ")
    return clean_one(rest), unit


def money_unit_of_title(lines: list[str]) -> ColumnUnit | None:
    """The money unit that the lines above a table state ('หน่วย : ล้านบาท'), None where none or two
    are stated."""
    units: set[HeaderUnit] = set()
    for line in lines:
        for found in _TITLE_UNIT.finditer(clean_one(line)):
            for word in re.split(r"[,/;]|และ|\s+", found.group(1)):
                unit = unit_of_word(word)
                if unit and unit.endswith("THB"):
                    units.add(unit)
    one = units.pop() if len(units) == 1 else None
    return next((unit for unit in get_args(ColumnUnit) if unit == one), None)


def agrees(header_unit: HeaderUnit, measure_unit: str) -> bool:
    """Whether a column headed in `header_unit` can fill a measure in `measure_unit`."""
    if measure_unit == "organisations":
        return header_unit in ("organisations", "funds")  # 'แห่ง' and 'กลุ่ม' count either
    if measure_unit == "number":
        return header_unit != "percent"  # an announced figure is in whatever unit its measure has
    return header_unit == measure_unit or (measure_unit == "THB" and header_unit.endswith("THB"))
