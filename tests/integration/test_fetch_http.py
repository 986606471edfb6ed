"""Pulling over HTTP from a real server that also misbehaves on purpose."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.contract import Contract
from ingest.fetch import FetchOutcome, all_outcomes, failed_feeds, fetch_feed, guard, last_outcomes
from ingest.home import Home
from ingest.landing import arrivals
from tests.integration.servers import Exchange, Site, contract_with, site

CSV = "รหัสตำบล,ตำบล,อำเภอ,จังหวัด,ปี,รวมประชากร\n100101,พระบรมมหาราชวัง,พระนคร,กรุงเทพมหานคร,2568,1234\n".encode()
PATH = "/files/population_2568.csv"
QUICK: dict[str, object] = {"connect_seconds": 2, "read_seconds": 1, "wait_seconds": 0.02, "attempts": 3}


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def _contract(folder: Path, url: str, **more: object) -> Contract:
    return contract_with(folder, {"kind": "http", "url": url, **QUICK, **more})


def _fetch(home: Home, contract: Contract) -> FetchOutcome:
    (outcome,) = fetch_feed(home, contract)
    return outcome


def _nothing_kept(home: Home) -> None:
    assert arrivals(home) == []
    assert not list(home.landing.glob("objects/*/*"))
    incoming = home.landing / "incoming"
    assert not incoming.exists() or not list(incoming.iterdir())


def _told(outcome: FetchOutcome) -> None:
    """A failure speaks both languages, says how to mend it, and shows nothing of the program's inside."""
    assert outcome.status == "failed"
    for text in (outcome.message_th, outcome.message_en, outcome.mend_th, outcome.mend_en):
        assert text
        for inside in ("Traceback", "Exception", "Error(", "urllib3", "requests.", "HTTPConnection"):
            assert inside not in text
    assert any("\u0e00" <= char <= "\u0e7f" for char in outcome.message_th)


# ---- the good way ----


def test_a_file_becomes_a_delivery_like_any_other(web: Site, home: Home, tmp_path: Path) -> None:
    web.routes[PATH] = lambda x: x.send(body=CSV, Content_Type="text/csv")
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert (outcome.status, outcome.code, outcome.attempts) == ("fetched", "fetched", 1)
    (arrival,) = arrivals(home)
    digest = hashlib.sha256(CSV).hexdigest()
    assert arrival.sha256 == digest
    assert arrival.delivery_id == outcome.delivery_id == f"nesdc-population-{digest[:12]}"
    assert (arrival.file_name, arrival.bytes, arrival.is_synthetic) == (
        "population_2568.csv",
        len(CSV),
        False,
    )
    kept = home.root / arrival.object_path
    assert kept.read_bytes() == CSV
    assert kept.stat().st_mode & 0o222 == 0
    assert home.kind() == "real"
    assert all_outcomes(home) == [outcome]
    assert outcome.origin == web.url(PATH)


def test_what_did_not_change_is_not_sent_again(web: Site, home: Home, tmp_path: Path) -> None:
    def page(x: Exchange) -> None:
        if x.headers.get("if-none-match") == '"v1"':
            x.send(304, ETag='"v1"')
        else:
            x.send(body=CSV, ETag='"v1"', Last_Modified="Wed, 01 Oct 2025 00:00:00 GMT")

    web.routes[PATH] = page
    contract = _contract(tmp_path, web.url(PATH))
    first, second = _fetch(home, contract), _fetch(home, contract)
    assert (first.status, second.status, second.code) == ("fetched", "unchanged", "not_modified")
    assert second.delivery_id == first.delivery_id
    assert web.asked[1].headers["if-modified-since"] == "Wed, 01 Oct 2025 00:00:00 GMT"
    assert len(arrivals(home)) == 1


