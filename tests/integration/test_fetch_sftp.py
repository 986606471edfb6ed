"""Pulling from a real OpenSSH server, started by the tests."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.contract import Contract
from ingest.fetch import FetchOutcome, fetch_feed
from ingest.home import Home
from ingest.landing import arrivals
from tests.integration.servers import SftpServer, contract_with, free_port, sftp_server

asyncssh = pytest.importorskip("asyncssh", reason="the extra `sources` is not installed: asyncssh is missing")

QUICK: dict[str, object] = {"connect_seconds": 5, "read_seconds": 5, "wait_seconds": 0.05, "attempts": 2}
CSV = "รหัสตำบล,ปี,รวมประชากร\n100101,{year},1\n"


@pytest.fixture(scope="module")
def server() -> Iterator[SftpServer]:
    with sftp_server() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def folder(
    server: SftpServer, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder of the server's for one test; the key is where the contract says it is."""
    monkeypatch.setenv("TEST_KEY_FILE", str(server.key_file))
    path = server.folder / request.node.name.partition("[")[0]
    path.mkdir()
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


def _put(folder: Path, name: str, text: str, when: int = 1_750_000_000) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    os.utime(path, (when, when))
    return path


def _contract(at: Path, server: SftpServer, folder: Path, **more: object) -> Contract:
    source = {
        "kind": "sftp",
        "host": "127.0.0.1",
        "port": server.port,
        "user": server.user,
        "folder": str(folder),
        "pattern": "population_*.csv",
        "host_key": [server.fingerprint],
        "key_file_env": "TEST_KEY_FILE",
        **QUICK,
    }
    return contract_with(at, {name: value for name, value in (source | more).items() if value is not None})


def _codes(outcomes: list[FetchOutcome]) -> list[str]:
    return [one.code for one in outcomes]


def test_new_and_changed_files_only_oldest_first(
    server: SftpServer, folder: Path, home: Home, tmp_path: Path
) -> None:
    _put(folder, "population_2568.csv", CSV.format(year=2568), 1_750_000_002)
    _put(folder, "population_2567.csv", CSV.format(year=2567), 1_750_000_001)
    _put(folder, "other.csv", "x")
    _put(folder, ".population_9.csv", "x")
    _put(folder, "population_2569.csv.part", "x")
    (folder / "population_dir.csv").mkdir()
    (folder / "population_link.csv").symlink_to(folder / "other.csv")
    contract = _contract(tmp_path, server, folder)

    first = fetch_feed(home, contract)
    assert _codes(first) == ["fetched", "fetched"]
    assert [one.file_name for one in arrivals(home)] == ["population_2567.csv", "population_2568.csv"]
    kept = home.root / arrivals(home)[1].object_path
    assert kept.read_text("utf-8") == CSV.format(year=2568)

    (again,) = fetch_feed(home, contract)
    assert (again.status, again.code) == ("unchanged", "nothing_new")

    _put(folder, "population_2568.csv", CSV.format(year=2568) + "100102,2568,2\n", 1_750_000_009)
    changed = fetch_feed(home, contract)
    assert [(one.code, one.file_name) for one in changed] == [("fetched", "population_2568.csv")]

    _put(folder, "population_2567.csv", CSV.format(year=2567), 1_750_000_010)  # saved again, not changed
    assert _codes(fetch_feed(home, contract)) == ["same_content"]
    assert _codes(fetch_feed(home, contract)) == ["nothing_new"]
    assert len(arrivals(home)) == 3


def test_a_file_that_was_refused_is_tried_again(
    server: SftpServer, folder: Path, home: Home, tmp_path: Path
) -> None:
    _put(folder, "population_a.csv", "<html>no</html>")
    _put(folder, "population_b.csv", CSV.format(year=2568))
    contract = _contract(tmp_path, server, folder)
    assert sorted(_codes(fetch_feed(home, contract))) == ["fetched", "wrong_content"]
    assert _codes(fetch_feed(home, contract)) == ["wrong_content"]


