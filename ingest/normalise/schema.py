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

# One column of text a field of the contract stands beside these, in the order of the file.
TYPED: dict[str, pl.DataType] = {"delivery_id": pl.String(), "sheet": pl.String(), "row_number": pl.Int64()}


def _texts(names: str) -> dict[str, pl.DataType]:
    return dict.fromkeys(names.split(), pl.String())


def _own(record_kind: str) -> dict[str, pl.DataType]:
    """What a record kind has beside provenance, place and measures."""
    if record_kind == "area_statistic":
        return {
            "indicator_code": pl.String(),
            "calendar_year": pl.Int16(),
            "reference_date": pl.Date(),
            "value": pl.Float64(),
        }
    if record_kind == "site":
        return {
            **_texts("site_code site_name site_type site_status host_name topic"),
            "fiscal_year": pl.Int16(),
            "opened_on": pl.Date(),
        }
    if record_kind == "event":
        return {
            **_texts("event_code event_name event_type region venue participant_code participant_name"),
            **_texts("participant_role"),
            "fiscal_year": pl.Int16(),
            "starts_on": pl.Date(),
            "ends_on": pl.Date(),
        }
    if record_kind == "published_total":
        return {
            **_texts(
                "total_code measure_code programme_code fund_type fund_status area_level area_name part_of"
            ),
            **_texts("source source_url"),
            "fiscal_year": pl.Int16(),
            "as_of_on": pl.Date(),
        }
    return {
        "programme_code": pl.String(),
        "fiscal_year": pl.Int16(),
        **_texts("fund_code fund_name fund_type fund_branch fund_status juristic_number registration_number"),
        **_texts("network product"),
        "received_year": pl.Int16(),
        "founded_on": pl.Date(),
        "financial_year_end": pl.Date(),
        "grade": pl.String(),
        "fund_level": pl.String(),
        "accounts_filed": pl.Boolean(),
    }


def conformed_schema(record_kind: str) -> dict[str, pl.DataType]:
    """Columns and types of a record kind's conformed table, in order."""
    own = _own(record_kind)
    # An area statistic has one row an indicator: its measures stand in `value`.
    measures = {} if record_kind == "area_statistic" else load_fields().measures_of(record_kind)
    return {**PROVENANCE, **PLACE, **own, **dict.fromkeys(measures, pl.Float64())}