def test_same_bytes_without_an_etag_are_one_delivery(web: Site, home: Home, tmp_path: Path) -> None:
    web.routes[PATH] = lambda x: x.send(body=CSV)
    contract = _contract(tmp_path, web.url(PATH))
    outcomes = [_fetch(home, contract) for _ in range(3)]
    assert [one.code for one in outcomes] == ["fetched", "same_content", "same_content"]
    assert len({one.delivery_id for one in outcomes}) == 1
    assert len(arrivals(home)) == 1


def test_an_etag_is_forgotten_with_the_delivery_it_belonged_to(web: Site, home: Home, tmp_path: Path) -> None:
    def page(x: Exchange) -> None:
        if "if-none-match" in x.headers:
            x.send(304)
        else:
            x.send(body=CSV, ETag='"v1"')

    web.routes[PATH] = page
    contract = _contract(tmp_path, web.url(PATH))
    _fetch(home, contract)
    (home.landing / "arrivals.jsonl").unlink()  # a home that was restored from an older backup
    assert _fetch(home, contract).status == "fetched"


def test_a_source_that_goes_back_to_older_content_is_told(web: Site, home: Home, tmp_path: Path) -> None:
    contents = [CSV, CSV + b"100102,x,y,z,2568,9\n", CSV, CSV]
    web.routes[PATH] = lambda x: x.send(body=contents[x.count - 1])
    contract = _contract(tmp_path, web.url(PATH))
    outcomes = [_fetch(home, contract) for _ in contents]
    assert [one.code for one in outcomes] == ["fetched", "fetched", "went_back", "went_back"]
    assert outcomes[2].status == "unchanged"
    assert outcomes[2].mend_th


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        ("/download?id=7", {"Content_Type": "text/csv; charset=utf-8"}, "download.csv"),
        ("/", {"Content_Type": "text/csv"}, "population.csv"),
        (
            "/get",
            {"Content_Disposition": "attachment; filename*=UTF-8''%E0%B8%9B%E0%B8%B5%202568.csv"},
            "ปี 2568.csv",
        ),
        ("/x", {"Content_Disposition": 'attachment; filename="../../etc/cron.d/a.csv"'}, "a.csv"),
        ("/%E0%B8%9B%E0%B8%A3%E0%B8%B0%E0%B8%8A%E0%B8%B2%E0%B8%81%E0%B8%A3.CSV", {}, "ประชากร.csv"),
    ],
)
def test_files_get_good_names(
    web: Site, home: Home, tmp_path: Path, path: str, headers: dict[str, str], name: str
) -> None:
    web.routes[path.partition("?")[0]] = lambda x: x.send(body=CSV, **headers)
    outcome = _fetch(home, _contract(tmp_path, web.url(path)))
    assert (outcome.status, outcome.file_name) == ("fetched", name)


def test_a_dry_run_asks_and_keeps_nothing(web: Site, home: Home, tmp_path: Path) -> None:
    web.routes[PATH] = lambda x: x.send(body=CSV)
    (outcome,) = fetch_feed(home, _contract(tmp_path, web.url(PATH)), dry_run=True)
    assert outcome.status == "fetched"
    assert web.count(PATH) == 1
    assert not home.root.exists()


def test_real_data_is_not_pulled_into_a_synthetic_home(web: Site, home: Home, tmp_path: Path) -> None:
    home.set_kind("synthetic")
    web.routes[PATH] = lambda x: x.send(body=CSV)
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert outcome.code == "synthetic_home"
    assert web.asked == []
    assert last_outcomes(home) == []


# ---- what may pass is tried again ----


def test_a_server_that_fails_once_is_asked_again(web: Site, home: Home, tmp_path: Path) -> None:
    web.routes[PATH] = lambda x: x.send(500) if x.count == 1 else x.send(body=CSV)
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert (outcome.status, outcome.attempts) == ("fetched", 2)


def test_a_server_that_keeps_failing_is_left_after_the_attempts(
    web: Site, home: Home, tmp_path: Path
) -> None:
    web.routes[PATH] = lambda x: x.send(503)
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert (outcome.code, outcome.attempts, web.count(PATH)) == ("server_error", 3, 3)
    _told(outcome)
    _nothing_kept(home)


