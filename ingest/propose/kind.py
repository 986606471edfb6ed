"""What a file is about: its record kind and its programme, from its columns and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.contract.fields import RECORD_KINDS, RecordKind, load_fields
from ingest.contract.model import PLACE_FIELDS
from ingest.normalise.text import label_key
from ingest.propose.assign import assign
from ingest.propose.concepts import load_words
from ingest.propose.lexicon import Lexicon
from ingest.propose.match import Match
from ingest.propose.say import Say
from ingest.propose.table import SourceColumn, Table

# What a record of each kind cannot do without: one of each group.
_NEEDS: dict[RecordKind, tuple[tuple[str, ...], ...]] = {
    "fund_report": (("fund_name", "fund_code", "registration_number"),),
    "area_statistic": (("tambon_code", "tambon"),),
    "site": (("site_name", "site_code"),),
    "event": (("event_name", "event_code"), ("participant_name",)),
    "published_total": (("measure_code",), ("published_value",)),
}
_PERIODS = ("fiscal_year", "calendar_year", "reference_date", "as_of_on")
_WORD = 1.2  # what a word of the file's name or titles adds
_LACKS = 1.5
_CLEAR = 0.15  # the lead of the best kind over the next, as a share of its score
_NAMES_READ = 2_000


@dataclass(frozen=True)
class Subject:
    """A choice with what else it may be; `check`: why a person has to look, else None."""

    value: str
    why: Say
    others: tuple[str, ...] = ()
    check: Say | None = None


def _weight(field: str | None) -> float:
    if field is None:
        return 0.0
    return 0.3 if field in (*PLACE_FIELDS, "moo") else 0.5 if field in _PERIODS else 1.0


def _word_hits(texts: Sequence[str], words: Sequence[str]) -> int:
    keys = [label_key(text) for text in texts]
    return sum(any(label_key(word) in key for key in keys) for word in words)


def guess_kind(
    columns: Sequence[SourceColumn], lexicon: Lexicon, texts: Sequence[str]
) -> tuple[Subject, list[Match]]:
    """The record kind whose fields explain the columns best, and the columns matched for it.

    Args:
        texts: the file's name, sheet names and titles.
    """
    scores: dict[RecordKind, float] = {}
    matches: dict[RecordKind, list[Match]] = {}
    for kind in RECORD_KINDS:
        matches[kind] = assign(columns, lexicon, kind)
        filled = {m.field for m in matches[kind]}
        score = sum(m.confidence * _weight(m.field) for m in matches[kind])
        score += _WORD * min(2, _word_hits(texts, load_words().kinds.get(kind, ())))
        score -= _LACKS * sum(not filled & set(group) for group in _NEEDS[kind])
        scores[kind] = score
    ordered = sorted(RECORD_KINDS, key=lambda k: -scores[k])
    best, second = ordered[:2]
    unclear = scores[best] <= 0 or scores[second] > (1 - _CLEAR) * scores[best]
    subject = Subject(
        best,
        Say("คอลัมน์ตรงที่สุด", "its columns fit best"),
        tuple(k for k in ordered[1:] if scores[k] > 0.5 * scores[best])[:2],
        Say(f"{second} ใกล้เคียง", f"{second} fits nearly as well") if unclear else None,
    )
    return subject, matches[best]


def guess_programme(table: Table, matches: Sequence[Match], file_name: str, agency: str | None) -> Subject:
    """The programme that the words speak of: the file's name and titles, fund names, headers; then the agency's own."""
    fields, words = load_fields(), load_words()
    column = next((m.column for m in matches if m.field == "fund_name"), None)
    names = (
        "" if column is None else label_key(" ".join(column.cells.drop_nulls().head(_NAMES_READ).to_list()))
    )
    total = 1 if column is None else max(1, min(_NAMES_READ, column.cells.len() - column.cells.null_count()))
    around = [label_key(text) for text in (file_name, *table.titles, *table.sheets)]
    headers = [label_key(c.label) for c in table.columns]
    scores: dict[str, float] = {}
    for code, programme in fields.programmes.items():
        keys = {
            label_key(w)
            for w in (programme.label_th, programme.label_en, code, *words.programmes.get(code, ()))
        }
        score = 2.0 * any(key in text for key in keys for text in around)
        score += 2.0 * min(1.0, max(names.count(key) for key in keys) / total)
        score += 0.6 * any(key in text for key in keys for text in headers)
        score += 0.7 * (agency is not None and programme.owner_agency == agency)
        scores[code] = score
    ordered = sorted(scores, key=lambda code: -scores[code])
    best, second = ordered[:2]
    if scores[best] < 0.5:
        unsaid = Say(
            "ไม่มีคำใดในแฟ้มบอก ถ้าไม่มีประเภทใดตรง ให้เพิ่มใน ingest/contract/fields.yml",
            "no word of the file says which; where none fits, add one to ingest/contract/fields.yml",
        )
        return Subject("other_finance", unsaid, (), unsaid)
    others = tuple(code for code in ordered[1:4] if scores[code] > 0.4)
    close = scores[second] >= scores[best] - 0.5
    check = None
    if close:
        check = Say(f"{second} ใกล้เคียงพอกัน", f"{second} is as near")
    elif scores[best] < 1.0:
        check = Say("มีเพียงบางคำที่บอก", "only a few words say so")
    return Subject(best, Say("คำในแฟ้มบอก", "words of the file say so"), others, check)
