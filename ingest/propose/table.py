"""The table inside an unknown file: which sheets hold it, and its columns over all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from ingest.normalise.text import clean_one, label_key
from ingest.normalise.units import HeaderUnit, money_unit_of_title, split_unit
from ingest.propose.evidence import Evidence, evidence_of, sampled
from ingest.propose.header import FoundHeader, find_unknown_header
from ingest.readers.headers import column_letter
from ingest.readers.sheet import ReadFile, Sheet

SAME_TABLE = 0.5  # share of labels that a sheet has in common with the largest one
MAX_COLUMNS = 500
SHEET = "_sheet"


@dataclass(frozen=True)
class SourceColumn:
    """One column of the file, over all of its data sheets.

    `header` is what a contract lists: the label without its unit, unless another column has the same; `also` a second
    language's. `name` is its name in `Table.cells`; `sheets` are those that have it.
    """

    name: str
    index: int
    label: str
    header: str
    parts: tuple[str, ...]
    unit: HeaderUnit | None
    also: tuple[str, ...]
    sheets: frozenset[str]
    cells: pl.Series = field(repr=False)

    @property
    def letter(self) -> str:
        """Its letters in a spreadsheet."""
        return column_letter(self.index)

    @cached_property
    def evidence(self) -> Evidence:
        """What its sampled values look like."""
        return evidence_of(self.cells)


@dataclass(frozen=True)
class Table:
    """The columns of the data sheets, and what stands around them.

    `cells`: all rows below the headers, by column name, with the sheet's name under `_sheet`; blank cells are NULL.
    `nameless`: letters of columns that hold values and have no header. `other_sheets`: sheets that hold another table, or
    none, with the reason (`notes`, `other_table`).
    """

    columns: tuple[SourceColumn, ...]
    cells: pl.DataFrame = field(repr=False)
    header: FoundHeader
    sheets: tuple[str, ...]
    other_sheets: dict[str, str]
    nameless: tuple[str, ...]
    repeated: tuple[str, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        """The texts above the table."""
        return self.header.titles

    @cached_property
    def title_unit(self) -> str | None:
        """The unit of money that the titles state."""
        return money_unit_of_title(list(self.titles))


def _labels(header: FoundHeader) -> dict[str, int]:
    return {label_key(c.label): c.index for c in header.columns if c.kind != "blank" and label_key(c.label)}


def _rows(sheet: Sheet, header: FoundHeader) -> pl.DataFrame:
    """Cells below the header; blank ones and the rows without any are gone."""
    names = [n for n in sheet.cells.columns if sheet.width is None or int(n[1:]) < sheet.width]
    cells = sheet.cells.select(names).slice(header.data_from)
    text = pl.all().cast(pl.String)
    cells = cells.select(pl.when(text.str.strip_chars().str.len_bytes() > 0).then(text))
    return cells.filter(pl.any_horizontal(pl.all().is_not_null()))


def find_table(read: ReadFile) -> Table | None:
    """The largest table of a file, with every sheet that has at least half of its labels; None where no sheet has a header."""
    found: list[tuple[Sheet, FoundHeader, pl.DataFrame]] = []
    other: dict[str, str] = {}
    for sheet in read.sheets:
        header = find_unknown_header(sheet)
        if header is None or len(header.columns) > MAX_COLUMNS:
            other[sheet.name] = "notes"
            continue
        found.append((sheet, header, _rows(sheet, header)))
    found = [one for one in found if one[2].height] or found
    if not found:
        return None
    main = max(found, key=lambda one: one[2].height * len(_labels(one[1])))
    wanted = set(_labels(main[1]))
    alike = []
    for sheet, header, rows in found:
        labels = set(_labels(header))
        if len(wanted & labels) >= SAME_TABLE * min(len(wanted), len(labels)) and wanted & labels:
            alike.append((sheet, header, rows))
        else:
            other[sheet.name] = "other_table"
    return _joined(main[1], alike, other)


def _joined(
    main: FoundHeader, alike: list[tuple[Sheet, FoundHeader, pl.DataFrame]], other: dict[str, str]
) -> Table:
    """One table of the sheets that are alike; a column is the same in all by its label."""
    keys: dict[str, str] = {}
    frames = []
    seen: dict[str, tuple[int, str, tuple[str, ...], HeaderUnit | None, tuple[str, ...]]] = {}
    nameless: dict[str, None] = {}
    repeated: dict[str, None] = {}
    where: dict[str, set[str]] = {}
    ordered = sorted(alike, key=lambda one: one[1] is not main)
    for sheet, header, rows in ordered:
        taken: dict[str, str] = {}
        for c in header.columns:
            source = f"c{c.index}"
            if source not in rows.columns:
                continue
            key = label_key(c.label)
            if c.kind == "blank" or not key:
                if rows[source].null_count() < rows.height:
                    nameless[f"{sheet.name} {c.index}"] = None
                continue
            if key in taken:
                repeated[c.label] = None
                continue
            name = keys.setdefault(key, f"x{len(keys)}")
            taken[key] = source
            where.setdefault(name, set()).add(sheet.name)
            also = (header.second[c.index],) if c.index in header.second else ()
            seen.setdefault(name, (c.index, c.label, c.parts[1:], c.unit, also))
        beyond = [n for n in rows.columns if int(n[1:]) >= len(header.columns)]
        nameless |= {f"{sheet.name} {n[1:]}": None for n in beyond if rows[n].null_count() < rows.height}
        frames.append(
            rows.select([pl.col(source).alias(keys[key]) for key, source in taken.items()]).with_columns(
                pl.lit(sheet.name).alias(SHEET)
            )
        )
    cells = pl.concat(frames, how="diagonal")
    sample = pl.concat([sampled(frame) for frame in frames], how="diagonal")
    headers = _headers({name: label for name, (_, label, *_) in seen.items()})
    columns = tuple(
        SourceColumn(
            name,
            index,
            label,
            headers[name],
            parts,
            unit,
            _others(also, headers),
            frozenset(where[name]),
            sample[name],
        )
        for name, (index, label, parts, unit, also) in seen.items()
    )
    letters = [
        f"{one.rsplit(' ', 1)[0]} {column_letter(int(one.rsplit(' ', 1)[1]))}".strip() for one in nameless
    ]
    return Table(
        columns, cells, main, tuple(s.name for s, _, _ in ordered), other, tuple(letters), tuple(repeated)
    )


def _headers(labels: dict[str, str]) -> dict[str, str]:
    """What a contract lists for each label: without its unit, but with it where two labels differ by nothing else."""
    bare = {name: split_unit(label)[0] for name, label in labels.items()}
    keys = [label_key(text) for text in bare.values()]
    return {
        name: text if label_key(text) and keys.count(label_key(text)) == 1 else clean_one(labels[name])
        for name, text in bare.items()
    }


def _others(also: tuple[str, ...], headers: dict[str, str]) -> tuple[str, ...]:
    """A second language's labels, where no column has the same as its first."""
    taken = {label_key(header) for header in headers.values()}
    return tuple(text for text in also if label_key(text) and label_key(text) not in taken)
