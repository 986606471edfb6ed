"""Figures of funds beside their own other years and beside their peers: the tables of the plausibility checks.

`audit_figure` has one row a figure (fund × programme × year × measure), `audit_repeat` one a fund's year. The judgements are made
once, in sets; the thresholds stand in the catalogue's checks and below, with where they come from in
docs/decisions/0009-what-a-check-may-say.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from expectations.audit_copies import make_copies
from expectations.audit_row import make_beside
from expectations.scratch import Scratch, quoted
from ingest.contract import load_fields

SCALED = ("THB", "persons", "households", "funds", "organisations")
# Below these a figure many times its usual size says nothing: a fund's first savings, a group's first members.
FLOOR = {"THB": 100_000, "persons": 200, "households": 200, "funds": 200, "organisations": 200}
MIN_PROVINCE, MIN_REGION, MIN_COUNTRY = 30, 30, 12
"""Peers that a robust z needs: of the province, else of the region, else of the whole programme."""


def make_figures(database: Scratch, measures: Sequence[str]) -> None:
    """Tables `figure_row`, `figure_spread`, `audit_figure`, `audit_repeat`, and those of
    `audit_row` and `audit_copies`, from the attached warehouse.

    Raises:
        duckdb.Error: a table or column of the warehouse is missing.
    """
    run = database.connection.execute
    known = load_fields().fund_measures
    listed = [m for m in measures if known[m].unit in SCALED]
    rows = ", ".join(
        f"('{code}', '{m.unit}', {FLOOR[m.unit]}, '{quoted(m.label_th)}', '{quoted(m.label_en)}')"
        for code, m in ((code, known[code]) for code in listed)
    )
    run(
        "CREATE OR REPLACE TABLE figure_measure AS SELECT * FROM (VALUES "
        f"{rows or _NO_MEASURE}) AS m (measure_code, unit, floor, label_th, label_en)"
    )
    run(_ROWS)
    names = ", ".join(f"'{code}'" for code in listed or ["none"])
    run(f"CREATE TYPE measure_name AS ENUM ({names})")
    run(_tall(listed))
    run(_LEVELS)
    run(_PEERS)
    run(_SERIES)
    run("DROP TABLE figure_tall")
    run(_SPREAD)
    make_beside(database)
    run(_JUDGED)
    run(_TOGETHER)
    run(_REPEATED)
    make_copies(database)


_NO_MEASURE = "('none', 'THB', 0, '', '')"

# One number a fund's year, so that the tall tables stay narrow; its names are joined to what fails.
_ROWS = """
    CREATE OR REPLACE TABLE figure_row AS
    SELECT CAST(row_number() OVER () AS INTEGER) AS rid, source_fund_key, t.programme_code, t.fiscal_year,
        t.feed_code, t.agency_code,
        CAST(dense_rank() OVER (ORDER BY t.feed_code, t.programme_code) AS SMALLINT) AS grp,
        hash(source_fund_key, t.programme_code, t.feed_code) AS fund, t.province_code, area.region_code, t.members_persons
    FROM wh.fct_fund_agency_year AS t
    LEFT JOIN (SELECT province_code, any_value(region_code) AS region_code FROM wh.dim_tambon GROUP BY ALL) AS area
        ON area.province_code = t.province_code
