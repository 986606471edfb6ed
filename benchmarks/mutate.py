"""A second, independent set of mistakes: CSV deliveries of a tidy sample spoiled in other ways than the sample's own planters do.

It shares no code with `ingest/sample/*defects.py`, works on the written files as an officer's hand would, and lists what it did
in `sample/truth_defects.csv`. Each row is spoiled once; rates are about one row in 700 a kind, three at least.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ingest.contract import Contract, load_contracts
from ingest.normalise.text import label_key
from ingest.normalise.units import split_unit

COLUMNS = "delivery_file,agency_code,feed_code,sheet,row_number,column_number,column,field,kind,expectation,value,detail".split(
    ","
)
STEADY = ("savings_thb", "share_capital_thb", "deposits_thb", "welfare_fund_thb", "special_deposits_thb")
MONEY = (*STEADY, "loans_outstanding_thb", "income_members_thb", "capital_thb")
PLACES = ("tambon_code", "tambon", "amphoe", "province")


@dataclass
class Sheet:
    """A CSV delivery in memory: rows of cells, and which column is which field."""

    path: Path
    feed: str
    encoding: str
    rows: list[list[str]]
    at: dict[str, int]
    used: set[int] = field(default_factory=set)
    planted: list[dict[str, object]] = field(default_factory=list)

    def number(self, row: int, name: str) -> float | None:
        """The cell as a number; None where it is none."""
        try:
            return float(self.rows[row][self.at[name]].replace(",", ""))
        except (KeyError, ValueError, IndexError):
            return None

    def put(self, row: int, name: str, value: str, kind: str, expectation: str, detail: str = "") -> bool:
        """Type over a cell and list it."""
        column = self.at[name]
        self.rows[row][column] = value
        self.note(row, name, kind, expectation, value, detail)
        return True

    def note(self, row: int, name: str, kind: str, expectation: str, value: str, detail: str = "") -> None:
        """List a mistake. Row numbers as a spreadsheet shows them."""
        self.used.add(row)
        self.planted.append(
            dict(zip(COLUMNS, (self.path.name, self.feed.split("/")[0], self.feed, "", row + 1, self.at[name] + 1,
                               self.rows[0][self.at[name]], name, kind, expectation, value, detail), strict=True))
        )  # fmt: skip


def read_sheet(path: Path, feed: str, contract: Contract) -> Sheet | None:
    """A CSV whose first row is its header; None where it is not."""
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "cp874"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        return None
    if encoding == "utf-8-sig" and not data.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8"
    rows = list(csv.reader(io.StringIO(text)))
    known = {label_key(split_unit(h)[0]): c.field for c in contract.columns if c.field for h in c.headers}
    at = {}
    for position, header in enumerate(rows[0]):
        name = known.get(label_key(split_unit(header)[0]))
        if name and name not in at:
            at[name] = position
    return Sheet(path, feed, encoding, rows, at) if len(at) >= 4 else None


def times(
    kind: str, factor: float, names: tuple[str, ...], floor: float
) -> Callable[[Sheet, int, random.Random], bool]:
    """One figure multiplied."""

    def spoil(sheet: Sheet, row: int, rng: random.Random) -> bool:
        fits = [n for n in names if n in sheet.at and (sheet.number(row, n) or 0) * max(factor, 1) > floor]
        fits = [n for n in fits if (sheet.number(row, n) or 0) > floor / max(factor, 1)]
        if not fits:
            return False
        name = rng.choice(fits)
        value = f"{(sheet.number(row, name) or 0) * factor:.0f}"
        return sheet.put(row, name, value, kind, "finding", f"times {factor:g}")

    return spoil


def swapped(sheet: Sheet, row: int, rng: random.Random) -> bool:
    """Members and savings in each other's column."""
    if (
        not {"members_persons", "savings_thb"} <= set(sheet.at)
        or (sheet.number(row, "savings_thb") or 0) < 300_000
    ):
        return False
    a, b = sheet.at["members_persons"], sheet.at["savings_thb"]
    cells = sheet.rows[row]
    cells[a], cells[b] = cells[b], cells[a]
    sheet.note(row, "members_persons", "swapped_columns", "finding", cells[a])
    return True


def wrong_province(sheet: Sheet, row: int, rng: random.Random) -> bool:
    """The right code with another province's name."""
    if not {"tambon_code", "province"} <= set(sheet.at):
        return False
    other = rng.choice(sheet.rows[1:])[sheet.at["province"]]
    if (
        not other
        or other == sheet.rows[row][sheet.at["province"]]
        or not sheet.rows[row][sheet.at["tambon_code"]]
    ):
        return False
    return sheet.put(row, "province", other, "wrong_province", "finding")


