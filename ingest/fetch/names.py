"""File names for what is pulled: a good name, and the type that decides how the file is read."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from email.message import Message
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from ingest.fetch.models import FetchFailed
from ingest.landing.limits import ALLOWED_SUFFIXES

_LONGEST = 120
CONTENT_TYPES: Final = {
    "text/csv": ".csv",
    "application/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/json": ".json",
    "application/geo+json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "application/xml": ".xml",
    "text/xml": ".xml",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
}


def clean_name(name: str) -> str:
    """A name without folders, control marks and blanks at its ends, at most 120 characters before its type."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").split("/")[-1]
    kept = "".join(
        "_" if unicodedata.category(one)[0] == "C" or one in '<>:"|?*\u2028\u2029' else one for one in name
    )
    path = PurePosixPath(kept.strip())
    stem = path.stem.strip(" .-")[:_LONGEST].strip()
    return f"{stem}{path.suffix.lower()}" if stem else ""


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def name_from_url(url: str) -> str:
    """The last part of an address's path, decoded and cleaned; '' where it has none."""
    return clean_name(unquote(urlsplit(url).path))


def name_from_disposition(header: str | None) -> str:
    """The file name of a Content-Disposition header, cleaned; '' where it has none."""
    if not header:
        return ""
    message = Message()
    message["Content-Disposition"] = header
    name = message.get_filename() or ""
    with contextlib.suppress(UnicodeError):  # many servers put plain UTF-8 there, which arrives as latin-1
        name = name.encode("latin-1").decode("utf-8")
    return clean_name(name)


def suffix_of_content(content_type: str | None, head: bytes) -> str:
    """The type that the server or the first bytes tell, '' where neither does."""
    declared = CONTENT_TYPES.get((content_type or "").partition(";")[0].strip().lower(), "")
    if declared:
        return declared
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return ".xls"
    if text[:1] in (b"{", b"["):
        return ".json"
    return ".xml" if text.startswith(b"<?xml") else ""


def name_of(
    *, url: str, disposition: str | None, content_type: str | None, head: bytes, fallback: str, host: str
) -> str:
    """A name whose type landing knows: the server's, the address's, else `fallback` with the content's type.

    Raises FetchFailed(unknown_type).
    """
    offered = [name for name in (name_from_disposition(disposition), name_from_url(url)) if name]
    for name in offered:
        if _suffix(name) in ALLOWED_SUFFIXES:
            return name
    suffix = suffix_of_content(content_type, head)
    if suffix not in ALLOWED_SUFFIXES:
        told = suffix or (content_type or "").partition(";")[0].strip()[:60] or "no content type"
        raise FetchFailed("unknown_type", host=host, detail_en=re.sub(r"[^\w./+ -]", "?", told))
    stem = PurePosixPath(offered[0]).stem if offered else fallback
    return clean_name(f"{stem}{suffix}")