"""


def _tall(listed: Sequence[str]) -> str:
    if not listed:
        return """
            CREATE OR REPLACE TABLE figure_tall AS SELECT rid, fund, grp, fiscal_year, province_code,
                region_code, members_persons AS members,
                CAST('none' AS measure_name) AS measure, CAST(NULL AS DOUBLE) AS value
            FROM figure_row WHERE false
        """
    columns = ", ".join(f"CAST(t.{m} AS DOUBLE) AS {m}" for m in listed if m != "members_persons")
    members = "r.members_persons AS members, " + (
        "r.members_persons, " if "members_persons" in listed else ""
    )
    return f"""
        CREATE OR REPLACE TABLE figure_tall AS
        SELECT rid, fund, grp, fiscal_year, province_code, region_code, members, CAST(name AS measure_name) AS measure, value
        FROM (
            SELECT r.rid, r.fund, r.grp, r.fiscal_year, r.province_code, r.region_code, {members}{columns}
            FROM figure_row AS r
            INNER JOIN wh.fct_fund_agency_year AS t USING (source_fund_key, programme_code, fiscal_year, feed_code)
        ) UNPIVOT (value FOR name IN ({", ".join(listed)}))
    """


# A measure's usual size in a programme's list of a year, and how coarsely its figures are rounded.
_LEVELS = """
    CREATE OR REPLACE TABLE figure_level AS
    SELECT grp, measure, fiscal_year, median(log10(nullif(value, 0))) FILTER (WHERE value > 0) AS level,
        count(*) FILTER (WHERE value > 0) AS figures,
        quantile_disc(CASE WHEN value % 100000 = 0 THEN 5 WHEN value % 10000 = 0 THEN 4 WHEN value % 1000 = 0 THEN 3
            WHEN value % 100 = 0 THEN 2 WHEN value % 10 = 0 THEN 1 ELSE 0 END, 0.1) FILTER (WHERE value > 0) AS zeros
    FROM figure_tall GROUP BY ALL
"""

# Quartiles in one pass: the median, and half the distance of the others for the MAD.
_SIZES = "quantile_cont(log10(value), [0.25, 0.5, 0.75]) AS size_at"
_SIZES += (
    ", quantile_cont(log10(value / nullif(members, 0)), [0.25, 0.5, 0.75]) AS head_at, count(*) AS figures"
)
# Robust centre and spread on the log scale, of the figure itself and a member.
_PEERS = f"""
    CREATE OR REPLACE TABLE figure_peer AS
    SELECT *, size_at[2] AS size, (size_at[3] - size_at[1]) / 2 AS size_mad, head_at[2] AS head,
        (head_at[3] - head_at[1]) / 2 AS head_mad
    FROM (
    SELECT grp, measure, fiscal_year, 'country' AS peers, NULL AS area, {_SIZES} FROM figure_tall
    WHERE value > 0 GROUP BY ALL HAVING count(*) >= {MIN_COUNTRY}
    UNION ALL
    SELECT grp, measure, fiscal_year, 'region', region_code, {_SIZES} FROM figure_tall
    WHERE value > 0 AND region_code IS NOT NULL GROUP BY ALL HAVING count(*) >= {MIN_REGION}
    UNION ALL
    SELECT grp, measure, fiscal_year, 'province', province_code, {_SIZES} FROM figure_tall
    WHERE value > 0 AND province_code IS NOT NULL GROUP BY ALL HAVING count(*) >= {MIN_PROVINCE}
    )
