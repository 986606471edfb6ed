"""Mending lists of a release, of one delivery, and of a file that was not sent yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from ingest.contract import Contract
from ingest.contract.kept import Usable, usable_contracts
from ingest.contract.load import load_agencies
from ingest.contract.model import Agency
from ingest.home import Home
from ingest.landing import arrivals
from release.mending.book import write_book
from release.mending.content import MAX_LOOSE, TO_MEND, MendingList, Source, gather

if TYPE_CHECKING:
    from ingest.landing import Arrival

LIST_FOLDER: Final = "mending"
"""Folder of a release that holds a list for every agency with something to mend: `mending/<agency>.xlsx`."""


class MendingError(ValueError):
    """What was asked for cannot be listed; the message says why, Thai and English."""


def write_agency_lists(
    home: Home,
    quality_dir: Path,
    out: Path,
    *,
    release_id: str,
    made_at: datetime,
) -> list[Path]:
    """Write `<agency>.xlsx` into `out` for every agency with something to mend. `out` is made only where there is one.

    Args:
        quality_dir: where `dq_finding.parquet` and the other quality tables lie.

    Raises:
        OSError: a delivered file is gone, or `out` cannot be written.
    """
    findings = pl.read_parquet(quality_dir / "dq_finding.parquet")
    usable, landed = usable_contracts(home), arrivals(home)
    known = {contract.agency_code for contract in usable.contracts.values()}
    agencies = (
        findings.filter(pl.col("severity").is_in(TO_MEND) & pl.col("agency_code").is_in(list(known)))[
            "agency_code"
        ]
        .unique()
        .sort()
    )
    written = []
    for agency in agencies:
        content = list_of_agency(
            home, quality_dir, str(agency), release_id=release_id, made_at=made_at,
            usable=usable, landed=landed,
        )  # fmt: skip
        if not content.is_empty:
            out.mkdir(parents=True, exist_ok=True)
            path = out / f"{agency}.xlsx"
            write_book(content, path)
            written.append(path)
    return written


def list_of_agency(
    home: Home,
    quality_dir: Path,
    agency_code: str,
    *,
    release_id: str,
    made_at: datetime,
    delivery_id: str | None = None,
    check: str | None = None,
    usable: Usable | None = None,
    landed: Sequence[Arrival] | None = None,
) -> MendingList:
    """What an agency has to mend, of all its deliveries or of one, of all checks or of one (`check`: its id or how it begins).

    Raises:
        MendingError: no such agency or delivery.
        OSError: a delivered file is gone.
    """
    usable = usable or usable_contracts(home)
    feeds = usable.contracts
    known = landed if landed is not None else arrivals(home)
    if agency_code not in {contract.agency_code for contract in feeds.values()}:
        raise MendingError(f"ไม่มีหน่วยงาน {agency_code} · no agency {agency_code!r}")
    own = [arrival for arrival in known if arrival.agency_code == agency_code and arrival.feed_code in feeds]
    if delivery_id is not None and delivery_id not in {arrival.delivery_id for arrival in own}:
        raise MendingError(
            f"ไม่มีการส่ง {delivery_id} ของ {agency_code} · no delivery {delivery_id!r} of {agency_code}"
        )
    findings = pl.read_parquet(quality_dir / "dq_finding.parquet").filter(
        pl.col("agency_code") == agency_code
    )
    if delivery_id is not None:
        findings = findings.filter(pl.col("delivery_id") == delivery_id)
    if check is not None:
        findings = findings.filter(
            (pl.col("check_id") == check) | pl.col("check_id").str.starts_with(f"{check}:")
        )
    deliveries = pl.read_parquet(quality_dir / "dq_delivery.parquet").filter(
        pl.col("delivery_id").is_in([arrival.delivery_id for arrival in own])
    )
    rows_in = dict(deliveries.select("delivery_id", "rows_in").iter_rows())
    sources = {
        arrival.delivery_id: Source(
            arrival.delivery_id,
            arrival.file_name,
            home.root / arrival.object_path,
            feeds[arrival.feed_code],
            rows_in.get(arrival.delivery_id),
        )
        for arrival in own
    }
    checks = pl.read_parquet(quality_dir / "dq_check.parquet")
    results = pl.read_parquet(quality_dir / "dq_result.parquet").filter(pl.col("agency_code") == agency_code)
    made = _made(findings, sources, checks, results, agency_code, usable.agencies.get(agency_code))
    return replace(
        made,
        release_id=release_id,
        made_at=made_at,
        home_kind=home.kind() or "real",
    )


def list_of_file(
    path: Path, file_name: str, contract: Contract, delivery_id: str, findings: pl.DataFrame, checks: pl.DataFrame,
    results: pl.DataFrame, rows_in: int, made_at: datetime,
) -> MendingList:  # fmt: skip
    """What is to be mended in a file that was not sent yet; `checks` and `results` are those of its admission."""
    source = Source(delivery_id, file_name, path, contract, rows_in)
    code = contract.agency_code
    made = _made(findings, {delivery_id: source}, checks, results, code, load_agencies().get(code))
    return replace(made, made_at=made_at)


def _made(
    findings: pl.DataFrame,
    sources: Mapping[str, Source],
    checks: pl.DataFrame,
    results: pl.DataFrame,
    agency_code: str,
    agency: Agency | None,
) -> MendingList:
    absent = [name for name in ("field", "suggested_value") if name not in findings.columns]
    findings = findings.with_columns(
        pl.lit(None, pl.String).alias(name) for name in absent
    )  # an older release
    order = {one: place for place, one in enumerate(sources)}
    to_mend = findings.filter(pl.col("severity").is_in(TO_MEND)).sort(
        pl.col("delivery_id").replace_strict(order, default=len(order), return_dtype=pl.Int64),
        "sheet", "row_number", "check_id", "finding_id", nulls_last=True,
    )  # fmt: skip
    sheets, loose, unreadable = gather(to_mend, sources)
    return MendingList(
        agency_code=agency_code,
        agency_th=agency.name_th if agency else agency_code,
        agency_en=agency.name_en if agency else agency_code,
        release_id="",
        made_at=datetime.min.replace(tzinfo=UTC),
        home_kind="",
        sheets=sheets,
        loose=loose.head(MAX_LOOSE),
        loose_total=loose.height,
        checks=_by_check(to_mend, checks, results),
        told_only=findings.height - to_mend.height,
        unreadable=unreadable,
    )


def _by_check(findings: pl.DataFrame, checks: pl.DataFrame, results: pl.DataFrame) -> pl.DataFrame:
    """Findings by check, with what was looked at in all (`of`; NULL where a check counts no cases)."""
    counted = findings.group_by("check_id").agg(n=pl.len(), severity=pl.col("severity").min())
    looked = results.group_by("check_id").agg(of=pl.col("denominator").sum())
    told = checks.unique("check_id", keep="first").select(
        "check_id", "title_th", "title_en", "mend_th", "mend_en"
    )
    joined = counted.join(looked, on="check_id", how="left").join(told, on="check_id", how="left")
    return joined.with_columns(
        pl.coalesce("title_th", "check_id"),
        pl.coalesce("title_en", "check_id"),
        of=pl.when(pl.col("of") > 0).then("of"),
    ).sort("n", "check_id", descending=[True, False])
