"""Admission.

May this delivery enter the warehouse? One Great Expectations validation for all new deliveries of a feed.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from expectations.admission_findings import record_findings
from expectations.catalogue import CheckError, Rule, Severity, catalogue_fingerprint
from expectations.compare import COMPARE, compare_findings, compared, load_comparison
from expectations.contract_rules import FACTS, RECORDS, admission_rules, conformed_column
from expectations.decisions import decision_for
from expectations.delivery_facts import load_forms, structure_facts
from expectations.delivery_records import load_records, parquet
from expectations.gx_runner import Verdict, run_suite
from expectations.places import places_fingerprint
from expectations.profile import read_profile, write_profiles
from expectations.scratch import Scratch, quoted, scratch
from expectations.tables import check_row, columns_of, frame, sha256_of, write_frame, write_table
from expectations.warned import WARNED, load_warned
from ingest.contract import Contract
from ingest.home import Home
from ingest.normalise.schema import conformed_schema
from ingest.report import ConformReport
from ingest.whole import write_whole

Status = Literal["admitted", "held"]
PART_CHECKS = frozenset({"adm.readable", "adm.undeclared_column", "adm.required_column", "adm.row_balance"})
"""Checks of a whole delivery that hold for a part of one as well."""


class Reason(BaseModel):
    """One failed check of a delivery.

    `numerator` of `denominator` failed (rows, cells, or the delivery itself as 1 of 1).
    """

    model_config = ConfigDict(frozen=True)

    check_id: str
    severity: Severity
    numerator: int
    denominator: int
    message_th: str
    message_en: str


class LetThrough(BaseModel):
    """A person's decision that lets a held delivery in, as the log of decisions has it (`expectations.decisions`)."""

    model_config = ConfigDict(frozen=True)

    because: str
    by: str
    decided_at: datetime


class Admission(BaseModel):
    """What `admission/<delivery_id>/admission.json` holds.

    `fingerprint` binds it to the conformed bytes, contract and suite; `seal` binds it to its own words, so that a verdict
    edited by hand is none. `status` and `let_through` follow the log of decisions whenever it is loaded: a delivery that was
    let through is `admitted` and keeps the `reasons` that were overridden.
    """

    model_config = ConfigDict(frozen=True)

    delivery_id: str
    agency_code: str
    feed_code: str
    record_kind: str
    file_name: str
    status: Status
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    fingerprint: str
    contract_version: int
    contract_fingerprint: str
    suite_fingerprint: str
    rows_in: int
    rows_conformed: int
    rows_rejected: int
    rows_not_data: int
    cells_unreadable: int
    first_year: int | None
    last_year: int | None
    findings: int
    measured_at: datetime
    conformed_sha256: str = ""
    held_since: datetime | None = None
    let_through: LetThrough | None = None
    seal: str = ""

    @property
    def status_reason(self) -> str | None:
        """Why it is held, Thai and English; None where it is admitted."""
        return " | ".join(f"{r.message_th} · {r.message_en}" for r in self.reasons) or None


def admission_folder(home: Home, delivery_id: str) -> Path:
    """Where a delivery's admission lies.

    `admission.json`, `check.parquet`, `result.parquet`, `finding.parquet`.
    """
    return home.admission / delivery_id


