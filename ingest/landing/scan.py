"""Walks the inbox: which files may be taken, by place, kind, name, type and size. Opens nothing."""

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ingest.landing.limits import ABANDONED_AFTER_SECONDS, LIST_SUFFIXES, MAX_NAME_CHARS, MIB
from ingest.landing.log import path_key
from ingest.landing.messages import WAITING, refusal_text
from ingest.landing.models import Refusal, Waiting
from ingest.landing.names import is_litter, is_temporary, name_fault, printable, suffix_of
from ingest.landing.settle import age_seconds


@dataclass(frozen=True)
class Found:
    """A file or folder met in the inbox. `relative` is its path under the inbox, as the system names it."""

    path: Path
    relative: str
    status: os.stat_result
    agency_code: str | None = None
    feed_code: str | None = None
    expected: str = ""
    """The feeds whose folder it could lie in, where it lies in none."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.name

    @property
    def suffix(self) -> str:
        """Lower-case extension with its dot, or ''."""
        return suffix_of(self.path.name)


@dataclass
class Scan:
    """What stands in the inbox: files that may be taken, and the others with the reason."""

    candidates: list[Found] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)

    def refuse(self, found: Found, code: str, now: float, **values: object) -> None:
        """Add a refusal; `values` fill the message's blanks."""
        filled = refusal_text(code).filled(
            **{"name": printable(found.name), "suffix": found.suffix, **values}
        )
        self.refused.append(
            Refusal(
                inbox_path=printable(found.relative),
                path_key=path_key(found.relative),
                agency_code=found.agency_code,
                feed_code=found.feed_code,
                code=code,
                message_th=filled.message_th,
                message_en=filled.message_en,
                mend_th=filled.mend_th,
                mend_en=filled.mend_en,
                bytes=found.status.st_size,
                mtime_ns=found.status.st_mtime_ns,
                refused_at=datetime.fromtimestamp(now, UTC),
            )
        )

    def wait(self, found: Found, code: str) -> None:
        """Add a file that seems to be on its way."""
        message_th, message_en = WAITING[code]
        self.waiting.append(
            Waiting(
                inbox_path=printable(found.relative),
                feed_code=found.feed_code or "",
                code=code,
                message_th=message_th,
                message_en=message_en,
            )
        )


def scan_inbox(
    inbox: Path, feed_codes: Collection[str], max_bytes: int, suffixes: Collection[str], now: float
) -> Scan:
    """Look at everything under the inbox, two folders deep. A missing inbox holds nothing."""
    scan = Scan()
    known = sorted(feed_codes)
    agencies = {code.partition("/")[0] for code in known}
    for agency in _entries(inbox, ""):
        if not _is_plain_folder(agency):
            _refuse_misplaced(scan, agency, known, now)
        elif agency.name not in agencies:
            scan.refuse(agency, "unknown_agency", now, expected=", ".join(known))
        else:
            of_agency = [code for code in known if code.startswith(f"{agency.name}/")]
            for feed in _entries(agency.path, agency.relative, agency.name):
                if _is_list(feed):
                    # A mending list says itself what it is of. Whether this is one shows when it is opened.
                    feed = replace(feed, expected=", ".join(of_agency))  # noqa: PLW2901
                    _sort_out(scan, feed, max_bytes, suffixes, now)
                elif not _is_plain_folder(feed):
                    _refuse_misplaced(scan, feed, of_agency, now)
                elif feed.relative not in of_agency:
                    scan.refuse(feed, "unknown_feed", now, expected=", ".join(of_agency))
                else:
                    for found in _entries(feed.path, feed.relative, agency.name, feed.relative):
                        _sort_out(scan, found, max_bytes, suffixes, now)
    return scan


def _entries(
    folder: Path, relative: str, agency: str | None = None, feed: str | None = None
) -> Iterator[Found]:
    try:
        paths = sorted(folder.iterdir(), key=os.fsencode)
    except FileNotFoundError:
        return
    for path in paths:
        name = path.name
        try:
            status = os.lstat(path)
        except OSError:  # gone again since the listing
            continue
        yield Found(path, f"{relative}/{name}" if relative else name, status, agency, feed)


def _is_list(found: Found) -> bool:
    return stat.S_ISREG(found.status.st_mode) and found.suffix in LIST_SUFFIXES


def _is_plain_folder(found: Found) -> bool:
    return stat.S_ISDIR(found.status.st_mode)


def _refuse_misplaced(scan: Scan, found: Found, expected: list[str], now: float) -> None:
    if stat.S_ISREG(found.status.st_mode):
        if not is_litter(found.name):
            scan.refuse(found, "no_feed", now, expected=", ".join(expected))
    else:
        scan.refuse(found, "link" if stat.S_ISLNK(found.status.st_mode) else "special_file", now)


def _sort_out(scan: Scan, found: Found, max_bytes: int, suffixes: Collection[str], now: float) -> None:
    mode = found.status.st_mode
    if stat.S_ISLNK(mode):
        scan.refuse(found, "link", now)
    elif stat.S_ISDIR(mode):
        scan.refuse(found, "sub_folder", now)
    elif not stat.S_ISREG(mode):
        scan.refuse(found, "special_file", now)
    elif is_litter(found.name):
        return
    elif is_temporary(found.name):
        if age_seconds(found.status, now) > ABANDONED_AFTER_SECONDS:
            scan.refuse(found, "abandoned", now)
        else:
            scan.wait(found, "temporary_name")
    elif fault := name_fault(found.name):
        scan.refuse(
            found, "bad_name", now, detail_th=fault.detail_th, detail_en=fault.detail_en, limit=MAX_NAME_CHARS
        )
    elif found.suffix not in suffixes:
        scan.refuse(found, "unsupported_type", now, expected=", ".join(sorted(suffixes)))
    elif found.status.st_size > max_bytes:
        size_mb, limit_mb = (f"{size / MIB:,.1f}" for size in (found.status.st_size, max_bytes))
        scan.refuse(found, "too_large", now, size_mb=size_mb, limit_mb=limit_mb)
    else:
        scan.candidates.append(found)
