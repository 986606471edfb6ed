"""Reference tables on disk: written whole, skipped while unchanged, and true to the contracts."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from ingest.contract import load_contracts, load_fields
from ingest.contract.load import load_agencies
from ingest.home import Home
from ingest.reference import build
from ingest.reference.build import build_reference, contract_tables

TABLES = {
    "tambon": "tambon_code name_th name_en amphoe_code province_code is_current valid_from valid_to"
    " tambon_unit_id unit_code_count",
    "tambon_successor": "tambon_code successor_code basis in_force_on source",
    "tambon_alias": "tambon_code name_th kind source",
    "amphoe": "amphoe_code name_th name_en province_code is_current valid_to successor_code",
    "province": "province_code name_th name_en region_code",
    "province_alias": "province_code name_th",
    "region": "region_code name_th name_en basis",
    "measure": "measure_code kind label_th label_en unit adds_over_funds adds_over_time people_or_memberships"
    " definition_th definition_en",
    "measure_definition": "measure_code programme_code definition_th definition_en",
    "programme": "programme_code label_th label_en family owner_agency preference",
    "agency": "agency_code name_th name_en short_th short_en",
    "feed": "feed_code agency_code record_kind programme_code title_th title_en cadence allowed_lag_days"
    " contract_version contract_fingerprint",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    build_reference(home, load_contracts())
    return home


def test_every_table_of_the_architecture_is_written(home: Home) -> None:
    found = {p.stem: " ".join(pl.read_parquet_schema(p)) for p in home.reference.glob("*.parquet")}
    assert found == TABLES
    assert not [p for p in home.root.iterdir() if p != home.reference]


def test_duckdb_reads_the_types_that_models_rely_on(home: Home) -> None:
    with duckdb.connect() as con:
        rows = con.execute(
            "describe select is_current, valid_from, valid_to, unit_code_count from read_parquet(?)",
            [str(home.reference / "tambon.parquet")],
        ).fetchall()
    assert [r[1] for r in rows] == ["BOOLEAN", "DATE", "DATE", "INTEGER"]


def test_an_unchanged_home_is_left_alone(home: Home) -> None:
    before = {p: p.stat().st_mtime_ns for p in home.reference.iterdir()}
    report = build_reference(home, load_contracts())
    assert not report.rebuilt
    assert report.rows["tambon"] == pl.read_parquet(home.reference / "tambon.parquet").height
    assert {p: p.stat().st_mtime_ns for p in home.reference.iterdir()} == before


def test_it_is_rebuilt_when_something_it_is_made_from_changed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    contracts = dict(load_contracts())
    first = build_reference(home, contracts)
    dropped = contracts.pop("nesdc/population")
    fewer = build_reference(home, contracts)
    assert fewer.rebuilt
    assert fewer.fingerprint != first.fingerprint
    assert fewer.rows["feed"] == first.rows["feed"] - 1
    back = build_reference(home, {**contracts, dropped.feed: dropped})
    assert back.rebuilt
    assert back.fingerprint == first.fingerprint
    monkeypatch.setattr(build, "DATA_VERSION", "2999.1.1")
    assert build_reference(home, load_contracts()).fingerprint != first.fingerprint


@pytest.mark.parametrize("damage", ["missing table", "no stamp", "broken stamp", "odd stamp"])
def test_a_damaged_folder_is_rebuilt(tmp_path: Path, damage: str) -> None:
    home = Home(tmp_path)
    first = build_reference(home, load_contracts())
    if damage == "missing table":
        (home.reference / "region.parquet").unlink()
    elif damage == "no stamp":
        (home.reference / "reference.json").unlink()
    else:
        (home.reference / "reference.json").write_text("{" if damage == "broken stamp" else "[1]")
    again = build_reference(home, load_contracts())
    assert again.rebuilt
    assert again.rows == first.rows
    assert pl.read_parquet(home.reference / "region.parquet").height == 7


def test_a_failure_leaves_the_old_tables(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    build_reference(home, load_contracts())
    before = (home.reference / "reference.json").read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(build, "REFERENCE_VERSION", -1)
    monkeypatch.setattr(build, "contract_tables", fail)
    with pytest.raises(OSError, match="no space"):
        build_reference(home, load_contracts())
    monkeypatch.undo()
    monkeypatch.setattr(build, "REFERENCE_VERSION", -1)
    monkeypatch.setattr(pl.DataFrame, "write_parquet", fail)
    with pytest.raises(OSError, match="no space"):
        build_reference(home, load_contracts())
    assert (home.reference / "reference.json").read_bytes() == before
    assert not [p for p in home.root.iterdir() if p != home.reference]


def test_contract_tables_say_what_the_contracts_say() -> None:
    contracts, fields, agencies = load_contracts(), load_fields(), load_agencies()
    tables = contract_tables(contracts, fields, agencies)
    assert {name: " ".join(t.columns) for name, t in tables.items()} == {
        name: TABLES[name] for name in tables
    }
    measure = tables["measure"]
    assert set(measure.filter(pl.col("kind") == "fund")["measure_code"]) == set(fields.fund_measures)
    assert set(measure.filter(pl.col("kind") == "indicator")["measure_code"]) == set(fields.indicators)
    assert measure["measure_code"].is_unique().all()
    feed = tables["feed"]
    assert dict(feed.select("feed_code", "contract_fingerprint").iter_rows()) == {
        code: c.fingerprint for code, c in contracts.items()
    }
    assert feed.join(tables["agency"], on="agency_code", how="anti").is_empty()
    named = feed.filter(pl.col("programme_code").is_not_null())
    assert named.join(tables["programme"], on="programme_code", how="anti").is_empty()
    definition = tables["measure_definition"]
    assert definition.join(measure, on="measure_code", how="anti").is_empty()


def test_no_contracts_still_give_typed_tables() -> None:
    feed = contract_tables({}, load_fields(), {})["feed"]
    assert feed.is_empty()
    assert feed.schema["allowed_lag_days"] == pl.Int32
