"""Every field to the one column that is surest of it, and what a person has to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ingest.contract.fields import RecordKind
from ingest.propose.concepts import concepts_of, concepts_of_field, weight_of
from ingest.propose.fit import EMPTY
from ingest.propose.lexicon import EXACT, IGNORED, PERSONAL, SAME, Lexicon
from ingest.propose.match import SURE, UNMATCHED, Guess, Match, guesses, looks, measures
from ingest.propose.say import Say, joined
from ingest.propose.table import SourceColumn

MARGIN = 0.08  # a rival as near as this is told
_TELLING = 0.7  # weight of a concept that sets a field apart
ACCEPT = 0.5  # below it a column is no field


def assign(columns: Sequence[SourceColumn], lexicon: Lexicon, kind: RecordKind) -> list[Match]:
    """One match a column, in the file's order; a field is filled once: by the column that is surest of it."""
    every = {c.name: guesses(c, lexicon, kind) for c in columns}
    by_name = {c.name: c for c in columns}
    taken: dict[str, list[SourceColumn]] = {}
    chosen: dict[str, Guess] = {}
    queue = sorted(
        (
            (g.confidence, -c.index, c.name, g)
            for c in columns
            for g in every[c.name]
            if g.confidence >= ACCEPT
        ),
        key=lambda one: (-one[0], -one[1], one[2]),
    )
    for _, _, name, guess in queue:
        if name in chosen:
            continue
        if guess.target in (PERSONAL, IGNORED):
            chosen[name] = guess
        elif not any(by_name[name].sheets & other.sheets for other in taken.get(guess.target, [])):
            # Two wordings that never stand in one sheet may both be the field.
            taken.setdefault(guess.target, []).append(by_name[name])
            chosen[name] = guess
    _make_room(columns, every, chosen, taken)
    matches = [_as_match(c, chosen.get(c.name), every[c.name], taken) for c in columns]
    return (
        [_without_code(m) for m in matches] if "fund_code" not in taken and kind == "fund_report" else matches
    )


def _make_room(
    columns: Sequence[SourceColumn],
    every: Mapping[str, list[Guess]],
    chosen: dict[str, Guess],
    taken: dict[str, list[SourceColumn]],
) -> None:
    """Where a column lost its field to one that is nearly as sure of another field, free or not yet taken, both get theirs."""
    by_name = {c.name: c for c in columns}
    for column in columns:
        best = next((g for g in every[column.name] if g.confidence >= ACCEPT), None)
        now = chosen.get(column.name)
        if best is None or (now is not None and now.confidence >= best.confidence - MARGIN):
            continue
        holders = [c for c in taken.get(best.target, []) if c.sheets & column.sheets]
        if len(holders) != 1 or holders[0].name == column.name:
            continue
        holder = holders[0]
        other = next(
            (
                g
                for g in every[holder.name]
                if g.target not in taken
                and g.confidence >= max(ACCEPT, chosen[holder.name].confidence - MARGIN)
            ),
            None,
        )
        if other is None:
            continue
        if now is not None and now.target in taken:
            taken[now.target] = [c for c in taken[now.target] if c.name != column.name]
            if not taken[now.target]:
                del taken[now.target]
        taken[best.target] = [c for c in taken[best.target] if c.name != holder.name] + [column]
        chosen[column.name] = best
        if other.target not in (PERSONAL, IGNORED):
            taken[other.target] = [by_name[holder.name]]
        chosen[holder.name] = other


def _without_code(match: Match) -> Match:
    """A registration number in a list without any other code may be what funds are known by."""
    if match.field != "registration_number" or match.check is not None:
        return match
    return replace(
        match, check=Say("ไม่มีรหัสกองทุนอื่น ใช้เลขนี้เป็นรหัสหรือไม่", "no other code here: is this the fund's code?")
    )


def _as_match(
    column: SourceColumn, chosen: Guess | None, every: list[Guess], taken: dict[str, list[SourceColumn]]
) -> Match:
    others = tuple(g for g in every if chosen is None or g.target != chosen.target)[:3]
    if chosen is None:
        lost = next((g for g in every if g.target in taken), None)
        why = Say("ไม่มีช่องมาตรฐานใดใกล้เคียง", "no field is like it")
        if lost is not None and lost.confidence >= ACCEPT:
            why = Say(f"{lost.target} มีคอลัมน์อื่นแล้ว", f"{lost.target} is filled by another column already")
        elif every:
            why = Say("ไม่มีช่องมาตรฐานใดใกล้เคียงพอ", "no field is like it enough")
        return Match(column, IGNORED, 0.0, why, others, joined(UNMATCHED, why))
    match = Match(column, chosen.target, chosen.confidence, chosen.why, others)
    return replace(match, check=_doubt(match, every))


def _doubt(match: Match, every: list[Guess]) -> Say | None:
    e = match.column.evidence
    if match.target == PERSONAL:
        counted = e.filled and e.number >= 0.9 and e.personal is None and (e.max or 0) < 10_000
        if not counted:
            return None
        return Say("มีแต่ตัวเลข เป็นจำนวนนับหรือไม่", "numbers only: is this a count, and about nobody?")
    if match.confidence < SURE:
        return match.why
    rivals = [g for g in every if g.target not in (match.target, PERSONAL)]
    # What is the same letter by letter, and says all that sets the field apart, has a rival only in what is the same too.
    said = concepts_of(match.column.header)
    unsaid = concepts_of_field(match.target) - said if match.field else frozenset()
    clear = match.confidence >= EXACT and all(weight_of(token) < _TELLING for token in unsaid)
    margin = EXACT - SAME if clear else MARGIN
    if rivals and rivals[0].confidence > match.confidence - margin:
        return Say(f"{rivals[0].target} ใกล้เคียงพอกัน", f"{rivals[0].target} is as near")
    if match.target == IGNORED:
        return None
    if e.filled == 0:
        return EMPTY
    return looks(e.personal) if e.personal and match.field not in measures() else None
