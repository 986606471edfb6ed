"""ZIP: one delivery of several files, each a sheet (or a workbook's sheets) under its name in the zip."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ingest.contract.model import Contract
from ingest.landing.limits import DATA_SUFFIXES
from ingest.landing.names import printable, suffix_of
from ingest.landing.probe import is_data_name
from ingest.messages import Problem, problem
from ingest.readers.headers import Vocabulary, find_header
from ingest.readers.sheet import ReadFile, Sheet
from ingest.readers.unzip import ZIP_ERRORS, TooMuch, unpacked, zip_problem

ReadMember = Callable[[Path, str], ReadFile]
_UTF8_NAME = 0x800
_NAME_CHARS = 100


def member_name(entry: zipfile.ZipInfo) -> str:
    """A member's name as it was typed: old archivers write it in the system's own encoding (cp874 in Thai
    Windows) and say nothing."""
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8_NAME:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            raw = b""
        for encoding in ("utf-8", "cp874"):
            try:
                name = raw.decode(encoding) or name
                break
            except UnicodeDecodeError:
                continue
    shown = printable(name.replace("\\", "/"))
    return shown if len(shown) <= _NAME_CHARS else f"…{shown[1 - _NAME_CHARS :]}"


def read_archive(
    path: Path, contract: Contract, vocabulary: Vocabulary, read: ReadMember, *, max_rows: int
) -> ReadFile:
    """Read the data files in a zip; what is no data is skipped with a warning, another archive refused.

    Args:
        read: reads one unpacked file, by its path and its name in the zip.

    Raises:
        OSError: the file cannot be read, or there is no room to unpack it.
    """
    taken = ", ".join(contract.format.file_types)
    if (fault := zip_problem(path, ".zip", "zip_unreadable", taken)) is not None:
        return ReadFile(errors=(fault,))
    found = _Found()
    with path.open("rb") as file, tempfile.TemporaryDirectory(prefix="zip-") as folder:
        entries = [entry for entry in zipfile.ZipFile(file).infolist() if not entry.is_dir()]
        for number, entry in enumerate(entries):
            name = member_name(entry)
            suffix = suffix_of(name)
            if not is_data_name(name):
                found.skipped[name] = "zip_member_skipped"
                continue
            if suffix not in DATA_SUFFIXES:
                found.skip(name, taken)
                continue
            member = Path(folder) / f"{number}{suffix}"
            try:
                with member.open("wb") as out:
                    out.writelines(unpacked(file, entry))
            except TooMuch as error:
                return ReadFile(errors=(problem("unpacks_too_large", value=str(error)),))
            except ZIP_ERRORS:
                found.errors.append(_in(name, problem("zip_unreadable")))
                continue
            one = read(member, member.name)
            member.unlink()
            if suffix == ".txt" and not _has_table(one, contract, vocabulary):
                found.skip(name, taken)  # README.txt
                continue
            found.take(name, one)
            if sum(sheet.cells.height for sheet in found.sheets) > max_rows:
                return ReadFile(errors=(problem("too_many_rows", expected=f"{max_rows:,}"),))
    if not found.sheets and not found.errors:
        found.errors.append(problem("zip_no_data", expected=taken))
    return ReadFile(
        tuple(found.sheets), found.skipped, tuple(found.errors), tuple(found.warnings), found.encoding
    )


class _Found:
    """What the members have come to so far."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self.skipped: dict[str, str] = {}
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []
        self.encoding: str | None = None

    def skip(self, name: str, taken: str) -> None:
        """A member that is no data."""
        self.skipped[name] = "zip_member_skipped"
        self.warnings.append(problem("zip_member_skipped", sheet=name, value=name, expected=taken))

    def take(self, name: str, read: ReadFile) -> None:
        """A member that was read."""
        for sheet in read.sheets:
            self.sheets.append(replace(sheet, name=_join(name, sheet.name)))
        self.skipped |= {_join(name, sheet): why for sheet, why in read.skipped.items()}
        self.errors += [_in(name, one) for one in read.errors]
        self.warnings += [_in(name, one) for one in read.warnings]
        self.encoding = self.encoding or read.encoding


def _has_table(read: ReadFile, contract: Contract, vocabulary: Vocabulary) -> bool:
    rows = contract.format.header_search_rows + contract.format.header_rows_max
    return any(
        find_header([list(row) for row in sheet.cells.head(rows).iter_rows()], contract, vocabulary)
        for sheet in read.sheets
    )


def _join(member: str, sheet: str) -> str:
    return f"{member} / {sheet}" if sheet else member


def _in(name: str, one: Problem) -> Problem:
    """The problem of one member, which its messages name."""
    return one.model_copy(
        update={
            "sheet": _join(name, one.sheet),
            "message_th": f"{name}: {one.message_th}",
            "message_en": f"{name}: {one.message_en}",
        }
    )
