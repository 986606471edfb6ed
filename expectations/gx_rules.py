"""Great Expectations parts of ours: a metric that counts every rule in one scan, and the expectation that
judges one rule.

Importing this module imports Great Expectations (about seven seconds): only `gx_runner` does, when something
must be checked.
"""

from __future__ import annotations

import os

# Read when the library is imported.
os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ.setdefault("DO_NOT_TRACK", "1")

from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import sqlalchemy_execution_engine
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

METRIC = "tambon.rule_counts_by_group"


class _Dialect(str):
    """A dialect name that compares as text and has `value`, like the members of the library's own
    enumeration.
    """

    __slots__ = ()

    @property
    def value(self) -> str:
        return str(self)


def keep_duckdb_connection() -> None:
    """Have the library keep one connection for DuckDB, as it does for SQLite.

    Without it, it reads a result after closing its connection, and duckdb-engine then has none left: every
    built-in metric
    ends in "list index out of range". The setting is private; tests/integration/test_gx_duckdb.py says when
    it can go.
    """
    known = sqlalchemy_execution_engine._PERSISTED_CONNECTION_DIALECTS
    if "duckdb" not in known:
        setattr(sqlalchemy_execution_engine, "_PERSISTED_CONNECTION_DIALECTS", (*known, _Dialect("duckdb")))  # noqa: B010


class RuleCountsByGroup(TableMetricProvider):  # type: ignore[misc,unused-ignore]
    """Failing and total of every rule in a table of rules, by group, from one scan of the batch.

    Value: `{check_id: [(group values, failing, total), …]}`. Equal configurations are computed once in a
    validation, so forty
    expectations on the same rule table share this one query.
    """

    metric_name = METRIC
    value_keys = ("rule_table", "group_by")

    @metric_value(engine=SqlAlchemyExecutionEngine)  # type: ignore[misc,untyped-decorator,unused-ignore]
    def _sqlalchemy(
        cls,
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> dict[str, list[tuple[tuple[Any, ...], float, float]]]:
        batch, _, _ = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        relation = str(sa.select(sa.literal_column("*")).select_from(batch).compile(execution_engine.engine))
        groups = [name for name in metric_value_kwargs["group_by"].split(",") if name]
        with execution_engine.get_connection() as connection:
            try:
                rules = connection.exec_driver_sql(
                    "SELECT check_id, failing_sql, total_sql "
                    f"FROM {metric_value_kwargs['rule_table']} ORDER BY position"
                ).fetchall()
                counts = ", ".join(f"{failing}, {total}" for _, failing, total in rules)
                keys = "".join(f"{name}, " for name in groups)
                tail = f" GROUP BY {', '.join(groups)} ORDER BY ALL" if groups else ""
                rows = connection.exec_driver_sql(
                    f"SELECT {keys}{counts} FROM ({relation}) AS batch{tail}"
                ).fetchall()
            except Exception:
                connection.rollback()  # else every later error only says that the transaction is aborted
                raise
        at = len(groups)
        return {
            check_id: [(tuple(row[:at]), float(row[at + 2 * i]), float(row[at + 2 * i + 1])) for row in rows]
            for i, (check_id, _, _) in enumerate(rules)
        }


class ExpectRuleToHoldPerGroup(BatchExpectation):  # type: ignore[misc,unused-ignore]
    """Judge one rule in every group (delivery, feed, …): its share of failing rows stays within
    `max_fail_rate`.

    `block_fail_rate` makes a warning block above that share. The result's details list every group with its
    counts, whether it
    passed, and the severity as judged.
    """

    check_id: str
    rule_table: str
    group_by: str
    rule_severity: str
    max_fail_rate: float = 0.0
    block_fail_rate: float | None = None
    rate_floor: int = 1

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    success_keys: ClassVar[tuple[str, ...]] = (
        "check_id",
        "rule_table",
        "group_by",
        "rule_severity",
        "max_fail_rate",
        "block_fail_rate",
        "rate_floor",
    )

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        groups = []
        for key, failing, total in metrics[METRIC][self.check_id]:
            rate = failing / total if total else 0.0
            blocks = (
                self.block_fail_rate is not None
                and rate > self.block_fail_rate
                and failing >= self.rate_floor
            )
            passed = not blocks and rate <= self.max_fail_rate
            severity = "block" if blocks else self.rule_severity
            groups.append(
                {"key": list(key), "failing": failing, "total": total, "passed": passed, "severity": severity}
            )
        worst = max((g["failing"] / g["total"] for g in groups if g["total"]), default=0.0)
        return {
            "success": all(g["passed"] for g in groups),
            "result": {"observed_value": worst, "details": {"groups": groups}},
        }
