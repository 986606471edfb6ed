"""A contract's own limits for a check, the ceiling on rows with warnings, and what no contract may set."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from expectations.catalogue import load_checks
from expectations.contract_rules import admission_rules
from ingest.contract import Contract, ContractError, load_contract, load_contracts
from ingest.contract.check_ids import settable_checks
from ingest.contract.load import AGENCIES
from ingest.home import Home
from tests.unit.held_world import FEED, doubled_rows, drop, fund, good_rows, take


def with_checks(checks: dict[str, dict[str, object]], **limits: float) -> Contract:
    given = load_contracts()[FEED].model_dump(mode="json")
    return Contract.model_validate({**given, "checks": checks, "limits": given["limits"] | limits})


def rule(contract: Contract, check_id: str) -> tuple[str, float, float | None]:
    (found,) = (one for one in admission_rules(contract) if one.check_id == check_id)
    return found.severity, found.max_fail_rate, found.block_fail_rate


def test_a_contract_sets_severity_and_rates_of_a_check_or_of_one_field_of_it() -> None:
    contract = with_checks(
        {
            "adm.key_unique": {"block_fail_rate": 0.3},
            "adm.bounds": {"severity": "info"},
            "adm.bounds:savings_thb": {"severity": "block", "max_fail_rate": 0.1},
        }
    )
    before = load_contracts()[FEED]
    assert rule(contract, f"adm.key_unique:{FEED}") == ("warn", 0.0, 0.3)
    assert rule(contract, f"adm.bounds:{FEED}:members_persons")[0] == "info"
    assert rule(contract, f"adm.bounds:{FEED}:savings_thb")[:2] == ("block", 0.1)
    assert rule(before, f"adm.key_unique:{FEED}")[2] == before.limits.max_duplicate_key_rate
    assert contract.fingerprint != before.fingerprint


def test_a_milder_limit_admits_what_was_held(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    drop(home, "a-synthetic.csv", doubled_rows(year=2566))
    assert take(home)[0].status == "held"
    assert take(home, with_checks({"adm.key_unique": {"block_fail_rate": 0.5}}))[0].status == "admitted"


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ({"adm.no_such": {"severity": "warn"}}, "adm.key_unique"),
        ({"adm.undeclared_column": {"severity": "info"}}, "cannot be set here"),
        ({"adm.readable": {"max_fail_rate": 1}}, "cannot be set here"),
        ({"adm.key_unique": {}}, "at least one of"),
        ({"adm.key_unique": {"severity": "fatal"}}, "'block', 'warn' or 'info'"),
        ({"adm.key_unique": {"block_fail_rate": 2}}, "less than or equal to 1"),
        ({"rel.coverage": {"severity": "info"}}, "pattern"),
    ],
)
def test_what_a_contract_may_not_say_of_a_check(checks: dict[str, dict[str, object]], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        with_checks(checks)


def test_a_mistake_names_file_line_and_what_is_allowed(tmp_path: Path) -> None:
    folder = tmp_path / "nvf"
    folder.mkdir()
    path = folder / "village_funds.yml"
    text = (AGENCIES / "nvf" / "village_funds.yml").read_text("utf-8")
    text += "\nchecks:\n  adm.key_uniqe: {severity: warn}\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError) as told:
        load_contract(path)
    line = text.splitlines().index("  adm.key_uniqe: {severity: warn}") + 1
    assert f"village_funds.yml:{line}:" in str(told.value)
    assert "adm.key_unique" in str(told.value)


def test_no_contract_opens_what_no_person_may_open() -> None:
    closed = {check.id for check in load_checks() if not check.let_through}
    assert {"adm.readable", "adm.undeclared_column", "adm.required_column", "adm.has_rows"} <= closed
    assert not closed & set(settable_checks())


def warned_rows(share: float) -> list[list[object]]:
    """A file in which that share of the rows has one small fault each: another one in turn, so that no check alone holds it."""
    rows = good_rows(100)
    for number in range(int(share * 100)):
        if number % 2:
            rows[number][7] = 25_000 + number  # more members than a village fund has
        else:
            rows[number][2], rows[number][3] = "", ""  # no place
    return rows


def test_many_small_warnings_hold_a_delivery_though_no_check_alone_does(tmp_path: Path) -> None:
    loose = {"adm.bounds": {"block_fail_rate": 1.0}, "adm.place_given": {"block_fail_rate": 1.0}}
    contract = with_checks(loose, max_warned_row_rate=0.2)
    home = Home(tmp_path / "home")
    drop(home, "few-synthetic.csv", warned_rows(0.1))
    assert take(home, contract)[0].status == "admitted"
    other = Home(tmp_path / "other")
    drop(other, "many-synthetic.csv", warned_rows(0.3))
    (held,) = take(other, contract)
    assert held.status == "held"
    (reason,) = held.reasons
    assert reason.check_id.startswith("adm.warned_rows")
    assert (reason.numerator, reason.denominator) == (30, 100)


def test_a_row_with_many_warnings_counts_once_and_two_slips_in_a_small_file_do_not_hold_it(
    tmp_path: Path,
) -> None:
    contract = with_checks({}, max_warned_row_rate=0.2)
    rows = [fund(1), fund(2, members=99_000, savings=9_000_000_000), fund(3, members=99_000)]
    home = Home(tmp_path / "home")
    drop(home, "small-synthetic.csv", rows)
    assert take(home, contract)[0].status == "admitted"


def test_too_many_warnings_over_the_whole_release_stop_it(tmp_path: Path) -> None:
    from expectations.audit_faults import create_warned_table
    from expectations.catalogue import checks_by_id, make_rule
    from expectations.gx_runner import run_suite
    from expectations.scratch import scratch

    loose = {"adm.bounds": {"block_fail_rate": 1.0}, "adm.place_given": {"block_fail_rate": 1.0}}
    contract = with_checks(loose, max_warned_row_rate=0.9)
    home = Home(tmp_path / "home")
    drop(home, "many-synthetic.csv", warned_rows(0.4))
    (one,) = take(home, contract)
    assert one.status == "admitted"
    with scratch() as database:
        create_warned_table(database, home, {one.delivery_id: one})
        (verdict,) = run_suite(
            database, "audit_warned", [make_rule(checks_by_id()["rel.warned_rate"])]
        ).verdicts
    assert (verdict.numerator, verdict.denominator, verdict.passed, verdict.severity) == (
        40,
        100,
        False,
        "block",
    )
