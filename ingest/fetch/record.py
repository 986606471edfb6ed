"""`landing/fetches.jsonl`: every pull, one JSON object a line; and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from filelock import FileLock
from pydantic import ValidationError

from ingest.contract.model import Contract
from ingest.fetch.models import FetchOutcome
from ingest.home import Home
from ingest.landing.log import append, cut_torn_tail

if TYPE_CHECKING:
    import polars as pl

LOG_NAME = "fetches.jsonl"


def log_outcome(home: Home, outcome: FetchOutcome) -> None:
    """Append one line; it is on disk when this returns. Raises OSError."""
    path = home.landing / LOG_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(".fetches.lock"), timeout=60):
        cut_torn_tail(path)
        append(path, outcome)


def all_outcomes(home: Home) -> list[FetchOutcome]:
    """Every pull in order. A damaged line is passed over: at worst one file is pulled again."""
    try:
        lines = (home.landing / LOG_NAME).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    outcomes = []
    for line in lines:
        try:
            outcomes.append(FetchOutcome.model_validate_json(line))
        except ValidationError:
            continue
    return outcomes


def last_outcomes(home: Home) -> list[FetchOutcome]:
    """The outcomes of each declared source's last pull: one a file that it tried, in order of feed and time."""
    return _last(all_outcomes(home))


def _last(outcomes: list[FetchOutcome]) -> list[FetchOutcome]:
    newest = {(one.feed_code, one.source): one.run_id for one in outcomes}
    last = [one for one in outcomes if newest[one.feed_code, one.source] == one.run_id]
    return sorted(last, key=lambda one: one.feed_code)


FAILED_COLUMNS = (
    "feed_code",
    "agency_code",
    "kind",
    "source",
    "origin",
    "code",
    "message_th",
    "message_en",
    "mend_th",
    "mend_en",
    "attempts",
    "failed_at",
    "failing_since",
    "last_success_at",
)


def failed_feeds(home: Home, contracts: Iterable[Contract]) -> pl.DataFrame:
    """What could not be pulled last time, for the quality tables: one row a source or file that failed.

    Only sources that the contracts still declare count. `failing_since` is the first failure after the last success of the same
    source, `last_success_at` that success (NULL: never); times in UTC.
    """
    import polars as pl

    outcomes = all_outcomes(home)
    declared = {(contract.feed, source.label) for contract in contracts for source in contract.sources}
    rows = []
    for one in _last(outcomes):
        if one.status != "failed" or (one.feed_code, one.source) not in declared:
            continue
        same = [o for o in outcomes if (o.feed_code, o.source) == (one.feed_code, one.source)]
        same = [o for o in same if o.origin == one.origin or one.origin == one.source]
        good = [o for o in same if o.status != "failed"]
        failing = [o for o in same if not good or o.started_at > good[-1].started_at] or [one]
        told = one.model_dump(include=set(FAILED_COLUMNS))
        times = (one.started_at, failing[0].started_at, good[-1].started_at if good else None)
        rows.append(told | dict(zip(("failed_at", "failing_since", "last_success_at"), times, strict=True)))
    schema: dict[str, pl.DataType] = dict.fromkeys(FAILED_COLUMNS, pl.String())
    schema["attempts"] = pl.Int32()
    schema |= {name: pl.Datetime("us", "UTC") for name in FAILED_COLUMNS[-3:]}
    return pl.DataFrame(rows, schema=schema)
