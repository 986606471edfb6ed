"""Pulling what agencies offer, once in a process: the command line looks before it plans, and the job does not look again."""

from __future__ import annotations

from pathlib import Path

from ingest.contract.kept import usable_contracts
from ingest.fetch import FetchOutcome, fetch_feeds
from ingest.home import Home
from orchestration import progress
from orchestration.builds import stage

_PULLED: dict[Path, list[FetchOutcome]] = {}


def fetch_once(home: Home) -> list[FetchOutcome]:
    """Pull every source of every contract; asked again in the same process, give back what came of it.

    A source that fails is an outcome, never an exception: its feed goes on with what was landed before.
    """
    if home.root in _PULLED:
        return _PULLED[home.root]
    contracts = [contract for contract in usable_contracts(home).contracts.values() if contract.sources]
    if not contracts:
        return []
    with stage(home, None, "fetch"):
        outcomes = fetch_feeds(home, contracts, progress=lambda text: progress.report("fetch", text))
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    fetched = sum(outcome.status == "fetched" for outcome in outcomes)
    progress.report("fetch", f"{len(outcomes)} looked at, {fetched} new, {len(failed)} failed")
    for outcome in failed:
        progress.report("fetch", f"{outcome.feed_code}: {outcome.message_th} · {outcome.message_en}")
    _PULLED[home.root] = outcomes
    return outcomes


def forget_pulls() -> None:
    """Let the next refresh of a long-lived process look again."""
    _PULLED.clear()
