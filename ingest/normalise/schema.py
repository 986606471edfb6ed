"""The schema of the conformed tables: every file of a record kind has all of it."""

from __future__ import annotations

import polars as pl

from ingest.contract.fields import load_fields

PROVENANCE: dict[str, pl.DataType] = {
    "delivery_id": pl.String(),
    "agency_code": pl.String(),
    "feed_code": pl.String(),
    "sheet": pl.String(),
    "row_number": pl.Int64(),
}
PLACE: dict[str, pl.DataType] = {
    "reported_tambon_code": pl.String(),
    "reported_code6": pl.String(),
    "moo": pl.Int16(),
    "reported_tambon": pl.String(),
    "reported_amphoe": pl.String(),
    "reported_province": pl.String(),
}
REJECTED: dict[str, pl.DataType] = {
    **PROVENANCE,
    **dict.fromkeys(
        ("disposition", "reason_code", "column_name", "value", "message_th", "message_en", "cells_json"),
        pl.String(),
    ),
}
CELLS: dict[str, pl.DataType] = {
    **PROVENANCE,
    **dict.fromkeys(
        ("column_name", "field", "value", "error_code", "severity", "expected_th", "expected_en"), pl.String()
    ),
}


def conformed_schema(record_kind: str) -> dict[str, pl.DataType]:
    """Columns and types of a record kind's conformed table, in order."""
    if record_kind == "area_statistic":
        own: dict[str, pl.DataType] = {
            "indicator_code": pl.String(),
            "calendar_year": pl.Int16(),
            "reference_date": pl.Date(),
            "value": pl.Float64(),
        }
    else:
        own = {
            "programme_code": pl.String(),
            "fiscal_year": pl.Int16(),
            **dict.fromkeys(
                ("fund_code", "fund_name", "fund_type", "fund_branch", "fund_status", "juristic_number"),
                pl.String(),
            ),
            "founded_on": pl.Date(),
            "grade": pl.String(),
            "fund_level": pl.String(),
            "accounts_filed": pl.Boolean(),
            **dict.fromkeys(load_fields().fund_measures, pl.Float64()),
        }
    return {**PROVENANCE, **PLACE, **own}
