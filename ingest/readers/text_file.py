"""CSV and TSV files: encoding, delimiter, and rows that do not fit."""

from __future__ import annotations

import codecs
import csv
import io
import re
from itertools import chain, islice
from pathlib import Path
from threading import Lock

import numpy as np
import polars as pl

from ingest.contract.model import Contract
from ingest.messages import Problem, problem
from ingest.readers.headers import Row, Vocabulary, find_header
from ingest.readers.sheet import MAX_COLUMNS, ReadFile, Sheet

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARS = 2_000_000
_GARBLED_CHARS = 200_000
_QUOTED = re.compile(rb'"[^"]*"')
_FILLED = re.compile(rb"[^\r\n\t ,;|\x00]")
_CSV_LIMIT = Lock()  # the module's field limit is the whole process's, and files are read side by side
_ONE_VALUE_MAX = 1 << 31  # bytes; a Polars value holds less than 4 GiB
_BATCH = 20_000
_FEW_CELLS, _MOST_CELLS = 50_000_000, 200_000_000  # 16 bytes each, blank ones too
_END = "\x00end\x00"
_GARBLED = re.compile(
    "[เà][ธนภ¸¹]"
)  # UTF-8 Thai read as cp874 or Latin-1: every letter becomes such a pair and one more
_THAI = re.compile("[฀-๿à]")


def _line_and_byte(data: bytes, error: UnicodeDecodeError, encodings: str) -> Problem:
    start = error.start
    line = data.count(b"\n", 0, start) + 1
    at = start - (data.rfind(b"\n", 0, start) + 1) + 1
    if error.reason == "unexpected end of data":  # the last letter lacks its last bytes
        return problem("cut_off", row=line)
    return problem("undecodable", row=line, byte=at, value=f"0x{data[start]:02X}", expected=encodings)


def _looks_utf16(head: bytes) -> str | None:
    """UTF-16 without a byte-order mark: every second byte is the high byte of Latin (00) or Thai (0E)
    letters."""
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        high = head[start::2]
        if high and (high.count(0) + high.count(0x0E)) * 10 > len(high) * 9:
            return encoding
    return None


def _tries(data: bytes, encodings: tuple[str, ...]) -> tuple[str, ...]:
    """What to try: the encoding of a byte-order mark or of UTF-16's NULs, else the contract's."""
    if data.startswith(codecs.BOM_UTF8):
        return ("utf-8-sig",)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    wide = _looks_utf16(data[:4000])
    return encodings if wide is None else (wide,)


def _garbled(sample: str) -> bool:
    garbled = len(_GARBLED.findall(sample))
    return garbled > 10 and garbled * 4 > len(_THAI.findall(sample))


def _is_utf8(data: bytes) -> bool:
    """Strictly, as Python's codec, but many times as fast."""
    if len(data) >= _ONE_VALUE_MAX:
        return False
    try:
        pl.Series([data]).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _head(utf8: bytes, characters: int) -> str:
    """The first characters of sound UTF-8 (the cut in bytes may go through one)."""
    return utf8[: 4 * characters].decode("utf-8", "ignore")[:characters]


def _as_utf8(data: bytes, encodings: tuple[str, ...]) -> tuple[bytes, str] | Problem:
    """The file's text as UTF-8 without a byte-order mark, and its encoding: `decode`, which sound UTF-8
    need not go through."""
    first = _tries(data, encodings)[0]
    if first in ("utf-8", "utf-8-sig") and _is_utf8(data):
        body = data.removeprefix(codecs.BOM_UTF8)
        if not _garbled(_head(body, _GARBLED_CHARS)):
            return body.removeprefix(codecs.BOM_UTF8), first
    decoded = decode(data, encodings)
    if isinstance(decoded, Problem):
        return decoded
    text, encoding = decoded
    return text.removeprefix("\ufeff").encode(), encoding


def decode(data: bytes, encodings: tuple[str, ...]) -> tuple[str, str] | Problem:
    """Text and the encoding that gave it: a byte-order mark decides, else the contract's encodings in
    order, strictly.

    UTF-16 without a mark shows by its NULs. Thai that was converted wrongly before is refused rather
    than passed on.
    """
    tries = _tries(data, encodings)
    failure: UnicodeDecodeError | None = None
    for encoding in tries:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            failure = failure or error
            continue
        sample = text[:_GARBLED_CHARS]
        if _garbled(sample):
            if failure is not None:  # one broken byte in a UTF-8 file: say where, not that all is garbled
                return _line_and_byte(data, failure, ", ".join(tries))
            found = _GARBLED.search(sample)
            at = found.start() if found else 0
            return problem("mojibake", value=sample[at : at + 12])
        return text, encoding
    assert failure is not None  # every try failed
    return _line_and_byte(data, failure, ", ".join(tries))


def _sample(text: str, delimiter: str, count: int) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        with _CSV_LIMIT:
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


