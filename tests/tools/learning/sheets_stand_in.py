"""Google Sheets on this machine: what gspread asks of its HTTP interface, and the endpoint of tokens."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TITLE = "Preguntas"
_RANGE = re.compile(r"^(?:'[^']*'!)?([A-Z])(\d+)(?::([A-Z])(\d+))?$")


@dataclass(slots=True)
class Sheet:
    """The only worksheet, and what was asked. ``failing``: calls answered with 503 from now on."""

    rows: list[list[str]] = field(default_factory=list)
    address: str = ""
    asked: list[str] = field(default_factory=list)
    failing: int = 0

    def cell(self, place: str) -> str:
        """What stands at ``place`` ("J2")."""
        column, row = ord(place[0]) - ord("A"), int(place[1:]) - 1
        return self.rows[row][column] if row < len(self.rows) and column < len(self.rows[row]) else ""

    def put(self, place: str, value: str) -> None:
        """Write ``value`` at ``place``."""
        self.write(place, [[value]])

    def write(self, reference: str, values: list[list[Any]]) -> None:
        """Write ``values`` from the corner of ``reference`` on; raises ValueError for one that is none."""
        found = _RANGE.match(reference)
        if found is None:
            raise ValueError(reference)
        left, top = ord(found[1]) - ord("A"), int(found[2]) - 1
        for down, cells in enumerate(values):
            while len(self.rows) <= top + down:
                self.rows.append([])
            row = self.rows[top + down]
            row += [""] * (left + len(cells) - len(row))
            row[left : left + len(cells)] = [str(cell) for cell in cells]


@contextmanager
def sheets() -> Iterator[Sheet]:
    """A running stand-in."""
    sheet = Sheet()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path == "/token":
                self.say(200, {"access_token": "token", "token_type": "Bearer", "expires_in": 3600})
            elif self.allowed() and self.path.split("?")[0].endswith("/values:batchUpdate"):
                asked = json.loads(body)
                if asked["valueInputOption"] != "RAW":
                    self.say(400, {"error": {"code": 400, "message": "formulas", "status": "INVALID_ARGUMENT"}})
                    return
                for part in asked["data"]:
                    sheet.write(part["range"], part["values"])
                self.say(200, {"totalUpdatedRows": len(asked["data"])})

        def do_GET(self) -> None:
            if not self.allowed():
                return
            path = unquote(urlsplit(self.path).path)
            if "/values/" in path:
                self.say(200, {"range": TITLE, "majorDimension": "ROWS", "values": sheet.rows})
            elif path == "/v4/spreadsheets/the-sheet":
                grid = {"rowCount": 1000, "columnCount": 26}
                tab = {"properties": {"sheetId": 0, "title": TITLE, "index": 0, "gridProperties": grid}}
                self.say(200, {"spreadsheetId": "the-sheet", "properties": {"title": "Dudas"}, "sheets": [tab]})
            else:
                self.say(404, {"error": {"code": 404, "message": "not found", "status": "NOT_FOUND"}})

        def allowed(self) -> bool:
            sheet.asked.append(f"{self.command} {self.path}")
            if sheet.failing:
                sheet.failing -= 1
                self.say(503, {"error": {"code": 503, "message": "away", "status": "UNAVAILABLE"}})
                return False
            if self.headers.get("Authorization") != "Bearer token":
                self.say(401, {"error": {"code": 401, "message": "no token", "status": "UNAUTHENTICATED"}})
                return False
            return True

        def say(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sheet.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield sheet
    finally:
        server.shutdown()
        server.server_close()
