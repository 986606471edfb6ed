"""A case for every refusal, every set-aside row and every repair that conforming a file can tell of."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from ingest.conform import conform_file
from ingest.conform import file as conforming
from ingest.contract.model import Contract
from ingest.messages import CELL, FILE, ROW, problem
from ingest.readers import json_text, workbook, workbook_apart, workbook_bounds
from tests.unit.made_files import (
    AREAS,
    FUNDS,
    HEAD,
    ROW_1,
    SITES,
    TABLE,
    TODAY,
    Run,
    as_csv,
    as_json,
    as_ods,
    as_xlsx,
    as_zip,
    conform,
    keeps_its_promises,
    lying_size,
    ods_of,
    patched,
    sound_file,
    speaks,
    xlsx_of,
)

Content = bytes | str | Callable[[], bytes]
GOOD = as_csv(TABLE)


@dataclass(frozen=True)
class Case:
    """A file, and the codes that its report must have: of the file, of rows, of cells."""

    name: str
    content: Content
    codes: tuple[str, ...]
    contract: Contract = FUNDS
    options: dict[str, Any] = field(default_factory=dict)

    def run(self) -> Run:
        content = self.content() if callable(self.content) else self.content
        return conform(content, self.name, self.contract, **self.options)


def only_sheet(contract: Contract, name: str) -> Contract:
    return contract.model_copy(update={"format": contract.format.model_copy(update={"sheets": (name,)})})


def with_nested(levels: int) -> bytes:
    return b'[{"a": ' + b"[" * levels + b"]" * levels + b"}]"


H = ",".join(HEAD) + "\n"
LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]>
<data><row><a>&lol3;</a></row><row><a>1</a></row></data>"""
OUTSIDE = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d><r><a>&x;</a></r><r><a>1</a></r></d>'
WORKBOOK_2003 = b"""<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table><Row/></Table></Worksheet></Workbook>"""
FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

