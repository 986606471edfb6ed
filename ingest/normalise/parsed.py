"""What every parser gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Parsed:
    """One column read. All three have the column's length.

    Attributes:
        value: the typed values; NULL where the cell is blank or unreadable.
        error: an error code where the cell holds something that cannot be read, else NULL.
        note: a code where the cell was read after a repair worth telling, else NULL.
    """

    value: pl.Series
    error: pl.Series
    note: pl.Series


def over_distinct(column: pl.Series, plan: Callable[[pl.Expr], list[pl.Expr]]) -> pl.DataFrame:
    """Evaluate `plan`'s named expressions once a distinct value, then give them back row by row, in order."""
    frame = column.alias("_cell").to_frame()
    distinct = frame.unique(maintain_order=False).with_columns(*plan(pl.col("_cell")))
    return frame.join(distinct, on="_cell", how="left", nulls_equal=True, maintain_order="left").drop("_cell")


def nothing(length: int, name: str = "") -> pl.Series:
    """A text column of NULLs."""
    return pl.repeat(None, length, dtype=pl.String, eager=True).alias(name)
