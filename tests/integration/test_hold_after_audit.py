"""One list goes wrong in a way that only the warehouse shows: it is held, and the night's other data are published."""

from __future__ import annotations

import json
from dataclasses import dataclass

import polars as pl
import pytest

from ingest.home import Home
from orchestration.builds import latest_build
from release import resolve_current
from tests.integration.conftest import Tambon
from tests.integration.homes import copy_home, table, working_in
from tests.integration.test_refresh import delivery_rows, drop, number

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pages")]

FUNDS, POVERTY = "nvf/village_funds", "cdd/poverty_funds"
CHECK = "fact.unit_slip:savings_thb"
HELD = f"adm.fails_in_warehouse:{CHECK}"


@dataclass
class Night:
    """The home after the refresh, the release before, and what the wrong file said of how many funds."""

    home: Home
    before: str
    spoiled: list[str]
    output: str


@pytest.fixture(scope="module")
def night(published_home: Home, tmp_path_factory: pytest.TempPathFactory, tambon: Tambon) -> Night:
    """Village funds come again with a fifth of the savings a hundred times too large: each row may be, all together not.
    Beside them a good file of another agency."""
    home = copy_home(published_home, tmp_path_factory.mktemp("night") / "home")
    before = resolve_current(home)
    assert before is not None
    original = delivery_rows(home, "2568_01_nvf_synthetic.csv")
    code, savings = original[0].index("รหัสกองทุน"), original[0].index("เงินบัญชี 2")
    plausible = [i for i, row in enumerate(original) if i and 100_000 <= number(row[savings]) < 4_000_000]
    chosen = set(plausible[::5])
    wrong = [
        [*row[:savings], f"{number(row[savings]) * 100:.0f}", *row[savings + 1 :]] if i in chosen else row
        for i, row in enumerate(original)
    ]
    drop(home, FUNDS, "2568_02_nvf_synthetic_wrong_unit.csv", wrong)
    poverty = delivery_rows(home, "2568_01_cdd-poverty_funds_synthetic.csv")
    drop(home, POVERTY, "2568_02_cdd-poverty_funds_synthetic.csv", poverty[:-1])
    result = tambon(home, "refresh", "--quiet")
    assert result.exit_code == 0, result.output
    return Night(home, before.name, [original[i][code] for i in sorted(chosen)], result.output)


def delivery(night: Night, name: str) -> dict[str, object]:
    return table(night.home, "dq_delivery").row(by_predicate=pl.col("file_name") == name, named=True)


def test_the_others_are_published(night: Night) -> None:
    build = latest_build(night.home)
    assert build is not None
    assert build.outcome == "published"
    current = resolve_current(night.home)
    assert current is not None
    assert current.name == build.build_id != night.before
    assert delivery(night, "2568_02_cdd-poverty_funds_synthetic.csv")["status"] == "admitted"


def test_the_list_goes_on_with_what_it_had(night: Night) -> None:
    spoiled = table(night.home, "fct_fund_year").filter(
        pl.col("fund_code").is_in(night.spoiled), fiscal_year=2025, feed_code=FUNDS
    )
    assert spoiled.height == len(night.spoiled) > 5
    assert spoiled["savings_thb"].max() < 4_000_000


def test_the_file_is_held_with_its_reason_and_its_rows(night: Night, tambon: Tambon) -> None:
    held = delivery(night, "2568_02_nvf_synthetic_wrong_unit.csv")
    assert held["status"] == "held"
    assert "หน่วย" in str(held["status_reason"])
    assert "limit 5.0%" in str(held["status_reason"])
    rows = table(night.home, "dq_finding").filter(check_id=HELD, delivery_id=held["delivery_id"])
    assert rows.height > 5
    assert rows["row_number"].is_unique().all()
    assert set(rows["severity"]) == {"block"}
    assert rows["suggestion"].null_count() == 0
    assert table(night.home, "dq_finding").filter(check_id=CHECK, delivery_id=held["delivery_id"]).is_empty()
    listed = json.loads(tambon(night.home, "held", "--json").stdout)
    assert HELD in json.dumps(listed)


def test_nothing_new_is_nothing_new(night: Night, tambon: Tambon) -> None:
    again = tambon(night.home, "refresh")
    assert again.exit_code == 0
    assert "Nothing new" in again.output


def test_a_person_may_let_it_through(
    night: Night, tambon: Tambon, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = copy_home(night.home, tmp_path_factory.mktemp("through") / "home")
    held = str(delivery(night, "2568_02_nvf_synthetic_wrong_unit.csv")["delivery_id"])
    because = ("--because", "สำนักงานยืนยันว่าเงินออมเพิ่มตามโครงการใหม่")
    done = tambon(home, "admit", held, *because, "--yes")
    assert done.exit_code == 0, done.output
    result = tambon(home, "refresh", "--quiet")
    assert result.exit_code == 0, result.output
    known = table(home, "dq_delivery").row(by_predicate=pl.col("delivery_id") == held, named=True)
    assert (known["status"], known["admitted_because"]) == ("admitted", because[1])
    now = table(home, "fct_fund_year").filter(
        pl.col("fund_code").is_in(night.spoiled), fiscal_year=2025, feed_code=FUNDS
    )
    assert now["savings_thb"].max() > 4_000_000
    with working_in(home):
        build = latest_build(home)
    assert build is not None
    assert build.outcome == "published"
