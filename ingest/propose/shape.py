"""What a contract says beside its columns: key, period, sums that hold, labels of categories, rows that are no records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import polars as pl

from ingest.contract.fields import RecordKind, load_fields
from ingest.contract.model import PLACE_FIELDS, Contract
from ingest.normalise.numbers import parse_number
from ingest.normalise.text import clean_one, clean_text
from ingest.normalise.year_in_text import years_in_texts
from ingest.propose.evidence import sampled
from ingest.propose.lexicon import IGNORED, PERSONAL
from ingest.propose.match import UNMATCHED, Match
from ingest.propose.say import Say, joined
from ingest.propose.table import SHEET, Table

PERIOD_OF: dict[RecordKind, str] = {"area_statistic": "calendar_year"}
UNIQUE = 0.002  # share of rows that may repeat a key before a person has to look
HELD = 0.02  # and before another key is looked for: the limit at which a delivery is held
HOLDS = 0.95  # share of rows in which a sum must hold to be proposed
_FILLED = 0.98
_MAX_KEY = 4
# What names a record, before it is told apart by place.
_IDENTITY: dict[RecordKind, tuple[str, ...]] = {
    "fund_report": ("fund_code", "registration_number", "juristic_number", "fund_name"),
    "area_statistic": (),
    "site": ("site_code", "site_name"),
    "event": ("event_code", "event_name", "participant_code", "participant_name"),
    "published_total": ("total_code", "measure_code", "area_name", "programme_code", "as_of_on"),
}
_SUMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("members_persons", ("members_male_persons", "members_female_persons")),
    ("population_total", ("population_male", "population_female")),
)
_ROWS_READ = 200


@dataclass(frozen=True)
class Key:
    """The proposed key, and the share of rows that repeat one."""

    fields: tuple[str, ...]
    repeated: float
    check: Say | None


@dataclass(frozen=True)
class PeriodFound:
    """Where the year comes from: sources in the order that the file has them."""

    field: str
    sources: tuple[str, ...]
    from_date: str | None
    year_min: int
    told: str
    check: Say | None


def by_field(matches: Iterable[Match]) -> dict[str, Match]:
    """The matches that fill a field, by field."""
    return {m.field: m for m in matches if m.field is not None}


def _records(table: Table, filled: Mapping[str, Match], kind: RecordKind) -> pl.DataFrame:
    """Rows that name something: totals and notes have neither an identity nor a place."""
    named = [filled[f].column.name for f in (*_IDENTITY[kind], "tambon_code", "tambon") if f in filled]
    if not named:
        return table.cells
    first = named[0]
    return table.cells.filter(pl.col(first).is_not_null())


def fills(table: Table, matches: Sequence[Match], kind: RecordKind) -> dict[str, float]:
    """Share of the records that have a value, by field."""
    filled = by_field(matches)
    rows = _records(table, filled, kind)
    return {f: 1 - rows[m.column.name].null_count() / max(1, rows.height) for f, m in filled.items()}


def propose_key(table: Table, matches: Sequence[Match], kind: RecordKind) -> Key:
    """The smallest set of columns that tells rows apart, with the period.

    Codes go before names, names before places. Lists of areas are known by their place columns, whichever are filled.
    """
    filled = by_field(matches)
    period = PERIOD_OF.get(kind, "fiscal_year")
    places = [f for f in PLACE_FIELDS if f in filled]
    rows = _records(table, filled, kind)
    per_sheet = [SHEET] if len(table.sheets) > 1 and period not in filled else []
    always = [filled[period].column.name] if period in filled else per_sheet

    def repeated(fields: Sequence[str]) -> float:
        names = [filled[f].column.name for f in fields] + always
        if not names or rows.height == 0:
            return 1.0
        return 1 - rows.select(names).unique().height / rows.height

    if kind == "area_statistic":
        share = repeated(places)
        return Key((*places, period), share, _told(share))
    filled_rows = fills(table, matches, kind)
    identity = [f for f in _IDENTITY[kind] if f in filled and filled_rows[f] >= _FILLED]
    candidates = [*identity, *places, *(f for f in ("moo", "programme_code") if f in filled)]
    best: tuple[float, tuple[str, ...]] = (1.1, ())
    for size in range(1, min(_MAX_KEY, len(candidates)) + 1):
        for fields in combinations(candidates, size):
            if identity and not set(fields) & set(identity):
                continue
            share = repeated(fields)
            if share < best[0] - UNIQUE:
                best = (share, fields)
        if best[0] <= HELD:
            break
    share, fields = best
    if not any(f.endswith(("_code", "_number")) and f not in PLACE_FIELDS for f in fields):
        # Names repeat elsewhere, though not in this file: they name something only with all of its place.
        fields = tuple(dict.fromkeys((*fields, *places)))
    if kind == "published_total" and fields:
        return Key(fields, share, _told(share))
    return Key((*fields, period), share, _told(share))


def _told(share: float) -> Say | None:
    if share <= UNIQUE:
        return None
    return Say(f"{share:.1%} ของแถวมีคีย์ซ้ำ", f"{share:.1%} of the rows repeat a key")


def propose_period(table: Table, matches: Sequence[Match], kind: RecordKind, file_name: str) -> PeriodFound:
    """Where the file says its year, in a contract's order: column, sheet's name, title, file's name, a date in each row."""
    filled = by_field(matches)
    field = PERIOD_OF.get(kind, "fiscal_year")
    found: list[str] = []
    told: list[str] = []
    year_min = 1990
    if field in filled:
        found.append("column")
        told.append("column")
        first = filled[field].column.evidence.min
        if first is not None and first >= 1000:
            year_min = min(year_min, int(first) - (543 if first >= 2400 else 0))
    stem = file_name.rsplit(".", 1)[0]
    texts = {"sheet": table.sheets, "title": table.titles, "file_name": (stem,)}
    for source, said in texts.items():
        years = years_in_texts(list(said), year_min=1990, year_max=2100, fiscal=field == "fiscal_year")
        if years and (source == "sheet" or len(years) == 1):
            found.append(source)
            told.append(source)
    dates = [
        f
        for f in ("financial_year_end", "reference_date", "as_of_on", "starts_on", "opened_on")
        if f in filled and filled[f].check is None and filled[f].column.evidence.fill >= _FILLED
    ]
    from_date = dates[0] if dates and "column" not in found else None
    unsaid = Say(
        "ไม่พบปีในแฟ้มนี้ ให้ใส่ปีในชื่อแฟ้ม", "nothing in this file says its year: put it into the file's name"
    )
    check = None if found or from_date else unsaid
    if from_date and not found:
        told.append(from_date)
    # A later file may say it in another place: all are looked at, those of this file first.
    order = ("column", "sheet", "title", "file_name")
    return PeriodFound(field, order, from_date, year_min, ", ".join(told), check)


