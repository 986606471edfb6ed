"""Every feed of the sample: its files are read as its contract says, to the last figure, and sized as announced."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ingest.conform import conform_file
from ingest.contract import load_contracts
from ingest.home import Home
from ingest.report import ConformReport
from ingest.sample import SampleRefused, funds, write_sample
from ingest.sample.agencies import AGENCIES
from ingest.sample.figures import satja_values, union_values, women_values
from ingest.sample.groups import make_groups
from ingest.sample.odd import CORRECTED_FEEDS, HELD_FEEDS, LATE_FEED
from ingest.sample.others import make_others
from ingest.sample.places import load_places

SCALE = 0.004
TODAY = date(2026, 1, 15)


def _feed(path: Path) -> str:
    return "/".join(path.parts[-3:-1])


def _conform(home: Home, out: Path) -> dict[Path, ConformReport]:
    """Every file of a year, or a correction, read by its contract."""
    contracts = load_contracts()
    files = [p for p in sorted(home.inbox.glob("*/*/*")) if p.is_file() and p.suffix != ".docx"]
    return {
        p: conform_file(p, contracts[_feed(p)], p.stem, out, today=TODAY)
        for p in files
        if not p.stem.endswith(("truncated", "copy"))
    }


def _csv(home: Home, name: str, **kinds: type[pl.DataType]) -> pl.DataFrame:
    return pl.read_csv(home.sample / f"{name}.csv", infer_schema=False, empty_string_is_null=False).cast(
        dict(kinds)  # type: ignore[arg-type]
    )


def _totals(home: Home) -> dict[tuple[str, int], dict[str, float]]:
    frame = _csv(home, "truth_totals", fiscal_year=pl.Int64, total_if_last_kept=pl.Float64)
    out: dict[tuple[str, int], dict[str, float]] = {}
    for row in frame.iter_rows(named=True):
        out.setdefault((row["feed"], row["fiscal_year"]), {})[row["measure"]] = row["total_if_last_kept"]
    return out


@pytest.fixture(scope="module")
def tidy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[Path, ConformReport]]:
    root = tmp_path_factory.mktemp("tidy")
    home = Home(root / "home")
    write_sample(home, scale=SCALE, tidy=True)
    return home, _conform(home, root / "out")


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[Path, ConformReport]]:
    root = tmp_path_factory.mktemp("spoiled")
    home = Home(root / "home")
    write_sample(home, scale=SCALE)
    return home, _conform(home, root / "out")


def test_every_feed_but_those_that_ship_with_the_product_has_a_sample() -> None:
    assert set(load_contracts()) - set(AGENCIES) == {"codi/forums", "plan/published_totals"}


def test_every_file_is_read_whole(tidy: tuple[Home, dict[Path, ConformReport]]) -> None:
    home, reports = tidy
    assert len(reports) == 3 * len(AGENCIES)
    records = (
        pl.read_parquet(home.sample / "truth_places.parquet")["delivery_file"].cast(pl.String).value_counts()
    )
    rows = dict(records.iter_rows())
    for path, report in reports.items():
        assert not report.errors and not report.unknown_headers and not report.missing_required, path.name
        assert report.rows_conformed == rows[path.name] and report.rows_rejected == 0, path.name
        assert report.cells_unreadable == 0, path.name
        year = int(path.name[:4]) - 543
        assert (report.first_year, report.last_year) == (year, year), path.name


def test_figures_come_out_as_they_were_meant(tidy: tuple[Home, dict[Path, ConformReport]]) -> None:
    home, reports = tidy
    truth = _totals(home)
    compared = 0
    for path, report in reports.items():
        rows = pl.read_parquet(report.conformed_path)
        if "indicator_code" in rows.columns:
            sums = dict(rows.group_by("indicator_code").agg(pl.col("value").sum()).iter_rows())
        else:
            sums = rows.select(pl.selectors.float().sum()).row(0, named=True)
        for measure, total in truth[_feed(path), int(path.name[:4]) - 543].items():
            assert sums[measure] == pytest.approx(total, rel=1e-12, abs=0.01), (path.name, measure)
            compared += 1
    assert compared > 250


def test_every_kind_of_file_comes(tidy: tuple[Home, dict[Path, ConformReport]]) -> None:
    endings = {path.suffix for path in tidy[1]}
    assert endings == {".csv", ".xlsx", ".ods", ".json", ".jsonl", ".xml"}
    personal = {_feed(path) for path, report in tidy[1].items() if report.personal_dropped}
    assert len(personal) >= 10


def test_planted_defects_are_met_where_they_were_planted(
    spoiled: tuple[Home, dict[Path, ConformReport]],
) -> None:
    home, reports = spoiled
    defects = _csv(home, "truth_defects", row_number=pl.Int64).filter(pl.col("row_number") > 0)
    met = 0
    for path, report in reports.items():
        assert not report.errors, path.name
        here = defects.filter(delivery_file=path.name)
        rejected = pl.read_parquet(report.rejected_path).filter(disposition="rejected")
        cells = pl.read_parquet(report.cells_path)
        spot = ["sheet", "row_number"]
        due = here.filter(expectation="row_rejected").select(spot)
        assert rejected.select(spot).sort(spot).equals(due.sort(spot)), path.name
        unread = here.filter(pl.col("expectation") == "cell_unreadable").select(*spot, "field")
        found = cells.filter(severity="warn").select(*spot, "field")
        assert unread.join(found, on=[*spot, "field"], how="anti").is_empty(), path.name
        met += due.height + unread.height
    assert met > 100


def test_swapped_coordinates_are_put_right(spoiled: tuple[Home, dict[Path, ConformReport]]) -> None:
    home, reports = spoiled
    planted = _csv(home, "truth_defects").filter(kind="coordinates_swapped")
    assert set(planted["feed_code"]) == {"nfe/learning_centres", "codi/pilots"}
    for path, report in reports.items():
        if _feed(path) in set(planted["feed_code"]):
            rows = pl.read_parquet(report.conformed_path).drop_nulls("latitude")
            assert rows["latitude"].is_between(5, 21).all() and rows["longitude"].is_between(97, 106).all()


def test_benefits_by_kind_make_the_welfare_paid() -> None:
    registers = funds.make_registers(2025, 2550)
    for year in (2025, 2023, 2010):
        values = funds.welfare_values(registers, year)
        parts = sum(values[f"welfare_paid_{kind}_thb"] for kind in funds.WELFARE_KINDS)
        assert np.array_equal(parts, values["welfare_paid_thb"])
        assert min(values[f"welfare_paid_{kind}_thb"].min() for kind in funds.WELFARE_KINDS) >= 0


def test_sizes_of_the_registers() -> None:
    places, registers = load_places(), funds.make_registers(2025, 2550)
    everywhere = funds.kept_tambons(places, 1.0)
    listed = make_groups(2025, 2550).listed
    assert {name: frame.height for name, frame in listed.items()} == {
        "codi": 12_000,
        "satja": 3_000,
        "cult": 1_181,
        "fpo": 3_007,
    }
    assert listed["cult"]["kind"].value_counts().sort("count")["count"].to_list() == [589, 592]
    assert union_values(registers, 2025)["members_persons"].sum() == 1_205_660
    assert listed["fpo"]["under_act"].sum() == 7
    satja = listed["satja"]
    east = np.array([places.code[i][:2] == "22" for i in satja["tambon"]])
    members, savings = (
        satja_values(registers, 2025)[m][east].sum() for m in ("members_persons", "savings_thb")
    )
    assert (members, savings) == (110_110, 3.3e9)
    others = make_others(2025, 2550)
    assert (others.institutions.height, others.poverty.height) == (2_560, 29_000)
    assert (others.poverty["received"] < 1998).sum() == 11_608
    women = women_values(registers, 2025)
    assert women["members_individual_persons"].sum() == 16_144_694
    assert women["member_organisations"].sum() == 79_150
    kinds = others.enterprises["kind"]
    assert kinds.is_in(["enterprise", "network"]).sum() == 94_996
    assert 7_400 <= others.centres.height < 7_500 and others.pilots.height == 300
    assert all(len(funds.in_year(frame, 2025, everywhere)) for frame in listed.values())


@pytest.mark.parametrize("feed", [feed for feed in AGENCIES if AGENCIES[feed].register is not None])
def test_a_smaller_scale_lies_within_a_larger(feed: str) -> None:
    places, registers = load_places(), funds.make_registers(2025, 2550)
    few, many = (
        AGENCIES[feed].draft(registers, places, funds.kept_tambons(places, scale), 2025, 0)
        for scale in (0.01, 1.0)
    )
    name = "site_code" if "site_code" in few.text.columns else "fund_code"
    rows = many.text.filter(pl.Series(np.isin(many.register_row, few.register_row)))
    hidden = [c for c in few.text.columns if c.startswith(("personal_", "serial"))]
    assert 0 < few.height < many.height and few.text[name].is_unique().all()
    # Drawn row by row: who chairs it, a fund's status in a year, and which office types by hand.
    drawn = {
        "fund_status",
        "founded_on",
        "opened_on",
        "tambon_code",
        "tambon",
        "amphoe",
        "province",
        "moo",
        *few.numbers,
    }
    same = [c for c in few.text.columns if c not in hidden and c not in drawn]
    assert few.text.select(same).equals(rows.select(same))
    for measure, values in few.numbers.items():
        wide = many.numbers[measure][np.isin(many.register_row, few.register_row)]
        assert np.array_equal(values, wide, equal_nan=True), measure


def _bytes(home: Home) -> dict[str, str]:
    return {
        p.relative_to(home.inbox).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in home.inbox.rglob("*")
        if p.is_file()
    }


def test_chosen_feeds_have_the_same_files(
    spoiled: tuple[Home, dict[Path, ConformReport]], tmp_path: Path
) -> None:
    every = _bytes(spoiled[0])
    chosen = ("codi/finance_organisations", "satja/groups", "cdd/women_funds")
    home = Home(tmp_path)
    report = write_sample(home, scale=SCALE, feeds=chosen)
    assert set(report.records) == set(chosen) == set(report.feeds)
    assert _bytes(home) == {name: value for name, value in every.items() if name.startswith(chosen)}
    feeds = _csv(home, "truth_links").select("feed_a", "feed_b").unique().rows()
    assert feeds == [("codi/finance_organisations", "satja/groups")]


@pytest.mark.parametrize("feeds", [[], ["nvf/village_funds", "plan/published_totals"], ["x"]])
def test_an_unknown_feed_is_refused(tmp_path: Path, feeds: list[str]) -> None:
    with pytest.raises(SampleRefused, match="There is no sample of"):
        write_sample(Home(tmp_path / "h"), feeds=feeds)
    assert not (tmp_path / "h").exists()


def test_late_held_and_corrected_deliveries(spoiled: tuple[Home, dict[Path, ConformReport]]) -> None:
    home, reports = spoiled
    whole = _csv(home, "truth_defects").filter(row_number="0")
    late = whole.filter(kind="late").row(0, named=True)
    assert late["feed_code"] == LATE_FEED and not (home.inbox / LATE_FEED / late["delivery_file"]).exists()
    assert len(list((home.inbox / LATE_FEED).iterdir())) == 2
    held = {
        _feed(path): report for path, report in reports.items() if path.stem.endswith("undeclared_column")
    }
    assert set(held) == set(HELD_FEEDS)
    assert all(report.unknown_headers == ["ผลตรวจสอบภายใน"] for report in held.values())
    truth = _totals(home)
    for path, report in reports.items():
        if not path.stem.endswith("corrected"):
            continue
        assert _feed(path) in CORRECTED_FEEDS
        rows = pl.read_parquet(report.conformed_path).unique("fund_code", keep="last", maintain_order=True)
        total = rows["members_persons"].sum()
        before = next(
            r
            for p, r in reports.items()
            if p.name == path.name.replace("_03_", "_01_").replace("_corrected", "")
        )
        old = pl.read_parquet(before.conformed_path).unique("fund_code", keep="last")["members_persons"].sum()
        assert total == truth[_feed(path), int(path.name[:4]) - 543]["members_persons"] != old
