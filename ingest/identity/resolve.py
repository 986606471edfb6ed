"""Which source funds are one fund: registered ids first, then stewards' decisions, then the machine's links where they are sure.

- Ids once registered stay. Only a `merge` (the younger id ends in the older one) or a steward's refusal (`split`) changes what a
  source fund belongs to, and both are dated events.
- Between two feeds the machine links one to one, where it is sure; what is likely and not clear goes to review.
- A feed that is absent keeps its places: its source funds stay in their funds and come back with their ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from ingest.identity.decisions import read_links
from ingest.identity.groups import Joined, components, parted
from ingest.identity.link import PAIR_SCHEMA
from ingest.identity.matching import AUTO, linked, open_pairs
from ingest.identity.registry import EVENT_SCHEMA, ordered
from ingest.identity.review import REVIEW_SCHEMA, to_review
from ingest.identity.sources import normal_sources

IDENTITY_SCHEMA: dict[str, pl.DataType] = {
    "source_fund_key": pl.String(),
    "fund_id": pl.String(),
    "method": pl.String(),
    "probability": pl.Float64(),
    "since_build_id": pl.String(),
}


@dataclass(frozen=True)
class Resolution:
    """What a build decides.

    identity: one row a source fund of this build (IDENTITY_SCHEMA).
    events: what is new and goes into the registry (EVENT_SCHEMA); at most one a source fund.
    review: pairs that wait for a person, surest first (REVIEW_SCHEMA).
    decisions: `line` of links.csv and its `state`: `applied`, `not_needed` (the machine says the same by itself), `unknown_fund`,
        `overruled` (a later decision on the same pair), `contradicted` (a refusal stands against it).
    """

    identity: pl.DataFrame
    events: pl.DataFrame
    review: pl.DataFrame
    decisions: pl.DataFrame


def resolve(
    sources: pl.DataFrame,
    pairs: pl.DataFrame,
    registry: pl.DataFrame,
    decisions: pl.DataFrame | None = None,
    *,
    decided_on: date,
    build_id: str,
) -> Resolution:
    """Decide which source funds are one fund. The order of rows in any argument changes nothing.

    Args:
        sources: one row a source fund present (SOURCE_SCHEMA).
        pairs: as `score_pairs` gives them.
        registry: every event so far (EVENT_SCHEMA).
        decisions: valid rows of links.csv, as `read_decisions` gives them.
        decided_on, build_id: what new events carry.
    """
    present = normal_sources(sources)
    pairs = pairs.select(pl.col(name).cast(dtype) for name, dtype in PAIR_SCHEMA.items())
    nodes = _nodes(present, registry)
    steward = read_links(decisions, nodes, pairs, AUTO)
    nodes = _with_parts(nodes, pairs, steward.refused, steward.confirmed)
    nodes, contradicted = _with_confirmed(nodes, steward.refused, steward.confirmed)
    edges = open_pairs(nodes, pairs, steward.refused)
    links, conflicts = linked(nodes, edges, steward.refused)
    nodes = _with_funds(nodes, links, registry)
    events = _events(nodes, links, steward.confirmed, steward.refused, decided_on, build_id)
    return Resolution(
        _identity(present, registry, events),
        events,
        to_review(present, nodes, pairs, steward.refused, conflicts, AUTO),
        steward.states(contradicted),
    )


def _nodes(present: pl.DataFrame, registry: pl.DataFrame) -> pl.DataFrame:
    """Every source fund present or registered: `key, feed_code, fund_code`, `held` (its registered fund), `group` (that, else
    its own)."""
    state = (
        ordered(registry)
        .unique("source_fund_key", keep="last", maintain_order=True)
        .select(key="source_fund_key", old_feed="feed_code", old_code="fund_code", held="fund_id")
    )
    return (
        present.select("feed_code", "fund_code", key="source_fund_key")
        .join(state, on="key", how="full", coalesce=True)
        .select(
            "key",
            pl.coalesce("feed_code", "old_feed").alias("feed_code"),
            pl.coalesce("fund_code", "old_code").alias("fund_code"),
            "held",
            pl.coalesce("held", pl.lit("F") + pl.col("key")).alias("group"),
        )
        .sort("key")
    )


def _with_parts(
    nodes: pl.DataFrame, pairs: pl.DataFrame, refused: pl.DataFrame, confirmed: pl.DataFrame
) -> pl.DataFrame:
    """`group` of funds that a refusal breaks up: the founder's part keeps the id, another is named by its smallest member."""
    group = nodes.select("key", "group")
    inside = (
        refused.join(group, left_on="left_key", right_on="key")
        .join(group, left_on="right_key", right_on="key", suffix="_right")
        .filter(pl.col("group") == pl.col("group_right"))
    )
    if inside.is_empty():
        return nodes
    broken = nodes.filter(pl.col("group").is_in(inside["group"].unique().to_list()))
    among = broken["key"].to_list()

    def within(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col("left_key").is_in(among) & pl.col("right_key").is_in(among))

    ties = pl.concat(
        [
            within(confirmed).select("left_key", "right_key", probability=pl.lit(2.0)),
            within(pairs).select("left_key", "right_key", "probability"),
        ]
    ).sort("probability", "left_key", "right_key", descending=[True, False, False])
    moved: dict[str, str] = {}
    for (fund,), part in broken.group_by("group"):
        members = dict(zip(part["key"], part["feed_code"], strict=True))
        founder = str(fund)[1:]
        # Its key is in the id; should it have gone, the smallest member keeps the id.
        founder = founder if founder in members else min(members)
        found = parted(
            members,
            founder,
            within(refused).select("left_key", "right_key").rows(),
            [
                (left, right)
                for left, right in ties.select("left_key", "right_key").rows()
                if left in members and right in members
            ],
        )
        moved |= {key: name for key, name in found.items() if name != found[founder]}
    new = pl.DataFrame(
        {"key": list(moved), "part": [f"F{name}" for name in moved.values()]},
        schema={"key": pl.String, "part": pl.String},
    )
    return nodes.join(new, on="key", how="left").select(
        "key", "feed_code", "fund_code", "held", group=pl.coalesce("part", "group")
    )


