"""The canonical fields, measures and programmes, read once from `fields.yml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict

FIELDS_FILE = Path(__file__).with_name("fields.yml")

FieldType = Literal["text", "code", "date", "year", "boolean", "category", "integer", "number", "tambon_code"]
Unit = Literal["THB", "persons", "households", "funds", "organisations", "degrees", "number"]
RecordKind = Literal["fund_report", "area_statistic", "site", "event", "published_total"]
RECORD_KINDS: tuple[RecordKind, ...] = get_args(RecordKind)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Programme(_Model):
    """A kind of fund. `owner_agency`: whose figure is preferred where two agencies report one fund."""

    label_th: str
    label_en: str
    family: str
    owner_agency: str


class IdentityField(_Model):
    """A field that names, places or dates a record."""

    type: FieldType
    label_th: str
    label_en: str
    min: float | None = None
    max: float | None = None


class Measure(_Model):
    """A number with a definition and one unit; how it adds up is part of the definition."""

    label_th: str
    label_en: str
    unit: Unit
    adds_over_funds: Literal["sum", "none"]
    adds_over_time: Literal["last", "sum", "none"]
    min: float | None = None
    max: float | None = None
    people_or_memberships: Literal["people", "memberships"] | None = None
    definition_th: str
    definition_en: str


class ProgrammeDefinition(_Model):
    """What a measure means in one programme, where programmes differ."""

    measure: str
    programme: str
    definition_th: str
    definition_en: str


class Fields(_Model):
    """All canonical fields: `identity` by name, measures of each record kind by code, `programmes` in order of preference."""

    version: int
    programmes: dict[str, Programme]
    identity: dict[str, IdentityField]
    fund_measures: dict[str, Measure]
    indicators: dict[str, Measure]
    site_measures: dict[str, Measure]
    event_measures: dict[str, Measure]
    total_measures: dict[str, Measure]
    definitions_by_programme: tuple[ProgrammeDefinition, ...]

    def measures_of(self, record_kind: str) -> dict[str, Measure]:
        """The measures that a contract of this record kind may map columns to."""
        return {
            "fund_report": self.fund_measures,
            "area_statistic": self.indicators,
            "site": self.site_measures,
            "event": self.event_measures,
            "published_total": self.total_measures,
        }[record_kind]


@cache
def load_fields() -> Fields:
    """Read `fields.yml`.

    Raises:
        pydantic.ValidationError: the file does not have the declared shape.
    """
    return Fields.model_validate(yaml.safe_load(FIELDS_FILE.read_text(encoding="utf-8")))
