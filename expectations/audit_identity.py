"""Funds that may be one, and codes that may be two: the tables of the identity checks.

Pairs are found by equal evidence in sets (DuckDB); only the names of those few are compared by letters (rapidfuzz, in one call).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

from expectations.scratch import Scratch, quoted

# What each agreement is worth, in points; four make a pair likely. A name and a village alone are three:
# groups of one village do share
# names. Figures count by how many agree to the last digit. docs/decisions/0009-what-a-check-may-say.md.
_POINTS = {
    "name": 2.0,
    "name_near": 1.0,
    "moo": 1.0,
    "founded": 1.5,
    "number": 3.0,
    "figures": 1.0,
    "many_figures": 2.0,
}
NEAR_NAME, OTHER_NAME = 85, 50


def make_identity(database: Scratch, measures: Sequence[str]) -> None:
    """Tables `audit_twin` (a fund's year that is likely another fund's again) and `audit_code` (a code and its year before).

    Raises:
        duckdb.Error: a table or column of the warehouse is missing.
    """
    run = database.connection.execute
    told = ", ".join(measures) or "NULL"
    filled = " + ".join(f"CAST(coalesce({m}, 0) <> 0 AS INTEGER)" for m in measures) or "0"
    run(_FUNDS.format(figures=told, filled=filled))
    run(_PAIRS)
    _compare_names(database, "twin_pair", "name", "other_name")
    run(_TWINS.format(**_POINTS, near=NEAR_NAME))
    run(_CODES)
    _compare_names(database, "code_pair", "name", "name_before")
    run(
        "CREATE OR REPLACE TABLE audit_code AS SELECT c.feed_code, c.agency_code, c.source_fund_key, c.programme_code, "
        "c.fiscal_year, p.name_before, p.alike, p.province_code, p.province_before, p.tambon_before FROM fund_seen AS c "
        "LEFT JOIN code_pair AS p USING (source_fund_key, programme_code, fiscal_year)"
    )
    run("DROP TABLE fund_seen; DROP TABLE twin_pair; DROP TABLE code_pair")


def _compare_names(database: Scratch, table: str, left: str, right: str) -> None:
    """Add `alike` (0–100) to a table of pairs of names: their letters without kind, village and number compared."""
    import polars as pl
    from rapidfuzz import fuzz, process

    from ingest.identity.names import fund_name_core

    pairs = pl.DataFrame(
        database.rows(f"SELECT rowid, {left}, {right} FROM {table}"),
        schema={"at": pl.Int64, "left": pl.String, "right": pl.String},
        orient="row",
    )
    cores = [fund_name_core(pairs[side])["core"].fill_null("").to_list() for side in ("left", "right")]
    alike = process.cpdist(*cores, scorer=fuzz.ratio).tolist() if pairs.height else []
    compared = pairs.select("at", alike=pl.Series(alike, dtype=pl.Float64))
    database.connection.execute(f"ALTER TABLE {table} ADD COLUMN alike DOUBLE")
    with tempfile.TemporaryDirectory(prefix="tambon-names-") as folder:
        compared.write_parquet(f"{folder}/alike.parquet")
        database.connection.execute(
            f"UPDATE {table} SET alike = c.alike FROM read_parquet('{quoted(folder)}/alike.parquet') AS c "
            f"WHERE {table}.rowid = c.at"
        )


_FUNDS = """
    CREATE OR REPLACE TABLE fund_seen AS
    SELECT feed_code, agency_code, source_fund_key, programme_code, fiscal_year, fund_code, fund_name AS name,
        tambon_unit_id, tambon_code,
        nullif(moo, 0) AS moo, founded_on, coalesce(juristic_number, registration_number) AS number, hash({figures}) AS figures,
        {filled} AS filled, row_number, delivery_id, sheet,
        min(fiscal_year) OVER (PARTITION BY source_fund_key) AS first_year
    FROM wh.fct_fund_agency_year
