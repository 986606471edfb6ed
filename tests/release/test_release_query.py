"""A user's SQL reads the current release and reaches nothing else."""

from pathlib import Path

import duckdb
import pytest

from ingest.home import Home
from release import QueryError, build_release, open_current, publish, run_query
from tests.release.conftest import Maker, make_meta


@pytest.fixture
def published(home: Home, make: Maker) -> Home:
    build_release(home, "a1", *make(), make_meta())
    publish(home, "a1")
    return home


def test_rows_come_as_a_frame(published: Home) -> None:
    frame = run_query(published, "SELECT fund_id, savings_thb FROM fct_fund_year ORDER BY fund_id;")
    assert frame.rows() == [("F0", 100.5), ("F1", 10.0), ("F2", 20.0)]
    assert run_query(published, "FROM fct_fund_year", limit=2).height == 2
    assert run_query(published, "FROM fct_fund_year", limit=0).height == 0
    assert run_query(published, "FROM range(300000)", limit=250_001).height == 250_001
    assert run_query(published, "SELECT fund_id FROM fct_fund_year WHERE false").columns == ["fund_id"]
    assert run_query(published, "SELECT name_th FROM dim_tambon WHERE tambon_code = '100101'").item() == "ก"


@pytest.mark.parametrize(
    "sql",
    [
        "DESCRIBE fct_fund_year",
        "SHOW TABLES",
        "SUMMARIZE fct_fund_year",
        "EXPLAIN SELECT 1",
        "WITH a AS (SELECT 1 AS x) SELECT * FROM a",
        "PIVOT fct_fund_year ON fund_id USING sum(savings_thb)",
        "VALUES (1)",
        "SELECT 1 -- one; two",
        "SELECT [1, 2] AS list, {'a': 1} AS struct, DATE '2020-01-01' AS d, 1.5::DECIMAL(9,2) AS n",
    ],
)
def test_every_reading_statement_works(published: Home, sql: str) -> None:
    assert run_query(published, sql).width > 0


OUT = "out.csv"
BREAK_OUTS = [
    "COPY fct_fund_year TO '{out}'",
    "COPY (SELECT 1) TO '{out}' (FORMAT parquet)",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{out}'",
    "EXPORT DATABASE '{out}'",
    "ATTACH '{out}' AS x",
    "ATTACH ':memory:' AS x",
    "ATTACH '{marts}' AS x (READ_ONLY)",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM '{parquet}'",
    "SELECT * FROM read_parquet('{parquet}')",
    "SELECT * FROM parquet_metadata('{parquet}')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM read_duckdb('{marts}')",
    "SELECT * FROM query('COPY (SELECT 1) TO ''{out}''')",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM query_table('/etc/passwd')",
    "SELECT getenv('HOME')",
    "SELECT * FROM secret_frame",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "RESET enable_external_access",
    "PRAGMA enable_profiling",
    "PRAGMA database_list",
    "CALL enable_logging()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{out}'",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE SECRET s (TYPE s3)",
    "INSERT INTO fct_fund_year SELECT * FROM fct_fund_year",
    "WITH x AS (INSERT INTO dim_tambon VALUES ('1', 'x', NULL) RETURNING *) SELECT * FROM x",
    "UPDATE fct_fund_year SET savings_thb = 0",
    "DELETE FROM fct_fund_year",
    "DROP TABLE fct_fund_year",
    "SELECT 1; SELECT 2",
    "SELECT 1; COPY (SELECT 1) TO '{out}'",
    "BEGIN",
    "PREPARE p AS SELECT 1",
    "USE memory",
    "CHECKPOINT",
    "",
    "   ;;  ",
    "-- nothing",
    "SELEC 1",
    "SELECT no_such_column FROM fct_fund_year",
    "SELECT * FROM no_such_table",
    "SELECT 'x'::INTEGER",
    "SELECT \ud800",
]


@pytest.mark.parametrize("sql", BREAK_OUTS)
def test_no_way_out(published: Home, tmp_path: Path, sql: str) -> None:
    secret_frame = duckdb.sql("SELECT 1 AS a").pl()
    assert secret_frame.height == 1
    out = tmp_path / OUT
    folder = published.releases / "a1"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    text = sql.replace("{out}", str(out)).replace("{marts}", str(folder / "marts.duckdb"))
    with pytest.raises(QueryError) as caught:
        run_query(published, text.replace("{parquet}", str(folder / "marts/dim_tambon.parquet")))
    assert not out.exists()
    assert "·" in str(caught.value)
    assert str(published.root) not in str(caught.value)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_the_connection_itself_is_closed_off(published: Home, tmp_path: Path) -> None:
    """Analysts get the connection too: DuckDB must refuse, not only our look at the statement."""
    out = tmp_path / OUT
    with open_current(published) as con:
        for sql in BREAK_OUTS[:23]:
            text = sql.replace("{out}", str(out)).replace("{marts}", str(tmp_path / "other.duckdb"))
            with pytest.raises(duckdb.Error):
                con.execute(text.replace("{parquet}", "/etc/passwd")).fetchall()
        assert con.execute("SELECT count(*) FROM fct_fund_year").fetchall() == [(3,)]
    assert not out.exists()


def test_memory_is_bounded_and_nothing_spills_into_the_release(published: Home) -> None:
    with open_current(published, memory_limit="50MB", threads=1) as con, pytest.raises(duckdb.Error):
        con.execute("SELECT count(DISTINCT (i::VARCHAR || 'x')) FROM range(20000000) t(i)").fetchall()
    assert sorted(path.name for path in (published.releases / "a1").iterdir()) == [
        "datapackage.json",
        "manifest.json",
        "marts",
        "marts.duckdb",
        "quality",
    ]


def test_nothing_published_is_told(home: Home) -> None:
    with pytest.raises(QueryError, match="Nothing is published yet"):
        run_query(home, "SELECT 1")


def test_a_connection_stays_with_its_release(published: Home, make: Maker) -> None:
    with open_current(published) as con:
        build_release(published, "a2", *make("next", value=7), make_meta(1))
        publish(published, "a2")
        assert con.execute("SELECT max(savings_thb) FROM fct_fund_year").fetchall() == [(100.5,)]
        assert run_query(published, "SELECT savings_thb FROM fct_fund_year WHERE fund_id = 'F0'").item() == 7
