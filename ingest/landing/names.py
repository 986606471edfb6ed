"""File names: which may be taken, which belong to transfers under way, and how to print a hostile one."""

import os
import unicodedata
from pathlib import PurePath
from typing import Final, NamedTuple

from ingest.landing.limits import MAX_NAME_CHARS

TEMPORARY_SUFFIXES: Final = (".part", ".tmp", ".crdownload", ".filepart", ".partial", ".download")
TEMPORARY_PREFIXES: Final = ("~$", ".")
LITTER: Final = frozenset({".ds_store", ".gitkeep", "thumbs.db", "desktop.ini"})
"""Files that desktops leave in every folder (lower case): not data, nobody put them there."""

# Marks that turn the direction of text (Unicode Bidi_Control), so that "gpj.csv" can be shown as "vsc.jpg".
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SEPARATORS: Final = frozenset("/\\\u2028\u2029")
# Zero-width joiners are "Cf" as well, yet stand in honest Thai names typed on phones.
_HARMLESS_FORMAT: Final = frozenset("\u200b\u200c\u200d\ufeff\u00ad")


class NameFault(NamedTuple):
    """Why a name cannot be used, in Thai and English."""

    detail_th: str
    detail_en: str


def is_litter(name: str) -> bool:
    """True for what the desktop itself leaves in folders."""
    return name.lower() in LITTER


def is_temporary(name: str) -> bool:
    """True for names that programs use while a file is being written."""
    lowered = name.lower()
    return lowered.startswith(TEMPORARY_PREFIXES) or lowered.endswith(TEMPORARY_SUFFIXES)


def name_fault(name: str) -> NameFault | None:
    """What is wrong with a file name, or None. Order: unreadable, hidden marks, first character, length."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return NameFault("ไม่ใช่ UTF-8", "not UTF-8")
    if any(char in _BIDI for char in name):
        return NameFault("เครื่องหมายกลับทิศทางข้อความ", "marks that turn the direction of text")
    if any(char in _SEPARATORS for char in name):
        return NameFault("เครื่องหมายคั่นโฟลเดอร์", "a path separator")
    if any(
        unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co") and char not in _HARMLESS_FORMAT
        for char in name
    ):
        return NameFault("อักขระควบคุม", "control characters")
    if name.startswith(("-", ".")):
        return NameFault("ขึ้นต้นด้วย - หรือ .", "starts with - or .")
    if not name.strip() or name != name.strip():
        return NameFault("เว้นวรรคหน้าหรือท้ายชื่อ", "blanks at its start or end")
    if len(name) > MAX_NAME_CHARS:
        return NameFault(f"ยาว {len(name)} ตัวอักษร", f"{len(name)} characters long")
    return None


def printable(name: str) -> str:
    """The name with every control, direction mark and undecodable byte written out; always valid UTF-8."""
    shown = "".join(
        char
        if char.isprintable() and char not in _BIDI
        else char.encode("unicode_escape", "backslashreplace").decode()
        for char in os.fsencode(name).decode("utf-8", "backslashreplace")
    )
    return shown if len(shown) <= MAX_NAME_CHARS else shown[: MAX_NAME_CHARS - 1] + "…"


def suffix_of(name: str) -> str:
    """Lower-case extension with its dot, or ''."""
    return PurePath(name).suffix.lower()
