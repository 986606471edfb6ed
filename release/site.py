"""The pages that a release carries: their list (`site/site.json`), and whether each still is what the list says.

The pages are many (two a tambon), so that they stand in a list of their own, and only the list stands in the manifest.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from release.errors import ReleaseError
from release.models import FileEntry, Manifest

SITE: Final = "site"
SITE_LIST: Final = "site/site.json"
SITE_FILES: Final = "files"
"""In the site: the release's own files once more (hard links), so that pages can offer them wherever the site is copied to."""
SiteWriter = Callable[[Path, Manifest], None]
"""Writes `site/` with its list into the folder of a release that is being built; raises what makes pages impossible."""


class SiteEntry(NamedTuple):
    """One file of the site: the key of what it was made from, its size in bytes and its SHA-256."""

    key: str
    bytes: int
    sha256: str


def write_site_list(site: Path, release_id: str, entries: Mapping[str, SiteEntry]) -> None:
    """Write site.json: every file of the site by path, sorted."""
    content = {
        "format_version": 1,
        "release_id": release_id,
        "files": {path: list(entries[path]) for path in sorted(entries)},
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace('],"', '],\n"')
    (site / "site.json").write_text(text + "\n", encoding="utf-8")


def read_site_list(site: Path) -> dict[str, SiteEntry]:
    """The files of a site by path.

    Raises:
        ReleaseError: there is no list, or it is damaged.
    """
    try:
        content = json.loads((site / "site.json").read_bytes())
        return {
            str(path): SiteEntry(str(key), int(size), str(sha))
            for path, (key, size, sha) in content["files"].items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReleaseError(
            f"รายชื่อหน้าเว็บ {site.name}/site.json เสียหาย · The list of pages {site.name}/site.json is damaged"
        ) from error


def link_files(folder: Path, paths: list[str]) -> None:
    """Put the release's own files under site/files/ as hard links (copies where there are none)."""
    for path in paths:
        place_file(folder / path, folder / SITE / SITE_FILES / path)


def place_file(source: Path, target: Path) -> None:
    """A hard link, or a copy on a file system without them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        import shutil

        shutil.copyfile(source, target)


def site_problems(folder: Path, known: Mapping[str, FileEntry]) -> tuple[list[str], int, int]:
    """What is missing, changed or too much in a release's site, with the number of its files and their bytes.

    `known`: the manifest's files by path; their second names under site/files/ are not read again.
    """
    site = folder / SITE
    if SITE_LIST not in known:
        return ([f"{SITE}/: ไม่อยู่ในรายการ · not in the manifest"] if site.exists() else []), 0, 0
    try:
        entries = read_site_list(site)
    except ReleaseError as error:
        return [f"{SITE_LIST}: {error}"], 0, 0
    problems = [
        f"{SITE}/{path}: {problem}"
        for path, entry in entries.items()
        if (problem := _problem(site / path, entry, folder, known))
    ]
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.is_dir() or name in entries or name == "site.json" or _is_own(folder, site, name):
            continue
        problems.append(f"{SITE}/{name}: ไม่อยู่ในรายการ · not in the list")
    return problems, len(entries), sum(entry.bytes for entry in entries.values())


def _problem(path: Path, entry: SiteEntry, folder: Path, known: Mapping[str, FileEntry]) -> str | None:
    try:
        size = path.stat().st_size
        if size != entry.bytes:
            return "เนื้อไฟล์ไม่ตรง · changed"
        name = path.relative_to(folder / SITE).as_posix()
        own = name.removeprefix(f"{SITE_FILES}/")
        if own != name and own in known and path.samefile(folder / own):
            return None if known[own].sha256 == entry.sha256 else "เนื้อไฟล์ไม่ตรง · changed"
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256
    except OSError:
        return "ไม่พบไฟล์ · missing"
    return None if same else "เนื้อไฟล์ไม่ตรง · changed"


def _is_own(folder: Path, site: Path, name: str) -> bool:
    """Whether it is the second name of a descriptor that is written after the pages."""
    if name not in (f"{SITE_FILES}/manifest.json", f"{SITE_FILES}/datapackage.json"):
        return False
    first, second = folder / name.removeprefix(f"{SITE_FILES}/"), site / name
    return first.is_file() and (first.samefile(second) or first.read_bytes() == second.read_bytes())
