"""Funds that change name, place, programme or code between two years and stay the same fund, and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ingest.sample.places import Ints, Places, Texts
from ingest.sample.spelling import NEW_NAMES

CHANGE_SCHEMA = {
    "feed": pl.String,
    "fund_code": pl.String,
    "fiscal_year": pl.Int64,
    "what": pl.String,
    "old": pl.String,
    "new": pl.String,
}
CHANGING = {
    "fund_name": "name",
    "tambon": "tambon_code",
    "programme": "programme_code",
    "fund_code": "fund_code",
}


def neighbour_tambon(rng: np.random.Generator, places: Places, tambon: Ints) -> Ints:
    """Another amphoe's tambon of the same province for each; the same one where the province has no other amphoe."""
    province = np.array([code[:2] for code in places.code])
    amphoe = np.array([code[:4] for code in places.code])
    first = np.searchsorted(province, province[tambon])
    size = np.searchsorted(province, province[tambon], side="right") - first
    other: Ints = first + (rng.random(len(tambon)) * size).astype(np.int64)
    return np.where(amphoe[other] == amphoe[tambon], tambon, other)


def with_changes(
    frame: pl.DataFrame, rng: np.random.Generator, last_year: int, places: Places, *,
    names: float = 0.012, tambons: float = 0.006, programmes: tuple[float, dict[str, str]] = (0.0, {}),
) -> pl.DataFrame:  # fmt: skip
    """Give shares of the funds an earlier name, tambon or programme.

    Adds `changed_in` (first year of the present values, 0 = never) and `was_<column>`; at most one change a fund. Needs
    fund_name, stem, tambon, programme and fund_code.
    """
    n = frame.height
    draw = rng.random(n)
    programme = frame["programme"].to_numpy()
    was = np.array([programmes[1].get(one, one) for one in programme.tolist()], dtype=object)
    renamed = draw < names
    moved = (draw >= names) & (draw < names + tambons)
    turned = (draw >= names + tambons) & (draw < names + tambons + programmes[0]) & (was != programme)
    tambon = frame["tambon"].to_numpy().astype(np.int64)
    before = np.where(moved, neighbour_tambon(rng, places, tambon), tambon)
    moved &= before != tambon
    kind = pl.Series(np.array(NEW_NAMES, dtype=object)[rng.integers(0, len(NEW_NAMES), n)], dtype=pl.String)
    fresh = frame["fund_name"].str.replace(r"บ้าน|บ\.|$", "") + pl.Series([" "]).new_from_index(0, n) + kind
    changed_in = np.where(renamed | moved | turned, last_year - rng.integers(0, 2, n), 0)
    return frame.with_columns(
        fund_name=pl.select(
            pl.when(pl.Series(renamed)).then(fresh).otherwise(frame["fund_name"])
        ).to_series(),
        was_fund_name=frame["fund_name"],
        was_tambon=pl.Series(before),
        was_programme=pl.Series(np.where(turned, was, programme), dtype=pl.String),
        was_fund_code=frame["fund_code"],
        changed_in=pl.Series(changed_in),
    )


def recode(
    frame: pl.DataFrame, which: np.ndarray[tuple[int], np.dtype[np.bool_]], old_codes: pl.Series, year: int
) -> pl.DataFrame:
    """Give the funds of `which` another code before `year`, and take back any other change of theirs."""
    mask = pl.Series(which)
    back = {
        f"was_{c}": pl.when(mask).then(c).otherwise(f"was_{c}") for c in ("fund_name", "tambon", "programme")
    }
    return frame.with_columns(
        **back,
        was_fund_code=pl.when(mask).then(old_codes).otherwise("was_fund_code"),
        changed_in=pl.when(mask).then(year).otherwise("changed_in"),
    )


@dataclass(frozen=True)
class AsOf:
    """A register's changing columns as one year's list has them; arrays parallel to the rows asked for."""

    fund_name: pl.Series
    tambon: Ints
    programme: pl.Series
    fund_code: pl.Series


def as_of(frame: pl.DataFrame, rows: Ints, year: int) -> AsOf:
    """The rows as they stood in `year`."""
    there = frame[rows]
    if "changed_in" not in frame.columns:
        blank = there["programme"] if "programme" in frame.columns else there["fund_code"].clear(there.height)
        return AsOf(
            there["fund_name"], there["tambon"].to_numpy().astype(np.int64), blank, there["fund_code"]
        )
    now = pl.col("changed_in") <= year
    seen = there.select(pl.when(now).then(c).otherwise(f"was_{c}").alias(c) for c in CHANGING)
    return AsOf(
        seen["fund_name"], seen["tambon"].to_numpy().astype(np.int64), seen["programme"], seen["fund_code"]
    )


def changes_of(feed: str, frame: pl.DataFrame, rows: Ints, year: int, codes: Texts) -> pl.DataFrame:
    """What changed with `year` among the given rows, which must stand in last year's list too. `codes`: of the tambons."""
    if "changed_in" not in frame.columns:
        return pl.DataFrame(schema=CHANGE_SCHEMA)
    there = frame[rows].filter(pl.col("changed_in") == year).with_columns(
        tambon=pl.Series(codes[frame[rows].filter(pl.col("changed_in") == year)["tambon"].to_numpy()], dtype=pl.String),
        was_tambon=pl.Series(codes[frame[rows].filter(pl.col("changed_in") == year)["was_tambon"].to_numpy()], dtype=pl.String),
    )  # fmt: skip
    parts = [
        there.filter(pl.col(column) != pl.col(f"was_{column}")).select(
            feed=pl.lit(feed), fund_code="fund_code", fiscal_year=pl.lit(year, dtype=pl.Int64), what=pl.lit(what),
            old=f"was_{column}", new=column,
        )
        for column, what in CHANGING.items()
    ]  # fmt: skip
    return pl.concat(parts).sort("fund_code", "what")