"""


def _peer(column: str) -> str:
    return f"coalesce(p.{column}, g.{column}, c.{column})"


# A spread below 0.1 (a quarter) is taken as 0.1: agencies that report one sum for every fund have none at all.
_SERIES = f"""
    CREATE OR REPLACE TABLE figure_series AS
    SELECT rid, CAST(grp AS SMALLINT) AS grp, measure, fiscal_year, value, y, size_off, head_off, size_z, head_z, peers,
        lag(value) OVER s AS value_before, lead(value) OVER s AS value_after, lag(fiscal_year) OVER s AS year_before,
        lag(value, 2) OVER s AS value_before2, lag(fiscal_year, 2) OVER s AS year_before2,
        lead(fiscal_year) OVER s AS year_after, lag(y) OVER s AS y_before, lag(y, 2) OVER s AS y_before2,
        lead(y) OVER s AS y_after, lead(y, 2) OVER s AS y_after2,
        lag(coalesce(head_off, size_off)) OVER s AS off_before, lead(coalesce(head_off, size_off)) OVER s AS off_after
    FROM (
        SELECT t.rid, t.fund, t.grp, t.measure, t.fiscal_year, t.value,
            CAST(t.size - level.level AS FLOAT) AS y,
            CAST(t.size - {_peer("size")} AS FLOAT) AS size_off,
            CAST((t.size - {_peer("size")}) / (1.4826 * greatest({_peer("size_mad")}, 0.1)) AS FLOAT) AS size_z,
            CAST(t.head - {_peer("head")} AS FLOAT) AS head_off,
            CAST((t.head - {_peer("head")}) / (1.4826 * greatest({_peer("head_mad")}, 0.1)) AS FLOAT) AS head_z,
            CAST({_peer("figures")} AS INTEGER) AS peers
        FROM (
            SELECT f.*, CASE WHEN value > 0 THEN log10(value) END AS size,
                CASE WHEN value > 0 AND members > 0 AND unit = 'THB' THEN log10(value / members) END AS head
            FROM figure_tall AS f INNER JOIN figure_measure AS m ON m.measure_code = CAST(f.measure AS VARCHAR)
        ) AS t
        LEFT JOIN figure_level AS level USING (grp, measure, fiscal_year)
        LEFT JOIN figure_peer AS p ON p.peers = 'province' AND p.grp = t.grp AND p.measure = t.measure
            AND p.fiscal_year = t.fiscal_year AND p.area = t.province_code
        LEFT JOIN figure_peer AS g ON g.peers = 'region' AND g.grp = t.grp AND g.measure = t.measure
            AND g.fiscal_year = t.fiscal_year AND g.area = t.region_code
        LEFT JOIN figure_peer AS c ON c.peers = 'country' AND c.grp = t.grp AND c.measure = t.measure
            AND c.fiscal_year = t.fiscal_year
    )
    WINDOW s AS (PARTITION BY fund, measure ORDER BY fiscal_year)
"""

# How far a measure moves from year to year by itself, and whether it moves at all (a quota does not).
_SPREAD = """
    CREATE OR REPLACE TABLE figure_spread AS
    SELECT grp, measure, (q[3] - q[1]) / 1.349 AS yearly, same_share, zero_share,
        least(greatest(6 * coalesce((q[3] - q[1]) / 1.349, 0.3), 0.7), 1.3) AS far
    FROM (
    SELECT grp, measure, quantile_cont(y - y_before, [0.25, 0.5, 0.75]) AS q, avg(CAST(value = 0 AS INTEGER)) AS zero_share,
        coalesce(avg(CAST(value = value_before AS INTEGER)) FILTER (WHERE value_before > 0), 1) AS same_share
    FROM figure_series GROUP BY ALL
    )
