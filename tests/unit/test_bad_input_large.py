"""Size: two million rows, and what a file may ask of memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.made_files import HEAD

_MEASURED = """
import resource, sys
from pathlib import Path
from ingest.conform import conform_file
from tests.unit.made_files import FUNDS, TODAY
report = conform_file(Path(sys.argv[1]), FUNDS, "d", Path(sys.argv[2]), today=TODAY)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << (0 if sys.platform == "darwin" else 10)
counts = (report.rows_in, report.rows_conformed, report.rows_rejected, report.rows_not_data)
print(*counts, ",".join(e.code for e in report.errors), peak)
"""


def measured(path: Path, out: Path) -> tuple[list[int], str, int]:
    """Counts, error codes and bytes of memory of a conform in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(path), str(out)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    *counts, codes, peak = done.stdout.strip("\n").split(" ")
    return [int(n) for n in counts], codes, int(peak)


@pytest.mark.slow
def test_two_million_rows_are_read_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    count = 2_000_000
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(HEAD) + "\n")
        for start in range(0, count, 100_000):
            file.writelines(
                f"{n:08d},กองทุนบ้านที่ {n % 7919},ช้างเผือก,{n % 300},{n % 99_991}.50,2566\n"
                if n % 1000
                else f"{n:08d},ขาด\n"
                for n in range(start, start + 100_000)
            )
    counts, codes, peak = measured(path, tmp_path / "out")
    assert counts == [count, count - 2000, 2000, 0] and codes == ""
    assert peak < 8 * path.stat().st_size + (300 << 20)


@pytest.mark.slow
def test_more_rows_than_the_limit_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    line = b"1," * 5 + b"1\n"
    with path.open("wb") as file:
        file.write((",".join(HEAD) + "\n").encode())
        for _ in range(60):
            file.write(line * 100_000)
    counts, codes, peak = measured(path, tmp_path / "out")
    assert counts == [0, 0, 0, 0] and codes == "too_many_rows"
    assert peak < 2 << 30


@pytest.mark.parametrize(
    ("name", "start", "item", "end", "code"),
    [
        ("f.json", b"[", b"{},", b"{}]", "no_records"),
        ("f.json", b"[[", b"[],", b"[]]]", "record_too_large"),
        ("f.xml", b"<d>", b"<r/>", b"</d>", "header_not_found"),
    ],
)
def test_what_nesting_asks_of_memory_is_bounded_by_the_file(
    tmp_path: Path, name: str, start: bytes, item: bytes, end: bytes, code: str
) -> None:
    """Six megabytes of brackets are two million objects of Python's: they are never held together."""
    path = tmp_path / name
    path.write_bytes(start + item * (6_000_000 // len(item)) + end)
    _, codes, peak = measured(path, tmp_path / "out")
    (tmp_path / "small.json").write_bytes(b"[]")
    _, _, usual = measured(tmp_path / "small.json", tmp_path / "out")
    assert codes == code
    assert peak < usual + (110 << 20)
