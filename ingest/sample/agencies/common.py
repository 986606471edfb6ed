"""What the agencies' modules share: how a year's file is described, made and laid out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.sample.draft import Draft
from ingest.sample.files import Header, csv_bytes
from ingest.sample.funds import Registers
from ingest.sample.places import Ints, Places, Texts, View
from ingest.sample.words import Floats, NumberStyle, number_column

Kept = npt.NDArray[np.bool_]
Numbers = dict[str, Floats]
Extra = tuple[str, pl.Series] | None  # a column that no contract declares


@dataclass(frozen=True)
class Written:
    """Where each draft row stands in the file: sheet ('' for CSV) and 1-based row; `columns` are
    the fields in file order."""

    sheet: Texts
    row: Ints
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Format:
    """How a year's file is written. `encoding` None means a workbook."""

    encoding: str | None
    extension: str

    @property
    def unicode_ok(self) -> bool:
        """Whether zero-width and direction marks can stand in the file."""
        return self.encoding != "cp874"


def repeat(text: str, size: int) -> pl.Series:
    """The text in every row."""
    return pl.Series([text], dtype=pl.String).new_from_index(0, size)


def labelled(values: pl.Series, labels: dict[str, str]) -> pl.Series:
    """What the office types for each value; blank for a value without a label."""
    return values.replace_strict(labels, default="", return_dtype=pl.String)


def numbers_as_text(
    numbers: Numbers, style: NumberStyle, dash_zero: Sequence[str] = ()
) -> dict[str, pl.Series]:
    """Figures as typed; `dash_zero` lists measures whose zero is typed as a dash."""
    out = {}
    for name, values in numbers.items():
        text = number_column(values, style)
        out[name] = text.replace({"0": "-", "0.00": "-"}) if name in dash_zero else text
    return out


def new_draft(
    feed: str,
    year: int,
    age: int,
    headers: dict[str, str],
    text: dict[str, pl.Series],
    numbers: Numbers,
    rows: Ints,
    index: Ints,
    places: Places,
    view: View,
    **more: object,
) -> Draft:
    """Columns come in the order of `headers`; measures without a header are not in this year's file."""
    kind = "code8" if "tambon_code" in text and text["tambon_code"].str.len_chars().max() == 8 else "code6"
    base = kind if "tambon_code" in headers else "names"
    spelled: Texts = np.where(view.is_old[index], f"{base}_old", base).astype(object)
    return Draft(
        feed=feed,
        year=year,
        age=age,
        headers=headers,
        text=pl.DataFrame({name: text[name] for name in headers}),
        numbers={name: values for name, values in numbers.items() if name in headers},
        register_row=rows,
        tambon_index=index,
        tambon_true=places.code[index].copy(),
        place_kind=spelled,
        **more,  # type: ignore[arg-type]
    )


def with_subtotals(
    text: pl.DataFrame, numbers: Numbers, province: Texts, label_column: str, blank: str = ""
) -> tuple[pl.DataFrame, Ints]:
    """Put `รวมจังหวัด…` below each province and `รวมทั้งสิ้น` at the end; returns the rows and
    each record's position."""
    n = text.height
    change = np.concatenate([[False], province[1:] != province[:-1]]) if n else np.zeros(0, dtype=bool)
    group = np.cumsum(change)
    position = np.arange(n) + group
    ends = np.concatenate([np.flatnonzero(change) - 1, [n - 1]])
    sums = {
        name: [*np.bincount(group, np.nan_to_num(values)).tolist(), float(np.nansum(values))]
        for name, values in numbers.items()
    }
    labels = [*(f"รวมจังหวัด{province[end]}" for end in ends), "รวมทั้งสิ้น"]
    totals = pl.DataFrame(
        {
            name: pl.Series(labels, dtype=pl.String)
            if name == label_column
            else number_column(np.array(sums[name]))
            if name in sums
            else repeat(blank, len(labels))
            for name in text.columns
        }
    )
    where = np.concatenate([position, position[ends] + 1, [n + len(ends)]])
    return pl.concat([text, totals])[np.argsort(where, kind="stable")], position.astype(np.int64)


def headers_of(draft: Draft, wordings: dict[str, str], columns: Sequence[str] | None = None) -> list[Header]:
    """The headers of the draft's columns (or the given ones), in two rows where the wording has a `|`."""
    names = columns or draft.text.columns
    return [Header(*wordings.get(name, draft.headers[name]).split("|")) for name in names]


def write_table(
    draft: Draft, path: Path, encoding: str, extra: Extra = None, rows: pl.DataFrame | None = None,
    position: Ints | None = None,
) -> Written:  # fmt: skip
    """CSV with one header row; `rows` and each record's `position` among them where others stand between."""
    shown = draft.text if rows is None else rows
    at = np.arange(draft.height, dtype=np.int64) if position is None else position
    headers = [draft.headers[name] for name in shown.columns]
    if extra is not None:
        shown, headers = shown.with_columns(extra[1].alias("extra")), [*headers, extra[0]]
    path.write_bytes(csv_bytes(shown, headers, encoding))
    return Written(np.full(draft.height, "", dtype=object), at + 2, tuple(draft.text.columns))


DraftMaker = Callable[[Registers, Places, Kept, int, int], Draft]
Writer = Callable[[Draft, Places, Path, Extra], Written]


@dataclass(frozen=True)
class Agency:
    """How one feed's files come about.

    `values` are the register's figures of a year, row by row of `register` (None: one row a tambon), so that a
    year can be compared with the one before. `write` lays out one delivery, with an undeclared column if asked. `slips`:
    cells also carry the slips of `defects.EXTRA_PLANTERS`. `since`: the first year that the office made such a list.
    """

    draft: DraftMaker
    format: Callable[[int], Format]
    values: Callable[[Registers, int], Numbers]
    register: Callable[[Registers], pl.DataFrame] | None
    write: Writer
    slips: bool = False
    since: int = 0
