"""Which delivered rows the mending lists of a home took the place of: for the warehouse, and for the lives of findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from ingest.contract.model import Contract
from ingest.home import Home
from ingest.landing.models import Arrival
from ingest.mending.mended_file import MENDED, load_mended, mended_rows

REPLACED: Final[dict[str, pl.DataType]] = {
    "feed_code": pl.String(),
    "delivery_id": pl.String(),
    "sheet": pl.String(),
    "row_number": pl.Int64(),
    "by_delivery_id": pl.String(),
    "by_sheet": pl.String(),
    "by_row_number": pl.Int64(),
    "action": pl.String(),
    "is_dropped": pl.Boolean(),
}
"""One row a delivered row (delivery, sheet, row number) and the row of a list that mended or deleted it.

`is_dropped`: the old row is left out of the warehouse, because its record has another key now, or is gone."""
_ROW: Final = ("delivery_id", "sheet", "row_number")
_PLACE: Final = ("reported_tambon_code", "reported_tambon", "reported_amphoe", "reported_province", "moo")
# A fund without a code is known by its name and where it lies; with one by that alone.
_UNCODED: Final = ("fund_name", *_PLACE)
_MAX_ROUNDS: Final = 50


def replaced_rows(
    home: Home, contracts: Mapping[str, Contract], arrivals: Iterable[Arrival], admitted: Collection[str]
) -> pl.DataFrame:
    """Rows that the admitted corrected deliveries (ids in `admitted`) took the place of; columns REPLACED.

    A list may mend a row of an earlier list: the row that one mended is replaced too. A mended row that could not be read again
    replaces nothing.

    Raises:
        OSError, ValueError: a corrected delivery in landing cannot be read.
    """
    landed = [one for one in arrivals if one.is_mending and one.feed_code in contracts]
    if not landed:
        return pl.DataFrame(schema=REPLACED)
    links = pl.concat([_links(home, one) for one in landed])
    rows = _with_earlier(links).filter(pl.col("by_delivery_id").is_in(list(admitted)))
    parts = [pl.DataFrame(schema=REPLACED)]
    for (feed_code,), group in rows.group_by("feed_code", maintain_order=True):
        parts.append(_judged(home, contracts[str(feed_code)], group))
    return pl.concat(parts).sort("feed_code", "by_delivery_id", "by_sheet", "by_row_number", *_ROW)


def _links(home: Home, arrival: Arrival) -> pl.DataFrame:
    content = load_mended(home.root / arrival.object_path)
    return mended_rows(content).select(
        *MENDED, feed_code=pl.lit(arrival.feed_code), by_delivery_id=pl.lit(arrival.delivery_id)
    )


def _with_earlier(links: pl.DataFrame) -> pl.DataFrame:
    """Each row with those it replaces in turn, through lists of lists."""
    found, newest = links, links
    earlier = links.select(
        *_ROW,
        *(pl.col(f"by_{name}").alias(f"via_{name}") for name in _ROW),
    )
    for _ in range(_MAX_ROUNDS):
        newest = (
            newest.rename({name: f"via_{name}" for name in _ROW})
            .join(earlier, on=[f"via_{name}" for name in _ROW], how="inner")
            .select(links.columns)
        )
        if not newest.height:
            break
        found = pl.concat([found, newest])
    return found.unique(maintain_order=True)


def _judged(home: Home, contract: Contract, links: pl.DataFrame) -> pl.DataFrame:
    """Which of the rows are left out: of mended ones, those whose record has another key now."""
    folder = home.conformed / contract.record_kind / contract.feed.replace("/", ".")
    kept = links.filter(pl.col("action") == "mended")
    gone = links.filter(pl.col("action") == "deleted").with_columns(is_dropped=pl.lit(True))
    keys = key_columns(contract)
    before = _keys(folder, kept["delivery_id"].unique().to_list(), keys)
    after = _keys(folder, kept["by_delivery_id"].unique().to_list(), keys)
    both = kept.join(
        after.rename({name: f"by_{name}" for name in _ROW}), on=[f"by_{name}" for name in _ROW], how="inner"
    ).join(before, on=list(_ROW), how="left", suffix="_before")
    same: pl.Expr
    if contract.record_kind == "fund_report":
        uncoded = pl.all_horizontal(pl.col(key).eq_missing(pl.col(f"{key}_before")) for key in _UNCODED)
        both_coded = pl.col("fund_code").is_not_null() & pl.col("fund_code_before").is_not_null()
        same = pl.all_horizontal(
            pl.col(key).eq_missing(pl.col(f"{key}_before")) for key in ("fund_code", contract.period.field)
        ) & (both_coded | uncoded)
    else:
        # Of these the warehouse keeps the latest word alone; a place told otherwise would stand beside it.
        same = pl.lit(False)
    judged = both.with_columns(is_dropped=~same)
    return pl.concat([one.select(*REPLACED) for one in (judged, gone)])


def key_columns(contract: Contract) -> list[str]:
    """The conformed columns by which a record of this feed is known."""
    if contract.record_kind == "fund_report":
        return ["fund_code", contract.period.field, *_UNCODED]
    return [contract.period.field]


def _keys(folder: Path, delivery_ids: list[str], keys: list[str]) -> pl.DataFrame:
    paths = [path for one in delivery_ids if (path := folder / f"{one}.parquet").is_file()]
    if not paths:
        schema = {"delivery_id": pl.String, "sheet": pl.String, "row_number": pl.Int64}
        return pl.DataFrame(schema={**schema, **dict.fromkeys(keys, pl.String)})
    # An area's row is one row an indicator: its keys once.
    return pl.concat([pl.scan_parquet(path).select(*_ROW, *keys) for path in paths]).unique().collect()
