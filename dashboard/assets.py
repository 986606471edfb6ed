"""Style, script, fonts and icon: their names carry a hash of what is in them, so that browsers may keep them for ever.

`static/release.css` alone keeps its name: it says the day of the release and how many feeds are overdue, as generated
content on every page. So a page whose own data did not change need not be written again only to tell the new day.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, Final

from dashboard import numbers
from dashboard.render import LANGUAGES, PACKAGE
from dashboard.source import Source

STATIC: Final = PACKAGE / "static"
FONTS: Final = {"THAI400": "noto-sans-thai-thai-400-normal.woff2"}
"""Thai letters only (7 kB, without hints): Latin letters and digits are every system's own, and browsers embolden the Thai
ones by themselves, so that a page stays small on a slow phone."""
SCRIPTS: Final = ("site.js", "search.js")
RELEASE_CSS: Final = "static/release.css"


@cache
def static_files() -> dict[str, bytes]:
    """Path in the site → bytes, for everything that does not depend on the release."""
    fonts = {key: (STATIC / "fonts" / name).read_bytes() for key, name in FONTS.items()}
    named = {key: _hashed(FONTS[key], content) for key, content in fonts.items()}
    css = (STATIC / "site.css").read_text(encoding="utf-8")
    for key, name in named.items():
        css = css.replace(f"@{key}@", name)
    style = css.encode()
    scripts = {name: (STATIC / name).read_bytes() for name in SCRIPTS}
    return {
        **{f"static/{named[key]}": content for key, content in fonts.items()},
        "static/OFL.txt": (STATIC / "fonts" / "OFL.txt").read_bytes(),
        "static/icon.svg": (STATIC / "icon.svg").read_bytes(),
        f"static/{_hashed('site.css', style)}": style,
        **{f"static/{_hashed(name, content)}": content for name, content in scripts.items()},
    }


def _hashed(name: str, content: bytes) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{ending}"


def names() -> dict[str, Any]:
    """Paths of the style sheet, the scripts and the fonts."""
    paths = list(static_files())
    return {
        "css": next(path for path in paths if path.startswith("static/site.") and path.endswith(".css")),
        "js": next(path for path in paths if path.startswith("static/site.") and path.endswith(".js")),
        "search_js": next(path for path in paths if path.startswith("static/search.")),
        "fonts": [path for path in paths if path.endswith(".woff2")],
    }


def release_css(source: Source) -> bytes:
    """What every page says of the release, in each language, without being written again."""
    feeds = source.rows("SELECT count(*) AS feeds, count(*) FILTER (is_stale) AS late FROM dq_feed")[0]
    made = source.facts_manifest.created_at if source.facts_manifest else source.created_at
    rules = []
    for lang in LANGUAGES:
        rules += [
            f'html[lang={lang}] .release-date::after{{content:"{numbers.moment(made, lang)}"}}',
            f'html[lang={lang}] .feeds-late::after{{content:"{feeds["late"]}/{feeds["feeds"]}"}}',
        ]
    if source.audit_failed:
        rules.append("body:not(.page-home) .audit-failed[hidden]{display:block}")
    return ('@charset "utf-8";\n' + "\n".join(rules) + "\n").encode()
