"""Audit.

May this warehouse be published? Great Expectations on facts and marts, dbt's tests, and the last release.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from expectations.admission import Admission, Reason, admission_folder, load_admission, reason_of
from expectations.audit_coverage import coverage_sql, gap_sql
from expectations.audit_faults import create_fault_tables, create_warned_table
from expectations.audit_figures import make_figures
from expectations.audit_findings import keep_failing_rows, list_findings, load_headers
from expectations.audit_identity import make_identity
from expectations.audit_views import BY_FIELD, GROUPS, attach_warehouse, audit_view_sql, measures_with_values
from expectations.blamed import excused
from expectations.catalogue import CheckError, Rule, checks_by_id, load_checks, make_rule
from expectations.deliveries import delivery_rows, feed_rows, refusal_rows
from expectations.faults import read_faults
from expectations.gx_runner import Verdict, run_suite
from expectations.life import settle_findings
from expectations.lives import give_lives, mend_times
from expectations.quality_history import load_history, moment_of
from expectations.scores import make_scores
from expectations.scratch import Scratch, quoted, scratch
from expectations.tables import (
    TABLES,
    check_row,
    columns_of,
    create_table,
    insert_rows,
    sha256_of,
    sql_text,
    write_table,
)
from expectations.trends import record_release, record_trend
from ingest.contract import Contract, load_contracts, load_fields
from ingest.fetch import failed_feeds
from ingest.home import Home
from ingest.landing import Arrival, arrivals, refusals
from ingest.whole import write_whole

_OF_FIGURES = (
    "audit_figure",
    "audit_repeat",
    "audit_swap",
    "audit_copy",
    "audit_gap",
    "audit_unit",
    "audit_screen",
)
_OF_IDENTITY = ("audit_twin", "audit_code")
# Small results are kept, so that listing findings does not compute them again. What a window function makes has to be kept:
# Great Expectations asks each table for one row first, and DuckDB 2.0 never comes back from LIMIT 1 on such a view of a
# million rows.
_KEPT = (
    "audit_sums",
    "audit_coverage",
    "audit_conformed",
    "audit_province",
    "audit_screen",
    "audit_site",
    "audit_gap",
    "audit_population",
    "audit_number",
    "audit_village",
)


class AuditResult(BaseModel):
    """What `builds/<build_id>/audit/audit.json` holds.

    `warehouse_sha256` binds it to the very file that was audited.
    """

    model_config = ConfigDict(frozen=True)

    build_id: str
    passed: bool
    blocking: tuple[Reason, ...]
    warned: tuple[Reason, ...]
    warehouse_sha256: str
    measured_at: datetime
    folder: Path


def audit_folder(home: Home, build_id: str) -> Path:
    """Where a build's audit lies: `audit.json` and the quality tables."""
    return home.builds / build_id / "audit"


def load_audit(home: Home, build_id: str, warehouse: Path) -> AuditResult | None:
    """The recorded audit of this build and this very warehouse file; None where there is none."""
    try:
        found = AuditResult.model_validate_json(
            (audit_folder(home, build_id) / "audit.json").read_text(encoding="utf-8")
        )
    except (FileNotFoundError, ValueError):
        return None
    return found if (found.build_id, found.warehouse_sha256) == (build_id, sha256_of(warehouse)) else None


