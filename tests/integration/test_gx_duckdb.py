"""How far Great Expectations works over DuckDB by itself, and that our parts make it work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from expectations.catalogue import Bilingual, Check, CheckError, make_rule
from expectations.gx_runner import _context, run_suite
from expectations.scratch import scratch

REPO = Path(__file__).parents[2]
_TEXT = Bilingual(th="ทดสอบ", en="test")

BUILT_IN = """
import os, sys
os.environ["GX_ANALYTICS_ENABLED"] = "false"
import great_expectations as gx
if sys.argv[1] == "patched":
    from expectations.gx_rules import keep_duckdb_connection
    keep_duckdb_connection()
from expectations.scratch import scratch
with scratch() as database:
    database.connection.execute("CREATE TABLE t AS SELECT 1 AS x")
    context = gx.get_context(mode="ephemeral")
    source = context.data_sources.add_sql("s", connection_string=database.url)
    batch = source.add_table_asset("t", table_name="t").add_batch_definition_whole_table("b").get_batch()
    result = batch.validate(gx.expectations.ExpectColumnValuesToNotBeNull(column="x"))
    print("WORKS" if result.success else "FAILS")
"""


def _check(fails: str, **changes: object) -> Check:
    return Check.model_validate(
        {
            "id": "adm.test",
            "stage": "admission",
            "title": _TEXT,
            "meaning": _TEXT,
            "why": _TEXT,
            "mend": _TEXT,
            "dimension": "accuracy",
            "severity": "warn",
            "scope": "record",
            "table": "t",
            "expected": _TEXT,
            "since": "1",
            "fails": fails,
            **changes,
        }
    )


def _built_in(mode: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BUILT_IN, mode],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPO)},
        check=True,
        timeout=120,
    )
    return done.stdout.strip().splitlines()[-1]


def test_the_patch_is_still_needed_and_leaves_no_files(tmp_path: Path) -> None:
    assert _built_in("patched", tmp_path) == "WORKS"
    assert _built_in("plain", tmp_path) == "FAILS", (
        "Great Expectations now works over DuckDB by itself: "
        "remove keep_duckdb_connection from expectations/gx_rules.py"
    )
    assert list(tmp_path.iterdir()) == []


def test_all_rules_of_a_suite_are_counted_in_one_query_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.engine import Connection

    sent: list[str] = []
    original = Connection.exec_driver_sql

    def spy(self: Connection, statement: str, *args: object, **kwargs: object) -> object:
        sent.append(statement)
        return original(self, statement, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Connection, "exec_driver_sql", spy)
    rules = [make_rule(_check(f"v < {n}", block_fail_rate=0.5), part=str(n)) for n in range(30)]
    with scratch() as database:
        database.connection.execute("CREATE TABLE t AS SELECT i % 2 AS g, i AS v FROM range(100) AS r(i)")
        verdicts = run_suite(database, "t", rules, group_by=("g",)).verdicts
    assert len([statement for statement in sent if "FILTER" in statement]) == 1
    assert len(verdicts) == 60
    last = {verdict.key: verdict for verdict in verdicts if verdict.rule is rules[29]}
    assert [(last[g,].numerator, last[g,].denominator, last[g,].passed) for g in (0, 1)] == [
        (15, 50, False),
        (14, 50, False),
    ]
    assert next(v for v in verdicts if v.rule is rules[0]).passed


def test_the_ephemeral_project_is_never_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations does so at each change by itself: should it stop, or find another way, gx_runner need not prevent it."""
    from great_expectations.data_context.types.base import BaseYamlConfig

    written: list[str] = []
    original = BaseYamlConfig.to_yaml_str

    def spy(self: BaseYamlConfig) -> str:
        written.append(type(self).__name__)
        return str(original(self))

    monkeypatch.setattr(BaseYamlConfig, "to_yaml_str", spy)
    with scratch() as database:
        database.connection.execute("CREATE TABLE t AS SELECT 1 AS v")
        assert run_suite(database, "t", [make_rule(_check("v > 1"))]).verdicts[0].passed
        assert written == []
        monkeypatch.delattr(_context(), "_save_project_config")
        run_suite(database, "t", [make_rule(_check("v > 1"))])
        assert len(written) >= 2


def test_severity_is_judged_from_the_rate() -> None:
    with scratch() as database:
        database.connection.execute("CREATE TABLE t AS SELECT i AS v FROM range(100) AS r(i)")
        rules = [
            make_rule(_check("v < 10", block_fail_rate=0.1), part="at"),
            make_rule(_check("v < 11", block_fail_rate=0.1), part="above"),
            make_rule(_check("v < 11", max_fail_rate=0.2), part="allowed"),
        ]
        verdicts = run_suite(database, "t", rules).verdicts
    assert [(v.passed, v.severity) for v in verdicts] == [(False, "warn"), (False, "block"), (True, "warn")]


def test_signs_that_drivers_treat_specially_reach_the_database_as_they_are() -> None:
    with scratch() as database:
        database.connection.execute("CREATE TABLE t AS SELECT 'a%:b?' AS v")
        rule = make_rule(_check("v LIKE 'a%' AND v LIKE '%:b?'"))
        assert run_suite(database, "t", [rule]).verdicts[0].numerator == 1


def test_a_rule_that_cannot_be_evaluated_is_an_error_never_a_pass() -> None:
    with scratch() as database:
        database.connection.execute("CREATE TABLE t AS SELECT 1 AS v")
        with pytest.raises(CheckError, match="no_such_column"):
            run_suite(database, "t", [make_rule(_check("no_such_column > 0"))])
        assert run_suite(database, "t", [], columns=("v", "w")).missing_columns == ("w",)


def test_nothing_is_left_of_a_scratch_database() -> None:
    import sqlalchemy as sa

    with scratch() as database:
        database.connection.execute("CREATE TABLE t AS SELECT 1 AS v")
        run_suite(database, "t", [make_rule(_check("v > 1"))])
        url = database.url
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
    engine.dispose()
