"""Real servers for the tests of ways in: Postgres, MariaDB, OpenSSH, and a web site that also misbehaves on request.

Each listens on loopback at a port that was free, runs as an ordinary user (never root), keeps its files in one folder and is
stopped with its whole process group at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, urlsplit

import pytest

from ingest.contract import AGENCIES, Contract
from ingest.contract.load import load_contract

START_SECONDS = 60
SYSTEM_TABLES = ("system_tables", "performance_tables", "system_tables_data")
HOW_TO_GET = "`sh scripts/test-servers.sh` installs it on Debian"


# ---- contracts ----


def contract_with(folder: Path, *sources: dict[str, object], feed: str = "nesdc/population") -> Contract:
    """A shipped contract with these sources instead of its own, read from a file in `folder`."""
    import yaml

    agency, name = feed.split("/")
    target = folder / "agencies" / agency
    target.mkdir(parents=True, exist_ok=True)
    content = yaml.safe_load((AGENCIES / agency / f"{name}.yml").read_text(encoding="utf-8"))
    content["sources"] = list(sources)
    path = target / f"{name}.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return load_contract(path)


# ---- processes ----


def program(name: str) -> str | None:
    """Path of a server's program, also where it is not on the PATH."""
    places = [Path("/usr/sbin"), Path("/usr/local/sbin"), Path("/opt/homebrew/bin")]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name) or next((str(p / name) for p in places if (p / name).exists()), None)


def needed(*names: str) -> list[str]:
    """Paths of programs; the test is skipped, saying why, where one is not installed."""
    found = {name: program(name) for name in names}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed; {HOW_TO_GET}")
    return [path for path in found.values() if path is not None]


def server_user() -> str:
    """Who runs the servers: us, or nobody where we are root (Postgres refuses root, and so it should)."""
    return "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def _as_user() -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(server_user())
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def server_folder() -> Iterator[Path]:
    """A folder that the servers' user may write to and reach (pytest's own is closed to other users)."""
    folder = Path(tempfile.mkdtemp(prefix="tambon-server-"))
    try:
        if os.geteuid() == 0:
            account = pwd.getpwnam(server_user())
            os.chown(folder, account.pw_uid, account.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(*command: str, folder: Path, stdin: IO[bytes] | None = None) -> None:
    """Run a set-up command as the servers' user."""
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=stdin or subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **_as_user(),
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


@contextlib.contextmanager
def running(
    *command: str, folder: Path, ready: Callable[[], bool], stop: int = signal.SIGTERM
) -> Iterator[subprocess.Popen[bytes]]:
    """A server process until the end of the block."""
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    # Even a test run that is killed leaves no server behind, where the system can see to it.
    leash = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*leash, *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **_as_user(),
        )
    try:
        ends = time.monotonic() + START_SECONDS
        while not ready():
            told = (folder / "server.log").read_text(errors="replace")[-2000:]
            assert process.poll() is None, f"{command[0]} ended: {told}"
            assert time.monotonic() < ends, f"{command[0]} did not start: {told}"
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


