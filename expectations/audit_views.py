"""The tables that audit rules run on: views over the finished warehouse, made in a scratch database.

The warehouse is attached read-only as `wh`, so that its file can be published as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from expectations.audit_areas import AREA_VIEWS, SITE_VIEWS
from expectations.audit_coverage import COVERAGE_VIEWS
from expectations.scratch import Scratch, quoted

_BY_FEED = ("feed_code", "agency_code")
GROUPS: dict[str, tuple[str, ...]] = dict.fromkeys(
    (
        "audit_fund_year",
        "audit_figure",
        "audit_repeat",
        "audit_swap",
        "audit_copy",
        "audit_twin",
        "audit_code",
        "audit_number",
        "audit_village",
        "audit_gap",
        "audit_unit",
        "audit_screen",
        "audit_province",
        "audit_feed_year",
        "audit_conformed",
        "audit_feed",
        "audit_fetch",
        "audit_conflict",
        "audit_indicator",
        "audit_area_figure",
        "audit_area_repeat",
        "audit_population",
        "audit_site",
        "audit_event",
    ),
    _BY_FEED,
)
"""By what the results of a table are told apart; other tables give one result for the whole release."""
BY_FIELD = ("audit_figure",)
"""Tables whose column `field` is judged apart too: a rule of its own a measure, `<check>:<measure>`, with its own rates."""


_CELLS = ("reported_tambon_code", "reported_code6", "reported_tambon", "reported_amphoe", "reported_province")
_PLACE = (
    "place.reported_tambon_code, place.reported_tambon, place.reported_amphoe, place.reported_province, "
    "CAST(place.candidates AS VARCHAR) AS place_candidates"
)
_FUND = (
    "fund.fund_id, fund.fund_code, fund.fund_name, fund.delivery_id, fund.sheet, fund.row_number, fund.tambon_code",
    "INNER JOIN wh.fct_fund_agency_year AS fund ON fund.source_fund_key = t.source_fund_key "
    "AND fund.programme_code = t.programme_code AND fund.fiscal_year = t.fiscal_year AND fund.feed_code = t.feed_code",
)
_ROW = (
    f"k.source_fund_key, k.programme_code, {'{year}'}{_FUND[0]}",
    "INNER JOIN figure_row AS k ON k.rid = t.rid " + _FUND[1].replace("t.", "k."),
)
CONTEXT: dict[str, tuple[str, str]] = {
    "audit_fund_year": (_PLACE, "LEFT JOIN wh.dim_place AS place ON place.place_id = t.place_id"),
    "audit_figure": (_ROW[0].format(year=""), _ROW[1]),
    **dict.fromkeys(
        ("audit_repeat", "audit_swap", "audit_copy"), (_ROW[0].format(year="k.fiscal_year, "), _ROW[1])
    ),
    "audit_gap": (_ROW[0].format(year=""), _ROW[1]),
    **dict.fromkeys(("audit_twin", "audit_code", "audit_number", "audit_village"), _FUND),
    "audit_indicator": (_PLACE, "LEFT JOIN wh.dim_place AS place ON 'place:' || place.place_id = t.area_key"),
}
"""What a failing row is shown with, and no rule looks at: joined to the few failing rows instead of to all."""


def attach_warehouse(database: Scratch, warehouse: Path) -> None:
    """Attach the warehouse read-only as `wh`.

    Raises:
        duckdb.Error: no such file, not DuckDB's, or a process still writes to it.
    """
    database.connection.execute(f"ATTACH '{quoted(warehouse)}' AS wh (READ_ONLY)")


def measures_with_values(database: Scratch, measures: Sequence[str]) -> list[str]:
    """Of `measures`, those that fct_fund_year has as a column with at least one value."""
    there = set(database.columns("wh.fct_fund_year"))
    known = [measure for measure in measures if measure in there]
    if not known:
        return []
    counts = database.rows(f"SELECT {', '.join(f'count({m})' for m in known)} FROM wh.fct_fund_year")[0]
    return [measure for measure, count in zip(known, counts, strict=True) if count]


# The newest population of a tambon: how many people there can be.
_PEOPLE = """
    SELECT tambon_code, max_by(value, calendar_year) AS people FROM wh.fct_tambon_indicator_year
    WHERE indicator_code = 'population_total' AND is_preferred AND tambon_code IS NOT NULL GROUP BY ALL
