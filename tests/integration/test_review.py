"""`tambon review`: what waits for a person is listed surest first, answered once, and a mistaken answer writes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from ingest.home import Home
from ingest.identity.stewardship import Decisions, read_decisions
from orchestration.builds import Build, save_build, warehouse_file
from release import build_release, publish
from tests.integration.conftest import Tambon
from tests.integration.homes import flat, working_in
from tests.release.conftest import make_meta

RELEASED, LATER = "20260101T000000-aaaaaa", "20260102T000000-bbbbbb"
CDD, CODI, SATJA = "cdd/savings_groups", "codi/finance_organisations", "satja/groups"
HOSTILE = "[bold red]กลุ่ม[/] <script>\u202e=cmd|' /C calc'!A0\x1b[31m"
BECAUSE = ("--because", "ถามที่ทำการแล้ว", "--by", "สมศรี")
EVIDENCE = {
    "village": {"level": "same_name_same_moo", "weight": 6.8},
    "founded": {"level": "other_year", "weight": -3.5},
    "numbers": {"level": "unknown", "weight": 0.0},
}
CANDIDATES = [
    {"code": "400101", "name": "ในเมือง / เมืองขอนแก่น / ขอนแก่น", "score": 100.0},
    {"code": "400102", "name": "สำราญ / เมืองขอนแก่น / ขอนแก่น", "score": 60.0},
]
COLUMNS = (
    "item_id", "kind", "reason", "confidence", "records", "feed_a", "fund_a", "name_a", "feed_b", "fund_b", "name_b",
    "reported_tambon_code", "reported_tambon", "reported_amphoe", "reported_province", "suggestion", "evidence",
    "question_th", "question_en",
)  # fmt: skip


def pair(
    item_id: str, kind: str, confidence: float, a: tuple[str, str], b: tuple[str, str], name: str = "ก"
) -> dict[str, Any]:
    return {
        "item_id": item_id, "kind": kind, "reason": "unsure", "confidence": confidence, "records": 2,
        "feed_a": a[0], "fund_a": a[1], "name_a": name, "feed_b": b[0], "fund_b": b[1], "name_b": "ข",
        "suggestion": "400101", "evidence": json.dumps(EVIDENCE),
        "question_th": f"{a[1]} «{name}» กับ {b[1]} เป็นกองทุนเดียวกันหรือไม่",
        "question_en": f"Are {a[1]} «{name}» and {b[1]} one fund?",
    }  # fmt: skip


def place(item_id: str, confidence: float, suggestion: str | None, **cells: str) -> dict[str, Any]:
    return {
        "item_id": item_id, "kind": "place", "reason": "unresolved", "confidence": confidence, "records": 3,
        **{f"reported_{name}": cell for name, cell in cells.items()}, "suggestion": suggestion,
        "evidence": json.dumps(CANDIDATES, ensure_ascii=False),
        "question_th": "ที่ตั้งคือตำบลใด", "question_en": "Which tambon is it?",
    }  # fmt: skip


WAITING = [
    pair("L0000000001", "link", 0.7, (CDD, "S05"), (CODI, "C05")),
    pair("L0000000002", "link", 0.8, (CDD, "S06"), (CODI, "C06"), HOSTILE),
    pair("L0000000003", "recode", 0.95, (SATJA, "T1"), (SATJA, "ภอ-1")),
    place("P0000000001", 0.5, "400101", tambon="ในเมือง"),
    place("P0000000002", 0.0, None, tambon_code="400102", tambon="ในเมือง", amphoe="เมืองขอนแก่น"),
]
SUREST_FIRST = ["L0000000003", "L0000000002", "L0000000001", "P0000000001", "P0000000002"]


def fill(warehouse: Path, waiting: list[dict[str, Any]]) -> Path:
    """A warehouse with these questions and three tambons, one of them abolished."""
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    types = {"confidence": "DOUBLE", "records": "BIGINT"}
    columns = ", ".join(f"{name} {types.get(name, 'VARCHAR')}" for name in COLUMNS)
    with duckdb.connect(str(warehouse)) as con:
        con.execute(f"CREATE TABLE mart_steward_queue ({columns})")
        for item in waiting:
            con.execute(
                f"INSERT INTO mart_steward_queue VALUES ({', '.join('?' * len(COLUMNS))})",
                [item.get(name) for name in COLUMNS],
            )
        con.execute(
            "CREATE TABLE dim_tambon AS SELECT *, 'เมืองขอนแก่น' AS amphoe_name_th, 'ขอนแก่น' AS province_name_th FROM (VALUES "
            "('400101', 'ในเมือง', true, 'U400101'), ('400102', 'สำราญ', true, 'U400102'), "
            "('400199', 'สำราญเก่า', false, 'U400102')) "
            "t(tambon_code, name_th, is_current, tambon_unit_id)"
        )
    return warehouse


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A published home in which five questions wait."""
    home = Home(tmp_path / "home")
    home.set_kind("synthetic")
    quality = tmp_path / "quality"
    quality.mkdir()
    duckdb.sql("SELECT 'f1' AS finding_id").write_parquet(str(quality / "dq_finding.parquet"))
    build_release(home, RELEASED, fill(tmp_path / "w.duckdb", WAITING), quality, make_meta())
    publish(home, RELEASED)
    return home


