"""Numbers as officers type them."""

from __future__ import annotations

import polars as pl

from ingest.normalise.parsed import Parsed, nothing, over_distinct

# A cell that says "nothing here": the contract's `blank_means` decides between zero and unknown.
BLANK = r"^(?:[-‐‑‒–—―−_.]*|ไม่มี|nil|none|null)$"
# A cell that says "not known": never zero.
UNKNOWN = (
    r"^\(?(?:ไม่มีข้อมูล|ยังไม่มีข้อมูล|ไม่ทราบ|ไม่ระบุ|ไม่ปรากฏ|ไม่แจ้ง|ไม่ได้แจ้ง|ไม่รายงาน|ไม่ได้รายงาน|ยังไม่รายงาน|รอข้อมูล"
    r"|n\.?/?a\.?|nd|not available|unknown|\?+)\)?$"
)
MAX_MAGNITUDE = (
    1e15  # the whole country's money is below 1e14 baht; floats are exact to the satang up to about 1e13
)

# What nearly every cell is; the rest goes the long way. (Not \d, which takes Thai digits too.)
_PLAIN = r"^(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.[0-9]{1,12})?$"
_BODY = r"(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+)(?:\.\d+)?|\.\d+"
_SCIENTIFIC = r"\d(?:\.\d+)?[eE][+-]?\d{1,3}"
_UNIT = (
    r"ล้านบาท|แสนบาท|หมื่นบาท|พันบาท|บาท|บ\.|\.-|thb|baht|฿|คน|ราย|ครัวเรือน|หลังคาเรือน|หลัง|แห่ง|กองทุน|กลุ่ม|องค์กร|°"
)
_NUMBER = rf"^(?:฿ ?)?(?P<open>\()? ?(?P<sign>[+\-−–])? ?(?P<body>{_BODY}|{_SCIENTIFIC}) ?(?P<close>\))? ?(?P<unit>{_UNIT})?$"
_MONEY_FACTORS = {
    "ล้านบาท": 1e6, "แสนบาท": 1e5, "หมื่นบาท": 1e4, "พันบาท": 1e3,
    "บาท": 1.0, "บ.": 1.0, ".-": 1.0, "thb": 1.0, "baht": 1.0, "฿": 1.0,
}  # fmt: skip
_COUNT_UNITS = {
    "persons": ("คน", "ราย"),
    "households": ("ครัวเรือน", "หลังคาเรือน", "หลัง"),
    "funds": ("แห่ง", "กองทุน", "กลุ่ม"),
    "organisations": ("องค์กร", "แห่ง", "กลุ่ม"),
    "degrees": ("°",),
}


_ODD_STEPS = (
    {"_text": pl.col("_cell").str.strip_prefix("'").str.to_lowercase()},
    {
        "_groups": pl.col("_text").str.extract_groups(_NUMBER),
        "_blank": pl.col("_text").str.contains(BLANK) & ~pl.col("_text").str.contains(r"^[.]+$"),
        "_unknown": pl.col("_text").str.contains(UNKNOWN),
    },
    {
        "_size": pl.col("_groups")
        .struct.field("body")
        .str.replace_all("[, ]", "")
        .cast(pl.Float64, strict=False)
    },
)


