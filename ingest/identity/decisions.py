"""Stewards' links, read against the funds there are."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ingest.identity.matching import MARGIN, bits

LINK_SCHEMA: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "decision": pl.String(),
    "feed_a": pl.String(),
    "fund_a": pl.String(),
    "feed_b": pl.String(),
    "fund_b": pl.String(),
    "reason": pl.String(),
    "decided_by": pl.String(),
    "decided_on": pl.Date(),
}
NEEDED_FROM = 0.5
"""A refusal is needed while the machine holds the pair at least this likely, or has linked it."""


@dataclass(frozen=True)
class StewardLinks:
    """Decisions that are in force, by source fund: `left_key` < `right_key`, `line, reason, decided_by, decided_on`."""

    confirmed: pl.DataFrame
    refused: pl.DataFrame
    told: pl.DataFrame

    def states(self, contradicted: list[int]) -> pl.DataFrame:
        """`line`, `state` of every row."""
        against = pl.col("line").is_in(contradicted)
        return self.told.with_columns(
            state=pl.when(against).then(pl.lit("contradicted")).otherwise("state")
        ).sort("line")


def read_links(
    decisions: pl.DataFrame | None, nodes: pl.DataFrame, pairs: pl.DataFrame, auto: float
) -> StewardLinks:
    """Find the funds that the decisions name, by code or, for a fund without one, by source fund key.

    Of several decisions on a pair the last in date holds, of one day the last in the file.
    """
    rows = (pl.DataFrame(schema=LINK_SCHEMA) if decisions is None else decisions).select(
        pl.col(name).cast(dtype) for name, dtype in LINK_SCHEMA.items()
    )
    named = pl.concat(
        [
            nodes.filter(pl.col("fund_code").is_not_null()).select(
                "feed_code", "fund_code", "key", rank=pl.lit(0)
            ),
            nodes.select("feed_code", fund_code="key", key="key", rank=pl.lit(1)),
        ]
    )
    by_name = (
        named.sort("rank", "key")
        .unique(["feed_code", "fund_code"], keep="first", maintain_order=True)
        .drop("rank")
    )
    found = rows.join(
        by_name.rename({"feed_code": "feed_a", "fund_code": "fund_a", "key": "key_a"}),
        on=["feed_a", "fund_a"],
        how="left",
    ).join(
        by_name.rename({"feed_code": "feed_b", "fund_code": "fund_b", "key": "key_b"}),
        on=["feed_b", "fund_b"],
        how="left",
    )
    is_known = (
        pl.col("key_a").is_not_null() & pl.col("key_b").is_not_null() & (pl.col("key_a") != pl.col("key_b"))
    )
    known = (
        found.filter(is_known)
        .with_columns(
            left_key=pl.min_horizontal("key_a", "key_b"), right_key=pl.max_horizontal("key_a", "key_b")
        )
        .sort("decided_on", "line")
    )
    standing = known.unique(["left_key", "right_key"], keep="last", maintain_order=True)
    told = pl.concat(
        [
            found.filter(~is_known).select("line", state=pl.lit("unknown_fund")),
            known.join(standing, on="line", how="anti").select("line", state=pl.lit("overruled")),
            _needed(standing, nodes, pairs, auto),
        ]
    )
    columns = ["left_key", "right_key", "line", "reason", "decided_by", "decided_on"]
    return StewardLinks(
        standing.filter(pl.col("decision") == "confirm").select(columns),
        standing.filter(pl.col("decision") == "refuse").select(columns),
        told,
    )


def _needed(standing: pl.DataFrame, nodes: pl.DataFrame, pairs: pl.DataFrame, auto: float) -> pl.DataFrame:
    """`line`, `state`: `not_needed` where the machine says the same by itself."""
    of = nodes.select("key", "held", "feed_code")
    scored = (
        standing.join(
            pairs.select("left_key", "right_key", "probability"), on=["left_key", "right_key"], how="left"
        )
        .join(of.rename({"key": "left_key"}), on="left_key")
        .join(of.rename({"key": "right_key"}), on="right_key", suffix="_right")
        .join(_rivals(standing, of, pairs), on="line", how="left")
    )
    chance = pl.col("probability").fill_null(0.0)
    together = (pl.col("held") == pl.col("held_right")).fill_null(False)
    # With a candidate as good beside it the machine would ask.
    alone = pl.col("rival").is_null() | (bits(chance) - bits(pl.col("rival")) >= MARGIN)
    by_machine = (chance >= auto) & alone & (pl.col("feed_code") != pl.col("feed_code_right"))
    needed = (
        pl.when(pl.col("decision") == "confirm")
        .then(~by_machine)
        .otherwise(together | (chance >= NEEDED_FROM))
    )
    return scored.select(
        "line", state=pl.when(needed).then(pl.lit("applied")).otherwise(pl.lit("not_needed"))
    )


def _rivals(standing: pl.DataFrame, of: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """`line`, `rival`: the likeliest other pair of either end with the other end's feed, refused ones left out."""
    refused = standing.filter(pl.col("decision") == "refuse").select("left_key", "right_key")
    open_pairs = pairs.join(refused, on=["left_key", "right_key"], how="anti")
    feed = of.select("key", "feed_code")
    both = pl.concat(
        [
            open_pairs.select("probability", one="left_key", other="right_key"),
            open_pairs.select("probability", one="right_key", other="left_key"),
        ]
    ).join(feed, left_on="other", right_on="key")
    ends = pl.concat(
        [
            standing.select("line", one="left_key", mate="right_key"),
            standing.select("line", one="right_key", mate="left_key"),
        ]
    ).join(feed, left_on="mate", right_on="key")
    return (
        ends.join(both, on=["one", "feed_code"])
        .filter(pl.col("other") != pl.col("mate"))
        .group_by("line")
        .agg(pl.col("probability").max().alias("rival"))
    )
