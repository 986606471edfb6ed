"""The command line as people use it: help, questions to the release, a check before sending, releases, errors."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from ingest.contract import load_contracts
from ingest.home import Home
from ingest.landing import arrivals
from tests.integration.conftest import Tambon
from tests.integration.homes import copy_home, flat, table, working_in


def commands() -> list[tuple[str, ...]]:
    from cli.main import app

    def walk(group: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for name, command in getattr(group, "commands", {}).items():
            if getattr(command, "commands", None):
                yield from walk(command, (*path, name))
            else:
                yield (*path, name)

    return sorted(walk(typer.main.get_command(app), ()))


@pytest.fixture(scope="module")
def home(published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy with a second, identical release beside the first: what the release commands need."""
    from orchestration.builds import build_path, latest_build, warehouse_file
    from orchestration.meta import build_meta
    from orchestration.steps import dbt_manifest
    from release import build_release, publish

    copy = copy_home(published_home, tmp_path_factory.mktemp("cli") / "home")
    build = latest_build(copy)
    assert build is not None
    with working_in(copy):
        meta = build_meta(copy, build, dbt_manifest(copy))
        audit = build_path(copy, build.build_id) / "audit"
        build_release(copy, "20991231T190000-abcdef", warehouse_file(copy, build.build_id), audit, meta)
        publish(copy, "20991231T190000-abcdef")
    return copy


@pytest.fixture(scope="module")
def releases(home: Home) -> tuple[str, str]:
    """Ids, oldest first."""
    from release import list_releases

    older, newer = sorted(info.release_id for info in list_releases(home))
    return older, newer


