"""Writes the pages of a part of the site, or links them from the site before.

Each page has a key: a hash of its data, of what all pages share and of this package. Where the site before has the same
key at the same path its file is linked, not made anew.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from re import compile as regex
from typing import Any, Final, NamedTuple

from dashboard.model import Page, SiteFile
from dashboard.pages import Part, pages_of
from dashboard.render import LANGUAGES, PACKAGE, Renderer
from dashboard.source import Source
from release.errors import ReleaseError
from release.site import SiteEntry, read_site_list

COLLECTED_AFTER: Final = 50
"""Pages after which the memory of templates is given back."""
_SAFE_PATH: Final = regex(r"(?:[A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]+\.[a-z0-9]+")


class Frame(NamedTuple):
    """What all pages share (`shown`), and the release in which they are written (`stamp`, no part of a page's key)."""

    shown: Mapping[str, Any]
    stamp: Mapping[str, Any]


@dataclass
class Written:
    """The files of a part: their lines of the list, how many of them are the files of the site before, pages by language."""

    entries: dict[str, SiteEntry] = field(default_factory=dict)
    linked: int = 0
    pages: int = 0


@cache
def fingerprint() -> str:
    """A hash of this package: code, templates, words, style. A page made by another one is made again."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(PACKAGE).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


class Writer:
    """Writes parts of one release's site into the folder `out`."""

    def __init__(self, source: Source, out: Path, previous: Path | None, frame: Frame) -> None:
        self.source, self.out, self.stamp = source, out, frame.stamp
        self.previous = previous
        self.before: Mapping[str, SiteEntry] = {}
        if previous is not None:
            try:
                self.before = read_site_list(previous)
            except ReleaseError:
                self.previous = None  # a damaged site before must not keep the next from being written
        self._shared = digest_of([fingerprint(), frame.shown])
        self._renderers = {lang: Renderer(lang, frame.shown) for lang in LANGUAGES}
        self._folders: set[Path] = set()

    def part(self, part: Part) -> Written:
        """Write a part's pages in both languages, and its files.

        Raises:
            ReleaseError: two pages have one path, or a path that no web server takes.
            OSError: the folder cannot be written.
        """
        done = Written()
        with _collecting_seldom() as collect:
            for item in pages_of(self.source, part):
                if isinstance(item, SiteFile):
                    self.file(done, item.path, item.key, item.make)
                else:
                    self._page(done, item)
                    collect()
        return done

    def file(self, done: Written, path: str, key: str, make: Callable[[], bytes]) -> None:
        """A file of the site, made only where it is new."""
        if path in done.entries:
            raise ReleaseError(f"มีหน้าเว็บซ้ำที่ {path} · Two pages have the path {path}")
        if (before := self._kept(path, key)) is not None:
            done.entries[path] = before
            done.linked += 1
        else:
            done.entries[path] = self._write(path, key, make())

    def _page(self, done: Written, page: Page) -> None:
        key = digest_of(
            [self._shared, page.kind, page.template, page.title, page.crumbs, page.description, page.data]
        )
        for lang, renderer in self._renderers.items():
            path = page.path if lang == LANGUAGES[0] else f"{lang}/{page.path}"
            self.file(done, path, key, lambda one=renderer: one.render(page, self.stamp))  # type: ignore[misc]
            done.pages += 1

    def _kept(self, path: str, key: str) -> SiteEntry | None:
        """Link the file of the site before where it was made from the same."""
        if not _SAFE_PATH.fullmatch(path) or ".." in path:
            raise ReleaseError(f"ชื่อหน้าเว็บใช้ไม่ได้: {path!r} · A page cannot have the path {path!r}")
        target = self.out / path
        if target.parent not in self._folders:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(target.parent)
        entry = self.before.get(path)
        if self.previous is None or entry is None or entry.key != key:
            return None
        source = self.previous / path
        try:
            if source.stat().st_size != entry.bytes:
                return None
            os.link(source, target)
        except OSError:
            return None
        return entry

    def _write(self, path: str, key: str, content: bytes) -> SiteEntry:
        """Write one new file, read-only; its line of the list."""
        try:
            handle = os.open(self.out / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        except FileExistsError as error:  # made by another part
            raise ReleaseError(f"มีหน้าเว็บซ้ำที่ {path} · Two pages have the path {path}") from error
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        return SiteEntry(key, len(content), hashlib.sha256(content).hexdigest())


@contextmanager
def _collecting_seldom() -> Iterator[Callable[[], None]]:
    """Python's search for cycles goes through all rows held again and again, and finds nothing: it takes half of the time.

    Templates leave some behind; what this yields is called after each page, and looks at what is new since it last did.
    """
    was_on, pages = gc.isenabled(), 0

    def collect() -> None:
        nonlocal pages
        pages += 1
        if pages % COLLECTED_AFTER == 0:
            gc.collect(0)

    gc.disable()
    try:
        yield collect
    finally:
        gc.collect(0)
        if was_on:
            gc.enable()


def digest_of(content: object) -> str:
    """A hash of plain values, lists, mappings, dates and dataclasses."""
    text = json.dumps(content, ensure_ascii=False, default=_plain, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)  # type: ignore[call-overload]
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
