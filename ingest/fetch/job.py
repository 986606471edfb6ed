"""What every kind of source is given, and what it gives back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.contract.model import Contract
from ingest.fetch.models import Pulled
from ingest.fetch.secrets import Secrets
from ingest.fetch.tries import Tries


@dataclass(frozen=True)
class Job:
    """One source's pull. `seen` is what was kept of each file that is still in landing, by origin.

    `cleanup` is closed when all tasks of the source are done.
    """

    contract: Contract
    secrets: Secrets
    seen: Mapping[str, Mapping[str, str]]
    max_bytes: int
    cleanup: contextlib.ExitStack


@dataclass(frozen=True)
class Task:
    """One file to pull. `pull` writes it to the path, with its attempts, and raises FetchFailed."""

    origin: str
    pull: Callable[[Path, Tries], Pulled]
