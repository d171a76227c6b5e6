"""The one way out of every query: the guard, then the role's own login; what goes wrong becomes an error of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import psycopg
from psycopg import errors

from core.errors import Denied, QueryFailed, QueryRejected, QueryTooExpensive
from db.readers import Found
from policy.roles import Principal, Role
from tools.sql.guard import Decision, check

_TOO_MUCH = (
    errors.QueryCanceled,
    errors.OutOfMemory,
    errors.ConfigurationLimitExceeded,
    errors.ProgramLimitExceeded,
    errors.StatementTooComplex,
    errors.DiskFull,
    errors.LockNotAvailable,
)
_CANARIES = (
    "DELETE FROM clients",
    "SELECT 1; SELECT 2",
    "SELECT password_hash FROM users",
    "SELECT inner_pad FROM gate.key",
    "SELECT rolname FROM pg_roles",
    "SELECT set_config('app.ctx', '', true)",
    "SELECT pg_sleep(60)",
)
"""What no role may run: a guard that lets one through is none."""
_GRANTS = frozenset({"table_not_granted", "column_not_granted"})
_SIZES = frozenset({"too_complex", "too_long", "too_deep"})
_ABOUT_THE_TEXT = "42"
"""SQLSTATE class of what is wrong with the text itself; messages of other classes may hold values of rows."""
_checked = lru_cache(maxsize=1024)(check)


class Reads(Protocol):
    """Reads as a principal; see :class:`db.readers.Readers`."""

    async def read(
        self, principal: Principal, text: str, parameters: Sequence[object] = (), *, most: int = ..., keep: bool = False
    ) -> Found:
        """At most ``most`` rows of ``text``; the errors are psycopg's own."""
        ...


class Attests(Reads, Protocol):
    """Reads, and says whether the database keeps a role within its limits."""

    async def doubts(self, role: Role) -> tuple[str, ...]:
        """What speaks against it; nothing: it does."""
        ...


@dataclass(frozen=True, slots=True)
class Statement:
    """What the guard lets run."""

    sql: str
    parameters: tuple[object, ...]


def guard_doubts(role: Role) -> tuple[str, ...]:
    """What speaks against the guard that :func:`allowed` asks: what it lets ``role`` run, and nobody may."""
    passed = [text for text in _CANARIES if _checked(text, role, parameters=0, subject=None).allowed]
    return tuple(f"the guard lets {text} through" for text in passed)


def allowed(sql: str, parameters: tuple[object, ...], principal: Principal, *, subject: int | None = None) -> Statement:
    """What the guard makes of ``sql``; parameter ``$subject``, if there is one, is the id of who asks.

    Raises :class:`Denied` (what=, reason=), :class:`QueryTooExpensive` or :class:`QueryRejected`; each says in
    ``details["hint"]`` what a writer of SQL has to change.
    """
    decision: Decision = _checked(sql, principal.role, parameters=len(parameters), subject=subject)
    if decision.allowed:
        values, me = list(parameters), principal.subject_id or 0
        if subject is not None:
            values[subject - 1] = me
        elif decision.by_subject:
            values.append(me)
        return Statement(decision.sql, tuple(values))
    if decision.code in _GRANTS:
        raise Denied(what=decision.what, reason=decision.code, hint=decision.reason)
    if decision.code in _SIZES:
        raise QueryTooExpensive(decision.reason, hint=decision.reason)
    raise QueryRejected(decision.reason, code=decision.code, hint=decision.reason)


async def fetched(reads: Reads, statement: Statement, principal: Principal, *, most: int, keep: bool) -> Found:
    """The rows of ``statement``.

    Raises :class:`Denied`, :class:`QueryTooExpensive` and :class:`QueryFailed`. Values of rows that the database
    quotes in its messages stay there.
    """
    try:
        return await reads.read(principal, statement.sql, statement.parameters, most=most, keep=keep)
    except _TOO_MUCH as error:
        raise QueryTooExpensive(sqlstate=error.sqlstate, hint="It took too long or too much memory.") from error
    except errors.InsufficientPrivilege as error:
        raise Denied(what="", reason="not_granted_by_database", hint="It may not be read.") from error
    except psycopg.Error as error:
        raise QueryFailed(sqlstate=error.sqlstate, hint=_hint(error)) from error


def _hint(error: psycopg.Error) -> str:
    state = error.sqlstate or ""
    if state.startswith(_ABOUT_THE_TEXT):
        return error.diag.message_primary or type(error).__name__
    return f"{type(error).__name__} ({state})"
