"""Defects in figures, dates, codes and names."""

from __future__ import annotations

import numpy as np

from ingest.sample.scene import POINTS, Planter, Scene, measures_in, name_column, readable
from ingest.sample.words import id_like_number

_NBSP_FREE_HOSTILE = (
    ("html", "<script>alert('synthetic')</script><b>{name}</b>"),
    ("formula", '=HYPERLINK("http://example.org/synthetic","{name}")'),
    ("formula_plus", "+1+cmd|' /C synthetic'!A1 {name}"),
    ("sql", "{name}'); DROP TABLE fund;--"),
    ("long", "{long}"),
)
_UNICODE_HOSTILE = (("right_to_left", "\u202e{name}\u202c"), ("zero_width_name", "{name}\u200b\u2060"))


def spoil_number(kind: str, texts: tuple[str, ...]) -> Planter:
    """A planter of cells that are no number."""

    def plant(scene: Scene, row: int) -> bool:
        measure = readable(scene, row, measures_in(scene))
        if measure is None:
            return False
        value = texts[int(scene.rng.integers(len(texts)))]
        scene.draft.put(row, measure, value)
        scene.draft.numbers[measure][row] = np.nan
        return scene.note(row, measure, kind, "cell_unreadable", value)

    return plant


def negative(scene: Scene, row: int) -> bool:
    """An amount below zero."""
    measure = readable(scene, row, measures_in(scene, "_thb") or measures_in(scene))
    if measure is None or scene.draft.numbers[measure][row] < 100:
        return False
    value = scene.type_number(row, measure, -float(scene.draft.numbers[measure][row]))
    # Below the least value that can exist (fields.yml): unreadable, not small.
    scene.draft.numbers[measure][row] = np.nan
    return scene.note(row, measure, "negative_value", "cell_unreadable", value)


def overdue_above(scene: Scene, row: int) -> bool:
    """More overdue than outstanding."""
    numbers = scene.draft.numbers
    if "loans_overdue_thb" not in numbers or not numbers["loans_outstanding_thb"][row] > 1000:
        return False
    value = scene.type_number(row, "loans_overdue_thb", float(numbers["loans_outstanding_thb"][row] + 5000))
    return scene.note(row, "loans_overdue_thb", "overdue_above_outstanding", "finding", value)


def parts_mismatch(scene: Scene, row: int) -> bool:
    """A total that its parts do not make."""
    numbers = scene.draft.numbers
    if not scene.contract.parts or scene.contract.parts[0].total not in numbers:
        return False
    rule = scene.contract.parts[0]
    total = rule.total
    if not np.isfinite(numbers[total][row]):
        return False
    value = scene.type_number(row, total, float(scene.draft.numbers[total][row] + scene.rng.integers(11, 60)))
    # Without the parts in the file nothing shows it.
    shows = all(part in numbers for part in rule.parts)
    return scene.note(row, total, "parts_not_total", "finding" if shows else "undetectable", value)


_JUMPING = (
    "savings_thb",
    "special_deposits_thb",
    "loans_outstanding_thb",
    "welfare_paid_thb",
    "income_members_thb",
    "share_capital_thb",
    "deposits_thb",
    "capital_thb",
    "welfare_fund_thb",
)
# Of these a fund's figure moves little from year to year: a tenth of it, or ten times it, is no year's growth.
STEADY = ("savings_thb", "special_deposits_thb", "share_capital_thb", "deposits_thb", "welfare_fund_thb")
_SHOWS = 150_000
"""A slip of one digit is looked for in figures of this size and above."""


def multiplied(
    kind: str, factor: float, fields: tuple[str, ...] = _JUMPING, *, first_year: bool = False
) -> Planter:
    """A planter of figures a great many times last year's (or, in the first year, the years' to come)."""

    def plant(scene: Scene, row: int) -> bool:
        previous = scene.previous
        if first_year != (previous is None):
            return False
        if scene.secondary is not None and scene.secondary[scene.draft.register_row[row]]:
            return False
        numbers = scene.draft.numbers
        before = previous if previous is not None else numbers
        fits = [
            m
            for m in fields
            if m in numbers
            and numbers[m][row] > 5000
            and before[m][row] > 1000
            and numbers[m][row] * factor < scene.maximum(m)
            and numbers[m][row] * factor / before[m][row] > min(20.0, 0.8 * factor)
            and (factor >= 20 or numbers[m][row] * factor > _SHOWS)
        ]
        if not fits:
            return False
        measure = str(scene.rng.choice(fits))
        old = numbers[measure][row]
        value = scene.type_number(row, measure, float(old * factor))
        return scene.note(row, measure, kind, "finding", value, f"true value {old:.0f}")

    return plant


