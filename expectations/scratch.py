"""A throw-away in-memory DuckDB that we and Great Expectations see alike."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY_LIMIT = "1500MB"
"""Above this DuckDB spills to a temporary folder; the whole job is meant to stay under 3 GB."""


@dataclass(frozen=True)
class Scratch:
    """`url` is for SQLAlchemy (and so for Great Expectations), `connection` for our own SQL."""

    url: str
    connection: DuckDBPyConnection

    def rows(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query to its end; nothing stays open on the connection."""
        return self.connection.execute(sql, parameters or []).fetchall()

    def columns(self, table: str) -> dict[str, str]:
        """Column names and types of a table or view."""
        return {str(name): str(kind) for name, kind, *_ in self.rows(f"DESCRIBE {table}")}


@contextmanager
def scratch() -> Iterator[Scratch]:
    """Open a database that lives as long as the block.

    A *named* in-memory database is one database for all connections of this process; duckdb-engine sets its
    own user agent,
    and DuckDB refuses connections whose settings differ, so our connection is opened through SQLAlchemy too.
    """
    import sqlalchemy as sa

    url = f"duckdb:///:memory:checks_{uuid.uuid4().hex}"
    engine = sa.create_engine(url)
    raw = engine.raw_connection()
    try:
        with tempfile.TemporaryDirectory(prefix="tambon-checks-") as spill:
            connection = cast("DuckDBPyConnection", raw.driver_connection)
            connection.execute("SET autoinstall_known_extensions = false")
            connection.execute("SET autoload_known_extensions = false")
            connection.execute("SET preserve_insertion_order = false")
            connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
            connection.execute(f"SET temp_directory = '{quoted(spill)}'")
            connection.execute("SET TimeZone = 'UTC'")
            try:
                yield Scratch(url=url, connection=connection)
            finally:
                attached = connection.execute(
                    "SELECT database_name FROM duckdb_databases() WHERE NOT internal AND path IS NOT NULL"
                ).fetchall()
                for (name,) in attached:
                    connection.execute(f'DETACH "{name}"')
    finally:
        raw.close()
        engine.dispose()


def quoted(text: object) -> str:
    """Text for use between single quotes in SQL."""
    return str(text).replace("'", "''")
