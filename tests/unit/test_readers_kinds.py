"""Each kind of file gives the same text cells: values as written, rows where the officer finds them."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.readers import json_text, workbook, workbook_bounds
from ingest.readers.files import file_type_of, read_file
from ingest.readers.headers import Vocabulary
from ingest.readers.json_file import read_json_file
from ingest.readers.sheet import ReadFile
from ingest.readers.workbook_apart import load_sheets_apart
from ingest.readers.workbook_load import load_sheets
from ingest.readers.xml_file import read_xml_file
from tests.unit.made_files import (
    FUNDS,
    TABLE,
    as_csv,
    as_json,
    as_jsonl,
    as_ods,
    as_records,
    as_xlsx,
    as_xml,
    as_zip,
    conform,
    sound_file,
)

fast = settings(max_examples=40, deadline=None)


def read(data: bytes, name: str, tmp_path: Path) -> ReadFile:
    path = tmp_path / f"object{Path(name).suffix}"
    path.write_bytes(data)
    return read_file(path, FUNDS, Vocabulary.of(FUNDS), file_name=name, max_rows=1000)


def cells(found: ReadFile, sheet: int = 0) -> list[tuple[str | None, ...]]:
    assert not found.errors, found.errors
    return found.sheets[sheet].cells.rows()


def json_cells(value: Any) -> list[tuple[str | None, ...]]:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return cells(read_json_file(text.encode(), FUNDS, max_rows=1000))


def xml_cells(text: str) -> list[tuple[str | None, ...]]:
    return cells(read_xml_file(text.encode(), FUNDS, max_rows=1000))


# ---- every kind alike ----


@pytest.mark.parametrize(
    "name", ["csv", "txt", "tsv", "xlsx", "xls", "ods", "json", "jsonl", "ndjson", "xml", "zip"]
)
def test_every_kind_conforms_to_the_same_rows(name: str) -> None:
    run = conform(sound_file(name), f"funds.{name.upper()}")
    assert run.report.errors == [] and run.report.warnings == []
    assert run.rows.select(
        "row_number", "fund_code", "members_persons", "savings_thb", "fiscal_year"
    ).rows() == [
        (2, "00000001", 120.0, 0.10, 2023),
        (3, "00000002", 80.0, 1500.25, 2023),
    ]
    assert run.rows["reported_tambon"].to_list() == ["ช้างเผือก", "ช้างม่อย"]


def test_file_types_by_name() -> None:
    names = ("a.TXT", "a.xlsm", "a.ndjson", "a.ods", "a.zip", "a.rar", "a", "a.csv.exe", ".csv")
    assert [file_type_of(n) for n in names] == ["csv", "xlsx", "jsonl", "ods", "zip", None, None, None, None]


def test_a_contract_may_take_fewer_kinds() -> None:
    strict = FUNDS.model_copy(update={"format": FUNDS.format.model_copy(update={"file_types": ("csv",)})})
    assert conform(sound_file("json"), "f.json", strict).errors == ["unknown_file_type"]
    inner = conform(as_zip({"a.json": sound_file("json")}), "f.zip", strict)
    assert inner.errors == ["unknown_file_type"]


# ---- JSON ----


def test_json_numbers_stay_as_written() -> None:
    text = '[{"a": 0.10, "b": 1e3, "c": 123456789012345678901234567890, "d": -0, "e": 1.50, "f": 2E-7, "g": NaN}]'
    assert json_cells(text)[1] == (
        "0.10", "1e3", "123456789012345678901234567890", "-0", "1.50", "2E-7", "NaN",
    )  # fmt: skip


def test_json_values_and_nesting() -> None:
    rows = json_cells(
        '[{"a": true, "b": null, "c": {"x": 1, "y": {"z": [1.0, "ก", null, false]}}, "d": [{"k": 2.50}], "e": {}, "f": ""}]'
    )
    assert rows == [
        ("a", "b", "c.x", "c.y", "d", "e", "f"),
        ("true", None, "1", '{"z": [1.0, "ก", null, false]}', '[{"k": 2.50}]', "{}", ""),
    ]


def test_json_columns_stand_in_the_order_first_seen() -> None:
    assert json_cells([{"b": 1}, {"a": 2, "b": 3}, {}, {"c": 4}]) == [
        ("b", "a", "c"), ("1", None, None), ("3", "2", None), (None, None, None), (None, None, "4"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrap",
    [
        lambda r: r,
        lambda r: {"records": r},
        lambda r: {
            "help": "x",
            "success": True,
            "result": {"fields": [{"id": "a", "type": "text"}], "records": r},
        },
        lambda r: {"data": {"meta": [1, 2], "items": r}, "count": 2},
    ],
)
def test_json_envelopes(wrap: Any) -> None:
    found = read_json_file(as_json(wrap([{"a": "1"}, {"a": "2"}])), FUNDS, max_rows=10)
    assert cells(found) == [("a",), ("1",), ("2",)] and found.sheets[0].name == ""


def test_several_lists_are_several_sheets() -> None:
    found = read_json_file(as_json({"ก": [{"a": 1}], "x": {"ข": [{"b": 2}]}}), FUNDS, max_rows=10)
    assert [s.name for s in found.sheets] == ["ก", "x.ข"]
    assert cells(found, 1) == [("b",), ("2",)]


def test_json_lines_by_content_not_by_name(tmp_path: Path) -> None:
    lines = as_jsonl([{"a": 1}, {"a": 2}])
    for name in ("a.json", "a.jsonl", "a.ndjson"):
        assert cells(read(lines, name, tmp_path)) == [("a",), ("1",), ("2",)]
    assert cells(read(b'[{"a": 1}]', "a.jsonl", tmp_path)) == [("a",), ("1",)]
    assert cells(read(b'{"a": 1}', "a.jsonl", tmp_path)) == [("a",), ("1",)]
    assert cells(read(b'{"a": 1}\r\n\r\n{"a": 2}', "a.jsonl", tmp_path)) == [("a",), ("1",), ("2",)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp874"])
def test_json_and_xml_encodings(encoding: str) -> None:
    for kind, name in (("json", "f.json"), ("xml", "f.xml")):
        text = sound_file(kind).decode().replace("UTF-8", "windows-874" if encoding == "cp874" else "UTF-8")
        run = conform(text.encode(encoding), name)
        assert run.report.errors == [] and run.report.rows_conformed == 2
        assert run.rows["fund_name"][0] == "กองทุนบ้านหนึ่ง"


def test_a_record_behind_the_first_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "_WINDOW", 200)
    records = [{"a": i, "ข": "x" * (i % 60), "n": i / 7} for i in range(500)]
    for value in (records, {"result": {"records": records}}):
        assert [r[0] for r in json_cells(value)[1:]] == [str(i) for i in range(500)]
    found = read_json_file(as_json([{"a": "x" * 300}]), FUNDS, max_rows=10)
    assert [e.code for e in found.errors] == ["record_too_large"]
    assert [e.row for e in read_json_file(b'[{"a": 1}, {"a": 2} x', FUNDS, max_rows=10).errors] == [1]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.lists(
        st.dictionaries(st.text(min_size=1, max_size=4), json_values, max_size=4), min_size=1, max_size=6
    )
)
@fast
def test_json_text_of_nested_values_means_the_same(records: list[dict[str, Any]]) -> None:
    found = read_json_file(json.dumps(records).encode(), FUNDS, max_rows=100)
    if found.errors:  # a.b beside {"a": {"b": …}}; nothing but blanks
        assert {e.code for e in found.errors} <= {"repeated_key", "no_records", "broken_letter"}
        return
    header, *rows = cells(found)
    assert len(rows) == len(records)
    for record, row in zip(records, rows, strict=True):
        shown = dict(zip(header, row, strict=True))
        for key, value in record.items():
            inner = value.items() if isinstance(value, dict) and value else [(None, value)]
            for name, one in inner:
                cell = shown[key if name is None else f"{key}.{name}"]
                if isinstance(one, str) or one is None:
                    assert cell == one
                else:
                    assert cell is not None and json.loads(cell) == one


# ---- XML ----


def test_xml_attributes_children_and_namespaces() -> None:
    rows = xml_cells(
        """<?xml version="1.0"?>
        <x:data xmlns:x="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xml:lang="th">
          <info>ไม่ใช่แถว</info>
          <x:row _id="1" สถานะ="ก"><code>0.10</code><name> ก &amp; ข </name><note xsi:nil="true"/></x:row>
          <x:row _id="2"><code unit="คน">7</code><name><![CDATA[<b>]]></name><note/><a><b>1</b></a></x:row>
        </x:data>"""
    )
    assert rows == [
        ("_id", "สถานะ", "code", "name", "note", "code.unit", "a.b"),
        ("1", "ก", "0.10", "ก & ข", None, None, None),
        ("2", None, "7", "<b>", "", "คน", "1"),
    ]


def test_xml_an_element_twice_in_a_row_is_a_list_and_never_lost() -> None:
    assert xml_cells("<d><r><a>1</a><a>2</a></r><r><a>3</a></r></d>") == [("a",), ('["1", "2"]',), ("3",)]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("<d><head><a>0</a></head><r><a>1</a></r><r><a>2</a></r></d>", [("a",), ("1",), ("2",)]),
        ("<d><list><r><a>1</a></r><r><a>2</a></r></list></d>", [("a",), ("1",), ("2",)]),
        ("<d><r><a>1</a></r></d>", [("a",), ("1",)]),
        ("<r><a>1</a><b>2</b></r>", [("a", "b"), ("1", "2")]),
        ('<d><r a="1"/><r a="2">x</r></d>', [("a", "r"), ("1", None), ("2", "x")]),
    ],
)
def test_xml_rows_are_what_repeats_nearest_to_the_root(text: str, rows: list[tuple[str | None, ...]]) -> None:
    assert xml_cells(text) == rows


def test_xml_two_kinds_of_rows_are_two_sheets() -> None:
    found = read_xml_file(
        b"<d><r><a>1</a></r><r><a>2</a></r><s><b>3</b></s><s><b>4</b></s></d>", FUNDS, max_rows=9
    )
    assert [s.name for s in found.sheets] == ["r", "s"] and cells(found, 1) == [("b",), ("3",), ("4",)]


def test_the_row_number_of_a_catalogue_is_no_column() -> None:
    records = [{"_id": n, "_full_text": "x", **r} for n, r in enumerate(as_records(TABLE), start=1)]
    rows = "".join(
        f'<row _id="{n}">' + as_xml([r]).decode().partition("<row>")[2].partition("</row>")[0] + "</row>"
        for n, r in enumerate(as_records(TABLE), start=1)
    )
    dump = f'<data xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{rows}</data>'
    table = [("_id", *TABLE[0]), *((str(n), *row) for n, row in enumerate(TABLE[1:], start=1))]
    for data, name in (
        (as_json({"records": records}), "f.json"),
        (dump.encode(), "f.xml"),
        (as_csv(table), "f.csv"),
    ):
        run = conform(data, name)
        assert run.report.unknown_headers == [] and run.report.rows_conformed == 2


# ---- ODS and workbooks ----


def test_ods_cells(tmp_path: Path) -> None:
    row = [0.1, 12345, "๑๒๓", None, date(2023, 1, 31), "a < b"]
    found = read(as_ods({"ปี 2566": [["ก"], row], "ปก": [["x"]]}), "f.ods", tmp_path)
    assert found.sheets[0].name == "ปี 2566" and found.skipped == {"ปก": "skip_sheets"}
    assert cells(found)[1] == ("0.1", "12345", "๑๒๓", None, "2023-01-31", "a < b")


def test_a_workbook_opened_apart_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = as_xlsx({"ปี 2566": TABLE, "ปก": [["x"]], "ว่าง": [], "อื่น": [["=1/0", 5, date(2023, 1, 31), True]]})
    path = tmp_path / "f.xlsx"
    path.write_bytes(data)
    here, there = (
        list(load_sheets(path, ["*"], ["ปก"], 100)),
        list(load_sheets_apart(path, ["*"], ["ปก"], 100)),
    )
    assert [(s.name, s.status, s.value) for s in here] == [(s.name, s.status, s.value) for s in there]
    assert [s.status for s in here] == ["ok", "skip_sheets", "empty", "ok"]
    for one, other in zip(here, there, strict=True):
        assert (one.cells is None and other.cells is None) or (
            one.cells is not None and other.cells is not None and one.cells.equals(other.cells)
        )
    monkeypatch.setattr(workbook_bounds, "APART_BYTES", -1)
    assert workbook_bounds.workbook_bounds(path, "xlsx").apart
    monkeypatch.setattr(workbook, "load_sheets", lambda *_: pytest.fail("opened in this process"))
    assert conform(as_xlsx({"a": TABLE}), "f.xlsx").report.rows_conformed == 2


# ---- ZIP ----


def test_each_member_is_a_sheet_named_as_in_the_zip(tmp_path: Path) -> None:
    data = as_zip(
        {
            "ปี 2566/ก.csv": as_csv(TABLE),
            "ข.xlsx": as_xlsx({"แผ่น": TABLE, "ปก": [["x"]]}),
            "ค.json": as_json({"records": as_records(TABLE)}),
            "README.txt": "อ่านก่อน".encode(),
            "คู่มือ.pdf": b"%PDF-1.7",
            "__MACOSX/._ก.csv": b"\x00\x05",
            ".DS_Store": b"x",
        }
    )
    found = read(data, "f.zip", tmp_path)
    assert not found.errors
    assert [s.name for s in found.sheets] == ["ปี 2566/ก.csv", "ข.xlsx / แผ่น", "ค.json"]
    assert [w.sheet for w in found.warnings] == ["README.txt", "คู่มือ.pdf"]
    assert found.skipped["ข.xlsx / ปก"] == "skip_sheets"
    run = conform(data, "f.zip")
    assert run.report.rows_conformed == 6 and set(run.rows["sheet"]) == {s.name for s in found.sheets}


def test_a_text_file_with_a_table_is_data(tmp_path: Path) -> None:
    assert len(read(as_zip({"a.txt": as_csv(TABLE, "\t")}), "f.zip", tmp_path).sheets) == 1


def test_member_names_of_old_archivers_and_hostile_ones(tmp_path: Path) -> None:
    # Python marks such a name as UTF-8; an old archiver in Thai Windows writes cp874 and marks nothing.
    typed = "กองทุน.csv".encode("cp874")
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X" * len(typed), as_csv(TABLE))
    old = path.read_bytes().replace(b"X" * len(typed), typed)
    assert read(old, "f.zip", tmp_path).sheets[0].name == "กองทุน.csv"
    odd = read(as_zip({"\u202ecsv.ก\n.csv": as_csv(TABLE)}), "f.zip", tmp_path)
    assert odd.sheets[0].name == "\\u202ecsv.ก\\n.csv"


def test_the_year_may_stand_in_a_members_name() -> None:
    table = [row[:-1] for row in TABLE]
    run = conform(as_zip({"funds_2565.csv": as_csv(table), "funds_2566.csv": as_csv(table)}), "f.zip")
    assert run.report.errors == []
    assert run.rows.group_by("fiscal_year").len().sort("fiscal_year").rows() == [(2022, 2), (2023, 2)]
