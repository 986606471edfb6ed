"""Contracts: the ones we ship are valid, and a mistake names the file, the line and what is allowed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.contract import AGENCIES, Contract, ContractError, load_contract, load_contracts, load_fields
from ingest.contract.load import SCHEMA_FILE, contract_schema

VILLAGE_FUNDS = AGENCIES / "nvf" / "village_funds.yml"


def _broken(tmp_path: Path, old: str, new: str) -> Path:
    folder = tmp_path / "agencies" / "nvf"
    folder.mkdir(parents=True)
    shutil.copy(AGENCIES / "nvf" / "agency.yml", folder)
    text = VILLAGE_FUNDS.read_text(encoding="utf-8")
    assert old in text
    path = folder / "village_funds.yml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def _line_of(path: Path, needle: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if needle in line)


def test_the_four_feeds_are_declared() -> None:
    contracts = load_contracts()
    assert list(contracts) == [
        "cdd/savings_groups",
        "codi/welfare_funds",
        "nesdc/population",
        "nvf/village_funds",
    ]
    assert contracts["nvf/village_funds"].record_kind == "fund_report"
    assert contracts["nesdc/population"].record_kind == "area_statistic"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("field: borrowers_persons", "field: borowers_persons", "borrowers_persons"),
        ("cadence: yearly", "cadence: sometimes", "'quarterly'"),
        (
            "unit: persons, max: 20000, min_fill_rate",
            "unit: million_THB, max: 20000, min_fill_rate",
            "members_persons is in persons",
        ),
        (
            "key: [fund_code, fiscal_year]",
            "key: [group_code, fiscal_year]",
            "key: field 'group_code' has no column",
        ),
        ("programme: village_fund", "programme: village_funds", "village_fund"),
        ("ignore_headers: [ลำดับ", "ignore_headers: [ชื่อกองทุน, ลำดับ", "'ชื่อกองทุน' stands in two columns"),
        ("personal: true}", "personal: true, field: fund_name}", "a personal column is dropped"),
        ("greater: loans_outstanding_thb", "greater: reserve_thb", "'reserve_thb' has no column"),
    ],
)
def test_a_mistake_names_the_file_the_line_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = _broken(tmp_path, old, new)
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    (file, line, message), *_ = caught.value.problems
    assert file == path
    assert said in message
    assert line >= 1
    assert f"{path}:{line}: " in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "needle"),
    [
        ("field: borrowers_persons", "field: borowers_persons", "borowers_persons"),
        ("cadence: yearly", "cadence: sometimes", "cadence:"),
        ("programme: village_fund", "programme: village_funds", "programme: village_funds"),
        ("allowed_lag_days: 270", "allowed_lag_days: -1", "allowed_lag_days"),
    ],
)
def test_the_line_is_the_one_to_mend(tmp_path: Path, old: str, new: str, needle: str) -> None:
    path = _broken(tmp_path, old, new)
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    assert caught.value.problems[0][1] == _line_of(path, needle)


def test_text_that_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    path = _broken(tmp_path, "version: 1", "version: [1")
    with pytest.raises(ContractError, match="not valid YAML"):
        load_contract(path)


def test_a_contract_in_another_agencys_folder_is_refused(tmp_path: Path) -> None:
    path = _broken(tmp_path, "feed: nvf/village_funds", "feed: cdd/village_funds")
    with pytest.raises(ContractError, match="the file's place says 'nvf/village_funds'"):
        load_contract(path)


def test_all_problems_of_all_files_come_together(tmp_path: Path) -> None:
    path = _broken(tmp_path, "cadence: yearly", "cadence: sometimes")
    (path.parent / "other.yml").write_text("feed: nvf/other\n", encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contracts(path.parents[1])
    assert {problem[0].name for problem in caught.value.problems} == {"village_funds.yml", "other.yml"}


def test_the_fingerprint_changes_with_anything_that_decides_the_reading(tmp_path: Path) -> None:
    before = load_contract(VILLAGE_FUNDS)
    after = load_contract(_broken(tmp_path, "max: 20000,", "max: 20001,"))
    assert before.fingerprint != after.fingerprint
    assert before.fingerprint == Contract.model_validate(before.model_dump()).fingerprint


def test_the_published_schema_is_that_of_the_model() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == contract_schema(), "run `tambon feeds schema --write`"


def test_every_measure_is_complete() -> None:
    fields = load_fields()
    for code, measure in {**fields.fund_measures, **fields.indicators}.items():
        suffix = {"THB": "_thb", "persons": "_persons"}.get(measure.unit, "")
        assert code.endswith(suffix) or code in fields.indicators, code
        assert measure.label_th
        assert measure.definition_en.endswith("."), code
    assert {one.measure for one in fields.definitions_by_programme} <= set(fields.fund_measures)
    assert {one.programme for one in fields.definitions_by_programme} <= set(fields.programmes)
