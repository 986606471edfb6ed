"""One column of a sheet, read as its contract says."""

from __future__ import annotations

import polars as pl

from ingest.contract.fields import load_fields
from ingest.contract.model import UNIT_FACTORS, Column, Contract
from ingest.normalise.codes import parse_code
from ingest.normalise.dates import parse_date, parse_year
from ingest.normalise.labels import parse_boolean, parse_category
from ingest.normalise.numbers import parse_number
from ingest.normalise.parsed import Parsed
from ingest.normalise.personal import mask_citizen_ids, mask_in_names
from ingest.readers.workbook import ERROR_CELLS

_YEAR_WILL_DO = ("founded_on", "opened_on")  # nothing is reckoned from their day
_CITIZEN_DIGITS = 13
_BLANK_TEXT = r"^[-‐‑‒–—―−_.]*$"


def _text(cells: pl.Series) -> Parsed:
    """Text as it stands; a dash alone is blank; citizen numbers, telephones and e-mail addresses are masked."""
    masked, where = mask_in_names(cells)
    frame = pl.DataFrame({"c": masked, "masked": where}).select(
        value=pl.when(~pl.col("c").str.contains(_BLANK_TEXT)).then("c"),
        error=pl.lit(None, dtype=pl.String),
        note=pl.when("masked").then(pl.lit("personal_masked")),
    )
    return Parsed(frame["value"], frame["error"], frame["note"])


def _without_persons(read: Parsed, person: pl.Series) -> Parsed:
    """What was read, but for cells that hold a person's number: they are `personal_number` and hold nothing."""
    if not person.any():
        return read
    frame = pl.DataFrame({"v": read.value, "e": read.error, "n": read.note, "p": person}).select(
        v=pl.when(~pl.col("p")).then("v"),
        e=pl.when("p").then(pl.lit("personal_number")).otherwise("e"),
        n=pl.when(~pl.col("p")).then("n"),
    )
    return Parsed(frame["v"], frame["e"], frame["n"])


def _persons_among_codes(codes: pl.Series) -> pl.Series:
    """Codes that are persons' numbers. Of codes that all have 13 digits one in ten passes the check digit by chance: there
    it takes half of them."""
    person = mask_citizen_ids(codes)[1]
    as_long = codes.str.contains(r"^\d{13}$").fill_null(False)
    if as_long.sum() * 2 > codes.len() - codes.null_count() and person.sum() * 2 < as_long.sum():
        return pl.repeat(False, codes.len(), eager=True)
    return person


def _moo(cells: pl.Series, low: float | None, high: float | None) -> Parsed:
    """Village number: 'หมู่ที่ 5', 'ม.5' and '5' are the same."""
    bare = cells.str.replace(r"^(?:หมู่ที่|หมู่|ม\.) ?", "")
    read = parse_number(bare, unit="", minimum=low, maximum=high, whole=True)
    return Parsed(read.value.cast(pl.Int16), read.error, read.note)


def read_column(
    cells: pl.Series, column: Column, contract: Contract, *, unit: str | None, year_min: int, year_max: int
) -> Parsed:
    """Read cleaned cells as the column's type. Failed formulas (`#REF!`) are `error_cell` in every type.

    Args:
        unit: the unit that the file states for this column, else None: then the contract's, else
        the measure's own.
    """
    fields = load_fields()
    field = column.field or ""
    failed = cells.str.starts_with("#").fill_null(False)
    if failed.any():
        failed = cells.is_in(list(ERROR_CELLS)).fill_null(False)
    if failed.any():
        # Read as blank, then marked: '#DIV/0!' is no text either.
        cells = cells.to_frame("c").select(pl.when(~failed).then("c").alias("c"))["c"]
    measure = fields.measures_of(contract.record_kind).get(field)
    kind = contract.type_of(column)
    if measure is not None:
        read = parse_number(
            cells,
            unit=measure.unit,
            factor=UNIT_FACTORS[unit or column.unit or measure.unit],
            minimum=measure.min,
            maximum=measure.max,
            whole=measure.unit not in ("THB", "degrees", "number"),
            blank_is_zero=column.blank_means == "zero",
        )
        if int(cells.str.len_bytes().max() or 0) >= _CITIZEN_DIGITS:  # type: ignore[arg-type]
            read = _without_persons(read, mask_citizen_ids(cells)[1])
    elif kind == "year":
        read = parse_year(cells, era=column.era, span=column.year_span, year_min=year_min, year_max=year_max)
    elif kind == "date":
        read = parse_date(cells, era=column.era, year_max=year_max, year_alone=field in _YEAR_WILL_DO)
    elif kind == "code":
        read = parse_code(cells, width=column.width)
        if field in ("juristic_number", "registration_number"):
            # A person's number in its place: not kept, not even masked.
            read = _without_persons(read, mask_citizen_ids(read.value)[1])
        elif int(cells.str.len_bytes().max() or 0) >= _CITIZEN_DIGITS:  # type: ignore[arg-type]
            read = _without_persons(read, _persons_among_codes(read.value))
    elif kind == "boolean":
        read = parse_boolean(cells, column.lookup)
    elif kind == "category":
        read = parse_category(cells, column.lookup)
        if column.lookup is None:
            read = _text(read.value)
    elif kind == "integer":
        bounds = fields.identity.get(field)
        read = _moo(cells, bounds.min if bounds else None, bounds.max if bounds else None)
    elif kind == "number":
        read = parse_number(cells, unit="")
    else:
        read = _text(cells)
    if not failed.any():
        return read
    frame = pl.DataFrame({"v": read.value, "e": read.error, "n": read.note, "f": failed}).select(
        v=pl.when(~pl.col("f")).then("v"), e=pl.when("f").then(pl.lit("error_cell")).otherwise("e"), n="n"
    )
    return Parsed(frame["v"], frame["e"], frame["n"])
