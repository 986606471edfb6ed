"""Conform: one delivered file, read as its contract says, into typed Parquet. Pure: the same bytes give
the same rows."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from threading import get_ident
from typing import Protocol

import polars as pl
from pydantic import ValidationError

from ingest.contract.fields import load_fields
from ingest.contract.model import PLACE_FIELDS, Column, Contract
from ingest.messages import CELL, ROW, Problem, problem
from ingest.normalise.codes import parse_tambon_code
from ingest.normalise.columns import read_column
from ingest.normalise.dates import years_in_text
from ingest.normalise.parsed import Parsed
from ingest.normalise.personal import mask_citizen_ids, mask_contacts
from ingest.normalise.rows import classify, is_grand_total, looks_like_header
from ingest.normalise.schema import CELLS, REJECTED, conformed_schema
from ingest.normalise.text import clean_one, clean_text, label_key
from ingest.normalise.units import agrees, money_unit_of_title, split_unit
from ingest.readers.files import read_file
from ingest.readers.headers import Header, HeaderColumn, Vocabulary, column_letter, find_header
from ingest.readers.sheet import MAX_HEADER_COLUMNS, ReadFile, Sheet
from ingest.report import ConformReport, FileTotal, SheetReport

CONFORM_VERSION = 3  # raise it when the same file and contract would give other rows
MAX_ROWS = 5_000_000
_BANGKOK = timezone(timedelta(hours=7))
_NO_YEAR = r"^(?:[-‐‑‒–—―−_.]*|ไม่มี|ไม่มีข้อมูล|ไม่ทราบ|ไม่ระบุ)$"
_DAY_AND_MONTH = r"^[0-9๐-๙]{1,2} ?(?:[-/] ?[0-9๐-๙]{1,2}|[ก-์.]+(?: ?[ก-์.]+)?)$"
# What a record without a code of its own is told apart by (conformed columns). A fund without one is known by name and place,
# which dbt resolves.
DERIVED_CODES: dict[str, tuple[str, tuple[str, ...]]] = {
    "site": (
        "site_code",
        ("site_name", "moo", "reported_code6", "reported_tambon", "reported_amphoe", "reported_province"),
    ),
    "event": ("event_code", ("event_name", "starts_on")),
    "published_total": (
        "total_code",
        (
            "measure_code",
            "programme_code",
            "area_level",
            "area_name",
            "reported_province",
            "as_of_on",
            "fiscal_year",
        ),
    ),
}
_NOT_DATA = [code for code in ROW if code.endswith("_row") or code == "declared_not_data"]


class ArrivalLike(Protocol):
    """What `conform_arrival` needs to know of an arrival."""

    @property
    def delivery_id(self) -> str: ...  # noqa: D102
    @property
    def object_path(self) -> str | Path: ...  # noqa: D102
    @property
    def file_name(self) -> str: ...  # noqa: D102


class HomeLike(Protocol):
    """What `conform_arrival` needs to know of a home."""

    @property
    def root(self) -> Path: ...  # noqa: D102
    @property
    def conformed(self) -> Path: ...  # noqa: D102


@dataclass(frozen=True)
class _Job:
    """What is the same for all sheets of a delivery."""

    contract: Contract
    vocabulary: Vocabulary
    delivery_id: str
    file_name: str
    year_min: int
    year_max: int


@dataclass
class _Outcome:
    """What reading sheets has come to so far."""

    conformed: list[pl.DataFrame] = field(default_factory=list)
    rejected: list[pl.DataFrame] = field(default_factory=list)
    cells: list[pl.DataFrame] = field(default_factory=list)
    sheets: list[SheetReport] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)
    personal: dict[str, None] = field(default_factory=dict)
    repairs: dict[str, int] = field(default_factory=dict)
    totals: list[FileTotal] = field(default_factory=list)
    rows_in: int = 0
    rows_conformed: int = 0
    cells_read: int = 0
    years: set[int] = field(default_factory=set)


def _expected_headers(contract: Contract) -> str:
    wanted = [c for c in contract.columns if c.required] or [c for c in contract.columns if c.field]
    return ", ".join(column.headers[0] for column in wanted[:6])


def _read(path: Path, job: _Job, max_rows: int) -> ReadFile:
    """Read by the ending of the officer's file name; the stored object keeps the same ending."""
    named = job.file_name if Path(job.file_name).suffix else path.name
    try:
        return read_file(path, job.contract, job.vocabulary, file_name=named, max_rows=max_rows)
    except OSError:
        return ReadFile(errors=(problem("missing_file"),))


