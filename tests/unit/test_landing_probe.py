"""The door: a case for every refusal and every reason to wait, and hostile files of each kind."""

from __future__ import annotations

import io
import os
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.home import Home
from ingest.landing import InboxReport, take_inbox
from ingest.landing.limits import ALLOWED_SUFFIXES
from ingest.landing.messages import REFUSED, WAITING, Text
from ingest.landing.probe import probe
from ingest.readers.files import file_type_of
from tests.unit.made_files import as_csv, as_ods, as_xlsx, as_zip, lying_size, patched, sound_file

FEEDS = ["nvf/village_funds", "cdd/savings_groups"]
FEED = FEEDS[0]
CSV = b"a,b\n1,2\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
HOUR = 3600.0


def put(home: Home, where: str, data: bytes = CSV, age: float = HOUR) -> Path:
    path = home.inbox / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time.time() - age,) * 2)
    return path


def take(home: Home, **options: object) -> InboxReport:
    return take_inbox(home, FEEDS, settle_seconds=0, **options)  # type: ignore[arg-type]


def link(home: Home) -> None:
    target = put(home, "../elsewhere.csv")
    (home.inbox / FEED).mkdir(parents=True)
    (home.inbox / FEED / "a.csv").symlink_to(target)


def pipe(home: Home) -> None:
    (home.inbox / FEED).mkdir(parents=True)
    os.mkfifo(home.inbox / FEED / "a.csv")


def folder(home: Home) -> None:
    (home.inbox / FEED / "ปี 2566").mkdir(parents=True)


def same_id(home: Home) -> None:
    """Two contents whose hashes begin alike: made by changing the log, as nobody can make them."""
    put(home, f"{FEED}/a.csv")
    (arrival,) = take(home).taken
    put(home, f"{FEED}/a.csv")
    log = home.landing / "arrivals.jsonl"
    log.write_text(log.read_text().replace(arrival.sha256, arrival.sha256[:12] + "0" * 52))


def unreadable(home: Home) -> None:
    put(home, f"{FEED}/a.csv")


def only(name: str, data: bytes | Callable[[], bytes] = CSV, age: float = HOUR) -> Callable[[Home], None]:
    return lambda home: put(home, f"{FEED}/{name}", data() if callable(data) else data, age) and None


