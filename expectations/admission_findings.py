"""What is wrong where in the new deliveries of a feed, extracted with the very predicates that the suite
judged.
"""

from __future__ import annotations

from collections.abc import Sequence

from expectations.catalogue import Rule
from expectations.contract_rules import FACTS, RECORDS
from expectations.gx_runner import Verdict
from expectations.scratch import Scratch
from expectations.tables import MAX_FINDINGS, TOLD, create_table, finding_id_sql, sql_text
from ingest.contract import Contract


def record_findings(
    database: Scratch, contract: Contract, rules: Sequence[Rule], verdicts: Sequence[Verdict]
) -> None:
    """Fill table `dq_finding`. Grain: failing cell or row (or delivery, for checks of the whole file) x
    check.

    Reads `delivery_records`, `delivery_facts`, `cells`, `rejected` and `headers` of the scratch database.
    """
    create_table(database, "dq_finding")
    database.connection.execute(
        "CREATE OR REPLACE TABLE failed "
        "(check_id VARCHAR, delivery_id VARCHAR, severity VARCHAR, failing DOUBLE, total DOUBLE)"
    )
    failing = [v for v in verdicts if v.numerator > 0]
    if failing:
        database.connection.executemany(
            "INSERT INTO failed VALUES (?, ?, ?, ?, ?)",
            [[v.rule.check_id, v.key[0], v.severity, v.numerator, v.denominator] for v in failing],
        )
    for rule in {v.rule.check_id: v.rule for v in failing}.values():
        if rule.check.findings == "rows":
            _from_records(database, contract, rule)
        elif rule.check.findings == "summary":
            _from_delivery(database, rule, {v.key[0] for v in failing if v.rule is rule and not v.passed})
    ids = {rule.check.id: rule.check_id for rule in rules}
    _from_cells(database, ids)
    _from_rejected(database, ids)


def _insert(database: Scratch, select: str) -> None:
    database.connection.execute(f"INSERT INTO dq_finding ({TOLD}) {select}")


def _from_records(database: Scratch, contract: Contract, rule: Rule) -> None:
    column = rule.column_name or "delivery_id"
    value = rule.value or f"CAST({column} AS VARCHAR)"
    year = "fiscal_year" if contract.record_kind == "fund_report" else "NULL"
    spot = finding_id_sql(
        rule.check_id, "f.delivery_id", "f.sheet", "f.row_number", sql_text(rule.column_name)
    )
    # Evaluated inside, on the batch alone: the outer query joins tables that have columns of the same names.
    _insert(
        database,
        f"""
        WITH failing AS (
            SELECT delivery_id, agency_code, feed_code, sheet, row_number, {year} AS fiscal_year,
                {value} AS value, {rule.suggestion or "NULL"} AS suggestion
            FROM {RECORDS}
            WHERE ({rule.applies}) AND ({rule.fails})
            QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY sheet, row_number)
                <= {MAX_FINDINGS}
        )
        SELECT {spot},
            {sql_text(rule.check_id)}, failed.severity, f.agency_code, f.feed_code, f.delivery_id,
              facts.file_name, f.sheet,
            f.row_number, coalesce(headers.header, {sql_text(rule.column_name)}), f.value,
              {sql_text(rule.expected)},
            f.suggestion, NULL, NULL, f.fiscal_year, {sql_text(rule.title_th)}, {sql_text(rule.title_en)}
        FROM failing AS f
        INNER JOIN failed ON failed.delivery_id = f.delivery_id
          AND failed.check_id = {sql_text(rule.check_id)}
        INNER JOIN {FACTS} AS facts ON facts.delivery_id = f.delivery_id
        LEFT JOIN (SELECT delivery_id, field, min(header) AS header FROM headers GROUP BY ALL) AS headers
            ON headers.delivery_id = f.delivery_id AND headers.field = {sql_text(rule.column_name)}
        """,
    )


def _from_delivery(database: Scratch, rule: Rule, deliveries: set[str]) -> None:
    share = "concat(round(100 * (1 - failed.failing / failed.total), 1), '%')"
    value = (rule.value or share) if rule.check.table == FACTS else share
    _insert(
        database,
        f"""
        SELECT {finding_id_sql(rule.check_id, "facts.delivery_id", sql_text(rule.column_name))},
          {sql_text(rule.check_id)},
            failed.severity, facts.agency_code, facts.feed_code, facts.delivery_id, facts.file_name, NULL,
            NULL,
            {sql_text(rule.column_name)}, {value}, {sql_text(rule.expected)}, {rule.suggestion or "NULL"},
              NULL, NULL, NULL,
            {sql_text(rule.title_th)}, {sql_text(rule.title_en)}
        FROM {FACTS} AS facts
        INNER JOIN failed ON failed.delivery_id = facts.delivery_id
          AND failed.check_id = {sql_text(rule.check_id)}
        WHERE facts.delivery_id IN ({", ".join(map(sql_text, sorted(deliveries))) or "NULL"})
        """,
    )


def _from_cells(database: Scratch, ids: dict[str, str]) -> None:
    """Cells that conforming could not read, or repaired."""
    _insert(
        database,
        f"""
        WITH named AS (
            SELECT cells.*, CASE
                WHEN error_code = 'unknown_label' THEN {sql_text(ids["adm.unknown_label"])}
                WHEN severity = 'info' THEN {sql_text(ids["adm.repaired_cell"])}
                ELSE {sql_text(ids["adm.unreadable_cell"])} END AS check_id
            FROM cells
            QUALIFY row_number() OVER (PARTITION BY delivery_id, check_id ORDER BY sheet,
              row_number) <= {MAX_FINDINGS}
        )
        SELECT md5(concat_ws('|', named.check_id, named.delivery_id, sheet, row_number, column_name,
          error_code)),
            named.check_id, coalesce(failed.severity, named.severity), named.agency_code, named.feed_code,
            named.delivery_id,
            facts.file_name, sheet, row_number, column_name, value, concat_ws(' · ', expected_th,
              expected_en), NULL, NULL,
            NULL, NULL,
            concat(CASE WHEN named.severity = 'info' THEN 'อ่านได้หลังซ่อม' ELSE 'อ่านค่าไม่ได้' END, ' (',
              error_code, ')'),
            concat(CASE WHEN named.severity = 'info' THEN 'Read after repair' ELSE 'Cannot be read' END,
              ' (', error_code, ')')
        FROM named
        INNER JOIN {FACTS} AS facts ON facts.delivery_id = named.delivery_id
        LEFT JOIN failed ON failed.delivery_id = named.delivery_id AND failed.check_id = named.check_id
        """,
    )


def _from_rejected(database: Scratch, ids: dict[str, str]) -> None:
    """Rows that were left out; rows that are no data (totals, notes) are no findings."""
    check_id = ids["adm.rejected_rows"]
    _insert(
        database,
        f"""
        WITH rows AS (
            SELECT * FROM rejected WHERE disposition = 'rejected'
            QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY sheet, row_number)
                <= {MAX_FINDINGS}
        )
        SELECT {finding_id_sql(check_id, "rows.delivery_id", "sheet", "row_number", "column_name")},
          {sql_text(check_id)},
            coalesce(failed.severity, 'warn'), rows.agency_code, rows.feed_code, rows.delivery_id,
              facts.file_name, sheet,
            row_number, column_name, value, NULL, NULL, NULL, NULL, NULL, message_th, message_en
        FROM rows
        INNER JOIN {FACTS} AS facts ON facts.delivery_id = rows.delivery_id
        LEFT JOIN failed ON failed.delivery_id = rows.delivery_id AND failed.check_id = {sql_text(check_id)}
        """,
    )
