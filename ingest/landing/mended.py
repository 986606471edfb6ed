"""Takes a mending list that came back: its mended rows land as deliveries, one a feed, and the list is kept beside.

Order of steps: the corrected deliveries' objects and log lines -> the list's own object -> its line in
mendings.jsonl. The same list gives the same bytes again, so a run that was killed is gone through once more.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ingest.home import Home
from ingest.landing.log import append
from ingest.landing.models import Arrival, LogEntry, Mending
from ingest.landing.scan import Found
from ingest.landing.store import Copied, object_path, place
from ingest.mending.marker import MarkerError

if TYPE_CHECKING:
    from ingest.mending.sent_back import Corrected

MENDINGS: Final = "mendings.jsonl"
Known = dict[tuple[str, str], LogEntry]


@dataclass
class Told:
    """What became of a list: refused, or its new deliveries and its own record (None where it was taken before)."""

    refused: MarkerError | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    mending: Mending | None = None


def take_list(
    home: Home, found: Found, copied: Copied, known: Known, ids: dict[str, str], is_synthetic: bool
) -> Told:
    """Land what was mended. In a dry run (`copied.path` is None) nothing is written, and all is told as it would be.

    Raises:
        OSError: a delivered file cannot be read, or the home not be written.
    """
    from ingest.contract.kept import usable_contracts  # brings Polars, as reading the list does
    from ingest.mending.sent_back import read_sent_back

    try:
        back = read_sent_back(
            copied.path or found.path,
            found.suffix,
            copied.sha256,
            found.agency_code,
            home,
            usable_contracts(home).contracts,
            [entry.arrival() for entry in known.values()],
        )
    except MarkerError as error:
        return Told(
            refused=MarkerError(error.code, **{"sheet": "", "value": "", "expected": "", **error.values})
        )
    told = Told()
    deliveries: dict[str, str] = {}
    for one in back.deliveries:
        entry, is_new = _entry(home, one, found, known, is_synthetic)
        if ids.get(entry.delivery_id, entry.sha256) != entry.sha256:
            return Told(refused=MarkerError("same_id", detail_en=entry.delivery_id))
        if is_new and copied.path is not None:
            _write(home, one.content, entry)
        deliveries[one.feed_code] = entry.delivery_id
        if is_new:
            known[entry.feed_code, entry.sha256] = entry
            ids[entry.delivery_id] = entry.sha256
            told.arrivals.append(entry.arrival())
    target = home.landing / object_path(copied.sha256, found.suffix)
    told.mending = Mending(
        sha256=copied.sha256,
        bytes=copied.source.st_size,
        file_name=found.name,
        object_path=target.relative_to(home.root).as_posix(),
        agency_code=back.marker.agency_code,
        inbox_path=found.relative,
        release_id=back.marker.release_id,
        deliveries=deliveries,
        mended=back.counted.mended,
        deleted=back.counted.deleted,
        unchanged=back.counted.unchanged,
        missing=back.counted.missing,
        arrived_at=datetime.now(UTC),
    )
    if copied.path is not None:
        place(copied.path, target, copied.sha256)
        append(home.landing / MENDINGS, told.mending)
    return told


def _entry(
    home: Home, one: "Corrected", found: Found, known: Known, is_synthetic: bool
) -> tuple[LogEntry, bool]:
    sha256 = hashlib.sha256(one.content).hexdigest()
    if (before := known.get((one.feed_code, sha256))) is not None:
        return before, False
    target = home.landing / object_path(sha256, ".mended")
    entry = LogEntry(
        event="arrival",
        delivery_id=f"{one.feed_code.replace('/', '-')}-{sha256[:12]}",
        feed_code=one.feed_code,
        agency_code=one.feed_code.partition("/")[0],
        sha256=sha256,
        bytes=len(one.content),
        file_name=found.name,
        object_path=target.relative_to(home.root).as_posix(),
        arrived_at=datetime.now(UTC),
        sequence=len(known) + 1,
        is_synthetic=is_synthetic,
        inbox_path="",  # made from the list; mendings.jsonl says which
        source_inode=0,
        source_mtime_ns=0,
        source_ctime_ns=0,
    )
    return entry, True


def _write(home: Home, content: bytes, entry: LogEntry) -> None:
    handle, name = tempfile.mkstemp(prefix="taking-", dir=home.landing / "incoming")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        os.fchmod(handle, 0o444)
        file.flush()
        os.fsync(handle)
    place(Path(name), home.root / entry.object_path, entry.sha256)
    append(home.landing / "arrivals.jsonl", entry)
