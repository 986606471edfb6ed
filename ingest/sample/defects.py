"""Planting defects of every kind, rarely enough that no normal delivery is held, and listing each one.

A row carries one defect at most, and a fund is only touched every fifth year, so that year-on-year
checks see one cause.
"""

from __future__ import annotations

import numpy as np

from ingest.contract import Contract, load_fields
from ingest.sample import cell_defects as cells
from ingest.sample import place_defects as where
from ingest.sample.draft import Draft
from ingest.sample.scene import Planter, Scene, readable

RATE = 0.001  # rows a kind
_REJECTING_BUDGET, _DUPLICATE_BUDGET, _ALL_BUDGET = 0.02, 0.012, 0.12
_TURN = 5
_REJECTING = frozenset(
    {
        "missing_fund_code",
        "missing_fund_name",
        "missing_population_total",
        "missing_site_name",
        "unreadable_year",
    }
)
_CONTRADICTED = ("savings_thb", "income_members_thb", "households_total")
# In files that have none of these.
_CONTRADICTED_ELSE = (
    "share_capital_thb",
    "capital_thb",
    "loans_outstanding_thb",
    "learners_persons",
    "poverty_poor_persons",
    "welfare_matching_thb",
)
_DUPLICATES = ("duplicate_identical", "duplicate_contradictory")

PLANTERS: dict[str, Planter] = {
    "unreadable_number": cells.spoil_number(
        "unreadable_number", ("ประมาณร้อยกว่า", "12x45", "1.234.5", "#REF!")
    ),
    "malformed_thousands": cells.spoil_number(
        "malformed_thousands", ("1,23,456", "12,34", "1,,234", "1,234,56")
    ),
    "code_name_disagree": where.code_disagrees,
    "misspelled_tambon": where.respell("misspelled_tambon", where.misspell),
    "parts_not_total": cells.parts_mismatch,
    "missing_fund_code": cells.blank_required("fund_code"),
    "negative_value": cells.negative,
    "overdue_above_outstanding": cells.overdue_above,
    "jump": cells.multiplied("jump", 40.0),
    "name_only": where.name_only,
    "hostile_text": cells.hostile,
    "unit_slip_1000": cells.multiplied("unit_slip_1000", 1000.0),
    "impossible_date": cells.impossible_date,
    "unknown_label": cells.unknown_label,
    "abolished_code": where.abolished,
    "unknown_tambon_code": where.unknown_code,
    "frozen_values": cells.frozen,
    "unreadable_year": cells.unreadable_year,
    "missing_fund_name": cells.blank_required("fund_name"),
    "missing_population_total": cells.blank_required("population_total"),
    "citizen_id_in_name": cells.citizen_id,
    "households_as_persons": cells.households_as_persons,
    "swapped_sexes": cells.swapped,
    "lost_leading_zeros": cells.lost_zeros,
    "blank_place": where.blank_place,
    "zero_width": where.respell(
        "zero_width", lambda _s, _a, cell: f"{cell[:2]}\u200b{cell[2:]}", unicode_only=True, names_only=False
    ),
    "decomposed_sara_am": where.respell(
        "decomposed_sara_am", lambda _s, _a, cell: cell.replace("ำ", "ํา"), names_only=False
    ),
    "cut_at_16": where.respell("cut_at_16", where.cut),
    "capital_alone": where.capital_alone,
    "bangkok_variant": where.bangkok,
    "unit_slip_10": cells.multiplied("unit_slip_10", 10.0, cells.STEADY),
    "unit_slip_100": cells.multiplied("unit_slip_100", 100.0, cells.STEADY),
    "unit_slip_first_year": cells.multiplied("unit_slip_first_year", 1000.0, cells.STEADY, first_year=True),
}


# Slips of the offices that came later (`Agency.slips`); planted first: small files have room for few.
EXTRA_PLANTERS: dict[str, Planter] = {
    "coordinates_swapped": cells.coordinates_swapped,
    "labelled_code": where.labelled_code,
    "padded_code": where.padded_code,
    "missing_site_name": cells.blank_required("site_name"),
}


