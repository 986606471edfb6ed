"""What a pull reports, and the one error that a pull ends with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Status = Literal["fetched", "unchanged", "failed"]


class FetchOutcome(BaseModel):
    """One pull of one file, or of a source that did not get so far: a line of `landing/fetches.jsonl`.

    `source` is the declared source, `origin` the file of it (the same where a source is one file); both without secrets.
    `seen` tells next time whether the file changed (ETag, size and time). `bytes` is the file's size, `seconds` wall time.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    run_id: str
    started_at: datetime
    feed_code: str
    agency_code: str
    kind: str
    source: str
    origin: str
    status: Status
    code: str
    message_th: str
    message_en: str
    mend_th: str = ""
    mend_en: str = ""
    attempts: int = 0
    seconds: float = 0.0
    bytes: int = 0
    file_name: str | None = None
    delivery_id: str | None = None
    seen: dict[str, str] = {}


class FetchFailed(Exception):
    """A pull cannot go on. `code` is a key of `messages.TEXTS`; `values` fill its blanks.

    `retry`: another attempt may help. `retry_after`: the server's own wish, in seconds.
    """

    def __init__(
        self, code: str, *, retry: bool = False, retry_after: float | None = None, **values: object
    ) -> None:
        super().__init__(code)
        self.code = code
        self.retry = retry
        self.retry_after = retry_after
        self.values = values


@dataclass(frozen=True)
class Pulled:
    """What one task brought: the file lies at the path that was given; `file_name` None means not modified."""

    file_name: str | None
    seen: dict[str, str] = field(default_factory=dict)