FILE_CASES = [
    Case("f.csv", b"", ("empty_file",)),
    Case("f.csv", b"\xef\xbb\xbf \r\n,,\r\n", ("empty_file",)),
    Case("f.json", b" \n ", ("empty_file",)),
    Case("f.xml", b"\xef\xbb\xbf ", ("empty_file",)),
    Case("f.pdf", b"%PDF-1.7", ("unknown_file_type",)),
    Case("f", GOOD, ("unknown_file_type",)),
    Case("f.csv", GOOD + b"\xff\xdb\n", ("undecodable",)),
    Case("f.json", as_json([{"a": 1}]) + b"\xff\xdb", ("undecodable",)),
    Case("f.xml", b"<?xml version='1.0' encoding='TIS-620'?><d>\xff\xdb</d>", ("undecodable",)),
    Case("f.csv", GOOD + "ก".encode()[:2], ("cut_off",)),
    Case("f.csv", GOOD.decode("cp874", "replace"), ("mojibake",)),
    Case("f.json", as_json([dict(zip(HEAD, ROW_1, strict=True))]).decode("latin-1").encode(), ("mojibake",)),
    Case("f.csv", H + '1,"ก,ข,1,1,2566\n2,ค,ง,1,1,2566\n', ("unclosed_quote",)),
    Case("f.xlsx", b"PK\x03\x04 no more", ("not_a_workbook",)),
    Case("f.xlsx", GOOD, ("not_a_workbook",)),
    Case("f.xls", GOOD, ("not_a_workbook",)),
    Case("f.ods", as_xlsx({"a": TABLE}), ("not_a_workbook",)),
    Case("f.xlsx", lambda: patched(as_xlsx({"a": TABLE}), b"PK\x01\x02", 8, b"\x01\x00"), ("not_a_workbook",)),
    Case("f.xlsx", xlsx_of("<row r='1'><c r='A1'><v>1</v></c"), ("sheet_unreadable",)),
    Case("f.xlsx", as_xlsx({"ปก": TABLE}), ("no_sheets",)),
    Case("f.xlsx", as_xlsx({"ว่าง": []}), ("no_sheets",)),
    Case("f.csv", GOOD * 30, ("too_many_rows",), options={"max_rows": 20}),
    Case("f.xlsx", as_xlsx({"a": TABLE * 30}), ("too_many_rows",), options={"max_rows": 20}),
    Case("f.json", as_json([{"a": 1}] * 30), ("too_many_rows",), options={"max_rows": 20}),
    Case("f.xml", b"<d>" + b"<r a='1'/>" * 30 + b"</d>", ("too_many_rows",), options={"max_rows": 20}),
    Case("f.xml", b"<d>" + b"<r a='1'/>" * 300 + b"</d>", ("too_many_rows",), options={"max_rows": 20}),
    Case("f.zip", lambda: as_zip({f"{n}.csv": GOOD for n in range(9)}), ("too_many_rows",), options={"max_rows": 20}),
    Case("f.csv", H.strip() + "," + ",".join(f"x{i}" for i in range(600)) + "\n", ("too_many_columns",)),
    Case("f.csv", "," * 17_000 + "\n", ("too_many_columns", "empty_file")),
    Case("f.csv", "a" + ",b" * 17_000 + "\n", ("too_many_columns",)),
    Case("f.json", as_json([{f"k{i}": 1 for i in range(20_000)}]), ("too_many_columns",)),
    Case("f.xml", lambda: b"<d><r " + b" ".join(b"k%d='1'" % i for i in range(17_000)) + b"/></d>", ("too_many_columns",)),
    Case("f.csv", lambda: b"a" + b",b" * 9_000 + b"\n" * 9_000 + b"1,2\n", ("too_many_columns",)),
    Case("f.csv", "ก,ข\n1,2\n", ("header_not_found",)),
    Case("f.json", as_json([{"x": 1}]), ("header_not_found",)),
    Case("f.xlsx", as_xlsx({"a": TABLE, "b": [["x", "y", "z", 4]]}), ("sheet_not_understood",)),
    Case("f.xlsx", as_xlsx({"a": TABLE, "b": [["หมายเหตุ"], ["ข้อความ"]]}), ("sheet_of_notes",)),
    Case("f.xlsx", as_xlsx({"ข้อมูล": TABLE, "b": TABLE}), ("sheet_not_listed",), only_sheet(FUNDS, "ข้อมูล")),
    Case("f.csv", "รหัสกองทุน,ชื่อกองทุน,members,จำนวนสมาชิก\n1,ก,1,1\n", ("duplicate_header",)),
    Case("f.csv", "รหัสกองทุน,ชื่อกองทุน,วันที่จัดตั้ง,ก่อตั้งเมื่อ,ปีงบประมาณ\n1,ก,1/1/2550,2/1/2550,2566\n", ("second_column_ignored",)),
    Case("f.csv", "รหัสกองทุน,ชื่อกองทุน,เงินออม (คน)\n1,ก,1\n", ("header_unit_contradiction",)),
    Case("f.csv", "รหัสกองทุน,เงินออม,ปีงบประมาณ\n1,1,2566\n", ("missing_required_column",)),
    Case("f.csv", "รหัสกองทุน,ชื่อกองทุน\n1,ก\n", ("no_period",)),
    Case("f_2565.csv", "ข้อมูล ปีงบประมาณ 2566,\nรหัสกองทุน,ชื่อกองทุน\n1,ก\n", ("period_sources_differ",)),
    Case("f_2566.csv", "จังหวัดน่าน,,\nรหัสกองทุน,ชื่อกองทุน,เงินออม\n1,ก,1\n", ("place_from_title",)),
    Case("f_2566.csv", "(หน่วย: ล้านบาท),,\nรหัสกองทุน,ชื่อกองทุน,เงินออม\n1,ก,1\n", ("unit_from_title",)),
    Case("f.csv", H, ("no_data_rows",)),
    Case("f.json", as_json([dict.fromkeys(HEAD)]), ("no_data_rows",)),
    Case("f.xlsx", lambda: as_zip({"xl/a.xml": b"\0" * (150 << 20)}), ("unpacks_too_large",)),
    Case("f.xlsx", lambda: lying_size(xlsx_of(FAR), 40), ("unpacks_too_large",)),
    Case("f.zip", lambda: as_zip({"a.csv": b"1,2\n" * (40 << 20)}), ("unpacks_too_large",)),
    Case("f.zip", lambda: lying_size(as_zip({"a.csv": GOOD}), 9), ("unpacks_too_large",)),
    Case("f.zip", lambda: patched(as_zip({"a.csv": GOOD}), b"PK\x01\x02", 20, struct.pack("<L", 9999)), ("unpacks_too_large",)),
    Case("f.xlsx", xlsx_of(FAR), ("sheet_too_large",)),
    Case("f.ods", ods_of(
        '<table:table table:name="a"><table:table-row table:number-rows-repeated="1048576"><table:table-cell'
        ' table:number-columns-repeated="16384" office:value-type="float" office:value="1"/></table:table-row></table:table>'
    ), ("sheet_too_large",)),
    Case("f.zip", as_zip({"a.csv": GOOD})[:-30], ("zip_unreadable",)),
    Case("f.zip", GOOD, ("zip_unreadable",)),
    Case("f.zip", lambda: patched(as_zip({"a.csv": GOOD}), b"PK\x01\x02", 8, b"\x01\x00"), ("zip_unreadable",)),
    Case("f.zip", lambda: patched(as_zip({"a.csv": GOOD}), b"PK\x03\x04", 60, b"\xff\xff\xff"), ("zip_unreadable",)),
    Case("f.zip", as_zip({"a.csv": GOOD, "b.zip": as_zip({"a.csv": GOOD})}), ("zip_nested",)),
    Case("f.zip", as_zip({"a.csv": GOOD, "b.7z": b"7z"}), ("zip_nested",)),
    Case("f.zip", lambda: as_zip({f"{n}.csv": b"" for n in range(201)}), ("zip_members",)),
    Case("f.zip", as_zip({"README.txt": b"x", "a.pdf": b"%PDF"}), ("zip_no_data",)),
    Case("f.zip", as_zip({"a.pdf": b"%PDF"}), ("zip_no_data",)),
    Case("f.zip", as_zip({"../a.csv": GOOD}), ("zip_paths",)),
    Case("f.zip", as_xlsx({"a": TABLE}), ("wrong_content",)),
    Case("f.zip", as_ods({"a": TABLE}), ("wrong_content",)),
    Case("f.zip", as_zip({"a.csv": GOOD, "b.docx": b"PK"}), ("zip_member_skipped",)),
    Case("f.zip", as_zip({"a.csv": GOOD, "b.json": b'[{"a":'}), ("json_broken",)),
    Case("f.json", b'[{"a": 1}, {"a": 2', ("json_broken",)),
    Case("f.json", b'[{"a": 1} {"a": 2}]', ("json_broken",)),
    Case("f.json", b'[{"a": 1}] trailing', ("json_broken",)),
    Case("f.json", b"{'a': 1}", ("json_broken",)),
    Case("f.jsonl", b'{"a": 1}\n{"a": \n', ("json_broken",)),
    Case("f.xml", b"<d><r><a>1</a></r><r>", ("xml_broken",)),
    Case("f.xml", b"<d><r>&nbsp;</r></d>", ("xml_broken",)),
    Case("f.xml", b"<d><r>\x01</r></d>", ("xml_broken",)),
    Case("f.xml", LAUGHS, ("xml_dtd",)),
    Case("f.xml", OUTSIDE, ("xml_dtd",)),
    Case("f.xml", WORKBOOK_2003, ("xml_workbook",)),
    Case("f.json", b'"text"', ("no_records",)),
    Case("f.json", b"[]", ("no_records",)),
    Case("f.json", b'{"records": []}', ("no_records",)),
    Case("f.json", b"[{}, {}]", ("no_records",)),
    Case("f.xml", b"<d>text</d>", ("no_records",)),
    Case("f.xml", b"<d><a>1</a><a>2</a></d>", ("no_records", "header_not_found")),
    Case("f.json", b'[{"a": 1}, 2]', ("not_a_record",)),
    Case("f.json", b'[["a", "b"], [1, 2]]', ("not_a_record",)),
    Case("f.json", b'[{"a": 1}, {"a": 1, "a": 2}]', ("repeated_key",)),
    Case("f.json", b'[{"a.b": 1, "a": {"b": 2}}]', ("repeated_key",)),
    Case("f.json", b'{"r": [{"a": 1}], "r": [{"a": 2}]}', ("repeated_key",)),
    Case("f.json", with_nested(50), ("record_too_large",)),
    Case("f.json", with_nested(100_000), ("record_too_large",)),
    Case("f.json", b"[" * 500_000, ("record_too_large",)),
    Case("f.json", b'{"a":' * 100_000, ("record_too_large",)),
    Case("f.xml", b"<a>" * 100_000, ("record_too_large",)),
    Case("f.json", rb'[{"a": "\ud800"}]', ("broken_letter",)),
    Case("f.json", rb'[{"\ud800": "a"}]', ("broken_letter",)),
]  # fmt: skip

