"""Alerts over a real mail server and a real web server: what arrives, what is refused, and that nothing is told twice."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from ingest.fetch import guard
from ingest.home import Home
from orchestration.alerts import outbox
from orchestration.alerts.config import load_config
from orchestration.alerts.run import tell_build, tell_failure, tell_unstarted
from orchestration.alerts.send import signature
from orchestration.builds import Outcome, end_build, save_build
from orchestration.overview import overview
from tests.integration.conftest import Tambon
from tests.integration.homes import copy_home, flat, working_in
from tests.integration.servers import Site, site
from tests.unit.alert_world import add_build, finding, held, new_home, write_config

pytestmark = pytest.mark.usefixtures("no_pages")


@dataclass
class PostOffice:
    """An SMTP server's mailbox. `answers` are given to DATA one after the other, then 250."""

    port: int = 0
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    tried: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.unknown:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.tried += 1
        if self.answers:
            return self.answers.pop(0)
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append((list(envelope.rcpt_tos), letter))
        return "250 OK"


class _Door(Controller):
    """Knocks at the port it was given, and says nothing: TLS or a login would refuse its question."""

    def _trigger_server(self) -> None:
        socket.create_connection(self.server.sockets[0].getsockname(), timeout=5).close()


@contextmanager
def post_office(**more: Any) -> Iterator[PostOffice]:
    office = PostOffice()
    door = _Door(office, hostname="127.0.0.1", port=0, **more)
    door.start()
    try:
        office.port = door.server.sockets[0].getsockname()[1]
        yield office
    finally:
        door.stop()


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as one:
        yield one


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path)


def mail_config(port: int, **mail: object) -> str:
    """Two agencies and the operators by mail; quick attempts."""
    settings = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "tambon@example.org", **mail}
    return json.dumps(
        {
            "mail": settings,
            "contract_owners": False,
            "wait_seconds": 0.01,
            "timeout_seconds": 5,
            "operators": {"email": ["ops@example.org"]},
            "agencies": {
                "nvf": {"email": ["a@example.org", "b@example.org"]},
                "cdd": {"email": ["cdd@example.org"]},
            },
        }
    )


def hook_config(url: str, **hook: object) -> str:
    return json.dumps(
        {"wait_seconds": 0.01, "timeout_seconds": 5, "agencies": {"nvf": {"webhook": {"url": url, **hook}}}}
    )


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as one:
        yield one


# ---- mail ----


def test_one_letter_a_run_for_each_agency_and_none_when_nothing_changed(
    home: Home, office: PostOffice
) -> None:
    write_config(home, mail_config(office.port))
    rows = [finding("a"), finding("b"), finding("c", "cdd")]
    first = add_build(home, 1, dq_finding=rows, dq_delivery=[held()])
    tell_build(home, first)
    assert sorted(to for to, _ in office.letters) == [
        ["a@example.org", "b@example.org"],
        ["cdd@example.org"],
        ["ops@example.org"],
    ]
    _, letter = next(one for one in office.letters if one[0][0] == "a@example.org")
    assert "สทบ.: พบใหม่ 2 ระงับ 1" in letter["Subject"]
    assert letter["From"].addresses[0].addr_spec == "tambon@example.org"
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain and html
    assert "เซลล์ที่อ่านไม่ได้" in plain.get_content()
    assert "<h2>" in html.get_content()
    # The same build again, and a build in which nothing changed.
    tell_build(home, first)
    tell_build(home, add_build(home, 2, dq_finding=rows, dq_delivery=[held()]))
    assert len(office.letters) == 3
    # One agency's file was mended: only it hears of it (and the operators, of the delivery let go).
    tell_build(home, add_build(home, 3, dq_finding=[finding("a"), finding("c", "cdd")]))
    assert sorted(to[0] for to, _ in office.letters[3:]) == ["a@example.org", "ops@example.org"]
    assert outbox.unsent(home) == []


def test_a_build_told_is_not_told_again_even_when_what_was_told_is_lost(
    home: Home, office: PostOffice
) -> None:
    write_config(home, mail_config(office.port))
    build = add_build(home, 1, dq_finding=[finding("a")])
    tell_build(home, build)
    shutil.rmtree(home.alerts / "told")
    tell_build(home, build)
    assert len(office.letters) == 1