def decisions(home: Home) -> Decisions:
    return read_decisions(home.stewardship)


def written(home: Home) -> list[str]:
    return sorted(path.name for path in home.stewardship.glob("*.csv"))


def listed(tambon: Tambon, home: Home, *options: object) -> list[str]:
    result = tambon(home, "review", "--json", *options)
    assert result.exit_code == 0, result.output
    return [item["item_id"] for item in json.loads(result.stdout)]


def refused(result: Result, said: str, home: Home) -> None:
    """A clear answer in both languages, and nothing written."""
    assert result.exit_code == 2, result.output
    assert flat(said) in flat(result.output), result.output
    assert "Traceback" not in result.output
    assert any("\u0e00" <= letter <= "\u0e7f" for letter in result.output.split("Error:", 1)[1])
    assert written(home) == []


# ---- the list


def test_the_surest_comes_first_with_what_speaks_for_it(tambon: Tambon, home: Home) -> None:
    result = tambon(home, "review")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    heads = [line.split()[:4] for line in lines if line[:1] in "LP" and line[1:2].isdigit()]
    assert [head[0] for head in heads] == SUREST_FIRST
    assert heads[0] == ["L0000000003", "recode", "0.950", "2"]
    assert "   S05 «ก» กับ C05 เป็นกองทุนเดียวกันหรือไม่" in lines
    assert "   Are S05 «ก» and C05 one fund?" in lines
    assert "   village: same_name_same_moo (+6.8), founded: other_year (-3.5)" in lines
    assert "   400101  ในเมือง / เมืองขอนแก่น / ขอนแก่น" in lines


def test_the_list_can_be_narrowed(tambon: Tambon, home: Home) -> None:
    assert listed(tambon, home) == SUREST_FIRST
    assert listed(tambon, home, "--kind", "link") == ["L0000000002", "L0000000001"]
    assert listed(tambon, home, "--kind", "recode") == ["L0000000003"]
    assert listed(tambon, home, "--kind", "place", "--limit", 1) == ["P0000000001"]
    short = tambon(home, "review", "--limit", 2)
    assert "L0000000001" not in short.output
    assert "3 more" in short.output
    refused(tambon(home, "review", "--kind", "fund"), "use one of link, recode, place", home)


def test_json_has_every_question_whole(tambon: Tambon, home: Home, tmp_path: Path) -> None:
    many = Home(tmp_path / "many")
    items = [pair(f"L{n:010}", "link", 0.6, (CDD, f"S{n}"), (CODI, f"C{n}")) for n in range(30)]
    failed_build(many, LATER, items)
    assert len(listed(tambon, many)) == 30
    assert tambon(many, "review").output.count("one fund?") == 20
    result = tambon(home, "review", "--json")
    [found] = [item for item in json.loads(result.stdout) if item["item_id"] == "L0000000001"]
    assert set(found) == set(COLUMNS)
    assert (found["feed_a"], found["fund_a"], found["confidence"], found["reported_tambon"]) == (
        CDD,
        "S05",
        0.7,
        None,
    )


