"""Builds a release beside the others, under a hidden name, and gives it its name only when it is whole."""

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from ingest.home import Home
from release.changes import changes_since
from release.datapackage import SYNTHETIC_EN, SYNTHETIC_TH, data_package
from release.errors import ReleaseError
from release.export import STORAGE_VERSION, export_quality, export_tables, scratch_connection
from release.models import BuildMeta, FileEntry, Manifest, ReleaseChanges, TableEntry
from release.paths import BUILDING, QUALITY_PREFIX, folder_of, fsync_path, locked, resolve_current
from release.site import SITE, SITE_LIST, SiteWriter, link_files
from release.verify import MANIFEST, file_entries, file_entry, read_manifest

Progress = Callable[[str], None]
LISTED_FROM = ("dq_finding", "dq_delivery", "dq_check", "dq_result")
"""The quality tables that mending lists are made from."""


def build_release(
    home: Home,
    build_id: str,
    warehouse: Path,
    quality_dir: Path,
    meta: BuildMeta,
    progress: Progress | None = None,
    site: SiteWriter | None = None,
) -> Path:
    """Write releases/<build_id>/ from a warehouse and its quality tables; publish() makes it the current one.

    Published are every dim_*, fct_* and mart_* of schema main (or meta.tables) and quality_dir/dq_*.parquet.
    The warehouse is opened read-only: no connection of this process may hold it open for writing. `progress`
    gets one line a step. `site` writes the pages into the folder, from all that is in it by then; where it fails there is
    no release. Returns the folder. Raises ReleaseError: a table is missing, the id was used before, the home holds the
    other kind of data, the pages cannot be written.
    """
    with locked(home):
        _check_kind(home, meta)
        target = _new_folder(home, build_id)
        out = _start(home, build_id)
        tables = export_tables(warehouse, quality_dir, out, meta, progress)
        _remove_spill(out)
        _tell(progress, "mending lists")
        _mending_lists(home, build_id, quality_dir, out, meta)
        files = file_entries(out)
        _tell(progress, "changes")
        changes = _changes(home, out, tables, files, meta)
        manifest = _manifest(build_id, "release", meta, tables, files, changes)
        _write_site(site, out, manifest, progress)
        _finish(out, target, manifest, meta)
    return target


def build_quality(
    home: Home, build_id: str, quality_dir: Path, meta: BuildMeta, site: SiteWriter | None = None
) -> Path:
    """Write releases/quality-<build_id>/ with the quality tables of a failed audit, and its pages. Raises ReleaseError."""
    with locked(home):
        _check_kind(home, meta)
        target = _new_folder(home, f"{QUALITY_PREFIX}{build_id}")
        out = _start(home, f"{QUALITY_PREFIX}{build_id}")
        with scratch_connection(meta, out) as con:
            tables = export_quality(con, quality_dir, out, meta, None)
        _remove_spill(out)
        if not tables:
            raise ReleaseError("ไม่มีตารางคุณภาพข้อมูลให้เผยแพร่ · There are no quality tables (dq_*) to publish")
        _mending_lists(home, build_id, quality_dir, out, meta)
        manifest = _manifest(build_id, "quality", meta, tables, file_entries(out), None)
        _write_site(site, out, manifest, None)
        _finish(out, target, manifest, meta)
    return target


def _write_site(site: SiteWriter | None, out: Path, manifest: Manifest, progress: Progress | None) -> None:
    """Let the pages be written; what cannot be shown is not published (the last good release stays, with its pages)."""
    if site is None:
        return
    _tell(progress, "pages")
    try:
        site(out, manifest)
    except ReleaseError:
        raise
    except Exception as error:
        raise ReleaseError(
            f"สร้างหน้าเว็บไม่สำเร็จ จึงไม่เผยแพร่รอบนี้: {type(error).__name__}: {error} · "
            f"The pages cannot be written, so that this build is not published: {type(error).__name__}: {error}"
        ) from error
    manifest.files = [*manifest.files, file_entry(out / SITE_LIST, out)]


