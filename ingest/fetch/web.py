"""HTTP for pulls: time-outs on everything, redirects looked at one by one, whole transfers or none."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ingest.contract.sources import Remote
from ingest.fetch import guard
from ingest.fetch.models import FetchFailed
from ingest.fetch.tries import Cutter, Tries, in_time, retry_after

MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_CHUNK: Final = 64 * 1024
_MIB: Final = 1024 * 1024
USER_AGENT: Final = "tambon-warehouse"


class Door(HTTPAdapter):
    """Lets the cutter know every connection, and turns away those that lead inside while `only_public` is set."""

    def __init__(self, cutter: Cutter) -> None:
        self.cutter = cutter
        self.only_public = False
        super().__init__(max_retries=0)

    def _classes(self, direct: bool) -> dict[str, Any]:
        door = self

        def look_at(sock: Any, host: str) -> Any:
            try:
                if direct and door.only_public and not guard.is_public(sock.getpeername()[0]):
                    raise guard.refused_inside(host)
                door.cutter.watch(sock.fileno())
            except BaseException:
                sock.close()
                raise
            return sock

        class Plain(HTTPConnection):
            def _new_conn(self) -> Any:
                return look_at(super()._new_conn(), self.host)

        class Encrypted(HTTPSConnection):
            def _new_conn(self) -> Any:
                return look_at(super()._new_conn(), self.host)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls = Encrypted

        return {"http": PlainPool, "https": EncryptedPool}

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        """The pools of direct connections."""
        super().init_poolmanager(*arguments, **more)
        self.poolmanager.pool_classes_by_scheme = self._classes(direct=True)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        """The pools of connections through the operator's proxy, whose own address may be an internal one."""
        manager = super().proxy_manager_for(proxy, **more)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = self._classes(direct=False)
        return manager


