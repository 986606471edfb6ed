"""A reason in Thai and English."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Say:
    """The same said in Thai and in English; both empty where there is nothing to say."""

    th: str = ""
    en: str = ""

    def __bool__(self) -> bool:
        return bool(self.en)

    def __str__(self) -> str:
        return f"{self.th} · {self.en}" if self.en else ""


def joined(*parts: Say) -> Say:
    """All that is said, in one sentence."""
    said = [part for part in parts if part]
    return Say("; ".join(part.th for part in said), "; ".join(part.en for part in said))
