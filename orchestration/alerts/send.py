"""The two channels: mail (SMTP) and webhook (HTTP POST). Each sends one message, or says in words why it could not."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import requests
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from ingest.fetch.messages import text_of
from ingest.fetch.models import FetchFailed
from ingest.fetch.secrets import Secrets
from ingest.fetch.tries import Tries, in_time
from ingest.fetch.web import USER_AGENT, Door
from orchestration.alerts.config import AlertsConfig, Mail, Route, check_url
from orchestration.alerts.message import Message
from orchestration.alerts.text import clean

_LONGEST_WAIT = 60.0
_TEMPORARY = range(400, 500)


class SendFailed(Exception):
    """A message was not sent. str() is Thai and English, without secrets; `retry`: another attempt may help."""

    def __init__(self, th: str, en: str, *, retry: bool = False) -> None:
        super().__init__(f"{th} · {en}")
        self.retry = retry


@dataclass(frozen=True)
class Receipt:
    """How a message went out: attempts used, and what the other side said beside yes."""

    attempts: int
    note: str = ""


def send(message: Message, route: Route, config: AlertsConfig) -> Receipt:
    """Send by the route's channel, again after errors that may pass.

    Raises:
        SendFailed: not sent, or not known to be.
    """
    tries = Tries(config)
    retrying = Retrying(
        retry=retry_if_exception(
            lambda error: isinstance(error, SendFailed) and error.retry and tries.left() > 0
        ),
        stop=stop_after_attempt(config.attempts),
        wait=wait_exponential_jitter(
            multiplier=config.wait_seconds, max=_LONGEST_WAIT, jitter=config.wait_seconds
        ),
        reraise=True,
    )
    secrets = Secrets()
    used = 0

    def attempt() -> str:
        nonlocal used
        used += 1
        with _told(secrets):
            if route.channel == "mail":
                assert config.mail is not None
                return _mail(message, route, config.mail, config, secrets)
            return _post(message, route, config, tries, secrets)

    note = retrying(attempt)
    return Receipt(attempts=used, note=note)


@contextmanager
def _told(secrets: Secrets) -> Iterator[None]:
    """Errors of the tools in words; secrets are cut out of what servers say."""
    try:
        yield
    except SendFailed:
        raise
    except FetchFailed as error:
        text = text_of(error.code, error.values)
        raise SendFailed(text.message_th, text.message_en, retry=error.retry) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise SendFailed(
            "เครื่องแม่ข่ายอีเมลไม่รับที่อยู่ผู้รับทั้งหมด",
            "the mail server refuses every recipient",
            retry=all(code in _TEMPORARY for code in codes),
        ) from None
    except smtplib.SMTPAuthenticationError:
        raise SendFailed(
            "เข้าสู่ระบบเครื่องแม่ข่ายอีเมลไม่ได้ ตรวจตัวแปรใน user_env และ password_env",
            "the mail server refuses the login: see the variables of user_env and password_env",
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise SendFailed(
            "เครื่องแม่ข่ายอีเมลไม่รองรับ STARTTLS หรือการล็อกอิน ตรวจ security ใน alerts.yml",
            "the mail server offers no STARTTLS or login: see security in alerts.yml",
        ) from None
    except smtplib.SMTPResponseException as error:
        said = clean(secrets.clean(_words(error.smtp_error)), 200)
        raise SendFailed(
            f"เครื่องแม่ข่ายอีเมลไม่รับข้อความ: {error.smtp_code} {said}",
            f"the mail server refuses the message: {error.smtp_code} {said}",
            retry=error.smtp_code in _TEMPORARY,
        ) from None
    except ssl.SSLCertVerificationError:
        raise SendFailed(
            "ใบรับรองของเครื่องแม่ข่ายไม่น่าเชื่อถือ", "the server's certificate cannot be trusted"
        ) from None
    except (smtplib.SMTPException, requests.RequestException, OSError, ValueError) as error:
        if _is_certificate(error):
            raise SendFailed(
                "ใบรับรองของเครื่องแม่ข่ายไม่น่าเชื่อถือ", "the server's certificate cannot be trusted"
            ) from None
        raise SendFailed(
            f"ติดต่อเครื่องแม่ข่ายไม่ได้ ({type(error).__name__})",
            f"the server cannot be reached ({type(error).__name__})",
            retry=True,
        ) from None


def _words(said: object) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _is_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def mail_of(message: Message, to: tuple[str, ...], mail: Mail, when: datetime) -> EmailMessage:
    """The message as mail. Headers cannot be broken out of: the parts are cleaned, and the library refuses line breaks."""
    letter = EmailMessage(policy=SMTP)
    user, _, domain = mail.sender.rpartition("@")
    letter["From"] = Address(clean(mail.sender_name), user, domain)
    letter["To"] = tuple(Address("", *one.rsplit("@", 1)) for one in to)
    letter["Subject"] = clean(message.subject)
    letter["Date"] = format_datetime(when)
    letter["Message-ID"] = f"<{hashlib.sha256(message.key.encode()).hexdigest()[:32]}@{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    letter["X-Tambon-Build"] = clean(message.build_id) or "-"
    letter.set_content(message.text, charset="utf-8", cte="base64")
    letter.add_alternative(message.html, subtype="html", charset="utf-8", cte="base64")
    return letter


def _mail(message: Message, route: Route, mail: Mail, config: AlertsConfig, secrets: Secrets) -> str:
    user = secrets.get(mail.user_env) if mail.user_env else None
    password = secrets.get(mail.password_env) if mail.password_env else None
    trust = ssl.create_default_context(cafile=str(mail.ca_file) if mail.ca_file else None)
    name = mail.sender.rpartition("@")[2]
    server: smtplib.SMTP
    if mail.security == "ssl":
        server = smtplib.SMTP_SSL(
            mail.host, mail.port, local_hostname=name, timeout=config.timeout_seconds, context=trust
        )
    else:
        server = smtplib.SMTP(mail.host, mail.port, local_hostname=name, timeout=config.timeout_seconds)
    with server:
        if mail.security == "starttls":
            server.starttls(context=trust)
        if user is not None and password is not None:
            server.login(user, password)
        letter = mail_of(message, route.to, mail, datetime.now(UTC))
        refused = server.send_message(letter, mail.sender, list(route.to))
    return f"refused: {', '.join(sorted(refused))}" if refused else ""


def signature(secret: str, stamp: str, body: bytes) -> str:
    """What X-Tambon-Signature holds: HMAC-SHA256 of `<X-Tambon-Timestamp>.<body>` under the shared secret."""
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _post(message: Message, route: Route, config: AlertsConfig, tries: Tries, secrets: Secrets) -> str:
    webhook = route.webhook
    assert webhook is not None
    url = webhook.url or secrets.get(webhook.url_env or "")
    if webhook.url is None:
        try:
            check_url(url, allow_private=webhook.allow_private)
        except ValueError as error:
            th, _, en = str(error).partition(" · ")
            raise SendFailed(f"{webhook.url_env}: {th}", f"{webhook.url_env}: {en}") from None
    body = json.dumps(message.payload, ensure_ascii=False).encode()
    stamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": USER_AGENT,
        "X-Tambon-Event": str(message.payload["event"]),
        "X-Tambon-Delivery": str(message.payload["id"]),
        "X-Tambon-Timestamp": stamp,
    }
    if webhook.secret_env:
        headers["X-Tambon-Signature"] = signature(secrets.get(webhook.secret_env), stamp, body)
    with in_time(tries) as cutter, requests.Session() as session:
        door = Door(cutter)
        # Judged by the address that is really connected to: a name may lead anywhere by then.
        door.only_public = not webhook.allow_private
        session.mount("http://", door)
        session.mount("https://", door)
        session.auth = _as_it_is  # no password from a .netrc file
        try:
            response = session.post(
                url,
                data=body,
                headers=headers,
                timeout=(config.timeout_seconds, config.timeout_seconds),
                allow_redirects=False,
                stream=True,
            )
        except FetchFailed as error:
            if error.code != "redirect_refused":
                raise
            raise SendFailed(
                "ที่อยู่ของ webhook อยู่ในเครือข่ายภายใน (อนุญาตได้ด้วย allow_private: true)",
                "the webhook's address lies inside a private network (allow_private: true permits it)",
            ) from None
        with response:
            status = response.status_code
    if 200 <= status < 300:
        return ""
    raise SendFailed(
        f"ปลายทางของ webhook ตอบ {status}",
        f"the webhook's server answers {status}",
        retry=status in (408, 425, 429) or status >= 500,
    )


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
