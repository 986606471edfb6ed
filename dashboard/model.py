"""What a page and a file of the site are, before they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Bilingual(NamedTuple):
    """One text in Thai and English."""

    th: str
    en: str


class Crumb(NamedTuple):
    """A step on the way from the front page to a page: its title and path (relative to the language's root)."""

    title: Bilingual
    path: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page, in no language yet: it is rendered in Thai at `path` and in English at `en/<path>`.

    `data` is what the template shows: plain values, lists and mappings, names as `…_th` and `…_en`, numbers raw
    (THB, persons, rates from 0 to 1). A page is written again only where this, or the package, changed.
    """

    path: str
    kind: str
    template: str
    title: Bilingual
    data: Mapping[str, object]
    crumbs: tuple[Crumb, ...] = ()
    description: Bilingual | None = None


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file beside the pages (CSV, index for the search, PDF): `make` is called only where `key` is new at `path`.

    `key` has to change whenever the content would.
    """

    path: str
    key: str
    make: Callable[[], bytes] = field(repr=False)
