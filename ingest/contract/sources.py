"""Ways in: where a feed's files can be pulled from, beside the inbox. Declared under `sources` of a contract.

A contract is a file that many people read, so it holds no secret: it names the environment variable that does.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

SourceKind = Literal["bundled", "http", "ckan", "sql", "sftp"]

_SECRET_WORDS = (
    "password passwd passphrase pwd secret token apikey accesskey privatekey signature credential authorization cookie"
).split()
_SECRET_NAMES = {"key", "sig", "auth", "pass", "dsn"}
_WRITING_WORDS = re.compile(
    r"\b(insert|update|delete|merge|drop|alter|create|truncate|grant|revoke|copy|call|into)\b"
)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Seconds = Annotated[float, Field(gt=0, le=3600)]


def sounds_secret(name: str) -> bool:
    """True for names of headers and parameters that carry secrets: `api-key`, `access_token`, `sig` …"""
    plain = re.sub(r"[^a-z]", "", name.lower())
    return plain in _SECRET_NAMES or plain.endswith("key") or any(word in plain for word in _SECRET_WORDS)


def _environment_name(name: str) -> str:
    # The value is not repeated: what stands here by mistake may be the secret itself.
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{2,63}", name):
        raise ValueError(
            "must be the NAME of an environment variable (capitals, digits, _), never the secret itself"
        )
    return name


EnvironmentName = Annotated[str, AfterValidator(_environment_name)]


def _address(url: str) -> str:
    if any(char.isspace() or not char.isprintable() for char in url):
        raise ValueError("a URL holds no blanks or control characters")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("must start with https:// or http:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL must hold no user name or password; name environment variables instead")
    if parts.fragment:
        raise ValueError("a URL to pull from has no #fragment")
    secret = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if sounds_secret(name)]
    if secret:
        raise ValueError(
            f"parameter {secret[0]!r} looks like a secret; write it as secret_query: {{{secret[0]}: NAME_OF_VARIABLE}}"
        )
    return url


Url = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_address)]


def _file_name(name: str) -> str:
    if "/" in name or "\\" in name or not re.search(r"[^.]\.[a-z]{2,6}$", name.lower()):
        raise ValueError("must be a bare file name with its type, such as population_2568.csv")
    return name


FileName = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=150), AfterValidator(_file_name)
]


class _Source(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _no_literal_secret(cls, data: object) -> object:
        if isinstance(data, dict):
            for name in data:
                if isinstance(name, str) and name not in cls.model_fields and sounds_secret(name):
                    raise ValueError(
                        f"{name}: a contract holds no secret; give the name of an environment variable in "
                        f"one of: {', '.join(one for one in cls.model_fields if one.endswith('_env')) or 'none here'}"
                    )
        return data


class _Remote(_Source):
    """What every source over a network has. Times in seconds."""

    connect_seconds: Seconds = 10
    read_seconds: Seconds = Field(default=60, description="longest silence while data is awaited")
    max_seconds: Annotated[float, Field(gt=0, le=6 * 3600)] = Field(
        default=900, description="longest time for one file with all its attempts"
    )
    attempts: Annotated[int, Field(ge=1, le=10)] = 4
    wait_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        default=1, description="before the second attempt; doubles each time, with jitter"
    )
    max_mb: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="largest file in MiB; the operator's TAMBON_MAX_FILE_MB unless smaller"
    )


class Bundled(_Source):
    """A file that lies beside the contract; taken once, and again when its content changes."""

    attempts: ClassVar[int] = 1
    wait_seconds: ClassVar[float] = 1
    max_seconds: ClassVar[float] = 900
    max_mb: ClassVar[float | None] = None

    kind: Literal["bundled"]
    path: Text = Field(description="relative to the contract's folder")

    @property
    def label(self) -> str:
        """The source as logs and pages name it."""
        return f"bundled:{self.path}"

    @field_validator("path")
    @classmethod
    def _beside_the_contract(cls, value: str, info: ValidationInfo) -> str:
        parts = Path(value).parts
        if Path(value).is_absolute() or ".." in parts or "\\" in value:
            raise ValueError("path: must be relative and stay inside the contract's folder")
        folder = (info.context or {}).get("folder")
        if folder is not None:
            found = Path(folder, value).resolve()
            if not found.is_relative_to(Path(folder).resolve()) or not found.is_file():
                raise ValueError(f"path: no file {value!r} lies in the contract's folder")
        return value


class Http(_Remote):
    """A file at an address. ETag and Last-Modified are remembered, so an unchanged file is not sent again."""

    kind: Literal["http"]
    url: Url
    file_name: FileName | None = Field(default=None, description="unless the address or the server names it")
    headers: dict[Text, Text] = Field(default={}, description="fixed, harmless request headers")
    secret_headers: dict[Text, EnvironmentName] = Field(default={}, description="header → variable")
    secret_query: dict[Text, EnvironmentName] = Field(default={}, description="URL parameter → variable")

    @property
    def label(self) -> str:
        """The source as logs and pages name it."""
        return self.url

    @field_validator("headers", "secret_headers")
    @classmethod
    def _header_names(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
                raise ValueError(f"{name!r} is no header name")
            if name.lower() in {"host", "content-length", "transfer-encoding", "connection", "range"}:
                raise ValueError(f"header {name!r} is set by the program")
        return value

    @field_validator("headers")
    @classmethod
    def _harmless(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if sounds_secret(name) or re.match(r"(?i)(bearer|basic|token)\s", text):
                raise ValueError(
                    f"header {name!r} looks like a secret; write it under secret_headers with a variable's name"
                )
            if not text.isprintable() or not text.isascii():
                raise ValueError(f"header {name!r}: printable ASCII only")
        return value


class Ckan(_Remote):
    """A dataset of a CKAN portal (data.go.th): resources chosen by id or by a pattern of their names."""

    kind: Literal["ckan"]
    base_url: Url
    package: Text | None = Field(default=None, description="the dataset's name or id")
    resource: Text | None = Field(default=None, description="glob pattern of resource names; needs package")
    resource_id: Text | None = None
    via: Literal["file", "datastore", "dump"] = Field(
        default="file", description="the resource's own file, or its table by pages, or its table in one CSV"
    )
    page_rows: Annotated[int, Field(ge=1, le=32_000)] = 10_000
    max_rows: Annotated[int, Field(ge=1, le=5_000_000)] = 2_000_000
    file_name: FileName | None = Field(default=None, description="only where one resource is meant")
    api_key_env: EnvironmentName | None = None
    api_key_header: Literal["api-key", "Authorization", "X-CKAN-API-Key"] = "api-key"

    @property
    def label(self) -> str:
        """The source as logs and pages name it."""
        chosen = self.resource_id or f"{self.package}/{self.resource}"
        return f"ckan:{self.base_url.rstrip('/')}#{chosen} ({self.via})"

    @field_validator("package", "resource_id")
    @classmethod
    def _plain_id(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}", value):
            raise ValueError("must be an id or name as it stands in the portal's address")
        return value

    @model_validator(mode="after")
    def _which_resource(self) -> Self:
        if self.resource_id and self.resource:
            raise ValueError("give resource_id or resource, not both")
        if not self.resource_id and not (self.package and self.resource):
            raise ValueError("say which resource: resource_id, or package with resource (a name or pattern)")
        if self.file_name and self.resource and any(char in self.resource for char in "*?["):
            raise ValueError("file_name: a pattern may mean several resources, which need several names")
        return self


class Sql(_Remote):
    """The answer of one query on an agency's Postgres or MySQL/MariaDB, taken in a read-only transaction."""

    kind: Literal["sql"]
    dsn_env: EnvironmentName = Field(
        description="variable with the address: postgresql://user:password@host:5432/database, or mysql://…"
    )
    query: Text = Field(description="one SELECT; its column names are the file's headers")
    order_by: tuple[Text, ...] = Field(
        default=(),
        description="columns that come first in the order of rows; all others follow by themselves",
    )
    statement_seconds: Seconds = 300
    max_rows: Annotated[int, Field(ge=1, le=5_000_000)] = 2_000_000
    file_name: FileName | None = None

    @property
    def label(self) -> str:
        """The source as logs and pages name it."""
        return f"sql:${self.dsn_env}#{hashlib.sha256(self.query.encode()).hexdigest()[:8]}"

    @field_validator("query")
    @classmethod
    def _one_select(cls, value: str) -> str:
        # Only a first sieve, so that a slip is told at once. What holds is the read-only transaction.
        bare = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`", " '' ", value)
        if "--" in bare or "/*" in bare:
            raise ValueError("query: no comments; put them above the query in the YAML")
        if ";" in bare:
            raise ValueError("query: one statement without a semicolon")
        if not re.match(r"(?is)\s*\(*\s*(select|with)\b", bare):
            raise ValueError("query: must start with SELECT or WITH")
        if found := _WRITING_WORDS.search(bare.lower()):
            raise ValueError(
                f"query: {found[0].upper()} has no place in a query that only reads (quote it if it is a column)"
            )
        return value

    @field_validator("file_name")
    @classmethod
    def _is_csv(cls, value: str | None) -> str | None:
        if value is not None and not value.lower().endswith(".csv"):
            raise ValueError("file_name: a query's answer is kept as .csv")
        return value


class Sftp(_Remote):
    """New and changed files of a folder on an SFTP server whose host key is known beforehand."""

    kind: Literal["sftp"]
    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$")]
    port: Annotated[int, Field(ge=1, le=65_535)] = 22
    user: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}$")]
    folder: Text = "."
    pattern: Text = Field(default="*", description="glob pattern of file names")
    max_files: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    host_key: tuple[Annotated[str, StringConstraints(pattern=r"^SHA256:[A-Za-z0-9+/]{43}=?$")], ...] = Field(
        default=(), description="fingerprints as `ssh-keygen -lf` prints them"
    )
    known_hosts_env: EnvironmentName | None = Field(
        default=None, description="variable with the path of a known_hosts file"
    )
    password_env: EnvironmentName | None = None
    key_file_env: EnvironmentName | None = Field(
        default=None, description="variable with the private key file's path"
    )
    passphrase_env: EnvironmentName | None = None

    @property
    def label(self) -> str:
        """The source as logs and pages name it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"sftp://{self.user}@{host}:{self.port}/{self.folder.strip('/')}/{self.pattern}"

    @field_validator("pattern")
    @classmethod
    def _only_names(cls, value: str) -> str:
        if "/" in value:
            raise ValueError("pattern: of file names only; say the folder under folder")
        return value

    @model_validator(mode="after")
    def _who_and_whom(self) -> Self:
        if not self.host_key and not self.known_hosts_env:
            raise ValueError("the server must be known beforehand: give host_key or known_hosts_env")
        if not self.password_env and not self.key_file_env:
            raise ValueError("give key_file_env or password_env, naming the variable that holds it")
        return self


def _distinct(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    labels = [source.label for source in sources]
    twice = [label for label in labels if labels.count(label) > 1]
    if twice:
        raise ValueError(f"sources: {twice[0]} stands twice")
    return sources


Remote = Http | Ckan | Sql | Sftp
AnySource = Bundled | Http | Ckan | Sql | Sftp
Source = Annotated[AnySource, Field(discriminator="kind")]
Sources = Annotated[tuple[Source, ...], AfterValidator(_distinct)]
