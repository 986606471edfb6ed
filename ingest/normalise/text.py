"""Text: the marks that keep two spellings of one Thai word from being equal, and keys to compare labels
by."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import polars as pl

# Zero-width and invisible format marks; bidirectional overrides, which show a text in another order
# than it has.
_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_SPACES = "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\t\n\r\x0b\x0c"
# Letters, digits and marks of the width of a Chinese character: what some programs make of a pasted figure.
_WIDE = "\uff01-\uff5e"
_WIDE_MARKS = [chr(code) for code in range(0xFF01, 0xFF5F)]
_NARROW_MARKS = [chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)]
_TONES = "\u0e48-\u0e4b"
_VOWEL_SIGNS = "\u0e31\u0e34-\u0e3a\u0e47"

INVISIBLE = f"[{_INVISIBLE}{_CONTROL}]"
# Anything that the repairs below could change: Latin letters with combining marks, compatibility Hangul
# and the like are
# caught by the last range (NFC moves only characters from U+0300 up, Thai's reordering marks among them).
_SUSPICIOUS = (
    f"[{_INVISIBLE}{_CONTROL}{_SPACES}{_WIDE}]|[\u0300-\u036f]|\u0e4d|\u0e40\u0e40|[{_TONES}][{_VOWEL_SIGNS}]|[\u1100-\u11ff\u2126\u212a\u212b\uf900-\ufaff]"
    f"|^\\s|\\s$|  "
)
_THAI_DIGITS = list("๐๑๒๓๔๕๖๗๘๙")
_REPAIRS: tuple[tuple[str, str], ...] = (
    (f"[{_SPACES}]+", " "),
    (INVISIBLE, ""),
    (f"\u0e4d([{_TONES}]?)\u0e32", "${1}\u0e33"),  # nikhahit + sara aa typed apart → sara am
    (f"([{_TONES}])\u0e4d\u0e32", "${1}\u0e33"),
    ("\u0e40\u0e40", "\u0e41"),  # two sara e typed for sara ae: they look the same
    (f"([{_TONES}])([{_VOWEL_SIGNS}])", "${2}${1}"),  # the vowel sign stands before the tone mark
    (" {2,}", " "),
)
_NARROW = str.maketrans("".join(_WIDE_MARKS), "".join(_NARROW_MARKS))
_SUSPICIOUS_ONE = re.compile(_SUSPICIOUS)
_REPAIRS_ONE = tuple(
    (re.compile(pattern), replacement.replace("${1}", r"\1").replace("${2}", r"\2"))
    for pattern, replacement in _REPAIRS
)


def clean_text(column: pl.Series) -> pl.Series:
    """NFC, full-width letters and digits as ordinary ones, sara am composed, เเ as แ, marks in order, invisible and control
    marks removed, runs of space as one, trimmed.

    Args:
        column: text; NULL stays NULL, a cell of nothing but space becomes ''.
    """
    if column.dtype != pl.String or column.len() == 0:
        return column
    # The test and the repairs run once a distinct value: counting these costs a tenth of the test.
    distinct = column.unique()
    odd = distinct.filter(distinct.str.contains(_SUSPICIOUS))
    if odd.len() == 0:
        return column
    out = odd.str.normalize("NFC").str.replace_many(_WIDE_MARKS, _NARROW_MARKS)
    for pattern, replacement in _REPAIRS:
        out = out.str.replace_all(pattern, replacement)
    return column.replace(odd, out.str.strip_chars(" "))


@lru_cache(maxsize=8192)
def clean_one(text: str) -> str:
    """`clean_text` for one text, for headers, sheet names and titles."""
    out = unicodedata.normalize("NFC", text)
    if not _SUSPICIOUS_ONE.search(out):
        return out
    out = out.translate(_NARROW)
    for pattern, replacement in _REPAIRS_ONE:
        out = pattern.sub(replacement, out)
    return out.strip(" ")


def turn_digits(column: pl.Series) -> pl.Series:
    """Thai digits as 0–9."""
    if not column.str.contains("[๐-๙]").any():
        return column
    return column.str.replace_many(_THAI_DIGITS, list("0123456789"))


def turn_digits_one(text: str) -> str:
    """Thai digits as 0–9 in one text."""
    return text.translate(str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789"))


_KEY_DROP = r"[\p{P}\p{Z}\s\u02bc\u00b4`^~|+<>=]"


def label_key_expr(expr: pl.Expr) -> pl.Expr:
    """What two labels are compared by: Thai digits turned, lower case, no space or punctuation. Takes
    cleaned text."""
    return (
        expr.str.replace_many(_THAI_DIGITS, list("0123456789"))
        .str.to_lowercase()
        .str.replace_all(_KEY_DROP, "")
    )


@lru_cache(maxsize=8192)
def label_key(text: str) -> str:
    """The key of one label, cleaned first: `label_key_expr` in plain Python."""
    lowered = turn_digits_one(clean_one(text)).lower()
    return "".join(
        c
        for c in lowered
        if not (unicodedata.category(c)[0] in "PZ" or c.isspace() or c in "\u02bc\u00b4`^~|+<>=")
    )
