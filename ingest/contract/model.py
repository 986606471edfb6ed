"""The shape of a contract. Its JSON Schema (`tambon feeds schema`) helps editors complete and check the YAML."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints, model_validator

from ingest.contract.fields import FieldType, RecordKind, load_fields
from ingest.contract.sources import Sources

Severity = Literal["block", "warn", "info"]
FileType = Literal["csv", "tsv", "xlsx", "xls", "ods", "json", "jsonl", "xml", "zip"]
Rate = Annotated[float, Field(ge=0, le=1)]
ColumnUnit = Literal[
    "THB",
    "thousand_THB",
    "million_THB",
    "persons",
    "households",
    "funds",
    "organisations",
    "degrees",
    "number",
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

CheckKey = Annotated[str, StringConstraints(pattern=r"^adm\.[a-z][a-z0-9_]*(:[a-z0-9_-]+)?$")]

UNIT_FACTORS: dict[str, float] = {
    "THB": 1.0,
    "thousand_THB": 1e3,
    "million_THB": 1e6,
    "persons": 1.0,
    "households": 1.0,
    "funds": 1.0,
    "organisations": 1.0,
    "degrees": 1.0,
    "number": 1.0,
}
PLACE_FIELDS = ("tambon_code", "tambon", "amphoe", "province")
# What says where in each record kind: forums are held in regions, announced figures are of an area of any level.
WHERE_FIELDS: dict[RecordKind, tuple[str, ...]] = {
    "fund_report": PLACE_FIELDS,
    "area_statistic": PLACE_FIELDS,
    "site": PLACE_FIELDS,
    "event": (*PLACE_FIELDS, "region"),
    "published_total": (*PLACE_FIELDS, "area_name"),
}


@dataclass(eq=False)
class ContractError(Exception):
    """A contract cannot be used. `problems` are (file, line, message); str() prints one a line."""

    problems: tuple[tuple[Path, int, str], ...]

    def __str__(self) -> str:
        return "\n".join(f"{path}:{line}: {message}" for path, line, message in self.problems)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(_Model):
    """A text in Thai and English."""

    th: Text
    en: Text


class Owner(_Model):
    """Who mends this feed's files."""

    name_th: Text
    email: Text | None = None


class Agency(_Model):
    """An agency that sends data (`agency.yml` in its folder)."""

    code: Code
    name_th: Text
    name_en: Text
    short_th: Text
    short_en: Text


class FileFormat(_Model):
    """How the feed's files look. Encodings are tried in order, strictly; the first that decodes wins."""

    file_types: tuple[FileType, ...] = get_args(FileType)
    encodings: tuple[Literal["utf-8", "cp874", "tis-620"], ...] = ("utf-8", "cp874")
    sheets: tuple[Text, ...] = Field(default=("*",), description="glob patterns of the sheets that hold data")
    skip_sheets: tuple[Text, ...] = Field(default=(), description="glob patterns of sheets that hold none")
    header_search_rows: Annotated[int, Field(ge=1, le=200)] = 40
    header_rows_max: Annotated[int, Field(ge=1, le=3)] = 2


class Period(_Model):
    """Where a record's year comes from, in the order tried: its column, the sheet's name, the title rows, the file's name."""

    field: Literal["fiscal_year", "calendar_year"]
    sources: tuple[Literal["column", "sheet", "title", "file_name"], ...] = ("column",)
    from_date: Text | None = Field(
        default=None,
        description="a date field: where no year column is found, the year is that of this date "
        "(of a fiscal year: October to September)",
    )
    date_first: bool = Field(
        default=False,
        description="the date of from_date goes before the year column: for offices whose year is the fund's own, "
        "which may end in another fiscal year",
    )
    year_min: int = Field(default=1990, description="first plausible year (CE)")
    year_max_ahead: int = Field(default=1, ge=0, description="how many years after today are still plausible")


