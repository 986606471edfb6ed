"""Takes what officers dropped: inbox -> immutable objects and the arrival log.

Order of steps for one file: copy while hashing (temporary name, on disk) -> place the object -> log the
arrival (on disk) -> remove the inbox file. A kill between any two leaves the inbox file and at most one log
line that names it, so that the next run ends what was begun; nothing is lost and nothing arrives twice.
"""

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ingest.home import Home
from ingest.landing.errors import LandingError
from ingest.landing.limits import ALLOWED_SUFFIXES, BROKEN_AFTER_SECONDS, LIST_SUFFIXES, max_file_bytes
from ingest.landing.log import append, cut_torn_tail, fsync_dir, log_entries, refusal_entries
from ingest.landing.mended import MENDINGS, take_list
from ingest.landing.models import Arrival, Duplicate, InboxReport, LogEntry, Mending
from ingest.landing.names import printable
from ingest.landing.probe import Fault, probe
from ingest.landing.scan import Found, Scan, scan_inbox
from ingest.landing.settle import age_seconds, changed_while_waiting, fingerprint, open_for_writing
from ingest.landing.store import (
    Copied,
    SourceChanged,
    clear_leftovers,
    copy_hashing,
    object_path,
    open_source,
    place,
)
from ingest.mending.marker import is_mending_list

Progress = Callable[[str], None]
_LOCK_SECONDS = 60.0


def take_inbox(
    home: Home,
    feed_codes: Collection[str],
    *,
    max_bytes: int | None = None,
    settle_seconds: float = 1.0,
    suffixes: Collection[str] = ALLOWED_SUFFIXES,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> InboxReport:
    """Move every whole, acceptable file of the inbox into landing; leave the others there, with a reason.

    `feed_codes` are the known feeds (`agency/feed`); `max_bytes` defaults to TAMBON_MAX_FILE_MB or 512 MiB;
    `settle_seconds` is one common pause, made only where some file was touched in the last 30 s. A dry run
    writes nothing. `progress` gets one line of text a file. Files go in order of their time, then name.
    Raises LandingError: another run is taking (after 60 s), the log is damaged, a setting is wrong;
    HomeKindError: home.json is unreadable.
    """
    limit = max_file_bytes(max_bytes)
    with contextlib.nullcontext() if dry_run else _locked(home):
        now = time.time()
        scan = scan_inbox(home.inbox, feed_codes, limit, suffixes, now)
        ready = _settled(scan, settle_seconds, now)
        if ready and not dry_run and home.kind() is None:
            home.set_kind("real")  # nobody said sample: what officers bring is real
        run = _Run(home, scan, now, dry_run)
        for found in ready:
            if progress is not None:
                progress(f"{found.feed_code or found.agency_code}: {printable(found.name)}")
            run.take(found)
        if not dry_run:
            _log_refusals(home, scan)
    return InboxReport(
        taken=run.taken,
        duplicates=run.duplicates,
        refused=sorted(scan.refused, key=lambda refusal: refusal.path_key),
        waiting=scan.waiting,
        mendings=run.mendings,
        dry_run=dry_run,
    )


@contextlib.contextmanager
def _locked(home: Home) -> Iterator[None]:
    incoming = home.landing / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home.landing / ".lock", timeout=_LOCK_SECONDS):
            clear_leftovers(incoming)
            cut_torn_tail(home.landing / "arrivals.jsonl")
            cut_torn_tail(home.landing / "refusals.jsonl")
            cut_torn_tail(home.landing / MENDINGS)
            yield
    except Timeout as error:
        raise LandingError(
            "มีงานอื่นกำลังรับไฟล์เข้าอยู่ โปรดลองใหม่ภายหลัง · Another run is taking files in; try again later"
        ) from error


def _settled(scan: Scan, settle_seconds: float, now: float) -> list[Found]:
    changed = changed_while_waiting(
        {found.path: found.status for found in scan.candidates}, settle_seconds, now
    )
    held = open_for_writing(found.status for found in scan.candidates)
    ready = []
    for found in scan.candidates:
        if found.path in changed:
            scan.wait(found, "changing")
        elif (found.status.st_dev, found.status.st_ino) in held:
            scan.wait(found, "held_open")
        else:
            ready.append(found)
    return sorted(ready, key=lambda found: (found.status.st_mtime_ns, os.fsencode(found.relative)))


def _source_key(entry: LogEntry) -> tuple[str, str, str, int, int, int]:
    # The change time tells a file that a killed run left from the same file sent again with its old times.
    place = (entry.feed_code, entry.sha256, entry.inbox_path)
    return (*place, entry.source_inode, entry.source_mtime_ns, entry.source_ctime_ns)


