"""Read-only access to the one release that the pages tell of."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from expectations.tables import TABLES
from release.errors import ReleaseError
from release.models import Manifest
from release.verify import read_manifest

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

Row = dict[str, Any]
Loaded = TypeVar("Loaded")


@dataclass
class Source(AbstractContextManager["Source"]):
    """One release folder as an SQL database: every Parquet table of it is a view by its name.

    Quality tables have all the columns that are agreed today, NULL where an older release lacks them. After a failed audit
    `folder` holds the quality tables of the newest build and `facts` the release whose marts still stand.
    """

    folder: Path
    facts: Path | None
    manifest: Manifest
    facts_manifest: Manifest | None
    previous_site: Path | None
    con: DuckDBPyConnection
    missing: set[str] = field(default_factory=set)
    memo: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def release_id(self) -> str:
        """The release (or, after a failed audit, the build) that the quality tables are of."""
        return self.manifest.release_id

    @property
    def created_at(self) -> datetime:
        """When it was made."""
        return self.manifest.created_at

    @property
    def is_synthetic(self) -> bool:
        """Whether the data is made up."""
        return self.manifest.is_synthetic

    @property
    def audit_failed(self) -> bool:
        """Whether the facts shown are an earlier release's because the newest build did not pass."""
        return self.manifest.kind == "quality"

    def has(self, *tables: str) -> bool:
        """Whether the release carries all of these tables."""
        found = self.con.execute(
            "SELECT count(DISTINCT view_name) FROM duckdb_views() WHERE list_contains($1, view_name)",
            [list(tables)],
        ).fetchall()
        return bool(found[0][0] == len(set(tables)))

    def frame(self, sql: str, params: Mapping[str, object] | Sequence[object] | None = None) -> pl.DataFrame:
        """Rows of a query as a frame; without rows where the release lacks a table it asks for."""
        import duckdb
        import polars as pl

        try:
            relation = self.con.sql(sql, params=dict(params) if isinstance(params, Mapping) else params)
            frame: pl.DataFrame = relation.pl()
        except duckdb.CatalogException as error:
            if "Table with name" not in str(error):
                raise
            self.missing.add(str(error).split("name ")[1].split(" ")[0])
            return pl.DataFrame()
        return frame

    def rows(self, sql: str, params: Mapping[str, object] | Sequence[object] | None = None) -> list[Row]:
        """Rows of a query as dicts; none where the release lacks a table it asks for."""
        return self.frame(sql, params).to_dicts()

    def grouped(
        self, key: str, sql: str, params: Mapping[str, object] | Sequence[object] | None = None
    ) -> dict[Any, list[Row]]:
        """Rows of a query by one of its columns, in their order."""
        groups: dict[Any, list[Row]] = {}
        for row in self.rows(sql, params):
            groups.setdefault(row[key], []).append(row)
        return groups

    def once(self, name: str, load: Callable[[], Loaded]) -> Loaded:
        """What `load` gives, asked for once."""
        if name not in self.memo:
            self.memo[name] = load()
        found: Loaded = self.memo[name]
        return found

    def opened_again(self) -> Callable[[], Source]:
        """Opens the same release in another process, which then works beside this one: with one thread."""
        return partial(
            open_source,
            self.folder,
            manifest=self.manifest,
            facts=self.facts,
            previous_site=self.previous_site,
            threads=1,
        )

    def close(self) -> None:
        """Let go of the connection."""
        self.con.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_source(
    folder: Path,
    *,
    manifest: Manifest | None = None,
    facts: Path | None = None,
    previous_site: Path | None = None,
    memory_limit: str = "250MB",
    threads: int = 2,
) -> Source:
    """Open a release folder. `manifest` is given while the release is still being built, `facts` for quality tables alone.

    Raises:
        ReleaseError: there is no manifest, or a table cannot be read.
    """
    import duckdb

    own = manifest or read_manifest(folder)
    if own.kind == "release":
        facts = folder
    con = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(Path(tempfile.gettempdir()) / f"tambon-pages-{secrets.token_hex(6)}"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        con.execute("SET TimeZone = 'UTC'")
        for path in _tables(folder, facts):
            _view(con, path)
        for table in TABLES:
            if not (folder / "quality" / f"{table}.parquet").is_file():
                columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in TABLES[table].items())
                con.execute(f"CREATE VIEW {table} AS SELECT {columns} WHERE false")
    except duckdb.Error as error:
        con.close()
        raise ReleaseError(
            f"อ่านตารางของรุ่น {own.release_id} ไม่ได้: {error} · A table of {own.release_id} cannot be read: {error}"
        ) from error
    facts_manifest = own if facts == folder else read_manifest(facts) if facts else None
    return Source(folder, facts, own, facts_manifest, previous_site, con)


def _tables(folder: Path, facts: Path | None) -> Iterable[Path]:
    if facts is not None:
        yield from sorted((facts / "marts").glob("*.parquet"))
    yield from sorted((folder / "quality").glob("dq_*.parquet"))


def _view(con: DuckDBPyConnection, path: Path) -> None:
    name = path.stem
    file = "'" + str(path).replace("'", "''") + "'"
    quoted = '"' + name.replace('"', '""') + '"'
    wanted = TABLES.get(name)
    more = ""
    if wanted:
        there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM read_parquet({file})").fetchall()}
        more = "".join(
            f", NULL::{kind} AS {column}" for column, kind in wanted.items() if column not in there
        )
    con.execute(f"CREATE VIEW {quoted} AS SELECT *{more} FROM read_parquet({file})")
