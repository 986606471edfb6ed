"""The outbox: every message that was begun, sent or failed, one line each, only ever added to.

A line `sending` is written before a message goes out. Where a run was killed between it and its outcome nobody knows
whether the message arrived: it is not sent again for that build, and the next build's message still holds its news.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ValidationError

from ingest.home import Home

Status = Literal["sending", "sent", "failed", "trouble"]


class Entry(BaseModel):
    """One line. `to` holds no secrets; `key` and `channel` name the message. `trouble` is an error before any message."""

    at: datetime
    status: Status
    key: str
    who: str
    channel: str
    to: str = ""
    build_id: str = ""
    subject: str = ""
    sha256: str = ""
    attempts: int = 0
    note: str = ""


def append(home: Home, entry: Entry) -> None:
    """Add a line, and bring it to disk before going on."""
    folder = home.alerts / "outbox"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{entry.at.astimezone(UTC):%Y-%m}.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry.model_dump(mode="json"), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def entries(home: Home) -> Iterator[Entry]:
    """Every line that can be read, oldest first; a line cut off by a kill is passed over."""
    for path in sorted((home.alerts / "outbox").glob("*.jsonl")):
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    yield Entry.model_validate_json(line)
                except ValidationError:
                    continue


def latest(home: Home) -> dict[tuple[str, str], Entry]:
    """The last line of each message, by key and channel; in order of the first."""
    found: dict[tuple[str, str], Entry] = {}
    for entry in entries(home):
        found[entry.key, entry.channel] = entry
    return found


def unsent(home: Home) -> list[Entry]:
    """Messages whose recipient got none since: failed, or not known to have arrived. Tests are left out."""
    last: dict[tuple[str, str], Entry] = {}
    for entry in entries(home):
        if not entry.key.startswith("test-"):
            last[entry.who, entry.channel] = entry
    return [entry for entry in last.values() if entry.status != "sent"]
