"""Takes a file that was pulled from an agency's server into landing, exactly as one from the inbox.

The same checks, limits, hash, store, lock and arrival log; only no inbox file is removed, and a delivery known before adds no
line to the log (`fetches.jsonl` holds every pull).
"""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ingest.home import Home
from ingest.landing.inbox import _locked
from ingest.landing.limits import ALLOWED_SUFFIXES, MAX_NAME_CHARS, MIB
from ingest.landing.log import append, log_entries
from ingest.landing.models import Arrival, LogEntry
from ingest.landing.names import name_fault, suffix_of
from ingest.landing.probe import Fault, probe
from ingest.landing.settle import fingerprint
from ingest.landing.store import copy_hashing, object_path, place


class PulledRefused(Exception):
    """Landing does not take the file. `code` is a key of messages.REFUSED; `values` fill its blanks."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class Landed(NamedTuple):
    """A pulled file's delivery; `is_new` is False where this feed delivered the same bytes before."""

    arrival: Arrival
    is_new: bool


def land_pulled(
    home: Home, feed_code: str, path: Path, file_name: str, *, max_bytes: int, dry_run: bool = False
) -> Landed:
    """Take the whole file at `path`, which nobody writes to any more; it stays where it is.

    A dry run writes nothing and says what would be. What is pulled is never synthetic.
    Raises PulledRefused; LandingError (another run is taking, damaged log); OSError (disk).
    """
    _check(path, file_name, max_bytes)
    agency_code = feed_code.partition("/")[0]
    with contextlib.nullcontext() if dry_run else _locked(home):
        known = {(e.feed_code, e.sha256): e for e in log_entries(home) if e.event == "arrival"}
        incoming = None if dry_run else home.landing / "incoming"
        copied = copy_hashing(path, fingerprint(os.lstat(path)), incoming)
        try:
            first = known.get((feed_code, copied.sha256))
            if first is not None:
                return Landed(first.arrival(), is_new=False)
            target = home.landing / object_path(copied.sha256, suffix_of(file_name))
            entry = LogEntry(
                event="arrival",
                delivery_id=f"{feed_code.replace('/', '-')}-{copied.sha256[:12]}",
                feed_code=feed_code,
                agency_code=agency_code,
                sha256=copied.sha256,
                bytes=copied.source.st_size,
                file_name=file_name,
                object_path=target.relative_to(home.root).as_posix(),
                arrived_at=datetime.now(UTC),
                sequence=len(known) + 1,
                is_synthetic=False,
                inbox_path="",  # it came by another way; fetches.jsonl says from where
                source_inode=0,
                source_mtime_ns=0,
                source_ctime_ns=0,
            )
            if any(e.delivery_id == entry.delivery_id for e in known.values()):
                raise PulledRefused("same_id", detail_en=entry.delivery_id)
            if copied.path is not None:
                place(copied.path, target, copied.sha256)
                append(home.landing / "arrivals.jsonl", entry)
            return Landed(entry.arrival(), is_new=True)
        finally:
            if copied.path is not None:
                copied.path.unlink(missing_ok=True)


def _check(path: Path, file_name: str, max_bytes: int) -> None:
    suffix = suffix_of(file_name)
    if fault := name_fault(file_name):
        values = {"detail_th": fault.detail_th, "detail_en": fault.detail_en, "limit": MAX_NAME_CHARS}
        raise PulledRefused("bad_name", name=ascii(file_name), **values)
    if suffix not in ALLOWED_SUFFIXES:
        raise PulledRefused("unsupported_type", suffix=suffix, expected=", ".join(sorted(ALLOWED_SUFFIXES)))
    size = path.stat().st_size
    if size > max_bytes:
        raise PulledRefused("too_large", size_mb=f"{size / MIB:,.1f}", limit_mb=f"{max_bytes / MIB:,.1f}")
    with path.open("rb") as file:
        found = probe(file, suffix, size)
    if found is not None:
        # Nothing is growing any more: what is incomplete now stays so.
        code = {"incomplete": "broken", "still_empty": "empty"}.get(found.code, found.code)
        raise PulledRefused(code, name=file_name, suffix=suffix, **_details(found))


def _details(found: Fault) -> dict[str, str]:
    return {"detail_th": found.detail_th, "detail_en": found.detail_en}
