"""What a planter of defects may look at and do: one draft, its contract, the geography, and last year's figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingest.contract import Contract
from ingest.contract.model import PLACE_FIELDS
from ingest.sample.draft import Defect, Draft, Expectation
from ingest.sample.places import Places, View
from ingest.sample.words import Floats, number_text

POINTS = ("latitude", "longitude")


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
    slips: bool = False
    secondary: npt.NDArray[np.bool_] | None = None
    """Register rows of which another list's figures count; None: none. A jump there would show in no sum."""
    listed_before: frozenset[str] = frozenset()
    """Measures that last year's file of the feed had a column for: only they can be seen to repeat."""

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


def measures_in(scene: Scene, suffix: str = "") -> list[str]:
    """Measures of the draft that a row can do without, by ending."""
    required = {c.field for c in scene.contract.columns if c.required}
    return [m for m in scene.draft.numbers if m.endswith(suffix) and m not in required and m not in POINTS]


def readable(scene: Scene, row: int, measures: list[str]) -> str | None:
    """One of the measures that the row has a figure for."""
    there = [m for m in measures if np.isfinite(scene.draft.numbers[m][row])]
    return str(scene.rng.choice(there)) if there else None


def name_column(scene: Scene) -> str | None:
    """The column that names a record, if it has one."""
    return next((c for c in ("fund_name", "site_name") if c in scene.draft.text.columns), None)


def place_note(
    scene: Scene,
    row: int,
    column: str,
    kind: str,
    expectation: Expectation,
    value: str,
    true: str,
    detail: str = "",
) -> bool:
    """List a defect of a place: its kind, and the tambon that it still means ('' = none)."""
    scene.draft.place_kind[row] = kind
    scene.draft.tambon_true[row] = true
    return scene.note(row, column, kind, expectation, value, detail)


def has_columns(scene: Scene, *columns: str) -> bool:
    """Whether the file has these columns."""
    return all(column in scene.draft.text.columns for column in columns)


def amphoe_free(scene: Scene) -> bool:
    """False where amphoe cells are merged downwards: such a cell belongs to a group, not to a row."""
    return has_columns(scene, "amphoe", "province") and not scene.draft.merged_amphoe


def by_place(scene: Scene) -> bool:
    """Whether a record is named by its place alone."""
    contract = scene.contract
    named = set(contract.key) - set(PLACE_FIELDS) - {contract.period.field}
    return contract.record_kind == "area_statistic" or not named & set(scene.draft.text.columns)
