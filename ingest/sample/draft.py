"""One delivery while it is being made: the cells as the office types them, and beside them what
they truly mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.sample.places import Ints, Places, Texts, View
from ingest.sample.words import Floats

# What a reader of the delivery should do with the planted defect:
#   cell_unreadable  the cell becomes NULL and is listed in .cells.parquet
#   finding          the value is kept as reported, and a check shows it (admission or audit)
#   row_rejected     the row goes to .rejected.parquet
#   duplicate        a second row with the same key
#   resolved         the place still resolves to the true tambon
#   unresolved       the place cannot be resolved; the figures stay, without a tambon
#   repaired         read as meant, with a note at most
#   harmless         text to carry through unharmed and unexecuted
#   undetectable     wrong, but nothing in the row shows it
#   delivery_held | delivery_duplicate | delivery_unreadable | refused   of a whole file
#   feed_late        the file never came
Expectation = Literal[
    "cell_unreadable",
    "finding",
    "row_rejected",
    "duplicate",
    "resolved",
    "unresolved",
    "repaired",
    "harmless",
    "undetectable",
    "delivery_held",
    "delivery_duplicate",
    "delivery_unreadable",
    "refused",
    "feed_late",
]

PREFIXES: dict[str, tuple[tuple[str, str, str], tuple[str, str, str]]] = {
    # (tambon, amphoe, province) prefixes elsewhere, and in Bangkok
    "bare": (("", "", ""), ("", "", "")),
    "dotted": (("ต.", "อ.", "จ."), ("แขวง", "เขต", "")),
    "full": (("ตำบล", "อำเภอ", "จังหวัด"), ("แขวง", "เขต", "")),
}


@dataclass(frozen=True)
class Defect:
    """A planted defect: `draft_row` is the row in the draft, `column` the canonical field (its
    header stands in the truth file)."""

    draft_row: int
    column: str
    kind: str
    expectation: Expectation
    value: str
    detail: str = ""


@dataclass
class Draft:
    """Rows of one delivery before they are laid out on sheets.

    `text`: one row a record, columns = canonical fields (or `personal_*`, `serial`) in the file's
    order, all String.
    `numbers`: what each measure truly says once read (THB, persons; NaN = nothing readable).
    `register_row`: row of the register.
    `tambon_true`: current code, '' where the place as written cannot be resolved. `place_kind`:
    how the place is spelled.
    `merged_amphoe`: amphoe cells will be merged downwards, so they belong to a group and not to a row.
    """

    feed: str
    year: int
    age: int
    headers: dict[str, str]
    text: pl.DataFrame
    numbers: dict[str, Floats]
    register_row: Ints
    tambon_index: Ints
    tambon_true: Texts
    place_kind: Texts
    money_factor: float = 1.0
    number_style: Any = "plain"
    decimals: int = 0
    date_fields: frozenset[str] = frozenset()
    merged_amphoe: bool = False
    rejected: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    copy_of: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    defects: list[Defect] = field(default_factory=list)
    _patches: dict[str, dict[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.rejected):
            self.rejected = np.zeros(self.height, dtype=bool)
            self.copy_of = np.full(self.height, -1, dtype=np.int64)

    @property
    def height(self) -> int:
        """Records in the delivery."""
        return self.text.height

    def cell(self, row: int, column: str) -> str:
        """The cell as it will be typed."""
        patched = self._patches.get(column, {})
        return patched[row] if row in patched else str(self.text[column][row] or "")

    def put(self, row: int, column: str, value: str) -> None:
        """Type over one cell; written into `text` by `settle`."""
        self._patches.setdefault(column, {})[row] = value

    def settle(self) -> None:
        """Write all typed-over cells into `text`."""
        changed = [
            self.text[column].scatter(list(cells), pl.Series(list(cells.values()), dtype=pl.String))
            for column, cells in self._patches.items()
        ]
        self.text = self.text.with_columns(changed)
        self._patches = {}

    def append_copies(self, rows: Sequence[int]) -> list[int]:
        """Repeat rows at the end of the draft; returns the new rows' positions."""
        take = np.array(rows, dtype=np.int64)
        first = self.height
        self.settle()
        self.text = pl.concat([self.text, self.text[take]])
        self.numbers = {name: np.concatenate([v, v[take]]) for name, v in self.numbers.items()}
        self.register_row, self.tambon_index, self.tambon_true, self.place_kind, self.rejected = (
            np.concatenate([a, a[take]])
            for a in (self.register_row, self.tambon_index, self.tambon_true, self.place_kind, self.rejected)
        )
        self.copy_of = np.concatenate([self.copy_of, take])
        return list(range(first, first + len(rows)))

    def copy(self) -> Draft:
        """An independent draft, to be changed into a redelivery."""
        return replace(
            self,
            numbers={k: v.copy() for k, v in self.numbers.items()},
            rejected=self.rejected.copy(),
            defects=list(self.defects),
            headers=dict(self.headers),
            _patches={},
        )


def place_columns(
    places: Places,
    view: View,
    index: Ints,
    prefix: str,
    *,
    short_bangkok: bool = False,
    capital_alone: bool = False,
) -> dict[str, pl.Series]:
    """tambon, amphoe and province cells in one prefix style; built once a tambon and gathered by row.

    `short_bangkok` writes กทม.; `capital_alone` writes the capital district as เมือง, without its province.
    """
    elsewhere, bangkok = PREFIXES[prefix]
    in_bangkok = np.array([code[:2] == "10" for code in view.code])
    amphoe = view.amphoe
    if capital_alone:
        amphoe = np.where((amphoe == "เมือง" + view.province), "เมือง", amphoe)
    province = np.where(in_bangkok & short_bangkok, "กทม.", view.province)
    names = (view.tambon, amphoe, province)
    return {
        field_name: pl.Series(
            np.where(in_bangkok, bangkok[i] + names[i], elsewhere[i] + names[i])[index], dtype=pl.String
        )
        for i, field_name in enumerate(("tambon", "amphoe", "province"))
    }


def code_column(view: View, index: Ints, moo: Ints | None = None, digits: int = 6) -> pl.Series:
    """Tambon codes of six digits, or of eight with the village's number behind (00 where there is none)."""
    codes = pl.Series(view.code[index], dtype=pl.String)
    if digits == 6:
        return codes
    number = (
        pl.Series(moo if moo is not None else np.zeros(len(index), dtype=np.int64))
        .cast(pl.String)
        .str.zfill(2)
    )
    return codes + number
