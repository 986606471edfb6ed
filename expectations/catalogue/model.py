"""The shape of a check as declared in `catalogue/*.yml`, and the rule that it becomes for one feed, column or
measure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ingest.contract.fields import RECORD_KINDS, RecordKind
from ingest.yaml_lines import read_yaml

DIMENSIONS = Path(__file__).parents[1] / "dimensions.yml"

Stage = Literal["admission", "audit", "dbt"]
Severity = Literal["block", "warn", "info"]
Scope = Literal["cell", "delivery", "record", "fund", "place", "release"]
Owner = Literal["agency", "operator", "steward"]
"""Who can mend what a check finds: the agency that sent the file, the operator of this system, or the data steward."""
Listing = Literal["rows", "summary", "none"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
CheckId = Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z][a-z0-9_]*$")]
Dimension = Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")]
"""A key of `dimensions.yml` beside this package, where the names and their source stand."""
# A fixed rate, or the name of a limit in the contract: "{max_rejected_rate}".
RateOrLimit = float | Annotated[str, StringConstraints(pattern=r"^\{[a-z_]+\}$")]
Per = Literal[
    "once", "required", "bounded", "filled", "parts", "not_above", "coded", "each", "measure", "dbt", "audit"
]


@dataclass(eq=False)
class CatalogueError(Exception):
    """The catalogue cannot be used. `problems` are (file, line, message); str() prints one a line."""

    problems: tuple[tuple[Path, int, str], ...]

    def __str__(self) -> str:
        return "\n".join(f"{path}:{line}: {message}" for path, line, message in self.problems)


class CheckError(RuntimeError):
    """A check could not be carried out at all. Never the same as a check that passed."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(_Model):
    """A text in Thai and English; `{names}` are filled in when the check becomes a rule."""

    th: Text
    en: Text

    def filled(self, values: dict[str, object]) -> str:
        """Thai and English in one line, as findings carry it."""
        return f"{self.th.format_map(values)} · {self.en.format_map(values)}"


class DimensionName(_Model):
    """A dimension's name in Thai and English, and what it asks."""

    th: Text
    en: Text
    asks_th: Text
    asks_en: Text


@cache
def dimensions() -> dict[str, DimensionName]:
    """The dimensions of data quality by key, in the order of `dimensions.yml`, which says where they come from."""
    node = read_yaml(DIMENSIONS)
    return {str(key): DimensionName.model_validate(value) for key, value in node["dimensions"].items()}


class Check(_Model):
    """One check, declared once.

    Either `fails` (a predicate on the rows where `applies` holds), or `numerator` and `denominator` (numbers
    that are
    summed). All are DuckDB SQL over the columns of `table`, with `{names}` filled in for each rule.
    """

    id: CheckId
    stage: Stage
    per: Per = "once"
    kinds: tuple[RecordKind, ...] = Field(
        default=RECORD_KINDS, description="record kinds it is for; all unless said"
    )
    fields: tuple[Text, ...] = Field(
        default=(), description="with `per: each`: a rule for each of these fields that the contract has"
    )
    needs: tuple[Text, ...] = Field(
        default=(), description="fields that the contract must have; else the check is not made for the feed"
    )
    title: Bilingual
    meaning: Bilingual
    why: Bilingual
    mend: Bilingual
    dimension: Dimension
    severity: Severity | Literal["{severity}"]
    scope: Scope
    owner: Owner = "agency"
    threshold: dict[str, float] = Field(
        default_factory=dict, description="named numbers that the SQL and texts use as {name}"
    )
    table: Text
    column: str | None = None
    applies: Text = "true"
    fails: Text | None = None
    numerator: Text | None = None
    denominator: Text | None = None
    max_fail_rate: RateOrLimit = 0.0
    block_fail_rate: RateOrLimit | None = None
    expected: Bilingual
    value: Text | None = None
    suggestion: Text | None = None
    suggested_value: Text | None = Field(
        default=None, description="SQL: what to type in that very cell, as text"
    )
    confidence: Text | None = Field(
        default=None, description="SQL or a number, 0 to 1: how sure it is a mistake as told"
    )
    against: Text | None = Field(
        default=None,
        description="SQL: what this very record's value is held against, shown behind `expected`",
    )
    masked: bool = Field(
        default=False, description="never show the cell as typed: it may hold a person's number"
    )
    findings: Listing = "rows"
    optional: bool = False
    let_through: bool = Field(
        default=True,
        description="whether a person may let a delivery through in spite of it; false where there is nothing to admit",
    )
    since: Text

    @model_validator(mode="after")
    def _one_way_to_count(self) -> Self:
        by_rows = self.fails is not None
        by_sum = self.numerator is not None and self.denominator is not None
        if self.per not in ("dbt", "audit") and by_rows == by_sum:
            raise ValueError("say either `fails`, or both `numerator` and `denominator`")
        if by_sum and self.findings == "rows":
            raise ValueError("findings: a check that sums has no failing rows; use `summary` or `none`")
        if self.dimension not in dimensions():
            raise ValueError(f"dimension: {self.dimension!r} is none of {', '.join(dimensions())}")
        return self

    def __hash__(self) -> int:
        return hash((self.stage, self.id))

    def names(self) -> set[str]:
        """The `{names}` that this check needs filled in."""
        texts = [
            self.applies,
            self.fails,
            self.numerator,
            self.denominator,
            self.column,
            self.value,
            self.suggestion,
            self.suggested_value,
            self.confidence,
            self.against,
        ]
        texts += [text for pair in (self.title, self.expected) for text in (pair.th, pair.en)]
        texts += [
            str(rate)
            for rate in (self.max_fail_rate, self.block_fail_rate, self.severity)
            if isinstance(rate, str)
        ]
        return {name for text in texts if text for _, name, _, _ in Formatter().parse(text) if name}


