"""CSV and TSV files: encoding, delimiter, and rows that do not fit."""

from __future__ import annotations

import codecs
import csv
import io
import re
from itertools import islice
from pathlib import Path

import polars as pl

from ingest.contract.model import Contract
from ingest.messages import Problem, problem
from ingest.readers.headers import Row, Vocabulary, find_header
from ingest.readers.sheet import MAX_COLUMNS, ReadFile, Sheet

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARS = 2_000_000
_QUOTED = re.compile(r'"[^"]*"')
_END = "\x00end\x00"
_GARBLED = re.compile(
    "[เà][ธนภ¸¹]"
)  # UTF-8 Thai read as cp874 or Latin-1: every letter becomes such a pair and one more
_THAI = re.compile("[฀-๿à]")


def _line_and_byte(data: bytes, error: UnicodeDecodeError, encodings: str) -> Problem:
    start = error.start
    line = data.count(b"\n", 0, start) + 1
    at = start - (data.rfind(b"\n", 0, start) + 1) + 1
    return problem("undecodable", row=line, byte=at, value=f"0x{data[start]:02X}", expected=encodings)


def _looks_utf16(head: bytes) -> str | None:
    """UTF-16 without a byte-order mark: every second byte is the high byte of Latin (00) or Thai (0E)
    letters."""
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        high = head[start::2]
        if high and (high.count(0) + high.count(0x0E)) * 10 > len(high) * 9:
            return encoding
    return None


def decode(data: bytes, encodings: tuple[str, ...]) -> tuple[str, str] | Problem:
    """Text and the encoding that gave it: a byte-order mark decides, else the contract's encodings in
    order, strictly.

    UTF-16 without a mark shows by its NULs. Thai that was converted wrongly before is refused rather
    than passed on.
    """
    tries: tuple[str, ...] = encodings
    if data.startswith(codecs.BOM_UTF8):
        tries = ("utf-8-sig",)
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tries = ("utf-16",)
    elif (wide := _looks_utf16(data[:4000])) is not None:
        tries = (wide,)
    failure: UnicodeDecodeError | None = None
    for encoding in tries:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            failure = failure or error
            continue
        sample = text[:200_000]
        garbled, thai = len(_GARBLED.findall(sample)), len(_THAI.findall(sample))
        if garbled > 10 and garbled * 4 > thai:
            if failure is not None:  # one broken byte in a UTF-8 file: say where, not that all is garbled
                return _line_and_byte(data, failure, ", ".join(tries))
            found = _GARBLED.search(sample)
            at = found.start() if found else 0
            return problem("mojibake", value=sample[at : at + 12])
        return text, encoding
    assert failure is not None  # every try failed
    return _line_and_byte(data, failure, ", ".join(tries))


def _sample(text: str, delimiter: str, count: int) -> list[Row]:
    reader = csv.reader(io.StringIO(text[:_SAMPLE_CHARS], newline=""), delimiter=delimiter)
    try:
        return list(islice(reader, count))
    except csv.Error:  # one field beyond the module's limit: an unclosed quote, told later
        return []


def _layout(text: str, contract: Contract, vocabulary: Vocabulary) -> tuple[str, int]:
    """Delimiter and number of columns: the delimiter under which the contract's headers are found,
    else the one that cuts most."""
    best: tuple[int, int, str, int] | None = None
    for delimiter in DELIMITERS:
        rows = _sample(text, delimiter, contract.format.header_search_rows + contract.format.header_rows_max)
        header = find_header(rows, contract, vocabulary)
        if header is not None:
            width = max(len(row) for row in rows[header.first : header.last + 1])
        else:
            width = max((len(row) for row in rows), default=1)
        score = (header.matched if header else 0, width)
        if best is None or score > best[:2]:
            best = (*score, delimiter, width)
    assert best is not None
    return best[2], best[3]


