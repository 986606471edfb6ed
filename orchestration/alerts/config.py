"""`alerts.yml` of a home: who is told, and how. Secrets stand in environment variables that it names."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from expectations.catalogue.model import Severity
from ingest.contract import ContractError
from ingest.contract.kept import usable_contracts
from ingest.contract.load import Contracts, load_agencies, read_model
from ingest.fetch.guard import split
from ingest.fetch.models import FetchFailed
from ingest.home import Home

Channel = Literal["mail", "webhook"]
OPERATORS = "operators"
"""Stands where an agency's code stands, for those who run the warehouse."""


def _address(text: str) -> str:
    try:
        parsed = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError):
        parsed = None
    if (
        not parsed
        or not parsed.username
        or not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", parsed.domain)
    ):
        raise ValueError(f"ไม่ใช่ที่อยู่อีเมล · not an e-mail address: {text!r}")
    return text


Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[!-~]+$"), AfterValidator(_address)]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]+$", max_length=253)]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=100)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mail(_Model):
    """The mail server."""

    host: Host
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "ssl", "none"] = "starttls"
    sender: Email
    sender_name: Line = "คลังข้อมูลกองทุนชุมชนระดับตำบล"
    user_env: Variable | None = None
    password_env: Variable | None = None
    ca_file: Path | None = Field(default=None, description="certificates of the office's own authority")

    @model_validator(mode="after")
    def _login_is_whole_and_encrypted(self) -> Mail:
        if (self.user_env is None) != (self.password_env is None):
            raise ValueError("ต้องมีทั้ง user_env และ password_env · user_env and password_env go together")
        if self.user_env and self.security == "none":
            raise ValueError(
                "ไม่ส่งรหัสผ่านโดยไม่เข้ารหัส: ใช้ security: starttls หรือ ssl · no password in clear: security: starttls or ssl"
            )
        return self


class Webhook(_Model):
    """Where a JSON message is posted. One of `url` and `url_env`: an address that is itself a secret stays out of the file."""

    url: str | None = None
    url_env: Variable | None = None
    secret_env: Variable | None = Field(default=None, description="key of the signature X-Tambon-Signature")
    allow_private: bool = Field(
        default=False, description="the address may lie inside the own network, and be http"
    )

    @model_validator(mode="after")
    def _one_good_address(self) -> Webhook:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("ต้องมี url หรือ url_env อย่างใดอย่างหนึ่ง · exactly one of url and url_env")
        if self.url is not None:
            check_url(self.url, allow_private=self.allow_private)
        return self


def check_url(url: str, *, allow_private: bool) -> None:
    """ValueError for an address that nothing is posted to. The address is not repeated: it may be a secret."""
    try:
        split(url)
    except FetchFailed:
        raise ValueError(
            "ที่อยู่ต้องเป็น https://… ไม่มีชื่อผู้ใช้ · the address must be https://…, without a user name"
        ) from None
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise ValueError("ที่อยู่มีช่องว่างหรืออักขระควบคุม · the address holds a blank or a control character")
    if urlsplit(url).scheme == "http" and not allow_private:
        raise ValueError(
            "ที่อยู่ต้องเป็น https:// (http ใช้ได้เฉพาะภายในเครือข่าย: allow_private: true)"
            " · the address must be https:// (http only inside your network: allow_private: true)"
        )


class Recipient(_Model):
    """Who is told for one agency. Without `email` the owners that its contracts name are written to."""

    email: tuple[Email, ...] = ()
    webhook: Webhook | None = None
    mute: bool = False


