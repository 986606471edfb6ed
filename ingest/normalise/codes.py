"""Codes: digits that spreadsheets damage, and tambon codes in the forms agencies write them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ingest.normalise.parsed import Parsed, nothing, over_distinct, put

_BLANK = r"^(?:[-‐‑‒–—―−_.]*|ไม่มี|ไม่มีข้อมูล|ไม่ทราบ|ไม่ระบุ|(?i:n/?a|none|null))$"
_LABELLED = r"^\[ ?(?P<code>[0-9A-Za-z\-/. ]+?) ?\] ?.*$"
_SCIENTIFIC = r"^\d(?:\.\d+)?[eE]\+?\d+$"


def _bare(cell: pl.Expr) -> pl.Expr:
    """A code without its '[4]label', the apostrophe that marks text, inner spaces, and the '.0' of a
    number cell."""
    text = pl.coalesce(cell.str.extract_groups(_LABELLED).struct.field("code"), cell)
    return text.str.strip_prefix("'").str.replace_all(" ", "").str.replace(r"^(\d+)\.0+$", "${1}")


def parse_code(column: pl.Series, *, width: int | None = None) -> Parsed:
    """Read a column of codes as text.

    Args:
        width: digits of a zero-padded code: shorter ones get back the zeros that a spreadsheet
        ate, and dashes inside go.

    Errors: `unreadable_code` (1.2E+07: digits are lost; longer than `width`; too long to be a code).
    Notes: `zero_padded`.
    """

    def plan(cell: pl.Expr) -> list[pl.Expr]:
        bare = pl.col("_bare")
        if width is not None:
            together = bare.str.replace_all(r"[-‐‑‒–—−]", "")
            bare = pl.when(together.str.contains(r"^\d+$")).then(together).otherwise(bare)
        blank = cell.is_null() | cell.str.contains(_BLANK)
        digits = bare.str.contains(r"^\d+$")
        short = digits & (bare.str.len_chars() < (width or 0))
        long = (digits & (bare.str.len_chars() > width)) if width is not None else pl.lit(False)
        error = (
            pl.when(blank).then(None)
            .when(bare.str.contains(_SCIENTIFIC) | (bare.str.len_chars() > 64) | ~bare.str.contains(r"[0-9A-Za-zก-ฮ]") | long)
            .then(pl.lit("unreadable_code"))
        )  # fmt: skip
        value = (
            pl.when(blank | error.is_not_null())
            .then(None)
            .when(short)
            .then(bare.str.zfill(width or 0))
            .otherwise(bare)
        )
        note = pl.when(error.is_null() & ~blank & short).then(pl.lit("zero_padded"))
        return [value.alias("value"), error.alias("error"), note.alias("note")]

    # What nearly every cell is and what no repair above could change; the rest goes the long way.
    whole = rf"[0-9]{{{width}}}" if width is not None else r"[0-9]{1,32}"
    sound = column.str.contains(rf"^(?:{whole}|[A-Za-zก-ฮ][A-Za-zก-ฮ.]{{0,8}}[0-9]{{1,32}})$")
    left = sound.not_().fill_null(False)
    empty = nothing(column.len())
    if not left.any():
        return Parsed(column, empty, empty)
    read = over_distinct(column.filter(left), plan, {"_bare": _bare(pl.col("_cell"))})
    rows = left.arg_true()
    value, error, note = (read[name] for name in ("value", "error", "note"))
    return Parsed(put(column, rows, value), put(empty, rows, error), put(empty, rows, note))


@dataclass(frozen=True)
class TambonCodes:
    """A column of tambon codes read.

    Attributes:
        reported: the cell as it stood, Thai digits turned; NULL if blank.
        code6: six digits (province, amphoe, tambon), NULL if the cell does not hold them.
        moo: village number of an eight-digit village code, NULL if there is none or it is 00.
        error: `unreadable_tambon_code` where a cell holds something else.
        note: `cancelled_code` where the code carries the registration office's `*`.
    """

    reported: pl.Series
    code6: pl.Series
    moo: pl.Series
    error: pl.Series
    note: pl.Series


# Province codes run from 10 to 96 and an amphoe or tambon number is never 00 (DOPA's own coding,
# CC+AA+TT+MM).
_CODE6 = r"^(?P<six>[1-9]\d(?:0[1-9]|[1-9]\d)(?:0[1-9]|[1-9]\d))(?P<moo>\d{2})?$"
_SOUND = r"^[1-9][0-9](?:0[1-9]|[1-9][0-9]){2}$"


def parse_tambon_code(column: pl.Series) -> TambonCodes:
    """Read tambon codes: six digits, or a village's eight; '[100101]label', spaces, dashes, '.0' and
    the mark '*' do not matter."""

    def plan(cell: pl.Expr) -> list[pl.Expr]:
        blank = cell.is_null() | cell.str.contains(_BLANK)
        bare = _bare(cell.str.replace_all(r"[*＊]", "")).str.replace_all(r"[-‐‑‒–—−]", "")
        groups = bare.str.extract_groups(_CODE6)
        six = groups.struct.field("six")
        moo = groups.struct.field("moo").cast(pl.Int16, strict=False)
        return [
            pl.when(~blank).then(cell).alias("reported"),
            pl.when(~blank).then(six).alias("code6"),
            pl.when(moo > 0).then(moo).alias("moo"),
            pl.when(~blank & six.is_null()).then(pl.lit("unreadable_tambon_code")).alias("error"),
            pl.when(~blank & six.is_not_null() & cell.str.contains(r"[*＊]"))
            .then(pl.lit("cancelled_code"))
            .alias("note"),
        ]

    sound = column.str.contains(_SOUND)
    left = sound.not_().fill_null(False)
    empty = nothing(column.len())
    moo = pl.repeat(None, column.len(), dtype=pl.Int16, eager=True)
    if not left.any():
        return TambonCodes(column, column, moo, empty, empty)
    read = over_distinct(column.filter(left), plan)
    rows = left.arg_true()
    return TambonCodes(
        put(column, rows, read["reported"]),
        put(column, rows, read["code6"]),
        put(moo, rows, read["moo"]),
        put(empty, rows, read["error"]),
        put(empty, rows, read["note"]),
    )
