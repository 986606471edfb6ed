"""Writes marts.duckdb (readable by DuckDB 1.x) and one Parquet file a table."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from release.errors import ReleaseError
from release.models import BuildMeta, ColumnDoc, ColumnEntry, TableEntry, TableSpec
from release.tables import PUBLISHED_PREFIXES, QUALITY_PREFIX, literal, quoted, spec_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Progress = Callable[[str], None]
SORTED_ROWS: Final = 200_000
"""Larger tables keep the warehouse's order (by delivery, so by feed and year): sorting 2.3 million wide rows by a text key
costs three times the writing. Readers ask for the order they want."""
STORAGE_VERSION: Final = "v1.0.0"
"""The oldest file format that can hold all our types: DuckDB 1.0 and later open it."""


def scratch_connection(meta: BuildMeta, folder: Path) -> "DuckDBPyConnection":
    """An in-memory DuckDB that loads no extension; it spills into `folder` when memory_limit is reached."""
    import duckdb

    return duckdb.connect(
        ":memory:",
        config={
            "memory_limit": meta.memory_limit,
            "threads": meta.threads,
            "temp_directory": str(folder / ".spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )


def export_tables(
    warehouse: Path, quality_dir: Path, out: Path, meta: BuildMeta, progress: Progress | None
) -> list[TableEntry]:
    """Copy the published tables of `warehouse` and quality_dir/dq_*.parquet into `out`; small ones sorted by key, zstd.

    Returns one entry a table, marts first. Raises ReleaseError when a table asked for is missing or a file
    unreadable.
    """
    import duckdb

    with scratch_connection(meta, out) as con:
        try:
            con.execute(f"ATTACH {literal(str(warehouse))} AS warehouse (READ_ONLY)")
            marts = literal(str(out / "marts.duckdb"))
            con.execute(f"ATTACH {marts} AS marts (STORAGE_VERSION {literal(STORAGE_VERSION)})")
            # Views last: they stand on published tables, and are published as views over them.
            views = _views(con)
            published = sorted(_published(con, meta), key=lambda spec: spec.name in views)
            entries = [
                _export(con, f"warehouse.main.{quoted(spec.name)}", spec, "marts", out, progress, views)
                for spec in published
            ]
            entries += export_quality(con, quality_dir, out, meta, progress)
            con.execute("DETACH marts")
        except duckdb.Error as error:
            raise ReleaseError(
                f"สร้างรุ่นข้อมูลไม่สำเร็จ: {error} · The release cannot be written: {error}"
            ) from error
    return entries


def export_quality(
    con: "DuckDBPyConnection", quality_dir: Path, out: Path, meta: BuildMeta, progress: Progress | None
) -> list[TableEntry]:
    """Copy quality_dir/dq_*.parquet to out/quality, and into the database `marts` where one is attached."""
    given = {spec.name: spec for spec in meta.tables}
    entries = []
    for path in sorted(quality_dir.glob(f"{QUALITY_PREFIX}*.parquet")):
        source = f"read_parquet({literal(str(path))})"
        columns = [name for name, _ in _columns(con, source)]
        entries.append(_export(con, source, spec_of(path.stem, columns, given), "quality", out, progress))
    return entries


def _published(con: "DuckDBPyConnection", meta: BuildMeta) -> list[TableSpec]:
    found: dict[str, list[str]] = {}
    for table, column in con.execute(
        "SELECT table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = 'warehouse' AND schema_name = 'main' ORDER BY table_name, column_index"
    ).fetchall():
        found.setdefault(table, []).append(column)
    given = {spec.name: spec for spec in meta.tables}
    names = [name for name in given if not name.startswith(QUALITY_PREFIX)] or [
        name for name in found if name.startswith(PUBLISHED_PREFIXES)
    ]
    missing = sorted(set(names) - set(found))
    if missing or not names:
        listed = ", ".join(missing) or "dim_*, fct_*, mart_*"
        raise ReleaseError(f"คลังข้อมูลไม่มีตาราง: {listed} · The warehouse lacks the tables: {listed}")
    specs = [spec_of(name, found[name], given) for name in names]
    for spec in specs:
        if unknown := sorted(set(spec.keys) - set(found[spec.name])):
            raise ReleaseError(
                f"{spec.name}: ไม่มีคอลัมน์คีย์ {unknown} · {spec.name} lacks the key columns {unknown}"
            )
    return specs


def _views(con: "DuckDBPyConnection") -> dict[str, str]:
    """Definitions of the warehouse's views, by name."""
    return dict(
        con.execute(
            "SELECT view_name, sql FROM duckdb_views() WHERE database_name = 'warehouse' AND schema_name = 'main'"
        ).fetchall()
    )


