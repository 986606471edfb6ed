"""The corrected delivery that a mending list becomes: a small JSON file that reads as sheets, like any delivered file.

It holds the mended rows alone, under the headers and titles of the file they are from, so that the contract reads them as it read
that file; and of each row which row of which delivery it takes the place of. The same list always gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.messages import problem
from ingest.readers.sheet import ReadFile, Sheet

MENDED_SUFFIX: Final = ".mended"
MENDED: Final[dict[str, pl.DataType]] = {
    "delivery_id": pl.String(),
    "sheet": pl.String(),
    "row_number": pl.Int64(),
    "by_sheet": pl.String(),
    "by_row_number": pl.Int64(),
    "action": pl.String(),
}
"""Which row (delivery, sheet, row number) was mended or deleted, and by which row of the list."""

Action = Literal["mended", "deleted"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MendedSheet(_Model):
    """The rows of one sheet of the list. `numbers` are their rows there; `of` the original row of each.

    `stated_sheet` and `stated_file` are the names of the file the rows are from: a year may stand there alone.
    """

    name: str
    delivery_id: str
    source_sheet: str
    stated_sheet: str
    stated_file: str
    head: list[list[str | None]]
    rows: list[list[str | None]]
    numbers: list[int]
    of: list[int]
    deleted_numbers: list[int]
    deleted_of: list[int]


class MendedFile(_Model):
    """A corrected delivery of one feed. `list_sha256` is the workbook it was made from."""

    format: Literal["tambon-mended"] = "tambon-mended"
    version: Literal[1] = 1
    feed_code: str
    list_sha256: str
    release_id: str
    sheets: list[MendedSheet]


def mended_bytes(content: MendedFile) -> bytes:
    """The file's bytes; the same content gives the same bytes."""
    return json.dumps(content.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")).encode()


def load_mended(path: Path) -> MendedFile:
    """Read a corrected delivery.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is none.
    """
    return MendedFile.model_validate_json(path.read_bytes())


def read_mended(path: Path) -> ReadFile:
    """A corrected delivery as sheets. Nothing is merged and no row is ragged: each row says all it has to say.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        content = load_mended(path)
    except ValidationError:
        return ReadFile(errors=(problem("cannot_read", value="mended"),))
    return ReadFile(tuple(_sheet(one) for one in content.sheets))


def _sheet(one: MendedSheet) -> Sheet:
    width = max((len(row) for row in (*one.head, *one.rows)), default=0)
    lines = [[*row, *[None] * (width - len(row))] for row in (*one.head, *one.rows)]
    cells = pl.DataFrame(lines, schema={f"c{i}": pl.String for i in range(width)}, orient="row")
    numbers = [*range(1, len(one.head) + 1), *one.numbers]
    return Sheet(
        one.name,
        cells,
        merges=(),
        numbers=pl.Series(numbers, dtype=pl.Int64),
        stated=(one.stated_sheet, one.stated_file),
    )


def mended_rows(content: MendedFile) -> pl.DataFrame:
    """Which rows the file takes the place of, and which it takes away (columns: MENDED)."""
    parts = [pl.DataFrame(schema=MENDED)]
    for one in content.sheets:
        pairs: tuple[tuple[Action, Sequence[int], Sequence[int]], ...] = (
            ("mended", one.of, one.numbers),
            ("deleted", one.deleted_of, one.deleted_numbers),
        )
        for action, of, numbers in pairs:
            parts.append(
                pl.DataFrame({"row_number": of, "by_row_number": numbers}, schema_overrides=MENDED)
                .with_columns(
                    delivery_id=pl.lit(one.delivery_id),
                    sheet=pl.lit(one.source_sheet),
                    by_sheet=pl.lit(one.name),
                    action=pl.lit(action),
                )
                .select(pl.col(name).cast(kind) for name, kind in MENDED.items())
            )
    return pl.concat(parts)
