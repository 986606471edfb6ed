"""The engineers' pages: made from Great Expectations' own results, readable with no other host, hostile words escaped."""

from __future__ import annotations

import dataclasses
import re
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from expectations import gx_record
from expectations.catalogue import Rule, load_checks, make_rule
from expectations.gx_pages import MAX_GROUPS, write_pages
from expectations.gx_record import KEPT_RUNS, SuiteRun, documented, read_runs, record_run, slug
from expectations.gx_runner import run_suite
from expectations.scratch import Scratch, scratch

HOSTILE = "<script>alert(1)</script><img src=//example.org/x>"


@pytest.fixture
def rule() -> Rule:
    check = next(one for one in load_checks() if one.stage == "audit" and not one.names())
    return dataclasses.replace(
        make_rule(check),
        applies="true",
        fails="value < 0",
        numerator=None,
        max_fail_rate=0.0,
    )


def filled(database: Scratch, groups: int) -> None:
    database.connection.execute(
        f"CREATE TABLE facts AS SELECT CASE WHEN n = 0 THEN '{HOSTILE}' ELSE 'd' || n END AS delivery_id,"
        f" CASE WHEN n % 7 = 0 THEN -1 ELSE 1 END AS value FROM range({groups}) AS t(n)"
    )


def test_a_run_is_kept_as_great_expectations_told_it_and_shown(tmp_path: Path, rule: Rule) -> None:
    with scratch() as database, documented(tmp_path, "admission nvf/village_funds"):
        filled(database, MAX_GROUPS + 50)
        verdicts = run_suite(
            database, "facts", [rule], group_by=("delivery_id",), columns=("delivery_id", "absent")
        ).verdicts
    [(name, [path])] = read_runs(tmp_path).items()
    assert name == "admission-nvf-village_funds-facts"
    run = SuiteRun.model_validate_json(path.read_bytes())
    told = {one.check_id: one for one in run.expectations}
    ours, columns = told[rule.check_id], told[None]
    assert {tuple(group["key"]): group["failing"] for group in ours.groups} == {
        verdict.key: verdict.numerator for verdict in verdicts
    }
    assert not run.success
    assert not columns.success
    assert ours.failing_sql == rule.failing_sql
    assert run.statistics["evaluated_expectations"] == 2

    index = write_pages(tmp_path)
    assert name in index.read_text("utf-8")
    [page] = index.parent.glob("*/*.html")
    text = page.read_text("utf-8")
    assert rule.check_id in text
    assert "FAILED" in text
    assert "absent" in text
    assert "value &lt; 0" in text
    assert "&lt;script&gt;alert(1)" in text, "failing groups come first"
    assert "and 50 more groups" in text
    for made in (index, page):
        content = made.read_text("utf-8")
        assert "<script" not in content
        assert "<img" not in content
        # Whatever is loaded or linked lies beside it.
        assert not re.findall(r"""<[^>]*\s(?:src|href)=["']?(?:[a-z]+:|//)""", content)
        assert "@import" not in content
    assert "url(" not in (index.parent / "style.css").read_text("utf-8")


def test_nothing_is_kept_unless_asked_and_old_runs_go(tmp_path: Path, rule: Rule) -> None:
    with scratch() as database:
        filled(database, 3)
        run_suite(database, "facts", [rule], group_by=("delivery_id",))
        assert read_runs(tmp_path) == {}
        with documented(tmp_path, "audit"):
            run_suite(database, "facts", [rule], group_by=("delivery_id",))
    [first] = read_runs(tmp_path)["audit-facts"]
    run = SuiteRun.model_validate_json(first.read_bytes())
    index = write_pages(tmp_path)
    made = index.parent / "audit-facts" / f"{first.stem}.html"
    before = made.stat().st_mtime_ns
    for _ in range(KEPT_RUNS + 2):
        time.sleep(0.001)
        later = run.model_copy(update={"started_at": gx_record.datetime.now(gx_record.UTC)})
        gx_record._write(first.parent, later)
        if first.exists():
            write_pages(tmp_path)
            assert made.stat().st_mtime_ns == before, "a page that was made is not made again"
    assert len(read_runs(tmp_path)["audit-facts"]) == KEPT_RUNS
    write_pages(tmp_path)
    assert not made.exists()
    assert len(list((index.parent / "audit-facts").glob("*.html"))) == KEPT_RUNS


def test_a_result_that_cannot_be_recorded_stops_no_check(tmp_path: Path, rule: Rule) -> None:
    (tmp_path / "runs").write_text("in the way", encoding="utf-8")
    with scratch() as database, documented(tmp_path, "audit"):
        filled(database, 3)
        assert len(run_suite(database, "facts", [rule], group_by=("delivery_id",)).verdicts) == 3
    with documented(tmp_path, "audit"):
        record_run(object(), "facts", [rule], (), 0.1)


def test_a_damaged_record_is_passed_over_and_the_command_prints_the_path(tmp_path: Path) -> None:
    from cli.main import app

    folder = tmp_path / "datadocs" / "runs" / slug("audit X/Y")
    folder.mkdir(parents=True)
    (folder / "20260101.json").write_text("{", encoding="utf-8")
    done = CliRunner().invoke(app, ["datadocs", "--home", str(tmp_path)])
    assert done.exit_code == 0
    assert str(tmp_path / "datadocs" / "site" / "index.html") in done.output
    assert "No validation is recorded yet" in done.output
