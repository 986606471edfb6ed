"""What holds for every feed that we ship: the canonical names and the Thai labels of its fields are headers that it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingest.contract import AGENCIES, Contract, load_contracts, load_fields
from ingest.contract.wordings import vocabulary
from ingest.normalise.text import label_key

CONTRACTS = load_contracts(AGENCIES)
CELLS = {
    "code": "1",
    "date": "30/09/2566",
    "year": "2566",
    "boolean": "ใช่",
    "integer": "3",
    "number": "10",
    "tambon_code": "740104",
}


def _cell(contract: Contract, field: str) -> str:
    column = contract.by_field[field]
    if column.lookup:
        return next(iter(column.lookup))
    if column.width:
        return "1".zfill(column.width)
    measure = load_fields().measures_of(contract.record_kind).get(field)
    if measure and measure.unit == "degrees":
        return {"latitude": "13.5", "longitude": "100.5"}[field]
    return CELLS.get(contract.type_of(column), "ก")


@pytest.mark.parametrize("feed", CONTRACTS)
def test_a_file_headed_by_the_fields_own_names(conformed: Callable[..., Any], feed: str) -> None:
    contract = CONTRACTS[feed]
    fields = list(contract.by_field)
    cells = [_cell(contract, field) for field in fields]
    run = conformed(feed, f"{','.join(fields)}\n{','.join(cells)}\n")
    assert run.report.headers_matched == {field: field for field in fields}
    assert run.report.rows_conformed == 1 and not run.told and not run.report.warnings
    year = contract.period.field
    assert run.column(year)[0] == 2023
    measures = load_fields().measures_of(contract.record_kind)
    if contract.record_kind == "area_statistic":
        assert set(run.column("indicator_code")) == set(fields) & set(measures)
        assert set(run.column("value")) == {10}
    else:
        for field in set(fields) & set(measures) - {"latitude", "longitude"}:
            assert run.column(field) == [10], field


@pytest.mark.parametrize("feed", CONTRACTS)
def test_the_thai_label_of_a_field_is_its_header(feed: str) -> None:
    contract, fields = CONTRACTS[feed], load_fields()
    words = vocabulary(contract)
    known = {**fields.identity, **fields.measures_of(contract.record_kind)}
    for field, column in contract.by_field.items():
        found = words.get(label_key(known[field].label_th))
        # One word may name two fields (ประเภทกองทุน): the contract then says which of its columns is meant by it.
        said = found is not None and known[field].label_th in found.headers
        assert found is column or said, field


@pytest.mark.parametrize("feed", CONTRACTS)
def test_every_label_of_a_lookup_is_found(conformed: Callable[..., Any], feed: str) -> None:
    """Also inside '[4]label', as exports write it; the canonical value itself is a label."""
    contract = CONTRACTS[feed]
    fields = list(contract.by_field)
    for field, column in contract.by_field.items():
        if not column.lookup:
            continue
        labels = [label for label in (*column.lookup, *column.lookup.values()) if "," not in label]
        base = [_cell(contract, name) for name in fields]
        at = fields.index(field)
        rows = [",".join([*base[:at], label, *base[at + 1 :]]) for label in labels]
        run = conformed(feed, "\n".join([",".join(fields), *rows]) + "\n")
        expected = [column.lookup.get(label, label) for label in labels]
        read = [str(value).lower() if isinstance(value, bool) else value for value in run.column(field)]
        assert read == expected, field
