"""Landing: takes delivered files from the inbox into an immutable, content-addressed store."""

from ingest.landing.inbox import take_inbox
from ingest.landing.limits import ALLOWED_SUFFIXES, DEFAULT_MAX_BYTES
from ingest.landing.log import LandingError, arrivals, refusals
from ingest.landing.models import Arrival, Duplicate, InboxReport, Refusal, Waiting

__all__ = [
    "ALLOWED_SUFFIXES",
    "DEFAULT_MAX_BYTES",
    "Arrival",
    "Duplicate",
    "InboxReport",
    "LandingError",
    "Refusal",
    "Waiting",
    "arrivals",
    "refusals",
    "take_inbox",
]
