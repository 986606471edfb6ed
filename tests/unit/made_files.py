"""Contracts and files made for the tests of readers and of bad input: independent of what any agency's contract says today."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl  # type: ignore[import-untyped]
import polars as pl

from ingest.conform import conform_file
from ingest.contract.model import Contract
from ingest.messages import Problem
from ingest.report import ConformReport

TODAY = date(2024, 6, 1)
OWNER = {"name_th": "ผู้ทดสอบ"}
COMMON: dict[str, Any] = {
    "version": 1,
    "owner": OWNER,
    "licence": "none",
    "cadence": "yearly",
    "allowed_lag_days": 1,
    "title": {"th": "ทดสอบ", "en": "test"},
}
PLACES = [
    {"field": "tambon_code", "headers": ["รหัสตำบล"]},
    {"field": "tambon", "headers": ["ตำบล"]},
    {"field": "amphoe", "headers": ["อำเภอ"]},
    {"field": "province", "headers": ["จังหวัด"]},
]
FUNDS = Contract.model_validate(
    {
        **COMMON,
        "feed": "test/funds",
        "record_kind": "fund_report",
        "programme": "village_fund",
        "format": {"skip_sheets": ["ปก*"]},
        "period": {"field": "fiscal_year", "sources": ["column", "sheet", "title", "file_name"]},
        "columns": [
            {"field": "fund_code", "headers": ["รหัสกองทุน", "fund_code"], "width": 8, "required": True},
            {"field": "fund_name", "headers": ["ชื่อกองทุน", "fund_name"], "required": True},
            {"field": "fund_type", "headers": ["ประเภท"], "lookup": {"หมู่บ้าน": "village"}},
            {"field": "juristic_number", "headers": ["เลขนิติบุคคล"]},
            {"field": "founded_on", "headers": ["วันที่จัดตั้ง", "ก่อตั้งเมื่อ"]},
            *PLACES,
            {"field": "moo", "headers": ["หมู่ที่"]},
            {"field": "fiscal_year", "headers": ["ปีงบประมาณ", "fiscal_year"]},
            {"field": "received_year", "headers": ["ปีที่ได้รับ"]},
            {"field": "members_persons", "headers": ["จำนวนสมาชิก", "members"], "unit": "persons"},
            {"field": "savings_thb", "headers": ["เงินออม", "savings"], "unit": "THB"},
            {"headers": ["ประธาน"], "personal": True},
        ],
        "ignore_headers": ["ลำดับ"],
        "key": ["fund_code", "fiscal_year"],
        "not_data": {"labels": ["ตัวอย่าง"]},
    }
)
AREAS = Contract.model_validate(
    {
        **COMMON,
        "feed": "test/areas",
        "record_kind": "area_statistic",
        "period": {"field": "calendar_year", "sources": ["column", "file_name"]},
        "columns": [
            *PLACES,
            {"field": "calendar_year", "headers": ["ปี"]},
            {"field": "population_total", "headers": ["ประชากร"], "unit": "persons"},
            {"field": "population_male", "headers": ["ชาย"], "unit": "persons"},
        ],
        "key": ["tambon_code", "calendar_year"],
    }
)
SITES = Contract.model_validate(
    {
        **COMMON,
        "feed": "test/sites",
        "record_kind": "site",
        "period": {"field": "fiscal_year", "sources": ["column"]},
        "columns": [
            {"field": "site_code", "headers": ["รหัส"], "required": True},
            {"field": "site_name", "headers": ["ชื่อ"]},
            {"field": "fiscal_year", "headers": ["ปี"]},
            {"field": "tambon", "headers": ["ตำบล"]},
            {"field": "latitude", "headers": ["ละติจูด"]},
            {"field": "longitude", "headers": ["ลองจิจูด"]},
        ],
        "key": ["site_code", "fiscal_year"],
    }
)
HEAD = ("รหัสกองทุน", "ชื่อกองทุน", "ตำบล", "จำนวนสมาชิก", "เงินออม", "ปีงบประมาณ")
ROW_1 = ("00000001", "กองทุนบ้านหนึ่ง", "ช้างเผือก", "120", "0.10", "2566")
ROW_2 = ("00000002", "กองทุนบ้านสอง", "ช้างม่อย", "80", "1500.25", "2566")
TABLE: tuple[tuple[str, ...], ...] = (HEAD, ROW_1, ROW_2)
KINDS = ("csv", "tsv", "xlsx", "xls", "ods", "json", "jsonl", "xml", "zip")


@dataclass(frozen=True)
class Run:
    """One conformed file: its report and its three tables."""

    report: ConformReport
    rows: pl.DataFrame
    rejected: pl.DataFrame
    cells: pl.DataFrame

    @property
    def errors(self) -> list[str]:
        return [one.code for one in self.report.errors]

    @property
    def warnings(self) -> list[str]:
        return [one.code for one in self.report.warnings]


def conform(content: bytes | str, name: str = "f.csv", contract: Contract = FUNDS, **options: Any) -> Run:
    """Conform bytes as a file of this name, and hold the report to its promises."""
    data = content.encode() if isinstance(content, str) else content
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"object{Path(name).suffix}"
        path.write_bytes(data)
        out = Path(folder) / "out"
        report = conform_file(path, contract, "d-1", out, file_name=name, today=TODAY, **options)
        tables = (
            pl.read_parquet(p) for p in (report.conformed_path, report.rejected_path, report.cells_path)
        )
        run = Run(report, *tables)
        keeps_its_promises(run, folder)
    return run


_UNSPEAKABLE = re.compile(
    r"Traceback|Error\b|Exception|polars|fastexcel|calamine|0x[0-9a-f]{8}|/tmp/|\.py\b|\{\w+\}", re.I
)
_THAI = re.compile("[ก-๙]")


def keeps_its_promises(run: Run, folder: str) -> None:
    """An answer in the user's words, and every row accounted for."""
    report = run.report
    assert report.rows_in == report.rows_conformed + report.rows_rejected + report.rows_not_data
    assert run.rejected.height == report.rows_rejected + report.rows_not_data
    assert report.errors or report.rows_in or report.sheets, "nothing at all is said of the file"
    for one in (*report.errors, *report.warnings):
        speaks(one, folder)
    for th, en in run.rejected.select("message_th", "message_en").unique().iter_rows():
        assert _THAI.search(th) and en and "{" not in th + en
    for th, en in run.cells.select("expected_th", "expected_en").unique().iter_rows():
        assert _THAI.search(th) and en


