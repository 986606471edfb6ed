"""Files of the feeds whose years differ by description only: a `Look` says how one year's file is worded, typed and laid out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from ingest.sample.agencies.common import (
    Agency,
    DraftMaker,
    Extra,
    Format,
    Kept,
    Numbers,
    Written,
    headers_of,
    labelled,
    new_draft,
    repeat,
    with_subtotals,
)
from ingest.sample.draft import Draft, code_column, place_columns
from ingest.sample.files import Sheet, write_workbook
from ingest.sample.funds import Registers, rng_for
from ingest.sample.other_files import json_lines, open_document, text_table, xml_rows
from ingest.sample.places import Ints, Places, View
from ingest.sample.words import (
    BE,
    SYNTHETIC_TITLE,
    DateStyle,
    NumberStyle,
    date_column,
    number_column,
    thai_digits,
    thai_digits_column,
)

Kind = Literal["csv", "xlsx", "ods", "jsonl", "json", "xml"]
_FACTORS = {"baht": (1.0, 0), "thousand": (1e3, 1), "million": (1e6, 4)}
_POINTS = ("latitude", "longitude")


@dataclass(frozen=True)
class Look:
    """One year's file of a feed.

    `headers`: canonical field → wording, in file order; `a|b` stands in two merged header rows. `labels`: what the office
    types for a register's value. `titles` and `footer` may hold {year}. `total_in`: the field in which รวมทั้งสิ้น stands below the
    provinces' sums. `english`: a second header row of canonical names. `thai`: share of rows typed in Thai digits.
    """

    kind: Kind
    headers: Mapping[str, str]
    encoding: str = "utf-8"
    numbers: NumberStyle = "plain"
    money: Literal["baht", "thousand", "million"] = "baht"
    prefix: Literal["bare", "dotted", "full"] = "bare"
    digits: int = 6
    short_bangkok: bool = False
    dates: DateStyle | Literal["iso"] = "slashes"
    year: Literal["be", "ce", "thai", "span"] = "be"
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dash_zero: Sequence[str] = ()
    titles: Sequence[str] = ()
    footer: Sequence[str] = ()
    sheets: Literal["one", "region"] = "one"
    total_in: str = ""
    english: bool = False
    thai: float = 0.0
    sheet: str = "{year}"

    @property
    def format(self) -> Format:
        """Encoding of a text file, None of a workbook; and the ending."""
        return Format(self.encoding if self.kind == "csv" else None, f".{self.kind}")

    def factor(self, measure: str) -> tuple[float, int]:
        """What one in the file is in the measure's unit, and its decimals."""
        return _FACTORS[self.money] if measure.endswith("_thb") else (1.0, 6 if measure in _POINTS else 0)


def year_text(look: Look, year: int) -> str:
    """A fiscal or calendar year as the file writes it; of a span the first year is meant."""
    be = str(year + BE)
    return {"be": be, "ce": str(year), "thai": thai_digits(be), "span": f"{be}/{(year + BE + 1) % 100:02d}"}[
        look.year
    ]


def _numbers(look: Look, numbers: Numbers) -> dict[str, pl.Series]:
    out = {}
    for name, values in numbers.items():
        factor, decimals = look.factor(name)
        text = number_column(values / factor, look.numbers if not decimals else "plain", decimals=decimals)
        out[name] = text.replace(["0", "0.0", "0.00"], ["-", "-", "-"]) if name in look.dash_zero else text
    return out


def _dates(look: Look, days: pl.Series) -> pl.Series:
    if look.dates == "iso":
        return days.cast(pl.String).fill_null("")
    return date_column(days.to_numpy().astype("datetime64[D]"), look.dates).fill_null("")


