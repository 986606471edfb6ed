"""kill -9 at any moment of building, publishing and pruning: `current` is always one whole release."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from ingest.home import Home
from release import build_release, list_releases, publish, resolve_current, verify
from tests.release.conftest import Maker, make_meta

_SCRIPT = """
import itertools, sys
from pathlib import Path
from datetime import UTC, datetime
from ingest.home import Home
import duckdb
from release import BuildMeta, build_release, prune, publish, publish_quality
home, warehouse, quality, turn = Home(Path(sys.argv[1])), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
meta = BuildMeta(created_at=datetime.now(UTC), is_synthetic=True, memory_limit="300MB", threads=1)
print("ready", flush=True)
for n in itertools.count():
    release_id = f"2026{int(turn):03d}x{n:06d}"
    publish(home, build_release(home, release_id, warehouse, quality, meta).name)
    publish_quality(home, release_id, quality, meta)
    prune(home, keep=2)
"""
KILLS, MOST_KILLS = 14, 70


def test_current_is_whole_after_every_kill(home: Home, make: Maker) -> None:
    warehouse, quality = make()
    build_release(home, "20250101T000000-000000", warehouse, quality, make_meta())
    publish(home, "20250101T000000-000000")
    chance = random.Random(7)
    seen: set[str] = set()
    for turn in range(MOST_KILLS):
        if turn >= KILLS and len(seen) > 1:
            break
        process = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, str(home.root), str(warehouse), str(quality), str(turn)],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        # a busy machine gets nothing done in half a second: wait longer until kills hit running work
        time.sleep(chance.uniform(0.0, 0.5 * (1 + turn // KILLS)))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()
        current = resolve_current(home)
        assert current is not None
        report = verify(home, current.name)
        assert report.ok, report.problems
        assert all(info.status != "damaged" for info in list_releases(home, include_quality=True))
        seen.add(current.name)
    assert len(seen) > 1  # the kills did hit running work
    publish(home, current.name)
    assert not [p.name for p in home.releases.iterdir() if p.name.startswith((".building", ".link", ".del"))]


def test_a_reader_that_resolves_once_never_sees_a_mix(home: Home, make: Maker) -> None:
    first, second = make("one", value=1), make("two", value=2)
    build_release(home, "a1", *first, make_meta())
    build_release(home, "a2", *second, make_meta())
    publish(home, "a1")
    folder = resolve_current(home)
    assert folder is not None
    before = (folder / "manifest.json").read_bytes()
    publish(home, "a2")
    assert (folder / "manifest.json").read_bytes() == before
    assert resolve_current(home) == home.releases / "a2"
