"""Sheets under their headers: each row below becomes a conformed row or one set aside with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, count

import polars as pl

from ingest.conform.header import by_field_of, check_header, expected_headers
from ingest.conform.job import Job, Outcome, provenance
from ingest.conform.period import closing_days_with_year, sheet_year, years_of_rows
from ingest.conform.place import lines_above, places_stated
from ingest.conform.record import shape, unswap_coordinates
from ingest.conform.table import fill_merged, ragged_rows, trim, undeclared_columns
from ingest.conform.told import explained_cells, set_aside, told_cells, typed_cells
from ingest.conform.totals import printed_totals
from ingest.contract.fields import load_fields
from ingest.contract.model import PLACE_FIELDS, ColumnUnit
from ingest.messages import problem
from ingest.normalise.codes import TambonCodes, parse_tambon_code
from ingest.normalise.columns import read_column
from ingest.normalise.parsed import Parsed
from ingest.normalise.rows import classify, looks_like_header
from ingest.normalise.schema import CELLS
from ingest.normalise.units import money_unit_of_title
from ingest.readers.headers import Header, HeaderColumn, find_header
from ingest.readers.sheet import MAX_HEADER_COLUMNS, ReadFile, Sheet
from ingest.report import SheetReport


@dataclass(frozen=True)
class Below:
    """Every row below a header, as it stood (`raw`) and cleaned.

    Attributes:
        number: the row's number in the officer's program.
        reason: why a row is no data, NULL for one that is.
        missing: cells that a row of a text file is short of.
    """

    raw: pl.DataFrame
    clean: pl.DataFrame
    number: pl.Series
    reason: pl.Series
    missing: pl.Series
    codes: TambonCodes | None


@dataclass(frozen=True)
class _Rows:
    """The data rows among them, in the columns that are fields."""

    number: pl.Series
    raw: pl.DataFrame
    clean: pl.DataFrame
    codes: TambonCodes | None
    """Of the tambon code column, where there is one."""


@dataclass
class _Read:
    """What the fields of data rows came to.

    Attributes:
        values: a series a field, one value a data row.
        told: cells that could not be read or were repaired.
        causes: rows that are set aside for it: `row_number, value, column_name, field, reason_code`.
    """

    values: dict[str, pl.Series] = field(default_factory=dict)
    told: list[pl.DataFrame] = field(default_factory=list)
    causes: list[pl.DataFrame] = field(default_factory=list)


def conform_sheets(read: ReadFile, job: Job, out: Outcome) -> None:
    """Read every sheet into `out`; one that has no header, or none to read it under, is told of."""
    contract = job.contract
    search = contract.format.header_search_rows + contract.format.header_rows_max + 1
    for sheet in told_apart(read.sheets):
        if not sheet.cells.width and sheet.numbers is not None:
            continue  # a corrected delivery that only takes rows away
        rows = [list(row) for row in sheet.cells.head(search).iter_rows()]
        header = find_header(rows, contract, job.vocabulary, sheet.merges)
        if header is None:
            out.sheets.append(_without_header(sheet, len(read.sheets) > 1, job, out))
        elif len(header.columns) > MAX_HEADER_COLUMNS:
            out.sheets.append(SheetReport(name=sheet.name, skipped_reason="too_many_columns"))
            wide, most = len(header.columns), MAX_HEADER_COLUMNS
            out.errors.append(problem("too_many_columns", sheet=sheet.name, value=wide, expected=most))
        elif not check_header(header, sheet.name, job, out):
            out.sheets.append(
                SheetReport(name=sheet.name, header_row=header.last + 1, skipped_reason="header_errors")
            )
        else:
            rows_in = _conform_sheet(sheet, header, job, out)
            out.rows_in += rows_in
            out.sheets.append(SheetReport(name=sheet.name, header_row=header.last + 1, rows_in=rows_in))


def told_apart(sheets: Iterable[Sheet]) -> Iterator[Sheet]:
    """The sheets, of which no two have one name: a row is known by its delivery, sheet and number. Members of an archive may be
    named alike."""
    taken: set[str] = set()
    for sheet in sheets:
        names = chain([sheet.name], (f"{sheet.name} ({number})" for number in count(2)))
        name = next(one for one in names if one not in taken)
        taken.add(name)
        yield sheet if name == sheet.name else replace(sheet, name=name)


def _without_header(sheet: Sheet, has_others: bool, job: Job, out: Outcome) -> SheetReport:
    """An empty sheet says nothing, one of notes beside others is warned of, any other is an error."""
    filled = sheet.cells.select(n=pl.sum_horizontal((pl.all().str.strip_chars() != "").fill_null(False)))["n"]
    if int(filled.sum()) == 0:
        return SheetReport(name=sheet.name, skipped_reason="empty")
    if sheet.name and has_others and not (filled > 2).any():
        out.warnings.append(problem("sheet_of_notes", sheet=sheet.name))
        return SheetReport(name=sheet.name, skipped_reason="sheet_of_notes")
    code = "sheet_not_understood" if has_others else "header_not_found"
    shown, expected = job.contract.format.header_search_rows, expected_headers(job.contract)
    out.errors.append(problem(code, sheet=sheet.name, value=shown, expected=expected))
    return SheetReport(name=sheet.name, skipped_reason=code)


def _conform_sheet(sheet: Sheet, header: Header, job: Job, out: Outcome) -> int:
    """Read one sheet under its header into `out`; rows below the header."""
    contract = job.contract
    by_field = by_field_of(header)
    at = {name: f"c{c.index}" for name, c in by_field.items()}
    below = rows_below(sheet, header, by_field, at, job)
    height = below.raw.height
    if height == 0 and sheet.numbers is not None:
        return 0  # a corrected delivery that only takes rows away
    if height == 0:
        out.errors.append(problem("no_data_rows", sheet=sheet.name, row=header.last + 1))
        return 0
    data = below.reason.is_null()
    clean, filled = fill_merged(below.clean, at, sheet, header.last + 1, data, contract)
    if filled:
        out.repairs["merged_cell_filled"] = out.repairs.get("merged_cell_filled", 0) + filled
    out.unknown |= dict.fromkeys(undeclared_columns(clean, data, header, sheet))

    columns = list(dict.fromkeys(at.values())) or clean.columns
    rows = _Rows(
        below.number.filter(data),
        below.raw.select(columns).filter(data),
        closing_days_with_year(clean.select(columns).filter(data), at, contract),
        _filtered(below.codes, data),
    )
    title_unit = money_unit_of_title(lines_above(sheet, header))
    read = _read_fields(rows, by_field, at, title_unit, sheet, job, out)
    out.cells_read += rows.clean.height * len(by_field)

    no_year = years_of_rows(read.values, by_field, rows.number, rows.raw, rows.clean, at, job)
    if no_year is not None:
        read.causes.append(no_year)
    else:
        year = sheet_year(sheet, header, job, out)
        if year is None and rows.clean.height:
            told = ", ".join(contract.period.sources)
            out.errors.append(problem("no_period", sheet=sheet.name, expected=told))
            reason = below.reason.fill_null("no_year")
            out.rejected.append(
                set_aside(below.raw, header, below.number, reason, below.missing, None, sheet, job)
            )
            return height
        years = pl.repeat(year, rows.clean.height, dtype=pl.Int16, eager=True)
        read.values[contract.period.field] = years
    read.values |= places_stated(sheet, header, by_field, rows.clean.height, job, out)
    if {"latitude", "longitude"} <= read.values.keys():
        read.told.extend(unswap_coordinates(read.values, by_field, rows.number, rows.raw, at))
    if contract.record_kind == "area_statistic" and rows.clean.height:
        read.causes.append(_nowhere(rows, at))

    reason, causes = _with_causes(below, read)
    out.rejected.append(set_aside(below.raw, header, below.number, reason, below.missing, causes, sheet, job))
    _tell_cells(read, causes, sheet.name, job, out)
    set_aside_rows = causes["row_number"] if causes is not None else pl.Series([], dtype=pl.Int64)
    result = pl.DataFrame({"row_number": rows.number, **read.values}).filter(
        ~pl.col("row_number").is_in(set_aside_rows.implode())
    )
    out.rows_conformed += result.height
    if result.height:
        out.years.update(dict(result[contract.period.field].drop_nulls().value_counts().iter_rows()))
        out.conformed.append(shape(result, job, sheet.name))
        out.typed.append(typed_cells(rows.number, rows.raw, at, set_aside_rows, sheet.name, job))
        printed_totals(clean, reason, below.number, by_field, result, job, sheet.name, title_unit, out)
    return height


def rows_below(
    sheet: Sheet, header: Header, by_field: Mapping[str, HeaderColumn], at: Mapping[str, str], job: Job
) -> Below:
    """Every row below a header, and why each that is no data is none."""
    raw, clean = trim(sheet, header)
    number = sheet.numbers_from(header.last + 1, raw.height)
    if raw.height == 0:
        none = pl.Series([], dtype=pl.String)
        return Below(raw, clean, number, none, number, None)
    codes = parse_tambon_code(clean[at["tambon_code"]]) if "tambon_code" in at else None
    reason = classify(clean, at, header, job.contract, codes.code6 if codes else None)
    measures = load_fields().measures_of(job.contract.record_kind)
    measure_at = frozenset(by_field[name].index for name in by_field if name in measures)
    if looks_like_header(clean.row(0), header, job.vocabulary, measure_at):
        reason = reason.scatter(0, "header_row")
    ragged, missing = ragged_rows(raw, clean, header, sheet)
    both = pl.DataFrame({"reason": reason, "ragged": ragged})
    return Below(raw, clean, number, both.select(pl.coalesce("reason", "ragged"))["reason"], missing, codes)


def _filtered(codes: TambonCodes | None, data: pl.Series) -> TambonCodes | None:
    if codes is None:
        return None
    parts = (codes.reported, codes.code6, codes.moo, codes.error, codes.note)
    return TambonCodes(*(part.filter(data) for part in parts))


def _read_fields(
    rows: _Rows, by_field: Mapping[str, HeaderColumn], at: Mapping[str, str], title_unit: ColumnUnit | None,
    sheet: Sheet, job: Job, out: Outcome,
) -> _Read:  # fmt: skip
    """Every field's cells, by the contract's column. A required one that is blank or unreadable sets its row aside; the
    period's own column is judged with the other sources of the year."""
    contract = job.contract
    measures = load_fields().measures_of(contract.record_kind)
    read = _Read()
    is_title_unit_used = False
    for name, c in by_field.items():
        assert c.column is not None
        unit: str | None = c.unit
        if unit is None and title_unit is not None and name in measures and measures[name].unit == "THB":
            unit, is_title_unit_used = title_unit, True
        if name == "tambon_code" and rows.codes is not None:
            cells = Parsed(rows.codes.reported, rows.codes.error, rows.codes.note)
            read.values["reported_code6"] = rows.codes.code6
            read.values["_code_moo"] = rows.codes.moo
        else:
            cells = read_column(
                rows.clean[at[name]],
                c.column,
                contract,
                unit=unit,
                year_min=job.year_min,
                year_max=job.year_max,
            )
        read.values[name] = cells.value
        raw = rows.raw[at[name]]
        if (part := told_cells(rows.number, c, raw, cells.error, cells.note, name)) is not None:
            read.told.append(part)
        if c.column.required and name != contract.period.field:
            read.causes.append(_required(rows.number, c, raw, cells, name))
    if is_title_unit_used:
        out.warnings.append(problem("unit_from_title", sheet=sheet.name, value=title_unit))
    return read


