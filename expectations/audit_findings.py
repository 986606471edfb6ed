"""The rows that failed an audit check, as findings in the words of the one who mends them: where, what, and what to type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from expectations.audit_views import BY_FIELD, CONTEXT, GROUPS
from expectations.catalogue import Rule
from expectations.gx_runner import Verdict
from expectations.scratch import Scratch
from expectations.tables import MAX_FINDINGS, sql_text
from ingest.contract import Contract

_SPOT = (
    "fund_id",
    "source_fund_key",
    "programme_code",
    "fiscal_year",
    "tambon_code",
    "area_key",
    "area_level",
    "area_code",
    "indicator_code",
    "calendar_year",
    "measure_code",
    "site_key",
    "feed_code",
    "kind",
    "item_key",
    "decision_line",
    "file",
    "line",
    "column",
    "field",
)
"""What tells the findings of one check apart: those of these columns that its table has."""
_TOLD = (
    "finding_id, check_id, severity, agency_code, feed_code, delivery_id, file_name, sheet, row_number, column_name, value, "
    "expected, suggestion, fund_id, tambon_code, fiscal_year, message_th, message_en, field, "
    "record_key, suggested_value, confidence"
)
# Not certain unless the check says so: some facts are odd and true.
DEFAULT_CONFIDENCE = {"block": 0.98, "warn": 0.9, "info": 0.6}


def load_headers(database: Scratch, reports: Iterable[Path], contracts: Mapping[str, Contract]) -> None:
    """Table `file_header`: the file's own header of a field in a delivery, and its unit in the measure's.

    `unit_factor` is NULL where the file's sheets differ. A report that cannot be read gives no rows: findings
    then name the field.
    """
    from ingest.contract.model import UNIT_FACTORS
    from ingest.normalise.units import split_unit
    from ingest.report import ConformReport

    rows: list[list[object]] = []
    for path in reports:
        try:
            report = ConformReport.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        known = contracts.get(report.feed_code)
        said = " ".join(p.message_en for p in report.warnings if p.code == "unit_from_title")
        titled = next((unit for unit in UNIT_FACTORS if unit != "THB" and unit in said), None)
        for header, field in report.headers_matched.items():
            column = known.by_field.get(field) if known else None
            unit = split_unit(header)[1] or (titled if field.endswith("_thb") else None)
            unit = unit or (column.unit if column else None)
            rows.append([report.delivery_id, field, header, UNIT_FACTORS.get(str(unit), 1.0)])
    run = database.connection.execute
    run(
        "CREATE OR REPLACE TABLE header_seen (delivery_id VARCHAR, field VARCHAR, header VARCHAR, factor DOUBLE)"
    )
    if rows:
        database.connection.executemany("INSERT INTO header_seen VALUES (?, ?, ?, ?)", rows)
    run(
        "CREATE OR REPLACE TABLE file_header AS SELECT delivery_id, field, min(header) AS header, "
        "CASE WHEN min(factor) = max(factor) THEN min(factor) END AS unit_factor FROM header_seen GROUP BY ALL"
    )
    run("CREATE OR REPLACE MACRO said(x) AS format('{:,}', CAST(round(x) AS BIGINT))")
    # A number as an officer types it: no exponent, no thousands mark, no zeros behind.
    run(
        "CREATE OR REPLACE MACRO typed(x) AS CASE WHEN x = round(x) THEN CAST(CAST(x AS HUGEINT) AS VARCHAR) "
        "ELSE rtrim(rtrim(format('{:.6f}', x), '0'), '.') END"
    )


def keep_failing_rows(database: Scratch, table: str, rules: Sequence[Rule]) -> None:
    """Table `failing_rows`: the rows that fail any of `rules`, from one scan, so that a wide view is not read once a rule."""
    listed = [rule for rule in rules if rule.check.findings != "none"]
    predicate = " OR ".join(f"(({rule.applies}) AND ({rule.fails}))" for rule in listed) or "false"
    columns, join = CONTEXT.get(table, ("", ""))
    database.connection.execute(
        f"CREATE OR REPLACE TABLE failing_rows AS SELECT t.*{', ' if columns else ''}{columns} "
        f"FROM (SELECT * FROM {table} WHERE {predicate}) AS t {join}"
    )


def list_findings(database: Scratch, rule: Rule, failing: Sequence[Verdict]) -> None:
    """Add a failing rule's rows to `dq_finding`, at most MAX_FINDINGS a rule and group.

    `findings: summary`: one finding a feed and field instead, with the count; a mart holds the rows themselves.
    """
    if not failing or rule.check.findings == "none":
        return
    if rule.check.findings == "summary":
        _list_sums(database, rule, failing)
        return
    table = rule.check.table
    there = database.columns("failing_rows")
    groups = GROUPS.get(table, ())

    def have(*columns: str) -> str:
        found = [f"t.{column}" for column in columns if column in there]
        return f"coalesce({', '.join(found)})" if len(found) > 1 else (found or ["NULL"])[0]

    # A fund is told apart as its agency names it: which fund that is may be decided anew.
    without = {"fund_id"} if "source_fund_key" in there else set()
    keys = [f'"{column}"' for column in _SPOT if column in there and column not in without]
    spots = ", ".join(f"coalesce(CAST(t.{key} AS VARCHAR), '')" for key in keys) or "t.finding_value"
    judged = (
        "CASE " + " ".join(f"WHEN {_is_group(groups, v.key)} THEN '{v.severity}'" for v in failing) + " END"
    )
    over = f"PARTITION BY {', '.join(groups)} " if groups else ""
    value = rule.value or f"CAST({rule.column_name} AS VARCHAR)"
    order = ", ".join(keys) or value
    own = rule.column_name.removeprefix("reported_") if rule.column_name else None
    field = "CAST(t.field AS VARCHAR)" if "field" in there else sql_text(own)
    confidence = rule.confidence or str(DEFAULT_CONFIDENCE[rule.severity])
    label_th, label_en = (
        ("concat(t.label_th, ': ', {0})", "concat(t.label_en, ': ', {0})")
        if "label_th" in there and table not in BY_FIELD
        else ("{0}", "{0}")
    )
    database.connection.execute(
        f"""
        INSERT INTO dq_finding ({_TOLD})
        WITH t AS (
            SELECT *, {value} AS finding_value, {rule.suggestion or "NULL"} AS finding_suggestion,
              {rule.suggested_value or "NULL"} AS finding_mended, {confidence} AS finding_confidence,
              {judged} AS finding_severity
            FROM failing_rows WHERE ({rule.applies}) AND ({rule.fails})
            QUALIFY row_number() OVER ({over}ORDER BY {order}) <= {MAX_FINDINGS}
        )
        SELECT DISTINCT ON (finding_id) md5(concat_ws('|', {sql_text(rule.check_id)}, {spots})) AS finding_id,
            {sql_text(rule.check_id)}, t.finding_severity, {have("agency_code")}, {have("feed_code")}, {have("delivery_id")},
            known.file_name, {have("sheet")}, {have("row_number")}, coalesce(headed.header, {field}), t.finding_value,
            {sql_text(rule.expected)}, t.finding_suggestion, {have("fund_id")}, {have("tambon_code")},
            {have("fiscal_year", "calendar_year")},
            {label_th.format(sql_text(rule.title_th))}, {label_en.format(sql_text(rule.title_en))},
            {field}, {_record_key(there)},
            CASE WHEN headed.delivery_id IS NULL OR headed.unit_factor = 1 THEN CAST(t.finding_mended AS VARCHAR)
              ELSE typed(TRY_CAST(t.finding_mended AS DOUBLE) / headed.unit_factor) END,
            least(1.0, greatest(0.0, t.finding_confidence))
        FROM t
        LEFT JOIN dq_delivery AS known ON known.delivery_id = {have("delivery_id")}
        LEFT JOIN file_header AS headed ON headed.delivery_id = {have("delivery_id")} AND headed.field = {field}
        """
    )


def _list_sums(database: Scratch, rule: Rule, failing: Sequence[Verdict]) -> None:
    """What is a statement and no cell to mend. Grain: feed (as far as the table has one) x field."""
    table, there = rule.check.table, database.columns("failing_rows")
    told = [column for column in ("agency_code", "feed_code") if column in there]
    field = "CAST(field AS VARCHAR)" if "field" in there else sql_text(rule.column_name)
    judged = " ".join(f"WHEN {_is_group(GROUPS.get(table, ()), v.key)} THEN '{v.severity}'" for v in failing)
    by = ", ".join([*told, field])
    agency, feed = (column if column in there else "NULL" for column in ("agency_code", "feed_code"))
    example = f"arg_min({rule.value or rule.column_name}, finding_order)"
    database.connection.execute(
        f"""
        INSERT INTO dq_finding ({_TOLD})
        SELECT md5(concat_ws('|', {sql_text(rule.check_id)}, {by})), {sql_text(rule.check_id)},
            min(CASE {judged} END), {agency}, {feed}, NULL, NULL, NULL, NULL, NULL,
            concat(format('{{:,}}', count(*)), ' รายการ · records; เช่น · such as ', {example}), {sql_text(rule.expected)},
            arg_min({rule.suggestion or "NULL"}, finding_order), NULL, NULL, NULL,
            {sql_text(rule.title_th)}, {sql_text(rule.title_en)}, {field}, NULL, NULL,
            least(1.0, greatest(0.0, min({rule.confidence or DEFAULT_CONFIDENCE[rule.severity]})))
        FROM (SELECT *, hash(failing_rows) AS finding_order FROM failing_rows WHERE ({rule.applies}) AND ({rule.fails}))
        GROUP BY {by}
        """
    )


def _record_key(there: dict[str, str]) -> str:
    """SQL of the record in words: the fund's code or name (a site's, an event's, a place's), and its year in พ.ศ."""

    def have(*columns: str) -> str:
        found = [f"CAST(t.{column} AS VARCHAR)" for column in columns if column in there]
        return f"coalesce({', '.join(found)}, '')" if found else "''"

    whose = have("fund_code", "fund_name", "site_code", "site_name", "event_code", "item_key")
    if not {"fund_code", "site_code", "event_code", "item_key"} & set(there):
        whose = have(
            "place_said", "tambon_code", "area_key", "area_code", "province_code", "feed_code", "kind"
        )
    more = [
        f"nullif({have(column)}, '')"
        for column in (
            "programme_code",
            "indicator_code",
            "participant_key",
            "decision_line",
            "line",
            "area_level",
        )
        if column in there and (column != "programme_code" or "fund_code" in there or "tambon_code" in there)
    ]
    years = [f"t.{column}" for column in ("fiscal_year", "calendar_year") if column in there]
    year = f"'พ.ศ. ' || CAST({years[0]} + 543 AS VARCHAR)" if years else "NULL"
    return f"concat_ws(' · ', nullif({whose}, ''), {''.join(one + ', ' for one in more)}{year})"


def _is_group(groups: Sequence[str], key: Sequence[Any]) -> str:
    """SQL that holds for the rows of one group; for all rows where there are no groups."""
    same = (f"{g} IS NOT DISTINCT FROM {sql_text(k)}" for g, k in zip(groups, key, strict=True))
    return " AND ".join(same) or "true"