def _mending_lists(home: Home, build_id: str, quality_dir: Path, out: Path, meta: BuildMeta) -> None:
    """Write mending/<agency>.xlsx for every agency with something to mend."""
    if not all((quality_dir / f"{table}.parquet").is_file() for table in LISTED_FROM):
        return
    from release.mending import LIST_FOLDER, write_agency_lists

    write_agency_lists(home, quality_dir, out / LIST_FOLDER, release_id=build_id, made_at=meta.created_at)


def _tell(progress: Progress | None, step: str) -> None:
    if progress is not None:
        progress(step)


def _check_kind(home: Home, meta: BuildMeta) -> None:
    kind = home.kind()
    if kind is not None and (kind == "synthetic") != meta.is_synthetic:
        raise ReleaseError(
            "ข้อมูลจริงกับข้อมูลสังเคราะห์จะเผยแพร่ปนกันไม่ได้ · Real and synthetic data cannot be published in one home"
        )


def _new_folder(home: Home, name: str) -> Path:
    target = folder_of(home, name)
    if os.path.lexists(target):
        raise ReleaseError(f"มีรุ่นข้อมูล {name} อยู่แล้ว · Release {name} exists already; ids are never used again")
    return target


def _start(home: Home, name: str) -> Path:
    out = home.releases / f"{BUILDING}{name}-{secrets.token_hex(4)}"
    out.mkdir()
    return out


def _remove_spill(out: Path) -> None:
    spill = out / ".spill"
    if spill.is_dir():
        for left in spill.iterdir():
            left.unlink()
        spill.rmdir()


def _changes(
    home: Home, out: Path, tables: list[TableEntry], files: list[FileEntry], meta: BuildMeta
) -> ReleaseChanges | None:
    import duckdb

    previous = resolve_current(home)
    if previous is None:
        return None
    try:
        before = read_manifest(previous)
        with scratch_connection(meta, out) as con:
            hashes = {file.path: file.sha256 for file in files}
            return changes_since(con, previous, before, out, tables, hashes, meta.exact_diff_rows)
    except (ReleaseError, duckdb.IOException):
        return None  # a damaged last release must not keep the next good one from being published
    finally:
        _remove_spill(out)


def _manifest(
    build_id: str,
    kind: Literal["release", "quality"],
    meta: BuildMeta,
    tables: list[TableEntry],
    files: list[FileEntry],
    changes: ReleaseChanges | None,
) -> Manifest:
    import duckdb

    return Manifest(
        release_id=build_id,
        kind=kind,
        status="good" if kind == "release" else "audit_failed",
        created_at=meta.created_at,
        is_synthetic=meta.is_synthetic,
        notice_th=SYNTHETIC_TH if meta.is_synthetic else None,
        notice_en=SYNTHETIC_EN if meta.is_synthetic else None,
        inputs=meta.inputs,
        contracts=meta.contracts,
        checks=meta.checks,
        stale_feeds=meta.stale_feeds,
        tables=tables,
        files=files,
        changes=changes,
        duckdb_version=duckdb.__version__,
        duckdb_storage_version=STORAGE_VERSION if kind == "release" else None,
    )


def _finish(out: Path, target: Path, manifest: Manifest, meta: BuildMeta) -> None:
    """Write the descriptors, bring every byte to disk, make files read-only, then name the folder."""
    package = out / "datapackage.json"
    descriptor = data_package(manifest.release_id, meta, manifest.tables, manifest.files)
    package.write_text(json.dumps(descriptor, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    manifest.files = sorted([*manifest.files, file_entry(package, out)], key=lambda file: file.path)
    (out / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    has_site = (out / SITE_LIST).is_file()
    if has_site:
        link_files(out, [MANIFEST, package.name])
    for path in sorted(out.rglob("*")):
        if path.relative_to(out).parts[0] == SITE and path != out / SITE_LIST:
            continue
        if path.is_file():
            path.chmod(0o444)
        fsync_path(path)
    if has_site:
        # Thousands of pages one by one would take minutes: everything that is not yet on disk goes there at once.
        os.sync()
    fsync_path(out)
    out.rename(target)
    fsync_path(target.parent)
