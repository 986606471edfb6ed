"""Every published table and column has a title and a meaning in Thai and in English, and no text is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

import pytest
import yaml

from dashboard.dictionary import column_texts, in_words, table_texts, title_entry, titles_known
from dashboard.meanings import in_both, meaning, measure_descriptions, measures, translations
from expectations.descriptions import describe_column, entry_of, known_names
from expectations.tables import TABLES
from orchestration.meta import PUBLISHED, _quality_specs
from orchestration.warehouse import PROJECT_DIR
from release.models import ColumnEntry, TableEntry

THAI = re.compile("[\u0e01-\u0e5b]")
LATIN = re.compile("[A-Za-z]")


@cache
def warehouse_tables() -> dict[str, TableEntry]:
    """The published models as dbt's files describe them."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    models = [
        model
        for path in sorted(PROJECT_DIR.glob("models/*/*.yml"))
        for model in yaml.load(path.read_text(encoding="utf-8"), loader).get("models", ())
        if model["name"].startswith(PUBLISHED)
    ]
    return {model["name"]: entry(model["name"], model["description"], model["columns"]) for model in models}


def quality_tables() -> dict[str, TableEntry]:
    """The quality tables as a release is told of them."""
    return {
        spec.name: entry(
            spec.name,
            spec.description,
            [{"name": name, "description": spec.columns[name].description} for name in TABLES[spec.name]],
        )
        for spec in _quality_specs()
    }


def entry(name: str, description: str | None, columns: list[dict[str, str | None]]) -> TableEntry:
    return TableEntry(
        name=name,
        folder="quality" if name in TABLES else "marts",
        path=f"{name}.parquet",
        rows=0,
        keys=[],
        description=description,
        columns=[
            ColumnEntry(name=str(one["name"]), type="VARCHAR", description=one["description"])
            for one in columns
        ],
    )


def published() -> dict[str, TableEntry]:
    return {**warehouse_tables(), **quality_tables()}


def texts(table: TableEntry) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    yield table.name, table_texts(table)
    for column in table.columns:
        yield f"{table.name}.{column.name}", column_texts(table, column)


def faults(table: TableEntry) -> list[str]:
    """What a table lacks: `<table>.<column> <text>`."""
    return [
        f"{name} {text}"
        for name, told in texts(table)
        for text in ("title_th", "title_en", "about_th", "about_en")
        if not right(told[text], thai=text.endswith("_th"))
    ]


def right(text: str | None, *, thai: bool) -> bool:
    if not text or " · " in text:
        return False
    return bool(THAI.search(text)) if thai else bool(LATIN.search(text)) and not THAI.search(text)


def test_there_is_something_to_look_at() -> None:
    assert len(warehouse_tables()) > 35
    assert set(quality_tables()) == set(TABLES)
    assert sum(len(table.columns) for table in published().values()) > 1_300


def test_every_table_and_column_is_told_in_thai_and_english() -> None:
    assert [fault for table in published().values() for fault in faults(table)] == []


def test_a_description_without_translation_is_named() -> None:
    table = warehouse_tables()["dim_fund"]
    changed = table.columns[0].model_copy(update={"description": "A fund, told anew."})
    assert faults(table.model_copy(update={"columns": [changed]})) == ["dim_fund.fund_id about_th"]
    unknown = ColumnEntry(name="brand_new", type="VARCHAR", description="ใหม่ · New.")
    assert faults(table.model_copy(update={"columns": [unknown]})) == [
        "dim_fund.brand_new title_th",
        "dim_fund.brand_new title_en",
    ]


def test_a_release_carries_both_languages() -> None:
    for table in published().values():
        for described in (table, *table.columns):
            told = in_both(described.description)
            assert told and meaning(told) == meaning(described.description)
            assert in_both(told) == told
    assert in_both("A fund, told anew.") == "A fund, told anew."
    assert in_both(None) is None
    assert in_both("") is None


def test_no_translation_is_left_over() -> None:
    described = {one.description for table in warehouse_tables().values() for one in (table, *table.columns)}
    assert sorted(set(translations()) - described) == []
    # what fields.yml says already is not said twice
    assert sorted(set(translations()) & set(measure_descriptions())) == []


def test_no_title_is_left_over() -> None:
    tables, columns = titles_known()
    assert tables == set(published())
    used = {
        title_entry(table.name, column.name) for table in published().values() for column in table.columns
    }
    assert sorted(columns - used) == []


def test_every_column_of_the_quality_tables_is_described_once_and_nothing_else() -> None:
    assert [
        f"{table}.{column}"
        for table, columns in TABLES.items()
        for column in columns
        if describe_column(table, column) is None
    ] == []
    used = {entry_of(table, column) for table, columns in TABLES.items() for column in columns}
    assert sorted(known_names() - used - set(TABLES)) == []
    assert describe_column("dq_check", "no_such_column") is None
    assert describe_column("fct_fund_year", "check_id") is None


def test_an_entry_of_one_table_differs_from_the_one_of_the_name() -> None:
    same = [
        name
        for name in known_names()
        if "." in name
        and (column := name.partition(".")[2]) in known_names()
        and str(describe_column(*name.split("."))) == str(describe_column(_other(name, column), column))
    ]
    assert same == []


def _other(name: str, column: str) -> str:
    """A table that has the column and uses the entry of its name."""
    return next(
        table for table, columns in TABLES.items() if column in columns and entry_of(table, column) == column
    )


def test_measures_are_told_as_fields_yml_defines_them() -> None:
    told = measure_descriptions()
    assert len(told) == len(measures()), "two measures with one English label and unit"
    assert told["Members' savings (THB)."][0] == "เงินออม/เงินสัจจะสะสม (บาท)"
    table = warehouse_tables()["fct_tambon_year"]
    [savings] = [column for column in table.columns if column.name == "savings_thb"]
    assert column_texts(table, savings) == {
        "title_th": "เงินออม/เงินสัจจะสะสม",
        "title_en": "Members' savings",
        "about_th": "เงินออมหรือเงินสัจจะสะสมของสมาชิก ณ สิ้นปี",
        "about_en": "Members' savings or sajja savings at year end.",
    }


def test_a_release_from_before_has_its_quality_tables_described() -> None:
    older = entry("dq_finding", None, [{"name": name, "description": None} for name in TABLES["dq_finding"]])
    assert faults(older) == []


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("is_linked_by_same_fund", "Linked by same fund"),
        ("savings_total_thb", "Savings total (THB)"),
        ("members_persons_per_person", "Members per person"),
        ("feed_code_a", "Feed code A"),
    ],
)
def test_a_column_is_called_by_its_own_name_in_words(name: str, title: str) -> None:
    assert in_words(name) == title
