"""The tables that audit rules run on: views over the finished warehouse, made in a scratch database.

The warehouse is attached read-only as `wh`, so that its file can be published as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from expectations.scratch import Scratch, quoted

GROUPS: dict[str, tuple[str, ...]] = {
    "audit_fund_year": ("feed_code", "agency_code"),
    "audit_conformed": ("feed_code", "agency_code"),
    "audit_feed": ("feed_code", "agency_code"),
    "audit_fetch": ("feed_code", "agency_code"),
    "audit_conflict": ("feed_code", "agency_code"),
}
"""By what the results of a table are told apart; other tables give one result for the whole release."""


_CELLS = ("reported_tambon_code", "reported_code6", "reported_tambon", "reported_amphoe", "reported_province")
_PLACE = (
    "place.reported_tambon_code, place.reported_tambon, place.reported_amphoe, place.reported_province, "
    "CAST(place.candidates AS VARCHAR) AS place_candidates"
)
CONTEXT: dict[str, tuple[str, str]] = {
    "audit_fund_year": (_PLACE, "LEFT JOIN wh.dim_place AS place ON place.place_id = t.place_id"),
    "audit_indicator": (
        f"{_PLACE}, source.agency_code, source.feed_code, source.delivery_id, source.sheet, source.row_number",
        "LEFT JOIN wh.dim_place AS place ON 'place:' || place.place_id = t.area_key "
        "LEFT JOIN audit_area_source AS source ON source.calendar_year = t.calendar_year AND "
        + " AND ".join(f"source.{cell} IS NOT DISTINCT FROM place.{cell}" for cell in _CELLS),
    ),
}
"""What a failing row is shown with, and no rule looks at: joined to the few failing rows instead of to all."""


def attach_warehouse(database: Scratch, warehouse: Path) -> None:
    """Attach the warehouse read-only as `wh`.

    Raises:
        duckdb.Error: no such file, not DuckDB's, or a process still writes to it.
    """
    database.connection.execute(f"ATTACH '{quoted(warehouse)}' AS wh (READ_ONLY)")


def area_source_sql(input_dir: Path) -> str:
    """Which row of which delivery reported a place and year: one row a place and year, the latest delivery's."""
    cells = ", ".join(_CELLS)
    found = "agency_code, feed_code, delivery_id, sheet, row_number"
    if not any((input_dir / "area_statistic").glob("*.parquet")):
        columns = ", ".join(f"NULL::VARCHAR AS {name}" for name in (*_CELLS, *found.split(", ")[:-1]))
        return f"SELECT {columns}, NULL::BIGINT AS row_number, NULL::SMALLINT AS calendar_year WHERE false"
    return f"""
        SELECT {cells}, calendar_year, {found}
        FROM read_parquet('{quoted(input_dir)}/area_statistic/*.parquet', union_by_name = true, hive_partitioning = false)
        LEFT JOIN (
            SELECT delivery_id, sequence FROM read_parquet('{quoted(input_dir)}/delivery.parquet')
        ) USING (delivery_id)
        QUALIFY row_number() OVER (PARTITION BY {cells}, calendar_year ORDER BY sequence DESC, sheet, row_number) = 1
    """


def measures_with_values(database: Scratch, measures: Sequence[str]) -> list[str]:
    """Of `measures`, those that fct_fund_year has as a column with at least one value."""
    there = set(database.columns("wh.fct_fund_year"))
    known = [measure for measure in measures if measure in there]
    if not known:
        return []
    counts = database.rows(f"SELECT {', '.join(f'count({m})' for m in known)} FROM wh.fct_fund_year")[0]
    return [measure for measure, count in zip(known, counts, strict=True) if count]


def _with_key_count(table: str, keys: Sequence[str], extra: str = "", joins: str = "") -> str:
    """A table with `key_count`.

    The rows that share its key. Only keys that stand twice are kept aside, so it costs one scan.
    """
    same = " AND ".join(f"t.{key} IS NOT DISTINCT FROM doubled.{key}" for key in keys)
    return f"""
        SELECT t.*, coalesce(doubled.key_count, 1) AS key_count{extra}
        FROM {table} AS t
        LEFT JOIN (SELECT {", ".join(keys)}, count(*) AS key_count FROM {table}
          GROUP BY ALL HAVING count(*) > 1) AS doubled
            ON {same}
        {joins}
    """


