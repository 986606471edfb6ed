"""The geography that the synthetic deliveries stand on: DOPA's tambons from `geothai`, as each
year's files name them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

import geothai
import numpy as np
import numpy.typing as npt
from geothai.abolished import abolished_areas
from rapidfuzz import fuzz, process

Texts = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]

BANGKOK = "10"
# An official notice that moved a tambon before this year is older than any file of the sample.
_EARLIEST_CHANGE = 2005
# Below this similarity gap to the next tambon of the amphoe a misspelling would be a guess.
_CLEAR_MARGIN = 20.0
_CONSONANTS = frozenset(chr(c) for c in range(0x0E01, 0x0E2F))
_SHEET_REGIONS = ("ภาคกลาง", "ภาคตะวันออกเฉียงเหนือ", "ภาคเหนือ", "ภาคใต้")


@dataclass(frozen=True)
class View:
    """How one year's files name the current tambons; arrays run parallel to `Places.code`."""

    code: Texts
    tambon: Texts
    amphoe: Texts
    province: Texts
    is_old: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Places:
    """All current tambons in code order, one array element each, plus the older name of those that
    moved by notice.

    `old_until[i]` is the first year in which the old code is no longer used, 0 where there is
    none. `misspelled[i]` is a
    spelling that still points clearly at the tambon within its amphoe, '' where none was found.
    Names carry no prefix.
    """

    code: Texts
    tambon: Texts
    amphoe: Texts
    province: Texts
    old_code: Texts
    old_tambon: Texts
    old_amphoe: Texts
    old_province: Texts
    old_until: Ints
    misspelled: Texts
    sheet_region: Texts
    known_codes: frozenset[str]

    @property
    def size(self) -> int:
        """Number of current tambons."""
        return len(self.code)

    def at(self, year: int) -> View:
        """Codes and names in use at the end of `year` (CE): before a notice came into force, the
        abolished code and its names."""
        old = (self.old_until > 0) & (year < self.old_until)
        return View(
            code=np.where(old, self.old_code, self.code),
            tambon=np.where(old, self.old_tambon, self.tambon),
            amphoe=np.where(old, self.old_amphoe, self.amphoe),
            province=np.where(old, self.old_province, self.province),
            is_old=old,
        )


def _drop_one_letter(name: str) -> str:
    """The name without one inner consonant, as a hurried typist leaves it; '' for short names."""
    inner = [i for i in range(2, len(name) - 1) if name[i] in _CONSONANTS and name[i + 1] in _CONSONANTS]
    return name[: inner[-1]] + name[inner[-1] + 1 :] if inner and len(name) >= 6 else ""


def _misspellings(names: Texts, groups: Texts) -> Texts:
    """One safe misspelling a name, '' where another name of the same group is as near."""
    members: dict[str, list[int]] = defaultdict(list)
    for position, group in enumerate(groups):
        members[group].append(position)
    out = np.full(len(names), "", dtype=object)
    for positions in members.values():
        own = [str(names[i]) for i in positions]
        wrong = [_drop_one_letter(name) for name in own]
        scores = process.cdist(wrong, own, scorer=fuzz.ratio)
        hits = scores.diagonal().copy()
        np.fill_diagonal(scores, 0.0)
        rivals = scores.max(axis=1, initial=0.0)
        for position, text, hit, rival in zip(positions, wrong, hits, rivals, strict=True):
            if text and hit >= 85 and hit - rival >= _CLEAR_MARGIN:
                out[position] = text
    return out


def _sheet_region(province_code: str) -> str:
    """The four parts of the country that พช.'s workbook has a sheet for, by the first digit of
    DOPA's province code."""
    first = province_code[0]
    return _SHEET_REGIONS[1 if first in "34" else 2 if first in "56" else 3 if first in "89" else 0]


def _texts(values: list[Any]) -> Texts:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


@cache
def load_places() -> Places:
    """Read the gazetteer; some 0.2 s, kept for the life of the process."""
    provinces = {p.code: p.name_th for p in geothai.provinces()}
    districts = {d.code: d.name_th for code in provinces for d in geothai.districts(code)}
    tambons = sorted((s for code in districts for s in geothai.subdistricts(code)), key=lambda s: s.code)
    gone = abolished_areas()
    all_districts = {a.code: a.name_th for a in gone if a.level == "district"} | districts
    bare = {
        code: name.removeprefix("เขต") if code[:2] == BANGKOK else name
        for code, name in all_districts.items()
    }

    predecessor: dict[str, tuple[str, str, int]] = {}
    for area in gone:
        moved = area.successors_in_force
        if (
            area.level != "subdistrict"
            or area.successors_basis != "notice"
            or len(area.successors) != 1
            or not moved
        ):
            continue
        if int(moved[:4]) >= _EARLIEST_CHANGE and area.code[:4] in bare:
            predecessor.setdefault(area.successors[0], (area.code, area.name_th, int(moved[:4])))

    codes = [s.code for s in tambons]
    names = _texts([s.name_th for s in tambons])
    old = [predecessor.get(code) for code in codes]
    old_codes = [o[0] if o else "" for o in old]
    return Places(
        code=_texts(codes),
        tambon=names,
        amphoe=_texts([bare[code[:4]] for code in codes]),
        province=_texts([provinces[code[:2]] for code in codes]),
        old_code=_texts(old_codes),
        old_tambon=_texts([o[1] if o else "" for o in old]),
        old_amphoe=_texts([bare.get(code[:4], "") for code in old_codes]),
        old_province=_texts([provinces.get(code[:2], "") for code in old_codes]),
        old_until=np.array([o[2] if o else 0 for o in old], dtype=np.int64),
        misspelled=_misspellings(names, _texts([code[:4] for code in codes])),
        sheet_region=_texts([_sheet_region(code[:2]) for code in codes]),
        known_codes=frozenset(codes) | {a.code for a in gone if a.level == "subdistrict"},
    )
