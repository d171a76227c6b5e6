"""Documents at web addresses, fetched with care: bounded in size and time, and never from inside the network.

The address that was checked is the one that is connected to: a name that resolves to something public and then to
something private gains nothing. Redirects are followed one by one, each checked anew.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

import httpx

from core.errors import DocumentUnreadable
from ingest.store import Labels

MAX_BYTES = 100 * 1024 * 1024
SECONDS = 60.0
_STEP_SECONDS = 15.0
_REDIRECTS = 5
_AGENT = "cuadrilla-ingest"
_SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        "application/pdf": ".pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
        "text/csv": ".csv",
        "text/html": ".html",
        "application/xhtml+xml": ".html",
        "text/markdown": ".md",
        "text/plain": ".txt",
    }
)


def is_web_address(place: str) -> bool:
    """Does ``place`` look like a web address rather than a path?"""
    return place.lower().startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a fetch may go. ``private``: addresses inside the network are allowed too; ``inside``: of these hosts."""

    size: int = MAX_BYTES
    seconds: float = SECONDS
    private: bool = False
    inside: frozenset[str] = frozenset()


@dataclass(slots=True)
class WebItem:
    """A document at ``url``. Its ``name`` is settled by reading it: servers tell the format, addresses often do not."""

    url: str
    labels: Labels
    limits: Limits = field(default_factory=Limits)
    name: str = ""

    def __post_init__(self) -> None:
        self.name = self.name or PurePosixPath(unquote(urlsplit(self.url).path)).name or self.url

    @property
    def source(self) -> str:
        return self.url

    def read(self) -> bytes:
        """As :class:`ingest.sources.item.Source` says."""
        fetched = fetch(self.url, self.limits)
        self.name = fetched.name
        return fetched.data


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a web address gave, under a file name that says its format."""

    name: str
    data: bytes


def fetch(url: str, limits: Limits) -> Fetched:
    """What is at ``url``. Raises :class:`DocumentUnreadable`: ``forbidden_address``, ``unreachable``, ``too_large``,
    ``too_slow``."""
    deadline = time.monotonic() + limits.seconds
    with httpx.Client(trust_env=False, timeout=min(_STEP_SECONDS, limits.seconds)) as client:
        for _ in range(_REDIRECTS + 1):
            try:
                found = _once(client, url, limits, deadline)
            except httpx.TimeoutException as error:
                raise _slow(url) from error
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                message = f"{url}: {error or type(error).__name__}."
                raise DocumentUnreadable(message, reason="unreachable") from error
            if isinstance(found, Fetched):
                return found
            url = found
    raise DocumentUnreadable(f"{url}: it redirects more than {_REDIRECTS} times.", reason="unreachable")


def _once(client: httpx.Client, url: str, limits: Limits, deadline: float) -> Fetched | str:
    """What one request gives: the document, or where else to ask."""
    target = httpx.URL(url)
    if target.scheme not in ("http", "https") or not target.host or target.userinfo:
        raise DocumentUnreadable(f"{url}: only plain http and https addresses are read.", reason="forbidden_address")
    address = _checked_address(target, limits.private or target.host in limits.inside)
    headers = {"Host": target.netloc.decode("ascii"), "Accept-Encoding": "identity", "User-Agent": _AGENT}
    named = {"sni_hostname": target.host} if target.scheme == "https" else {}
    there = target.copy_with(host=address)
    with client.stream("GET", there, headers=headers, extensions=named, follow_redirects=False) as response:
        if response.has_redirect_location:
            return str(target.join(response.headers["location"]))
        if response.status_code != httpx.codes.OK:
            raise DocumentUnreadable(f"{url}: the server answered {response.status_code}.", reason="unreachable")
        data = _body(response, url, limits, deadline)
    return Fetched(_name(target, response.headers.get("content-type", "")), data)


def _checked_address(target: httpx.URL, private: bool) -> str:
    """An address of the host of ``target``; every one that it has must be public unless ``private``."""
    port = target.port or (443 if target.scheme == "https" else 80)
    found = socket.getaddrinfo(target.host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    if not private and not all(_is_public(address) for address in addresses):
        raise DocumentUnreadable(f"{target.host} is an address inside the network.", reason="forbidden_address")
    return addresses[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return _is_public(str(inner))
        if address in _NAT64:
            return _is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
    return address.is_global and not address.is_multicast


_TEXT = frozenset({".md", ".markdown", ".csv", ".txt"})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _body(response: httpx.Response, url: str, limits: Limits, deadline: float) -> bytes:
    out = bytearray()
    for piece in response.iter_raw():
        out += piece
        if len(out) > limits.size:
            raise DocumentUnreadable(f"{url}: larger than {limits.size / 2**20:g} MB.", reason="too_large")
        if time.monotonic() > deadline:
            raise _slow(url)
    return bytes(out)


def _slow(url: str) -> DocumentUnreadable:
    return DocumentUnreadable(f"{url}: the server takes too long.", reason="too_slow")


def _name(target: httpx.URL, media_type: str) -> str:
    """The last part of the address, with the suffix of what the server says that it is."""
    stem = PurePosixPath(unquote(target.path)).name or target.host
    suffix = _SUFFIXES.get(media_type.partition(";")[0].strip().lower())
    named = PurePosixPath(stem).suffix.lower()
    known = named == suffix or (suffix == ".txt" and named in _TEXT)
    return stem if suffix is None or known else stem + suffix
