"""Run a suite of rules on one table with Great Expectations, and hand back its verdicts."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from threading import Thread
from typing import Any, cast

from expectations.catalogue.model import CheckError, Rule, Severity
from expectations.gx_record import record_run
from expectations.scratch import Scratch

RATE_FLOOR = 3
"""From how many failing rows on a rate can hold a delivery or a release: one or two slips in a small feed are findings."""
_GX_SEVERITY: dict[str, str] = {"block": "critical", "warn": "warning", "info": "info"}


@dataclass(frozen=True)
class Verdict:
    """One rule in one group.

    Grain: rule x group. `key` holds the group's values in the order of `group_by`.
    """

    rule: Rule
    key: tuple[Any, ...]
    numerator: float
    denominator: float
    passed: bool
    severity: Severity


@dataclass(frozen=True)
class SuiteResult:
    """What a validation said.

    Verdicts by rule and group, and declared columns that the table does not have.
    """

    verdicts: tuple[Verdict, ...]
    missing_columns: tuple[str, ...]


@cache
def _context() -> Any:
    """One ephemeral project for the process: nothing on disk, nothing sent, no progress bars."""
    from expectations import gx_rules

    gx_rules.keep_duckdb_connection()
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # Kept nowhere, and yet written out as YAML four times a suite, which takes as long as the checks.
    setattr(context, "_save_project_config", lambda: None)  # noqa: B010
    return context


def warm_up() -> Thread:
    """Import Great Expectations in a thread of its own while a file is being read: most of the wait of a single check.

    A failed import is met, and told, by the suite that needs it.
    """

    def load() -> None:
        with suppress(Exception):
            _context()

    thread = Thread(target=load, name="great-expectations", daemon=True)
    thread.start()
    return thread


def run_suite(
    database: Scratch,
    table: str,
    rules: Sequence[Rule],
    *,
    group_by: Sequence[str] = (),
    columns: Sequence[str] = (),
) -> SuiteResult:
    """Validate `table` of the scratch database: one scan for all rules, judged per group; and that it has
    `columns`.

    Without `group_by` the whole table is one group. A table without rows gives no groups and so no verdicts
    when grouped.

    Raises:
        CheckError: Great Expectations could not evaluate a rule; its message says which and why.
    """
    if not rules and not columns:
        return SuiteResult((), ())
    context = _context()
    import great_expectations as gx
    from great_expectations.expectations.core.expect_table_columns_to_match_set import (
        ExpectTableColumnsToMatchSet,
    )
    from great_expectations.expectations.metadata_types import FailureSeverity

    from expectations.gx_rules import ExpectRuleToHoldPerGroup

    name = f"suite_{uuid.uuid4().hex}"
    rule_table = f"rules_{name}"
    database.connection.execute(
        f"CREATE TABLE {rule_table} "
        "(position INTEGER, check_id VARCHAR, failing_sql VARCHAR, total_sql VARCHAR)"
    )
    for position, rule in enumerate(rules):
        database.connection.execute(
            f"INSERT INTO {rule_table} VALUES (?, ?, ?, ?)",
            [position, rule.check_id, rule.failing_sql, rule.total_sql],
        )
    source = context.data_sources.add_sql(name, connection_string=database.url)
    engine = None
    try:
        batch = source.add_table_asset(name, table_name=table).add_batch_definition_whole_table(name)
        expectations: list[Any] = [
            ExpectRuleToHoldPerGroup(
                check_id=rule.check_id,
                rule_table=rule_table,
                group_by=",".join(group_by),
                rule_severity=rule.severity,
                max_fail_rate=rule.max_fail_rate,
                block_fail_rate=rule.block_fail_rate,
                rate_floor=RATE_FLOOR,
                severity=FailureSeverity(_GX_SEVERITY[rule.severity]),
            )
            for rule in rules
        ]
        if columns:
            expectations.append(ExpectTableColumnsToMatchSet(column_set=list(columns), exact_match=False))
        suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
        definition = context.validation_definitions.add(
            gx.ValidationDefinition(name=name, data=batch, suite=suite)
        )
        engine = source.get_execution_engine()
        began = time.perf_counter()
        outcome = definition.run(result_format="COMPLETE")
        record_run(outcome, table, rules, group_by, time.perf_counter() - began)
        return _read_outcome(outcome, {rule.check_id: rule for rule in rules}, table)
    finally:
        for store in (context.validation_definitions, context.suites, context.data_sources):
            with suppress(
                Exception
            ):  # what was never added cannot be removed; the first error is the one that matters
                store.delete(name)
        # Any connection left open keeps the in-memory database, its memory and the warehouse it has attached.
        for owner in (engine, source):
            if owner is not None:
                _close_engines(owner)
        database.connection.execute(f"DROP TABLE IF EXISTS {rule_table}")


def _close_engines(owner: Any) -> None:
    """Close the connection an execution engine keeps, and the pools of it or of a data source."""
    kept = getattr(owner, "_connection", None)
    if kept is not None:
        kept.close()
    for pool in (getattr(owner, "engine", None), getattr(owner, "_engine", None)):
        if pool is not None:
            pool.dispose()


def _first_trouble(info: dict[str, Any]) -> str | None:
    if "raised_exception" in info:
        return str(info["exception_message"]) if info["raised_exception"] else None
    troubles = [one for one in info.values() if isinstance(one, dict) and one.get("raised_exception", True)]
    return str(troubles[0].get("exception_message")) if troubles else None


def _read_outcome(outcome: Any, rules: dict[str, Rule], table: str) -> SuiteResult:
    verdicts: list[Verdict] = []
    missing: tuple[str, ...] = ()
    troubles: list[str] = []
    for one in outcome.results:
        kwargs = one.expectation_config.kwargs
        trouble = _first_trouble(one.exception_info or {})
        check_id = kwargs.get("check_id")
        if trouble:
            troubles.append(f"{table}: {check_id or one.expectation_config.type}: {trouble}")
        elif check_id is None:
            mismatched = one.result.get("details", {}).get("mismatched", {})
            missing = () if one.success else tuple(mismatched.get("missing", ("?",)))
        else:
            verdicts.extend(
                Verdict(
                    rule=rules[check_id],
                    key=tuple(group["key"]),
                    numerator=group["failing"],
                    denominator=group["total"],
                    passed=group["passed"],
                    severity=cast(Severity, group["severity"]),
                )
                for group in one.result["details"]["groups"]
            )
    if troubles and not missing:
        raise CheckError("; ".join(dict.fromkeys(troubles)))
    return SuiteResult(tuple(verdicts), missing)