def test_hostile_names_are_only_text(tambon: Tambon, home: Home) -> None:
    output = tambon(home, "review", "--kind", "link").output
    assert "[bold red]กลุ่ม[/] <script>\\u202e=cmd|' /C calc'!A0\\u001b[31m" in output
    assert "\x1b" not in output
    assert "\u202e" not in output


def test_nothing_published_is_told(tambon: Tambon, tmp_path: Path) -> None:
    empty = Home(tmp_path / "empty")
    for command in (("review",), ("review", "answer", "L0000000001", "yes", *BECAUSE), ("review", "ask")):
        refused(tambon(empty, *command), "Nothing is published yet", empty)


# ---- answers


@pytest.mark.parametrize(
    ("item_id", "given", "decision"),
    [
        ("L0000000001", "yes", ("confirm", CDD, "S05", CODI, "C05")),
        ("L0000000001", " NO ", ("refuse", CDD, "S05", CODI, "C05")),
        ("L0000000001", "ใช่", ("confirm", CDD, "S05", CODI, "C05")),
        ("L0000000001", "ไม่ใช่", ("refuse", CDD, "S05", CODI, "C05")),
        ("L0000000003", "yes", ("confirm", SATJA, "T1", SATJA, "ภอ-1")),
    ],
)
def test_an_answer_on_a_pair_is_kept_and_not_asked_again(
    tambon: Tambon, home: Home, item_id: str, given: str, decision: tuple[str, ...]
) -> None:
    result = tambon(home, "review", "answer", item_id, given, *BECAUSE)
    assert result.exit_code == 0, result.output
    kept = decisions(home)
    assert kept.problems.is_empty()
    [row] = kept.links.select(
        "decision", "feed_a", "fund_a", "feed_b", "fund_b", "reason", "decided_by"
    ).rows()
    assert row == (*decision, "ถามที่ทำการแล้ว", "สมศรี")
    assert abs((kept.links["decided_on"].item() - datetime.now(UTC).date()).days) <= 1
    assert listed(tambon, home) == [one for one in SUREST_FIRST if one != item_id]
    again = tambon(home, "review", "answer", item_id, given, *BECAUSE)
    assert again.exit_code == 2
    assert "perhaps it was answered" in again.output
    assert decisions(home).links.height == 1


@pytest.mark.parametrize("given", ["400101", "๔๐๐๑๐๑", " 400101 ", "yes"])
def test_an_answer_on_a_place_names_a_tambon(tambon: Tambon, home: Home, given: str) -> None:
    result = tambon(home, "review", "answer", "P0000000001", given, *BECAUSE)
    assert result.exit_code == 0, result.output
    assert "400101 ในเมือง / เมืองขอนแก่น / ขอนแก่น" in result.output
    cells = ("reported_tambon_code", "reported_tambon", "reported_amphoe", "reported_province", "tambon_code")
    assert decisions(home).places.select(cells).rows() == [(None, "ในเมือง", None, None, "400101")]
    # the other place has the same tambon name, and more: it is another question
    assert listed(tambon, home, "--kind", "place") == ["P0000000002"]


def test_answers_are_appended(tambon: Tambon, home: Home) -> None:
    for item_id, given in zip(SUREST_FIRST, ("yes", "no", "yes", "yes", "400102"), strict=True):
        assert tambon(home, "review", "answer", item_id, given, *BECAUSE).exit_code == 0
    kept = decisions(home)
    assert kept.problems.is_empty()
    assert kept.links["decision"].to_list() == ["confirm", "refuse", "confirm"]
    assert kept.places["tambon_code"].to_list() == ["400101", "400102"]
    assert listed(tambon, home) == []
    assert "Nothing waits for a person" in tambon(home, "review").output


