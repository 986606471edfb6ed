"""A region's pack as a PDF: typeset by Typst with the bundled Thai font, the same bytes for the same release."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from dashboard.model import Bilingual
from dashboard.numbers import day

FOLDER = Path(__file__).parent
FONTS = FOLDER.parent / "fonts"
TITLE = Bilingual("ชุดเอกสารเวทีภาค", "Regional forum pack")
AUTHOR = Bilingual("คลังข้อมูลกองทุนชุมชนรายตำบล", "Tambon warehouse of community funds")


def pack_pdf(
    pack: Mapping[str, Any], lang: str, *, released_on: date, release_id: str, notice: Bilingual | None
) -> bytes:
    """One pack of `dashboard.packs.content.region_packs` as PDF bytes in `th` or `en`.

    The document's date is the release's, and no text of the data is read as markup: it travels as JSON.
    """
    import typst

    index = 0 if lang == "th" else 1
    spoken = _in_language({"blocks": pack["blocks"]}, index)
    for block in spoken["blocks"]:
        if block["kind"] == "table":
            block["rows"] = [[cell["text"] for cell in row] for row in block["rows"]]
            block["widths"] = _widths(block)
    on = day(released_on, lang)
    body = {
        **spoken,
        "lang": lang,
        "title": f"{TITLE[index]}: {pack['name'][index]}",
        "author": AUTHOR[index],
        "date": [released_on.year, released_on.month, released_on.day],
        "lead": [
            pack["forum"][index],
            *([pack["national"][index]] if pack["national"] else []),
        ],
        "notice": notice[index] if notice else None,
        "footer": f"ข้อมูล ณ {on} · รอบปรับปรุง {release_id}"
        if lang == "th"
        else f"Data of {on} · release {release_id}",
        "page": "หน้า" if lang == "th" else "Page",
    }
    made = typst.compile(
        FOLDER / "pack.typ",
        root=FOLDER,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"pack": json.dumps(body, ensure_ascii=False, sort_keys=True)},
    )
    if not isinstance(made, bytes):
        raise TypeError("typst gave no single document")
    return made


def _in_language(value: Any, index: int) -> Any:
    if isinstance(value, Bilingual):
        return value[index]
    if isinstance(value, Mapping):
        return {key: _in_language(inner, index) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_in_language(inner, index) for inner in value]
    return value


def _widths(block: Mapping[str, Any]) -> list[str]:
    """Columns whose text is long share what is left of the width; numbers and short words take what they need."""
    longest = [
        max((len(row[column]) for row in block["rows"]), default=0) for column in range(len(block["align"]))
    ]
    wide = [side == "l" and length > 14 for side, length in zip(block["align"], longest, strict=True)]
    return ["wide" if one or (not any(wide) and column == 0) else "auto" for column, one in enumerate(wide)]


@cache
def made_from() -> str:
    """A hash of what a PDF is made with beside its data: template and fonts."""
    digest = hashlib.blake2b(digest_size=16)
    for path in (FOLDER / "pack.typ", *sorted(FONTS.glob("*.ttf"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()
