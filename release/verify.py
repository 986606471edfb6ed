"""Reads a release's manifest and checks its files against it."""

import hashlib
from pathlib import Path

from pydantic import ValidationError

from ingest.home import Home
from release.errors import ReleaseError
from release.models import FileEntry, Manifest, VerifyReport
from release.paths import QUALITY_PREFIX, folder_of
from release.site import SITE, site_problems

MANIFEST = "manifest.json"


def file_entries(folder: Path) -> list[FileEntry]:
    """Every file below a folder, by path, with its size and SHA-256; the manifest itself and the pages left out."""
    return [file_entry(path, folder) for path in _files(folder)]


def file_entry(path: Path, folder: Path) -> FileEntry:
    """One file's entry; its path is relative to `folder`."""
    return FileEntry(
        path=path.relative_to(folder).as_posix(), bytes=path.stat().st_size, sha256=sha256_of(path)
    )


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for top in folder.iterdir()
        if top.name not in (MANIFEST, SITE)
        for path in ([top] if top.is_file() else top.rglob("*"))
        if path.is_file()
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a release folder. Raises ReleaseError where it is missing or damaged."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise ReleaseError(f"ไม่พบรุ่นข้อมูล {folder.name} · There is no release {folder.name}") from error
    except (OSError, ValidationError) as error:
        raise ReleaseError(
            f"manifest.json ของรุ่น {folder.name} เสียหาย · The manifest of {folder.name} is damaged"
        ) from error


def verify(home: Home, release_id: str) -> VerifyReport:
    """Read every file of a release and compare with its manifest.

    Raises ReleaseError where there is no manifest.
    """
    folder = folder_of(home, release_id)
    manifest = read_manifest(folder)
    named = release_id.removeprefix(QUALITY_PREFIX) if manifest.kind == "quality" else release_id
    problems = (
        [] if manifest.release_id == named else ["manifest.json: รหัสไม่ตรงกับโฟลเดอร์ · id is not the folder's"]
    )
    known = {file.path: file for file in manifest.files}
    for file in manifest.files:
        path = folder / file.path
        if not path.is_file():
            problems.append(f"{file.path}: ไม่พบไฟล์ · missing")
        elif path.stat().st_size != file.bytes or sha256_of(path) != file.sha256:
            problems.append(f"{file.path}: เนื้อไฟล์ไม่ตรง · changed")
    problems += [
        f"{extra}: ไม่อยู่ในรายการ · not in the manifest"
        for extra in (path.relative_to(folder).as_posix() for path in _files(folder))
        if extra not in known
    ]
    pages, files, size = site_problems(folder, known)
    problems += pages
    return VerifyReport(
        release_id=release_id,
        ok=not problems,
        files=len(manifest.files) + files,
        bytes=sum(file.bytes for file in manifest.files) + size,
        problems=problems,
    )
