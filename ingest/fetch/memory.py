"""What earlier pulls of a feed brought: enough to know what is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.contract.model import Contract
from ingest.fetch.models import Status
from ingest.fetch.record import all_outcomes
from ingest.home import Home
from ingest.landing.log import arrivals


@dataclass(frozen=True)
class Memory:
    """By origin, and only of deliveries that are still in landing: what to remember of the file, and its delivery.

    `newest` is the highest sequence that an origin ever brought; `sequences` that of every delivery of the feed.
    """

    seen: Mapping[str, Mapping[str, str]]
    delivery: Mapping[str, str]
    newest: Mapping[str, int]
    last_status: Mapping[str, Status]
    sequences: Mapping[str, int]

    def went_back(self, origin: str, delivery_id: str | None) -> bool:
        """True where an origin gives an older delivery again than it gave since."""
        return self.sequences.get(delivery_id or "", 0) < self.newest.get(origin, 0)


def remember(home: Home, contract: Contract) -> Memory:
    """What is known of a feed. Raises LandingError: the arrival log is damaged."""
    sequences = {one.delivery_id: one.sequence for one in arrivals(home) if one.feed_code == contract.feed}
    before = [one for one in all_outcomes(home) if one.feed_code == contract.feed]
    good = [one for one in before if one.status != "failed" and one.delivery_id in sequences]
    newest: dict[str, int] = {}
    for one in good:
        newest[one.origin] = max(newest.get(one.origin, 0), sequences[one.delivery_id or ""])
    return Memory(
        seen={one.origin: one.seen for one in good},
        delivery={one.origin: one.delivery_id or "" for one in good},
        newest=newest,
        last_status={one.origin: one.status for one in before},
        sequences=sequences,
    )
