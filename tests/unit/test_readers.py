"""Readers: decoding, layout, headers and merged ranges; and that nothing hostile gets past them."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.conform import conform_file
from ingest.contract import load_contracts
from ingest.messages import CELL, FILE, ROW, Problem, problem
from ingest.readers.headers import Vocabulary, column_letter, find_header
from ingest.readers.sheet import Merge
from ingest.readers.text_file import decode, read_text_file
from ingest.readers.workbook import merged_ranges
from ingest.report import ConformReport

CONTRACT = load_contracts()["nvf/village_funds"]
WORDS = Vocabulary.of(CONTRACT)
CDD = load_contracts()["cdd/savings_groups"]
fast = settings(max_examples=25, deadline=None)


def test_column_letters() -> None:
    assert [column_letter(i) for i in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@given(st.binary(max_size=300))
@fast
def test_decoding_gives_text_or_a_place(data: bytes) -> None:
    result = decode(data, ("utf-8", "cp874"))
    if isinstance(result, Problem):
        assert result.code in ("undecodable", "mojibake", "cut_off") and result.mend_th
    else:
        text, encoding = result
        assert encoding.startswith("utf-16") or text.encode(encoding) == data


def test_undecodable_names_line_and_byte() -> None:
    result = decode("ก,ข\nค".encode("cp874") + b"\xdb", ("utf-8", "cp874"))
    assert isinstance(result, Problem) and result.row == 1
    result = decode(b"abc\nab\xdb\n", ("utf-8",))
    assert isinstance(result, Problem) and result.row == 2 and "byte 3" in result.message_en


cell = st.text(alphabet='กขค 12.,;"\n-', max_size=8)


@given(
    st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t"]),
)
@fast
def test_what_a_csv_writer_writes_comes_back(rows: list[list[str]], delimiter: str) -> None:
    import csv
    import io

    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["รหัสกองทุน", "ชื่อกองทุน", "สมาชิก"], *rows])
    read = read_text_file(out.getvalue().encode(), CONTRACT, WORDS, max_rows=1000)
    sheet = read.sheets[0]
    assert sheet.cells.select("c0", "c1", "c2").rows()[1:] == [tuple(row) for row in rows]
    assert sheet.cell_counts is not None and sheet.cell_counts.to_list() == [3] * (len(rows) + 1)


def test_header_is_found_under_titles_and_over_two_rows() -> None:
    words = Vocabulary.of(CDD)
    rows: list[list[str | None]] = [
        ["รายงานกลุ่ม", None, None, None, None],
        ["รหัสกลุ่ม", "ชื่อกลุ่ม", "จำนวนสมาชิก", None, None],
        [None, None, "ชาย", "หญิง", "รวม"],
        ["1", "ก", "1", "2", "3"],
    ]
    for merges in (None, (Merge(1, 2, 1, 4), Merge(1, 0, 2, 0))):
        header = find_header(rows, CDD, words, merges)
        assert header is not None and (header.first, header.last) == (1, 2)
        fields = [c.column.field for c in header.columns if c.column]
        assert fields == [
            "fund_code",
            "fund_name",
            "members_male_persons",
            "members_female_persons",
            "members_persons",
        ]
    assert find_header(rows[3:], CDD, words) is None


def test_merged_ranges_are_read_from_the_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "ก & ข"
    book.active["B3"] = "x"
    book.active.merge_cells("B3:D7")
    book.active.merge_cells("AA1:AB1")
    book.save(tmp_path / "m.xlsx")
    assert set(merged_ranges(tmp_path / "m.xlsx")["ก & ข"]) == {Merge(2, 1, 6, 3), Merge(0, 26, 0, 27)}
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04")
    assert merged_ranges(tmp_path / "bad.xlsx") == {}


def _run(data: bytes, name: str, feed: str) -> ConformReport:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        report = conform_file(path, load_contracts()[feed], "d", Path(folder) / "out", today=date(2024, 6, 1))
        rejected = pl.read_parquet(report.rejected_path)
        assert rejected.height == report.rows_rejected + report.rows_not_data
    return report


HEADER = "รหัสกองทุน,ชื่อกองทุน,ตำบล,อำเภอ,จำนวนสมาชิก,เงินบัญชี 2,ปีงบประมาณ,ประธาน\n"
line = st.text(alphabet='กขรวมลงชื่อ*12๓.,;"-()\r\x00\u200bหมายเหตุ', max_size=40)


@given(st.lists(line, max_size=12))
@fast
def test_no_text_file_raises_and_every_row_is_counted(lines: list[str]) -> None:
    report = _run((HEADER + "\n".join(lines)).encode(), "f_2566.csv", "nvf/village_funds")
    assert report.rows_in == report.rows_conformed + report.rows_rejected + report.rows_not_data
    assert "cannot_read" not in [e.code for e in report.errors]


@given(st.lists(line, max_size=8))
@fast
def test_no_population_file_raises(lines: list[str]) -> None:
    report = _run(("รหัส,ตำบล,ประชากร,ชาย\n" + "\n".join(lines)).encode(), "f_2566.csv", "nesdc/population")
    assert "cannot_read" not in [e.code for e in report.errors]


@pytest.fixture(scope="module")
def small_workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    book = openpyxl.Workbook()
    for row in (["รหัสกลุ่ม", "ชื่อกลุ่ม", "เงินสัจจะ"], ["1", "ก", 5]):
        book.active.append(row)
    path = tmp_path_factory.mktemp("w") / "w.xlsx"
    book.save(path)
    return path.read_bytes()


@given(st.data())
@fast
def test_damaged_workbooks_are_reports(small_workbook: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(small_workbook) - 1))
    cut = data.draw(st.booleans())
    broken = small_workbook[:at] if cut else small_workbook[:at] + b"\xff\x00" + small_workbook[at + 2 :]
    report = _run(broken, "w_2566.xlsx", "cdd/savings_groups")
    assert "cannot_read" not in [e.code for e in report.errors]
    assert report.rows_conformed + report.rows_rejected + len(report.errors) >= 1


def test_every_message_is_bilingual_and_fills() -> None:
    for code in FILE:
        one = problem(code, sheet="s", row=1, column="c", value="v", expected="e", byte=1, at=1)
        assert (
            one.message_th
            and one.message_en
            and one.mend_th
            and one.mend_en
            and "{" not in one.message_th + one.message_en
        )
    assert all(m.th and m.en for m in ROW.values()) and all(th and en for th, en in CELL.values())