ROW_CASES = [
    Case("f.csv", H + "1,ก,ข,1,1,2566,7,8\n", ("too_many_cells",)),
    Case("f.csv", H + "1,ก,ข\n", ("too_few_cells",)),
    Case("f.csv", H + ",ก,ข,1,1,2566\n", ("required_blank",)),
    Case("f.csv", H + "1.5E+07,ก,ข,1,1,2566\n", ("required_unreadable",)),
    Case("f.csv", H + "1,ก,ข,1,1,\n2,ก,ข,1,1,2566\n", ("no_year",)),
    Case("f.csv", H + "1,ก,ข,1,1,ปีที่แล้ว\n", ("unreadable_year",)),
    Case("f_2566.csv", "รหัสตำบล,ตำบล,ประชากร,ชาย\n,,5,2\n", ("no_place", "area_row"), AREAS),
    Case("f_2566.csv", "ประชากร,ชาย,ตำบล\n5,2,\n1,1,ช้างเผือก\n", ("no_place",), AREAS),
    Case("f.csv", H + "1,ก,ข,1,1,2566\nรวม,,,1,1,\n", ("total_row",)),
    Case("f_2566.csv", "รหัสตำบล,ตำบล,ประชากร\n50,จังหวัดเชียงใหม่,5\n500101,ช้างเผือก,5\n", ("area_row",), AREAS),
    Case("f.csv", H + "อำเภอเมือง,,,,,\n1,ก,ข,1,1,2566\n", ("heading_row",)),
    Case("f.csv", H + "1,ก,ข,1,1,2566\nหมายเหตุ ข้อมูลเบื้องต้น,,,,,\n", ("note_row",)),
    Case("f.csv", H + "1,ก,ข,1,1,2566\nลงชื่อ นายสมชาย ใจดี,,,,,\n", ("signature_row",)),
    Case("f.csv", H + "1,ก,ข,1,1,2566\n" + H + "2,ก,ข,1,1,2566\n", ("header_row",)),
    Case("f.csv", H + "1,ก,ข,1,1,2566\n,,,,,\n2,ก,ข,1,1,2566\n", ("blank_row",)),
    Case("f.csv", H + ",,ตัวอย่าง,,,\n1,ก,ข,1,1,2566\n", ("declared_not_data",)),
]


