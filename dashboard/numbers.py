"""How numbers, years, dates and sizes are written. The exact value always goes along, as `<data value>`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

REMEMBERED: Final = 4_096
BE: Final = 543
BANGKOK: Final = timezone(timedelta(hours=7), "+07")
MINUS: Final = "\N{MINUS SIGN}"
NO_BREAK: Final = "\N{NO-BREAK SPACE}"
DASH: Final = "\N{EN DASH}"
_MONTHS = {
    "th": "ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค.".split(),
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
}
_MILLION = {"th": "ล้าน", "en": "m"}
_UNITS = {
    "THB": ("บาท", "THB"),
    "persons": ("คน", "persons"),
    "households": ("ครัวเรือน", "households"),
    "funds": ("กองทุน", "funds"),
    "organisations": ("องค์กร", "organisations"),
    "days": ("วัน", "days"),
}


def unit_name(unit: str | None, lang: str) -> str:
    """A measure's unit in words; what is not known stays as it is."""
    if unit is None:
        return ""
    names = _UNITS.get(unit)
    return names[lang != "th"] if names else unit


# A page is rendered in two languages one after the other, with the same numbers.
@lru_cache(maxsize=REMEMBERED)
def exact(value: float | int, digits: int = 2) -> str:
    """All digits that count, thousands apart: `1,234,567.5`; at most `digits` decimals."""
    text = f"{abs(value):,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{MINUS}{text}" if value < 0 and text != "0" else text


@lru_cache(maxsize=REMEMBERED)
def raw(value: float | int) -> str:
    """The value as a program reads it (`data value=`): an integer without a point, else Python's shortest text."""
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def short_money(value: float, lang: str) -> str:
    """Baht for reading: from one million on in millions with one decimal, below that whole baht."""
    if abs(value) < 999_999.5:
        return exact(round(value), 0)
    millions = value / 1e6
    digits = 2 if abs(millions) < 10 else 1 if abs(millions) < 1_000 else 0
    sign = MINUS if millions < 0 else ""
    return f"{sign}{abs(millions):,.{digits}f}{NO_BREAK}{_MILLION[lang]}"


def percent(value: float, digits: int = 1) -> str:
    """A rate from 0 to 1 as per cent. What is not quite all or nothing is never rounded to it."""
    text = f"{value * 100:.{digits}f}".replace("-", MINUS)
    step = 10**-digits
    if 0 <= value < 1 and float(text) >= 100:
        return f">{100 - step:.{digits}f}%"
    if value > 0 and float(text) == 0:
        return f"<{step:.{digits}f}%"
    return f"{text}%"


def year(value: int, lang: str) -> str:
    """A CE year as a Thai reader says it (พ.ศ.), in English with both."""
    return str(value + BE) if lang == "th" else f"{value} (BE{NO_BREAK}{value + BE})"


def short_year(value: int, lang: str) -> str:
    """A CE year for axes and column heads: พ.ศ. in Thai, CE in English."""
    return str(value + BE) if lang == "th" else str(value)


def day(value: date | datetime | str, lang: str) -> str:
    """A day in Bangkok: `28 พ.ย. 2569`, `28 Nov 2026`."""
    at = _bangkok(value)
    return f"{at.day}{NO_BREAK}{_MONTHS[lang][at.month - 1]}{NO_BREAK}{at.year + (BE if lang == 'th' else 0)}"


def moment(value: datetime | str, lang: str) -> str:
    """A day and time in Bangkok: `28 พ.ย. 2569 19:14 น.`"""
    at = _bangkok(value)
    clock = f"{at:%H:%M}" if isinstance(at, datetime) else ""
    ending = f"{NO_BREAK}น." if lang == "th" and clock else ""
    return f"{day(at, lang)} {clock}{ending}".strip()


def _bangkok(value: date | datetime | str) -> date | datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(BANGKOK)
    return value


def size(count: int) -> str:
    """Bytes for reading, in thousands (kB) and millions (MB)."""
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= limit:
            return f"{count / limit:,.1f}{NO_BREAK}{unit}"
    return f"{count}{NO_BREAK}B"
