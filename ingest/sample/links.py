"""Which funds of different lists are one: pairs of feed and code, for the truth file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.sample.agencies import AGENCIES
from ingest.sample.funds import Registers
from ingest.sample.groups import LISTS, make_groups

LINK_SCHEMA = {"feed_a": pl.String, "fund_code_a": pl.String, "feed_b": pl.String, "fund_code_b": pl.String}
_OWNERS = frozenset({"cdd/savings_groups", "satja/groups", "cult/credit_unions"})


def _all_pairs(registers: Registers, feeds: frozenset[str]) -> pl.DataFrame:
    """feed_a, row_a, feed_b, row_b of every pair among these feeds."""
    first = registers.links.select(
        feed_a=pl.lit("cdd/savings_groups"), row_a="savings", feed_b="feed", row_b="other"
    ).cast({"row_a": pl.Int64, "row_b": pl.Int64})
    wider = (
        [make_groups(registers.last_year, registers.seed).links]
        if feeds & (set(LISTS.values()) - {LISTS["cdd"]})
        else []
    )
    # Village funds before welfare funds: the order of the truth file since the first four feeds.
    first = first.sort(pl.col("feed_b") != "nvf/village_funds", maintain_order=True)
    pairs = pl.concat([first, *(frame.select(first.columns) for frame in wider)])
    return pairs.filter(pl.col("feed_a").is_in(feeds) & pl.col("feed_b").is_in(feeds))


def links_frame(registers: Registers, listed: Mapping[str, set[str]]) -> pl.DataFrame:
    """Groups that stand in two agencies' lists, every pair of lists; `listed` holds the codes that each feed's files carry."""
    pairs = _all_pairs(registers, frozenset(listed))
    frames = []
    for (feed_a, feed_b), part in pairs.group_by("feed_a", "feed_b", maintain_order=True):
        codes = []
        for feed, rows in ((str(feed_a), part["row_a"]), (str(feed_b), part["row_b"])):
            register = AGENCIES[feed].register
            assert register is not None, feed
            codes.append(register(registers)["fund_code"].gather(rows))
        frame = pl.DataFrame(
            {"feed_a": feed_a, "fund_code_a": codes[0], "feed_b": feed_b, "fund_code_b": codes[1]},
            schema=LINK_SCHEMA,
        )
        frames.append(
            frame.filter(
                pl.col("fund_code_a").is_in(list(listed[str(feed_a)]))
                & pl.col("fund_code_b").is_in(list(listed[str(feed_b)]))
            )
        )
    return pl.concat([pl.DataFrame(schema=LINK_SCHEMA), *frames])


def secondary_rows(registers: Registers, feed: str) -> npt.NDArray[np.bool_] | None:
    """Rows of พอช.'s register whose group stands in its owner's own list too: there the owner's figures count."""
    if feed != LISTS["codi"]:
        return None
    register = AGENCIES[feed].register
    assert register is not None
    pairs = _all_pairs(registers, _OWNERS | {feed})
    rows = pl.concat([pairs.filter(feed_a=feed)["row_a"], pairs.filter(feed_b=feed)["row_b"]])
    flags = np.zeros(register(registers).height, dtype=bool)
    flags[rows.to_numpy()] = True
    return flags
