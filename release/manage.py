"""Lists, rolls back and prunes releases."""

import shutil
from pathlib import Path

from ingest.home import Home
from release.errors import ReleaseError
from release.history import record_release
from release.models import PruneReport, ReleaseInfo, VerifyReport
from release.paths import (
    DELETING,
    QUALITY_PREFIX,
    folder_of,
    fsync_path,
    locked,
    resolve_current,
    resolve_quality,
)
from release.publish import publish
from release.verify import read_manifest, verify


def list_releases(home: Home, *, include_quality: bool = False) -> list[ReleaseInfo]:
    """Every release, newest first (by id, which begins with its UTC time); a damaged one is marked so."""
    current, quality = resolve_current(home), resolve_quality(home)
    infos = [_info(folder, current, quality) for folder in _folders(home)]
    shown = [info for info in infos if include_quality or info.kind == "release"]
    return sorted(shown, key=lambda info: info.release_id.removeprefix(QUALITY_PREFIX), reverse=True)


def _folders(home: Home) -> list[Path]:
    if not home.releases.is_dir():
        return []
    return [
        path
        for path in home.releases.iterdir()
        if path.is_dir() and not path.is_symlink() and not path.name.startswith(".")
    ]


def _info(folder: Path, current: Path | None, quality: Path | None) -> ReleaseInfo:
    try:
        manifest = read_manifest(folder)
    except ReleaseError:
        return ReleaseInfo(
            release_id=folder.name,
            is_current=folder == current,
            is_current_quality=folder == quality,
            kind="quality" if folder.name.startswith(QUALITY_PREFIX) else "release",
            status="damaged",
            created_at=None,
            is_synthetic=None,
            bytes=_size(folder),
            rows={},
        )
    return ReleaseInfo(
        release_id=folder.name,
        is_current=folder == current,
        is_current_quality=folder == quality,
        kind=manifest.kind,
        status=manifest.status,
        created_at=manifest.created_at,
        is_synthetic=manifest.is_synthetic,
        bytes=sum(file.bytes for file in manifest.files),
        rows={table.name: table.rows for table in manifest.tables},
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def rollback(home: Home, release_id: str) -> VerifyReport:
    """Make an older release current again, after checking every file of it. Raises ReleaseError."""
    with locked(home):
        report = verify(home, release_id)
        if not report.ok:
            raise ReleaseError(
                f"รุ่น {release_id} เสียหาย จึงไม่ย้อนกลับ · {release_id} is damaged, not rolled back: "
                + "; ".join(report.problems)
            )
        publish(home, release_id)
    return report


def prune(home: Home, keep: int = 10, *, dry_run: bool = False) -> PruneReport:
    """Delete all but the newest `keep` releases and the newest `keep` quality-only folders.

    Never deletes what `current` or `current-quality` names. Raises ReleaseError when keep < 1.
    """
    if keep < 1:
        raise ReleaseError("ต้องเก็บไว้อย่างน้อย 1 รุ่น · At least one release must be kept")
    if dry_run:
        return _prune(home, keep, dry_run=True)
    with locked(home):
        return _prune(home, keep, dry_run=False)


def _prune(home: Home, keep: int, *, dry_run: bool) -> PruneReport:
    infos = list_releases(home, include_quality=True)
    newest = {
        info.release_id
        for kind in ("release", "quality")
        for info in [info for info in infos if info.kind == kind][:keep]
    }
    doomed = [
        info
        for info in infos
        if info.release_id not in newest and not info.is_current and not info.is_current_quality
    ]
    for info in [] if dry_run else doomed:
        folder = folder_of(home, info.release_id)
        if info.kind == "release" and info.status == "good":
            record_release(home, read_manifest(folder))  # what was first in it stays known
        _delete(folder)
    gone = {info.release_id for info in doomed}
    return PruneReport(
        deleted=[info.release_id for info in doomed],
        kept=[info.release_id for info in infos if info.release_id not in gone],
        freed_bytes=sum(info.bytes for info in doomed),
        dry_run=dry_run,
    )


def _delete(folder: Path) -> None:
    # Under a hidden name first: a half-deleted release is never listed, and the next run ends the work.
    hidden = folder.rename(folder.with_name(f"{DELETING}{folder.name}"))
    fsync_path(hidden.parent)
    shutil.rmtree(hidden)