def audit_view_sql(measures: Sequence[str], input_dir: Path) -> dict[str, str]:
    """The query of each audit view, but for `audit_coverage` and `audit_feed`.

    `measures` are those that have values.
    """
    previous = "".join(f", before.{measure} AS previous_{measure}" for measure in measures)
    sums = "".join(f", sum({measure}) AS {measure}" for measure in measures)
    listed = ", ".join(measures)
    files = f"'{quoted(input_dir)}/fund_report/*.parquet'"
    dropped = f"read_parquet('{quoted(input_dir)}/replaced_row.parquet') WHERE is_dropped"
    if not (input_dir / "replaced_row.parquet").is_file():
        dropped = "(SELECT '' AS delivery_id, '' AS sheet, 0 AS row_number) WHERE false"
    # Rows that a mending list took away or gave another key are left out on purpose.
    conformed = (
        f"(FROM read_parquet({files}, union_by_name = true, hive_partitioning = false) "
        f"ANTI JOIN (SELECT delivery_id, sheet, row_number FROM {dropped}) USING (delivery_id, sheet, row_number))"
    )
    by_year = "programme_code, fiscal_year"

    def tall(query: str, name: str) -> str:
        return f"SELECT * FROM ({query}) UNPIVOT ({name} FOR measure_code IN ({listed}))"

    views = {
        # Each agency's own report: a fault is its agency's to mend, also where another agency's figure stands.
        "audit_fund_year": _with_key_count(
            "wh.fct_fund_agency_year",
            ("source_fund_key", "programme_code", "fiscal_year"),
            previous,
            """
            LEFT JOIN wh.fct_fund_agency_year AS before
                ON before.source_fund_key = t.source_fund_key AND before.programme_code = t.programme_code
                AND before.fiscal_year = t.fiscal_year - 1
            """,
        ),
        "audit_fund": """
            SELECT fund_id, fiscal_year, count(*) - count(DISTINCT programme_code) AS doubled,
                count(*) FILTER (WHERE is_counted_in_all) AS times_counted
            FROM wh.fct_fund_year GROUP BY ALL
        """,
        "audit_conflict": """
            SELECT *, other_agency_code AS agency_code, other_feed_code AS feed_code, other_delivery_id AS delivery_id,
                other_sheet AS sheet, other_row_number AS row_number
            FROM wh.mart_agency_conflict
        """,
        "audit_bounds": "SELECT * FROM wh.mart_membership_bounds",
        "audit_reconciliation": "SELECT * FROM wh.mart_reconciliation",
        "audit_decision": "SELECT * FROM wh.mart_steward_decision",
        "audit_decision_file": f"""
            SELECT * FROM read_parquet('{quoted(input_dir)}/decision_problem.parquet')
        """,
        "audit_tambon_year": _with_key_count(
            "wh.fct_tambon_year", ("tambon_code", "programme_code", "fiscal_year")
        ),
        "audit_indicator": _with_key_count(
            "wh.fct_tambon_indicator_year", ("feed_code", "area_key", "indicator_code", "calendar_year")
        ),
        "audit_population": """
            SELECT area_key, calendar_year, any_value(tambon_code) AS tambon_code,
                max(value) FILTER (WHERE indicator_code = 'population_total') AS population_total,
                max(value) FILTER (WHERE indicator_code = 'population_male') AS population_male,
                max(value) FILTER (WHERE indicator_code = 'population_female') AS population_female
            FROM wh.fct_tambon_indicator_year WHERE is_preferred GROUP BY ALL
        """,
        "audit_profile": _with_key_count(
            "wh.mart_tambon_profile",
            ("tambon_code",),
            ", t.tambon_code IN (SELECT tambon_code FROM wh.dim_tambon WHERE is_current) AS is_known",
        ),
        "audit_gazetteer": """
            SELECT tambon_code, tambon_code IN (SELECT tambon_code FROM wh.mart_tambon_profile) AS has_profile
            FROM wh.dim_tambon WHERE is_current
        """,
        "audit_area_year": _with_key_count(
            "wh.mart_area_year", ("area_level", "area_code", "programme_code", "fiscal_year")
        ),
        "audit_conformed": f"""
            SELECT conformed.*, coalesce(kept.rows_kept, 0) AS rows_kept
            FROM (
                SELECT delivery_id, feed_code, agency_code, count(*) AS rows_conformed FROM {conformed}
                  GROUP BY ALL
            ) AS conformed
            LEFT JOIN (
                SELECT delivery_id, count(*) AS rows_kept FROM wh.fct_fund_year_revision GROUP BY ALL
            ) AS kept USING (delivery_id)
        """,
    }
    if measures:
        # Rows that a steward corrected differ from their files on purpose.
        corrected = (
            "ANTI JOIN (FROM wh.fct_correction WHERE is_applied) USING (delivery_id, sheet, row_number)"
        )
        reported = f"wh.fct_fund_agency_year {corrected}"
        rows_of_facts = f"{conformed} SEMI JOIN wh.fct_fund_agency_year USING (delivery_id, sheet, row_number) {corrected}"
        levels = {
            "conformed_sum": f"SELECT {by_year}{sums} FROM {rows_of_facts} GROUP BY ALL",
            "agency_sum": f"SELECT {by_year}{sums} FROM {reported} GROUP BY ALL",
            "fact_sum": f"SELECT {by_year}{sums} FROM wh.fct_fund_year GROUP BY ALL",
            "country_sum": f"""
                SELECT {by_year}, {listed} FROM wh.mart_area_year
                WHERE area_level = 'country' AND programme_code <> 'all'
            """,
            "region_sum": f"""
                SELECT {by_year}{sums} FROM wh.mart_area_year
                WHERE area_level IN ('region', 'unresolved') AND programme_code <> 'all' GROUP BY ALL
            """,
        }
        first, *others = (tall(query, name) for name, query in levels.items())
        joined = " ".join(f"FULL JOIN ({other}) USING ({by_year}, measure_code)" for other in others)
        views["audit_sums"] = f"SELECT * FROM ({first}) {joined}"
    return views


def coverage_sql(previous_release: Path | None) -> str:
    """Funds that reported by programme and year, here and in the last release (none: no row to compare)."""
    count = (
        "SELECT programme_code, fiscal_year, count(*) AS {name} FROM {table} "
        "WHERE reporting_status = 'reported' GROUP BY ALL"
    )
    here = count.format(name="funds", table="wh.fct_fund_year")
    found = sorted(previous_release.rglob("fct_fund_year.parquet")) if previous_release else []
    if not found:
        return f"SELECT *, CAST(NULL AS BIGINT) AS previous_funds FROM ({here})"
    before = count.format(name="previous_funds", table=f"read_parquet('{quoted(found[0])}')")
    return f"""
        SELECT programme_code, fiscal_year, coalesce(funds, 0) AS funds, previous_funds
        FROM ({here}) FULL JOIN ({before}) USING (programme_code, fiscal_year)
    """
