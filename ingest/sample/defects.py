"""Planting defects of every kind, rarely enough that no normal delivery is held, and listing each one.

A row carries one defect at most, and a fund is only touched every fifth year, so that year-on-year
checks see one cause.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ingest.contract import Contract, load_fields
from ingest.sample.draft import Defect, Draft, Expectation
from ingest.sample.places import Ints, Places, View
from ingest.sample.words import Floats, id_like_number, number_text

RATE = 0.001  # rows a kind
_REJECTING_BUDGET, _DUPLICATE_BUDGET, _ALL_BUDGET = 0.02, 0.012, 0.12
_TURN = 5
_NBSP_FREE_HOSTILE = (
    ("html", "<script>alert('synthetic')</script><b>{name}</b>"),
    ("formula", '=HYPERLINK("http://example.org/synthetic","{name}")'),
    ("formula_plus", "+1+cmd|' /C synthetic'!A1 {name}"),
    ("sql", "{name}'); DROP TABLE fund;--"),
    ("long", "{long}"),
)
_UNICODE_HOSTILE = (("right_to_left", "\u202e{name}\u202c"), ("zero_width_name", "{name}\u200b\u2060"))


@dataclass(frozen=True)
class Scene:
    """What a planter may look at: the draft, its contract, the geography and last year's values by
    draft row."""

    draft: Draft
    contract: Contract
    places: Places
    view: View
    rng: np.random.Generator
    previous: dict[str, Floats] | None
    unicode_ok: bool

    def maximum(self, measure: str) -> float:
        """The contract's largest plausible value."""
        column = self.contract.by_field[measure]
        return column.max if column.max is not None else 1e9

    def type_number(self, row: int, measure: str, value: float) -> str:
        """Type a measure's new value (THB, persons) in the file's unit and style, and remember
        what it says."""
        draft = self.draft
        factor = draft.money_factor if measure.endswith("_thb") else 1.0
        decimals = draft.decimals if factor != 1.0 else 0
        text = number_text(
            value / factor, draft.number_style if factor == 1.0 else "plain", decimals=decimals
        )
        draft.put(row, measure, text)
        draft.numbers[measure][row] = value
        return text

    def note(
        self, row: int, column: str, kind: str, expectation: Expectation, value: str, detail: str = ""
    ) -> bool:
        """List the defect."""
        self.draft.defects.append(Defect(row, column, kind, expectation, value, detail))
        return True


Planter = Callable[[Scene, int], bool]


def _measures(scene: Scene, suffix: str = "") -> list[str]:
    required = {c.field for c in scene.contract.columns if c.required}
    return [m for m in scene.draft.numbers if m.endswith(suffix) and m not in required]


def _readable(scene: Scene, row: int, measures: list[str]) -> str | None:
    there = [m for m in measures if np.isfinite(scene.draft.numbers[m][row])]
    return str(scene.rng.choice(there)) if there else None


def _spoil_number(kind: str, texts: tuple[str, ...]) -> Planter:
    def plant(scene: Scene, row: int) -> bool:
        measure = _readable(scene, row, _measures(scene))
        if measure is None:
            return False
        value = texts[int(scene.rng.integers(len(texts)))]
        scene.draft.put(row, measure, value)
        scene.draft.numbers[measure][row] = np.nan
        return scene.note(row, measure, kind, "cell_unreadable", value)

    return plant


def _negative(scene: Scene, row: int) -> bool:
    measure = _readable(scene, row, _measures(scene, "_thb") or _measures(scene))
    if measure is None or scene.draft.numbers[measure][row] < 100:
        return False
    value = scene.type_number(row, measure, -float(scene.draft.numbers[measure][row]))
    # Below the least value that can exist (fields.yml): unreadable, not small.
    scene.draft.numbers[measure][row] = np.nan
    return scene.note(row, measure, "negative_value", "cell_unreadable", value)