def test_retry_after_is_waited_for(web: Site, home: Home, tmp_path: Path) -> None:
    web.routes[PATH] = lambda x: x.send(429, Retry_After="1") if x.count == 1 else x.send(body=CSV)
    began = time.monotonic()
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert (outcome.status, outcome.attempts) == ("fetched", 2)
    assert time.monotonic() - began >= 1


def test_a_retry_after_beyond_reason_ends_the_pull(web: Site, home: Home, tmp_path: Path) -> None:
    web.routes[PATH] = lambda x: x.send(429, Retry_After="86400")
    began = time.monotonic()
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert (outcome.code, web.count(PATH)) == ("rate_limited", 1)
    assert "86,400 s" in outcome.message_en
    assert time.monotonic() - began < 5
    _told(outcome)


@pytest.mark.parametrize(
    ("status", "code"), [(401, "denied"), (403, "denied"), (404, "not_found"), (418, "http_status")]
)
def test_what_will_not_pass_is_asked_once(
    web: Site, home: Home, tmp_path: Path, status: int, code: str
) -> None:
    web.routes[PATH] = lambda x: x.send(status)
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert (outcome.code, web.count(PATH)) == (code, 1)
    _told(outcome)


def test_a_connection_dropped_before_the_answer_is_tried_again(web: Site, home: Home, tmp_path: Path) -> None:
    def page(x: Exchange) -> None:
        if x.count == 1:
            x.handler.close_connection = True
            return
        x.send(body=CSV)

    web.routes[PATH] = page
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert (outcome.status, outcome.attempts) == ("fetched", 2)


def test_nobody_listening_is_unreachable(home: Home, tmp_path: Path) -> None:
    with site() as gone:
        url = gone.url(PATH)
    outcome = _fetch(home, _contract(tmp_path, url))
    assert (outcome.code, outcome.attempts) == ("unreachable", 3)
    _told(outcome)


def test_a_host_that_is_not_there(home: Home, tmp_path: Path) -> None:
    outcome = _fetch(home, _contract(tmp_path, "http://no-such-host.invalid/x.csv", attempts=1))
    assert outcome.code == "unknown_host"
    _told(outcome)


# ---- half a file is no file ----


def test_a_body_cut_off_is_a_failed_fetch(web: Site, home: Home, tmp_path: Path) -> None:
    def page(x: Exchange) -> None:
        x.send(body=CSV[:-20], Content_Length=str(len(CSV)))
        x.handler.close_connection = True

    web.routes[PATH] = page
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert (outcome.code, outcome.attempts) == ("cut_off", 3)
    _told(outcome)
    _nothing_kept(home)


def test_headers_cut_off_are_a_failed_fetch(web: Site, home: Home, tmp_path: Path) -> None:
    def page(x: Exchange) -> None:
        x.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/c")
        x.handler.close_connection = True

    web.routes[PATH] = page
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert (outcome.code, outcome.attempts) == ("cut_off", 3)
    _nothing_kept(home)


def test_broken_chunks_are_a_failed_fetch(web: Site, home: Home, tmp_path: Path) -> None:
    def page(x: Exchange) -> None:
        x.handler.send_response(200)
        x.handler.send_header("Transfer-Encoding", "chunked")
        x.handler.end_headers()
        x.write(b"%x\r\n%s\r\n" % (len(CSV), CSV))  # and no last chunk
        x.handler.close_connection = True

    web.routes[PATH] = page
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert outcome.code == "cut_off"
    _nothing_kept(home)


def test_whole_chunks_are_taken(web: Site, home: Home, tmp_path: Path) -> None:
    def page(x: Exchange) -> None:
        x.handler.send_response(200)
        x.handler.send_header("Transfer-Encoding", "chunked")
        x.handler.end_headers()
        x.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(CSV), CSV))

    web.routes[PATH] = page
    assert _fetch(home, _contract(tmp_path, web.url(PATH))).status == "fetched"


