"""What a built release holds, and what it says about itself."""

import hashlib
import json
import struct
from pathlib import Path

import duckdb
import polars as pl
import pytest

from ingest.home import Home
from release import (
    BuildMeta,
    ReleaseError,
    build_release,
    compare_releases,
    publish,
    read_manifest,
    verify,
)
from tests.release.conftest import Maker, documented, make_meta

ID = "20260102T030000-abc123"
NEXT = "20260103T030000-def456"


def test_a_release_holds_marts_parquet_quality_and_descriptors(
    home: Home, make: Maker, meta: BuildMeta
) -> None:
    steps: list[str] = []
    folder = build_release(home, ID, *make(), meta, progress=steps.append)
    assert folder == home.releases / ID
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files == {
        "marts.duckdb",
        "marts/dim_tambon.parquet",
        "marts/fct_fund_year.parquet",
        "marts/mart_tambon_profile.parquet",
        "quality/dq_result.parquet",
        "quality/dq_finding.parquet",
        "manifest.json",
        "datapackage.json",
    }
    assert "fct_fund_year" in steps
    assert pl.read_parquet(folder / "marts/dim_tambon.parquet")["tambon_code"].to_list() == [
        "100101",
        "900102",
    ]
    with duckdb.connect(str(folder / "marts.duckdb"), read_only=True) as con:
        tables = {row[0] for row in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        rows = con.execute("SELECT fund_id, savings_thb FROM fct_fund_year").fetchall()
    assert tables == {"dim_tambon", "fct_fund_year", "mart_tambon_profile", "dq_result", "dq_finding"}
    assert [row[0] for row in rows] == ["F0", "F1", "F2"]
    assert verify(home, ID).ok


def test_marts_are_written_in_the_file_format_of_duckdb_1_0(home: Home, make: Maker, meta: BuildMeta) -> None:
    folder = build_release(home, ID, *make(), meta)
    head = (folder / "marts.duckdb").read_bytes()[:20]
    assert head[8:12] == b"DUCK"
    assert struct.unpack("<Q", head[12:20]) == (64,)  # format 64: DuckDB 0.9 to 1.x
    with duckdb.connect(str(folder / "marts.duckdb"), read_only=True) as con:
        tags = con.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'marts'").fetchall()
    assert tags[0][0]["storage_version"].startswith("v1.0.0")


def test_the_manifest_tells_everything(home: Home, make: Maker, meta: BuildMeta) -> None:
    folder = build_release(home, ID, *make(), documented(meta))
    manifest = read_manifest(folder)
    assert (manifest.release_id, manifest.kind, manifest.status) == (ID, "release", "good")
    assert manifest.is_synthetic
    assert manifest.notice_th
    assert manifest.inputs == meta.inputs
    assert manifest.contracts == meta.contracts
    assert manifest.checks == meta.checks
    assert manifest.changes is None
    tables = {table.name: table for table in manifest.tables}
    assert set(tables) == {"fct_fund_year", "dim_tambon", "dq_result", "dq_finding"}
    assert (tables["fct_fund_year"].rows, tables["fct_fund_year"].keys) == (
        3,
        ["fund_id", "programme_code", "fiscal_year"],
    )
    savings = next(c for c in tables["fct_fund_year"].columns if c.name == "savings_thb")
    assert (savings.title, savings.unit) == ("เงินออม", "THB")
    for file in manifest.files:
        data = (folder / file.path).read_bytes()
        assert (file.bytes, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    with duckdb.connect(str(folder / "marts.duckdb"), read_only=True) as con:
        comments = con.execute("SELECT comment FROM duckdb_columns() WHERE comment IS NOT NULL").fetchall()
    assert comments == [("Savings",)]


def test_the_data_package_is_valid_and_describes_every_table(
    home: Home, make: Maker, meta: BuildMeta
) -> None:
    folder = build_release(home, ID, *make(), documented(meta))
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    resources = {resource["name"]: resource for resource in package["resources"]}
    assert set(resources) == {"fct-fund-year", "dim-tambon", "dq-result", "dq-finding", "marts-duckdb"}
    fund_year = resources["fct-fund-year"]
    assert fund_year["schema"]["primaryKey"] == ["fund_id", "programme_code", "fiscal_year"]
    kinds = {field["name"]: field["type"] for field in fund_year["schema"]["fields"]}
    assert kinds["savings_thb"] == "number"
    assert (kinds["fiscal_year"], kinds["filed"], kinds["fund_id"]) == ("integer", "boolean", "string")
    assert {f["name"]: f.get("title") for f in fund_year["schema"]["fields"]}["savings_thb"] == "เงินออม"
    path = folder / fund_year["path"]
    assert fund_year["bytes"] == path.stat().st_size
    assert fund_year["hash"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    fields = "data_type title maintainer maintainer_email tag_string notes objective update_frequency_unit "
    fields += "geo_coverage data_source data_format data_category disclosure license_id"
    assert set(package["thai_open_data"]) == set(fields.split())
    assert "สังเคราะห์" in package["title"]


def test_changes_since_the_last_release(home: Home, make: Maker) -> None:
    build_release(home, ID, *make("one"), make_meta())
    publish(home, ID)
    folder = build_release(home, NEXT, *make("two", value=250.25, funds=5), make_meta(1))
    changes = read_manifest(folder).changes
    assert changes is not None
    assert changes.since == ID
    by_table = {change.table: change for change in changes.tables}
    fund_year = by_table["fct_fund_year"]
    assert (fund_year.rows_before, fund_year.rows_after) == (3, 5)
    assert (fund_year.added, fund_year.removed, fund_year.changed) == (2, 0, 1)
    assert by_table["dim_tambon"].note == "identical"
    (total,) = changes.money
    assert (total.programme_code, total.fiscal_year, total.measure_code) == (
        "village_fund",
        2023,
        "savings_thb",
    )
    assert (total.before_thb, total.after_thb) == (130.5, 350.25)


def test_comparing_counts_values_and_sums(home: Home, make: Maker) -> None:
    build_release(home, ID, *make("one"), make_meta())
    build_release(home, NEXT, *make("two", value=250.25, funds=2), make_meta(1))
    compared = compare_releases(home, ID, NEXT)
    table = next(table for table in compared.tables if table.table == "fct_fund_year")
    assert (table.added, table.removed, table.changed) == (0, 1, 1)
    columns = {column.column: column for column in table.columns}
    assert columns["savings_thb"].changed_values == 1
    assert (columns["savings_thb"].sum_before, columns["savings_thb"].sum_after) == (130.5, 260.25)
    assert columns["members_persons"].changed_values == 0
    assert columns["filed"].sum_before is None
    back = compare_releases(home, NEXT, ID)
    assert next(t for t in back.tables if t.table == "fct_fund_year").added == 1


def test_comparing_tables_that_came_went_or_changed_shape(home: Home, make: Maker) -> None:
    old, quality = make("one")
    with duckdb.connect(str(old)) as con:
        con.execute("CREATE TABLE mart_old AS SELECT 1 AS a; CREATE TABLE mart_no_key AS SELECT 1 AS a")
        con.execute("CREATE TABLE dim_fund AS SELECT 'F' AS fund_id, 1 AS gone")
        con.execute("CREATE TABLE dim_place AS SELECT 'p' AS place_id, i FROM range(2) t(i)")
    new, _ = make("two")
    with duckdb.connect(str(new)) as con:
        con.execute("CREATE TABLE mart_new AS SELECT 1 AS a; CREATE TABLE mart_no_key AS SELECT 2 AS a")
        con.execute("CREATE TABLE dim_fund AS SELECT 'F' AS fund_id, 1 AS fresh")
        con.execute("CREATE TABLE dim_place AS SELECT 'p' AS place_id, i FROM range(5, 8) t(i)")
    build_release(home, ID, old, quality, make_meta())
    build_release(home, NEXT, new, quality, make_meta(1))
    tables = {table.table: table for table in compare_releases(home, ID, NEXT).tables}
    assert tables["mart_old"].note == "dropped_table"
    assert tables["mart_new"].note == "new_table"
    assert tables["mart_no_key"].note == "no_key"
    assert tables["dim_place"].note == "key_not_unique"
    assert (tables["dim_fund"].columns_added, tables["dim_fund"].columns_removed) == (["fresh"], ["gone"])
    assert (tables["dim_fund"].added, tables["dim_fund"].changed) == (0, 0)


def test_a_missing_table_or_key_is_told(home: Home, make: Maker, meta: BuildMeta) -> None:
    warehouse, quality = make()
    spec = documented(meta).tables[0]
    for change in ({"name": "fct_absent"}, {"keys": ["no_such_column"]}):
        asked = meta.model_copy(update={"tables": [spec.model_copy(update=change)]})
        with pytest.raises(ReleaseError, match=r"fct_absent|no_such_column"):
            build_release(home, ID, warehouse, quality, asked)
    with pytest.raises(ReleaseError):
        build_release(home, ID, warehouse.with_name("absent.duckdb"), quality, meta)
    assert [p.name for p in home.releases.iterdir() if not p.name.startswith(".")] == []


def test_ids_are_used_once_and_hold_no_paths(home: Home, make: Maker, meta: BuildMeta) -> None:
    warehouse, quality = make()
    build_release(home, ID, warehouse, quality, meta)
    with pytest.raises(ReleaseError, match="exists already"):
        build_release(home, ID, warehouse, quality, meta)
    for bad in ("../x", "/etc", "", "current", ".hidden", "a/b", "a\n"):
        with pytest.raises(ReleaseError):
            build_release(home, bad, warehouse, quality, meta)


def test_real_and_synthetic_never_mix(home: Home, make: Maker, meta: BuildMeta) -> None:
    with pytest.raises(ReleaseError, match="synthetic"):
        build_release(home, ID, *make(), meta.model_copy(update={"is_synthetic": False}))


def test_a_damaged_last_release_does_not_stop_the_next(home: Home, make: Maker) -> None:
    first = build_release(home, ID, *make("one"), make_meta())
    publish(home, ID)
    (first / "marts.duckdb").chmod(0o644)
    (first / "marts.duckdb").write_bytes(b"rotten")
    folder = build_release(home, NEXT, *make("two", value=1), make_meta(1))
    assert read_manifest(folder).changes is None


def test_quotes_in_paths_and_texts_do_no_harm(tmp_path: Path, make: Maker, meta: BuildMeta) -> None:
    home = Home(tmp_path / 'it\'s; a "home"')
    spec = documented(meta).tables[0].model_copy(update={"description": "it's; DROP TABLE x --"})
    build_release(home, ID, *make("it's"), meta.model_copy(update={"tables": [spec]}))
    assert verify(home, ID).ok
