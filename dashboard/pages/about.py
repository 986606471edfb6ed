"""About: what this is, whose data it is, licences and notices; and the page that a server shows where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dashboard import paths
from dashboard.model import Crumb, Page
from dashboard.render import word
from dashboard.source import Source

NOTICE: Final = Path(__file__).parents[2] / "NOTICE"


def pages(source: Source) -> Iterator[Page]:
    """About, and the page for an address that leads nowhere."""
    agencies = source.rows(
        "SELECT agency_code, name_th, name_en, short_th, short_en FROM dim_agency ORDER BY agency_code"
    )
    yield Page(
        path=paths.ABOUT,
        kind="about",
        template="about.html",
        title=word("nav.about"),
        data={"agencies": agencies, "notice": NOTICE.read_text(encoding="utf-8")},
        crumbs=(Crumb(word("nav.home"), paths.HOME),),
    )
    yield Page(
        path=paths.NOT_FOUND,
        kind="notfound",
        template="notfound.html",
        title=word("notfound.title"),
        data={},
    )
