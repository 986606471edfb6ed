"""Which file of which release answers a request. Nothing outside the release folders can be reached.

A request resolves the links in `releases/` once and stays in the folders it found, so that a swap in the middle of
it changes nothing. Files are opened one path step at a time without following links.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from ingest.home import Home
from release.paths import resolve_current, resolve_quality

SITE: Final = "site"
FILES: Final = "files"
DOWNLOADS: Final = frozenset({"marts", "quality", "mending", "manifest.json", "datapackage.json"})
"""What of a release folder `files/…` leads to where the site has no such file; whatever else lies there is not served."""
_MAX_STEPS: Final = 16
_MAX_BYTES: Final = 1024
_REMEMBERED: Final = 8
# A name that carries a hash of its content (style.3f2a9c1d.css): what it names never changes.
_HASHED: Final = re.compile(r"[.-][0-9a-f]{8,64}\.[0-9a-z]+(\.map)?$")


@dataclass
class Found:
    """An opened file of a release. `is_download`: it came from `files/`, outside the pages."""

    handle: BinaryIO
    name: str
    size: int
    stamp: str
    is_download: bool
    is_hashed: bool


class NeedsSlash(Exception):
    """The path names a folder of pages; its page stands one `/` further."""


@dataclass
class Served:
    """The pages and files that a home offers now.

    Keeps in mind which releases it served lately: a page that was read before a swap still gets the style sheet and
    script it names, whose names carry a hash.
    """

    home: Home
    _lately: tuple[Path, ...] = ()

    def folders(self) -> list[Path]:
        """Release folders to look into, first those of the newest audit; resolved now and only now.

        After a failed audit the pages of its quality tables come first, and the last good release holds the rest.
        """
        quality, current = resolve_quality(self.home), resolve_current(self.home)
        found = [one for one in (quality, current) if one is not None]
        if len(found) == 2 and (found[0] == found[1] or not (found[0] / SITE).is_dir()):
            found = [found[1]]
        # A new tuple, never a changed one: requests run in several threads.
        self._lately = tuple(dict.fromkeys((*found, *self._lately)))[:_REMEMBERED]
        return found

    def open(self, path: str, folders: Iterable[Path]) -> Found | None:
        """The file that a decoded request path means, or None.

        Raises:
            NeedsSlash: the path names a folder.
        """
        steps = steps_of(path)
        if steps is None:
            return None
        if steps[0] == FILES:
            return _open_download(steps, list(folders))
        if steps[-1] == "":
            steps[-1] = "index.html"
        hashed = _HASHED.search(steps[-1]) is not None
        looked = list(folders)
        if hashed:
            looked += [one for one in self._lately if one not in looked]
        for folder in looked:
            found = _open(folder, [SITE, *steps])
            if found:
                found.is_hashed = hashed
                return found
        return None


def steps_of(path: str) -> list[str] | None:
    """The steps of a decoded path below its first `/`; the last is empty for a folder. None for a path that is refused.

    Refused: `..`, hidden names, empty steps, backslashes, control characters, what is too long.
    """
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return None
    if not path.startswith("/") or size > _MAX_BYTES:
        return None
    steps = path[1:].split("/")
    if len(steps) > _MAX_STEPS or any(step == "" for step in steps[:-1]):
        return None
    if any(step.startswith(".") or "\\" in step for step in steps):
        return None
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in path):
        return None
    return steps


def _open_download(steps: list[str], folders: Sequence[Path]) -> Found | None:
    """A file that the site offers, else (a release without a site) one of DOWNLOADS in the release folder itself."""
    if len(steps) < 2 or steps[-1] == "":
        return None
    places = [(folder, [SITE, *steps]) for folder in folders]
    if steps[1] in DOWNLOADS:
        places += [(folder, steps[1:]) for folder in folders]
    for folder, below in places:
        try:
            found = _open(folder, below)
        except NeedsSlash:
            continue
        if found:
            found.is_download = True
            return found
    return None


def _open(folder: Path, steps: list[str]) -> Found | None:
    """Open one file below a release folder; no step may be a link."""
    directory = -1
    try:
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        for step in steps[:-1]:
            below = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
            os.close(directory)
            directory = below
        # O_NONBLOCK: a pipe in a release must not hold a request up.
        handle = os.open(steps[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
    except (OSError, ValueError):
        return None
    finally:
        if directory >= 0:
            os.close(directory)
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        os.close(handle)
        if stat.S_ISDIR(about.st_mode):
            raise NeedsSlash
        return None
    return Found(
        handle=os.fdopen(handle, "rb"),
        name=steps[-1],
        size=about.st_size,
        stamp=f"{about.st_mtime_ns:x}-{about.st_size:x}-{folder.name}",
        is_download=False,
        is_hashed=False,
    )
