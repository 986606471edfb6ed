"""A tiny warehouse and its quality tables, to publish from."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingest.home import Home
from release import BuildMeta, CheckSummary, ColumnDoc, ContractVersion, InputFile, TableSpec

Maker = Callable[..., tuple[Path, Path]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.set_kind("synthetic")
    return home


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    """Make a warehouse and a quality folder; `value` is one fund's savings, `funds` their number."""

    def build(name: str = "w", *, value: float = 100.5, funds: int = 3) -> tuple[Path, Path]:
        folder = tmp_path / name
        quality = folder / "quality"
        quality.mkdir(parents=True)
        out = str(quality).replace("'", "''")
        with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
            con.execute("CREATE SCHEMA staging; CREATE TABLE staging.stg_secret AS SELECT 1 AS a")
            con.execute("CREATE TABLE other_table AS SELECT 1 AS a")
            con.execute("CREATE VIEW int_view AS SELECT 1 AS a")
            con.execute(
                "CREATE TABLE dim_tambon AS SELECT * FROM (VALUES ('900102', 'ข', DATE '2007-01-01'), "
                "('100101', 'ก', NULL)) t(tambon_code, name_th, valid_from)"
            )
            con.execute(
                "CREATE TABLE fct_fund_year AS SELECT 'F' || i AS fund_id, 'village_fund' AS programme_code, "
                "2023::SMALLINT AS fiscal_year, "
                f"CASE WHEN i = 0 THEN {value} ELSE i * 10.0 END AS savings_thb, "
                f"i::BIGINT AS members_persons, i % 2 = 0 AS filed FROM range({funds}) t(i) ORDER BY i DESC"
            )
            con.execute("CREATE TABLE mart_tambon_profile AS SELECT '100101' AS tambon_code, 1.5 AS ratio")
            con.execute(f"COPY (SELECT 'c1' AS check_id, {value} AS numerator) TO '{out}/dq_result.parquet'")
            con.execute(f"COPY (SELECT 'f1' AS finding_id) TO '{out}/dq_finding.parquet'")
            con.execute(f"COPY (SELECT 1 AS a) TO '{out}/scratch.parquet'")
        return folder / "warehouse.duckdb", quality

    return build


@pytest.fixture
def meta() -> BuildMeta:
    return make_meta()


def make_meta(minute: int = 0) -> BuildMeta:
    return BuildMeta(
        created_at=datetime(2026, 1, 2, 3, tzinfo=UTC) + timedelta(minutes=minute),
        is_synthetic=True,
        inputs=[
            InputFile(
                delivery_id="nvf-village_funds-abc",
                feed_code="nvf/village_funds",
                file_name="กองทุน.csv",
                sha256="a" * 64,
                rows=3,
            )
        ],
        contracts=[ContractVersion(feed_code="nvf/village_funds", version="1.0.0", fingerprint="ff")],
        checks=CheckSummary(checks=2, passed=1, failed_warn=1, findings={"warn": 1}),
        memory_limit="500MB",
    )


def documented(meta: BuildMeta) -> BuildMeta:
    tables = [
        TableSpec(
            name="fct_fund_year",
            title="กองทุนรายปี",
            description="One row a fund, programme and fiscal year",
            columns={"savings_thb": ColumnDoc(title="เงินออม", description="Savings", unit="THB")},
        ),
        TableSpec(name="dim_tambon"),
    ]
    return meta.model_copy(update={"tables": tables})
