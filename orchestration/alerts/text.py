"""Texts of messages made safe and short: data in them is hostile, and mail is read on a phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from unicodedata import category
from zoneinfo import ZoneInfo

from markupsafe import escape

BANGKOK = ZoneInfo("Asia/Bangkok")
BE_OFFSET = 543
_MONTHS = "ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค.".split()
_KEPT = "\u200b\u200c\u200d"  # zero-width marks that Thai and emoji text uses
_BREAKS = ("Cc", "Zl", "Zp")
_HIDDEN = ("Cf", "Cs", "Co")
LONGEST = 300


def clean(text: object, longest: int = LONGEST) -> str:
    """One line of plain text: line breaks become blanks, control and direction marks are taken out, what is long is cut."""
    letters = (
        one if one in _KEPT else " " if category(one) in _BREAKS else "" if category(one) in _HIDDEN else one
        for one in str(text)
    )
    kept = " ".join("".join(letters).split())
    return kept if len(kept) <= longest else kept[: longest - 1].rstrip() + "…"


def thai_day(moment: datetime) -> str:
    """A moment as a day in Thailand, such as 28 พ.ย. 2569."""
    there = moment.astimezone(BANGKOK)
    return f"{there.day} {_MONTHS[there.month - 1]} {there.year + BE_OFFSET}"


def capped(lines: Sequence[str], limit: int, *, total: int | None = None) -> tuple[str, ...]:
    """The first lines, and how many more there are."""
    count = len(lines) if total is None else total
    more = count - min(len(lines), limit)
    return (*lines[:limit], *([f"และอีก {more:,} รายการ · and {more:,} more"] if more > 0 else []))


@dataclass(frozen=True)
class Section:
    """A part of a message: a heading in two languages, lines, and a closing remark."""

    title_th: str
    title_en: str
    lines: tuple[str, ...] = ()
    after: str = ""


@dataclass(frozen=True)
class Body:
    """A message's text: remarks above (Thai, English), then sections."""

    lead: tuple[str, ...]
    lead_en: tuple[str, ...]
    sections: tuple[Section, ...] = field(default=())
    foot: tuple[str, ...] = ()


def as_text(body: Body) -> str:
    """The body as plain text."""
    parts = ["\n".join(body.lead), "\n".join(body.lead_en)]
    for section in body.sections:
        heading = f"■ {section.title_th} · {section.title_en}"
        lines = [f"  - {line}" for line in section.lines]
        parts.append("\n".join([heading, *lines, *([f"  {section.after}"] if section.after else [])]))
    parts.append("\n".join(body.foot))
    return "\n\n".join(part for part in parts if part) + "\n"


def as_html(body: Body, title: str) -> str:
    """The body as a page without pictures, scripts, styles or links that data could name."""

    def paragraph(lines: Iterable[str], attributes: str = "") -> str:
        inside = "<br>".join(str(escape(line)) for line in lines)
        return f"<p{attributes}>{inside}</p>" if inside else ""

    parts = [paragraph(body.lead), paragraph(body.lead_en, ' lang="en"')]
    for section in body.sections:
        parts.append(
            f'<h2>{escape(section.title_th)} · <span lang="en">{escape(section.title_en)}</span></h2>'
        )
        if section.lines:
            parts.append("<ul>" + "".join(f"<li>{escape(line)}</li>" for line in section.lines) + "</ul>")
        parts.append(paragraph([section.after] if section.after else []))
    parts.append(paragraph(body.foot))
    inside = "\n".join(part for part in parts if part)
    return (
        f'<!doctype html>\n<html lang="th"><head><meta charset="utf-8"><title>{escape(title)}</title></head>\n'
        f"<body>\n{inside}\n</body></html>\n"
    )
