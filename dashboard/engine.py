"""Writes all pages of a release in both languages, and again only those whose data changed.

The site is made part by part (`dashboard.pages.parts`): a part's data is read, its pages are rendered and written by one
process, so that nothing but lists of files goes between processes. Two processes share a large site.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from dashboard import assets, paths
from dashboard.pages import KINDS, Part, parts
from dashboard.source import Source
from dashboard.writer import Frame, Writer, Written
from release.errors import ReleaseError
from release.site import SITE_FILES, SiteEntry, place_file, write_site_list

ALONE: Final = 4
"""Up to this many shares of tambons one process is quicker than starting two more."""
TOLD_EVERY: Final = 15.0
"""Seconds between two words on how far it is."""
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
    began = told = time.perf_counter()
    frame = Frame(frame_of(source), {"release_id": source.release_id, "created_at": source.created_at})
    writer = Writer(source, out, previous, frame)
    entries: dict[str, SiteEntry] = {}
    pages = linked = 0
    todo = parts(source)
    alone = processes < 2 or sum(part.share is not None for part in todo) <= ALONE
    written = (
        map(writer.part, todo)
        if alone
        else _with_others(writer, todo, source.opened_again(), (out, previous, frame), processes - 1)
    )
    for done in chain([_own(writer, source)], written):
        entries |= _new(entries, done)
        pages, linked = pages + done.pages, linked + done.linked
        if progress is not None and time.perf_counter() - told > TOLD_EVERY:
            told = time.perf_counter()
            progress(f"{pages} pages so far")
    made = len(entries) - linked
    _release_files(source, out, entries)
    write_site_list(out, source.release_id, entries)
    (out / "site.json").chmod(0o444)
    if progress is not None:
        progress(f"{pages} pages, {made} files written, {linked} as before")
    return SiteReport(
        pages=pages,
        files=len(entries),
        rewritten=made,
        linked=linked,
        bytes=sum(entry.bytes for entry in entries.values()),
        seconds=time.perf_counter() - began,
    )


def _own(writer: Writer, source: Source) -> Written:
    """Style, script and fonts."""
    files = {**assets.static_files(), assets.RELEASE_CSS: assets.release_css(source)}
    done = Written()
    for path, content in files.items():
        writer.file(done, path, hashlib.sha256(content).hexdigest()[:32], partial(bytes, content))
    return done


def _with_others(
    writer: Writer,
    todo: list[Part],
    opened: Callable[[], Source],
    where: tuple[Path, Path | None, Frame],
    others: int,
) -> Iterator[Written]:
    """This process takes the first part that is left, `others` more take the last, until all are done."""
    left, running = deque(todo), set[Future[Written]]()
    # Spawned, not forked: threads of DuckDB and Polars run in this process.
    pool = ProcessPoolExecutor(
        others, mp_context=get_context("spawn"), initializer=_start, initargs=(opened, *where)
    )
    try:
        while left or running:
            while left and len(running) < 2 * others:
                running.add(pool.submit(_run, left.pop()))
            if left:
                yield writer.part(left.popleft())
            done, running = wait(running, timeout=0 if left else None, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


class _Worker:
    """What a process that writes a share of the site keeps."""

    writer: Writer | None = None


def _start(opened: Callable[[], Source], out: Path, previous: Path | None, frame: Frame) -> None:
    _Worker.writer = Writer(opened(), out, previous, frame)


def _run(part: Part) -> Written:
    assert _Worker.writer is not None
    return _Worker.writer.part(part)


def _new(known: Mapping[str, SiteEntry], done: Written) -> dict[str, SiteEntry]:
    if both := known.keys() & done.entries.keys():
        path = min(both)
        raise ReleaseError(f"มีหน้าเว็บซ้ำที่ {path} · Two pages have the path {path}")
    return done.entries


def _release_files(source: Source, out: Path, entries: dict[str, SiteEntry]) -> None:
    """The release's own tables and lists, once more below the site: offered for download wherever the site lies."""
    folders = [(source.folder, source.manifest)]
    if source.facts is not None and source.facts_manifest is not None and source.facts != source.folder:
        folders.append((source.facts, source.facts_manifest))
    for folder, manifest in folders:
        for file in manifest.files:
            path = f"{SITE_FILES}/{file.path}"
            if path in entries or file.path.startswith("site/") or not (folder / file.path).is_file():
                continue
            if file.path == "datapackage.json":
                continue
            place_file(folder / file.path, out / path)
            entries[path] = SiteEntry(file.sha256[:32], file.bytes, file.sha256)
