"""One way to read a file of any kind that is taken: the ending of its name says which reader."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from ingest.contract.model import Contract, FileType
from ingest.mending.mended_file import MENDED_SUFFIX, read_mended
from ingest.messages import problem
from ingest.readers.archive import read_archive
from ingest.readers.headers import Vocabulary
from ingest.readers.json_file import read_json_path
from ingest.readers.sheet import ReadFile
from ingest.readers.text_file import read_text_path
from ingest.readers.workbook import read_workbook
from ingest.readers.xml_file import read_xml_path

_SAME: dict[str, FileType] = {"txt": "csv", "xlsm": "xlsx", "ndjson": "jsonl"}


def file_type_of(name: str) -> FileType | None:
    """The kind of file that a name's ending says, or None where no reader takes it."""
    ending = Path(name).suffix.lower().lstrip(".")
    ending = _SAME.get(ending, ending)
    return next((kind for kind in get_args(FileType) if kind == ending), None)


def read_file(
    path: Path, contract: Contract, vocabulary: Vocabulary, *, file_name: str, max_rows: int
) -> ReadFile:
    """The sheets of a file as text cells.

    Args:
        path: the bytes.
        file_name: the officer's name for it, whose ending decides.
        max_rows: more rows in one sheet are refused.

    Raises:
        OSError: the file cannot be read.
    """
    if path.suffix == MENDED_SUFFIX:  # only landing makes these; what officers drop never ends so
        return read_mended(path)
    kind = file_type_of(file_name)
    allowed = contract.format.file_types
    if kind is None or kind not in allowed:
        shown = Path(file_name).suffix.lower()[:20] or "-"
        return ReadFile(errors=(problem("unknown_file_type", value=shown, expected=", ".join(allowed)),))
    if path.stat().st_size == 0:
        return ReadFile(errors=(problem("empty_file"),))
    if kind in ("csv", "tsv"):
        return read_text_path(path, contract, vocabulary, max_rows=max_rows)
    if kind in ("json", "jsonl"):
        return read_json_path(path, contract, max_rows=max_rows)
    if kind == "xml":
        return read_xml_path(path, contract, max_rows=max_rows)
    if kind == "zip":

        def member(unpacked: Path, name: str) -> ReadFile:
            return read_file(unpacked, contract, vocabulary, file_name=name, max_rows=max_rows)

        return read_archive(path, contract, vocabulary, member, max_rows=max_rows)
    return read_workbook(path, contract, max_rows=max_rows, kind=kind)
