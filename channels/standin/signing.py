"""The bytes of a webhook and its signature, as Rails makes them."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

_ESCAPED = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def rails_json(payload: Any) -> bytes:
    """``payload`` as ``to_json`` writes it: compact UTF-8, with what HTML minds escaped."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED).encode()


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The value of ``X-Chatwoot-Signature``."""
    return "sha256=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def headers(secret: str | None, delivery: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of one attempt to deliver ``body``."""
    sent = {"Content-Type": "application/json", "Accept": "application/json", "X-Chatwoot-Delivery": delivery}
    if secret:
        sent["X-Chatwoot-Timestamp"] = str(timestamp)
        sent["X-Chatwoot-Signature"] = signature(secret, timestamp, body)
    return sent
