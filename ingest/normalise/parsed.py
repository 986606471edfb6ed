"""What every parser gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from ingest.normalise.text import clean_text, turn_digits


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


def over_distinct(
    column: pl.Series, plan: Callable[[pl.Expr], list[pl.Expr]], *steps: Mapping[str, pl.Expr]
) -> pl.DataFrame:
    """Evaluate `plan`'s named expressions once a distinct value of the cleaned cells with Thai digits
    turned, then give them back row by row, in order.

    Args:
        plan: from the cell's expression to the results.
        steps: columns computed one after the other before (from `_cell`), for what the plan uses many
        times: Polars would compute it anew each time.
    """

    def read(cells: pl.Series) -> pl.DataFrame:
        frame = turn_digits(clean_text(cells)).alias("_cell").to_frame()
        for step in steps:
            frame = frame.with_columns(**step)
        return frame.select(*plan(pl.col("_cell")))

    raw = column.alias("_raw")
    distinct = raw.unique()
    if distinct.len() * 2 > raw.len():  # nearly all differ: finding their rows again would cost more
        return read(raw)
    results = read(distinct)
    if distinct.len() == 1:
        return pl.DataFrame([result.new_from_index(0, raw.len()) for result in results.get_columns()])
    results = results.with_columns(distinct)
    return (
        raw.to_frame()
        .join(results, on="_raw", how="left", nulls_equal=True, maintain_order="left")
        .drop("_raw")
    )


def put(column: pl.Series, rows: pl.Series, values: pl.Series) -> pl.Series:
    """A copy of the column with other values in these rows (`Series.scatter` changes its own series)."""
    return column.clone().scatter(rows, values)


def nothing(length: int, name: str = "") -> pl.Series:
    """A text column of NULLs."""
    return pl.repeat(None, length, dtype=pl.String, eager=True).alias(name)
