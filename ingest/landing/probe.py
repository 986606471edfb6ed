"""A cheap look inside a file: is it whole, and is it what its name says? Nothing is unpacked."""

import os
import struct
import zipfile
from typing import BinaryIO, Final, NamedTuple

from ingest.landing.limits import (
    MAX_UNPACK_RATIO,
    MAX_UNPACKED_BYTES,
    MAX_ZIP_DIRECTORY_BYTES,
    MAX_ZIP_PARTS,
    MIB,
    RATIO_MATTERS_ABOVE,
    ZIP_SUFFIXES,
)

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP: Final = b"PK\x03\x04"
_END: Final = b"PK\x05\x06"
_KNOWN_STARTS: Final[tuple[tuple[bytes, str, str], ...]] = (
    (_ZIP, "ไฟล์ Excel (.xlsx) หรือ zip", "an Excel workbook (.xlsx) or a zip"),
    (_OLE, "ไฟล์ Office รุ่นเก่า (เช่น .xls)", "an old Office file (such as .xls)"),
    (b"%PDF", "ไฟล์ PDF", "a PDF"),
    (b"\x89PNG", "รูปภาพ", "a picture"),
    (b"\xff\xd8\xff", "รูปภาพ", "a picture"),
    (b"\x1f\x8b", "ไฟล์บีบอัด gzip", "a gzip archive"),
    (b"Rar!", "ไฟล์บีบอัด RAR", "a RAR archive"),
    (b"7z\xbc\xaf", "ไฟล์บีบอัด 7z", "a 7z archive"),
    (b"\x7fELF", "โปรแกรม", "a program"),
    (b"MZ\x90", "โปรแกรม", "a program"),
)
_MARKUP: Final = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta")


class Fault(NamedTuple):
    """`code`: a key of messages.REFUSED, or `incomplete`/`still_empty` where the file may be growing."""

    code: str
    detail_th: str = ""
    detail_en: str = ""


def probe(file: BinaryIO, suffix: str, size: int) -> Fault | None:
    """Why the content cannot be taken, or None.

    Reads the start, the end and a workbook's central directory.
    """
    file.seek(0)
    head = file.read(4096)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00\x1a") and size <= len(head):
        return Fault("still_empty")
    if suffix in ZIP_SUFFIXES:
        return _probe_workbook(file, head, size)
    if suffix == ".xls":
        return None if head.startswith(_OLE) else _other_content(head) or Fault("incomplete")
    return _other_content(head, markup=False)


def _other_content(head: bytes, markup: bool = True) -> Fault | None:
    for start, name_th, name_en in _KNOWN_STARTS:
        if head.startswith(start):
            return Fault("wrong_content", name_th, name_en)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_MARKUP[:3]) or (markup and text.startswith(_MARKUP)):
        return Fault("wrong_content", "หน้าเว็บ (HTML)", "a web page (HTML)")
    if b"\x00" not in head and markup and head:
        return Fault("wrong_content", "ข้อความธรรมดา", "plain text")
    return None


def _probe_workbook(file: BinaryIO, head: bytes, size: int) -> Fault | None:
    if head.startswith(_OLE):
        return Fault("encrypted")
    directory = _end_record(file, size)
    if directory is None:
        return Fault("incomplete", detail_en="its end is missing")
    parts, directory_bytes = directory
    if parts > MAX_ZIP_PARTS or directory_bytes > MAX_ZIP_DIRECTORY_BYTES:
        return Fault("zip_bomb", detail_en=f"{parts:,} parts")
    try:
        with zipfile.ZipFile(file) as book:
            entries = book.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, struct.error) as error:
        return Fault("broken", detail_en=str(error) or "damaged directory")
    return _check_parts(entries, size)


def _check_parts(entries: list[zipfile.ZipInfo], size: int) -> Fault | None:
    if any(entry.flag_bits & 0x1 for entry in entries):
        return Fault("encrypted")
    for entry in entries:
        name = entry.orig_filename
        if (
            name.startswith(("/", "\\"))
            or ".." in name.replace("\\", "/").split("/")
            or ":" in name
            or "\x00" in name
        ):
            return Fault("zip_paths", detail_en=ascii(name)[:80])
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > MAX_UNPACKED_BYTES or (
        unpacked > RATIO_MATTERS_ABOVE and unpacked > MAX_UNPACK_RATIO * max(packed, 1)
    ):
        return Fault("zip_bomb", detail_en=f"{unpacked // MIB:,} MB")
    if packed > size:  # parts that lie over one another: the trick of bombs that need no high ratio
        return Fault("zip_bomb", detail_en="overlapping parts")
    if not any(entry.filename.startswith("xl/") for entry in entries):
        return Fault("wrong_content", "ไฟล์ zip ที่ไม่ใช่สมุดงาน Excel", "a zip that is no Excel workbook")
    return None


def _end_record(file: BinaryIO, size: int) -> tuple[int, int] | None:
    """(parts, bytes of the central directory) from the end of a zip, or None where the end is missing.

    Read by hand first, because zipfile loads the whole directory, whose size a hostile file chooses.
    """
    tail_bytes = min(size, 65_535 + 22 + 20)
    file.seek(size - tail_bytes)
    tail = file.read(tail_bytes)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        return None
    parts, directory_bytes = struct.unpack_from("<HL", tail, at + 10)
    locator = at - 20
    if locator >= 0 and tail[locator : locator + 4] == b"PK\x06\x07":
        (offset,) = struct.unpack_from("<Q", tail, locator + 8)
        if offset + 56 > size:
            return None
        file.seek(offset, os.SEEK_SET)
        record = file.read(56)
        if record[:4] == b"PK\x06\x06":
            parts, directory_bytes = struct.unpack_from("<QQ", record, 32)
    return parts, directory_bytes
