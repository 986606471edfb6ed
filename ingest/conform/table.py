"""The rows below a header: where they end, which have too many or too few cells, and cells merged downwards."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ingest.contract.model import Contract
from ingest.normalise.text import clean_text
from ingest.readers.headers import Header, column_letter
from ingest.readers.sheet import Sheet


def trim(sheet: Sheet, header: Header) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows below the header up to the last filled one: as they stood, and cleaned with blanks as NULL."""
    raw = sheet.cells.slice(header.last + 1)
    clean = pl.DataFrame([clean_text(series) for series in raw.get_columns()])
    clean = clean.select(pl.when(pl.all().str.len_bytes() > 0).then(pl.all())) if clean.width else clean
    if clean.height:
        filled = clean.select(f=pl.any_horizontal(pl.all().is_not_null()))["f"].arg_true()
        height = int(filled[-1]) + 1 if filled.len() else 0
        raw, clean = raw.head(height), clean.head(height)
    return raw, clean


def ragged_rows(
    raw: pl.DataFrame, clean: pl.DataFrame, header: Header, sheet: Sheet
) -> tuple[pl.Series, pl.Series]:
    """Which rows have too many or too few cells (reason codes, NULL for good ones), and how many
    cells are missing."""
    none = pl.repeat(None, raw.height, dtype=pl.String, eager=True)
    zero = pl.repeat(0, raw.height, dtype=pl.Int64, eager=True)
    if sheet.width is None or sheet.cell_counts is None:
        return none, zero
    last = max((c.index for c in header.columns if c.kind != "blank"), default=0)
    counts = sheet.cell_counts.slice(header.last + 1, raw.height)
    over = clean[f"c{sheet.width}"].is_not_null() | (counts > sheet.width + 1)
    missing = (last + 1 - counts).clip(lower_bound=0)
    frame = pl.DataFrame({"over": over, "missing": missing})
    reason = frame.select(
        r=pl.when("over")
        .then(pl.lit("too_many_cells"))
        .when(pl.col("missing") > 0)
        .then(pl.lit("too_few_cells"))
    )["r"]
    return reason, missing


def fill_merged(
    cells: pl.DataFrame,
    at: Mapping[str, str],
    sheet: Sheet,
    first_row: int,
    data: pl.Series,
    contract: Contract,
) -> tuple[pl.DataFrame, int]:
    """Give place cells merged downwards their value in each row.

    With the workbook's merged ranges: exactly these. Without: only a column that is filled in the
    first row, blank in a third
    of them or more, never repeats its value in the next filled row (a merged cell would have been
    one), and is blank only
    where no tambon code stands.

    Returns:
        The cells, and how many were filled.
    """
    names = [at[f] for f in ("tambon", "amphoe", "province") if f in at]
    count = 0
    row = pl.int_range(first_row, first_row + cells.height, eager=True)
    for name in names:
        column = cells[name]
        if not (column.is_null() & data).any():
            continue
        if sheet.merges is not None:
            index = int(name[1:])
            tall = [
                m
                for m in sheet.merges
                if m.left <= index <= m.right and m.bottom > m.top and m.bottom >= first_row
            ]
            if not tall:
                continue
            spans = pl.DataFrame(
                {"top": [max(m.top, first_row) for m in tall], "bottom": [m.bottom for m in tall]}
            ).sort("top")
            placed = pl.DataFrame({"top": row, "cell": column}).join_asof(
                spans.with_columns(at=pl.col("top")), on="top", strategy="backward"
            )
            inside = (pl.col("top") <= pl.col("bottom")) & pl.col("cell").is_null()
            top_cell = placed["cell"].gather((placed["at"] - first_row).fill_null(0))
            filled = placed.with_columns(_v=top_cell).select(
                pl.when(inside).then("_v").otherwise("cell").alias("v")
            )["v"]
        else:
            kept = cells.filter(data)
            if kept.height == 0 or kept[name][0] is None:
                continue
            values = kept[name].drop_nulls()
            repeats = (values == values.shift(1)).fill_null(False).any()
            coded = (
                "tambon_code" in at and (kept[name].is_null() & kept[at["tambon_code"]].is_not_null()).any()
            )
            sparse = kept[name].null_count() * 3 >= kept.height
            # In a list of areas the tambon is what a row is about: it is never merged.
            about = contract.record_kind == "area_statistic" and name == at.get("tambon")
            if repeats or coded or about or not sparse:
                continue
            spread = pl.DataFrame({"v": column, "d": data}).select(
                pl.when("d").then(pl.when("d").then("v").forward_fill()).otherwise("v").alias("v")
            )
            filled = spread["v"]
        count += int((filled.is_not_null() & column.is_null() & data).sum())
        cells = cells.with_columns(filled.alias(name))
    return cells, count


def undeclared_columns(clean: pl.DataFrame, data: pl.Series, header: Header, sheet: Sheet) -> list[str]:
    """Columns that hold data and have no header, or stand beyond the last one; as the officer finds them."""
    rows = int(data.sum())

    def is_filled(name: str) -> bool:
        return clean[name].filter(data).null_count() < rows

    blank = [
        c.label
        for c in header.columns
        if c.kind == "blank" and f"c{c.index}" in clean.columns and is_filled(f"c{c.index}")
    ]
    beyond = clean.columns[len(header.columns) : sheet.width]
    return blank + [
        f"(column {column_letter(int(name[1:]))} without a header)" for name in beyond if is_filled(name)
    ]
