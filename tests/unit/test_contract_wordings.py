"""Which header is which column: variations of listed wordings, and when a variation belongs to nobody."""

from __future__ import annotations

import pytest

from ingest.contract import AGENCIES, Contract, load_contracts
from ingest.contract.wordings import vocabulary
from ingest.normalise.text import label_key
from ingest.readers.headers import Vocabulary, read_header

CONTRACTS = load_contracts(AGENCIES)


def _contract(*columns: dict[str, object], ignore: tuple[str, ...] = ()) -> Contract:
    data = CONTRACTS["satja/groups"].model_dump(exclude={"parts", "not_above", "period"})
    where = {"field": "tambon", "headers": ["ตำบล"]}
    year = {"field": "fiscal_year", "headers": ["ปี"]}
    return Contract.model_validate(
        {
            **data,
            "period": {"field": "fiscal_year"},
            "columns": [where, year, *columns],
            "ignore_headers": ignore,
            "key": ["tambon", "fiscal_year"],
        }
    )


def _field(contract: Contract, header: str) -> str | None:
    column = vocabulary(contract).get(label_key(header))
    return column.field if column else None


@pytest.mark.parametrize(
    ("listed", "seen", "known"),
    [
        ("ยอดเงินฝาก", "เงินฝาก", True),
        ("เงินฝาก", "ยอดเงินฝาก", True),
        ("เงินฝาก", "จำนวนเงินฝาก", True),
        ("เงินฝาก", "มูลค่าเงินฝาก", True),
        ("ทุนเรือนหุ้น", "จำนวนเงินทุนเรือนหุ้น", True),
        ("จำนวนเงินทุนเรือนหุ้น", "เงินทุนเรือนหุ้น", True),
        # What is left would be too short to mean one thing.
        ("ยอดหนี้", "หนี้", False),
        ("เงินฝาก", "เงินกู้", False),
    ],
)
def test_money_with_and_without_a_word_for_amount(listed: str, seen: str, known: bool) -> None:
    contract = _contract({"field": "deposits_thb", "headers": [listed]})
    assert _field(contract, seen) == ("deposits_thb" if known else None)


@pytest.mark.parametrize(("listed", "seen"), [("จำนวนผู้กู้", "ผู้กู้"), ("ผู้กู้", "จำนวน ผู้กู้")])
def test_counts_with_and_without_the_word_for_number(listed: str, seen: str) -> None:
    assert _field(_contract({"field": "borrowers_persons", "headers": [listed]}), seen) == "borrowers_persons"


def test_only_measures_vary() -> None:
    assert _field(_contract({"field": "fund_name", "headers": ["ชื่อกลุ่ม"]}), "จำนวนชื่อกลุ่ม") is None


def test_a_listed_wording_wins_and_a_doubtful_variation_belongs_to_nobody() -> None:
    members = {"field": "members_persons", "headers": ["จำนวนลูกหนี้รวม"]}
    loans = {"field": "loans_outstanding_thb", "headers": ["ลูกหนี้รวม"]}
    contract = _contract(members, loans)
    assert _field(contract, "จำนวนลูกหนี้รวม") == "members_persons"
    assert _field(contract, "ลูกหนี้รวม") == "loans_outstanding_thb"
    doubtful = _contract(
        {"field": "deposits_thb", "headers": ["ยอดเงินสมทบ"]},
        {"field": "savings_thb", "headers": ["มูลค่าเงินสมทบ"]},
    )
    assert _field(doubtful, "เงินสมทบ") is None
    ignoring = _contract({"field": "deposits_thb", "headers": ["เงินฝาก"]}, ignore=("ยอดเงินฝาก",))
    assert vocabulary(ignoring)[label_key("ยอดเงินฝาก")] is None


@pytest.mark.parametrize("feed", CONTRACTS)
def test_variations_never_change_what_a_contract_lists(feed: str) -> None:
    contract, words = CONTRACTS[feed], vocabulary(CONTRACTS[feed])
    for column in contract.columns:
        assert all(words[label_key(header)] is column for header in column.headers)
    assert all(words[label_key(header)] is None for header in contract.ignore_headers)
    people = [column for column in contract.columns if column.personal]
    varied = {key for key, column in words.items() if column in people}
    assert varied == {label_key(header) for column in people for header in column.headers}


def test_a_share_beside_its_count_is_ignored_and_the_whole_label_comes_first() -> None:
    contract = _contract(
        {"field": "members_persons", "headers": ["สมาชิก"]},
        {"field": "borrowers_persons", "headers": ["ผู้กู้", "สมาชิก (ราย)"]},
    )
    words = Vocabulary.of(contract)
    header = read_header([["ตำบล", "สมาชิก (คน)", "สมาชิก (ร้อยละ)", "สมาชิก (ราย)"]], 0, 1, words)
    assert [(c.kind, c.column.field if c.column else None) for c in header.columns] == [
        ("field", "tambon"),
        ("field", "members_persons"),
        ("ignored", None),
        ("field", "borrowers_persons"),
    ]
    alone = read_header([["ตำบล", "สมาชิก (ร้อยละ)"]], 0, 1, words)
    assert alone.columns[1].kind == "field" and alone.columns[1].unit == "percent", (
        "refused by conform, not dropped"
    )