def answers(port: int) -> bool:
    """True where somebody listens."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


# ---- databases ----


@dataclass(frozen=True)
class Database:
    """A database server; `dsn` may read only, `owner_dsn` may write."""

    dsn: str
    owner_dsn: str
    port: int
    process: subprocess.Popen[bytes]

    def do(self, *statements: str) -> None:
        """Run statements as the owner."""
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        url = self.owner_dsn.replace("postgresql:", "postgresql+psycopg:").replace("mysql:", "mysql+pymysql:")
        with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execution_options(no_parameters=True)  # a % is a percent sign
            for statement in statements:
                connection.exec_driver_sql(statement)


@contextlib.contextmanager
def postgres() -> Iterator[Database]:
    """A Postgres with users `owner` and `reader` (passwords `owner-pw`, `r3@der/pw`) and a database `funds`."""
    initdb, server = needed("initdb", "postgres")
    pytest.importorskip("psycopg", reason="the extra `sources` is not installed: psycopg is missing")
    with server_folder() as folder:
        (folder / "pw").write_text("owner-pw\n", encoding="utf-8")
        (folder / "pw").chmod(0o644)
        data, port = str(folder / "data"), free_port()
        options = ["-U", "owner", "--pwfile", str(folder / "pw"), "-A", "scram-sha-256", "-E", "UTF8"]
        run(initdb, "-D", data, *options, "--locale=C", "--no-sync", folder=folder)
        command = [server, "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1"]
        command += ["-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "shared_buffers=16MB"]
        with running(*command, folder=folder, ready=lambda: answers(port), stop=signal.SIGINT) as process:
            first = Database("", f"postgresql://owner:owner-pw@127.0.0.1:{port}/postgres", port, process)
            ends = time.monotonic() + START_SECONDS
            while True:
                try:
                    first.do("CREATE DATABASE funds", "CREATE ROLE reader LOGIN PASSWORD 'r3@der/pw'")
                    break
                except Exception:  # it listens before it serves
                    if time.monotonic() > ends:
                        raise
                    time.sleep(0.2)
            yield Database(
                f"postgresql://reader:r3%40der%2Fpw@127.0.0.1:{port}/funds",
                f"postgresql://owner:owner-pw@127.0.0.1:{port}/funds",
                port,
                process,
            )


@contextlib.contextmanager
def mariadb() -> Iterator[Database]:
    """A MariaDB with users `owner` and `reader` and a database `funds`."""
    (server,) = needed("mariadbd")
    scripts = Path("/usr/share/mysql")
    if not (scripts / "mysql_system_tables.sql").exists():
        pytest.skip("MariaDB's system tables are not in /usr/share/mysql")
    pytest.importorskip("pymysql", reason="the extra `sources` is not installed: pymysql is missing")
    with server_folder() as folder:
        data, port = str(folder / "data"), free_port()
        init = folder / "init.sql"
        init.write_text(
            "CREATE DATABASE funds CHARACTER SET utf8mb4;\n"
            "CREATE USER owner@'127.0.0.1' IDENTIFIED BY 'owner-pw';\n"
            "GRANT ALL ON *.* TO owner@'127.0.0.1' WITH GRANT OPTION;\n"
            "CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'r3@der/pw';\n"
            "GRANT SELECT ON funds.* TO reader@'127.0.0.1';\n",
            encoding="utf-8",
        )
        init.chmod(0o644)
        # What mariadb-install-db does, which Debian's server package cannot run without the client's.
        tables = "".join((scripts / f"mysql_{name}.sql").read_text("utf-8") for name in SYSTEM_TABLES)
        setup = folder / "setup.sql"
        setup.write_text(
            "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL, @current_hostname='localhost', "
            f"@skip_auth_anonymous=1;\n{tables}",
            encoding="utf-8",
        )
        setup.chmod(0o644)
        run("mkdir", data, folder=folder)
        with setup.open("rb") as script:
            run(server, "--no-defaults", f"--datadir={data}", "--bootstrap", folder=folder, stdin=script)
        command = [server, "--no-defaults", f"--datadir={data}", "--bind-address=127.0.0.1", f"--port={port}"]
        command += [f"--socket={folder}/s", f"--pid-file={folder}/pid", f"--init-file={init}"]
        command += [
            "--skip-name-resolve",
            "--innodb-buffer-pool-size=16M",
            "--innodb-flush-log-at-trx-commit=0",
        ]
        with running(*command, folder=folder, ready=lambda: answers(port)) as process:
            yield Database(
                f"mysql://reader:r3%40der%2Fpw@127.0.0.1:{port}/funds",
                f"mysql://owner:owner-pw@127.0.0.1:{port}/funds",
                port,
                process,
            )


# ---- SFTP ----


@dataclass(frozen=True)
class SftpServer:
    """An OpenSSH server that serves files by SFTP to one user with one key."""

    port: int
    user: str
    folder: Path
    key_file: Path
    other_key_file: Path
    fingerprint: str
    known_hosts: Path
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def sftp_server() -> Iterator[SftpServer]:
    """OpenSSH's own sshd with its internal-sftp."""
    sshd, keygen = needed("sshd", "ssh-keygen")
    with server_folder() as folder:
        for name in ("host", "user", "other"):
            run(keygen, "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name), folder=folder)
        files = folder / "files"
        run("mkdir", str(files), folder=folder)
        port = free_port()
        config = folder / "sshd_config"
        config.write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n"
            f"AuthorizedKeysFile {folder}/user.pub\nStrictModes no\nUsePAM yes\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nSubsystem sftp internal-sftp\nForceCommand internal-sftp\n"
            "AllowTcpForwarding no\nMaxStartups 100\n",
            encoding="utf-8",
        )
        config.chmod(0o644)
        listed = subprocess.run(
            [keygen, "-lf", f"{folder}/host.pub"], capture_output=True, text=True, check=True
        )
        public = (folder / "host.pub").read_text(encoding="utf-8").split()
        known = folder / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {public[0]} {public[1]}\n", encoding="utf-8")
        command = [sshd, "-D", "-e", "-f", str(config)]
        with running(*command, folder=folder, ready=lambda: answers(port)) as process:
            yield SftpServer(
                port,
                server_user(),
                files,
                folder / "user",
                folder / "other",
                listed.stdout.split()[1],
                known,
                process,
            )