class _Run:
    """One run's state: what is known from the log, and what was taken so far."""

    def __init__(self, home: Home, scan: Scan, now: float, dry_run: bool) -> None:
        self.home, self.scan, self.now, self.dry_run = home, scan, now, dry_run
        self.taken: list[Arrival] = []
        self.duplicates: list[Duplicate] = []
        self.mendings: list[Mending] = []
        self.is_synthetic = home.kind() == "synthetic"
        entries = log_entries(home)
        self.known = {(e.feed_code, e.sha256): e for e in entries if e.event == "arrival"}
        self.by_source = {_source_key(e): e for e in entries}
        self.ids = {e.delivery_id: e.sha256 for e in self.known.values()}

    def take(self, found: Found) -> None:
        """Take one file, or add it to the refused or waiting ones. Never raises for the file's own sake."""
        copied: Copied | None = None
        try:
            self._guard_parent(found)
            if (fault := self._probe(found)) is not None:
                self._turn_away(found, fault)
                return
            incoming = None if self.dry_run else self.home.landing / "incoming"
            copied = copy_hashing(found.path, fingerprint(found.status), incoming)
            if found.suffix in LIST_SUFFIXES and is_mending_list(copied.path or found.path, found.suffix):
                self._mend(found, copied)
            elif found.feed_code is None:
                self.scan.refuse(found, "no_feed", self.now, expected=found.expected)
            else:
                self._keep(found, copied)
        except SourceChanged:
            self.scan.wait(found, "changing")
        except FileNotFoundError:
            return  # taken away by its owner: nothing to say about it any more
        except OSError as error:
            self.scan.refuse(found, "unreadable", self.now, detail_en=error.strerror or type(error).__name__)
        finally:
            if copied is not None and copied.path is not None:
                copied.path.unlink(missing_ok=True)

    def _guard_parent(self, found: Found) -> None:
        folder = (found.feed_code or found.agency_code or "").split("/")
        expected = Path(os.path.realpath(self.home.inbox), *folder)
        if Path(os.path.realpath(found.path.parent)) != expected:  # a folder became a link since the scan
            raise SourceChanged(found.name)

    def _probe(self, found: Found) -> Fault | None:
        with os.fdopen(open_source(found.path), "rb") as file:
            return probe(file, found.suffix, found.status.st_size)

    def _turn_away(self, found: Found, fault: Fault) -> None:
        growing = fault.code in ("incomplete", "still_empty")
        if growing and age_seconds(found.status, self.now) <= BROKEN_AFTER_SECONDS:
            self.scan.wait(found, fault.code)
            return
        code = {"incomplete": "broken", "still_empty": "empty"}.get(fault.code, fault.code)
        self.scan.refuse(found, code, self.now, detail_th=fault.detail_th, detail_en=fault.detail_en)

    def _keep(self, found: Found, copied: Copied) -> None:
        first = self.known.get((found.feed_code or "", copied.sha256))
        entry = self._entry(found, copied, first)
        if first is None and self.ids.get(entry.delivery_id, copied.sha256) != copied.sha256:
            self.scan.refuse(found, "same_id", self.now, detail_en=entry.delivery_id)
            return
        # The log line of a run that was killed before it removed this very file:
        begun = self.by_source.get(_source_key(entry))
        if copied.path is not None:
            place(copied.path, self.home.root / entry.object_path, copied.sha256)
            if begun is None:
                append(self.home.landing / "arrivals.jsonl", entry)
        entry = begun or entry
        if entry.event == "arrival":
            self.known[entry.feed_code, entry.sha256] = entry
            self.ids[entry.delivery_id] = entry.sha256
        self.by_source[_source_key(entry)] = entry
        if self._remove_source(found, copied) or begun is None:
            self._report(entry, first)

    def _mend(self, found: Found, copied: Copied) -> None:
        """A mending list that came back: each feed's mended rows become a delivery; the list itself is kept too."""
        told = take_list(self.home, found, copied, self.known, self.ids, self.is_synthetic)
        if told.refused is not None:
            self.scan.refuse(found, told.refused.code, self.now, **told.refused.values)
            return
        self.taken += told.arrivals
        if told.mending is not None and self._remove_source(found, copied):
            self.mendings.append(told.mending)

    def _entry(self, found: Found, copied: Copied, first: LogEntry | None) -> LogEntry:
        feed_code, agency_code = found.feed_code or "", found.agency_code or ""
        target = self.home.landing / object_path(copied.sha256, found.suffix)
        return LogEntry(
            event="arrival" if first is None else "duplicate",
            delivery_id=f"{feed_code.replace('/', '-')}-{copied.sha256[:12]}",
            feed_code=feed_code,
            agency_code=agency_code,
            sha256=copied.sha256,
            bytes=copied.source.st_size,
            file_name=found.name,
            object_path=first.object_path if first else target.relative_to(self.home.root).as_posix(),
            arrived_at=datetime.now(UTC),
            sequence=first.sequence if first else len(self.known) + 1,
            is_synthetic=self.is_synthetic,
            inbox_path=found.relative,
            source_inode=copied.source.st_ino,
            source_mtime_ns=copied.source.st_mtime_ns,
            source_ctime_ns=copied.source.st_ctime_ns,
        )

    def _remove_source(self, found: Found, copied: Copied) -> bool:
        """Remove the inbox file; False where that is forbidden (the file is then listed as refused)."""
        if copied.path is None:
            return True
        try:
            if fingerprint(os.lstat(found.path)) == fingerprint(
                copied.source
            ):  # else a newer file took its name
                found.path.unlink()
                fsync_dir(found.path.parent)
        except FileNotFoundError:
            return True
        except OSError as error:
            self.scan.refuse(found, "unreadable", self.now, detail_en=error.strerror or type(error).__name__)
            return False
        return True

    def _report(self, entry: LogEntry, first: LogEntry | None) -> None:
        if entry.event == "arrival":
            self.taken.append(entry.arrival())
        elif first is not None:
            self.duplicates.append(
                Duplicate(
                    inbox_path=printable(entry.inbox_path),
                    file_name=entry.file_name,
                    feed_code=entry.feed_code,
                    delivery_id=entry.delivery_id,
                    first_file_name=first.file_name,
                    first_arrived_at=first.arrived_at,
                )
            )


def _log_refusals(home: Home, scan: Scan) -> None:
    known = refusal_entries(home)
    for refusal in scan.refused:
        before = known.get(refusal.path_key)
        same = before is not None and (before.bytes, before.mtime_ns, before.code) == (
            refusal.bytes,
            refusal.mtime_ns,
            refusal.code,
        )
        if not same:
            append(home.landing / "refusals.jsonl", refusal)
