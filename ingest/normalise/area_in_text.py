"""The province and amphoe that a title, a sheet's name or a file's name states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from ingest.normalise.text import clean_one

_BETWEEN = re.compile(r"[^ก-๎.]+")
_PREFIXED = r"(?:จังหวัด|(?<![ก-๎])จ\.) ?"
_AMPHOE = re.compile(r"(?:กิ่งอำเภอ|อำเภอ|(?<![ก-๎])อ\.) ?([ก-๎]+)")


@cache
def _provinces() -> Mapping[str, str]:
    """Province code by name: official names and the aliases of the gazetteer."""
    from ingest.reference.gazetteer import province_alias_table, province_table
    from ingest.reference.seeds import load_seeds

    seeds = load_seeds()
    official = province_table(seeds)
    both = (province_alias_table(seeds, official), official)
    rows = (row for table in both for row in table.select("name_th", "province_code").iter_rows())
    return {clean_one(name): code for name, code in rows}


@cache
def _amphoe_of(province_code: str) -> tuple[str, ...]:
    """Names of a province's amphoe as they stand, longest first."""
    from ingest.reference.gazetteer import amphoe_table

    rows = amphoe_table().select("amphoe_code", "name_th", "is_current").iter_rows()
    names = {name for code, name, current in rows if current and code.startswith(province_code)}
    return tuple(sorted(names, key=len, reverse=True))


@cache
def _after_prefix() -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(_provinces(), key=len, reverse=True))
    return re.compile(f"{_PREFIXED}({names})")


def _provinces_in(text: str) -> dict[str, str]:
    """Code to name of each province that the text names: after จังหวัด, or as a word by itself."""
    clean = clean_one(text)
    words = [
        *_after_prefix().findall(clean),
        *(word for word in _BETWEEN.split(clean) if word in _provinces()),
    ]
    return {_provinces()[word]: word for word in words}


def _amphoe_in(text: str, province_code: str) -> set[str]:
    """The province's amphoe that the text names: after อำเภอ, or as the whole text."""
    clean, names = clean_one(text), _amphoe_of(province_code)
    said = (next((name for name in names if word.startswith(name)), None) for word in _AMPHOE.findall(clean))
    return {name for name in said if name} | {name for name in names if name == clean}


def area_in_texts(sources: Iterable[Iterable[str]]) -> tuple[str | None, str | None]:
    """The one province that the sources name, as it is written there, and the one amphoe of it.

    Args:
        sources: lines of each source (sheet name, titles, file name).

    Returns:
        Names; None where no source names one, or where two are named: a list of two provinces is of neither.
    """
    lines = [text for texts in sources for text in texts]
    found: dict[str, str] = {}
    for line in lines:
        found = {**_provinces_in(line), **found}
    if len(found) != 1:
        return None, None
    code, province = next(iter(found.items()))
    amphoe = {name for line in lines for name in _amphoe_in(line, code)}
    return province, next(iter(amphoe)) if len(amphoe) == 1 else None