def twin(sheet: Sheet, row: int, rng: random.Random) -> bool:
    """The row again under a code of its own, the name typed a little differently."""
    if not {"fund_code", "fund_name"} <= set(sheet.at) or not sheet.rows[row][sheet.at["fund_code"]]:
        return False
    named = [n for n in ("moo", "founded_on") if n in sheet.at and sheet.rows[row][sheet.at[n]].strip()]
    if not named:
        return False
    copy = list(sheet.rows[row])
    code = copy[sheet.at["fund_code"]]
    digits = [i for i, letter in enumerate(code) if letter.isdigit()]
    copy[sheet.at["fund_code"]] = (
        code[: digits[-1] - 1] + "97" + code[digits[-1] + 1 :] if len(digits) > 2 else code + "97"
    )
    if any(r[sheet.at["fund_code"]] == copy[sheet.at["fund_code"]] for r in sheet.rows):
        return False
    copy[sheet.at["fund_name"]] = copy[sheet.at["fund_name"]].replace("บ้าน", "บ.", 1)
    for name in ("juristic_number", "registration_number"):
        if name in sheet.at:
            copy[sheet.at[name]] = ""
    sheet.rows.append(copy)
    sheet.used.add(row)
    sheet.note(
        len(sheet.rows) - 1, "fund_code", "likely_duplicate", "finding", copy[sheet.at["fund_code"]], code
    )
    return True


def zero(sheet: Sheet, row: int, rng: random.Random) -> bool:
    """Nothing where there was much."""
    if (sheet.number(row, "savings_thb") or 0) < 200_000:
        return False
    return sheet.put(row, "savings_thb", "0", "fell_to_zero", "finding")


def founded_later(sheet: Sheet, row: int, rng: random.Random) -> bool:
    """Founded after the year that it reports, in CE where B.E. is written."""
    if "founded_on" not in sheet.at or "/" not in sheet.rows[row][sheet.at["founded_on"]]:
        return False
    day, month, _ = sheet.rows[row][sheet.at["founded_on"]].split("/", 2)
    return sheet.put(row, "founded_on", f"{day}/{month}/2579", "founded_later", "finding")


def ce_year(sheet: Sheet, row: int, rng: random.Random) -> bool:
    """The year in CE: it reads the same."""
    year = sheet.number(row, "fiscal_year")
    if year is None or year < 2500:
        return False
    return sheet.put(row, "fiscal_year", f"{year - 543:.0f}", "year_typed_ce", "harmless")


def spelled_out(sheet: Sheet, row: int, rng: random.Random) -> bool:
    """Another spelling of the place: spaces and prefixes."""
    if "tambon" not in sheet.at or not sheet.rows[row][sheet.at["tambon"]]:
        return False
    name = sheet.rows[row][sheet.at["tambon"]].removeprefix("ต.").removeprefix("ตำบล").removeprefix("แขวง")
    return sheet.put(row, "tambon", f" ตำบล  {name} ", "other_spelling", "resolved")


KINDS: dict[str, Callable[[Sheet, int, random.Random], bool]] = {
    "times_10": times("times_10", 10, STEADY, 2_000_000),
    "times_100": times("times_100", 100, STEADY, 2_000_000),
    "times_1000": times("times_1000", 1000, MONEY, 2_000_000),
    "part_1000": times("part_1000", 0.001, STEADY, 200_000),
    "times_33": times("times_33", 33, MONEY, 2_000_000),
    "members_times_100": times("members_times_100", 100, ("members_persons",), 3_000),
    "swapped_columns": swapped,
    "wrong_province": wrong_province,
    "likely_duplicate": twin,
    "fell_to_zero": zero,
    "founded_later": founded_later,
    "year_typed_ce": ce_year,
    "other_spelling": spelled_out,
}


def spoil(home: Path, seed: int = 77) -> int:
    """Spoil every CSV of the home's inbox and write the truth; returns how many mistakes."""
    rng = random.Random(seed)
    contracts = load_contracts()
    planted: list[dict[str, object]] = []
    for path in sorted((home / "inbox").glob("*/*/*.csv")):
        feed = "/".join(path.parts[-3:-1])
        sheet = read_sheet(path, feed, contracts[feed])
        if sheet is None or contracts[feed].record_kind not in ("fund_report", "area_statistic"):
            continue
        records = len(sheet.rows) - 1
        # Funds of one fifth a year, by the code's sum: neighbouring years spoil different funds.
        turn = int(path.name[:4]) % 5
        key = sheet.at.get("fund_code", sheet.at.get("tambon_code", 0))
        free = [r for r in range(1, records) if sum(map(ord, sheet.rows[r][key])) % 5 == turn]
        rng.shuffle(free)
        for kind in KINDS.values():
            done = 0
            for row in free:
                if done >= max(1 if records < 400 else 3, records // 700):
                    break
                done += row not in sheet.used and kind(sheet, row, rng)
        for row in sheet.used:  # a repeated row is told with the row it repeats
            assert row < len(sheet.rows)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(sheet.rows)
        path.write_bytes(text.getvalue().encode(sheet.encoding))
        planted += sheet.planted
    with (home / "sample" / "truth_defects.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows(planted)
    return len(planted)
