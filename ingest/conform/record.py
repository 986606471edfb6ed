"""Parsed fields as the record kind's conformed table."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ingest.conform.job import Job, provenance
from ingest.conform.told import told_cells
from ingest.contract.fields import load_fields
from ingest.contract.model import Contract
from ingest.normalise.schema import conformed_schema
from ingest.readers.headers import HeaderColumn

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


def unswap_coordinates(
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
        told_cells(kept_rows, by_field[name], raw_kept[at[name]], none, note, name)
        for name in ("latitude", "longitude")
    )
    return [part for part in parts if part is not None]


def _with_code(frame: pl.DataFrame, code: str, made_of: tuple[str, ...]) -> pl.DataFrame:
    """Rows without a code get one from what tells them apart in words, the same in every file that has the same words."""
    words = [pl.col(name).cast(pl.String) for name in made_of if name in frame.columns]
    if not words:
        return frame
    made = pl.concat_str(words, separator=" / ", ignore_nulls=True)
    own = [pl.col(code)] if code in frame.columns else []
    return frame.with_columns(pl.coalesce(*own, pl.when(made != "").then(made)).alias(code))


def _filled_totals(contract: Contract, names: list[str]) -> list[pl.Expr]:
    """Totals that the file leaves to the reader, as the contract's parts say; NULL where the first part is not given."""
    totals = []
    for rule in contract.parts:
        given = [part for part in rule.parts if part in names]
        if not rule.fill_total or rule.parts[0] not in given:
            continue
        total = pl.col(given[0]) + sum((pl.col(part).fill_null(0) for part in given[1:]), pl.lit(0.0))
        own = [pl.col(rule.total)] if rule.total in names else []
        totals.append(pl.coalesce(*own, total).alias(rule.total))
    return totals


def shape(values: pl.DataFrame, job: Job, sheet: str) -> pl.DataFrame:
    """Parsed fields as the record kind's conformed table."""
    contract = job.contract
    names = values.columns
    frame = provenance(values, sheet, job)
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
    frame = frame.with_columns(_filled_totals(contract, names))
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
