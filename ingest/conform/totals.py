"""The grand total printed in a sheet beside the sum of its rows."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ingest.conform.job import Job, Outcome
from ingest.contract.fields import load_fields
from ingest.normalise.columns import read_column
from ingest.normalise.rows import is_grand_total
from ingest.readers.headers import HeaderColumn
from ingest.report import FileTotal


def printed_totals(
    clean: pl.DataFrame, reason: pl.Series, row_number: pl.Series, by_field: Mapping[str, HeaderColumn],
    result: pl.DataFrame, job: Job, sheet: str, title_unit: str | None, out: Outcome,
) -> None:  # fmt: skip
    """Compare the sheet's grand-total row with the sum of its conformed rows.

    The grand total is the last total row that says so (รวมทั้งสิ้น), or the only total row of the sheet.
    """
    totals = clean.with_columns(_n=row_number).filter(reason == "total_row")
    measures = load_fields().measures_of(job.contract.record_kind)
    words = [
        c for c in clean.columns if c not in {f"c{h.index}" for n, h in by_field.items() if n in measures}
    ]
    if totals.height == 0 or not words:
        return
    grand = totals.filter(pl.any_horizontal(is_grand_total(pl.col(c)).fill_null(False) for c in words))
    chosen = grand.tail(1) if grand.height else totals if totals.height == 1 else None
    if chosen is None:
        return
    for name, c in by_field.items():
        if name not in measures or c.column is None:
            continue
        unit = c.unit or (title_unit if measures[name].unit == "THB" else None)
        printed = read_column(
            chosen[f"c{c.index}"],
            c.column,
            job.contract,
            unit=unit,
            year_min=job.year_min,
            year_max=job.year_max,
        ).value[0]
        if printed is not None and chosen[f"c{c.index}"][0] is not None:
            summed = float(result[name].sum() or 0.0)
            out.totals.append(
                FileTotal(
                    sheet=sheet,
                    row_number=chosen["_n"][0],
                    measure=name,
                    printed=printed,
                    summed=round(summed, 2),
                )
            )
