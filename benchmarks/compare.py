"""Do the product and the two scripts say the same? Sums by programme and year, and cell by cell by tambon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import source

TOLERANCE = 1e-9  # relative: sums of money in another order differ in the last bits


@dataclass(frozen=True)
class Agreement:
    """Two results compared: `totals` are measure × programme × year, `cells` the same of one tambon each."""

    pair: str
    totals: int
    totals_differing: int
    largest_relative_difference: float
    cells: int
    cells_differing: int
    members: float
    savings_thb: float


def _totals(con: duckdb.DuckDBPyConnection, name: str, folder: Path) -> None:
    measures = ", ".join(source.measures("fund_measures"))
    for table, key in (("fct_fund_year", ""), ("fct_tambon_year", "tambon_code, ")):
        path = str(folder / f"{table}.parquet").replace("'", "''")
        con.execute(f"""
            CREATE TABLE {name}_{table} AS
            SELECT {key}programme_code, year, measure, sum(value) AS value
            FROM (UNPIVOT (
                    SELECT {key}programme_code, fiscal_year::int AS year, {measures}
                    FROM read_parquet('{path}'))
                  ON {measures} INTO NAME measure VALUE value)
            GROUP BY ALL""")


def _differences(
    con: duckdb.DuckDBPyConnection, one: str, other: str, table: str, key: str
) -> tuple[int, int, float]:
    row = con.execute(f"""
        WITH both_sides AS (
          SELECT a.value AS a, b.value AS b
          FROM {one}_{table} a FULL JOIN {other}_{table} b USING ({key}programme_code, year, measure)
        ), difference AS (
          SELECT CASE WHEN a IS NULL OR b IS NULL THEN 1.0
            ELSE abs(a - b) / greatest(abs(a), abs(b), 1) END AS relative
          FROM both_sides
        )
        SELECT count(*), count(*) FILTER (relative > {TOLERANCE}), coalesce(max(relative), 0)
        FROM difference""").fetchall()[0]
    return int(row[0]), int(row[1]), float(row[2])


def compare(folders: Mapping[str, Path]) -> list[Agreement]:
    """Compare every result with the first; a folder holds fct_fund_year and fct_tambon_year as Parquet."""
    names = list(folders)
    with duckdb.connect() as con:
        for name, folder in folders.items():
            _totals(con, name, folder)
        found = []
        for other in names[1:]:
            totals, differing, largest = _differences(con, names[0], other, "fct_fund_year", "")
            cells, cells_differing, _ = _differences(con, names[0], other, "fct_tambon_year", "tambon_code, ")
            sums = con.execute(f"""SELECT sum(value) FILTER (measure = 'members_persons'),
                  sum(value) FILTER (measure = 'savings_thb')
                FROM {other}_fct_fund_year""").fetchall()[0]
            pair = f"{names[0]} = {other}"
            found.append(
                Agreement(
                    pair, totals, differing, largest, cells, cells_differing, sums[0] or 0.0, sums[1] or 0.0
                )
            )
    return found