def _overdue_above(scene: Scene, row: int) -> bool:
    numbers = scene.draft.numbers
    if "loans_overdue_thb" not in numbers or not numbers["loans_outstanding_thb"][row] > 1000:
        return False
    value = scene.type_number(row, "loans_overdue_thb", float(numbers["loans_outstanding_thb"][row] + 5000))
    return scene.note(row, "loans_overdue_thb", "overdue_above_outstanding", "finding", value)


def _parts_mismatch(scene: Scene, row: int) -> bool:
    total = scene.contract.parts[0].total
    if not np.isfinite(scene.draft.numbers[total][row]):
        return False
    value = scene.type_number(row, total, float(scene.draft.numbers[total][row] + scene.rng.integers(11, 60)))
    return scene.note(row, total, "parts_not_total", "finding", value)


def _multiplied(kind: str, factor: float) -> Planter:
    def plant(scene: Scene, row: int) -> bool:
        previous = scene.previous
        if previous is None:
            return False
        numbers = scene.draft.numbers
        fits = [
            m
            for m in (
                "savings_thb",
                "special_deposits_thb",
                "loans_outstanding_thb",
                "welfare_paid_thb",
                "income_members_thb",
            )
            if m in numbers
            and numbers[m][row] > 5000
            and previous[m][row] > 1000
            and numbers[m][row] * factor < scene.maximum(m)
            and numbers[m][row] * factor / previous[m][row] > 20
        ]
        if not fits:
            return False
        measure = str(scene.rng.choice(fits))
        old = numbers[measure][row]
        value = scene.type_number(row, measure, float(old * factor))
        return scene.note(row, measure, kind, "finding", value, f"true value {old:.0f}")

    return plant


def _frozen(scene: Scene, row: int) -> bool:
    if scene.previous is None:
        return False
    measures = list(scene.draft.numbers)
    if not all(
        np.isfinite(scene.previous[m][row]) and np.isfinite(scene.draft.numbers[m][row]) for m in measures
    ):
        return False
    for measure in measures:
        value = scene.type_number(row, measure, float(scene.previous[measure][row]))
    return scene.note(
        row, measures[-1], "frozen_values", "finding", value, "every measure repeats last year's"
    )


def _blank_required(column: str) -> Planter:
    def plant(scene: Scene, row: int) -> bool:
        if column not in scene.draft.text.columns:
            return False
        scene.draft.put(row, column, "")
        scene.draft.rejected[row] = True
        return scene.note(row, column, f"missing_{column}", "row_rejected", "")

    return plant


def _unreadable_year(scene: Scene, row: int) -> bool:
    column = scene.contract.period.field
    if column not in scene.draft.text.columns:
        return False
    value = str(scene.rng.choice(["25xx", "ปีที่แล้ว", "256"]))
    scene.draft.put(row, column, value)
    scene.draft.rejected[row] = True
    return scene.note(row, column, "unreadable_year", "row_rejected", value)


def _impossible_date(scene: Scene, row: int) -> bool:
    if "founded_on" not in scene.draft.text.columns:
        return False
    value = str(scene.rng.choice(["31/02/2548", "30 ก.พ. 2550", "45/13/2551"]))
    scene.draft.put(row, "founded_on", value)
    return scene.note(row, "founded_on", "impossible_date", "cell_unreadable", value)


def _unknown_label(scene: Scene, row: int) -> bool:
    columns = [c for c in ("grade", "fund_status", "fund_level") if c in scene.draft.text.columns]
    if not columns:
        return False
    column = str(scene.rng.choice(columns))
    value = str(scene.rng.choice(["รอตรวจ", "9", "XX"]))
    scene.draft.put(row, column, value)
    return scene.note(row, column, "unknown_label", "cell_unreadable", value)


def _lost_zeros(scene: Scene, row: int) -> bool:
    if "fund_code" not in scene.draft.text.columns or scene.contract.by_field["fund_code"].width is None:
        return False
    code = scene.draft.cell(row, "fund_code")
    if not code.startswith("0"):
        return False
    scene.draft.put(row, "fund_code", code.lstrip("0"))
    return scene.note(row, "fund_code", "lost_leading_zeros", "repaired", code.lstrip("0"), f"meant {code}")


