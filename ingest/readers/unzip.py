"""Parts of a zip, unpacked piece by piece with a hard limit: a directory's word on sizes is not believed."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ingest.landing.limits import MAX_ZIP_MEMBERS
from ingest.landing.probe import Fault, probe_zip
from ingest.messages import Problem, problem

_CHUNK = 1 << 20
_LOCAL = b"PK\x03\x04"
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, EOFError, ValueError)


class TooMuch(zipfile.BadZipFile):
    """A part unpacks to more than the directory says: never an accident."""


def zip_problem(path: Path, suffix: str, broken: str, expected: str = "") -> Problem | None:
    """What landing's probe has against a zip (or a workbook that is one), in conform's words.

    Args:
        broken: the code for one that is damaged, has a password or (a workbook) is something else.
        expected: the file types that a zip may hold.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(8)
        fault = probe_zip(file, suffix, path.stat().st_size, head)
    return None if fault is None else _told(fault, suffix, broken, expected)


def _told(fault: Fault, suffix: str, broken: str, expected: str) -> Problem:
    both = fault.detail_th if fault.detail_th == fault.detail_en else f"{fault.detail_th} · {fault.detail_en}"
    if fault.code == "zip_bomb":
        return problem("unpacks_too_large", value=both)
    if fault.code == "zip_members":
        return problem("zip_members", value=both, expected=MAX_ZIP_MEMBERS)
    if fault.code in ("zip_nested", "zip_paths", "zip_no_data"):
        return problem(fault.code, value=both, expected=expected)
    if fault.code == "wrong_content" and suffix == ".zip":
        return problem("wrong_content", value=both)
    return problem(broken)


def unpacked(file: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """One part's bytes, a piece at a time.

    Raises:
        TooMuch: there is more than the directory says.
        BadZipFile, zlib.error: damaged.
    """
    file.seek(entry.header_offset)
    header = file.read(30)
    if len(header) < 30 or header[:4] != _LOCAL:
        raise zipfile.BadZipFile("no part where the directory says")
    name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
    file.seek(name_bytes + extra_bytes, 1)
    packed_left, given, check = entry.compress_size, 0, 0
    inflater = None if entry.compress_type == zipfile.ZIP_STORED else zlib.decompressobj(-15)
    raw = b""
    while True:
        if not raw and packed_left > 0:
            raw = file.read(min(_CHUNK, packed_left))
            packed_left = packed_left - len(raw) if raw else 0
        if inflater is None:
            piece, raw = raw, b""
        else:
            piece = inflater.decompress(raw, _CHUNK)
            raw = inflater.unconsumed_tail
        given += len(piece)
        if given > entry.file_size:
            raise TooMuch(ascii(entry.filename)[:80])
        check = zlib.crc32(piece, check)
        if piece:
            yield piece
        elif not raw and packed_left <= 0:
            break
    if given != entry.file_size or check != entry.CRC or (inflater is not None and not inflater.eof):
        raise zipfile.BadZipFile("not what the directory says")
