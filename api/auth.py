"""Who may call the agent's door: in production, whoever has the service key."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from fastapi import Request
from pydantic import SecretStr

from core.errors import Unauthenticated

_SCHEME = "bearer"


def require_key(key: SecretStr | None) -> Callable[[Request], Awaitable[None]]:
    """A dependency that lets through requests with ``Authorization: Bearer KEY``; without ``key``, all of them.

    It raises :class:`Unauthenticated`.
    """

    async def check(request: Request) -> None:
        if key is None:
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        expected = key.get_secret_value().encode()
        if scheme.casefold() != _SCHEME or not hmac.compare_digest(given.strip().encode(), expected):
            raise Unauthenticated

    return check
