"""The synthetic sample: the same every time, sized as published, refused beside real data, and
true to its truth files."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openpyxl
import polars as pl
import pytest

from ingest.contract import load_contracts
from ingest.home import Home
from ingest.normalise.text import label_key
from ingest.normalise.units import split_unit
from ingest.readers.headers import Vocabulary
from ingest.sample import SampleRefused, SampleReport, funds, write_sample
from ingest.sample.agencies import AGENCIES
from ingest.sample.defects import EXTRA_PLANTERS, PLANTERS, bounds_hold
from ingest.sample.places import load_places
from ingest.sample.words import date_column, id_like_number, number_column, number_text, phone_column

SCALE = 0.01
PLACE_KINDS = {"code_name_disagree", "name_only", "blank_place"}
FIRST_FEEDS = ("nvf/village_funds", "cdd/savings_groups", "codi/welfare_funds", "nesdc/population")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, SampleReport]:
    home = Home(tmp_path_factory.mktemp("sample"))
    return home, write_sample(home, scale=SCALE)


def _hashes(home: Home) -> dict[str, str]:
    files = [p for folder in (home.inbox, home.sample) for p in sorted(folder.rglob("*")) if p.is_file()]
    return {p.relative_to(home.root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def _csv_grid(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp874")
    frame = pl.read_csv(text.encode(), has_header=False, infer_schema=False, empty_string_is_null=False)
    return [list(row) for row in frame.iter_rows()]


def _records_grid(records: list[dict[str, object]]) -> list[list[object]]:
    """Named values as a table: the names in row 1, the n-th record in row n + 1."""
    return [
        list(records[0]),
        *([value if value is not None else "" for value in one.values()] for one in records),
    ]


def _ods_grids(path: Path) -> dict[str, list[list[object]]]:
    with zipfile.ZipFile(path) as archive:
        content = ElementTree.fromstring(archive.read("content.xml"))
    ns = {name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("table", "text")}
    name = f"{{{ns['table']}}}name"
    return {
        table.attrib[name]: [
            ["".join(cell.itertext()) for cell in row.findall("table:table-cell", ns)]
            for row in table.findall("table:table-row", ns)
        ]
        for table in content.iter(f"{{{ns['table']}}}table")
    }


def _grids(path: Path) -> dict[str, list[list[object]]]:
    if path.suffix == ".csv":
        return {"": [list(row) for row in _csv_grid(path)]}
    if path.suffix in (".json", ".jsonl"):
        lines = path.read_text(encoding="utf-8").splitlines()
        return {"": _records_grid([json.loads(line) for line in lines])}
    if path.suffix == ".xml":
        rows = ElementTree.fromstring(path.read_bytes()).findall("row")
        return {"": _records_grid([{cell.tag: cell.text for cell in row} for row in rows])}
    if path.suffix == ".ods":
        return _ods_grids(path)
    book = openpyxl.load_workbook(path)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def _truth(home: Home, name: str) -> pl.DataFrame:
    texts = ["value", "detail", "sheet", "fund_code", "fund_code_a", "fund_code_b"]
    path = home.sample / f"{name}.csv"
    header = path.read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    return pl.read_csv(
        path, schema_overrides={c: pl.String for c in texts if c in header}, empty_string_is_null=False
    )


def _records(home: Home) -> list[Path]:
    """Deliveries that hold records and can be read."""
    odd = ("truncated", "copy", "note", "in_subfolder")  # no table of a year
    return [p for p in sorted(home.inbox.rglob("*")) if p.is_file() and not p.stem.endswith(odd)]


def test_same_arguments_same_bytes(made: tuple[Home, SampleReport], tmp_path: Path) -> None:
    home, _ = made
    again = Home(tmp_path)
    write_sample(again, scale=SCALE)
    assert _hashes(again) == _hashes(home)
    other = Home(tmp_path / "other")
    write_sample(other, scale=SCALE, years=1, seed=7, tidy=True)
    newest = "inbox/nvf/village_funds/2568_01_nvf_synthetic.csv"
    assert _hashes(other)[newest] != _hashes(home)[newest]


def test_writing_again_changes_nothing_and_fewer_years_take_files_away(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_sample(home, scale=SCALE, years=2, tidy=True)
    before = _hashes(home)
    write_sample(home, scale=SCALE, years=2, tidy=True)
    assert _hashes(home) == before
    write_sample(home, scale=SCALE, years=1, tidy=True)
    assert {p.name[:4] for p in home.inbox.rglob("*.*") if p.is_file()} == {"2568"}


def test_a_longer_run_holds_the_shorter(made: tuple[Home, SampleReport], tmp_path: Path) -> None:
    home, _ = made
    longer = Home(tmp_path)
    write_sample(longer, scale=SCALE, years=4)
    newest = [name for name in _hashes(home) if name.startswith("inbox/") and "/2568_01" in name]
    assert len(newest) == len(AGENCIES) - 1, "of one feed the newest year is late"
    assert all(_hashes(longer)[name] == _hashes(home)[name] for name in newest)


def test_national_sizes() -> None:
    places = load_places()
    registers = funds.make_registers(2025, 2550)
    everywhere = funds.kept_tambons(places, 1.0)
    village = registers.village[funds.in_year(registers.village, 2025, everywhere)]
    assert dict(village["kind"].value_counts().iter_rows()) == {
        "village": 75_000,
        "urban": 3_872,
        "military": 738,
    }
    values = funds.village_values(registers, 2025)
    rows = funds.in_year(registers.village, 2025, everywhere)
    filed = np.isfinite(values["savings_thb"][rows])
    assert 65_000 < filed.sum() < 67_000
    money = sum(
        np.nansum(values[m][rows]) for m in ("government_capital_thb", "savings_thb", "other_capital_thb")
    )
    assert 300e9 < money < 400e9
    assert 11e6 < np.nansum(values["members_persons"][rows]) / filed.mean() < 15e6
    assert (
        0.03
        < np.nansum(values["loans_overdue_thb"][rows]) / np.nansum(values["loans_outstanding_thb"][rows])
        < 0.055
    )
    grades = dict(village["grade"].value_counts().iter_rows())
    assert grades["A"] + grades["B"] == pytest.approx(50_000, rel=0.02)
    assert grades["C"] == pytest.approx(20_000, rel=0.03)
    assert 7_000 < grades["below"] < 8_000
    welfare = funds.welfare_values(registers, 2025)
    in_list = funds.in_year(registers.welfare, 2025, everywhere)
    assert len(in_list) == 5_997
    assert welfare["members_persons"][in_list].sum() == 6_885_162
    income = [
        welfare[f"income_{s}_thb"][in_list].sum() for s in ("members", "local_government", "state", "other")
    ]
    assert [round(100 * part / sum(income)) for part in income] == [
        67,
        3,
        25,
        5,
    ]  # 65 : 3 : 24 : 5 of their sum, 97
    savings = funds.in_year(registers.savings, 2025, everywhere)
    assert 19_700 < len(savings) <= 20_000
    population = funds.population_values(registers, 2025)
    assert population["population_total"].sum() == pytest.approx(66e6, rel=0.01)
    assert len(registers.links) == pytest.approx(0.03 * 20_000, rel=0.02)


def test_parts_hold_and_funds_move_slowly() -> None:
    registers = funds.make_registers(2025, 2550)
    for year in (2025, 2024, 2010):
        village, welfare = funds.village_values(registers, year), funds.welfare_values(registers, year)
        filed = np.isfinite(village["members_persons"])
        assert (village["members_male_persons"] + village["members_female_persons"])[
            filed
        ].tolist() == village["members_persons"][filed].tolist()
        stages = sum(
            welfare[f"members_{s}_persons"] for s in ("child", "working", "elderly", "disadvantaged")
        )
        assert (stages == welfare["members_persons"]).all()
        assert (village["loans_overdue_thb"] <= village["loans_outstanding_thb"])[filed].all()
    now, then = (
        funds.village_values(registers, 2025)["savings_thb"],
        funds.village_values(registers, 2024)["savings_thb"],
    )
    ratio = (now / then)[np.isfinite(now) & np.isfinite(then)]
    assert ratio.max() < 2 and ratio.min() > 0.5


def test_every_header_is_a_wording_of_the_contract() -> None:
    places, contracts = load_places(), load_contracts()
    registers = funds.make_registers(2025, 2550)
    kept = funds.kept_tambons(places, 0.001)
    for feed, agency in AGENCIES.items():
        contract = contracts[feed]
        known = Vocabulary.of(contract).by_key
        required = {c.field for c in contract.columns if c.required}
        for age in range(6):
            draft = agency.draft(registers, places, kept, 2025 - age, age)
            for name, header in draft.headers.items():
                # Both header rows together, or the lower one alone; a unit in brackets does not count.
                wordings = [header, header.rpartition(" ")[2], split_unit(header)[0]]
                wordings.append(split_unit(header)[0].partition(" ")[2])
                found = next((known[label_key(w)] for w in wordings if label_key(w) in known), "unknown")
                meant = (
                    "ignored"
                    if found is None
                    else found
                    if isinstance(found, str)
                    else found.field or "personal"
                )
                ours = "personal" if name.startswith("personal_") else name
                ours = "ignored" if ours in ("serial", "percent_poor") else ours
                assert meant == ours, (feed, age, header)
            assert required <= set(draft.headers)
            assert bounds_hold(draft, contract), (feed, age)


def test_truth_points_at_the_planted_cells(made: tuple[Home, SampleReport]) -> None:
    home, report = made
    defects = _truth(home, "truth_defects").filter(pl.col("row_number") > 0)
    paths = {p.name: p for p in _records(home)}
    compared = 0
    for (file,), part in defects.group_by("delivery_file"):
        grids = _grids(paths[str(file)])
        for row in part.iter_rows(named=True):
            cell = grids[row["sheet"]][row["row_number"] - 1][row["column_number"] - 1]
            if row["kind"] == "duplicate_identical":
                continue
            if isinstance(cell, (int, float)):
                assert float(cell) == float(row["value"]), row
            else:
                assert (cell or "") == row["value"], row
            compared += 1
    assert compared > 600
    assert set(PLANTERS) | set(EXTRA_PLANTERS) <= set(report.defects), (
        "every kind shows, even at a tiny scale"
    )
    assert set(defects["feed_code"]) == set(AGENCIES), "every feed has its defects"


def test_header_cells_stand_above_the_planted_ones(made: tuple[Home, SampleReport]) -> None:
    home, _ = made
    defects = _truth(home, "truth_defects").filter(
        (pl.col("row_number") > 0) & pl.col("delivery_file").str.ends_with(".csv")
    )
    paths = {p.name: p for p in _records(home)}
    for (file,), part in defects.group_by("delivery_file"):
        top = _csv_grid(paths[str(file)])[:4]
        assert all(
            any(line[row["column_number"] - 1] == row["column"] for line in top)
            for row in part.iter_rows(named=True)
        )


def test_true_places_agree_with_what_is_written(made: tuple[Home, SampleReport]) -> None:
    home, report = made
    truth = pl.read_parquet(home.sample / "truth_places.parquet")
    assert truth.height == sum(report.records.values())
    places = load_places()
    name_of = dict(zip(places.code, places.tambon, strict=True))
    unresolved = truth.filter(pl.col("tambon_code_true") == "")
    assert set(unresolved["kind"].unique().cast(pl.String)) == PLACE_KINDS
    plain = truth.filter(pl.col("kind").cast(pl.String).is_in(["names", "code6", "code8"]))
    for file in ("2568_01_nvf_synthetic.csv", "2568_01_nesdc_synthetic.csv", "2566_01_nvf_synthetic.csv"):
        path = next(p for p in _records(home) if p.name == file)
        grid = _csv_grid(path)
        column = next(i for i, h in enumerate(grid[0]) if "ตำบล" in h and "รหัส" not in h)
        rows = plain.filter(pl.col("delivery_file").cast(pl.String) == file)
        assert rows.height > 700
        for number, code in rows.select("row_number", "tambon_code_true").iter_rows():
            cell = grid[number - 1][column]
            assert cell.removeprefix("ตำบล").removeprefix("แขวง") == name_of[code] or cell == name_of[code], (
                file,
                number,
            )


def test_merged_cells_subtotals_and_marks_in_the_workbook(made: tuple[Home, SampleReport]) -> None:
    home, _ = made
    book = openpyxl.load_workbook(home.inbox / "cdd/savings_groups/2568_01_cdd_synthetic.xlsx")
    assert book.sheetnames[0] == "คำอธิบาย" and len(book.sheetnames) == 5
    for sheet in book.worksheets[1:]:
        texts = [str(cell.value) for column in ("A", "B") for cell in sheet[column] if cell.value]
        assert any("ข้อมูลสังเคราะห์" in text for text in texts[:3])
        assert any(text.startswith("รวมจังหวัด") for text in texts) and "รวมทั้งสิ้น" in texts
        assert any(text.startswith("(ลงชื่อ)") for text in texts)
        merged = [r for r in sheet.merged_cells.ranges if r.min_col == r.max_col == 3 and r.min_row > 6]
        assert merged and all(sheet.cell(r.min_row, 3).value for r in merged)
    assert all("synthetic" in p.name for p in home.inbox.rglob("*") if p.is_file())


def test_formats_vary_and_old_codes_appear(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_sample(home, scale=0.002, years=20, tidy=True)
    nvf = sorted((home.inbox / "nvf/village_funds").iterdir(), reverse=True)
    assert nvf[0].read_bytes().startswith(b"\xef\xbb\xbf")
    assert not nvf[1].read_bytes().startswith(b"\xef\xbb\xbf")
    nvf[1].read_bytes().decode("utf-8")
    with pytest.raises(UnicodeDecodeError):
        nvf[2].read_bytes().decode("utf-8")
    truth = pl.read_parquet(home.sample / "truth_places.parquet").with_columns(
        pl.col("delivery_file", "kind").cast(pl.String)
    )
    old = truth.filter(
        (pl.col("delivery_file") == "2553_01_nesdc_synthetic.csv")
        & pl.col("tambon_code_true").str.starts_with("38")
    )
    assert old.height > 40 and set(old["kind"]) == {"code6_old"}
    grid = _csv_grid(home.inbox / "nesdc/population/2553_01_nesdc_synthetic.csv")
    column = grid[0].index("geocode")
    assert {grid[row - 1][column][:2] for row in old["row_number"]} == {"43"}
    assert _truth(home, "truth_defects").height == 0


def test_totals_are_the_sums_of_the_written_cells(made: tuple[Home, SampleReport]) -> None:
    home, _ = made
    totals = _truth(home, "truth_totals").filter(
        (pl.col("feed") == "nvf/village_funds") & (pl.col("measure") == "savings_thb")
    )
    defects = _truth(home, "truth_defects")
    for file, year, header in (
        ("2568_01_nvf_synthetic.csv", 2025, "เงินบัญชี 2"),
        ("2567_03_nvf_synthetic_corrected.csv", 2024, "บัญชีที่ 2"),
    ):
        grid = _csv_grid(home.inbox / "nvf/village_funds" / file)
        column = grid[0].index(header)
        here = defects.filter(pl.col("delivery_file") == file)
        skipped = set(here.filter(pl.col("expectation").is_in(["row_rejected", "duplicate"]))["row_number"])
        unread = set(
            here.filter((pl.col("expectation") == "cell_unreadable") & (pl.col("field") == "savings_thb"))[
                "row_number"
            ]
        )
        cells = [
            r[column].replace(",", "")
            for number, r in enumerate(grid, 1)
            if number > 1 and number not in skipped | unread
        ]
        total = totals.filter(pl.col("fiscal_year") == year).row(0, named=True)
        assert sum(float(c) for c in cells if c not in ("", "-")) == total["total"]
        assert sum(c not in ("", "-") for c in cells) == total["rows"]


def test_restatements_say_what_changed(made: tuple[Home, SampleReport]) -> None:
    home, _ = made
    every = _truth(home, "truth_restatements")
    assert set(every["feed_code"]) == {"nvf/village_funds", "satja/groups", "cult/credit_unions"}
    changes = every.filter(feed_code="nvf/village_funds")
    assert changes.height >= 6 and (changes["old"] != changes["new"]).all()
    folder = home.inbox / "nvf/village_funds"
    grids = {
        name: _csv_grid(folder / name)
        for name in ("2567_01_nvf_synthetic.csv", "2567_03_nvf_synthetic_corrected.csv")
    }
    first, second = grids.values()
    column = {
        "savings_thb": "บัญชีที่ 2",
        "members_persons": "จำนวนสมาชิกทั้งหมด",
        "members_female_persons": "จำนวนสมาชิกหญิง",
    }
    expected = {(r["fund_code"], r["measure"]): (r["old"], r["new"]) for r in changes.iter_rows(named=True)}
    found = {}
    for a, b in zip(first[1:], second[1:], strict=True):
        for measure, header in column.items():
            at = first[0].index(header)
            if a[at] != b[at]:
                found[a[0], measure] = (float(a[at].replace(",", "")), float(b[at].replace(",", "")))
    assert found == expected


def test_links_are_in_both_lists_under_other_names(made: tuple[Home, SampleReport]) -> None:
    home, report = made
    links = _truth(home, "truth_links")
    assert links.height == report.links >= 3
    village = _csv_grid(home.inbox / "nvf/village_funds/2568_01_nvf_synthetic.csv")
    code, name = village[0].index("รหัสกองทุน"), village[0].index("ชื่อกองทุน")
    names = {row[code]: row[name] for row in village[1:]}
    linked = links.filter(pl.col("feed_b") == "nvf/village_funds")["fund_code_b"]
    assert len(linked) and all("ออมทรัพย์" in names[c] for c in linked if c in names)


def test_whole_delivery_defects(made: tuple[Home, SampleReport]) -> None:
    home, _ = made
    whole = _truth(home, "truth_defects").filter(pl.col("row_number") == 0)
    assert set(whole["expectation"]) == {
        "delivery_held",
        "delivery_duplicate",
        "delivery_unreadable",
        "refused",
        "feed_late",
    }
    codi, cdd = home.inbox / "codi/welfare_funds", home.inbox / "cdd/savings_groups"
    assert (codi / "2568_02_codi_synthetic_copy.xlsx").read_bytes() == (
        codi / "2568_01_codi_synthetic.xlsx"
    ).read_bytes()
    cut, full = (cdd / f"2568_0{i}_cdd_synthetic{s}.xlsx" for i, s in ((2, "_truncated"), (1, "")))
    assert full.read_bytes().startswith(cut.read_bytes()) and cut.stat().st_size < full.stat().st_size
    known = {h for c in load_contracts()["nvf/village_funds"].columns for h in c.headers}
    header = _csv_grid(home.inbox / "nvf/village_funds/2567_02_nvf_synthetic_undeclared_column.csv")[0]
    assert [h for h in header if h not in known] == ["ผลตรวจสอบภายใน"]
    assert (home.inbox / "nvf/village_funds/synthetic_old").is_dir()


def test_no_delivery_is_spoiled_so_far_that_it_must_be_held(made: tuple[Home, SampleReport]) -> None:
    home, _ = made
    contracts = load_contracts()
    rows = pl.read_parquet(home.sample / "truth_places.parquet").with_columns(
        pl.col("delivery_file").cast(pl.String)
    )
    sizes = dict(rows.group_by("delivery_file").len().iter_rows())
    defects = _truth(home, "truth_defects").filter(pl.col("row_number") > 0)
    for (file, feed), part in defects.group_by("delivery_file", "feed_code"):
        limits, size = contracts[str(feed)].limits, sizes[file]
        # A rate holds from three failing rows on.
        assert (part["expectation"] == "row_rejected").sum() <= max(2, limits.max_rejected_rate * size)
        assert (part["expectation"] == "duplicate").sum() <= max(2, limits.max_duplicate_key_rate * size)
        assert (part["kind"] == "blank_place").sum() <= max(2, limits.max_missing_place_rate * size)
        assert part.group_by("field").len()["len"].max() <= max(3, 0.05 * size)  # type: ignore[operator]


def test_refused_beside_real_data(tmp_path: Path) -> None:
    real = Home(tmp_path / "real")
    real.set_kind("real")
    with pytest.raises(SampleRefused, match="holds real data"):
        write_sample(real, scale=SCALE)
    assert not real.inbox.exists()
    dropped = Home(tmp_path / "dropped")
    (dropped.inbox / "nvf/village_funds").mkdir(parents=True)
    (dropped.inbox / "nvf/village_funds/กองทุน2568.csv").write_text("x", encoding="utf-8")
    with pytest.raises(SampleRefused, match=r"กองทุน2568\.csv"):
        write_sample(dropped, scale=SCALE)
    assert dropped.kind() is None
    taken = Home(tmp_path / "taken")
    taken.landing.mkdir(parents=True)
    (taken.landing / "arrivals.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(SampleRefused, match="not marked synthetic"):
        write_sample(taken, scale=SCALE)


@pytest.mark.parametrize(("scale", "years"), [(0.0, 3), (1.5, 3), (-1.0, 3), (0.1, 0), (0.1, 21)])
def test_senseless_arguments_are_refused(tmp_path: Path, scale: float, years: int) -> None:
    with pytest.raises(SampleRefused):
        write_sample(Home(tmp_path / "h"), scale=scale, years=years)
    assert not (tmp_path / "h").exists()


def test_years_before_welfare_funds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SampleRefused, match="2005"):
        write_sample(Home(tmp_path), years=20, last_fiscal_year=2020)


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    report = write_sample(
        Home(tmp_path), scale=0.002, years=1, tidy=True, progress=lambda *step: seen.append(step)
    )
    feeds = len(AGENCIES)
    assert [(done, total) for _, done, total in seen] == [(i + 1, feeds) for i in range(feeds)]
    assert len(report.files) == feeds
    spoiled: list[tuple[int, int]] = []
    write_sample(Home(tmp_path / "b"), scale=0.002, years=2, progress=lambda _, *step: spoiled.append(step))
    assert spoiled == [(i + 1, len(spoiled)) for i in range(len(spoiled))]


def test_words() -> None:
    values = np.array([0.0, 999.0, 1000.0, 1234567.0, 2_000_300_004.0, -1500.0, np.nan])
    assert number_column(values, "grouped").to_list() == [
        "0",
        "999",
        "1,000",
        "1,234,567",
        "2,000,300,004",
        "-1,500",
        "",
    ]
    assert number_text(1234.0, "grouped_satang") == "1,234.00"
    assert number_text(0.0001, decimals=4) == "0.0001"
    day = np.array(["2005-02-03"], dtype="datetime64[D]")
    assert [date_column(day, s)[0] for s in ("slashes", "short_month", "long_month", "iso_be")] == [
        "03/02/2548",
        "3 ก.พ. 48",
        "3 กุมภาพันธ์ 2548",
        "2548-02-03",
    ]
    number = id_like_number(12345)
    assert len(number) == 13 and number[0] == "9"
    assert (11 - sum(int(d) * w for d, w in zip(number, range(13, 1, -1), strict=False)) % 11) % 10 == int(
        number[-1]
    )
    assert phone_column(np.random.default_rng(1), 5).str.contains(r"^000-\d{3}-\d{4}$").all()