def test_a_run_killed_while_sending_tells_with_the_next_build(home: Home, office: PostOffice) -> None:
    write_config(home, mail_config(office.port))
    build = add_build(home, 1, dq_finding=[finding("a")])
    tell_build(home, build)
    # As if the kill had come before the outcome was noted.
    log = next((home.alerts / "outbox").glob("*.jsonl"))
    begun, _ = log.read_text("utf-8").splitlines()
    log.write_text(begun + '\n{"at": "2026', encoding="utf-8")
    shutil.rmtree(home.alerts / "told")
    tell_build(home, build)
    assert len(office.letters) == 1, "it may have arrived"
    assert [one.status for one in outbox.unsent(home)] == ["sending"]
    assert "not known whether it arrived" in overview(home).failed_alerts[0]
    log.write_text(begun + "\n", encoding="utf-8")
    tell_build(home, add_build(home, 2, dq_finding=[finding("a")]))
    assert len(office.letters) == 2
    assert outbox.unsent(home) == []


def test_a_server_that_is_busy_is_tried_again_one_that_refuses_is_not(home: Home, office: PostOffice) -> None:
    write_config(home, mail_config(office.port))
    office.answers = ["451 later", "421 later"]
    tell_build(home, add_build(home, 1, dq_finding=[finding("a")]))
    assert (office.tried, len(office.letters)) == (3, 1)
    assert next(iter(outbox.latest(home).values())).attempts == 3
    office.answers = ["554 no thanks"]
    second = add_build(home, 2, dq_finding=[finding("a"), finding("b")])
    tell_build(home, second)
    assert (office.tried, len(office.letters)) == (4, 1)
    said = overview(home).failed_alerts
    assert len(said) == 1
    assert "554 no thanks" in said[0]
    # Failed for good, and yet not lost: the next time anything runs it is tried again.
    tell_build(home, second)
    assert len(office.letters) == 2
    assert overview(home).failed_alerts == []


def test_one_wrong_address_does_not_keep_the_others_from_theirs(home: Home, office: PostOffice) -> None:
    write_config(home, mail_config(office.port))
    office.unknown = {"b@example.org", "cdd@example.org"}
    tell_build(home, add_build(home, 1, dq_finding=[finding("a"), finding("c", "cdd"), finding("o", None)]))
    assert sorted(to for to, _ in office.letters) == [["a@example.org"], ["ops@example.org"]]
    last = {one.who: one for one in outbox.latest(home).values()}
    assert (last["nvf"].status, last["nvf"].note) == ("sent", "refused: b@example.org")
    assert (last["cdd"].status, last["operators"].status) == ("failed", "sent")


def test_no_mail_server_fails_no_run_and_is_told(home: Home, tambon: Tambon) -> None:
    write_config(home, mail_config(1))
    began = time.monotonic()
    tell_build(home, add_build(home, 1, dq_finding=[finding("a"), finding("c", "cdd"), finding("o", None)]))
    assert time.monotonic() - began < 20
    assert len(overview(home).failed_alerts) == 3
    shown = flat(tambon(home, "status").output)
    assert "alertnotsent" in shown
    assert "cannotbereached" in shown


def test_a_broken_alerts_file_fails_no_run_and_is_told(home: Home, tambon: Tambon) -> None:
    write_config(home, "mail: {host: 1, hots: 2}\n")
    tell_build(home, add_build(home, 1, dq_finding=[finding("a")]))
    tell_failure(home, "x", "y")
    assert any("hots" in one for one in overview(home).failed_alerts)
    done = tambon(home, "alerts", "check")
    assert done.exit_code == 2
    assert "alerts.yml:1" in flat(done.output)


# ---- encrypted, with a login ----


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    made = tmp_path / "tls.pem"
    subprocess.run(
        f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
        f"-addext subjectAltName=IP:127.0.0.1 -keyout {tmp_path}/key -out {tmp_path}/crt".split(),
        check=True,
        capture_output=True,
    )
    made.write_bytes((tmp_path / "key").read_bytes() + (tmp_path / "crt").read_bytes())
    return made


