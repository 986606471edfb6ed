"""How often the proposal is right: on files without a contract, and on every feed's own with its contract withheld."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from ingest.contract import Contract, load_contracts
from ingest.contract.load import load_agencies
from ingest.home import Home
from ingest.normalise.text import label_key
from ingest.propose import Options, Proposal, UnreadableFile, propose
from ingest.propose.reading import read_unknown
from ingest.propose.write import contract_text, read_contract
from ingest.readers.headers import Vocabulary, find_header
from ingest.sample import write_sample
from tests.unit.propose_files import IGNORED, PERSONAL, UNSEEN, Unseen

RIGHT, SURE_RIGHT, FEED_RIGHT = 0.85, 0.98, 0.75
_KINDS = {"personal": PERSONAL, "ignored": IGNORED}


def judged(proposal: Proposal, answers: Mapping[str, str | None]) -> Counter[str]:
    """Columns, right ones, unmarked ones, unmarked right ones, personal columns missed; `answers` by label key."""
    count: Counter[str] = Counter()
    for match in proposal.matches:
        wanted = answers.get(label_key(match.column.label))
        if wanted is None:
            continue
        right = match.target == wanted
        count["columns"] += 1
        count["right"] += right
        count["sure"] += match.check is None
        count["sure_right"] += right and match.check is None
        count["personal_missed"] += wanted == PERSONAL and not right
    return count


def told(counts: Mapping[str, Counter[str]]) -> str:
    total = sum(counts.values(), Counter())
    rows = [
        f"{name}: {c['right']}/{c['columns']} right, {c['sure_right']}/{c['sure']} of the unmarked"
        for name, c in counts.items()
    ]
    rows.append(
        f"all: {total['right'] / total['columns']:.1%} right, {total['sure'] / total['columns']:.1%} unmarked, "
        f"{total['sure_right'] / max(1, total['sure']):.1%} of these right"
    )
    return "\n".join(rows)


@pytest.fixture(scope="module")
def unseen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Unseen, Proposal]]:
    folder = tmp_path_factory.mktemp("unseen")
    found = {}
    for make in UNSEEN:
        file = make()
        file.write(folder / file.name)
        found[make.__name__] = file, propose(folder / file.name, load_contracts(), load_agencies(), Options())
    return found


def test_unseen_files(unseen: dict[str, tuple[Unseen, Proposal]]) -> None:
    counts = {
        name: judged(proposal, {label_key(label): answer for label, answer in file.answers.items()})
        for name, (file, proposal) in unseen.items()
    }
    total = sum(counts.values(), Counter())
    print(told(counts))
    assert total["right"] >= RIGHT * total["columns"], told(counts)
    assert total["sure_right"] >= SURE_RIGHT * total["sure"], told(counts)
    assert total["personal_missed"] == 0, told(counts)


@pytest.mark.parametrize("make", UNSEEN, ids=lambda make: make.__name__)
def test_each_unseen_file_is_whole_and_makes_a_contract(
    make: Callable[[], Unseen], unseen: dict[str, tuple[Unseen, Proposal]], tmp_path: Path
) -> None:
    file, proposal = unseen[make.__name__]
    assert proposal.kind.value == file.kind
    # Every column of the file is there, under the header that a person would read, and none besides.
    assert {label_key(m.column.label) for m in proposal.matches} == {
        label_key(label) for label in file.answers
    }
    contract = read_contract(contract_text(proposal, Options(), None, tmp_path), tmp_path)
    spoken_for = {h for c in contract.columns for h in c.headers} | set(contract.ignore_headers)
    assert len(spoken_for) >= len(file.answers)


@pytest.mark.parametrize(
    ("name", "programme"),
    [
        ("abbreviations", "savings_group"),
        ("records", "satja_group"),
        ("header_in_row_five", "credit_union"),
        ("thai_numerals", "village_fund"),
        ("bilingual", "welfare_fund"),
        ("women", "women_fund"),
        ("enterprises", "community_enterprise"),
        ("institutions", "community_institution"),
    ],
)
def test_programmes_of_unseen_files(
    unseen: dict[str, tuple[Unseen, Proposal]], name: str, programme: str
) -> None:
    found = unseen[name][1].programme
    assert found is not None and found.value == programme


def test_units_and_subtotals_of_an_unseen_file(
    unseen: dict[str, tuple[Unseen, Proposal]], tmp_path: Path
) -> None:
    proposal = unseen["header_in_row_five"][1]
    contract = read_contract(contract_text(proposal, Options(), None, tmp_path), tmp_path)
    assert {contract.by_field[f].unit for f in ("share_capital_thb", "deposits_thb", "assets_thb")} == {
        "thousand_THB"
    }
    assert proposal.table.header.first == 4
    from_date = unseen["credit_unions"][1].period
    assert from_date.from_date == "financial_year_end"


def truth(path: Path, contract: Contract) -> dict[str, str | None]:
    """What the withheld contract says of each header of the file."""
    vocabulary = Vocabulary.of(contract)
    answers: dict[str, str | None] = {}
    for sheet in read_unknown(path).sheets:
        rows = [list(row) for row in sheet.cells.head(50).iter_rows()]
        header = find_header(rows, contract, vocabulary, sheet.merges)
        for found in header.columns if header else ():
            field = found.column.field if found.column else None
            answers[label_key(found.label)] = field if found.kind == "field" else _KINDS.get(found.kind)
    return answers


def deliveries(home: Home) -> Iterator[tuple[Contract, Path]]:
    """The first delivery of each feed and year: later ones of a year repeat its columns."""
    for feed, contract in load_contracts().items():
        for path in sorted((home.root / "inbox" / feed).glob("*_01_*")):
            yield contract, path


@pytest.mark.slow
def test_every_feed_with_its_contract_withheld(tmp_path: Path) -> None:
    """Leave one feed out: its headers, lookups and sums are unknown; those of the other feeds are known."""
    home = Home(tmp_path)
    write_sample(home, scale=0.005, years=3)
    contracts, counts, kinds = load_contracts(), {}, []
    for contract, path in deliveries(home):
        others = {feed: one for feed, one in contracts.items() if feed != contract.feed}
        try:
            proposal = propose(path, others, load_agencies(), Options())
        except UnreadableFile as error:  # the sample has a delivery that nobody can read
            assert error.problems
            continue
        kinds.append(proposal.kind.value == contract.record_kind)
        counts[contract.feed] = counts.get(contract.feed, Counter()) + judged(proposal, truth(path, contract))
    total = sum(counts.values(), Counter())
    print(told(counts))
    assert len(counts) >= 4 and total["columns"] > 150
    assert total["right"] >= RIGHT * total["columns"], told(counts)
    assert total["sure_right"] >= SURE_RIGHT * total["sure"], told(counts)
    assert total["personal_missed"] == 0, told(counts)
    assert all(c["right"] >= FEED_RIGHT * c["columns"] for c in counts.values()), told(counts)
    assert sum(kinds) >= 0.95 * len(kinds)
