"""Progress of a long run, for whoever listens (the command line prints it, Dagster logs it)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, str], None]
_listeners: list[Listener] = []


def report(stage: str, detail: str) -> None:
    """Say what a stage is doing now. Cheap when nobody listens."""
    for listener in _listeners:
        listener(stage, detail)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call `listener(stage, detail)` for every report while the block runs."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
