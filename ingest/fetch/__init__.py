"""Ways in beside the inbox: pulls files that a contract's `sources` name into landing."""

from ingest.fetch.models import FetchOutcome
from ingest.fetch.record import all_outcomes, failed_feeds, last_outcomes
from ingest.fetch.run import fetch_feed, fetch_feeds

__all__ = ["FetchOutcome", "all_outcomes", "failed_feeds", "fetch_feed", "fetch_feeds", "last_outcomes"]
