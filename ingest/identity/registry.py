"""The registry of fund ids: append-only Parquet, one part a build, in `identity/registry/` of a home."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import polars as pl
from filelock import FileLock

from ingest.home import Home

EVENT_SCHEMA: dict[str, pl.DataType] = {
    "event_id": pl.String(),
    "event": pl.String(),
    "source_fund_key": pl.String(),
    "feed_code": pl.String(),
    "fund_code": pl.String(),
    "fund_id": pl.String(),
    "previous_fund_id": pl.String(),
    "method": pl.String(),
    "probability": pl.Float64(),
    "reason": pl.String(),
    "decided_by": pl.String(),
    "decided_on": pl.Date(),
    "build_id": pl.String(),
}
LOCK_SECONDS = 60


class RegistryError(Exception):
    """A part of the registry cannot be read, or would be overwritten. str() is for the user: Thai first, then English."""


def registry_folder(home: Home) -> Path:
    """Where the parts lie."""
    return home.identity / "registry"


def read_registry(home: Home) -> pl.DataFrame:
    """Every event ever recorded, builds in order (EVENT_SCHEMA); one event a source fund and build at most.

    Raises:
        RegistryError: a part is damaged or is no registry part.
    """
    folder = registry_folder(home)
    parts = [_read(path) for path in sorted(folder.glob("*.parquet"))] if folder.is_dir() else []
    return ordered(pl.concat(parts)) if parts else pl.DataFrame(schema=EVENT_SCHEMA)


def ordered(events: pl.DataFrame) -> pl.DataFrame:
    """Events in the order in which they happened."""
    return events.sort("build_id", "source_fund_key")


def append_events(home: Home, build_id: str, events: pl.DataFrame) -> int:
    """Record a build's events; what is recorded already stays as it is. Returns how many are new.

    The part appears whole or not at all, whatever kills the process.

    Raises:
        RegistryError: the part is damaged, or the events are another build's.
        ValueError: `build_id` cannot name a file.
    """
    if not build_id or not all(letter.isalnum() or letter in "-_" for letter in build_id):
        raise ValueError(f"not a build id: {build_id!r}")
    new = events.select(pl.col(name).cast(dtype) for name, dtype in EVENT_SCHEMA.items())
    if new.filter(pl.col("build_id").ne_missing(build_id)).height:
        raise RegistryError(
            f"มีเหตุการณ์ของรอบอื่นปนกับรอบ {build_id} · There are events of another build than {build_id}"
        )
    folder = registry_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{build_id}.parquet"
    with FileLock(folder / ".lock", timeout=LOCK_SECONDS):
        kept = _read(path) if path.exists() else pl.DataFrame(schema=EVENT_SCHEMA)
        fresh = new.unique("event_id", keep="first", maintain_order=True).join(
            kept, on="event_id", how="anti"
        )
        if fresh.is_empty():
            return 0
        _write(ordered(pl.concat([kept, fresh])), path)
    return fresh.height


def _read(path: Path) -> pl.DataFrame:
    try:
        part = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise RegistryError(_damaged(path)) from error
    if part.schema != pl.Schema(EVENT_SCHEMA):
        raise RegistryError(_damaged(path))
    return part


def _damaged(path: Path) -> str:
    return (
        f"ทะเบียนรหัสกองทุน {path.name} เสียหาย ให้กู้จากสำเนาสำรอง ห้ามลบ เพราะรหัสกองทุนจะเปลี่ยน\n"
        f"Registry part {path.name} is damaged: restore it from a backup; do not delete it, or fund ids will change"
    )


def _write(frame: pl.DataFrame, path: Path) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            frame.write_parquet(file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
