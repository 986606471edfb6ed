"""Writes all pages of a release in both languages, and again only those whose data changed.

Each page has a key: a hash of its data, of what all pages share and of this package. Where the site before has the same
key at the same path its file is linked, not made anew; pages that are new are rendered in batches by two processes.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from re import compile as regex
from typing import Any, Final

from dashboard import assets, paths
from dashboard.model import Page, SiteFile
from dashboard.pages import KINDS, all_pages
from dashboard.render import LANGUAGES, PACKAGE, Renderer
from dashboard.source import Source
from release.errors import ReleaseError
from release.site import SITE_FILES, SiteEntry, place_file, read_site_list, write_site_list

BATCH: Final = 48
IN_FLIGHT: Final = 6
ALONE: Final = 300
"""Up to this many new pages one process is quicker than starting two more."""
NAV: Final = (
    ("home", paths.HOME),
    ("agency", paths.AGENCIES),
    ("check", paths.CHECKS),
    ("province", paths.PROVINCES),
    ("conflict", paths.CONFLICTS),
    ("held", paths.HELD),
    ("coverage", paths.COVERAGE),
    ("integration", paths.INTEGRATION),
    ("release", paths.RELEASES),
    ("download", paths.DOWNLOAD),
)
_SAFE_PATH: Final = regex(r"(?:[A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]+\.[a-z0-9]+")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class SiteReport:
    """What was written: pages count each language; `linked` files stayed as they were in the site before."""

    pages: int
    files: int
    rewritten: int
    linked: int
    bytes: int
    seconds: float


@cache
def fingerprint() -> str:
    """A hash of this package: code, templates, words, style. A page made by another one is made again."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(PACKAGE).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def frame_of(source: Source) -> dict[str, Any]:
    """What all pages of a release share. The release's day is not in it: see `dashboard.assets`."""
    # A release without facts (the first audit failed) has no pages of places to link to.
    has_places = "province" in KINDS and source.has("dim_tambon")
    return {"is_synthetic": source.is_synthetic, "nav": NAV, "has_places": has_places, **assets.names()}


def write_site(
    source: Source,
    out: Path,
    *,
    previous: Path | None = None,
    processes: int = 2,
    progress: Progress | None = None,
) -> SiteReport:
    """Write the site into the new folder `out`, with its list site.json.

    `previous` is the folder of an earlier site, whose unchanged files are linked.

    Raises:
        ReleaseError: two pages have one path.
        OSError: the folder cannot be written.
    """
    began = time.perf_counter()
    frame = frame_of(source)
    stamp = {"release_id": source.release_id, "created_at": source.created_at}
    site = _Site(out, previous)
    shared = _digest([fingerprint(), frame])
    pages = 0
    with _Renderers(out, frame, stamp, processes) as renderers:
        for path, content in {
            **assets.static_files(),
            assets.RELEASE_CSS: assets.release_css(source),
        }.items():
            site.write(path, hashlib.sha256(content).hexdigest()[:32], partial(bytes, content))
        for item in all_pages(source):
            if isinstance(item, SiteFile):
                site.write(item.path, item.key, item.make)
                continue
            key = _digest(
                [shared, item.kind, item.template, item.title, item.crumbs, item.description, item.data]
            )
            pages += len(LANGUAGES)
            for lang in LANGUAGES:
                path = item.path if lang == "th" else f"{lang}/{item.path}"
                if not site.keep(path, key):
                    renderers.add(lang, path, key, item)
            site.take(renderers.done())
        site.take(renderers.finish())
    _own_files(source, out, site)
    write_site_list(out, source.release_id, site.entries)
    (out / "site.json").chmod(0o444)
    if progress is not None:
        progress(f"{pages} pages, {site.rewritten} files written, {site.linked} as before")
    return SiteReport(
        pages=pages,
        files=len(site.entries),
        rewritten=site.rewritten,
        linked=site.linked,
        bytes=sum(entry.bytes for entry in site.entries.values()),
        seconds=time.perf_counter() - began,
    )


def _own_files(source: Source, out: Path, site: _Site) -> None:
    """The release's own tables and lists, once more below the site: offered for download wherever the site lies."""
    folders = [(source.folder, source.manifest)]
    if source.facts is not None and source.facts_manifest is not None and source.facts != source.folder:
        folders.append((source.facts, source.facts_manifest))
    for folder, manifest in folders:
        for file in manifest.files:
            path = f"{SITE_FILES}/{file.path}"
            if path in site.entries or file.path.startswith("site/") or not (folder / file.path).is_file():
                continue
            if file.path == "datapackage.json":
                continue
            place_file(folder / file.path, out / path)
            site.entries[path] = SiteEntry(file.sha256[:32], file.bytes, file.sha256)


def _digest(content: object) -> str:
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


