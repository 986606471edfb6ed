"""Limits of what landing takes. Sizes in bytes, times in seconds."""

import os
from typing import Final

from ingest.landing.errors import LandingError

MIB: Final = 1024 * 1024
DEFAULT_MAX_BYTES: Final = 512 * MIB
MAX_FILE_ENV: Final = "TAMBON_MAX_FILE_MB"

DATA_SUFFIXES: Final = frozenset(
    {".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods", ".json", ".jsonl", ".ndjson", ".xml"}
)
"""Files that hold tables, alone or inside a .zip."""
ALLOWED_SUFFIXES: Final = DATA_SUFFIXES | {".zip"}
ZIP_SUFFIXES: Final = frozenset({".xlsx", ".xlsm", ".ods", ".zip"})
ARCHIVE_SUFFIXES: Final = frozenset({".zip", ".rar", ".7z", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst"})
LIST_SUFFIXES: Final = frozenset({".xlsx", ".xlsm", ".ods", ".xls"})
"""What a mending list may come back as; it may lie in the agency's own folder."""
MAX_NAME_CHARS: Final = 200

YOUNG_SECONDS: Final = 30.0
"""A file touched within this time is looked at twice before it is taken."""
BROKEN_AFTER_SECONDS: Final = 600.0
"""An incomplete or empty file this old is no longer being written: it is refused."""
ABANDONED_AFTER_SECONDS: Final = 86_400.0
"""A temporary name this old belongs to an upload that never ended."""

# A workbook of 2.4 M rows unpacks to about 1 GiB, and its XML packs 10 to 40 times smaller; beyond these it
# is no workbook.
MAX_UNPACKED_BYTES: Final = 2048 * MIB
MAX_ARCHIVE_BYTES: Final = 1024 * MIB
"""What the files in one .zip may come to: their tables are held in memory together."""
MAX_UNPACK_RATIO: Final = 200
RATIO_MATTERS_ABOVE: Final = 100 * MIB
MAX_ZIP_PARTS: Final = 10_000
MAX_ZIP_MEMBERS: Final = 200
"""Files in one delivered .zip; a workbook's own parts may be more."""
MAX_ZIP_DIRECTORY_BYTES: Final = 16 * MIB


def max_file_bytes(explicit: int | None) -> int:
    """Largest file to take, in bytes: the caller's, else ``TAMBON_MAX_FILE_MB`` (MiB), else 512 MiB.

    Raises LandingError when the environment variable is no positive whole number.
    """
    if explicit is not None:
        return explicit
    text = os.environ.get(MAX_FILE_ENV, "").strip()
    if not text:
        return DEFAULT_MAX_BYTES
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise LandingError(
            f"{MAX_FILE_ENV} ต้องเป็นจำนวนเต็มบวก (เมกะไบต์) แต่ได้ {text!r} · "
            f"{MAX_FILE_ENV} must be a positive whole number of MiB, got {text!r}"
        )
    return int(text) * MIB
