"""Ids that last: registering, linking, merging, splitting, and what waits for a person."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.home import Home
from ingest.identity.decisions import LINK_SCHEMA
from ingest.identity.groups import Joined, components
from ingest.identity.link import PAIR_SCHEMA, score_pairs
from ingest.identity.matching import AUTO
from ingest.identity.registry import (
    EVENT_SCHEMA,
    RegistryError,
    append_events,
    read_registry,
    registry_folder,
)
from ingest.identity.resolve import Resolution, resolve
from ingest.identity.sources import SOURCE_SCHEMA
from tests.unit.identity_world import make_world

DAY = date(2026, 1, 5)
NOTHING = pl.DataFrame(schema=EVENT_SCHEMA)


def sources(*names: str) -> pl.DataFrame:
    """Source funds named by feed and number: `a1` is fund 1 of feed a, its key `a1` too."""
    rows = [
        dict.fromkeys(SOURCE_SCHEMA)
        | {"source_fund_key": name, "feed_code": f"x/{name[0]}", "fund_code": name[1:], "fund_name": name}
        for name in names
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=SOURCE_SCHEMA)


def scored(*pairs: tuple[str, str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [(min(left, right), max(left, right), chance, "{}") for left, right, chance in pairs],
        schema=PAIR_SCHEMA,
        orient="row",
    )


def links(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """`confirm` or `refuse`, and two funds."""
    return pl.DataFrame(
        [
            {"line": number, "decision": decision, "feed_a": f"x/{left[0]}", "fund_a": left[1:], "feed_b": f"x/{right[0]}",
             "fund_b": right[1:], "reason": f"because {number}", "decided_by": "สมชาย", "decided_on": date(2026, 1, number)}
            for number, (decision, left, right) in enumerate(rows, 2)
        ],
        schema=LINK_SCHEMA,
    )  # fmt: skip


class History:
    """Builds one after another, each on the registry the ones before left."""

    def __init__(self) -> None:
        self.registry = NOTHING
        self.number = 0

    def build(
        self, present: pl.DataFrame, pairs: pl.DataFrame, decided: pl.DataFrame | None = None
    ) -> Resolution:
        self.number += 1
        found = resolve(
            present,
            pairs,
            self.registry,
            decided,
            decided_on=date(2026, 1, self.number),
            build_id=f"2026010{self.number}T000000-abcdef",
        )
        self.registry = pl.concat([self.registry, found.events])
        return found


def ids(found: Resolution) -> dict[str, str]:
    return dict(found.identity.select("source_fund_key", "fund_id").rows())


def told(found: Resolution) -> dict[str, tuple[str, str, str | None, str]]:
    columns = ("source_fund_key", "event", "fund_id", "previous_fund_id", "method")
    return {key: rest for key, *rest in map(list, found.events.select(columns).rows())}  # type: ignore[misc]


def test_a_fund_of_its_own_keeps_its_own_id() -> None:
    found = History().build(sources("a1", "b1"), scored(("a1", "b1", 0.4)))
    assert ids(found) == {"a1": "Fa1", "b1": "Fb1"}
    assert told(found)["a1"] == ["register", "Fa1", None, "own"]
    assert found.review.is_empty()


def test_a_sure_pair_is_one_fund_under_the_smaller_key() -> None:
    found = History().build(sources("b1", "a1"), scored(("a1", "b1", 0.99)))
    assert ids(found) == {"a1": "Fa1", "b1": "Fa1"}
    assert told(found)["b1"] == ["register", "Fa1", None, "machine"]
    assert found.identity.filter(pl.col("source_fund_key") == "b1")["probability"].item() == 0.99


def test_nothing_new_means_no_event() -> None:
    history = History()
    present, pairs = sources("a1", "b1"), scored(("a1", "b1", 0.99))
    first = history.build(present, pairs)
    second = history.build(present, pairs)
    assert second.events.is_empty()
    assert second.identity.equals(first.identity)


def test_a_registered_link_outlives_its_score() -> None:
    history = History()
    history.build(sources("a1", "b1"), scored(("a1", "b1", 0.99)))
    assert ids(history.build(sources("a1", "b1"), scored())) == {"a1": "Fa1", "b1": "Fa1"}


def test_a_late_feed_changes_nothing_and_comes_back_with_its_ids() -> None:
    history = History()
    pairs = scored(("a1", "b1", 0.99), ("b1", "c1", 0.99), ("a1", "b2", 0.98))
    whole = history.build(sources("a1", "b1", "c1"), pairs)
    # Feed b is late; a fund of it that looks like a1 must not take its place while it is away.
    late = history.build(sources("a1", "b2", "c1"), pairs)
    assert ids(late) == {"a1": "Fa1", "c1": "Fa1", "b2": "Fb2"}
    assert late.review["reason"].to_list() == ["taken"]
    back = history.build(sources("a1", "b1", "b2", "c1"), pairs)
    assert ids(back) == ids(whole) | {"b2": "Fb2"}
    assert back.events.is_empty()


def test_a_new_fund_that_binds_two_merges_the_younger_into_the_older() -> None:
    history = History()
    history.build(sources("c1"), scored())
    history.build(sources("a1", "c1"), scored())
    found = history.build(sources("a1", "b1", "c1"), scored(("a1", "b1", 0.99), ("b1", "c1", 0.99)))
    # Fc1 was there first, though Fa1 is smaller.
    assert set(ids(found).values()) == {"Fc1"}
    assert told(found) == {
        "a1": ["merge", "Fc1", "Fa1", "machine"],
        "b1": ["register", "Fc1", None, "machine"],
    }
    assert found.events["decided_on"].to_list() == [date(2026, 1, 3)] * 2


def test_of_two_as_old_the_smaller_id_stays() -> None:
    history = History()
    history.build(sources("a1", "c1"), scored())
    assert set(ids(history.build(sources("a1", "c1"), scored(("a1", "c1", 0.99)))).values()) == {"Fa1"}


def test_two_candidates_as_good_wait_for_a_person() -> None:
    found = History().build(sources("a1", "b1", "b2"), scored(("a1", "b1", 0.99), ("a1", "b2", 0.985)))
    assert len(set(ids(found).values())) == 3
    assert found.review.select("reason", "fund_b").rows() == [("tie", "1"), ("tie", "2")]


def test_a_rival_with_a_better_match_of_its_own_is_none() -> None:
    pairs = scored(("a1", "b1", 0.99), ("a2", "b1", 0.985), ("a2", "b2", 0.9999))
    assert ids(History().build(sources("a1", "a2", "b1", "b2"), pairs)) == {
        "a1": "Fa1", "b1": "Fa1", "a2": "Fa2", "b2": "Fa2",
    }  # fmt: skip


def test_no_feed_stands_twice_in_a_fund_through_others() -> None:
    # a1-b1-c1-a2: each pair is sure, all four cannot be one fund; the weakest goes.
    pairs = scored(("a1", "b1", 0.999), ("b1", "c1", 0.99), ("c1", "a2", 0.97))
    found = History().build(sources("a1", "a2", "b1", "c1"), pairs)
    assert ids(found) == {"a1": "Fa1", "b1": "Fa1", "c1": "Fa1", "a2": "Fa2"}
    assert found.review.select("left_key", "right_key", "reason").rows() == [("a2", "c1", "conflict")]


def test_a_recoded_fund_waits_for_a_person_and_can_be_confirmed() -> None:
    history = History()
    pairs = scored(("a1", "a2", 0.999))
    found = history.build(sources("a1", "a2"), pairs)
    assert len(set(ids(found).values())) == 2
    assert found.review["reason"].to_list() == ["recoded"]
    found = history.build(sources("a1", "a2"), pairs, links(("confirm", "a1", "a2")))
    assert set(ids(found).values()) == {"Fa1"}
    assert told(found) == {"a2": ["merge", "Fa1", "Fa2", "steward"]}
    assert found.review.is_empty()


def test_a_confirmation_links_what_the_machine_would_not() -> None:
    found = History().build(sources("a1", "b1"), scored(), links(("confirm", "a1", "b1")))
    assert ids(found) == {"a1": "Fa1", "b1": "Fa1"}
    event = found.events.filter(pl.col("source_fund_key") == "b1").row(0, named=True)
    assert (event["method"], event["reason"], event["decided_by"], event["probability"]) == (
        "steward", "because 2", "สมชาย", None,
    )  # fmt: skip
    assert found.decisions.rows() == [(2, "applied")]


def test_a_refusal_keeps_apart_what_the_machine_would_link() -> None:
    pairs = scored(("a1", "b1", 0.99), ("b1", "c1", 0.99), ("a1", "c1", 0.97))
    found = History().build(sources("a1", "b1", "c1"), pairs, links(("refuse", "b1", "a1")))
    assert ids(found)["a1"] != ids(found)["b1"]
    assert found.review.filter((pl.col("left_key") == "a1") & (pl.col("right_key") == "b1")).is_empty()
    assert found.decisions.rows() == [(2, "applied")]


def test_a_refused_candidate_is_no_rival() -> None:
    pairs = scored(("a1", "b1", 0.99), ("a1", "b2", 0.985))
    found = History().build(sources("a1", "b1", "b2"), pairs, links(("refuse", "a1", "b1")))
    assert ids(found) == {"a1": "Fa1", "b1": "Fb1", "b2": "Fa1"}
    assert found.review.is_empty()


def test_a_refusal_splits_a_registered_fund_and_the_founder_keeps_its_id() -> None:
    history = History()
    pairs = scored(("a1", "b1", 0.99), ("b1", "c1", 0.999))
    history.build(sources("a1", "b1", "c1"), pairs)
    found = history.build(sources("a1", "b1", "c1"), pairs, links(("refuse", "a1", "b1")))
    # c1 goes with b1, which it is likest to.
    assert ids(found) == {"a1": "Fa1", "b1": "Fb1", "c1": "Fb1"}
    assert told(found) == {"b1": ["split", "Fb1", "Fa1", "steward"], "c1": ["split", "Fb1", "Fa1", "steward"]}
    assert found.events["decided_by"].to_list() == ["สมชาย"] * 2
    again = history.build(sources("a1", "b1", "c1"), pairs, links(("refuse", "a1", "b1")))
    assert again.events.is_empty()
    # The decision taken back, the machine's view holds again: dated, into the older id.
    merged = history.build(sources("a1", "b1", "c1"), pairs)
    assert set(ids(merged).values()) == {"Fa1"}
    assert {event[0] for event in told(merged).values()} == {"merge"}


def test_a_split_reaches_a_feed_that_is_late() -> None:
    history = History()
    pairs = scored(("a1", "b1", 0.99))
    history.build(sources("a1", "b1"), pairs)
    away = history.build(sources("a1"), scored(), links(("refuse", "a1", "b1")))
    assert told(away) == {"b1": ["split", "Fb1", "Fa1", "steward"]}
    assert ids(away) == {"a1": "Fa1"}
    assert ids(history.build(sources("a1", "b1"), pairs, links(("refuse", "a1", "b1")))) == {
        "a1": "Fa1",
        "b1": "Fb1",
    }


def test_what_becomes_of_each_decision() -> None:
    pairs = scored(("a1", "b1", 0.99), ("a2", "b2", 0.7))
    decided = links(
        ("confirm", "a1", "b1"),  # the machine says so too
        ("refuse", "a3", "b3"),  # nothing suggests it
        ("confirm", "a9", "b1"),  # no such fund
        ("confirm", "a2", "b2"),  # a later one says otherwise
        ("refuse", "b2", "a2"),
        ("confirm", "a3", "c3"),
        ("confirm", "c3", "b3"),  # would bring a3 and b3 together, which are refused
    )
    found = History().build(sources("a1", "a2", "a3", "b1", "b2", "b3", "c3"), pairs, decided)
    assert dict(found.decisions.rows()) == {
        2: "not_needed", 3: "not_needed", 4: "unknown_fund", 5: "overruled", 6: "applied", 7: "applied", 8: "contradicted",
    }  # fmt: skip
    assert ids(found)["c3"] == ids(found)["a3"] != ids(found)["b3"]


def test_a_fund_without_a_code_is_named_by_its_key() -> None:
    present = sources("a1", "b1").with_columns(
        fund_code=pl.when(pl.col("source_fund_key") != "b1").then("fund_code")
    )
    decided = links(("confirm", "a1", "b1")).with_columns(fund_b=pl.lit("b1"))
    assert set(ids(History().build(present, scored(), decided)).values()) == {"Fa1"}


def test_components_are_named_by_their_smallest_node_however_long_the_chain() -> None:
    names = [f"n{number:03d}" for number in range(60)]
    chain = pl.DataFrame({"a": names[1:], "b": names[:-1]}).sample(fraction=1, shuffle=True, seed=1)
    assert components(chain)["component"].unique().to_list() == ["n000"]


def test_joined_never_brings_refused_nodes_together() -> None:
    joined = Joined({"a": {"x"}, "b": {"y"}, "c": {"z"}}, [("a", "c")])
    assert joined.join("a", "b")
    assert not joined.join("b", "c")
    assert joined.root("b") == "a" and joined.root("c") == "c"


NAMES = [f"{feed}{number}" for feed in "abcd" for number in range(4)]
PAIRS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from([0.3, 0.7, 0.96, 0.98, 0.99, 0.9999])),
    max_size=25,
    unique_by=lambda pair: tuple(sorted(pair[:2])),
)  # fmt: skip
Build = tuple[set[str], list[tuple[str, str, float]], list[tuple[str, str, str]]]
DECIDED = st.lists(
    st.tuples(st.sampled_from(["confirm", "refuse"]), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    max_size=5,
)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sets(st.sampled_from(NAMES), min_size=1), PAIRS, DECIDED), min_size=1, max_size=4),
    st.randoms(),
)
def test_whatever_comes_the_promises_hold(builds: list[Build], random: Random) -> None:
    history = History()
    held: dict[str, str] = {}
    for present, raw, decided in builds:
        pairs = scored(*(pair for pair in raw if pair[0] != pair[1]))
        pairs = pairs.filter(
            pl.col("left_key").is_in(list(present)) & pl.col("right_key").is_in(list(present))
        )
        decisions = links(*(one for one in decided if one[1] != one[2]))
        table = sources(*sorted(present))
        shuffled = resolve(
            table.sample(fraction=1, shuffle=True, seed=random.randint(0, 99)),
            pairs.sample(fraction=1, shuffle=True, seed=1),
            history.registry.sample(fraction=1, shuffle=True, seed=2),
            decisions.sample(fraction=1, shuffle=True, seed=3),
            decided_on=date(2026, 1, history.number + 1),
            build_id=f"2026010{history.number + 1}T000000-abcdef",
        )
        found = history.build(table, pairs, decisions)
        for name in ("identity", "events", "review", "decisions"):
            assert getattr(found, name).equals(getattr(shuffled, name)), name
        # One id a source fund present; the id is that of a member ever registered.
        now = ids(found)
        assert set(now) == present
        whole = dict(
            history.registry.sort("build_id").unique("source_fund_key", keep="last", maintain_order=True)
            .select("source_fund_key", "fund_id").rows()
        )  # fmt: skip
        assert all(whole[fund[1:]] == fund for fund in whole.values())
        # An id changes only by a dated merge or split.
        for key, event, new, old in found.events.select(
            "source_fund_key", "event", "fund_id", "previous_fund_id"
        ).rows():
            assert held.get(key) == old and new != old
            assert event == ("register" if old is None else event) and event in {"register", "merge", "split"}
        changed = {key for key in held if whole[key] != held[key]}
        assert changed <= set(found.events["source_fund_key"])
        if not any(one[0] == "refuse" for one in decided):
            assert "split" not in found.events["event"].to_list()
        # Refused pairs are apart; the machine brought no feed twice into a fund.
        last: dict[tuple[str, str], str] = {}
        for decision, left, right in decided:
            if left != right:
                last[min(left, right), max(left, right)] = decision
        for (left, right), decision in last.items():
            if decision == "refuse" and left in whole and right in whole:
                assert whole[left] != whole[right]
        if not any(one[0] == "confirm" for _, _, each in builds for one in each):
            assert len({(fund, key[0]) for key, fund in whole.items()}) == len(whole)
        held = whole
    again = history.build(sources(*sorted(builds[-1][0])), scored(), None)
    assert "split" not in again.events["event"].to_list()


def test_a_world_is_linked_well_and_its_registry_does_not_depend_on_order() -> None:
    present, truth = make_world(tambons=550, seed=1)
    pairs = score_pairs(present)
    found = resolve(present, pairs, NOTHING, decided_on=DAY, build_id="b1")
    mixed = resolve(
        present.sample(fraction=1, shuffle=True, seed=9),
        pairs.sample(fraction=1, shuffle=True, seed=8),
        NOTHING,
        decided_on=DAY,
        build_id="b1",
    )
    assert mixed.events.equals(found.events)
    funds = found.identity.join(present.select("source_fund_key", "feed_code"), on="source_fund_key")
    said = (
        funds.join(funds, on="fund_id")
        .filter(pl.col("source_fund_key") < pl.col("source_fund_key_right"))
        .select(left_key="source_fund_key", right_key="source_fund_key_right")
    )
    right = said.join(truth, on=["left_key", "right_key"]).height
    assert right / said.height >= 0.99
    assert right / truth.height >= 0.94
    assert found.review.height < 0.1 * truth.height
    assert not funds.select("fund_id", "feed_code").is_duplicated().any()


# ---- registry ----


def test_the_registry_is_appended_once_and_read_in_order(tmp_path: Path) -> None:
    home, history = Home(tmp_path), History()
    assert read_registry(home).equals(NOTHING)
    first = history.build(sources("a1", "b1"), scored())
    second = history.build(sources("a1", "b1", "c1"), scored(("a1", "b1", 0.99)))
    for found in (second, first, first):
        append_events(home, found.events["build_id"][0], found.events)
    assert read_registry(home).equals(pl.concat([first.events, second.events]))
    assert append_events(home, first.events["build_id"][0], first.events) == 0


def test_a_build_that_is_run_again_loses_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    found = resolve(sources("a1", "b1"), scored(), NOTHING, decided_on=DAY, build_id="b1")
    assert append_events(home, "b1", found.events) == 2
    again = resolve(sources("a1", "b1"), scored(), read_registry(home), decided_on=DAY, build_id="b1")
    assert append_events(home, "b1", again.events) == 0
    assert read_registry(home).equals(found.events)
    assert [path.name for path in registry_folder(home).glob("*.tmp")] == []


def test_what_a_killed_build_had_not_recorded_is_added_to_its_part(tmp_path: Path) -> None:
    home = Home(tmp_path)
    found = resolve(
        sources("a1", "b1", "c1"), scored(("a1", "b1", 0.99)), NOTHING, decided_on=DAY, build_id="b1"
    )
    assert append_events(home, "b1", found.events.head(1)) == 1
    assert append_events(home, "b1", found.events) == 2
    assert read_registry(home).equals(found.events)


def test_a_damaged_part_stops_and_says_so_in_both_languages(tmp_path: Path) -> None:
    home = Home(tmp_path)
    found = resolve(sources("a1"), scored(), NOTHING, decided_on=DAY, build_id="b1")
    append_events(home, "b1", found.events)
    (registry_folder(home) / "b1.parquet").write_bytes(b"PAR1")
    with pytest.raises(RegistryError, match=r"(?s)เสียหาย.*damaged"):
        read_registry(home)
    with pytest.raises(RegistryError, match="เสียหาย"):
        append_events(home, "b1", found.events)


def test_events_of_another_build_and_names_that_leave_the_folder_are_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    found = resolve(sources("a1"), scored(), NOTHING, decided_on=DAY, build_id="b1")
    with pytest.raises(RegistryError, match="another build"):
        append_events(home, "b2", found.events)
    with pytest.raises(ValueError, match="build id"):
        append_events(home, "../b1", found.events)


def test_the_mark_is_where_it_is() -> None:
    just, below = (
        History().build(sources("a1", "b1"), scored(("a1", "b1", chance))) for chance in (AUTO, AUTO - 0.001)
    )
    assert len(set(ids(just).values())) == 1
    assert len(set(ids(below).values())) == 2
    assert below.review["reason"].to_list() == ["unsure"]