def admission_fingerprint(contract: Contract, report: ConformReport) -> str:
    """Hash of all that decides an admission: the conformed bytes, the counts, the contract, and the suite."""
    counts = report.model_dump(
        mode="json", exclude={"seconds", "conformed_path", "rejected_path", "cells_path", "typed_path"}
    )
    parts = [
        sha256_of(report.conformed_path, report.rejected_path, report.cells_path),
        json.dumps(counts, sort_keys=True, ensure_ascii=False),
        contract.fingerprint,
        catalogue_fingerprint(),
        places_fingerprint(),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def load_admission(home: Home, delivery_id: str, fingerprint: str | None = None) -> Admission | None:
    """The recorded admission, or None where there is none, or only one of other bytes, contract or suite, or an edited one.

    Whether a held delivery was let through is asked of the log of decisions, never of the record.
    """
    found = _read_admission(home, delivery_id)
    if found is None or fingerprint not in (None, found.fingerprint):
        return None
    return _as_decided(home, found)


def _read_admission(home: Home, delivery_id: str) -> Admission | None:
    folder = admission_folder(home, delivery_id)
    try:
        found = Admission.model_validate_json((folder / "admission.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if found.delivery_id == delivery_id and found.seal == _seal(folder, found) else None


def _seal(folder: Path, admission: Admission) -> str:
    """Hash over the record and the results it rests on."""
    content = admission.model_dump_json(exclude={"seal"}) + sha256_of(folder / "result.parquet")
    return hashlib.sha256(content.encode()).hexdigest()


def _as_decided(home: Home, found: Admission) -> Admission:
    """The admission with what the log of decisions says of it today."""
    blocking = [(reason.check_id, reason.numerator) for reason in found.reasons]
    decision = decision_for(home, found.delivery_id, blocking) if blocking else None
    told = (
        LetThrough(because=decision.reason, by=decision.decided_by, decided_at=decision.decided_at)
        if decision
        else None
    )
    status: Status = "held" if blocking and not told else "admitted"
    return found.model_copy(update={"status": status, "let_through": told})


def _write_admission(home: Home, admission: Admission) -> Admission:
    """Write the record, whole or not at all."""
    folder = admission_folder(home, admission.delivery_id)
    sealed = admission.model_copy(update={"seal": _seal(folder, admission)})
    write_whole(folder / "admission.json", sealed.model_dump_json(indent=1) + "\n")
    return sealed


def refresh_record(home: Home, delivery_id: str) -> Admission | None:
    """Write into a delivery's record what the log of decisions says of it now; None where it was never judged."""
    recorded = _read_admission(home, delivery_id)
    if recorded is None:
        return None
    decided = _as_decided(home, recorded)
    same = (decided.status, decided.let_through) == (recorded.status, recorded.let_through)
    return recorded if same else _write_admission(home, decided)


def hold_record(
    home: Home, delivery_id: str, reasons: Sequence[Reason], findings: int, now: datetime
) -> Admission:
    """Hold a judged delivery for more reasons, found after it was admitted; its results are written already.

    Raises:
        CheckError: it was never judged.
    """
    folder = admission_folder(home, delivery_id)
    try:
        found = Admission.model_validate_json((folder / "admission.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckError(f"{delivery_id}: no admission to add to: {error}") from error
    told = {reason.check_id for reason in reasons}
    kept = [reason for reason in found.reasons if reason.check_id not in told]
    held = found.model_copy(
        update={
            "reasons": (*kept, *reasons),
            "findings": found.findings + findings,
            "held_since": found.held_since or now,
        }
    )
    return _write_admission(home, _as_decided(home, held))


def admit_feed(
    home: Home,
    contract: Contract,
    reports: Sequence[ConformReport],
    *,
    previous: Sequence[Admission] = (),
    now: datetime | None = None,
) -> list[Admission]:
    """Judge the deliveries of one feed, in order of arrival; one already judged as it stands now is not
    validated again.

    `previous` are admissions of still earlier deliveries of the feed. Row counts are compared with the last
    *admitted* delivery
    of the same period, among them or earlier in `reports`.

    Raises:
        CheckError: a check could not be carried out, or a conformed file lacks declared columns (made by
        another version).
        ValueError: a report is of another feed.
    """
    strangers = [report.delivery_id for report in reports if report.feed_code != contract.feed]
    if strangers:
        raise ValueError(f"not deliveries of {contract.feed}: {', '.join(strangers)}")
    fingerprints = {report.delivery_id: admission_fingerprint(contract, report) for report in reports}
    known = {key: found for key, mark in fingerprints.items() if (found := load_admission(home, key, mark))}
    new = [report for report in reports if report.delivery_id not in known]
    if new:
        moment = now or datetime.now(UTC)
        judged = _judge(
            home, contract, list(reports), new, [*previous, *known.values()], fingerprints, moment
        )
        known |= {admission.delivery_id: admission for admission in judged}
    for delivery_id in known:
        refresh_record(home, delivery_id)
    return [known[report.delivery_id] for report in reports]


def _judge(
    home: Home,
    contract: Contract,
    reports: list[ConformReport],
    new: list[ConformReport],
    earlier: list[Admission],
    fingerprints: dict[str, str],
    now: datetime,
) -> list[Admission]:
    rules = admission_rules(contract, now.date())
    with scratch() as database:
        _load_notes(database, new)
        load_records(database, contract, new)
        load_forms(database)
        structure = {report.delivery_id: structure_facts(database, contract, report) for report in new}
        verdicts = _judge_records(database, contract, [rule for rule in rules if rule.check.table == RECORDS])
        load_warned(database, rules)
        warned_rules = [rule for rule in rules if rule.check.table == WARNED]
        verdicts += run_suite(database, WARNED, warned_rules, group_by=("delivery_id",)).verdicts
        fact_rules = [rule for rule in rules if rule.check.table == FACTS]
        compare_rules = [rule for rule in rules if rule.check.table == COMPARE]
        write_profiles(
            database, {r.delivery_id: admission_folder(home, r.delivery_id) for r in new}, contract, new
        )
        # A delivery is measured against the last admitted one, which may be judged in this very run: repeat
        # the small table
        # until who is admitted no longer changes.
        known_held = {one.delivery_id for one in earlier if one.status == "held"}
        partial = {report.delivery_id for report in reports if report.is_partial}
        held = known_held | {
            r.delivery_id for r in new if r.errors or r.unknown_headers or r.missing_required
        }
        for _ in range(len(new) + 1):
            _load_facts(database, reports, new, earlier, held, structure)
            facts = list(run_suite(database, FACTS, fact_rules, group_by=("delivery_id",)).verdicts)
            _load_comparison(database, home, contract, reports, new, earlier, held)
            facts += run_suite(database, COMPARE, compare_rules, group_by=("delivery_id",)).verdicts
            now_held = known_held | _held_by(home, [for_part(one, partial) for one in (*facts, *verdicts)])
            if now_held == held:
                break
            held = now_held
        every = [for_part(verdict, partial) for verdict in (*verdicts, *facts)]
        record_findings(database, contract, rules, [one for one in every if one.rule.check.table != COMPARE])
        compare_findings(database, every)
        checks = frame("dq_check", map(check_row, rules))
        return [
            _record(database, home, contract, report, rules, checks, every, fingerprints, now)
            for report in new
        ]


def _held_by(home: Home, verdicts: Sequence[Verdict]) -> set[str]:
    """Deliveries with a blocking verdict that nobody decided to let pass."""
    blocking: dict[str, list[tuple[str, int]]] = {}
    for one in verdicts:
        if not one.passed and one.severity == "block":
            blocking.setdefault(str(one.key[0]), []).append((one.rule.check_id, int(one.numerator)))
    return {delivery for delivery, why in blocking.items() if not decision_for(home, delivery, why)}


def _load_notes(database: Scratch, new: Sequence[ConformReport]) -> None:
    """Views `cells` and `rejected` of all new deliveries, and `headers` (delivery_id, field, header)."""
    connection = database.connection
    connection.execute(f"CREATE VIEW cells AS SELECT * FROM {parquet([r.cells_path for r in new])}")
    connection.execute(f"CREATE VIEW rejected AS SELECT * FROM {parquet([r.rejected_path for r in new])}")
    connection.execute("CREATE TABLE headers (delivery_id VARCHAR, field VARCHAR, header VARCHAR)")
    rows = [
        [report.delivery_id, conformed_column(field), header]
        for report in new
        for header, field in report.headers_matched.items()
    ]
    if rows:
        connection.executemany("INSERT INTO headers VALUES (?, ?, ?)", rows)


def _judge_records(database: Scratch, contract: Contract, rules: list[Rule]) -> list[Verdict]:
    schema = [] if contract.record_kind == "area_statistic" else list(conformed_schema(contract.record_kind))
    result = run_suite(database, RECORDS, rules, group_by=("delivery_id",), columns=schema)
    if result.missing_columns:
        raise CheckError(
            f"{contract.feed}: conformed files lack columns: {', '.join(result.missing_columns)}"
        )
    return list(result.verdicts)


def for_part(verdict: Verdict, partial: Collection[str]) -> Verdict:
    """The verdict as it counts for mended rows that come alone, picked because they were bad.

    How many rows there are says nothing then; what share of them is good is told, and never holds them. What is wrong in a
    row or with its headers is as grave as ever.
    """
    rule = verdict.rule
    if verdict.key[0] not in partial or rule.check.id in PART_CHECKS:
        return verdict
    if rule.block_fail_rate is not None or rule.max_fail_rate > 0:
        return replace(verdict, severity="warn") if verdict.severity == "block" else verdict
    if rule.check.scope == "delivery":
        return replace(verdict, numerator=0, denominator=0, passed=True)
    return verdict


def _previous_rows(
    report: ConformReport, reports: Sequence[ConformReport], earlier: Sequence[Admission], held: set[str]
) -> int | None:
    """Rows of the last admitted delivery of the same years before this one; None where there is none."""
    period = (report.first_year, report.last_year)
    ids = [one.delivery_id for one in reports]
    position = ids.index(report.delivery_id)
    before = [
        one for one in reports[:position] if (one.first_year, one.last_year) == period and not one.is_partial
    ]
    for one in reversed(before):
        if one.delivery_id not in held:
            return one.rows_conformed
    for old in reversed(earlier):
        if (
            old.delivery_id not in ids
            and old.status == "admitted"
            and (old.first_year, old.last_year) == period
        ):
            return old.rows_conformed
    return None


def _load_facts(
    database: Scratch,
    reports: Sequence[ConformReport],
    new: Sequence[ConformReport],
    earlier: Sequence[Admission],
    held: set[str],
    structure: dict[str, dict[str, object]],
) -> None:
    """Table `delivery_facts`: one row a new delivery with the counts of its conform report."""
    rows = []
    for report in new:
        wrong = [
            total
            for total in report.totals_in_file
            if abs(total.printed - total.summed) > max(0.5, 1e-9 * abs(total.summed))
        ]
        rows.append(
            {
                "delivery_id": report.delivery_id,
                "agency_code": report.feed_code.split("/")[0],
                "feed_code": report.feed_code,
                "file_name": report.file_name,
                "rows_in": report.rows_in,
                "rows_conformed": report.rows_conformed,
                "rows_rejected": report.rows_rejected,
                "rows_not_data": report.rows_not_data,
                "cells_total": report.cells_read,
                "cells_unreadable": report.cells_unreadable,
                "cells_repaired": sum(report.repairs.values()),
                "errors": len(report.errors),
                "errors_text": "; ".join(f"{e.message_th} · {e.message_en}" for e in report.errors),
                "unknown_headers": len(report.unknown_headers),
                "unknown_headers_text": ", ".join(report.unknown_headers),
                "missing_required": len(report.missing_required),
                "missing_required_text": ", ".join(report.missing_required),
                "previous_rows": _previous_rows(report, reports, earlier, held),
                "first_year": report.first_year,
                "totals_checked": len(report.totals_in_file),
                "totals_wrong": len(wrong),
                "totals_wrong_text": "; ".join(
                    f"{t.measure}: {t.printed:,.0f} <> {t.summed:,.0f}" for t in wrong
                ),
                **structure[report.delivery_id],
            }
        )
    texts = {"delivery_id", "agency_code", "feed_code", "file_name"}
    schema = {key: pl.String() if key in texts or key.endswith("_text") else pl.Int64() for key in rows[0]}
    with tempfile.TemporaryDirectory(prefix="tambon-facts-") as folder:
        path = Path(folder) / "facts.parquet"
        pl.DataFrame(rows, schema=schema).write_parquet(path)
        database.connection.execute(
            f"""
            CREATE OR REPLACE TABLE {FACTS} AS
            SELECT facts.*, coalesce(labels.unknown, 0) AS cells_unknown_label,
                coalesce(labels.personal, 0) AS cells_personal, coalesce(labels.number, 0) AS cells_personal_number
            FROM read_parquet('{quoted(path)}') AS facts
            LEFT JOIN (
                SELECT delivery_id, count(*) FILTER (WHERE error_code = 'unknown_label') AS unknown,
                    count(*) FILTER (WHERE error_code IN ('personal_number', 'personal_masked')) AS personal,
                    count(*) FILTER (WHERE error_code = 'personal_number') AS number
                FROM cells GROUP BY ALL
            ) AS labels USING (delivery_id)
            """
        )


def _load_comparison(
    database: Scratch,
    home: Home,
    contract: Contract,
    reports: Sequence[ConformReport],
    new: Sequence[ConformReport],
    earlier: Sequence[Admission],
    held: set[str],
) -> None:
    """Table `delivery_compare`: each new delivery against what was admitted before it."""
    ids = [report.delivery_id for report in reports]
    older = [one.delivery_id for one in earlier if one.status == "admitted" and one.delivery_id not in ids]
    rows = []
    for report in new:
        folder = admission_folder(home, report.delivery_id)
        before = [one for one in (*older, *ids[: ids.index(report.delivery_id)]) if one not in held]
        known = [
            (found, place) for one in before if (found := read_profile(place := admission_folder(home, one)))
        ]
        profile = read_profile(folder)
        rows += compared(database, contract, profile, folder, known) if profile else []
    load_comparison(database, rows)


def reason_of(verdict: Verdict, value: str | None = None) -> Reason:
    """A failed verdict in words: what failed, how often, the limit it is over, what stood there, and how to mend it."""
    rule, failing, total = verdict.rule, int(verdict.numerator), int(verdict.denominator)
    share = f" ({failing:,} / {total:,} = {failing / total:.2%})" if total > 1 else ""
    limit = rule.block_fail_rate if rule.block_fail_rate is not None else rule.max_fail_rate
    over_th = f" เกินเกณฑ์ {limit:.1%}" if total > 1 and limit else ""
    over_en = f", limit {limit:.1%}" if total > 1 and limit else ""
    found = f": {value}" if value else ""
    blocks = verdict.severity == "block"
    mend_th = f" — วิธีแก้: {rule.check.mend.th}" if blocks else ""
    mend_en = f" — to mend: {rule.check.mend.en}" if blocks else ""
    return Reason(
        check_id=rule.check_id,
        severity=verdict.severity,
        numerator=failing,
        denominator=total,
        message_th=f"ไม่ผ่าน: {rule.title_th}{found}{share}{over_th}{mend_th}",
        message_en=f"Failed: {rule.title_en}{found}{share}{over_en}{mend_en}",
    )


def _record(
    database: Scratch,
    home: Home,
    contract: Contract,
    report: ConformReport,
    rules: Sequence[Rule],
    checks: pl.DataFrame,
    verdicts: Sequence[Verdict],
    fingerprints: dict[str, str],
    now: datetime,
) -> Admission:
    """Write one delivery's admission.

    `admission.json` comes last, so a killed run leaves nothing that looks whole.
    """
    own = {verdict.rule.check_id: verdict for verdict in verdicts if verdict.key[0] == report.delivery_id}
    failed = [verdict for verdict in own.values() if not verdict.passed]
    blocking = [verdict for verdict in failed if verdict.severity == "block"]
    folder = admission_folder(home, report.delivery_id)
    before = _read_admission(home, report.delivery_id)
    where = f"WHERE delivery_id = '{quoted(report.delivery_id)}'"
    findings = database.rows(f"SELECT count(*) FROM dq_finding {where}")[0][0]
    # what stood there, where a check looks at the delivery as a whole (its headers, its errors)
    values = dict(
        database.rows(
            f"SELECT check_id, any_value(value) FROM dq_finding {where} AND row_number IS NULL GROUP BY ALL"
        )
    )
    write_frame(checks, folder / "check.parquet")
    results = (_result(rule, own.get(rule.check_id), report, now) for rule in rules)
    write_frame(frame("dq_result", results), folder / "result.parquet")
    write_table(
        database,
        f"SELECT {columns_of('dq_finding')} FROM dq_finding {where} ORDER BY sheet, row_number, check_id",
        folder / "finding.parquet",
    )
    admission = Admission(
        delivery_id=report.delivery_id,
        agency_code=contract.agency_code,
        feed_code=contract.feed,
        record_kind=contract.record_kind,
        file_name=report.file_name,
        status="held" if blocking else "admitted",
        reasons=tuple(reason_of(verdict, values.get(verdict.rule.check_id)) for verdict in blocking),
        warnings=tuple(
            reason_of(verdict, values.get(verdict.rule.check_id))
            for verdict in failed
            if verdict.severity != "block"
        ),
        fingerprint=fingerprints[report.delivery_id],
        contract_version=contract.version,
        contract_fingerprint=contract.fingerprint,
        suite_fingerprint=catalogue_fingerprint(),
        rows_in=report.rows_in,
        rows_conformed=report.rows_conformed,
        rows_rejected=report.rows_rejected,
        rows_not_data=report.rows_not_data,
        cells_unreadable=report.cells_unreadable,
        first_year=report.first_year,
        last_year=report.last_year,
        findings=int(findings),
        measured_at=now,
        conformed_sha256=sha256_of(report.conformed_path),
        held_since=((before.held_since if before else None) or now) if blocking else None,
    )
    return _write_admission(home, _as_decided(home, admission))


def _result(rule: Rule, verdict: Verdict | None, report: ConformReport, now: datetime) -> dict[str, object]:
    empty = verdict is None or verdict.denominator == 0
    return {
        "check_id": rule.check_id,
        "stage": rule.check.stage,
        "feed_code": report.feed_code,
        "agency_code": report.feed_code.split("/")[0],
        "delivery_id": report.delivery_id,
        "numerator": 0 if verdict is None else int(verdict.numerator),
        "denominator": 0 if verdict is None else int(verdict.denominator),
        "passed": verdict is None or verdict.passed,
        "severity": rule.severity if verdict is None else verdict.severity,
        "not_applicable_reason": "ไม่มีค่าให้ตรวจ · nothing to check" if empty else None,
        "measured_at": now,
    }
