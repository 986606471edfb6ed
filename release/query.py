"""A user's SQL on the current release: it can read the marts and nothing else of the machine."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ingest.home import Home
from release.errors import QueryError, ReleaseError
from release.history import release_as_of
from release.paths import folder_of, resolve_current
from release.tables import literal, quoted

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

_READING: Final = ("SELECT", "EXPLAIN", "MULTI")
"""Statement kinds that only read; MULTI is what DuckDB makes of one PIVOT statement."""


def open_current(home: Home, *, memory_limit: str = "2GB", threads: int = 2) -> "DuckDBPyConnection":
    """A read-only connection to the current release's marts.duckdb, shut off from the machine.

    The link is resolved once: the connection stays with its release when another is published. DuckDB itself
    enforces the limits (no file access, no extensions, locked settings, no Python variables), so the caller
    may pass on any SQL.
    Raises QueryError where nothing is published yet.
    """
    folder = resolve_current(home)
    if folder is None:
        raise QueryError(
            "ยังไม่มีข้อมูลที่เผยแพร่ ให้สั่ง tambon refresh ก่อน · Nothing is published yet; run tambon refresh first"
        )
    return _open(folder / "marts.duckdb", memory_limit, threads)


def open_as_of(
    home: Home, wanted: str, *, memory_limit: str = "2GB", threads: int = 2
) -> "DuckDBPyConnection":
    """As `open_current`, but what was known in an earlier release: its id, or a day (the last release made by then).

    A release that is still kept is opened as it was published. Of a pruned one the funds' years are put
    together again from the revisions that the current release keeps, each with the release it was first in:
    fct_fund_year_revision and fct_fund_agency_year, beside today's dim_*, and with today's fund ids, places
    and stewards' corrections; there are no marts then.
    Raises QueryError; ReleaseError: no such release, or one that can neither be opened nor put together again.
    """
    folder, release_id = _as_of(home, wanted)
    if folder.name == release_id:
        return _open(folder / "marts.duckdb", memory_limit, threads)
    return _rebuilt_as_of(folder / "marts.duckdb", release_id, memory_limit, threads)


def _as_of(home: Home, wanted: str) -> tuple[Path, str]:
    """The folder that tells of the release meant by `wanted`, and its id: its own where it is kept, else the current one."""
    release_id = release_as_of(home, wanted)
    kept = folder_of(home, release_id)
    if (kept / "marts.duckdb").is_file():
        return kept, release_id
    current = resolve_current(home)
    if current is None:
        raise QueryError(
            "ยังไม่มีข้อมูลที่เผยแพร่ ให้สั่ง tambon refresh ก่อน · Nothing is published yet; run tambon refresh first"
        )
    if current.name < release_id:
        # After a rollback: what came later is not in the release that is current now.
        raise ReleaseError(
            f"รุ่น {release_id} ถูกลบแล้ว และรุ่นปัจจุบัน {current.name} เก่ากว่า จึงประกอบกลับไม่ได้ · "
            f"Release {release_id} was pruned, and the current one, {current.name}, is older: it cannot be put together again"
        )
    return current, release_id


def _rebuilt_as_of(path: Path, release_id: str, memory_limit: str, threads: int) -> "DuckDBPyConnection":
    import duckdb

    con = duckdb.connect(config=_settings(memory_limit, threads))
    try:
        con.execute(f"ATTACH {literal(str(path))} AS marts (READ_ONLY)")
        tables = {
            row[0]
            for row in con.execute(
                "SELECT table_name FROM duckdb_columns() WHERE database_name = 'marts' GROUP BY ALL"
            ).fetchall()
        }
        if "fct_fund_year_revision" not in tables:
            raise QueryError(
                f"รุ่น {release_id} ถูกลบแล้ว และรุ่นปัจจุบันไม่มีประวัติการแก้ไข · "
                f"Release {release_id} was pruned, and the current one keeps no revisions"
            )
        for name in sorted(name for name in tables if name.startswith("dim_")):
            con.execute(f"CREATE VIEW {quoted(name)} AS FROM marts.main.{quoted(name)}")
        # A later delivery replaces what an earlier one said of a fund and year, also under another programme.
        con.execute(
            "CREATE VIEW fct_fund_year_revision AS SELECT * REPLACE "
            "(revision_number = max(revision_number) OVER (PARTITION BY source_fund_key, fiscal_year) AS is_latest) "
            f"FROM marts.main.fct_fund_year_revision WHERE first_release_id <= {literal(release_id)}"
        )
        con.execute("CREATE VIEW fct_fund_agency_year AS FROM fct_fund_year_revision WHERE is_latest")
        con.execute("SET enable_external_access = false")
        con.execute("SET lock_configuration = true")
    except duckdb.Error as error:
        con.close()
        raise QueryError(_readable(error)) from error
    except QueryError:
        con.close()
        raise
    return con


def _settings(memory_limit: str, threads: int) -> dict[str, Any]:
    return {
        "memory_limit": memory_limit,
        "threads": threads,
        "max_temp_directory_size": "0KB",  # nothing is ever written, not even what does not fit in memory
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
    }


def _open(path: Path, memory_limit: str, threads: int) -> "DuckDBPyConnection":
    import duckdb

    settings = _settings(memory_limit, threads) | {
        "enable_external_access": False,
        "lock_configuration": True,
    }
    try:
        return duckdb.connect(str(path), read_only=True, config=settings)
    except duckdb.Error as error:
        raise QueryError(_readable(error)) from error


def run_query(home: Home, sql: str, limit: int | None = None, *, as_of: str | None = None) -> "pl.DataFrame":
    """Run one reading statement (SELECT, FROM, WITH, DESCRIBE, SUMMARIZE, SHOW, PIVOT, EXPLAIN).

    `limit` cuts the result to its first rows; `as_of` asks an earlier release (see `open_as_of`). Raises
    QueryError: nothing published, several statements, a
    statement that does more than read, or any error of DuckDB's.
    """
    import duckdb
    import polars as pl

    with open_current(home) if as_of is None else open_as_of(home, as_of) as con:
        _check_statement(con, sql)
        try:
            relation = con.sql(sql)
            frame: pl.DataFrame = (relation if limit is None else relation.limit(limit)).pl()
        except duckdb.CatalogException as error:
            raise QueryError(_readable(error) + _what_is_left(home, as_of)) from error
        except duckdb.Error as error:
            raise QueryError(_readable(error)) from error
        except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
            raise QueryError(
                f"แสดงผลของคอลัมน์บางชนิดไม่ได้ ลองแปลงด้วย CAST(... AS VARCHAR) · "
                f"A column's type cannot be shown; try CAST(... AS VARCHAR): {error}"
            ) from error
    return frame


def _what_is_left(home: Home, as_of: str | None) -> str:
    """Where a pruned release was asked for a table: which ones there still are."""
    if as_of is None:
        return ""
    folder, release_id = _as_of(home, as_of)
    if folder.name == release_id:
        return ""
    return (
        f"\nรุ่น {release_id} ถูกลบแล้ว เหลือเพียง fct_fund_agency_year, fct_fund_year_revision และ dim_* · "
        f"Release {release_id} was pruned: only fct_fund_agency_year, fct_fund_year_revision and dim_* are left of it"
    )


def _check_statement(con: "DuckDBPyConnection", sql: str) -> None:
    import duckdb

    try:
        statements = con.extract_statements(sql)
    except (duckdb.Error, UnicodeError, TypeError, ValueError) as error:
        raise QueryError(_readable(error)) from error
    if len(statements) != 1:
        raise QueryError(
            f"ใส่คำสั่งได้ครั้งละหนึ่งคำสั่ง แต่พบ {len(statements)} · "
            f"Give exactly one statement; found {len(statements)}"
        )
    if statements[0].type.name not in _READING:
        raise QueryError(
            "อ่านข้อมูลได้อย่างเดียว: ใช้ SELECT, DESCRIBE, SUMMARIZE, SHOW หรือ PIVOT · "
            f"Reading only: use SELECT, DESCRIBE, SUMMARIZE, SHOW or PIVOT, not {statements[0].type.name}"
        )


def _readable(error: Exception) -> str:
    """DuckDB's message without its class and without this machine's folders."""
    if isinstance(error, TypeError):
        return "คำสั่ง SQL มีอักขระที่อ่านไม่ได้ · The SQL holds characters that cannot be read"
    text = re.sub(r"^[A-Za-z ]+Error: ", "", str(error)).strip()
    text = re.sub(r"/(?:[^/\s\"']+/)+", "…/", text)
    if "disabled by configuration" in text or "has been locked" in text:
        return f"คำสั่งนี้แตะไฟล์หรือการตั้งค่า ซึ่งไม่อนุญาต · Not allowed here (files and settings are closed): {text}"
    return (
        f"คำสั่ง SQL ผิด: {text} · SQL error: {text}" if len(text) < 200 else f"คำสั่ง SQL ผิด · SQL error: {text}"
    )
