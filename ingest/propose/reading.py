"""Reading a file that no contract describes, with the readers that every feed uses."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from ingest.conform import MAX_ROWS
from ingest.contract.model import Bilingual as Both
from ingest.contract.model import Column, Contract, FileFormat, Owner, Period
from ingest.normalise.text import label_key
from ingest.readers.files import read_file
from ingest.readers.headers import Vocabulary
from ingest.readers.sheet import ReadFile
from ingest.readers.text_file import DELIMITERS

_HEAD_BYTES = 400_000
_HEAD_ROWS = 60
SEARCH_ROWS = 60


@dataclass(eq=False)
class UnreadableFile(Exception):
    """The file cannot be read at all. `problems`: Thai and English, as a delivery's report would say it."""

    problems: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "\n".join(f"{th} · {en}" for th, en in self.problems)


def file_types() -> tuple[str, ...]:
    """Every kind of file that the readers take."""
    annotation = FileFormat.model_fields["file_types"].annotation
    return get_args(get_args(annotation)[0])


def blank_contract() -> Contract:
    """A contract that says nothing but 'any kind of file'. The readers take the format from it, and nothing else."""
    return Contract(
        feed="unknown/file",
        version=1,
        record_kind="published_total",
        title=Both(th="-", en="-"),
        owner=Owner(name_th="-"),
        licence="-",
        cadence="irregular",
        allowed_lag_days=0,
        format=FileFormat.model_validate({"file_types": file_types(), "header_search_rows": SEARCH_ROWS}),
        period=Period(field="fiscal_year"),
        columns=(Column(headers=("area",), field="area_name"),),
        key=("area_name",),
    )


def _delimiter_words(path: Path) -> dict[str, Column | None]:
    """The cells of a text file's first rows under the delimiter that cuts them most evenly.

    The reader chooses the delimiter under which most known headers are found; here none are known, so the file's own cells
    stand in for them.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    text = ""
    for encoding in ("utf-8-sig", "cp874", "utf-16"):
        try:
            # The cut may go through a character: what is left over at the end does not count.
            text = codecs.getincrementaldecoder(encoding)().decode(head)
            break
        except UnicodeDecodeError:
            continue
    best: tuple[float, list[list[str]]] = (0.0, [])
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
        except csv.Error:
            continue
        widths = Counter(len(row) for row in rows[:2000])
        width, even = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        # Nearly all rows with one width above one; more columns only where both cut as evenly.
        score = even / max(1, sum(widths.values())) + min(width, 100) / 10_000 if width > 1 else 0.0
        if score > best[0]:
            best = (score, rows[:_HEAD_ROWS])
    return {key: None for row in best[1] for cell in row if (key := label_key(cell))}


def read_unknown(path: Path) -> ReadFile:
    """Every sheet of a file as text.

    Raises:
        UnreadableFile: in the words of a delivery's report.
    """
    words = (
        _delimiter_words(path) if path.suffix.lower() in (".csv", ".tsv", ".txt") and path.is_file() else {}
    )
    try:
        read = read_file(path, blank_contract(), Vocabulary(words), file_name=path.name, max_rows=MAX_ROWS)
    except OSError:
        raise UnreadableFile((("เปิดแฟ้มไม่ได้", "The file cannot be opened"),)) from None
    if not read.sheets:
        problems = tuple((p.message_th, p.message_en) for p in read.errors)
        raise UnreadableFile(problems or (("แฟ้มไม่มีข้อมูล", "The file holds no data"),))
    return read
