"""About: what this is, whose data it is, licences and notices."""

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
    """One page."""
    agencies = source.rows("SELECT agency_code, name_th, name_en FROM dim_agency ORDER BY agency_code")
    yield Page(
        path=paths.ABOUT,
        kind="about",
        template="about.html",
        title=word("nav.about"),
        data={"agencies": agencies, "notice": NOTICE.read_text(encoding="utf-8")},
        crumbs=(Crumb(word("nav.home"), paths.HOME),),
    )