def audit_warehouse(
    home: Home,
    warehouse: Path,
    build_id: str,
    input_dir: Path,
    previous_release: Path | None = None,
    dbt_results: Sequence[Mapping[str, Any]] = (),
    *,
    contracts: Mapping[str, Contract] | None = None,
    now: datetime | None = None,
) -> AuditResult:
    """Judge a finished warehouse and write all quality tables of the build beside the record.

    `dbt_results`: one mapping a test with `unique_id, name, status` (`pass | warn | fail | error | skipped`),
    `failures`,
    `message`. A check that cannot be carried out (a table or column is missing) blocks; it never passes.
    """
    moment = now or datetime.now(UTC)
    feeds = contracts if contracts is not None else load_contracts()
    landed = arrivals(home)
    admissions = {a.delivery_id: found for a in landed if (found := load_admission(home, a.delivery_id))}
    folder = audit_folder(home, build_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "audit.json").unlink(missing_ok=True)
    with scratch() as database:
        for table in TABLES:
            create_table(database, table)
        insert_rows(database, "dq_delivery", delivery_rows(landed, admissions))
        insert_rows(database, "dq_feed", feed_rows(feeds, landed, admissions, moment, read_faults(home)))
        insert_rows(database, "dq_refusal", refusal_rows(refusals(home)))
        insert_rows(database, "dq_fetch", failed_feeds(home, feeds.values()).to_dicts())
        database.connection.execute("CREATE VIEW audit_feed AS SELECT * FROM dq_feed")
        # Every feed stands in it, so that the check has something to count where nothing failed.
        database.connection.execute(
            "CREATE VIEW audit_fetch AS SELECT feed.feed_code, feed.agency_code, pull.* EXCLUDE (feed_code, agency_code) "
            "FROM dq_feed AS feed LEFT JOIN dq_fetch AS pull USING (feed_code)"
        )
        create_fault_tables(database, home)
        create_warned_table(database, home, admissions)
        load_headers(database, _beside(home, admissions, "report.json"), feeds)
        rules, verdicts, broken = _run_all(
            database,
            warehouse,
            input_dir,
            previous_release,
            _beside(home, admissions, "rejected.parquet"),
            admissions,
        )
        dbt = _dbt_verdicts(dbt_results)
        verdicts += dbt
        rules += [verdict.rule for verdict in dbt]
        failed = [verdict for verdict in verdicts if not verdict.passed]
        blocking = [reason_of(verdict) for verdict in failed if verdict.severity == "block"]
        blocking += [_cannot(rule, broken[rule.check_id]) for rule in rules if rule.check_id in broken]
        insert_rows(database, "dq_check", map(check_row, rules))
        insert_rows(database, "dq_result", _results(rules, verdicts, broken, build_id, moment))
        _take_admissions(database, home, landed, admissions, build_id)
        settle_findings(database, home, feeds)
        since = moment_of(build_id, moment)
        load_history(database, home, build_id)
        give_lives(database, build_id, since, _not_judged(broken, verdicts))
        mend_times(database)
        make_scores(database, home, feeds, rules)
        record_trend(database, build_id, since)
        record_release(database, build_id, since, passed=not blocking)
        for table in TABLES:
            write_table(
                database, f"SELECT {columns_of(table)} FROM {table} ORDER BY ALL", folder / f"{table}.parquet"
            )
    result = AuditResult(
        build_id=build_id,
        passed=not blocking,
        blocking=tuple(blocking),
        warned=tuple(reason_of(verdict) for verdict in failed if verdict.severity != "block"),
        warehouse_sha256=sha256_of(warehouse),
        measured_at=moment,
        folder=folder,
    )
    write_whole(folder / "audit.json", result.model_dump_json(indent=1) + "\n")
    return result


def audit_rules(measures: Sequence[str]) -> list[Rule]:
    """The audit suite, with a rule for each of `measures` where a check is per measure."""
    known = load_fields().fund_measures
    rules = []
    for check in load_checks():
        if check.stage != "audit":
            continue
        if check.per == "once":
            rules.append(make_rule(check))
            continue
        for code in measures:
            measure = known[code]
            values: dict[str, object] = {
                "measure": code,
                "label_th": measure.label_th,
                "label_en": measure.label_en,
            }
            rules.append(make_rule(check, values, part=code))
    return rules


def _beside(home: Home, admissions: Mapping[str, Admission], ending: str) -> list[Path]:
    """Files that conforming wrote beside the admitted deliveries' rows."""
    return [
        path
        for path in sorted(home.conformed.glob(f"*/*/*.{ending}"))
        if (found := admissions.get(path.name.removesuffix(f".{ending}"))) is not None
        and found.status == "admitted"
    ]