def _swapped(scene: Scene, row: int) -> bool:
    male = next((m for m in scene.draft.numbers if m.endswith(("male_persons", "population_male"))), None)
    female = next(
        (m for m in scene.draft.numbers if m.endswith(("female_persons", "population_female"))), None
    )
    if male is None or female is None or male == female:
        return False
    a, b = float(scene.draft.numbers[male][row]), float(scene.draft.numbers[female][row])
    if not (np.isfinite(a) and np.isfinite(b)) or a == b:
        return False
    value = scene.type_number(row, male, b)
    scene.type_number(row, female, a)
    return scene.note(
        row, male, "swapped_sexes", "undetectable", value, "male and female figures changed places"
    )


def _households_as_persons(scene: Scene, row: int) -> bool:
    numbers = scene.draft.numbers
    total = scene.contract.parts[0].total
    if "members_male_persons" not in numbers and "households_total" not in numbers:
        return False
    current = numbers[total][row]
    if not current > 30:
        return False
    houses = numbers["households_total"][row] if "households_total" in numbers else np.round(current / 3.1)
    if not np.isfinite(houses) or houses == current:
        return False
    value = scene.type_number(row, total, float(houses))
    return scene.note(
        row, total, "households_as_persons", "finding", value, "a count of households in a column of persons"
    )


