"""A home with one delivered file, and mending lists of it, for the tests of the round trip."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from expectations.tables import frame
from ingest.conform import conform_arrival
from ingest.contract import Contract, load_contracts
from ingest.home import Home
from ingest.landing import Arrival, InboxReport, arrivals, take_inbox
from ingest.report import ConformReport
from release.mending.book import HEADER_ROW, write_book
from release.mending.content import MendingList, Source, gather

FEED = "nvf/village_funds"
HEADERS = (
    "รหัสกองทุน",
    "ชื่อกองทุน",
    "หมู่ที่",
    "ตำบล",
    "อำเภอ",
    "จังหวัด",
    "ปีงบประมาณ",
    "จำนวนสมาชิก",
    "เงินออม",
    "ชื่อประธาน",
)
ROWS: tuple[tuple[str, ...], ...] = (
    ("00000012", "กองทุนบ้านหนึ่ง", "1", "ในเมือง", "เมืองขอนแก่น", "ขอนแก่น", "2566", "120", "54,000.00", "นายหนึ่ง ใจดี"),
    ("00000013", "กองทุนบ้านสอง", "2", "ในเมือง", "เมืองขอนแก่น", "ขอนแก่น", "2566", "12x", "61,000.50", "นางสอง ใจดี"),
    ("", "กองทุนบ้านสาม", "3", "ในเมือง", "เมืองขอนแก่น", "ขอนแก่น", "2566", "90", "7000", "นายสาม ใจดี"),
    ("00000015", "กองทุนบ้านสี่", "4", "ในเมือง", "เมืองขอนแก่น", "ขอนแก่น", "25xx", "80", "8000", "นายสี่ ใจดี"),
)  # fmt: skip
Problem = tuple[int, str | None]


@dataclass(frozen=True)
class Delivered:
    """A home with one delivery."""

    home: Home
    contract: Contract
    arrival: Arrival

    @property
    def path(self) -> Path:
        """The delivery's bytes."""
        return self.home.root / self.arrival.object_path

    def list_of(self, problems: Sequence[Problem], sheet: str = "") -> MendingList:
        """A list of rows (number, header of the bad cell) of one sheet."""
        return self.list_of_sheets({sheet: problems})

    def list_of_sheets(self, problems: Mapping[str, Sequence[Problem]]) -> MendingList:
        """A list of rows of several sheets."""
        findings = frame(
            "dq_finding",
            (
                {
                    "finding_id": f"{sheet}-{row}-{column}",
                    "check_id": "adm.unreadable_cell:x",
                    "severity": "warn",
                    "agency_code": self.contract.agency_code,
                    "feed_code": self.contract.feed,
                    "delivery_id": self.arrival.delivery_id,
                    "file_name": self.arrival.file_name,
                    "sheet": sheet,
                    "row_number": row,
                    "column_name": column,
                    "message_th": "อ่านค่าไม่ได้",
                    "message_en": "Cannot be read",
                    "expected": "ตัวเลข · a number",
                }
                for sheet, rows in problems.items()
                for row, column in rows
            ),
        )
        source = Source(self.arrival.delivery_id, self.arrival.file_name, self.path, self.contract, 4)
        sheets, loose, unreadable = gather(findings, {self.arrival.delivery_id: source})
        checks = pl.DataFrame(
            {
                "title_th": ["ก"],
                "title_en": ["a"],
                "n": [1],
                "of": [4],
                "severity": ["warn"],
                "mend_th": ["แก้"],
                "mend_en": [""],
            }
        )
        return MendingList(
            self.contract.agency_code, "หน่วยงาน", "Agency", "R1", datetime(2026, 11, 28, tzinfo=UTC),
            self.home.kind() or "real", sheets, loose, loose.height, checks, 0, unreadable,
        )  # fmt: skip

    def send(self, path: Path, name: str = "mended.xlsx", feed: str = "") -> InboxReport:
        """Put a file into the agency's inbox and take it."""
        folder = self.home.inbox / self.contract.agency_code / feed
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(path.read_bytes())
        return take_inbox(self.home, list(load_contracts()), settle_seconds=0)

    def conformed(self, arrival: Arrival) -> tuple[ConformReport, pl.DataFrame]:
        """An arrival's report and rows."""
        report = conform_arrival(self.home, arrival, self.contract)
        return report, pl.read_parquet(report.conformed_path)


def deliver(root: Path, name: str, write: Callable[[Path], None], feed: str = FEED) -> Delivered:
    """A home into which one file of a feed was taken."""
    home = Home(root)
    folder = home.inbox / feed
    folder.mkdir(parents=True)
    write(folder / name)
    report = take_inbox(home, list(load_contracts()), settle_seconds=0)
    assert len(report.taken) == 1, report
    return Delivered(home, load_contracts()[feed], arrivals(home)[0])


def csv_file(encoding: str, rows: Sequence[Sequence[str]] = ROWS) -> Callable[[Path], None]:
    """Writes a CSV file; cells with commas or quotes are quoted."""

    def write(path: Path) -> None:
        lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in (HEADERS, *rows)]
        path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))

    return write


def xlsx_file(sheets: Mapping[str, Sequence[Sequence[object]]]) -> Callable[[Path], None]:
    """Writes a workbook of these sheets."""

    def write(path: Path) -> None:
        book = Workbook()
        for number, (name, rows) in enumerate(sheets.items()):
            sheet = book.active if number == 0 else book.create_sheet()
            assert isinstance(sheet, Worksheet)
            sheet.title = name
            for row in rows:
                sheet.append(list(row))
        book.save(path)

    return write


def edit(content: MendingList, path: Path, changes: Sequence[tuple[int, int, str, object]]) -> Path:
    """Write a list and change cells as a person would, saved by another program: (sheet, original row, header, value)."""
    write_book(content, path)
    book = load_workbook(path)
    for number, row_number, header, value in changes:
        sheet = book.worksheets[number]
        labels = [cell.value for cell in sheet[HEADER_ROW + 1]]
        at = labels.index("แถวเดิม")
        row = next(row for row in sheet.iter_rows(min_row=HEADER_ROW + 2) if row[at].value == row_number)
        row[labels.index(header)].value = value  # type: ignore[assignment]
    book.save(path)
    return path