def test_a_cut_off_after_a_good_file_leaves_the_good_one(web: Site, home: Home, tmp_path: Path) -> None:
    def page(x: Exchange) -> None:
        if x.count == 1:
            x.send(body=CSV)
        else:
            x.send(body=CSV[:50], Content_Length="5000")
            x.handler.close_connection = True

    web.routes[PATH] = page
    contract = _contract(tmp_path, web.url(PATH))
    first, second = _fetch(home, contract), _fetch(home, contract)
    assert (second.status, second.code) == ("failed", "cut_off")
    assert [one.delivery_id for one in arrivals(home)] == [first.delivery_id]
    (row,) = failed_feeds(home, [contract]).to_dicts()
    assert (row["feed_code"], row["code"]) == ("nesdc/population", "cut_off")
    assert row["last_success_at"] == first.started_at
    assert row["failing_since"] == row["failed_at"] == second.started_at


# ---- slow and large ----


def test_a_silent_server_is_a_time_out(web: Site, home: Home, tmp_path: Path) -> None:
    web.routes[PATH] = lambda x: time.sleep(1.5)
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH), read_seconds=0.3, attempts=2))
    assert (outcome.code, outcome.attempts) == ("timeout", 2)
    _told(outcome)


@pytest.mark.parametrize("part", ["body", "headers"])
def test_a_slow_drip_is_cut_when_the_time_is_over(web: Site, home: Home, tmp_path: Path, part: str) -> None:
    def page(x: Exchange) -> None:
        if part == "body":
            x.handler.send_response(200)
            x.handler.send_header("Content-Length", "100000")
            x.handler.end_headers()
        else:
            x.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(100):
            x.handler.wfile.write(b"a")
            x.handler.wfile.flush()
            time.sleep(0.1)

    web.routes[PATH] = page
    began = time.monotonic()
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH), max_seconds=1))
    assert outcome.code == "too_slow"
    assert time.monotonic() - began < 3
    _told(outcome)
    _nothing_kept(home)


def test_a_body_without_length_that_we_cut_is_no_whole_file(web: Site, home: Home, tmp_path: Path) -> None:
    def page(x: Exchange) -> None:
        x.handler.send_response(200)
        x.handler.send_header("Connection", "close")
        x.handler.end_headers()
        x.handler.close_connection = True
        for _ in range(100):
            x.handler.wfile.write(CSV)
            x.handler.wfile.flush()
            time.sleep(0.1)

    web.routes[PATH] = page
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH), max_seconds=0.5))
    assert outcome.code == "too_slow"
    _nothing_kept(home)


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_not_read_to_its_end(
    web: Site, home: Home, tmp_path: Path, declared: bool
) -> None:
    sent = 0

    def page(x: Exchange) -> None:
        nonlocal sent
        x.handler.send_response(200)
        if declared:
            x.handler.send_header("Content-Length", str(1 << 40))
        x.handler.send_header("Connection", "close")
        x.handler.end_headers()
        x.handler.close_connection = True
        try:
            for _ in range(4000):
                x.handler.wfile.write(b"x" * 65_536)
                sent += 65_536
        except OSError:
            return

    web.routes[PATH] = page
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH), max_mb=1))
    assert (outcome.code, outcome.attempts) == ("too_large", 1)
    assert sent < 64 << 20
    _told(outcome)
    _nothing_kept(home)


def test_a_small_body_that_unpacks_to_much_is_stopped(web: Site, home: Home, tmp_path: Path) -> None:
    import gzip

    bomb = gzip.compress(b"a,b\n" * 4_000_000)
    web.routes[PATH] = lambda x: x.send(body=bomb, Content_Encoding="gzip")
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH), max_mb=1))
    assert outcome.code == "too_large"
    _nothing_kept(home)


