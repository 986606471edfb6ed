"""Who is missing: the views of coverage, of gaps, of whole-file slips and of the screens."""

from __future__ import annotations

from pathlib import Path

from expectations.scratch import quoted

COVERAGE_VIEWS: dict[str, str] = {
    # A feed's funds in a province and year beside the year before. A year without any row of the feed is not
    # in it: that is audit_feed_year.
    "audit_province": """
        WITH seen AS (
            SELECT feed_code, agency_code, province_code, fiscal_year, source_fund_key,
                bool_or(reporting_status = 'reported') AS reported
            FROM wh.fct_fund_agency_year WHERE province_code IS NOT NULL GROUP BY ALL
        ), grid AS (
            SELECT p.feed_code, p.agency_code, p.province_code, y.fiscal_year
            FROM (SELECT DISTINCT feed_code, agency_code, province_code FROM seen) AS p
            INNER JOIN (SELECT DISTINCT feed_code, fiscal_year FROM seen) AS y USING (feed_code)
        ), counted AS (
            SELECT feed_code, province_code, fiscal_year, count(*) AS funds, count(*) FILTER (WHERE reported) AS reporting
            FROM seen GROUP BY ALL
        ), gone AS (
            SELECT feed_code, province_code, fiscal_year + 1 AS fiscal_year, count(*) AS gone
            FROM seen AS a ANTI JOIN (
                SELECT feed_code, source_fund_key, fiscal_year - 1 AS fiscal_year FROM seen
            ) AS b USING (feed_code, source_fund_key, fiscal_year) GROUP BY ALL
        )
        SELECT grid.*, coalesce(c.funds, 0) AS funds, coalesce(c.reporting, 0) AS reporting, b.funds AS funds_before,
            coalesce(g.gone, 0) AS gone, concat_ws(' ', n.province_name_th, grid.province_code) AS place_said
        FROM grid
        LEFT JOIN counted AS c USING (feed_code, province_code, fiscal_year)
        LEFT JOIN counted AS b ON b.feed_code = grid.feed_code AND b.province_code = grid.province_code
            AND b.fiscal_year = grid.fiscal_year - 1
        LEFT JOIN gone AS g USING (feed_code, province_code, fiscal_year)
        LEFT JOIN (SELECT province_code, any_value(province_name_th) AS province_name_th FROM wh.dim_tambon GROUP BY ALL) AS n
            USING (province_code)
    """,
    # One row a year from a feed's first to its last.
    "audit_feed_year": """
        SELECT feed_code, agency_code, CAST(unnest(range(first_year, last_year + 1)) AS SMALLINT) AS fiscal_year, years
        FROM (
            SELECT feed_code, agency_code, CAST(min(fiscal_year) AS INTEGER) AS first_year,
                CAST(max(fiscal_year) AS INTEGER) AS last_year,
                list(DISTINCT fiscal_year) AS years
            FROM wh.fct_fund_agency_year GROUP BY ALL
        )
    """,
    # The whole list's usual figure beside last year's: a file in another unit spoils every row alike, and no row stands out.
    "audit_unit": """
        SELECT l.measure AS measure_code, CAST(l.measure AS VARCHAR) AS field, l.fiscal_year, l.figures,
            l.level, b.level AS level_before,
            b.figures AS figures_before, g.feed_code, g.agency_code, g.programme_code, m.label_th, m.label_en
        FROM figure_level AS l
        INNER JOIN (SELECT DISTINCT grp, feed_code, agency_code, programme_code FROM figure_row) AS g USING (grp)
        INNER JOIN figure_measure AS m ON m.measure_code = CAST(l.measure AS VARCHAR)
        LEFT JOIN figure_level AS b ON b.grp = l.grp AND b.measure = l.measure AND b.fiscal_year = l.fiscal_year - 1
    """,
    # First digits and last digits of a feed's measure. Only figures over three powers of ten can be expected
    # to follow Benford's law.
    "audit_screen": """
        WITH digits AS (
            SELECT g.feed_code, g.agency_code, s.measure, s.value,
                CAST(left(CAST(CAST(s.value AS HUGEINT) AS VARCHAR), 1) AS INTEGER) AS first,
                CAST(s.value AS HUGEINT) % 10 AS last
            FROM figure_series AS s INNER JOIN figure_row AS g USING (rid) WHERE s.value >= 10
        ), shares AS (
            SELECT feed_code, agency_code, measure, first, count(*) AS n FROM digits GROUP BY ALL
        ), benford AS (
            SELECT feed_code, measure, sum(abs(coalesce(n, 0) / total - log10(1 + 1.0 / d.first))) / 9 AS deviation
            FROM (SELECT DISTINCT feed_code, measure, sum(n) OVER (PARTITION BY feed_code, measure) AS total FROM shares) AS t
            CROSS JOIN (SELECT unnest(range(1, 10)) AS first) AS d
            LEFT JOIN shares USING (feed_code, measure, first) GROUP BY ALL
        )
        SELECT t.feed_code, t.agency_code, CAST(t.measure AS VARCHAR) AS field, t.figures, t.spread, t.ends_of_five, b.deviation,
            m.unit, m.label_th, m.label_en
        FROM (
            SELECT feed_code, agency_code, measure, count(*) AS figures,
                log10(quantile_cont(value, 0.95)) - log10(quantile_cont(value, 0.05)) AS spread,
                avg(CAST(last IN (0, 5) AS INTEGER)) AS ends_of_five
            FROM digits GROUP BY ALL
        ) AS t
        INNER JOIN benford AS b ON b.feed_code = t.feed_code AND b.measure = t.measure
        INNER JOIN figure_measure AS m ON m.measure_code = CAST(t.measure AS VARCHAR)
    """,
    # One registration number in two funds of one list and year.
    "audit_number": """
        SELECT feed_code, agency_code, source_fund_key, programme_code, fiscal_year, n.number, n.field,
            count(DISTINCT source_fund_key) OVER (PARTITION BY feed_code, n.field, n.number, fiscal_year) AS funds_of_number
        FROM wh.fct_fund_agency_year CROSS JOIN LATERAL (
            VALUES (juristic_number, 'juristic_number'), (registration_number, 'registration_number')
        ) AS n (number, field)
        WHERE n.number IS NOT NULL
    """,
    # A village has one village fund; urban and military communities are no villages. The later of two is told, with the earlier.
    "audit_village": """
        SELECT * EXCLUDE (first_year, row_number, delivery_id, code, tambon_unit_id),
            count(DISTINCT source_fund_key) OVER v AS funds_of_village,
            first_value(code) OVER (v ORDER BY first_year, delivery_id, row_number) AS other_code,
            source_fund_key <> first_value(source_fund_key) OVER (v ORDER BY first_year, delivery_id, row_number) AS is_later
        FROM (
            SELECT feed_code, agency_code, source_fund_key, programme_code, fiscal_year, 'moo' AS field,
                moo AS village, tambon_unit_id,
                fund_code AS code, row_number, delivery_id, min(fiscal_year) OVER (PARTITION BY source_fund_key) AS first_year
            FROM wh.fct_fund_agency_year
            WHERE moo > 0 AND tambon_unit_id IS NOT NULL AND programme_code = 'village_fund'
                AND coalesce(fund_type, 'village') NOT IN ('urban', 'military')
        )
        WINDOW v AS (PARTITION BY feed_code, programme_code, fiscal_year, tambon_unit_id, village)
    """,
}


