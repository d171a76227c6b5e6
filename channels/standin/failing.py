"""Calls that fail on demand: errors, waits, and connections that die before or after the work was done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.standin.config import Faults

PREFIX = "/api/v1/"
_BODIES = {429: (b"text/plain", b"Retry later\n"), 503: (b"text/html", b"<h1>503</h1>")}
_ERROR = (b"application/json", b'{"status":500,"error":"Internal Server Error"}')


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the API received, and the status it answered (0 for a connection that died)."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    status: int
    answer: bytes = field(repr=False, default=b"")
    answer_type: str = ""


class FailingCalls:
    """ASGI middleware over the API: records every call and commits the faults that are asked for."""

    def __init__(self, app: ASGIApp, faults: Faults, record: Callable[[Call], None]) -> None:
        self._app = app
        self._faults = faults
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if any(self._faults.latency):
            await asyncio.sleep(self._faults.random.uniform(*self._faults.latency))
        if self._faults.happens(self._faults.drop_before_rate):
            self._keep(scope, body, [])
            await _die(send)
        elif self._faults.happens(self._faults.error_rate):
            status = self._faults.random.choice(self._faults.error_statuses)
            kind, text = _BODIES.get(status, _ERROR)
            start: Message = {"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]}
            await self._finish(scope, body, [start, {"type": "http.response.body", "body": text}], send)
        else:
            answer: list[Message] = []
            await self._app(scope, _again(body), _collect(answer))
            if self._faults.happens(self._faults.drop_after_rate):
                self._keep(scope, body, [])
                await _die(send)
            else:
                await self._finish(scope, body, answer, send)

    async def _finish(self, scope: Scope, body: bytes, answer: list[Message], send: Send) -> None:
        self._keep(scope, body, answer)
        for message in answer:
            await send(message)

    def _keep(self, scope: Scope, body: bytes, answer: list[Message]) -> None:
        start: dict[str, Any] = dict(answer[0]) if answer else {"status": 0, "headers": []}
        said = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self._record(
            Call(
                scope["method"],
                scope["path"],
                scope["query_string"].decode(),
                said,
                body,
                int(start["status"]),
                b"".join(message.get("body", b"") for message in answer[1:]),
                next((v.decode() for k, v in start["headers"] if k.lower() == b"content-type"), ""),
            )
        )


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


def _again(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _collect(answer: list[Message]) -> Send:
    async def send(message: Message) -> None:
        answer.append(message)

    return send


async def _die(send: Send) -> None:
    """Promise more than is sent: the server closes the connection in the middle of the answer."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1024")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