def _numbers(table: Table, match: Match) -> pl.Series:
    cells = sampled(table.cells.select(match.column.name))[match.column.name]
    return parse_number(clean_text(cells), unit="THB").value


def _sum_rules(contracts: Iterable[Contract]) -> list[tuple[str, tuple[str, ...]]]:
    known = [(rule.total, tuple(rule.parts)) for contract in contracts for rule in contract.parts]
    return list(dict.fromkeys([*_SUMS, *known]))


def holds(frame: pl.DataFrame) -> bool:
    """Whether the first column is the sum of the others in nearly all rows where all are given."""
    given = frame.drop_nulls()
    total, *parts = given.columns
    if given.height < 3 or given[total].sum() == 0:
        return False
    right = given.select(((pl.col(total) - pl.sum_horizontal(parts)).abs() <= 0.5).mean()).item()
    return float(right) >= HOLDS


def propose_sums(
    table: Table, matches: Sequence[Match], contracts: Iterable[Contract]
) -> list[tuple[str, tuple[str, ...]]]:
    """Sums that other contracts or common sense know, and that hold in this file."""
    filled = by_field(matches)
    rules = []
    for total, parts in _sum_rules(contracts):
        if all(f in filled for f in (total, *parts)):
            frame = pl.DataFrame({f: _numbers(table, filled[f]) for f in (total, *parts)})
            if holds(frame):
                rules.append((total, parts))
    return rules


