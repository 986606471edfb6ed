"""The dictionary pages: those of the contracts, whole in both languages, and harmless whatever a contract says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract import AGENCIES, load_contracts
from ingest.contract.load import load_agencies
from ingest.contract.model import Bilingual, Contract
from ingest.contract.pages import FOLDER, dictionary, escaped, feed_page, stale_pages, write_dictionary

CONTRACTS = load_contracts(AGENCIES)
PAGES = dictionary(CONTRACTS, load_agencies(AGENCIES))


def test_the_pages_are_those_of_the_contracts() -> None:
    assert stale_pages(PAGES, FOLDER) == [], "run `tambon feeds docs --write`"


def test_the_list_links_every_page() -> None:
    assert len(PAGES) == len(CONTRACTS) + 1
    for name in PAGES:
        assert name == "README.md" or f"({name})" in PAGES["README.md"]


@pytest.mark.parametrize("feed", CONTRACTS)
def test_a_page_tells_all_of_its_contract_in_both_languages(feed: str) -> None:
    contract = CONTRACTS[feed]
    page = PAGES[f"{feed.replace('/', '.')}.md"]
    thai, english = page.split(f"\n## {escaped(contract.title.en)}\n")
    assert f"# {escaped(contract.title.th)}\n" in thai
    for field, column in contract.by_field.items():
        assert f"| `{field}` |" in thai and f"| `{field}` |" in english
        assert all(escaped(header) in english for header in column.headers), field
    for column in contract.columns:
        assert all(escaped(header) in english for header in column.headers)
    for bound in contract.not_above:
        assert f"(`{bound.lesser}`) ไม่เกิน" in thai and f"(`{bound.lesser}`) is not above" in english
    for rule in contract.parts:
        assert f"(`{rule.total}`) (±" in thai and f"(`{rule.total}`) (±" in english
    assert all(line.count("|") - line.count("\\|") in (0, 3, 4, 7, 8) for line in page.splitlines())


def test_a_change_of_the_contract_changes_its_page(tmp_path: Path) -> None:
    write_dictionary(PAGES, tmp_path)
    assert stale_pages(PAGES, tmp_path) == []
    contract = CONTRACTS["nesdc/poverty"].model_copy(update={"version": 99})
    changed = {**PAGES, "nesdc.poverty.md": feed_page(contract, None)}
    (tmp_path / "gone.feed.md").write_text("of a feed that is gone", encoding="utf-8")
    assert write_dictionary(changed, tmp_path) == ["gone.feed.md", "nesdc.poverty.md"]
    assert stale_pages(changed, tmp_path) == [] and not (tmp_path / "gone.feed.md").exists()


def test_what_a_contract_says_is_shown_and_never_run() -> None:
    evil = '<script>alert(1)</script> | [x](javascript:y) `z` **b** & "q"'
    contract = CONTRACTS["nvf/village_funds"]
    data = contract.model_dump()
    data["columns"][1]["headers"] = (*data["columns"][1]["headers"], evil)
    data["title"] = Bilingual(th=evil, en=evil).model_dump()
    page = feed_page(Contract.model_validate(data), None)
    assert "<script" not in page and not re.search(r"(?<!\\)\]\(javascript|(?<!\\)\*\*b", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \\| \\[x\\](javascript:y)" in page


@given(st.text(max_size=60))
def test_escaped_text_is_one_line_without_markup(text: str) -> None:
    shown = escaped(text)
    assert "<" not in shown and ">" not in shown and "\n" not in shown and "\r" not in shown
    bare = shown
    for mark in "\\`*_{}[]#|~":
        bare = bare.replace(f"\\{mark}", "")
    assert not set("`*_{}[]#|~\\") & set(bare)