def _hostile(scene: Scene, row: int) -> bool:
    if "fund_name" not in scene.draft.text.columns:
        return False
    choices = _NBSP_FREE_HOSTILE + (_UNICODE_HOSTILE if scene.unicode_ok else ())
    # In turn, not at random, so that even a small delivery meets several of them.
    done = sum(d.kind == "hostile_text" for d in scene.draft.defects) + scene.draft.age
    sort, pattern = choices[done % len(choices)]
    name = scene.draft.cell(row, "fund_name")
    value = pattern.format(name=name, long=(name + " ") * (2000 // (len(name) + 1) + 1))[:2000]
    scene.draft.put(row, "fund_name", value)
    return scene.note(row, "fund_name", "hostile_text", "harmless", value, sort)


def _citizen_id(scene: Scene, row: int) -> bool:
    if "fund_name" not in scene.draft.text.columns:
        return False
    value = f"{scene.draft.cell(row, 'fund_name')} {id_like_number(int(scene.rng.integers(10**11)))}"
    scene.draft.put(row, "fund_name", value)
    return scene.note(
        row, "fund_name", "citizen_id_in_name", "finding", value, "invented number beginning with 9"
    )


# ---- places


def _place_note(
    scene: Scene,
    row: int,
    column: str,
    kind: str,
    expectation: Expectation,
    value: str,
    true: str,
    detail: str = "",
) -> bool:
    scene.draft.place_kind[row] = kind
    scene.draft.tambon_true[row] = true
    return scene.note(row, column, kind, expectation, value, detail)


def _has(scene: Scene, *columns: str) -> bool:
    return all(column in scene.draft.text.columns for column in columns)


def _amphoe_free(scene: Scene) -> bool:
    """False where amphoe cells are merged downwards: such a cell belongs to a group, not to a row."""
    return _has(scene, "amphoe", "province") and not scene.draft.merged_amphoe


def _code_disagrees(scene: Scene, row: int) -> bool:
    if not _has(scene, "tambon_code", "tambon") or not _amphoe_free(scene):
        return False
    at = int(scene.draft.tambon_index[row])
    other = int(scene.rng.integers(scene.places.size))
    if (
        scene.places.code[other][:4] == scene.view.code[at][:4]
        or scene.places.tambon[other] == scene.view.tambon[at]
    ):
        return False
    value = str(scene.places.code[other]) + scene.draft.cell(row, "tambon_code")[6:]
    scene.draft.put(row, "tambon_code", value)
    return _place_note(
        scene,
        row,
        "tambon_code",
        "code_name_disagree",
        "unresolved",
        value,
        "",
        f"code of {scene.places.tambon[other]}, names of {scene.view.code[at]}",
    )


def _unknown_code(scene: Scene, row: int) -> bool:
    if not _has(scene, "tambon_code", "tambon") or not _amphoe_free(scene):
        return False
    at = int(scene.draft.tambon_index[row])
    for last in range(95, 60, -1):
        code = f"{scene.view.code[at][:4]}{last}"
        if code not in scene.places.known_codes:
            value = code + scene.draft.cell(row, "tambon_code")[6:]
            scene.draft.put(row, "tambon_code", value)
            return _place_note(
                scene,
                row,
                "tambon_code",
                "unknown_tambon_code",
                "resolved",
                value,
                str(scene.places.code[at]),
                "the names still say where",
            )
    return False


def _abolished(scene: Scene, row: int) -> bool:
    at = int(scene.draft.tambon_index[row])
    places = scene.places
    if (
        not _has(scene, "tambon_code", "tambon")
        or not _amphoe_free(scene)
        or not places.old_code[at]
        or scene.view.is_old[at]
    ):
        return False
    draft = scene.draft
    value = str(places.old_code[at]) + draft.cell(row, "tambon_code")[6:]
    for column, old, new in (
        ("tambon", places.tambon[at], places.old_tambon[at]),
        ("amphoe", places.amphoe[at], places.old_amphoe[at]),
        ("province", places.province[at], places.old_province[at]),
    ):
        draft.put(row, column, draft.cell(row, column).replace(str(old), str(new)))
    draft.put(row, "tambon_code", value)
    return _place_note(
        scene,
        row,
        "tambon_code",
        "abolished_code",
        "resolved",
        value,
        str(places.code[at]),
        "the abolished code with its own names",
    )


def _respell(
    kind: str, spell: Callable[[Scene, int, str], str], *, unicode_only: bool = False, names_only: bool = True
) -> Planter:
    def plant(scene: Scene, row: int) -> bool:
        if not _has(scene, "tambon") or (unicode_only and not scene.unicode_ok):
            return False
        if names_only and _has(scene, "tambon_code"):
            return False
        old = scene.draft.cell(row, "tambon")
        value = spell(scene, int(scene.draft.tambon_index[row]), old)
        if not value or value == old:
            return False
        scene.draft.put(row, "tambon", value)
        return _place_note(
            scene, row, "tambon", kind, "resolved", value, str(scene.draft.tambon_true[row]), f"meant {old}"
        )

    return plant


def _misspell(scene: Scene, at: int, cell: str) -> str:
    wrong = str(scene.places.misspelled[at])
    return cell.replace(str(scene.places.tambon[at]), wrong) if wrong and not scene.view.is_old[at] else ""


def _cut(scene: Scene, at: int, cell: str) -> str:
    return cell[:16] if len(cell) > 16 else ""


def _name_only(scene: Scene, row: int) -> bool:
    if not _amphoe_free(scene) or not _has(scene, "tambon"):
        return False
    if scene.draft.feed == "nesdc/population" and not _has(scene, "tambon_code"):
        return False
    for column in ("tambon_code", "amphoe", "province"):
        if _has(scene, column):
            scene.draft.put(row, column, "")
    return _place_note(scene, row, "tambon", "name_only", "unresolved", scene.draft.cell(row, "tambon"), "")


def _blank_place(scene: Scene, row: int) -> bool:
    # Among population figures a row without a tambon would be a district's or province's own row.
    if scene.draft.feed == "nesdc/population":
        return False
    blanked = [
        c
        for c in ("tambon_code", "tambon", *(("amphoe", "province") if _amphoe_free(scene) else ()))
        if _has(scene, c)
    ]
    for column in blanked:
        scene.draft.put(row, column, "")
    return _place_note(scene, row, blanked[-1], "blank_place", "unresolved", "", "")


def _capital_alone(scene: Scene, row: int) -> bool:
    at = int(scene.draft.tambon_index[row])
    old = scene.draft.cell(row, "amphoe") if _amphoe_free(scene) else ""
    full = f"เมือง{scene.view.province[at]}"
    if not old.endswith(full):
        return False
    value = old.replace(full, "เมือง")
    scene.draft.put(row, "amphoe", value)
    return _place_note(
        scene, row, "amphoe", "capital_alone", "resolved", value, str(scene.draft.tambon_true[row])
    )


def _bangkok(scene: Scene, row: int) -> bool:
    if not _amphoe_free(scene) or not str(scene.view.code[int(scene.draft.tambon_index[row])]).startswith(
        "10"
    ):
        return False
    value = str(scene.rng.choice(["กทม", "กรุงเทพฯ", "กรุงเทพ", "จ.กรุงเทพมหานคร"]))
    scene.draft.put(row, "province", value)
    return _place_note(
        scene, row, "province", "bangkok_variant", "resolved", value, str(scene.draft.tambon_true[row])
    )


_REJECTING = frozenset(
    {"missing_fund_code", "missing_fund_name", "missing_population_total", "unreadable_year"}
)
_CONTRADICTED = ("savings_thb", "income_members_thb", "households_total")
_DUPLICATES = ("duplicate_identical", "duplicate_contradictory")

PLANTERS: dict[str, Planter] = {
    "unreadable_number": _spoil_number("unreadable_number", ("ประมาณร้อยกว่า", "12x45", "1.234.5", "#REF!")),
    "malformed_thousands": _spoil_number("malformed_thousands", ("1,23,456", "12,34", "1,,234", "1,234,56")),
    "code_name_disagree": _code_disagrees,
    "misspelled_tambon": _respell("misspelled_tambon", _misspell),
    "parts_not_total": _parts_mismatch,
    "missing_fund_code": _blank_required("fund_code"),
    "negative_value": _negative,
    "overdue_above_outstanding": _overdue_above,
    "jump": _multiplied("jump", 40.0),
    "name_only": _name_only,
    "hostile_text": _hostile,
    "unit_slip_1000": _multiplied("unit_slip_1000", 1000.0),
    "impossible_date": _impossible_date,
    "unknown_label": _unknown_label,
    "abolished_code": _abolished,
    "unknown_tambon_code": _unknown_code,
    "frozen_values": _frozen,
    "unreadable_year": _unreadable_year,
    "missing_fund_name": _blank_required("fund_name"),
    "missing_population_total": _blank_required("population_total"),
    "citizen_id_in_name": _citizen_id,
    "households_as_persons": _households_as_persons,
    "swapped_sexes": _swapped,
    "lost_leading_zeros": _lost_zeros,
    "blank_place": _blank_place,
    "zero_width": _respell(
        "zero_width", lambda _s, _a, cell: f"{cell[:2]}\u200b{cell[2:]}", unicode_only=True, names_only=False
    ),
    "decomposed_sara_am": _respell(
        "decomposed_sara_am", lambda _s, _a, cell: cell.replace("ำ", "ํา"), names_only=False
    ),
    "cut_at_16": _respell("cut_at_16", _cut),
    "capital_alone": _capital_alone,
    "bangkok_variant": _bangkok,
}


def _plant_duplicates(scene: Scene, kind: str, rows: list[int]) -> None:
    draft = scene.draft
    for row in draft.append_copies(rows):
        original = int(draft.copy_of[row])
        if kind == "duplicate_identical":
            scene.note(row, next(iter(draft.text.columns)), kind, "duplicate", "", "the same row twice")
            continue
        measure = _readable(scene, original, [m for m in _CONTRADICTED if m in draft.numbers])
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
    for kind in names:
        want = min(each, left["all"], left["rejecting"] if kind in _REJECTING else each)
        planted = rows.plant(scene, PLANTERS[kind], want)
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


__all__ = ["PLANTERS", "RATE", "Ints", "Scene", "bounds_hold", "plant_defects"]
