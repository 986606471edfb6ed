"""Search over tambons, amphoe, provinces and funds: an index of places, and one of funds a province.

The indexes are scripts, not JSON: a browser reads no JSON from a file share, and a phone is sent the funds of one province
at a time. Without a script the page is a list of provinces.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import partial

from dashboard import paths, quality
from dashboard.model import Crumb, Page, SiteFile
from dashboard.render import word
from dashboard.source import Source
from dashboard.text import clean

NAME_LENGTH = 120


def pages(source: Source) -> Iterator[Page | SiteFile]:
    """The page and its indexes."""
    provinces = quality.provinces(source)
    funds = source.grouped(
        "province_code",
        "SELECT t.province_code, d.fund_id, d.fund_name, d.programme_code, d.tambon_code FROM dim_fund d "
        "JOIN dim_tambon t USING (tambon_code) ORDER BY t.province_code, d.fund_name, d.fund_id",
    )
    places = _script("places", _places(source))
    yield _file("search/places.js", places)
    for code, rows in funds.items():
        found = [
            [row["tambon_code"], clean(row["fund_name"] or "")[:NAME_LENGTH], row["programme_code"]]
            for row in rows
        ]
        yield _file(f"search/funds-{paths.slug(code)}.js", _script(f"funds-{code}", found))
    yield Page(
        path=paths.SEARCH,
        kind="search",
        template="search.html",
        title=word("nav.search"),
        data={
            "provinces": [{**row, "funds": len(funds.get(code, []))} for code, row in provinces.items()],
            "funds": sum(len(rows) for rows in funds.values()),
        },
        crumbs=(Crumb(word("nav.home"), paths.HOME),),
    )


def _places(source: Source) -> dict[str, list[list[str]]]:
    """Provinces, amphoe and current tambons: code, Thai name, English name each; a code holds the codes above it."""
    rows = source.rows(
        "SELECT tambon_code, name_th, name_en, amphoe_code, amphoe_name_th, amphoe_name_en, province_code, province_name_th, "
        "province_name_en FROM dim_tambon WHERE is_current ORDER BY tambon_code"
    )
    amphoe = {
        row["amphoe_code"]: [row["amphoe_code"], row["amphoe_name_th"], row["amphoe_name_en"]] for row in rows
    }
    province = {
        row["province_code"]: [row["province_code"], row["province_name_th"], row["province_name_en"]]
        for row in rows
    }
    return {
        "province": sorted(province.values()),
        "amphoe": sorted(amphoe.values()),
        "tambon": [[row["tambon_code"], row["name_th"], row["name_en"]] for row in rows],
    }


def _script(name: str, content: object) -> bytes:
    """A script that hands its index over: JSON is JavaScript, but for `</` and the two line separators."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"tambonIndex({json.dumps(name)},{text});\n".encode("utf-8", "replace")


def _file(path: str, content: bytes) -> SiteFile:
    return SiteFile(path, hashlib.blake2b(content, digest_size=16).hexdigest(), partial(bytes, content))
