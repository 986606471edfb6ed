"""Where a pull may be led. Addresses in a contract are trusted; those that a server names are not."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from ingest.fetch.models import FetchFailed

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _meant(address: _Address) -> Iterator[_Address]:
    """The address, and the IPv4 addresses that an IPv6 one may stand for."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        yield from (one for one in (address.ipv4_mapped, address.sixtofour) if one is not None)
        if address.teredo is not None:
            yield from address.teredo


def is_public(address: str) -> bool:
    """True for addresses of the public internet; False for loopback, private, link-local, reserved and multicast ones."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return all(one.is_global and not one.is_multicast for one in _meant(parsed))


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises FetchFailed(unknown_host)."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchFailed("unknown_host", retry=True, host=host) from error
    return [str(entry[4][0]) for entry in found]


def split(url: str) -> SplitResult:
    """The parts of an address to pull from. Raises FetchFailed(bad_address): not http(s), no host, a user name in it."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        raise FetchFailed("bad_address") from None
    if not good or parts.username is not None or parts.password is not None:
        raise FetchFailed("bad_address")
    return parts


def port_of(parts: SplitResult) -> int:
    """The port that is meant."""
    return parts.port or (443 if parts.scheme == "https" else 80)


def same_origin(one: str, other: str) -> bool:
    """True where scheme, host and port agree: only then do secrets go along."""
    first, second = split(one), split(other)
    return (first.scheme, first.hostname, port_of(first)) == (second.scheme, second.hostname, port_of(second))


def leads_to_public(url: str) -> bool:
    """True where a host has an address of the public internet."""
    parts = split(url)
    return any(is_public(one) for one in resolve(parts.hostname or "", port_of(parts)))


def check_step(came_from: str, to: str, *, from_public: bool, proxied: bool = False) -> None:
    """FetchFailed(redirect_refused) where a server may not send us: from https to http, from the internet to inside.

    With a proxy the names of the internet may be unknown here; then the proxy decides what it reaches.
    """
    host = split(to).hostname or ""
    if split(came_from).scheme == "https" and split(to).scheme == "http":
        raise FetchFailed(
            "redirect_refused",
            host=host,
            detail_th="จาก https ที่เข้ารหัสไปยัง http ที่ไม่เข้ารหัส",
            detail_en="from encrypted https to plain http",
        )
    if not from_public:
        return
    try:
        addresses = resolve(host, port_of(split(to)))
    except FetchFailed:
        if proxied:
            return
        raise
    if not all(is_public(one) for one in addresses):
        raise refused_inside(host)


def refused_inside(host: str) -> FetchFailed:
    """What ends a pull that a server on the internet leads to an address inside."""
    return FetchFailed(
        "redirect_refused",
        host=host,
        detail_th="จากอินเทอร์เน็ตเข้าสู่เครือข่ายภายใน",
        detail_en="from the public internet to an internal address",
    )