def _run_all(
    database: Scratch,
    warehouse: Path,
    input_dir: Path,
    previous_release: Path | None,
    rejected: list[Path],
    admissions: Mapping[str, Admission],
) -> tuple[list[Rule], list[Verdict], dict[str, str]]:
    """Rules, their verdicts, and why rules could not be carried out (by check id)."""
    import duckdb

    broken: dict[str, str] = {}
    verdicts: list[Verdict] = []
    try:
        attach_warehouse(database, warehouse)
        measures = measures_with_values(database, list(load_fields().fund_measures))
    except duckdb.Error as error:
        rules = audit_rules(())
        return rules, [], {rule.check_id: str(error).splitlines()[0] for rule in rules}
    rules = audit_rules(measures)
    views = {
        **audit_view_sql(measures, input_dir),
        "audit_coverage": coverage_sql(previous_release),
        "audit_gap": gap_sql(rejected),
    }
    makers = dict.fromkeys(_OF_FIGURES, make_figures) | dict.fromkeys(_OF_IDENTITY, make_identity)
    made: dict[object, str | None] = {}  # once each: why it could not be made, told for each of its tables
    for table in dict.fromkeys(rule.check.table for rule in rules):
        own = [rule for rule in rules if rule.check.table == table]
        if table == "audit_sums" and not measures:
            continue
        try:
            if maker := makers.get(table):
                if maker not in made:
                    made[maker] = _why_not(maker, database, measures)
                if why := made[maker]:
                    raise CheckError(why)
            if table in views:
                kind = "TABLE" if table in _KEPT else "VIEW"
                database.connection.execute(f"CREATE {kind} {table} AS {views[table]}")
            by = (*GROUPS.get(table, ()), *(("field",) if table in BY_FIELD else ()))
            found = run_suite(database, table, own, group_by=by).verdicts
            if table in BY_FIELD:
                found = _by_field(found)
                made_of = list(dict.fromkeys(verdict.rule for verdict in found))
                rules = [rule for rule in rules if rule not in own or not made_of] + made_of
                own = made_of or own
            if table in GROUPS:
                found = excused(found, admissions)
            verdicts.extend(found)
            failing = [verdict for verdict in found if verdict.numerator > 0]
            keep_failing_rows(database, table, list(dict.fromkeys(v.rule for v in failing)))
            for rule in own:
                list_findings(database, rule, [verdict for verdict in failing if verdict.rule is rule])
        except (duckdb.Error, CheckError) as error:
            broken |= {rule.check_id: str(error).splitlines()[0] for rule in own}
    return rules, verdicts, broken


def _why_not(
    maker: Callable[[Scratch, Sequence[str]], None], database: Scratch, measures: Sequence[str]
) -> str | None:
    """Make the maker's tables; why that could not be done, or None."""
    import duckdb

    try:
        maker(database, measures)
    except duckdb.Error as error:
        return str(error)
    return None


