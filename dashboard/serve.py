"""`tambon serve`: the pages of the current release over HTTP, read only.

Any web server can serve `releases/current/site/`; this one is for a planner's own machine or behind a proxy that asks
who is there. It binds to loopback, answers to its own names only, sends a strict content-security policy, and goes on
through a swap.
"""

from __future__ import annotations

import gzip
import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from dashboard import serve_pages
from dashboard.served import SITE, Found, NeedsSlash, Served
from ingest.home import Home

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("style", "img", "font", "script", "connect")),
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Pages bring no style, script or picture inside themselves, and nothing from another host."""
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_PARTS: Final = ("text/css", "text/javascript", "font/")
"""Never a page of their own: what only a page heeds is left out, half a kilobyte each time on a slow link."""
_PART_HEADERS: Final = {
    name: SECURITY_HEADERS[name] for name in ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")
}
CONTENT_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet",
    ".zip": "application/zip",
}
_SQUEEZED: Final = (
    "text/",
    "application/json",
    "application/manifest+json",
    "application/xml",
    "image/svg+xml",
)
# Shown in the browser; everything else is saved as a file.
_SHOWN: Final = (
    "text/html",
    "text/css",
    "text/javascript",
    "text/plain",
    "image/",
    "font/",
    "application/json",
)
IN_ONE_PIECE: Final = 2 * 1024 * 1024
"""Bytes up to which a file is read whole, hashed for its ETag and compressed; larger ones are streamed."""
_CHUNK: Final = 256 * 1024
_WORTH_SQUEEZING: Final = 512
_RANGE: Final = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")
DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8080
_MAX_CONNECTIONS: Final = 512


def is_loopback(host: str) -> bool:
    """True for an address or name that only this machine reaches."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(header: str) -> str:
    """The host in a Host header, lower case, without port and brackets; "" where it is none."""
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]/@\s]+))(?::\d{1,5})?", header.strip())
    return (match[1] or match[2]).lower().rstrip(".") if match else ""


def create_app(home: Home, *, allowed_hosts: Sequence[str] | None = None) -> Starlette:
    """The server's application. `allowed_hosts`: further names that it answers to; None = any.

    Loopback names are always allowed: a page of another site whose name was pointed at this machine is not.
    """
    from starlette.applications import Starlette
    from starlette.routing import Route

    served = Served(home)
    allowed = None if allowed_hosts is None else {host_of(name) or name.lower() for name in allowed_hosts}

    # A plain function: Starlette runs it in a thread, so that reading a file holds no other request up.
    def answer(request: Request) -> Response:
        response = _answer(served, request, allowed)
        kind = response.headers.get("Content-Type", "")
        response.headers.update(_PART_HEADERS if kind.startswith(_PARTS) else SECURITY_HEADERS)
        return response

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
    return Starlette(routes=[Route("/{path:path}", answer, methods=methods)])


def _answer(served: Served, request: Request, allowed: set[str] | None) -> Response:
    host = host_of(request.headers.get("host", ""))
    if allowed is not None and not (is_loopback(host) or host in allowed):
        return _page(serve_pages.WRONG_HOST, 421)
    if request.method not in ("GET", "HEAD"):
        return _page(serve_pages.WRONG_METHOD, 405, {"Allow": "GET, HEAD"})
    folders = served.folders()
    path = request.scope["path"]
    try:
        found = served.open(path, folders)
        if found is None and (again := served.folders()) != folders:
            # A swap, and the older release pruned, between looking and opening.
            folders = again
            found = served.open(path, folders)
    except NeedsSlash:
        from starlette.responses import RedirectResponse

        # Relative, so that it holds behind any proxy, and leads nowhere else whatever the path says.
        return RedirectResponse(f"./{path.rsplit('/', 1)[-1]}/", 308)
    if found is not None:
        return _file(found, request)
    if not folders:
        return _page(serve_pages.NOTHING_YET, 503, {"Retry-After": "60"})
    if path == "/" and not any((folder / SITE).is_dir() for folder in folders):
        return _page(serve_pages.NO_SITE, 503, {"Retry-After": "60"})
    english = served.open("/en/404.html", folders) if path.startswith("/en/") else None
    own = english or served.open("/404.html", folders)
    if own is None:
        return _page(serve_pages.NOT_FOUND, 404)
    with own.handle:
        return _page(own.handle.read(IN_ONE_PIECE), 404)


