"""The header of a table whose words are not known: rows of labels with rows of values beneath."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.normalise.text import clean_one, label_key, turn_digits_one
from ingest.normalise.units import split_unit, unit_of_word
from ingest.propose.concepts import concepts_of
from ingest.propose.reading import SEARCH_ROWS, blank_contract
from ingest.readers.headers import HeaderColumn, Vocabulary, find_header, read_header
from ingest.readers.sheet import Merge, Sheet

DEPTHS = (1, 2, 3)
LOOK_BELOW = 40
MIN_COLUMNS = 2
LONGEST_LABEL = 150
ENOUGH = 3.4  # of about 6: less is a page of notes
_TITLE_FROM = 25  # letters; longer texts alone in the first column are titles

# A number, date, code or mark: what a header cell is not.
_VALUE = re.compile(
    r"^[\s'(฿]*[-+–−]?[\d๐-๙][\d๐-๙.,/\-: %)]*(?:[eE][+-]?\d+)?[*perf]?$|^[-–—.]+$|^[ü✓✔☑√]$|^\d{4}-\d\d-\d\d"
)
_LETTER = re.compile(r"[^\W\d_]")
_THAI = re.compile("[ก-๛]")
_UNIT_LINE = re.compile(r"หน่วย|unit\s*:", re.IGNORECASE)


@dataclass(frozen=True)
class FoundHeader:
    """A header as found: rows `first`…`last` (0-based), data from `data_from`.

    `second`: labels of a second header row in another language, by column index; `titles`: the texts above.
    """

    first: int
    last: int
    data_from: int
    columns: tuple[HeaderColumn, ...]
    titles: tuple[str, ...]
    score: float
    second: dict[int, str] = field(default_factory=dict)


def is_value(cell: str) -> bool:
    """Whether a cell holds a number, date, code or mark rather than words."""
    return bool(_VALUE.match(cell))


def _is_label(cell: str) -> bool:
    # A year can head a column of a wide table.
    return len(cell) <= LONGEST_LABEL and (bool(_LETTER.search(cell)) or cell in "#%") and not is_value(cell)


def _is_title(row: Sequence[str], top: int, merges: tuple[Merge, ...] | None) -> bool:
    """A row above the table: one long text, or one merged over most of the width; a line that states units."""
    filled = [(i, cell) for i, cell in enumerate(row) if cell]
    if not filled:
        return True
    if len(filled) > 2:
        return False
    if any(_UNIT_LINE.search(cell) for _, cell in filled):
        return True
    first, cell = filled[0]
    wide = any(
        m.top == top and m.left <= first <= m.right and (m.right - m.left + 1) * 10 >= len(row) * 6
        for m in merges or ()
    )
    return wide or (first == 0 and (len(filled) == 1 or len(cell) > _TITLE_FROM))


def _bilingual(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether two full rows of labels say the same in two languages: one in Thai letters, the other in none."""
    if sum(map(bool, upper)) < MIN_COLUMNS or sum(map(bool, lower)) < MIN_COLUMNS:
        return False
    shared = [(a, b) for a, b in zip(upper, lower, strict=False) if a and b]
    if len(shared) * 10 < 8 * max(sum(map(bool, upper)), sum(map(bool, lower))):
        return False
    if not all(_is_label(a) and _is_label(b) for a, b in shared):
        return False
    thai_upper = sum(bool(_THAI.search(a)) for a, _ in shared) / len(shared)
    thai_lower = sum(bool(_THAI.search(b)) for _, b in shared) / len(shared)
    return abs(thai_upper - thai_lower) >= 0.6


def _known(label: str) -> float:
    """Share of a label's concepts that are known words of headers."""
    tokens = concepts_of(split_unit(label)[0])
    return sum(not token.startswith("?") for token in tokens) / len(tokens) if tokens else 0.0


@dataclass(frozen=True)
class _Page:
    """The first rows of a sheet, cleaned: `rows` padded to one width, as they are given to the header reader too."""

    rows: list[list[str]]
    merges: tuple[Merge, ...] | None

    @classmethod
    def of(cls, sheet: Sheet) -> _Page:
        names = [name for name in sheet.cells.columns if sheet.width is None or int(name[1:]) < sheet.width]
        head = sheet.cells.select(names).head(SEARCH_ROWS + LOOK_BELOW)
        return cls([[clean_one(cell or "") for cell in row] for row in head.iter_rows()], sheet.merges)