def _required(number: pl.Series, c: HeaderColumn, raw: pl.Series, cells: Parsed, name: str) -> pl.DataFrame:
    """Rows whose cell of a required field is blank or cannot be read."""
    frame = pl.DataFrame({"row_number": number, "value": raw, "v": cells.value, "e": cells.error})
    blank = pl.col("v").is_null() & pl.col("e").is_null()
    # A tambon code that cannot be read leaves the names to find the place by.
    bad = blank if name == "tambon_code" else blank | pl.col("e").is_not_null()
    return frame.filter(bad).select(
        "row_number",
        "value",
        column_name=pl.lit(c.label),
        field=pl.lit(name),
        reason_code=pl.when(blank).then(pl.lit("required_blank")).otherwise(pl.lit("required_unreadable")),
    )


def _nowhere(rows: _Rows, at: Mapping[str, str]) -> pl.DataFrame:
    """Rows of an area that do not say which."""
    places = [pl.col(at[name]).is_null() for name in PLACE_FIELDS if name in at]
    nowhere = rows.clean.select(n=pl.all_horizontal(places))["n"]
    none = pl.lit(None, pl.String)
    return pl.DataFrame({"row_number": rows.number.filter(nowhere)}).select(
        "row_number", value=none, column_name=none, field=none, reason_code=pl.lit("no_place")
    )


def _with_causes(below: Below, read: _Read) -> tuple[pl.Series, pl.DataFrame | None]:
    """Every row's reason with those that its cells gave, and of each such row its first cause; None where there is none."""
    if not read.causes:
        return below.reason, None
    causes = pl.concat(read.causes).unique("row_number", keep="first", maintain_order=True)
    if causes.is_empty():
        return below.reason, None
    of_row = pl.DataFrame({"row_number": below.number, "reason": below.reason}).join(
        causes, on="row_number", how="left", maintain_order="left"
    )
    return of_row.select(r=pl.coalesce("reason", "reason_code"))["r"], causes


def _tell_cells(read: _Read, causes: pl.DataFrame | None, sheet: str, job: Job, out: Outcome) -> None:
    if not read.told:
        return
    told = pl.concat(read.told)
    if causes is not None:
        # The cell for which a row was rejected is told there.
        told = told.join(causes, on=["row_number", "field"], how="anti", maintain_order="left")
    frame = provenance(explained_cells(told), sheet, job)
    out.cells.append(frame.select(pl.col(name).cast(kind) for name, kind in CELLS.items()))
