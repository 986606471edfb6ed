"""Figures that stand in the wrong place of their list: two that changed places in a row, and a row that is another fund's.

Tables `audit_swap` and `audit_copy`, one row a fund's year each. Thresholds: docs/decisions/0009-what-a-check-may-say.md.
"""

from __future__ import annotations

from expectations.scratch import Scratch


def make_copies(database: Scratch) -> None:
    """Tables `audit_swap` and `audit_copy`. Needs figure_series, figure_row, figure_measure and figure_together.

    Raises:
        duckdb.Error: one of these tables is missing.
    """
    for query in (_SWAPS, _PRINTS, _PAIRS, _COPIES):
        database.connection.execute(query)
    database.connection.execute("DROP TABLE figure_print; DROP TABLE figure_pair")


def _apart(men: str, women: str) -> str:
    """How far a year's men and women are from these, on the natural log scale."""
    return f"(abs(ln(men / {men})) + abs(ln(women / {women})))"


# Swapped beside another year: changed back they fit at least twice as well, and closely; as they stand they are far off (a
# third more of the one and less of the other). Where both sexes are nearly as many nobody can see it.
def _swapped(side: str) -> str:
    there, back = _apart(f"men_{side}", f"women_{side}"), _apart(f"women_{side}", f"men_{side}")
    return f"({there} > 0.4 AND {back} < 0.5 * {there} AND {back} < 0.25)"


# With a year on either side both have to show it. At the end of a series the year after next must not show it too: there the
# neighbour is the one that is swapped. Of two years alone the later is told.
_SWAPS = f"""
    CREATE OR REPLACE TABLE audit_swap AS
    WITH told AS (
        SELECT r.rid, r.fund, r.feed_code, r.agency_code, r.fiscal_year,
            max(s.value) FILTER (WHERE CAST(s.measure AS VARCHAR) = 'members_male_persons') AS men,
            max(s.value) FILTER (WHERE CAST(s.measure AS VARCHAR) = 'members_female_persons') AS women
        FROM figure_series AS s INNER JOIN figure_row AS r USING (rid)
        WHERE CAST(s.measure AS VARCHAR) IN ('members_male_persons', 'members_female_persons') AND s.value > 0
        GROUP BY ALL
    ), beside AS (
        SELECT *, lag(men) OVER w AS men_before, lag(women) OVER w AS women_before, lead(men) OVER w AS men_after,
            lead(women) OVER w AS women_after, lag(men, 2) OVER w AS men_before2, lag(women, 2) OVER w AS women_before2,
            lead(men, 2) OVER w AS men_after2, lead(women, 2) OVER w AS women_after2
        FROM told WHERE men IS NOT NULL AND women IS NOT NULL WINDOW w AS (PARTITION BY fund ORDER BY fiscal_year)
    )
    SELECT rid, feed_code, agency_code, 'members_male_persons' AS field, men, women,
        coalesce(men_before, men_after) AS men_other, coalesce(women_before, women_after) AS women_other,
        men_before IS NOT NULL OR men_after IS NOT NULL AS has_other_years,
        men_before2 IS NOT NULL OR men_after2 IS NOT NULL OR (men_before IS NOT NULL AND men_after IS NOT NULL) AS has_two,
        coalesce(CASE
            WHEN men_before IS NOT NULL AND men_after IS NOT NULL THEN {_swapped("before")} AND {_swapped("after")}
            WHEN men_before IS NOT NULL THEN {_swapped("before")} AND coalesce({_swapped("before2")}, true)
            WHEN men_after2 IS NOT NULL THEN {_swapped("after")} AND {_swapped("after2")}
        END, false) AS is_swapped
    FROM beside
"""

# The figures of a row as one number; rows that share it have the same figures. Few rows do.
_PRINTS = """
    CREATE OR REPLACE TABLE figure_print AS
    SELECT rid, grp, fiscal_year, count(*) AS figures, bit_xor(hash(measure, value)) AS print,
        avg(abs(y - y_before)) AS off_before, avg(abs(y - y_after)) AS off_after
    FROM figure_series WHERE value > 0 GROUP BY ALL HAVING count(*) >= 3
"""