def _place_in_contract(found: HeaderColumn) -> int:
    """Where the wording of a header stands among those of its column; behind all where it is a variation of one."""
    assert found.column is not None
    keys = [label_key(header) for header in found.column.headers]
    places = [keys.index(key) for part in found.parts if (key := label_key(split_unit(part)[0])) in keys]
    return min(places, default=len(keys))


def _by_field(header: Header) -> dict[str, HeaderColumn]:
    """The sheet's column of each field; of two wordings for one field, the contract's first."""
    found = [c for c in header.columns if c.kind == "field" and c.column and c.column.field]
    return {
        c.column.field: c
        for c in sorted(found, key=_place_in_contract, reverse=True)
        if c.column and c.column.field
    }


def _check_header(header: Header, sheet: str, job: _Job, out: _Outcome) -> bool:
    """Record what the header says about itself; False where the sheet cannot be read under it."""
    fields = load_fields()
    measures = fields.measures_of(job.contract.record_kind)
    row = header.last + 1
    good = True
    seen: dict[str, HeaderColumn] = {}
    for found in header.columns:
        if found.kind == "personal":
            out.personal[found.label] = None
        if found.kind == "unknown":
            out.unknown[found.label] = None
        if found.kind != "field" or found.column is None or found.column.field is None:
            continue
        name = found.column.field
        if name in seen:
            first = seen[name]
            both = (
                f"{column_letter(first.index)} ({first.label}), {column_letter(found.index)} ({found.label})"
            )
            if name in measures or label_key(first.label) == label_key(found.label):
                out.errors.append(problem("duplicate_header", sheet=sheet, row=row, column=both, value=name))
                good = False
            else:
                # A date or name told in two ways: the wording that stands first in the contract is the one meant.
                kept, other = sorted((first, found), key=_place_in_contract)
                told = {"column": other.label, "value": name, "expected": kept.label}
                out.warnings.append(problem("second_column_ignored", sheet=sheet, row=row, **told))
                out.headers.pop(first.label, None)
                found = kept  # noqa: PLW2901
        seen[name] = found
        out.headers[found.label] = name
        measure = measures.get(name)
        if measure and found.unit and not agrees(found.unit, measure.unit):
            out.errors.append(
                problem(
                    "header_unit_contradiction",
                    sheet=sheet,
                    row=row,
                    column=found.label,
                    value=found.unit,
                    expected=measure.unit,
                )
            )
            good = False
    for column in job.contract.columns:
        if column.required and column.field and column.field not in seen:
            out.missing[column.field] = None
            out.errors.append(
                problem(
                    "missing_required_column",
                    sheet=sheet,
                    row=row,
                    column=column.field,
                    expected=" / ".join(column.headers),
                )
            )
            good = False
    return good


