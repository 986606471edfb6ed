"""One module a kind of page. Each has `pages(source) -> Iterator[Page | SiteFile]`; the order here is that of writing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Final

from dashboard.model import Page, SiteFile
from dashboard.source import Source

KINDS: Final = (
    "home", "agency", "check", "province", "tambon", "conflict", "held", "coverage", "integration",
    "place_rows", "release", "download", "dictionary", "search", "about",
)  # fmt: skip
"""Modules of this package that make pages."""


def all_pages(source: Source) -> Iterator[Page | SiteFile]:
    """Every page and file of the site, kind after kind: one kind's data is let go before the next is asked for."""
    for kind in KINDS:
        yield from import_module(f"dashboard.pages.{kind}").pages(source)