REFUSALS: list[tuple[str, Callable[[Home], None]]] = [
    ("unknown_agency", lambda home: put(home, "xyz/feed/a.csv") and None),
    ("unknown_feed", lambda home: put(home, "nvf/other/a.csv") and None),
    ("no_feed", lambda home: put(home, "nvf/a.csv") and None),
    ("sub_folder", folder),
    ("link", link),
    ("special_file", pipe),
    ("bad_name", only("-a.csv")),
    ("unsupported_type", only("a.rar")),
    ("too_large", only("a.csv", b"1,2\n" * 600_000)),
    ("empty", only("a.json", b"\xef\xbb\xbf ")),
    ("empty", only("a.zip", b"")),
    ("broken", only("a.zip", CSV)),
    ("broken", only("a.ods", CSV)),
    ("broken", only("a.json", b'[{"a": 1}, {"a')),
    ("broken", only("a.xml", b"<d><r>1</r")),
    ("broken", only("a.zip", lambda: patched(as_zip({"a.csv": CSV}), b"PK\x01\x02", 0, b"XXXX"))),
    ("broken", only("a.zip", lambda: as_zip({"a.csv": CSV}, zipfile.ZIP_LZMA))),
    ("wrong_content", only("a.zip", as_xlsx({"a": [["x"]]}))),
    ("wrong_content", only("a.zip", as_ods({"a": [["x"]]}))),
    ("wrong_content", only("a.ods", as_xlsx({"a": [["x"]]}))),
    ("wrong_content", only("a.xlsx", as_ods({"a": [["x"]]}))),
    ("wrong_content", only("a.json", b"<html><body>login</body></html>")),
    ("wrong_content", only("a.json", b"<?xml version='1.0'?><error/>")),
    ("wrong_content", only("a.xml", b"<!DOCTYPE html><html></html>")),
    ("wrong_content", only("a.json", b"\x1f\x8b\x08 gzip")),
    ("wrong_content", only("a.csv", as_zip({"a.csv": CSV}))),
    ("encrypted", only("a.zip", lambda: patched(as_zip({"a.csv": CSV}), b"PK\x01\x02", 8, b"\x01\x00"))),
    ("encrypted", only("a.ods", OLE)),
    ("zip_bomb", only("a.zip", lambda: as_zip({"a.csv": b"0" * (120 << 20)}))),
    ("zip_bomb", only("a.zip", lambda: lying_size(as_zip({"a.csv": CSV}), 3 << 30))),
    ("zip_bomb", only("a.zip", lambda: patched(as_zip({"a.csv": CSV}), b"PK\x01\x02", 20, struct.pack("<L", 9999)))),
    ("zip_bomb", only("a.zip", lambda: lying_size(as_zip({"a.csv": os.urandom(1 << 20)}), 1100 << 20))),
    ("zip_paths", only("a.zip", as_zip({"../a.csv": CSV}))),
    ("zip_nested", only("a.zip", as_zip({"a.csv": CSV, "b/c.ZIP": as_zip({"a.csv": CSV})}))),
    ("zip_members", only("a.zip", lambda: as_zip({f"{n}.csv": CSV for n in range(201)}))),
    ("zip_no_data", only("a.zip", as_zip({"a.pdf": b"%PDF", "__MACOSX/._a.csv": b"x"}))),
    ("abandoned", only("a.csv.part", CSV, 2 * 86_400)),
    ("unreadable", unreadable),
    ("same_id", same_id),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "prepare"), REFUSALS, ids=[f"{n}-{code}" for n, (code, _) in enumerate(REFUSALS)]
)
def test_each_refusal_is_told_and_the_file_stays(
    tmp_path: Path, code: str, prepare: Callable[[Home], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    prepare(home)
    if code == "unreadable":

        def refuse(*_: object) -> int:
            raise PermissionError(13, "Permission denied", str(home.root))

        monkeypatch.setattr("ingest.landing.inbox.open_source", refuse)
    report = take(home, max_bytes=2 << 20)
    (refusal,) = report.refused
    assert refusal.code == code and not report.taken
    assert os.path.lexists(home.inbox / refusal.inbox_path)
    for th, en in ((refusal.message_th, refusal.message_en), (refusal.mend_th, refusal.mend_en)):
        assert any("\u0e00" <= letter <= "\u0e7f" for letter in th)
        assert en.strip() and "{" not in th + en and str(tmp_path) not in th + en
        assert "()" not in th + en, "a reason that is blank"


def changing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(home, f"{FEED}/a.csv", age=0)
    monkeypatch.setattr("ingest.landing.settle.time.sleep", lambda _: path.write_bytes(CSV * 2))


def held_open(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(home, f"{FEED}/a.csv")
    inode = path.stat()
    monkeypatch.setattr("ingest.landing.inbox.open_for_writing", lambda _: {(inode.st_dev, inode.st_ino)})


WAITS: list[tuple[str, Callable[[Home, pytest.MonkeyPatch], None]]] = [
    ("temporary_name", lambda home, _: only("a.csv.part")(home)),
    ("changing", changing),
    ("held_open", held_open),
    ("incomplete", lambda home, _: only("a.json", b'[{"a": 1},', 5)(home)),
    ("incomplete", lambda home, _: only("a.xml", b"<d><r>1</r>\n<r", 5)(home)),
    ("incomplete", lambda home, _: only("a.zip", as_zip({"a.csv": CSV})[:-30], 5)(home)),
    ("incomplete", lambda home, _: only("a.ods", as_ods({"a": [["x"]]})[:-40], 5)(home)),
    ("still_empty", lambda home, _: only("a.zip", b"", 5)(home)),
]


@pytest.mark.parametrize(("code", "prepare"), WAITS, ids=[f"{n}-{code}" for n, (code, _) in enumerate(WAITS)])
def test_each_reason_to_wait_is_told(
    tmp_path: Path,
    code: str,
    prepare: Callable[[Home, pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = Home(tmp_path / "home")
    prepare(home, monkeypatch)
    report = take_inbox(home, FEEDS, settle_seconds=0.01)
    (waiting,) = report.waiting
    assert waiting.code == code and not report.taken and not report.refused
    assert waiting.message_th and waiting.message_en


def test_every_refusal_and_every_wait_has_a_case() -> None:
    assert sorted(REFUSED.keys() - {code for code, _ in REFUSALS}) == []
    assert sorted(WAITING.keys() - {code for code, _ in WAITS}) == []
    assert all(isinstance(text, Text) and all(text) for text in REFUSED.values())


@pytest.mark.parametrize(
    "kind", ["csv", "txt", "tsv", "xlsx", "xls", "ods", "json", "jsonl", "ndjson", "xml", "zip"]
)
def test_a_sound_file_of_each_kind_is_taken(tmp_path: Path, kind: str) -> None:
    home = Home(tmp_path / "home")
    put(home, f"{FEED}/กองทุน 2566.{kind.upper()}", sound_file(kind))
    report = take(home)
    assert [a.object_path.rpartition(".")[2] for a in report.taken] == [kind] and not report.refused


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp874"])
def test_json_and_xml_of_any_encoding_are_whole(encoding: str) -> None:
    for kind in ("json", "xml"):
        data = sound_file(kind).decode().encode(encoding)
        assert probe(io.BytesIO(data), f".{kind}", len(data)) is None


def test_what_landing_takes_a_reader_reads() -> None:
    assert {suffix for suffix in ALLOWED_SUFFIXES if file_type_of(f"a{suffix}") is None} == set()


@given(
    st.sampled_from(sorted(ALLOWED_SUFFIXES)),
    st.binary(max_size=300),
    st.sampled_from((b"", b"PK\x03\x04", OLE[:8], b"<")),
)
@settings(max_examples=150, deadline=None)
def test_no_bytes_make_the_probe_fail(suffix: str, data: bytes, start: bytes) -> None:
    whole = start + data
    fault = probe(io.BytesIO(whole), suffix, len(whole))
    assert fault is None or fault.code in {*REFUSED, *WAITING}


@given(
    st.sampled_from(("xlsx", "ods", "zip")),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=4),
)
@settings(max_examples=80, deadline=None)
def test_no_damage_to_a_zip_makes_the_probe_fail(kind: str, changes: list[tuple[float, bytes]]) -> None:
    data = bytearray(sound_file(kind) if kind != "zip" else as_zip({"a.csv": as_csv([["a"]])}))
    for where, value in changes:
        at = int(where * (len(data) - 1))
        data[at : at + len(value)] = value
    fault = probe(io.BytesIO(bytes(data)), f".{kind}", len(data))
    assert fault is None or fault.code in {*REFUSED, *WAITING}
