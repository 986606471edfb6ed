"""What the quality tables and their columns mean, Thai and English, from `descriptions.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from expectations.tables import TABLES

FILE: Final = Path(__file__).with_name("descriptions.yml")


class Description(BaseModel):
    """One meaning in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    th: str
    en: str

    def __str__(self) -> str:
        """`ไทย · English`, as every text of a release is written."""
        return f"{self.th} · {self.en}"


@cache
def _content() -> Mapping[str, Mapping[str, Description]]:
    import yaml

    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {
        part: {name: Description.model_validate(text) for name, text in content[part].items()}
        for part in ("tables", "columns")
    }


def known_names() -> frozenset[str]:
    """Every entry of `descriptions.yml`: tables, columns, and columns of one table as `<table>.<column>`."""
    content = _content()
    return frozenset(content["tables"]) | frozenset(content["columns"])


def entry_of(table: str, column: str) -> str | None:
    """The entry that a column is described by: its own, else the one of its name; None where there is none."""
    known = _content()["columns"]
    return next((name for name in (f"{table}.{column}", column) if name in known), None)


def describe_table(table: str) -> Description | None:
    """What a quality table holds; None for a table that is not described."""
    return _content()["tables"].get(table)


def describe_column(table: str, column: str) -> Description | None:
    """What a column of a quality table means; None for one that is not declared in `TABLES` or not described."""
    if column not in TABLES.get(table, ()):
        return None
    name = entry_of(table, column)
    return None if name is None else _content()["columns"][name]