"""

_OTHERS = "[y_before2, y_before, y_after, y_after2]"
# What the fund's other years say of a figure. `own_off`: powers of ten above (below) them, the programme's growth taken out;
# `own_years`: how many other years; `own_agree`: those near their median. Lists are made for the few that stand out.
_JUDGED = f"""
    CREATE OR REPLACE VIEW audit_figure AS
    WITH beside AS (
        SELECT s.*, d.far, d.yearly, CAST(s.measure AS VARCHAR) AS field, l.level, d.zero_share,
            CASE WHEN abs(y - y_before) > 0.6 * far OR abs(y - y_after) > 0.6 * far THEN {_OTHERS} END AS others
        FROM figure_series AS s
        LEFT JOIN figure_spread AS d USING (grp, measure)
        LEFT JOIN figure_level AS l USING (grp, measure, fiscal_year)
    ), own AS (
        SELECT *, list_aggregate(others, 'median') AS own, list_count(others) AS own_years FROM beside
    ), judged AS (
        SELECT *, y - own AS own_off,
            CASE WHEN others IS NULL THEN false
                WHEN own_years = 1 THEN
                    abs(coalesce(head_off, size_off)) > abs(coalesce(off_before, off_after)) + 0.1
                    OR (y_before IS NOT NULL AND abs(coalesce(head_off, size_off)) >= abs(off_before) - 0.1)
                    OR (y_before IS NOT NULL AND off_before IS NULL)
                ELSE len(list_filter(others, lambda one: abs(one - own) <= 0.5 * far)) >= greatest(2, own_years - 1)
            END AS is_suspect,
            CASE WHEN head_off IS NULL THEN size_off
                WHEN sign(head_off) <> sign(size_off) THEN 0
                WHEN abs(head_z) < abs(size_z) THEN head_off ELSE size_off END AS peer_off,
            CASE WHEN head_z IS NULL THEN size_z WHEN sign(head_z) <> sign(size_z) THEN 0
                WHEN abs(head_z) < abs(size_z) THEN head_z ELSE size_z END AS peer_z
        FROM own
    ), told AS (
        SELECT *, CASE WHEN is_suspect AND abs(own_off) > far THEN own_off END AS own_far,
            CAST(round(own_off) AS INTEGER) AS own_power, CAST(round(peer_off) AS INTEGER) AS peer_power,
            pow(10, own + level) AS own_usual, value / pow(10, peer_off) AS peer_usual
        FROM judged
    )
    SELECT told.*, r.feed_code, r.agency_code, m.label_th, m.label_en, m.unit, m.floor,
        coalesce(beside.is_out_of_row, false) AS is_out_of_row, coalesce(beside.row_agrees, false) AS row_agrees, beside.row_off,
        beside.row_usual, CAST(round(beside.row_off) AS INTEGER) AS row_power,
        coalesce(least(abs(y - y_before), abs(y - y_after)) <= 0.5 * far, false) AS is_steady,
        y_before IS NOT NULL OR y_after IS NOT NULL AS has_other_years, peer_z IS NOT NULL AS has_peers,
        greatest(value, coalesce(own_usual, 0)) >= m.floor AS is_large,
        own_far IS NOT NULL AND own_power <> 0 AND abs(own_off - own_power) <= least(0.2, greatest(0.12,
            4 * coalesce(yearly, 0.05)))
            AND abs(own_power) >= CASE WHEN coalesce(yearly, 1) <= 0.15 OR abs(own_off) > 1.6 THEN 1 ELSE 2 END
            AS is_slip_of_own
    FROM told
    INNER JOIN figure_row AS r USING (rid)
    INNER JOIN figure_measure AS m ON m.measure_code = told.field
    LEFT JOIN figure_beside AS beside USING (rid, measure)
"""

# Sums of money that move as one (what is lent, repaid and owed are shares of each other in many lists): of two whose yearly
# moves go together, the second standing still says nothing that the first has not said. Moves are cut at three of the
# measure's own deviations, so that slips do not make the correlation.
_TOGETHER = """
    CREATE OR REPLACE TABLE figure_together AS
    WITH moved AS (
        SELECT s.rid, s.grp, s.measure, greatest(-3, least(3, (s.y - s.y_before) / d.yearly)) AS move
        FROM figure_series AS s
        INNER JOIN figure_spread AS d USING (grp, measure)
        INNER JOIN figure_measure AS m ON m.measure_code = CAST(s.measure AS VARCHAR) AND m.unit = 'THB'
        WHERE s.year_before = s.fiscal_year - 1 AND s.y IS NOT NULL AND s.y_before IS NOT NULL AND d.yearly > 0
    )
    SELECT grp, measure, min(first) AS first
    FROM (
        SELECT a.grp, a.measure, b.measure AS first FROM moved AS a INNER JOIN moved AS b USING (rid)
        WHERE b.measure < a.measure GROUP BY ALL HAVING corr(a.move, b.move) > 0.9
    ) GROUP BY ALL
