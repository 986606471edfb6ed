"""Promises on ids and decisions, each with what would break it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ingest.identity.stewardship import DecisionError, read_decisions, record_link
from tests.unit.test_identity_resolve import History, ids, links, scored, sources

LINK = {
    "decision": "confirm", "feed_a": "cdd/savings_groups", "fund_a": "1", "feed_b": "satja/groups", "fund_b": "2",
    "reason": "same committee", "decided_by": "somsri", "decided_on": date(2026, 1, 5),
}  # fmt: skip


def record(folder: Path) -> None:
    record_link(folder, **LINK)  # type: ignore[arg-type]


def test_a_decision_that_nobody_would_read_is_not_recorded(tmp_path: Path) -> None:
    """An open quotation mark at the file's end would swallow the next row."""
    record(tmp_path)
    path = tmp_path / "links.csv"
    path.write_text(path.read_text(encoding="utf-8") + 'confirm,"cdd/savings', encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(DecisionError):
        record(tmp_path)
    assert path.read_bytes() == before
    assert read_decisions(tmp_path).links.height == 1


def test_the_list_that_is_published_first_names_the_fund_for_good() -> None:
    """Whichever list is published first, each source fund keeps the id that it was published with, for good."""
    first, second = History(), History()
    both = scored(("a1", "b1", 0.99))
    published = ids(first.build(sources("b1"), scored()))
    assert ids(first.build(sources("a1", "b1"), both)) == {"a1": published["b1"], "b1": published["b1"]}
    assert ids(second.build(sources("a1"), scored()))["a1"] == "Fa1"
    assert ids(second.build(sources("a1", "b1"), both)) == {"a1": "Fa1", "b1": "Fa1"}
    # Neither changes when the other list is late, nor when it comes back under another score.
    for history in (first, second):
        before = ids(history.build(sources("a1", "b1"), both))
        assert ids(history.build(sources("a1"), scored()))["a1"] == before["a1"]
        assert ids(history.build(sources("a1", "b1"), scored())) == before


def test_a_fund_that_was_split_and_confirmed_again_comes_back_under_the_older_id() -> None:
    history, pair = History(), scored(("a1", "b1", 0.99))
    assert set(ids(history.build(sources("a1", "b1"), pair)).values()) == {"Fa1"}
    apart = links(("refuse", "a1", "b1"))
    assert ids(history.build(sources("a1", "b1"), pair, apart)) == {"a1": "Fa1", "b1": "Fb1"}
    again = links(("refuse", "a1", "b1"), ("confirm", "a1", "b1"))
    assert ids(history.build(sources("a1", "b1"), pair, again)) == {"a1": "Fa1", "b1": "Fa1"}
    events = history.registry.sort("build_id", "source_fund_key").select(
        "event", "source_fund_key", "fund_id", "previous_fund_id"
    )
    assert events.rows() == [
        ("register", "a1", "Fa1", None),
        ("register", "b1", "Fa1", None),
        ("split", "b1", "Fb1", "Fa1"),
        ("merge", "b1", "Fa1", "Fb1"),
    ]
    assert history.build(sources("a1", "b1"), pair, again).events.is_empty()


def test_a_reason_is_published_without_the_numbers_of_persons(tmp_path: Path) -> None:
    record_link(tmp_path, **(LINK | {"reason": "ถามประธานแล้ว โทร 081-234-5678 เลข 1-1037-02071-81-1"}))  # type: ignore[arg-type]
    [reason] = read_decisions(tmp_path).links["reason"]
    assert reason.startswith("ถามประธานแล้ว") and "5678" not in reason and "02071" not in reason
    assert "081-234-5678" in (tmp_path / "links.csv").read_text(encoding="utf-8")


def test_of_two_decisions_on_a_pair_the_later_in_date_holds_wherever_it_stands_in_the_file() -> None:
    confirmed, refused = links(("confirm", "a1", "b1")), links(("refuse", "a1", "b1"))
    later, sooner = pl.lit(date(2026, 3, 1)), pl.lit(date(2026, 2, 1))
    for first, last, held in ((confirmed, refused, False), (refused, confirmed, True)):
        # The last word is the first line.
        rows = pl.concat(
            [last.with_columns(line=2, decided_on=later), first.with_columns(line=3, decided_on=sooner)]
        )
        found = History().build(sources("a1", "b1"), scored(("a1", "b1", 0.99 if not held else 0.6)), rows)
        assert (len(set(ids(found).values())) == 1) is held
        assert dict(found.decisions.rows()) == {2: "applied", 3: "overruled"}