def speaks(one: Problem, folder: str = "/nowhere") -> None:
    """Thai and English, how to mend it, and nothing of the machine."""
    for th, en in ((one.message_th, one.message_en), (one.mend_th, one.mend_en)):
        assert _THAI.search(th), th
        assert re.search("[A-Za-z]", en), en
        for text in (th, en):
            assert not _UNSPEAKABLE.search(text), text
            assert folder not in text and len(text) < 2000
            assert "\x00" not in text and text.encode()


def as_csv(table: Iterable[Sequence[Any]], delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(table)
    return out.getvalue().encode()


def as_records(table: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def as_jsonl(records: Iterable[Any]) -> bytes:
    return b"".join(as_json(record) + b"\n" for record in records)


def as_xml(records: Iterable[Mapping[str, Any]], row: str = "row") -> bytes:
    rows = "".join(
        f"<{row}>"
        + "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in record.items())
        + f"</{row}>\n"
        for record in records
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<data>\n{rows}</data>\n'.encode()


def as_xlsx(sheets: Mapping[str, Iterable[Sequence[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_zip(members: Mapping[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"
)
_MANIFEST = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'


def ods_of(tables: str) -> bytes:
    """An ODS file with this inside its spreadsheet element."""
    mimetype = b"application/vnd.oasis.opendocument.spreadsheet"
    return as_zip(
        {
            "mimetype": mimetype,
            "META-INF/manifest.xml": _MANIFEST.encode(),
            "content.xml": _ODS.format(tables).encode(),
        }
    )


def ods_cell(value: Any) -> str:
    if value is None:
        return "<table:table-cell/>"
    kind, shown = "string", f"<text:p>{escape(str(value))}</text:p>"
    if isinstance(value, date):
        kind = f'date" office:date-value="{value.isoformat()}'
    elif isinstance(value, int | float):
        kind = f'float" office:value="{value}'
    return f'<table:table-cell office:value-type="{kind}">{shown}</table:table-cell>'


def as_ods(sheets: Mapping[str, Iterable[Sequence[Any]]]) -> bytes:
    """As LibreOffice writes it: blank cells and rows to the sheet's edge are one repeated element."""
    tables = ""
    for name, rows in sheets.items():
        body = "".join(
            "<table:table-row>" + "".join(map(ods_cell, row))
            + '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
            for row in rows
        )  # fmt: skip
        blank = '<table:table-cell table:number-columns-repeated="16384"/>'
        rest = f'<table:table-row table:number-rows-repeated="1048000">{blank}</table:table-row>'
        tables += f'<table:table table:name="{escape(name)}">{body}{rest}</table:table>'
    return ods_of(tables)


_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = f'<Types xmlns="{_PACKAGE}/content-types"/>'
_BOOK = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>'


def _relation(kind: str, target: str) -> str:
    one = f'<Relationship Id="rId1" Type="{_OFFICE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{one}</Relationships>'


def xlsx_of(rows: str, texts: Iterable[str] = ()) -> bytes:
    """An XLSX file whose only sheet has this inside sheetData."""
    shared = "".join(f"<si><t>{text}</t></si>" for text in texts)
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relation("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": _BOOK,
        "xl/_rels/workbook.xml.rels": _relation("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    if shared:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{_MAIN}">{shared}</sst>'
    return as_zip({name: part.encode() for name, part in parts.items()})


def _record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def as_xls(table: Sequence[Sequence[Any]]) -> bytes:
    """A BIFF8 workbook of one sheet in the container that Office 97 uses: the least that is one."""
    texts = list(dict.fromkeys(str(cell) for row in table for cell in row if not isinstance(cell, float)))
    shared = struct.pack("<II", len(texts), len(texts))
    shared += b"".join(struct.pack("<HB", len(text), 1) + text.encode("utf-16-le") for text in texts)
    assert len(shared) < 8_000, "longer ones need a CONTINUE record"
    name = "ข้อมูล".encode("utf-16-le")
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0))
    end = _record(0x00FC, shared) + _record(0x000A)
    sheet_at = len(start) + 4 + 8 + len(name) + len(end)
    book = start + _record(0x0085, struct.pack("<IBBBB", sheet_at, 0, 0, len(name) // 2, 1) + name) + end
    cells = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0))
    cells += _record(0x0200, struct.pack("<IIHHH", 0, len(table), 0, max(map(len, table)), 0))
    for r, row in enumerate(table):
        for c, cell in enumerate(row):
            if isinstance(cell, float):
                cells += _record(0x0203, struct.pack("<HHHd", r, c, 0, cell))
            else:
                cells += _record(0x00FD, struct.pack("<HHHI", r, c, 0, texts.index(str(cell))))
    stream = book + cells + _record(0x000A)
    stream += b"\x00" * (max(4096, -(-len(stream) // 512) * 512) - len(stream))
    sectors = len(stream) // 512
    assert sectors < 120, "one sector of allocations only"
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    allocation = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))

    def entry(label: str, kind: int, child: int, first: int, size: int) -> bytes:
        raw = label.encode("utf-16-le").ljust(64, b"\x00")
        head = struct.pack(
            "<HBBIII", 2 * len(label) + 2 if label else 0, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child
        )
        return raw + head + b"\x00" * 36 + struct.pack("<IQ", first, size)

    none = entry("", 0, 0xFFFFFFFF, 0, 0)
    folder = (
        entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 2, len(stream)) + none * 2
    )
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += b"\x00" * 6 + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return header + allocation + folder + stream


def sound_file(kind: str) -> bytes:
    """The same two records as a file of each kind."""
    records = as_records(TABLE)
    made = {
        "csv": lambda: as_csv(TABLE),
        "txt": lambda: as_csv(TABLE, ";"),
        "tsv": lambda: as_csv(TABLE, "\t"),
        "xlsx": lambda: as_xlsx({"ข้อมูล": TABLE}),
        "ods": lambda: as_ods({"ข้อมูล": TABLE}),
        "xls": lambda: as_xls(TABLE),
        "json": lambda: as_json(records),
        "jsonl": lambda: as_jsonl(records),
        "ndjson": lambda: as_jsonl(records),
        "xml": lambda: as_xml(records),
        "zip": lambda: as_zip({"ข้อมูล.csv": as_csv(TABLE)}),
    }
    return made[kind]()


def patched(data: bytes, mark: bytes, offset: int, value: bytes, *, last: bool = False) -> bytes:
    """Bytes changed at a place behind a mark."""
    at = (data.rindex(mark) if last else data.index(mark)) + offset
    return data[:at] + value + data[at + len(value) :]


def lying_size(data: bytes, size: int, *, last: bool = True) -> bytes:
    """A zip whose directory says that a part unpacks to `size` bytes."""
    return patched(data, b"PK\x01\x02", 24, struct.pack("<L", size), last=last)
