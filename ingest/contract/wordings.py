"""Which header is which column: the wordings that a contract lists, and the small variations of them that mean the same.

A listed wording always wins; a variation that two columns could claim belongs to neither.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.contract.fields import load_fields
from ingest.contract.model import Column, Contract
from ingest.normalise.text import label_key

MIN_LETTERS = (
    6  # marks counted; what is left of a wording after cutting; shorter ones are too common to mean one thing
)
_COUNT = "จำนวน"
_MONEY = ("จำนวนเงิน", "ยอดเงิน", "มูลค่า", "จำนวน", "ยอด")


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
    money.
    """
    listed: dict[str, Column | None] = {label_key(header): None for header in contract.ignore_headers}
    for column in contract.columns:
        listed |= {label_key(header): column for header in column.headers}
    measures = load_fields().measures_of(contract.record_kind)
    claimed: dict[str, dict[int, Column]] = {}
    for column in contract.columns:
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
