"""The whole job, from an inbox of messy files to a published release.

What one published home holds is looked at in test_sample_truth.py and test_sample_defects.py; here stands what its release says
of itself, and a story on a copy of it: nothing new, a delivery in the wrong unit that has to be stopped, its correction, and
builds that must not be published.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import Result

from ingest.contract import load_contracts
from ingest.home import Home
from ingest.landing import arrivals
from orchestration import steps
from orchestration.builds import Build, builds, latest_build, save_build, warehouse_file
from orchestration.plan import make_plan
from release import ReleaseError, read_manifest, resolve_current, resolve_quality
from tests.integration.conftest import Tambon
from tests.integration.homes import copy_home, flat, table, working_in

NUMBER_OF_A_PERSON = (
    "1234567890121"  # invented; the last digit is the check digit, so it looks like a real one
)


def test_the_release_says_what_it_is(published_home: Home) -> None:
    folder = resolve_current(published_home)
    assert folder is not None
    manifest = read_manifest(folder)
    assert manifest.is_synthetic
    assert {one.feed_code for one in manifest.inputs} == set(load_contracts()), "every feed came"
    admitted = table(published_home, "dq_delivery").filter(status="admitted")
    assert {one.sha256 for one in manifest.inputs} == set(admitted["sha256"])
    assert manifest.checks.failed_block == 2  # the held deliveries'; no check of the release blocks
    rows = {one.name: one.rows for one in manifest.tables}
    current = table(published_home, "dim_tambon").filter("is_current").height
    assert rows["mart_tambon_profile"] == current > 7_400
    assert rows["fct_fund_year"] == table(published_home, "fct_fund_year").height


# ---- a story on a copy: each step works on what the one before left


@dataclass
class Story:
    """The home, and what was current before the delivery in the wrong unit arrived."""

    home: Home
    first_release: Path
    original: list[list[str]]
    wrong: Result
    wrong_build: Build
    spoiled: list[str]


def delivery_rows(home: Home, file_name: str) -> list[list[str]]:
    arrival = next(one for one in arrivals(home) if one.file_name == file_name)
    text = (home.root / arrival.object_path).read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def drop(home: Home, feed: str, name: str, rows: list[list[str]]) -> None:
    path = home.inbox / feed / name
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


def number(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return 0.0


@pytest.fixture(scope="module")
def story(published_home: Home, tmp_path_factory: pytest.TempPathFactory, tambon: Tambon) -> Iterator[Story]:
    """Village funds come again with a tenth of the savings a hundred times too large, beside a held delivery
    of welfare funds. Each row is plausible and the delivery is admitted; the audit has to stop it.
    """
    home = copy_home(published_home, tmp_path_factory.mktemp("story") / "home")
    first = resolve_current(home)
    assert first is not None
    original = delivery_rows(home, "2568_01_nvf_synthetic.csv")
    code, savings = original[0].index("รหัสกองทุน"), original[0].index("เงินบัญชี 2")
    plausible = [i for i, row in enumerate(original) if i and 100_000 <= number(row[savings]) < 4_000_000]
    chosen = set(plausible[::5])
    wrong = [
        [*row[:savings], f"{number(row[savings]) * 100:.0f}", *row[savings + 1 :]] if i in chosen else row
        for i, row in enumerate(original)
    ]
    drop(home, "nvf/village_funds", "2568_02_nvf_synthetic_wrong_unit.csv", wrong)
    welfare = delivery_rows(home, "2567_01_codi_synthetic.csv")
    with_more = [[*row, "ผู้ตรวจ" if i == 0 else "ก"] for i, row in enumerate(welfare)]
    drop(home, "codi/welfare_funds", "2567_02_codi_synthetic_more.csv", with_more)
    with working_in(home), pytest.MonkeyPatch.context() as patch:
        # As where no new file is to blame; that one is held, and the others go on, is seen in test_hold_after_audit.
        patch.setattr(steps, "hold_blamed", lambda *_: [])
        result = tambon(home, "refresh", "--quiet")
        build = latest_build(home)
    assert build is not None
    yield Story(home, first, original, result, build, [original[i][code] for i in sorted(chosen)])


def test_nothing_new_changes_nothing(published_home: Home, tmp_path: Path, tambon: Tambon) -> None:
    home = copy_home(published_home, tmp_path / "home")

    def state() -> dict[str, int]:
        """Every file and link. A look at the sources is timed in `builds/stages.jsonl`, and leaves nothing else."""
        watched = ("builds", "releases", "landing", "conformed", "admission", "inbox", "identity", "history")
        return {
            str(path): path.lstat().st_mtime_ns
            for folder in watched
            for path in (home.root / folder).rglob("*")
            if (path.is_symlink() or path.is_file())
            and path.name != ".lock"
            and path != home.builds / "stages.jsonl"
        }

    before = state()
    result = tambon(home, "refresh")
    assert result.exit_code == 0, result.output
    assert "Nothing new, nothing changed" in result.output
    assert "truncated.xlsx" in result.output, "what still lies in the inbox is told again"
    assert state() == before
    assert not make_plan(home).needed


def test_a_failed_audit_stops_the_release(story: Story) -> None:
    assert story.wrong.exit_code == 1, story.wrong.output
    assert story.wrong_build.outcome == "audit_failed"
    assert "unit_slip" in json.dumps([r["check_id"] for r in blocking(story)])
    assert "The audit failed; the marts published before stay" in story.wrong.output
    assert resolve_current(story.home) == story.first_release
    spoilt = table(story.home, "fct_fund_year").filter(
        pl.col("fund_code").is_in(story.spoiled), fiscal_year=2025, feed_code="nvf/village_funds"
    )
    assert spoilt["savings_thb"].max() < 4_000_000


def blocking(story: Story) -> list[dict[str, object]]:
    audit = story.home.builds / story.wrong_build.build_id / "audit" / "audit.json"
    reasons: list[dict[str, object]] = json.loads(audit.read_text("utf-8"))["blocking"]
    return reasons


def test_a_failed_audit_publishes_the_quality_tables_beside(story: Story) -> None:
    folder = story.home.releases / f"quality-{story.wrong_build.build_id}"
    assert folder.is_dir()
    facts = {path for path in folder.rglob("*.parquet") if path.name.startswith(("fct_", "dim_", "mart_"))}
    shown = folder / "site" / "files" / "marts"
    assert {path.parent for path in facts} <= {shown}, "no marts of a failed build leave"
    for path in facts:  # its pages offer those of the release that stands
        assert path.read_bytes() == (story.first_release / "marts" / path.name).read_bytes()
    results = pl.read_parquet(next(folder.rglob("dq_result.parquet")))
    failed = results.filter(
        ~pl.col("passed") & (pl.col("severity") == "block") & (pl.col("stage") == "audit")
    )
    assert failed.select("check_id", "feed_code").rows() == [
        ("fact.unit_slip:savings_thb", "nvf/village_funds")
    ]
    # Funds that began this year have no last year to jump from.
    funds = pl.read_parquet(next(story.first_release.rglob("fct_fund_year.parquet"))).filter(
        pl.col("fund_code").is_in(story.spoiled), feed_code="nvf/village_funds"
    )
    last_year = funds.filter(pl.col("savings_thb") > 0, fiscal_year=2024).select(
        "fund_id", last="savings_thb"
    )
    this_year = funds.filter(fiscal_year=2025).join(last_year, on="fund_id")
    jumped = set(this_year.filter(pl.col("savings_thb") * 100 > 20 * pl.col("last"))["fund_id"])
    assert len(jumped) > 50
    findings = pl.read_parquet(folder / "quality" / "dq_finding.parquet").filter(
        pl.col("file_name").str.contains("wrong_unit")
    )
    slips = findings.filter(check_id="fact.unit_slip:savings_thb")
    assert failed["numerator"].item() >= slips.height >= 0.95 * len(jumped)
    assert slips["severity"].unique().to_list() == ["block"]
    # A fund that grew much besides jumps by more than a power of ten explains.
    jumps = findings.filter(check_id="fact.yearly_jump:savings_thb")
    assert jumped <= {*slips["fund_id"], *jumps["fund_id"]}


def test_a_held_delivery_leaves_its_feed_on_the_last_admitted_one(story: Story) -> None:
    folder = story.home.releases / f"quality-{story.wrong_build.build_id}"
    feed = pl.read_parquet(next(folder.rglob("dq_feed.parquet"))).filter(feed_code="codi/welfare_funds")
    deliveries = pl.read_parquet(next(folder.rglob("dq_delivery.parquet"))).filter(
        feed_code="codi/welfare_funds"
    )
    held = deliveries.filter(status="held")
    assert held["file_name"].to_list() == ["2567_02_codi_synthetic_more.csv"]
    assert "ผู้ตรวจ" in "".join(
        pl.read_parquet(next(folder.rglob("dq_finding.parquet")))
        .filter(delivery_id=held["delivery_id"].item())["value"]
        .drop_nulls()
    )
    assert feed["is_stale"].to_list() == [True]
    assert feed["stale_reason_th"].item()
    last = deliveries.filter(status="admitted").sort("sequence")["delivery_id"].to_list()[-1]
    assert feed["last_admitted_delivery_id"].item() == last
    given = story.home.builds / story.wrong_build.build_id / "input"
    used = {path.stem for path in given.rglob("codi-welfare_funds-*")}
    assert used == set(deliveries.filter(status="admitted")["delivery_id"])


@pytest.fixture(scope="module")
def mended(story: Story, tambon: Tambon) -> Build:
    """The office sends the file again, corrected, with one fund's new savings and a person's number in a name."""
    rows = [list(row) for row in story.original]
    code, name = rows[0].index("รหัสกองทุน"), rows[0].index("ชื่อกองทุน")
    savings = rows[0].index("เงินบัญชี 2")
    row = next(row for row in rows if row[code] == story.spoiled[0])
    row[savings] = f"{number(row[savings]) + 111:.0f}"
    row[name] += f" {NUMBER_OF_A_PERSON}"
    drop(story.home, "nvf/village_funds", "2568_03_nvf_synthetic_mended.csv", rows)
    result = tambon(story.home, "refresh", "--quiet")
    assert result.exit_code == 0, result.output
    build = latest_build(story.home)
    assert build is not None
    return build


def test_a_corrected_delivery_is_published(story: Story, mended: Build) -> None:
    assert mended.outcome == "published"
    current = resolve_current(story.home)
    assert current == resolve_quality(story.home)
    assert current is not None
    assert current.name == mended.build_id
    assert current != story.first_release
    changes = read_manifest(current).changes
    assert changes is not None
    assert changes.since == story.first_release.name
    grown = {
        (one.programme_code, one.fiscal_year, one.measure_code): one.after_thb - one.before_thb
        for one in changes.money
        if one.after_thb is not None and one.before_thb is not None and one.after_thb != one.before_thb
    }
    assert grown == {("village_fund", 2025, "savings_thb"): pytest.approx(111)}


def test_every_revision_of_a_value_is_kept(story: Story, mended: Build) -> None:
    before = pl.read_parquet(next(story.first_release.rglob("fct_fund_year.parquet")))
    mine = (pl.col("fund_code") == story.spoiled[0]) & (pl.col("fiscal_year") == 2025)
    mine &= pl.col("feed_code") == "nvf/village_funds"
    old = before.filter(mine)["savings_thb"].item()
    revisions = table(story.home, "fct_fund_year_revision").filter(mine).sort("revision_number")
    assert revisions.select("revision_number", "savings_thb", "is_latest").rows() == [
        (1, old, False),
        (2, pytest.approx(old * 100), False),
        (3, old + 111, True),
    ]
    assert revisions["delivery_id"].n_unique() == 3
    now = table(story.home, "fct_fund_year").filter(mine)
    assert now.select("savings_thb", "revision_number").rows() == [(old + 111, 3)]


def test_a_persons_number_is_never_published(story: Story, mended: Build) -> None:
    current = resolve_current(story.home)
    assert current is not None
    name = (
        table(story.home, "fct_fund_year")
        .filter(fund_code=story.spoiled[0], fiscal_year=2025, feed_code="nvf/village_funds")["fund_name"]
        .item()
    )
    assert "เลขประจำตัวถูกปิด" in name
    with duckdb.connect(str(current / "marts.duckdb"), read_only=True) as con:
        for (one,) in con.execute("select table_name from duckdb_tables()").fetchall():
            hits = con.execute(
                f'select count(*) from "{one}" as t where contains(cast(t as varchar), ?)',
                [NUMBER_OF_A_PERSON],
            ).fetchall()
            assert hits == [(0,)], one


def test_only_the_audited_warehouse_is_published(story: Story, mended: Build, tmp_path: Path) -> None:
    home = copy_home(story.home, tmp_path / "home")
    before = resolve_current(home)
    audit = home.builds / mended.build_id / "audit" / "audit.json"
    recorded = audit.read_bytes()

    audit.unlink()
    with working_in(home), pytest.raises(ReleaseError, match="no audit of this build"):
        steps.publish(home, mended)

    failed = json.loads(recorded)
    failed["passed"] = False
    failed["blocking"] = blocking(story)
    audit.write_text(json.dumps(failed), encoding="utf-8")
    with working_in(home), pytest.raises(ReleaseError, match=r"may not be published.*unit"):
        steps.publish(home, mended)

    audit.write_bytes(recorded)
    with duckdb.connect(str(warehouse_file(home, mended.build_id))) as con:
        con.execute("update fct_fund_year set savings_thb = -5 where fund_code = ?", [story.spoiled[0]])
    with working_in(home), pytest.raises(ReleaseError, match="no audit of this build"):
        steps.publish(home, mended)
    assert resolve_current(home) == before

    # Judged again, the altered warehouse fails on what is wrong with it.
    with working_in(home):
        save_build(home, mended.model_copy(update={"outcome": "running"}))
        result = steps.run_audit(home, mended)
        assert not result.passed
        told = {reason.check_id for reason in result.blocking}
        assert "fact.non_negative:savings_thb" in told
        assert not steps.publish_quality_if_failed(home, mended).passed
    ended = latest_build(home)
    assert ended is not None
    assert ended.outcome == "audit_failed"
    assert resolve_current(home) == before
    quality = resolve_quality(home)
    assert quality is not None
    assert quality.name == f"quality-{mended.build_id}"


def test_status_tells_the_story(story: Story, mended: Build, tambon: Tambon) -> None:
    result = tambon(story.home, "status")
    assert result.exit_code == 0, result.output
    text = flat(result.output)
    assert flat("codi/welfare_funds (stale)") in text
    assert "2567_02_codi_synthetic_more.csv" in result.output
    assert flat("Next refresh: not needed") in text
    assert [build.outcome for build in builds(story.home)][-2:] == ["audit_failed", "published"]


def test_a_failed_dbt_test_stops_the_release_too(
    story: Story, mended: Build, tambon: Tambon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_home(story.home, tmp_path / "home")
    before = resolve_current(home)
    make_reference = steps.make_reference

    def without_welfare_funds(place: Home) -> dict[str, object]:
        made = make_reference(place)
        programmes = place.reference / "programme.parquet"
        pl.read_parquet(programmes).filter(pl.col("programme_code") != "welfare_fund").write_parquet(
            programmes
        )
        return made

    monkeypatch.setattr(steps, "make_reference", without_welfare_funds)
    result = tambon(home, "refresh", "--force", "--quiet")
    assert result.exit_code == 1, result.output
    build = latest_build(home)
    assert build is not None
    assert build.outcome == "audit_failed"
    assert "relationships_fct_fund_year_programme_code" in (build.reason or "")
    assert resolve_current(home) == before
    quality = resolve_quality(home)
    assert quality is not None
    assert quality.name == f"quality-{build.build_id}"


def test_a_file_that_is_not_of_the_sample_is_warned_of(tmp_path: Path) -> None:
    from ingest.landing import take_inbox
    from orchestration.overview import overview

    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.set_kind("synthetic")
    inbox = home.inbox / "nvf" / "village_funds"
    inbox.mkdir(parents=True)
    (inbox / "2568_01_nvf_synthetic.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (inbox / "กองทุน2568.csv").write_text("a,b\n3,4\n", encoding="utf-8")
    take_inbox(home, ["nvf/village_funds"], settle_seconds=0.1)
    assert overview(home).strangers == ["กองทุน2568.csv"]
