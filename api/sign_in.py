"""Signing in: passwords to tokens, refresh tokens that are good once, and a pause for who guesses."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from core.access_tokens import AccessClaims, AccessTokens
from core.clock import Clock
from core.errors import CredentialsWrong, SignInLocked
from core.passwords import Passwords
from db.crud import accounts
from db.crud.accounts import Account, Bound
from db.models import User
from db.session import session_scope

WINDOW = timedelta(minutes=15)
PER_ACCOUNT_AND_ADDRESS, PER_ADDRESS, PER_ACCOUNT = 5, 50, 50
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Issued:
    """What who signed in takes away. ``expires_in`` is the access token's, in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


class SignIn:
    """Issues, refreshes and ends sign-ins, which last ``lasts`` at most however often they are refreshed."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        clock: Clock,
        passwords: Passwords,
        tokens: AccessTokens,
        lasts: timedelta,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._passwords = passwords
        self._tokens = tokens
        self._lasts = lasts

    def with_password(self, email: str, password: str, address: str) -> Issued:
        """Tokens for who knows the password.

        Raises :class:`CredentialsWrong`, the same and as slowly whether or not there is such an account, and
        :class:`SignInLocked` after too many attempts of the account from the address, or of either.
        """
        bounds = _Bounds.of(email, address)
        self._count(bounds)
        with self._sessions() as session:
            account = accounts.account_named(session, email)
        kept = account.password_hash if account else None
        if not self._passwords.verify(kept, password) or account is None or kept is None:
            _log.warning("sign_in_failed")
            raise CredentialsWrong
        with session_scope(self._sessions) as session:
            accounts.forgive(session, bounds.of_account, bounds.of_address)
            if self._passwords.outdated(kept):
                renewed = self._passwords.hash(password)
                session.execute(update(User).where(User.user_id == account.user_id).values(password_hash=renewed))
            now = self._clock.now()
            session_id = accounts.begin_session(session, account.user_id, now, now + self._lasts)
            issued = self._issue(session, account, session_id, now, now + self._lasts)
        _log.info("signed_in", user_id=account.user_id)
        return issued

    def with_refresh_token(self, token: str) -> Issued:
        """The next tokens; ``token`` is good once. Raises :class:`CredentialsWrong`.

        One that comes back was stolen from somebody: the whole sign-in ends.
        """
        now = self._clock.now()
        with session_scope(self._sessions) as session:
            found = accounts.find_refresh_token(session, _digest(token))
            if found is None:
                raise CredentialsWrong
            kept, sign_in = found
            reused = kept.used_at is not None
            if reused:
                accounts.end_sessions(session, "reused", now, user_id=sign_in.user_id, session_id=sign_in.session_id)
                _log.warning("refresh_token_reused", user_id=sign_in.user_id)
            account = accounts.account_signed_in(session, sign_in.user_id, sign_in.session_id, now)
            issued = None
            if not reused and account is not None and kept.expires_at > now:
                kept.used_at = now
                issued = self._issue(session, account, sign_in.session_id, now, sign_in.expires_at)
        if issued is None:
            raise CredentialsWrong
        return issued

    def out(self, user_id: int, session_id: UUID) -> None:
        """End the sign-in: none of its tokens is good any more."""
        with session_scope(self._sessions) as session:
            accounts.end_sessions(session, "signed_out", self._clock.now(), user_id=user_id, session_id=session_id)

    def _issue(
        self, session: Session, account: Account, session_id: UUID, now: datetime, expires_at: datetime
    ) -> Issued:
        refresh = secrets.token_urlsafe(32)
        accounts.add_refresh_token(session, _digest(refresh), session_id, now, expires_at)
        access = self._tokens.issue(AccessClaims(account.user_id, session_id))
        return Issued(access, refresh, int(self._tokens.lasts.total_seconds()))

    def _count(self, bounds: _Bounds) -> None:
        """Attempts are counted before they are made: many at once are not let through together."""
        now = self._clock.now()
        with session_scope(self._sessions) as session:
            counted = [accounts.count_attempt(session, bound, now) for bound in bounds.all]
        locks = [until for until in counted if until is not None]
        if locks:
            seconds = max(1, int((max(locks) - now).total_seconds()) + 1)
            _log.warning("sign_in_locked")
            raise SignInLocked(retry_after=seconds)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """An attempt counts for the account, and for the address whichever account it tries."""

    of_account: tuple[Bound, ...]
    of_address: Bound

    @classmethod
    def of(cls, email: str, address: str) -> _Bounds:
        name = email.strip().lower()
        pair = Bound(_digest(f"account at address {name} {address}"), PER_ACCOUNT_AND_ADDRESS, WINDOW)
        account = Bound(_digest(f"account {name}"), PER_ACCOUNT, WINDOW)
        return cls((pair, account), Bound(_digest(f"address {address}"), PER_ADDRESS, WINDOW))

    @property
    def all(self) -> tuple[Bound, ...]:
        return (*self.of_account, self.of_address)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