def _with_confirmed(
    nodes: pl.DataFrame, refused: pl.DataFrame, confirmed: pl.DataFrame
) -> tuple[pl.DataFrame, list[int]]:
    """`cluster`: groups that stewards put together. And the lines of confirmations that a refusal stands against."""
    group = nodes.select("key", "group")
    ends = (
        confirmed.join(group, left_on="left_key", right_on="key")
        .join(group, left_on="right_key", right_on="key", suffix="_right")
        .sort("decided_on", "line")
    )
    if ends.is_empty():
        return nodes.with_columns(cluster=pl.col("group")), []
    apart = refused.join(group, left_on="left_key", right_on="key").join(
        group, left_on="right_key", right_on="key", suffix="_right"
    )
    touched = set(ends["group"]) | set(ends["group_right"]) | set(apart["group"]) | set(apart["group_right"])
    joined = Joined({name: set() for name in touched}, apart.select("group", "group_right").rows())
    contradicted = [
        line
        for line, left, right in ends.select("line", "group", "group_right").rows()
        if not joined.join(left, right)
    ]
    cluster = pl.DataFrame(
        {"group": sorted(touched), "cluster": [joined.root(name) for name in sorted(touched)]},
        schema={"group": pl.String, "cluster": pl.String},
    )
    return (
        nodes.join(cluster, on="group", how="left").with_columns(cluster=pl.coalesce("cluster", "group")),
        contradicted,
    )


def _with_funds(nodes: pl.DataFrame, links: pl.DataFrame, registry: pl.DataFrame) -> pl.DataFrame:
    """`fund_id` (final), `leader` (the cluster that the id comes from).

    The oldest registered id wins, of two as old the smaller; without one, the smallest key names the fund.
    """
    of = components(links.select(a="left", b="right")).rename({"node": "cluster"})
    age = (
        registry.sort("decided_on", "build_id")
        .unique("fund_id", keep="first", maintain_order=True)
        .select(group="fund_id", born_on="decided_on", born_in="build_id")
    )
    nodes = nodes.join(of, on="cluster", how="left").with_columns(fund=pl.coalesce("component", "cluster"))
    named = (
        nodes.with_columns(
            # An id counts as registered only in the part that keeps it.
            is_held=pl.col("held").is_not_null() & (pl.col("held") == pl.col("group"))
        )
        .join(age, on="group", how="left")
        .with_columns(pl.when("is_held").then("born_on"), pl.when("is_held").then("born_in"))
        .sort(
            "is_held", "born_on", "born_in", "group", descending=[True, False, False, False], nulls_last=True
        )
        .unique("fund", keep="first", maintain_order=True)
    )
    smallest = nodes.group_by("fund").agg(pl.col("key").min().alias("smallest"))
    ids = named.join(smallest, on="fund").select(
        "fund",
        fund_id=pl.when("is_held").then("group").otherwise(pl.lit("F") + pl.col("smallest")),
    )
    out = nodes.join(ids, on="fund")
    leader = out.filter(pl.col("key") == pl.col("fund_id").str.slice(1)).select("fund", leader="cluster")
    return out.join(leader, on="fund", how="left").drop("component").sort("key")