def _plant_duplicates(scene: Scene, kind: str, rows: list[int]) -> None:
    draft = scene.draft
    for row in draft.append_copies(rows):
        original = int(draft.copy_of[row])
        if kind == "duplicate_identical":
            scene.note(row, next(iter(draft.text.columns)), kind, "duplicate", "", "the same row twice")
            continue
        doubtful = [m for m in _CONTRADICTED if m in draft.numbers]
        doubtful = doubtful or [m for m in _CONTRADICTED_ELSE if m in draft.numbers]
        measure = readable(scene, original, doubtful)
        if measure is None:
            scene.note(
                row,
                next(iter(draft.text.columns)),
                "duplicate_identical",
                "duplicate",
                "",
                "the same row twice",
            )
            continue
        value = scene.type_number(row, measure, float(draft.numbers[measure][original]) + 7000)
        scene.note(row, measure, kind, "duplicate", value, "the same key with another figure")


def plant_defects(scene: Scene) -> None:
    """Plant every kind that this delivery can carry: 0.1 % of its rows each, one row at least
    while the file is small.

    Small files take the kinds in turn from year to year, so that few rows are ever rejected or doubled.
    """
    draft = scene.draft
    n = draft.height
    mine = np.flatnonzero((draft.register_row * 7919) % _TURN == draft.year % _TURN)
    order: list[int] = scene.rng.permutation(mine).tolist()
    each = max(1, round(n * RATE))
    left = {"rejecting": int(n * _REJECTING_BUDGET), "all": max(3, int(n * _ALL_BUDGET))}
    names = list(PLANTERS)
    # Seven steps a year: neighbouring years of a small file show different kinds.
    names = names[(draft.age * 7) % len(names) :] + names[: (draft.age * 7) % len(names)]
    rows = _Rows(order)
    extra = list(EXTRA_PLANTERS) if scene.slips else []
    for kind in [*extra, *names]:
        want = min(each, left["all"], left["rejecting"] if kind in _REJECTING else each)
        planted = rows.plant(scene, {**PLANTERS, **EXTRA_PLANTERS}[kind], want)
        left["all"] -= planted
        left["rejecting"] -= planted if kind in _REJECTING else 0
    for kind in _DUPLICATES[draft.age % 2 :] + _DUPLICATES[: draft.age % 2]:
        take = rows.take(min(each, int(n * _DUPLICATE_BUDGET) // 2 or int(n * 0.009)))
        if take and sum(draft.copy_of >= 0) + len(take) <= n * 0.009:
            _plant_duplicates(scene, kind, take)
    draft.settle()


class _Rows:
    """Rows not yet used, in drawn order; a kind passes over rows it does not fit, and leaves them
    to the next kind."""

    _PATIENCE = 4000

    def __init__(self, order: list[int]) -> None:
        self._free = order

    def plant(self, scene: Scene, planter: Planter, want: int) -> int:
        planted, passed, used = 0, 0, set()
        for position, row in enumerate(self._free):
            if planted >= want or passed > self._PATIENCE:
                break
            if planter(scene, row):
                planted += 1
                used.add(position)
            else:
                passed += 1
        self._free = [row for position, row in enumerate(self._free) if position not in used]
        return planted

    def take(self, count: int) -> list[int]:
        taken, self._free = self._free[:count], self._free[count:]
        return taken


def bounds_hold(draft: Draft, contract: Contract) -> bool:
    """True if every readable number lies within the contract's bounds and the fields' own (a guard
    for the sample itself)."""
    measures = load_fields().measures_of(contract.record_kind)
    for name, values in draft.numbers.items():
        column, least = contract.by_field[name], measures[name].min
        low = max(-np.inf if bound is None else bound for bound in (column.min, least))
        high = np.inf if column.max is None else column.max
        if float(np.nanmin(values, initial=np.inf)) < low or float(np.nanmax(values, initial=-np.inf)) > high:
            return False
    return True


__all__ = ["EXTRA_PLANTERS", "PLANTERS", "RATE", "Scene", "bounds_hold", "plant_defects"]