"""

_PAIR = """
    SELECT a.feed_code, a.source_fund_key, a.programme_code, a.fiscal_year, b.source_fund_key AS other_key,
        a.name, b.name AS other_name,
        b.fund_code AS other_code, a.moo = b.moo AS same_moo, a.founded_on = b.founded_on AS same_founded,
        a.number = b.number AS same_number, a.figures = b.figures AND a.filled > 0 AS same_figures, a.filled
    FROM fund_seen AS a
    INNER JOIN fund_seen AS b ON b.feed_code = a.feed_code AND b.fiscal_year = a.fiscal_year
        AND b.tambon_unit_id = a.tambon_unit_id AND b.source_fund_key <> a.source_fund_key
        AND (b.first_year, b.delivery_id, b.sheet, b.row_number) < (a.first_year, a.delivery_id, a.sheet, a.row_number)
"""
# The later of two is told, as the copy of the earlier. Two that are numbered apart lie in two villages.
_PAIRS = f"""
    CREATE OR REPLACE TABLE twin_pair AS
    SELECT * FROM (
        {_PAIR} AND b.figures = a.figures WHERE a.filled > 0
        UNION {_PAIR} AND b.number = a.number
        UNION {_PAIR} AND b.founded_on = a.founded_on AND b.moo = a.moo
    ) WHERE same_moo IS DISTINCT FROM false
    QUALIFY row_number() OVER (PARTITION BY source_fund_key, fiscal_year ORDER BY same_figures DESC NULLS LAST, other_key) <= 5
"""

_TWINS = """
    CREATE OR REPLACE TABLE audit_twin AS
    WITH pointed AS (
        SELECT *, CASE WHEN alike >= 99.5 THEN {name} WHEN alike >= {near} THEN {name_near} ELSE 0 END AS name_points,
            name_points + CASE WHEN same_moo THEN {moo} ELSE 0 END + CASE WHEN same_founded THEN {founded} ELSE 0 END
            + CASE WHEN same_number THEN {number} ELSE 0 END
            + CASE WHEN same_figures AND filled >= 3 THEN {many_figures} WHEN same_figures THEN {figures} ELSE 0 END AS points
        FROM twin_pair
    ), best AS (
        SELECT * FROM pointed WHERE name_points > 0
        QUALIFY row_number() OVER (PARTITION BY source_fund_key, programme_code ORDER BY points DESC,
            fiscal_year DESC, other_key) = 1
    )
    SELECT f.feed_code, f.agency_code, f.source_fund_key, f.programme_code, f.fiscal_year, b.other_code, b.other_name, b.points,
        b.same_figures
    FROM fund_seen AS f LEFT JOIN best AS b USING (source_fund_key, programme_code, fiscal_year)
"""

# A renamed fund only where the place, village or founding day changed with the name: a fund may be renamed. One in another
# province under any name: it may not move there. Back where it was two years before is no second move.
_CODES = """
    CREATE OR REPLACE TABLE code_pair AS
    SELECT * FROM (
        SELECT source_fund_key, programme_code, fiscal_year, name, lag(name) OVER s AS name_before,
            tambon_unit_id <> lag(tambon_unit_id) OVER s AS moved, moo <> lag(moo) OVER s AS other_village,
            founded_on <> lag(founded_on) OVER s AS other_day, left(tambon_code, 2) AS province_code,
            left(lag(tambon_code) OVER s, 2) AS province_before, lag(tambon_code) OVER s AS tambon_before,
            coalesce(left(lag(tambon_code, 2) OVER s, 2) = left(tambon_code, 2), false) AS is_back
        FROM fund_seen WHERE fund_code IS NOT NULL
        WINDOW s AS (PARTITION BY source_fund_key, programme_code ORDER BY fiscal_year)
    ) WHERE (name <> name_before
        AND CAST(coalesce(moved, false) AS INTEGER) + CAST(coalesce(other_village, false) AS INTEGER)
            + CAST(coalesce(other_day, false) AS INTEGER) >= 1)
        OR (moved AND province_code <> province_before AND NOT is_back)
"""
