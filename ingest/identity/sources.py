"""The table that linking works on: one row a source fund (a fund as one agency's feed names it)."""

from __future__ import annotations

import polars as pl

SOURCE_SCHEMA: dict[str, pl.DataType] = {
    "source_fund_key": pl.String(),
    "feed_code": pl.String(),
    "agency_code": pl.String(),
    "programme_code": pl.String(),
    "family": pl.String(),
    "fund_code": pl.String(),
    "fund_name": pl.String(),
    "tambon_unit_id": pl.String(),
    "tambon_code": pl.String(),
    "amphoe_code": pl.String(),
    "province_code": pl.String(),
    "moo": pl.Int16(),
    "founded_on": pl.Date(),
    "juristic_number": pl.String(),
    "registration_number": pl.String(),
    "members_persons": pl.Float64(),
    "savings_thb": pl.Float64(),
    "first_fiscal_year": pl.Int16(),
    "last_fiscal_year": pl.Int16(),
}


def normal_sources(sources: pl.DataFrame) -> pl.DataFrame:
    """The table with its columns typed, in order, sorted by key; a column that is not there is NULL throughout.

    Raises:
        ValueError: two rows have one key, or a row has no key or feed.
    """
    frame = sources.select(
        (pl.col(name) if name in sources.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in SOURCE_SCHEMA.items()
    ).sort("source_fund_key")
    if frame["source_fund_key"].n_unique() != frame.height:
        raise ValueError("sources: source_fund_key must be unique")
    if frame.select(pl.any_horizontal(pl.col("source_fund_key", "feed_code").is_null().any())).item():
        raise ValueError("sources: source_fund_key and feed_code must not be NULL")
    return frame
