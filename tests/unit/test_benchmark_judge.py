"""The judge of the checks: which planted mistakes count as found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.home import Home
from ingest.sample import write_sample

pytest.importorskip("psutil", reason="the extra `bench` is not installed: psutil is missing")
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FEED = "fpo/peoples_finance"


def judged(
    home: Path, planted: list[dict[str, Any]], findings: list[dict[str, Any]]
) -> dict[str, tuple[int, int]]:
    """(planted, found) by kind, of two deliveries: `a.csv` admitted, then `b.csv` held."""
    import judge

    for folder in ("quality", "sample", "conformed/fund_report/fpo.peoples_finance"):
        (home / folder).mkdir(parents=True)
    deliveries = [
        {"delivery_id": name, "file_name": f"{name}.csv", "feed_code": FEED, "status": status, "sequence": number,
         "first_fiscal_year": 2024, "last_fiscal_year": 2024}
        for number, (name, status) in enumerate((("a", "admitted"), ("b", "held")))
    ]  # fmt: skip
    pl.DataFrame(deliveries).write_parquet(home / "quality" / "dq_delivery.parquet")
    base = {"finding_id": "", "check_id": "adm.unreadable_cell", "severity": "warn", "sheet": "", "feed_code": FEED,
            "delivery_id": "a", "file_name": "a.csv", "row_number": 2, "field": "savings_thb", "column_name": "x",
            "value": "", "suggestion": "", "tambon_code": ""}  # fmt: skip
    pl.DataFrame([{**base, "finding_id": str(i), **one} for i, one in enumerate(findings)]).write_parquet(
        home / "quality" / "dq_finding.parquet"
    )
    rows = [
        {
            "feed_code": FEED,
            "delivery_id": "a",
            "sheet": "",
            "row_number": 9,
            "fund_code": "1",
            "fund_name": "x",
        }
    ]
    pl.DataFrame(rows).write_parquet(home / "conformed/fund_report/fpo.peoples_finance/a.parquet")
    truth = {"delivery_file": "a.csv", "agency_code": "fpo", "feed_code": FEED, "sheet": "", "row_number": 2,
             "column_number": 1, "column": "x", "field": "savings_thb", "kind": "unreadable_number",
             "expectation": "cell_unreadable", "value": "12x", "detail": ""}  # fmt: skip
    pl.DataFrame([{**truth, **one} for one in planted]).write_csv(home / "sample" / "truth_defects.csv")
    return {
        str(kind): (int(str(all_)), int(str(told)))
        for kind, all_, told in judge.judge(home, home / "quality").kinds
    }


@pytest.fixture(autouse=True)
def _on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


AT_B = {"file_name": "b.csv", "delivery_id": "b"}


def test_a_mistake_told_at_its_own_row_is_found_and_another_row_is_not(tmp_path: Path) -> None:
    planted: list[dict[str, Any]] = [{}, {"row_number": 3}]
    assert judged(tmp_path, planted, [{}]) == {"unreadable_number": (2, 1)}


def test_what_a_held_copy_repeats_may_be_told_there(tmp_path: Path) -> None:
    planted: list[dict[str, Any]] = [{}, {"delivery_file": "b.csv"}]
    assert judged(tmp_path, planted, [AT_B]) == {"unreadable_number": (1, 1)}


@pytest.mark.parametrize("other", [{"value": "13x"}, {"row_number": 4}, {"kind": "negative_value"}])
def test_another_mistake_of_the_held_file_finds_nothing(tmp_path: Path, other: dict[str, Any]) -> None:
    planted = [{}, {"delivery_file": "b.csv", **other}]
    found = [AT_B | ({"row_number": 4} if "row_number" in other else {})]
    assert judged(tmp_path, planted, found)["unreadable_number"] == (1, 0)


def test_a_copied_row_shows_nothing_where_last_years_file_lacks_its_columns(tmp_path: Path) -> None:
    """Poverty funds: of the file of 2567 only what is owed stands in the file of 2566 too."""
    write_sample(Home(tmp_path), scale=0.1, years=3, feeds=["cdd/poverty_funds", "nvf/village_funds"])
    truth = pl.read_csv(tmp_path / "sample" / "truth_defects.csv").filter(kind="frozen_values")
    funds = truth.filter(
        feed_code="cdd/poverty_funds", delivery_file="2567_01_cdd-poverty_funds_synthetic.csv"
    )
    assert set(funds["expectation"]) == {"undetectable"}
    assert "finding" in set(truth.filter(feed_code="nvf/village_funds")["expectation"])
