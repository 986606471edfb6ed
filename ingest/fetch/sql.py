"""The answer of one query on Postgres or MySQL/MariaDB as a CSV file: unchanged data gives unchanged bytes."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from ingest.contract.sources import Sql
from ingest.fetch.job import Job, Task
from ingest.fetch.models import FetchFailed, Pulled
from ingest.fetch.tries import Cutter, Tries, in_time
from ingest.landing.limits import MIB

_DRIVERS: Final = {
    "postgresql": ("postgresql+psycopg", "psycopg"),
    "postgres": ("postgresql+psycopg", "psycopg"),
    "mysql": ("mysql+pymysql", "pymysql"),
    "mariadb": ("mariadb+pymysql", "pymysql"),
}
_AT_ONCE: Final = 5_000
# What a server says to somebody it does not let in, before any SQLSTATE is known.
_NOT_LET_IN: Final = re.compile(r"authentication|pg_hba|password|does not exist|permission denied", re.I)
_MYSQL_DENIED: Final = frozenset({1044, 1045, 1049, 1142, 1143, 1227, 1370, 1698})
_MYSQL_BUSY: Final = frozenset({1040, 1053, 1077, 1205, 1213, 2002, 2003, 2006, 2013, 2055})
_MYSQL_TOO_LONG: Final = frozenset({1969, 3024})


def tasks(source: Sql, job: Job, _: Tries) -> list[Task]:
    """The one file of the source."""

    def pull(path: Path, tries: Tries) -> Pulled:
        url = _url(source, job)
        tries.call(lambda: _attempt(source, job, url, path, tries))
        return Pulled(source.file_name or f"{job.contract.feed_name}.csv")

    return [Task(source.label, pull)]


def _url(source: Sql, job: Job) -> URL:
    """The database's address with the driver that we use. Raises FetchFailed."""
    bad = FetchFailed(
        "bad_secret",
        name=source.dsn_env,
        detail_th="ต้องเป็น postgresql://… หรือ mysql://…",
        detail_en="it must be postgresql://… or mysql://…",
    )
    try:
        url = make_url(job.secrets.get(source.dsn_env))
    except (ArgumentError, ValueError):
        raise bad from None
    job.secrets.hide(str(url.password or ""))
    dialect = url.get_backend_name()
    if dialect not in _DRIVERS or not url.database:
        raise bad
    drivername, module = _DRIVERS[dialect]
    if find_spec(module) is None:
        raise FetchFailed("driver_missing", kind="sql", name=module)
    return url.set(drivername=drivername)


def _attempt(source: Sql, job: Job, url: URL, path: Path, tries: Tries) -> None:
    with in_time(tries) as cutter:
        try:
            with _reading(source, url, tries, cutter) as connection:
                _write(source, job, connection, path, tries)
        except SQLAlchemyError as error:
            raise _failure(error, source, url, job) from error


@contextmanager
def _reading(source: Sql, url: URL, tries: Tries, cutter: Cutter) -> Iterator[Connection]:
    """A connection inside a read-only transaction that sees one state of the data, and is never committed."""
    engine = create_engine(
        url, poolclass=NullPool, hide_parameters=True, connect_args=_connect_args(source, url, tries)
    )
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        cutter.watch(driver.fileno() if hasattr(driver, "fileno") else driver._sock.fileno())
        connection.execution_options(no_parameters=True)  # a % in a query is a percent sign
        for statement in _session(source, connection):
            connection.exec_driver_sql(statement)
        try:
            yield connection
        finally:
            connection.rollback()


def _connect_args(source: Sql, url: URL, tries: Tries) -> dict[str, Any]:
    connect = max(2, math.ceil(min(source.connect_seconds, tries.left() or 1)))
    if url.get_backend_name() == "postgresql":
        idle = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
        silence = {"tcp_user_timeout": int(source.read_seconds * 1000)}
        return {"connect_timeout": connect, "application_name": "tambon-warehouse", **idle, **silence}
    # The server is silent while it sorts: its own limit counts then.
    silent = math.ceil(max(source.read_seconds, source.statement_seconds + 5))
    return {"connect_timeout": connect, "read_timeout": silent, "write_timeout": silent, "charset": "utf8mb4"}