"""


_SOURCES = (
    "government_capital_thb",
    "savings_thb",
    "share_capital_thb",
    "special_deposits_thb",
    "deposits_thb",
    "other_capital_thb",
    "capital_thb",
    "reserve_thb",
)
_INCOME = ("income_members_thb", "income_local_government_thb", "income_state_thb", "income_other_thb")
_MONEY = (
    " + ".join(f"coalesce(t.{one}, 0)" for one in _SOURCES)
    + " AS money, coalesce(t.savings_thb, t.share_capital_thb, t.capital_thb) IS NOT NULL AS has_main_money, greatest("
    + " + ".join(f"coalesce(t.{one}, 0)" for one in _INCOME)
    + ", coalesce(t.welfare_fund_thb, 0)) AS welfare_money"
)
"""All the money a fund says it has, and what its welfare is paid from."""
_LENT = f"""
    SELECT feed_code, programme_code, fiscal_year, median(loans_outstanding_thb / money) AS usual
    FROM (SELECT t.*, {_MONEY} FROM wh.fct_fund_agency_year AS t) WHERE money > 0 AND has_main_money AND loans_outstanding_thb > 0
    GROUP BY ALL
"""
"""What a list's funds lend for each baht of the money that it has columns for: more than one where a source has none."""


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


_BOUNDS = """
    WITH over AS (
        SELECT area_level, area_code, fiscal_year FROM wh.mart_membership_bounds WHERE people_lower > population_total
    ), around AS (
        SELECT fiscal_year, 'amphoe' AS area_level, left(area_code, 4) AS area_code FROM over WHERE area_level = 'tambon'
        UNION ALL
        SELECT fiscal_year, 'province', left(area_code, 2) FROM over WHERE area_level IN ('tambon', 'amphoe')
        UNION ALL
        SELECT o.fiscal_year, 'region', t.region_code FROM over AS o
        INNER JOIN (SELECT DISTINCT province_code, region_code FROM wh.dim_tambon) AS t
            ON o.area_level IN ('tambon', 'amphoe', 'province') AND t.province_code = left(o.area_code, 2)
        UNION ALL
        SELECT fiscal_year, 'country', 'TH' FROM over WHERE area_level <> 'country'
    )
    SELECT b.*, (b.fiscal_year, b.area_level, b.area_code) IN (SELECT (fiscal_year, area_level, area_code) FROM around)
        AS within_is_over
    FROM wh.mart_membership_bounds AS b
"""
"""Areas and years; `within_is_over`: a smaller area inside already has more members than people."""


def audit_view_sql(measures: Sequence[str], input_dir: Path) -> dict[str, str]:
    """The query of each audit view, but for those that other modules make as tables (figures, identity) and `audit_feed`.

    `measures` are those that have values.
    """
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
            f", people.people, {_MONEY}, coalesce(lent.usual, 0) AS loans_usual",
            f"LEFT JOIN ({_PEOPLE}) AS people ON people.tambon_code = t.tambon_code LEFT JOIN ({_LENT}) AS lent "
            "ON lent.feed_code = t.feed_code AND lent.programme_code = t.programme_code AND lent.fiscal_year = t.fiscal_year",
        ),
        "audit_fund": """
            SELECT fund_id, fiscal_year, count(*) - count(DISTINCT programme_code) AS doubled,
                count(*) FILTER (WHERE is_counted_in_all) AS times_counted
            FROM wh.fct_fund_year GROUP BY ALL
        """,
        "audit_conflict": """
            SELECT *, measure_code AS field, other_agency_code AS agency_code, other_feed_code AS feed_code,
                other_delivery_id AS delivery_id,
                other_sheet AS sheet, other_row_number AS row_number
            FROM wh.mart_agency_conflict
        """,
        "audit_bounds": _BOUNDS,
        "audit_reconciliation": "SELECT *, measure_code AS field FROM wh.mart_reconciliation",
        "audit_decision": "SELECT * FROM wh.mart_steward_decision",
        "audit_decision_file": f"""
            SELECT * FROM read_parquet('{quoted(input_dir)}/decision_problem.parquet')
        """,
        "audit_tambon_year": _with_key_count(
            "wh.fct_tambon_year", ("tambon_code", "programme_code", "fiscal_year")
        ),
        "audit_indicator": _with_key_count(
            "wh.fct_tambon_indicator_year",
            ("feed_code", "area_key", "indicator_code", "calendar_year"),
            ", d.agency_code",
            "LEFT JOIN wh.dim_delivery AS d ON d.delivery_id = t.delivery_id",
        ),
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
        **AREA_VIEWS,
        **SITE_VIEWS,
        **COVERAGE_VIEWS,
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
