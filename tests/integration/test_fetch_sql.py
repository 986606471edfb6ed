"""Pulling from real databases: Postgres and MariaDB, started by the tests."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.contract import Contract
from ingest.fetch import FetchOutcome, fetch_feed
from ingest.home import Home
from ingest.landing import arrivals
from tests.integration.servers import Database, contract_with, free_port, mariadb, postgres

QUICK: dict[str, object] = {"connect_seconds": 3, "read_seconds": 5, "wait_seconds": 0.05, "attempts": 2}
QUERY = "SELECT code, name, balance, founded_on, active, note FROM fund WHERE name LIKE '%' AND note IS DISTINCT FROM 'no'"
ROWS = (
    "INSERT INTO fund VALUES "
    "('03', 'กองทุน \"ค\"', 0.10, '2004-02-29', true, NULL), ('01', 'กองทุน ก', 1234567890.50, '2001-07-25', true, 'บรรทัด\nสอง'), "
    "('02', 'กองทุน, ข', -5, NULL, false, ''), ('02', 'กองทุน, ข', -5, NULL, false, 'a')"
)
EXPECTED = (
    "code,name,balance,founded_on,active,note\n"
    '01,กองทุน ก,1234567890.50,2001-07-25,true,"บรรทัด\nสอง"\n'
    '02,"กองทุน, ข",-5.00,,false,\n'
    '02,"กองทุน, ข",-5.00,,false,a\n'
    '03,"กองทุน ""ค""",0.10,2004-02-29,true,\n'
)


@pytest.fixture(scope="module")
def pg() -> Iterator[Database]:
    with postgres() as server:
        server.do(
            "CREATE TABLE fund (code text, name text, balance numeric(14,2), founded_on date, active boolean, note text)",
            ROWS,
            "CREATE TABLE secret (x int)",
            "GRANT SELECT ON fund TO reader",
            "GRANT INSERT ON fund TO reader",
            "CREATE FUNCTION write_it() RETURNS int LANGUAGE sql VOLATILE AS "
            "$$ INSERT INTO fund (code) VALUES ('99'); SELECT 1 $$",
        )
        yield server


@pytest.fixture(scope="module")
def maria() -> Iterator[Database]:
    with mariadb() as server:
        server.do(
            "CREATE TABLE fund (code varchar(9), name text, balance decimal(14,2), founded_on date, active boolean, note text)",
            ROWS,
            "GRANT INSERT ON funds.fund TO reader@'127.0.0.1'",
        )
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture(autouse=True)
def _dsn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pg", "maria"):
        if name in request.fixturenames:
            monkeypatch.setenv("TEST_DSN", request.getfixturevalue(name).dsn)


def _contract(folder: Path, query: str = QUERY, **more: object) -> Contract:
    return contract_with(folder, {"kind": "sql", "dsn_env": "TEST_DSN", "query": query, **QUICK, **more})


def _fetch(home: Home, contract: Contract) -> FetchOutcome:
    (outcome,) = fetch_feed(home, contract)
    return outcome


def _kept(home: Home) -> str:
    (arrival,) = arrivals(home)
    return (home.root / arrival.object_path).read_text("utf-8")


# ---- Postgres ----


def test_an_answer_becomes_a_delivery_with_the_databases_own_text(
    pg: Database, home: Home, tmp_path: Path
) -> None:
    outcome = _fetch(home, _contract(tmp_path))
    assert (outcome.status, outcome.file_name, outcome.attempts) == ("fetched", "population.csv", 1)
    assert _kept(home) == EXPECTED


def test_unchanged_data_is_the_same_delivery_in_whatever_order_it_lies(
    pg: Database, home: Home, tmp_path: Path
) -> None:
    contract = _contract(tmp_path, file_name="funds_2568.csv")
    first = _fetch(home, contract)
    # Written anew, every row lies elsewhere on the disk and comes in another order.
    pg.do("UPDATE fund SET code = code WHERE code < '03'", "VACUUM FULL fund")
    second = _fetch(home, contract)
    assert (second.status, second.code) == ("unchanged", "same_content")
    assert second.delivery_id == first.delivery_id
    assert second.file_name == "funds_2568.csv"


