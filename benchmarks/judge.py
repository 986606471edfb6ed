"""Findings held against the truth about planted mistakes: which are true, which mistakes were found.

Definitions (they are printed with the figures):

* **true**: the finding stands on a planted row; or on the same record (the other row of a pair, the row sent again, the year
  that a planted year is compared with); or it is a total or a delivery's own finding of a file that has a planted mistake in
  that column (any column where the finding names none); or it is `fact.people_bounds` of an area in which a
      fund's members were spoiled.
* **statement**: `fact.agency_conflict`, `rel.announced_*`, `adm.repaired_cell`, `adm.column_gone` and `feed.stale` state what
  two files, or one cell, or the clock say. They are no mistakes that were planted, and are counted apart.
* **false**: every other finding, whatever its severity.
* **found**: a planted mistake that data can show (`expectation` of the truth file),
    in a delivery that was admitted and not sent again,
  with a finding on its row: of its own column, or of its record where its kind is one of places, pairs or rejected rows.
  Where a later file that is held carries the very same mistake (kind, sheet, row, field and value), the finding may stand
    there: what two copies show is told once, at the newer one (docs/decisions/0010).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

STATEMENTS = (
    "fact.agency_conflict",
    "rel.announced_total",
    "rel.announced_parts",
    "adm.repaired_cell",
    "adm.column_gone",
    "feed.stale",
)
TO_TELL = ("cell_unreadable", "duplicate", "finding", "repaired", "row_rejected", "unresolved")
Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Judgement:
    """`checks`: check, severity, findings, true, statements; `kinds`: kind, planted, found; `missed`, `false`: examples."""

    checks: Rows
    kinds: Rows
    missed: Rows
    false: Rows

    def precision(self, *severities: str, statements: str = "apart") -> tuple[int, int]:
        """True findings and all of these severities. Statements are left out (`apart`) or count as false (`false`)."""
        rows = [row for row in self.checks if row[1] in severities]
        true = sum(int(str(row[3])) for row in rows)
        stated = sum(int(str(row[4])) for row in rows)
        count = sum(int(str(row[2])) for row in rows)
        return true, count - (stated if statements == "apart" else 0)

    def recall(self) -> tuple[int, int]:
        """Found and planted."""
        return sum(int(str(row[2])) for row in self.kinds), sum(int(str(row[1])) for row in self.kinds)


def judge(home: Path, quality: Path) -> Judgement:
    """Hold `quality/dq_finding.parquet` against `sample/truth_defects.csv` of the home."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")

    def table(name: str) -> str:
        return f"read_parquet('{next(quality.rglob(f'{name}.parquet'))}')"

    con.execute(
        f"CREATE TABLE finding AS SELECT *, split_part(check_id, ':', 1) AS c, coalesce(sheet, '') AS s "
        f"FROM {table('dq_finding')}"
    )
    con.execute(
        "CREATE TABLE planted AS SELECT row_number() OVER () AS n, *, coalesce(sheet, '') AS s FROM "
        f"read_csv('{home}/sample/truth_defects.csv', all_varchar = true, header = true)"
    )
    con.execute("ALTER TABLE planted ALTER row_number TYPE BIGINT")
    con.execute(f"CREATE TABLE delivery AS SELECT * FROM {table('dq_delivery')}")
    con.execute(f"CREATE TABLE record AS {_records(home)}")
    con.execute(_MARKED)
    kinds = con.execute(_KINDS).fetchall()
    return Judgement(
        checks=con.execute(_CHECKS).fetchall(),
        kinds=kinds,
        missed=con.execute(_MISSED).fetchall(),
        false=con.execute(_FALSE).fetchall(),
    )


def _records(home: Path) -> str:
    """What record a row of a delivery is: its code (or name), else its place, in its feed."""
    said = {
        "fund_report": "coalesce(fund_code, fund_name)",
        "site": "coalesce(site_code, site_name)",
        "area_statistic": "concat_ws('|', reported_code6, reported_tambon, reported_amphoe, reported_province)",
    }
    return " UNION ALL ".join(
        f"SELECT DISTINCT feed_code, delivery_id, coalesce(sheet, '') AS s, row_number, {key} AS record "
        f"FROM read_parquet('{home}/conformed/{kind}/*/*.parquet', union_by_name = true, filename = true) "
        "WHERE NOT regexp_matches(filename, '(rejected|cells).parquet$')"
        for kind, key in said.items()
        if any((home / "conformed" / kind).glob("*/*.parquet"))
    )