# Both of a pair, each beside the other. `chance`: how many rows of the list would share all these figures with this one, each
# as frequent as it is there. Sums that move together count once, and of sums without a history, which may, the rarest alone.
_PAIRS = """
    CREATE OR REPLACE TABLE figure_pair AS
    WITH same AS (
        SELECT grp, fiscal_year, print FROM figure_print GROUP BY ALL HAVING count(*) = 2
    ), pairs AS (
        SELECT p.* FROM figure_print AS p INNER JOIN same USING (grp, fiscal_year, print)
    ), told AS (
        SELECT s.grp, s.fiscal_year, s.measure, s.value FROM figure_series AS s INNER JOIN pairs USING (rid) GROUP BY ALL
    ), often AS (
        SELECT s.grp, s.fiscal_year, s.measure, s.value, count(*) AS rows_like FROM figure_series AS s
        INNER JOIN told USING (grp, fiscal_year, measure, value) GROUP BY ALL
    ), lists AS (
        SELECT grp, fiscal_year, count(*) AS rows_all FROM figure_row GROUP BY ALL
    ), one AS (
        SELECT s.rid, rows_all, m.unit = 'THB' AS is_money, d.yearly IS NOT NULL AS has_history,
            log10(rows_like / rows_all) AS odds,
            CASE WHEN m.unit = 'THB' AND d.yearly IS NOT NULL THEN coalesce(t.first, s.measure) END AS as_one
        FROM figure_series AS s
        INNER JOIN pairs USING (rid)
        INNER JOIN often AS o ON o.grp = s.grp AND o.fiscal_year = s.fiscal_year AND o.measure = s.measure AND o.value = s.value
        INNER JOIN lists AS l ON l.grp = s.grp AND l.fiscal_year = s.fiscal_year
        INNER JOIN figure_measure AS m ON m.measure_code = CAST(s.measure AS VARCHAR)
        LEFT JOIN figure_spread AS d ON d.grp = s.grp AND d.measure = s.measure
        LEFT JOIN figure_together AS t ON t.grp = s.grp AND t.measure = s.measure
    ), rare AS (
        SELECT rid, is_money, has_history, as_one, any_value(rows_all) AS rows_all,
            CASE WHEN is_money AND has_history THEN max(odds) ELSE min(odds) END AS odds
        FROM one GROUP BY rid, is_money, has_history, as_one
    ), chances AS (
        SELECT rid, any_value(rows_all) * pow(10, coalesce(sum(odds) FILTER (WHERE is_money AND has_history),
            min(odds) FILTER (WHERE is_money), 0) + coalesce(min(odds) FILTER (WHERE NOT is_money), 0)) AS chance
        FROM rare GROUP BY rid
    )
    SELECT a.rid, b.rid AS other_rid, a.figures, chance, greatest(a.off_before, a.off_after) AS off,
        greatest(b.off_before, b.off_after) AS other_off
    FROM pairs AS a
    INNER JOIN pairs AS b ON b.grp = a.grp AND b.fiscal_year = a.fiscal_year AND b.print = a.print AND b.rid <> a.rid
    INNER JOIN chances ON chances.rid = a.rid
"""

# Of the two the one that left its own other years twice as far is the copy (a new fund beside an old one: the new one, unless
# the old one left them); where nothing says which, the one that stands later. Two rows of one village are one fund twice,
# which other checks tell.
_COPIES = """
    CREATE OR REPLACE TABLE audit_copy AS
    WITH told AS (
        SELECT p.*, coalesce(off, 0.05) AS far, coalesce(other_off, 0.05) AS other_far,
            greatest(far, other_far) > 0.02 + 2 * least(far, other_far) AS by_history,
            by_history OR (off IS NULL) <> (other_off IS NULL) AS is_sure,
            f.fund_name IS DISTINCT FROM o.fund_name AND NOT coalesce(f.tambon_code = o.tambon_code AND f.moo = o.moo, false)
                AS are_two,
            (f.delivery_id, f.sheet, f.row_number) > (o.delivery_id, o.sheet, o.row_number) AS is_later,
            o.fund_code AS other_code, o.fund_name AS other_name, o.row_number AS other_row
        FROM figure_pair AS p
        INNER JOIN figure_row AS q ON q.rid = p.other_rid
        INNER JOIN figure_row AS r ON r.rid = p.rid
        INNER JOIN wh.fct_fund_agency_year AS o ON o.source_fund_key = q.source_fund_key
            AND o.programme_code = q.programme_code AND o.fiscal_year = q.fiscal_year AND o.feed_code = q.feed_code
        INNER JOIN wh.fct_fund_agency_year AS f ON f.source_fund_key = r.source_fund_key
            AND f.programme_code = r.programme_code AND f.fiscal_year = r.fiscal_year AND f.feed_code = r.feed_code
    )
    SELECT r.rid, r.feed_code, r.agency_code, 'fund_code' AS field, p.figures, told.chance, other_code, other_name, other_row,
        is_sure, coalesce(are_two AND CASE WHEN by_history THEN far > other_far
            WHEN (off IS NULL) <> (other_off IS NULL) THEN off IS NULL ELSE is_later END, false) AS is_copy
    FROM figure_row AS r
    INNER JOIN figure_print AS p USING (rid)
    LEFT JOIN told ON told.rid = r.rid
"""
