"""The front page: can today's data be trusted, what changed, where are the problems."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard import paths
from dashboard.model import Page
from dashboard.render import word
from dashboard.source import Source


def pages(source: Source) -> Iterator[Page]:
    """One page."""
    yield Page(path=paths.HOME, kind="home", template="home.html", title=word("brand"), data={})
