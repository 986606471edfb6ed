"""Finding the header in a sheet, and which of the contract's columns each header is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ingest.contract.model import Column, Contract
from ingest.contract.wordings import alike_key, vocabulary
from ingest.normalise.text import clean_one, label_key
from ingest.normalise.units import HeaderUnit, split_unit, unit_of_word
from ingest.readers.sheet import Merge

Kind = Literal["field", "personal", "ignored", "unknown", "blank"]
Row = Sequence[str | None]
MIN_MATCHES = 2  # fewer known headers in a row are chance
# What CKAN's datastore adds to every table it gives out: its own row number and search index.
_CATALOGUE_COLUMNS = frozenset({"_id", "_full_text"})
_LABEL_CHARS = 200


@dataclass(frozen=True)
class HeaderColumn:
    """One column of the sheet as its header says."""

    index: int
    label: str
    kind: Kind
    column: Column | None = None
    unit: HeaderUnit | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Header:
    """The header found: rows `first`…`last` (0-based) and what each column is. Its last row may hold units alone."""

    first: int
    last: int
    columns: tuple[HeaderColumn, ...]
    has_unit_row: bool = False

    @property
    def matched(self) -> int:
        """How many of the contract's columns were found, ignored ones included, each counted once."""
        return len(
            {
                id(c.column) if c.column else c.label
                for c in self.columns
                if c.kind in ("field", "personal", "ignored")
            }
        )


@dataclass(frozen=True)
class Vocabulary:
    """A contract's headers by key. None stands for a header to ignore."""

    by_key: Mapping[str, Column | None]

    @classmethod
    def of(cls, contract: Contract) -> Vocabulary:
        """The vocabulary of a contract."""
        return cls(vocabulary(contract))


def column_letter(index: int) -> str:
    """Spreadsheet letters of a 0-based column: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _match(label: str, vocabulary: Vocabulary) -> tuple[bool, Column | None, HeaderUnit | None]:
    """Whether the label is known, the column it is, and the unit it states (in brackets, or as its
    last word)."""
    bare, unit = split_unit(label)
    # The whole label first: a contract may tell 'คนจน (คน)' from 'คนจน (ร้อยละ)'.
    for candidate, stated in ((label, unit), (bare, unit)):
        for key in (label_key(candidate), alike_key(candidate)):
            if key in vocabulary.by_key:
                return True, vocabulary.by_key[key], stated
    head, _, last = bare.rpartition(" ")
    if head and unit is None and (word := unit_of_word(last)) and label_key(head) in vocabulary.by_key:
        return True, vocabulary.by_key[label_key(head)], word
    return False, None, unit


def _spread(rows: Sequence[Row], width: int, top: int, merges: tuple[Merge, ...] | None) -> list[list[str]]:
    """Header rows with every label spread to the right over the cells merged into it.

    Where the format does not tell merged ranges, or nothing is merged here, a label reaches over
    blanks that have a label
    below them.
    """
    here = [m for m in merges or () if top <= m.top < top + len(rows) and m.right > m.left]
    texts = [[clean_one(row[i] or "") if i < len(row) else "" for i in range(width)] for row in rows]
    spread = [list(row) for row in texts]
    for depth, row in enumerate(texts[:-1]):
        if here:
            for merge in here:
                if merge.top == top + depth and merge.bottom < top + len(rows) - 1:
                    label = row[merge.left] if merge.left < width else ""
                    for i in range(merge.left + 1, min(merge.right + 1, width)):
                        spread[depth][i] = label
        else:
            label = ""
            for i in range(width):
                below = any(texts[d][i] for d in range(depth + 1, len(texts)))
                label = row[i] or (label if below else "")
                spread[depth][i] = label
    return spread


def spread_rows(rows: Sequence[Row], header: Header, merges: tuple[Merge, ...] | None) -> list[list[str]]:
    """The header's own rows with every label in each column it stands for; `rows` are these rows alone."""
    depth = len(rows) - (1 if header.has_unit_row else 0)
    width = len(header.columns)
    spread = _spread(rows[:depth], width, header.first, merges)
    units = [[clean_one(row[i] or "") if i < len(row) else "" for i in range(width)] for row in rows[depth:]]
    return [*spread, *units]


