"""Years and dates, in the Buddhist era (พ.ศ. = CE + 543) or the common era."""

from __future__ import annotations

from typing import Literal

import polars as pl

from ingest.normalise.parsed import Parsed, over_distinct

BE_OFFSET = 543
BE_FROM = 2400  # a year from here on is พ.ศ. (2400 is CE 1857; no CE year of ours comes near)
_BLANK = r"^(?:[-‐‑‒–—―−_.]*|ไม่มี|ไม่มีข้อมูล|ไม่ทราบ|ไม่ระบุ|n/?a|none|null)$"

_YEAR_WORDS = r"^(?:ประจำ)?(?:ปี)?(?:งบประมาณ|บัญชี|ปฏิทิน|การศึกษา)? ?(?P<era>พ\.? ?ศ\.?|ค\.? ?ศ\.?|b\.?e\.?|a\.?d\.?|c\.?e\.?|fy)? ?"
_YEAR = (
    _YEAR_WORDS
    + r"(?P<year>\d{4}|\d{2})(?:\.0+)?(?: ?[/\-–] ?(?P<last>\d{4}|\d{2}))? ?(?P<mark>[perf*]|\((?:p|e|r)\))?$"
)

Era = Literal["be", "ce", "auto"]
Span = Literal["first", "last"]


def _to_ce(year: pl.Expr, digits: pl.Expr, era: Era, stated: pl.Expr | None = None) -> pl.Expr:
    """CE year of a written one: four digits by era or size; two digits are พ.ศ. 25xx, unless the era
    says CE (20xx)."""
    said_ce = stated.str.contains(r"^[คac]") if stated is not None else pl.lit(False)
    said_be = stated.str.contains(r"^[พb]") if stated is not None else pl.lit(False)
    is_ce = said_ce.fill_null(False) | (pl.lit(era == "ce") & ~said_be.fill_null(False))
    be = pl.lit(era == "be") | said_be.fill_null(False)
    return (
        pl.when(digits == 2).then(pl.when(is_ce).then(year + 2000).otherwise(year + 2500 - BE_OFFSET))
        .when((year >= BE_FROM) & ~is_ce).then(year - BE_OFFSET)
        .when((year < BE_FROM) & ~be).then(year)
    )  # fmt: skip


def parse_year(
    column: pl.Series, *, era: Era = "auto", span: Span = "first", year_min: int = 1900, year_max: int = 2100
) -> Parsed:
    """Read a column of years as CE int16.

    Args:
        era: what four digits are; `auto` goes by size. Two digits are พ.ศ. 25xx. A word in the
        cell ('ค.ศ.') wins.
        span: which of '2559/60' is meant.
        year_min, year_max: what is plausible (CE).

    Errors: `unreadable_year`, `implausible_year`. Notes: `year_span`, `provisional_year` ('2024p'),
    `two_digit_year`.
    """

    def plan(cell: pl.Expr) -> list[pl.Expr]:
        text = cell.str.to_lowercase()
        groups = text.str.extract_groups(_YEAR)
        first, last = groups.struct.field("year"), groups.struct.field("last")
        digits = first.str.len_chars()
        # '2559/60': the second takes the first's century, and has to be the year after it.
        full = (
            pl.when(last.str.len_chars() == 2)
            .then(first.str.head(-2) + last)
            .otherwise(last)
            .cast(pl.Int32, strict=False)
        )
        start = first.cast(pl.Int32, strict=False)
        end = pl.when((last.str.len_chars() == 2) & (full < start)).then(full + 100).otherwise(full)
        bad_span = last.is_not_null() & (end != start + 1)
        year = start if span == "first" else pl.coalesce(end, start)
        ce = _to_ce(year, digits, era, groups.struct.field("era"))
        blank = cell.is_null() | text.str.contains(_BLANK)
        error = (
            pl.when(blank).then(None)
            .when(ce.is_null() | bad_span.fill_null(False)).then(pl.lit("unreadable_year"))
            .when(~ce.is_between(year_min, year_max)).then(pl.lit("implausible_year"))
        )  # fmt: skip
        note = (
            pl.when(error.is_not_null() | ce.is_null()).then(None)
            .when(last.is_not_null()).then(pl.lit("year_span"))
            .when(groups.struct.field("mark").is_not_null()).then(pl.lit("provisional_year"))
            .when(digits == 2).then(pl.lit("two_digit_year"))
        )  # fmt: skip
        value = pl.when(error.is_null()).then(ce).cast(pl.Int16, strict=False)
        return [value.alias("value"), error.alias("error"), note.alias("note")]

    read = over_distinct(column, plan)
    return Parsed(read["value"], read["error"], read["note"])


