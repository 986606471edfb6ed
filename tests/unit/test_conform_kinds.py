"""Sites, forums and announced figures through conform: every row accounted for, whatever stands in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.conform import conform_file
from ingest.contract import AGENCIES, Contract, load_contracts
from ingest.normalise.dates import parse_date
from ingest.normalise.schema import conformed_schema
from ingest.report import ConformReport

TODAY = date(2026, 6, 1)
CONTRACTS = load_contracts(AGENCIES)
SITE, EVENT, TOTAL, POVERTY, CULT = (
    "nfe/learning_centres", "codi/forums", "plan/published_totals", "nesdc/poverty", "cult/credit_unions",
)  # fmt: skip


class Run:
    def __init__(self, report: ConformReport) -> None:
        self.report = report
        self.rows = pl.read_parquet(report.conformed_path)
        self.rejected = dict(
            pl.read_parquet(report.rejected_path).select("row_number", "reason_code").iter_rows()
        )
        cells = pl.read_parquet(report.cells_path)
        self.told = set(cells.select("row_number", "field", "error_code").iter_rows())
        assert report.rows_in == report.rows_conformed + report.rows_rejected + report.rows_not_data


def run(tmp_path: Path, feed: str | Contract, text: str, name: str = "file_2566.csv") -> Run:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    contract = CONTRACTS[feed] if isinstance(feed, str) else feed
    return Run(conform_file(path, contract, "d-1", tmp_path / "out", today=TODAY))


@pytest.fixture(autouse=True)
def _our_own_errors_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMBON_DEBUG", "1")


@pytest.mark.parametrize(
    ("feed", "text"),
    [
        (SITE, "site_name,tambon_code,year\nก,100101,2566\n"),
        (EVENT, "event_name,starts_on,participant_name,region\nก,2007-01-30,ข,ใต้\n"),
        (
            TOTAL,
            "total_code,measure_code,area_name,as_of_on,published_value\nT,funds_known,ประเทศไทย,2023-03-31,1\n",
        ),
    ],
)
def test_every_kind_has_its_full_schema(tmp_path: Path, feed: str, text: str) -> None:
    one = run(tmp_path, feed, text)
    assert (
        one.rows.schema == pl.Schema(conformed_schema(CONTRACTS[feed].record_kind)) and one.rows.height == 1
    )


# ---- sites ----


@pytest.mark.parametrize(
    ("lat", "lon", "read", "swapped"),
    [
        ("13.75", "100.5", (13.75, 100.5), False),
        ("100.5", "13.75", (13.75, 100.5), True),
        ("๑๓.๗๕", "๑๐๐.๕", (13.75, 100.5), False),
        ("13.75°", "100.5°", (13.75, 100.5), False),
        ("100.5", "-", (100.5, None), False),
        ("", "13.75", (None, 13.75), False),
        ("51.5", "0.1", (51.5, 0.1), False),
        ("100.5", "99.0", (100.5, 99.0), False),
        ("เหนือ", "100.5", (None, 100.5), False),
    ],
)
def test_coordinates_are_put_back_only_where_certain(
    tmp_path: Path, lat: str, lon: str, read: tuple[float | None, float | None], swapped: bool
) -> None:
    one = run(tmp_path, SITE, f"site_code,site_name,tambon_code,year,lat,lon\nS1,ก,100101,2566,{lat},{lon}\n")
    assert (one.rows["latitude"][0], one.rows["longitude"][0]) == read
    assert ((2, "latitude", "coordinates_swapped") in one.told) == swapped


def test_a_site_without_a_code_keeps_the_same_one_in_every_file(tmp_path: Path) -> None:
    text = "site_name,tambon,amphoe,province,year\nก,ข,ค,ง,{year}\nก,จ,ค,ง,{year}\n"
    first, later = (run(tmp_path, SITE, text.format(year=year)) for year in (2565, 2566))
    assert (
        first.rows["site_code"].to_list()
        == later.rows["site_code"].to_list()
        == ["ก / ข / ค / ง", "ก / จ / ค / ง"]
    )
    some = run(tmp_path, SITE, "site_code,site_name,tambon,year\nS1,ก,ข,2566\n,ค,ง,2566\n")
    assert some.rows["site_code"].to_list() == ["S1", "ค / ง"]


def test_totals_headings_and_notes_among_sites_are_no_data(tmp_path: Path) -> None:
    one = run(
        tmp_path,
        SITE,
        "ที่,site_name,tambon,amphoe,province,year,learners\nจังหวัดเลย,,,,,,\n1,กศน.ตำบลนาอ้อ,นาอ้อ,เมือง,เลย,2566,10\n"
        "รวม,,,,,,10\nหมายเหตุ : ข้อมูลเบื้องต้น,,,,,,\n",
    )
    assert one.rejected == {2: "heading_row", 4: "total_row", 5: "note_row"} and one.rows.height == 1
    assert [(t.measure, t.printed, t.summed) for t in one.report.totals_in_file] == [
        ("learners_persons", 10, 10)
    ]


# ---- forums ----


def test_the_year_of_a_forum_is_that_of_its_first_day(tmp_path: Path) -> None:
    one = run(
        tmp_path,
        EVENT,
        "event_code,event_name,starts_on,participant_name,region\n"
        "A,ก,30/09/2549,ข,ใต้\nB,ก,1 ต.ค. 49,ข,เหนือ\nC,ก,31/02/2550,ข,เหนือ\nD,ก,,ข,กลาง\n",
    )
    assert one.rows["fiscal_year"].to_list() == [2006, 2007] and one.rows["region"].to_list() == [
        "south",
        "north",
    ]
    assert one.rejected == {4: "required_unreadable", 5: "required_blank"}


def test_an_unknown_region_is_a_finding(tmp_path: Path) -> None:
    one = run(
        tmp_path, EVENT, "event_code,event_name,starts_on,participant_name,region\nA,ก,2007-01-30,ข,ทะเล\n"
    )
    assert one.rows["region"].to_list() == [None] and one.told == {(2, "region", "unknown_label")}


# ---- announced figures ----


@pytest.mark.parametrize(
    "area", ["ประเทศไทย", "ทั่วประเทศ", "รวมทั้งประเทศ", "ทั้งประเทศ", "จังหวัดลำปาง", "กทม.", "รวม", "ภาคเหนือ"]
)
@pytest.mark.parametrize("coded", [True, False])
def test_no_area_makes_an_announced_figure_a_total_row(tmp_path: Path, area: str, coded: bool) -> None:
    head, code = ("total_code,", "T1,") if coded else ("", "")
    one = run(
        tmp_path,
        TOTAL,
        f'{head}measure_code,area_name,as_of_on,published_value\n{code}funds_known,{area},2023-03-31,"79,610"\n',
    )
    assert (
        not one.rejected
        and one.rows["area_name"].to_list() == [area]
        and one.rows["published_value"].to_list() == [79_610]
    )
    assert one.rows["total_code"][0] == ("T1" if coded else f"funds_known / {area} / 2023-03-31 / 2023")


def test_an_announced_figure_needs_a_value_a_known_measure_and_a_day(tmp_path: Path) -> None:
    one = run(
        tmp_path,
        TOTAL,
        "total_code,measure_code,programme_code,area_name,as_of_on,published_value\nA,funds_known,village_fund,ไทย,31/03/2566,-\n"
        "B,ความสุข,village_fund,ไทย,31/03/2566,1\nC,funds_known,village_fund,ไทย,,1\nD,funds_known,กองทุนลับ,ไทย,31/03/2566,1\n",
    )
    assert one.rejected == {2: "required_blank", 3: "required_unreadable", 4: "no_year"}
    assert one.rows["total_code"].to_list() == ["D"] and one.rows["programme_code"].to_list() == [None]
    assert (5, "programme_code", "unknown_label") in one.told


def test_a_value_in_millions_is_kept_in_baht_to_the_satang(tmp_path: Path) -> None:
    one = run(
        tmp_path,
        TOTAL,
        'total_code,measure_code,area_name,as_of_on,ค่าที่ประกาศ (ล้านบาท)\nA,capital_thb,ไทย,31 ส.ค. 2556,"4,259.64"\n',
    )
    assert one.rows["published_value"].to_list() == [4_259_640_000]


# ---- years ----


def _period(feed: str, **change: Any) -> Contract:
    contract = CONTRACTS[feed]
    return contract.model_copy(update={"period": contract.period.model_copy(update=change)})


YEARS = "ชื่อสหกรณ์,จังหวัด,ปีบัญชี,วันสิ้นปีบัญชี\nก,แพร่,2566,31/12/2566\nข,แพร่,,30/09/2566\nค,แพร่,2566,\nง,แพร่,,\nจ,แพร่,25x6,1/10/2566\n"


def test_the_date_first(tmp_path: Path) -> None:
    one = run(tmp_path, CULT, YEARS)
    assert dict(one.rows.select("fund_name", "fiscal_year").iter_rows()) == {
        "ก": 2024,
        "ข": 2023,
        "ค": 2023,
        "จ": 2024,
    }
    assert one.rejected == {5: "no_year"} and (6, "fiscal_year", "unreadable_year") in one.told


def test_the_year_column_first(tmp_path: Path) -> None:
    """A year that cannot be read is never passed over for the date."""
    one = run(tmp_path, _period(CULT, date_first=False), YEARS)
    assert dict(one.rows.select("fund_name", "fiscal_year").iter_rows()) == {"ก": 2023, "ข": 2023, "ค": 2023}
    assert one.rejected == {5: "no_year", 6: "unreadable_year"}


@pytest.mark.parametrize("day", ["31 ธ.ค.", "31 ธันวาคม", "31/12", "๓๑ ธ.ค."])
def test_a_closing_day_without_a_year_takes_the_unions_year(tmp_path: Path, day: str) -> None:
    one = run(tmp_path, CULT, f"ชื่อสหกรณ์,จังหวัด,ปีบัญชี,วันสิ้นปีบัญชี\nก,แพร่,2566,{day}\n")
    assert one.rows["fiscal_year"].to_list() == [2024] and one.rows["financial_year_end"].to_list() == [
        date(2023, 12, 31)
    ]


def test_a_file_whose_dates_are_all_blank_takes_its_names_year(tmp_path: Path) -> None:
    one = run(tmp_path, CULT, "ชื่อสหกรณ์,จังหวัด,วันสิ้นปีบัญชี\nก,แพร่,\nข,แพร่,-\n", "เครดิตยูเนี่ยน_2565.csv")
    assert one.rows["fiscal_year"].to_list() == [2022, 2022]


# ---- a register's code, two wordings for one thing, programmes ----


def test_two_wordings_for_one_date_leave_the_contracts_first(tmp_path: Path) -> None:
    one = run(tmp_path, CULT, "ชื่อสหกรณ์,จังหวัด,ปี,วันที่จัดตั้ง,วันที่จดทะเบียน\nก,แพร่,2566,1/2/2530,3/4/2545\n")
    assert [w.code for w in one.report.warnings] == ["second_column_ignored"] and not one.report.errors
    first = CONTRACTS[CULT].by_field["founded_on"].headers
    kept = min(("วันที่จัดตั้ง", "วันที่จดทะเบียน"), key=first.index)
    assert one.report.headers_matched.get(kept) == "founded_on"
    assert one.rows["founded_on"].to_list() == [date(1987, 2, 1) if kept == "วันที่จัดตั้ง" else date(2002, 4, 3)]


def test_the_same_wording_twice_is_refused(tmp_path: Path) -> None:
    one = run(tmp_path, CULT, "ชื่อสหกรณ์,จังหวัด,ปี,วันที่จัดตั้ง,วัน ที่จัดตั้ง\nก,แพร่,2566,1/2/2530,3/4/2545\n")
    assert [e.code for e in one.report.errors] == ["duplicate_header"]


def test_a_citizen_number_is_no_registration_number(tmp_path: Path) -> None:
    one = run(tmp_path, CULT, "ชื่อสหกรณ์,จังหวัด,ปี,เลขทะเบียนสหกรณ์\nก,แพร่,2566,1101700230708\n")
    assert one.rows["registration_number"].to_list() == [None] == one.rows["fund_code"].to_list()
    assert one.told == {(2, "registration_number", "personal_number")}


def test_a_year_alone_will_do_for_a_founding_and_for_nothing_else() -> None:
    cells = pl.Series(["2545", "พ.ศ. 2545", "2002", "45", "ปี ๒๕๔๕"])
    read = parse_date(cells, year_alone=True)
    assert read.value.to_list() == [date(2002, 1, 1)] * 3 + [None, date(2002, 1, 1)]
    assert read.note.to_list() == ["year_alone"] * 3 + [None, "year_alone"]
    assert parse_date(cells).error.to_list() == ["unreadable_date"] * 5


def test_money_among_indicators(tmp_path: Path) -> None:
    """One source row makes one row an indicator, each in its own unit."""
    one = run(tmp_path, "msdhs/welfare", "ปี,รหัสตำบล,ผู้สูงอายุ,เงินสมทบ (พันบาท)\n2566,520701,10,1.5\n")
    assert dict(one.rows.select("indicator_code", "value").iter_rows()) == {
        "welfare_elderly_persons": 10,
        "welfare_matching_thb": 1500,
    }
    nobody = run(tmp_path, "msdhs/welfare", "ปี,รหัสตำบล,ผู้สูงอายุ\n2566,,10\n2566,520701,2.5\n")
    assert nobody.rejected == {2: "no_place"} and (3, "welfare_elderly_persons", "not_whole") in nobody.told


CELL = st.one_of(
    st.sampled_from(
        [
            "",
            "-",
            "รวม",
            "ทั่วประเทศ",
            "2566",
            "31/12/2566",
            "100101",
            "13.5",
            "100.2",
            "ใต้",
            "funds_known",
            "#REF!",
            "ก",
        ]
    ),
    st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters='\r\n"\x00'), max_size=12),
)
HEADS = {
    SITE: "site_code,site_name,site_type,tambon,province,year,opened_on,learners,lat,lon",
    EVENT: "event_code,event_name,region,starts_on,ends_on,participant_name,role,participants",
    TOTAL: "total_code,measure_code,programme,area_name,as_of_on,published_value,part_of,source",
    POVERTY: "ปี,รหัสตำบล,ตำบล,สำรวจ,poor,health",
    CULT: "ชื่อสหกรณ์,จังหวัด,ปีบัญชี,วันสิ้นปีบัญชี,สมาชิก,ทุนเรือนหุ้น,type",
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), feed=st.sampled_from(list(HEADS)))
def test_whatever_the_cells_hold_every_row_is_accounted_for(
    tmp_path: Path, data: st.DataObject, feed: str
) -> None:
    width = HEADS[feed].count(",") + 1
    rows = data.draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=6))
    body = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    one = run(tmp_path, feed, f"{HEADS[feed]}\n{body}\n")
    if CONTRACTS[feed].record_kind != "area_statistic":
        assert one.rows.height == one.report.rows_conformed
    assert not one.report.errors or all(error.message_th and error.message_en for error in one.report.errors)
