"""Documents at web addresses: a real server on this machine, limits, redirects, and nothing from inside the network."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.errors import DocumentUnreadable
from db.models import Audience, DocumentKind
from ingest.sources import web
from ingest.sources.web import Limits, WebItem, fetch
from ingest.store import Labels

LABELS = Labels(Audience.PUBLIC, DocumentKind.FAQ)
HERE = Limits(private=True)


DRIPS = 10_000
"""More than anybody waits for."""
hung_up = threading.Event()
"""Whoever was read to drop by drop did not stay to the end."""


class Pages(BaseHTTPRequestHandler):
    """What the server of these tests says at each address."""

    def do_GET(self) -> None:
        match self.path:
            case "/guia":
                self.answer(200, b"<h1>Hola</h1><p>Texto.</p>", "text/html; charset=utf-8")
            case "/manual.pdf":
                self.answer(200, b"%PDF-1.4 nada", "application/pdf")
            case "/notas.md":
                self.answer(200, b"# Notas", "text/plain")
            case "/mueve":
                self.answer(302, b"", "text/plain", Location="/guia")
            case "/bucle":
                self.answer(302, b"", "text/plain", Location="/bucle")
            case "/adentro":
                self.answer(302, b"", "text/plain", Location="http://[::1]:1/secreto")
            case "/fichero":
                self.answer(302, b"", "text/plain", Location="file:///etc/passwd")
            case "/gordo":
                self.answer(200, b"x" * 5_000, "text/plain")
            case "/goteo":
                self.drip()
            case _:
                self.answer(404, b"", "text/plain")

    def answer(self, status: int, body: bytes, media_type: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(DRIPS):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.02)
        except OSError:
            hung_up.set()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def reason(url: str, limits: Limits) -> object:
    with pytest.raises(DocumentUnreadable) as caught:
        fetch(url, limits)
    return caught.value.details["reason"]


def test_a_page_is_fetched_under_a_name_that_says_its_format(site: str) -> None:
    assert fetch(f"{site}/guia", HERE).name == "guia.html"
    assert fetch(f"{site}/mueve", HERE).data.startswith(b"<h1>")
    assert fetch(f"{site}/manual.pdf", HERE).name == "manual.pdf"
    assert fetch(f"{site}/notas.md", HERE).name == "notas.md"


def test_an_item_is_the_address(site: str) -> None:
    item = WebItem(f"{site}/guia", LABELS, HERE)
    assert item.source == f"{site}/guia"
    assert item.read().startswith(b"<h1>")
    assert item.name == "guia.html"


@pytest.mark.parametrize(
    ("path", "expected"), [("/nada", "unreachable"), ("/bucle", "unreachable"), ("/fichero", "forbidden_address")]
)
def test_what_cannot_be_fetched_says_why(site: str, path: str, expected: str) -> None:
    assert reason(site + path, HERE) == expected


def test_limits_of_size_and_time(site: str) -> None:
    assert reason(f"{site}/gordo", Limits(size=1_000, private=True)) == "too_large"
    assert reason(f"{site}/goteo", Limits(seconds=0.4, private=True)) == "too_slow"
    assert hung_up.wait(60)


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert reason(f"http://127.0.0.1:{taken.getsockname()[1]}/", HERE) == "unreachable"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:5432/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[fe80::1]/",
        "http://10.1.2.3/",
        "http://192.168.1.1/",
        "http://172.16.0.9/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://224.0.0.1/",
        "ftp://example.org/manual.pdf",
        "http://user:pass@example.org/manual.pdf",
    ],
)
def test_the_network_inside_is_not_reached(url: str) -> None:
    assert reason(url, Limits()) == "forbidden_address"


def test_a_redirect_leads_nowhere_inside(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address counts as public here; where it redirects to does not."""
    monkeypatch.setattr(web, "_is_public", lambda address: address == "127.0.0.1")
    assert fetch(f"{site}/guia", Limits()).name == "guia.html"
    assert reason(f"{site}/adentro", Limits()) == "forbidden_address"