def gap_sql(rejected: list[Path]) -> str:
    """Funds that were missing for a year and came back. Not those whose row of that year was rejected: "
    "that is told where it stands."""
    named = "SELECT NULL AS feed_code, NULL AS cells_json WHERE false"
    if rejected:
        files = ", ".join(f"'{quoted(path)}'" for path in rejected)
        named = (
            "SELECT feed_code, cells_json FROM "
            f"read_parquet([{files}], union_by_name = true) WHERE disposition = 'rejected' AND cells_json IS NOT NULL"
        )
    return f"""
        WITH years AS (
            SELECT rid, fund, feed_code, agency_code, fiscal_year,
                lag(fiscal_year) OVER (PARTITION BY fund ORDER BY fiscal_year) AS year_before
            FROM figure_row
        ), listed AS (SELECT DISTINCT feed_code, fiscal_year AS listed_year FROM figure_row),
        away AS (
            SELECT y.rid, count(*) AS years_away FROM years AS y
            INNER JOIN listed AS l ON l.feed_code = y.feed_code AND l.listed_year > y.year_before AND
                l.listed_year < y.fiscal_year
            WHERE y.fiscal_year > y.year_before + 1 GROUP BY ALL
        ), told AS (
            SELECT away.rid FROM away INNER JOIN figure_row AS r USING (rid)
            INNER JOIN wh.fct_fund_agency_year AS f USING (source_fund_key, programme_code, fiscal_year, feed_code)
            INNER JOIN ({named}) AS x ON x.feed_code = r.feed_code
            WHERE contains(x.cells_json, f.fund_code) OR contains(x.cells_json, f.fund_name)
        )
        SELECT y.rid, y.feed_code, y.agency_code, y.fiscal_year, y.year_before, coalesce(a.years_away, 0) AS years_away
        FROM years AS y LEFT JOIN away AS a ON a.rid = y.rid AND a.rid NOT IN (SELECT rid FROM told)
    """


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