def test_rows_may_be_ordered_by_a_column_first(pg: Database, home: Home, tmp_path: Path) -> None:
    _fetch(home, _contract(tmp_path, "SELECT code, name FROM fund", order_by=["name"]))
    assert [line.split(",")[0] for line in _kept(home).splitlines()[1:]] == ["03", "01", "02", "02"]


def test_many_rows_are_streamed(pg: Database, home: Home, tmp_path: Path) -> None:
    query = "SELECT i AS n, md5(i::text) AS h FROM generate_series(1, 200000) AS g(i)"
    outcome = _fetch(home, _contract(tmp_path, query))
    assert outcome.status == "fetched"
    assert _kept(home).count("\n") == 200_001


def test_a_query_that_writes_is_refused_by_the_database_itself(
    pg: Database, home: Home, tmp_path: Path
) -> None:
    outcome = _fetch(home, _contract(tmp_path, "SELECT write_it() AS x"))
    assert (outcome.status, outcome.code) == ("failed", "sql_error")
    assert "read-only" in outcome.message_en
    assert _fetch(home, _contract(tmp_path / "b")).status == "fetched"
    assert _kept(home) == EXPECTED


def test_limits_of_rows_and_bytes_are_failures_not_fewer_rows(
    pg: Database, home: Home, tmp_path: Path
) -> None:
    assert _fetch(home, _contract(tmp_path / "a", max_rows=3)).code == "too_many_rows"
    assert _fetch(home, _contract(tmp_path / "b", max_rows=4)).status == "fetched"
    many = "SELECT repeat('x', 1000) AS x FROM generate_series(1, 20000)"
    assert _fetch(home, _contract(tmp_path / "c", many, max_mb=1)).code == "too_large"
    assert len(arrivals(home)) == 1


def test_a_query_that_takes_too_long_is_stopped_by_the_server(
    pg: Database, home: Home, tmp_path: Path
) -> None:
    contract = _contract(tmp_path, "SELECT pg_sleep(20)::text AS x", statement_seconds=0.3)
    began = time.monotonic()
    outcome = _fetch(home, contract)
    assert (outcome.code, outcome.attempts) == ("timeout", 2)
    assert time.monotonic() - began < 6


def _workers(server: Database) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(server.process.pid)], capture_output=True, text=True
    )
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "reader" in line]


def test_a_server_that_hangs_is_left_when_the_time_is_over(pg: Database, home: Home, tmp_path: Path) -> None:
    import threading

    stopped: list[int] = []

    def hang() -> None:
        ends = time.monotonic() + 5
        while not stopped and time.monotonic() < ends:
            for pid in _workers(pg):
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
            time.sleep(0.05)

    thread = threading.Thread(target=hang, daemon=True)
    thread.start()
    try:
        began = time.monotonic()
        outcome = _fetch(
            home, _contract(tmp_path, "SELECT pg_sleep(3)::text AS x", max_seconds=4, attempts=1)
        )
        assert time.monotonic() - began < 8
    finally:
        thread.join()
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    assert stopped
    assert (outcome.status, outcome.code) == ("failed", "too_slow")


def test_a_connection_that_breaks_is_tried_again(pg: Database, home: Home, tmp_path: Path) -> None:
    import threading

    killed = threading.Event()

    def kill_first() -> None:
        ends = time.monotonic() + 5
        while not killed.is_set() and time.monotonic() < ends:
            for pid in _workers(pg):
                os.kill(pid, signal.SIGTERM)
                killed.set()
            time.sleep(0.02)

    thread = threading.Thread(target=kill_first, daemon=True)
    thread.start()
    outcome = _fetch(home, _contract(tmp_path, "SELECT pg_sleep(0.7)::text AS x"))
    thread.join()
    assert killed.is_set()
    assert (outcome.status, outcome.attempts) == ("fetched", 2)


