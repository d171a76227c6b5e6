"""Refuses request bodies that are too large or are not JSON before anything else reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem

MAX_BYTES = 1_000_000
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class BodyGuard:
    """ASGI middleware: 413 over ``max_bytes``, 400 for a body that is no JSON; paths ``apart`` guard themselves.

    ``forms`` are paths whose bodies are no JSON, and how large they may be.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int = MAX_BYTES,
        apart: frozenset[str] = frozenset(),
        forms: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._apart = apart
        self._forms = forms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body whole, check it, and hand it on."""
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY or scope["path"] in self._apart:
            await self._app(scope, receive, send)
            return
        form = self._forms.get(scope["path"])
        body = await self._read(scope, receive, form or self._max_bytes)
        if body is None:
            refusal = problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "The request is too large.")
            await refusal(scope, receive, send)
        elif body and form is None and not _is_json(body):
            await problem(HTTPStatus.BAD_REQUEST, "bad_json", "The body is not valid JSON.")(scope, receive, send)
        else:
            await self._app(scope, _replay(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive, most: int) -> bytes | None:
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > most:
            return None
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return b"".join(chunks)
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > most:
                return None
            if not message.get("more_body", False):
                return b"".join(chunks)


def _is_json(body: bytes) -> bool:
    """Does ``body`` parse, and can it be written back? Half a surrogate pair parses and breaks whoever writes it."""
    try:
        parsed = json.loads(body)
        if b"\\u" in body:
            json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
