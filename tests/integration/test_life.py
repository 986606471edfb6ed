"""Findings across releases: the office sends its file again, better in one place and worse in another, in another order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from ingest.contract import load_contracts
from ingest.home import Home
from release import prune, resolve_current
from tests.integration.conftest import Tambon
from tests.integration.homes import copy_home, table
from tests.integration.test_refresh import delivery_rows, drop, number

pytestmark = pytest.mark.usefixtures("no_pages")

FEED = "nvf/village_funds"
CHECK = f"adm.not_above:{FEED}:loans_overdue_thb-loans_outstanding_thb"
FILE = "2568_01_nvf_synthetic.csv"
YEAR = 2568  # as pages and lists write it


@dataclass
class Sent:
    """A home after a corrected file, and the codes of the funds that were changed in it."""

    home: Home
    before: pl.DataFrame
    mended: str
    spoiled: str
    rows: list[list[str]]
    first_release: Path
    judged_before: dict[str, str]


def judged(home: Home) -> dict[str, str]:
    """When each delivery was last judged by the admission suite."""
    return {
        path.parent.name: str(json.loads(path.read_text(encoding="utf-8"))["measured_at"])
        for path in home.admission.glob("*/admission.json")
    }


def places_of(header: list[str]) -> list[int]:
    """Where a file has the fund's code, its overdue loans and its loans."""
    columns = load_contracts()[FEED].by_field
    wanted = ("fund_code", "loans_overdue_thb", "loans_outstanding_thb")
    return [next(header.index(one) for one in columns[field].headers if one in header) for field in wanted]


def lives(home: Home, code: str) -> list[tuple[str, int]]:
    """Life and its number of the findings of CHECK on a fund's report of the year, oldest life first."""
    known = table(home, "dq_finding_life").sort("life_number")
    return [
        (life, nth)
        for life, nth in known.filter(pl.col("finding_id").is_in(ids(home, code)))
        .select("life", "life_number")
        .iter_rows()
    ]


def ids(home: Home, code: str) -> list[str]:
    """Ids under which the releases still kept tell of CHECK on a fund's report of the year."""
    found = [
        pl.read_parquet(path).filter(check_id=CHECK, record_key=f"{code} · {YEAR}")["finding_id"].to_list()
        for path in home.releases.glob("*/quality/dq_finding.parquet")
    ]
    return sorted({one for some in found for one in some})


@pytest.fixture(scope="module")
def sent(published_home: Home, tmp_path_factory: pytest.TempPathFactory, tambon: Tambon) -> Sent:
    home = copy_home(published_home, tmp_path_factory.mktemp("life") / "home")
    first = resolve_current(home)
    assert first is not None
    before, judged_before = table(home, "dq_finding"), judged(home)
    header, *rows = delivery_rows(home, FILE)
    code, overdue, owed = places_of(header)
    above = [row for row in rows if number(row[overdue]) > number(row[owed]) and row[code]]
    counts = [row[code] for row in rows]
    sound = [
        row for row in rows if 0 < number(row[overdue]) < number(row[owed]) and counts.count(row[code]) == 1
    ]
    assert above
    assert sound
    mended, spoiled = above[0], sound[0]
    mended[overdue] = mended[owed]
    spoiled[overdue] = f"{number(spoiled[owed]) + 700:.0f}"
    # In another order: what a finding is known by is its record, not its row.
    changed = [header, *reversed(rows)]
    drop(home, FEED, "2568_02_nvf_synthetic_corrected.csv", changed)
    result = tambon(home, "refresh", "--quiet")
    assert result.exit_code == 0, result.output
    return Sent(home, before, mended[code], spoiled[code], changed, first, judged_before)


def test_only_the_new_delivery_was_judged(sent: Sent) -> None:
    now = judged(sent.home)
    (new,) = now.keys() - sent.judged_before.keys()
    assert new.startswith("nvf-village_funds-")
    assert {one: at for one, at in now.items() if one != new} == sent.judged_before


def test_what_was_mended_is_no_finding_any_more(sent: Sent) -> None:
    now = table(sent.home, "dq_finding")
    mended = sent.before.filter(check_id=CHECK, record_key=f"{sent.mended} · {YEAR}")
    assert mended.height == 1
    assert now.filter(pl.col("finding_id").is_in(mended["finding_id"].implode())).is_empty()
    assert lives(sent.home, sent.mended) == [("mended", 1)]
    closed = table(sent.home, "dq_finding_life").filter(finding_id=mended["finding_id"].item())
    assert closed["closed_release_id"].item() == table(sent.home, "dq_release")["release_id"].max()


