"""Google Drive on this machine: what LangChain's loader asks of its HTTP interface, and the endpoint of tokens."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

FOLDER = "application/vnd.google-apps.folder"
DOCUMENT = "application/vnd.google-apps.document"
SHEET = "application/vnd.google-apps.spreadsheet"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file or folder of the stand-in; ``broken`` ones fail to download."""

    file_id: str
    name: str
    media_type: str
    parent: str
    content: bytes = b""
    rows: Sequence[Sequence[str]] = ()
    trashed: bool = False
    broken: bool = False

    def described(self) -> dict[str, Any]:
        """As Drive describes it."""
        return {
            "id": self.file_id,
            "name": self.name,
            "mimeType": self.media_type,
            "parents": [self.parent],
            "trashed": self.trashed,
        }


@dataclass(slots=True)
class Drive:
    """Where the stand-in listens, and what was asked of it."""

    address: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def drive(files: Sequence[Stored]) -> Iterator[Drive]:
    """A running stand-in that holds ``files``."""
    shelf = {file.file_id: file for file in files}
    state = Drive()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.say(200, {"access_token": "token", "token_type": "Bearer", "expires_in": 3600})

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            state.asked.append(self.path)
            if self.headers.get("Authorization") != "Bearer token":
                self.say(401, {"error": {"message": "no token"}})
            else:
                self.give(parts.path, parse_qs(parts.query))

        def give(self, path: str, query: Mapping[str, list[str]]) -> None:
            if path == "/drive/v3/files":
                self.say(200, {"files": [file.described() for file in asked_for(query["q"][0])]})
                return
            found = re.fullmatch(r"/(?:drive/v3/files|v4/spreadsheets)/([^/]+)(/.*)?", path)
            file = shelf.get(found[1]) if found else None
            if file is None or found is None:
                self.say(404, {"error": {"message": "File not found"}})
            elif path.startswith("/v4/"):
                self.sheet(file, found[2] or "")
            elif found[2] == "/export" or query.get("alt") == ["media"]:
                self.raw(403 if file.broken else 200, file.content)
            else:
                self.say(200, file.described())

        def sheet(self, file: Stored, rest: str) -> None:
            if rest:
                self.say(200, {"values": file.rows})
            else:
                tabs = [{"properties": {"title": "Tarifas", "sheetId": 0}}]
                self.say(200, {"properties": {"title": file.name}, "sheets": tabs})

        def say(self, status: int, body: object) -> None:
            self.raw(status, json.dumps(body).encode(), "application/json")

        def raw(self, status: int, body: bytes, media_type: str = "application/octet-stream") -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    def asked_for(query: str) -> list[Stored]:
        named = set(re.findall(r"'([^']+)'", query))
        return [file for file in files if (file.parent if "in parents" in query else file.file_id) in named]

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
