"""The append-only logs: one JSON object a line, each line on disk before the step after it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ingest.home import Home
from ingest.landing.errors import LandingError
from ingest.landing.models import Arrival, LogEntry, Mending, Refusal

__all__ = [
    "LandingError",
    "append",
    "arrivals",
    "cut_torn_tail",
    "log_entries",
    "mendings",
    "refusal_entries",
    "refusals",
]

_M = TypeVar("_M", bound=BaseModel)


def fsync_dir(folder: Path) -> None:
    """Make renames and new names in a folder last through a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def append(path: Path, record: BaseModel) -> None:
    """Append one line and return when it is on disk."""
    is_new = not path.exists()
    line = record.model_dump_json().encode() + b"\n"
    with path.open("ab", buffering=0) as log:
        log.write(line)
        os.fsync(log.fileno())
    if is_new:
        fsync_dir(path.parent)


def cut_torn_tail(path: Path) -> None:
    """Remove a last line without its line end: a killed run wrote it, and its inbox file is still there."""
    if not path.exists():
        return
    with path.open("r+b") as log:
        data = log.read()
        whole = data.rfind(b"\n") + 1
        if whole != len(data):
            log.truncate(whole)
            os.fsync(log.fileno())


def _lines(path: Path, model: type[_M]) -> Iterator[_M]:
    if not path.exists():
        return
    data = path.read_bytes()
    for number, line in enumerate(data[: data.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            yield model.model_validate_json(line)
        except ValidationError as error:
            raise LandingError(
                f"บันทึก {path.name} บรรทัดที่ {number} เสียหาย ให้กู้จากสำเนาสำรอง · "
                f"{path.name} line {number} is damaged; restore it from a backup"
            ) from error


def log_entries(home: Home) -> list[LogEntry]:
    """Every line of arrivals.jsonl in order, duplicates too. Raises LandingError(line) on a damaged line."""
    return list(_lines(home.landing / "arrivals.jsonl", LogEntry))


def arrivals(home: Home) -> list[Arrival]:
    """Distinct deliveries in order of arrival. Raises LandingError(line) on a damaged log."""
    return [entry.arrival() for entry in log_entries(home) if entry.event == "arrival"]


def mendings(home: Home) -> list[Mending]:
    """Mending lists that came back, in order. Raises LandingError(line) on a damaged log."""
    return list(_lines(home.landing / "mendings.jsonl", Mending))


def refusal_entries(home: Home) -> dict[str, Refusal]:
    """The last refusal of each inbox path, by its exact path key."""
    return {refusal.path_key: refusal for refusal in _lines(home.landing / "refusals.jsonl", Refusal)}


def refusals(home: Home) -> list[Refusal]:
    """Refusals whose file (same size and time) still stands in the inbox, by path."""
    return [entry for _, entry in sorted(refusal_entries(home).items()) if _still_there(home, entry)]


def _still_there(home: Home, entry: Refusal) -> bool:
    try:
        found = (home.inbox / os.fsdecode(path_from_key(entry.path_key))).lstat()
    except OSError:
        return False
    return found.st_size == entry.bytes and found.st_mtime_ns == entry.mtime_ns


def path_key(relative: str) -> str:
    """An inbox-relative path as ASCII text that keeps every byte (names may be no UTF-8)."""
    return os.fsencode(relative).decode("latin-1").encode("unicode_escape").decode("ascii")


def path_from_key(key: str) -> bytes:
    """The inverse of path_key."""
    return key.encode("ascii").decode("unicode_escape").encode("latin-1")