@pytest.mark.parametrize(
    ("dsn", "code", "attempts"),
    [
        ("postgresql://reader:wr0ng-pw@127.0.0.1:{port}/funds", "sql_denied", 1),
        ("postgresql://reader:r3%40der%2Fpw@127.0.0.1:{port}/nothing", "sql_denied", 1),
        ("postgresql://reader:r3%40der%2Fpw@127.0.0.1:{free}/funds", "unreachable", 2),
        ("sqlite:////tmp/x.db", "bad_secret", 1),
        ("not a dsn s3cr3t", "bad_secret", 1),
        ("postgresql://reader:pw@127.0.0.1:{port}/", "bad_secret", 1),
        ("  ", "no_secret", 1),
    ],
)
def test_addresses_that_do_not_serve(
    pg: Database,
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dsn: str,
    code: str,
    attempts: int,
) -> None:
    monkeypatch.setenv("TEST_DSN", dsn.format(port=pg.port, free=free_port()))
    outcome = _fetch(home, _contract(tmp_path))
    assert (outcome.status, outcome.code, outcome.attempts) == ("failed", code, attempts)
    assert "TEST_DSN" in outcome.origin
    for secret in ("wr0ng-pw", "r3%40der", "r3@der", "s3cr3t"):
        assert secret not in repr(outcome)
        assert secret not in (home.landing / "fetches.jsonl").read_text("utf-8")


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("SELECT * FROM secret", "sql_denied", "permission denied"),
        ("SELECT nothing FROM fund", "sql_error", "nothing"),
        ("SELECT code, name AS code FROM fund", "sql_error", "two columns are named code"),
        ("SELECT code FROM fund) AS x UNION (SELECT 1", "sql_error", ""),
    ],
)
def test_a_wrong_query_is_told_in_the_databases_words(
    pg: Database, home: Home, tmp_path: Path, query: str, code: str, said: str
) -> None:
    outcome = _fetch(home, _contract(tmp_path, query))
    assert (outcome.code, outcome.attempts) == (code, 1)
    assert said in outcome.message_en
    assert "Traceback" not in outcome.message_en
    assert "sqlalche.me" not in outcome.message_en


def test_an_order_by_an_unknown_column_is_told(pg: Database, home: Home, tmp_path: Path) -> None:
    assert "order_by" in _fetch(home, _contract(tmp_path, order_by=["nope"])).message_en


# ---- MariaDB ----


def test_mysql_answers_the_same(maria: Database, home: Home, tmp_path: Path) -> None:
    query = "SELECT code, name, balance, founded_on, IF(active, 'true', 'false') AS active, note FROM fund WHERE name LIKE '%'"
    contract = _contract(tmp_path, query)
    first = _fetch(home, contract)
    assert first.status == "fetched", first
    assert _kept(home) == EXPECTED
    maria.do("ALTER TABLE fund ORDER BY name DESC, note DESC")
    assert _fetch(home, contract).code == "same_content"


def test_mysql_is_only_read(maria: Database, home: Home, tmp_path: Path) -> None:
    maria.do(
        "CREATE OR REPLACE FUNCTION funds.write_it() RETURNS INT MODIFIES SQL DATA "
        "BEGIN INSERT INTO fund (code) VALUES ('99'); RETURN 1; END",
        "GRANT EXECUTE ON FUNCTION funds.write_it TO reader@'127.0.0.1'",
    )
    outcome = _fetch(home, _contract(tmp_path, "SELECT write_it() AS x"))
    assert outcome.code == "sql_error"
    assert "READ ONLY" in outcome.message_en


def test_mysql_says_no_and_times_out(
    maria: Database, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = _fetch(home, _contract(tmp_path / "a", "SELECT SLEEP(20) AS x", statement_seconds=0.3))
    assert (slow.code, slow.attempts) == ("timeout", 2)
    wrong = _fetch(home, _contract(tmp_path / "b", "SELECT nothing FROM fund"))
    assert (wrong.code, wrong.attempts) == ("sql_error", 1)
    monkeypatch.setenv("TEST_DSN", f"mysql://reader:wr0ng-pw@127.0.0.1:{maria.port}/funds")
    denied = _fetch(home, _contract(tmp_path / "c"))
    assert (denied.code, denied.attempts) == ("sql_denied", 1)
    assert "wr0ng" not in repr(denied)
    monkeypatch.setenv("TEST_DSN", f"mysql://reader:pw@127.0.0.1:{free_port()}/funds")
    gone = _fetch(home, _contract(tmp_path / "d"))
    assert (gone.code, gone.attempts) == ("unreachable", 2)
