"""Compares two releases: rows by key, changed values by column, sums by measure."""

from typing import TYPE_CHECKING

from ingest.home import Home
from release.changes import attach, money_totals, shared_columns, table_change
from release.errors import ReleaseError
from release.export import scratch_connection
from release.models import (
    BuildMeta,
    ColumnComparison,
    Manifest,
    ReleaseComparison,
    TableComparison,
    TableEntry,
)
from release.paths import folder_of
from release.tables import MEASURE_SUFFIXES, MONEY_TABLE, quoted
from release.verify import read_manifest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def compare_releases(home: Home, a: str, b: str) -> ReleaseComparison:
    """What changed from release `a` to release `b`, one entry a mart. Rows meet by the table's key.

    Raises ReleaseError: no such release, or one with quality tables only.
    """
    import tempfile
    from pathlib import Path

    before, after = _marts_manifest(home, a), _marts_manifest(home, b)
    old = {table.name: table for table in before.tables if table.folder == "marts"}
    new = {table.name: table for table in after.tables if table.folder == "marts"}
    meta = BuildMeta(created_at=after.created_at, is_synthetic=after.is_synthetic)
    with tempfile.TemporaryDirectory() as spill, scratch_connection(meta, Path(spill)) as con:
        attach(con, folder_of(home, a), "before")
        attach(con, folder_of(home, b), "after")
        tables = [
            _compare_table(
                con, name, old.get(name), new.get(name), _same(before, after, name), meta.exact_diff_rows
            )
            for name in sorted(old.keys() | new.keys())
        ]
        money = money_totals(con, old.get(MONEY_TABLE), new.get(MONEY_TABLE))
    return ReleaseComparison(before=a, after=b, tables=tables, money=money)


def _marts_manifest(home: Home, release_id: str) -> Manifest:
    manifest = read_manifest(folder_of(home, release_id))
    if manifest.kind != "release":
        raise ReleaseError(f"{release_id} มีเฉพาะผลตรวจคุณภาพ · {release_id} holds quality tables only")
    return manifest


def _same(before: Manifest, after: Manifest, table: str) -> bool:
    path = f"marts/{table}.parquet"
    hashes = [{file.path: file.sha256 for file in manifest.files}.get(path) for manifest in (before, after)]
    return hashes[0] is not None and hashes[0] == hashes[1]


def _compare_table(
    con: "DuckDBPyConnection",
    name: str,
    old: TableEntry | None,
    new: TableEntry | None,
    same: bool,
    exact_diff_rows: int,
) -> TableComparison:
    change = table_change(con, name, old, new, same, exact_diff_rows)
    comparison = TableComparison(**change.model_dump())
    if old is not None and new is not None and not same:
        shared = shared_columns(old, new)
        measures = [column for column in shared if column.endswith(MEASURE_SUFFIXES)]
        sums = {side: _sums(con, side, name, measures) for side in ("before", "after")}
        counts = _changed_values(con, name, new.keys, shared) if change.changed is not None else {}
        comparison.columns = [
            ColumnComparison(
                column=column,
                changed_values=counts.get(column),
                sum_before=sums["before"].get(column),
                sum_after=sums["after"].get(column),
            )
            for column in shared
            if column not in new.keys
        ]
    return comparison


def _sums(con: "DuckDBPyConnection", side: str, name: str, measures: list[str]) -> dict[str, float | None]:
    if not measures:
        return {}
    parts = ", ".join(f"round(fsum({quoted(m)}::DOUBLE), 2)" for m in measures)
    row = con.execute(f"SELECT {parts} FROM {side}.main.{quoted(name)}").fetchall()[0]
    return dict(zip(measures, row, strict=True))


def _changed_values(
    con: "DuckDBPyConnection", name: str, keys: list[str], shared: list[str]
) -> dict[str, int]:
    values = [column for column in shared if column not in keys]
    if not values:
        return {}
    counts = ", ".join(f"count(*) FILTER (a.{quoted(c)} IS DISTINCT FROM b.{quoted(c)})" for c in values)
    on = " AND ".join(f"a.{quoted(k)} IS NOT DISTINCT FROM b.{quoted(k)}" for k in keys)
    table = quoted(name)
    row = con.execute(
        f"SELECT {counts} FROM before.main.{table} AS a JOIN after.main.{table} AS b ON {on}"
    ).fetchall()[0]
    return dict(zip(values, row, strict=True))
