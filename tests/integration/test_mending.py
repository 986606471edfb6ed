"""The loop as a whole: a release's list, mended as a person would, dropped in the inbox, and the next release.

One refresh serves all: the tests look at what it published."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from ingest.home import Home
from ingest.landing import arrivals
from tests.integration.conftest import Tambon
from tests.integration.homes import copy_home, table, working_in

pytestmark = pytest.mark.usefixtures("no_pages")

FEED = "nvf/village_funds"
HEADER = 4


def sheet_of(book: Workbook, file_name: str) -> Worksheet:
    """The list's sheet of a delivered file."""
    return next(sheet for sheet in book.worksheets if file_name in str(sheet["A1"].value))


def type_in(sheet: Worksheet, row_number: int, header: str, value: object) -> None:
    """Type a value into the row that was `row_number` in the delivered file."""
    labels = [cell.value for cell in sheet[HEADER]]
    at = labels.index("แถวเดิม")
    row = next(row for row in sheet.iter_rows(min_row=HEADER + 1) if row[at].value == row_number)
    row[labels.index(header)].value = value  # type: ignore[assignment]


class Loop:
    """A mended home: the facts before and after, and what was typed where."""

    def __init__(self, home: Home, tambon: Tambon) -> None:
        self.home = home
        self.before = {name: table(home, name) for name in ("fct_fund_year", "dq_finding")}
        path = (home.releases / "current").resolve() / "mending" / "nvf.xlsx"
        findings = self.before["dq_finding"].filter(
            (pl.col("feed_code") == FEED) & pl.col("file_name").str.starts_with("2568_01")
        )
        self.cell = self._first(findings, "adm.unreadable_cell", "savings_thb")
        self.rejected = self._first(
            findings.filter(pl.col("column_name").str.contains("รหัส") & pl.col("value").fill_null("").eq("")),
            "adm.rejected_rows",
        )
        self.label = self._first(findings, "adm.unknown_label")
        self.double = self._first(findings, "adm.row_repeated")
        self.first_row = int(re.findall(r"row (\d+)", str(self.double["expected"]))[0])
        book = load_workbook(path)
        sheet = sheet_of(book, str(self.cell["file_name"]))
        code = str(self.rejected["column_name"])
        type_in(sheet, self.cell["row_number"], str(self.cell["column_name"]), 123456)
        type_in(sheet, self.rejected["row_number"], code, "99999901")
        type_in(sheet, self.label["row_number"], code, "99999902")
        type_in(sheet, self.double["row_number"], "ลบแถวนี้ (x)", "x")
        target = home.inbox / "nvf" / "แก้แล้ว.xlsx"
        book.save(target)
        self.landed = len(arrivals(home))
        self.refreshed = tambon(home, "refresh", "--quiet")
        self.after = {name: table(home, name) for name in ("fct_fund_year", "dq_finding")}
        self.delivery = arrivals(home)[-1]

    @staticmethod
    def _first(findings: pl.DataFrame, check: str, field: str | None = None) -> dict[str, Any]:
        found = findings.filter(pl.col("check_id").str.starts_with(check))
        if field is not None:
            found = found.filter(pl.col("field") == field)
        return found.sort("row_number").row(0, named=True)

    def fund(self, code: str, when: str = "after") -> list[dict[str, Any]]:
        """A village fund's row of 2025."""
        facts = getattr(self, when)["fct_fund_year"]
        return facts.filter(
            (pl.col("feed_code") == FEED) & (pl.col("fund_code") == code) & (pl.col("fiscal_year") == 2025)
        ).to_dicts()


@pytest.fixture(scope="module")
def loop(published_home: Home, tambon: Tambon, tmp_path_factory: pytest.TempPathFactory) -> Loop:
    home = copy_home(published_home, tmp_path_factory.mktemp("mended") / "home")
    with working_in(home):
        return Loop(home, tambon)


def code_of(finding: dict[str, Any]) -> str:
    return str(finding["record_key"]).split(" · ")[0]


@pytest.mark.slow
def test_the_mended_rows_are_a_delivery_of_their_own(loop: Loop) -> None:
    assert loop.refreshed.exit_code == 0, loop.refreshed.output
    assert len(arrivals(loop.home)) == loop.landed + 1
    assert loop.delivery.is_mending
    assert (loop.delivery.feed_code, loop.delivery.file_name) == (FEED, "แก้แล้ว.xlsx")
    known = (
        table(loop.home, "dq_delivery")
        .filter(pl.col("delivery_id") == loop.delivery.delivery_id)
        .row(0, named=True)
    )
    assert (known["status"], known["rows_in"], known["rows_rejected"]) == ("admitted", 3, 0)


@pytest.mark.slow
def test_a_mended_cell_stands_in_the_facts_as_a_revision(loop: Loop) -> None:
    code = code_of(loop.cell)
    (row,) = loop.fund(code)
    assert (row["savings_thb"], row["delivery_id"]) == (123456.0, loop.delivery.delivery_id)
    (old,) = loop.fund(code, "before")
    assert old["savings_thb"] is None
    assert {
        k: v
        for k, v in row.items()
        if k not in ("savings_thb", "delivery_id", "sheet", "row_number", "revision_number")
    } == {
        k: v
        for k, v in old.items()
        if k not in ("savings_thb", "delivery_id", "sheet", "row_number", "revision_number")
    }
    past = table(loop.home, "fct_fund_year_superseded").filter(
        (pl.col("fund_code") == code) & (pl.col("fiscal_year") == 2025) & (pl.col("feed_code") == FEED)
    )
    assert old["delivery_id"] in past["delivery_id"].to_list()


