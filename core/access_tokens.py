"""Access tokens: JWTs signed with a key of their own, made from the one secret."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import jwt
from jwt.types import Options

from core.clock import Clock
from core.errors import Unauthenticated

ISSUER, AUDIENCE = "cuadrilla", "cuadrilla-api"
_ALGORITHM = "HS256"
_CLAIMS = ["iss", "aud", "sub", "sid", "iat", "exp", "jti"]
_OURS_TO_CHECK: Options = {"require": _CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False}


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """Who signed in, and which sign-in it was."""

    user_id: int
    session_id: UUID


class AccessTokens:
    """Issues tokens that last ``lasts`` and reads them back."""

    def __init__(self, secret: bytes, clock: Clock, lasts: timedelta) -> None:
        self._key = hmac.digest(secret, b"cuadrilla access token 1", "sha256")
        self._clock = clock
        self.lasts = lasts

    def issue(self, claims: AccessClaims) -> str:
        """A token for ``claims`` from now on."""
        now = self._clock.now()
        payload = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(claims.user_id),
            "sid": str(claims.session_id),
            "iat": int(now.timestamp()),
            "exp": int((now + self.lasts).timestamp()),
            "jti": str(uuid4()),
        }
        return jwt.encode(payload, self._key, _ALGORITHM)

    def read(self, token: str) -> AccessClaims:
        """What ``token`` claims; raises :class:`Unauthenticated` unless it is ours and still good."""
        try:
            found = jwt.decode(token, self._key, [_ALGORITHM], options=_OURS_TO_CHECK, audience=AUDIENCE, issuer=ISSUER)
            expires, claims = float(found["exp"]), AccessClaims(int(found["sub"]), UUID(str(found["sid"])))
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise Unauthenticated from error
        if expires <= self._clock.now().timestamp():
            raise Unauthenticated("The access token has expired: refresh it.")
        return claims
