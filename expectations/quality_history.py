"""What is remembered of quality from one audit to the next, longer than any release is kept.

`history/quality/<build_id>/` holds three tables of that build's audit as they were published: `dq_finding_life`, `dq_trend`
and `dq_release`. Each holds all that was before, so the newest is enough; a few older ones are kept in case it is damaged.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from expectations.scratch import Scratch, quoted
from expectations.tables import TABLES, create_table
from ingest.home import Home

REMEMBERED = ("dq_finding_life", "dq_trend", "dq_release")
KEEP = 5
_PREFIX = "earlier_"


def quality_history(home: Home) -> Path:
    """Folder of what is remembered of quality."""
    return home.history / "quality"


def moment_of(build_id: str, otherwise: datetime) -> datetime:
    """When a build began, as its id says: the same however often it is audited. `otherwise` where the id says nothing."""
    try:
        return datetime.strptime(build_id[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return otherwise


def keep_quality_history(home: Home, build_id: str, audit_folder: Path) -> Path:
    """Remember what a build's audit said, once its quality tables are published. Again for the same build, it takes its place.

    Raises:
        FileNotFoundError: the audit lacks one of the tables.
        OSError: the home cannot be written.
    """
    folder = quality_history(home)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / build_id
    making = Path(tempfile.mkdtemp(dir=folder, prefix=".making-"))
    try:
        for table in REMEMBERED:
            shutil.copyfile(audit_folder / f"{table}.parquet", making / f"{table}.parquet")
        if target.exists():
            old = Path(tempfile.mkdtemp(dir=folder, prefix=".old-"))
            target.rename(old / build_id)
        making.rename(target)
    finally:
        for left in (*folder.glob(".making-*"), *folder.glob(".old-*")):
            shutil.rmtree(left, ignore_errors=True)
    for old in _kept(home)[:-KEEP]:
        if old != target:
            shutil.rmtree(old, ignore_errors=True)
    return target


def _kept(home: Home) -> list[Path]:
    """Folders of what is remembered, oldest first (a build's id begins with its time)."""
    return sorted(path for path in quality_history(home).glob("[!.]*") if path.is_dir())


def _memories(home: Home) -> list[tuple[str, Path]]:
    """(build, folder) of all that is remembered, newest first.

    The quality tables of releases that are still kept stand in where a run died before it remembered what it had published, or
    where the history was lost.
    """
    published = {
        path.parent.name.removeprefix("quality-"): path
        for path in home.releases.glob("[!.]*/quality")
        if not path.parent.is_symlink()
    }
    return sorted((published | {path.name: path for path in _kept(home)}).items(), reverse=True)


def load_history(database: Scratch, home: Home, build_id: str) -> str | None:
    """Make `earlier_dq_…`: what was remembered before this build; empty where nothing was. Returns of which build.

    A damaged memory is passed over for the one before it: what was found since then counts as new again.
    """
    import duckdb

    for table in REMEMBERED:
        create_table(database, table, f"{_PREFIX}{table}")
    for name, folder in _memories(home):
        if name >= build_id:
            continue
        try:
            for table in REMEMBERED:
                source = f"read_parquet('{quoted(folder / f'{table}.parquet')}')"
                there = database.columns(f"(SELECT * FROM {source})")
                shared = ", ".join(column for column in TABLES[table] if column in there)
                database.connection.execute(
                    f"INSERT INTO {_PREFIX}{table} ({shared}) SELECT {shared} FROM {source}"
                )
        except duckdb.Error:
            for table in REMEMBERED:
                create_table(database, table, f"{_PREFIX}{table}")
            continue
        return name
    return None