@pytest.mark.slow
def test_a_row_that_was_left_out_comes_in(loop: Loop) -> None:
    assert loop.fund("99999901", "before") == []
    (row,) = loop.fund("99999901")
    assert row["delivery_id"] == loop.delivery.delivery_id


@pytest.mark.slow
def test_a_wrong_key_leaves_no_ghost(loop: Loop) -> None:
    code = code_of(loop.label)
    assert len(loop.fund(code, "before")) == 1
    assert loop.fund(code) == []
    (row,) = loop.fund("99999902")
    (old,) = loop.fund(code, "before")
    assert (row["fund_name"], row["members_persons"]) == (old["fund_name"], old["members_persons"])


@pytest.mark.slow
def test_of_a_row_that_stood_twice_the_other_is_left(loop: Loop) -> None:
    (row,) = loop.fund(code_of(loop.double))
    assert row["row_number"] == loop.first_row


@pytest.mark.slow
def test_nothing_else_changed(loop: Loop) -> None:
    touched = [code_of(one) for one in (loop.cell, loop.label, loop.double)] + ["99999901", "99999902"]

    def others(when: dict[str, pl.DataFrame]) -> pl.DataFrame:
        facts = when["fct_fund_year"].filter(
            ~((pl.col("feed_code") == FEED) & pl.col("fund_code").is_in(touched))
        )
        named = ("programme_code", "feed_code", "fund_code", "fund_name", "fiscal_year", "delivery_id")
        return facts.select(*named, "members_persons", "savings_thb", "loans_outstanding_thb").sort(pl.all())

    assert others(loop.before).equals(others(loop.after))


@pytest.mark.slow
def test_what_was_mended_is_remembered_and_no_longer_listed(loop: Loop, tambon: Tambon) -> None:
    gone = [
        loop.cell["finding_id"],
        loop.rejected["finding_id"],
        loop.double["finding_id"],
    ]
    assert loop.after["dq_finding"].filter(pl.col("finding_id").is_in(gone)).is_empty()
    life = table(loop.home, "dq_finding_life").filter(pl.col("finding_id").is_in(gone))
    assert life["life"].to_list() == ["mended"] * len(gone)
    # the label was left as it was: still to mend, now in the list that came back
    label = loop.after["dq_finding"].filter(
        (pl.col("delivery_id") == loop.delivery.delivery_id)
        & pl.col("check_id").str.starts_with("adm.unknown_label")
    )
    assert label.height == 1
    written = tambon(loop.home, "mending", "nvf", "--out", loop.home.root / "next.xlsx")
    assert written.exit_code == 0, written.output
    rows = [
        cell.value
        for cell in sheet_of(load_workbook(loop.home.root / "next.xlsx"), "2568_01_nvf_synthetic.csv")["Z"]
    ]
    assert loop.cell["row_number"] not in rows
    assert (loop.home.releases / "current" / "mending" / "nvf.xlsx").is_file()


@pytest.mark.slow
def test_the_release_lists_what_its_agencies_have_to_mend(loop: Loop, tambon: Tambon) -> None:
    release = (loop.home.releases / "current").resolve().name
    report = tambon(loop.home, "releases", "verify", release)
    assert report.exit_code == 0, report.output
    again = tambon(loop.home, "mend", loop.home.releases / "current" / "mending" / "nvf.xlsx", "--dry-run")
    assert again.exit_code == 2
    assert "Nothing was mended" in again.output


def test_check_writes_the_list_before_a_file_is_sent(tambon: Tambon, tmp_path: Path) -> None:
    path = tmp_path / "กองทุน.csv"
    rows = ["รหัสกองทุน,ชื่อกองทุน,ตำบล,อำเภอ,จังหวัด,ปีงบประมาณ,จำนวนสมาชิก"]
    rows += [f"{n:08},กองทุนบ้าน {n},ในเมือง,เมืองขอนแก่น,ขอนแก่น,2566,{n}" for n in range(1, 40)]
    rows += ["00000077,=HYPERLINK('x'),ในเมือง,เมืองขอนแก่น,ขอนแก่น,2566,12x"]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    result = tambon(Home(tmp_path / "none"), "check", path, "--feed", FEED, "--out", tmp_path / "list.xlsx")
    assert result.exit_code == 0, result.output
    book = load_workbook(tmp_path / "list.xlsx")
    sheet = sheet_of(book, "กองทุน.csv")
    labels = [cell.value for cell in sheet[HEADER]]
    values = dict(zip(labels, [cell.value for cell in sheet[HEADER + 1]], strict=True))
    assert (values["รหัสกองทุน"], values["จำนวนสมาชิก"], values["แถวเดิม"]) == ("00000077", "12x", 41)
    assert (values["ชื่อกองทุน"], sheet.cell(HEADER + 1, 2).data_type) == ("=HYPERLINK('x')", "s")
