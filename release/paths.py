"""Names and links in releases/. A reader resolves a link once and stays in that folder."""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from ingest.home import Home
from release.errors import ReleaseError

CURRENT: Final = "current"
CURRENT_QUALITY: Final = "current-quality"
QUALITY_PREFIX: Final = "quality-"
BUILDING: Final = ".building-"
DELETING: Final = ".deleting-"
_LINKING: Final = ".link-"
_ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,79}")
_LOCK_SECONDS: Final = 300.0


def folder_of(home: Home, release_id: str) -> Path:
    """The folder of a release. Raises ReleaseError for what is no release id (ids come from users too)."""
    if not _ID.fullmatch(release_id) or release_id in (CURRENT, CURRENT_QUALITY):
        raise ReleaseError(f"รหัสรุ่นข้อมูลไม่ถูกต้อง: {release_id!r} · Not a release id: {release_id!r}")
    return home.releases / release_id


def _resolve(home: Home, link: str) -> Path | None:
    """The folder that a link names, or None where the link, the folder or its manifest is missing."""
    try:
        name = (home.releases / link).readlink().name
    except OSError:
        return None
    folder = home.releases / name
    return folder if (folder / "manifest.json").is_file() else None


def resolve_current(home: Home) -> Path | None:
    """Folder of the current release, or None. Resolved once: keep it, do not go through the link again."""
    return _resolve(home, CURRENT)


def resolve_quality(home: Home) -> Path | None:
    """Folder whose quality/ tables are the newest: the current release, or that of a later, failed audit."""
    return _resolve(home, CURRENT_QUALITY)


def swap_link(home: Home, link: str, target: str) -> None:
    """Point a link at another folder in one atomic step that outlives a power cut."""
    temporary = home.releases / f"{_LINKING}{secrets.token_hex(8)}"
    temporary.symlink_to(target, target_is_directory=True)
    try:
        temporary.replace(home.releases / link)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync_path(home.releases)


def fsync_path(path: Path) -> None:
    """Bring a file's bytes, or a folder's names, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold the lock of the releases folder, with what killed runs left behind cleared away.

    Re-entrant in one thread. Raises ReleaseError when another process holds it for five minutes.
    """
    home.releases.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.releases / ".lock", timeout=_LOCK_SECONDS, is_singleton=True)
    try:
        lock.acquire()
    except Timeout as error:
        raise ReleaseError(
            "มีงานอื่นกำลังเผยแพร่อยู่ โปรดลองใหม่ภายหลัง · Another run is publishing; try again later"
        ) from error
    try:
        if lock.lock_counter == 1:
            _clear_leftovers(home)
        yield
    finally:
        lock.release()


def _clear_leftovers(home: Home) -> None:
    for leftover in home.releases.iterdir():
        if leftover.name.startswith((BUILDING, DELETING)):
            shutil.rmtree(leftover)
        elif leftover.name.startswith(_LINKING):
            leftover.unlink(missing_ok=True)
