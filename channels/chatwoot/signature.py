"""Is this delivery Chatwoot's? HMAC-SHA256 over ``timestamp.raw body``, and not older than a window."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import Unauthenticated

DELIVERY = "x-chatwoot-delivery"
SIGNATURE = "x-chatwoot-signature"
TIMESTAMP = "x-chatwoot-timestamp"
_SCHEME = "sha256="


@dataclass(frozen=True, slots=True)
class Secret:
    """A key that deliveries may be signed with, and whose it is: ``bot`` or ``account``."""

    source: str
    key: bytes


def sign(key: bytes, timestamp: str, body: bytes) -> str:
    """The header that Chatwoot sends for ``body``."""
    return _SCHEME + hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[Secret], *, now: float, window: float, unsigned: bool
) -> str:
    """Whose delivery it is; raises :class:`Unauthenticated`.

    A delivery without a signature passes only when ``unsigned``; one with a wrong or old signature never does.
    """
    signature, timestamp = headers.get(SIGNATURE), headers.get(TIMESTAMP, "")
    if signature is None:
        if unsigned:
            return "bot"
        raise Unauthenticated("The event is not signed.")
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp[:15])) > window:
        raise Unauthenticated("The signature is too old.")
    for secret in secrets:
        if hmac.compare_digest(sign(secret.key, timestamp, body).encode(), signature.encode()):
            return secret.source
    raise Unauthenticated("The signature is wrong.")
