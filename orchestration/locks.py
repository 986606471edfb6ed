"""One refresh of a home at a time, whoever starts it: the command line, the schedule, the sensor or a person."""

from __future__ import annotations

from functools import cache

from filelock import FileLock

from ingest.home import Home

WAIT_SECONDS = 1800


@cache
def refresh_lock(home: Home) -> FileLock:
    """The home's lock; one object a process, so that it can be taken again by the process that has it."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    return FileLock(home.dagster / "refresh.lock")


def hold_for_this_process(home: Home) -> None:
    """Take the lock, if this process has it not, and keep it until the process ends: Dagster gives each run its own.

    Raises:
        filelock.Timeout: another refresh took longer than half an hour.
    """
    lock = refresh_lock(home)
    if not lock.is_locked:
        lock.acquire(timeout=WAIT_SECONDS)
