"""What an analyst knows before writing a script: the files, the wording of their columns, the list of places.

Shared by the two baseline scripts, so that they differ in their engine only. Nothing of our packages is
imported; the wordings are read from the contracts, because a script would hold the same list typed out.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import geothai
import yaml
from geothai.abolished import abolished_areas

INGEST = Path(__file__).parents[1] / "ingest"
FUND_FEEDS = ("nvf/village_funds", "cdd/savings_groups", "codi/welfare_funds")
AREA_FEED = "nesdc/population"
PLACE = ("tambon_code", "tambon", "amphoe", "province")
TEXTS = (
    "fund_code",
    "fund_name",
    "fund_type",
    "fund_status",
    "grade",
    "fund_level",
    "accounts_filed",
    "founded_on",
)
THAI_DIGITS, DIGITS = "๐๑๒๓๔๕๖๗๘๙", "0123456789"
MONTHS = "ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค.".split()
LONG_MONTHS = "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม".split()
HEADER_ROWS = 12
# 1234, 1,234 and 1,234.50 are numbers; 1,23,456 is not.
NUMBER = r"^-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$"
PREFIX = {
    "tambon": r"^\s*(ตำบล|แขวง|ต\.)\s*",
    "amphoe": r"^\s*(กิ่งอำเภอ|อำเภอ|เขต|อ\.)\s*",
    "province": r"^\s*(จังหวัด|จ\.)\s*",
}


class Field(NamedTuple):
    """One column as the contract words it; `maximum` is infinite where none is given."""

    name: str
    lookup: dict[str, str]
    width: int
    zero_if_blank: bool
    maximum: float


class Delivery(NamedTuple):
    """One file, its feed, its place in the order of arrival, and the year (CE) in its name."""

    path: Path
    feed: str
    sequence: int
    year: int


def deliveries(inbox: Path) -> list[Delivery]:
    """Every table file right below a feed's folder, by time of change, as landing takes them."""
    found = [
        (path.stat().st_mtime_ns, path, feed)
        for feed in (*FUND_FEEDS, AREA_FEED)
        for path in (inbox / feed).glob("*")
        if path.is_file() and path.suffix in (".csv", ".xlsx")
    ]
    return [
        Delivery(path, feed, number, int(path.name[:4]) - 543)
        for number, (_, path, feed) in enumerate(sorted(found), 1)
    ]


def header_key(text: str) -> str:
    """A header without its unit in brackets, spaces and punctuation."""
    return re.sub(r"[\s.|/_-]+", "", re.sub(r"\(.*?\)", "", text)).lower()


@cache
def contract(feed: str) -> Any:
    """The contract as plain YAML."""
    return yaml.safe_load((INGEST / "agencies" / f"{feed}.yml").read_text(encoding="utf-8"))


@cache
def fields(feed: str) -> dict[str, Field]:
    """Header key → field; personal columns are not there."""
    limits = yaml.safe_load((INGEST / "contract" / "fields.yml").read_text(encoding="utf-8"))["identity"]
    known: dict[str, Field] = {}
    for column in contract(feed)["columns"]:
        if column.get("personal"):
            continue
        field = Field(
            column["field"], column.get("lookup") or {}, int(column.get("width", 0)),
            column.get("blank_means") == "zero",
            float(column.get("max") or limits.get(column["field"], {}).get("max") or "inf"),
        )  # fmt: skip
        known.update({header_key(str(header)): field for header in column["headers"]})
    return known


@cache
def measures(kind: str) -> tuple[str, ...]:
    """Codes of all `fund_measures` or `indicators`, in their declared order."""
    return tuple(yaml.safe_load((INGEST / "contract" / "fields.yml").read_text(encoding="utf-8"))[kind])


def match_headers(feed: str, headers: Iterable[str | None]) -> dict[str, tuple[int, Field, float]]:
    """Field name → position, field, and factor to baht; undeclared columns are left out."""
    known = fields(feed)
    found = {}
    for position, header in enumerate(headers):
        field = known.get(header_key(header or ""))
        if field:
            found[field.name] = (position, field, 1e6 if "ล้านบาท" in (header or "") else 1.0)
    return found


def find_header(feed: str, rows: Sequence[Sequence[str | None]]) -> tuple[int, list[str]]:
    """Header of a sheet: where data begin, and the wordings of one row, or of two, the upper merged sideways.

    Raises:
        ValueError: no row of the first ones holds the feed's required columns.
    """
    best: tuple[int, int, list[str]] = (0, 0, [])
    for number, row in enumerate(rows[:HEADER_ROWS]):
        below = rows[number + 1] if number + 1 < len(rows) else ()
        two, last = [], ""
        for above, under in zip(row, below, strict=False):
            last = above or last
            two.append(f"{last} {under}" if under else above or "")
        for depth, wording in ((1, [cell or "" for cell in row]), (2, two)):
            score = len(match_headers(feed, wording))
            if score > best[0]:
                best = (score, number + depth, wording)
    required = {column["field"] for column in contract(feed)["columns"] if column.get("required")}
    if required - match_headers(feed, best[2]).keys():
        raise ValueError("no header row")
    return best[1], best[2]


class Place(NamedTuple):
    """A tambon code, the current code it stands for, and its names without the word for the level."""

    code: str
    target: str
    tambon: str
    amphoe: str
    province: str
    is_current: bool


def gazetteer() -> list[Place]:
    """Current tambons, and abolished ones with exactly one successor."""
    provinces = {one.code: one.name_th for one in geothai.provinces()}
    gone = abolished_areas()
    amphoes = {one.code: one.name_th for one in gone if one.level == "district"}
    amphoes |= {one.code: one.name_th for code in provinces for one in geothai.districts(code)}
    amphoes = {code: name.removeprefix("เขต") if code[:2] == "10" else name for code, name in amphoes.items()}
    now = {one.code: one.name_th for code in amphoes for one in geothai.subdistricts(code)}
    places = [
        Place(code, code, name, amphoes[code[:4]], provinces[code[:2]], True) for code, name in now.items()
    ]
    for one in gone:
        if (
            one.level == "subdistrict"
            and len(one.successors) == 1
            and one.successors[0] in now
            and one.code not in now
        ):
            names = (one.name_th, amphoes.get(one.code[:4], ""), provinces.get(one.code[:2], ""))
            places.append(Place(one.code, one.successors[0], *names, False))
    return places


def read_map(name: str, key: str, value: str) -> dict[str, str]:
    """Two columns of a reference CSV."""
    with (INGEST / "reference" / name).open(encoding="utf-8") as file:
        return {row[key]: row[value] for row in csv.DictReader(file)}


def region_of() -> dict[str, str]:
    """Province code → region code."""
    return read_map("regions.csv", "province_code", "region_code")


def province_alias() -> dict[str, str]:
    """Other ways to write a province → its name."""
    provinces = {one.code: one.name_th for one in geothai.provinces()}
    return {
        name: provinces[code]
        for name, code in read_map("province_alias.csv", "name_th", "province_code").items()
    }
