"""Landing survives kill -9 between any two steps: nothing is lost, nothing arrives twice."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.home import Home
from ingest.landing import arrivals, take_inbox

FEEDS = ["nvf/village_funds"]
FILES = {"a.csv": b"1\n", "b.csv": b"2\n", "same_as_a.csv": b"1\n"}

# Kills its own process right before or after the n-th call of one step.
_SCRIPT = """
import os, signal, sys
from pathlib import Path
from ingest.home import Home
from ingest.landing import inbox, log, store, take_inbox
root, owner, step, when, n = sys.argv[1:]
calls = 0
def die(): os.kill(os.getpid(), signal.SIGKILL)
target = {"inbox": inbox, "store": store, "log": log, "path": Path, "os": os}[owner]
real = getattr(target, step)
def wrapped(*args, **kwargs):
    global calls
    calls += 1
    if calls == int(n) and when == "before": die()
    if calls == int(n) and when == "torn":
        args[0].parent.mkdir(exist_ok=True)
        with args[0].open("ab") as file: file.write(b'{"event":"arri')
        die()
    result = real(*args, **kwargs)
    if calls == int(n) and when == "after": die()
    return result
setattr(target, step, wrapped)
take_inbox(Home(Path(root)), ["nvf/village_funds"], settle_seconds=0)
"""

STEPS = [
    ("inbox", "copy_hashing", "before", 1),
    ("inbox", "copy_hashing", "after", 1),
    ("inbox", "place", "after", 1),
    ("inbox", "append", "torn", 1),
    ("inbox", "append", "after", 1),
    ("path", "unlink", "after", 1),
    ("inbox", "copy_hashing", "after", 2),
    ("inbox", "place", "before", 2),
    ("inbox", "append", "after", 2),
    ("inbox", "append", "torn", 3),
    ("inbox", "append", "after", 3),
    ("store", "fsync_dir", "before", 1),
]


@pytest.mark.parametrize(("owner", "step", "when", "n"), STEPS)
def test_a_kill_loses_and_doubles_nothing(tmp_path: Path, owner: str, step: str, when: str, n: int) -> None:
    home = Home(tmp_path)
    feed = home.inbox / FEEDS[0]
    feed.mkdir(parents=True)
    for order, (name, data) in enumerate(FILES.items()):
        (feed / name).write_bytes(data)
        os.utime(feed / name, (1_700_000_000 + order,) * 2)
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path), owner, step, when, str(n)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()

    logged_before = len(arrivals(home))
    report = take_inbox(home, FEEDS, settle_seconds=0)
    assert list(feed.iterdir()) == []
    found = arrivals(home)
    assert len(found) == 2
    assert [a.sequence for a in found] == [1, 2]
    assert {(home.root / a.object_path).read_bytes() for a in found} == {b"1\n", b"2\n"}
    assert len({a.delivery_id for a in found}) == 2
    assert len(report.taken) >= 2 - logged_before
    assert not list((home.landing / "incoming").iterdir())
    assert len([p for p in (home.landing / "objects").rglob("*") if p.is_file()]) == 2
    again = take_inbox(home, FEEDS, settle_seconds=0)
    assert (again.taken, again.duplicates) == ([], [])


def test_a_file_logged_but_not_yet_removed_is_reported_as_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    path = home.inbox / FEEDS[0] / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"1\n")

    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ingest.landing.inbox._Run._remove_source", killed)
        with pytest.raises(KeyboardInterrupt):
            take_inbox(home, FEEDS, settle_seconds=0)
    assert path.exists()
    (arrival,) = arrivals(home)
    report = take_inbox(home, FEEDS, settle_seconds=0)
    assert report.taken == [arrival]
    assert report.duplicates == []
    assert not path.exists()
    assert len((home.landing / "arrivals.jsonl").read_text().splitlines()) == 1


def test_the_same_file_sent_again_with_its_old_time_is_a_duplicate(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = home.inbox / FEEDS[0] / "a.csv"
    path.parent.mkdir(parents=True)
    for turn in range(3):  # as a nightly copy that preserves times does
        path.write_bytes(b"1\n")
        os.utime(path, ns=(1_700_000_000_123_456_789,) * 2)
        report = take_inbox(home, FEEDS, settle_seconds=0)
        assert (len(report.taken), len(report.duplicates)) == ((1, 0) if turn == 0 else (0, 1))
