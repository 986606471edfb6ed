"""`tambon serve` on loopback: what it shows, what it refuses, and that it goes on through a swap."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from dashboard.serve import CONTENT_SECURITY_POLICY, IN_ONE_PIECE, create_app, host_of, is_loopback
from dashboard.served import steps_of
from ingest.home import Home
from release.paths import CURRENT, CURRENT_QUALITY, swap_link

Answer = tuple[int, dict[str, str], bytes]


def add_release(home: Home, name: str, files: dict[str, bytes]) -> Path:
    """A release folder as the server sees one: a manifest, and files."""
    folder = home.releases / name
    for path, content in {"manifest.json": b"{}", **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def site(text: str) -> dict[str, bytes]:
    page = f"<!doctype html><title>{text}</title>".encode() + b"<p>tambon</p>" * 200
    return {
        "site/index.html": page,
        "site/404.html": b"<!doctype html><title>own 404</title>",
        "site/en/index.html": b"<!doctype html><title>English</title>",
        "site/tambon/500101/index.html": page,
        "site/assets/style.3f2a9c1d.css": b"p{color:black}",
        "site/assets/search.json": b"[1,2,3]",
    }


@contextmanager
def serving(home: Home, allowed: list[str] | None = None, any_host: bool = False) -> Iterator[int]:
    """A real server on a free port of loopback."""
    app = create_app(home, allowed_hosts=None if any_host else (allowed or []))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", server_header=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def ask(port: int, path: str, *, method: str = "GET", **headers: str) -> Answer:
    """One request; the path goes out as it is, `if_none_match` stands for If-None-Match."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest(method, path, skip_host="host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    (home.root / "secret.txt").parent.mkdir(parents=True)
    (home.root / "secret.txt").write_text("secret", encoding="utf-8")
    return home


@pytest.fixture
def published(home: Home) -> Home:
    big = bytes(range(256)) * ((IN_ONE_PIECE * 2) // 256)
    folder = add_release(
        home,
        "one",
        {
            **site("one"),
            "site/odd.exe": b"MZ",
            "marts/mart_area.parquet": big,
            "quality/dq_finding.csv": b"a,b\n1,2\n",
            "mending/nvf.xlsx": b"PK",
            "marts.duckdb": b"database",
        },
    )
    (folder / "site/out.html").symlink_to(home.root / "secret.txt")
    (folder / "site/up").symlink_to(home.root)
    (folder / "marts/out.csv").symlink_to(home.root / "secret.txt")
    (folder / "site/.hidden").write_text("hidden", encoding="utf-8")
    os.mkfifo(folder / "site/pipe.html")
    swap_link(home, CURRENT, "one")
    swap_link(home, CURRENT_QUALITY, "one")
    return home


def test_pages_come_with_their_type_and_strict_headers(published: Home) -> None:
    with serving(published) as port:
        for path in ("/", "/index.html", "/en/", "/tambon/500101/", "/missing", "/assets/search.json"):
            status, headers, _ = ask(port, path)
            assert status == (404 if path == "/missing" else 200)
            assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["referrer-policy"] == "no-referrer"
            assert "server" not in headers
        assert ask(port, "/")[1]["content-type"] == "text/html; charset=utf-8"
        assert ask(port, "/assets/style.3f2a9c1d.css")[1]["content-type"] == "text/css; charset=utf-8"
        part = ask(port, "/assets/style.3f2a9c1d.css")[1]
        assert part["x-content-type-options"] == "nosniff" and "permissions-policy" not in part
        assert ask(port, "/odd.exe")[1]["content-disposition"] == "attachment"
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_a_folder_without_its_slash_leads_to_it(published: Home) -> None:
    with serving(published) as port:
        status, headers, _ = ask(port, "/tambon/500101")
        assert (status, headers["location"]) == (308, "./500101/")
        # What looks like another host's address leads nowhere.
        assert ask(port, "//example.org/..")[0] == 404


def test_the_page_that_is_missing_is_told_by_the_site_or_by_us(published: Home) -> None:
    with serving(published) as port:
        assert b"own 404" in ask(port, "/nothing/here")[2]
        (published.releases / "one/site/404.html").unlink()
        status, _, content = ask(port, "/%3Cscript%3Ealert(1)%3C/script%3E")
        assert status == 404
        assert "ไม่พบหน้านี้".encode() in content
        assert b"Page not found" in content
        assert b"script" not in content


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/../../../secret.txt",
        "/%2e%2e/%2e%2e/%2e%2e/secret.txt",
        "/..%2f..%2f..%2fsecret.txt",
        "/..%5c..%5csecret.txt",
        "/assets/../../manifest.json",
        "/out.html",
        "/up/secret.txt",
        "/pipe.html",
        "/.hidden",
        "/index.html%00.txt",
        "/%00",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/files/marts/../marts.duckdb",
        "/files/marts.duckdb",
        "/files/site/index.html",
        "/files/marts/out.csv",
        "/files/marts/",
        "/files/marts",
        "/files/",
        "/files",
        "/files/../manifest.json",
        "/" + "a" * 5000,
        "/" + "a/" * 100,
        "/%ff%fe",
        "/%ed%a0%80",
        "/index.html/",
        "/index.html/more",
    ],
)
def test_nothing_but_the_release_is_reached(published: Home, path: str) -> None:
    with serving(published) as port:
        status, headers, content = ask(port, path)
    assert status == 404, path
    assert b"secret" not in content
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_steps_of_refuses_what_could_lead_out() -> None:
    assert steps_of("/a/b.html") == ["a", "b.html"]
    assert steps_of("/") == [""]
    assert steps_of("/ตำบล/") == ["ตำบล", ""]
    for path in ("", "a", "/..", "/a/../b", "//a", "/a//b", "/a\\b", "/a\0", "/.git/config", "/\ud800"):
        assert steps_of(path) is None, path


