"""What a sheet's header says: which column is which field, and what forbids reading the sheet under it."""

from __future__ import annotations

from ingest.conform.job import Job, Outcome
from ingest.contract.fields import load_fields
from ingest.contract.model import Contract
from ingest.messages import problem
from ingest.normalise.text import label_key
from ingest.normalise.units import agrees, split_unit
from ingest.readers.headers import Header, HeaderColumn, column_letter


def expected_headers(contract: Contract) -> str:
    """Some wordings by which an officer knows the header that was looked for: of required columns, else of any."""
    wanted = [c for c in contract.columns if c.required] or [c for c in contract.columns if c.field]
    return ", ".join(column.headers[0] for column in wanted[:6])


def _place_in_contract(found: HeaderColumn) -> int:
    """Where the wording of a header stands among those of its column; behind all where it is a variation of one."""
    assert found.column is not None
    keys = [label_key(header) for header in found.column.headers]
    places = [keys.index(key) for part in found.parts if (key := label_key(split_unit(part)[0])) in keys]
    return min(places, default=len(keys))


def by_field_of(header: Header) -> dict[str, HeaderColumn]:
    """The sheet's column of each field; of two wordings for one field, the contract's first."""
    found = [c for c in header.columns if c.kind == "field" and c.column and c.column.field]
    return {
        c.column.field: c
        for c in sorted(found, key=_place_in_contract, reverse=True)
        if c.column and c.column.field
    }


def check_header(header: Header, sheet: str, job: Job, out: Outcome) -> bool:
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