def _by_field(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """Verdicts of a table whose last group is the field, as those of a rule a field."""
    labels = load_fields().fund_measures
    made: dict[tuple[str, str], Rule] = {}

    def rule_of(rule: Rule, name: str) -> Rule:
        label = labels[name]
        return replace(
            rule,
            check_id=f"{rule.check_id}:{name}",
            column_name=name,
            applies=f"({rule.applies}) AND field = {sql_text(name)}",
            title_th=f"{label.label_th}: {rule.title_th}",
            title_en=f"{label.label_en}: {rule.title_en}",
        )

    split = []
    for verdict in verdicts:
        name = str(verdict.key[-1])
        at = (verdict.rule.check_id, name)
        if at not in made:
            made[at] = rule_of(verdict.rule, name)
        split.append(replace(verdict, rule=made[at], key=verdict.key[:-1]))
    return tuple(split)


def _dbt_verdicts(results: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    check = checks_by_id()["dbt.test"]
    verdicts = []
    for result in results:
        status = str(result["status"])
        failures = int(result.get("failures") or 0)
        # a test that was skipped has said nothing: it blocks like one that failed
        severity = "warn" if status == "warn" else "block"
        rule = make_rule(
            check, {"name": str(result["name"]), "severity": severity}, part=str(result["unique_id"])
        )
        passed = status in ("pass", "success")
        # dbt counts failing rows, not rows looked at; a test that could not run has no count at all
        verdicts.append(Verdict(rule, (), 0 if passed else max(failures, 1), 0, passed, rule.severity))
    return verdicts


def _not_judged(broken: Mapping[str, str], verdicts: Sequence[Verdict]) -> set[str]:
    """Rules that could not be carried out; every check of the audit where the warehouse could not be read at all."""
    nothing = broken and all(verdict.rule.check.stage == "dbt" for verdict in verdicts)
    return {*broken, *(check.id for check in load_checks() if nothing and check.stage == "audit")}


def _cannot(rule: Rule, why: str) -> Reason:
    return Reason(
        check_id=rule.check_id,
        severity="block",
        numerator=0,
        denominator=0,
        message_th=f"ตรวจไม่ได้: {rule.title_th} ({why})",
        message_en=f"Could not be checked: {rule.title_en} ({why})",
    )


def _results(
    rules: Sequence[Rule],
    verdicts: Sequence[Verdict],
    broken: Mapping[str, str],
    build_id: str,
    now: datetime,
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for verdict in verdicts:
        group = dict(zip(GROUPS.get(verdict.rule.check.table, ()), verdict.key, strict=True))
        is_dbt = verdict.rule.check.stage == "dbt"
        empty = not is_dbt and verdict.denominator == 0
        rows.append(
            {
                **_result_base(verdict.rule, build_id, now),
                **group,
                "numerator": int(verdict.numerator),
                "denominator": None if is_dbt else int(verdict.denominator),
                "passed": verdict.passed,
                "severity": verdict.severity,
                "not_applicable_reason": "ไม่มีค่าให้ตรวจ · nothing to check" if empty else None,
            }
        )
    judged = {verdict.rule.check_id for verdict in verdicts}
    for rule in rules:
        if rule.check_id not in judged:
            why = broken.get(rule.check_id)
            rows.append(
                {
                    **_result_base(rule, build_id, now),
                    "numerator": 0,
                    "denominator": 0,
                    "passed": why is None,
                    "severity": "block" if why else rule.severity,
                    "not_applicable_reason": f"ตรวจไม่ได้ · could not be checked: {why}"
                    if why
                    else "ไม่มีข้อมูล · no data",
                }
            )
    return rows


def _result_base(rule: Rule, build_id: str, now: datetime) -> dict[str, object]:
    return {"check_id": rule.check_id, "stage": rule.check.stage, "build_id": build_id, "measured_at": now}


def _take_admissions(
    database: Scratch,
    home: Home,
    landed: Sequence[Arrival],
    admissions: Mapping[str, Admission],
    build_id: str,
) -> None:
    """Add the checks, results and findings of every judged delivery, from the files that admission wrote."""
    folders = [admission_folder(home, a.delivery_id) for a in landed if a.delivery_id in admissions]
    if not folders:
        return

    def files(name: str) -> str:
        return (
            "read_parquet(["
            + ", ".join(f"'{quoted(folder / name)}'" for folder in folders)
            + "], union_by_name = true)"
        )

    connection = database.connection
    # Deliveries judged under an older suite bring older wording: the newest declaration of a check wins.
    newest = sorted(admissions.values(), key=lambda one: one.measured_at, reverse=True)
    listed = ", ".join(
        sql_text(str(admission_folder(home, one.delivery_id) / "check.parquet")) for one in newest
    )
    connection.execute(
        f"INSERT INTO dq_check SELECT DISTINCT ON (check_id) {columns_of('dq_check')} FROM ("
        "SELECT * FROM dq_check WHERE false UNION ALL BY NAME "  # columns that older records lack are NULL
        f"SELECT * FROM read_parquet([{listed}], filename = true, union_by_name = true)) "
        f"ORDER BY check_id, list_position([{listed}], filename)"
    )
    given = {
        "dq_result": f"SELECT * REPLACE ({sql_text(build_id)} AS build_id) FROM {files('result.parquet')}",
        "dq_finding": f"SELECT * FROM {files('finding.parquet')}",
    }
    for table, query in given.items():
        # What an older version judged may lack columns.
        shared = ", ".join(column for column in TABLES[table] if column in database.columns(f"({query})"))
        connection.execute(f"INSERT INTO {table} ({shared}) SELECT {shared} FROM ({query})")
