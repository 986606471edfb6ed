"""Where each page lies, relative to the root of its language. Used by every page that links to another."""

from __future__ import annotations

import re

HOME = "index.html"
AGENCIES = "agency/index.html"
CHECKS = "check/index.html"
PROVINCES = "province/index.html"
CONFLICTS = "conflict/index.html"
HELD = "held/index.html"
FEEDS = "feed/index.html"
COVERAGE = "coverage/index.html"
INTEGRATION = "integration/index.html"
RELEASES = "release/index.html"
DOWNLOAD = "download/index.html"
DICTIONARY = "dictionary/index.html"
MEASURES = "dictionary/measures.html"
LINEAGE = "dictionary/lineage.html"
API = "download/api.html"
SEARCH = "search.html"
ABOUT = "about.html"
NOT_FOUND = "404.html"

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


def slug(text: str) -> str:
    """A name that every file system and web server takes: ASCII letters, digits, `_`, `.` and `-`."""
    return _UNSAFE.sub("-", text).strip("-.") or "_"


def agency(code: str) -> str:
    """Page of an agency."""
    return f"agency/{slug(code)}.html"


def check(check_id: str) -> str:
    """Page of a check, at the part that tells of this variant (a feed's, a field's) where the id names one."""
    base = check_id.split(":", maxsplit=1)[0]
    return f"check/{slug(base)}.html" + (f"#{slug(check_id)}" if base != check_id else "")


def release(release_id: str) -> str:
    """Page of a release."""
    return f"release/{slug(release_id)}.html"


def release_json(release_id: str) -> str:
    """What the page of a release tells, for programs; relative to the root of the site (not of a language)."""
    return f"release/{slug(release_id)}.json"


def table(name: str) -> str:
    """Dictionary page of a table."""
    return f"dictionary/{slug(name)}.html"


def measure(code: str) -> str:
    """Definition of a measure."""
    return f"{MEASURES}#{slug(code)}"


def province(code: str) -> str:
    """Page of a province (two digits)."""
    return f"province/{slug(code)}.html"


def tambons_of(code: str) -> str:
    """All tambons of a province."""
    return f"province/{slug(code)}-tambons.html"


def amphoe(code: str) -> str:
    """Page of an amphoe (four digits)."""
    return f"amphoe/{slug(code)}.html"


def tambon(code: str) -> str:
    """Page of a tambon (six digits)."""
    return f"tambon/{slug(code)}.html"


def rows(table_name: str, part: str = "all") -> str:
    """The CSV of the rows behind a figure, relative to the root of the site (not of a language)."""
    return f"data/{slug(table_name)}/{slug(part)}.csv"


def conflicts_of(amphoe_code: str) -> str:
    """Page of an amphoe's conflicts; `unplaced` for funds without a tambon."""
    return f"conflict/{slug(amphoe_code)}.html"


def conflict(tambon_code: str | None, fund_id: str) -> str:
    """A fund's conflicts, on the page of its amphoe."""
    return f"{conflicts_of(tambon_code[:4] if tambon_code else 'unplaced')}#{slug(fund_id)}"


def coverage_of(programme_code: str) -> str:
    """Coverage of a programme by province and year."""
    return f"coverage/{slug(programme_code)}.html"


def pack(region_code: str) -> str:
    """Forum pack of a region, as a page."""
    return f"pack/{slug(region_code)}.html"


def pack_file(region_code: str, lang: str) -> str:
    """Forum pack of a region as PDF, relative to the root of the site (not of a language)."""
    return f"pack/{slug(region_code)}-{lang}.pdf"