@pytest.mark.parametrize(
    ("item_id", "given", "because", "said"),
    [
        ("L9999999999", "yes", "x", "No question L9999999999 waits"),
        ("", "yes", "x", "No question  waits"),
        ("L0000000001", "maybe", "x", "answer yes or no"),
        ("L0000000001", "", "x", "answer yes or no"),
        ("L0000000001", "400101", "x", "answer yes or no"),
        ("L0000000001", "yes", "", "Cell reason is empty"),
        ("L0000000001", "yes", " \u200b\n ", "Cell reason is empty"),
        ("P0000000001", "400101", " ", "Cell reason is empty"),
        ("P0000000001", "999999", "x", "There is no tambon 999999"),
        ("P0000000001", "40010", "x", "There is no tambon 40010"),
        ("P0000000001", "", "x", "There is no tambon"),
        ("P0000000001", "ในเมือง", "x", "There is no tambon ในเมือง"),
        ("P0000000001", "' OR true --", "x", "There is no tambon"),
        ("P0000000001", "no", "x", "Answer with the tambon's six-digit code"),
        ("P0000000001", "400199", "x", "Tambon 400199 was abolished"),
        ("P0000000002", "yes", "x", "No tambon is suggested: give its six-digit code"),
    ],
)
def test_a_mistaken_answer_is_told_and_writes_nothing(
    tambon: Tambon, home: Home, item_id: str, given: str, because: str, said: str
) -> None:
    result = tambon(home, "review", "answer", "--because", because, "--by", "สมศรี", "--", item_id, given)
    refused(result, said, home)
    assert listed(tambon, home) == SUREST_FIRST


def test_an_abolished_code_says_what_it_is_today(tambon: Tambon, home: Home) -> None:
    result = tambon(home, "review", "answer", "P0000000001", "400199", *BECAUSE)
    assert "Today: 400102 สำราญ / เมืองขอนแก่น / ขอนแก่น" in result.output