def test_only_reading(published: Home) -> None:
    with serving(published) as port:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            status, headers, _ = ask(port, "/", method=method, content_length="0")
            assert (status, headers["allow"]) == (405, "GET, HEAD")
        assert ask(port, "/", method="PROPFIND")[0] == 405
        status, headers, content = ask(port, "/", method="HEAD")
        assert (status, content) == (200, b"")
        assert int(headers["content-length"]) > 1000


def test_compressed_and_asked_again_only_when_changed(published: Home) -> None:
    with serving(published) as port:
        plain = ask(port, "/")
        squeezed = ask(port, "/", accept_encoding="br, gzip;q=0.8")
        assert "content-encoding" not in plain[1]
        assert squeezed[1]["content-encoding"] == "gzip"
        assert gzip.decompress(squeezed[2]) == plain[2]
        assert len(squeezed[2]) < len(plain[2]) / 5
        assert plain[1]["etag"] != squeezed[1]["etag"]
        assert plain[1]["vary"] == "Accept-Encoding"
        assert not ask(port, "/", accept_encoding="gzip;q=0")[1].get("content-encoding")
        status, headers, content = ask(
            port, "/", accept_encoding="gzip", if_none_match=f'"x", {squeezed[1]["etag"]}'
        )
        assert (status, content, headers["etag"]) == (304, b"", squeezed[1]["etag"])
        # The same content in another release is the same; another content is not.
        add_release(published, "two", site("one"))
        swap_link(published, CURRENT, "two")
        swap_link(published, CURRENT_QUALITY, "two")
        assert ask(port, "/", if_none_match=plain[1]["etag"])[0] == 304
        (published.releases / "two/site/index.html").write_bytes(b"other")
        assert ask(port, "/", if_none_match=plain[1]["etag"])[0] == 200
        assert ask(port, "/")[1]["cache-control"] == "no-cache"
        assert "immutable" in ask(port, "/assets/style.3f2a9c1d.css")[1]["cache-control"]


def test_downloads_are_the_files_of_the_release(published: Home) -> None:
    whole = (published.releases / "one/marts/mart_area.parquet").read_bytes()
    with serving(published) as port:
        status, headers, content = ask(port, "/files/marts/mart_area.parquet")
        assert (status, content == whole, headers["content-disposition"]) == (200, True, "attachment")
        assert headers["content-length"] == str(len(whole))
        part = ask(port, "/files/marts/mart_area.parquet", range="bytes=1000-1999")
        assert (part[0], part[2] == whole[1000:2000]) == (206, True)
        assert part[1]["content-range"] == f"bytes 1000-1999/{len(whole)}"
        rest = ask(port, "/files/marts/mart_area.parquet", range=f"bytes={len(whole) - 5}-")
        assert rest[2] == whole[-5:]
        old = ask(port, "/files/marts/mart_area.parquet", range="bytes=0-9", if_range='"other"')
        assert (old[0], len(old[2])) == (200, len(whole))
        assert ask(port, "/files/marts/mart_area.parquet", range=f"bytes={len(whole)}-")[0] == 416
        assert ask(port, "/files/marts/mart_area.parquet", if_none_match=headers["etag"])[0] == 304
        assert ask(port, "/files/marts/mart_area.parquet", method="HEAD")[2] == b""
        assert ask(port, "/files/quality/dq_finding.csv")[1]["content-type"] == "text/csv; charset=utf-8"
        assert ask(port, "/files/mending/nvf.xlsx")[2] == b"PK"
        # What the site itself offers comes first, as a download too.
        (published.releases / "one/site/files").mkdir()
        (published.releases / "one/site/files/extra.json").write_bytes(b"{1}")
        status, headers, content = ask(port, "/files/extra.json")
        assert (status, content, headers["content-disposition"]) == (200, b"{1}", "attachment")
        assert ask(port, "/files/manifest.json")[2] == b"{}"