class Web:
    """One pull's HTTP session. Made by `browsing`."""

    def __init__(self, source: Remote, tries: Tries, cutter: Cutter) -> None:
        self.source, self.tries = source, tries
        self._door = Door(cutter)
        self._session = requests.Session()
        self._session.mount("http://", self._door)
        self._session.mount("https://", self._door)
        # No password from a .netrc file: secrets come from the variables that the contract names.
        self._session.auth = _as_it_is
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})

    def close(self) -> None:
        """End the session's connections."""
        self._session.close()

    @contextlib.contextmanager
    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        secret_headers: Mapping[str, str] | None = None,
        secret_query: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        named_by: str | None = None,
    ) -> Iterator[requests.Response]:
        """One attempt at an address: an answer with status 200 or 304, its body not read yet. Raises FetchFailed.

        `named_by`: the trusted address whose server named this one; it is then checked like a redirect. Secrets go to the origin
        they are meant for and nowhere else.
        """
        start = named_by or url
        from_public = self._is_public(start)
        if named_by:
            self._step(named_by, url, from_public)
        secret = dict(secret_headers or {}) if not named_by or guard.same_origin(named_by, url) else {}
        query = {**(params or {}), **(secret_query or {})}
        if (secret or secret_query) and guard.split(url).scheme == "http" and from_public:
            raise FetchFailed("secret_in_clear", host=guard.split(url).hostname)
        self._door.only_public = bool(named_by) and from_public
        for _ in range(MAX_REDIRECTS + 1):
            response = self._send(url, {**(headers or {}), **secret}, query)
            try:
                if response.status_code not in _REDIRECTS or "Location" not in response.headers:
                    check_status(response)
                    yield response
                    return
                target = urljoin(url, _location(response))
            finally:
                response.close()
            self._step(url, target, from_public)
            self._door.only_public = from_public
            if not guard.same_origin(url, target):
                secret = {}
            url, query = target, {}
        raise FetchFailed("too_many_redirects", limit=MAX_REDIRECTS)

    def _is_public(self, url: str) -> bool:
        try:
            return guard.leads_to_public(url)
        except FetchFailed:
            if self._proxied(url):
                return True
            raise

    def _proxied(self, url: str) -> bool:
        return bool(get_environ_proxies(url))

    def _step(self, came_from: str, to: str, from_public: bool) -> None:
        guard.check_step(came_from, to, from_public=from_public, proxied=self._proxied(to))

    def _send(self, url: str, headers: dict[str, str], query: dict[str, str]) -> requests.Response:
        self.tries.check()
        try:
            return self._session.get(
                url,
                headers=headers,
                params=query,
                stream=True,
                allow_redirects=False,
                timeout=(self.source.connect_seconds, self.source.read_seconds),
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise self._failure(error, url, "unreachable") from error

    def read(self, response: requests.Response, max_bytes: int) -> Iterator[bytes]:
        """The body in pieces. Raises FetchFailed: too large, cut off, silent for too long."""
        declared = response.headers.get("Content-Length", "")
        too_large = FetchFailed("too_large", limit_mb=f"{max_bytes / _MIB:,.1f}")
        if declared.isascii() and declared.isdigit() and int(declared) > max_bytes:
            raise too_large
        size = 0
        try:
            for piece in response.raw.stream(_CHUNK, decode_content=True):
                self.tries.check()
                size += len(piece)
                if size > max_bytes:
                    raise too_large
                yield piece
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise self._failure(error, response.url or "", "cut_off") from error
        chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
        if not size and not declared and not chunked:
            # Neither a length nor a byte: the connection ended among the headers.
            raise FetchFailed("cut_off", retry=True, host=guard.split(response.url or "").hostname)

    def save(self, response: requests.Response, path: Path, max_bytes: int) -> None:
        """Write the body to a file. Raises FetchFailed as `read` does."""
        with path.open("wb") as file:
            for piece in self.read(response, max_bytes):
                file.write(piece)

    def _failure(self, error: Exception, url: str, otherwise: str) -> FetchFailed:
        host = guard.split(url).hostname or ""
        seconds = f"{self.source.read_seconds:g}"
        causes = list(_causes(error))
        if any(isinstance(one, ssl.SSLCertVerificationError) for one in causes):
            return FetchFailed("tls", host=host)
        if any(isinstance(one, urllib3.exceptions.NameResolutionError) for one in causes):
            return FetchFailed("unknown_host", retry=True, host=host)
        refused = any(isinstance(one, urllib3.exceptions.NewConnectionError) for one in causes)
        # A refused connection counts as a kind of time-out there.
        if not refused and any(isinstance(one, urllib3.exceptions.ConnectTimeoutError) for one in causes):
            return FetchFailed("timeout", retry=True, host=host, seconds=f"{self.source.connect_seconds:g}")
        if any(
            isinstance(one, TimeoutError | urllib3.exceptions.ReadTimeoutError | requests.ReadTimeout)
            for one in causes
        ):
            return FetchFailed("timeout", retry=True, host=host, seconds=seconds)
        if isinstance(
            error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema | UnicodeError
        ):
            return FetchFailed("bad_address")
        return FetchFailed(otherwise, retry=True, host=host)


@contextlib.contextmanager
def browsing(source: Remote, tries: Tries) -> Iterator[Web]:
    """A session for one pull, whose connections are cut when the pull's time is over."""
    with in_time(tries) as cutter:
        web = Web(source, tries, cutter)
        try:
            yield web
        finally:
            web.close()


def check_status(response: requests.Response) -> None:
    """FetchFailed for every status but 200 and 304. Tried again: 408, 429 and 5xx."""
    status = response.status_code
    host = guard.split(response.url or "").hostname or ""
    if status in (200, 304):
        return
    wait = retry_after(response.headers.get("Retry-After"))
    if status == 429:
        asks = f", {wait:,.0f} s" if wait is not None else ""
        raise FetchFailed("rate_limited", retry=True, retry_after=wait, host=host, detail_en=asks)
    if status == 408 or status >= 500:
        raise FetchFailed("server_error", retry=True, retry_after=wait, host=host, status=status)
    code = {401: "denied", 403: "denied", 407: "denied", 404: "not_found", 410: "not_found"}.get(status)
    raise FetchFailed(code or "http_status", host=host, status=status)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _location(response: requests.Response) -> str:
    # Header bytes arrive as latin-1; an address in plain UTF-8 is what servers here mean.
    raw = response.headers["Location"]
    try:
        return raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return raw


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what lies under it: causes, reasons and wrapped errors."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        below = [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        waiting.extend(found for found in below if isinstance(found, BaseException))
