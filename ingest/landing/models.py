"""What landing reports: one record a delivery, a duplicate, a refusal, or a file still being written."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Arrival(_Record):
    """One distinct delivery.

    Grain: feed x bytes. `bytes` is its size, `arrived_at` is UTC, `sequence` counts from 1.
    """

    delivery_id: str
    feed_code: str
    agency_code: str
    sha256: str
    bytes: int
    file_name: str
    object_path: str
    arrived_at: datetime
    sequence: int
    is_synthetic: bool

    @property
    def is_mending(self) -> bool:
        """Whether it is the mended rows of a mending list: some rows of a feed, never all of a period's."""
        return self.object_path.endswith(".mended")


class LogEntry(Arrival):
    """A line of arrivals.jsonl: an arrival, or the same bytes again (with the delivery's own `sequence`)."""

    event: Literal["arrival", "duplicate"]
    inbox_path: str
    source_inode: int
    source_mtime_ns: int
    source_ctime_ns: int

    def arrival(self) -> Arrival:
        """The entry without what only the log needs."""
        return Arrival(**{name: getattr(self, name) for name in Arrival.model_fields})


class Duplicate(_Record):
    """A file whose bytes this feed delivered before; the inbox copy was removed."""

    inbox_path: str
    file_name: str
    feed_code: str
    delivery_id: str
    first_file_name: str
    first_arrived_at: datetime


class Mending(_Record):
    """A line of mendings.jsonl: a mending list that came back, and what became of its rows.

    `deliveries` are its corrected deliveries by feed. Of its rows, `unchanged` came back as they were and `missing` did not
    come back: both stay to be mended.
    """

    sha256: str
    bytes: int
    file_name: str
    object_path: str
    agency_code: str
    inbox_path: str
    release_id: str
    deliveries: dict[str, str]
    mended: int
    deleted: int
    unchanged: int
    missing: int
    arrived_at: datetime


class Waiting(_Record):
    """A file that seems to be still on its way; it stays, and the next run looks at it again."""

    inbox_path: str
    feed_code: str
    code: str
    message_th: str
    message_en: str


class Refusal(_Record):
    """A file or folder that is not taken and stays. `inbox_path` is relative to the inbox, made printable."""

    inbox_path: str
    path_key: str
    agency_code: str | None
    feed_code: str | None
    code: str
    message_th: str
    message_en: str
    mend_th: str
    mend_en: str
    bytes: int
    mtime_ns: int
    refused_at: datetime


class InboxReport(_Record):
    """What one run of take_inbox did. In a dry run: what it would do."""

    taken: list[Arrival]
    duplicates: list[Duplicate]
    refused: list[Refusal]
    waiting: list[Waiting]
    mendings: list[Mending] = []
    dry_run: bool = False
