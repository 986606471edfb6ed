"""What names one living person never leaves the door."""

from __future__ import annotations

import polars as pl

MASK = "[เลขประจำตัวถูกปิด]"
# What may stand between the digits, as typed: a space, a dash, a mark that does not show.
_GAP = r"[\s\-\x{2010}-\x{2015}\x{200b}-\x{200d}\x{2060}\x{feff}]{0,3}"
# Digits of other scripts and widths are looked at as 0–9.
_ZEROS = "๐０໐០٠"
_DIGITS = [chr(ord(zero) + n) for zero in _ZEROS for n in range(10)]
_TURNED = [str(n) for _ in _ZEROS for n in range(10)]
# Thirteen digits, bare or as printed on the card (1-2345-67890-12-1). The first digit of a person's
# number is 1–8;
# juristic persons begin with 0, and are no personal data.
_ID = rf"(^|[^\d])([1-8]{_GAP}\d{{4}}{_GAP}\d{{5}}{_GAP}\d{{2}}{_GAP}\d)($|[^\d])"
# In the card's own shape it is meant for a person's number even where a digit was mistyped.
_PRINTED = r"(?:^|[^\d])[1-8][ \-]\d{4}[ \-]\d{5}[ \-]\d{2}[ \-]\d(?:$|[^\d])"
_LIKELY = rf"\d{_GAP}\d{{4}}{_GAP}\d{{5}}{_GAP}\d{{2}}{_GAP}\d"
_PHONE = r"0\d(?:[ \-]?\d){7,8}"


def _valid(text: pl.Expr) -> pl.Expr:
    """Whether thirteen digits pass the number's check digit: (11 − Σ digit × (13 − place) mod 11) mod 10."""
    total = pl.sum_horizontal(text.str.slice(place, 1).cast(pl.Int32) * (13 - place) for place in range(12))
    return (11 - total % 11) % 10 == text.str.slice(12, 1).cast(pl.Int32)


def mask_citizen_ids(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Replace citizen numbers inside a text column: with a valid check digit, or as the card prints it.

    Returns:
        The column (untouched where nothing was masked), and where something was masked.
    """
    # Thirteen digits of any script are looked for first; only cells with these are turned and looked at closely.
    likely = column.str.contains(_LIKELY).fill_null(False)
    if not likely.any():
        return column, likely
    turned = column.str.replace_many(_DIGITS, _TURNED).alias("turned")
    candidates = turned.str.contains(_ID).fill_null(False)
    if not candidates.any():
        return column, candidates
    row = pl.int_range(column.len(), eager=True).filter(candidates)
    # Two looks, the second past the first's matches: neighbours share the mark between them.
    found = [turned.filter(candidates), turned.filter(candidates).str.replace(_ID, "${1}#${3}")]
    numbers = pl.concat(
        [pl.DataFrame({"row": row, "id": text.str.extract_all(_ID)}) for text in found]
    ).explode("id")
    numbers = numbers.with_columns(pl.col("id").str.replace_all(r"\D", "")).filter(
        pl.col("id").str.len_chars() == 13
    )
    printed = row.filter(turned.filter(candidates).str.contains(_PRINTED))
    hits = pl.concat([numbers.filter(_valid(pl.col("id")))["row"], printed]).unique()
    masked = turned.gather(hits)
    for _ in range(2):
        masked = masked.str.replace_all(_ID, "${1}" + MASK + "${3}")
    where = pl.repeat(False, column.len(), eager=True).scatter(hits, True)
    return column.clone().scatter(hits, masked), where


# A mobile telephone and an e-mail address have shapes of their own; in a name they belong to whoever is to be called.
_MOBILE = r"(^|[^0-9๐-๙])[0๐][689๖๘๙][0-9๐-๙]?(?:[ \-]?[0-9๐-๙]){7}($|[^0-9๐-๙])"
_MAIL = r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+"
PHONE_MASK, MAIL_MASK = "[โทรศัพท์ถูกปิด]", "[อีเมลถูกปิด]"


def mask_in_names(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Citizen numbers, mobile telephone numbers and e-mail addresses out of a name.

    Returns:
        The column (untouched where nothing was masked), and where a citizen number was.
    """
    masked, where = mask_citizen_ids(column)
    if masked.str.contains(_MOBILE).any():
        masked = masked.str.replace_all(_MOBILE, "${1}" + PHONE_MASK + "${2}")
    if masked.str.contains("@", literal=True).any():
        masked = masked.str.replace_all(_MAIL, MAIL_MASK)
    return masked, where


# Thai words before a person's name. Only what stands where no name belongs is looked at: villages begin with นา and นาง too.
_PERSON = r"^(?:นางสาว|นาง|นาย|น\.ส\.|ด\.ช\.|ด\.ญ\.|ว่าที่ ?ร\.?[ตทอ]\.?|(?:mr|mrs|ms|miss)\b\.?) ?\S.*$"
PERSON_MASK = "[ชื่อบุคคลถูกปิด]"


def mask_persons(column: pl.Series) -> pl.Series:
    """Of cells that should hold a number, a date or a label, those that hold a person's name: a row whose cells moved by
    one column has it there."""
    return column.str.replace(f"(?i){_PERSON}", PERSON_MASK)


def mask_contacts(column: pl.Series) -> pl.Series:
    """Citizen numbers and telephone numbers out of a note's text."""
    return mask_citizen_ids(column)[0].str.replace_all(_PHONE, "[โทรศัพท์ถูกปิด]")
