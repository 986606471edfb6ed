"""Community finance organisations of which several agencies list overlapping parts, each in its own spelling.

One universe of groups: the 20,000 savings groups of พช.'s register as they stand, and groups of other kinds. พอช.'s register
lists 12,000 (5,000 of them also พช.'s, 1,800 satja groups, 600 credit unions), the satja network 3,000 (400 also พช.'s),
the credit union league 1,181, สศค. 3,007 (1,500 of the others'). In the same villages stand other groups of
like names that are not the same: village funds, poverty funds, satja groups beside savings groups.

Sizes: FEEDS figures (credit unions 1,181 = 589 + 592 with 1,205,660 members, Jul 2020; Chanthaburi's satja groups
110,110 members, 3.3 bn THB; 7 institutions under the 2019 act). How far the lists overlap is our assumption.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import polars as pl

from ingest.sample.funds import allocate, make_registers, rng_for
from ingest.sample.listing import list_groups
from ingest.sample.places import Ints, Places, load_places

SATJA_NEW, SATJA_OF_CDD = 2_600, 400
CHANTHABURI, CHANTHABURI_GROUPS, CHANTHABURI_MEMBERS, CHANTHABURI_SAVINGS = "22", 165, 110_110, 3.3e9
UNIONS, PRE_UNIONS, UNION_MEMBERS = 589, 592, 1_205_660
CODI_OF_CDD, CODI_OF_SATJA, CODI_OF_BOTH, CODI_OF_CULT = 5_000, 1_800, 250, 600
_OTHER_KINDS, _APART_KINDS = (
    ("revolving", "cash_savers", "community_money"),
    ("women_savers", "youth_savers", "elderly_savers"),
)
CODI_NEW = {
    "savings": 1_850,
    "village_bank": 1_700,
    **dict.fromkeys(_OTHER_KINDS, 300),
    **dict.fromkeys(_APART_KINDS, 133),
}
CODI_NEW["women_savers"] += 1  # 12,000 in all
FPO_OF = {"cdd": 550, "satja": 250, "cult": 400, "codi": 300}
FPO_UNDER_ACT = 7
FPO_NEW = {"savings": 600, "village_bank": 300, **dict.fromkeys(_OTHER_KINDS, 100), "peoples": 300}
LISTS = {
    "cdd": "cdd/savings_groups",
    "codi": "codi/finance_organisations",
    "satja": "satja/groups",
    "cult": "cult/credit_unions",
    "fpo": "fpo/peoples_finance",
}


@dataclass(frozen=True)
class Groups:
    """`listed`: the register of each feed (see `listing.list_groups`); `links`: feed_a, row_a, feed_b, row_b of one group."""

    listed: dict[str, pl.DataFrame]
    links: pl.DataFrame


def _days(rng: np.random.Generator, first: int, last: int, size: int) -> pl.Series:
    year = first + np.floor(rng.beta(2.4, 2.0, size) * (last - first)).astype(np.int64)
    start = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    return pl.Series(start + rng.integers(0, 365, size).astype("timedelta64[D]"))


def _founded_here(
    rng: np.random.Generator, hosts: pl.DataFrame, near: Ints, count: int, kind: str, *,
    share_near: float, years: tuple[int, int], members: float, per_member: float,
) -> pl.DataFrame:  # fmt: skip
    """New groups of a kind in villages, a share of them in villages that have a savings group (`near`)."""
    beside = min(int(count * share_near), len(near))
    rows = np.sort(
        np.concatenate([rng.permutation(near)[:beside], rng.permutation(hosts.height)[: count - beside]])
    )
    size = np.round((rng.lognormal(0.0, 0.55, count) * members).clip(15, 6000))
    return (
        hosts[rows]
        .select("tambon", "moo", stem="village")
        .with_columns(
            kind=pl.lit(kind),
            founded_on=_days(rng, *years, count),
            members=pl.Series(size),
            savings=pl.Series(np.round(size * rng.lognormal(0.0, 0.6, count) * per_member, -2)),
            cdd_row=pl.lit(-1, dtype=pl.Int64),
        )
    )


def _unions(rng: np.random.Generator, hosts: pl.DataFrame, places: Places, last_year: int) -> pl.DataFrame:
    """Credit unions, registered ones first: bigger, named after a village or after their tambon."""
    parts = [
        _founded_here(
            rng, hosts, np.zeros(0, dtype=np.int64), count, kind,
            share_near=0.0, years=(1965, last_year - 4), members=mean, per_member=0.0,
        )
        for kind, count, mean in (("credit_union", UNIONS, 1_500.0), ("pre_union", PRE_UNIONS, 400.0))
    ]  # fmt: skip
    both = pl.concat(parts)
    of_tambon = rng.random(both.height) < 0.45
    stem = np.where(of_tambon, places.tambon[both["tambon"].to_numpy()], both["stem"].to_numpy())
    members = allocate(UNION_MEMBERS, both["members"].to_numpy()).astype(np.float64)
    return both.with_columns(
        stem=pl.Series(stem, dtype=pl.String),
        moo=pl.Series(np.where(of_tambon, 0, both["moo"].to_numpy())),
        members=pl.Series(members),
        savings=pl.Series(np.round(members * rng.lognormal(0.0, 0.5, both.height) * 22_000, -2)),
    )


def _satja(rng: np.random.Generator, hosts: pl.DataFrame, near: Ints, places: Places) -> pl.DataFrame:
    """Satja groups that no other register founded: many in the east, where the network began."""
    province = np.array([code[:2] for code in places.code], dtype=object)[hosts["tambon"].to_numpy()]
    here = province == CHANTHABURI

    def new(where: pl.DataFrame, beside: Ints, count: int) -> pl.DataFrame:
        return _founded_here(
            rng, where, beside, count, "satja",
            share_near=0.4, years=(1990, 2015), members=240.0, per_member=16_000.0,
        )  # fmt: skip

    east = new(hosts.filter(pl.Series(here)), np.zeros(0, dtype=np.int64), CHANTHABURI_GROUPS)
    members = allocate(CHANTHABURI_MEMBERS, east["members"].to_numpy()).astype(np.float64)
    savings = allocate(int(CHANTHABURI_SAVINGS / 100), members * rng.lognormal(0.0, 0.4, east.height)) * 100.0
    east = east.with_columns(members=pl.Series(members), savings=pl.Series(savings))
    elsewhere = hosts.with_row_index("at").filter(pl.Series(~here))
    back = np.full(hosts.height, -1, dtype=np.int64)
    back[elsewhere["at"].to_numpy()] = np.arange(elsewhere.height)
    beside = back[near]
    rest = new(elsewhere, beside[beside >= 0], SATJA_NEW - CHANTHABURI_GROUPS)
    return pl.concat([east, rest])


def _flags(rng: np.random.Generator, groups: pl.DataFrame, places: Places) -> pl.DataFrame:
    """Which lists each group stands in."""
    n = groups.height
    kind, cdd = groups["kind"].to_numpy(), groups["cdd_row"].to_numpy() >= 0
    in_satja, in_codi, in_fpo = (np.zeros(n, dtype=bool) for _ in range(3))
    in_cult = np.isin(kind, ["credit_union", "pre_union"])
    origin = groups["origin"].to_numpy()

    def mark(
        flags: np.ndarray[tuple[int], np.dtype[np.bool_]],
        which: np.ndarray[tuple[int], np.dtype[np.bool_]],
        count: int,
    ) -> None:
        flags[rng.permutation(np.flatnonzero(which))[:count]] = True

    chanthaburi = np.array([code[:2] == CHANTHABURI for code in places.code])[groups["tambon"].to_numpy()]
    mark(in_satja, cdd & ~chanthaburi, SATJA_OF_CDD)
    in_satja |= origin == "satja"
    mark(in_codi, cdd & in_satja, CODI_OF_BOTH)
    mark(in_codi, cdd & ~in_satja, CODI_OF_CDD - CODI_OF_BOTH)
    mark(in_codi, ~cdd & in_satja, CODI_OF_SATJA - CODI_OF_BOTH)
    mark(in_codi, in_cult, CODI_OF_CULT)
    in_codi |= origin == "codi"
    mark(in_fpo, cdd & ~in_satja, FPO_OF["cdd"])
    mark(in_fpo, in_satja, FPO_OF["satja"])
    mark(in_fpo, in_cult, FPO_OF["cult"])
    mark(in_fpo, origin == "codi", FPO_OF["codi"])
    in_fpo |= origin == "fpo"
    flags = {"in_cdd": cdd, "in_codi": in_codi, "in_satja": in_satja, "in_cult": in_cult, "in_fpo": in_fpo}
    return groups.with_columns(**{name: pl.Series(values) for name, values in flags.items()})


def _pairs(groups: pl.DataFrame, listed: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Every two lists that one group stands in: of a group in three lists all three pairs."""
    rows = {"cdd": groups.filter("in_cdd").select("org", row="cdd_row")} | {
        name: frame.with_row_index("row").select("org", pl.col("row").cast(pl.Int64))
        for name, frame in listed.items()
    }
    return pl.concat(
        [
            rows[a].join(rows[b], on="org", suffix="_b").sort("row")
            .select(feed_a=pl.lit(LISTS[a]), row_a="row", feed_b=pl.lit(LISTS[b]), row_b="row_b")
            for a, b in combinations(LISTS, 2)
        ]
    )  # fmt: skip