MONTHS: tuple[tuple[str, ...], ...] = (
    ("มกราคม", "มค", "january", "jan"),
    ("กุมภาพันธ์", "กพ", "february", "feb"),
    ("มีนาคม", "มีค", "march", "mar"),
    ("เมษายน", "เมย", "april", "apr"),
    ("พฤษภาคม", "พค", "may"),
    ("มิถุนายน", "มิย", "june", "jun"),
    ("กรกฎาคม", "กค", "july", "jul"),
    ("สิงหาคม", "สค", "august", "aug"),
    ("กันยายน", "กย", "september", "sep", "sept"),
    ("ตุลาคม", "ตค", "october", "oct"),
    ("พฤศจิกายน", "พย", "november", "nov"),
    ("ธันวาคม", "ธค", "december", "dec"),
)
_MONTH_NUMBER = {word: number for number, words in enumerate(MONTHS, start=1) for word in words}
_ISO = r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[ t]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:z|[+-]\d{2}:?\d{2})?)?$"
_DMY = r"^(?:วันที่ ?)?(?P<d>\d{1,2}) ?[-/. ] ?(?P<m>\d{1,2}) ?[-/. ] ?(?P<y>\d{4}|\d{2})(?: \d{1,2}:\d{2}(?::\d{2})?)?$"
_WORDS = r"^(?:วันที่ ?)?(?P<d>\d{1,2})[ \-/.]?(?:เดือน ?)?(?P<m>[ก-์]+(?:\. ?[ก-์]+)?|[a-z]+)\.?[ \-/.,]*(?P<era>พ\.? ?ศ\.?|ค\.? ?ศ\.?)? ?(?P<y>\d{4}|\d{2})$"  # noqa: E501
_SERIAL = r"^\d{5}(?:\.\d+)?$"
_YEAR_ALONE = r"^(?:ปี ?)?(?P<era>พ\.? ?ศ\.?|ค\.? ?ศ\.?)? ?(?P<y>\d{4})(?:\.0+)?$"


def parse_date(
    column: pl.Series,
    *,
    era: Era = "auto",
    year_min: int = 1850,
    year_max: int = 2100,
    year_alone: bool = False,
) -> Parsed:
    """Read a column of dates.

    Day first, as Thai offices write; '2017-09-30' and real Excel dates by their form; five digits are
    an Excel day number
    (1900 system). Two-digit years are พ.ศ. 25xx. A day that does not exist (29/02/2566) is unreadable.

    Args:
        year_alone: a cell that holds a year and no more is the first of January of it (when a group was founded is
        often known no better); otherwise it is unreadable.

    Errors: `unreadable_date`, `implausible_date`. Notes: `two_digit_year`, `excel_day_number`, `year_alone`.
    """
    text = pl.col("_text")
    forms = {"_iso": _ISO, "_dmy": _DMY, "_worded": _WORDS}
    steps: tuple[dict[str, pl.Expr], ...] = (
        {"_text": pl.col("_cell").str.to_lowercase()},
        {name: text.str.extract_groups(pattern) for name, pattern in forms.items()},
    )

    def made_of() -> pl.Expr:
        iso, dmy, worded = (pl.col(name) for name in forms)
        day, year_text = (
            pl.coalesce(form.struct.field(part) for form in (iso, dmy, worded)) for part in ("d", "y")
        )
        month_word = worded.struct.field("m").str.replace_all(r"[. ]", "")
        month = pl.coalesce(
            iso.struct.field("m").cast(pl.Int32, strict=False),
            dmy.struct.field("m").cast(pl.Int32, strict=False),
            month_word.replace_strict(_MONTH_NUMBER, default=None, return_dtype=pl.Int32),
        )
        digits = year_text.str.len_chars()
        year = _to_ce(year_text.cast(pl.Int32, strict=False), digits, era, worded.struct.field("era"))
        text_of = pl.format("{}-{}-{}", year, month.cast(pl.String).str.zfill(2), day.str.zfill(2))
        return text_of.str.to_date("%Y-%m-%d", strict=False)

    steps += (
        {
            "_made": made_of(),
            "_digits": pl.coalesce(pl.col(name).struct.field("y") for name in forms).str.len_chars(),
        },
    )

    def plan(cell: pl.Expr) -> list[pl.Expr]:
        made, digits = pl.col("_made"), pl.col("_digits")
        is_serial = text.str.contains(_SERIAL)
        serial = pl.when(is_serial).then(
            pl.lit("1899-12-30").str.to_date()
            + pl.duration(days=text.cast(pl.Float64, strict=False).floor().cast(pl.Int64))
        )
        alone = text.str.extract_groups(_YEAR_ALONE)
        lone_year = _to_ce(
            alone.struct.field("y").cast(pl.Int32, strict=False), pl.lit(4), era, alone.struct.field("era")
        )
        first_day = pl.date(lone_year, 1, 1) if year_alone else pl.lit(None, pl.Date)
        date = pl.coalesce(made, serial, first_day)
        blank = cell.is_null() | text.str.contains(_BLANK)
        error = (
            pl.when(blank).then(None)
            .when(date.is_null()).then(pl.lit("unreadable_date"))
            .when(~date.dt.year().is_between(year_min, year_max)).then(pl.lit("implausible_date"))
        )  # fmt: skip
        note = (
            pl.when(error.is_not_null() | date.is_null()).then(None)
            .when(is_serial).then(pl.lit("excel_day_number"))
            .when(made.is_null()).then(pl.lit("year_alone"))
            .when(digits == 2).then(pl.lit("two_digit_year"))
        )  # fmt: skip
        return [pl.when(error.is_null()).then(date).alias("value"), error.alias("error"), note.alias("note")]

    read = over_distinct(column, plan, *steps)
    return Parsed(read["value"].cast(pl.Date), read["error"], read["note"])