def _odd(cell: pl.Expr, factor: float, unit: str, zero: bool) -> list[pl.Expr]:
    """A number that is not plain, after `_ODD_STEPS`."""
    groups, size, blank, unknown = (pl.col(name) for name in ("_groups", "_size", "_blank", "_unknown"))
    body = groups.struct.field("body")
    opened, closed = groups.struct.field("open").is_not_null(), groups.struct.field("close").is_not_null()
    sign, suffix = groups.struct.field("sign"), groups.struct.field("unit")
    minus = (opened & closed) | sign.is_in(["-", "−", "–"])
    if unit == "THB":
        # A unit typed in the cell is the cell's own: it replaces the column's.
        stated = suffix.replace_strict(_MONEY_FACTORS, default=None, return_dtype=pl.Float64)
    else:
        own = list(_COUNT_UNITS.get(unit, ()))
        stated = pl.when(suffix.is_in(own)).then(1.0)
    value = size * pl.when(minus).then(-1.0).otherwise(1.0) * pl.coalesce(stated, pl.lit(factor))
    scaled = pl.coalesce(stated, pl.lit(factor)) != 1.0
    value = pl.when(scaled).then(value.round(2)).otherwise(value)
    error = (
        pl.when(cell.is_null() | blank | unknown).then(None)
        .when(size.is_null() | (opened != closed) | (opened & sign.is_not_null())).then(pl.lit("unreadable_number"))
        .when(suffix.is_not_null() & stated.is_null()).then(pl.lit("unit_mismatch"))
        .when(value.abs() > MAX_MAGNITUDE).then(pl.lit("too_large"))
    )  # fmt: skip
    note = (
        pl.when(error.is_not_null() | size.is_null()).then(None)
        .when(suffix.is_not_null()).then(pl.lit("unit_suffix"))
        .when(body.str.contains("e")).then(pl.lit("scientific_notation"))
    )  # fmt: skip
    empty = pl.lit(0.0) if zero else pl.lit(None, dtype=pl.Float64)
    value = (
        pl.when(cell.is_null() | blank)
        .then(empty)
        .when(unknown | error.is_not_null())
        .then(None)
        .otherwise(value)
    )
    return [value.alias("value"), error.alias("error"), note.alias("note")]


def parse_number(
    column: pl.Series,
    *,
    unit: str = "THB",
    factor: float = 1.0,
    minimum: float | None = None,
    maximum: float | None = None,
    whole: bool = False,
    blank_is_zero: bool = False,
) -> Parsed:
    """Read a column of numbers as float64.

    Args:
        column: cells as text.
        unit: the measure's unit; a unit typed behind a number must agree with it.
        factor: what one in this column is in the measure's unit (1e6 for ล้านบาท). Values are
        rounded to the satang.
        minimum, maximum: what can exist at all; a value outside is `out_of_bounds` and NULL.
        whole: a fraction is `not_whole` (persons, households, funds); 12.00 is whole.
        blank_is_zero: an empty cell or a dash is 0, not unknown. 'ไม่มีข้อมูล' and 'N/A' stay unknown.

    Errors: `unreadable_number`, `unit_mismatch`, `too_large`, `not_whole`, `out_of_bounds`.
    Notes: `unit_suffix`, `scientific_notation`.
    """
    length = column.len()
    plain = column.str.contains(_PLAIN).fill_null(False)
    value = column.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    if factor != 1.0:
        value = (value * factor).round(2)
    error, note = nothing(length, "error"), nothing(length, "note")
    # Nothing there, as it is nearly always written: `_odd` gives the same.
    blank = column.is_null() | (column == "-").fill_null(False)
    if blank_is_zero and blank.any():
        value = value.scatter(blank.arg_true(), 0.0)
    left = ~(plain | blank)
    if left.any():
        read = over_distinct(
            column.filter(left), lambda cell: _odd(cell, factor, unit, blank_is_zero), *_ODD_STEPS
        )
        rows = left.arg_true()
        value = value.scatter(rows, read["value"])
        error, note = error.scatter(rows, read["error"]), note.scatter(rows, read["note"])
    number = pl.col("value")
    bounds = [number < minimum] if minimum is not None else []
    bounds += [number > maximum] if maximum is not None else []
    wrong = {
        "too_large": number.abs() > MAX_MAGNITUDE,
        "not_whole": (number != number.round(0)) if whole else pl.lit(False),
        "out_of_bounds": pl.any_horizontal(bounds) if bounds else pl.lit(False),
    }
    frame = pl.DataFrame({"value": value, "error": error, "note": note})
    if not frame.select(pl.any_horizontal(test.any() for test in wrong.values())).item():
        return Parsed(value, error, note)  # an unreadable cell has no value
    codes = [pl.when(test).then(pl.lit(code)) for code, test in wrong.items()]
    keep = frame.with_columns(error=pl.coalesce("error", *codes)).with_columns(
        value=pl.when(pl.col("error").is_null()).then(number),
        note=pl.when(pl.col("error").is_null()).then(pl.col("note")),
    )
    return Parsed(keep["value"], keep["error"], keep["note"])