def make_draft(
    feed: str, look: Look, year: int, age: int, *, rows: Ints, index: Ints, places: Places, view: View,
    numbers: Numbers, text: Mapping[str, pl.Series], moo: Ints | None = None, dates: Mapping[str, pl.Series] | None = None,
    rng: np.random.Generator,
) -> Draft:  # fmt: skip
    """A delivery's cells: `text` as the register has it, `numbers` and `dates` typed as the look says.

    Places, serial number, year and village number (0 = none) are added here.
    """
    n = len(rows)
    number = moo if moo is not None else np.zeros(n, dtype=np.int64)
    period = year_text(look, year)
    cells: dict[str, pl.Series] = {
        "serial": pl.int_range(1, n + 1, eager=True).cast(pl.String),
        "fiscal_year": repeat(period, n),
        "calendar_year": repeat(period, n),
        "tambon_code": code_column(view, index, number, look.digits),
        "moo": pl.Series(number).cast(pl.String).replace("0", ""),
        **place_columns(places, view, index, look.prefix, short_bangkok=look.short_bangkok),
        **text,
        **{name: _dates(look, days) for name, days in (dates or {}).items()},
        **_numbers(look, numbers),
    }
    for name, labels in look.labels.items():
        cells[name] = labelled(cells[name], dict(labels))
    if look.thai:
        by_hand = pl.Series(rng.random(n) < look.thai)
        for name in ({*numbers, *(dates or {}), "moo"} & set(look.headers)) - set(_POINTS):
            cells[name] = pl.select(
                pl.when(by_hand).then(thai_digits_column(cells[name])).otherwise(cells[name])
            ).to_series()
    headers = {name: wording.replace("|", " ") for name, wording in look.headers.items()}
    return new_draft(
        feed, year, age, headers, cells, numbers, rows, index, places, view,
        number_style=look.numbers, money_factor=_FACTORS[look.money][0], decimals=_FACTORS[look.money][1],
    )  # fmt: skip


def in_old_places(draft: Draft, places: Places, share: float, rng: np.random.Generator) -> Draft:
    """The draft with some rows under the abolished code of their tambon and its names of that time."""
    view = places.at(draft.year)
    could = (places.old_code != "") & ~view.is_old
    rows = np.flatnonzero(could[draft.tambon_index] & (rng.random(draft.height) < share))
    for row in rows.tolist() if "tambon_code" in draft.headers else ():
        at = int(draft.tambon_index[row])
        draft.put(row, "tambon_code", str(places.old_code[at]) + draft.cell(row, "tambon_code")[6:])
        for column, now, then in (
            ("tambon", view.tambon, places.old_tambon),
            ("amphoe", view.amphoe, places.old_amphoe),
            ("province", view.province, places.old_province),
        ):
            draft.put(row, column, draft.cell(row, column).replace(str(now[at]), str(then[at])))
        draft.place_kind[row] = f"{draft.place_kind[row]}_old"
    draft.settle()
    return draft


def _sums(
    look: Look, numbers: Numbers, text: pl.DataFrame, province: np.ndarray[tuple[int], np.dtype[np.object_]]
) -> tuple[pl.DataFrame, Ints]:
    """The rows with the provinces' sums and the grand total among them, in the file's units."""
    adding = {k: v for k, v in numbers.items() if k not in _POINTS}
    rows, position = with_subtotals(text, adding, province, look.total_in)
    if look.money == "baht":
        return rows, position
    sums = np.ones(rows.height, dtype=bool)
    sums[position] = False
    factor, decimals = _FACTORS[look.money]
    for name in (name for name in adding if name.endswith("_thb")):
        scaled = number_column(
            rows[name].filter(pl.Series(sums)).cast(pl.Float64).to_numpy() / factor, decimals=decimals
        )
        rows = rows.with_columns(rows[name].scatter(np.flatnonzero(sums), scaled))
    return rows, position