def _count_cells(text: str, delimiter: str) -> pl.Series:
    """Cells of each record: delimiters outside quotation marks, plus one."""
    bare = _QUOTED.sub("", text) if '"' in text else text
    lines = pl.Series([bare]).str.split("\n").explode()
    if lines.len() and not lines[-1]:
        lines = lines.head(-1)
    return lines.str.count_matches(delimiter, literal=True).cast(pl.Int64) + 1


def _by_python(
    text: str, delimiter: str, names: list[str], limit: int
) -> tuple[pl.DataFrame, pl.Series] | Problem:
    """The slow way, for files whose quotation marks Polars refuses: what stands after a closed mark
    joins the cell."""
    old = csv.field_size_limit(len(text) + 100)
    try:
        reader = csv.reader(
            io.StringIO(text + ("" if text.endswith("\n") else "\n") + _END, newline=""), delimiter=delimiter
        )
        rows: list[list[str | None]] = []
        counts: list[int] = []
        began = 1
        width = len(names)
        for record in reader:
            if record == [_END]:
                break
            if record and record[-1].endswith(_END):
                return problem("unclosed_quote", row=began)
            cells: list[str | None] = [*record[:width]]
            counts.append(max(1, len(record)))
            rows.append(cells + [None] * (width - len(cells)) if record else ["", *[None] * (width - 1)])
            began = reader.line_num + 1
            if len(rows) > limit:
                break
    finally:
        csv.field_size_limit(old)
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row"), pl.Series(
        counts, dtype=pl.Int64
    )


def read_text_file(data: bytes, contract: Contract, vocabulary: Vocabulary, *, max_rows: int) -> ReadFile:
    """Read a CSV or TSV file as one sheet; every cell stays text.

    Rows with too many or too few cells are kept as they are (see `Sheet.width`): nothing is shifted.
    """
    decoded = decode(data, contract.format.encodings)
    if isinstance(decoded, Problem):
        return ReadFile(errors=(decoded,))
    text, encoding = decoded
    text = text.removeprefix("\ufeff").rstrip("\x1a\x00")
    if not text.strip("\r\n\t ,;|\x00"):
        return ReadFile(errors=(problem("empty_file"),), encoding=encoding)
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
    delimiter, width = _layout(text, contract, vocabulary)
    if width > MAX_COLUMNS:
        return ReadFile(
            errors=(problem("too_many_columns", value=width, expected=MAX_COLUMNS),), encoding=encoding
        )
    names = [f"c{i}" for i in range(width + 2)]
    limit = max_rows + contract.format.header_search_rows
    read: tuple[pl.DataFrame, pl.Series] | Problem | None = None
    try:
        frame = pl.read_csv(
            text.encode(),
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            separator=delimiter,
            empty_string_is_null=False,
            missing_columns="insert",
            extra_columns="ignore",
            n_rows=limit + 1,
        )
    except pl.exceptions.PolarsError:
        frame = None
    if frame is not None:
        if frame.height > limit:
            return ReadFile(errors=(problem("too_many_rows", expected=f"{max_rows:,}"),), encoding=encoding)
        counts = _count_cells(text, delimiter)
        # Polars gives a missing cell as an empty one; where quotation marks stand inside cells
        # the count does not hold.
        read = (frame, counts) if counts.len() == frame.height else None
    if read is None:
        read = _by_python(text, delimiter, names, limit)
    if isinstance(read, Problem):
        return ReadFile(errors=(read,), encoding=encoding)
    frame, counts = read
    if frame.height > limit:
        return ReadFile(errors=(problem("too_many_rows", expected=f"{max_rows:,}"),), encoding=encoding)
    return ReadFile(sheets=(Sheet("", frame, width=width, cell_counts=counts),), encoding=encoding)


def read_text_path(path: Path, contract: Contract, vocabulary: Vocabulary, *, max_rows: int) -> ReadFile:
    """`read_text_file` on a path.

    Raises:
        OSError: the file cannot be opened.
    """
    return read_text_file(path.read_bytes(), contract, vocabulary, max_rows=max_rows)