class Column(_Model):
    """One column of the agency's file.

    `headers` are the wordings seen; spaces, punctuation and a unit in brackets do not count when they are compared. A column
    with `personal: true` is dropped at the door; it has no `field`.
    """

    headers: Annotated[tuple[Text, ...], Field(min_length=1)]
    field: Text | None = None
    type: FieldType | None = Field(
        default=None, description="only where it differs from the field's own type"
    )
    unit: ColumnUnit | None = Field(default=None, description="unless the header itself states a unit")
    era: Literal["be", "ce", "auto"] = "auto"
    year_span: Literal["first", "last"] = Field(
        default="first", description="which year of '2559/60' is meant"
    )
    required: bool = Field(
        default=False, description="the column must be there, and a row without a value in it is rejected"
    )
    personal: bool = False
    blank_means: Literal["unknown", "zero"] = Field(
        default="unknown", description="what '-' and an empty cell mean"
    )
    width: Annotated[int, Field(ge=1, le=32)] | None = Field(
        default=None, description="digits of a zero-padded code"
    )
    min: float | None = None
    max: float | None = None
    severity: Severity = Field(default="warn", description="of a value outside min and max")
    min_fill_rate: Rate | None = None
    fill_severity: Severity = "warn"
    lookup: dict[str, str] | None = Field(default=None, description="the labels seen → the canonical value")

    @model_validator(mode="after")
    def _personal_or_field(self) -> Self:
        if self.personal and self.field:
            raise ValueError("a personal column is dropped: it cannot have a field")
        if not self.personal and not self.field:
            raise ValueError(
                "say which field this column fills, or `personal: true`, or list its header under ignore_headers"
            )
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")
        return self


class Parts(_Model):
    """Fields whose sum must equal another field, wherever all are given."""

    total: Text
    parts: Annotated[tuple[Text, ...], Field(min_length=2)]
    tolerance: float = Field(default=0.5, ge=0)
    fill_total: bool = Field(
        default=False,
        description="where a row gives the first part and not the total, the total is the sum of its parts",
    )


class NotAbove(_Model):
    """A field that cannot be above another."""

    lesser: Text
    greater: Text


class Limits(_Model):
    """Above these the whole delivery is held; `max_shrink` only warns, as a correction may come alone.

    A rate holds from three failing rows on: one or two slips in a small file are findings.
    """

    max_rejected_rate: Rate = 0.05
    max_unreadable_cell_rate: Rate = 0.05
    max_duplicate_key_rate: Rate = 0.02
    max_bounds_failed_rate: Rate = 0.05
    max_missing_place_rate: Rate = 0.05
    max_warned_row_rate: Rate = Field(
        default=0.4, description="rows with a warning of any check, each counted once"
    )
    max_shrink: Rate = Field(
        default=0.5, description="rows lost against the last admitted delivery of the same period: warns"
    )
    min_rows: int = Field(default=1, ge=0)


