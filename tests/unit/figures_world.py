"""A made warehouse of one list: what `make_figures` looks at."""

from __future__ import annotations

from pathlib import Path

import duckdb


def write_list(folder: Path, feed: str, programme: str, figures: str, rows: str, draw: str) -> Path:
    """A warehouse with one row a fund's year. `rows` is a FROM clause that gives the fund's number i, its `year`, and what
    else `figures` (SQL of the measures) needs; `draw` makes the macro of that name, chance that is the same each time."""
    path = folder / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(draw)
        con.execute(
            f"""
            CREATE TABLE fct_fund_agency_year AS SELECT concat('S', i) AS source_fund_key, concat('C', i) AS fund_code,
                concat('กลุ่ม ', i) AS fund_name, 'd' AS delivery_id, '' AS sheet, i AS row_number,
                i AS moo, '730120' AS tambon_code, '{programme}' AS programme_code,
                CAST(year AS SMALLINT) AS fiscal_year, '{feed}' AS feed_code, '{feed.partition("/")[0]}' AS agency_code,
                '73' AS province_code, NULL::DOUBLE AS members_persons, {figures}
            FROM {rows};
            CREATE TABLE dim_tambon AS SELECT '730120' AS tambon_code, '73' AS province_code, 'west' AS region_code;
            """
        )
    return path
