"""Runs the dbt project in this process: start-up is paid once, and every node's outcome comes back as data.

The folders of a build reach dbt through the environment, and the warehouse through a link of fixed name, so
that a new build finds everything as dbt last parsed it: changed `--vars` or another database path would parse
the whole project again. (This holds while the database file keeps its own name, `warehouse.duckdb`.)
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from dbt_common.events.base_types import EventMsg

PROJECT_DIR = Path(__file__).resolve().parents[1] / "dbt_project"
STAMP = "manifest.sha256"  # beside manifest.json: the fingerprint of the project it was parsed from
Command = Literal["build", "run", "test", "seed"]
RESULT_EVENTS = frozenset({"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"})

# dbt keeps global state (flags, adapters, the working folder): one run at a time in a process.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class DbtNode:
    """Outcome of one model, seed or test. `failures` counts failing rows of a test; None for other nodes."""

    unique_id: str
    resource_type: str
    name: str
    status: str
    seconds: float
    failures: int | None
    message: str


@dataclass(frozen=True, slots=True)
class DbtRun:
    """Outcome of one dbt call. `events` are dbt's own result events, as dagster-dbt reads them; `error`
    is set when dbt could not run.
    """

    success: bool
    nodes: tuple[DbtNode, ...]
    manifest: Path
    events: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    error: str | None = None

    @property
    def failed(self) -> tuple[DbtNode, ...]:
        """Nodes that stop a release: errors and tests failing at severity error."""
        return tuple(node for node in self.nodes if node.status in ("error", "fail", "runtime error"))


def run_dbt(
    *,
    input_dir: Path,
    reference_dir: Path,
    warehouse: Path,
    fund_measures: Sequence[str],
    target_dir: Path,
    select: Sequence[str] | None = None,
    command: Command = "build",
    unit_tests: bool = False,
    threads: int = 2,
    memory: str | None = None,
    project_dir: Path = PROJECT_DIR,
    more_environment: Mapping[str, str] | None = None,
) -> DbtRun:
    """Run one dbt command over a build's input and return every node's outcome.

    `input_dir` and `reference_dir` hold the Parquet named in docs/architecture.md; `warehouse` is made or
    updated; `target_dir` keeps dbt's partial parse, manifest and logs between builds. `memory` is DuckDB's
    limit (default: 2GB). `more_environment`: what models read from the environment beside the folders. Unit
    tests run only where `unit_tests` is set. Failing nodes, and dbt failing as a
    whole, are returned and never raised. The DuckDB lock is let go before this returns.
    """
    target_dir = target_dir.resolve()
    target_dir.mkdir(parents=True, exist_ok=True)
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    # DuckDB names the catalogue after the file the link leads to, dbt after the link:
    # they have to be the same.
    link = _point_link(target_dir / warehouse.name, warehouse.resolve())
    environment = {
        "TAMBON_INPUT_DIR": str(input_dir.resolve()),
        "TAMBON_REFERENCE_DIR": str(reference_dir.resolve()),
        "TAMBON_WAREHOUSE": str(link),
        "TAMBON_DBT_THREADS": str(threads),
    }
    environment.update(more_environment or {})
    if memory is not None:
        environment["TAMBON_DUCKDB_MEMORY"] = memory
    arguments = [command, *_shared_arguments(project_dir, target_dir, fund_measures)]
    if select:
        # tests that also read models outside the selection would look for tables that are not there
        arguments += ["--select", *select, "--indirect-selection", "cautious"]
    if _is_current(target_dir, project_fingerprint(fund_measures, project_dir=project_dir)):
        arguments.append("--no-write-json")  # prepare_manifest wrote the same: half a second saved
    if not unit_tests and command in ("build", "test"):
        arguments += ["--exclude-resource-type", "unit_test"]
    success, result, events, error = _invoke(arguments, environment)
    nodes = tuple(_node(outcome) for outcome in getattr(result, "results", None) or ())
    return DbtRun(success, nodes, target_dir / "manifest.json", tuple(events), error)


def prepare_manifest(
    target_dir: Path, fund_measures: Sequence[str], *, project_dir: Path = PROJECT_DIR
) -> Path:
    """`manifest.json` of the project, parsed only when a project file, dbt or the measures changed.

    Raises:
        RuntimeError: the project cannot be parsed; the message is dbt's.
    """
    target_dir = target_dir.resolve()
    target_dir.mkdir(parents=True, exist_ok=True)
    manifest, stamp = target_dir / "manifest.json", target_dir / STAMP
    fingerprint = project_fingerprint(fund_measures, project_dir=project_dir)
    if _is_current(target_dir, fingerprint):
        return manifest
    # The same database path as in run_dbt: dbt then reuses what it parses here.
    environment = {"TAMBON_WAREHOUSE": str(target_dir / "warehouse.duckdb")}
    success, _, _, error = _invoke(
        ["parse", *_shared_arguments(project_dir, target_dir, fund_measures)], environment
    )
    if not success:
        raise RuntimeError(f"dbt cannot read {project_dir}: {error or 'see ' + str(target_dir / 'dbt.log')}")
    stamp.write_text(fingerprint, encoding="utf-8")
    return manifest


def _is_current(target_dir: Path, fingerprint: str) -> bool:
    """Whether `manifest.json` in `target_dir` was parsed from the project of this fingerprint."""
    stamp = target_dir / STAMP
    return (
        (target_dir / "manifest.json").is_file()
        and stamp.is_file()
        and stamp.read_text(encoding="utf-8") == fingerprint
    )


def project_fingerprint(fund_measures: Sequence[str], *, project_dir: Path = PROJECT_DIR) -> str:
    """sha256 over every file of the dbt project, the measures and dbt's version."""
    from importlib.metadata import version

    digest = hashlib.sha256(json.dumps([*fund_measures, version("dbt-core"), version("dbt-duckdb")]).encode())
    for path in sorted(project_dir.rglob("*")):
        inside = path.relative_to(project_dir)
        if path.is_file() and not {"target", "logs", "__pycache__"} & set(inside.parts):
            digest.update(f"\0{inside.as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _shared_arguments(project_dir: Path, target_dir: Path, fund_measures: Sequence[str]) -> list[str]:
    # Absolute folders: dbt's partial parse remembers seed paths relative to the caller's folder.
    project = str(project_dir.resolve())
    return [
        *("--project-dir", project, "--profiles-dir", project),
        *("--target-path", str(target_dir), "--log-path", str(target_dir)),
        *("--vars", json.dumps({"fund_measures": list(fund_measures)})),
        *("--quiet", "--no-print", "--log-level", "none", "--no-use-colors", "--log-level-file", "info"),
        *("--no-version-check", "--no-send-anonymous-usage-stats", "--no-static-parser", "--partial-parse"),
    ]


def _point_link(link: Path, warehouse: Path) -> Path:
    """Let `link` lead to `warehouse`; a log left beside the link by a killed run belongs to another file."""
    link.with_name(link.name + ".wal").unlink(missing_ok=True)
    if link.is_symlink() and link.readlink() == warehouse:
        return link
    link.unlink(missing_ok=True)
    link.symlink_to(warehouse)
    return link


def _invoke(
    arguments: list[str], environment: Mapping[str, str]
) -> tuple[bool, Any, list[dict[str, Any]], str | None]:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from dbt_common.events.functions import msg_to_dict

    events: list[dict[str, Any]] = []

    def keep(event: EventMsg) -> None:
        if event.info.name in RESULT_EVENTS:
            events.append(msg_to_dict(event))

    with _ONE_AT_A_TIME, _environment({**environment, "DO_NOT_TRACK": "1"}), _same_folder():
        try:
            outcome = dbtRunner(callbacks=[keep]).invoke(arguments)
        finally:
            # dbt keeps the write lock of the database; only dropping its environment lets go of it.
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
            gc.collect()
    if isinstance(outcome.exception, KeyboardInterrupt | SystemExit):
        raise outcome.exception
    error = None if outcome.exception is None else str(outcome.exception)
    return outcome.success, outcome.result, events, error


def _node(outcome: Any) -> DbtNode:
    node = outcome.node
    return DbtNode(
        unique_id=str(node.unique_id),
        resource_type=str(node.resource_type),
        name=str(node.name),
        status=str(outcome.status),
        seconds=float(outcome.execution_time),
        failures=None if outcome.failures is None else int(outcome.failures),
        message=str(outcome.message or ""),
    )


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables and put back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _same_folder() -> Iterator[None]:
    """dbt changes the working folder of the process; go back."""
    before = Path.cwd()
    try:
        yield
    finally:
        os.chdir(before)
