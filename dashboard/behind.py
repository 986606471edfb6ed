"""The rows behind figures: a table in parts of a sensible size, each a CSV that a spreadsheet opens as text and numbers."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from dashboard import paths
from dashboard.model import SiteFile
from dashboard.source import Source
from release.spreadsheet import defused

if TYPE_CHECKING:
    import polars as pl

HELD: Final = 8_000
"""Rows that are held at a time."""
_PART: Final = "part_of_file"
BOM = "\ufeff".encode()


def csv_files(
    source: Source, table: str, part: str, query: str | None = None, *, order: str
) -> Iterator[SiteFile]:
    """One CSV for each value of `part` (an SQL expression over the table, or over `query`), at `paths.rows(table, value)`.

    Only parts whose rows changed are written again. UTF-8 with a mark for spreadsheets, formulas made harmless.
    """
    relation = f"({query})" if query else table
    keys = source.rows(
        f"SELECT ({part})::VARCHAR AS part, count(*) AS rows, bit_xor(hash(t))::VARCHAR AS seen, "
        f"sum(hash(t)::HUGEINT)::VARCHAR AS added FROM {relation} t GROUP BY 1 HAVING part IS NOT NULL ORDER BY 1"
    )
    columns = source.frame(f"SELECT * FROM {relation} LIMIT 0").columns
    read = _Runs(source, relation, part, order, {row["part"]: row["rows"] for row in keys})
    for row in keys:
        yield SiteFile(
            paths.rows(table, row["part"]),
            f"{row['rows']}-{row['seen']}-{row['added']}-{len(columns)}",
            partial(read.csv, row["part"]),
        )


class _Runs:
    """Rows of several parts read at once: a query a part would read the whole table each time."""

    def __init__(self, source: Source, relation: str, part: str, order: str, rows: Mapping[str, int]) -> None:
        self._source, self._relation, self._part, self._order = source, relation, part, order
        self._run_of: dict[str, list[str]] = {}
        run: list[str] = []
        held = 0
        for key, count in rows.items():
            if held + count > HELD or not run:
                run, held = [], 0
            run.append(key)
            held += count
            self._run_of[key] = run
        self._read: list[str] = []
        self._frames: dict[str, pl.DataFrame] = {}

    def csv(self, key: str) -> bytes:
        """The rows of a part as CSV."""
        run = self._run_of[key]
        if run is not self._read:
            self._frames, self._read = self._rows(run), run
        out = io.BytesIO()
        defused(self._frames[key]).write_csv(out, include_bom=False, datetime_format="%Y-%m-%dT%H:%M:%SZ")
        return BOM + out.getvalue()

    def _rows(self, run: list[str]) -> dict[str, pl.DataFrame]:
        frame = self._source.frame(
            f"SELECT *, ({self._part})::VARCHAR AS {_PART} FROM {self._relation} "
            f"WHERE {_PART} IN (SELECT unnest($1)) ORDER BY {_PART}, {self._order}",
            [run],
        )
        parts = frame.partition_by(_PART, as_dict=True, include_key=False, maintain_order=True)
        return {str(key[0]): rows for key, rows in parts.items()}
