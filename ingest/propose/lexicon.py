"""What every field is called: in the contracts, in `fields.yml` and in general; and how like a header is to it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from rapidfuzz import fuzz

from ingest.contract.fields import RecordKind, load_fields
from ingest.contract.model import PLACE_FIELDS, Contract
from ingest.normalise.schema import conformed_schema
from ingest.normalise.text import label_key
from ingest.normalise.units import split_unit
from ingest.propose.concepts import Tokens, concepts_of, concepts_of_field, likeness, load_words, weight_of

PERSONAL = "@personal"
IGNORED = "@ignored"
Origin = Literal["contract", "label", "code", "wording"]

# What the same words are worth: a field's own label goes before what one agency, or anybody, calls it.
_EXACT: dict[Origin, float] = {"label": 1.0, "contract": 0.98, "code": 0.98, "wording": 0.97}
EXACT = 0.97
SAME = 0.94
_SPELLED_ALIKE = 0.9
_TELLING, _VAGUE = 0.7, 0.7  # of less shared weight than the first, at most the second comes
_SPELLING_FROM = 0.8  # less alike letters say nothing
_SHORTEST_SPELLED = 5  # letters; shorter words are alike by chance


@dataclass(frozen=True)
class Entry:
    """One thing that a column may be called. `target`: a field, PERSONAL or IGNORED."""

    target: str
    text: str
    origin: Origin
    kind: RecordKind | None = None

    @cached_property
    def key(self) -> str:
        """What it is compared by, letter by letter."""
        return label_key(split_unit(self.text)[0]) or label_key(self.text)

    @cached_property
    def tokens(self) -> Tokens:
        """What it is compared by, concept by concept."""
        return concepts_of_field(self.text) if self.origin == "code" else concepts_of(self.text)


@dataclass(frozen=True)
class Likeness:
    """How like a header is to a target, and to which of its names."""

    score: float
    entry: Entry


def fields_of_kind(kind: RecordKind) -> frozenset[str]:
    """The fields that a conformed table of this kind keeps."""
    fields = load_fields()
    kept = set(conformed_schema(kind)) & set(fields.identity)
    return frozenset(kept | set(fields.measures_of(kind)) | {*PLACE_FIELDS, "moo"})


class Lexicon:
    """All names, from the contracts given, `fields.yml` and `concepts.yml`."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self.entries: tuple[Entry, ...] = (*_general(), *_of_contracts(contracts))
        self._read: dict[str, dict[str, Likeness]] = {}

    def likenesses(self, header: str) -> dict[str, Likeness]:
        """Every target that the header resembles at all, with its best name.

        Args:
            header: one label, cleaned; a unit in brackets does not count.
        """
        if header not in self._read:
            self._read[header] = self._compare(header)
        return self._read[header]

    def _compare(self, header: str) -> dict[str, Likeness]:
        bare = split_unit(header)[0] or header
        keys = {key for key in (label_key(bare), label_key(header)) if key}
        tokens = concepts_of(bare)
        best: dict[str, Likeness] = {}
        for entry in self.entries:
            score = _score(keys, tokens, entry)
            if score > 0.2 and (entry.target not in best or score > best[entry.target].score):
                best[entry.target] = Likeness(score, entry)
        return best


def _score(keys: set[str], tokens: Tokens, entry: Entry) -> float:
    if entry.key in keys:
        return _EXACT[entry.origin]
    shared = tokens & entry.tokens
    score = SAME * likeness(tokens, entry.tokens) if shared else 0.0
    # Words such as 'รวม', 'วันที่' and 'เงิน' alone make nothing sure.
    if sum(map(weight_of, shared)) < _TELLING:
        score = min(score, _VAGUE)
    for key in keys:
        if min(len(key), len(entry.key)) >= _SHORTEST_SPELLED:
            ratio = fuzz.ratio(key, entry.key, score_cutoff=100 * _SPELLING_FROM) / 100
            score = max(score, _SPELLED_ALIKE * ratio)
    return score


def _alternatives(label: str) -> list[str]:
    """A label as it stands, and what it offers besides: 'เงินออม/เงินสัจจะสะสม', 'เงินอุดหนุนจากรัฐ (บัญชี 1)'."""
    pieces = re.split(r"[/()]", label)
    return [label, *(piece.strip() for piece in pieces if len(pieces) > 1 and len(piece.strip()) > 3)]


def _general() -> list[Entry]:
    fields, words = load_fields(), load_words()
    entries = [Entry(name, name, "code") for name in fields.identity]
    entries += [
        Entry(name, label, "label")
        for name, field in fields.identity.items()
        for label in _alternatives(field.label_th)
    ]
    for group in (
        fields.fund_measures,
        fields.indicators,
        fields.site_measures,
        fields.event_measures,
        fields.total_measures,
    ):
        entries += [Entry(code, code, "code") for code in group]
        entries += [
            Entry(code, label, "label")
            for code, measure in group.items()
            for text in (measure.label_th, measure.label_en)
            for label in _alternatives(text)
        ]
    entries += [Entry(name, word, "wording") for name, listed in words.wordings.items() for word in listed]
    entries += [Entry(PERSONAL, word, "wording") for word in words.personal]
    entries += [Entry(IGNORED, word, "wording") for word in words.ignored]
    return entries


def _of_contracts(contracts: Iterable[Contract]) -> list[Entry]:
    entries = []
    for contract in contracts:
        kind = contract.record_kind
        for column in contract.columns:
            target = PERSONAL if column.personal else column.field or IGNORED
            entries += [Entry(target, header, "contract", kind) for header in column.headers]
        entries += [Entry(IGNORED, header, "contract", kind) for header in contract.ignore_headers]
    return list(dict.fromkeys(entries))
