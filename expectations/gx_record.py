"""What Great Expectations did, kept for engineers: a validation's own result, one JSON file a suite and run.

Written while checks run (milliseconds); pages are made from it only when somebody wants to read them (`gx_pages`).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from expectations.catalogue.model import Rule
from ingest.whole import write_whole

KEPT_RUNS = 10
"""Runs kept of each suite; older ones are removed when a new one is written."""
_DOCUMENTED: ContextVar[tuple[Path, str] | None] = ContextVar("documented", default=None)
_INTERNAL = ("batch_id", "rule_table", "check_id")
_LOG = logging.getLogger(__name__)


class ExpectationRun(BaseModel):
    """One expectation of a run: as it was declared, and Great Expectations' result of it."""

    type: str
    check_id: str | None
    title_en: str
    arguments: dict[str, Any]
    failing_sql: str | None
    total_sql: str | None
    success: bool
    exception: str | None
    result: dict[str, Any]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Verdicts by group: `key, failing, total, passed, severity`."""
        found = self.result.get("details", {}).get("groups", [])
        return found if isinstance(found, list) else []


class SuiteRun(BaseModel):
    """One validation of one table."""

    suite: str
    table: str
    group_by: list[str]
    started_at: datetime
    seconds: float
    success: bool
    gx_version: str
    statistics: dict[str, Any]
    expectations: list[ExpectationRun]


@contextmanager
def documented(folder: Path, suite: str) -> Iterator[None]:
    """Keep what suites that run inside say, under `folder/runs/`; `suite` names what they judge, such as a feed."""
    token = _DOCUMENTED.set((folder, suite))
    try:
        yield
    finally:
        _DOCUMENTED.reset(token)


def record_run(
    outcome: Any, table: str, rules: Sequence[Rule], group_by: Sequence[str], seconds: float
) -> None:
    """Keep one validation result, if somebody asked for it. A result that cannot be written stops no check."""
    place = _DOCUMENTED.get()
    if place is None:
        return
    try:
        run = _read(outcome, f"{place[1]} {table}", table, rules, group_by, seconds)
        _write(place[0] / "runs" / slug(run.suite), run)
    except (OSError, ValueError, TypeError, AttributeError):
        _LOG.warning("the validation of %s could not be recorded", table, exc_info=True)


def slug(suite: str) -> str:
    """A suite's name as a folder's."""
    return re.sub(r"[^a-z0-9_]+", "-", suite.lower()).strip("-")


def _read(
    outcome: Any, suite: str, table: str, rules: Sequence[Rule], group_by: Sequence[str], seconds: float
) -> SuiteRun:
    from importlib.metadata import version

    known = {rule.check_id: rule for rule in rules}
    plain = outcome.to_json_dict()
    return SuiteRun(
        suite=suite,
        table=table,
        group_by=list(group_by),
        started_at=datetime.now(UTC),
        seconds=round(seconds, 3),
        success=bool(plain["success"]),
        gx_version=version("great-expectations"),
        statistics=plain.get("statistics") or {},
        expectations=[_expectation(one, known) for one in plain["results"]],
    )


def _expectation(one: dict[str, Any], known: dict[str, Rule]) -> ExpectationRun:
    config = one["expectation_config"]
    kwargs = config["kwargs"]
    rule = known.get(kwargs.get("check_id", ""))
    info = one.get("exception_info") or {}
    parts = (
        [info] if "raised_exception" in info else [part for part in info.values() if isinstance(part, dict)]
    )
    raised = next((part.get("exception_message") for part in parts if part.get("raised_exception")), None)
    return ExpectationRun(
        type=config["type"],
        check_id=kwargs.get("check_id"),
        title_en=rule.title_en if rule else "",
        arguments={name: value for name, value in kwargs.items() if name not in _INTERNAL},
        failing_sql=rule.failing_sql if rule else None,
        total_sql=rule.total_sql if rule else None,
        success=bool(one["success"]),
        exception=str(raised) if raised else None,
        result=json.loads(json.dumps(one.get("result") or {}, default=str)),
    )


def _write(folder: Path, run: SuiteRun) -> None:
    write_whole(folder / f"{run.started_at:%Y%m%dT%H%M%S%f}.json", run.model_dump_json())
    for old in sorted(folder.glob("*.json"))[:-KEPT_RUNS]:
        old.unlink(missing_ok=True)


def read_runs(folder: Path) -> dict[str, list[Path]]:
    """The runs kept under a folder of documented suites: files by suite's folder name, newest first."""
    suites = sorted(one for one in (folder / "runs").glob("*") if one.is_dir())
    return {one.name: sorted(one.glob("*.json"), reverse=True) for one in suites}
