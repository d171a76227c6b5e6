"""Who is calling: a person who signed in, or a program with a service key. The grants then say what they may do."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPBearer, OAuth2PasswordBearer
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from api.desk import Desk, desk_of, find_desk
from core.access_tokens import AccessClaims
from core.errors import Denied, Unauthenticated
from db.crud import accounts
from db.crud.failures import translated
from db.session import session_scope
from policy.roles import Principal
from policy.scopes import ACCOUNTS, AGENT, SIGNED_IN, covers

KEY_PREFIX = "cuadrilla_"
_SCHEME = "bearer"
_PASSWORD_FLOW = OAuth2PasswordBearer(
    tokenUrl="/auth/token", refreshUrl="/auth/token", auto_error=False, description="A person who signs in"
)
_SERVICE_KEY = HTTPBearer(auto_error=False, scheme_name="ServiceKey", description="A service key, as a bearer token")


@dataclass(frozen=True, slots=True)
class Access:
    """Who is calling and what for. ``session_id`` is set for people, ``key_id`` for programs."""

    principal: Principal
    user_id: int
    scopes: frozenset[str]
    session_id: UUID | None = None
    key_id: int | None = None

    @property
    def caller(self) -> str:
        """Whose calls are counted together."""
        return f"key:{self.key_id}" if self.key_id is not None else f"user:{self.user_id}"

    def need(self, scope: str, table: str | None = None) -> None:
        """Raise :class:`Denied` unless the token is good for ``scope``."""
        if not covers(self.scopes, scope, table):
            raise Denied("The token was not given this scope.", what=scope, reason="scope_not_granted")


async def presented(
    request: Request,
    desk: Annotated[Desk, Depends(desk_of)],
    _person: Annotated[str | None, Depends(_PASSWORD_FLOW)],
    _program: Annotated[object, Depends(_SERVICE_KEY)],
) -> str:
    """The token that came, one of ours as far as can be told without the database; raises :class:`Unauthenticated`."""
    token = bearer(request)
    if not token.startswith(KEY_PREFIX):
        desk.tokens.read(token)
    return token


def admit(desk: Desk, token: str) -> Access:
    """Whose ``token`` it is; raises :class:`Unauthenticated`, or :class:`TooManyRequests` when they call too often."""
    access = find_access(desk, token)
    desk.limits.take(desk.limits.calls, access.caller)
    return access


def signed_in(
    desk: Annotated[Desk, Depends(desk_of)],
    token: Annotated[str, Depends(presented)],
) -> Access:
    """Who is calling; raises as :func:`admit`."""
    return admit(desk, token)


async def account_holder(access: Annotated[Access, Depends(signed_in)]) -> Access:
    """A person who signed in, for what no key may do; raises :class:`Denied` for programs."""
    access.need(ACCOUNTS)
    return access


Caller = Annotated[Access, Depends(signed_in)]
Token = Annotated[str, Depends(presented)]
AccountHolder = Annotated[Access, Depends(account_holder)]
OpenDesk = Annotated[Desk, Depends(desk_of)]


def bearer(request: Request) -> str:
    """The token of ``Authorization: Bearer TOKEN``; raises :class:`Unauthenticated` when there is none."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() != _SCHEME or not given.strip():
        raise Unauthenticated
    return given.strip()


def find_access(desk: Desk, token: str) -> Access:
    """Whose ``token`` it is, today; raises :class:`Unauthenticated`."""
    with translated():
        return _by_key(desk, token) if token.startswith(KEY_PREFIX) else _by_session(desk, token)


def key_digest(key: str) -> bytes:
    """What is kept of a service key. Keys are random and long: no slow hash is needed."""
    return hashlib.sha256(key.encode()).digest()


def _by_session(desk: Desk, token: str) -> Access:
    claims = desk.tokens.read(token)
    try:
        account = _look_up(desk, claims)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        account = _look_up(desk, claims)  # the connection was cut while nobody used it
    if account is None:
        raise Unauthenticated
    return Access(account.principal, account.user_id, SIGNED_IN, session_id=claims.session_id)


def _look_up(desk: Desk, claims: AccessClaims) -> accounts.Account | None:
    with desk.lookups.connect() as connection:
        return accounts.account_signed_in(connection, claims.user_id, claims.session_id, desk.clock.now())


def _by_key(desk: Desk, token: str) -> Access:
    public_id = token.removeprefix(KEY_PREFIX).partition("_")[0]
    if not public_id.isascii() or not public_id.isalnum():
        raise Unauthenticated
    with session_scope(desk.sessions) as session:
        found = accounts.account_of_key(session, public_id, desk.clock.now())
    if found is None or not hmac.compare_digest(found[1].key_hash, key_digest(token)):
        raise Unauthenticated
    account, key = found
    return Access(account.principal, account.user_id, frozenset(key.scopes), key_id=key.key_id)


def require_key(key: SecretStr | None) -> Callable[[Request], Awaitable[None]]:
    """A dependency that lets through requests with ``Authorization: Bearer KEY``; without ``key``, all of them.

    A service key with the scope ``agent`` is let through too. It raises :class:`Unauthenticated` or :class:`Denied`.
    """

    async def check(request: Request) -> None:
        if key is None:
            return
        given = bearer(request)
        if hmac.compare_digest(given.encode(), key.get_secret_value().encode()):
            return
        if not given.startswith(KEY_PREFIX):
            raise Unauthenticated
        access = await run_in_threadpool(find_access, find_desk(request), given)
        access.need(AGENT)

    return check
