"""Gives every request its trace: taken from its headers or made, bound for the logs, told in the response."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.tracing import HEADER, trace_of, traced


class TraceIds:
    """ASGI middleware; the outermost one, so that what others refuse has a trace too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind the trace and add it to the response's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace = trace_of(Headers(scope=scope))

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = trace
            await send(message)

        with traced(trace):
            await self._app(scope, receive, tell)