def _page(content: bytes, status: int, headers: Mapping[str, str] | None = None) -> Response:
    from starlette.responses import Response

    return Response(
        content,
        status,
        {"Content-Type": CONTENT_TYPES[".html"], "Cache-Control": "no-store", **(headers or {})},
    )


def _file(found: Found, request: Request) -> Response:
    """One file as an answer: whole or in part, compressed, or only "you have it already"."""
    from starlette.responses import Response, StreamingResponse

    kind = CONTENT_TYPES.get(PurePosixPath(found.name).suffix.lower(), "application/octet-stream")
    headers = {
        "Content-Type": kind,
        "Cache-Control": "public, max-age=31536000, immutable" if found.is_hashed else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if found.is_download or not (kind.startswith(_SHOWN) or kind == CONTENT_TYPES[".pdf"]):
        headers["Content-Disposition"] = "attachment"
    squeeze = (
        kind.startswith(_SQUEEZED)
        and _WORTH_SQUEEZING <= found.size <= IN_ONE_PIECE
        and _takes_gzip(request.headers.get("accept-encoding", ""))
    )
    if found.size <= IN_ONE_PIECE:
        with found.handle:
            content = found.handle.read(IN_ONE_PIECE)
        stamp = hashlib.sha256(content).hexdigest()[:32]
    else:
        stamp = hashlib.sha256(found.stamp.encode()).hexdigest()[:32]
    headers["ETag"] = f'"{stamp}{"-gz" if squeeze else ""}"'
    if _has_it(request.headers.get("if-none-match"), headers["ETag"]):
        found.handle.close()
        del headers["Content-Type"]
        return Response(None, 304, headers)
    if found.size <= IN_ONE_PIECE:
        if squeeze:
            content = gzip.compress(content, 9, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return Response(content, 200, headers)
    headers["Accept-Ranges"] = "bytes"
    start, end, status = _part(request, found.size, headers["ETag"])
    if status == 416:
        found.handle.close()
        return _page(serve_pages.NOT_FOUND, 416, {"Content-Range": f"bytes */{found.size}"})
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        found.handle.close()
        return Response(None, status, headers)
    return StreamingResponse(_chunks(found, start, end), status, headers)


def _chunks(found: Found, start: int, end: int) -> Iterator[bytes]:
    with found.handle as handle:
        handle.seek(start)
        while start < end and (chunk := handle.read(min(_CHUNK, end - start))):
            start += len(chunk)
            yield chunk


def _part(request: Request, size: int, etag: str) -> tuple[int, int, int]:
    """First byte, byte after the last, and status. One range is understood; anything else gets the whole file."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if not match or request.headers.get("if-range", etag) != etag:
        return 0, size, 200
    start = int(match[1])
    end = min(int(match[2]) + 1, size) if match[2] else size
    if match[2] and int(match[2]) < start:
        return 0, size, 200
    return (start, end, 206) if start < size else (0, size, 416)


def _takes_gzip(header: str) -> bool:
    for one in header.lower().split(","):
        name, _, options = one.strip().partition(";")
        if name.strip() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q=0(\.0{0,3})?\s*", options)
    return False


def _has_it(header: str | None, etag: str) -> bool:
    if header is None:
        return False
    return any(one.strip().removeprefix("W/") in (etag, "*") for one in header.split(","))


def serve(
    home: Home,
    *,
    host: str,
    port: int,
    allowed_hosts: Sequence[str] = (),
    log: bool = False,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until interrupted. `ready` is called once the port is ours.

    Bound to loopback it answers to loopback names and `allowed_hosts`; bound wider to any name, unless some are given.

    Raises:
        OSError: the address or port cannot be used.
    """
    import socket

    import uvicorn

    names = list(allowed_hosts) if allowed_hosts or is_loopback(host) else None
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # Bound here: uvicorn would print a traceback of its own where the port is taken.
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
        ready()
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(home, allowed_hosts=names),
                server_header=False,
                access_log=log,
                log_level="info" if log else "warning",
                proxy_headers=False,
                limit_concurrency=_MAX_CONNECTIONS,
                timeout_keep_alive=10,
                timeout_graceful_shutdown=5,
                ws="none",
                lifespan="off",
            )
        )
        server.run(sockets=[listener])
