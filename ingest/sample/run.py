"""One writing of the sample: where its files go, what they are called, and what has been written so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from ingest.contract import Contract
from ingest.home import SAMPLE_MARK, Home
from ingest.sample.agencies import AGENCIES
from ingest.sample.draft import Draft
from ingest.sample.files import atomic
from ingest.sample.funds import Registers
from ingest.sample.places import Places
from ingest.sample.truth import Truth
from ingest.sample.words import BE

Progress = Callable[[str, int, int], None]
MARK = SAMPLE_MARK
# Their files are named by the agency alone.
_FIRST_FEEDS = ("nvf/village_funds", "cdd/savings_groups", "codi/welfare_funds", "nesdc/population")


def _mtime(year: int, sequence: int) -> float:
    """Files seem to have come in the December after their fiscal year, a day apart, whenever the
    sample is made."""
    return datetime(year, 12, sequence, 3, tzinfo=UTC).timestamp()


@dataclass
class Run:
    """One call's state: where to write, and what has been written."""

    home: Home
    places: Places
    registers: Registers
    contracts: dict[str, Contract]
    truth: Truth
    files: list[str]
    records: dict[str, int]
    progress: Progress | None
    total: int
    feeds: tuple[str, ...]
    listed: dict[str, set[str]] = field(default_factory=dict)
    rejected: dict[str, set[int]] = field(default_factory=dict)
    measures: dict[str, frozenset[str]] = field(default_factory=dict)  # of each feed's newest yearly file

    def path(self, feed: str, name: str) -> Path:
        """A file of the feed in the inbox."""
        return self.home.inbox / feed / name

    def done(self, path: Path) -> None:
        """Note that a file is written."""
        self.files.append(path.relative_to(self.home.root).as_posix())
        if self.progress is not None:
            self.progress(path.name, len(self.files), self.total)

    def write_draft(
        self, draft: Draft, sequence: int, suffix: str = "", extra: tuple[str, pl.Series] | None = None
    ) -> Path:
        """Write one delivery as its year's format wants it, and its truth."""
        agency = AGENCIES[draft.feed]
        form = agency.format(draft.age)
        path = self.path(draft.feed, file_name(draft.feed, draft.year, sequence, suffix, form.extension))
        with atomic(path, _mtime(draft.year, sequence)) as temporary:
            written = agency.write(draft, self.places, temporary, extra)
        self.truth.add_rows(path.name, draft, written)
        self.records[draft.feed] = self.records.get(draft.feed, 0) + draft.height
        self.done(path)
        return path

    def write_bytes(self, feed: str, relative: str, content: bytes, year: int, sequence: int) -> Path:
        """Write a file as it is, perhaps in a sub-folder of the feed's."""
        path = self.path(feed, relative)
        with atomic(self.path(feed, path.name), _mtime(year, sequence)) as temporary:
            temporary.write_bytes(content)
        if path.parent != self.path(feed, "x").parent:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.path(feed, path.name).replace(path)
        self.done(path)
        return path


def file_name(feed: str, year: int, sequence: int, suffix: str, extension: str) -> str:
    """`2568_01_nvf_synthetic.csv`: names sort in the order of arrival within a feed."""
    tail = f"_{suffix}" if suffix else ""
    whose = feed.split("/", maxsplit=1)[0] if feed in _FIRST_FEEDS else feed.replace("/", "-")
    return f"{year + BE}_{sequence:02d}_{whose}_{MARK}{tail}{extension}"
