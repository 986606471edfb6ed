"""Categories: which canonical value each label of a column stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rapidfuzz import fuzz, process

from ingest.contract.fields import load_fields
from ingest.normalise.labels import YES_NO
from ingest.normalise.text import clean_one, label_key
from ingest.propose.concepts import load_words, programme_named
from ingest.propose.match import Match
from ingest.propose.say import Say
from ingest.propose.shape import Label

# Fields whose values have a meaning that the facts rely on; a label of another field may stand for itself.
CLOSED: Mapping[str, tuple[str, ...]] = {
    "fund_status": ("active", "suspended", "closed"),
    "site_status": ("active", "suspended", "closed"),
    "site_type": ("nfe_centre", "pilot", "fund_learning_centre"),
    "event_type": ("regional_forum", "national_forum"),
    "participant_role": ("host", "network", "supporter", "invited"),
    "area_level": ("country", "region", "province", "amphoe", "tambon"),
    "accounts_filed": ("true", "false"),
}
_ONCE, _MANY = 2, 100  # a label in no more rows than the first, of at least the second
_LABELLED = re.compile(r"^[\[(] ?([0-9A-Za-z]+) ?[\])] ?(.+)$")
_NEAR = 85.0  # of 100: labels as like as this are read as one, and a person is asked


def _general(field: str) -> dict[str, str]:
    listed = load_words().labels.get("fund_status" if field == "site_status" else field, {})
    return {word: value for value, words in listed.items() for word in words}


def _known(field: str, known: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Canonical value by label key."""
    fields = load_fields()
    words = _general(field) | dict(known.get(field, {}))
    if field == "programme_code":
        for code, programme in fields.programmes.items():
            words |= {code: code, programme.label_th: code, programme.label_en: code}
    if field == "accounts_filed":
        words |= YES_NO
    values = CLOSED.get(field, ())
    allowed = set(fields.programmes) if field == "programme_code" else set(values)
    keyed = {(label_key(text) or text): value for text, value in words.items()}
    keyed |= {label_key(value): value for value in values}
    return {key: value for key, value in keyed.items() if not allowed or value in allowed}


def read_labels(match: Match, known: Mapping[str, Mapping[str, str]]) -> list[Label]:
    """The column's labels, each with the value it stands for; [] where the field is no category, or has too many.

    A label is known from a contract, or by its own words; one that is only like a known one is told; of a field whose values
    are not fixed an unknown label stands for itself.
    """
    field = match.field or ""
    identity = load_fields().identity.get(field)
    if identity is None or identity.type not in ("category", "boolean") or field == "region":
        return []
    keyed = _known(field, known)
    fixed = field in CLOSED or field == "programme_code"
    labels = []
    for raw, count in match.column.evidence.labels:
        text = clean_one(raw)
        key = label_key(text) or text
        # '[1]หมู่บ้าน' is known by its label, else by its code.
        numbered = _LABELLED.match(text)
        forms = [key, *(label_key(part) for part in reversed(numbered.groups()))] if numbered else [key]
        value = next((keyed[form] for form in forms if form in keyed), None)
        if value is None and field == "programme_code":
            value = programme_named(text)
        check: Say | None = None
        if value is None and keyed and len(key) >= 3:
            near = process.extractOne(key, list(keyed), scorer=fuzz.ratio, score_cutoff=_NEAR)
            if near is not None:
                value, check = keyed[near[0]], Say(f"คล้าย “{near[0]}”", f"like “{near[0]}”")
        rows = match.column.evidence.filled
        if value is None and not fixed and count <= _ONCE and rows >= _MANY:
            check = Say("พบเพียงไม่กี่แถว พิมพ์ผิดหรือไม่", "in a row or two only: a slip?")
        elif value is None and not fixed:
            value = text
            check = None if not keyed else Say("ค่าใหม่ แทนตัวเอง", "new: it stands for itself")
        if value is None and fixed:
            allowed = ", ".join(CLOSED.get(field, tuple(load_fields().programmes)))
            check = Say(f"ไม่รู้จัก เลือกหนึ่งใน {allowed}", f"not known: one of {allowed}")
        labels.append(Label(text, count, value, check))
    by_text: dict[str, Label] = {}
    for label in labels:
        by_text.setdefault(label_key(label.text) or label.text, label)
    return list(by_text.values())