def fund(column: str, value: str) -> str:
    return f'รหัสกองทุน,ชื่อกองทุน,ปีงบประมาณ,{column}\n00000001,ก,2566,"{value}"\n'


def year(value: str) -> str:
    return f"รหัสกองทุน,ชื่อกองทุน,ปีงบประมาณ\n00000001,ก,{value}\n"


SITE = "รหัส,ชื่อ,ปี,ตำบล,ละติจูด,ลองจิจูด\n"
CELL_CASES = [
    Case("f.csv", fund("เงินออม", "ราวสองพัน"), ("unreadable_number",)),
    Case("f.csv", fund("เงินออม", "1,23,4"), ("unreadable_number",)),
    Case("f.csv", fund("จำนวนสมาชิก", "12 ครัวเรือน"), ("unit_mismatch",)),
    Case("f.csv", fund("เงินออม", "9" * 18), ("too_large",)),
    Case("f.json", b'[{"fund_code": "1", "fund_name": "x", "fiscal_year": 2566, "savings": 1e300}]', ("too_large",)),
    Case("f.csv", fund("จำนวนสมาชิก", "12.5"), ("not_whole",)),
    Case("f.csv", fund("จำนวนสมาชิก", "-3"), ("out_of_bounds",)),
    Case("f.csv", fund("วันที่จัดตั้ง", "29/02/2566"), ("unreadable_date",)),
    Case("f.csv", fund("วันที่จัดตั้ง", "1/1/2899"), ("implausible_date",)),
    Case("f_2566.csv", "รหัสกองทุน,ชื่อกองทุน,วันที่จัดตั้ง\n1,ก,1/1/2999\n", ("implausible_date",)),
    Case("f.csv", fund("ปีที่ได้รับ", "ปีที่แล้ว"), ("unreadable_year",)),
    Case("f.csv", fund("ปีที่ได้รับ", "3566"), ("implausible_year",)),
    Case("f.csv", fund("เลขนิติบุคคล", "1.23E+12"), ("unreadable_code",)),
    Case("f.csv", fund("รหัสตำบล", "5001"), ("unreadable_tambon_code",)),
    Case("f.csv", fund("ประเภท", "ไม่รู้จัก"), ("unknown_label",)),
    Case("f.csv", fund("เงินออม", "#DIV/0!"), ("error_cell",)),
    Case("f.csv", fund("เลขนิติบุคคล", "1-1017-00230-70-8"), ("personal_number",)),
    Case("f.csv", fund("เงินออม", "1.5 ล้านบาท"), ("unit_suffix",)),
    Case("f.csv", SITE + "1,ก,2566,ข,100.5,13.7\n", ("coordinates_swapped",), SITES),
    Case("f.csv", fund("เงินออม", "1.2E+07"), ("scientific_notation",)),
    Case("f.csv", year("2566/67"), ("year_span",)),
    Case("f.csv", year("2566p"), ("provisional_year",)),
    Case("f.csv", year("66"), ("two_digit_year",)),
    Case("f.csv", fund("วันที่จัดตั้ง", "44927"), ("excel_day_number",)),
    Case("f.csv", fund("วันที่จัดตั้ง", "2550"), ("year_alone",)),
    Case("f.csv", fund("เงินออม", "5").replace("00000001", "1"), ("zero_padded",)),
    Case("f.csv", fund("รหัสตำบล", "500101*"), ("cancelled_code",)),
    Case("f.csv", fund("ตำบล", "ข 1-1017-00230-70-8"), ("personal_masked",)),
]  # fmt: skip


