"""What an undeclared column of a known feed may be: said beside the refusal, for a person to decide; nothing is read by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.contract.fields import load_fields
from ingest.contract.model import Contract
from ingest.propose.lexicon import PERSONAL, Lexicon

LIKELY = 0.7  # less alike than this is guessing


@dataclass(frozen=True)
class Suggestion:
    """A header, the field it may be (None: one about persons), its names, and the wording that the contract knows."""

    header: str
    field: str | None
    label_th: str
    label_en: str
    known_as: str


def suggest_fields(contract: Contract, headers: Iterable[str]) -> list[Suggestion]:
    """For each header the contract's likeliest field, in the order given; headers that resemble none are left out."""
    fields = load_fields()
    measures = fields.measures_of(contract.record_kind)
    lexicon = Lexicon([contract])
    found = []
    for header in headers:
        likely = {
            target: likeness.score
            for target, likeness in lexicon.likenesses(header).items()
            if likeness.score >= LIKELY and (target == PERSONAL or target in contract.by_field)
        }
        if not likely:
            continue
        target = max(likely, key=lambda one: likely[one])
        if target == PERSONAL:
            found.append(Suggestion(header, None, "ข้อมูลส่วนบุคคล", "personal", ""))
        else:
            about, column = measures.get(target) or fields.identity[target], contract.by_field[target]
            found.append(Suggestion(header, target, about.label_th, about.label_en, column.headers[0]))
    return found
