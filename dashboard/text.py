"""Text that comes from files, made fit to be shown: no control or direction marks, and not endless."""

from __future__ import annotations

import re
from typing import Final

# Control characters, direction marks and overrides, zero-width joiners of nothing, the byte order mark, lone surrogates.
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
LONG: Final = 120


def clean(text: object) -> str:
    """The text without what cannot be seen and could turn its surroundings around."""
    return _HIDDEN.sub("", str(text))


def clamped(text: str, limit: int = LONG) -> tuple[str, bool]:
    """The text cut to `limit` characters with an ellipsis, and whether it was cut (never before a Thai vowel or tone mark)."""
    if len(text) <= limit:
        return text, False
    end = limit
    while end > limit - 8 and re.match("[\u0e31\u0e33-\u0e3a\u0e47-\u0e4e]", text[end]):
        end -= 1
    return f"{text[:end].rstrip()}…", True