def propose_not_above(table: Table, matches: Sequence[Match]) -> list[tuple[str, str]]:
    """Overdue is not above outstanding, where this file agrees."""
    filled = by_field(matches)
    lesser, greater = "loans_overdue_thb", "loans_outstanding_thb"
    if not {lesser, greater} <= filled.keys():
        return []
    frame = pl.DataFrame({f: _numbers(table, filled[f]) for f in (lesser, greater)}).drop_nulls()
    agree = frame.select((pl.col(lesser) <= pl.col(greater)).mean()).item() if frame.height else 0.0
    return [(lesser, greater)] if agree is not None and float(agree) >= 0.9 else []


def total_by_sum(table: Table, matches: Sequence[Match]) -> list[Match]:
    """A column without a field ('รวม') that is the sum of two that have one, in nearly every row, is their total."""
    filled = by_field(matches)
    out = list(matches)
    for total, parts in _SUMS:
        if not all(part in filled for part in parts):
            continue
        if total in filled and filled[total].check is None:
            continue
        sums = {part: _numbers(table, filled[part]) for part in parts}
        for at, match in enumerate(out):
            unsure = match.check is not None and match.target != PERSONAL
            if not unsure or match.column.evidence.number < 0.8:
                continue
            if holds(pl.DataFrame({"_t": _numbers(table, match), **sums})):
                both = " + ".join(parts)
                why = Say(f"เท่ากับผลรวม {both}", f"it is the sum of {both}")
                for other, one in enumerate(out):
                    if one.field == total and other != at:
                        sum_of = Say("ผลรวมอยู่ในคอลัมน์อื่น", "another column is the sum")
                        out[other] = replace(
                            one, target=IGNORED, confidence=0.0, check=joined(UNMATCHED, sum_of)
                        )
                out[at] = replace(match, target=total, confidence=0.93, why=why, check=None)
                break
    return out


def odd_labels(table: Table, matches: Sequence[Match], kind: RecordKind) -> list[str]:
    """First words of rows that hold figures, but nothing that names a record: totals in a wording of the office's own."""
    filled = by_field(matches)
    named = [filled[f].column.name for f in (*_IDENTITY[kind], "tambon_code", "tambon") if f in filled]
    measures = [m.column.name for m in matches if m.field in load_fields().measures_of(kind)]
    words = [m.column.name for m in matches if m.target != PERSONAL and m.column.name not in measures]
    if not named or not measures or not words:
        return []
    rows = table.cells.filter(
        pl.all_horizontal(pl.col(n).is_null() for n in named)
        & pl.any_horizontal(pl.col(n).is_not_null() for n in measures)
    )
    first = rows.head(_ROWS_READ).select(pl.coalesce(words).alias("label"))["label"].drop_nulls()
    labels = [clean_one(text) for text in first.unique(maintain_order=True)]
    return [text for text in labels if any(c.isalpha() for c in text)][:20]


@dataclass(frozen=True)
class Label:
    """One label of a category column with its count; `value` None where nobody knows what it stands for."""

    text: str
    count: int
    value: str | None
    check: Say | None = None


def known_labels(contracts: Iterable[Contract]) -> dict[str, dict[str, str]]:
    """Label → canonical value by field, over all contracts; a label that two contracts read differently is left out."""
    known: dict[str, dict[str, set[str]]] = {}
    for contract in contracts:
        for column in contract.columns:
            for text, value in (column.lookup or {}).items():
                known.setdefault(column.field or "", {}).setdefault(text, set()).add(value)
    return {
        field: {text: next(iter(values)) for text, values in labels.items() if len(values) == 1}
        for field, labels in known.items()
    }
