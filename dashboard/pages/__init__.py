"""One module a kind of page. Each has `pages(source) -> Iterator[Page | SiteFile]`; the order here is that of writing.

A kind with thousands of pages has `shares(source)` too, and its `pages(source, share)` makes those of one share.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Final, NamedTuple

from dashboard.model import Page, SiteFile
from dashboard.source import Source

KINDS: Final = (
    "home", "agency", "check", "integration", "held", "coverage", "release", "download", "dictionary", "search", "about",
    "conflict", "province", "place_rows", "tambon",
)  # fmt: skip
"""Modules of this package that make pages. First those that draw charts and PDFs, whose libraries take much memory: they are
left to one process; last those that make thousands of pages, shared with others."""


class Part(NamedTuple):
    """What one process makes at a time: a kind of page, or a share of it (its first and last key)."""

    kind: str
    share: tuple[str, str] | None = None


def parts(source: Source) -> list[Part]:
    """All parts of the site. What one part reads is let go before the next is begun."""
    found: list[Part] = []
    for kind in KINDS:
        module = import_module(f"dashboard.pages.{kind}")
        shares = module.shares(source) if hasattr(module, "shares") else [None]
        found.extend(Part(kind, share) for share in shares)
    return found


def pages_of(source: Source, part: Part) -> Iterator[Page | SiteFile]:
    """The pages and files of a part."""
    module = import_module(f"dashboard.pages.{part.kind}")
    yield from module.pages(source, part.share) if part.share else module.pages(source)


def all_pages(source: Source) -> Iterator[Page | SiteFile]:
    """Every page and file of the site."""
    for part in parts(source):
        yield from pages_of(source, part)