def write_look(look: Look, draft: Draft, places: Places, path: Path, extra: Extra = None) -> Written:
    """Lay out one delivery as its look says; `extra` is one more column that no contract declares."""
    text = draft.text if extra is None else draft.text.with_columns(extra[1].alias("extra"))
    wording = {**look.headers, **({"extra": extra[0]} if extra is not None else {})}
    year = str(draft.year + BE)
    titles = [SYNTHETIC_TITLE if line == "" else line.format(year=year) for line in look.titles]
    footer = [line.format(year=year) for line in look.footer]
    code = places.at(draft.year).code[draft.tambon_index].astype(str)
    origin = np.where(draft.copy_of >= 0, draft.copy_of, np.arange(draft.height))
    by_place = look.total_in or look.sheets == "region"
    order = np.lexsort((np.arange(draft.height), origin, *((code,) if by_place else ())))
    group = (
        places.sheet_region[draft.tambon_index]
        if look.sheets == "region"
        else np.full(draft.height, look.sheet.format(year=year), dtype=object)
    )
    province = places.at(draft.year).province[draft.tambon_index]
    flat = {name: wording[name].replace("|", " ") for name in text.columns}
    if look.kind in ("csv", "ods", "jsonl", "json", "xml"):
        rows, position = text[order], np.arange(draft.height, dtype=np.int64)
        if look.total_in:
            rows, position = _sums(
                look, {k: v[order] for k, v in draft.numbers.items()}, rows, province[order]
            )
        second = [[name if name in draft.headers else "" for name in rows.columns]] if look.english else []
        heads = [*([line] for line in titles), [flat[name] for name in rows.columns], *second]
        row_of = np.zeros(draft.height, dtype=np.int64)
        row_of[order] = position + len(heads) + 1
        columns = tuple(draft.text.columns)
        if look.kind == "csv":
            path.write_bytes(text_table(rows, heads, [[line] for line in footer], look.encoding))
        elif look.kind == "ods":
            path.write_bytes(
                open_document(
                    rows,
                    heads,
                    [[line] for line in footer],
                    str(group[0]) if len(group) else year,
                    frozenset(draft.numbers),
                )
            )
            return Written(group, row_of, columns)
        else:
            write = xml_rows if look.kind == "xml" else json_lines
            path.write_bytes(write(rows.rename(flat), {flat[name] for name in draft.numbers}))
        return Written(np.full(draft.height, "", dtype=object), row_of, columns)
    sheets, sheet_of, row_of = (
        [],
        np.full(draft.height, "", dtype=object),
        np.zeros(draft.height, dtype=np.int64),
    )
    shown = draft if extra is None else _with_header(draft, extra[0])
    for name in dict.fromkeys(group[order].tolist()) or [year]:
        take = order[group[order] == name].astype(np.int64)
        rows, position = text[take], np.arange(len(take), dtype=np.int64)
        if "serial" in rows.columns:
            rows = rows.with_columns(serial=pl.int_range(1, len(take) + 1).cast(pl.String))
        if look.total_in:
            rows, position = _sums(look, {k: v[take] for k, v in draft.numbers.items()}, rows, province[take])
        sheet = Sheet(
            name=str(name), titles=titles, headers=headers_of(shown, dict(look.headers), rows.columns), rows=rows,
            number_columns=frozenset({*draft.numbers, "serial", "moo"}), footer=footer,
            date_columns=frozenset({"founded_on", "opened_on", "financial_year_end"}) if look.dates == "iso" else frozenset(),
        )  # fmt: skip
        sheets.append(sheet)
        sheet_of[take], row_of[take] = str(name), position + sheet.first_data_row
    write_workbook(path, sheets)
    return Written(sheet_of, row_of, tuple(draft.text.columns))


def _with_header(draft: Draft, header: str) -> Draft:
    copy = draft.copy()
    copy.headers["extra"] = header
    return copy


def of_looks(
    looks: Sequence[Look], draft: DraftMaker, values: Callable[[Registers, int], Numbers],
    register: Callable[[Registers], pl.DataFrame] | None, since: int = 0,
) -> Agency:  # fmt: skip
    """A feed whose years take the looks in turn, from the year `since` on."""

    def write(made: Draft, places: Places, path: Path, extra: Extra = None) -> Written:
        return write_look(looks[made.age % len(looks)], made, places, path, extra)

    return Agency(
        draft, lambda age: looks[age % len(looks)].format, values, register, write, slips=True, since=since
    )


def area_feed(
    feed: str, looks: Sequence[Look], values: Callable[[Registers, int], Numbers],
    beside: Callable[[Numbers], dict[str, pl.Series]] | None = None, since: int = 0,
) -> Agency:  # fmt: skip
    """Figures of the kept tambons, one row each; `beside` makes columns that no field holds."""

    def draft(registers: Registers, places: Places, kept: Kept, year: int, age: int) -> Draft:
        rows = np.flatnonzero(kept).astype(np.int64)
        numbers = {name: column[rows] for name, column in values(registers, year).items()}
        return make_draft(
            feed, looks[age % len(looks)], year, age, rows=rows, index=rows, places=places, view=places.at(year),
            rng=rng_for(registers.seed, feed, year), numbers=numbers, text=beside(numbers) if beside else {},
        )  # fmt: skip

    return of_looks(looks, draft, values, None, since)
