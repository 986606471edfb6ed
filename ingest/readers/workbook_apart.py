"""Opens a workbook in a process of its own with a limit on its memory: where the library that opens workbooks
runs out of it, only that process ends. `python -m ingest.readers.workbook_apart` is the other end."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.readers.workbook_load import Loaded, load_sheets

MEMORY_BYTES = 4 << 30  # of addresses, most of which a process never uses
_SECONDS = 600
_TABLE = "sheets.json"


class Overgrown(RuntimeError):
    """The workbook needs more memory or time than it is given."""


def load_sheets_apart(
    path: Path, wanted: Sequence[str], skipped: Sequence[str], height: int
) -> Iterator[Loaded]:
    """`load_sheets` in a process of its own.

    Raises:
        Overgrown: that process ended before it was done.
    """
    import polars as pl

    with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
        order = json.dumps([str(path.absolute()), list(wanted), list(skipped), height, folder, MEMORY_BYTES])
        try:
            subprocess.run(
                [sys.executable, "-P", "-m", "ingest.readers.workbook_apart"],
                input=order.encode(),
                capture_output=True,
                timeout=_SECONDS,
                check=True,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise Overgrown from error
        for number, (name, status, value) in enumerate(json.loads((Path(folder) / _TABLE).read_bytes())):
            file = Path(folder) / f"{number}.arrow"
            cells = pl.read_ipc(file) if status == "ok" else None
            file.unlink(missing_ok=True)
            yield Loaded(name, status, value, cells)


def _main() -> None:
    path, wanted, skipped, height, folder, memory = json.loads(sys.stdin.buffer.read())
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ImportError, OSError, ValueError):
        pass  # a system without such limits: the bounds alone have to do
    table = []
    for number, sheet in enumerate(load_sheets(Path(path), wanted, skipped, height)):
        if sheet.cells is not None:
            sheet.cells.write_ipc(Path(folder) / f"{number}.arrow", compression="lz4")
        table.append((sheet.name, sheet.status, sheet.value))
    (Path(folder) / _TABLE).write_text(json.dumps(table), encoding="utf-8")


if __name__ == "__main__":
    _main()