def ids(cases: list[Case]) -> list[str]:
    return [f"{number}-{case.codes[0]}-{Path(case.name).suffix}" for number, case in enumerate(cases)]


@pytest.fixture(autouse=True)
def _our_own_errors_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMBON_DEBUG", "1")


@pytest.mark.parametrize("case", FILE_CASES, ids=ids(FILE_CASES))
def test_what_is_wrong_with_a_file_is_told(case: Case) -> None:
    run = case.run()
    assert set(case.codes) & {*run.errors, *run.warnings}, (run.errors, run.warnings)


@pytest.mark.parametrize("case", ROW_CASES, ids=ids(ROW_CASES))
def test_what_is_wrong_with_a_row_is_told(case: Case) -> None:
    run = case.run()
    assert set(case.codes) & set(run.rejected["reason_code"]), run.rejected["reason_code"].to_list()
    data = run.rejected.filter(run.rejected["reason_code"].is_in(case.codes))
    assert set(data["disposition"]) <= {"rejected", "not_data"}


@pytest.mark.parametrize("case", CELL_CASES, ids=ids(CELL_CASES))
def test_what_is_wrong_with_a_cell_is_told_and_what_is_repaired_is_noted(case: Case) -> None:
    run = case.run()
    told = {*run.cells["error_code"], *run.rejected["reason_code"]}
    assert set(case.codes) & told, (told, run.errors)


