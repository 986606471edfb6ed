"""What is told of rows set aside and of cells that could not be read or were repaired, without personal data."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ingest.conform.job import Job, provenance
from ingest.contract.fields import load_fields
from ingest.messages import CELL, ROW
from ingest.normalise.personal import mask_citizen_ids, mask_contacts, mask_persons
from ingest.normalise.schema import REJECTED
from ingest.readers.headers import Header, HeaderColumn, column_letter
from ingest.readers.sheet import Sheet

_SHORTEST_NUMBER = 9  # digits of a telephone number
_NOT_DATA = [code for code in ROW if code.endswith("_row") or code == "declared_not_data"]


def told_cells(
    row_number: pl.Series, found: HeaderColumn, raw: pl.Series, error: pl.Series, note: pl.Series, name: str
) -> pl.DataFrame | None:
    """The cells of one column that could not be read (error `e`), or were repaired (note `n`)."""
    if error.null_count() == error.len() and note.null_count() == note.len():
        return None
    frame = pl.DataFrame({"row_number": row_number, "value": raw, "e": error, "n": note})
    return frame.filter(pl.col("e").is_not_null() | pl.col("n").is_not_null()).with_columns(
        column_name=pl.lit(found.label), field=pl.lit(name)
    )


def explained_cells(cells: pl.DataFrame) -> pl.DataFrame:
    """`_told_cells` of all columns with what was expected; citizen numbers masked, and names where none belongs."""
    masked = mask_citizen_ids(cells["value"])[0]
    value = pl.when(cells["e"].is_not_null()).then(mask_persons(masked)).otherwise(masked)
    code = pl.coalesce("e", "n")
    return cells.with_columns(
        value=pl.when(code == "personal_number").then(None).otherwise(value),
        error_code=code,
        severity=pl.when(pl.col("e").is_not_null()).then(pl.lit("warn")).otherwise(pl.lit("info")),
        expected_th=code.replace_strict(
            {c: t[0] for c, t in CELL.items()}, default="", return_dtype=pl.String
        ),
        expected_en=code.replace_strict(
            {c: t[1] for c, t in CELL.items()}, default="", return_dtype=pl.String
        ),
    ).drop("e", "n")


def typed_cells(
    number: pl.Series, raw: pl.DataFrame, at: Mapping[str, str], aside: pl.Series, sheet: str, job: Job
) -> pl.DataFrame:
    """The cells of conformed rows as they were typed, a column a field, so that a finding shows what stands in the file.

    Blank is NULL. Citizen and telephone numbers are masked as in the conformed rows; a number of a person in the place of a
    register's is left out.
    """
    fields = load_fields()
    measures = fields.measures_of(job.contract.record_kind)
    columns = {}
    for name, place in at.items():
        cells = raw[place]
        if int(cells.str.len_bytes().max() or 0) >= _SHORTEST_NUMBER:  # type: ignore[arg-type]
            masked, hit = mask_citizen_ids(cells)
            register = name in ("juristic_number", "registration_number")
            if name in measures or register or name.endswith("_code"):
                cells = masked if not hit.any() else pl.select(pl.when(~hit).then(masked)).to_series()
            else:
                cells = mask_contacts(masked)
        columns[name] = cells
    frame = pl.DataFrame({"row_number": number, **columns}).filter(
        ~pl.col("row_number").is_in(aside.implode())
    )
    return frame.with_columns(
        pl.when(pl.col(list(columns)).str.len_bytes() > 0).then(pl.col(list(columns))),
    ).select(pl.lit(job.delivery_id).alias("delivery_id"), pl.lit(sheet).alias("sheet"), pl.all())


def set_aside(
    raw: pl.DataFrame, header: Header, row_number: pl.Series, reason: pl.Series, missing: pl.Series,
    causes: pl.DataFrame | None, sheet: Sheet, job: Job,
) -> pl.DataFrame:  # fmt: skip
    """Rows with a reason, as the rejected table."""
    aside = reason.is_not_null()
    if not aside.any():
        return pl.DataFrame(schema=REJECTED)
    json = _cells_json(raw.filter(aside), header, reason.filter(aside), missing.filter(aside))
    rows = pl.DataFrame(
        {"row_number": row_number.filter(aside), "reason_code": reason.filter(aside), "cells_json": json}
    )
    if causes is not None:
        rows = rows.join(
            causes.select("row_number", "column_name", "value"),
            on="row_number",
            how="left",
            maintain_order="left",
        )
    else:
        rows = rows.with_columns(column_name=pl.lit(None, pl.String), value=pl.lit(None, pl.String))
    return _rejected_frame(rows, sheet.name, job)


def _rejected_frame(rows: pl.DataFrame, sheet: str, job: Job) -> pl.DataFrame:
    """`rows`: row_number, reason_code, column_name, value, cells_json."""
    th = {code: message.th for code, message in ROW.items()}
    en = {code: message.en for code, message in ROW.items()}
    mend_th = {code: message.mend_th for code, message in ROW.items()}
    mend_en = {code: message.mend_en for code, message in ROW.items()}
    code = pl.col("reason_code")

    def told(messages: dict[str, str], mend: dict[str, str]) -> pl.Expr:
        text = code.replace_strict(messages, default="", return_dtype=pl.String)
        text = text.str.replace("{column}", pl.col("column_name").fill_null(""), literal=True)
        fix = code.replace_strict(mend, default="", return_dtype=pl.String)
        return pl.when(fix != "").then(text + pl.lit(". ") + fix).otherwise(text)

    masked = mask_persons(mask_citizen_ids(rows["value"])[0])
    frame = rows.with_columns(
        value=masked,
        disposition=pl.when(code.is_in(_NOT_DATA)).then(pl.lit("not_data")).otherwise(pl.lit("rejected")),
        message_th=told(th, mend_th),
        message_en=told(en, mend_en),
    )
    return provenance(frame, sheet, job).select(pl.col(name).cast(kind) for name, kind in REJECTED.items())


def _cells_json(raw: pl.DataFrame, header: Header, reason: pl.Series, missing: pl.Series | None) -> pl.Series:
    """The original cells of set-aside rows as JSON by header, without personal and undeclared columns.

    Signatures keep nothing. In a row with too many or too few cells a personal one may have moved:
    only cells that stand
    left of any place it can have moved to are kept.
    """
    personal = min(
        (c.index for c in header.columns if c.kind in ("personal", "unknown", "blank")), default=10**6
    )
    kept = [c for c in header.columns if c.kind in ("field", "ignored") and f"c{c.index}" in raw.columns]
    names: dict[str, str] = {}
    for c in kept:
        names[f"c{c.index}"] = (
            c.label if c.label not in names.values() else f"{c.label} ({column_letter(c.index)})"
        )
    frame = raw.select(list(names)).with_columns(
        _reason=reason, _missing=missing if missing is not None else pl.lit(0)
    )
    ragged = pl.col("_reason").is_in(["too_many_cells", "too_few_cells"])
    frame = frame.with_columns(
        [pl.when(~(ragged & (int(c[1:]) >= personal - pl.col("_missing")))).then(c).alias(c) for c in names]
    )
    notes = (frame["_reason"] == "note_row").any()
    frame = frame.with_columns(
        [(mask_contacts(frame[c]) if notes else mask_citizen_ids(frame[c])[0]).alias(c) for c in names]
    )
    packed = frame.rename(names).select(
        pl.when(pl.col("_reason") == "signature_row").then(pl.lit("{}"))
        .otherwise(pl.struct(list(names.values())).struct.json_encode()).alias("cells_json")
    )  # fmt: skip
    return packed["cells_json"]
