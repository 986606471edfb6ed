"""One feed's bad day is told and stays its own: each way of failing, on purpose."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from expectations.catalogue import CheckError
from expectations.deliveries import feed_rows
from expectations.faults import read_faults
from ingest.contract import Contract, load_contracts
from ingest.contract import load as contract_load
from ingest.contract.kept import keep_contracts, usable_contracts
from ingest.home import Home
from ingest.landing import take_inbox
from orchestration import feed_steps
from tests.unit.held_world import FEED, drop, good_rows


@pytest.fixture
def contract() -> Contract:
    return load_contracts()[FEED]


@pytest.fixture
def home(tmp_path: Path, contract: Contract) -> Home:
    """One admitted delivery, taken into a build once."""
    made = Home(tmp_path / "home")
    drop(made, "funds-2566-synthetic.csv", good_rows())
    work(made, contract)
    assert len(feed_steps.usable_deliveries(made, contract)) == 1
    return made


def work(home: Home, contract: Contract) -> list[str]:
    """Land, conform and judge as the job does; returns the steps that failed."""
    take_inbox(home, [FEED], settle_seconds=0)
    done = [feed_steps.conform_feed(home, contract), feed_steps.admit(home, contract)]
    return [one.fault.step for one in done if one.fault]


def usable(home: Home, contract: Contract) -> list[str]:
    return [arrival.file_name for arrival, _ in feed_steps.usable_deliveries(home, contract)]


def test_a_suite_that_cannot_run_leaves_the_feed_on_its_last_good_delivery(
    home: Home, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(home, "funds-2567-synthetic.csv", good_rows(year=2567))

    def fail(*_: object, **__: object) -> object:
        raise CheckError("adm.bounds: no such column")

    with monkeypatch.context() as patch:
        patch.setattr(feed_steps, "admit_feed", fail)
        assert work(home, contract) == ["admit"]
        assert usable(home, contract) == ["funds-2566-synthetic.csv"]
        (fault,) = read_faults(home)[FEED]
        assert "no such column" in fault.message_en
        row = next(
            row
            for row in feed_rows(load_contracts(), (), {}, datetime.now(UTC), read_faults(home))
            if row["feed_code"] == FEED
        )
        assert row["is_stale"]
        assert "could not be judged" in str(row["stale_reason_en"])
    assert work(home, contract) == []
    assert read_faults(home) == {}
    assert usable(home, contract) == ["funds-2566-synthetic.csv", "funds-2567-synthetic.csv"]


def test_a_reader_that_crashes_holds_its_own_delivery_only(
    home: Home, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> object:
        raise ZeroDivisionError("secret cell 1234567890123")

    drop(home, "funds-2567-synthetic.csv", good_rows(year=2567))
    with monkeypatch.context() as patch:
        patch.setattr("ingest.conform.file.read_file", crash)
        assert work(home, contract) == []
        assert usable(home, contract) == ["funds-2566-synthetic.csv"]
        assert "secret" not in (next(home.held.glob("*/report.md"))).read_text(encoding="utf-8")
    work(home, contract)
    assert usable(home, contract) == ["funds-2566-synthetic.csv", "funds-2567-synthetic.csv"]


@pytest.mark.parametrize(
    "error", [MemoryError(), OSError(28, "No space left on device"), RuntimeError("1234567890123")]
)
def test_conforming_that_fails_is_told_without_its_cells(
    home: Home, contract: Contract, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> object:
        raise error

    monkeypatch.setattr(feed_steps, "PAUSES", (0.0, 0.0))
    with monkeypatch.context() as patch:
        patch.setattr(feed_steps, "conform_arrival", fail)
        assert work(home, contract) == ["conform", "admit"]
        assert usable(home, contract) == ["funds-2566-synthetic.csv"]
    told = " ".join(fault.message_en for fault in read_faults(home)[FEED])
    assert "1234567890123" not in told
    assert type(error).__name__ in told or "No space left" in told
    first = read_faults(home)[FEED][0].since
    with monkeypatch.context() as patch:
        patch.setattr(feed_steps, "conform_arrival", fail)
        work(home, contract)
    assert read_faults(home)[FEED][0].since == first, "since the first time"


@pytest.mark.parametrize(("hiccups", "told"), [(1, []), (2, []), (3, ["conform"])])
def test_a_share_that_hiccups_is_tried_again_twice(
    home: Home, contract: Contract, monkeypatch: pytest.MonkeyPatch, hiccups: int, told: list[str]
) -> None:
    conform, left = feed_steps.conform_arrival, [OSError(5, "Input/output error")] * hiccups

    def hiccup(*given: object) -> object:
        if left:
            raise left.pop()
        return conform(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(feed_steps, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(feed_steps, "conform_arrival", hiccup)
    feed_steps.conform_feed(home, contract)
    assert [fault.step for fault in read_faults(home).get(FEED, ())] == told


def test_an_unreadable_conformed_file_is_made_again_from_what_landed(home: Home, contract: Contract) -> None:
    (path,) = (one for one in home.conformed.rglob("*.parquet") if one.name.count(".") == 1)
    path.unlink()
    path.write_bytes(b"PAR1 no parquet")
    assert work(home, contract) == []
    assert pl.read_parquet(path).height == 60
    assert usable(home, contract) == ["funds-2566-synthetic.csv"]


def test_kept_rows_that_were_changed_are_not_used(
    home: Home, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept,) = home.admission.glob("*/kept/*.parquet")
    rows = pl.read_parquet(kept)
    kept.unlink()
    rows.with_columns(pl.col("savings_thb") * 10).write_parquet(kept)
    with monkeypatch.context() as patch:
        patch.setattr(feed_steps, "admit_feed", lambda *_: 1 / 0)
        work(home, contract)
        assert usable(home, contract) == []


@pytest.fixture
def agencies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of all contracts, to break."""
    folder = tmp_path / "agencies"
    shutil.copytree(contract_load.AGENCIES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(contract_load, "AGENCIES", folder)
    contract_load._contracts.cache_clear()
    contract_load._agencies.cache_clear()
    return folder


def test_a_broken_contract_stands_back_alone_and_its_feed_is_read_by_the_last_valid_one(
    home: Home, agencies: Path
) -> None:
    whole = usable_contracts(home)
    assert not whole.broken
    keep_contracts(home, whole)
    broken = agencies / "codi" / "welfare_funds.yml"
    broken.write_text(broken.read_text("utf-8").replace("fund_report", "fund_repotr"), encoding="utf-8")
    contract_load._contracts.cache_clear()
    found = usable_contracts(home)
    assert list(found.broken) == ["codi/welfare_funds"]
    assert found.broken["codi/welfare_funds"].uses_kept
    assert found.broken["codi/welfare_funds"].short.startswith("codi/welfare_funds.yml:")
    assert list(found.contracts) == list(whole.contracts)
    for feed, one in found.contracts.items():
        assert one.fingerprint == whole.contracts[feed].fingerprint, "judged before, not judged again"


def test_a_contract_broken_from_its_first_day_is_told_and_the_others_work(home: Home, agencies: Path) -> None:
    (agencies / "codi" / "new_feed.yml").write_text("feed: [", encoding="utf-8")
    (agencies / "nfe" / "agency.yml").write_text("code: other\n", encoding="utf-8")
    contract_load._contracts.cache_clear()
    contract_load._agencies.cache_clear()
    found = usable_contracts(home)
    assert set(found.broken) == {"codi/new_feed", "nfe/learning_centres"}
    assert FEED in found.contracts
    assert "nfe/learning_centres" not in found.contracts
    rows = feed_rows(found.contracts, (), {}, datetime.now(UTC), {})
    assert len(rows) == len(found.contracts)


def test_a_folder_of_contracts_that_went_away_takes_no_feed_with_it(
    home: Home, agencies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = tmp_path / "more"
    (more / "codi").mkdir(parents=True)
    shutil.move(agencies / "codi" / "welfare_funds.yml", more / "codi")
    monkeypatch.setenv("TAMBON_AGENCIES", str(more))
    contract_load._contracts.cache_clear()
    keep_contracts(home, usable_contracts(home))
    more.rename(tmp_path / "unmounted")
    contract_load._contracts.cache_clear()
    found = usable_contracts(home)
    assert "codi/welfare_funds" in found.contracts
    assert found.broken["codi/welfare_funds"].uses_kept