# ---- HTTP ----


@dataclass
class Exchange:
    """One request and the way to answer it. `count` is how often this path was asked, this time included."""

    handler: BaseHTTPRequestHandler
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    count: int

    def send(self, status: int = 200, body: bytes | str = b"", **headers: str) -> None:
        """A whole, honest answer. Underscores of header names become hyphens."""
        data = body.encode() if isinstance(body, str) else body
        self.handler.send_response(status)
        for name, value in ({"Content_Length": str(len(data))} | headers).items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.write(data)

    def write(self, data: bytes) -> None:
        """Bytes as they are; the client may have gone."""
        with contextlib.suppress(OSError):
            self.handler.wfile.write(data)
            self.handler.wfile.flush()

    def json(self, value: object, status: int = 200) -> None:
        """A JSON answer."""
        self.send(
            status, json.dumps(value, ensure_ascii=False), Content_Type="application/json;charset=utf-8"
        )


Route = Callable[[Exchange], None]


@dataclass
class Site:
    """A web site whose pages are functions; keeps what it was asked."""

    host: str
    port: int
    scheme: str = "http"
    routes: dict[str, Route] = field(default_factory=dict)
    asked: list[Exchange] = field(default_factory=list)

    def url(self, path: str) -> str:
        """The full address of a path."""
        return f"{self.scheme}://{self.host}:{self.port}{path}"

    def count(self, path: str) -> int:
        """How often a path was asked."""
        return sum(one.path == path for one in self.asked)


@contextlib.contextmanager
def site(host: str = "127.0.0.1", certificate: Path | None = None) -> Iterator[Site]:
    """A web server in threads of this process; with a certificate file (key and certificate) over TLS."""
    import ssl

    counts: Counter[str] = Counter()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            with lock:
                counts[parts.path] += 1
                headers = {name.lower(): value for name, value in self.headers.items()}
                exchange = Exchange(self, parts.path, query, headers, counts[parts.path])
                here.asked.append(exchange)
            route = here.routes.get(parts.path)
            if route is None:
                exchange.send(404, "no such page")
            else:
                route(exchange)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *arguments: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            return  # clients that hang up are part of the tests

    try:
        server = Server((host, 0), Handler)
    except OSError as error:
        pytest.skip(f"cannot listen on {host}: {error}")
    here = Site(host, server.server_port)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        here.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