def test_another_host_name_is_turned_away(published: Home) -> None:
    """A page elsewhere whose name was pointed at this machine must not read what only this machine may."""
    with serving(published, allowed=["tambon.example.go.th"]) as port:
        for good in (
            "127.0.0.1",
            f"localhost:{port}",
            "[::1]:8080",
            "tambon.example.go.th",
            "TAMBON.example.go.th:443",
        ):
            assert ask(port, "/", host=good)[0] == 200, good
        for bad in ("evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "10.0.0.1", ""):
            status, _, content = ask(port, "/", host=bad)
            assert (status, b"tambon</p>" in content) == (421, False), bad
    with serving(published, any_host=True) as port:
        assert ask(port, "/", host="anything.example")[0] == 200
    assert host_of("Example.ORG.:80") == "example.org"
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("128.0.0.1")


def test_before_anything_is_published_it_says_so(home: Home) -> None:
    with serving(home) as port:
        status, headers, content = ask(port, "/")
        assert status == 503
        assert "ยังไม่มีข้อมูลที่เผยแพร่".encode() in content
        assert b"Nothing is published yet" in content
        assert headers["retry-after"]
        # A release from before there were pages.
        add_release(home, "old", {"marts/a.parquet": b"x"})
        swap_link(home, CURRENT, "old")
        assert b"has no pages" in ask(port, "/")[2]
        assert ask(port, "/files/marts/a.parquet")[0] == 200
        # And the pages are there as soon as they are published.
        add_release(home, "new", site("new"))
        swap_link(home, CURRENT, "new")
        assert b"<title>new" in ask(port, "/")[2]


def test_after_a_failed_audit_its_pages_come_first_and_the_good_release_holds_the_rest(
    published: Home,
) -> None:
    add_release(published, "quality-two", {"quality/dq_finding.csv": b"new"})
    swap_link(published, CURRENT_QUALITY, "quality-two")
    with serving(published) as port:
        assert b"<title>one" in ask(port, "/")[2]
        add_release(published, "quality-three", {"site/index.html": b"held", "quality/dq_finding.csv": b"3"})
        swap_link(published, CURRENT_QUALITY, "quality-three")
        assert ask(port, "/")[2] == b"held"
        assert ask(port, "/files/quality/dq_finding.csv")[2] == b"3"
        assert b"<title>one" in ask(port, "/tambon/500101/")[2]
        assert ask(port, "/files/marts/mart_area.parquet", method="HEAD")[0] == 200


def test_it_goes_on_through_swaps_and_tears_no_page(home: Home) -> None:
    """Pages of one release are one letter throughout: a torn one would hold two. Assets of a page read before a swap stay."""
    letters = "abcdefghij"
    size = IN_ONE_PIECE + 100_000  # large enough to be streamed while links move
    for letter in letters:
        add_release(
            home,
            f"r-{letter}",
            {
                "site/index.html": f"<title>{letter}</title>".encode()
                + f"assets/app.{ord(letter):08x}.js".encode() * 50,
                f"site/assets/app.{ord(letter):08x}.js": letter.encode() * 5000,
                "site/big.txt": letter.encode() * size,
            },
        )
    swap_link(home, CURRENT, "r-a")
    swap_link(home, CURRENT_QUALITY, "r-a")
    stop = threading.Event()
    swaps = 0

    def swap() -> None:
        nonlocal swaps
        while not stop.is_set():
            letter = letters[swaps % len(letters)]
            swap_link(home, CURRENT, f"r-{letter}")
            swap_link(home, CURRENT_QUALITY, f"r-{letter}")
            swaps += 1
            time.sleep(0.02)

    def visit(number: int) -> str:
        if number % 10 == 0:
            status, _, content = ask(port, "/big.txt")
            assert (status, len(content), len(set(content))) == (200, size, 1)
            return "big"
        status, _, content = ask(port, "/")
        letter = re.match(rb"<title>(.)</title>", content)
        assert status == 200
        assert letter
        name = re.findall(rb"assets/app\.[0-9a-f]{8}\.js", content)
        assert len(name) == 50
        assert len(set(name)) == 1
        status, _, script = ask(port, "/" + name[0].decode())
        assert (status, script) == (200, letter[1] * 5000)
        return letter[1].decode()

    with serving(home) as port:
        swapper = threading.Thread(target=swap)
        swapper.start()
        try:
            with ThreadPoolExecutor(8) as pool:
                seen = list(pool.map(visit, range(400)))
        finally:
            stop.set()
            swapper.join()
    assert len(seen) == 400
    assert len(set(seen)) > 3
    assert swaps > 5


def test_the_command_serves_and_ends_and_tells_of_a_taken_port(published: Home) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port), "--home", str(published.root)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    ) as running:
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    assert ask(port, "/")[0] == 200
                    break
                except ConnectionRefusedError:
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
            second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            assert second.returncode == 2
            assert "Cannot listen" in second.stderr
            assert f"--port {port + 1}" in second.stderr
            assert "Serving" not in second.stdout  # never said of a port that is not ours
            assert "Traceback" not in second.stderr
        finally:
            running.send_signal(signal.SIGINT)
            said = running.communicate(timeout=30)[0].decode()
    assert f"http://127.0.0.1:{port}/" in said
    assert "Traceback" not in said
    wide = subprocess.run(
        [*command[:-2], "--host", "192.0.2.1", "--home", str(published.root)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert wide.returncode == 2
    assert "no login" in wide.stderr
