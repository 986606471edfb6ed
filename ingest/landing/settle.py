"""Is a file still being written? Two looks with one common pause, and the list of open files on Linux."""

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from ingest.landing.limits import YOUNG_SECONDS

Fingerprint = tuple[int, int, int, int]


def fingerprint(found: os.stat_result) -> Fingerprint:
    """What changes when a file is written to or replaced: device, inode, size, mtime in ns."""
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def age_seconds(found: os.stat_result, now: float) -> float:
    """Seconds since the last write.

    A time in the future says nothing, so the inode's own change time counts then.
    """
    return now - (found.st_mtime if found.st_mtime <= now else found.st_ctime)


def is_young(found: os.stat_result, now: float) -> bool:
    """True where somebody touched the file within the last 30 s (or its clock is ahead of ours)."""
    return max(found.st_mtime, found.st_ctime) > now - YOUNG_SECONDS


def changed_while_waiting(files: dict[Path, os.stat_result], settle_seconds: float, now: float) -> set[Path]:
    """Files that differ after one common pause. No pause where none is young."""
    if settle_seconds <= 0 or not any(is_young(found, now) for found in files.values()):
        return set()
    time.sleep(settle_seconds)
    return {path for path, found in files.items() if not _same(path, found)}


def _same(path: Path, before: os.stat_result) -> bool:
    try:
        return fingerprint(os.lstat(path)) == fingerprint(before)
    except OSError:
        return False


def open_for_writing(files: Iterable[os.stat_result]) -> set[tuple[int, int]]:
    """(device, inode) of those files that a process holds open for writing.

    Best effort: Linux only, and only processes that this user may look at.
    """
    wanted = {(found.st_dev, found.st_ino) for found in files}
    held: set[tuple[int, int]] = set()
    if not wanted or not sys.platform.startswith("linux"):
        return held
    for process in _listing("/proc"):
        if process.isdigit():
            for handle in _listing(f"/proc/{process}/fd"):
                key = _writer_of(process, handle)
                if key in wanted:
                    held.add(key)
    return held


def _listing(folder: str) -> list[str]:
    try:
        return [path.name for path in Path(folder).iterdir()]
    except OSError:
        return []


def _writer_of(process: str, handle: str) -> tuple[int, int] | None:
    try:
        target = Path("/proc", process, "fd", handle)
        if not str(target.readlink()).startswith("/"):  # pipes and sockets
            return None
        found = target.stat()
        with Path("/proc", process, "fdinfo", handle).open(encoding="ascii", errors="replace") as info:
            flags = next((int(line.split()[1], 8) for line in info if line.startswith("flags:")), 0)
    except (OSError, ValueError, IndexError):
        return None
    return (found.st_dev, found.st_ino) if flags & os.O_ACCMODE else None
