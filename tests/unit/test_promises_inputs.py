"""Promises on what comes in, each with what would break it."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import polars as pl
import pytest
import yaml
from filelock import FileLock
from typer.testing import CliRunner

from cli import feeds_add
from cli.main import app
from ingest.conform import conform_file
from ingest.contract import load as loading
from ingest.contract.load import AGENCIES, load_agencies, load_contract, load_contracts
from ingest.fetch import fetch_feed, run
from ingest.fetch.record import all_outcomes
from ingest.home import Home
from tests.unit.made_files import FUNDS, TODAY

ROWS = "รหัสกองทุน,ชื่อกองทุน,ปีงบประมาณ\n00000001,กองทุนบ้านหนอง,2566\n00000002,กองทุนบ้านโคก,2566\n"


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w") as archive:
        warnings.simplefilter("ignore")  # zipfile itself warns of a name that stands twice
        for name in names:
            archive.writestr(name, ROWS)
    return content.getvalue()


@pytest.mark.parametrize(
    "names", [("list.csv", "list.csv"), ("2566/list.csv", "2566\\list.csv"), ("list.csv", "LIST.csv")]
)
def test_a_row_is_known_by_delivery_sheet_and_number(tmp_path: Path, names: tuple[str, str]) -> None:
    """Members of an archive may be named alike; facts, findings and revisions are joined on these three."""
    path = tmp_path / "lists.zip"
    path.write_bytes(zipped(*names))
    report = conform_file(path, FUNDS, "test-funds-1", tmp_path / "out", today=TODAY)
    rows = pl.read_parquet(report.conformed_path)
    assert not report.errors and rows.height == report.rows_in == 4
    assert rows.select("delivery_id", "sheet", "row_number").n_unique() == 4
    assert [sheet.name for sheet in report.sheets] == list(rows["sheet"].unique(maintain_order=True))


@pytest.fixture
def agencies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "agencies"
    folder.mkdir()
    monkeypatch.setenv("TAMBON_AGENCIES", str(folder))
    return folder


@pytest.fixture
def funds_file(tmp_path: Path) -> Path:
    path = tmp_path / "list_2566.csv"
    rows = "".join(
        f"{n:08},กลุ่มออมทรัพย์บ้านที่{n},ในเมือง,เมืองน่าน,น่าน,2566,{n + 20},{n * 1000}\n" for n in range(1, 9)
    )
    path.write_text(f"รหัสกลุ่ม,ชื่อกลุ่ม,ตำบล,อำเภอ,จังหวัด,ปี,จำนวนสมาชิก,เงินออม\n{rows}", encoding="utf-8")
    return path


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_feeds_add_declares_no_feed_twice(agencies: Path, funds_file: Path, force: list[str]) -> None:
    """A feed in two folders stops every command, the nightly refresh first."""
    result = CliRunner().invoke(
        app, ["feeds", "add", str(funds_file), "--feed", "cdd/savings_groups", "--yes", *force]
    )
    assert result.exit_code == 2 and "has a contract in" in " ".join(result.output.split())
    assert not list(agencies.rglob("*.yml"))


def test_feeds_add_never_leaves_a_contract_without_its_agency(
    agencies: Path, funds_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ended between the two files, it has written the one that alone does no harm."""
    real, written = feeds_add._put, 0

    def ended(path: Path, text: str) -> None:
        nonlocal written
        if written:
            raise OSError(28, "No space left on device")
        real(path, text)
        written += 1

    monkeypatch.setattr(feeds_add, "_put", ended)
    result = CliRunner().invoke(app, ["feeds", "add", str(funds_file), "--feed", "newoffice/groups", "--yes"])
    assert result.exit_code == 2 and "No space left" in result.output
    assert [path.name for path in agencies.rglob("*.yml")] == ["agency.yml"]
    loading._agencies.cache_clear()
    loading._contracts.cache_clear()
    assert "newoffice" in load_agencies() and "cdd/savings_groups" in load_contracts()


def test_a_feed_that_another_run_pulls_is_not_logged_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands last in the log becomes a finding on the source, which has done nothing wrong."""
    folder = tmp_path / "nesdc"
    folder.mkdir()
    declared = yaml.safe_load((AGENCIES / "nesdc" / "population.yml").read_text(encoding="utf-8"))
    declared["sources"] = [{"kind": "bundled", "path": "facts_2550.csv"}]
    (folder / "facts_2550.csv").write_text("รหัสตำบล,ปี,ประชากร\n100101,2568,1\n", encoding="utf-8")
    (folder / "population.yml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    home, contract = Home(tmp_path / "home"), load_contract(folder / "population.yml")
    home.landing.mkdir(parents=True)
    monkeypatch.setattr(run, "_LOCK_SECONDS", 0.05)
    with FileLock(home.landing / ".fetch-nesdc-population.lock"):
        [busy] = fetch_feed(home, contract)
    assert (busy.status, busy.code) == ("failed", "busy") and "·" not in busy.message_en
    assert all_outcomes(home) == []
    assert fetch_feed(home, contract)[0].status == "fetched"


def test_a_citizen_number_in_the_cell_that_rejects_a_row_is_not_told(tmp_path: Path) -> None:
    """It may stand in any column, also in one of which the cell is shown to whoever mends the file."""
    path = tmp_path / "funds.csv"
    path.write_text(
        ROWS + "00000003,กองทุนบ้านดอน,1-1037-02071-81-1\n00000004,กองทุนบ้านนา,ปี 1103702071811\n",
        encoding="utf-8",
    )
    report = conform_file(path, FUNDS, "test-funds-1", tmp_path / "out", today=TODAY)
    rejected = pl.read_parquet(report.rejected_path)
    assert rejected["reason_code"].to_list() == ["unreadable_year"] * 2
    for output in (report.rejected_path, report.cells_path, report.conformed_path):
        assert "02071" not in pl.read_parquet(output).write_json()
    assert rejected["value"].null_count() == 0


@pytest.mark.parametrize("header", [None, "  "])
def test_a_workbook_column_without_a_header_is_spoken_for_by_nobody(
    tmp_path: Path, header: str | None
) -> None:
    """Also where it stands apart from the table: a column may not vanish, so the delivery is held."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in csv.reader(ROWS.splitlines()):
        sheet.append(
            [*row, header if row[0] == "รหัสกองทุน" else None, None, "500" if row[0] != "รหัสกองทุน" else None]
        )
    book.save(tmp_path / "funds.xlsx")
    report = conform_file(tmp_path / "funds.xlsx", FUNDS, "test-funds-1", tmp_path / "out", today=TODAY)
    assert report.unknown_headers == ["(column F without a header)"]
