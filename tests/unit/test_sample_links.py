"""The truth about one group in several lists, and about funds that change: complete, hard enough, and not impossible."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ingest.home import Home
from ingest.sample import funds, write_sample
from ingest.sample.agencies import AGENCIES
from ingest.sample.changes import as_of
from ingest.sample.groups import CODI_OF_BOTH, LISTS, make_groups
from ingest.sample.links import links_frame, secondary_rows
from ingest.sample.places import load_places
from ingest.sample.spelling import PREFIXES, register_number, slip, spell

LAST = 2025


@pytest.fixture(scope="module")
def pairs() -> pl.DataFrame:
    """Every true pair of the newest year's lists at national size."""
    registers = funds.make_registers(LAST, 2550)
    listed = {}
    for feed, agency in AGENCIES.items():
        if agency.register is not None and feed.split("/")[1] not in ("learning_centres", "pilots"):
            listed[feed] = set(agency.register(registers)["fund_code"])
    return links_frame(registers, listed)


def _rows(feed: str) -> pl.DataFrame:
    register = AGENCIES[feed].register
    assert register is not None
    return register(funds.make_registers(LAST, 2550))


def test_overlaps_are_as_large_as_meant(pairs: pl.DataFrame) -> None:
    counts = {(a, b): n for a, b, n in pairs.group_by("feed_a", "feed_b").len().iter_rows()}
    cdd, codi, satja, cult, fpo = (LISTS[name] for name in ("cdd", "codi", "satja", "cult", "fpo"))
    assert counts[cdd, codi] == 5_000 and counts[cdd, satja] == 400
    assert counts[codi, satja] == 1_800 and counts[codi, cult] == 600
    in_fpo = pl.concat([pairs.filter(feed_b=fpo)["fund_code_b"], pairs.filter(feed_a=fpo)["fund_code_a"]])
    assert in_fpo.n_unique() == 1_500
    assert counts[cdd, "codi/welfare_funds"] == counts[cdd, "nvf/village_funds"] == 300


def test_a_group_in_three_lists_has_all_three_pairs(pairs: pl.DataFrame) -> None:
    sides = [pl.concat_str([f"feed_{one}", f"fund_code_{one}"], separator=" ") for one in ("a", "b")]
    edges = set(pairs.select(a=sides[0], b=sides[1]).iter_rows())
    both = edges | {(b, a) for a, b in edges}
    neighbours: dict[str, set[str]] = {}
    for a, b in both:
        neighbours.setdefault(a, set()).add(b)
    for near in neighbours.values():
        assert all((a, b) in both for a, b in combinations(sorted(near), 2))
        assert len({one.split(" ")[0] for one in near}) == len(near), "one row a list"
    assert sum(len(near) >= 2 for near in neighbours.values()) >= 3 * CODI_OF_BOTH


def test_lists_spell_and_count_one_group_differently(pairs: pl.DataFrame) -> None:
    cdd, codi = _rows(LISTS["cdd"]), _rows(LISTS["codi"])
    both = (
        pairs.filter(feed_a=LISTS["cdd"], feed_b=LISTS["codi"])
        .join(cdd, left_on="fund_code_a", right_on="fund_code")
        .join(codi, left_on="fund_code_b", right_on="fund_code", suffix="_codi")
    )
    assert both.height == 5_000
    same = (both["fund_name"] == both["fund_name_codi"]).mean()
    assert 0.02 < same < 0.35  # type: ignore[operator]
    # The village, as letters, is still there for most: prefixes and village numbers differ, not stems.
    stem = (
        both.select(pl.col("fund_name_codi").str.contains(pl.col("village"), literal=True)).to_series().mean()
    )
    assert 0.9 < stem < 0.99  # type: ignore[operator]
    gap = (both["members_codi"] / both["members"] - 1).abs()
    assert 0.03 < (gap > 0.2).mean() < 0.1 and (gap <= 0.16).mean() > 0.9  # type: ignore[operator]
    days = (both["founded_on_codi"].cast(pl.Int32) - both["founded_on"].cast(pl.Int32)).abs()
    assert 0.1 < days.is_null().mean() < 0.2 and days.max() <= 366  # type: ignore[operator]
    assert 0.4 < (days == 0).mean() < 0.65  # type: ignore[operator]


def test_other_groups_of_the_same_village_stand_beside_them(pairs: pl.DataFrame) -> None:
    cdd = _rows(LISTS["cdd"]).select("tambon", "moo", "fund_code").cast({"tambon": pl.Int64, "moo": pl.Int64})
    satja = _rows(LISTS["satja"]).filter(pl.col("moo") > 0)
    village = satja.join(cdd, on=["tambon", "moo"], suffix="_cdd")
    linked = pairs.filter(feed_a=LISTS["cdd"], feed_b=LISTS["satja"])
    apart = village.join(
        linked, left_on=["fund_code_cdd", "fund_code"], right_on=["fund_code_a", "fund_code_b"], how="anti"
    )
    assert apart.height > 800, "a satja group and a savings group of one village are mostly two groups"
    poverty = _rows("cdd/poverty_funds").cast({"moo": pl.Int64}).join(cdd, on=["tambon", "moo"])
    assert poverty.height > 5_000


