"""The rows of a delivered file as they stood, by their row numbers: what a mending list shows, and what it is compared with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ingest.conform.header import by_field_of
from ingest.conform.job import Job
from ingest.conform.place import lines_above
from ingest.conform.sheet import rows_below, told_apart
from ingest.conform.table import fill_merged
from ingest.contract.model import Column, Contract
from ingest.normalise.personal import mask_citizen_ids
from ingest.readers.files import read_file
from ingest.readers.headers import Header, HeaderColumn, Vocabulary, column_letter, find_header, spread_rows
from ingest.readers.sheet import Sheet

MAX_ROWS = 5_000_000


class OriginalUnreadable(ValueError):
    """The delivered file cannot be read under its contract (any more)."""


@dataclass(frozen=True)
class OriginalColumn:
    """A column of the file that may leave the door: its header as shown (unique in the sheet), and what it is."""

    label: str
    index: int
    field: str | None
    column: Column | None

    @property
    def name(self) -> str:
        """Its name in `OriginalSheet.rows`."""
        return f"c{self.index}"


@dataclass(frozen=True)
class OriginalSheet:
    """One sheet of a delivered file, without personal and undeclared columns.

    Attributes:
        name: as provenance has it.
        head: title lines and header rows of these columns, as a corrected delivery repeats them.
        rows: `row_number`, a column a file column as text as it stood, and `is_ragged`. Cells of places that are merged
            downwards stand in every row; in a ragged row only cells are kept that cannot be personal ones moved.
        headers: every header as found → its column, for findings that name it.
    """

    name: str
    stated: tuple[str, str]
    columns: tuple[OriginalColumn, ...]
    head: list[list[str | None]]
    rows: pl.DataFrame
    headers: dict[str, OriginalColumn]

    def column_of(self, *names: str | None) -> OriginalColumn | None:
        """The column that a header or field names (`reported_` of conformed place columns is passed over)."""
        for name in names:
            if name is None:
                continue
            field = name.removeprefix("reported_").replace("code6", "tambon_code")
            found = self.headers.get(name) or next(
                (c for c in self.columns if c.field in (name, field)), None
            )
            if found is not None:
                return found
        return None


def original_sheets(
    path: Path,
    contract: Contract,
    file_name: str,
    wanted: Mapping[str, Collection[int]],
    reserved: Collection[str] = (),
) -> Iterator[OriginalSheet]:
    """The wanted rows (by sheet name) of a delivered file; sheets and rows that it does not have are left out.

    Args:
        reserved: labels that no column may have; such a column's label gets its letter.

    Raises:
        OriginalUnreadable: the file or a wanted sheet's header cannot be read.
        OSError: the file cannot be opened.
    """
    vocabulary = Vocabulary.of(contract)
    read = read_file(path, contract, vocabulary, file_name=file_name, max_rows=MAX_ROWS)
    if read.errors and not read.sheets:
        raise OriginalUnreadable(read.errors[0].message_en)
    search = contract.format.header_search_rows + contract.format.header_rows_max + 1
    for sheet in told_apart(read.sheets):
        if sheet.name not in wanted:
            continue
        first = [list(row) for row in sheet.cells.head(search).iter_rows()]
        header = find_header(first, contract, vocabulary, sheet.merges)
        if header is None:
            raise OriginalUnreadable(sheet.name)
        stated = sheet.stated or (sheet.name, file_name)
        yield _original(sheet, header, contract, vocabulary, stated, wanted[sheet.name], reserved)


def _original(
    sheet: Sheet,
    header: Header,
    contract: Contract,
    vocabulary: Vocabulary,
    stated: tuple[str, str],
    numbers: Collection[int],
    reserved: Collection[str],
) -> OriginalSheet:
    by_field = by_field_of(header)
    at = {name: f"c{c.index}" for name, c in by_field.items()}
    job = Job(contract, vocabulary, "", stated[1], contract.period.year_min, 9999)
    below = rows_below(sheet, header, by_field, at, job)
    raw, clean = below.raw, below.clean
    columns, headers = _columns(header, raw.columns, reserved)
    ragged = below.reason.is_in(["too_many_cells", "too_few_cells"]).fill_null(False)
    filled, count = fill_merged(clean, at, sheet, header.last + 1, below.reason.is_null(), contract)
    names = [c.name for c in columns]
    rows = raw.select(names)
    if count:
        # A place that is merged downwards is said once; a row that goes alone has to say it itself.
        places = [at[f] for f in ("tambon", "amphoe", "province") if at.get(f) in names]
        rows = rows.with_columns(
            [pl.coalesce(pl.when(clean[n].is_not_null()).then(rows[n]), filled[n]).alias(n) for n in places]
        )
    rows = rows.with_columns(row_number=below.number, is_ragged=ragged, _missing=below.missing).filter(
        pl.col("row_number").is_in(list(numbers))
    )
    personal = min((c.index for c in header.columns if c.kind not in ("field", "ignored")), default=10**6)
    rows = rows.with_columns(
        [
            pl.when(~(pl.col("is_ragged") & (c.index >= personal - pl.col("_missing"))))
            .then(c.name)
            .alias(c.name)
            for c in columns
        ]
    ).drop("_missing")
    rows = rows.with_columns([mask_citizen_ids(rows[name])[0].alias(name) for name in names])
    return OriginalSheet(
        sheet.name, stated, columns, _head(sheet, header, columns), rows.sort("row_number"), headers
    )


def _columns(
    header: Header, there: Collection[str], reserved: Collection[str]
) -> tuple[tuple[OriginalColumn, ...], dict[str, OriginalColumn]]:
    kept: list[HeaderColumn] = [
        c for c in header.columns if c.kind in ("field", "ignored") and f"c{c.index}" in there
    ]
    field_of = {c.index: name for name, c in by_field_of(header).items()}
    taken = set(reserved)
    columns: list[OriginalColumn] = []
    headers: dict[str, OriginalColumn] = {}
    for c in kept:
        label = c.label if c.label not in taken else f"{c.label} ({column_letter(c.index)})"
        taken.add(label)
        one = OriginalColumn(label, c.index, field_of.get(c.index), c.column)
        columns.append(one)
        headers.setdefault(c.label, one)
        headers.setdefault(label, one)
    return tuple(columns), headers


def _head(sheet: Sheet, header: Header, columns: tuple[OriginalColumn, ...]) -> list[list[str | None]]:
    """Title lines, one a row, then each column's own header rows, with what is merged over several columns said in each."""
    titles: list[list[str | None]] = [[line] for line in lines_above(sheet, header)]
    rows = [list(row) for row in sheet.cells.slice(header.first, header.last - header.first + 1).iter_rows()]
    spread = spread_rows(rows, header, sheet.merges)
    return [*titles, *([row[c.index] or None for c in columns] for row in spread)]
