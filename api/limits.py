"""How often one caller may call: counted in the database, by all the servers on it together."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from limits import parse
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from core.errors import Misconfigured, TooManyRequests
from core.settings import Settings
from db.crud.call_counts import count_call
from db.crud.failures import translated


@dataclass(frozen=True, slots=True)
class Limit:
    """``most`` calls of one kind in any ``seconds``."""

    kind: str
    most: int
    seconds: int

    @classmethod
    def read(cls, kind: str, text: str) -> Limit:
        """A limit written like ``600/minute``; raises :class:`Misconfigured`."""
        try:
            item = parse(text)
        except ValueError as error:
            raise Misconfigured("A rate limit is written like 600/minute.") from error
        return cls(kind, item.amount, item.get_expiry())


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of each kind of call; ``lookups`` is an engine in autocommit (:func:`db.session.make_lookups`)."""

    lookups: Engine
    calls: Limit
    questions: Limit
    sign_ins: Limit

    @classmethod
    def of(cls, settings: Settings, lookups: Engine) -> Limits:
        """The limits of ``settings``; raises :class:`Misconfigured` when one of them cannot be read."""
        written = {
            "calls": settings.rate_calls,
            "questions": settings.rate_questions,
            "sign_ins": settings.rate_sign_ins,
        }
        return cls(lookups, *(Limit.read(kind, text) for kind, text in written.items()))

    def take(self, limit: Limit, caller: str) -> None:
        """Count a call of ``caller``; raises :class:`TooManyRequests` with ``retry_after`` in seconds."""
        digest = hashlib.sha256(f"{limit.kind} {caller}".encode()).digest()[:16]
        with translated():
            try:
                left = self._count(limit, digest)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                left = self._count(limit, digest)  # the connection was cut while nobody used it
        if left is not None:
            raise TooManyRequests(retry_after=max(1, math.ceil(left)))

    def _count(self, limit: Limit, digest: bytes) -> float | None:
        with self.lookups.connect() as connection:
            return count_call(connection, digest, limit.most, limit.seconds)
