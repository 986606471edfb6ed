"""In which release each delivery was first published, and what was known then.

One Parquet part a release in `history/`, written once when the release is published. The parts outlive the
releases: a revision keeps the release that it was first in after that release was pruned.
"""

from __future__ import annotations

import os
import re
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.home import Home
from release.errors import ReleaseError
from release.models import Manifest
from release.paths import QUALITY_PREFIX, fsync_path, resolve_current
from release.verify import read_manifest

if TYPE_CHECKING:
    import polars as pl

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BE_FROM, _BE = 2400, 543  # a year from 2400 on is พ.ศ.


def record_release(home: Home, manifest: Manifest) -> Path:
    """Write the part of a published release: its deliveries. Writing it again changes nothing, but mends a damaged part.

    Raises:
        OSError: the home cannot be written.
    """
    path = home.history / f"{manifest.release_id}.parquet"
    if path.exists() and _read(path) is not None:
        return path
    home.history.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=home.history, prefix=".part-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            _part(manifest).write_parquet(file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    fsync_path(home.history)
    return path


def _schema() -> dict[str, pl.DataType]:
    import polars as pl

    return {
        "release_id": pl.String(),
        "released_at": pl.Datetime("us", "UTC"),
        "delivery_id": pl.String(),
    }


def _part(manifest: Manifest) -> pl.DataFrame:
    """Release × delivery; a release made from nothing has one row without a delivery."""
    import polars as pl

    return pl.DataFrame(
        {
            "release_id": manifest.release_id,
            "released_at": manifest.created_at,
            "delivery_id": [one.delivery_id for one in manifest.inputs] or [None],
        },
        schema=_schema(),
    )


def _read(path: Path) -> pl.DataFrame | None:
    """A part, or None where the file is damaged or is no part of the release it is named after."""
    import polars as pl

    try:
        part = pl.read_parquet(path)
        if part.columns != list(_schema()):
            return None
        part = part.cast(_schema())  # type: ignore[arg-type]
    except (OSError, pl.exceptions.PolarsError):
        return None
    named = part["release_id"].unique().to_list()
    return part if named in ([], [path.stem]) and part["released_at"].null_count() == 0 else None


def releases_known(home: Home) -> pl.DataFrame:
    """Release × delivery of every release ever published: `release_id, released_at, delivery_id`.

    Parts that are missing (releases published before there were parts, or whose process died before it wrote one)
    or damaged are made up for from the manifests that are still there.

    Raises:
        ReleaseError: a part is damaged and its release is pruned, so that nothing else says what was in it.
    """
    import polars as pl

    parts = {path.stem: _read(path) for path in sorted(home.history.glob("*.parquet"))}
    for folder in sorted(path.parent for path in home.releases.glob("*/manifest.json")):
        if folder.name.startswith((QUALITY_PREFIX, ".")) or folder.is_symlink():
            continue
        if parts.get(folder.name) is None:
            try:
                manifest = read_manifest(folder)
            except ReleaseError:
                continue
            if manifest.release_id == folder.name:
                parts[folder.name] = _part(manifest)
    damaged = [name for name, part in parts.items() if part is None]
    if damaged:
        files = ", ".join(f"history/{name}.parquet" for name in damaged)
        raise ReleaseError(
            f"บันทึกว่าข้อมูลใดเผยแพร่ในรุ่นใดเสียหาย: {files} ให้กู้จากสำเนาสำรอง "
            "หากไม่มีสำเนาจึงลบไฟล์ แล้วข้อมูลของรุ่นนั้นจะนับว่าเผยแพร่ครั้งแรกในรุ่นถัดไป · "
            f"The record of which release a delivery was first in is damaged: {files}. Restore it from a backup; "
            "without one remove the file, and what was first in that release counts as first in the next"
        )
    frames = [part for _, part in sorted(parts.items()) if part is not None]
    return pl.concat([pl.DataFrame(schema=_schema()), *frames]).unique(maintain_order=True)


def first_releases(home: Home) -> pl.DataFrame:
    """Grain: delivery. `delivery_id, first_release_id, first_released_at`; a delivery never published is not in it.

    Raises:
        ReleaseError: as `releases_known`.
    """
    import polars as pl

    return (
        releases_known(home)
        .filter(pl.col("delivery_id").is_not_null())
        .sort("release_id")
        .group_by("delivery_id", maintain_order=True)
        .agg(
            pl.col("release_id").first().alias("first_release_id"),
            pl.col("released_at").first().alias("first_released_at"),
        )
    )


def release_as_of(home: Home, wanted: str) -> str:
    """The id of the release that `wanted` means: an id, `current`, or a day (YYYY-MM-DD, the year CE or พ.ศ.: the
    last release made up to its end, UTC).

    Raises:
        ReleaseError: no such release was ever published, or none had been by that day; or as `releases_known`.
    """
    if wanted == "current":
        folder = resolve_current(home)
        if folder is None:
            raise ReleaseError("ยังไม่มีข้อมูลที่เผยแพร่ · Nothing is published yet")
        return folder.name
    known = releases_known(home).select("release_id", "released_at").unique().sort("release_id")
    if _DAY.fullmatch(wanted):
        day = _day(wanted)
        made = [(name, at) for name, at in known.iter_rows() if at.date() <= day]
        if not made:
            shown = known["released_at"][0].date().isoformat() if known.height else "-"
            raise ReleaseError(
                f"ยังไม่มีรุ่นใดเผยแพร่จนถึงวันที่ {wanted} (รุ่นแรก {shown}) · "
                f"No release had been published by {wanted} (the first: {shown})"
            )
        return str(made[-1][0])
    if wanted in set(known["release_id"]):
        return wanted
    listed = ", ".join(known["release_id"].to_list()[-5:]) or "-"
    raise ReleaseError(
        f"ไม่เคยเผยแพร่รุ่น {wanted} รุ่นล่าสุด: {listed} · No release {wanted} was ever published; the newest: {listed}"
    )


def _day(text: str) -> date:
    year, month, day = (int(part) for part in text.split("-"))
    try:
        return date(year - (_BE if year >= _BE_FROM else 0), month, day)
    except ValueError as error:
        raise ReleaseError(f"วันที่ไม่ถูกต้อง: {text} · Not a day: {text}") from error
