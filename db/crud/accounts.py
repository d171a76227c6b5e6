"""Statements of accounts: who a user is, their sign-ins, their service keys, and failed attempts.

Each works in the caller's transaction; times are the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, CursorResult, Row, Select, and_, bindparam, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from db.models import (
    ApiKey,
    Base,
    Client,
    ContactIdentity,
    LoginSession,
    RefreshToken,
    SignInFailure,
    Technician,
    User,
    UserRole,
)
from policy.roles import Principal, Role

CHANNEL = "account"
"""The channel of :class:`ContactIdentity` under which an account is known to the turn service."""
_USED_LAPSE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Account:
    """A user who may sign in today, and who that is."""

    user_id: int
    principal: Principal
    password_hash: str | None = None


def _accounts(*more: type[Base]) -> Select[Any]:
    """Users who may sign in: active, and a technician only while they work here."""
    columns: list[Any] = [User.user_id, User.name, User.role, User.technician_id, User.client_id, User.password_hash]
    return (
        select(*columns, *more)
        .outerjoin(Technician, Technician.technician_id == User.technician_id)
        .where(User.active, or_(User.technician_id.is_(None), Technician.active))
    )


SIGNED_IN = (
    _accounts()
    .join(LoginSession, LoginSession.user_id == User.user_id)
    .where(
        User.user_id == bindparam("user_id"),
        LoginSession.session_id == bindparam("session_id"),
        LoginSession.ended_at.is_(None),
        LoginSession.expires_at > bindparam("now"),
    )
)
"""One row at most: the account of ``user_id`` while its sign-in ``session_id`` lasts, at ``now``."""


def _account(row: Row[Any] | None) -> Account | None:
    if row is None:
        return None
    subjects = {Role.ADMIN: row.user_id, Role.TECHNICIAN: row.technician_id, Role.CLIENT: row.client_id}
    role = Role(row.role.value)
    return Account(row.user_id, Principal(role, subjects[role], row.name), row.password_hash)


def account_named(session: Session, email: str) -> Account | None:
    """Who signs in with ``email``, in any case."""
    return _account(session.execute(_accounts().where(func.lower(User.email) == email.lower())).first())


def user_named(session: Session, email: str) -> User | None:
    """The user whose e-mail it is, in any case, active or not."""
    return session.scalars(select(User).where(func.lower(User.email) == email.strip().lower())).first()


def account_of(session: Session, user_id: int) -> Account | None:
    """The account of a user who may sign in."""
    return _account(session.execute(_accounts().where(User.user_id == user_id)).first())


def account_signed_in(session: Session | Connection, user_id: int, session_id: UUID, now: datetime) -> Account | None:
    """The account of a sign-in that has not ended. Every call to the API asks this: one short statement."""
    values = {"user_id": user_id, "session_id": session_id, "now": now}
    return _account(session.execute(SIGNED_IN, values).first())


def begin_session(session: Session, user_id: int, now: datetime, expires_at: datetime) -> UUID:
    """A new sign-in of ``user_id``."""
    row = LoginSession(session_id=uuid4(), user_id=user_id, created_at=now, expires_at=expires_at)
    session.add(row)
    session.flush()
    return row.session_id


def end_sessions(session: Session, reason: str, now: datetime, *, user_id: int, session_id: UUID | None = None) -> int:
    """End one sign-in of ``user_id``, or all of them; how many there were."""
    statement = update(LoginSession).where(LoginSession.user_id == user_id, LoginSession.ended_at.is_(None))
    if session_id is not None:
        statement = statement.where(LoginSession.session_id == session_id)
    return _count(session, statement.values(ended_at=now, ended_reason=reason))


def add_refresh_token(session: Session, token_hash: bytes, session_id: UUID, now: datetime, expires: datetime) -> None:
    """Keep the digest of a refresh token."""
    session.add(RefreshToken(token_hash=token_hash, session_id=session_id, created_at=now, expires_at=expires))


def find_refresh_token(session: Session, token_hash: bytes) -> tuple[RefreshToken, LoginSession] | None:
    """A refresh token and its sign-in, both locked: of two who bring the same one, the second sees it used."""
    statement = (
        select(RefreshToken, LoginSession)
        .join(LoginSession, LoginSession.session_id == RefreshToken.session_id)
        .where(RefreshToken.token_hash == token_hash)
        .with_for_update()
    )
    row = session.execute(statement).first()
    return None if row is None else (row[0], row[1])


def account_of_key(session: Session, public_id: str, now: datetime) -> tuple[Account, ApiKey] | None:
    """A service key that is good today, and in whose name it calls."""
    statement = _accounts(ApiKey).join(ApiKey, ApiKey.user_id == User.user_id)
    statement = statement.where(
        ApiKey.public_id == public_id,
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
    )
    row = session.execute(statement).first()
    account = _account(row)
    if row is None or account is None:
        return None
    key: ApiKey = row.ApiKey
    if key.last_used_at is None or now - key.last_used_at > _USED_LAPSE:
        session.execute(update(ApiKey).where(ApiKey.key_id == key.key_id).values(last_used_at=now))
    return account, key


def find_key(session: Session, key_id: int) -> ApiKey | None:
    """One service key."""
    return session.get(ApiKey, key_id)


def list_keys(session: Session) -> list[ApiKey]:
    """Every service key, newest first."""
    return list(session.scalars(select(ApiKey).order_by(ApiKey.key_id.desc())))


def revoke_key(session: Session, key_id: int, now: datetime) -> bool:
    """Make a key useless; False when there is none, or it was useless before."""
    statement = update(ApiKey).where(ApiKey.key_id == key_id, ApiKey.revoked_at.is_(None)).values(revoked_at=now)
    return _count(session, statement) > 0


@dataclass(frozen=True, slots=True)
class Bound:
    """How many attempts of one kind are let through in ``window``, after which it is locked for as long."""

    subject: bytes
    most: int
    window: timedelta


def count_attempt(session: Session, bound: Bound, now: datetime) -> datetime | None:
    """Count an attempt before it is made; until when it is refused, if it is. A refused one does not lengthen that."""
    fresh = or_(SignInFailure.first_at <= now - bound.window, SignInFailure.locked_until.is_not(None))
    failures = case((fresh, 1), else_=SignInFailure.failures + 1)
    statement = (
        insert(SignInFailure)
        .values(subject=bound.subject, failures=1, first_at=now)
        .on_conflict_do_update(
            index_elements=[SignInFailure.subject],
            set_={
                "failures": failures,
                "first_at": case((fresh, now), else_=SignInFailure.first_at),
                "locked_until": case((and_(~fresh, SignInFailure.failures >= bound.most), now + bound.window)),
            },
            where=or_(SignInFailure.locked_until.is_(None), SignInFailure.locked_until <= now),
        )
        .returning(SignInFailure.locked_until)
    )
    row = session.execute(statement).first()
    if row is not None:
        until: datetime | None = row.locked_until
        return until
    return session.scalar(select(SignInFailure.locked_until).where(SignInFailure.subject == bound.subject))


def forgive(session: Session, forgotten: Iterable[Bound], lessened: Bound) -> None:
    """Forget the attempts of ``forgotten`` and one of ``lessened``: a success must not hide the failures of others."""
    session.execute(delete(SignInFailure).where(SignInFailure.subject.in_([bound.subject for bound in forgotten])))
    session.execute(
        update(SignInFailure)
        .where(SignInFailure.subject == lessened.subject, SignInFailure.failures > 0)
        .values(failures=SignInFailure.failures - 1)
    )


def sweep_accounts(session: Session, now: datetime, kept: timedelta) -> int:
    """Delete what is over: sign-ins that ended or expired ``kept`` ago with their tokens, and old failures."""
    before = now - kept
    gone = _count(
        session, delete(LoginSession).where(or_(LoginSession.expires_at < before, LoginSession.ended_at < before))
    )
    unlocked = or_(SignInFailure.locked_until.is_(None), SignInFailure.locked_until < now)
    old = and_(SignInFailure.first_at < before, unlocked)
    return gone + _count(session, delete(SignInFailure).where(old))


def revoke_keys_of(session: Session, user_id: int, now: datetime) -> None:
    """Make every key that calls in the name of ``user_id`` useless."""
    session.execute(update(ApiKey).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None)).values(revoked_at=now))


def make_known(session: Session, user: User, now: datetime) -> None:
    """Let the turn service recognise the account of ``user``: a sender on the channel ``account``."""
    owners: dict[UserRole, dict[str, int | None]] = {
        UserRole.ADMIN: {"user_id": user.user_id},
        UserRole.TECHNICIAN: {"technician_id": user.technician_id},
        UserRole.CLIENT: {"client_id": user.client_id},
    }
    nobody: dict[str, int | None] = {"user_id": None, "technician_id": None, "client_id": None}
    values = {**nobody, **owners[user.role]}
    statement = insert(ContactIdentity).values(
        channel=CHANNEL, external_id=str(user.user_id), verified_at=now, **values
    )
    session.execute(
        statement.on_conflict_do_update(index_elements=["channel", "external_id"], set_={**values, "verified_at": now})
    )


def subject_exists(session: Session, role: UserRole, subject_id: int) -> bool:
    """Is there a technician or client of this number for an account to be bound to?"""
    if role is UserRole.TECHNICIAN:
        return session.get(Technician, subject_id) is not None
    return role is UserRole.CLIENT and session.get(Client, subject_id) is not None


def _count(session: Session, statement: object) -> int:
    result = session.execute(statement)  # type: ignore[call-overload]
    return result.rowcount if isinstance(result, CursorResult) else 0
