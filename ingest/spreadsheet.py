"""Text that a spreadsheet program will not run: for every CSV that a person may open with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# A cell that starts like this is a formula to a spreadsheet program; a plain number with a sign is not.
FORMULA_START = r"^[=+\-@\t\r]"
PLAIN_NUMBER = r"^[+-][0-9][0-9,]*(\.[0-9]+)?$"


def defused(frame: pl.DataFrame) -> pl.DataFrame:
    """The same frame, with a quote before every text that a spreadsheet program would take for a formula."""
    import polars as pl

    def guard(column: str) -> pl.Expr:
        text = pl.col(column)
        formula = text.str.contains(FORMULA_START) & ~text.str.contains(PLAIN_NUMBER)
        return pl.when(formula).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(column)

    return frame.with_columns(guard(name) for name, kind in frame.schema.items() if kind == pl.String)