def _fill_merged(
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


def _sheet_year(sheet: Sheet, header: Header, job: _Job, out: _Outcome) -> int | None:
    """The year that the sheet's name, the title above the table or the file's name states, in the
    contract's order."""
    titles = [
        clean_one(cell) for cell in (v for r in sheet.cells.head(header.first).iter_rows() for v in r) if cell
    ]
    texts = {"sheet": [sheet.name], "title": titles, "file_name": [Path(job.file_name).stem]}
    found: dict[str, int] = {}
    for source in job.contract.period.sources:
        if source == "column":
            continue
        years: set[int] = set()
        for text in texts[source]:
            years |= years_in_text(
                text, year_min=job.year_min, year_max=job.year_max, worded_only=source == "title"
            )
        if source == "title" and not years:
            for text in texts[source]:
                years |= years_in_text(text, year_min=job.year_min, year_max=job.year_max)
        if len(years) == 1:
            found[source] = years.pop()
    if len(set(found.values())) > 1:
        told = ", ".join(f"{source}: {year + 543}" for source, year in found.items())
        out.warnings.append(problem("period_sources_differ", sheet=sheet.name, value=told))
    return next(iter(found.values()), None)


def _provenance(frame: pl.DataFrame, sheet: str, job: _Job) -> pl.DataFrame:
    return frame.with_columns(
        delivery_id=pl.lit(job.delivery_id),
        agency_code=pl.lit(job.contract.agency_code),
        feed_code=pl.lit(job.contract.feed),
        sheet=pl.lit(sheet),
    )


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


def _rejected_frame(rows: pl.DataFrame, sheet: str, job: _Job) -> pl.DataFrame:
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

    masked = mask_citizen_ids(rows["value"])[0]
    frame = rows.with_columns(
        value=masked,
        disposition=pl.when(code.is_in(_NOT_DATA)).then(pl.lit("not_data")).otherwise(pl.lit("rejected")),
        message_th=told(th, mend_th),
        message_en=told(en, mend_en),
    )
    return _provenance(frame, sheet, job).select(pl.col(name).cast(kind) for name, kind in REJECTED.items())


def _told_cells(
    row_number: pl.Series, found: HeaderColumn, raw: pl.Series, error: pl.Series, note: pl.Series, name: str
) -> pl.DataFrame | None:
    """The cells of one column that could not be read (error `e`), or were repaired (note `n`)."""
    if error.null_count() == error.len() and note.null_count() == note.len():
        return None
    frame = pl.DataFrame({"row_number": row_number, "value": raw, "e": error, "n": note})
    return frame.filter(pl.col("e").is_not_null() | pl.col("n").is_not_null()).with_columns(
        column_name=pl.lit(found.label), field=pl.lit(name)
    )


def _explained(cells: pl.DataFrame) -> pl.DataFrame:
    """`_told_cells` of all columns with what was expected, citizen numbers masked."""
    value = mask_citizen_ids(cells["value"])[0]
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


def _trim(sheet: Sheet, header: Header) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows below the header up to the last filled one: as they stood, and cleaned with blanks as NULL."""
    raw = sheet.cells.slice(header.last + 1)
    clean = pl.DataFrame([clean_text(series) for series in raw.get_columns()])
    clean = clean.select(pl.when(pl.all().str.len_bytes() > 0).then(pl.all())) if clean.width else clean
    if clean.height:
        filled = clean.select(f=pl.any_horizontal(pl.all().is_not_null()))["f"].arg_true()
        height = int(filled[-1]) + 1 if filled.len() else 0
        raw, clean = raw.head(height), clean.head(height)
    return raw, clean


def _ragged(
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


def _conform_sheet(sheet: Sheet, header: Header, job: _Job, out: _Outcome) -> int:
    """Read one sheet under its header into `out`; rows below the header."""
    contract = job.contract
    fields = load_fields()
    measures = fields.measures_of(contract.record_kind)
    by_field = _by_field(header)
    at = {name: f"c{c.index}" for name, c in by_field.items()}
    raw, clean = _trim(sheet, header)
    height = raw.height
    if height == 0:
        out.errors.append(problem("no_data_rows", sheet=sheet.name, row=header.last + 1))
        return 0
    row_number = pl.int_range(header.last + 2, header.last + 2 + height, dtype=pl.Int64, eager=True)

    codes = parse_tambon_code(clean[at["tambon_code"]]) if "tambon_code" in at else None
    reason = classify(clean, at, header, contract, codes.code6 if codes else None)
    measure_at = frozenset(by_field[name].index for name in by_field if name in measures)
    if looks_like_header(clean.row(0), header, job.vocabulary, measure_at):
        reason = reason.scatter(0, "header_row")
    ragged, missing = _ragged(raw, clean, header, sheet)
    frame = pl.DataFrame({"reason": reason, "ragged": ragged})
    reason = frame.select(pl.coalesce("reason", "ragged"))["reason"]
    data = reason.is_null()
    clean, filled = _fill_merged(clean, at, sheet, header.last + 1, data, contract)
    if filled:
        out.repairs["merged_cell_filled"] = out.repairs.get("merged_cell_filled", 0) + filled

    for c in header.columns:
        if (
            c.kind == "blank"
            and f"c{c.index}" in clean.columns
            and clean[f"c{c.index}"].filter(data).null_count() < int(data.sum())
        ):
            out.unknown[c.label] = None
    beyond = len(header.columns)
    for name in clean.columns[beyond : sheet.width]:
        if clean[name].filter(data).null_count() < int(data.sum()):
            out.unknown[f"(column {column_letter(int(name[1:]))} without a header)"] = None

    titles = [v for r in sheet.cells.head(header.first).iter_rows() for v in r if v]
    title_unit = money_unit_of_title(titles)
    values: dict[str, pl.Series] = {}
    told: list[pl.DataFrame] = []
    required: list[pl.DataFrame] = []
    kept_rows = row_number.filter(data)
    read_columns = list(dict.fromkeys(at.values())) or clean.columns
    kept = clean.select(read_columns).filter(data)
    raw_kept = raw.select(read_columns).filter(data)
    kept = _closing_days_with_year(kept, at, contract)
    used_title_unit = False
    for name, c in by_field.items():
        assert c.column is not None
        column: Column = c.column
        unit: str | None = c.unit
        if unit is None and title_unit is not None and name in measures and measures[name].unit == "THB":
            unit, used_title_unit = title_unit, True
        if name == "tambon_code" and codes is not None:
            read = Parsed(codes.reported.filter(data), codes.error.filter(data), codes.note.filter(data))
            values["reported_code6"] = codes.code6.filter(data)
            values["_code_moo"] = codes.moo.filter(data)
            blank = read.value.is_null()
        else:
            read = read_column(
                kept[at[name]], column, contract, unit=unit, year_min=job.year_min, year_max=job.year_max
            )
            blank = read.value.is_null() & read.error.is_null()
        values[name] = read.value
        out.cells_read += kept.height
        if (part := _told_cells(kept_rows, c, raw_kept[at[name]], read.error, read.note, name)) is not None:
            told.append(part)
        is_period = name == contract.period.field
        if column.required and not is_period:
            bad = pl.DataFrame(
                {"row_number": kept_rows, "value": raw_kept[at[name]], "b": blank, "e": read.error}
            )
            if name != "tambon_code":
                required.append(
                    bad.filter(pl.col("b") | pl.col("e").is_not_null()).select(
                        "row_number", "value", column_name=pl.lit(c.label), field=pl.lit(name),
                        reason_code=pl.when("b").then(pl.lit("required_blank")).otherwise(pl.lit("required_unreadable")),
                    )
                )  # fmt: skip
            else:
                required.append(
                    bad.filter("b").select(
                        "row_number",
                        "value",
                        column_name=pl.lit(c.label),
                        field=pl.lit(name),
                        reason_code=pl.lit("required_blank"),
                    )
                )
    if used_title_unit:
        out.warnings.append(problem("unit_from_title", sheet=sheet.name, value=title_unit))

    period = contract.period.field
    no_year = _years_of_rows(values, by_field, kept_rows, raw_kept, kept, at, job)
    if no_year is not None:
        required.append(no_year)
    else:
        year = _sheet_year(sheet, header, job, out)
        if year is None and kept.height:
            out.errors.append(
                problem("no_period", sheet=sheet.name, expected=", ".join(contract.period.sources))
            )
            out.rejected.append(
                _set_aside(raw, header, row_number, reason.fill_null("no_year"), missing, None, sheet, job)
            )
            return height
        values[period] = pl.repeat(year, kept.height, dtype=pl.Int16, eager=True)
    if {"latitude", "longitude"} <= values.keys():
        told.extend(_unswap_coordinates(values, by_field, kept_rows, raw_kept, at))
    if contract.record_kind == "area_statistic" and kept.height:
        nowhere = kept.select(n=pl.all_horizontal(pl.col(at[f]).is_null() for f in PLACE_FIELDS if f in at))[
            "n"
        ]
        required.append(
            pl.DataFrame({"row_number": kept_rows.filter(nowhere)}).select(
                "row_number", value=pl.lit(None, pl.String), column_name=pl.lit(None, pl.String), field=pl.lit(None, pl.String),
                reason_code=pl.lit("no_place"),
            )
        )  # fmt: skip

    causes = pl.concat(required).unique("row_number", keep="first", maintain_order=True) if required else None
    if causes is not None and causes.height:
        cause_of = pl.DataFrame({"row_number": row_number}).join(
            causes, on="row_number", how="left", maintain_order="left"
        )
        reason = pl.DataFrame({"a": reason, "b": cause_of["reason_code"]}).select(pl.coalesce("a", "b"))["a"]
    else:
        causes = None
    out.rejected.append(_set_aside(raw, header, row_number, reason, missing, causes, sheet, job))

    if told:
        rest = pl.concat(told)
        if causes is not None:
            # The cell for which a row was rejected is told there.
            rest = rest.join(causes, on=["row_number", "field"], how="anti", maintain_order="left")
        frame = _provenance(_explained(rest), sheet.name, job)
        out.cells.append(frame.select(pl.col(n).cast(k) for n, k in CELLS.items()))

    good = ~pl.DataFrame({"row_number": kept_rows}).select(
        b=pl.col("row_number").is_in(causes["row_number"].implode() if causes is not None else [])
    )["b"]
    result = pl.DataFrame({"row_number": kept_rows, **values}).filter(good)
    out.rows_conformed += result.height
    if result.height:
        out.years |= set(result[period].unique().to_list())
        out.conformed.append(_shape(result, job, sheet.name))
        _printed_totals(clean, reason, row_number, by_field, result, job, sheet.name, title_unit, out)
    return height


def _closing_days_with_year(kept: pl.DataFrame, at: Mapping[str, str], contract: Contract) -> pl.DataFrame:
    """Closing days written without a year ('31 ธ.ค.') get that of the year column, where the date goes first."""
    period = contract.period
    if not period.date_first or period.from_date is None or not {period.from_date, period.field} <= at.keys():
        return kept
    day, year = at[period.from_date], at[period.field]
    lone = pl.col(day).str.contains(_DAY_AND_MONTH) & pl.col(year).is_not_null()
    return kept.with_columns(pl.when(lone).then(pl.format("{} {}", day, year)).otherwise(day).alias(day))


def _years_of_rows(
    values: dict[str, pl.Series], by_field: Mapping[str, HeaderColumn], kept_rows: pl.Series,
    raw_kept: pl.DataFrame, kept: pl.DataFrame, at: Mapping[str, str], job: _Job,
) -> pl.DataFrame | None:  # fmt: skip
    """Set the period to each row's own year; the rows that have none, with the reason. None where no row says a year.

    A row's year is its year column's; where that is blank, that of the contract's date field (`from_date`), or the
    other way round (`date_first`). A year column's cell that cannot be read is never passed over for the date.
    """
    period = job.contract.period
    told: list[str] = [period.field] if "column" in period.sources else []
    if period.from_date is not None:
        told.insert(0 if period.date_first else len(told), period.from_date)
    told = [name for name in told if name in by_field]
    cells = {
        name: kept.select(c=pl.when(~pl.col(at[name]).str.contains(_NO_YEAR)).then(at[name]))["c"]
        for name in told
    }
    told = [name for name in told if cells[name].null_count() < kept.height]
    if not told:
        return None
    frame = pl.DataFrame(
        {
            "row_number": kept_rows,
            **{f"cell_{n}": cells[name] for n, name in enumerate(told)},
            **{f"raw_{n}": raw_kept[at[name]] for n, name in enumerate(told)},
            **{f"y_{n}": _year_of(values[name], name, job) for n, name in enumerate(told)},
        }
    )
    # The place in `told` of the first cell that is filled; the first one where all are blank.
    asked = pl.coalesce(pl.when(pl.col(f"cell_{n}").is_not_null()).then(n) for n in range(len(told)))
    if period.date_first and len(told) == 2:
        # A closing date that says no year leaves the year column, which nothing contradicts then.
        asked = pl.when(pl.col("y_0").is_null() & pl.col("y_1").is_not_null()).then(1).otherwise(asked)

    def of_asked(prefix: str) -> pl.Expr:
        return pl.coalesce(pl.when(pl.col("asked") == n).then(f"{prefix}_{n}") for n in range(len(told)))

    frame = frame.with_columns(asked=asked.fill_null(0)).with_columns(
        year=of_asked("y"), value=of_asked("raw"), cell=of_asked("cell")
    )
    values[period.field] = frame["year"]
    numbers = list(range(len(told)))
    return frame.filter(pl.col("year").is_null()).select(
        "row_number", "value",
        column_name=pl.col("asked").replace_strict(numbers, [by_field[name].label for name in told], return_dtype=pl.String),
        field=pl.col("asked").replace_strict(numbers, told, return_dtype=pl.String),
        reason_code=pl.when(pl.col("cell").is_null()).then(pl.lit("no_year")).otherwise(pl.lit("unreadable_year")),
    )  # fmt: skip


def _year_of(column: pl.Series, name: str, job: _Job) -> pl.Series:
    """A year column as it is; of dates the plausible year each lies in.

    A fiscal year runs from October to September: 31 December 2024 lies in 2025.
    """
    if name == job.contract.period.field:
        return column
    dates = column.to_frame("d")
    later = pl.col("d").dt.month() >= 10 if job.contract.period.field == "fiscal_year" else pl.lit(False)
    dates = dates.with_columns(y=(pl.col("d").dt.year() + later.cast(pl.Int32)).cast(pl.Int16))
    return dates.select(y=pl.when(pl.col("y").is_between(job.year_min, job.year_max)).then("y"))["y"]


def _unswap_coordinates(
    values: dict[str, pl.Series], by_field: Mapping[str, HeaderColumn], kept_rows: pl.Series,
    raw_kept: pl.DataFrame, at: Mapping[str, str],
) -> list[pl.DataFrame]:  # fmt: skip
    """Put latitude and longitude in their own columns where a row has them the other way round.

    Thailand lies between 5° and 21° north and between 97° and 106° east: the two ranges do not meet, so a swapped row is certain.
    """
    pair = pl.DataFrame({"lat": values["latitude"], "lon": values["longitude"]})
    swapped = pair.select(
        s=(pl.col("lat").is_between(97, 106) & pl.col("lon").is_between(5, 21)).fill_null(False)
    )["s"]
    if not swapped.any():
        return []
    pair = pair.with_columns(s=swapped)
    values["latitude"] = pair.select(v=pl.when("s").then("lon").otherwise("lat"))["v"]
    values["longitude"] = pair.select(v=pl.when("s").then("lat").otherwise("lon"))["v"]
    none = pl.repeat(None, kept_rows.len(), dtype=pl.String, eager=True)
    note = pair.select(n=pl.when("s").then(pl.lit("coordinates_swapped")))["n"]
    parts = (
        _told_cells(kept_rows, by_field[name], raw_kept[at[name]], none, note, name)
        for name in ("latitude", "longitude")
    )
    return [part for part in parts if part is not None]


def _set_aside(
    raw: pl.DataFrame, header: Header, row_number: pl.Series, reason: pl.Series, missing: pl.Series,
    causes: pl.DataFrame | None, sheet: Sheet, job: _Job,
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


def _with_code(frame: pl.DataFrame, code: str, made_of: tuple[str, ...]) -> pl.DataFrame:
    """Rows without a code get one from what tells them apart in words, the same in every file that has the same words."""
    words = [pl.col(name).cast(pl.String) for name in made_of if name in frame.columns]
    if not words:
        return frame
    made = pl.concat_str(words, separator=" / ", ignore_nulls=True)
    own = [pl.col(code)] if code in frame.columns else []
    return frame.with_columns(pl.coalesce(*own, pl.when(made != "").then(made)).alias(code))


def _shape(values: pl.DataFrame, job: _Job, sheet: str) -> pl.DataFrame:
    """Parsed fields as the record kind's conformed table."""
    contract = job.contract
    names = values.columns
    frame = _provenance(values, sheet, job)
    moo = [pl.col(c) for c in ("moo", "_code_moo") if c in names]
    frame = frame.with_columns(moo=pl.coalesce(moo) if moo else pl.lit(None, pl.Int16))
    renamed = {
        "tambon_code": "reported_tambon_code",
        **{f: f"reported_{f}" for f in ("tambon", "amphoe", "province")},
    }
    frame = frame.rename({old: new for old, new in renamed.items() if old in names})
    if contract.programme is not None:
        own = [pl.col("programme_code")] if "programme_code" in names else []
        frame = frame.with_columns(programme_code=pl.coalesce(*own, pl.lit(contract.programme)))
    if contract.record_kind == "fund_report" and "fund_code" not in names and "registration_number" in names:
        # A register that knows its funds by their registration: the same number space in the whole file.
        frame = frame.with_columns(fund_code=pl.col("registration_number"))
    if contract.record_kind in DERIVED_CODES:
        frame = _with_code(frame, *DERIVED_CODES[contract.record_kind])
    if contract.record_kind == "area_statistic":
        indicators = [code for code in load_fields().indicators if code in names]
        frame = frame.unpivot(
            on=indicators,
            index=[c for c in frame.columns if c not in indicators],
            variable_name="indicator_code",
            value_name="value",
        ).sort("row_number", maintain_order=True)
    schema = conformed_schema(contract.record_kind)
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )


def _printed_totals(
    clean: pl.DataFrame, reason: pl.Series, row_number: pl.Series, by_field: Mapping[str, HeaderColumn],
    result: pl.DataFrame, job: _Job, sheet: str, title_unit: str | None, out: _Outcome,
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


def _conform_sheets(read: ReadFile, job: _Job, out: _Outcome) -> None:
    contract = job.contract
    search = contract.format.header_search_rows + contract.format.header_rows_max + 1
    for sheet in read.sheets:
        rows = [list(row) for row in sheet.cells.head(search).iter_rows()]
        header = find_header(rows, contract, job.vocabulary, sheet.merges)
        if header is None:
            filled = sheet.cells.select(
                n=pl.sum_horizontal((pl.all().str.strip_chars() != "").fill_null(False))
            )["n"]
            if int(filled.sum()) == 0:
                out.sheets.append(SheetReport(name=sheet.name, skipped_reason="empty"))
            elif sheet.name and len(read.sheets) > 1 and not (filled > 2).any():
                out.sheets.append(SheetReport(name=sheet.name, skipped_reason="sheet_of_notes"))
                out.warnings.append(problem("sheet_of_notes", sheet=sheet.name))
            else:
                code = "sheet_not_understood" if len(read.sheets) > 1 else "header_not_found"
                out.sheets.append(SheetReport(name=sheet.name, skipped_reason=code))
                shown = contract.format.header_search_rows
                out.errors.append(
                    problem(code, sheet=sheet.name, value=shown, expected=_expected_headers(contract))
                )
            continue
        if len(header.columns) > MAX_HEADER_COLUMNS:
            out.sheets.append(SheetReport(name=sheet.name, skipped_reason="too_many_columns"))
            out.errors.append(
                problem(
                    "too_many_columns",
                    sheet=sheet.name,
                    value=len(header.columns),
                    expected=MAX_HEADER_COLUMNS,
                )
            )
            continue
        if not _check_header(header, sheet.name, job, out):
            out.sheets.append(
                SheetReport(name=sheet.name, header_row=header.last + 1, skipped_reason="header_errors")
            )
            continue
        count = _conform_sheet(sheet, header, job, out)
        out.rows_in += count
        out.sheets.append(SheetReport(name=sheet.name, header_row=header.last + 1, rows_in=count))


def _write(frame: pl.DataFrame, path: Path) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}.partial")
    try:
        frame.write_parquet(partial, compression="zstd", compression_level=1)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def conform_file(
    path: Path,
    contract: Contract,
    delivery_id: str,
    out: Path,
    *,
    file_name: str | None = None,
    max_rows: int = MAX_ROWS,
    today: date | None = None,
) -> ConformReport:
    """Conform one file. Never raises for what the file holds: an unreadable one gives a report with
    `errors` and no rows.

    Writes `<delivery_id>.parquet`, `.rejected.parquet`, `.cells.parquet` and `.report.json` into
    `out`, each through a
    temporary file and a rename, the report last.

    Args:
        path: the file's bytes.
        file_name: the officer's name for it (type and year are taken from it); default the path's own name.
        max_rows: more rows in one sheet are refused.
        today: the day against which years are plausible; default today in Bangkok.

    Raises:
        OSError: `out` cannot be written.
    """
    started = time.perf_counter()
    day = today or datetime.now(tz=_BANGKOK).date()
    name = file_name or path.name
    job = _Job(
        contract,
        Vocabulary.of(contract),
        delivery_id,
        name,
        contract.period.year_min,
        day.year + contract.period.year_max_ahead,
    )
    outcome = _Outcome()
    read = ReadFile()
    try:
        read = _read(path, job, max_rows)
        outcome.errors.extend(read.errors)
        outcome.warnings.extend(read.warnings)
        outcome.sheets.extend(
            SheetReport(name=sheet, skipped_reason=why) for sheet, why in read.skipped.items()
        )
        _conform_sheets(read, job, outcome)
    except MemoryError:
        raise
    except Exception as error:
        # Our own fault: the operators see the kind of error, never the cells that caused it.
        outcome = _Outcome(errors=[problem("cannot_read", value=type(error).__name__)])
        if os.environ.get("TAMBON_DEBUG"):
            raise
    return _finish(outcome, read, job, out, started)


