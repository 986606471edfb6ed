"""Words for tables and columns in both languages: from the release (dbt's descriptions), and from dictionary.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from dashboard.render import PACKAGE
from release.models import ColumnEntry, TableEntry

_THAI: Final = re.compile("[\u0e01-\u0e5b]")
_ENDINGS: Final = {"_th": ("ภาษาไทย", "in Thai"), "_en": ("ภาษาอังกฤษ", "in English")}


@cache
def _texts() -> Mapping[str, Any]:
    import yaml

    content = yaml.safe_load((PACKAGE / "dictionary.yml").read_text(encoding="utf-8"))
    return {
        part: {
            name: dict(zip(("th", "en"), halves(text), strict=True)) for name, text in content[part].items()
        }
        for part in ("tables", "columns")
    }


def halves(text: str | None) -> tuple[str | None, str | None]:
    """The Thai and the English half of `ไทย · English`; a text in one language is that half only."""
    if not text:
        return None, None
    thai, dot, english = text.partition(" · ")
    if dot and _THAI.search(thai):
        return thai.strip(), english.strip()
    return (text, None) if _THAI.search(text) else (None, text)


def table_texts(table: TableEntry) -> dict[str, str | None]:
    """`about_th`, `about_en` of a table."""
    own = _texts()["tables"].get(table.name, {})
    thai, english = halves(table.description)
    return {"about_th": own.get("th") or thai or english, "about_en": english or own.get("en") or thai}


def column_texts(table: TableEntry, column: ColumnEntry) -> dict[str, str | None]:
    """`title_th`, `title_en` (what it is called) and `about_th`, `about_en` (what it means) of a column."""
    thai, english = halves(column.description)
    own = f"{table.name}.{column.name}"
    title = column_title(own if own in _texts()["columns"] else column.name)
    return {
        "title_th": column.title or title["th"],
        "title_en": title["en"],
        "about_th": thai,
        "about_en": english,
    }


@cache
def field_title(name: str) -> Mapping[str, str | None]:
    """What a finding's column is called: a canonical field by its label in fields.yml, else as `column_title`."""
    from ingest.contract.fields import load_fields

    fields = load_fields()
    for known in (
        fields.identity,
        fields.fund_measures,
        fields.indicators,
        fields.site_measures,
        fields.event_measures,
        fields.total_measures,
    ):
        if name in known:
            return {"th": known[name].label_th, "en": known[name].label_en}
    return column_title(name)


@cache
def column_title(name: str) -> Mapping[str, str | None]:
    """What a column is called in Thai and English; a name in two languages by its stem."""
    known = _texts()["columns"]
    if name in known:
        return {"th": known[name]["th"], "en": known[name]["en"]}
    for ending, (thai, english) in _ENDINGS.items():
        stem = name.removesuffix(ending)
        if stem != name and stem in known:
            stem_en = known[stem]["en"]
            return {
                "th": f"{known[stem]['th']} ({thai})",
                "en": f"{stem_en} ({english})" if stem_en else None,
            }
    return {"th": None, "en": None}
