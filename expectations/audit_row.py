"""A figure beside the other figures of its own row: the table `figure_beside`, for figures that have no other year.

A column that is new this year, and a fund that is, have no history to be compared with; but a group's capital, savings and loans
go together. Which sums do, and how closely, is measured in the list itself. Thresholds and their reasons:
docs/decisions/0009-what-a-check-may-say.md.
"""

from __future__ import annotations

from expectations.scratch import Scratch

CLOSE = 0.15
"""Robust deviation of the log ratio (a factor of 1.4) up to which two sums of a list go together."""
MIN_RATIOS = 30


def make_beside(database: Scratch) -> None:
    """Table `figure_beside`, grain rid × measure: `row_off` (powers of ten above what the row's other sums point to; NULL of
    a zero), `row_usual` (what they point to, THB), `is_out_of_row` (it lies off further than such ratios ever do, and the
    others agree). Needs figure_series, figure_spread, figure_measure and figure_row.

    Only one sum to compare with is enough where that one is near its own other years; else it takes two that agree:
    of two alone nobody knows which is wrong.

    Raises:
        duckdb.Error: one of these tables is missing.
    """
    run = database.connection.execute
    run(_SUMS)
    run(_RATIOS)
    run(_BESIDE)
    run("DROP TABLE figure_sum; DROP TABLE figure_ratio")


_SUMS = """
    CREATE OR REPLACE TABLE figure_sum AS
    SELECT s.rid, s.grp, s.measure, s.fiscal_year, s.value, s.y, CASE WHEN s.value > 0 THEN log10(s.value) END AS size,
        s.year_before IS NULL AND s.year_after IS NULL AS is_alone,
        coalesce(least(abs(s.y - s.y_before), abs(s.y - s.y_after)) <= 0.5 * d.far, false) AS is_trusted
    FROM figure_series AS s
    INNER JOIN figure_measure AS m ON m.measure_code = CAST(s.measure AS VARCHAR) AND m.unit = 'THB'
    LEFT JOIN figure_spread AS d USING (grp, measure)
    WHERE s.value >= 0
"""

# Of long lists some thousand rows say it as well.
_RATIOS = f"""
    CREATE OR REPLACE TABLE figure_ratio AS
    WITH wanted AS (
        SELECT grp, measure, fiscal_year FROM figure_sum WHERE is_alone GROUP BY ALL
    ), sampled AS (
        SELECT s.rid, s.grp, s.measure, s.fiscal_year, s.size FROM figure_sum AS s
        INNER JOIN (SELECT grp, fiscal_year, count(*) // 5000 AS many FROM figure_row GROUP BY ALL) AS n USING (grp, fiscal_year)
        WHERE s.size IS NOT NULL AND hash(s.rid) % greatest(1, n.many) = 0
    )
    SELECT grp, measure, fiscal_year, other, q[2] AS centre, greatest((q[3] - q[1]) / 1.349, 0.02) AS spread
    FROM (
        SELECT a.grp, a.measure, a.fiscal_year, b.measure AS other, quantile_cont(a.size - b.size, [0.25, 0.5, 0.75]) AS q
        FROM sampled AS a
        INNER JOIN wanted USING (grp, measure, fiscal_year)
        INNER JOIN sampled AS b ON b.rid = a.rid AND b.measure <> a.measure
        GROUP BY ALL HAVING count(*) >= {MIN_RATIOS}
    ) WHERE (q[3] - q[1]) / 1.349 <= {CLOSE}
"""

_BESIDE = """
    CREATE OR REPLACE TABLE figure_beside AS
    WITH pointed AS (
        SELECT a.rid, a.measure, any_value(a.size) AS size, list(b.size + r.centre) AS points, median(b.size + r.centre) AS point,
            least(greatest(6 * max(r.spread), 0.7), 0.9) AS row_far, count(*) AS others,
            count(*) FILTER (WHERE b.is_trusted) AS trusted
        FROM figure_sum AS a
        INNER JOIN figure_ratio AS r USING (grp, measure, fiscal_year)
        INNER JOIN figure_sum AS b ON b.rid = a.rid AND b.measure = r.other AND b.size IS NOT NULL
        WHERE a.is_alone GROUP BY a.rid, a.measure
    ), judged AS (
        SELECT *, len(list_filter(points, lambda one: abs(one - point) <= 0.5 * row_far)) AS agreeing FROM pointed
    )
    SELECT rid, measure, size - point AS row_off, pow(10, point) AS row_usual,
        (trusted >= 1 OR others >= 2) AND agreeing >= greatest(1, others - 1) AND (others > 2 OR agreeing = others) AS row_agrees,
        coalesce(row_agrees AND abs(row_off) > row_far, false) AS is_out_of_row
    FROM judged
"""