class _Site:
    """The folder being written, and what is in it so far."""

    def __init__(self, out: Path, previous: Path | None) -> None:
        self.out = out
        self.entries: dict[str, SiteEntry] = {}
        self.rewritten = self.linked = 0
        self.previous = previous
        self.before: Mapping[str, SiteEntry] = {}
        if previous is not None:
            try:
                self.before = read_site_list(previous)
            except ReleaseError:
                self.previous = None  # a damaged site before must not keep the next from being written
        self._folders: set[Path] = set()
        self._claimed: set[str] = set()

    def keep(self, path: str, key: str) -> bool:
        """Claim a path; link the file of the site before where it was made from the same."""
        if not _SAFE_PATH.fullmatch(path) or ".." in path:
            raise ReleaseError(f"ชื่อหน้าเว็บใช้ไม่ได้: {path!r} · A page cannot have the path {path!r}")
        if path in self._claimed:
            raise ReleaseError(f"มีหน้าเว็บซ้ำที่ {path} · Two pages have the path {path}")
        self._claimed.add(path)
        target = self.out / path
        if target.parent not in self._folders:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(target.parent)
        entry = self.before.get(path)
        if self.previous is None or entry is None or entry.key != key:
            return False
        source = self.previous / path
        try:
            if source.stat().st_size != entry.bytes:
                return False
            os.link(source, target)
        except OSError:
            return False
        self.entries[path] = entry
        self.linked += 1
        return True

    def write(self, path: str, key: str, make: Callable[[], bytes]) -> None:
        """A file of the site, made only where it is new."""
        if not self.keep(path, key):
            self.take([write_file(self.out, path, key, make())])

    def take(self, written: list[tuple[str, SiteEntry]]) -> None:
        """Note files that were written."""
        self.rewritten += len(written)
        self.entries.update(written)


def write_file(out: Path, path: str, key: str, content: bytes) -> tuple[str, SiteEntry]:
    """Write one new file, read-only; returns its line of the list."""
    handle = os.open(out / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return path, SiteEntry(key, len(content), hashlib.sha256(content).hexdigest())


Job = tuple[str, str, str, Page]
"""Language, path in the site, key, page."""


class _Worker:
    """Renders batches; each process keeps its own, so that templates are compiled once."""

    current: _Worker | None = None

    def __init__(self, out: Path, frame: Mapping[str, Any], stamp: Mapping[str, Any]) -> None:
        self.out, self.stamp = out, stamp
        self.renderers = {lang: Renderer(lang, frame) for lang in LANGUAGES}

    def run(self, jobs: list[Job]) -> list[tuple[str, SiteEntry]]:
        return [
            write_file(self.out, path, key, self.renderers[lang].render(page, self.stamp))
            for lang, path, key, page in jobs
        ]


def _start(out: Path, frame: Mapping[str, Any], stamp: Mapping[str, Any]) -> None:
    _Worker.current = _Worker(out, frame, stamp)


def _run(jobs: list[Job]) -> list[tuple[str, SiteEntry]]:
    assert _Worker.current is not None
    return _Worker.current.run(jobs)


class _Renderers:
    """Batches of pages for one process or several: the first pages are rendered here, many of them by others."""

    def __init__(self, out: Path, frame: Mapping[str, Any], stamp: Mapping[str, Any], processes: int) -> None:
        self._arguments = (out, frame, stamp)
        self._processes = processes
        self._jobs: list[Job] = []
        self._futures: list[Future[list[tuple[str, SiteEntry]]]] = []
        self._pool: ProcessPoolExecutor | None = None
        self._results: list[tuple[str, SiteEntry]] = []

    def __enter__(self) -> _Renderers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def add(self, lang: str, path: str, key: str, page: Page) -> None:
        """Queue a page in one language."""
        self._jobs.append((lang, path, key, page))
        if self._processes < 2:
            if len(self._jobs) >= BATCH:
                self._here()
        elif self._pool is not None or len(self._jobs) > ALONE:
            self._send()

    def done(self) -> list[tuple[str, SiteEntry]]:
        """What has been written since it was last asked."""
        results, self._results = self._results, []
        return results

    def finish(self) -> list[tuple[str, SiteEntry]]:
        """Write what is left."""
        if self._pool is None:
            self._here()
        else:
            self._send(rest=True)
            self._wait(0)
        return self.done()

    def _here(self) -> None:
        self._results += _Worker(*self._arguments).run(self._jobs) if self._jobs else []
        self._jobs = []

    def _send(self, *, rest: bool = False) -> None:
        if self._pool is None:
            # Spawned, not forked: threads of DuckDB and Polars run in this process.
            self._pool = ProcessPoolExecutor(
                self._processes, mp_context=get_context("spawn"), initializer=_start, initargs=self._arguments
            )
        while len(self._jobs) >= BATCH or (rest and self._jobs):
            batch, self._jobs = self._jobs[:BATCH], self._jobs[BATCH:]
            self._futures.append(self._pool.submit(_run, batch))
            self._wait(IN_FLIGHT)

    def _wait(self, limit: int) -> None:
        while len(self._futures) > limit:
            self._results += self._futures.pop(0).result()
