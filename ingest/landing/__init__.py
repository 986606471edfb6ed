"""Landing: takes delivered files from the inbox into an immutable, content-addressed store."""

from ingest.landing.inbox import take_inbox
from ingest.landing.limits import ALLOWED_SUFFIXES, DEFAULT_MAX_BYTES
from ingest.landing.log import LandingError, arrivals, mendings, refusals
from ingest.landing.models import Arrival, Duplicate, InboxReport, Mending, Refusal, Waiting

__all__ = [
    "ALLOWED_SUFFIXES",
    "DEFAULT_MAX_BYTES",
    "Arrival",
    "Duplicate",
    "InboxReport",
    "LandingError",
    "Mending",
    "Refusal",
    "Waiting",
    "arrivals",
    "mendings",
    "refusals",
    "take_inbox",
]
