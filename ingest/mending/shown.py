"""How a cell of a delivered file is shown in a mending list, and whether what came back is still that cell.

A cell that nobody touched keeps the text it had in the delivered file to the letter (`54,000.00`, a stray blank, a control mark),
whatever a spreadsheet program made of it in between.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from ingest.normalise.text import clean_text

MAX_CELL_CHARS: Final = 32_767
"""Excel's own limit."""
# A number that reads back as the very same text: no zero in front, none behind the point, at most 15 digits.
PLAIN_NUMBER: Final = r"^-?(?:0|[1-9]\d{0,14})(?:\.\d{0,11}[1-9])?$"
_ANY_NUMBER: Final = r"^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$"
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
# How a workbook writes marks that XML cannot hold; some programs read or write such a text one time too often.
_ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_MOST_ESCAPED: Final = 4


def shown_text(text: str) -> str:
    """A cell's text as a workbook can hold it: no control characters, one kind of line end, cut at Excel's limit."""
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:MAX_CELL_CHARS]


def shown_cells(column: pl.Series) -> pl.Series:
    """`shown_text` of a column."""
    return (
        column.to_frame("v")
        .select(
            pl.col("v")
            .str.replace_all("\r\n?", "\n")
            .str.replace_all("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]", "")
            .str.slice(0, MAX_CELL_CHARS)
        )
        .to_series()
        .alias(column.name)
    )


def is_plain_number(text: str) -> bool:
    """Whether a text is a number that a workbook gives back as the same text."""
    return len(text) <= 17 and re.match(PLAIN_NUMBER, text) is not None and sum(map(str.isdigit, text)) <= 15


def _unescaped(column: pl.Series) -> pl.Series:
    """A column with every `_x0041_` read as the character it stands for; such cells are rare."""
    odd = column.str.contains(_ESCAPE.pattern).fill_null(False).arg_true()
    if not odd.len():
        return column
    texts = []
    for text in column.gather(odd):
        for _ in range(_MOST_ESCAPED):
            text = _ESCAPE.sub(lambda found: _character(found[1]), text)  # noqa: PLW2901
        texts.append(text)
    return column.scatter(odd, texts)


def _character(digits: str) -> str:
    code = int(digits, 16)
    return "" if 0xD800 <= code <= 0xDFFF else chr(code)  # half a character is none


def is_unchanged(original: pl.Series, sent: pl.Series) -> pl.Series:
    """Whether each cell that came back is still the original one: the same text but for blanks, or the same plain number."""
    keys = [
        clean_text(shown_cells(_unescaped(one.cast(pl.String)).fill_null(""))) for one in (original, sent)
    ]
    frame = pl.DataFrame({"a": keys[0], "b": keys[1]})
    numbers = pl.all_horizontal(pl.col("a", "b").str.contains(_ANY_NUMBER))
    equal = pl.col("a").cast(pl.Float64, strict=False) == pl.col("b").cast(pl.Float64, strict=False)
    return frame.select(same=(pl.col("a") == pl.col("b")) | (numbers & equal).fill_null(False))["same"]
