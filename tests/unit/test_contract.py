"""Contracts: the ones we ship are valid, and a mistake names the file, the line and what is allowed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.contract import AGENCIES, Contract, ContractError, load_contract, load_contracts, load_fields
from ingest.contract.load import SCHEMA_FILE, contract_schema
from ingest.yaml_lines import read_plain_yaml, read_yaml

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


FEEDS = {
    "cdd/poverty_funds": "fund_report",
    "cdd/savings_groups": "fund_report",
    "cdd/women_funds": "fund_report",
    "codi/finance_organisations": "fund_report",
    "codi/forums": "event",
    "codi/pilots": "site",
    "codi/welfare_funds": "fund_report",
    "cult/credit_unions": "fund_report",
    "doae/community_enterprises": "fund_report",
    "fpo/peoples_finance": "fund_report",
    "msdhs/welfare": "area_statistic",
    "nesdc/population": "area_statistic",
    "nesdc/poverty": "area_statistic",
    "nfe/learning_centres": "site",
    "nvf/community_institutions": "fund_report",
    "nvf/village_funds": "fund_report",
    "plan/published_totals": "published_total",
    "satja/groups": "fund_report",
}


def test_every_feed_of_the_plan_is_declared() -> None:
    assert {feed: contract.record_kind for feed, contract in load_contracts(AGENCIES).items()} == FEEDS


def test_every_programme_has_a_feed_of_its_owner() -> None:
    for code, programme in load_fields().programmes.items():
        mine = [
            contract.feed
            for contract in load_contracts(AGENCIES).values()
            if contract.agency_code == programme.owner_agency
            and (
                contract.programme == code
                or code in (getattr(contract.by_field.get("programme_code"), "lookup", None) or {}).values()
            )
        ]
        assert mine, f"no feed of {programme.owner_agency} reports {code}"


@pytest.mark.parametrize("feed", FEEDS)
def test_a_contract_is_complete(feed: str) -> None:
    contract = load_contracts(AGENCIES)[feed]
    for field, column in contract.by_field.items():
        assert field in column.headers, f"{field}: the field's own name is no header"
        if contract.type_of(column) == "category" and column.lookup:
            assert set(column.lookup.values()) <= KNOWN_VALUES.get(field, set(column.lookup.values())), field
    people = {header for column in contract.columns if column.personal for header in column.headers}
    if contract.record_kind not in ("area_statistic", "published_total"):
        assert {"ประธาน", "โทรศัพท์", "เลขบัตรประชาชน", "อีเมล", "ที่อยู่", "line id", "เลขที่บัญชี", "ผู้ทำบัญชี"} <= people
    text = (AGENCIES / f"{feed}.yml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=") and "\n# " in text, (
        "what is known stands in comments"
    )


KNOWN_VALUES = {
    "fund_status": {"active", "suspended", "closed"},
    "site_status": {"active", "suspended", "closed"},
    "site_type": {"nfe_centre", "pilot", "fund_learning_centre"},
    "event_type": {"regional_forum", "national_forum"},
    "participant_role": {"host", "network", "supporter", "invited"},
    "area_level": {"country", "region", "province", "amphoe", "tambon"},
    "programme_code": set(load_fields().programmes),
    "accounts_filed": {"true", "false"},
    "measure_code": {
        *load_fields().fund_measures,
        *load_fields().indicators,
        "funds_known",
        "funds_reporting",
        "funds_not_reporting",
    },
}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("field: borrowers_persons", "field: borowers_persons", "borrowers_persons"),
        ("cadence: yearly", "cadence: sometimes", "'quarterly'"),
        (
            "unit: persons\n    max: 20000\n    min_fill_rate",
            "unit: million_THB\n    max: 20000\n    min_fill_rate",
            "members_persons is in persons",
        ),
        (
            "key: [fund_code, fiscal_year]",
            "key: [group_code, fiscal_year]",
            "key: field 'group_code' has no column",
        ),
        ("programme: village_fund", "programme: village_funds", "village_fund"),
        ("ignore_headers: [ลำดับ", "ignore_headers: [ชื่อกองทุน, ลำดับ", "'ชื่อกองทุน' stands in two columns"),
        (
            "headers: [สาขา,",
            'headers: ["ระดับ-การประเมิน", สาขา,',
            "header 'ระดับการประเมิน' is read as 'ระดับ-การประเมิน', which stands in another column",
        ),
        ("headers: [สาขา,", 'headers: ["-", สาขา,', "holds no letter or digit"),
        ("personal: true\n", "personal: true\n    field: fund_name\n", "a personal column is dropped"),
        ("greater: loans_outstanding_thb", "greater: assets_thb", "'assets_thb' has no column"),
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
    path = _broken(tmp_path, "record_kind: fund_report", "record_kind: [fund_report")
    with pytest.raises(ContractError, match="not valid YAML"):
        load_contract(path)


def test_a_contract_in_another_agencys_folder_is_refused(tmp_path: Path) -> None:
    path = _broken(tmp_path, "feed: nvf/village_funds", "feed: cdd/village_funds")
    with pytest.raises(ContractError, match="the file's place says 'nvf/village_funds'"):
        load_contract(path)


def test_the_quick_reader_reads_what_the_careful_one_does() -> None:
    for path in sorted(AGENCIES.glob("*/*.yml")):
        assert read_plain_yaml(path) == read_yaml(path), path.name


@pytest.mark.parametrize(
    "text",
    [
        "a: no\nb: on\nc: 010\nd: 1.50\ne: ~\nf:\ng: 'true'\nh: true\ni: -3\nj: 1:30\nk: y\n",
        "lookup: {1: a, '1': b, ๑: c}\nlist: [ก, no, '-', 2566-10-01x]\n",
    ],
)
def test_words_that_look_like_something_else(tmp_path: Path, text: str) -> None:
    (path := tmp_path / "a.yml").write_text(text, encoding="utf-8")
    assert read_plain_yaml(path) == read_yaml(path)


def test_a_key_that_stands_twice_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="not valid YAML"):
        load_contract(
            _broken(tmp_path, "record_kind: fund_report", "record_kind: fund_report\nrecord_kind: site")
        )


def test_all_problems_of_all_files_come_together(tmp_path: Path) -> None:
    path = _broken(tmp_path, "cadence: yearly", "cadence: sometimes")
    (path.parent / "other.yml").write_text("feed: nvf/other\n", encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contracts(path.parents[1])
    assert {problem[0].name for problem in caught.value.problems} == {"village_funds.yml", "other.yml"}


def test_the_fingerprint_changes_with_anything_that_decides_the_reading(tmp_path: Path) -> None:
    before = load_contract(VILLAGE_FUNDS)
    after = load_contract(_broken(tmp_path, "max: 20000\n", "max: 20001\n"))
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
