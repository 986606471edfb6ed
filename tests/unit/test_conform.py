"""Golden files for every quirk and every refusal: built here, conformed, compared."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import polars as pl
import pytest

from ingest.conform import CONFORM_VERSION, conform_arrival, conform_file
from ingest.contract import load_contracts
from ingest.home import Home
from ingest.normalise.schema import CELLS, REJECTED, conformed_schema
from ingest.report import ConformReport

REAL = Path(__file__).parents[2].parent / "shared" / "real"
TODAY = date(2024, 6, 1)
NVF, CDD, CODI, POP = "nvf/village_funds", "cdd/savings_groups", "codi/welfare_funds", "nesdc/population"
H = "รหัสกองทุน,ชื่อกองทุน,ตำบล,จำนวนสมาชิก,เงินบัญชี 2,ปีงบประมาณ\n"


@pytest.fixture(autouse=True)
def _our_own_errors_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMBON_DEBUG", "1")


class Run:
    """One conformed file."""

    def __init__(self, report: ConformReport) -> None:
        self.report = report
        self.rows = pl.read_parquet(report.conformed_path)
        self.rejected = pl.read_parquet(report.rejected_path)
        self.cells = pl.read_parquet(report.cells_path)

    @property
    def codes(self) -> list[str]:
        return [one.code for one in self.report.errors]

    def reasons(self) -> dict[int, str]:
        return dict(self.rejected.select("row_number", "reason_code").iter_rows())

    def told(self) -> set[tuple[int, str, str]]:
        return set(self.cells.select("row_number", "field", "error_code").iter_rows())


def conform(
    tmp_path: Path, content: bytes | str, feed: str = NVF, name: str = "file_2566.csv", **more: Any
) -> Run:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Run(conform_file(path, load_contracts()[feed], "d-1", tmp_path / "out", today=TODAY, **more))


def workbook(
    tmp_path: Path, sheets: dict[str, list[list[Any]]], merges: dict[str, list[str]] | None = None
) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for r, row in enumerate(rows, start=1):
            for c, value in enumerate(row, start=1):
                if value is not None:
                    sheet.cell(r, c, value)
        for ref in (merges or {}).get(name, []):
            sheet.merge_cells(ref)
    path = tmp_path / "made.xlsx"
    book.save(path)
    return path.read_bytes()


# ---- schema and counts ----


def test_every_file_has_the_full_schema_and_every_row_is_counted(tmp_path: Path) -> None:
    run = conform(tmp_path, H + "1,ก,ข,10,100,2566\n,ไม่มีรหัส,ข,1,1,2566\n\nรวม,,,10,100,\n")
    assert run.rows.schema == pl.Schema(conformed_schema("fund_report"))
    assert run.rejected.schema == pl.Schema(REJECTED) and run.cells.schema == pl.Schema(CELLS)
    report = run.report
    assert (report.rows_in, report.rows_conformed, report.rows_rejected, report.rows_not_data) == (4, 1, 1, 2)
    assert run.reasons() == {3: "required_blank", 4: "blank_row", 5: "total_row"}
    row = run.rows.row(0, named=True)
    assert (
        row["fund_code"] == "00000001"
        and row["fiscal_year"] == 2023
        and row["programme_code"] == "village_fund"
    )
    assert (
        row["members_persons"] == 10
        and row["savings_thb"] == 100
        and row["sheet"] == ""
        and row["row_number"] == 2
    )
    assert row["loans_overdue_thb"] is None and row["delivery_id"] == "d-1" and row["agency_code"] == "nvf"
    assert run.rejected["disposition"].to_list() == ["rejected", "not_data", "not_data"]
    assert (report.first_year, report.last_year) == (2023, 2023)


def test_a_few_rows_of_another_year_do_not_make_it_the_files_year(tmp_path: Path) -> None:
    rows = "".join(f"{n},ก,ข,10,100,{2566 if n > 2 else 2565}\n" for n in range(1, 61))
    report = conform(tmp_path, H + rows).report
    assert report.rows_conformed == 60 and (report.first_year, report.last_year) == (2023, 2023)


def test_years_of_which_a_file_has_many_rows_are_all_its_years(tmp_path: Path) -> None:
    rows = "".join(f"{n},ก,ข,10,100,{2560 + n % 7}\n" for n in range(1, 61)) + "99,ก,ข,10,100,2567\n"
    report = conform(tmp_path, H + rows).report
    assert (report.first_year, report.last_year) == (2017, 2024)


def test_a_file_cut_off_within_a_letter_is_told_as_cut_off(tmp_path: Path) -> None:
    whole = (H + "1,ก,ข,10,100,2566\n2,กองทุน").encode()
    (told,) = conform(tmp_path, b"\xef\xbb\xbf" + whole[:-1]).report.errors
    assert told.code == "cut_off" and "3" in told.message_en


def test_the_report_on_disk_is_the_one_returned(tmp_path: Path) -> None:
    run = conform(tmp_path, H + "1,ก,ข,10,100,2566\n")
    stored = ConformReport.model_validate_json((tmp_path / "out" / "d-1.report.json").read_bytes())
    assert stored == run.report
    assert not list((tmp_path / "out").glob("*.partial"))


# ---- text files ----


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp874", "utf-16", "utf-16-le"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    run = conform(tmp_path, (H + "1,กองทุนบ้านน้ำใส,ท่าทราย,10,100,2566\n").encode(encoding))
    assert run.rows["fund_name"].to_list() == ["กองทุนบ้านน้ำใส"] and not run.codes


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    run = conform(tmp_path, (H + "1,ก,ข,10,100,2566\n").replace(",", delimiter))
    assert run.report.rows_conformed == 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    run = conform(tmp_path, (H + "1,ก,ข,10,100,2566\n2,ก,ข,10,100,2566\n").replace("\n", end))
    assert run.rows["row_number"].to_list() == [2, 3]


def test_a_line_break_in_quotation_marks_is_one_record(tmp_path: Path) -> None:
    run = conform(tmp_path, H + '1,"ก\nข, ค",ข,10,"1,000.50",2566\n2,ง,ข,10,100,2566\n')
    assert run.rows["row_number"].to_list() == [2, 3]
    assert run.rows["fund_name"].to_list() == ["ก ข, ค", "ง"] and run.rows["savings_thb"].to_list() == [
        1000.5,
        100,
    ]


def test_ragged_rows_are_rejected_and_never_shifted(tmp_path: Path) -> None:
    run = conform(tmp_path, H + "1,ก,ข,10,100,2566\n2,ก,x,ข,10,100,2566\n3,ก,ข,10,100,2566,\n4,ก,ข,10")
    assert run.reasons() == {3: "too_many_cells", 5: "too_few_cells"}
    assert run.rows["fund_code"].to_list() == ["00000001", "00000003"]


def test_quotation_marks_inside_cells(tmp_path: Path) -> None:
    run = conform(tmp_path, H + '1,"กองทุน "ใจดี" บ้าน",ข,10,100,2566\n2,ก"ข,ข,10,100,2566\n')
    assert "00000002" in run.rows["fund_code"].to_list() and run.report.rows_in == 2


def test_an_unclosed_quotation_mark_names_its_line(tmp_path: Path) -> None:
    run = conform(tmp_path, H + '1,ก,ข,10,100,2566\n2,"ก,ข,10,100,2566\n3,ก,ข,10,100,2566\n')
    assert run.codes == ["unclosed_quote"] and run.report.errors[0].row == 3 and run.rows.height == 0


def test_nul_bytes_and_title_rows(tmp_path: Path) -> None:
    run = conform(tmp_path, "รายงานกองทุน,,,,,\n,,,,,\n" + H + "1,ก\x00ข,ข,10,100,2566\n")
    assert run.rows["fund_name"].to_list() == ["กข"] and run.rows["row_number"].to_list() == [4]


def test_undecodable_bytes_name_line_and_byte(tmp_path: Path) -> None:
    run = conform(tmp_path, H.encode("cp874") + b"1,\xa1\xdb,x,1,1,2566\n")
    error = run.report.errors[0]
    assert (
        error.code == "undecodable" and run.report.rows_in == 0 and "0x" in error.message_en and error.mend_th
    )


def test_one_broken_byte_in_utf8_is_not_passed_off_as_cp874(tmp_path: Path) -> None:
    body = (H + "1,กองทุนหมู่บ้าน,ท่าทราย,10,100,2566\n" * 5).encode() + b"2,\xa1,x,1,1,2566\n"
    assert conform(tmp_path, body).codes == ["undecodable"]


def test_garbled_thai_is_refused(tmp_path: Path) -> None:
    garbled = (H + "1,กกกก,ขขขข,10,100,2566\n").encode().decode("latin-1")
    assert conform(tmp_path, garbled).codes[0] in ("mojibake", "header_not_found")


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.csv", "empty_file"),
        (b"\r\n,,,\r\n", "a.csv", "empty_file"),
        (b"a,b,c\n1,2,3\n", "a.csv", "header_not_found"),
        (b"PK\x03\x04broken", "a.xlsx", "not_a_workbook"),
        (b"not a workbook", "a.xls", "not_a_workbook"),
        (b"%PDF", "a.pdf", "unknown_file_type"),
        (H.encode(), "a.csv", "no_data_rows"),
    ],
)
def test_what_cannot_be_read_says_so(tmp_path: Path, content: bytes, name: str, code: str) -> None:
    run = conform(tmp_path, content, name=name)
    assert run.codes == [code]
    assert run.report.rows_in == 0 and run.rows.height == 0
    error = run.report.errors[0]
    assert error.message_th and error.message_en and error.mend_th and error.mend_en


def test_a_missing_file_is_a_report(tmp_path: Path) -> None:
    report = conform_file(tmp_path / "no.csv", load_contracts()[NVF], "d", tmp_path / "out")
    assert [e.code for e in report.errors] == ["missing_file"]


def test_too_many_rows(tmp_path: Path) -> None:
    run = conform(tmp_path, H + "1,ก,ข,10,100,2566\n" * 100, max_rows=20)
    assert run.codes == ["too_many_rows"]


# ---- headers ----


def test_header_errors(tmp_path: Path) -> None:
    twice = conform(tmp_path, "รหัสกองทุน,ชื่อกองทุน,จำนวนสมาชิก,สมาชิก\n1,ก,1,2\n")
    assert twice.codes == ["duplicate_header"] and twice.rows.height == 0
    unit = conform(tmp_path, "รหัสกองทุน,ชื่อกองทุน,จำนวนสมาชิก (บาท)\n1,ก,1\n")
    assert unit.codes == ["header_unit_contradiction"]
    slip = conform(tmp_path, "รหัสตำบล,ประชากร,จำนวนครัวเรือน (คน)\n100101,5,1\n", POP)
    assert slip.codes == ["header_unit_contradiction"]
    missing = conform(tmp_path, "รหัสกองทุน,ตำบล,จำนวนสมาชิก\n1,ก,1\n")
    assert missing.report.missing_required == ["fund_name"] and missing.codes == ["missing_required_column"]


def test_unknown_and_missing_headers_are_reported(tmp_path: Path) -> None:
    run = conform(tmp_path, "รหัสกองทุน,ชื่อกองทุน,สิ่งใหม่,,\n1,ก,2,ค่า,\n")
    assert run.report.unknown_headers == ["สิ่งใหม่", "(column D without a header)"]
    assert run.rows.height == 1


def test_headers_are_compared_without_spaces_marks_and_units(tmp_path: Path) -> None:
    run = conform(
        tmp_path,
        "รหัส กองทุน,ชื่อ\u200bกองทุน,จํานวนสมาชิก (คน),เงินบัญชี ๒ (ล้านบาท),Account1 (พันบาท)\n1,ก,5,1.234567,2.5\n",
    )
    assert not run.codes and not run.report.unknown_headers
    assert run.rows.select("members_persons", "savings_thb", "government_capital_thb").row(0) == (
        5.0,
        1234567.0,
        2500.0,
    )


def test_million_baht_has_no_float_noise(tmp_path: Path) -> None:
    values = ["0.07", "1.1", "4.35", "0.000001", "123.456789"]
    run = conform(
        tmp_path,
        "รหัสกองทุน,ชื่อกองทุน,เงินบัญชี 2 (ล้านบาท)\n" + "".join(f"{i},ก,{v}\n" for i, v in enumerate(values)),
    )
    assert run.rows["savings_thb"].to_list() == [70000.0, 1100000.0, 4350000.0, 1.0, 123456789.0]


def test_unit_above_the_table(tmp_path: Path) -> None:
    run = conform(tmp_path, "หน่วย : ล้านบาท,,\nรหัสกองทุน,ชื่อกองทุน,เงินบัญชี 2\n1,ก,1.5\n")
    assert run.rows["savings_thb"].to_list() == [1.5e6]
    assert [w.code for w in run.report.warnings] == ["unit_from_title"]


def test_english_header_row_and_repeated_header_and_units_row(tmp_path: Path) -> None:
    text = "รหัสกองทุน,ชื่อกองทุน,เงินบัญชี 2,เงินบัญชี 4\nFund code,Fund name,Savings,Other\n1,ก,1,2\nรหัสกองทุน,ชื่อกองทุน,เงินบัญชี 2,เงินบัญชี 4\n2,ก,3,4\n"  # noqa: E501
    run = conform(tmp_path, text)
    assert run.reasons() == {2: "header_row", 4: "header_row"} and run.rows["savings_thb"].to_list() == [1, 3]
    units = conform(tmp_path, "รหัสกองทุน,ชื่อกองทุน,เงินบัญชี 2\n,,(พันบาท)\n1,ก,2\n")
    assert units.rows["savings_thb"].to_list() == [2000.0]


# ---- rows that are no data ----


def test_not_data_rows(tmp_path: Path) -> None:
    text = H + (
        "1,รวมใจพัฒนา,ข,1,1,2566\n2,รวม,ข,1,1,2566\n,รวมใจ,ข,1,1,2566\n,รวมทั้งสิ้น,,2,2,\nTotal,,,2,2,\n,รวมจังหวัดเชียงใหม่,,2,2,\n"
        "หมายเหตุ: ตัวเลขเบื้องต้น,,,,,\n* ไม่รวมกองทุนที่ยุบ,,,,,\n,,,ลงชื่อ นายสมชาย ใจดี,,\n,,,(นายสมชาย ใจดี),,\nที่มา : สทบ.\n"
    )
    run = conform(tmp_path, text)
    assert run.rows["fund_name"].to_list() == ["รวมใจพัฒนา", "รวม"]
    assert run.reasons() == {
        4: "required_blank", 5: "total_row", 6: "total_row", 7: "total_row", 8: "note_row", 9: "note_row",
        10: "signature_row", 11: "signature_row", 12: "note_row",
    }  # fmt: skip
    assert "สมชาย" not in "".join(run.rejected["cells_json"].to_list())


def test_contract_labels_and_printed_total(tmp_path: Path) -> None:
    run = conform(tmp_path, H + '1,ก,ข,10,100,2566\n2,ข,ข,5,50,2566\nรวมทั้งสิ้น,,,15,"160",\n')
    totals = {t.measure: (t.printed, t.summed) for t in run.report.totals_in_file}
    assert totals == {"members_persons": (15, 15), "savings_thb": (160, 150)}


def test_area_rows_in_population_lists(tmp_path: Path) -> None:
    text = "รหัส,ตำบล,ชาย,หญิง,ประชากร,จำนวนบ้าน\n" + (
        ",ทั่วราชอาณาจักร,1,1,2,1\n10,กรุงเทพมหานคร,1,1,2,1\n1001,เขตพระนคร,1,1,2,1\n1001,,1,1,2,1\n100101,พระบรมมหาราชวัง,1,1,2,1\n"
        "7265,ปากน้ำ,3,3,6,2\n,กทม.,1,1,2,1\n,จังหวัดเชียงใหม่,1,1,2,1\n,รวม,9,9,18,9\n50010000,เมือง,1,1,2,1\n,,1,1,2,1\n"
    )
    run = conform(tmp_path, text, POP)
    reasons = run.reasons()
    assert {row for row, why in reasons.items() if why == "area_row"} >= {3, 4, 5, 8, 9, 11}
    assert (
        reasons[2] in ("area_row", "total_row") and reasons[10] == "total_row" and reasons[12] == "no_place"
    )
    kept = run.rows.filter(pl.col("indicator_code") == "population_total").select(
        "reported_tambon_code", "reported_code6", "value"
    )
    assert kept.rows() == [("100101", "100101", 2.0), ("7265", None, 6.0)]
    assert run.rows.schema == pl.Schema(conformed_schema("area_statistic"))
    assert run.rows.height == 8 and set(run.rows["calendar_year"]) == {2023}


# ---- cells ----


def test_cells_that_cannot_be_read(tmp_path: Path) -> None:
    text = "รหัสกองทุน,ชื่อกองทุน,ประเภทกองทุน,ส่งงบ,จำนวนสมาชิก,เงินบัญชี 2,รหัสตำบล,หมู่ที่\n" + (
        '1,=cmd|x,[1]หมู่บ้าน,ü,๑๒,"๑,๒๓๔.๕๐",73012504,\n2,ก,แปลก,??,1.5,"1,23",7301,5\n3,ก,-,-,-5,5%,,ม.7\n4,ก,2,Y,#REF!,2 ล้านบาท,[730125]x,100\n'  # noqa: E501
    )
    run = conform(tmp_path, text)
    rows = run.rows.select(
        "fund_name", "fund_type", "accounts_filed", "members_persons", "savings_thb", "reported_code6", "moo"
    ).rows()
    assert rows == [
        ("=cmd|x", "village", True, 12.0, 1234.5, "730125", 4),
        ("ก", None, None, None, None, None, 5),
        ("ก", None, None, None, None, None, 7),
        ("ก", "urban", True, None, 2e6, "730125", None),
    ]
    assert run.told() >= {
        (3, "fund_type", "unknown_label"), (3, "accounts_filed", "unknown_label"), (3, "members_persons", "not_whole"),
        (3, "savings_thb", "unreadable_number"), (3, "tambon_code", "unreadable_tambon_code"), (4, "members_persons", "out_of_bounds"),  # noqa: E501
        (4, "savings_thb", "unreadable_number"), (5, "members_persons", "error_cell"), (5, "savings_thb", "unit_suffix"),
        (5, "moo", "out_of_bounds"),
    }  # fmt: skip
    assert run.rows["reported_tambon_code"].to_list() == ["73012504", "7301", None, "[730125]x"]
    assert run.report.cells_unreadable == run.cells.filter(pl.col("severity") == "warn").height
    assert run.cells["expected_th"].str.len_chars().min() > 0  # type: ignore[operator]


def test_blank_means_zero_only_where_the_contract_says(tmp_path: Path) -> None:
    text = "รหัสกองทุน,ชื่อกองทุน,จำนวนสมาชิก,เงินจากรัฐบาล,เงินจาก อปท.\n1,ก,-,-,\n2,ก,,ไม่มีข้อมูล, - \n"
    run = conform(tmp_path, text, CODI)
    assert run.rows.select("members_persons", "income_state_thb", "income_local_government_thb").rows() == [
        (None, 0.0, 0.0),
        (None, None, 0.0),
    ]


def test_years_by_row(tmp_path: Path) -> None:
    run = conform(
        tmp_path,
        H
        + "1,ก,ข,1,1,๒๕๖๖\n2,ก,ข,1,1,66\n3,ก,ข,1,1,2559/60\n4,ก,ข,1,1,3000\n5,ก,ข,1,1,\n6,ก,ข,1,1,ปีงบประมาณ 2560\n",
    )
    assert run.rows["fiscal_year"].to_list() == [2023, 2023, 2016, 2017]
    assert run.reasons() == {5: "unreadable_year", 6: "no_year"}


@pytest.mark.parametrize(
    ("name", "title", "year"),
    [
        ("export_20240105_2565.csv", "", 2022),
        ("data.csv", "ประจำปีงบประมาณ พ.ศ. ๒๕๖๔ ข้อมูล ณ 30 ก.ย. 2565,,\n", 2021),
        ("fy2566.csv", "", 2023),
    ],
)
def test_year_from_title_or_file_name(tmp_path: Path, name: str, title: str, year: int) -> None:
    run = conform(tmp_path, title + "รหัสกองทุน,ชื่อกองทุน,จำนวนสมาชิก\n1,ก,1\n", name=name)
    assert run.rows["fiscal_year"].to_list() == [year]


def test_no_year_anywhere_is_a_file_error(tmp_path: Path) -> None:
    run = conform(tmp_path, "รหัสกองทุน,ชื่อกองทุน,จำนวนสมาชิก\n1,ก,1\nรวม,,1\n", name="data.csv")
    assert run.codes == ["no_period"] and run.rows.height == 0
    assert (run.report.rows_in, run.report.rows_rejected, run.report.rows_not_data) == (2, 1, 1)


# ---- personal data ----


def _citizen(first12: str) -> str:
    return first12 + str((11 - sum(int(d) * (13 - i) for i, d in enumerate(first12)) % 11) % 10)


def test_personal_data_never_leaves(tmp_path: Path) -> None:
    number = _citizen("110170023070")
    text = "รหัสกองทุน,ชื่อกองทุน,ประธาน,โทรศัพท์,เลขทะเบียนนิติบุคคล,จำนวนสมาชิก,สิ่งใหม่\n" + (
        f"1,กองทุน {number},สมศรี มีสุข,0812345678,{number},5,ลับ\n"
        f",{number},สมศรี มีสุข,0812345678,0105536000123,ผิด,ลับ\n"
        "3,ก,x,สมศรี มีสุข,0812345678,1,5,ลับ,เกิน\n4,สมศรี มีสุข,0812345678\n"
    )
    run = conform(tmp_path, text)
    assert run.report.personal_dropped == ["ประธาน", "โทรศัพท์"]
    assert run.rows["juristic_number"].to_list() == [None] and "ถูกปิด" in run.rows["fund_name"][0]
    assert (2, "fund_name", "personal_masked") in run.told() and (
        2,
        "juristic_number",
        "personal_number",
    ) in run.told()
    everything = b"".join(p.read_bytes() for p in (tmp_path / "out").glob("*.json")).decode()
    for frame in (run.rows, run.rejected, run.cells):
        everything += json.dumps(frame.cast(pl.String).to_dicts(), ensure_ascii=False)
    for secret in (number, "0812345678", "ลับ"):
        assert secret not in everything
    good = run.rejected.filter(pl.col("row_number") == 4)["cells_json"][0]
    assert "สมศรี" not in good


# ---- workbooks ----

TWO_ROWS: list[list[Any]] = [
    ["รายงานกลุ่มออมทรัพย์เพื่อการผลิต", None, None, None, None, None, None, None],
    ["ลำดับ", "รหัสกลุ่ม", "ชื่อกลุ่ม", "อำเภอ", "จำนวนสมาชิก", None, None, "เงินสัจจะสะสม (บาท)"],
    [None, None, None, None, "ชาย", "หญิง", "รวม", None],
]


def test_merged_header_merged_cells_and_several_sheets(tmp_path: Path) -> None:
    body: list[list[Any]] = [
        [1, "00123", "กลุ่ม ก", "เมือง", 10, 20, 30, 54000.5],
        [2, "00124", "กลุ่ม ข", None, 1, 2, 3, "๑,๐๐๐"],
        [3, "00125", "กลุ่ม ค", None, 1, 2, 3, "-"],
        [4, "00126", "กลุ่ม ง", None, 1, 2, 3, 5],
        ["รวม", None, None, None, 13, 26, 39, 55005.5],
        [None, None, None, None, "ลงชื่อ ...............", None, None, None],
    ]
    merges = ["E2:G2", "A2:A3", "B2:B3", "C2:C3", "D2:D3", "H2:H3", "D4:D6"]
    data = workbook(tmp_path, {"ปี 2566": TWO_ROWS + body, "ปี 2565": TWO_ROWS + body, "สรุปผล": [["x"]], "ว่าง": []},
                    {"ปี 2566": merges, "ปี 2565": merges})  # fmt: skip
    run = conform(tmp_path, data, CDD, "groups.xlsx")
    assert not run.codes and run.report.rows_in == 12 and run.rows.height == 8
    first = run.rows.filter(pl.col("sheet") == "ปี 2566")
    assert first["fund_code"].to_list() == ["00123", "00124", "00125", "00126"]
    assert first["reported_amphoe"].to_list() == ["เมือง", "เมือง", "เมือง", None]
    assert first["members_male_persons"].to_list() == [10, 1, 1, 1] and first[
        "members_persons"
    ].to_list() == [30, 3, 3, 3]
    assert first["savings_thb"].to_list() == [54000.5, 1000, None, 5] and first["row_number"].to_list() == [
        4,
        5,
        6,
        7,
    ]
    assert sorted(run.rows["fiscal_year"].unique()) == [2022, 2023]
    assert run.report.repairs["merged_cell_filled"] == 4
    skipped = {s.name: s.skipped_reason for s in run.report.sheets}
    assert skipped["สรุปผล"] == "skip_sheets" and skipped["ว่าง"] == "empty"
    assert {t.sheet: t.printed for t in run.report.totals_in_file if t.measure == "savings_thb"} == {
        "ปี 2566": 55005.5,
        "ปี 2565": 55005.5,
    }


def test_two_row_header_without_merges(tmp_path: Path) -> None:
    data = workbook(tmp_path, {"2566": [*TWO_ROWS, [1, "A1", "ก", "ข", 1, 2, 3, 4]]})
    run = conform(tmp_path, data, CDD, "g.xlsx")
    assert run.rows.select(
        "members_male_persons", "members_female_persons", "members_persons", "savings_thb"
    ).row(0) == (1, 2, 3, 4)


def test_workbook_cells_numbers_dates_errors(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        [None, "รหัสกลุ่ม", "ชื่อกลุ่ม", "วันที่จัดตั้ง", "เงินสัจจะ", "จำนวนสมาชิก"],
        [None, 12345, "ก", date(2002, 5, 12), 0.1 + 0.2, 5.0],
        [None, "00012", "ข", "12 พ.ค. 45", 12000000.5, "#REF!"],
        [None, "00013", "ค", 37388, 1234567.89, 2.5],
    ]
    data = workbook(tmp_path, {"2566": rows})
    run = conform(tmp_path, data, CDD, "g.xlsx")
    assert run.rows["fund_code"].to_list() == ["12345", "00012", "00013"]
    assert run.rows["founded_on"].to_list() == [date(2002, 5, 12)] * 3
    assert run.rows["savings_thb"].to_list() == [0.3, 12000000.5, 1234567.89]
    assert (4, "members_persons", "not_whole") in run.told() and run.rows["members_persons"].to_list() == [
        5,
        None,
        None,
    ]
    assert (3, "members_persons", "error_cell") in run.told()


def test_formula_errors_are_shown_as_excel_shows_them(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("2566")
        sheet.write_row(2, 1, ["รหัสกลุ่ม", "ชื่อกลุ่ม", "เงินสัจจะ", "จำนวนสมาชิก"])
        sheet.write_row(3, 1, ["a1", "ก"])
        sheet.write_formula(3, 3, "=1/0", None, "#DIV/0!")
        sheet.write_formula(3, 4, "=2+3", None, 5)
        sheet.set_row(3, None, None, {"hidden": True})
    run = conform(tmp_path, path.read_bytes(), CDD, "g.xlsx")
    assert run.cells.select("row_number", "value", "error_code").rows() == [(4, "#DIV/0!", "error_cell")]
    assert run.rows["members_persons"].to_list() == [5.0] and run.rows["row_number"].to_list() == [4]


def test_a_sheet_not_understood_counts(tmp_path: Path) -> None:
    good: list[list[Any]] = [["รหัสกลุ่ม", "ชื่อกลุ่ม", "เงินสัจจะ"], ["a", "ก", 1]]
    data = workbook(tmp_path, {"2566": good, "อื่น": [["p", "q", "r"], [1, 2, 3]], "โน้ต": [["อ่านก่อน"]]})
    run = conform(tmp_path, data, CDD, "g.xlsx")
    assert (
        run.codes == ["sheet_not_understood"] and run.report.errors[0].sheet == "อื่น" and run.rows.height == 1
    )
    assert [w.code for w in run.report.warnings] == ["sheet_of_notes"]


def test_too_many_header_columns(tmp_path: Path) -> None:
    assert conform(
        tmp_path, "รหัสกองทุน,ชื่อกองทุน," + ",".join(f"x{i}" for i in range(600)) + "\n1,ก\n"
    ).codes == ["too_many_columns"]


# ---- home and cache ----


class _Arrival:
    delivery_id, object_path, file_name = "nvf-village_funds-abc", "landing/objects/ab/abc.csv", "f_2566.csv"


def test_conform_arrival_is_cached_until_the_contract_changes(tmp_path: Path) -> None:
    home = Home(tmp_path)
    stored = tmp_path / _Arrival.object_path
    stored.parent.mkdir(parents=True)
    stored.write_text(H + "1,ก,ข,1,1,2566\n", encoding="utf-8")
    contract = load_contracts()[NVF]
    first = conform_arrival(home, _Arrival(), contract)
    assert not first.from_cache and first.conform_version == CONFORM_VERSION
    assert (
        first.conformed_path
        == tmp_path / "conformed/fund_report/nvf.village_funds/nvf-village_funds-abc.parquet"
    )
    again = conform_arrival(home, _Arrival(), contract)
    assert again.from_cache and again.model_copy(update={"from_cache": False}) == first
    changed = contract.model_copy(update={"version": contract.version + 1})
    changed.__dict__.pop("fingerprint", None)
    assert not conform_arrival(home, _Arrival(), changed).from_cache


# ---- real file ----


def test_real_population_panel(tmp_path: Path) -> None:
    source = REAL / "population_by_tambon_panel.csv"
    if not source.exists():
        pytest.skip(f"real figures are not here: {source.name}")
    report = conform_file(source, load_contracts()[POP], "d-real", tmp_path)
    assert (report.rows_in, report.rows_conformed, report.rows_rejected, report.rows_not_data) == (
        44_590,
        44_590,
        0,
        0,
    )
    assert not report.errors and (report.first_year, report.last_year) == (2007, 2021)
    rows = pl.read_parquet(report.conformed_path)
    raw = pl.read_csv(source, infer_schema=False)
    ours = (
        rows.filter(pl.col("indicator_code") == "population_total")
        .group_by("calendar_year")
        .agg(pl.col("value").sum())
    )
    theirs = raw.group_by(calendar_year=pl.col("year_ce").cast(pl.Int16)).agg(
        value=pl.col("total").cast(pl.Float64).sum()
    )
    assert ours.sort("calendar_year").equals(theirs.sort("calendar_year"))
    odd = rows.filter(pl.col("reported_tambon_code") == "7265")
    assert (
        odd.height == 4 and odd["reported_code6"].null_count() == 4 and odd["reported_tambon"][0] == "ปากน้ำ"
    )
