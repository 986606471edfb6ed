"""One refresh's work: its id, its inputs, how long each stage took, and how it ended.

A build lies in `builds/<build_id>/`: `build.json` (below), `stages.jsonl`, `input/` (what dbt reads), `warehouse.duckdb`
and `audit/`. Publishing looks only at what is recorded there, never at what another process remembers.
"""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from ingest.home import Home
from ingest.whole import write_whole

Outcome = Literal["running", "published", "audit_failed", "failed"]
PROJECT_ROOT = Path(__file__).parents[1]


class StageTime(BaseModel):
    """One stage of a build: wall seconds, and the process's peak resident memory so far (MiB)."""

    stage: str
    seconds: float
    peak_memory_mib: float


class Build(BaseModel):
    """What `build.json` holds."""

    build_id: str
    run_id: str
    input_fingerprint: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome = "running"
    reason: str | None = None
    previous_release: str | None = None


def build_path(home: Home, build_id: str) -> Path:
    """Folder of a build."""
    return home.builds / build_id


def input_dir(home: Home, build_id: str) -> Path:
    """Folder of the Parquet that dbt reads in this build."""
    return build_path(home, build_id) / "input"


def warehouse_file(home: Home, build_id: str) -> Path:
    """The build's DuckDB database."""
    return build_path(home, build_id) / "warehouse.duckdb"


def write_json(path: Path, content: BaseModel) -> None:
    """Write a model as JSON so that a reader sees the old file or the new one, never half of one."""
    write_whole(path, content.model_dump_json(indent=2) + "\n")


def start_build(home: Home, run_id: str, input_fingerprint: str, previous_release: str | None) -> Build:
    """Begin a build for one run; the same run asking again gets the same build."""
    existing = build_of_run(home, run_id)
    if existing:
        return existing
    now = datetime.now(UTC)
    build = Build(
        build_id=f"{now:%Y%m%dT%H%M%S}-{input_fingerprint[:6]}",
        run_id=run_id,
        input_fingerprint=input_fingerprint,
        started_at=now,
        previous_release=previous_release,
    )
    input_dir(home, build.build_id).mkdir(parents=True, exist_ok=True)
    save_build(home, build)
    return build


def save_build(home: Home, build: Build) -> None:
    """Record a build's state."""
    write_json(build_path(home, build.build_id) / "build.json", build)


def end_build(home: Home, build: Build, outcome: Outcome, reason: str | None = None) -> Build:
    """Record how a build ended."""
    ended = build.model_copy(update={"outcome": outcome, "reason": reason, "ended_at": datetime.now(UTC)})
    save_build(home, ended)
    return ended


def builds(home: Home) -> list[Build]:
    """Every build that can still be read, oldest first."""
    found = []
    for path in sorted(home.builds.glob("*/build.json")):
        try:
            found.append(Build.model_validate_json(path.read_text(encoding="utf-8")))
        except ValueError:
            continue  # half-written by a killed run of an older version: not worth stopping for
    return found


def latest_build(home: Home) -> Build | None:
    """The newest build, if there is any."""
    known = builds(home)
    return known[-1] if known else None


def build_of_run(home: Home, run_id: str) -> Build | None:
    """The build that this Dagster run began, if it got that far."""
    return next((build for build in reversed(builds(home)) if build.run_id == run_id), None)


def build_for(home: Home, run_id: str) -> Build:
    """The build of this run, or the newest one where a person re-materialises a single asset.

    Raises:
        LookupError: nothing was ever built in this home.
    """
    build = build_of_run(home, run_id) or latest_build(home)
    if build is None:
        raise LookupError(
            "there is no build yet: materialise the warehouse input first, or run the whole refresh job"
        )
    return build


def prune_builds(home: Home, keep: int = 3) -> list[str]:
    """Remove all but the newest `keep` builds (never one still running); their releases stay. Returns the removed ids."""
    gone = [build.build_id for build in builds(home)[:-keep] if build.outcome != "running"]
    for build_id in gone:
        shutil.rmtree(build_path(home, build_id), ignore_errors=True)
    return gone


def peak_memory_mib() -> float:
    """Peak resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def stage(home: Home, build_id: str | None, name: str) -> Iterator[None]:
    """Time one stage and append it to the build's `stages.jsonl` (or the home's, before a build exists)."""
    began = time.perf_counter()
    try:
        yield
    finally:
        entry = StageTime(
            stage=name,
            seconds=round(time.perf_counter() - began, 3),
            peak_memory_mib=round(peak_memory_mib(), 1),
        )
        path = (build_path(home, build_id) if build_id else home.builds) / "stages.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(entry.model_dump_json() + "\n")


def hash_tree(root: Path, patterns: tuple[str, ...]) -> str:
    """SHA-256 over the names and bytes of the files under `root` that match, in a fixed order."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in root.rglob(pattern) if path.is_file()}):
        if any(part in {"target", "logs", "__pycache__"} for part in path.relative_to(root).parts):
            continue
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def fingerprint_of(parts: dict[str, str | list[str]]) -> str:
    """One hash of everything that decides what a refresh would publish."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
