"""A cheap look inside a file: is it whole, and is it what its name says? Nothing is unpacked."""

import os
import struct
import zipfile
from itertools import pairwise
from typing import BinaryIO, Final, NamedTuple

from ingest.landing.limits import (
    ARCHIVE_SUFFIXES,
    DATA_SUFFIXES,
    MAX_ARCHIVE_BYTES,
    MAX_UNPACK_RATIO,
    MAX_UNPACKED_BYTES,
    MAX_ZIP_DIRECTORY_BYTES,
    MAX_ZIP_MEMBERS,
    MAX_ZIP_PARTS,
    MIB,
    RATIO_MATTERS_ABOVE,
    ZIP_SUFFIXES,
)
from ingest.landing.names import is_litter, suffix_of

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
_WEB_PAGE: Final = (b"<html", b"<!doctype html", b"<table")
_MARKUP: Final = (*_WEB_PAGE, b"<!doctype", b"<?xml", b"<meta")
# What a whole file of the kind ends with; UTF-16 puts a NUL beside it.
_LAST: Final[dict[str, bytes]] = {".json": b"}]", ".xml": b">"}
_BLANKS: Final = b" \t\r\n\x00\x1a"
_STORED_OR_DEFLATED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Fault(NamedTuple):
    """`code`: a key of messages.REFUSED, or `incomplete`/`still_empty` where the file may be growing."""

    code: str
    detail_th: str = ""
    detail_en: str = ""


_NO_END: Final = Fault("incomplete", "ไม่พบส่วนท้ายของไฟล์", "its end is missing")


def probe(file: BinaryIO, suffix: str, size: int) -> Fault | None:
    """Why the content cannot be taken, or None.

    Reads the start, the end and a zip's or workbook's central directory.
    """
    file.seek(0)
    head = file.read(4096)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe" + _BLANKS) and size <= len(head):
        return Fault("still_empty")
    if suffix in ZIP_SUFFIXES:
        return probe_zip(file, suffix, size, head)
    if suffix == ".xls":
        return None if head.startswith(_OLE) else _other_content(head) or _NO_END
    if (fault := _other_content(head, markup=False)) is not None:
        return fault
    if suffix == ".json" and head.lstrip(b"\xef\xbb\xbf\xff\xfe" + _BLANKS).startswith(b"<"):
        return Fault("wrong_content", "XML หรือหน้าเว็บ", "XML or a web page")
    return _unfinished(file, suffix, size)


def _unfinished(file: BinaryIO, suffix: str, size: int) -> Fault | None:
    if suffix not in _LAST:
        return None
    file.seek(max(0, size - 4096))
    tail = file.read(4096).rstrip(_BLANKS)
    if not tail or tail[-1:] in _LAST[suffix]:
        return None
    return _NO_END


def _other_content(head: bytes, markup: bool = True) -> Fault | None:
    for start, name_th, name_en in _KNOWN_STARTS:
        if head.startswith(start):
            return Fault("wrong_content", name_th, name_en)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_MARKUP if markup else _WEB_PAGE):
        return Fault("wrong_content", "หน้าเว็บ (HTML)", "a web page (HTML)")
    if b"\x00" not in head and markup and head:
        return Fault("wrong_content", "ข้อความธรรมดา", "plain text")
    return None


def probe_zip(file: BinaryIO, suffix: str, size: int, head: bytes = b"") -> Fault | None:
    """Why a zip, or a workbook that is one (`suffix`), cannot be opened, or None: from its directory alone."""
    if head.startswith(_OLE) and suffix != ".zip":
        return Fault("encrypted")
    directory = _end_record(file, size)
    if directory is None:
        return _NO_END
    parts, directory_bytes = directory
    if parts > MAX_ZIP_PARTS or directory_bytes > MAX_ZIP_DIRECTORY_BYTES:
        return Fault("zip_bomb", f"{parts:,} ส่วน", f"{parts:,} parts")
    try:
        with zipfile.ZipFile(file) as book:
            entries = book.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError, struct.error):
        return Fault("broken", "สารบัญภายในเสียหาย", "damaged directory")
    return _check_parts(entries, size) or _check_kind(entries, suffix)


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
            shown = ascii(name)[:80]
            return Fault("zip_paths", shown, shown)
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > MAX_UNPACKED_BYTES or (
        unpacked > RATIO_MATTERS_ABOVE and unpacked > MAX_UNPACK_RATIO * max(packed, 1)
    ):
        return Fault("zip_bomb", f"{unpacked // MIB:,} MB", f"{unpacked // MIB:,} MB")
    if packed > size or _overlap(entries):  # the trick of bombs that need no high ratio
        return Fault("zip_bomb", "ส่วนต่าง ๆ ซ้อนทับกัน", "overlapping parts")
    if any(entry.compress_type not in _STORED_OR_DEFLATED for entry in entries):
        return Fault("broken", "ใช้วิธีบีบอัดที่ไม่รู้จัก", "packed by a method that is not known")
    return None


def _overlap(entries: list[zipfile.ZipInfo]) -> bool:
    """Whether two parts share bytes; a part has a header of 30 bytes and its name before its data."""
    placed = sorted(entries, key=lambda entry: entry.header_offset)
    return any(
        one.header_offset + 30 + len(one.orig_filename) + one.compress_size > two.header_offset
        for one, two in pairwise(placed)
    )


def _check_kind(entries: list[zipfile.ZipInfo], suffix: str) -> Fault | None:
    """Whether the parts are those of the kind that the name's ending says."""
    names = [entry.filename for entry in entries]
    excel = any(name.startswith("xl/") for name in names)
    sheets = {"content.xml", "mimetype"} <= set(names)
    if suffix == ".zip":
        if excel and "[Content_Types].xml" in names:
            return Fault("wrong_content", "สมุดงาน Excel (.xlsx)", "an Excel workbook (.xlsx)")
        if sheets:
            return Fault("wrong_content", "สมุดงาน OpenDocument (.ods)", "an OpenDocument spreadsheet (.ods)")
        return _check_members(names, sum(entry.file_size for entry in entries))
    if suffix == ".ods" and not sheets:
        return Fault(
            "wrong_content", "ไฟล์ zip ที่ไม่ใช่สมุดงาน OpenDocument", "a zip that is no OpenDocument spreadsheet"
        )
    if suffix in (".xlsx", ".xlsm") and not excel:
        return Fault("wrong_content", "ไฟล์ zip ที่ไม่ใช่สมุดงาน Excel", "a zip that is no Excel workbook")
    return None


def _check_members(names: list[str], unpacked: int) -> Fault | None:
    if unpacked > MAX_ARCHIVE_BYTES:
        return Fault("zip_bomb", f"{unpacked // MIB:,} MB", f"{unpacked // MIB:,} MB")
    files = [name for name in names if not name.endswith("/")]
    if len(files) > MAX_ZIP_MEMBERS:
        return Fault("zip_members", f"{len(files):,}", f"{len(files):,}")
    nested = [name for name in files if suffix_of(name) in ARCHIVE_SUFFIXES]
    if nested:
        shown = ascii(nested[0])[:80] if not nested[0].isprintable() else nested[0][:80]
        return Fault("zip_nested", shown, shown)
    if not any(suffix_of(name) in DATA_SUFFIXES and is_data_name(name) for name in files):
        return Fault("zip_no_data")
    return None


def is_data_name(name: str) -> bool:
    """False for what archivers and desktops put beside the files (`__MACOSX/`, `.DS_Store`)."""
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" not in parts and not parts[-1].startswith((".", "~$")) and not is_litter(parts[-1])


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