class CheckLimits(_Model):
    """What this feed asks of one check, where it differs from the catalogue; what is not given stays as declared there."""

    severity: Severity | None = None
    max_fail_rate: Rate | None = Field(default=None, description="above this share of failing rows it fails")
    block_fail_rate: Rate | None = Field(
        default=None, description="above this share (and from three rows on) the delivery is held"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("say at least one of severity, max_fail_rate, block_fail_rate")
        return self


class NotData(_Model):
    """Rows that are no records, beside the general words for totals, notes and signatures."""

    labels: tuple[Text, ...] = ()


class Contract(_Model):
    """One feed, declared once."""

    feed: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$")]
    version: Annotated[int, Field(ge=1)]
    record_kind: RecordKind
    programme: Text | None = None
    title: Bilingual
    description: Bilingual | None = None
    owner: Owner
    licence: Text
    cadence: Literal["daily", "weekly", "monthly", "quarterly", "yearly", "irregular"]
    allowed_lag_days: Annotated[int, Field(ge=0)]
    format: FileFormat = FileFormat()
    period: Period
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    ignore_headers: tuple[Text, ...] = ()
    key: Annotated[tuple[Text, ...], Field(min_length=1)]
    parts: tuple[Parts, ...] = ()
    not_above: tuple[NotAbove, ...] = ()
    limits: Limits = Limits()
    checks: dict[CheckKey, CheckLimits] = Field(
        default_factory=dict,
        description="by check id (adm.bounds), or by check id and field (adm.bounds:savings_thb)",
    )
    not_data: NotData = NotData()
    sources: Sources = Field(default=(), description="where its files can be pulled from, beside the inbox")
    _folder: Path | None = PrivateAttr(default=None)

    @property
    def folder(self) -> Path | None:
        """The folder of its file, where it was read from one: bundled files lie there."""
        return self._folder

    @property
    def agency_code(self) -> str:
        """The part of the feed code before the slash."""
        return self.feed.split("/")[0]

    @property
    def feed_name(self) -> str:
        """The part of the feed code after the slash."""
        return self.feed.split("/")[1]

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that decides how a delivery of this feed is read and judged (64 hex digits)."""
        # Where files come from changes nothing in how they are read.
        read_by = self.model_dump(mode="json", exclude={"sources"})
        content = {"contract": read_by, "fields": load_fields().model_dump(mode="json")}
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @cached_property
    def by_field(self) -> dict[str, Column]:
        """The columns that fill a field, by field."""
        return {column.field: column for column in self.columns if column.field}

    def type_of(self, column: Column) -> FieldType:
        """The type that a column's cells are read as."""
        if column.type:
            return column.type
        identity = load_fields().identity.get(column.field or "")
        return identity.type if identity else "number"

    @model_validator(mode="after")
    def _fields_exist(self) -> Self:
        fields = load_fields()
        measures = fields.measures_of(self.record_kind)
        allowed = {**fields.identity, **measures}
        seen: set[str] = set()
        for column in self.columns:
            if column.field is None:
                continue
            if column.field not in allowed:
                raise ValueError(
                    f"columns: field {column.field!r} is unknown for {self.record_kind}; use one of: {', '.join(sorted(allowed))}"
                )
            if column.field in seen:
                raise ValueError(
                    f"columns: field {column.field!r} is filled by two columns; put both headers in one"
                )
            seen.add(column.field)
            measure = measures.get(column.field)
            if measure and column.unit and (measure.unit == "THB") != column.unit.endswith("THB"):
                raise ValueError(
                    f"columns: {column.field} is in {measure.unit}, a column in {column.unit} cannot fill it"
                )
        if self.record_kind == "fund_report" and not (self.programme or "programme_code" in seen):
            raise ValueError(
                "programme: a fund_report needs a programme, or a column that fills programme_code"
            )
        if self.programme and self.programme not in fields.programmes:
            raise ValueError(
                f"programme: {self.programme!r} is unknown; use one of: {', '.join(sorted(fields.programmes))}"
            )
        where = WHERE_FIELDS[self.record_kind]
        if not seen & set(where):
            raise ValueError(f"columns: no column says where; fill at least one of {', '.join(where)}")
        if self.period.from_date and self.period.from_date not in seen:
            raise ValueError(f"period: from_date names {self.period.from_date!r}, which no column fills")
        given = seen | {self.period.field}
        for field in self.key:
            if field not in given:
                raise ValueError(f"key: field {field!r} has no column")
        for rule in self.parts:
            for field in (rule.total, *rule.parts):
                if field not in seen:
                    raise ValueError(f"parts: field {field!r} has no column")
        for bound in self.not_above:
            for field in (bound.lesser, bound.greater):
                if field not in seen:
                    raise ValueError(f"not_above: field {field!r} has no column")
        headers = [h for c in self.columns for h in c.headers] + list(self.ignore_headers)
        twice = sorted({h for h in headers if headers.count(h) > 1})
        if twice:
            raise ValueError(f"columns: header {twice[0]!r} stands in two columns")
        self._headers_are_told_apart()
        self._checks_can_be_set()
        return self

    def _checks_can_be_set(self) -> None:
        """Raise for a check that is not declared, or that a contract may not weaken."""
        if not self.checks:
            return
        from ingest.contract.check_ids import (
            settable_checks,  # reads the catalogue: only where it is asked of
        )

        allowed = settable_checks()
        for key in self.checks:
            if key.split(":", maxsplit=1)[0] not in allowed:
                raise ValueError(f"checks: {key!r} cannot be set here; use one of: {', '.join(allowed)}")

    def _headers_are_told_apart(self) -> None:
        """Raise where two columns have headers that only spaces, case or punctuation tell apart: files are not read by these."""
        from ingest.normalise.text import label_key  # brings Polars: only where a contract is read

        owner: dict[str, tuple[int, str]] = {}
        for number, headers in enumerate((*(c.headers for c in self.columns), self.ignore_headers)):
            for header in headers:
                key = label_key(header)
                if not key:
                    raise ValueError(f"columns: header {header!r} holds no letter or digit to know it by")
                first, other = owner.setdefault(key, (number, header))
                if first != number:
                    raise ValueError(
                        f"columns: header {header!r} is read as {other!r}, which stands in another column"
                    )