_MARKED = f"""
    CREATE TABLE marked AS
    WITH spoiled AS (
        SELECT DISTINCT r.feed_code, r.record FROM planted AS p
        INNER JOIN delivery AS d ON d.file_name = p.delivery_file
        INNER JOIN record AS r ON r.delivery_id = d.delivery_id AND r.s = p.s AND r.row_number = p.row_number
    ), columns AS (
        SELECT DISTINCT delivery_file, field FROM planted
    ), on_row AS (
        SELECT DISTINCT f.finding_id FROM finding AS f
        INNER JOIN planted AS p ON p.delivery_file = f.file_name AND p.s = f.s AND p.row_number = f.row_number
    ), on_record AS (
        SELECT DISTINCT f.finding_id FROM finding AS f
        INNER JOIN record AS r ON r.delivery_id = f.delivery_id AND r.s = f.s AND r.row_number = f.row_number
        INNER JOIN spoiled AS x ON x.feed_code = r.feed_code AND x.record = r.record
    ), on_file AS (
        SELECT DISTINCT f.finding_id FROM finding AS f INNER JOIN columns AS k ON k.delivery_file = f.file_name
        WHERE (f.row_number IS NULL OR f.c = 'rel.file_total') AND (f.field IS NULL OR f.field = k.field OR k.field = '')
            OR f.c IN ('rel.file_total', 'adm.file_totals')
    ), in_area AS (
        SELECT DISTINCT f.finding_id FROM finding AS f INNER JOIN finding AS x
            ON x.finding_id IN (SELECT finding_id FROM on_row) AND x.field LIKE 'members%'
            AND starts_with(x.tambon_code, split_part(split_part(f.value, ' ', 2), ' ', 1))
        WHERE f.c = 'fact.people_bounds'
    ), on_province AS (
        SELECT DISTINCT f.finding_id FROM finding AS f INNER JOIN planted AS p ON p.feed_code = f.feed_code
        WHERE f.c LIKE 'cov.%' AND p.kind = 'province_missing'
    )
    SELECT f.*, f.c IN ({", ".join(f"'{one}'" for one in STATEMENTS)}) AS is_statement,
        f.finding_id IN (SELECT finding_id FROM on_row UNION ALL SELECT finding_id FROM on_record
            UNION ALL SELECT finding_id FROM on_file UNION ALL SELECT finding_id FROM in_area UNION ALL SELECT
                finding_id FROM on_province) AS is_true
    FROM finding AS f
"""
_CHECKS = """
    SELECT c, severity, count(*), count(*) FILTER (WHERE is_true AND NOT is_statement), count(*) FILTER (WHERE is_statement)
    FROM marked GROUP BY ALL ORDER BY ALL
"""
_FALSE = """
    SELECT c, file_name, sheet, row_number, field, value, suggestion FROM marked WHERE NOT is_true AND NOT is_statement
    QUALIFY row_number() OVER (PARTITION BY c ORDER BY finding_id) <= 4 ORDER BY ALL
"""
# Of deliveries that count: admitted, and no later delivery holds the same record and column of the year (a redelivery).
_SOUGHT = f"""
    WITH sought AS (
        SELECT p.* FROM planted AS p INNER JOIN delivery AS d ON d.file_name = p.delivery_file AND d.status = 'admitted'
        WHERE p.row_number > 0 AND p.expectation IN ({", ".join(f"'{one}'" for one in TO_TELL)})
            AND NOT EXISTS (
                SELECT 1 FROM delivery AS later WHERE later.feed_code = d.feed_code AND later.sequence > d.sequence
                AND later.status = 'admitted' AND later.first_fiscal_year = d.first_fiscal_year
                AND later.last_fiscal_year = d.last_fiscal_year
            )
    ), at_row AS (
        SELECT DISTINCT p.n FROM planted AS p INNER JOIN finding AS f
            ON f.file_name = p.delivery_file AND f.s = p.s AND f.row_number = p.row_number
        WHERE (f.c <> 'adm.repaired_cell' OR p.expectation = 'repaired') AND (
            f.field = p.field OR f.column_name = p."column" OR f.field IS NULL OR f.column_name IS NULL
            OR p.expectation IN ('duplicate', 'unresolved', 'row_rejected')
            OR p.kind IN ('frozen_values', 'frozen_years', 'swapped_columns', 'likely_duplicate', 'code_reused', 'wrong_province',
                'transposed_code', 'households_as_persons', 'parts_not_total')
        )
    ), told AS (
        SELECT n FROM at_row
        UNION
        SELECT p.n FROM sought AS p
        INNER JOIN delivery AS d ON d.file_name = p.delivery_file
        INNER JOIN planted AS copy ON copy.feed_code = p.feed_code AND copy.kind = p.kind AND copy.s = p.s
            AND copy.row_number = p.row_number AND copy.field = p.field AND copy.value IS NOT DISTINCT FROM p.value
        INNER JOIN delivery AS held ON held.file_name = copy.delivery_file AND held.status = 'held'
            AND held.sequence > d.sequence
        INNER JOIN at_row ON at_row.n = copy.n
    )
"""
_KINDS = (
    _SOUGHT
    + "SELECT kind, count(*), count(*) FILTER (WHERE n IN (SELECT n FROM told)) FROM sought GROUP BY ALL ORDER BY ALL"
)
_MISSED = _SOUGHT + (
    "SELECT kind, delivery_file, sheet, row_number, field, value, detail FROM sought WHERE n NOT IN (SELECT n FROM told) "
    "QUALIFY row_number() OVER (PARTITION BY kind ORDER BY n) <= 4 ORDER BY ALL"
)
