"""Attempts and time: what is tried again, after how long, and when a pull has to end."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception
from tenacity.wait import wait_exponential_jitter

from ingest.fetch.models import FetchFailed

LONGEST_WAIT = 60.0
LONGEST_RETRY_AFTER = 120.0
"""Seconds. A server that asks for more is left alone until the next refresh."""

_T = TypeVar("_T")


class Patience(Protocol):
    """How long something is tried: attempts, seconds between the first two, seconds for all of it."""

    @property
    def attempts(self) -> int:
        """At most so many."""

    @property
    def wait_seconds(self) -> float:
        """Before the second attempt; more before each further one."""

    @property
    def max_seconds(self) -> float:
        """For all attempts together."""


class Tries:
    """The attempts and the time of one pull. `used` counts attempts: one, and one more for each repeated call."""

    def __init__(self, source: Patience) -> None:
        self.source = source
        self.used = 1
        self._ends = time.monotonic() + source.max_seconds

    def left(self) -> float:
        """Seconds until the pull must end; never below zero."""
        return max(0.0, self._ends - time.monotonic())

    def check(self) -> None:
        """FetchFailed(too_slow) where no time is left."""
        if not self.left():
            raise self.too_slow()

    def too_slow(self) -> FetchFailed:
        """What a pull ends with whose time is over."""
        return FetchFailed("too_slow", seconds=f"{self.source.max_seconds:g}")

    def call(self, attempt: Callable[[], _T]) -> _T:
        """`attempt()`, again after errors that may pass. Raises the last FetchFailed."""
        retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, FetchFailed) and error.retry),
            stop=self._is_over,
            wait=self._wait,
            before_sleep=self._count,
            reraise=True,
        )
        self.check()
        return retrying(attempt)

    def _count(self, _: RetryCallState) -> None:
        self.used += 1

    def _wait(self, state: RetryCallState) -> float:
        asked = _retry_after(state)
        base = self.source.wait_seconds
        backing_off = wait_exponential_jitter(multiplier=base, max=max(LONGEST_WAIT, base), jitter=base)(
            state
        )
        return max(backing_off, asked or 0.0)

    def _is_over(self, state: RetryCallState) -> bool:
        asked = _retry_after(state)
        enough = state.attempt_number >= self.source.attempts
        return enough or (asked or 0.0) > LONGEST_RETRY_AFTER or state.upcoming_sleep >= self.left()


def _retry_after(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after if isinstance(error, FetchFailed) else None


def retry_after(header: str | None) -> float | None:
    """Seconds that a Retry-After header asks for (a number, or a date), None where it says nothing of use."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


class Cutter:
    """Cuts the connections of a pull when its time is over."""

    def __init__(self, tries: Tries) -> None:
        self.tries = tries
        self.has_cut = False
        self._watched: list[socket.socket] = []
        self._lock = threading.Lock()

    def watch(self, connected: int) -> None:
        """Cut this socket too, given by its file descriptor. Raises FetchFailed where the time is over already."""
        with self._lock:
            # A descriptor of our own: TLS and drivers wrap, move and close theirs, the connection stays the same.
            self._watched.append(socket.socket(fileno=os.dup(connected)))
            if not self.has_cut:
                return
        raise self.tries.too_slow()

    def cut(self) -> None:
        """End every watched connection; whoever waits for one gets an error at once."""
        with self._lock:
            self.has_cut = True
            for one in self._watched:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Forget the connections."""
        with self._lock:
            for one in self._watched:
                one.close()
            self._watched.clear()


@contextlib.contextmanager
def in_time(tries: Tries) -> Iterator[Cutter]:
    """Connections watched in here are cut when the pull's time is over, and it ends as too slow whatever error that makes.

    Silence is caught by each connection's own time-out; this is for servers that send a byte now and then.
    """
    cutter = Cutter(tries)
    timer = threading.Timer(tries.left(), cutter.cut)
    timer.daemon = True
    timer.start()
    try:
        yield cutter
    except Exception as error:
        if cutter.has_cut:
            raise tries.too_slow() from error
        raise
    else:
        if cutter.has_cut:  # what was cut may look like an end
            raise tries.too_slow()
    finally:
        timer.cancel()
        cutter.close()