def _count_cells(data: bytes, delimiter: str) -> pl.Series:
    """Cells of each record of UTF-8 text: delimiters outside quotation marks, plus one."""
    marks = b'"\n' + delimiter.encode()
    # Everything else goes first: what is left is a tenth, and the same marks stand inside quotation marks.
    left = np.frombuffer(data.translate(None, bytes(set(range(256)) - set(marks))), dtype=np.uint8)
    quotes = left == ord('"')
    if (places := np.flatnonzero(quotes)).size:
        quotes[places[-1]] = places.size % 2 == 0  # the last of an odd number closes nothing
        inside = np.cumsum(quotes, dtype=np.uint8) & 1  # wraps at 256, which is even
        left = left[(inside == 0) & (left != ord('"'))]
    ends = np.flatnonzero(left == ord("\n"))
    open_end = left.size - (int(ends[-1]) + 1 if ends.size else 0)
    if open_end or (not data.endswith(b"\n") and _last_line(data)):
        ends = np.append(ends, left.size)
    return pl.Series(np.diff(ends, prepend=-1), dtype=pl.Int64)


def _last_line(data: bytes) -> bytes:
    """What stands behind the last line break outside quotation marks, quoted parts left out."""
    return _QUOTED.sub(b"", data).rpartition(b"\n")[2]


def _by_python(
    body: bytes, delimiter: str, names: list[str], limit: int
) -> tuple[pl.DataFrame, pl.Series] | Problem:
    """The slow way, for files whose quotation marks Polars refuses: what stands after a closed mark
    joins the cell."""
    whole = body if body.endswith(b"\n") else body + b"\n"
    lines = chain(io.TextIOWrapper(io.BytesIO(whole), encoding="utf-8", newline=""), [_END])
    schema = dict.fromkeys(names, pl.String)
    width = len(names)
    frames = [pl.DataFrame(schema=schema)]
    counts: list[int] = []
    ended = 0  # the line on which the last whole record ended
    with _CSV_LIMIT:
        old = csv.field_size_limit(len(whole) + 100)
        try:
            reader = csv.reader(lines, delimiter=delimiter)
            placed = ((record, reader.line_num) for record in reader)
            while (batch := list(islice(placed, _BATCH))) and len(counts) <= limit:
                last, _ = batch[-1]
                if last and last[-1].endswith(_END):
                    batch.pop()
                    ended = batch[-1][1] if batch else ended
                    if last != [_END]:
                        return problem("unclosed_quote", row=ended + 1)
                    if not batch:
                        break
                ended = batch[-1][1]
                counts += [max(1, len(record)) for record, _ in batch]
                rows = [
                    [*record[:width], *[None] * (width - len(record))]
                    if record
                    else ["", *[None] * (width - 1)]
                    for record, _ in batch
                ]
                frames.append(pl.DataFrame(rows, schema=schema, orient="row"))
        finally:
            csv.field_size_limit(old)
    return pl.concat(frames), pl.Series(counts, dtype=pl.Int64)


def read_text_file(data: bytes, contract: Contract, vocabulary: Vocabulary, *, max_rows: int) -> ReadFile:
    """Read a CSV or TSV file as one sheet; every cell stays text.

    Rows with too many or too few cells are kept as they are (see `Sheet.width`): nothing is shifted.
    """
    decoded = _as_utf8(data, contract.format.encodings)
    if isinstance(decoded, Problem):
        return ReadFile(errors=(decoded,))
    body, encoding = decoded
    body = body.rstrip(b"\x1a\x00")
    if not _FILLED.search(body):
        return ReadFile(errors=(problem("empty_file"),), encoding=encoding)
    if b"\n" not in body and b"\r" in body:
        body = body.replace(b"\r", b"\n")
    delimiter, width = _layout(_head(body, _SAMPLE_CHARS), contract, vocabulary)
    if width > MAX_COLUMNS:
        return ReadFile(
            errors=(problem("too_many_columns", value=width, expected=MAX_COLUMNS),), encoding=encoding
        )
    names = [f"c{i}" for i in range(width + 2)]
    limit = max_rows + contract.format.header_search_rows
    lines = min(body.count(b"\n") + 1, limit)
    # Rows shorter than a wide header get its full width: there are more cells then than bytes.
    if lines * width > max(_FEW_CELLS, min(_MOST_CELLS, 2 * len(body))):
        most = _FEW_CELLS // lines
        return ReadFile(errors=(problem("too_many_columns", value=width, expected=most),), encoding=encoding)
    read: tuple[pl.DataFrame, pl.Series] | Problem | None = None
    try:
        frame = pl.read_csv(
            body,
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
        counts = _count_cells(body, delimiter)
        # Polars gives a missing cell as an empty one; where quotation marks stand inside cells
        # the count does not hold.
        read = (frame, counts) if counts.len() == frame.height else None
    if read is None:
        read = _by_python(body, delimiter, names, limit)
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
