"""A home with real files of the village funds feed in it, landed, conformed and judged as the nightly job does."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from expectations.admission import Admission, admit_feed
from expectations.held_report import write_held
from ingest.conform import conform_arrival
from ingest.contract import Contract, load_contracts
from ingest.home import Home
from ingest.landing import arrivals, take_inbox

FEED = "nvf/village_funds"
HEADER = [
    "รหัสกองทุน", "ชื่อกองทุน", "รหัสตำบล", "ตำบล", "อำเภอ", "จังหวัด", "ปีบัญชี", "จำนวนสมาชิก", "เงินบัญชี 2", "เงินกู้คงค้าง",
]  # fmt: skip


def fund(number: int, year: int = 2566, **changes: object) -> list[object]:
    """One row; `changes` by position name: code, name, tambon, province, members, savings, loans."""
    given = {
        "code": f"{number:08d}",
        "name": f"กองทุนหมู่บ้าน {number}",
        "tambon": "730108",
        "province": "นครปฐม",
        "members": 50 + number % 37,
        "savings": 40_000 + 1_000 * (number % 53) + 300 * (year - 2566),
        "loans": 900_000 + 1_000 * (number % 71) + 500 * (year - 2566),
        **changes,
    }
    return [
        given["code"], given["name"], given["tambon"], "ดอนยายหอม", "เมืองนครปฐม", given["province"], year,
        given["members"], given["savings"], given["loans"],
    ]  # fmt: skip


def drop(home: Home, name: str, rows: list[list[object]], header: list[str] | None = None) -> Path:
    """Put a CSV file into the feed's inbox."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header or HEADER)
    writer.writerows(rows)
    path = home.inbox / FEED / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def take(home: Home, contract: Contract | None = None) -> list[Admission]:
    """Land what lies in the inbox, conform and judge every delivery of the feed, and show what is held."""
    feed = contract or load_contracts()[FEED]
    take_inbox(home, [FEED], settle_seconds=0)
    reports = [conform_arrival(home, one, feed) for one in arrivals(home) if one.feed_code == FEED]
    admissions = admit_feed(home, feed, reports)
    write_held(home, {FEED: feed}, FEED)
    return admissions


def good_rows(count: int = 60, year: int = 2566) -> list[list[object]]:
    """A file with nothing wrong in it."""
    return [fund(number, year) for number in range(1, count + 1)]


def doubled_rows(count: int = 60, year: int = 2567) -> list[list[object]]:
    """A file with a tenth of its records standing twice: held, and a person may decide that it is right as it is."""
    rows = good_rows(count, year)
    return rows + [fund(number, year, members=7) for number in range(1, count // 10 + 1)]
