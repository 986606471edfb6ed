"""Categories and yes/no cells, looked up by a key that spelling does not disturb."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ingest.normalise.parsed import Parsed, over_distinct
from ingest.normalise.text import clean_text, label_key, label_key_expr, turn_digits

_BLANK = r"^(?:[-‐‑‒–—―−_.]*|(?i:n/?a|none|null)|ไม่มีข้อมูล|ไม่ระบุ|ไม่ทราบ)$"
_LABELLED = r"^[\[(] ?(?P<code>[0-9A-Za-z]+) ?[\])] ?(?P<label>.*)$"

# Yes and no as forms say them, where the contract's own labels do not know a cell.
YES_NO: Mapping[str, str] = {
    **dict.fromkeys(("true", "yes", "y", "1", "1.0", "ใช่", "มี", "✓", "✔", "☑", "√"), "true"),
    **dict.fromkeys(("false", "no", "n", "0", "0.0", "ไม่ใช่", "ไม่", "x", "✗", "✘", "☐"), "false"),
}


def _keys(lookup: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The lookup by label key, and by the bare label where its key is empty ('/', '✓' are all
    punctuation)."""
    by_key = {label_key(label): value for label, value in lookup.items() if label_key(label)}
    bare = {label: value for label, value in lookup.items() if not label_key(label)}
    return by_key, bare


def parse_category(column: pl.Series, lookup: Mapping[str, str] | None) -> Parsed:
    """Read a column of labels as the contract's canonical values; without a lookup, as cleaned text.

    '[1]หมู่บ้าน' is found by its label, else by its code. A canonical value itself is known too.

    Errors: `unknown_label`.
    """
    clean = clean_text(column)
    if lookup is None:
        value = clean.to_frame("c").select(pl.when(~pl.col("c").str.contains(_BLANK)).then("c"))["c"]
        empty = pl.repeat(None, column.len(), dtype=pl.String, eager=True)
        return Parsed(value, empty, empty)
    by_key, bare = _keys(lookup)
    by_key = {**{label_key(value): value for value in lookup.values()}, **by_key}

    def plan(cell: pl.Expr) -> list[pl.Expr]:
        def known(expr: pl.Expr) -> pl.Expr:
            return label_key_expr(expr).replace_strict(by_key, default=None, return_dtype=pl.String)

        groups = cell.str.extract_groups(_LABELLED)
        value = pl.coalesce(
            cell.replace_strict(bare, default=None, return_dtype=pl.String)
            if bare
            else pl.lit(None, dtype=pl.String),
            known(cell),
            known(groups.struct.field("label")),
            known(groups.struct.field("code")),
            known(cell.str.replace(r"^(\d+)\.0+$", "${1}")),
        )
        # An empty key ('-' where it is no label) can match nothing.
        blank = cell.is_null() | (cell.str.contains(_BLANK) & ~cell.is_in(list(bare)))
        error = pl.when(~blank & value.is_null()).then(pl.lit("unknown_label"))
        return [
            pl.when(~blank).then(value).alias("value"),
            error.alias("error"),
            pl.lit(None, dtype=pl.String).alias("note"),
        ]

    read = over_distinct(turn_digits(clean), plan)
    return Parsed(read["value"], read["error"], read["note"])


def parse_boolean(column: pl.Series, lookup: Mapping[str, str] | None) -> Parsed:
    """Read a column of yes/no labels; the contract's labels ("true"/"false") come before the general ones.

    Errors: `unknown_label`.
    """
    merged = {**YES_NO, **(lookup or {})}
    read = parse_category(column, merged)
    value = read.value.replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
    return Parsed(value, read.error, read.note)
