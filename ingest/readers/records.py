"""Records with named fields (JSON, XML) as a sheet: row 1 holds the names, record n is
row n + 1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from ingest.messages import Problem, problem
from ingest.readers.sheet import MAX_COLUMNS, Sheet

Record = Mapping[str, str | None]
MAX_RECORD_BYTES = 256 << 20
"""Of a JSON or XML file: its reading is not set-based, and takes a few times its size in memory."""
MAX_CELLS = 50_000_000
_BATCH = 20_000
_BATCH_CELLS = 500_000


class RecordError(ValueError):
    """The file cannot be read as records; `problem` says why and where."""

    def __init__(self, told: Problem) -> None:
        super().__init__(told.code)
        self.problem = told


def fail(code: str, row: int | None = None, column: str | None = None, **values: object) -> RecordError:
    """A `RecordError` with the message of `code`."""
    return RecordError(problem(code, sheet="", row=row, column=column, **values))


def records_sheet(name: str, records: Iterable[Record], max_rows: int) -> Sheet | None:
    """A sheet of the records' fields, columns in the order in which they are first seen; None where there are none.

    Raises:
        RecordError: too many records or fields.
    """
    fields: dict[str, str] = {}  # name → column
    frames: list[pl.DataFrame] = []
    count = 0
    for batch in _batches(records):
        before, count = count, count + len(batch)
        if count > max_rows:
            raise fail("too_many_rows", expected=f"{max_rows:,}")
        here: dict[str, None] = {}
        for record in batch:
            if not record.keys() <= here.keys():
                here.update(dict.fromkeys(record))
        for field in here:
            fields.setdefault(field, f"c{len(fields)}")
        most = min(MAX_COLUMNS, MAX_CELLS // count)
        if len(fields) > most:
            raise fail("too_many_columns", value=len(fields), expected=most)
        frames.append(_frame({fields[f]: [r.get(f) for r in batch] for f in here}, batch, before))
    if not fields:
        return None
    try:
        heading = pl.DataFrame({column: [field] for field, column in fields.items()})
    except UnicodeEncodeError:
        raise fail("broken_letter", row=1) from None
    return Sheet(name, pl.concat([heading, *frames], how="diagonal"), merges=())


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """The records in lists of bounded size."""
    batch: list[Record] = []
    cells = 0
    for record in records:
        batch.append(record)
        cells += len(record)
        if len(batch) >= _BATCH or cells >= _BATCH_CELLS:
            yield batch
            batch, cells = [], 0
    if batch:
        yield batch


def _frame(columns: Mapping[str, list[str | None]], batch: list[Record], before: int) -> pl.DataFrame:
    try:
        frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    except UnicodeEncodeError:
        for number, record in enumerate(batch, start=before + 1):
            for text in record.values():
                if text is not None and any("\ud800" <= letter <= "\udfff" for letter in text):
                    raise fail("broken_letter", row=number) from None
        raise
    # A batch of records without any field still has its rows.
    return frame if columns else pl.DataFrame({"c0": [None] * len(batch)}, schema={"c0": pl.String})