# ---- what no file alone provokes ----


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    report = conform_file(tmp_path / "f.csv", FUNDS, "d", tmp_path / "out", today=TODAY)
    assert [one.code for one in report.errors] == ["missing_file"]


def test_our_own_fault_is_told_without_the_cells_that_caused_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ArithmeticError("1-1017-00230-70-8")

    monkeypatch.delenv("TAMBON_DEBUG")
    monkeypatch.setattr(conforming, "read_file", fail)
    (tmp_path / "f.csv").write_bytes(GOOD)
    report = conform_file(tmp_path / "f.csv", FUNDS, "d", tmp_path / "out", today=TODAY)
    (told,) = report.errors
    assert told.code == "cannot_read" and "1017" not in told.message_en + told.message_th


def test_a_json_or_xml_file_over_its_limit_is_told_and_not_read(tmp_path: Path) -> None:
    for name in ("f.json", "f.xml"):
        path = tmp_path / name
        with path.open("wb") as file:
            file.truncate((256 << 20) + 1)  # sparse: takes no room
        report = conform_file(path, FUNDS, "d", tmp_path / "out", today=TODAY)
        assert [one.code for one in report.errors] == ["type_too_large"]
        assert "256 MB" in report.errors[0].message_en and "CSV" in report.errors[0].mend_th


def test_a_record_larger_than_the_window_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "_WINDOW", 1000)
    for value in ("x" * 3000, list(range(3000)), {str(i): i for i in range(3000)}):
        run = conform(as_json([{"a": 1}, {"a": value}]), "f.json")
        assert run.errors == ["record_too_large"] and run.report.errors[0].row == 2


def test_a_workbook_that_outgrows_its_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One text of a megabyte in 20,000 cells: 40 kB of file, 20 GB of table."""
    monkeypatch.setattr(workbook_apart, "MEMORY_BYTES", 2 << 30)
    cells = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, 20_001))
    run = conform(xlsx_of(cells, ["x" * 1_000_000]), "f.xlsx")
    assert run.errors == ["unpacks_too_large"]


def test_a_workbook_whose_cells_do_not_say_their_place_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some programs leave the places out, which makes the corners unknown: such a file is read apart."""
    rows = "".join(
        "<row>" + "".join(f"<c t='inlineStr'><is><t>{text}</t></is></c>" for text in row) + "</row>"
        for row in TABLE
    )
    opened = []
    real = workbook_apart.subprocess.run
    monkeypatch.setattr(
        workbook_apart.subprocess, "run", lambda *a, **k: (opened.append(a), real(*a, **k))[1]
    )
    run = conform(xlsx_of(rows), "f.xlsx")
    assert run.report.rows_conformed == 2 and len(opened) == 1


