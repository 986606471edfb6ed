"""Pairs that wait for a person."""

from __future__ import annotations

import polars as pl

REVIEW_FROM = 0.5
"""Pairs from this probability on are shown."""
REVIEW_SCHEMA: dict[str, pl.DataType] = {
    "left_key": pl.String(),
    "right_key": pl.String(),
    "reason": pl.String(),
    "probability": pl.Float64(),
    "feed_a": pl.String(),
    "fund_a": pl.String(),
    "name_a": pl.String(),
    "feed_b": pl.String(),
    "fund_b": pl.String(),
    "name_b": pl.String(),
    "tambon_code": pl.String(),
    "evidence_json": pl.String(),
}


def to_review(
    present: pl.DataFrame,
    nodes: pl.DataFrame,
    pairs: pl.DataFrame,
    refused: pl.DataFrame,
    conflicts: pl.DataFrame,
    auto: float,
) -> pl.DataFrame:
    """Likely pairs that were not linked and that no steward refused, surest first. One row a pair; both are present.

    `reason`: `unsure` (below the machine's mark), `tie` (as good a candidate beside it), `taken` (sure, but its fund has another
    of this feed already), `conflict` (sure, but with other links it would bring one feed twice), `recoded` (one feed: a new code
    where an old one ended). A fund without a code is shown by its source fund key.
    """
    of = nodes.select("key", "fund", "feed_code")
    likely = (
        pairs.filter(pl.col("probability") >= REVIEW_FROM)
        .join(refused, on=["left_key", "right_key"], how="anti")
        .join(of.rename({"key": "left_key", "fund": "left", "feed_code": "feed_a"}), on="left_key")
        .join(of.rename({"key": "right_key", "fund": "right", "feed_code": "feed_b"}), on="right_key")
        .filter(pl.col("left") != pl.col("right"))
    )
    feeds = nodes.select("fund", "feed_code").unique()
    full = (
        likely.select("left", "right")
        .unique()
        .join(feeds.rename({"fund": "left"}), on="left")
        .join(feeds.rename({"fund": "right"}), on=["right", "feed_code"])
        .select("left", "right", is_full=pl.lit(True))
        .unique()
    )
    clash = pl.concat(
        [
            conflicts.select("left_key", "right_key"),
            conflicts.select(left_key="right_key", right_key="left_key"),
        ]
    ).unique()
    shown = present.select(
        "fund_name", "tambon_code", key="source_fund_key", code=pl.coalesce("fund_code", "source_fund_key")
    )
    same_feed = pl.col("feed_a") == pl.col("feed_b")
    sure = pl.col("probability") >= auto
    return (
        likely.join(full, on=["left", "right"], how="left")
        .join(clash.with_columns(is_clash=pl.lit(True)), on=["left_key", "right_key"], how="left")
        .with_columns(
            reason=pl.when(same_feed).then(pl.lit("recoded"))
            .when("is_clash").then(pl.lit("conflict"))
            .when(pl.col("is_full") & sure).then(pl.lit("taken"))
            .when(pl.col("is_full")).then(None)
            .when(sure).then(pl.lit("tie"))
            .otherwise(pl.lit("unsure"))
        )
        .filter(pl.col("reason").is_not_null())
        .join(shown.rename({"key": "left_key", "fund_name": "name_a", "code": "fund_a"}), on="left_key")
        .join(
            shown.rename({"key": "right_key", "fund_name": "name_b", "code": "fund_b", "tambon_code": "other_tambon"}),
            on="right_key",
        )
        .with_columns(tambon_code=pl.coalesce("tambon_code", "other_tambon"))
        .select(pl.col(name).cast(dtype) for name, dtype in REVIEW_SCHEMA.items())
        .sort("probability", "left_key", "right_key", descending=[True, False, False])
    )  # fmt: skip