def _stands_as_view(con: "DuckDBPyConnection", definition: str) -> bool:
    """Make the same view in `marts`; False where it stands on something that is not published."""
    import duckdb

    con.execute("USE marts")
    try:
        con.execute(definition)
    except duckdb.CatalogException:
        return False
    finally:
        con.execute("USE memory")
    return True


def _columns(con: "DuckDBPyConnection", source: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]


def _export(
    con: "DuckDBPyConnection",
    source: str,
    spec: TableSpec,
    folder: str,
    out: Path,
    progress: Progress | None,
    views: Mapping[str, str] | None = None,
) -> TableEntry:
    if progress is not None:
        progress(spec.name)
    columns = _columns(con, source)
    rows = con.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0]
    sort = bool(spec.keys) and rows <= SORTED_ROWS
    order = f" ORDER BY {', '.join(quoted(key) for key in spec.keys)}" if sort else ""
    path = f"{folder}/{spec.name}.parquet"
    (out / folder).mkdir(exist_ok=True)
    table = f"marts.main.{quoted(spec.name)}"
    has_marts = bool(con.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = 'marts'").fetchall())
    definition = (views or {}).get(spec.name)
    if has_marts and definition and _stands_as_view(con, definition):
        if text := spec.description or spec.title:
            con.execute(f"COMMENT ON VIEW {table} IS {literal(text)}")
        con.execute(f"SET preserve_insertion_order = {rows <= SORTED_ROWS}")
    elif has_marts:
        # Sorted once; the Parquet copy then reads the sorted table in its own order. Where ORDER BY fixes the
        # order anyway, or the table is too large to have one, the source's need not be kept: a third faster.
        con.execute(f"SET preserve_insertion_order = {not sort and rows <= SORTED_ROWS}")
        con.execute(f"CREATE TABLE {table} AS SELECT * FROM {source}{order}")
        con.execute(f"SET preserve_insertion_order = {rows <= SORTED_ROWS}")
        _comment(con, table, spec, [name for name, _ in columns])
        source, order = table, ""
    file = literal(str(out / path))
    con.execute(f"COPY (SELECT * FROM {source}{order}) TO {file} (FORMAT parquet, COMPRESSION zstd)")
    docs = {name: spec.columns.get(name, ColumnDoc()) for name, _ in columns}
    return TableEntry(
        name=spec.name,
        folder="marts" if folder == "marts" else "quality",
        path=path,
        rows=rows,
        keys=spec.keys,
        title=spec.title,
        description=spec.description,
        columns=[ColumnEntry(name=name, type=kind, **docs[name].model_dump()) for name, kind in columns],
        reads=spec.reads,
    )


def _comment(con: "DuckDBPyConnection", table: str, spec: TableSpec, columns: list[str]) -> None:
    if text := spec.description or spec.title:
        con.execute(f"COMMENT ON TABLE {table} IS {literal(text)}")
    for name, doc in spec.columns.items():
        text = doc.description or doc.title
        if text and name in columns:
            con.execute(f"COMMENT ON COLUMN {table}.{quoted(name)} IS {literal(text)}")