def test_an_old_workbook_with_many_texts_is_read_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its shared texts may be long: how long, only the library that opens it would tell."""
    path = tmp_path / "f.xls"
    path.write_bytes(sound_file("xls") + b"\xfd\x00\x0a\x00" * 20_000)
    assert workbook_bounds.workbook_bounds(path, "xls").apart
    path.write_bytes(sound_file("xls"))
    assert not workbook_bounds.workbook_bounds(path, "xls").apart
    monkeypatch.setattr(workbook_bounds, "APART_BYTES", 0)
    monkeypatch.setattr(workbook, "load_sheets", lambda *_: pytest.fail("opened in this process"))
    assert conform(sound_file("xls"), "f.xls").report.rows_conformed == 2


def test_failed_formulas_by_the_hundred_thousand_are_read_apart(tmp_path: Path) -> None:
    cells = "".join(
        f'<c r="{c}{r}" t="e"><v>#N/A</v></c>' for r in range(1, 10_001) for c in "ABCDEFGHIJKLMNOPQRSTU"
    )
    path = tmp_path / "f.xlsx"
    path.write_bytes(xlsx_of(cells))
    assert workbook_bounds.workbook_bounds(path, "xlsx") == workbook_bounds.Bounds(apart=True)


@pytest.mark.parametrize(
    ("column", "row", "fits"), [("AX", 1_000_000, True), ("AY", 1_000_000, False), ("SF", 99_000, True), ("A", 1_048_576, True)]
)  # fmt: skip
def test_the_corner_of_a_sheet_is_reckoned_exactly_near_the_limit(
    tmp_path: Path, column: str, row: int, fits: bool
) -> None:
    path = tmp_path / "f.xlsx"
    path.write_bytes(
        xlsx_of(
            f'<row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{column}{row}"><v>1</v></c></row>'
        )
    )
    found = workbook_bounds.workbook_bounds(path, "xlsx")
    assert (found.problem is None) is fits and not found.apart
    if found.problem is not None:
        assert f"{column}{row}" in found.problem.message_th


def ods_row(cells: str, times: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>'


def test_cells_far_away_in_an_ods_file_count_and_blank_ones_behind_the_table_do_not(tmp_path: Path) -> None:
    path = tmp_path / "f.ods"

    def bounds(*rows: str) -> workbook_bounds.Bounds:
        path.write_bytes(ods_of(f'<table:table table:name="a">{"".join(rows)}</table:table>'))
        return workbook_bounds.workbook_bounds(path, "ods")

    sound = workbook_bounds.Bounds()
    path.write_bytes(as_ods({"a": TABLE}))
    assert workbook_bounds.workbook_bounds(path, "ods") == sound
    gap = ods_row("<table:table-cell/>", 1_000_000)
    far = (
        '<table:table-cell table:number-columns-repeated="99"/><table:table-cell office:value-type="string"/>'
    )
    assert bounds(gap, ods_row(far)).problem is not None
    assert bounds(ods_row(far), gap) == sound
    text = f"<text:p>{'x' * 99_000}</text:p>"
    long = f'<table:table-cell table:number-columns-repeated="9" office:value-type="string">{text}</table:table-cell>'
    assert bounds(ods_row(long, 9_999)).apart


def test_merged_cells_filled_are_counted_as_repairs(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (HEAD, ROW_1, ("00000002", "ข", None, 1, 2, 2566)):
        book.active.append(row)
    book.active.merge_cells("C2:C3")
    book.save(tmp_path / "f.xlsx")
    run = conform((tmp_path / "f.xlsx").read_bytes(), "f.xlsx")
    assert run.report.repairs["merged_cell_filled"] == 1
    assert run.rows["reported_tambon"].to_list() == ["ช้างเผือก", "ช้างเผือก"]


# ---- the whole list ----

ELSEWHERE = {"missing_file", "cannot_read", "type_too_large"}


def test_every_message_has_a_case() -> None:
    """A code that nothing provokes is either dead or untested: add a case with the code."""
    told = {code for case in FILE_CASES for code in case.codes}
    assert sorted(FILE.keys() - told - ELSEWHERE) == []
    assert sorted(ROW.keys() - {code for case in ROW_CASES for code in case.codes}) == []
    assert sorted(CELL.keys() - {code for case in CELL_CASES for code in case.codes}) == []
    # A case may name two codes where either will do; at least one case has to stand for each alone.
    for codes, cases in ((FILE, FILE_CASES), (ROW, ROW_CASES), (CELL, CELL_CASES)):
        alone = {case.codes[0] for case in cases if len(case.codes) == 1}
        assert sorted(codes.keys() - alone - ELSEWHERE) == [], "no case of its own"


def test_every_message_speaks_to_the_officer() -> None:
    for code in FILE:
        speaks(problem(code, sheet="ก", row=1, column="ข", value="5", expected="6", byte=1, at=1))


def test_promises_are_broken_by_a_message_with_the_machine_in_it() -> None:
    told = problem("cannot_read", value="/tmp/x.py")
    with pytest.raises(AssertionError):
        speaks(told)
    with pytest.raises(AssertionError):
        speaks(problem("cannot_read", value="ValueError"))
    run = conform(GOOD)
    keeps_its_promises(run, "/nowhere")
    assert run.rows["founded_on"].to_list() == [None, None] and isinstance(TODAY, date)
