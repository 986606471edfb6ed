"""Three feeds fail at once, each in its own way: the night's release comes out, the others are new, and who failed is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from expectations.catalogue import CheckError
from ingest.contract import load as contract_load
from ingest.home import Home
from tests.integration.conftest import Tambon
from tests.integration.homes import copy_home, flat, table, working_in
from tests.unit.held_world import drop, good_rows

pytestmark = pytest.mark.usefixtures("no_pages")

SUITE, READER, CONTRACT = "cdd/savings_groups", "satja/groups", "codi/welfare_funds"


def test_three_bad_feeds_stop_no_other(
    published_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tambon: Tambon
) -> None:
    from orchestration import feed_steps
    from orchestration.run import run_refresh

    home = copy_home(published_home, tmp_path / "home")
    before = table(home, "fct_fund_agency_year").group_by("feed_code").len().sort("feed_code")
    agencies = tmp_path / "agencies"
    shutil.copytree(contract_load.AGENCIES, agencies, ignore=shutil.ignore_patterns("__pycache__"))
    broken = agencies / f"{CONTRACT}.yml"
    broken.write_text(broken.read_text("utf-8").replace("fund_report", "fund_repotr"), encoding="utf-8")
    drop(home, "more-funds-synthetic.csv", good_rows(40, 2568))
    judge, conform = feed_steps.admit_feed, feed_steps.conform_arrival

    def admit_feed(home: Home, contract: object, *rest: object) -> object:
        if getattr(contract, "feed", None) == SUITE:
            raise CheckError("a column went missing")
        return judge(home, contract, *rest)  # type: ignore[arg-type]

    def conform_arrival(home: Home, arrival: object, contract: object) -> object:
        if getattr(contract, "feed", None) == READER:
            raise RuntimeError("a reader crashed")
        return conform(home, arrival, contract)  # type: ignore[arg-type]

    with working_in(home), monkeypatch.context() as patch:
        patch.setattr(contract_load, "AGENCIES", agencies)
        patch.setattr(feed_steps, "admit_feed", admit_feed)
        patch.setattr(feed_steps, "conform_arrival", conform_arrival)
        build = run_refresh(home)
        text = flat(tambon(home, "status").output)
    assert build.outcome == "published", build.reason
    after = table(home, "fct_fund_agency_year").group_by("feed_code").len().sort("feed_code")
    rows = dict(after.iter_rows())
    for feed, count in before.iter_rows():
        assert rows[feed] > count if feed == "nvf/village_funds" else rows[feed] == count, feed
    feeds = {row["feed_code"]: row for row in table(home, "dq_feed").to_dicts()}
    for feed, words in (
        (SUITE, "could not be judged"),
        (READER, "could not be conformed"),
        (CONTRACT, "contract cannot be used"),
    ):
        assert feeds[feed]["is_stale"]
        assert words in feeds[feed]["stale_reason_en"]
        assert feeds[feed]["age_days"] is not None
        assert feed in text
    told = table(home, "dq_finding").filter(pl.col("check_id") == "feed.fault")
    assert set(told["feed_code"]) == {SUITE, READER, CONTRACT}
    assert not [value for value in told["value"] if str(tmp_path) in value], (
        "no path of the machine is published"
    )
    manifest = json.loads((home.releases / "current" / "manifest.json").read_text(encoding="utf-8"))
    assert {SUITE, READER, CONTRACT} <= {one["feed_code"] for one in manifest["stale_feeds"]}
    # Mended: the next refresh tries again by itself, and nothing is left of it.
    with working_in(home):
        again = run_refresh(home)
    assert again.outcome == "published", again.reason
    assert not table(home, "dq_finding").filter(pl.col("check_id") == "feed.fault").height
    feeds = {row["feed_code"]: row for row in table(home, "dq_feed").to_dicts()}
    assert "could not" not in (feeds[SUITE]["stale_reason_en"] or "")