@dataclass(frozen=True)
class Rule:
    """A check made concrete.

    Every template filled, every rate a number. `check_id` is unique over all rules.
    """

    check_id: str
    check: Check
    feed_code: str | None
    column_name: str | None
    title_th: str
    title_en: str
    applies: str
    fails: str | None
    numerator: str | None
    denominator: str | None
    severity: Severity
    max_fail_rate: float
    block_fail_rate: float | None
    expected: str
    value: str | None
    suggestion: str | None
    suggested_value: str | None
    confidence: str | None
    against: str | None
    extra: dict[str, object] = field(default_factory=dict, compare=False)

    @property
    def failing_sql(self) -> str:
        """Aggregate that counts (or sums) what fails in a group of rows."""
        if self.fails is not None:
            return f"count(*) FILTER (WHERE ({self.applies}) AND ({self.fails}))"
        return f"coalesce(sum({self.numerator}) FILTER (WHERE {self.applies}), 0)"

    @property
    def total_sql(self) -> str:
        """Aggregate that counts (or sums) what the rule applies to in a group of rows."""
        if self.fails is not None:
            return f"count(*) FILTER (WHERE {self.applies})"
        return f"coalesce(sum({self.denominator}) FILTER (WHERE {self.applies}), 0)"


def _plain(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number


def make_rule(
    check: Check,
    values: dict[str, object] | None = None,
    *,
    feed_code: str | None = None,
    part: str | None = None,
) -> Rule:
    """Fill a check's templates.

    `check_id` becomes `<check>`, or `<check>:<feed>` and `<check>:<feed>:<part>` for rules that a contract
    decides, so that
    one id always means one set of thresholds.

    Raises:
        CheckError: a `{name}` in the check has no value.
    """
    given = {**{name: _plain(number) for name, number in check.threshold.items()}, **(values or {})}
    missing = check.names() - given.keys()
    if missing:
        raise CheckError(f"{check.id}: no value for {', '.join(sorted(missing))}")

    def fill(text: str | None) -> str | None:
        return None if text is None else text.format_map(given)

    def rate(value: float | str | None) -> float | None:
        return float(value.format_map(given)) if isinstance(value, str) else value

    severity = check.severity.format_map(given)
    if severity not in ("block", "warn", "info"):
        raise CheckError(f"{check.id}: {severity!r} is no severity")
    return Rule(
        check_id=":".join(step for step in (check.id, feed_code, part) if step),
        check=check,
        feed_code=feed_code,
        column_name=fill(check.column),
        title_th=check.title.th.format_map(given),
        title_en=check.title.en.format_map(given),
        applies=fill(check.applies) or "true",
        fails=fill(check.fails),
        numerator=fill(check.numerator),
        denominator=fill(check.denominator),
        severity=severity,  # type: ignore[arg-type]  # narrowed just above
        max_fail_rate=rate(check.max_fail_rate) or 0.0,
        block_fail_rate=rate(check.block_fail_rate),
        expected=check.expected.filled(given),
        value=fill(check.value),
        suggestion=fill(check.suggestion),
        suggested_value=fill(check.suggested_value),
        confidence=fill(check.confidence),
        against=fill(check.against),
        extra=dict(given),
    )