"""

# Of a fund's year, the figures that move in this programme, and how many repeat last year's to the last digit. `odds`: log10
# of the chance that those which repeat do so, from the measure's own spread and rounding, and no rarer than the list's own
# repeats show for sure (two deviations below their count; ten times the model at most: copied rows are not to hide
# themselves). A figure counts three powers of ten at most; sums that move together count as the least rare of them, counts of
# persons as the rarest. `odds_all`: of all its figures, repeated or not, so that `by_chance` says how many rows of the list as
# improbable as this one repeat by chance, for each that was seen to.
_REPEATED = """
    CREATE OR REPLACE TABLE audit_repeat AS
    WITH moving AS (
        SELECT s.rid, s.grp, s.measure, s.value, CASE WHEN m.unit = 'THB' THEN coalesce(t.first, s.measure) END AS moves_with,
            s.value_before = s.value AND s.year_before = s.fiscal_year - 1 AS repeats,
            s.value_before = s.value AND s.value_before2 = s.value AND s.year_before2 = s.fiscal_year - 2 AS repeats_twice,
            least(1, greatest(0.001, pow(10, coalesce(l.zeros, 0))
                / (s.value * greatest(2.3026 * d.yearly, 0.005) * 2.5))) AS chance
        FROM figure_series AS s
        INNER JOIN figure_spread AS d USING (grp, measure)
        INNER JOIN figure_measure AS m ON m.measure_code = CAST(s.measure AS VARCHAR)
        LEFT JOIN figure_level AS l USING (grp, measure, fiscal_year)
        LEFT JOIN figure_together AS t USING (grp, measure)
        WHERE s.year_before = s.fiscal_year - 1 AND s.value > 0 AND d.same_share < 0.5 AND d.yearly IS NOT NULL
    ), seen AS (
        SELECT grp, measure, least(10, greatest(1, (again - 2 * sqrt(again)) / expected)) AS more
        FROM (
            SELECT grp, measure, count(*) FILTER (WHERE repeats) AS again, sum(chance) AS expected FROM moving GROUP BY ALL
        )
    ), odd AS (
        SELECT moving.*, log10(least(1, chance * more)) AS odds FROM moving INNER JOIN seen USING (grp, measure)
    ), as_one AS (
        SELECT rid, moves_with, count(*) AS figures,
            count(*) FILTER (WHERE repeats) AS repeated, count(*) FILTER (WHERE repeats_twice) AS repeated_twice,
            coalesce(CASE WHEN moves_with IS NULL THEN min(odds) FILTER (WHERE repeats)
                ELSE max(odds) FILTER (WHERE repeats) END, 0) AS odds,
            CASE WHEN moves_with IS NULL THEN min(odds) ELSE max(odds) END AS odds_all,
            coalesce(CASE WHEN moves_with IS NULL THEN min(odds) FILTER (WHERE repeats_twice)
                ELSE max(odds) FILTER (WHERE repeats_twice) END, 0) AS odds_twice,
            arg_max(measure, value) FILTER (WHERE repeats) AS measure, max(value) FILTER (WHERE repeats) AS value,
            arg_max(measure, value) FILTER (WHERE repeats_twice) AS measure_twice,
            max(value) FILTER (WHERE repeats_twice) AS value_twice
        FROM odd GROUP BY rid, moves_with
    ), counted AS (
        SELECT rid, CAST(sum(figures) AS INTEGER) AS figures, CAST(sum(repeated) AS INTEGER) AS repeated,
            CAST(sum(repeated_twice) AS INTEGER) AS repeated_twice,
            sum(odds) AS odds, sum(odds_all) AS odds_all, 2 * sum(odds_twice) AS odds_twice,
            CAST(arg_max(measure, value) AS VARCHAR) AS field, max(value) AS value,
            CAST(arg_max(measure_twice, value_twice) AS VARCHAR) AS field_twice
        FROM as_one GROUP BY ALL
    ), told AS (
        SELECT counted.*, r.feed_code, r.agency_code, r.fiscal_year, CAST(greatest(floor(odds_all), -9) AS TINYINT) AS rarity
        FROM counted INNER JOIN figure_row AS r USING (rid)
    ), expected AS (
        SELECT feed_code, fiscal_year, rarity,
            sum(pow(10, odds_all)) / nullif(count(*) FILTER (WHERE repeated = figures), 0) AS by_chance
        FROM told GROUP BY ALL
    )
    SELECT told.* EXCLUDE (fiscal_year, rarity), by_chance FROM told INNER JOIN expected USING (feed_code, fiscal_year, rarity)
"""
