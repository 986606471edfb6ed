"""Is there anything to do? Answered without Dagster, dbt or Great Expectations, so that an idle refresh costs a second."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version

from expectations.admission import load_admission
from expectations.decisions import read_log
from expectations.deliveries import feed_rows
from expectations.faults import read_faults
from ingest.contract import Contracts
from ingest.contract.kept import usable_contracts
from ingest.fetch import failed_feeds
from ingest.home import Home
from ingest.landing import InboxReport, arrivals, take_inbox
from orchestration.builds import PROJECT_ROOT, Build, builds, fingerprint_of, hash_tree
from orchestration.memory import stewardship_fingerprint

# What decides a release beside the deliveries: our code and declarations, and the libraries whose data we publish.
CODE_PATTERNS = ("*.py", "*.yml", "*.yaml", "*.sql", "*.csv", "*.md")
CODE_FOLDERS = ("ingest", "expectations", "dbt_project", "release")
DATA_PACKAGES = ("geothai", "polars", "duckdb", "rapidfuzz", "splink", "great-expectations", "dbt-core")


@dataclass(frozen=True)
class Plan:
    """What a refresh would do now. `needed` is False when the last build already saw all of it."""

    needed: bool
    reason: str
    input_fingerprint: str
    inbox: InboxReport
    last_build: Build | None


@cache
def code_fingerprint() -> str:
    """Hash of the code and declarations that a release is made with."""
    parts = {folder: hash_tree(PROJECT_ROOT / folder, CODE_PATTERNS) for folder in CODE_FOLDERS}
    return fingerprint_of({**parts, **{name: version(name) for name in DATA_PACKAGES}})


def input_fingerprint(home: Home, contracts: Contracts, refused: Iterable[str]) -> str:
    """Hash of all that a build shows: landed deliveries in order of arrival, files refused, contracts, code."""
    return fingerprint_of(
        {
            "deliveries": [arrival.delivery_id for arrival in arrivals(home)],
            "refused": sorted(refused),
            "stale": stale_feeds(home, contracts),
            "pulls": sorted(
                f"{row['feed_code']}: {row['origin']}: {row['code']}"
                for row in failed_feeds(home, contracts.values()).iter_rows(named=True)
            ),
            "decisions": stewardship_fingerprint(home),
            "let_through": sorted(one.seal for one in read_log(home).in_force().values()),
            "broken": sorted(
                f"{one.feed_code}: {one.short}" for one in usable_contracts(home).broken.values()
            ),
            "contracts": [contract.fingerprint for contract in contracts.values()],
            "code": code_fingerprint(),
        }
    )


def stale_feeds(home: Home, contracts: Contracts) -> list[str]:
    """Feeds that are stale today, with why: a feed that simply stops sending changes nothing else that a build would see."""
    landed = arrivals(home)
    admissions = {
        one.delivery_id: found for one in landed if (found := load_admission(home, one.delivery_id))
    }
    rows = feed_rows(contracts, landed, admissions, datetime.now(UTC), read_faults(home))
    return [f"{row['feed_code']}: {row['stale_reason_en']}" for row in rows if row["is_stale"]]


def make_plan(home: Home) -> Plan:
    """Look at the inbox and the last build; nothing is moved or written.

    A contract that is not valid is no reason to stop: its feed goes on with the last valid one, or waits.
    """
    usable = usable_contracts(home)
    contracts = usable.contracts
    inbox = take_inbox(home, list(contracts), dry_run=True)
    known = builds(home)
    last = known[-1] if known else None
    fingerprint = input_fingerprint(home, contracts, (refusal.path_key for refusal in inbox.refused))
    if inbox.taken or inbox.duplicates or inbox.mendings:
        count = len(inbox.taken) + len(inbox.duplicates) or len(inbox.mendings)
        return Plan(True, f"{count} file(s) wait in the inbox", fingerprint, inbox, last)
    if last is None:
        return Plan(True, "nothing was ever built here", fingerprint, inbox, last)
    if last.input_fingerprint != fingerprint:
        return Plan(
            True,
            "deliveries, refusals, pulls, stale feeds, stewards' decisions, contracts or code changed since the last build",
            fingerprint,
            inbox,
            last,
        )
    if tried := sorted(
        feed
        for feed, faults in read_faults(home).items()
        if any(fault.step != "contract" for fault in faults)
    ):
        reason = f"could not be worked on last time: {', '.join(tried)}"
        return Plan(True, reason, fingerprint, inbox, last)
    if last.outcome in ("running", "failed"):
        return Plan(True, "the last build did not end well", fingerprint, inbox, last)
    return Plan(
        False, "no new file, and contracts and code are as in the last build", fingerprint, inbox, last
    )