def _events(
    nodes: pl.DataFrame,
    links: pl.DataFrame,
    confirmed: pl.DataFrame,
    refused: pl.DataFrame,
    decided_on: date,
    build_id: str,
) -> pl.DataFrame:
    """One event for each source fund that is new or belongs to another fund than before."""
    ends = pl.concat(
        [
            links.select(cluster="left", probability="probability"),
            links.select(cluster="right", probability="probability"),
        ]
    )
    sure = ends.group_by("cluster").agg(pl.col("probability").max())
    said = pl.concat(
        [
            frame.select(pl.col(end).alias("key"), "line", "reason", "decided_by", confirms=pl.lit(confirms))
            for frame, confirms in ((confirmed, True), (refused, False))
            for end in ("left_key", "right_key")
        ]
    ).sort("line")
    # The decision that names the source fund itself, else any one in its fund.
    split = pl.col("held").is_not_null() & (pl.col("held") != pl.col("group"))
    moved = nodes.filter(pl.col("held").ne_missing(pl.col("fund_id"))).with_columns(
        event=pl.when(pl.col("held").is_null()).then(pl.lit("register"))
        .when(split).then(pl.lit("split"))
        .otherwise(pl.lit("merge"))
    )  # fmt: skip
    by_key = said.group_by("key", "confirms", maintain_order=True).first()
    in_fund = (
        said.join(nodes.select("key", "fund", "held"), on="key")
        .group_by(pl.coalesce("held", "fund").alias("scope"), "confirms", maintain_order=True)
        .first()
        .select("scope", "confirms", fund_reason="reason", fund_by="decided_by")
    )
    by_final = (
        said.join(nodes.select("key", "fund"), on="key")
        .group_by("fund", "confirms", maintain_order=True)
        .first()
        .select("fund", "confirms", final_reason="reason", final_by="decided_by")
    )
    own = pl.col("key") == pl.col("fund_id").str.slice(1)
    return (
        moved.join(sure, on="cluster", how="left")
        .with_columns(
            method=pl.when((pl.col("event") == "register") & own).then(pl.lit("own"))
            .when((pl.col("event") == "split") | (pl.col("cluster") == pl.col("leader"))).then(pl.lit("steward"))
            .otherwise(pl.lit("machine")),
            confirms=pl.col("event") != "split",
            scope=pl.coalesce("held", "fund"),
        )
        .join(by_key.select("key", "confirms", "reason", "decided_by"), on=["key", "confirms"], how="left")
        .join(in_fund, on=["scope", "confirms"], how="left")
        .join(by_final, on=["fund", "confirms"], how="left")
        .with_columns(is_steward=pl.col("method") == "steward")
        .select(
            event_id=pl.lit(f"{build_id}:") + pl.col("key"),
            event="event",
            source_fund_key="key",
            feed_code="feed_code",
            fund_code="fund_code",
            fund_id="fund_id",
            previous_fund_id="held",
            method="method",
            probability=pl.when(pl.col("method") == "machine").then("probability"),
            reason=pl.when("is_steward").then(pl.coalesce("reason", "fund_reason", "final_reason"))
            .when(pl.col("method") == "own").then(pl.lit("first_listed")).otherwise(pl.lit("linked")),
            decided_by=pl.when("is_steward").then(pl.coalesce("decided_by", "fund_by", "final_by"))
            .otherwise(pl.lit("machine")),
            decided_on=pl.lit(decided_on),
            build_id=pl.lit(build_id),
        )
        .cast(dict(EVENT_SCHEMA))  # type: ignore[arg-type]
        .sort("source_fund_key")
    )  # fmt: skip


def _identity(present: pl.DataFrame, registry: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    known = registry.select(EVENT_SCHEMA.keys()).cast(dict(EVENT_SCHEMA))  # type: ignore[arg-type]
    latest = pl.concat([ordered(known), events]).unique("source_fund_key", keep="last", maintain_order=True)
    return (
        present.select("source_fund_key")
        .join(latest, on="source_fund_key")
        .select("source_fund_key", "fund_id", "method", "probability", since_build_id="build_id")
        .sort("source_fund_key")
    )


__all__ = ["AUTO", "IDENTITY_SCHEMA", "REVIEW_SCHEMA", "Resolution", "resolve"]