def test_numbers_are_given_by_most_and_never_a_persons() -> None:
    for name in ("cult", "fpo"):
        rows = make_groups(LAST, 2550).listed[name]
        unions = rows.filter(pl.col("kind") == "credit_union") if name == "cult" else rows.filter("under_act")
        share = (unions["juristic_number"] != "").mean()
        assert (0.6 < share < 0.8) if name == "cult" else share == 1.0  # type: ignore[operator]
    numbers = register_number(np.arange(0, 3000, 7))
    assert numbers.str.contains(r"^0999\d{9}$").all() and numbers.is_unique().all()
    for number in numbers.head(50):
        digits = [int(d) for d in number]
        assert (11 - sum(d * (13 - i) for i, d in enumerate(digits[:12])) % 11) % 10 == digits[12]


def test_spelling() -> None:
    rng = np.random.default_rng(3)
    kinds = np.array(list(PREFIXES) * 200, dtype=object)
    stems = np.full(len(kinds), "หนองไผ่", dtype=object)
    moo = np.full(len(kinds), 5, dtype=np.int64)
    names = spell(rng, kinds, stems, moo)
    for kind in PREFIXES:
        seen = set(names[kinds == kind])
        assert len(seen) >= 3 and any("หมู่" in one or "ม.5" in one for one in seen)
    assert any("หนองไผ่" not in one for one in names) and sum("หนองไผ่" in one for one in names) > 0.95 * len(
        names
    )
    official = spell(rng, np.array(["credit_union"] * 3, dtype=object), stems[:3], moo[:3], official=True)
    assert set(official) == {"สหกรณ์เครดิตยูเนี่ยนหนองไผ่ จำกัด"}
    slipped = slip(rng, stems, 1.0)
    assert all(len(one) == len("หนองไผ่") - 1 and one[:2] == "หน" for one in slipped)
    short = np.array(["ดอน"], dtype=object)
    assert slip(rng, short, 1.0).tolist() == ["ดอน"], "nothing recognisable would be left"


def test_funds_change_in_the_files_as_the_truth_says(tmp_path: Path) -> None:
    home = Home(tmp_path)
    feeds = ("codi/finance_organisations", "satja/groups")
    write_sample(home, scale=0.2, tidy=True, feeds=feeds)
    changes = pl.read_csv(home.sample / "truth_changes.csv", infer_schema=False)
    assert set(changes["what"]) == {"name", "tambon_code", "programme_code", "fund_code"}
    places, registers = load_places(), funds.make_registers(LAST, 2550)
    kept = funds.kept_tambons(places, 0.2)
    column = {
        "name": "fund_name",
        "tambon_code": "tambon_true",
        "programme_code": "programme",
        "fund_code": "fund_code",
    }
    for row in changes.iter_rows(named=True):
        frame, year = _rows(row["feed"]), int(row["fiscal_year"])
        at = np.flatnonzero((frame["fund_code"] == row["fund_code"]).to_numpy())
        assert len(at) == 1 and len(funds.in_year(frame[at], year, kept)) == 1
        for when, value in ((year - 1, row["old"]), (year, row["new"])):
            state = as_of(frame, at, when)
            said = {
                "fund_name": state.fund_name[0],
                "tambon_true": places.code[state.tambon[0]],
                "programme": state.programme[0],
                "fund_code": state.fund_code[0],
            }
            assert said[column[row["what"]]] == value, row
    recoded = changes.filter(what="fund_code")
    assert set(recoded["feed"]) == {"satja/groups"} and set(recoded["fiscal_year"]) == {str(LAST)}
    made = {
        year: set(
            AGENCIES["satja/groups"].draft(registers, places, kept, year, LAST - year).text["fund_code"]
        )
        for year in (LAST, LAST - 1)
    }
    assert set(recoded["new"]) <= made[LAST] - made[LAST - 1]
    assert set(recoded["old"]) <= made[LAST - 1] - made[LAST]
    links = pl.read_csv(home.sample / "truth_links.csv", infer_schema=False)
    assert not set(recoded["new"]) & set(links["fund_code_b"]), "what has two codes stands in no other list"


def test_rows_whose_owner_lists_them_too_carry_no_jump(tmp_path: Path) -> None:
    registers = funds.make_registers(LAST, 2550)
    flags = secondary_rows(registers, LISTS["codi"])
    assert flags is not None and flags.sum() == 5_000 + 1_800 - CODI_OF_BOTH + 600
    assert secondary_rows(registers, LISTS["fpo"]) is None
    home = Home(tmp_path)
    write_sample(home, scale=0.3, years=2, feeds=[LISTS["codi"]])
    jumps = pl.read_csv(home.sample / "truth_defects.csv", infer_schema=False).filter(
        pl.col("kind").is_in(["jump", "unit_slip_1000"])
    )
    assert jumps.height > 3
    codes = set(_rows(LISTS["codi"]).filter(pl.Series(flags))["fund_code"])
    grid = pl.read_csv(next((home.inbox / LISTS["codi"]).glob("2568*")), infer_schema=False)
    here = jumps.filter(pl.col("delivery_file").str.starts_with("2568"))
    spoiled = {grid["รหัสองค์กร"][int(row) - 2] for row in here["row_number"]}
    assert spoiled and not spoiled & codes