def read_header(
    rows: Sequence[Row],
    first: int,
    depth: int,
    vocabulary: Vocabulary,
    merges: tuple[Merge, ...] | None = None,
) -> Header:
    """Read `rows[first:first + depth]` as a header."""
    part = rows[first : first + depth]
    width = max((len(row) for row in part), default=0)
    spread = _spread(part, width, first, merges)
    columns = []
    for index in range(width):
        labels = list(dict.fromkeys(row[index] for row in spread if row[index]))
        own = [clean_one(row[index] or "") if index < len(row) else "" for row in part]
        if not labels:
            columns.append(HeaderColumn(index, f"(column {column_letter(index)} without a header)", "blank"))
            continue
        joined = " ".join(labels)
        # All levels together, then the lowest two, then the lowest label alone.
        candidates = [joined, " ".join(labels[-2:]), labels[-1]]
        if not own[-1]:
            candidates.append(next((label for label in own if label), joined))
        parts = (joined, *labels)
        shown = joined if len(joined) <= _LABEL_CHARS else f"{joined[: _LABEL_CHARS - 1]}…"
        nobody = joined in _CATALOGUE_COLUMNS
        found = HeaderColumn(
            index, shown, "ignored" if nobody else "unknown", None, split_unit(joined)[1], parts
        )
        for candidate in dict.fromkeys(candidates):
            known, column, unit = _match(candidate, vocabulary)
            if known:
                stated = unit or next(
                    (u for label in labels if (u := unit_of_word(label) or split_unit(label)[1])), None
                )
                kind: Kind = "ignored" if column is None else "personal" if column.personal else "field"
                found = HeaderColumn(index, shown, kind, column, stated, parts)
                break
        columns.append(found)
    return Header(first, first + depth - 1, tuple(_without_shares(columns)))


def _without_shares(columns: Sequence[HeaderColumn]) -> list[HeaderColumn]:
    """A share in per cent beside its own count ('คน,ร้อยละ') is worked out from it, and ignored; alone it stays an error."""
    counted = {id(c.column) for c in columns if c.kind == "field" and c.unit != "percent"}
    return [
        replace(c, kind="ignored", column=None)
        if c.kind == "field" and c.unit == "percent" and id(c.column) in counted
        else c
        for c in columns
    ]


def find_header(
    rows: Sequence[Row], contract: Contract, vocabulary: Vocabulary, merges: tuple[Merge, ...] | None = None
) -> Header | None:
    """The row, or two or three rows together, with the most known headers; the fewest rows and the
    uppermost where equal.

    Args:
        rows: the sheet's first rows (`header_search_rows` and a few more).
    """
    best: Header | None = None
    for depth in range(1, contract.format.header_rows_max + 1):
        for first in range(min(len(rows) - depth + 1, contract.format.header_search_rows)):
            # A header matches no more columns than it has.
            width = max(map(len, rows[first : first + depth]))
            if width < MIN_MATCHES or (best is not None and width <= best.matched):
                continue
            header = read_header(rows, first, depth, vocabulary, merges)
            if header.matched >= MIN_MATCHES and (best is None or header.matched > best.matched):
                best = header
    return None if best is None else _with_unit_row(rows, best)


def _with_unit_row(rows: Sequence[Row], header: Header) -> Header:
    """Take in a row right below the header that holds nothing but units: '(บาท)', 'คน'."""
    if header.last + 1 >= len(rows):
        return header
    below = {i: clean_one(cell) for i, cell in enumerate(rows[header.last + 1]) if cell and clean_one(cell)}
    # 'จ่าย (บาท)' is a header with a unit, not a unit.
    units = {i: unit_of_word(text) or unit_of_word(text.strip("()[] ")) for i, text in below.items()}
    if not below or any(unit is None for unit in units.values()):
        return header
    columns = tuple(replace(column, unit=column.unit or units.get(column.index)) for column in header.columns)
    return Header(header.first, header.last + 1, columns, has_unit_row=True)
