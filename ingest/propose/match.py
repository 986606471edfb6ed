"""Which field each column is, how sure that is, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.contract.fields import RecordKind, load_fields
from ingest.propose.concepts import concepts_of, is_personal_wording, weight_of
from ingest.propose.fit import fit
from ingest.propose.lexicon import EXACT, IGNORED, PERSONAL, Lexicon, fields_of_kind
from ingest.propose.places import Level
from ingest.propose.say import Say, joined
from ingest.propose.table import SourceColumn

SURE = 0.8  # below it a person has to look
_PERIODS = {"fiscal_year": "calendar_year", "calendar_year": "fiscal_year"}
_NAMED: tuple[Level, ...] = ("tambon", "amphoe", "province")
_COUNTED = frozenset({"people", "household", "borrower", "recipient", "population"})
_LAST_TWO, _SECOND = 0.97, 0.99  # what parts of a header are worth beside the whole of it
_LAST, _LAST_OF_MORE, _LAST_WEAK = 0.93, 0.76, 0.5


UNMATCHED = Say("ยังจับคู่ไม่ได้", "not matched")


@dataclass(frozen=True)
class Guess:
    """One thing that a column may be. `target`: a field, PERSONAL or IGNORED; `why` in a few words."""

    target: str
    confidence: float
    why: Say


@dataclass(frozen=True)
class Match:
    """What a column is proposed as. `others`: what else it may be, surest first; `check`: why a person has to look, else None."""

    column: SourceColumn
    target: str
    confidence: float
    why: Say
    others: tuple[Guess, ...] = ()
    check: Say | None = None

    @property
    def field(self) -> str | None:
        """The field it fills, None where it is dropped or ignored."""
        return None if self.target in (PERSONAL, IGNORED) else self.target


def _weak(token: str) -> bool:
    return weight_of(token) <= 0.3


def _texts(column: SourceColumn) -> list[tuple[str, float]]:
    """What a header says, with what each part of it is worth."""
    texts = [(column.header, 1.0), (column.label, 1.0)]
    if len(column.parts) > 2:
        texts.append((" ".join(column.parts[-2:]), _LAST_TWO))
    texts += [(also, _SECOND) for also in column.also]
    if len(column.parts) > 1:
        # The group above may say nothing ('ที่ตั้งกลุ่ม'), or what the whole is about ('ผู้รับสวัสดิการ').
        last = concepts_of(column.parts[-1])
        above = concepts_of(" ".join(column.parts[:-1])) - last
        worth = _LAST if all(map(_weak, above)) else _LAST_WEAK if all(map(_weak, last)) else _LAST_OF_MORE
        texts.append((column.parts[-1], worth))
    return list(dict.fromkeys(texts))


def _by_values(column: SourceColumn, allowed: frozenset[str]) -> Iterable[Guess]:
    """What the values alone say: codes and names that the gazetteer knows."""
    e = column.evidence
    if e.filled == 0:
        return
    # Codes longer than a tambon's, each once, may be the funds' own: these the header has to tell.
    own = e.usual_width != 6 and e.distinct * 10 > e.filled * 9
    if e.tambon_code >= 0.8 and not own and "tambon_code" in allowed:
        told = Say(f"{e.tambon_code:.0%} เป็นรหัสตำบล", f"{e.tambon_code:.0%} are tambon codes")
        yield Guess("tambon_code", 0.86, told)
    shares: dict[Level, float] = {one: e.place[one] for one in _NAMED}
    level = max(shares, key=lambda one: (shares[one], one == "province"))
    if shares[level] >= 0.75 and e.letters >= 0.75:
        near = [one for one in shares if one != level and shares[one] >= shares[level] - 0.15]
        told = Say(f"{shares[level]:.0%} เป็นชื่อพื้นที่ระดับ {level}", f"{shares[level]:.0%} are {level} names")
        yield Guess(level, 0.6 if near else 0.84, told)


def _dimension(column: SourceColumn, field: str) -> float:
    """A header that speaks of people counts no money, and the other way round."""
    fields = load_fields()
    measure = (fields.fund_measures | fields.indicators).get(field)
    tokens = concepts_of(column.header)
    if measure is None or column.unit is not None:
        return 1.0
    counts = bool(tokens & _COUNTED)
    money = column.header.startswith("เงิน") or ("money" in tokens and not counts)
    if measure.unit == "THB":
        return 0.4 if counts and "people" in tokens and not money else 0.7 if counts and not money else 1.0
    return 0.4 if money else 1.0


def looks(kind: Say) -> Say:
    """That values look like something."""
    return Say(f"ค่าดูเหมือน{kind.th}", f"values look like {kind.en}")


def _personal(column: SourceColumn, best: Guess | None) -> Guess | None:
    """Whether the column is about persons: by its header, or by its values."""
    e = column.evidence
    exact = best is not None and best.confidence >= 0.95
    worded = any(is_personal_wording(text) for text in (column.label, *column.also))
    if worded:
        place = best is not None and any(best.target == one and e.place[one] >= 0.75 for one in e.place)
        if not (exact or place):
            return Guess(PERSONAL, 0.97, Say("หัวคอลัมน์กล่าวถึงบุคคล", "the header speaks of a person"))
        return None if place or e.personal is None else Guess(PERSONAL, 0.9, looks(e.personal))
    if e.personal is None:
        return None
    measured = (
        best is not None
        and best.target in measures()
        and e.number >= 0.9
        and e.citizen < 0.02
        and best.confidence >= 0.75
    )
    if measured or (exact and e.citizen < 0.3 and e.person < 0.5 and e.email < 0.5):
        return None
    return Guess(PERSONAL, 0.95, looks(e.personal))


def _running(column: SourceColumn) -> bool:
    """Whether the values are a running number 1, 2, 3, …"""
    e = column.evidence
    return (
        e.filled > 5
        and e.whole >= 0.95
        and e.min == 1
        and e.zero_padded == 0
        and e.distinct >= e.filled * 0.9
        and (e.max or 0) >= 0.9 * e.distinct
        and (e.median or 0) <= e.rows
    )


def guesses(column: SourceColumn, lexicon: Lexicon, kind: RecordKind) -> list[Guess]:
    """Everything that a column may be, surest first."""
    allowed = fields_of_kind(kind)
    found: dict[str, Guess] = {}

    def put(guess: Guess) -> None:
        if guess.target not in found or guess.confidence > found[guess.target].confidence:
            found[guess.target] = guess

    ignored = 0.0
    for text, worth in _texts(column):
        for target, like in lexicon.likenesses(text).items():
            if target == PERSONAL:
                continue
            if target == IGNORED:
                # By the letter only: 'รหัส' is no '_id'.
                ignored = max(ignored, like.score * worth if like.score >= EXACT and worth > _LAST else 0.0)
                continue
            field, score = target, like.score * worth
            if field not in allowed and _PERIODS.get(field) in allowed:
                field, score = _PERIODS[field], score * 0.9
            if field not in allowed:
                continue
            factor, reason = fit(field, column.evidence, column.unit)
            factor *= _dimension(column, field)
            name = like.entry.text
            near = (
                Say(f"คล้าย “{name}”", f"like “{name}”")
                if score < 0.94
                else Say(f"คือ “{name}”", f"is “{name}”")
            )
            put(Guess(field, min(0.99, score * factor), joined(near, reason)))
    for guess in _by_values(column, allowed):
        known = found.get(guess.target)
        if known is not None and known.confidence >= 0.4:
            both = 1 - (1 - known.confidence) * (1 - 0.7 * guess.confidence)
            put(Guess(guess.target, min(0.99, both), joined(known.why, guess.why)))
        else:
            put(guess)
    ordered = sorted(found.values(), key=lambda g: -g.confidence)
    personal = _personal(column, ordered[0] if ordered else None)
    if personal is not None:
        return [personal, *ordered]
    if column.unit == "percent":
        ignored = max(ignored, 0.95)
    if ignored and (not ordered or ignored >= ordered[0].confidence):
        share = Say("เป็นร้อยละ คำนวณได้จากตัวเลขเดิม", "a share, which can be worked out")
        plain = Say("ไม่มีข้อมูลที่ต้องเก็บ", "nothing to keep")
        ordered.insert(0, Guess(IGNORED, ignored, share if column.unit == "percent" else plain))
    elif _running(column) and (not ordered or ordered[0].confidence < SURE):
        ordered.insert(0, Guess(IGNORED, 0.82, Say("เลขลำดับ", "a running number")))
    return ordered


def measures() -> frozenset[str]:
    """Measures of funds and areas: what is never about one person."""
    fields = load_fields()
    return frozenset(fields.fund_measures) | frozenset(fields.indicators)
