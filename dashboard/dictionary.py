"""What tables and columns are called (`dictionary.yml`) and mean (the release's descriptions), in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from dashboard.meanings import halves, meaning, measure_descriptions, measures
from dashboard.render import PACKAGE
from release.models import ColumnEntry, TableEntry

Both = Mapping[str, str | None]

_ENDINGS: Final = {"_th": ("ภาษาไทย", "in Thai"), "_en": ("ภาษาอังกฤษ", "in English")}
_UNITS: Final = {"thb": " (THB)", "persons": ""}


@cache
def _texts() -> Mapping[str, Mapping[str, Both]]:
    import yaml

    content = yaml.safe_load((PACKAGE / "dictionary.yml").read_text(encoding="utf-8"))
    return {
        part: {
            name: dict(zip(("th", "en"), halves(text), strict=True)) for name, text in content[part].items()
        }
        for part in ("tables", "columns")
    }


def titles_known() -> tuple[frozenset[str], frozenset[str]]:
    """The tables and the columns (some as `<table>.<column>`) that `dictionary.yml` names."""
    return frozenset(_texts()["tables"]), frozenset(_texts()["columns"])


def table_texts(table: TableEntry) -> dict[str, str | None]:
    """`title_th`, `title_en` (what it is called) and `about_th`, `about_en` (what it holds) of a table."""
    from expectations.descriptions import describe_table

    title = _texts()["tables"].get(table.name, {})
    thai, english = meaning(table.description)
    own = describe_table(table.name)
    return {
        "title_th": title.get("th"),
        "title_en": title.get("en"),
        "about_th": thai or (own.th if own else None),
        "about_en": english or (own.en if own else None),
    }


def column_texts(table: TableEntry, column: ColumnEntry) -> dict[str, str | None]:
    """`title_th`, `title_en` (what it is called) and `about_th`, `about_en` (what it means) of a column.

    A measure that is described by its label only is told by its definition. Releases that were published before the quality
    tables were described have their meaning from `expectations.descriptions`.
    """
    from expectations.descriptions import describe_column

    title = title_of(table.name, column.name)
    thai, english = meaning(column.description)
    if english in measure_descriptions() and (measure := measures().get(column.name)):
        thai, english = measure.definition_th, measure.definition_en
    own = describe_column(table.name, column.name)
    return {
        "title_th": title["th"] or column.title,
        "title_en": title["en"],
        "about_th": thai or (own.th if own else None),
        "about_en": english or (own.en if own else None),
    }


def title_entry(table: str, column: str) -> str | None:
    """The entry of `dictionary.yml` that names a column: its own, the one of its name or stem; None for a measure."""
    known = _texts()["columns"]
    if (own := f"{table}.{column}") in known:
        return own
    if column in measures():
        return None
    stems = (column.removesuffix(ending) for ending in _ENDINGS if column.endswith(ending))
    return next((name for name in (column, *stems) if name in known), None)


def title_of(table: str, column: str) -> Both:
    """What a column of a table is called; a measure as fields.yml calls it."""
    own = f"{table}.{column}"
    if own in _texts()["columns"]:
        return column_title(own)
    if column in measures():
        return {"th": measures()[column].label_th, "en": measures()[column].label_en}
    return column_title(column)


@cache
def field_title(name: str) -> Both:
    """What a finding's column is called: a canonical field by its label in fields.yml, else as `column_title`."""
    from ingest.contract.fields import load_fields

    known = load_fields().identity.get(name) or measures().get(name)
    return {"th": known.label_th, "en": known.label_en} if known else column_title(name)


@cache
def column_title(name: str) -> Both:
    """What a column is called in Thai and English; a name in two languages by its stem. Both None for one that is not known."""
    known = _texts()["columns"]
    if name in known:
        return {"th": known[name]["th"], "en": known[name]["en"] or in_words(name.rpartition(".")[2])}
    for ending, (thai, english) in _ENDINGS.items():
        stem = name.removesuffix(ending)
        if stem != name and stem in known:
            told = column_title(stem)
            return {"th": f"{told['th']} ({thai})", "en": f"{told['en']} ({english})"}
    return {"th": None, "en": None}


def in_words(name: str) -> str:
    """A column's own name as a reader would write it: `is_linked`: Linked, `savings_total_thb`: Savings total (THB)."""
    parts = name.removeprefix("is_").split("_")
    text = " ".join(part.upper() if len(part) == 1 else part for part in parts if part not in _UNITS)
    return text[:1].upper() + text[1:] + "".join(_UNITS.get(part, "") for part in parts)
