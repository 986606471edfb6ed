"""Scores: what is linked, what is not, and that order, size and rubbish change nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.identity import link
from ingest.identity.link import FLOOR, PAIR_SCHEMA, prepared, score_pairs, trained
from ingest.identity.matching import AUTO
from ingest.identity.model import MODEL, MOVE, moved
from ingest.identity.sources import SOURCE_SCHEMA
from tests.unit.identity_world import FAMILY, key_of, make_world

CDD, SATJA, CODI, NVF = (
    "cdd/savings_groups",
    "satja/groups",
    "codi/finance_organisations",
    "nvf/village_funds",
)


def fund(feed: str, code: str, name: str, programme: str = "savings_group", **more: Any) -> dict[str, Any]:
    return {
        "source_fund_key": key_of(feed, code), "feed_code": feed, "agency_code": feed.split("/", maxsplit=1)[0],
        "programme_code": programme,
        "family": FAMILY[programme], "fund_code": code, "fund_name": name, "tambon_unit_id": "U400101", "tambon_code": "400101",
        "amphoe_code": "4001", "province_code": "40", "first_fiscal_year": 2015, "last_fiscal_year": 2025,
    } | more  # fmt: skip


def table(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([dict.fromkeys(SOURCE_SCHEMA) | row for row in rows], schema=SOURCE_SCHEMA)


def chance(*rows: dict[str, Any]) -> float:
    """The chance of the pair of the first two funds; 0 where it is no candidate."""
    pairs = score_pairs(table(*rows))
    ends = sorted([rows[0]["source_fund_key"], rows[1]["source_fund_key"]])
    found = pairs.filter((pl.col("left_key") == ends[0]) & (pl.col("right_key") == ends[1]))
    return float(found["probability"][0]) if found.height else 0.0


GROUP = {"moo": 5, "members_persons": 140.0, "savings_thb": 1_250_000.0, "founded_on": date(1998, 3, 14)}


def test_one_group_in_two_registers_is_found_under_another_wording() -> None:
    left = fund(CDD, "1", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านหนองแวง", **GROUP)
    right = fund(
        CODI, "9", "กลุ่มออมทรัพย์ฯ บ.หนองแวก (ม.๕)", "other_finance", members_persons=151.0, savings_thb=1.4e6
    )
    assert chance(left, right) >= AUTO


@pytest.mark.parametrize(
    ("left", "right"),
    [
        # All of one village, and each an organisation of its own.
        (fund(NVF, "1", "กองทุนหมู่บ้าน บ้านหนองแวง", "village_fund", moo=5, members_persons=150.0, savings_thb=1.2e6),
         fund(CDD, "1", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านหนองแวง", **GROUP)),
        (fund(NVF, "1", "บ้านหนองแวง", "village_fund", moo=5),
         fund("cdd/poverty_funds", "1", "บ้านหนองแวง", "poverty_fund", moo=5)),
        (fund(SATJA, "1", "กลุ่มสัจจะสะสมทรัพย์บ้านหนองแวง", "satja_group", moo=5, members_persons=90.0),
         fund(CDD, "1", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านหนองแวง", **GROUP)),
        (fund(NVF, "1", "กองทุนหมู่บ้าน บ้านหนองแวง", "village_fund", moo=5),
         fund("nvf/community_institutions", "1", "สถาบันการเงินชุมชนบ้านหนองแวง", "community_institution", moo=5)),
        # A bare name in a register of many kinds fits both.
        (fund(NVF, "1", "กองทุนหมู่บ้าน บ้านหนองแวง", "village_fund", moo=5, members_persons=150.0, savings_thb=1.2e6),
         fund(CODI, "1", "บ้านหนองแวง", "other_finance", moo=5, members_persons=170.0, savings_thb=1.4e6)),
        # Neighbours, and a village that was divided.
        (fund(CDD, "1", "กลุ่มออมทรัพย์บ้านหนองแวง", moo=5), fund(CODI, "1", "กลุ่มออมทรัพย์บ้านโคกสูง", "other_finance", moo=6)),
        (fund(CDD, "1", "กลุ่มออมทรัพย์บ้านหนองแวง", moo=5, members_persons=100.0),
         fund(CODI, "1", "กลุ่มออมทรัพย์บ้านหนองแวง", "other_finance", moo=9, members_persons=300.0)),
        # The second group of a village.
        (fund(CDD, "1", "กลุ่มออมทรัพย์บ้านหนองแวง แห่งที่ 2", moo=5),
         fund(CODI, "1", "กลุ่มออมทรัพย์บ้านหนองแวง แห่งที่ 3", "other_finance", moo=5)),
        # A name alone, elsewhere.
        (fund(CDD, "1", "กลุ่มออมทรัพย์บ้านหนองแวง", **GROUP),
         fund(CODI, "1", "กลุ่มออมทรัพย์บ้านหนองแวง", "other_finance", tambon_unit_id="U500101", amphoe_code="5001", **GROUP)),
    ],
)  # fmt: skip
def test_different_organisations_are_not_taken_for_one(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert chance(left, right) < 0.5


def test_size_and_founding_day_together_link_what_the_names_call_differently() -> None:
    left = fund(SATJA, "1", "กลุ่มสัจจะสะสมทรัพย์บ้านหนองแวง", "satja_group", **GROUP)
    right = fund(CDD, "1", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านหนองแวง", **GROUP)
    assert chance(left, right) >= AUTO


def test_a_juristic_number_finds_a_fund_in_another_tambon() -> None:
    number = "0994000123456"
    left = fund(
        "cult/credit_unions", "1", "สหกรณ์เครดิตยูเนี่ยนหนองแวง จำกัด", "credit_union", juristic_number=number
    )
    elsewhere = {"tambon_unit_id": "U400205", "amphoe_code": "4002"}
    written = {"juristic_number": "0-9940-00123-45-6"}
    right = fund(CODI, "7", "เครดิตยูเนียน หนองแวง", "other_finance", **elsewhere, **written)
    assert chance(left, right) >= AUTO
    # A number that a feed gives to two funds is nobody's.
    other = fund(CODI, "8", "เครดิตยูเนียน โคกสูง", "other_finance", juristic_number=number)
    assert chance(left, right, other) < 0.5
    assert chance(left | {"juristic_number": "0" * 13}, right | {"juristic_number": "0" * 13}) < 0.5


def test_two_rows_of_one_feed_are_a_pair_only_where_one_follows_the_other() -> None:
    old = fund(CDD, "1", "กลุ่มออมทรัพย์บ้านหนองแวง", **GROUP | {"last_fiscal_year": 2019})
    new = fund(CDD, "2", "กลุ่มออมทรัพย์บ้านหนองแวง", **GROUP | {"first_fiscal_year": 2020})
    assert chance(old, new) >= AUTO
    assert chance(old, new | {"first_fiscal_year": 2018}) == 0.0


def test_an_unresolved_place_is_no_proof_of_another() -> None:
    left = fund(CDD, "1", "กลุ่มออมทรัพย์บ้านหนองแวง", **GROUP)
    right = fund(CODI, "1", "กลุ่มออมทรัพย์บ้านหนองแวง", "other_finance", **GROUP) | {
        "tambon_unit_id": None,
        "tambon_code": None,
    }
    assert chance(left, right) >= 0.5


def test_a_home_of_one_fund_or_none_has_no_pairs() -> None:
    for sources in (table(), table(fund(CDD, "1", "กลุ่มออมทรัพย์บ้านหนองแวง"))):
        assert score_pairs(sources).equals(pl.DataFrame(schema=PAIR_SCHEMA))


def test_funds_without_anything_make_no_pairs_and_no_trouble() -> None:
    empty = {
        "fund_name": None,
        "tambon_unit_id": None,
        "amphoe_code": None,
        "family": None,
        "programme_code": None,
    }
    bare = [
        fund(CDD, "1", "x") | empty,
        fund(CODI, "2", "x") | empty,
        fund(NVF, "3", "=cmd|' /C calc'!A0", "village_fund"),
    ]
    assert score_pairs(table(*bare)).is_empty()


def test_keys_must_be_there_once() -> None:
    one = fund(CDD, "1", "กลุ่มออมทรัพย์บ้านหนองแวง")
    with pytest.raises(ValueError, match="unique"):
        score_pairs(table(one, one))


def test_the_evidence_adds_up() -> None:
    left = fund(CDD, "1", "กลุ่มออมทรัพย์เพื่อการผลิตบ้านหนองแวง", **GROUP)
    right = fund(CODI, "9", "กลุ่มออมทรัพย์ บ.หนองแวง", "other_finance", **GROUP)
    row = score_pairs(table(left, right)).row(0, named=True)
    evidence = json.loads(row["evidence_json"])
    assert [evidence[name]["level"] for name in ("village", "kind", "founded", "numbers")] == [
        "same_name_same_moo", "same_kind", "same_day", "unknown",
    ]  # fmt: skip
    # Prior 1/32: odds of 1 to 31, so log2(1/31) = -4.95 bits.
    bits = sum(one["weight"] for one in evidence.values()) - 4.95
    assert row["probability"] == pytest.approx(1 / (1 + 2**-bits), abs=0.001)


@pytest.fixture(scope="module")
def world() -> tuple[pl.DataFrame, pl.DataFrame]:
    return make_world(tambons=330, seed=5)


def test_a_small_home_works_on_priors_and_order_changes_nothing() -> None:
    sources, truth = make_world(tambons=2, seed=3)
    assert sources.height < 100
    pairs = score_pairs(sources)
    sure = pairs.filter(pl.col("probability") >= AUTO)
    assert sure.height > 0
    assert sure.join(truth, on=["left_key", "right_key"], how="anti").is_empty()
    assert score_pairs(sources.sample(fraction=1, shuffle=True, seed=1)).equals(pairs)


def test_training_is_the_same_for_any_order_and_stays_near_the_priors(
    world: tuple[pl.DataFrame, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "TRAIN_FROM_PAIRS", 500)
    sources, _ = world
    model = trained(prepared(sources))
    assert model != MODEL
    assert trained(prepared(sources.sample(fraction=1, shuffle=True, seed=2))) == model
    for one, prior in zip(model, MODEL, strict=True):
        for level, was in zip(one.levels, prior.levels, strict=True):
            assert was.m / MOVE * 0.999 <= level.m <= was.m * MOVE * 1.001
            assert was.u / MOVE * 0.999 <= level.u <= was.u * MOVE * 1.001
            assert one.learn or level == was
    pairs = score_pairs(sources)
    assert score_pairs(sources.sample(fraction=1, shuffle=True, seed=3)).equals(pairs)
    assert pairs["probability"].is_between(FLOOR, 1.0).all()
    assert (pairs["left_key"] < pairs["right_key"]).all()
    assert not pairs.select("left_key", "right_key").is_duplicated().any()


def test_a_country_without_one_link_teaches_nothing_wrong(
    world: tuple[pl.DataFrame, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fund of the second register is a stranger: of the same villages, but no twin of any."""
    monkeypatch.setattr(link, "TRAIN_FROM_PAIRS", 500)
    sources, truth = world
    twins = truth["left_key"].append(truth["right_key"]).unique()
    strangers = sources.filter(~pl.col("source_fund_key").is_in(twins.to_list()))
    assert score_pairs(strangers).filter(pl.col("probability") >= AUTO).height < 0.001 * strangers.height


