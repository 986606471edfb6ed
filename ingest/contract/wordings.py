"""Which header is which column: the wordings that a contract lists, and the small variations of them that mean the same.

A listed wording always wins; a variation that two columns could claim belongs to neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ingest.contract.fields import load_fields
from ingest.contract.model import Column, Contract
from ingest.normalise.text import clean_one, label_key

MIN_LETTERS = (
    6  # marks counted; what is left of a wording after cutting; shorter ones are too common to mean one thing
)
_COUNT = "จำนวน"
_MONEY = ("จำนวนเงิน", "ยอดเงิน", "มูลค่า", "จำนวน", "ยอด")

# Ways to write one word, as Thai offices do; the left is read as the right wherever it stands in a header.
_SPELLINGS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        (r"ฯ(?!ล)", ""),  # 'ชื่อกองทุนฯ': a name cut short
        (r"(?<![ก-๎])จ(?:น|\.น)\. ?", "จำนวน"),
        (r"งปม\.?", "งบประมาณ"),
        (r"(?:แยก|จำแนก|แบ่ง)(?:ออก)?(?:ตาม|เป็น)[^ ()]*", ""),  # what follows is said by the headers below it
        (r"กู้ยืม", "กู้"),
    )
)
_ENGLISH = re.compile(r"[\x20-\x7e]+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SAID_NOTHING = frozenset({"of", "the"})
_SAME_WORD = {
    "tambol": "tambon", "tumbon": "tambon", "subdistrict": "tambon",
    "amphur": "amphoe", "ampur": "amphoe", "amphure": "amphoe", "district": "amphoe",
    "changwat": "province", "id": "code", "organization": "organisation", "org": "organisation", "person": "people",
}  # fmt: skip


def _english_word(word: str) -> str:
    lower = word.lower()
    if len(lower) > 3 and lower.endswith("s") and not lower.endswith("ss"):
        lower = f"{lower[:-3]}y" if lower.endswith("ies") else lower[:-1]
    return _SAME_WORD.get(lower, lower)


@lru_cache(maxsize=8192)
def alike_key(header: str) -> str:
    """What headers that differ by abbreviation, number, order of English words or their usual spelling have in common.

    'ชื่อกองทุนฯ' and 'ชื่อกองทุน', 'จน.สมาชิก' and 'จำนวนสมาชิก', 'totalAssets' and 'assets_total'. English keys hold spaces or
    begin with one, so that they never equal a `label_key`.
    """
    text = clean_one(header)
    if _ENGLISH.fullmatch(text):
        words = re.sub(r"(?i)\bsub[ _-]?district", "tambon", text)
        return " " + " ".join(sorted({_english_word(word) for word in _WORD.findall(words)} - _SAID_NOTHING))
    for pattern, word in _SPELLINGS:
        text = pattern.sub(word, text)
    return label_key(text)


def _count_variations(key: str) -> Iterator[str]:
    bare = key.removeprefix(_COUNT)
    yield _COUNT + bare
    if len(bare) >= MIN_LETTERS:
        yield bare


def _money_variations(key: str) -> Iterator[str]:
    word = next((word for word in _MONEY if key.startswith(word) and key != word), "")
    # 'ยอดเงินฝาก' is 'ยอด' + 'เงินฝาก', not 'ยอดเงิน' + 'ฝาก'.
    bare = key[len(word.removesuffix("เงิน")) :]
    if len(bare) < MIN_LETTERS:
        return
    yield bare
    for word in ("จำนวน", "ยอด", "มูลค่า"):
        yield word + bare
    if not bare.startswith("เงิน"):
        yield "จำนวนเงิน" + bare
        yield "ยอดเงิน" + bare


def vocabulary(contract: Contract) -> dict[str, Column | None]:
    """The contract's columns by header key (`label_key`); None stands for a header to ignore.

    Beside the listed wordings: 'จำนวน' before a count may be there or not, as may 'จำนวนเงิน', 'ยอด' and 'มูลค่า' before
    money. And what `alike_key` makes of a listed wording: a header not found by its own key may be looked up by that.
    """
    listed: dict[str, Column | None] = {label_key(header): None for header in contract.ignore_headers}
    for column in contract.columns:
        listed |= {label_key(header): column for header in column.headers}
    measures = load_fields().measures_of(contract.record_kind)
    claimed: dict[str, dict[int, Column]] = {}
    for column in contract.columns:
        if not column.personal:
            # A field's own code ends in its unit: 'members_persons' are not 'member persons' beside member organisations.
            for header in set(column.headers) - {column.field}:
                claimed.setdefault(alike_key(header), {})[id(column)] = column
        measure = measures.get(column.field or "")
        if measure is None or measure.unit in ("degrees", "number"):
            continue
        variations = _money_variations if measure.unit == "THB" else _count_variations
        for header in column.headers:
            for key in variations(label_key(header)):
                claimed.setdefault(key, {})[id(column)] = column
    derived = {
        key: next(iter(columns.values()))
        for key, columns in claimed.items()
        if len(columns) == 1 and key not in listed
    }
    return {**derived, **listed}