def test_a_known_hosts_file_will_do(
    server: SftpServer, folder: Path, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(folder, "population_1.csv", CSV.format(year=2568))
    monkeypatch.setenv("TEST_KNOWN", str(server.known_hosts))
    contract = _contract(tmp_path, server, folder, host_key=None, known_hosts_env="TEST_KNOWN")
    assert _codes(fetch_feed(home, contract)) == ["fetched"]
    empty = tmp_path / "empty"
    empty.write_text("", encoding="utf-8")
    for path, code in ((empty, "host_key"), (tmp_path / "none", "bad_secret")):
        monkeypatch.setenv("TEST_KNOWN", str(path))
        assert _codes(fetch_feed(home, contract)) == [code]


def test_another_host_key_is_refused_before_anything_is_said(
    server: SftpServer, folder: Path, home: Home, tmp_path: Path
) -> None:
    _put(folder, "population_1.csv", CSV.format(year=2568))
    wrong = "SHA256:" + "A" * 43
    (outcome,) = fetch_feed(home, _contract(tmp_path, server, folder, host_key=[wrong]))
    assert (outcome.status, outcome.code, outcome.attempts) == ("failed", "host_key", 1)
    assert server.fingerprint in outcome.message_th
    assert arrivals(home) == []


@pytest.mark.parametrize(
    ("key", "code"),
    [("other", "sftp_denied"), ("missing", "bad_secret"), ("garbage", "bad_secret"), ("", "no_secret")],
)
def test_keys_that_do_not_open(
    server: SftpServer,
    folder: Path,
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    code: str,
) -> None:
    (tmp_path / "garbage").write_text("no key at all", encoding="utf-8")
    paths = {"other": server.other_key_file, "missing": tmp_path / "missing", "garbage": tmp_path / "garbage"}
    monkeypatch.setenv("TEST_KEY_FILE", str(paths[key]) if key else "")
    (outcome,) = fetch_feed(home, _contract(tmp_path, server, folder))
    assert (outcome.status, outcome.code, outcome.attempts) == ("failed", code, 1)
    assert outcome.mend_th


def test_an_agents_or_the_accounts_own_key_is_not_used(
    server: SftpServer, folder: Path, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "account" / ".ssh"
    own.mkdir(parents=True)
    shutil.copy(server.key_file, own / "id_ed25519")
    monkeypatch.setenv("HOME", str(own.parent))
    monkeypatch.setenv("TEST_PASSWORD", "guess")
    contract = _contract(tmp_path, server, folder, key_file_env=None, password_env="TEST_PASSWORD")
    assert _codes(fetch_feed(home, contract)) == ["sftp_denied"]


def test_an_empty_or_missing_folder_is_a_failure_not_no_data(
    server: SftpServer, folder: Path, home: Home, tmp_path: Path
) -> None:
    (empty,) = fetch_feed(home, _contract(tmp_path, server, folder))
    assert (empty.status, empty.code) == ("failed", "no_match")
    (gone,) = fetch_feed(home, _contract(tmp_path / "b", server, folder / "gone"))
    assert (gone.status, gone.code) == ("failed", "no_folder")


def test_limits_of_files_and_bytes(server: SftpServer, folder: Path, home: Home, tmp_path: Path) -> None:
    _put(folder, "population_1.csv", "a,b\n" * 1_000_000)
    (large,) = fetch_feed(home, _contract(tmp_path / "a", server, folder, max_mb=1))
    assert (large.code, large.attempts) == ("too_large", 1)
    _put(folder, "population_2.csv", CSV.format(year=2568))
    (many,) = fetch_feed(home, _contract(tmp_path / "b", server, folder, max_files=1))
    assert many.code == "too_many_files"
    whole = fetch_feed(home, _contract(tmp_path / "c", server, folder))
    assert _codes(whole) == ["fetched", "fetched"]
    assert (home.root / arrivals(home)[0].object_path).stat().st_size == 4_000_000


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can place a file that the server's user may not read"
)
def test_a_file_that_may_not_be_read_leaves_the_others(
    server: SftpServer, folder: Path, home: Home, tmp_path: Path
) -> None:
    _put(folder, "population_1.csv", CSV.format(year=2567)).chmod(0o000)
    _put(folder, "population_2.csv", CSV.format(year=2568))
    outcomes = fetch_feed(home, _contract(tmp_path, server, folder))
    assert _codes(outcomes) == ["no_folder", "fetched"]


def test_names_that_are_odd_are_told_and_kept_out(
    server: SftpServer, folder: Path, home: Home, tmp_path: Path
) -> None:
    thai = os.fsencode(str(folder)) + b"/population_" + "ไทย".encode("cp874") + b".csv"
    Path(os.fsdecode(thai)).write_text(CSV.format(year=1), encoding="utf-8")
    _put(folder, "population_\u202ex.csv", CSV.format(year=2))
    _put(folder, "population_ประชากร.csv", CSV.format(year=3))
    outcomes = fetch_feed(home, _contract(tmp_path, server, folder))
    assert sorted(_codes(outcomes)) == ["bad_name", "bad_name", "fetched"]
    for one in outcomes:
        one.model_dump_json().encode("utf-8")
        assert "\u202e" not in one.origin + one.message_th
    assert [one.file_name for one in arrivals(home)] == ["population_ประชากร.csv"]


def test_a_file_that_grows_meanwhile_is_not_taken(
    server: SftpServer, folder: Path, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _put(folder, "population_1.csv", "a,b\n" * 3_000_000)
    stop = threading.Event()

    def grow() -> None:
        while not stop.wait(0.002):
            with path.open("a", encoding="utf-8") as file:
                file.write("1,2\n")

    thread = threading.Thread(target=grow, daemon=True)
    thread.start()
    try:
        (outcome,) = fetch_feed(home, _contract(tmp_path, server, folder))
    finally:
        stop.set()
        thread.join()
    assert (outcome.status, outcome.code) == ("failed", "changing")
    assert arrivals(home) == []


def test_nobody_listening_is_unreachable_and_a_silent_one_times_out(
    server: SftpServer, folder: Path, home: Home, tmp_path: Path
) -> None:
    import socket

    contract = _contract(tmp_path / "a", server, folder, port=free_port())
    (gone,) = fetch_feed(home, contract)
    assert (gone.code, gone.attempts) == ("unreachable", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        (mute,) = fetch_feed(home, _contract(tmp_path / "b", server, folder, port=port, connect_seconds=0.3))
    assert (mute.code, mute.attempts) == ("timeout", 2)


class _PasswordServer:
    """A second kind of SSH server, for passwords: OpenSSH checks those of system accounts only, and only as root."""

    def __init__(self, root: Path, drop_after: int | None = None, hang_after: int | None = None) -> None:
        self.loop = asyncio.new_event_loop()
        self.asked: list[str] = []
        owner = self

        class Login(asyncssh.SSHServer):  # type: ignore[misc]
            def begin_auth(self, username: str) -> bool:
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                owner.asked.append(password)
                return password == "r3@der pw"

        class Files(asyncssh.SFTPServer):  # type: ignore[misc]
            reads = 0

            def __init__(self, channel: object) -> None:
                super().__init__(channel, chroot=os.fsencode(root))
                self.channel_ = channel

            async def read(self, file: object, offset: int, size: int) -> object:
                Files.reads += 1
                if hang_after is not None and Files.reads >= hang_after:
                    await asyncio.sleep(30)
                if drop_after is not None and Files.reads == drop_after:
                    self.channel_.get_connection().abort()  # type: ignore[attr-defined]
                return super().read(file, offset, size)

        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

        async def listen() -> asyncssh.SSHAcceptor:
            return await asyncssh.listen(
                "127.0.0.1", 0, server_host_keys=[self.key], server_factory=Login, sftp_factory=Files
            )

        started = asyncio.run_coroutine_threadsafe(listen(), self.loop)
        self.listener = started.result(20)
        self.port = self.listener.get_port()

    def stop(self) -> None:
        async def end() -> None:
            self.listener.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.wait(others, timeout=2) if others else None

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def contract(self, at: Path, **more: object) -> Contract:
        return contract_with(
            at,
            {"kind": "sftp", "host": "127.0.0.1", "port": self.port, "user": "agency", "folder": "/"}
            | {"host_key": [self.key.get_fingerprint()], "password_env": "TEST_PASSWORD"}
            | QUICK
            | more,
        )


def test_a_password_from_the_environment(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "files").mkdir()
    _put(tmp_path / "files", "a.csv", CSV.format(year=2568))
    server = _PasswordServer(tmp_path / "files")
    try:
        contract = server.contract(tmp_path)
        monkeypatch.setenv("TEST_PASSWORD", "wr0ng pw")
        (denied,) = fetch_feed(home, contract)
        assert (denied.code, denied.attempts) == ("sftp_denied", 1)
        monkeypatch.setenv("TEST_PASSWORD", "r3@der pw")
        (good,) = fetch_feed(home, contract)
        assert (good.code, good.file_name) == ("fetched", "a.csv")
        written = "".join(p.read_text("utf-8", "replace") for p in home.root.rglob("*") if p.is_file())
        for secret in ("wr0ng", "r3@der"):
            assert secret not in written + repr([denied, good])
    finally:
        server.stop()


def test_a_connection_lost_in_the_middle_is_made_again(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "files").mkdir()
    text = "".join(f"{i},{i}\n" for i in range(400_000))
    _put(tmp_path / "files", "a.csv", text)
    monkeypatch.setenv("TEST_PASSWORD", "r3@der pw")
    server = _PasswordServer(tmp_path / "files", drop_after=3)
    try:
        (outcome,) = fetch_feed(home, server.contract(tmp_path))
    finally:
        server.stop()
    assert (outcome.status, outcome.attempts) == ("fetched", 2)
    (arrival,) = arrivals(home)
    assert (home.root / arrival.object_path).read_text("utf-8") == text


def test_a_server_that_hangs_is_left_when_the_time_is_over(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    (tmp_path / "files").mkdir()
    _put(tmp_path / "files", "a.csv", "a,b\n" * 400_000)
    monkeypatch.setenv("TEST_PASSWORD", "r3@der pw")
    server = _PasswordServer(tmp_path / "files", hang_after=3)
    try:
        began = time.monotonic()
        (outcome,) = fetch_feed(home, server.contract(tmp_path, max_seconds=1))
        assert time.monotonic() - began < 6
    finally:
        server.stop()
    assert (outcome.status, outcome.code) == ("failed", "too_slow")