def test_what_was_not_mended_persists_under_its_id(sent: Sent) -> None:
    """All findings of the file but those of the two changed funds stand on other rows of another delivery, as they were."""
    old = sent.before.filter(pl.col("file_name") == FILE, pl.col("check_id").str.starts_with("adm."))
    changed = pl.col("record_key").is_in([f"{sent.mended} · {YEAR}", f"{sent.spoiled} · {YEAR}"])
    kept = old.filter(~changed.fill_null(False))
    now = table(sent.home, "dq_finding").filter(pl.col("file_name").str.starts_with("2568_02_nvf"))
    assert kept.height > 10
    both = kept.join(now, on="finding_id", suffix="_now")
    assert both.height == kept.height
    assert both["life_now"].unique().to_list() == ["persisting"]
    assert both["first_release_id_now"].unique().to_list() == [sent.first_release.name]
    assert (both["delivery_id"] != both["delivery_id_now"]).all()
    assert table(sent.home, "dq_finding").filter(file_name=FILE, check_id=CHECK).is_empty()


def test_a_new_mistake_is_new(sent: Sent) -> None:
    found = table(sent.home, "dq_finding").filter(check_id=CHECK, record_key=f"{sent.spoiled} · {YEAR}")
    assert found["life"].to_list() == ["new"]
    known = table(sent.home, "dq_release").sort("release_id")
    assert found["first_release_id"].to_list() == [known["release_id"].to_list()[-1]]


def test_open_findings_and_lives_agree(sent: Sent) -> None:
    now = table(sent.home, "dq_finding")
    assert now["finding_id"].is_unique().all()
    known = table(sent.home, "dq_finding_life")
    assert known.select("finding_id", "life_number").is_unique().all()
    open_now = known.filter(pl.col("life").is_in(["new", "persisting"]))
    assert sorted(open_now["finding_id"]) == sorted(now["finding_id"])


def test_a_mistake_that_comes_back_has_another_life(sent: Sent, tambon: Tambon) -> None:
    """And what is remembered outlives the releases: the trend of the first is there after it was pruned."""
    header, *rows = sent.rows
    code, overdue, owed = places_of(header)
    row = next(row for row in rows if row[code] == sent.mended)
    row[overdue] = f"{number(row[owed]) + 900:.0f}"
    # Only the row: a correction of one record replaces no other.
    drop(sent.home, FEED, "2568_03_nvf_synthetic_one_row.csv", [header, row])
    known = ids(sent.home, sent.mended)
    open_before = set(table(sent.home, "dq_finding")["finding_id"])
    result = tambon(sent.home, "refresh", "--quiet")
    assert result.exit_code == 0, result.output
    assert ids(sent.home, sent.mended) == known, "one id for one problem"
    assert lives(sent.home, sent.mended) == [("mended", 1), ("new", 2)]
    now = table(sent.home, "dq_finding").filter(file_name="2568_02_nvf_synthetic_corrected.csv")
    assert now.filter(pl.col("check_id").str.starts_with("adm."), life="persisting").height > 10
    assert open_before >= set(now["finding_id"])

    prune(sent.home, keep=1)
    assert not sent.first_release.exists()
    assert table(sent.home, "dq_trend")["release_id"].n_unique() == 3
    assert sent.first_release.name in set(table(sent.home, "dq_release")["release_id"])


def test_scores_rank_the_agencies(sent: Sent, tambon: Tambon) -> None:
    result = tambon(sent.home, "scores", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)["agencies"]
    ranked = [one for one in told if one["rank"]]
    assert {one["agency_code"] for one in told} == {feed.split("/")[0] for feed in load_contracts()}
    assert [one["score"] for one in ranked] == sorted((one["score"] for one in ranked), reverse=True)
    assert all(0 < one["numerator"] <= one["denominator"] for one in ranked)
    assert all(one["ranked_of"] == len(ranked) for one in ranked)
    village = next(one for one in told if one["agency_code"] == "nvf")
    assert village["mended"] >= 1
    assert len(village["trend"].split()) >= 2
    shown = tambon(sent.home, "scores", "--dimension", "accuracy", "--province", "10")
    assert shown.exit_code == 0, shown.output
    assert f"/{len(ranked)}" in tambon(sent.home, "scores").output
    assert tambon(sent.home, "scores", "--csv").output.startswith("rank,ranked_of,agency_code,score")
    assert tambon(sent.home, "scores", "--dimension", "beauty").exit_code == 2