def test_the_operators_limit_counts_too(
    web: Site, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAMBON_MAX_FILE_MB", "1")
    web.routes[PATH] = lambda x: x.send(body=b"a" * (2 << 20))
    assert _fetch(home, _contract(tmp_path, web.url(PATH), max_mb=100)).code == "too_large"


# ---- what is no data ----


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<!DOCTYPE html><html><body>login</body></html>", "wrong_content"),
        (b"%PDF-1.7 ...", "wrong_content"),
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
    ],
)
def test_a_page_instead_of_the_file_is_refused(
    web: Site, home: Home, tmp_path: Path, body: bytes, code: str
) -> None:
    web.routes[PATH] = lambda x: x.send(body=body)
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert outcome.code == code
    _told(outcome)
    _nothing_kept(home)


def test_half_a_workbook_is_refused(web: Site, home: Home, tmp_path: Path) -> None:
    web.routes["/a.xlsx"] = lambda x: x.send(body=b"PK\x03\x04" + b"\0" * 3000)
    outcome = _fetch(home, _contract(tmp_path, web.url("/a.xlsx")))
    assert outcome.code == "broken"
    _nothing_kept(home)


def test_an_unknown_kind_of_file_is_told(web: Site, home: Home, tmp_path: Path) -> None:
    web.routes["/x"] = lambda x: x.send(body=b"something", Content_Type="application/x-thing")
    outcome = _fetch(home, _contract(tmp_path, web.url("/x")))
    assert outcome.code == "unknown_type"
    assert "application/x-thing" in outcome.message_en
    _told(outcome)


# ---- redirects ----


def test_a_redirect_is_followed(web: Site, home: Home, tmp_path: Path) -> None:
    web.routes["/old"] = lambda x: x.send(302, Location="/files/ประชากร 2568.csv".encode().decode("latin-1"))
    web.routes["/files/%E0%B8%9B%E0%B8%A3%E0%B8%B0%E0%B8%8A%E0%B8%B2%E0%B8%81%E0%B8%A3%202568.csv"] = (
        lambda x: x.send(body=CSV)
    )
    outcome = _fetch(home, _contract(tmp_path, web.url("/old")))
    assert (outcome.status, outcome.file_name) == ("fetched", "ประชากร 2568.csv")
    assert outcome.origin == web.url("/old")


def test_a_redirect_loop_ends(web: Site, home: Home, tmp_path: Path) -> None:
    web.routes["/a"] = lambda x: x.send(301, Location="/b")
    web.routes["/b"] = lambda x: x.send(301, Location="/a")
    outcome = _fetch(home, _contract(tmp_path, web.url("/a")))
    assert outcome.code == "too_many_redirects"
    assert len(web.asked) == 6
    _told(outcome)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://x/", "http://user:pw@127.0.0.1/"])
def test_a_redirect_to_something_else_than_http_is_refused(
    web: Site, home: Home, tmp_path: Path, target: str
) -> None:
    web.routes["/a"] = lambda x: x.send(302, Location=target)
    outcome = _fetch(home, _contract(tmp_path, web.url("/a")))
    assert outcome.code == "bad_address"
    _told(outcome)