def _finish(outcome: _Outcome, read: ReadFile, job: _Job, out: Path, started: float) -> ConformReport:
    contract = job.contract
    schema = conformed_schema(contract.record_kind)
    conformed = pl.concat([pl.DataFrame(schema=schema), *outcome.conformed])
    rejected = pl.concat([pl.DataFrame(schema=REJECTED), *outcome.rejected])
    cells = pl.concat([pl.DataFrame(schema=CELLS), *outcome.cells]).sort(
        "sheet", "row_number", maintain_order=True
    )
    out = out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    paths = _paths(out, job.delivery_id)
    _write(conformed, paths["conformed_path"])
    _write(rejected, paths["rejected_path"])
    _write(cells, paths["cells_path"])
    not_data = int((rejected["disposition"] == "not_data").sum())
    notes = cells.filter(pl.col("severity") == "info")["error_code"].value_counts() if cells.height else None
    if notes is not None:
        outcome.repairs |= dict(sorted(notes.iter_rows()))
    report = ConformReport(
        delivery_id=job.delivery_id,
        feed_code=contract.feed,
        record_kind=contract.record_kind,
        file_name=job.file_name,
        contract_version=contract.version,
        contract_fingerprint=contract.fingerprint,
        conform_version=CONFORM_VERSION,
        **paths,
        encoding=read.encoding,
        sheets=outcome.sheets,
        headers_matched=outcome.headers,
        unknown_headers=list(outcome.unknown),
        missing_required=list(outcome.missing),
        personal_dropped=list(outcome.personal),
        rows_in=outcome.rows_in,
        rows_conformed=outcome.rows_conformed,
        rows_rejected=rejected.height - not_data,
        rows_not_data=not_data,
        cells_read=outcome.cells_read,
        cells_unreadable=int((cells["severity"] == "warn").sum()),
        repairs=outcome.repairs,
        first_year=min(outcome.years, default=None),
        last_year=max(outcome.years, default=None),
        errors=outcome.errors,
        warnings=outcome.warnings,
        totals_in_file=outcome.totals,
        seconds=round(time.perf_counter() - started, 3),
    )
    final = out / f"{job.delivery_id}.report.json"
    partial = final.with_name(f".{final.name}.{os.getpid()}.{get_ident()}.partial")
    partial.write_text(report.model_dump_json(indent=1), encoding="utf-8")
    partial.replace(final)
    return report


