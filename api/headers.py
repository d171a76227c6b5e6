"""What a browser is told about every answer. Pages of other sites may not call the API: nothing here allows them."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
_OF_DATA = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_DATA = ("/api/", "/auth/")


class SafeHeaders:
    """ASGI middleware: answers are what they say they are, in no frame; data is in no cache and no page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers that the answer does not have."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = {**_EVERYWHERE, **_OF_DATA} if scope["path"].startswith(_DATA) else _EVERYWHERE

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, tell)