def test_a_redirect_from_the_internet_to_inside_is_refused(
    web: Site, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """127.0.0.2 plays the internet, 127.0.0.1 the inside."""
    with site("127.0.0.2") as outside:
        monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.2")
        web.routes[PATH] = lambda x: x.send(body=CSV)
        outside.routes["/a.csv"] = lambda x: x.send(302, Location=web.url(PATH))
        outcome = _fetch(home, _contract(tmp_path, outside.url("/a.csv")))
        assert outcome.code == "redirect_refused"
        assert web.asked == []
        _told(outcome)
        # The other way round, and inside, is nobody's business.
        web.routes["/b.csv"] = lambda x: x.send(302, Location=outside.url("/c.csv"))
        outside.routes["/c.csv"] = lambda x: x.send(body=CSV)
        assert _fetch(home, _contract(tmp_path, web.url("/b.csv"))).status == "fetched"


def test_a_name_that_changes_its_address_after_the_look_is_refused_too(
    web: Site, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is the address that was really connected to."""
    with site("127.0.0.2") as outside:
        monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.2")
        monkeypatch.setattr(guard, "resolve", lambda host, port: ["127.0.0.2"])
        outside.routes["/a.csv"] = lambda x: x.send(302, Location=web.url(PATH))
        web.routes[PATH] = lambda x: x.send(body=CSV)
        outcome = _fetch(home, _contract(tmp_path, outside.url("/a.csv")))
        assert outcome.code == "redirect_refused"
        assert web.asked == []


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    made = tmp_path / "tls.pem"
    subprocess.run(
        (
            f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
            f"-addext subjectAltName=IP:127.0.0.1 -keyout {tmp_path}/key -out {tmp_path}/crt"
        ).split(),
        check=True,
        capture_output=True,
    )
    made.write_bytes((tmp_path / "key").read_bytes() + (tmp_path / "crt").read_bytes())
    return made


def test_https_is_trusted_only_with_its_certificate_and_does_not_lead_to_http(
    web: Site, home: Home, tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.routes[PATH] = lambda x: x.send(body=CSV)
    with site(certificate=certificate) as safe:
        safe.routes["/ok.csv"] = lambda x: x.send(body=CSV)
        safe.routes["/down.csv"] = lambda x: x.send(302, Location=web.url(PATH))
        unknown = _fetch(home, _contract(tmp_path, safe.url("/ok.csv")))
        assert (unknown.code, unknown.attempts) == ("tls", 1)
        _told(unknown)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "crt"))
        down = _fetch(home, _contract(tmp_path, safe.url("/down.csv")))
        assert down.code == "redirect_refused"
        assert web.asked == []
        assert _fetch(home, _contract(tmp_path, safe.url("/ok.csv"))).status == "fetched"


# ---- secrets ----


def test_secrets_are_sent_and_written_nowhere(
    web: Site, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_TOKEN", "s3cr3t/t0k+n")
    monkeypatch.setenv("TEST_KEY", "k3y value")
    seen: list[str] = []

    def page(x: Exchange) -> None:
        if x.headers.get("x-token") != "s3cr3t/t0k+n" or x.query.get("api_key") != "k3y value":
            x.send(403)
        else:
            x.send(body=CSV, ETag='"s3cr3t/t0k+n"')

    web.routes[PATH] = page
    contract = _contract(
        tmp_path,
        web.url(PATH),
        secret_headers={"X-Token": "TEST_TOKEN"},
        secret_query={"api_key": "TEST_KEY"},
    )
    outcomes = fetch_feed(home, contract, progress=seen.append)
    assert outcomes[0].status == "fetched"
    monkeypatch.setenv("TEST_KEY", "wrong k3y")
    outcomes += fetch_feed(home, contract, progress=seen.append)
    assert outcomes[1].code == "denied"
    written = "".join(p.read_text("utf-8", "replace") for p in home.root.rglob("*") if p.is_file())
    for text in (written, repr(outcomes), "".join(seen), repr(failed_feeds(home, [contract]).to_dicts())):
        for secret in ("s3cr3t", "k3y", "t0k"):
            assert secret not in text


def test_secrets_do_not_follow_a_redirect_to_somebody_else(
    web: Site, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_TOKEN", "s3cr3t")
    with site() as other:
        other.routes["/x.csv"] = lambda x: x.send(body=CSV)
        web.routes["/a"] = lambda x: x.send(302, Location="/b")
        web.routes["/b"] = lambda x: x.send(302, Location=other.url("/x.csv"))
        contract = _contract(
            tmp_path,
            web.url("/a"),
            secret_headers={"X-Token": "TEST_TOKEN"},
            secret_query={"k": "TEST_TOKEN"},
        )
        assert _fetch(home, contract).status == "fetched"
        assert [one.headers.get("x-token") for one in web.asked] == ["s3cr3t", "s3cr3t"]
        assert "x-token" not in other.asked[0].headers
        assert other.asked[0].query == {}


def test_a_secret_that_is_not_set_is_named(
    web: Site, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_TOKEN", raising=False)
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH), secret_headers={"X-Token": "TEST_TOKEN"}))
    assert outcome.code == "no_secret"
    assert "TEST_TOKEN" in outcome.message_th
    assert web.asked == []
    _told(outcome)


def test_a_secret_is_not_sent_unencrypted_over_the_internet(
    web: Site, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_TOKEN", "s3cr3t")
    monkeypatch.setattr(guard, "is_public", lambda address: True)
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH), secret_headers={"X-Token": "TEST_TOKEN"}))
    assert outcome.code == "secret_in_clear"
    assert web.asked == []


def test_no_password_of_a_netrc_file_is_sent(
    web: Site, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hidden\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    web.routes[PATH] = lambda x: x.send(body=CSV)
    assert _fetch(home, _contract(tmp_path, web.url(PATH))).status == "fetched"
    assert "authorization" not in web.asked[0].headers


def test_the_operators_proxy_is_used(
    web: Site, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", web.url(""))
    web.routes["/p.csv"] = lambda x: x.send(body=CSV)
    outcome = _fetch(home, _contract(tmp_path, "http://agency.invalid/p.csv"))
    assert outcome.status == "fetched"
    assert web.asked[0].headers["host"] == "agency.invalid"


# ---- the home's troubles ----


def test_two_runs_at_once_do_not_mix(
    web: Site, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    import ingest.fetch.run as run

    monkeypatch.setattr(run, "_LOCK_SECONDS", 0.1)
    home.landing.mkdir(parents=True)
    with FileLock(home.landing / ".fetch-nesdc-population.lock"):
        outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert outcome.code == "busy"
    _told(outcome)


def test_what_a_killed_run_left_is_removed(web: Site, home: Home, tmp_path: Path) -> None:
    left = home.landing / "incoming" / "pulling-nesdc-population"
    left.mkdir(parents=True)
    (left / "file").write_bytes(b"half")
    (home.landing / "fetches.jsonl").write_bytes(b'{"half": ')
    web.routes[PATH] = lambda x: x.send(body=CSV)
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert outcome.status == "fetched"
    assert not left.exists()
    assert all_outcomes(home) == [outcome]


def test_a_home_that_cannot_be_written_is_told(web: Site, home: Home, tmp_path: Path) -> None:
    home.root.mkdir()
    home.landing.write_text("a file where a folder should be", encoding="utf-8")
    web.routes[PATH] = lambda x: x.send(body=CSV)
    outcome = _fetch(home, _contract(tmp_path, web.url(PATH)))
    assert outcome.code == "home_unusable"
    _told(outcome)


def test_one_sources_failure_leaves_the_others_alone(web: Site, home: Home, tmp_path: Path) -> None:
    web.routes[PATH] = lambda x: x.send(body=CSV)
    contract = contract_with(
        tmp_path,
        {"kind": "http", "url": web.url("/gone.csv"), **QUICK},
        {"kind": "http", "url": web.url(PATH), **QUICK},
    )
    outcomes = fetch_feed(home, contract)
    assert [one.code for one in outcomes] == ["not_found", "fetched"]
    assert [one.code for one in last_outcomes(home)] == ["not_found", "fetched"]
    fewer = contract_with(tmp_path / "later", {"kind": "http", "url": web.url(PATH), **QUICK})
    assert failed_feeds(home, [contract]).height == 1
    assert failed_feeds(home, [fewer]).is_empty()  # a source that is declared no more fails no more
