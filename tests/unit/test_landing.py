"""Landing: what is taken, what waits, what is refused, and that nothing is lost or taken twice."""

import io
import json
import os
import socket
import stat
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.home import Home
from ingest.landing import InboxReport, LandingError, arrivals, refusals, take_inbox
from ingest.landing.limits import max_file_bytes
from ingest.landing.log import path_from_key, path_key
from ingest.landing.names import name_fault, printable
from ingest.landing.store import object_path

FEEDS = ["nvf/village_funds", "cdd/savings_groups"]
FEED = FEEDS[0]
CSV = "รหัส,ชื่อ\n1,กองทุน\n".encode()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def workbook(entries: dict[str, bytes] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in (entries or {"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}).items():
            book.writestr(name, data)
    return buffer.getvalue()


def drop(home: Home, name: str, data: bytes = CSV, feed: str = FEED, age: float = 3600) -> Path:
    """Put a file into the inbox, last written `age` seconds ago."""
    path = home.inbox / feed / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time.time() - age,) * 2)
    return path


def take(home: Home, **options: object) -> InboxReport:
    return take_inbox(home, FEEDS, settle_seconds=0, **options)  # type: ignore[arg-type]


def codes(report: InboxReport) -> dict[str, str]:
    return {Path(refusal.inbox_path).name: refusal.code for refusal in report.refused}


def waiting(report: InboxReport) -> dict[str, str]:
    return {Path(entry.inbox_path).name: entry.code for entry in report.waiting}


# --- taking ---


def test_a_file_moves_into_the_store_and_the_log(home: Home) -> None:
    path = drop(home, "กองทุน 2566.CSV")
    report = take(home)
    (arrival,) = report.taken
    assert not path.exists()
    stored = home.root / arrival.object_path
    assert stored.read_bytes() == CSV
    assert stat.S_IMODE(stored.stat().st_mode) == 0o444
    assert stored.relative_to(home.landing) == object_path(arrival.sha256, ".csv")
    assert arrival.delivery_id == f"nvf-village_funds-{arrival.sha256[:12]}"
    assert (arrival.feed_code, arrival.agency_code, arrival.file_name) == (FEED, "nvf", "กองทุน 2566.CSV")
    assert (arrival.bytes, arrival.sequence, arrival.is_synthetic) == (len(CSV), 1, False)
    assert arrival.arrived_at.utcoffset() is not None
    assert arrivals(home) == [arrival]
    assert home.kind() == "real"
    assert not list((home.landing / "incoming").iterdir())


def test_a_synthetic_home_marks_its_arrivals(home: Home) -> None:
    home.set_kind("synthetic")
    drop(home, "a.csv")
    assert take(home).taken[0].is_synthetic
    assert arrivals(home)[0].is_synthetic
    assert home.kind() == "synthetic"


def test_an_empty_inbox_decides_nothing(home: Home) -> None:
    assert take(home) == InboxReport(taken=[], duplicates=[], refused=[], waiting=[])
    assert home.kind() is None
    assert arrivals(home) == []


def test_same_bytes_twice_are_one_delivery(home: Home) -> None:
    drop(home, "a.csv", age=200)
    drop(home, "b.csv", age=100)
    first = take(home)
    assert [a.file_name for a in first.taken] == ["a.csv"]
    assert [(d.file_name, d.first_file_name) for d in first.duplicates] == [("b.csv", "a.csv")]
    again = drop(home, "c.csv")
    second = take(home)
    assert not again.exists()
    assert second.taken == []
    assert [d.delivery_id for d in second.duplicates] == [first.taken[0].delivery_id]
    assert arrivals(home) == first.taken
    lines = (home.landing / "arrivals.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["arrival", "duplicate", "duplicate"]


def test_same_bytes_for_two_feeds_are_two_deliveries_and_one_object(home: Home) -> None:
    drop(home, "a.csv", feed=FEEDS[0])
    drop(home, "a.csv", feed=FEEDS[1])
    report = take(home)
    assert len({a.delivery_id for a in report.taken}) == 2
    assert len({a.object_path for a in report.taken}) == 1
    assert len([p for p in (home.landing / "objects").rglob("*") if p.is_file()]) == 1


def test_order_of_arrival_follows_file_times(home: Home) -> None:
    drop(home, "a.csv", b"1\n", age=100)
    drop(home, "b.csv", b"2\n", age=300)
    assert [(a.file_name, a.sequence) for a in take(home).taken] == [("b.csv", 1), ("a.csv", 2)]
    drop(home, "c.csv", b"3\n")
    take(home)
    assert [a.sequence for a in arrivals(home)] == [1, 2, 3]


def test_a_dry_run_writes_nothing(home: Home) -> None:
    path = drop(home, "a.csv")
    drop(home, "b.csv", age=10)
    drop(home, "bad.pdf")
    report = take(home, dry_run=True)
    assert (len(report.taken), len(report.duplicates), len(report.refused)) == (1, 1, 1)
    assert path.exists()
    assert not home.landing.exists()
    assert home.kind() is None


def test_a_damaged_object_is_replaced_by_the_true_bytes(home: Home) -> None:
    drop(home, "a.csv")
    stored = home.root / take(home).taken[0].object_path
    stored.chmod(0o644)
    stored.write_bytes(b"rotten")
    drop(home, "again.csv")
    take(home)
    assert stored.read_bytes() == CSV


def test_two_contents_with_one_delivery_id_are_refused(home: Home) -> None:
    drop(home, "a.csv")
    sha = take(home).taken[0].sha256
    log = home.landing / "arrivals.jsonl"
    log.write_text(log.read_text().replace(f'"sha256":"{sha}"', f'"sha256":"{sha[:12]}{"0" * 52}"'))
    path = drop(home, "b.csv")
    assert codes(take(home)) == {"b.csv": "same_id"}
    assert path.exists()


def test_progress_names_each_file(home: Home) -> None:
    drop(home, "a.csv")
    lines: list[str] = []
    take(home, progress=lines.append)
    assert lines == [f"{FEED}: a.csv"]


# --- not yet ---


def test_a_fresh_settled_file_is_taken_in_the_same_run(home: Home) -> None:
    drop(home, "a.csv", age=0)
    started = time.monotonic()
    assert len(take_inbox(home, FEEDS, settle_seconds=0.2).taken) == 1
    assert 0.2 <= time.monotonic() - started < 2


def test_old_files_cause_no_pause(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(home, "a.csv")
    later = time.time() + 60
    monkeypatch.setattr("ingest.landing.inbox.time.time", lambda: later)
    monkeypatch.setattr("ingest.landing.settle.time.sleep", lambda _: pytest.fail("slept"))
    assert len(take_inbox(home, FEEDS, settle_seconds=1.0).taken) == 1


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_time_in_the_future_does_not_hang(home: Home, name: str) -> None:
    drop(home, name, workbook() if name.endswith("x") else CSV, age=-86_400 * 400)
    assert len(take_inbox(home, FEEDS, settle_seconds=0.05).taken) == 1


def test_a_file_that_grows_during_the_pause_waits(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop(home, "a.csv", age=0)
    steady = drop(home, "b.csv", b"other\n", age=0)

    def grow(_: float) -> None:
        with path.open("ab") as file:
            file.write(b"2,x\n")

    monkeypatch.setattr("ingest.landing.settle.time.sleep", grow)
    report = take_inbox(home, FEEDS, settle_seconds=1.0)
    assert waiting(report) == {"a.csv": "changing"}
    assert path.exists()
    assert not steady.exists()


def test_a_file_that_changes_while_it_is_copied_waits(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop(home, "a.csv")
    real_fsync = os.fsync

    def fsync(handle: int) -> None:
        path.write_bytes(b"quite other bytes\n")
        real_fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr("ingest.landing.store.os.fsync", fsync)
        report = take(home)
    assert waiting(report) == {"a.csv": "changing"}
    assert path.read_bytes() == b"quite other bytes\n"
    assert arrivals(home) == []
    assert not list((home.landing / "incoming").iterdir())


@pytest.mark.skipif(not Path("/proc/self/fdinfo").exists(), reason="open files are seen on Linux only")
def test_a_file_held_open_for_writing_waits(home: Home) -> None:
    path = drop(home, "a.csv")
    with path.open("ab"):
        assert waiting(take(home)) == {"a.csv": "held_open"}
    with path.open("rb"):  # reading is no reason to wait
        assert len(take(home).taken) == 1


@pytest.mark.parametrize(
    "name", ["a.csv.part", "a.TMP", "a.crdownload", "a.filepart", "~$a.xlsx", ".a.csv.Xy1"]
)
def test_temporary_names_wait_and_are_refused_after_a_day(home: Home, name: str) -> None:
    path = drop(home, name)
    assert waiting(take(home)) == {name: "temporary_name"}
    os.utime(path, (time.time() - 2 * 86_400,) * 2)
    assert codes(take(home)) == {name: "abandoned"}
    path.rename(path.with_name("mended.csv"))
    assert len(take(home).taken) == 1


def test_what_desktops_leave_is_passed_over(home: Home) -> None:
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep"):
        drop(home, name)
    assert take(home) == InboxReport(taken=[], duplicates=[], refused=[], waiting=[])


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \r\n\r\n"])
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_an_empty_file_waits_then_is_refused(home: Home, name: str, data: bytes) -> None:
    drop(home, name, data, age=5)
    assert waiting(take(home)) == {name: "still_empty"}
    drop(home, name, data)
    assert codes(take(home)) == {name: "empty"}
    drop(home, name, workbook() if name.endswith("x") else CSV)
    assert len(take(home).taken) == 1
    assert refusals(home) == []


def test_half_a_workbook_waits_then_is_refused(home: Home) -> None:
    half = workbook()[:-30]
    drop(home, "a.xlsx", half, age=5)
    assert waiting(take(home)) == {"a.xlsx": "incomplete"}
    drop(home, "a.xlsx", half, age=700)
    report = take(home)
    assert codes(report) == {"a.xlsx": "broken"}
    assert "เสียหาย" in report.refused[0].message_th
    assert report.refused[0].mend_en
    drop(home, "a.xlsx", workbook())
    assert len(take(home).taken) == 1


# --- refused ---


@pytest.mark.parametrize(
    ("where", "code", "expected"),
    [
        ("unknown/village_funds/a.csv", "unknown_agency", "unknown"),
        ("nvf/unknown/a.csv", "unknown_feed", "unknown"),
        ("cdd/village_funds/a.csv", "unknown_feed", "village_funds"),
        ("nvf/village_funds/2566/a.csv", "sub_folder", "2566"),
        ("a.csv", "no_feed", "a.csv"),
        ("nvf/a.csv", "no_feed", "a.csv"),
    ],
)
def test_misplaced_files_stay_and_move_when_mended(home: Home, where: str, code: str, expected: str) -> None:
    path = home.inbox / where
    path.parent.mkdir(parents=True)
    path.write_bytes(CSV)
    report = take(home)
    assert codes(report) == {expected: code}
    assert path.read_bytes() == CSV
    assert [r.code for r in refusals(home)] == [code]
    (home.inbox / FEED).mkdir(parents=True, exist_ok=True)
    path.rename(home.inbox / FEED / "b.csv")
    assert len(take(home).taken) == 1


def test_links_are_never_followed(home: Home, tmp_path: Path) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_bytes(b"secret\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x.csv").write_bytes(b"x\n")
    inside = drop(home, "real.csv")
    feed = inside.parent
    (feed / "out.csv").symlink_to(outside)
    (feed / "in.csv").symlink_to("real.csv")
    (feed / "dangling.csv").symlink_to("nowhere.csv")
    (feed / "folder").symlink_to(tmp_path / "folder")
    (home.inbox / "cdd").symlink_to(tmp_path)
    (home.inbox / "nvf" / "community").symlink_to(tmp_path / "folder")
    report = take(home)
    names = {"out.csv", "in.csv", "dangling.csv", "folder", "cdd", "community"}
    assert codes(report) == dict.fromkeys(names, "link")
    assert [a.file_name for a in report.taken] == ["real.csv"]
    assert outside.read_bytes() == b"secret\n"


def test_a_folder_swapped_for_a_link_after_the_scan_is_not_followed(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(home, "a.csv", age=0)
    feed = home.inbox / FEED

    def swap(_: float) -> None:
        feed.rename(tmp_path / "moved")
        feed.symlink_to(tmp_path / "moved")

    monkeypatch.setattr("ingest.landing.settle.time.sleep", swap)
    report = take_inbox(home, FEEDS, settle_seconds=1.0)
    assert report.taken == []
    assert (tmp_path / "moved" / "a.csv").exists()


def test_special_files_are_never_opened(home: Home) -> None:
    feed = home.inbox / FEED
    feed.mkdir(parents=True)
    os.mkfifo(feed / "pipe.csv")
    os.mkfifo(home.inbox / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(feed)  # a socket's path must be short
        try:
            server.bind("s.csv")
        finally:
            os.chdir(here)
    report = take(home)
    assert codes(report) == {"pipe.csv": "special_file", "s.csv": "special_file", "pipe": "special_file"}


def test_a_file_over_the_limit_is_refused_until_the_limit_is_raised(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(home, "a.csv", b"1,2\n" * 300_000)
    monkeypatch.setenv("TAMBON_MAX_FILE_MB", "1")
    report = take(home)
    assert codes(report) == {"a.csv": "too_large"}
    assert "1.0 MB" in report.refused[0].message_en
    monkeypatch.setenv("TAMBON_MAX_FILE_MB", "2")
    assert len(take(home).taken) == 1


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "๑"])
def test_a_wrong_limit_setting_is_told(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TAMBON_MAX_FILE_MB", text)
    with pytest.raises(LandingError, match="TAMBON_MAX_FILE_MB"):
        max_file_bytes(None)
    assert max_file_bytes(5) == 5


@pytest.mark.parametrize(
    "name",
    [
        "a\nb.csv",
        "a\x07.csv",
        "-rf.csv",
        "a\u202evsc.csv",
        "a\u2066b.csv",
        "a\\b.csv",
        " a.csv",
        "ก" * 60 + "x" * 145 + ".csv",
        os.fsdecode("รายงาน.csv".encode("cp874")),
    ],
)
def test_odd_names_are_refused_and_taken_when_renamed(home: Home, name: str) -> None:
    raw = name if len(os.fsencode(name)) <= 255 else "x" * 201 + ".csv"
    path = drop(home, raw)
    report = take(home)
    (refusal,) = report.refused
    assert refusal.code == "bad_name"
    assert path.exists()
    refusal.model_dump_json().encode("utf-8")
    assert "\n" not in refusal.inbox_path
    assert [r.path_key for r in refusals(home)] == [refusal.path_key]
    path.rename(path.with_name("mended.csv"))
    assert len(take(home).taken) == 1
    assert refusals(home) == []


@pytest.mark.parametrize("name", ["a.pdf", "a.rar", "a", "a.csv.exe", "a.xlsb"])
def test_other_types_are_refused(home: Home, name: str) -> None:
    drop(home, name)
    assert codes(take(home)) == {name: "unsupported_type"}
    assert len(take_inbox(home, FEEDS, settle_seconds=0, suffixes={Path(name).suffix}).taken) == 1


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.csv", workbook(), "wrong_content"),
        ("a.csv", OLE, "wrong_content"),
        ("a.csv", b"%PDF-1.7 x", "wrong_content"),
        ("a.csv", b"\n<!DOCTYPE html><p>login", "wrong_content"),
        ("a.xls", b"<html><table>", "wrong_content"),
        ("a.xls", workbook(), "wrong_content"),
        ("a.xls", b"a,b\n1,2\n", "wrong_content"),
        ("a.xlsx", OLE, "encrypted"),
        ("a.xlsx", workbook({"word/document.xml": b"x"}), "wrong_content"),
        ("a.xlsx", workbook({"xl/workbook.xml": b"x", "../../etc/cron": b"x"}), "zip_paths"),
        ("a.xlsx", workbook({"xl/workbook.xml": b"x", "/etc/cron": b"x"}), "zip_paths"),
        ("a.xlsx", workbook({"xl/workbook.xml": b"x", "..\\x": b"x"}), "zip_paths"),
    ],
)
def test_content_that_is_not_what_the_name_says(home: Home, name: str, data: bytes, code: str) -> None:
    path = drop(home, name, data)
    assert codes(take(home)) == {name: code}
    assert path.read_bytes() == data


def _patched_directory(data: bytes, offset: int, value: bytes) -> bytes:
    """Change a field of the first central directory entry."""
    at = data.index(b"PK\x01\x02") + offset
    return data[:at] + value + data[at + len(value) :]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: _patched_directory(data, 8, b"\x01\x00"), "encrypted"),
        (lambda data: _patched_directory(data, 24, struct.pack("<L", 3 << 30)), "zip_bomb"),
        (lambda data: _patched_directory(data, 24, struct.pack("<L", 200 << 20)), "zip_bomb"),
        (lambda data: _patched_directory(data, 20, struct.pack("<L", 1 << 20)), "zip_bomb"),
        (lambda data: data[:-12] + struct.pack("<HLLH", 60_000, 46, 0, 0), "zip_bomb"),
        (lambda data: _patched_directory(data, 0, b"XXXX"), "broken"),
    ],
)
def test_hostile_zips_are_known_by_their_directory(
    home: Home, change: Callable[[bytes], bytes], code: str
) -> None:
    drop(home, "a.xlsx", change(workbook()))
    assert codes(take(home)) == {"a.xlsx": code}


def test_a_true_bomb_is_refused_and_a_large_honest_workbook_is_not(home: Home) -> None:
    drop(home, "bomb.xlsx", workbook({"xl/workbook.xml": b"x", "xl/sheet.xml": b"\x00" * (110 << 20)}))
    rows = b"".join(b"<c r='A%d'><v>%d</v></c>" % (n, n * 7919) for n in range(50_000))
    drop(home, "fair.xlsx", workbook({"xl/workbook.xml": b"x", "xl/sheet.xml": rows}))
    report = take(home)
    assert codes(report) == {"bomb.xlsx": "zip_bomb"}
    assert [a.file_name for a in report.taken] == ["fair.xlsx"]


def test_a_refusal_is_logged_once_until_the_file_changes(home: Home) -> None:
    path = drop(home, "a.pdf")
    for _ in range(3):
        assert len(take(home).refused) == 1
    log = home.landing / "refusals.jsonl"
    assert len(log.read_text().splitlines()) == 1
    path.write_bytes(b"longer than before, still no table")
    take(home)
    assert len(log.read_text().splitlines()) == 2
    assert len(refusals(home)) == 1
    path.unlink()
    assert refusals(home) == []


def test_every_refusal_tells_in_both_languages_how_to_mend_it(home: Home) -> None:
    for name, data in (("a.pdf", CSV), ("-a.csv", CSV), ("b.xlsx", OLE), ("c.csv", b"")):
        drop(home, name, data)
    (home.inbox / "other").mkdir()
    for refusal in take(home).refused:
        for text in (refusal.message_th, refusal.message_en, refusal.mend_th, refusal.mend_en):
            assert text.strip()
            assert "{" not in text
        assert any("\u0e00" <= char <= "\u0e7f" for char in refusal.message_th + refusal.mend_th)


# --- logs and locks ---


def test_a_torn_last_line_is_cut_and_its_file_taken_again(home: Home) -> None:
    drop(home, "a.csv")
    take(home)
    log = home.landing / "arrivals.jsonl"
    whole = log.read_bytes()
    log.write_bytes(whole + b'{"delivery_id":"nvf')
    assert len(arrivals(home)) == 1
    drop(home, "b.csv", b"next\n")
    take(home)
    assert [a.sequence for a in arrivals(home)] == [1, 2]
    assert log.read_bytes().startswith(whole + b'{"delivery_id"')


def test_a_damaged_line_within_the_log_is_told(home: Home) -> None:
    drop(home, "a.csv")
    take(home)
    log = home.landing / "arrivals.jsonl"
    log.write_bytes(b"garbage\n" + log.read_bytes())
    with pytest.raises(LandingError, match="line 1"):
        arrivals(home)


def test_another_run_holding_the_lock_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    drop(home, "a.csv")
    take(home)
    monkeypatch.setattr("ingest.landing.inbox._LOCK_SECONDS", 0.05)
    with FileLock(home.landing / ".lock"), pytest.raises(LandingError, match="Another run"):
        take(home)


# --- odd names, by property ---

_NAMES = st.binary(min_size=1, max_size=120).map(
    lambda raw: raw.replace(b"/", b"_").replace(b"\x00", b"_")
) | st.text(min_size=1, max_size=60).map(
    lambda text: text.encode("utf-8", "surrogatepass").replace(b"/", b"_").replace(b"\x00", b"_")
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=_NAMES, suffix=st.sampled_from([b"", b".csv", b".xlsx", b".part"]))
@example(raw=b"\xff\xfe", suffix=b".csv")
@example(raw=b"{name}", suffix=b".csv")
def test_no_name_crashes_or_vanishes(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, suffix: bytes
) -> None:
    name = os.fsdecode(raw[:120] + suffix)
    if name in (".", ".."):
        return
    home = Home(tmp_path_factory.mktemp("odd"))
    try:
        path = drop(home, name)
    except OSError:  # the file system refuses such a name itself
        return
    report = take(home)
    outcome = [*report.taken, *report.refused, *report.waiting]
    if name.lower() in (".ds_store", ".gitkeep", "thumbs.db", "desktop.ini"):
        assert not outcome
    else:
        assert len(outcome) == 1
    assert path.exists() != bool(report.taken)
    for record in outcome:
        record.model_dump_json().encode("utf-8")
    assert [r.path_key for r in refusals(home)] == [r.path_key for r in report.refused]
    if report.taken:
        assert name_fault(name) is None
        assert arrivals(home) == report.taken


@given(raw=st.binary(max_size=60))
def test_path_keys_keep_every_byte(raw: bytes) -> None:
    key = path_key(os.fsdecode(raw))
    assert key.isascii()
    assert path_from_key(key) == raw
    shown = printable(os.fsdecode(raw))
    shown.encode("utf-8")
    assert shown.isprintable()