def frozen(scene: Scene, row: int) -> bool:
    """Every measure as last year."""
    if scene.previous is None:
        return False
    measures = list(scene.draft.numbers)
    moves = sum(
        scene.previous[m][row] != scene.draft.numbers[m][row] and scene.previous[m][row] >= 20
        for m in measures
        if m not in POINTS and m in scene.listed_before
    )
    if not all(
        np.isfinite(scene.previous[m][row]) and np.isfinite(scene.draft.numbers[m][row]) for m in measures
    ):
        return False
    for measure in measures:
        value = scene.type_number(row, measure, float(scene.previous[measure][row]))
    # A figure that last year's file did not have repeats nothing that anybody can see. Of two figures that would have
    # moved, both may stand still by chance: such a row shows nothing.
    shows = moves >= 3
    return scene.note(
        row,
        measures[-1],
        "frozen_values",
        "finding" if shows else "undetectable",
        value,
        "every measure repeats last year's",
    )


def blank_required(column: str) -> Planter:
    """A planter of rows without what names them."""

    def plant(scene: Scene, row: int) -> bool:
        if column not in scene.draft.text.columns or not scene.contract.by_field[column].required:
            return False
        scene.draft.put(row, column, "")
        scene.draft.rejected[row] = True
        return scene.note(row, column, f"missing_{column}", "row_rejected", "")

    return plant


def unreadable_year(scene: Scene, row: int) -> bool:
    """A year that is none; the row cannot be dated."""
    column = scene.contract.period.field
    if column not in scene.draft.text.columns:
        return False
    value = str(scene.rng.choice(["25xx", "ปีที่แล้ว", "256"]))
    scene.draft.put(row, column, value)
    scene.draft.rejected[row] = True
    return scene.note(row, column, "unreadable_year", "row_rejected", value)


def impossible_date(scene: Scene, row: int) -> bool:
    """A day that no calendar has."""
    column = next((c for c in ("founded_on", "opened_on") if c in scene.draft.text.columns), None)
    if column is None:
        return False
    value = str(scene.rng.choice(["31/02/2548", "30 ก.พ. 2550", "45/13/2551"]))
    scene.draft.put(row, column, value)
    return scene.note(row, column, "impossible_date", "cell_unreadable", value)


def unknown_label(scene: Scene, row: int) -> bool:
    """A label that the contract does not know."""
    labelled = ("grade", "fund_status", "fund_level", "site_status")
    columns = [c for c in labelled if c in scene.draft.text.columns and scene.contract.by_field[c].lookup]
    if not columns:
        return False
    column = str(scene.rng.choice(columns))
    value = str(scene.rng.choice(["รอตรวจ", "9", "XX"]))
    scene.draft.put(row, column, value)
    return scene.note(row, column, "unknown_label", "cell_unreadable", value)


def lost_zeros(scene: Scene, row: int) -> bool:
    """A code whose leading zeros a spreadsheet ate."""
    if "fund_code" not in scene.draft.text.columns or scene.contract.by_field["fund_code"].width is None:
        return False
    code = scene.draft.cell(row, "fund_code")
    if not code.startswith("0"):
        return False
    scene.draft.put(row, "fund_code", code.lstrip("0"))
    return scene.note(row, "fund_code", "lost_leading_zeros", "repaired", code.lstrip("0"), f"meant {code}")


def swapped(scene: Scene, row: int) -> bool:
    """Male and female figures in each other's place."""
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


def households_as_persons(scene: Scene, row: int) -> bool:
    """Households where persons should stand."""
    numbers = scene.draft.numbers
    if "members_male_persons" not in numbers and "households_total" not in numbers:
        return False
    if not scene.contract.parts or scene.contract.parts[0].total not in numbers:
        return False
    total = scene.contract.parts[0].total
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


def hostile(scene: Scene, row: int) -> bool:
    """Text meant to be executed, or too long, or to deceive the eye."""
    column = name_column(scene)
    if column is None:
        return False
    choices = _NBSP_FREE_HOSTILE + (_UNICODE_HOSTILE if scene.unicode_ok else ())
    # In turn, not at random, so that even a small delivery meets several of them.
    done = sum(d.kind == "hostile_text" for d in scene.draft.defects) + scene.draft.age
    sort, pattern = choices[done % len(choices)]
    name = scene.draft.cell(row, column)
    value = pattern.format(name=name, long=(name + " ") * (2000 // (len(name) + 1) + 1))[:2000]
    scene.draft.put(row, column, value)
    return scene.note(row, column, "hostile_text", "harmless", value, sort)


def citizen_id(scene: Scene, row: int) -> bool:
    """A number like a citizen's in a name."""
    column = name_column(scene)
    if column is None:
        return False
    value = f"{scene.draft.cell(row, column)} {id_like_number(int(scene.rng.integers(10**11)))}"
    scene.draft.put(row, column, value)
    return scene.note(row, column, "citizen_id_in_name", "finding", value, "invented number beginning with 9")


def coordinates_swapped(scene: Scene, row: int) -> bool:
    """Latitude and longitude in each other's place."""
    if not set(POINTS) <= set(scene.draft.numbers):
        return False
    north, east = (scene.draft.cell(row, name) for name in POINTS)
    scene.draft.put(row, "latitude", east)
    scene.draft.put(row, "longitude", north)
    return scene.note(row, "latitude", "coordinates_swapped", "repaired", east, f"latitude {north}")
