"""The content-addressed store: bytes are copied once while being hashed, then never change."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from ingest.landing.log import fsync_dir
from ingest.landing.settle import Fingerprint, fingerprint

_CHUNK: Final = 1024 * 1024


class SourceChanged(RuntimeError):
    """The inbox file changed while it was being copied."""


class Copied(NamedTuple):
    """A private copy on its way into the store; `path` is None in a dry run."""

    path: Path | None
    sha256: str
    source: os.stat_result


def open_source(path: Path) -> int:
    """Open a regular file without following a link or waiting for a pipe. Raises OSError, SourceChanged."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise SourceChanged(path.name)
    return handle


def copy_hashing(path: Path, expected: Fingerprint, folder: Path | None) -> Copied:
    """Copy to a temporary file in `folder` (None: only hash), on disk when it returns.

    Raises SourceChanged when the source is not, before or after, what `expected` says; OSError.
    """
    handle = open_source(path)
    temporary: Path | None = None
    try:
        with os.fdopen(handle, "rb") as source:
            before = os.fstat(source.fileno())
            if fingerprint(before) != expected:
                raise SourceChanged(path.name)
            digest = hashlib.sha256()
            if folder is None:
                _pump(source.fileno(), None, digest, before.st_size)
            else:
                sink, name = tempfile.mkstemp(prefix="taking-", dir=folder)
                temporary = Path(name)
                with os.fdopen(sink, "wb"):
                    _pump(source.fileno(), sink, digest, before.st_size)
                    os.fchmod(sink, 0o444)
                    os.fsync(sink)
            if fingerprint(os.fstat(source.fileno())) != expected or fingerprint(os.lstat(path)) != expected:
                raise SourceChanged(path.name)
    except BaseException:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise
    return Copied(temporary, digest.hexdigest(), before)


def _pump(source: int, sink: int | None, digest: "hashlib._Hash", size: int) -> None:
    left = size
    while left > 0 and (chunk := os.read(source, min(_CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
        view = memoryview(chunk)
        while sink is not None and view:
            view = view[os.write(sink, view) :]
    if left or os.read(source, 1):
        raise SourceChanged


def object_path(sha256: str, suffix: str) -> Path:
    """Path in the landing folder: objects/<first two hex>/<sha256><.ext>."""
    return Path("objects") / sha256[:2] / f"{sha256}{suffix}"


def place(copied: Path, target: Path, sha256: str) -> None:
    """Move a copy to its place in one step. An object that is already there and whole is left as it is."""
    if target.is_file() and not target.is_symlink() and _sha256(target) == sha256:
        copied.unlink()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    copied.replace(target)
    fsync_dir(target.parent)
    fsync_dir(target.parent.parent)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def clear_leftovers(folder: Path) -> None:
    """Remove the temporary copies of killed runs; their originals are still in the inbox."""
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob("taking-*"):
        leftover.unlink(missing_ok=True)
