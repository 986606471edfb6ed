"""What the machine links by itself: between two feeds one to one, each the other's best and clearly ahead of the next."""

from __future__ import annotations

import polars as pl

from ingest.identity.groups import Joined, components

AUTO = 0.95
"""From this probability on the machine links by itself."""
MARGIN = 2.0
"""Bits of weight by which the best candidate must lead the next one of its feed: four times as likely."""
ROUNDS = 4
"""A fund whose rival has found its own better match is looked at again, this often."""


def open_pairs(nodes: pl.DataFrame, pairs: pl.DataFrame, refused: pl.DataFrame) -> pl.DataFrame:
    """Pairs that could still be linked: two feeds, two clusters that share no feed and have no refusal between them.

    Columns: `left_key, right_key, probability, bits, left, right` (clusters), `left_feed, right_feed`.
    """
    of = nodes.select("key", "cluster", "feed_code")
    ends = (
        pairs.select("left_key", "right_key", "probability")
        .join(of.rename({"key": "left_key", "cluster": "left", "feed_code": "left_feed"}), on="left_key")
        .join(of.rename({"key": "right_key", "cluster": "right", "feed_code": "right_feed"}), on="right_key")
        .filter((pl.col("left_feed") != pl.col("right_feed")) & (pl.col("left") != pl.col("right")))
    )
    feeds = nodes.select("cluster", "feed_code").unique()
    shared = (
        ends.select("left", "right")
        .unique()
        .join(feeds.rename({"cluster": "left"}), on="left")
        .join(feeds.rename({"cluster": "right"}), on=["right", "feed_code"])
        .select("left", "right")
        .unique()
    )
    return (
        ends.join(shared, on=["left", "right"], how="anti")
        .join(_both_ways(_apart(nodes, refused)), on=["left", "right"], how="anti")
        .with_columns(bits=bits(pl.col("probability")))
    )


def _apart(nodes: pl.DataFrame, refused: pl.DataFrame) -> pl.DataFrame:
    """Clusters that a refusal keeps apart."""
    of = nodes.select("key", "cluster")
    return (
        refused.join(of.rename({"key": "left_key", "cluster": "left"}), on="left_key")
        .join(of.rename({"key": "right_key", "cluster": "right"}), on="right_key")
        .select("left", "right")
        .unique()
    )


def _both_ways(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame, frame.select(left="right", right="left")]).unique()


def bits(probability: pl.Expr) -> pl.Expr:
    """Weight of a probability: how many times it was doubled from even chances."""
    sure = probability.clip(1e-12, 1 - 1e-12)
    return (sure / (1 - sure)).log(2.0)


def _mutual(edges: pl.DataFrame) -> pl.DataFrame:
    """Pairs from AUTO on in which each is the other's best of its feed, MARGIN ahead of the next.

    Rivals are other clusters: two source funds of one fund do not compete.
    """

    def lead(end: str, other: str) -> pl.DataFrame:
        # What a cluster has to choose from in one feed: each rival by its best pair.
        choice = edges.group_by(end, f"{other}_feed", other).agg(pl.col("bits").max())
        return choice.group_by(end, f"{other}_feed").agg(
            pl.col("bits").max().alias(f"best_{end}"),
            pl.col("bits").top_k(2).min().alias(f"next_{end}"),
            pl.len().alias(f"rivals_{end}"),
        )

    return (
        edges.filter(pl.col("probability") >= AUTO)
        .join(lead("left", "right"), on=["left", "right_feed"])
        .join(lead("right", "left"), on=["right", "left_feed"])
        .filter(
            pl.all_horizontal(
                (pl.col("bits") >= pl.col(f"best_{end}"))
                & ((pl.col(f"rivals_{end}") == 1) | (pl.col("bits") - pl.col(f"next_{end}") >= MARGIN))
                for end in ("left", "right")
            )
        )
        .select(edges.columns)
    )


def _oriented(edges: pl.DataFrame) -> pl.DataFrame:
    """Each edge both ways, so that what is asked of one end is asked of the other."""
    turned = edges.select(
        left_key="right_key", right_key="left_key", probability="probability", left="right", right="left",
        left_feed="right_feed", right_feed="left_feed", bits="bits",
    )  # fmt: skip
    return pl.concat([edges, turned.select(edges.columns)])


def linked(
    nodes: pl.DataFrame, edges: pl.DataFrame, refused: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Edges that the machine takes (columns of `edges`, each way), and sure ones that do not fit together."""
    open_edges = _oriented(edges)
    taken = open_edges.clear()
    for _ in range(ROUNDS):
        found = _mutual(open_edges)
        if found.is_empty():
            break
        taken = pl.concat([taken, found])
        # Whoever found its match in a feed is no rival there any more.
        done = found.select("left", "right_feed").unique()
        open_edges = open_edges.join(done, on=["left", "right_feed"], how="anti").join(
            done.rename({"left": "right", "right_feed": "left_feed"}), on=["right", "left_feed"], how="anti"
        )
    return _consistent(nodes, taken.unique(["left_key", "right_key"]), refused)


def _consistent(
    nodes: pl.DataFrame, taken: pl.DataFrame, refused: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Edges whose closure brings no feed twice and no refused pair into one fund, and those that are dropped for it.

    Where the closure would, the surest edges come first and each is taken as long as it fits.
    """
    if taken.is_empty():
        return taken, taken
    of = components(taken.select(a="left", b="right")).rename({"node": "cluster"})
    feeds = nodes.select("cluster", "feed_code").unique()
    crowded = feeds.join(of, on="cluster").group_by("component", "feed_code").len().filter(pl.col("len") > 1)
    apart = _apart(nodes, refused)
    barred = (
        apart.join(of.rename({"cluster": "left"}), on="left")
        .join(of.rename({"cluster": "right"}), on="right", suffix="_right")
        .filter(pl.col("component") == pl.col("component_right"))
    )
    wrong = pl.concat([crowded.select("component"), barred.select("component")]).unique()
    doubtful = (
        taken.join(of.rename({"cluster": "left"}), on="left")
        .join(wrong, on="component", how="semi")
        .sort("bits", "left_key", "right_key", descending=[True, False, False])
    )
    if doubtful.is_empty():
        return taken, taken.clear()
    names = doubtful["left"].unique()
    by_cluster = feeds.filter(pl.col("cluster").is_in(names.to_list())).group_by("cluster").agg("feed_code")
    joined = Joined(
        {name: set(of_feed) for name, of_feed in by_cluster.rows()},
        apart.filter(pl.col("left").is_in(names.to_list()) & pl.col("right").is_in(names.to_list())).rows(),
    )
    fits = [joined.join(left, right) for left, right in doubtful.select("left", "right").rows()]
    dropped = doubtful.filter(~pl.Series(fits)).select(taken.columns)
    return taken.join(dropped, on=["left_key", "right_key"], how="anti"), dropped
