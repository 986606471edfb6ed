"""YAML written by hand, so that each line can carry its remark."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from ingest.normalise.text import clean_one
from ingest.propose.match import Guess
from ingest.propose.say import Say

CHECK = "ตรวจ · CHECK"
_PLAIN = re.compile(r"^[ก-ฮA-Za-zเแโใไ][ก-๙A-Za-z0-9_ /%-]*$")
_NOT_PLAIN = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan"}


def quoted(text: str) -> str:
    """A text as a YAML scalar on one line."""
    text = clean_one(text)
    if _PLAIN.match(text) and text.lower() not in _NOT_PLAIN and text == text.strip():
        return text
    return json.dumps(text, ensure_ascii=False)


def listed(texts: Iterable[str]) -> str:
    """Texts as a YAML list on one line."""
    return "[" + ", ".join(map(quoted, texts)) + "]"


def comment(text: str) -> str:
    """A remark for the end of a line; line breaks in it become spaces."""
    return "  # " + re.sub(r"\s+", " ", clean_one(text))


def checked(why: Say | None, others: Iterable[Guess] = (), confidence: float | None = None) -> str:
    """The remark that a person has to look, with the alternatives; nothing where nothing is unsure."""
    if not why:
        return ""
    sure = "" if confidence is None else f" {confidence:.0%}"
    names = ", ".join(
        f"{g.target.removeprefix('@')} {g.confidence:.0%}" for g in others if g.confidence >= 0.2
    )
    maybe = f" (หรือ · or: {names})" if names else ""
    return comment(f"{CHECK}{sure}: {why}{maybe}")
