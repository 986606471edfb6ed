"""Each table and column in Thai and English, measures with their definitions and formulas, lineage from feed to mart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dashboard import paths, quality
from dashboard.dictionary import column_texts, table_texts
from dashboard.model import Bilingual, Crumb, Page
from dashboard.render import LANGUAGES, word
from dashboard.source import Row, Source
from release.models import TableEntry

LAYERS: Final = ("dim", "fct", "mart", "dq")


def pages(source: Source) -> Iterator[Page]:
    """The list of tables, a page each, measures and lineage."""
    tables = _tables(source)
    shown = {
        table.name: {
            "name": table.name, "layer": table.name.split("_", maxsplit=1)[0], "rows": table.rows, "keys": table.keys,
            "columns": len(table.columns), "path": paths.table(table.name), **table_texts(table),
        }
        for table in tables
    }  # fmt: skip
    home, here = Crumb(word("nav.home"), paths.HOME), Crumb(word("nav.dictionary"), paths.DICTIONARY)
    yield Page(
        path=paths.DICTIONARY,
        kind="dictionary",
        template="dictionary.html",
        title=word("nav.dictionary"),
        data={
            "layers": {layer: [row for row in shown.values() if row["layer"] == layer] for layer in LAYERS}
        },
        crumbs=(home,),
    )
    feeders, readers = _lineage(tables)
    for table in tables:
        yield Page(
            path=paths.table(table.name),
            kind="table",
            template="table.html",
            title=_title(shown[table.name]),
            data={
                "table": shown[table.name],
                "file_path": f"files/{table.path}",
                "columns": [
                    {"name": column.name, "type": column.type, "unit": column.unit, "is_key": column.name in table.keys,
                     **column_texts(table, column)}
                    for column in table.columns
                ],
                "reads": [one for one in feeders.get(table.name, []) if one in shown],
                "read_by": readers.get(table.name, []),
                "kinds": [one for one in feeders.get(table.name, []) if one not in shown],
            },
            crumbs=(home, here),
        )  # fmt: skip
    yield Page(
        path=paths.MEASURES,
        kind="measures",
        template="measures.html",
        title=word("measures.title"),
        data={"kinds": _measures(source), "formulas": _formulas(source)},
        crumbs=(home, here),
    )
    yield Page(
        path=paths.LINEAGE,
        kind="lineage",
        template="lineage.html",
        title=word("lineage.title"),
        data={
            "feeds": [
                {**row, **kind, "tables": readers.get(kind["record_kind"] or "", [])}
                for row in quality.feed_titles(source).values()
                for kind in [_kind_of(source, row)]
            ],
            "tables": [
                {
                    **row,
                    "reads": feeders.get(name, []),
                    "published": [one for one in feeders.get(name, []) if one in shown],
                }
                for name, row in shown.items()
                if row["layer"] != "dq"
            ],
        },
        crumbs=(home, here),
    )


def _title(shown: Row) -> Bilingual:
    name = shown["name"]
    return Bilingual(
        *(f"{title} ({name})" if (title := shown[f"title_{lang}"]) else name for lang in LANGUAGES)
    )


def _tables(source: Source) -> list[TableEntry]:
    """Published tables: those of this release and, after a failed audit, the facts of the one that stands."""
    found = {table.name: table for table in source.facts_manifest.tables} if source.facts_manifest else {}
    found |= {table.name: table for table in source.manifest.tables}
    return sorted(
        found.values(), key=lambda table: (LAYERS.index(table.name.split("_", maxsplit=1)[0]), table.name)
    )


def _lineage(tables: list[TableEntry]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What each table is made from (published tables and kinds of records), and which tables are made from it."""
    feeders = {table.name: sorted(table.reads) for table in tables}
    readers: dict[str, list[str]] = {}
    for name, reads in feeders.items():
        for one in reads:
            readers.setdefault(one, []).append(name)
    return feeders, {name: sorted(found) for name, found in readers.items()}


def _kind_of(source: Source, feed: Row) -> Row:
    kinds = source.once(
        "record_kinds",
        lambda: {
            row["feed_code"]: row["record_kind"]
            for row in source.rows(
                "SELECT feed_code, any_value(record_kind) AS record_kind FROM dq_delivery GROUP BY 1 ORDER BY 1"
            )
        },
    )
    return {
        "record_kind": kinds.get(feed["feed_code"]),
        "agency": quality.agency_names(source, feed["agency_code"]),
    }


def _measures(source: Source) -> dict[str, list[Row]]:
    """Measures by kind; definitions that hold for one programme only stand with theirs."""
    special = source.grouped(
        "measure_code",
        "SELECT m.measure_code, m.programme_code, m.definition_th, m.definition_en, p.label_th, p.label_en "
        "FROM dim_measure m JOIN dim_programme p USING (programme_code) ORDER BY 1, 2",
    )
    rows = source.rows(
        "FROM dim_measure WHERE programme_code IS NULL OR programme_code = '' ORDER BY measure_code"
    )
    if not rows:
        rows = source.rows(
            "SELECT DISTINCT ON (measure_code) * FROM dim_measure ORDER BY measure_code, programme_code"
        )
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["kind"], []).append({**row, "special": special.get(row["measure_code"], [])})
    return groups


def _formulas(source: Source) -> list[Row]:
    """Figures that are worked out from measures, each as its own table's column says."""
    return [
        {
            "table": table.name,
            "path": paths.table(table.name),
            "column": column.name,
            **column_texts(table, column),
        }
        for table in _tables(source)
        for column in table.columns
        if column.name in _WORKED_OUT or column.name.endswith(_RATES)
    ]


_RATES: Final = (
    "_ratio",
    "_share",
    "_per_head",
    "_per_person",
    "_per_household",
    "_per_capita_thb",
    "_coverage",
    "_growth",
)
_WORKED_OUT: Final = {"score", "gap", "confidence", "growth"}