def _paths(out: Path, delivery_id: str) -> dict[str, Path]:
    return {
        "conformed_path": out / f"{delivery_id}.parquet",
        "rejected_path": out / f"{delivery_id}.rejected.parquet",
        "cells_path": out / f"{delivery_id}.cells.parquet",
    }


def conform_arrival(home: HomeLike, arrival: ArrivalLike, contract: Contract) -> ConformReport:
    """Conform an arrival into the home, or give back the earlier report (`from_cache`) of the same
    contract and `CONFORM_VERSION`.

    Raises:
        OSError: the home cannot be written.
    """
    out = home.conformed.absolute() / contract.record_kind / contract.feed.replace("/", ".")
    paths = _paths(out, arrival.delivery_id)
    try:
        report = ConformReport.model_validate_json((out / f"{arrival.delivery_id}.report.json").read_bytes())
    except (OSError, ValidationError):
        report = None
    if (
        report is not None
        and report.contract_fingerprint == contract.fingerprint
        and report.conform_version == CONFORM_VERSION
        and not any(one.code in ("cannot_read", "missing_file") for one in report.errors)
        and all(path.is_file() for path in paths.values())
    ):
        # The home may have been moved since.
        return report.model_copy(update={**paths, "from_cache": True})
    return conform_file(
        home.root / arrival.object_path, contract, arrival.delivery_id, out, file_name=arrival.file_name
    )