def _score(page: _Page, first: int, depth: int) -> float:
    """How much rows look like a header with a table beneath; 0 where they cannot be one."""
    part = page.rows[first : first + depth]
    below = [row for row in page.rows[first + depth : first + depth + LOOK_BELOW] if any(row)]
    cells = [cell for row in part for cell in row if cell]
    if not below or len(cells) < MIN_COLUMNS or not all(any(row) for row in part):
        return 0.0
    if any(_is_title(row, first + n, page.merges) for n, row in enumerate(part[:-1])):
        return 0.0
    if depth > 1 and any(_bilingual(part[n], part[n + 1]) for n in range(depth - 1)):
        return 0.0
    columns = read_header(part, 0, depth, Vocabulary({}), _moved(page.merges, first)).columns
    labels = {c.index: c.label for c in columns if c.kind != "blank"}
    used = [i for i in range(len(page.rows[0])) if sum(bool(row[i]) for row in below) * 10 >= len(below)]
    if len(labels) < MIN_COLUMNS or not used:
        return 0.0
    labelled = sum(i in labels for i in used) / len(used)
    labelness = sum(map(_is_label, cells)) / len(cells)
    if labelness < 0.5:
        return 0.0
    distinct = len(set(labels.values())) / len(labels)
    known = sum(map(_known, labels.values())) / len(labels)
    values = [
        sum(is_value(row[i]) for row in below if row[i]) / max(1, sum(bool(row[i]) for row in below))
        for i in used
    ]
    contrast = min(1.0, 2 * sum(values) / len(values))
    # The row right beneath is labels all over although there are values further down: half a header.
    under = [cell for cell in below[0] if cell]
    half = (
        contrast > 0.3
        and len(under) >= MIN_COLUMNS
        and all(map(_is_label, under))
        and not _bilingual(part[-1], below[0])
        and not all(unit_of_word(cell) or split_unit(cell)[1] for cell in under)
    )
    # Of a long list the header stands on top: what is skipped above speaks against it.
    skipped = sum(
        1 for n, row in enumerate(page.rows[:first]) if any(row) and not _is_title(row, n, page.merges)
    )
    score = 2 * labelled + 1.5 * labelness + 0.7 * distinct + 0.8 * contrast + 1.2 * known
    return score - (0.7 if half else 0.0) - 0.08 * (depth - 1) - min(0.5, 0.1 * skipped)


def _moved(merges: tuple[Merge, ...] | None, by: int) -> tuple[Merge, ...] | None:
    return merges and tuple(Merge(m.top - by, m.left, m.bottom - by, m.right) for m in merges)


def find_unknown_header(sheet: Sheet) -> FoundHeader | None:
    """The rows of a sheet that look most like a header; None where none does.

    What counts: most columns labelled, by words and not by values, each differently, with values beneath; words that headers
    are made of. Group labels above ('จำนวนสมาชิก' over 'ชาย' and 'หญิง') belong to it; titles and units above do not. A second
    row that says the same in another language is told apart (`second`).
    """
    page = _Page.of(sheet)
    best: tuple[float, int, int] = (0.0, 0, 0)
    for depth in DEPTHS:
        for first in range(min(len(page.rows) - depth, SEARCH_ROWS)):
            score = _score(page, first, depth)
            if score > best[0] + 1e-9:
                best = (score, first, depth)
    score, first, depth = best
    if score < ENOUGH:
        return None
    above = page.rows[first - 1] if first else []
    if (
        depth == 1
        and above
        and not _is_title(above, first - 1, page.merges)
        and _bilingual(above, page.rows[first])
    ):
        first -= 1
    return _as_found(page, first, depth, score)


def _as_found(page: _Page, first: int, depth: int, score: float) -> FoundHeader:
    """Let the feeds' own header reader say what it makes of these rows, units included."""
    labels = read_header(page.rows, first, depth, Vocabulary({}), page.merges).columns
    words = {
        key: None for c in labels for text in (c.label, split_unit(c.label)[0]) if (key := label_key(text))
    }
    blank = [""] * len(page.rows[0])
    rows = [blank] * first + page.rows[first:]
    header = find_header(rows, blank_contract(), Vocabulary(words), page.merges)
    if header is None or header.first != first or header.last < first + depth - 1:
        header = read_header(page.rows, first, depth, Vocabulary(words), page.merges)
    data_from = header.last + 1
    second: dict[int, str] = {}
    if data_from < len(page.rows) and _bilingual(page.rows[first + depth - 1], page.rows[data_from]):
        second = {i: cell for i, cell in enumerate(page.rows[data_from]) if cell}
        data_from += 1
    titles = tuple(cell for row in page.rows[:first] for cell in row if cell)
    return FoundHeader(first, header.last, data_from, header.columns, titles, score, second)


def is_wide_year(label: str) -> bool:
    """Whether a label is nothing but a year or a month: a wide table that no contract can read."""
    digits = re.sub(r"\D", "", turn_digits_one(label))
    return bool(
        re.fullmatch(r"(?:ปี|พ\.?ศ\.?|ค\.?ศ\.?|fy)?\s*\d{4}", turn_digits_one(label).strip().lower())
    ) and (1990 <= int(digits) <= 2100 or 2480 <= int(digits) <= 2650)