class AlertsConfig(_Model):
    """What `alerts.yml` holds."""

    mail: Mail | None = None
    operators: Recipient = Recipient()
    agencies: dict[str, Recipient] = {}
    contract_owners: bool = Field(
        default=True, description="write to the owners that contracts name where an agency has no email here"
    )
    severity: Severity = Field(default="info", description="findings below this are not told")
    items: Annotated[int, Field(ge=1, le=200)] = Field(
        default=15, description="lines of each list; the rest is counted"
    )
    site: str | None = Field(default=None, description="address of the pages, put into messages")
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    wait_seconds: Annotated[float, Field(ge=0, le=300)] = 5.0
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 20.0
    max_seconds: Annotated[float, Field(gt=0, le=600)] = 90.0

    @model_validator(mode="after")
    def _mail_has_a_server(self) -> AlertsConfig:
        if self.mail is None and any(one.email for one in (self.operators, *self.agencies.values())):
            raise ValueError("มีที่อยู่อีเมลแต่ไม่มี mail: · there are e-mail addresses, but no mail: section")
        if self.site is not None:
            check_url(self.site, allow_private=True)
        return self


class Route(_Model):
    """One way to one recipient. `who` is an agency's code, or `operators`."""

    who: str
    channel: Channel
    to: tuple[str, ...] = ()
    webhook: Webhook | None = None

    @property
    def shown(self) -> str:
        """The recipient without what may be secret: an address's path and query are left out."""
        if self.channel == "mail":
            return ", ".join(self.to)
        assert self.webhook is not None
        if self.webhook.url is None:
            return f"${self.webhook.url_env}"
        parts = urlsplit(self.webhook.url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}/…"


def load_config(home: Home) -> AlertsConfig | None:
    """The home's `alerts.yml`; None where there is none.

    Raises:
        ContractError: with file, line and what is allowed.
    """
    path = home.alerts_file
    if not path.exists():
        return None
    try:
        config = read_model(path, AlertsConfig)
    except OSError as error:
        raise ContractError(((path, 1, f"อ่านไม่ได้ · cannot be read: {error.strerror}"),)) from error
    try:
        known = load_agencies()
    except ContractError:
        return config  # told by every command; the operators must be told of it too
    unknown = sorted(set(config.agencies) - set(known))
    if unknown:
        raise ContractError(
            tuple(
                (
                    path,
                    _line_of_key(path, code),
                    f"agencies.{code}: ไม่มีหน่วยงานนี้ · no such agency; known: {', '.join(sorted(known))}",
                )
                for code in unknown
            )
        )
    return config


def _line_of_key(path: Path, key: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(
        (n for n, line in enumerate(lines, 1) if re.match(rf"\s+['\"]?{re.escape(key)}['\"]?\s*:", line)), 1
    )


def routes(home: Home, config: AlertsConfig, *, synthetic: bool) -> list[Route]:
    """Every way to every recipient: agencies by code, then the operators.

    Owners that contracts name are never written to from a home of synthetic data: they would take it for theirs.
    """
    found: list[Route] = []
    usable = usable_contracts(home)
    for code in sorted(usable.agencies):
        recipient = config.agencies.get(code, Recipient())
        if recipient.mute:
            continue
        emails = recipient.email
        if not emails and config.contract_owners and config.mail and not synthetic:
            emails = owners(usable.contracts, code)
        found += _routes_of(code, emails, recipient.webhook)
    return [*found, *operator_routes(config)]


def operator_routes(config: AlertsConfig) -> list[Route]:
    """Every way to the operators; looks at no contract, which may be what is broken."""
    who = config.operators
    return [] if who.mute else _routes_of(OPERATORS, who.email, who.webhook)


def _routes_of(who: str, emails: tuple[str, ...], webhook: Webhook | None) -> list[Route]:
    ways = [Route(who=who, channel="mail", to=emails)] if emails else []
    return [*ways, *([Route(who=who, channel="webhook", webhook=webhook)] if webhook else [])]


def owners(contracts: Contracts, agency_code: str) -> tuple[str, ...]:
    """E-mail addresses of the owners of an agency's feeds, each once; what is none is left out."""
    named = [
        contract.owner.email
        for contract in contracts.values()
        if contract.agency_code == agency_code and contract.owner.email
    ]
    good = []
    for one in dict.fromkeys(named):
        try:
            good.append(_address(one))
        except ValueError:
            continue
    return tuple(good)
