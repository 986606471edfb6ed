"""What the person at the terminal sees of a proposal: one line a column, and what came of checking the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from ingest.normalise.personal import mask_contacts
from ingest.normalise.text import clean_text
from ingest.propose.lexicon import IGNORED, PERSONAL
from ingest.propose.match import Match
from ingest.propose.proposal import Proposal

HIDDEN = "•••"
_SHOWN = 3
_LONGEST = 22


@dataclass(frozen=True)
class Line:
    """One column: `samples` are of the file itself and hidden where they are about persons."""

    letter: str
    header: str
    samples: str
    field: str
    confidence: str
    why: str
    check: bool


def _samples(match: Match) -> str:
    e = match.column.evidence
    if match.target == PERSONAL or e.personal is not None:
        return HIDDEN
    cells = clean_text(match.column.cells.drop_nulls().head(200)).unique(maintain_order=True).head(_SHOWN)
    return " | ".join(
        text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…" for text in mask_contacts(cells).to_list()
    )


def lines(proposal: Proposal) -> list[Line]:
    """The columns in the file's order."""
    told = {PERSONAL: "ส่วนบุคคล · personal", IGNORED: "ไม่ใช้ · ignored"}
    era = {"be": "พ.ศ.", "ce": "ค.ศ."}
    shown = []
    for match in proposal.matches:
        e = match.column.evidence
        years = era.get(e.era, "") if match.field and (e.date >= 0.6 or e.year >= 0.8) else ""
        years = years if match.field and (match.field.endswith(("_year", "_on", "_date", "_end"))) else ""
        why = str(match.check or match.why) + (f" ({years})" if years else "")
        shown.append(
            Line(
                match.column.letter,
                match.column.label,
                _samples(match),
                told.get(match.target, match.target),
                f"{match.confidence:.0%}" if match.confidence else "",
                why,
                match.check is not None,
            )
        )
    return shown


def finding_counts(findings: pl.DataFrame, limit: int = 8) -> Sequence[tuple[str, str, str, int]]:
    """What was found, most often first: column, message in Thai, in English, count. No values."""
    if findings.height == 0:
        return []
    counted = (
        findings.group_by("column_name", "message_th", "message_en")
        .len()
        .sort("len", "column_name", "message_en", descending=[True, False, False], nulls_last=True)
    )
    return [(c or "", th or "", en or "", n) for c, th, en, n in counted.head(limit).iter_rows()]
