"""Scores of agencies, made from what is open: by check, by dimension, by province.

Two kinds of check count, each in its own unit: those on records (n of N records of the feed in the province), and those on a
whole delivery or feed (n of N results). What stands is counted once, however often it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from expectations.catalogue import Rule
from expectations.contract_rules import FACTS, RECORDS, admission_rules
from expectations.records import DELIVERIES, PLACES, ROWS, conformed_files
from expectations.scratch import Scratch, quoted
from expectations.tables import columns_of, sql_text
from ingest.contract import Contract, load_fields
from ingest.home import Home

FORMULA_TH = (
    "100 × (ระเบียนที่ไม่มีอะไรต้องแก้ในด้านนี้ ÷ ระเบียนทั้งหมด) × (ผลตรวจทั้งไฟล์หรือทั้งชุดข้อมูลที่ผ่าน ÷ ที่ตรวจ) "
    "ส่วนที่ไม่มีอะไรให้ตรวจไม่นำมาคูณ ข้อค้นพบระดับข้อมูลทั่วไป (info) ไม่นับ รายจังหวัดใช้เฉพาะระเบียน"
)
FORMULA_EN = (
    "100 × (records with nothing to mend in this dimension ÷ all records) × (results on whole deliveries and feeds that passed "
    "÷ those judged); a part with nothing to judge is left out; info findings do not count; a province is scored by records alone"
)


def make_scores(
    database: Scratch, home: Home, contracts: Mapping[str, Contract], rules: Sequence[Rule]
) -> None:
    """Fill `dq_score_check` and `dq_score` from the open findings, the results and the rows that stand.

    `rules`: those of the audit; those of admission are made from the contracts. Grain: docs/architecture.md.
    """
    kinds = {rule.check_id: rule for rule in rules}
    for contract in contracts.values():
        kinds |= {rule.check_id: rule for rule in admission_rules(contract)}
    _standing(database)
    _rule_kinds(database, kinds)
    _applied_to_records(database, home, contracts, kinds)
    _applied_to_facts(database, [rule for rule in rules if rule.check.stage == "audit"])
    _score_checks(database)
    _score(database)


def _standing(database: Scratch) -> None:
    """Table `score_row`: the rows that stand, one delivery a record: the newest that is not replaced as a whole."""
    database.connection.execute(
        f"""
        CREATE TABLE score_row AS
        WITH good AS (
            SELECT row.*, coalesce(row.by_code, row.by_words) AS record
            FROM {ROWS} AS row ANTI JOIN life_superseded USING (delivery_id)
        ),
        newest AS (SELECT record, max(sequence) AS sequence FROM good WHERE record IS NOT NULL GROUP BY ALL)
        SELECT good.delivery_id, known.feed_code, known.agency_code, good.sheet, good.row_number, good.conformed,
            good.record, place.province_code
        FROM good
        INNER JOIN {DELIVERIES} AS known USING (delivery_id)
        LEFT JOIN newest ON newest.record = good.record
        LEFT JOIN {PLACES} AS place ON place.place_no = good.place_no
        WHERE good.record IS NULL OR good.sequence = newest.sequence
        """
    )


def _of_rows(rule: Rule) -> bool:
    """Whether a rule looks at records (or their cells), not at a delivery, a feed or the release as a whole."""
    if rule.check.stage == "admission" and rule.check.table == FACTS:
        return rule.check.findings == "none"  # cells and rows that conforming told of
    return rule.check.findings == "rows" and rule.check.scope not in ("delivery", "release")


def _rule_kinds(database: Scratch, kinds: Mapping[str, Rule]) -> None:
    """Table `score_rule`: what every rule looks at. `of_rows` as in `_of_rows`; `of_rejected`: rows left out count too."""
    import polars as pl

    from expectations.records import as_view

    frame = pl.DataFrame(
        [
            (check_id, _of_rows(rule), rule.check.stage == "admission" and rule.check.table == FACTS)
            for check_id, rule in kinds.items()
        ],
        schema={"check_id": pl.String, "of_rows": pl.Boolean, "of_notes": pl.Boolean},
        orient="row",
    )
    with as_view(database, "score_kinds", frame):
        database.connection.execute(
            """
            CREATE TABLE score_rule AS
            SELECT rule.check_id, rule.feed_code, rule.dimension, rule.severity, rule.stage, kinds.of_rows, kinds.of_notes
            FROM (SELECT DISTINCT ON (check_id) * FROM dq_check) AS rule
            INNER JOIN score_kinds AS kinds USING (check_id)
            WHERE rule.owner = 'agency'
            """
        )


def _applied_to_records(
    database: Scratch, home: Home, contracts: Mapping[str, Contract], kinds: Mapping[str, Rule]
) -> None:
    """Table `score_applied` (check × feed × agency × province: `total`): standing rows that each rule of admission looks at."""
    database.connection.execute(
        """
        CREATE TABLE score_applied AS
        SELECT rule.check_id, row.feed_code, row.agency_code, row.province_code, count(*) AS total
        FROM score_row AS row INNER JOIN score_rule AS rule ON rule.feed_code = row.feed_code
        WHERE rule.of_notes AND rule.of_rows AND (row.conformed OR rule.check_id LIKE '%reject%')
        GROUP BY ALL
        """
    )
    files = conformed_files(database, home, contracts)
    for feed, contract in contracts.items():
        own = [r for r in kinds.values() if r.feed_code == feed and r.check.table == RECORDS and _of_rows(r)]
        if not own or not files.get(feed):
            continue
        names = ", ".join(f"'{quoted(path)}'" for path in files[feed])
        source = f"read_parquet([{names}], union_by_name = true, hive_partitioning = false)"
        if contract.record_kind == "area_statistic":
            wide = ", ".join(
                f"max(value) FILTER (WHERE indicator_code = '{code}') AS {code}"
                for code in load_fields().indicators
            )
            source = f"(SELECT * EXCLUDE (indicator_code, value), {wide} FROM {source} GROUP BY ALL)"
        database.connection.execute(
            f"""
            CREATE OR REPLACE VIEW score_record AS
            SELECT conformed.*, standing.province_code AS standing_province FROM {source} AS conformed
            INNER JOIN score_row AS standing USING (delivery_id, sheet, row_number) WHERE standing.conformed
            """
        )
        _count(database, "score_record", own, ("feed_code", "agency_code", "standing_province"))


def _applied_to_facts(database: Scratch, rules: Sequence[Rule]) -> None:
    """Add what the rules of the audit look at, for tables whose rows belong to a feed."""
    for table in dict.fromkeys(rule.check.table for rule in rules if _of_rows(rule)):
        own = [rule for rule in rules if rule.check.table == table and _of_rows(rule)]
        there = (
            database.columns(table)
            if database.rows(f"SELECT 1 FROM duckdb_columns() WHERE table_name = {sql_text(table)} LIMIT 1")
            else {}
        )
        if "feed_code" not in there:
            continue
        province = "substr(tambon_code, 1, 2)" if "tambon_code" in there else "CAST(NULL AS VARCHAR)"
        agency = "agency_code" if "agency_code" in there else "split_part(feed_code, '/', 1)"
        _count(database, table, own, ("feed_code", agency, province))


def _count(database: Scratch, table: str, rules: Sequence[Rule], by: tuple[str, str, str]) -> None:
    """Count what each rule applies to in one scan; a rule whose condition cannot be put to this table applies to every row."""
    import duckdb

    feed, agency, province = by
    counts = []
    for index, rule in enumerate(rules):
        applies = rule.applies
        try:
            database.rows(f"SELECT {applies} FROM {table} LIMIT 0")
        except duckdb.Error:
            applies = "true"
        counts.append(f"count(*) FILTER (WHERE {applies}) AS n{index}")
    names = " ".join(f"WHEN 'n{i}' THEN {sql_text(rule.check_id)}" for i, rule in enumerate(rules))
    listed = ", ".join(f"n{index}" for index in range(len(rules)))
    database.connection.execute(
        f"""
        INSERT INTO score_applied
        SELECT CASE name {names} END, feed, agency, province, total
        FROM (
            SELECT {feed} AS feed, {agency} AS agency, {province} AS province, {", ".join(counts)} FROM {table} GROUP BY ALL
        ) UNPIVOT (total FOR name IN ({listed}))
        WHERE total > 0 AND feed IS NOT NULL
        """
    )


def _score_checks(database: Scratch) -> None:
    nothing = sql_text("ไม่มีข้อมูลให้ตรวจ · nothing to check")
    database.connection.execute(
        f"""
        CREATE TABLE score_failing AS
        SELECT DISTINCT check_id, feed_code, agency_code, delivery_id, sheet, row_number, province_code
        FROM dq_finding WHERE row_number IS NOT NULL;
        INSERT INTO dq_score_check ({columns_of("dq_score_check")})
        WITH failing AS (
            SELECT check_id, coalesce(feed_code, '') AS feed_code, agency_code, province_code, count(*) AS n
            FROM score_failing WHERE agency_code IS NOT NULL GROUP BY ALL
        ),
        applied AS (
            SELECT check_id, coalesce(feed_code, '') AS feed_code, agency_code, province_code, sum(total) AS n
            FROM score_applied GROUP BY ALL
        ),
        cell AS (
            SELECT coalesce(applied.check_id, failing.check_id) AS check_id,
                coalesce(applied.feed_code, failing.feed_code) AS feed_code,
                coalesce(applied.agency_code, failing.agency_code) AS agency_code,
                coalesce(applied.province_code, failing.province_code) AS province_code,
                coalesce(failing.n, 0) AS numerator,
                -- a fund without a place stands in its province by another year's report
                greatest(coalesce(applied.n, 0), coalesce(failing.n, 0)) AS denominator
            FROM applied FULL JOIN failing ON applied.check_id = failing.check_id
                AND applied.feed_code = failing.feed_code AND applied.agency_code = failing.agency_code
                AND applied.province_code IS NOT DISTINCT FROM failing.province_code
        ),
        whole AS (
            SELECT result.check_id, coalesce(result.feed_code, '') AS feed_code, result.agency_code,
                count(*) FILTER (WHERE NOT result.passed AND result.denominator > 0) AS numerator,
                count(*) FILTER (WHERE result.denominator > 0) AS denominator
            FROM dq_result AS result INNER JOIN score_rule AS rule USING (check_id)
            WHERE NOT rule.of_rows AND result.agency_code IS NOT NULL AND (result.delivery_id IS NULL
                OR result.delivery_id IN (SELECT delivery_id FROM {DELIVERIES} ANTI JOIN life_superseded USING (delivery_id)))
            GROUP BY ALL
        ),
        counted AS (
            SELECT cell.* FROM cell INNER JOIN score_rule AS rule USING (check_id) WHERE rule.of_rows
            UNION ALL BY NAME SELECT *, NULL AS province_code FROM whole
        ),
        -- a rule of a feed that had nothing to look at says so
        unused AS (
            SELECT rule.check_id, rule.feed_code, feed.agency_code, NULL AS province_code, 0 AS numerator, 0 AS denominator
            FROM score_rule AS rule INNER JOIN dq_feed AS feed USING (feed_code)
            WHERE rule.check_id NOT IN (SELECT check_id FROM counted)
        )
        SELECT counted.agency_code, nullif(counted.feed_code, ''), counted.check_id, counted.province_code, rule.dimension,
            rule.severity, counted.numerator, counted.denominator, CASE WHEN counted.denominator = 0 THEN {nothing} END
        FROM (SELECT * FROM counted UNION ALL BY NAME SELECT * FROM unused) AS counted
        INNER JOIN score_rule AS rule USING (check_id)
        """
    )


def _score(database: Scratch) -> None:
    dimensions = "SELECT DISTINCT dimension FROM score_rule"
    database.connection.execute(
        f"""
        INSERT INTO dq_score ({columns_of("dq_score")})
        WITH dimension AS ({dimensions}),
        -- rows that a warning or a block of the dimension touches; a finding on an older delivery's row touches the record
        touched AS (
            SELECT DISTINCT rule.dimension, found.delivery_id, found.sheet, found.row_number,
                coalesce(row.by_code, row.by_words) AS record
            FROM dq_finding AS found
            INNER JOIN score_rule AS rule ON rule.check_id = found.check_id
            LEFT JOIN {ROWS} AS row ON row.delivery_id = found.delivery_id AND row.sheet = found.sheet
                AND row.row_number = found.row_number
            WHERE found.row_number IS NOT NULL AND found.severity IN ('warn', 'block') AND rule.of_rows
        ),
        hit AS (
            SELECT DISTINCT touched.dimension, standing.delivery_id, standing.sheet, standing.row_number,
                standing.agency_code, standing.province_code
            FROM score_row AS standing INNER JOIN touched
                ON touched.record = standing.record
            UNION
            SELECT touched.dimension, standing.delivery_id, standing.sheet, standing.row_number,
                standing.agency_code, standing.province_code
            FROM score_row AS standing INNER JOIN touched USING (delivery_id, sheet, row_number)
        ),
        touching AS (
            SELECT agency_code, province_code, dimension, count(*) AS n FROM hit GROUP BY ALL
            UNION ALL
            SELECT agency_code, province_code, 'all', count(DISTINCT (delivery_id, sheet, row_number)) FROM hit GROUP BY ALL
        ),
        rows AS (SELECT agency_code, province_code, count(*) AS n FROM score_row GROUP BY ALL),
        -- a dimension is judged on records only where a check on records of it was applied
        looked AS (
            SELECT DISTINCT checked.agency_code, checked.dimension FROM dq_score_check AS checked
            INNER JOIN score_rule AS rule USING (check_id)
            WHERE rule.of_rows AND checked.denominator > 0 AND rule.severity <> 'info'
        ),
        looked_all AS (SELECT * FROM looked UNION SELECT agency_code, 'all' FROM looked),
        placed AS (
            SELECT looked.agency_code, rows.province_code, looked.dimension, rows.n AS records,
                rows.n - coalesce(touching.n, 0) AS clean
            FROM looked_all AS looked INNER JOIN rows USING (agency_code)
            LEFT JOIN touching ON touching.agency_code = looked.agency_code AND touching.dimension = looked.dimension
                AND touching.province_code IS NOT DISTINCT FROM rows.province_code
        ),
        records AS (
            SELECT * FROM placed WHERE province_code IS NOT NULL
            UNION ALL BY NAME
            SELECT agency_code, NULL AS province_code, dimension, sum(records) AS records, sum(clean) AS clean
            FROM placed GROUP BY ALL
        ),
        checks AS (
            SELECT checked.agency_code, checked.dimension, count(DISTINCT checked.check_id) AS checks,
                count(DISTINCT checked.check_id) FILTER (WHERE checked.denominator > 0) AS applied,
                sum(checked.numerator) FILTER (WHERE NOT rule.of_rows) AS failed,
                sum(checked.denominator) FILTER (WHERE NOT rule.of_rows) AS judged
            FROM dq_score_check AS checked INNER JOIN score_rule AS rule USING (check_id)
            WHERE rule.severity <> 'info' GROUP BY ALL
        ),
        checks_all AS (
            SELECT * FROM checks UNION ALL BY NAME
            SELECT agency_code, 'all' AS dimension, sum(checks) AS checks, sum(applied) AS applied, sum(failed) AS failed,
                sum(judged) AS judged FROM checks GROUP BY ALL
        ),
        agency AS (
            SELECT agency_code, dimension FROM (SELECT DISTINCT agency_code FROM dq_feed) AS agency,
                (SELECT dimension FROM dimension UNION ALL SELECT 'all') AS dimension
        ),
        scored AS (
            SELECT agency.agency_code, NULL AS province_code, agency.dimension, coalesce(checks.checks, 0) AS checks,
                coalesce(checks.applied, 0) AS applied,
                CASE WHEN records.records > 0 THEN records.clean ELSE checks.judged - checks.failed END AS numerator,
                CASE WHEN records.records > 0 THEN records.records ELSE checks.judged END AS denominator,
                100 * coalesce(records.clean / nullif(records.records, 0), 1)
                    * coalesce(1 - checks.failed / nullif(checks.judged, 0), 1) AS score
            FROM agency
            LEFT JOIN checks_all AS checks ON checks.agency_code = agency.agency_code AND checks.dimension = agency.dimension
            LEFT JOIN records ON records.agency_code = agency.agency_code AND records.dimension = agency.dimension
                AND records.province_code IS NULL
            UNION ALL
            SELECT records.agency_code, records.province_code, records.dimension, checks.checks, checks.applied,
                records.clean, records.records, 100 * records.clean / records.records
            FROM records INNER JOIN checks_all AS checks USING (agency_code, dimension)
            WHERE records.province_code IS NOT NULL
        ),
        judged AS (
            SELECT * REPLACE (CASE WHEN coalesce(denominator, 0) > 0 THEN score END AS score,
                coalesce(numerator, 0) AS numerator, coalesce(denominator, 0) AS denominator)
            FROM scored
        )
        SELECT agency_code, province_code, dimension, checks, applied, numerator, denominator, score,
            CASE WHEN score IS NOT NULL THEN rank() OVER (
                PARTITION BY province_code, dimension ORDER BY score DESC NULLS LAST) END,
            count(score) OVER (PARTITION BY province_code, dimension), {sql_text(FORMULA_TH)}, {sql_text(FORMULA_EN)}
        FROM judged
        """
    )
