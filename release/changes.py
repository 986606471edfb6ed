"""Differences between the marts of two releases, by key, as set operations in DuckDB."""

from typing import TYPE_CHECKING

from release.models import Manifest, MoneyTotal, ReleaseChanges, TableChange, TableEntry
from release.tables import MONEY_SUFFIX, MONEY_TABLE, literal, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection


def changes_since(
    con: "DuckDBPyConnection",
    previous: "Path",
    before: Manifest,
    folder: "Path",
    after: list[TableEntry],
    hashes: dict[str, str],
    exact_diff_rows: int,
) -> ReleaseChanges:
    """Row changes of every mart against `previous`, and the money totals that differ.

    `hashes` are the new files' SHA-256 by path: a table whose Parquet is the same to the byte is not read at
    all.
    """
    attach(con, previous, "before")
    attach(con, folder, "after")
    old_hashes = {file.path: file.sha256 for file in before.files}
    old = {table.name: table for table in before.tables if table.folder == "marts"}
    new = {table.name: table for table in after if table.folder == "marts"}
    tables = []
    for name in sorted(old.keys() | new.keys()):
        same = name in old and name in new and old_hashes.get(old[name].path) == hashes.get(new[name].path)
        tables.append(table_change(con, name, old.get(name), new.get(name), same, exact_diff_rows))
    money = money_totals(con, old.get(MONEY_TABLE), new.get(MONEY_TABLE))
    return ReleaseChanges(since=before.release_id, tables=tables, money=money)


def attach(con: "DuckDBPyConnection", folder: "Path", alias: str) -> None:
    """Attach a release's marts, read-only."""
    con.execute(f"ATTACH {literal(str(folder / 'marts.duckdb'))} AS {quoted(alias)} (READ_ONLY)")


def table_change(
    con: "DuckDBPyConnection",
    name: str,
    old: TableEntry | None,
    new: TableEntry | None,
    same: bool,
    exact_diff_rows: int,
) -> TableChange:
    """Rows added, removed and changed by key; grain: one table. Needs databases `before` and `after`
    attached.
    """
    rows = (old.rows if old else 0, new.rows if new else 0)
    change = TableChange(table=name, rows_before=rows[0], rows_after=rows[1])
    if old is None or new is None:
        return change.model_copy(update={"note": "dropped_table" if new is None else "new_table"})
    if same:
        return change.model_copy(update={"added": 0, "removed": 0, "changed": 0, "note": "identical"})
    change.columns_added = [c.name for c in new.columns if c.name not in {o.name for o in old.columns}]
    change.columns_removed = [c.name for c in old.columns if c.name not in {n.name for n in new.columns}]
    if not new.keys or old.keys != new.keys:
        return change.model_copy(update={"note": "no_key"})
    if max(rows) > exact_diff_rows:
        return change.model_copy(update={"note": "too_large"})
    added, removed, changed, repeated = con.execute(_diff_sql(name, new.keys, old, new)).fetchall()[0]
    if repeated:
        return change.model_copy(update={"note": "key_not_unique"})
    return change.model_copy(update={"added": added, "removed": removed, "changed": changed})


def shared_columns(old: TableEntry, new: TableEntry) -> list[str]:
    """Names of the columns that both have, in the new table's order."""
    names = {column.name for column in old.columns}
    return [column.name for column in new.columns if column.name in names]


def _diff_sql(name: str, keys: list[str], old: TableEntry, new: TableEntry) -> str:
    # Rows that are the same on both sides (by a 64-bit hash of the shared columns, brought to the new type)
    # drop out first, which is cheap; only the others, mostly few, are grouped by key. Grouping instead of a
    # join: NULL keys meet each other, and a key that is not unique cannot multiply rows.
    key_list = ", ".join(quoted(key) for key in keys)
    types = {column.name: column.type for column in old.columns}
    kept = {column.name: column.type for column in new.columns if column.name in types}
    new_values = ", ".join(quoted(column) for column in kept)
    old_values = ", ".join(
        quoted(column) if types[column] == kind else f"TRY_CAST({quoted(column)} AS {kind})"
        for column, kind in kept.items()
    )
    table = quoted(name)
    return f"""
        WITH differing AS (
            SELECT {key_list}, 1 AS "n before", 0 AS "n after" FROM before.main.{table} AS t
            ANTI JOIN (SELECT hash({new_values}) AS row_hash FROM after.main.{table}) AS o
                ON hash({old_values}) = o.row_hash
            UNION ALL
            SELECT {key_list}, 0, 1 FROM after.main.{table} AS t
            ANTI JOIN (SELECT hash({old_values}) AS row_hash FROM before.main.{table}) AS o
                ON hash({new_values}) = o.row_hash
        ), by_key AS (
            SELECT sum("n before") AS n_before, sum("n after") AS n_after FROM differing GROUP BY {key_list}
        )
        SELECT count(*) FILTER (n_before = 0), count(*) FILTER (n_after = 0),
               count(*) FILTER (n_before = 1 AND n_after = 1),
               count(*) FILTER (n_before > 1 OR n_after > 1)
        FROM by_key
    """


def money_totals(
    con: "DuckDBPyConnection", old: TableEntry | None, new: TableEntry | None
) -> list[MoneyTotal]:
    """Totals (THB) of every money measure by programme and fiscal year that differ by at least one satang."""
    measures = sorted({c.name for t in (old, new) if t for c in t.columns if c.name.endswith(MONEY_SUFFIX)})
    if not measures:
        return []
    sides = []
    for alias, table in (("before", old), ("after", new)):
        have = {column.name for column in table.columns} if table else set()
        if table is not None and {"programme_code", "fiscal_year"} <= have:
            # fsum: exact enough that the order of rows does not show in the last satang
            sums = ", ".join(f"round(fsum({quoted(m)}), 2) AS {quoted(m)}" for m in measures if m in have)
            if sums:
                sides.append(
                    f"SELECT '{alias}' AS side, * FROM (UNPIVOT (SELECT programme_code, fiscal_year, {sums} "
                    f"FROM {alias}.main.{quoted(MONEY_TABLE)} GROUP BY programme_code, fiscal_year) "
                    f"ON {', '.join(quoted(m) for m in measures if m in have)} INTO NAME measure VALUE total)"
                )
    if not sides:
        return []
    found = con.execute(
        f"""
        WITH sides AS ({" UNION ALL ".join(sides)})
        SELECT programme_code, fiscal_year, measure,
               max(total) FILTER (side = 'before') AS total_before,
               max(total) FILTER (side = 'after') AS total_after
        FROM sides GROUP BY ALL HAVING total_before IS DISTINCT FROM total_after ORDER BY ALL
        """
    ).fetchall()
    return [
        MoneyTotal(programme_code=p, fiscal_year=y, measure_code=m, before_thb=b, after_thb=a)
        for p, y, m, b, a in found
    ]
