"""New and changed files of a folder on an SFTP server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from unicodedata import normalize

from ingest.contract.sources import Sftp
from ingest.fetch.job import Job, Task
from ingest.fetch.models import FetchFailed, Pulled
from ingest.fetch.tries import Tries
from ingest.landing.limits import MIB
from ingest.landing.names import is_litter, is_temporary, printable

if TYPE_CHECKING:
    from asyncssh import SFTPClient, SSHClientConnection, SSHKey
    from asyncssh.known_hosts import KnownHostsArg

_PIECE: Final = MIB
_FAREWELL_SECONDS: Final = 2.0
_REGULAR: Final = 1  # FILEXFER_TYPE_REGULAR
_T = TypeVar("_T")


@dataclass(frozen=True)
class _File:
    name: str
    size: int
    changed_at: int

    @property
    def seen(self) -> dict[str, str]:
        return {"size": str(self.size), "mtime": str(self.changed_at)}


def tasks(source: Sftp, job: Job, tries: Tries) -> list[Task]:
    """One task a file that was not taken before as it is now, oldest first. Raises FetchFailed."""
    if find_spec("asyncssh") is None:
        raise FetchFailed("driver_missing", kind="sftp", name="asyncssh")
    server = _Server(source, job)
    job.cleanup.callback(server.close)
    files = tries.call(lambda: server.run(server.list_files(), tries))
    if not files:
        raise FetchFailed("no_match", name=source.folder, host=source.host, wanted=source.pattern)
    new = [one for one in files if dict(job.seen.get(_origin(source, one.name), {})) != one.seen]
    return [_task(source, job, server, one) for one in new]


def _origin(source: Sftp, name: str) -> str:
    host = f"[{source.host}]" if ":" in source.host else source.host
    return f"sftp://{source.user}@{host}:{source.port}/{source.folder.strip('/')}/{printable(name)}"


def _task(source: Sftp, job: Job, server: _Server, file: _File) -> Task:
    def pull(path: Path, tries: Tries) -> Pulled:
        if file.size > job.max_bytes:
            raise FetchFailed("too_large", limit_mb=f"{job.max_bytes / MIB:,.1f}")
        tries.call(lambda: server.run(server.save(file, path), tries))
        return Pulled(normalize("NFC", file.name), file.seen)

    return Task(_origin(source, file.name), pull)


class _Server:
    """One connection, made when first needed and again after it was lost."""

    def __init__(self, source: Sftp, job: Job) -> None:
        self.source, self.job = source, job
        self._loop = asyncio.new_event_loop()
        self._connection: SSHClientConnection | None = None
        self._client: SFTPClient | None = None
        self._shown = "no key"

    def run(self, work: Coroutine[Any, Any, _T], tries: Tries) -> _T:
        """Do one attempt's work within the pull's time. Raises FetchFailed."""

        async def in_time() -> _T:
            task = asyncio.ensure_future(work)
            await asyncio.wait({task}, timeout=tries.left())
            if not task.done():
                task.cancel()  # not waited for: a server that hangs can make even that last
                self._drop()
                raise tries.too_slow()
            return task.result()

        try:
            return self._loop.run_until_complete(in_time())
        except FetchFailed:
            raise
        except Exception as error:
            self._drop()
            raise self._failure(error) from error

    def close(self) -> None:
        """End the connection, without waiting for a server that does not answer."""
        self._drop()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left, timeout=_FAREWELL_SECONDS))
        self._loop.close()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.abort()
        self._connection = self._client = None

    async def _open(self) -> SFTPClient:
        if self._client is None:
            async with asyncio.timeout(self.source.connect_seconds):
                self._connection = await self._connect()
                # Names in other encodings stay as they are, to be told rather than to fail.
                self._client = await self._connection.start_sftp_client(
                    path_encoding="utf-8", path_errors="surrogateescape"
                )
        return self._client

    async def _connect(self) -> SSHClientConnection:
        import asyncssh

        server, source = self, self.source

        class KnownByFingerprint(asyncssh.SSHClient):
            def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
                server._shown = key.get_fingerprint()
                return server._shown.rstrip("=") in {one.rstrip("=") for one in source.host_key}

        return await asyncssh.connect(
            source.host,
            source.port,
            username=source.user,
            client_factory=KnownByFingerprint,
            known_hosts=self._known_hosts(),
            client_keys=self._keys(),
            password=self.job.secrets.get(source.password_env) if source.password_env else None,
            # Nothing of the account that runs this: no ~/.ssh/config, no agent, no keys lying about.
            config=None,
            agent_path=None,
            gss_host=None,
            login_timeout=source.connect_seconds,
            keepalive_interval=15,
            keepalive_count_max=3,
        )

    def _known_hosts(self) -> KnownHostsArg:
        import asyncssh

        env = self.source.known_hosts_env
        if not env:
            return [], [], []  # none: the fingerprint decides
        try:
            return asyncssh.read_known_hosts(self.job.secrets.get(env))
        except (OSError, ValueError) as error:
            raise FetchFailed(
                "bad_secret",
                name=env,
                detail_th="อ่านไฟล์ known_hosts ไม่ได้",
                detail_en="the known_hosts file cannot be read",
            ) from error

    def _keys(self) -> Sequence[SSHKey] | None:
        import asyncssh

        env = self.source.key_file_env
        if not env:
            return None
        phrase = self.job.secrets.get(self.source.passphrase_env) if self.source.passphrase_env else None
        try:
            return [asyncssh.read_private_key(self.job.secrets.get(env), phrase)]
        except (OSError, ValueError) as error:  # KeyImportError and KeyEncryptionError are ValueErrors
            raise FetchFailed(
                "bad_secret",
                name=env,
                detail_th="อ่านไฟล์กุญแจส่วนตัวไม่ได้",
                detail_en="the private key file cannot be read",
            ) from error

    async def list_files(self) -> list[_File]:
        """Regular files whose name fits, oldest first; temporary and hidden names are left out."""
        client = await self._open()
        found: list[_File] = []
        number = 0
        async with asyncio.timeout(self.source.read_seconds):
            # To its end, even where there are too many: a listing that is broken off waits for the server's consent.
            async for entry in client.scandir(self.source.folder):
                name, status = str(entry.filename), entry.attrs
                unfit = is_temporary(name) or is_litter(name) or "/" in name
                fits = fnmatchcase(normalize("NFC", name), normalize("NFC", self.source.pattern))
                if status.type != _REGULAR or unfit or not fits:
                    continue
                number += 1
                if number <= self.source.max_files:
                    found.append(_File(name, int(status.size or 0), int(status.mtime or 0)))
        if number > self.source.max_files:
            raise FetchFailed("too_many_files", limit=f"{self.source.max_files:,}")
        return sorted(found, key=lambda one: (one.changed_at, one.name))

    async def save(self, file: _File, path: Path) -> None:
        """Copy a file; FetchFailed(changing) where it is not, before and after, as it was listed."""
        client = await self._open()
        remote = f"{self.source.folder.rstrip('/')}/{file.name}"
        seconds = self.source.read_seconds
        size = 0
        async with asyncio.timeout(seconds):
            opened = await client.open(remote, "rb")
        try:
            with path.open("wb") as local:
                while True:
                    async with asyncio.timeout(seconds):
                        piece = cast(bytes, await opened.read(_PIECE))
                    if not piece:
                        break
                    size += len(piece)
                    if size > self.job.max_bytes:
                        raise FetchFailed("too_large", limit_mb=f"{self.job.max_bytes / MIB:,.1f}")
                    local.write(piece)
            async with asyncio.timeout(seconds):
                after = await client.lstat(remote)
        finally:
            async with asyncio.timeout(seconds):
                await opened.close()
        if (size, after.size, int(after.mtime or 0)) != (file.size, file.size, file.changed_at):
            raise FetchFailed("changing", name=printable(file.name))

    def _failure(self, error: Exception) -> FetchFailed:
        import asyncssh

        host = self.source.host
        if isinstance(error, asyncssh.HostKeyNotVerifiable):
            return FetchFailed("host_key", host=host, detail_en=self._shown)
        if isinstance(error, asyncssh.PermissionDenied):
            return FetchFailed("sftp_denied", host=host, user=self.source.user)
        if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPPermissionDenied):
            return FetchFailed("no_folder", host=host, name=self.source.folder)
        if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
            return FetchFailed("cut_off", retry=True, host=host)
        if isinstance(error, asyncssh.SFTPError | asyncssh.ChannelOpenError):
            told = " ".join(str(error.reason).split())[:200]
            return FetchFailed("sftp_error", host=host, detail_en=self.job.secrets.clean(told))
        if isinstance(error, socket.gaierror):
            return FetchFailed("unknown_host", retry=True, host=host)
        if isinstance(error, TimeoutError):
            return FetchFailed("timeout", retry=True, host=host, seconds=f"{self.source.read_seconds:g}")
        if isinstance(error, asyncssh.KeyExchangeFailed | asyncssh.ProtocolNotSupported):
            return FetchFailed("sftp_error", host=host, detail_en="no common way of encryption")
        if isinstance(error, asyncssh.DisconnectError | OSError):
            return FetchFailed("unreachable", retry=True, host=host)
        raise error
