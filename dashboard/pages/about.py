"""About: what this is, whose data it is, licences and notices."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard import paths
from dashboard.model import Page
from dashboard.render import word
from dashboard.source import Source


def pages(source: Source) -> Iterator[Page]:
    """One page."""
    agencies = source.rows("SELECT agency_code, name_th, name_en FROM dim_agency ORDER BY agency_code")
    yield Page(
        path=paths.ABOUT,
        kind="about",
        template="about.html",
        title=word("nav.about"),
        data={"agencies": agencies},
    )
