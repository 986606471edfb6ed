"""What is wrong where in the new deliveries of a feed, extracted with the very predicates that the suite
judged.
"""

from __future__ import annotations

from collections.abc import Sequence

from expectations.catalogue import Rule
from expectations.cell_suggestions import load_suggestions
from expectations.contract_rules import FACTS, RECORDS, conformed_column, field_of
from expectations.delivery_records import all_fields
from expectations.gx_runner import Verdict
from expectations.scratch import Scratch
from expectations.tables import MAX_FINDINGS, TOLD, create_table, finding_id_sql, sql_text
from ingest.contract import Contract

_TOLD = f"{TOLD}, field, suggested_value, confidence"
_SURE = "1.0"
"""How sure a finding is whose check does not say: a limit is passed, a cell cannot be read."""
# Which check tells of a cell that conforming noted. All other errors are unreadable cells, all other notes repairs.
_CELL_CHECKS = {
    "unknown_label": "adm.unknown_label",
    "personal_number": "adm.personal_number",
    "personal_masked": "adm.personal_number",
}


def record_findings(
    database: Scratch, contract: Contract, rules: Sequence[Rule], verdicts: Sequence[Verdict]
) -> None:
    """Fill table `dq_finding`. Grain: failing cell or row (or delivery, for checks of the whole file) x
    check.

    Reads `delivery_records`, `delivery_facts`, `typed`, `cells`, `rejected` and `headers` of the scratch database.
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
    load_suggestions(database, contract)
    load_labels(database, contract)
    _from_cells(database, ids)
    _from_rejected(database, ids)
    _name_records(database)


def _insert(database: Scratch, select: str) -> None:
    database.connection.execute(f"INSERT INTO dq_finding ({_TOLD}) {select}")


def _from_records(database: Scratch, contract: Contract, rule: Rule) -> None:
    column = rule.column_name or "delivery_id"
    field = field_of(rule.column_name)
    value = rule.value or f"CAST({column} AS VARCHAR)"
    year = "fiscal_year" if contract.record_kind == "fund_report" else "NULL"
    spot = finding_id_sql(
        rule.check_id, "f.delivery_id", "f.sheet", "f.row_number", sql_text(rule.column_name)
    )
    expected = sql_text(rule.expected)
    if rule.against:
        expected = f"concat({expected}, coalesce(concat(' (', {rule.against}, ')'), ''))"
    # Evaluated inside, on the batch alone: the outer query joins tables that have columns of the same names.
    _insert(
        database,
        f"""
        WITH failing AS (
            SELECT delivery_id, agency_code, feed_code, sheet, row_number, {year} AS fiscal_year,
                {value} AS value, {rule.suggestion or "NULL"} AS suggestion,
                {expected} AS expected, {rule.suggested_value or "NULL"} AS suggested_value,
                {rule.confidence or _SURE} AS confidence
            FROM {RECORDS}
            WHERE ({rule.applies}) AND ({rule.fails})
            QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY sheet, row_number)
                <= {MAX_FINDINGS}
        )
        SELECT {spot},
            {sql_text(rule.check_id)}, failed.severity, f.agency_code, f.feed_code, f.delivery_id,
              facts.file_name, f.sheet,
            f.row_number, coalesce(headers.header, {sql_text(rule.column_name)}), {_as_typed(contract, rule, field)},
              f.expected,
            f.suggestion, NULL, NULL, f.fiscal_year, {sql_text(rule.title_th)}, {sql_text(rule.title_en)},
            {sql_text(field)}, f.suggested_value, f.confidence
        FROM failing AS f
        INNER JOIN failed ON failed.delivery_id = f.delivery_id
          AND failed.check_id = {sql_text(rule.check_id)}
        INNER JOIN {FACTS} AS facts ON facts.delivery_id = f.delivery_id
        LEFT JOIN typed AS t ON t.delivery_id = f.delivery_id AND t.sheet = f.sheet AND t.row_number = f.row_number
        LEFT JOIN (SELECT delivery_id, field, min(header) AS header FROM headers GROUP BY ALL) AS headers
            ON headers.delivery_id = f.delivery_id AND headers.field = {sql_text(rule.column_name)}
        """,
    )


def _as_typed(contract: Contract, rule: Rule, field: str | None) -> str:
    """The cell as the officer typed it; what a check shows instead where that would repeat a person's number."""
    if field not in all_fields(contract) or rule.check.masked:
        return "f.value"
    return f'coalesce(t."{field}", f.value)'


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
            coalesce(headers.header, {sql_text(rule.column_name)}), {value}, {sql_text(rule.expected)},
              {rule.suggestion or "NULL"}, NULL, NULL, NULL,
            {sql_text(rule.title_th)}, {sql_text(rule.title_en)}, {sql_text(field_of(rule.column_name))}, NULL,
            {rule.confidence or _SURE}
        FROM {FACTS} AS facts
        INNER JOIN failed ON failed.delivery_id = facts.delivery_id
          AND failed.check_id = {sql_text(rule.check_id)}
        LEFT JOIN (SELECT delivery_id, field, min(header) AS header FROM headers GROUP BY ALL) AS headers
            ON headers.delivery_id = facts.delivery_id AND headers.field = {sql_text(rule.column_name)}
        WHERE facts.delivery_id IN ({", ".join(map(sql_text, sorted(deliveries))) or "NULL"})
        """,
    )


def _from_cells(database: Scratch, ids: dict[str, str]) -> None:
    """Cells that conforming could not read, or repaired, with what to type where that can be told."""
    named = " ".join(
        f"WHEN error_code = {sql_text(code)} THEN {sql_text(ids[check])}"
        for code, check in _CELL_CHECKS.items()
    )
    _insert(
        database,
        f"""
        WITH named AS (
            SELECT cells.*, CASE {named}
                WHEN severity = 'info' THEN {sql_text(ids["adm.repaired_cell"])}
                ELSE {sql_text(ids["adm.unreadable_cell"])} END AS check_id
            FROM cells
            -- a tambon code that cannot be read is told by a check of its own
            WHERE error_code <> 'unreadable_tambon_code' AND NOT EXISTS (
                SELECT 1 FROM form WHERE form.delivery_id = cells.delivery_id AND form.field = cells.field
                  AND form.error_code = cells.error_code)
            QUALIFY row_number() OVER (PARTITION BY delivery_id, check_id ORDER BY sheet,
              row_number) <= {MAX_FINDINGS}
        )
        SELECT md5(concat_ws('|', named.check_id, named.delivery_id, sheet, row_number, column_name,
          named.error_code)),
            named.check_id, coalesce(failed.severity, named.severity), named.agency_code, named.feed_code,
            named.delivery_id,
            facts.file_name, sheet, row_number, column_name, named.value, concat_ws(' · ', expected_th,
              expected_en), help.suggestion, NULL,
            NULL, NULL,
            concat(CASE WHEN named.severity = 'info' THEN 'อ่านได้หลังซ่อม (' ELSE 'อ่านค่าไม่ได้ (ต้องเป็น' END,
              coalesce(expected_th, named.error_code), ')'),
            concat(CASE WHEN named.severity = 'info' THEN 'Read after repair (' ELSE 'Cannot be read (should be ' END,
              coalesce(expected_en, named.error_code), ')'),
            named.field, help.suggested_value, 1.0
        FROM named
        INNER JOIN {FACTS} AS facts ON facts.delivery_id = named.delivery_id
        LEFT JOIN failed ON failed.delivery_id = named.delivery_id AND failed.check_id = named.check_id
        LEFT JOIN suggestion AS help ON help.field = named.field AND help.error_code = named.error_code
          AND help.value = named.value
        """,
    )


def _from_rejected(database: Scratch, ids: dict[str, str]) -> None:
    """Rows that were left out; rows that are no data (totals, notes) are no findings."""
    check_id = ids["adm.rejected_rows"]
    # Where all other rows of the sheet are of one year, that is what to type for one that cannot be read.
    _insert(
        database,
        f"""
        WITH rows AS (
            SELECT * FROM rejected WHERE disposition = 'rejected'
            QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY sheet, row_number)
                <= {MAX_FINDINGS}
        ), years AS (
            SELECT delivery_id, sheet, CAST(any_value(record_year) + 543 AS VARCHAR) AS year
            FROM record_label GROUP BY ALL HAVING count(DISTINCT record_year) = 1
        )
        SELECT {finding_id_sql(check_id, "rows.delivery_id", "rows.sheet", "row_number", "column_name")},
          {sql_text(check_id)},
            coalesce(failed.severity, 'warn'), rows.agency_code, rows.feed_code, rows.delivery_id,
              facts.file_name, rows.sheet,
            row_number, column_name, value, NULL,
            CASE WHEN reason_code IN ('no_year', 'unreadable_year') THEN
              concat('ปีของแถวอื่นในชีต · the year of the sheet''s other rows: ', years.year) END,
            NULL, NULL, NULL, message_th, message_en, headers.field,
            CASE WHEN reason_code IN ('no_year', 'unreadable_year') THEN years.year END, 1.0
        FROM rows
        INNER JOIN {FACTS} AS facts ON facts.delivery_id = rows.delivery_id
        LEFT JOIN failed ON failed.delivery_id = rows.delivery_id AND failed.check_id = {sql_text(check_id)}
        LEFT JOIN years ON years.delivery_id = rows.delivery_id AND years.sheet = rows.sheet
        LEFT JOIN header_field AS headers
          ON headers.delivery_id = rows.delivery_id AND headers.header = rows.column_name
        """,
    )


def load_labels(database: Scratch, contract: Contract) -> None:
    """Tables `record_label` (delivery, sheet, row: record in words, year) and `header_field` (delivery, header: field)."""
    period = contract.period.field
    keys = [conformed_column(field) for field in contract.key if field != period]
    code = next((key for key in keys if key.endswith(("_code", "_code6"))), None)
    words = [key for key in keys if key != code] or ["NULL"]
    label = f"nullif(concat_ws(' ', {', '.join(words)}), '')"
    if code:
        label = f"coalesce(nullif({code}, ''), {label})"
    connection = database.connection
    renames = "".join(
        f" WHEN {sql_text(conformed_column(f))} THEN {sql_text(f)}" for f in all_fields(contract)
    )
    connection.execute(
        f"CREATE TABLE header_field AS SELECT delivery_id, header, CASE field{renames} ELSE field END AS field FROM headers"
    )
    connection.execute(
        f"""
        CREATE TABLE record_label AS
        SELECT delivery_id, sheet, row_number, {period} AS record_year,
            concat_ws(' · ', {label}, CAST({period} + 543 AS VARCHAR)) AS label
        FROM records
        """
    )
    # A row that was left out is known by what its key's cells say.
    wanted = [field for field in contract.key if field != period]
    order = " ".join(f"WHEN {sql_text(field)} THEN {number}" for number, field in enumerate(wanted))
    connection.execute(
        f"""
        INSERT INTO record_label
        WITH cell AS (
            SELECT rejected.delivery_id, sheet, row_number, unnest(json_keys(cells_json)) AS header, cells_json
            FROM rejected WHERE disposition = 'rejected'
        )
        SELECT cell.delivery_id, cell.sheet, cell.row_number, NULL,
            string_agg(trim(said), ' ' ORDER BY CASE header_field.field {order} END)
        FROM (
            SELECT *, json_extract_string(cells_json, concat('/', replace(replace(header, '~', '~0'), '/', '~1'))) AS said
            FROM cell
        ) AS cell
        INNER JOIN header_field ON header_field.delivery_id = cell.delivery_id AND header_field.header = cell.header
        WHERE trim(said) <> '' AND header_field.field IN ({", ".join(map(sql_text, wanted)) or "NULL"})
        GROUP BY ALL
        """
    )


def _name_records(database: Scratch) -> None:
    """Say of each finding on a row which record it is about; sheet and row where nothing of it can be read."""
    database.connection.execute(
        """
        UPDATE dq_finding SET record_key = coalesce(
            (SELECT any_value(label) FROM record_label AS r WHERE r.delivery_id = dq_finding.delivery_id
                AND r.sheet = dq_finding.sheet AND r.row_number = dq_finding.row_number),
            concat_ws(' ', nullif(sheet, ''), 'แถว · row', row_number))
        WHERE row_number IS NOT NULL
        """
    )