def _login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"robot", b"s3cr3t")
    return AuthResult(success=good, handled=False)


def test_starttls_and_login(
    home: Home, tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trust.load_cert_chain(certificate)
    login = {"user_env": "T_USER", "password_env": "T_PASSWORD", "security": "starttls"}
    monkeypatch.setenv("T_USER", "robot")
    monkeypatch.setenv("T_PASSWORD", "wrong-s3cr3t")
    with post_office(
        tls_context=trust, require_starttls=True, auth_required=True, authenticator=_login
    ) as office:
        write_config(home, mail_config(office.port, **login))
        build = add_build(home, 1, dq_finding=[finding("a")])
        tell_build(home, build)
        assert "certificate cannot be trusted" in overview(home).failed_alerts[0]
        write_config(home, mail_config(office.port, **login, ca_file=str(tmp_path / "crt")))
        tell_build(home, build)
        assert "refuses the login" in overview(home).failed_alerts[0]
        monkeypatch.delenv("T_PASSWORD")
        tell_build(home, build)
        assert "T_PASSWORD is not set" in overview(home).failed_alerts[0]
        monkeypatch.setenv("T_PASSWORD", "s3cr3t")
        tell_build(home, build)
        assert len(office.letters) == 1
        assert overview(home).failed_alerts == []
    written = "".join(path.read_text("utf-8") for path in (home.alerts / "outbox").iterdir())
    assert "s3cr3t" not in written


def test_encrypted_from_the_start(home: Home, tmp_path: Path, certificate: Path) -> None:
    trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trust.load_cert_chain(certificate)
    with post_office(ssl_context=trust) as office:
        write_config(home, mail_config(office.port, security="ssl", ca_file=str(tmp_path / "crt")))
        tell_build(home, add_build(home, 1, dq_finding=[finding("a")]))
        assert len(office.letters) == 1


def test_no_letter_goes_out_in_clear_where_starttls_was_asked_for(home: Home, office: PostOffice) -> None:
    write_config(home, mail_config(office.port, security="starttls"))
    tell_build(home, add_build(home, 1, dq_finding=[finding("a")]))
    assert office.letters == []
    assert "offers no STARTTLS" in overview(home).failed_alerts[0]


# ---- webhook ----


def accept(
    web: Site, path: str = "/hook", statuses: tuple[int, ...] = ()
) -> list[tuple[dict[str, str], bytes]]:
    """Take posts at a path; answer with these statuses first, then 204."""
    taken: list[tuple[dict[str, str], bytes]] = []

    def route(exchange: Any) -> None:
        body = exchange.handler.rfile.read(int(exchange.headers["content-length"]))
        status = statuses[exchange.count - 1] if exchange.count <= len(statuses) else 204
        if status < 300:
            taken.append((exchange.headers, body))
        exchange.send(status, Location=web.url("/elsewhere"))

    web.routes[path] = route
    return taken


def test_a_webhook_gets_signed_json(home: Home, web: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T_SECRET", "k3y")
    taken = accept(web, statuses=(503, 429))
    write_config(home, hook_config(web.url("/hook"), allow_private=True, secret_env="T_SECRET"))
    build = add_build(home, 1, dq_finding=[finding("a", file_name="<b>ก</b>.xlsx")])
    tell_build(home, build)
    tell_build(home, build)
    [(headers, body)] = taken
    content = json.loads(body)
    assert content["counts"]["new"] == 1
    assert content["to"] == "nvf"
    assert content["event"] == headers["x-tambon-event"] == "run"
    assert "<b>ก</b>.xlsx" in content["text"]
    stamp = headers["x-tambon-timestamp"]
    expected = hmac.new(b"k3y", stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["x-tambon-signature"] == f"sha256={expected}" == signature("k3y", stamp, body)
    assert abs(int(stamp) - time.time()) < 60
    assert web.count("/hook") == 3


def test_a_webhook_is_not_led_into_the_own_network(
    home: Home, web: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = accept(web)
    monkeypatch.setenv("T_URL", web.url("/hook"))
    config = {"wait_seconds": 0.01, "agencies": {"nvf": {"webhook": {"url_env": "T_URL"}}}}
    write_config(home, json.dumps(config))
    build = add_build(home, 1, dq_finding=[finding("a")])
    tell_build(home, build)
    assert "must be https" in overview(home).failed_alerts[0]
    # A name that looks public and leads inside; what counts is the address connected to.
    monkeypatch.setenv("T_URL", f"https://localhost:{web.port}/hook")
    tell_build(home, build)
    assert "inside a private network" in overview(home).failed_alerts[0]
    assert taken == []
    assert web.asked == []
    assert not guard.is_public("127.0.0.1")


def test_a_webhook_that_leads_elsewhere_is_not_followed(home: Home, web: Site) -> None:
    taken = accept(web, statuses=(302,) * 9)
    write_config(home, hook_config(web.url("/hook"), allow_private=True))
    tell_build(home, add_build(home, 1, dq_finding=[finding("a")]))
    assert taken == []
    assert (web.count("/hook"), web.count("/elsewhere")) == (1, 0)
    assert "answers 302" in overview(home).failed_alerts[0]


def test_a_webhook_that_hardly_answers_is_given_up(home: Home, web: Site) -> None:
    def drip(exchange: Any) -> None:
        for _ in range(100):
            exchange.write(b"H")
            time.sleep(0.1)

    web.routes["/hook"] = drip
    config = json.loads(hook_config(web.url("/hook"), allow_private=True)) | {"max_seconds": 1}
    write_config(home, json.dumps(config))
    began = time.monotonic()
    tell_build(home, add_build(home, 1, dq_finding=[finding("a")]))
    assert time.monotonic() - began < 6
    assert overview(home).failed_alerts


# ---- runs that fail ----


def test_a_failed_run_is_told_once(home: Home, office: PostOffice) -> None:
    write_config(home, mail_config(office.port))
    build = add_build(home, 1, "running")
    end_build(home, build, "failed", "dbt: a model\nเสีย <b>")
    tell_failure(home, build.run_id, "dbt: a model\nเสีย <b>")
    tell_failure(home, build.run_id, "told by the sensor")
    tell_failure(home, "run-without-build", "before there was a build")
    tell_unstarted(home, "contracts are broken")
    tell_unstarted(home, "contracts are broken")
    assert [to for to, _ in office.letters] == [["ops@example.org"]] * 3
    plain = office.letters[0][1].get_body(("plain",))
    assert plain
    assert "การปรับปรุงข้อมูลไม่สำเร็จ" in plain.get_content()
    assert "เสีย <b>" in plain.get_content()
    html = office.letters[0][1].get_body(("html",))
    assert html
    assert "เสีย &lt;b&gt;" in html.get_content()


def test_the_sensor_tells_of_a_failed_run(home: Home, office: PostOffice) -> None:
    import dagster as dg

    write_config(home, mail_config(office.port))

    with working_in(home):
        from orchestration.defs.schedules import failed_runs

        @dg.op
        def breaks() -> None:
            raise RuntimeError("the disk is full")

        @dg.job(name="refresh", executor_def=dg.in_process_executor)
        def refresh() -> None:
            breaks()

        with dg.DagsterInstance.ephemeral() as instance:
            result = refresh.execute_in_process(instance=instance, raise_on_error=False)
            event = result.get_run_failure_event()
            context = dg.build_run_status_sensor_context(
                sensor_name="failed_runs",
                dagster_event=event,
                dagster_instance=instance,
                dagster_run=result.dagster_run,
            ).for_run_failure()
            failed_runs(context)
            failed_runs(context)
    [(_, letter)] = office.letters
    plain = letter.get_body(("plain",))
    assert plain
    assert "breaks: " in plain.get_content()
    assert "the disk is full" in plain.get_content()


@pytest.mark.parametrize(("outcome", "passed"), [("audit_failed", False), ("published", True)])
def test_the_job_tells_after_a_failed_audit_and_after_a_release(
    home: Home, office: PostOffice, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, passed: bool
) -> None:
    import dagster as dg

    write_config(home, mail_config(office.port))
    add_build(home, 1, outcome, dq_finding=[finding("a")])
    with working_in(home), dg.DagsterInstance.ephemeral() as instance:
        from orchestration import steps
        from orchestration.defs import quality

        verdict = steps.Verdict(passed, [] if passed else ["wrong figures"])
        monkeypatch.setattr(steps, "publish_quality_if_failed", lambda home, build: verdict)
        monkeypatch.setattr(steps, "publish", lambda home, build: {})
        assets = [quality.quality_tables, quality.release_current, quality.alerts_sent]
        done = dg.materialize(assets, instance=instance, raise_on_error=False)
    assert done.success == passed
    told = sorted(to[0] for to, _ in office.letters)
    assert told == (["a@example.org"] if passed else ["a@example.org", "ops@example.org"])
    ran = {event.step_key for event in done.all_events if event.is_step_success}
    assert any("alerts" in str(key) for key in ran) == passed


def test_broken_contracts_are_told_by_a_refresh(
    home: Home, office: PostOffice, tambon: Tambon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(home, mail_config(office.port))
    folder = tmp_path / "more" / "broken"
    folder.mkdir(parents=True)
    (folder / "agency.yml").write_text("code: nope\n", encoding="utf-8")
    monkeypatch.setenv("TAMBON_AGENCIES", str(folder.parent))
    result = tambon(home, "refresh", "--quiet")
    assert result.exit_code == 0, result.output
    told = [letter.get_body().get_content() for to, letter in office.letters if to == ["ops@example.org"]]  # type: ignore[union-attr]
    assert len(told) == 1
    assert "broken/agency" in told[0]


# ---- the command line ----


def test_check_preview_send_and_test(home: Home, office: PostOffice, tambon: Tambon) -> None:
    assert tambon(home, "alerts", "check").exit_code == 2
    write_config(home, mail_config(office.port))
    assert "a@example.org" in tambon(home, "alerts", "check").output
    assert tambon(home, "alerts", "preview").exit_code == 2
    save_build(home, add_build(home, 1, dq_finding=[finding("a"), finding("c", "cdd")]))
    shown = tambon(home, "alerts", "preview", "--agency", "nvf").output
    assert "Subject: " in shown
    assert "เซลล์ที่อ่านไม่ได้" in shown
    assert "cdd@example.org" not in shown
    assert "<h2>" in tambon(home, "alerts", "preview", "--agency", "nvf", "--html").output
    assert "would send" in tambon(home, "alerts", "send", "--dry-run").output
    assert office.letters == []
    assert "sent" in tambon(home, "alerts", "test", "--to", "nvf").output
    assert "ทดสอบ" in office.letters[0][1]["Subject"]
    assert tambon(home, "alerts", "test", "--to", "nvf", "--channel", "webhook").exit_code == 2
    assert tambon(home, "alerts", "send").exit_code == 0
    assert len(office.letters) == 3
    assert "Nothing changed" in tambon(home, "alerts", "preview").output
    assert "Nothing to send" in tambon(home, "alerts", "send").output
    config = load_config(home)
    assert config is not None


# ---- a real refresh ----


@pytest.mark.slow
def test_a_refresh_tells_what_came_with_it(
    published_home: Home, office: PostOffice, tmp_path: Path, tambon: Tambon
) -> None:
    home = copy_home(published_home, tmp_path / "home")
    write_config(home, mail_config(office.port))
    with working_in(home):
        assert tambon(home, "alerts", "send").exit_code == 0
        begun = len(office.letters)
        assert begun >= 2
        path = home.inbox / "codi" / "welfare_funds" / "2568_09_codi_synthetic.docx"
        path.write_bytes(b"PK")
        done = tambon(home, "refresh", "--quiet")
        assert done.exit_code == 0, done.output
    told = {tuple(to): letter for to, letter in office.letters[begun:]}
    plain = told["ops@example.org",].get_body(("plain",))
    assert plain
    assert "2568_09_codi_synthetic.docx" in plain.get_content()
    assert "ข้อมูลสังเคราะห์" in told["ops@example.org",]["Subject"]
    # Again with nothing new: silence.
    with working_in(home):
        assert "Nothing new" in tambon(home, "refresh", "--quiet").output
    assert len(office.letters) == begun + len(told)