def _session(source: Sql, connection: Connection) -> list[str]:
    milliseconds = math.ceil(source.statement_seconds * 1000)
    if connection.dialect.name == "postgresql":
        return [
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            f"SET LOCAL statement_timeout = {milliseconds}",
            "SET LOCAL lock_timeout = 10000",
            "SET LOCAL datestyle = 'ISO, YMD'",
            "SET LOCAL timezone = 'UTC'",
            "SET LOCAL extra_float_digits = 1",
        ]
    maria = getattr(connection.dialect, "is_mariadb", False)
    limit = (
        f"max_statement_time = {source.statement_seconds:g}"
        if maria
        else f"max_execution_time = {milliseconds}"
    )
    return [
        f"SET SESSION {limit}",
        "SET SESSION time_zone = '+00:00'",
        "SET SESSION max_sort_length = 65536",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ]


def _write(source: Sql, job: Job, connection: Connection, path: Path, tries: Tries) -> None:
    """Header and rows. Every value is the server's own text, and rows stand in an order that their content alone decides."""
    columns = list(connection.exec_driver_sql(f"SELECT * FROM ({source.query}\n) AS delivery LIMIT 0").keys())
    result = connection.execution_options(stream_results=True, max_row_buffer=_AT_ONCE).exec_driver_sql(
        _statement(source, connection, columns)
    )
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for part in result.partitions(_AT_ONCE):
            writer.writerows(part)
            rows += len(part)
            if rows > source.max_rows:
                raise FetchFailed("too_many_rows", limit=f"{source.max_rows:,}")
            if file.tell() > job.max_bytes:
                raise FetchFailed("too_large", limit_mb=f"{job.max_bytes / MIB:,.1f}")
            tries.check()


def _statement(source: Sql, connection: Connection, columns: list[str]) -> str:
    wrong = [one for one in columns if columns.count(one) > 1]
    missing = [one for one in source.order_by if one not in columns]
    if wrong or missing:
        told = f"two columns are named {wrong[0]}" if wrong else f"order_by: no column is named {missing[0]}"
        raise FetchFailed("sql_error", detail_en=told)
    quoted = {one: connection.dialect.identifier_preparer.quote_identifier(one) for one in columns}
    postgres = connection.dialect.name == "postgresql"
    text, as_bytes = ("text", '{} COLLATE "C"') if postgres else ("char", "CAST({} AS BINARY)")
    cells = ", ".join(f"CAST({name} AS {text}) AS {name}" for name in quoted.values())
    # By bytes, not by language: a server's upgrade must not reorder the rows.
    first = list(dict.fromkeys([*source.order_by, *columns]))
    order = ", ".join(as_bytes.format(f"cells.{quoted[one]}") for one in first)
    return (
        f"SELECT * FROM (SELECT {cells} FROM ({source.query}\n) AS delivery) AS cells "
        f"ORDER BY {order} LIMIT {source.max_rows + 1}"
    )


def _failure(error: SQLAlchemyError, source: Sql, url: URL, job: Job) -> FetchFailed:
    host = url.host or "localhost"
    original = error.orig if isinstance(error, DBAPIError) else error
    told = " ".join((str(original).splitlines() or [""])[0].split())
    if url.get_backend_name() == "postgresql":
        code = _postgres_code(getattr(original, "sqlstate", None), str(original), error)
    else:
        number = original.args[0] if original is not None and original.args else None
        told = " ".join(str(original.args[1]).split()) if original and len(original.args) > 1 else told
        code = _mysql_code(number)
    detail = job.secrets.clean(told)[:300]
    if code == "timeout":
        return FetchFailed("timeout", retry=True, host=host, seconds=f"{source.statement_seconds:g}")
    if code == "unreachable":
        return FetchFailed("unreachable", retry=True, host=host)
    return FetchFailed(code, name=source.dsn_env, detail_en=detail)


def _postgres_code(sqlstate: str | None, told: str, error: SQLAlchemyError) -> str:
    if sqlstate is None:
        if not isinstance(error, DBAPIError):
            return "sql_error"
        return "sql_denied" if _NOT_LET_IN.search(told) else "unreachable"
    if sqlstate == "57014":
        return "timeout"
    if sqlstate.startswith("28") or sqlstate in ("3D000", "42501"):
        return "sql_denied"
    # Connection lost, server short of something, shutting down, or serialisation: all may pass.
    return "unreachable" if sqlstate[:2] in ("08", "53", "57", "40") else "sql_error"


def _mysql_code(number: object) -> str:
    if number in _MYSQL_TOO_LONG:
        return "timeout"
    if number in _MYSQL_DENIED:
        return "sql_denied"
    # pymysql reports a closed socket as number 0, or with none.
    return "unreachable" if number in _MYSQL_BUSY or number in (0, None) else "sql_error"
