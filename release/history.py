"""In which release each delivery was first published, and what was known then.

One Parquet part a release in `history/`, written once when the release is published. The parts outlive the
releases: a revision keeps
the release that it was first in after that release was pruned.
"""

from __future__ import annotations

import os
import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.home import Home
from release.errors import ReleaseError
from release.models import Manifest
from release.paths import QUALITY_PREFIX, resolve_current
from release.verify import read_manifest

if TYPE_CHECKING:
    import polars as pl

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def record_release(home: Home, manifest: Manifest) -> Path:
    """Write the part of a published release: its deliveries. Writing it again changes nothing.

    Raises:
        OSError: the home cannot be written.
    """
    import polars as pl

    path = home.history / f"{manifest.release_id}.parquet"
    if path.exists():
        return path
    frame = pl.DataFrame(
        {
            "release_id": manifest.release_id,
            "released_at": manifest.created_at,
            "delivery_id": [one.delivery_id for one in manifest.inputs],
        },
        schema=_schema(),
    )
    home.history.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    frame.write_parquet(temporary)
    temporary.replace(path)
    return path


def _schema() -> dict[str, pl.DataType]:
    import polars as pl

    return {
        "release_id": pl.String(),
        "released_at": pl.Datetime("us", "UTC"),
        "delivery_id": pl.String(),
    }


def releases_known(home: Home) -> pl.DataFrame:
    """Release × delivery of every release ever published: `release_id, released_at, delivery_id`.

    Parts of releases that were published before there were parts, or whose process died before it wrote
    one, are made up for from the
    manifests that are still there.
    """
    import polars as pl

    parts = [pl.read_parquet(path).cast(_schema()) for path in sorted(home.history.glob("*.parquet"))]  # type: ignore[arg-type]
    known = {path.stem for path in home.history.glob("*.parquet")}
    for folder in sorted(home.releases.glob("*/manifest.json")):
        name = folder.parent.name
        if name in known or name.startswith((QUALITY_PREFIX, ".")) or folder.parent.is_symlink():
            continue
        try:
            manifest = read_manifest(folder.parent)
        except ReleaseError:
            continue
        parts.append(
            pl.DataFrame(
                {
                    "release_id": name,
                    "released_at": manifest.created_at,
                    "delivery_id": [one.delivery_id for one in manifest.inputs],
                },
                schema=_schema(),
            )
        )
    return pl.concat([pl.DataFrame(schema=_schema()), *parts]).unique(maintain_order=True)


def first_releases(home: Home) -> pl.DataFrame:
    """Grain: delivery. `delivery_id, first_release_id, first_released_at`; a delivery never published is not in it."""
    import polars as pl

    return (
        releases_known(home)
        .sort("release_id")
        .group_by("delivery_id", maintain_order=True)
        .agg(
            pl.col("release_id").first().alias("first_release_id"),
            pl.col("released_at").first().alias("first_released_at"),
        )
    )


def release_as_of(home: Home, wanted: str) -> str:
    """The id of the release that `wanted` means: an id, `current`, or a day (YYYY-MM-DD: the last release
    made up to its end, UTC).

    Raises:
        ReleaseError: no such release was ever published, or none had been by that day.
    """
    known = releases_known(home).select("release_id", "released_at").unique().sort("release_id")
    if wanted == "current":
        folder = resolve_current(home)
        if folder is None:
            raise ReleaseError("ยังไม่มีข้อมูลที่เผยแพร่ · Nothing is published yet")
        return folder.name
    if _DAY.fullmatch(wanted):
        try:
            day = date.fromisoformat(wanted)
        except ValueError as error:
            raise ReleaseError(f"วันที่ไม่ถูกต้อง: {wanted} · Not a day: {wanted}") from error
        made = [row for row in known.iter_rows() if isinstance(row[1], datetime) and row[1].date() <= day]
        if not made:
            first = known["released_at"][0].date().isoformat() if known.height else "-"
            raise ReleaseError(
                f"ยังไม่มีรุ่นใดเผยแพร่จนถึงวันที่ {wanted} (รุ่นแรก {first}) · "
                f"No release had been published by {wanted} (the first: {first})"
            )
        return str(made[-1][0])
    if wanted in set(known["release_id"]):
        return wanted
    listed = ", ".join(known["release_id"].to_list()[-5:]) or "-"
    raise ReleaseError(
        f"ไม่เคยเผยแพร่รุ่น {wanted} รุ่นล่าสุด: {listed} · No release {wanted} was ever published; the newest: {listed}"
    )
