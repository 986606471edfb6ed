"""Where a sheet's records are, where no column says so: an office's report of one province names it above the table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from ingest.conform.job import Job, Outcome
from ingest.messages import problem
from ingest.normalise.area_in_text import area_in_texts
from ingest.readers.headers import Header, HeaderColumn
from ingest.readers.sheet import Sheet

# In an event or an announced figure, the area is what the record says, never where its sheet is from.
_KINDS = ("fund_report", "area_statistic", "site")


def lines_above(sheet: Sheet, header: Header) -> list[str]:
    """The filled cells above the header."""
    return [cell for row in sheet.cells.head(header.first).iter_rows() for cell in row if cell]


def places_stated(
    sheet: Sheet, header: Header, by_field: Mapping[str, HeaderColumn], height: int, job: Job, out: Outcome
) -> dict[str, pl.Series]:
    """The province, and the amphoe, that sheet name, title and file name state, for a table with no column for them.

    A tambon named without its province is no place. Nothing is taken where codes say the place, or where two provinces are named.
    """
    if job.contract.record_kind not in _KINDS or by_field.keys() & {"province", "tambon_code"} or not height:
        return {}
    sheet_name, file_name = sheet.stated or (sheet.name, job.file_name)
    texts = [[sheet_name], lines_above(sheet, header), [Path(file_name).stem]]
    province, amphoe = area_in_texts(texts)
    if province is None:
        return {}
    stated = {"province": province} | ({"amphoe": amphoe} if amphoe and "amphoe" not in by_field else {})
    told = " ".join(reversed(list(stated.values())))
    out.warnings.append(problem("place_from_title", sheet=sheet.name, value=told))
    return {name: pl.repeat(text, height, dtype=pl.String, eager=True) for name, text in stated.items()}