@lru_cache(maxsize=1)
def make_groups(last_year: int, seed: int) -> Groups:
    """Draw the universe and its lists at national size; under a second, the last one kept."""
    places, registers = load_places(), make_registers(last_year, seed)
    rng = rng_for(seed, "groups")
    hosts = registers.village.with_row_index("village_row").filter(
        (pl.col("moo") > 0) & (pl.col("end_year") == 9999)
    )
    linked = set(registers.links["savings"].to_list())
    savings = registers.savings.with_row_index("cdd_row").with_columns(pl.col("cdd_row").cast(pl.Int64))
    at = np.full(registers.village.height, -1, dtype=np.int64)
    at[hosts["village_row"].to_numpy()] = np.arange(hosts.height)
    near = at[savings["village_row"].to_numpy()]
    near = near[near >= 0]
    alone = hosts.filter(~pl.int_range(hosts.height, eager=True).is_in(near))
    none = np.zeros(0, dtype=np.int64)

    def new(count: int, kind: str, share: float, members: float = 120.0) -> pl.DataFrame:
        # A second savings group of one name in one village nobody could tell apart: these stand elsewhere.
        where, beside = (alone, none) if kind == "savings" else (hosts, near)
        return _founded_here(
            rng, where, beside, count, kind,
            share_near=share, years=(1980, last_year - 3), members=members, per_member=8_000.0,
        )  # fmt: skip

    own = savings.filter((pl.col("end_year") == 9999) & ~pl.col("cdd_row").is_in(linked)).select(
        "tambon", "moo", stem="village", kind=pl.lit("savings"), founded_on="founded_on", members="members",
        savings="savings", cdd_row="cdd_row",
    )  # fmt: skip
    act = new(FPO_UNDER_ACT, "peoples", 0.0, 2_500.0)
    parts = {
        "cdd": [own],
        "satja": [_satja(rng, hosts, near, places)],
        "cult": [_unions(rng, hosts, places, last_year)],
        "codi": [new(n, kind, 1.0 if kind in _APART_KINDS else 0.3) for kind, n in CODI_NEW.items()],
        "fpo": [act, *(new(n, kind, 0.2) for kind, n in FPO_NEW.items())],
    }
    frames = [
        part.cast({"tambon": pl.Int64, "moo": pl.Int64, "founded_on": pl.Date}).with_columns(
            origin=pl.lit(origin)
        )
        for origin, several in parts.items()
        for part in several
    ]
    groups = _flags(rng, pl.concat(frames).with_row_index("org"), places)
    under_act = np.zeros(groups.height, dtype=bool)
    under_act[np.flatnonzero(groups["origin"].to_numpy() == "fpo")[:FPO_UNDER_ACT]] = True
    groups = groups.with_columns(under_act=pl.Series(under_act))
    listed = {name: list_groups(groups, name, places, last_year, seed) for name in LISTS if name != "cdd"}
    return Groups(listed, _pairs(groups, listed))
