"""Putting funds together and keeping them apart. Everything here gives the same result for any order of its input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

import polars as pl

Pair = tuple[str, str]


def components(edges: pl.DataFrame) -> pl.DataFrame:
    """`node`, `component` (its smallest node) of an undirected graph.

    Args:
        edges: columns `a`, `b`. Groups of funds are small, so a few rounds of handing on the smallest label do.
    """
    both = pl.concat([edges.select(a="a", b="b"), edges.select(a="b", b="a")]).unique()
    labels = both.select(node="a").unique().with_columns(component=pl.col("node"))
    while True:
        heard = (
            both.join(labels.rename({"node": "b"}), on="b")
            .group_by("a")
            .agg(pl.col("component").min().alias("heard"))
        )
        new = labels.join(heard, left_on="node", right_on="a").select(
            "node", component=pl.min_horizontal("component", "heard")
        )
        if new.sort("node").equals(labels.sort("node")):
            return new.sort("node")
        labels = new


class Joined:
    """Funds joined one pair at a time, where nothing forbids it. For the few that need a decision, not for all."""

    def __init__(self, feeds: Mapping[str, AbstractSet[str]], apart: Iterable[Pair]) -> None:
        """Args: `feeds` by node, for every node; `apart`: pairs that must not come together, directly or through others."""
        self._parent = {node: node for node in feeds}
        self._feeds = {node: set(of) for node, of in feeds.items()}
        self._apart: dict[str, set[str]] = {}
        for left, right in apart:
            self._apart.setdefault(left, set()).add(right)
            self._apart.setdefault(right, set()).add(left)
        self._members = {node: {node} for node in feeds}

    def root(self, node: str) -> str:
        """The group's name: its smallest node."""
        while self._parent[node] != node:
            node = self._parent[node]
        return node

    def join(self, left: str, right: str, *, feeds_may_repeat: bool = False) -> bool:
        """Join the groups of two nodes; False where a refusal, or a feed that both have, forbids it."""
        one, other = sorted((self.root(left), self.root(right)))
        if one == other:
            return True
        kept_apart = set().union(*(self._apart.get(node, set()) for node in self._members[one]))
        if kept_apart & self._members[other] or (
            not feeds_may_repeat and self._feeds[one] & self._feeds[other]
        ):
            return False
        self._parent[other] = one
        self._members[one] |= self._members.pop(other)
        self._feeds[one] |= self._feeds.pop(other)
        return True


def parted(
    members: Mapping[str, str], founder: str, apart: Iterable[Pair], ties: Iterable[Pair]
) -> dict[str, str]:
    """One fund that a steward's refusal breaks up: each member's part, named by the part's smallest member.

    Args:
        members: feed by source fund of the fund.
        founder: the member whose key is in the fund's id; who belongs nowhere else stays with it.
        apart: refused pairs among the members.
        ties: pairs of members that belong together, surest first.
    """
    joined = Joined({key: {feed} for key, feed in members.items()}, apart)
    for left, right in ties:
        joined.join(left, right, feeds_may_repeat=True)
    for key in sorted(members):
        joined.join(founder, key, feeds_may_repeat=True)
    return {key: joined.root(key) for key in members}
