"""Accounts and service keys made and changed: what the command and the endpoints share."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from api.auth import KEY_PREFIX, key_digest
from core.errors import BadInput, NotFound
from core.passwords import LONGEST, SHORTEST, Passwords
from db.crud import accounts
from db.models import ApiKey, Base, User, UserRole, View
from policy.scopes import is_scope


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account to be made. ``subject_id`` is the technician's or client's number; administrators have none."""

    name: str
    email: str
    role: UserRole
    subject_id: int | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A service key to be made, in the name of ``user_id``; ``expires_at`` None means until it is revoked."""

    name: str
    user_id: int
    scopes: tuple[str, ...]
    expires_at: datetime | None = None
    created_by: int | None = None


def add_user(session: Session, new: NewUser, passwords: Passwords, now: datetime) -> User:
    """Make the account and let the turn service recognise it; raises :class:`BadInput`."""
    if (new.role is UserRole.ADMIN) != (new.subject_id is None):
        raise BadInput("Technicians and clients have a number, administrators have none.", what="subject_id")
    if new.subject_id is not None and not accounts.subject_exists(session, new.role, new.subject_id):
        raise BadInput(f"There is no such {new.role.value}.", what="subject_id", reason="unknown_reference")
    user = User(
        name=new.name,
        email=new.email.strip().lower(),
        role=new.role,
        technician_id=new.subject_id if new.role is UserRole.TECHNICIAN else None,
        client_id=new.subject_id if new.role is UserRole.CLIENT else None,
        password_hash=passwords.hash(checked(new.password)) if new.password is not None else None,
        created_at=now,
    )
    session.add(user)
    session.flush()
    accounts.make_known(session, user, now)
    return user


def set_password(session: Session, user_id: int, password: str, passwords: Passwords, now: datetime) -> None:
    """Change the password and end every sign-in; raises :class:`NotFound` or :class:`BadInput`."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(what="users")
    user.password_hash = passwords.hash(checked(password))
    accounts.make_known(session, user, now)
    accounts.end_sessions(session, "password_changed", now, user_id=user_id)


def disable_user(session: Session, user_id: int, now: datetime) -> None:
    """No more signing in: sign-ins end and keys are revoked; raises :class:`NotFound`."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(what="users")
    user.active = False
    accounts.end_sessions(session, "disabled", now, user_id=user_id)
    accounts.revoke_keys_of(session, user_id, now)


def add_key(session: Session, new: NewKey, now: datetime) -> tuple[ApiKey, str]:
    """Make a key; what is kept, and the key itself, which nobody can show again. Raises :class:`BadInput`."""
    known = {*Base.metadata.tables, *View.metadata.tables}
    wrong = [scope for scope in new.scopes if not is_scope(scope, known)]
    if wrong or not new.scopes:
        raise BadInput(f"Unknown scopes: {', '.join(wrong) or 'none'}.", what="scopes", reason="unknown_scope")
    if accounts.account_of(session, new.user_id) is None:
        raise BadInput("There is no such user, or not an active one.", what="user_id", reason="unknown_reference")
    public_id = secrets.token_hex(6)
    key = f"{KEY_PREFIX}{public_id}_{secrets.token_urlsafe(32)}"
    row = ApiKey(
        name=new.name,
        public_id=public_id,
        key_hash=key_digest(key),
        user_id=new.user_id,
        scopes=sorted(set(new.scopes)),
        created_at=now,
        created_by=new.created_by,
        expires_at=new.expires_at,
    )
    session.add(row)
    session.flush()
    return row, key


def checked(password: str) -> str:
    """``password``, if it may be one; raises :class:`BadInput`."""
    if not SHORTEST <= len(password) <= LONGEST or "\x00" in password:
        raise BadInput(f"A password has {SHORTEST} to {LONGEST} characters.", what="password", reason="password_length")
    return password