@pytest.fixture(scope="module")
def good_file(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newest village fund delivery as the office sent it."""
    arrival = next(one for one in arrivals(home) if one.file_name == "2568_01_nvf_synthetic.csv")
    target = tmp_path_factory.mktemp("sent") / arrival.file_name
    shutil.copyfile(home.root / arrival.object_path, target)
    return target


def no_traceback(output: str) -> None:
    assert "Traceback" not in output
    assert 'File "' not in output


# ---- help


def test_there_are_the_commands_that_others_rely_on() -> None:
    tops = {command[0] for command in commands()}
    assert {
        "refresh",
        "sample",
        "check",
        "status",
        "query",
        "releases",
        "feeds",
        "fetch",
        "review",
    } <= tops
    assert {("releases", name) for name in ("list", "compare", "verify", "rollback", "prune")} <= set(
        commands()
    )


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(command: tuple[str, ...]) -> None:
    from cli.main import app

    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Example:" in result.output
    assert flat("tambon " + " ".join(command)) in flat(result.output)


# ---- query


def test_query_as_a_table(home: Home, tambon: Tambon) -> None:
    result = tambon(home, "query", "select count(*) as tambons, 'น่าน' as name from mart_tambon_profile")
    assert result.exit_code == 0, result.output
    assert str(table(home, "mart_tambon_profile").height) in result.output
    assert "น่าน" in result.output


def test_query_as_csv_json_and_parquet(home: Home, tambon: Tambon, tmp_path: Path) -> None:
    sql = "select fund_id, savings_thb, fund_name from fct_fund_year order by all limit 20"
    as_csv = tambon(home, "query", sql, "--csv")
    as_json = tambon(home, "query", sql, "--json")
    out = tmp_path / "out.parquet"
    as_parquet = tambon(home, "query", sql, "--parquet", out)
    assert (as_csv.exit_code, as_json.exit_code, as_parquet.exit_code) == (0, 0, 0)
    expected = pl.read_parquet(out)
    assert expected.height == 20
    assert pl.read_csv(io.StringIO(as_csv.stdout)).equals(expected)
    assert json.loads(as_json.stdout) == expected.to_dicts()


def test_query_shows_hostile_text_as_text(home: Home, tambon: Tambon) -> None:
    sql = "select '[red]x[/red] [link=http://example.org]y[/link] [/]' as a, '<script>' as b"
    result = tambon(home, "query", sql)
    assert result.exit_code == 0, result.output
    assert "[red]x[/red] [link=http://example.org]y[/link] [/]" in result.output
    assert "<script>" in result.output


@pytest.mark.parametrize(
    "sql",
    [
        "drop table fct_fund_year",
        "update fct_fund_year set savings_thb = 0",
        "create table x as select 1",
        "copy fct_fund_year to 'x.csv'",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/hostname')",
        "select * from '/etc/passwd'",
        "attach '/tmp/x.duckdb' as x",
        "set enable_external_access = true",
        "select 1; drop table dim_fund",
        "install httpfs",
        "selec 1",
        "select * from no_such_table",
        "",
    ],
)
def test_query_refuses_what_is_not_reading(home: Home, tambon: Tambon, sql: str) -> None:
    before = table(home, "fct_fund_year").height
    result = tambon(home, "query", sql, "--csv")
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Error" in result.stderr
    no_traceback(result.output)
    assert "root:" not in result.output
    assert table(home, "fct_fund_year").height == before


def test_query_where_nothing_is_published(tmp_path: Path, tambon: Tambon) -> None:
    result = tambon(Home(tmp_path), "query", "select 1")
    assert result.exit_code == 2
    assert "Nothing is published yet" in result.output


# ---- check


def test_check_admits_a_good_file(home: Home, tambon: Tambon, good_file: Path) -> None:
    before = sorted(path for path in home.root.rglob("*"))
    result = tambon(home, "check", good_file, "--feed", "nvf/village_funds")
    assert result.exit_code == 0, result.output
    assert "Would be admitted" in result.output
    delivery = table(home, "dq_delivery").filter(file_name=good_file.name)
    assert f"rows in file {delivery['rows_in'].item():,}" in result.output
    assert sorted(path for path in home.root.rglob("*")) == before, "nothing is kept"


def test_check_holds_an_undeclared_column(
    home: Home, tambon: Tambon, good_file: Path, tmp_path: Path
) -> None:
    rows = list(csv.reader(io.StringIO(good_file.read_text("utf-8-sig"))))
    hostile = "[bold]<b>x</b>[/bold]"
    rows[5][rows[0].index("เงินบัญชี 2")] = "=1+1"
    sent = tmp_path / "undeclared.csv"
    with sent.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[*row, hostile if i == 0 else "x"] for i, row in enumerate(rows)])
    findings = tmp_path / "findings.csv"
    result = tambon(home, "check", sent, "--feed", "nvf/village_funds", "--csv", findings)
    assert result.exit_code == 1, result.output
    assert "Would be held" in result.output
    assert hostile in result.output, "the header is shown as it stands"
    listed = pl.read_csv(findings, infer_schema_length=None)
    formula = listed.filter(pl.col("row_number") == 6)["value"].drop_nulls().to_list()
    assert "'=1+1" in formula, "a spreadsheet must not run it"
    assert listed.filter(pl.col("check_id").str.starts_with("adm.undeclared_column")).height == 1


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "empty.csv"), (b"PK\x03\x04 cut off", "cut.xlsx"), (b"\x00\xff\xfe\x00" * 50, "noise.csv")],
)
def test_check_of_a_file_that_is_no_table(
    home: Home, tambon: Tambon, tmp_path: Path, content: bytes, name: str
) -> None:
    (tmp_path / name).write_bytes(content)
    result = tambon(home, "check", tmp_path / name, "--feed", "nvf/village_funds")
    assert result.exit_code == 1, result.output
    assert "Would be held" in result.output
    no_traceback(result.output)


def test_check_that_cannot_be_done(home: Home, tambon: Tambon, good_file: Path, tmp_path: Path) -> None:
    unknown = tambon(home, "check", good_file, "--feed", "nvf/no_such_feed")
    assert unknown.exit_code == 2
    assert "nvf/village_funds" in unknown.output, "the known feeds are named"
    missing = tambon(home, "check", tmp_path / "missing.csv", "--feed", "nvf/village_funds")
    assert missing.exit_code == 2
    assert "missing.csv" in flat(missing.output)
    for result in (unknown, missing):
        no_traceback(result.output)


# ---- status, refresh


def test_status_as_json(home: Home, tambon: Tambon) -> None:
    result = tambon(home, "status", "--json")
    assert result.exit_code == 0, result.output
    status = json.loads(result.stdout)
    assert status["is_synthetic"] is True
    feeds = {feed["feed_code"]: feed for feed in status["feeds"]}
    assert feeds["nvf/village_funds"]["admitted"] == 3
    assert feeds["nvf/village_funds"]["held"] == 1
    assert sorted(held["file_name"] for held in status["held"]) == [
        "2567_02_fpo-peoples_finance_synthetic_undeclared_column.xlsx",
        "2567_02_nvf_synthetic_undeclared_column.csv",
    ]
    assert feeds.keys() == load_contracts().keys()
    assert status["build"]["outcome"] == "published"
    assert status["findings"] == table(home, "dq_finding").height


def test_status_of_an_empty_home(tmp_path: Path, tambon: Tambon) -> None:
    result = tambon(Home(tmp_path / "new"), "status")
    assert result.exit_code == 0, result.output
    assert "Nothing is published yet" in result.output


def test_a_dry_run_changes_nothing(home: Home, tambon: Tambon) -> None:
    path = home.inbox / "codi" / "welfare_funds" / "2568_09_codi_synthetic.csv"
    path.write_text("รหัสกองทุน,ชื่อกองทุน\n1,กองทุนทดสอบ\n", encoding="utf-8")
    try:
        result = tambon(home, "refresh", "--dry-run")
        assert result.exit_code == 0, result.output
        assert "Would run: yes" in result.output
        assert path.name in result.output
        assert path.exists()
    finally:
        path.unlink()


def test_a_broken_contract_is_told_with_file_and_line(
    home: Home, tambon: Tambon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest.contract import load as contract_load

    agencies = tmp_path / "agencies"
    shutil.copytree(contract_load.AGENCIES, agencies, ignore=shutil.ignore_patterns("__pycache__"))
    broken = agencies / "codi" / "welfare_funds.yml"
    text = broken.read_text("utf-8").replace("record_kind: fund_report", "record_kind: fund_repotr")
    broken.write_text(text, encoding="utf-8")
    line = text.splitlines().index("record_kind: fund_repotr") + 1
    monkeypatch.setattr(contract_load, "AGENCIES", agencies)
    for arguments in (("feeds", "check"), ("status",)):
        result = tambon(home, *arguments)
        # One broken contract is told, and stops no other feed.
        assert result.exit_code == (0 if arguments == ("status",) else 1), (arguments, result.output)
        assert f"welfare_funds.yml:{line}" in result.output, (arguments, result.output)
        assert "fund_report" in result.output, "the allowed values are named"
        no_traceback(result.output)


def test_a_sample_is_not_mixed_into_real_data(tmp_path: Path, tambon: Tambon) -> None:
    home = Home(tmp_path / "real")
    home.set_kind("real")
    result = tambon(home, "sample", "--scale", 0.001, "--years", 1)
    assert result.exit_code == 2
    assert "holds real data" in result.output
    assert not home.inbox.exists()


def test_sample_if_empty_leaves_deliveries_alone(home: Home, tambon: Tambon) -> None:
    before = sorted(home.inbox.rglob("*"))
    result = tambon(home, "sample", "--if-empty")
    assert result.exit_code == 0, result.output
    assert "no sample written" in result.output
    assert sorted(home.inbox.rglob("*")) == before


# ---- feeds


def test_feeds(home: Home, tambon: Tambon) -> None:
    listed = tambon(home, "feeds", "list")
    assert listed.exit_code == 0
    assert len(load_contracts()) >= 18
    for feed in load_contracts():
        assert feed in listed.output
    shown = tambon(home, "feeds", "show", "nvf/village_funds")
    assert shown.exit_code == 0
    assert "เงินบัญชี 2" in shown.output
    assert "savings_thb" in shown.output
    assert tambon(home, "feeds", "check").exit_code == 0
    unknown = tambon(home, "feeds", "show", "nvf/nothing")
    assert unknown.exit_code == 2
    assert "nvf/village_funds" in unknown.output


# ---- releases


def test_releases_are_listed_with_the_current_one_marked(
    home: Home, tambon: Tambon, releases: tuple[str, str]
) -> None:
    result = tambon(home, "releases", "list")
    assert result.exit_code == 0, result.output
    assert all(one in result.output for one in releases)
    marked = [line for line in result.output.splitlines() if "→" in line and "quality" not in line]
    assert len(marked) == 1
    assert releases[1] in marked[0]
    lines = [line for line in result.output.splitlines() if any(one in line for one in releases)]
    assert releases[1] in lines[0], "newest first"


def test_releases_compare(home: Home, tambon: Tambon, releases: tuple[str, str]) -> None:
    result = tambon(home, "releases", "compare", *releases)
    assert result.exit_code == 0, result.output
    row = next(line for line in result.output.splitlines() if "fct_fund_year " in line)
    rows = f"{table(home, 'fct_fund_year').height:,}"
    assert row.count(rows) == 2
    assert tambon(home, "releases", "compare", releases[0], "20000101T000000-000000").exit_code == 2


def test_releases_roll_back_verify_and_prune(
    home: Home, tambon: Tambon, releases: tuple[str, str], tmp_path: Path
) -> None:
    mine = copy_home(home, tmp_path / "home")
    older, newer = releases
    assert tambon(mine, "releases", "verify", older).exit_code == 0
    assert tambon(mine, "releases", "rollback", older).exit_code == 0
    assert (mine.releases / "current").resolve().name == older

    damaged = next((mine.releases / newer).rglob("fct_fund_year.parquet"))
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    verified = tambon(mine, "releases", "verify", newer)
    assert verified.exit_code == 1
    assert "fct_fund_year.parquet" in verified.output
    refused = tambon(mine, "releases", "rollback", newer)
    assert refused.exit_code == 2
    assert (mine.releases / "current").resolve().name == older

    tried = tambon(mine, "releases", "prune", "--keep", 1, "--dry-run")
    assert tried.exit_code == 0, tried.output
    assert (mine.releases / newer).exists()
    pruned = tambon(mine, "releases", "prune", "--keep", 1)
    assert pruned.exit_code == 0, pruned.output
    assert (mine.releases / older).exists(), "the current one always stays"
    for result in (verified, refused, tried, pruned):
        no_traceback(result.output)


@pytest.mark.parametrize("bad", ["../../etc", "no-such-release", "current"])
def test_releases_of_a_wrong_name(home: Home, tambon: Tambon, bad: str) -> None:
    for command in ("verify", "rollback"):
        result = tambon(home, "releases", command, bad)
        assert result.exit_code == 2, (command, result.output)
        no_traceback(result.output)


def test_lists_become_json_text_in_csv(tambon: Tambon, published_home: Home) -> None:
    done = tambon(published_home, "query", "select [1, 2] as a", "--csv")
    assert done.exit_code == 0
    assert done.stdout == 'a\n"[1, 2]"\n'


def test_a_spreadsheet_runs_nothing_of_ours(tambon: Tambon, published_home: Home) -> None:
    done = tambon(published_home, "query", "select '=cmd|x' as a", "--excel")
    assert done.exit_code == 0
    assert done.stdout == "\ufeffa\n'=cmd|x\n"


def test_a_terminal_is_sent_no_control_characters(tambon: Tambon, published_home: Home) -> None:
    done = tambon(published_home, "query", "select chr(27) || '[31mX' as a")
    assert "\x1b[31mX" not in done.stdout
    assert "u001b" in done.stdout


def test_a_file_that_cannot_be_written_is_told(tambon: Tambon, published_home: Home, tmp_path: Path) -> None:
    done = tambon(published_home, "query", "select 1 as a", "--parquet", str(tmp_path / "no" / "x.parquet"))
    assert done.exit_code == 2


def test_a_held_delivery_is_listed_shown_and_let_through(
    published_home: Home, tmp_path: Path, tambon: Tambon
) -> None:
    from tests.unit.held_world import doubled_rows, drop, take

    home = copy_home(published_home, tmp_path / "home")
    drop(home, "funds-2540-synthetic.csv", doubled_rows(year=2568))
    take(home)
    listed = json.loads(tambon(home, "held", "--json").output)
    one = next(row for row in listed if row["file_name"] == "funds-2540-synthetic.csv")
    ident = one["delivery_id"]
    assert one["can_be_let_through"]
    assert one["meanwhile"]
    assert ident in tambon(home, "held").output
    assert "Held since" in tambon(home, "held", "show", ident).output
    why = "สทบ. ยืนยันทางโทรศัพท์ว่ารายการซ้ำเป็นคนละบัญชี"
    assert tambon(home, "admit", ident, "--because", "ok", "--yes").exit_code == 2
    assert tambon(home, "admit", ident, "--because", why).exit_code == 2  # nobody to ask, and no --yes
    dry = tambon(home, "admit", ident, "--because", why, "--dry-run")
    assert dry.exit_code == 0
    assert "adm.key_unique" in json.dumps(one)
    assert "What follows" in dry.output
    assert not (home.root / "stewardship" / "admissions.csv").exists()
    done = tambon(home, "admit", ident, "--because", why, "--by", "สมชาย", "--yes")
    assert done.exit_code == 0, done.output
    assert ident not in tambon(home, "held", "--json").output
    assert '"needed"' not in tambon(home, "status", "--json").output
    assert "Next refresh: needed" in tambon(home, "status").output
    back = tambon(home, "admit", ident, "--withdraw", "--because", "สทบ. แจ้งว่าไฟล์ผิดจริง", "--yes")
    assert back.exit_code == 0, back.output
    assert ident in tambon(home, "held", "--json").output
