"""Pulling a feed: every source of its contract, each file into landing, each outcome into the log."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path

from filelock import FileLock, Timeout

from ingest.contract.model import Contract
from ingest.contract.sources import AnySource
from ingest.fetch.job import Job, Task
from ingest.fetch.memory import Memory, remember
from ingest.fetch.models import FetchFailed, FetchOutcome, Pulled
from ingest.fetch.record import log_outcome
from ingest.fetch.secrets import Secrets
from ingest.fetch.teller import Teller
from ingest.fetch.tries import Tries
from ingest.home import Home, HomeKindError
from ingest.landing.errors import LandingError
from ingest.landing.limits import MIB, max_file_bytes
from ingest.landing.pulled import PulledRefused, land_pulled

Progress = Callable[[str], None]
_LOCK_SECONDS = 5.0
# Loaded when a contract first needs them: drivers are heavy, and not everybody has them.
_KINDS = {"bundled": "bundled", "http": "http_source", "ckan": "ckan", "sql": "sql", "sftp": "sftp"}


def fetch_feeds(
    home: Home, contracts: Iterable[Contract], *, dry_run: bool = False, progress: Progress | None = None
) -> list[FetchOutcome]:
    """Pull every feed that has sources, one after another. See `fetch_feed`."""
    return [
        outcome
        for contract in contracts
        for outcome in fetch_feed(home, contract, dry_run=dry_run, progress=progress)
    ]


def fetch_feed(
    home: Home, contract: Contract, *, dry_run: bool = False, progress: Progress | None = None
) -> list[FetchOutcome]:
    """Pull what is new from every source of a feed into landing; [] for a feed without sources.

    One outcome a file, or a source where it did not get so far; logged in `landing/fetches.jsonl`, except in a dry run, which
    asks the servers but keeps nothing. A source that fails is an outcome, never an exception, and leaves landing as it was.
    """
    if not contract.sources:
        return []
    run = _Run(home, contract, dry_run, progress or _silent)
    try:
        with _workplace(home, contract, dry_run) as folder:
            return [outcome for source in contract.sources for outcome in run.source(source, folder)]
    except Timeout:
        # Not logged: the run that pulls this feed now says what came of it.
        return [run.teller.failed(source, source.label, FetchFailed("busy")) for source in contract.sources]
    except OSError as error:
        return [run.failed(source, source.label, _unusable(error)) for source in contract.sources]


@contextlib.contextmanager
def _workplace(home: Home, contract: Contract, dry_run: bool) -> Iterator[Path]:
    """A folder for what is on its way; one run at a time pulls a feed. What a killed run left is removed."""
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="tambon-fetch-") as temporary:
            yield Path(temporary)
        return
    name = contract.feed.replace("/", "-")
    folder = home.landing / "incoming" / f"pulling-{name}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(home.landing / f".fetch-{name}.lock", timeout=_LOCK_SECONDS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class _Run:
    """One run on one feed."""

    def __init__(self, home: Home, contract: Contract, dry_run: bool, say: Progress) -> None:
        self.home, self.contract, self.dry_run, self.say = home, contract, dry_run, say
        self.secrets = Secrets()
        self.teller = Teller(contract, self.secrets)

    def source(self, source: AnySource, folder: Path) -> list[FetchOutcome]:
        """Everything of one source. Never raises for the source's sake."""
        self.teller.start()
        self.say(f"{self.contract.feed}: {source.label}")
        tries = Tries(source)
        try:
            if source.kind != "bundled" and self.home.kind() == "synthetic":
                # Not logged: nothing is wrong with the source.
                return [self.teller.failed(source, source.label, FetchFailed("synthetic_home"))]
            memory = remember(self.home, self.contract)
            with contextlib.ExitStack() as cleanup:
                job = Job(self.contract, self.secrets, memory.seen, _limit(source), cleanup)
                found = _tasks(source, job, tries)
                if not found:
                    outcome = self.teller.good(source, source.label, "nothing_new", tries)
                    return [self._logged(outcome)]
                return [self._task(source, task, job, memory, folder) for task in found]
        except Exception as error:
            return [self.failed(source, source.label, self._told(error), tries)]

    def failed(
        self, source: AnySource, origin: str, failure: FetchFailed, tries: Tries | None = None
    ) -> FetchOutcome:
        """The logged outcome of a pull that ended early."""
        return self._logged(self.teller.failed(source, origin, failure, tries))

    def _task(self, source: AnySource, task: Task, job: Job, memory: Memory, folder: Path) -> FetchOutcome:
        """Pull one file and land it."""
        self.teller.start()
        if task.origin != source.label:
            self.say(f"{self.contract.feed}: {self.secrets.clean(task.origin)}")
        tries = Tries(source)
        path = folder / "file"
        try:
            pulled = task.pull(path, tries)
            if pulled.file_name is None:
                known = memory.delivery.get(task.origin)
                code = "went_back" if memory.went_back(task.origin, known) else "not_modified"
                outcome = self.teller.good(
                    source, task.origin, code, tries, delivery_id=known, seen=pulled.seen
                )
            else:
                outcome = self._land(source, task, job, memory, path, pulled, tries)
        except Exception as error:
            return self.failed(source, task.origin, self._told(error), tries)
        finally:
            path.unlink(missing_ok=True)
        # Word each night that a file of the program itself is the same would only fill the log.
        known_well = memory.last_status.get(task.origin, "failed") != "failed"
        quiet = source.kind == "bundled" and outcome.status == "unchanged" and known_well
        return outcome if quiet else self._logged(outcome)

    def _land(
        self,
        source: AnySource,
        task: Task,
        job: Job,
        memory: Memory,
        path: Path,
        pulled: Pulled,
        tries: Tries,
    ) -> FetchOutcome:
        name = pulled.file_name or ""
        if source.kind != "bundled" and not self.dry_run and self.home.kind() is None:
            self.home.set_kind(
                "real"
            )  # facts that come with the program decide nothing; what an agency gives does
        landed = land_pulled(
            self.home, self.contract.feed, path, name, max_bytes=job.max_bytes, dry_run=self.dry_run
        )
        if landed.is_new:
            code = "fetched"
        elif memory.went_back(task.origin, landed.arrival.delivery_id):
            code = "went_back"
        else:
            code = "same_content"
        return self.teller.good(source, task.origin, code, tries, arrival=landed.arrival, seen=pulled.seen)

    def _told(self, error: Exception) -> FetchFailed:
        """Any error as one that has words."""
        if isinstance(error, FetchFailed):
            return error
        if isinstance(error, PulledRefused):
            failure = FetchFailed(error.code)
            failure.values = error.values
            return failure
        if os.environ.get("TAMBON_DEBUG"):
            self.say(self.secrets.clean(traceback.format_exc()))
        if isinstance(error, OSError | LandingError | HomeKindError):
            return _unusable(error)
        return FetchFailed("unexpected")

    def _logged(self, outcome: FetchOutcome) -> FetchOutcome:
        if not self.dry_run:
            try:
                log_outcome(self.home, outcome)
            except OSError:  # a lock that is held is one too
                self.say(f"{self.contract.feed}: the outcome could not be written to the log")
        return outcome


def _tasks(source: AnySource, job: Job, tries: Tries) -> list[Task]:
    try:
        kind = import_module(f"ingest.fetch.{_KINDS[source.kind]}")
    except ImportError as error:
        raise FetchFailed("driver_missing", kind=source.kind, name=error.name or "") from error
    found: list[Task] = kind.tasks(source, job, tries)
    return found


def _limit(source: AnySource) -> int:
    """Largest file to take, in bytes: the operator's limit, or the contract's if that is less."""
    limit = max_file_bytes(None)
    return min(limit, int(source.max_mb * MIB)) if source.max_mb is not None else limit


def _unusable(error: Exception) -> FetchFailed:
    """Disk full, no permission, damaged log, another run: the home's fault, told in its own words."""
    told = (error.strerror or "I/O error") if isinstance(error, OSError) else str(error)
    thai, _, english = told.replace("\n", " · ").partition(" · ")
    return FetchFailed("home_unusable", detail_th=thai, detail_en=english or thai)


def _silent(_: str) -> None:
    return None