def test_who_decides(tambon: Tambon, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(item_id: str, *options: str) -> Result:
        return tambon(home, "review", "answer", item_id, "yes", "--because", "x", *options)

    def nobody() -> str:
        raise OSError("no name")

    monkeypatch.setattr("getpass.getuser", nobody)
    monkeypatch.delenv("TAMBON_STEWARD", raising=False)
    refused(answer("L0000000001"), "Cell decided_by is empty", home)
    monkeypatch.setenv("TAMBON_STEWARD", "วิชัย")
    refused(answer("L0000000001", "--by", " "), "Cell decided_by is empty", home)
    assert answer("L0000000001").exit_code == 0
    assert answer("L0000000002", "--by", "สมศรี").exit_code == 0
    monkeypatch.setenv("TAMBON_STEWARD", "")
    monkeypatch.setattr("getpass.getuser", lambda: "login")
    assert answer("L0000000003").exit_code == 0
    assert decisions(home).links["decided_by"].to_list() == ["วิชัย", "สมศรี", "login"]


def test_a_file_that_is_none_of_ours_is_left_alone(tambon: Tambon, home: Home) -> None:
    home.stewardship.mkdir()
    links = home.stewardship / "links.csv"
    links.write_text("decision,feed_a\nconfirm,x/y\n", encoding="utf-8")
    result = tambon(home, "review", "answer", "L0000000001", "yes", *BECAUSE)
    assert result.exit_code == 2
    assert "is missing; nothing of this file is used" in result.output
    assert links.read_text(encoding="utf-8") == "decision,feed_a\nconfirm,x/y\n"


def test_a_folder_that_cannot_be_written_is_told(tambon: Tambon, home: Home) -> None:
    home.stewardship.write_text("a file where the folder should be", encoding="utf-8")
    result = tambon(home, "review", "answer", "L0000000001", "yes", *BECAUSE)
    assert result.exit_code == 2, result.output
    assert "Cannot write in" in result.output
    assert "Traceback" not in result.output


def test_a_folder_elsewhere_is_used(
    tambon: Tambon, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAMBON_STEWARDSHIP", str(tmp_path / "kept"))
    assert tambon(home, "review", "answer", "L0000000001", "yes", *BECAUSE).exit_code == 0
    assert (tmp_path / "kept" / "links.csv").is_file()
    assert listed(tambon, home) == [one for one in SUREST_FIRST if one != "L0000000001"]


# ---- one by one


def ask(home: Home, typed: str, *options: str) -> Result:
    from cli.main import app

    with working_in(home):
        return CliRunner().invoke(app, ["review", "ask", "--by", "สมศรี", *options], input=typed)


def test_questions_are_asked_one_by_one(home: Home) -> None:
    # yes; a slip and then no; later; a code that does not exist, none, and then a good one; enough
    typed = "yes\nsame committee\nmaybe\nx\nno\nother village\n\n999999\nx\n400101\n\n400101\nasked\nq\n"
    result = ask(home, typed)
    assert result.exit_code == 0, result.output
    assert "answer yes or no" in result.output
    assert "There is no tambon 999999" in result.output
    assert "Cell reason is empty" in result.output
    assert "3 answered" in result.output
    kept = decisions(home)
    assert kept.links.select("decision", "fund_a", "reason").rows() == [
        ("confirm", "T1", "same committee"),
        ("refuse", "S06", "other village"),
    ]
    assert kept.places["tambon_code"].to_list() == ["400101"]


@pytest.mark.parametrize("typed", ["", "yes\n", "q\n", "\n\n\n\n\n"])
def test_the_end_of_the_input_ends_the_questions(home: Home, typed: str) -> None:
    result = ask(home, typed)
    assert result.exit_code == 0, result.output
    assert "0 answered" in result.output
    assert written(home) == []


# ---- a build that could not be published for what is asked


def failed_build(
    home: Home, build_id: str, waiting: list[dict[str, Any]], outcome: str = "audit_failed"
) -> None:
    began = datetime(2026, 1, 2, tzinfo=UTC)
    build = Build(build_id=build_id, run_id=build_id, input_fingerprint="x", started_at=began)
    save_build(home, build.model_copy(update={"outcome": outcome}))
    fill(warehouse_file(home, build_id), waiting)


def test_what_a_failed_audit_asks_for_can_be_answered(tambon: Tambon, home: Home) -> None:
    """Places that nobody could resolve may stop a release: their questions must not wait for it."""
    failed_build(home, LATER, [place("P0000000009", 0.5, None, tambon="ใหม่"), WAITING[0]])
    assert listed(tambon, home) == ["L0000000001", "P0000000009"]
    assert tambon(home, "review", "answer", "P0000000009", "400102", *BECAUSE).exit_code == 0
    assert listed(tambon, home) == ["L0000000001"]


@pytest.mark.parametrize(
    ("build_id", "outcome"),
    [("20251231T000000-cccccc", "audit_failed"), (LATER, "running"), (LATER, "failed"), (LATER, "published")],
)
def test_any_other_build_asks_nothing(tambon: Tambon, home: Home, build_id: str, outcome: str) -> None:
    failed_build(home, build_id, [], outcome)
    assert listed(tambon, home) == SUREST_FIRST


def test_a_failed_build_whose_warehouse_is_gone_is_passed_over(tambon: Tambon, home: Home) -> None:
    failed_build(home, LATER, [])
    warehouse_file(home, LATER).unlink()
    assert listed(tambon, home) == SUREST_FIRST


# ---- the sample


@pytest.mark.slow
def test_the_samples_questions_can_all_be_answered(
    tambon: Tambon, published_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAMBON_STEWARDSHIP", str(tmp_path / "stewardship"))
    items = json.loads(tambon(published_home, "review", "--json").stdout)
    assert {item["kind"] for item in items} == {"link", "recode", "place"}
    assert [item["confidence"] for item in items] == sorted(
        (item["confidence"] for item in items), reverse=True
    )
    assert all(item["question_th"] and item["question_en"] and item["evidence"] for item in items)
    # where a code and names contradict each other neither is put into the steward's mouth
    contradictions = [item for item in items if item["reason"] == "conflict" and item["kind"] == "place"]
    assert contradictions
    assert {item["suggestion"] for item in contradictions} == {None}
    for kind in ("link", "recode", "place"):
        item = next(one for one in items if one["kind"] == kind and (kind != "place" or one["suggestion"]))
        result = tambon(published_home, "review", "answer", item["item_id"], "yes", *BECAUSE)
        assert result.exit_code == 0, result.output
    kept = read_decisions(tmp_path / "stewardship")
    assert kept.problems.is_empty()
    assert (kept.links.height, kept.places.height) == (2, 1)
    left = json.loads(tambon(published_home, "review", "--json").stdout)
    assert len(left) == len(items) - 3