def test_moved_keeps_what_was_not_learnt() -> None:
    learnt = {("members", "same"): 0.9, ("members", "near"): 0.0001, ("kind", "same_kind"): 0.5}
    by_name = {one.name: one for one in moved(MODEL, "u", learnt)}
    same, near, *_ = by_name["members"].levels
    assert (same.u, near.u) == (0.08, 0.0125)  # priors 0.02 and 0.05, four times and a quarter
    assert by_name["kind"] in MODEL and by_name["village"] in MODEL


def test_the_cache_is_used_mended_and_bound_to_its_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, _ = make_world(tambons=3, seed=4)
    pairs = score_pairs(sources, tmp_path)
    (file,) = tmp_path.glob("*.parquet")
    with monkeypatch.context() as patch:
        patch.setattr(link, "_scored", lambda records: pytest.fail("not read from the cache"))
        assert score_pairs(sources.reverse(), tmp_path).equals(pairs)
    file.write_bytes(b"PAR1 torn")
    assert score_pairs(sources, tmp_path).equals(pairs)
    changed = sources.with_columns(members_persons=pl.col("members_persons") + 50)
    assert not score_pairs(changed, tmp_path).equals(pairs)
    for seed in range(6):
        score_pairs(sources.sample(20, seed=seed), tmp_path)
    assert len(list(tmp_path.iterdir())) == link.CACHED_RUNS
