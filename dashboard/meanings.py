"""What descriptions mean in both languages: those of dbt in Thai too, by `dictionary_th.yml` and, of measures, by fields.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dashboard.numbers import unit_name

if TYPE_CHECKING:
    from ingest.contract.fields import Measure

FILE: Final = Path(__file__).with_name("dictionary_th.yml")
_THAI: Final = re.compile("[\u0e01-\u0e5b]")
_DOT: Final = " · "


def halves(text: str | None) -> tuple[str | None, str | None]:
    """The Thai and the English half of `ไทย · English`; a text in one language is that half only."""
    if not text:
        return None, None
    thai, dot, english = text.partition(_DOT)
    if dot and _THAI.search(thai):
        return thai.strip(), english.strip()
    return (text, None) if _THAI.search(text) else (None, text)


@cache
def translations() -> Mapping[str, str]:
    """dbt's English description → Thai, as `dictionary_th.yml` has it."""
    import yaml

    content: dict[str, str] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return content


@cache
def measures() -> Mapping[str, Measure]:
    """Every measure of fields.yml by its code, whatever kind of record it is of."""
    from ingest.contract.fields import RECORD_KINDS, load_fields

    fields = load_fields()
    return {code: measure for kind in RECORD_KINDS for code, measure in fields.measures_of(kind).items()}


@cache
def measure_descriptions() -> Mapping[str, tuple[str, Measure]]:
    """A measure's description in dbt (`orchestration.dbt_columns` writes it) → the same in Thai, and the measure."""
    return {
        f"{one.label_en} ({one.unit}).": (f"{one.label_th} ({unit_name(one.unit, 'th')})", one)
        for one in measures().values()
    }


def thai_of(english: str) -> str | None:
    """The Thai of an English description; None where nobody has given it."""
    if known := measure_descriptions().get(english):
        return known[0]
    return translations().get(english)


def meaning(description: str | None) -> tuple[str | None, str | None]:
    """What a description says in Thai and in English; None for the language in which it says nothing."""
    thai, english = halves(description)
    return thai or (thai_of(english) if english else None), english


def in_both(description: str | None) -> str | None:
    """A description as `ไทย · English`, as far as it is known in both; None where there is none."""
    return _DOT.join(half for half in meaning(description) if half) or None
