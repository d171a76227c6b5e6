"""Keys made from the one secret: the gate's HMAC pads, the readers' passwords, the identity token of a transaction."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from policy.roles import Principal

_BLOCK = 64


@dataclass(frozen=True, slots=True)
class GateKey:
    """The key that the gate checks tokens with, as HMAC-SHA-256 takes it."""

    key: bytes

    @classmethod
    def derive(cls, secret: bytes) -> GateKey:
        """The gate's key of ``secret``; nothing else is ever signed with it."""
        return cls(hmac.digest(secret, b"cuadrilla gate 1", "sha256"))

    def pads(self) -> tuple[bytes, bytes]:
        """Inner and outer pad, so that plain ``sha256()`` in the database computes the HMAC."""
        padded = self.key.ljust(_BLOCK, b"\0")
        return bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded)

    def token(self, principal: Principal, login: str, backend: int, started: int) -> str:
        """The token that makes ``principal`` the one who asks, in one transaction of one backend.

        ``started`` is the transaction's timestamp in microseconds.
        """
        who = f"{principal.role}:{principal.subject_id or 0}"
        return f"{who}.{hmac.new(self.key, f'{who}|{login}|{backend}|{started}'.encode(), hashlib.sha256).hexdigest()}"


def reader_password(secret: bytes, login: str) -> str:
    """The password of a reader's login, for servers that ask for one."""
    return hmac.new(secret, b"cuadrilla login " + login.encode(), hashlib.sha256).hexdigest()
