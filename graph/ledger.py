"""The log of turns and conversations: what makes a repeated message harmless, and nothing lost.

Conversations are kept under the door's id *and* whose it is (``owner/conversation``): an id that another sender uses
again is another conversation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID, uuid4, uuid5

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from sqlalchemy.dialects.postgresql.psycopg import dialect

from core.clock import Clock
from db.crud.askers import Owed, owed_on_return
from db.crud.turns import begin_turn, end_turn
from db.models import SessionStatus
from graph.messages import TurnRequest, TurnResult
from policy.roles import Principal, Role
from tools.identity import FIND, ChannelIdentity, as_principal, owner_key

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]
T = TypeVar("T")

_NAMESPACE = UUID("6f0e4d0e-5a5c-4b1e-9a53-6a1f5ad3f1c7")
_SUBJECT = 80
_OWNER = {Role.CLIENT: "client_id", Role.TECHNICIAN: "technician_id", Role.ADMIN: "user_id"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who writes, and the key of their conversation."""

    principal: Principal
    identity: ChannelIdentity
    owner: str
    thread: str


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """A turn that begins; ``done`` is the stored result when this message was answered before."""

    caller: Caller
    turn_id: UUID
    session_id: int
    fresh: bool
    done: TurnResult | None = None
    owed: bool = False
    """Something was learned that they had asked where nobody could be written to."""


class Ledger:
    """Reads and writes the log, each call one transaction. ``pool`` is in autocommit and may commit lazily."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._find = str(FIND.compile(dialect=dialect()))

    async def identify(self, identity: ChannelIdentity, conversation_id: str) -> Caller:
        """Who writes, and the key of their conversation: what to lock before the turn is opened."""

        async def find(connection: AsyncConnection[DictRow]) -> DictRow | None:
            known = {"channel": identity.channel, "external_id": identity.external_id}
            return await (await connection.execute(self._find.encode(), known)).fetchone()

        principal = as_principal(await self._served(find))
        owner = owner_key(principal, identity)
        return Caller(principal, identity, owner, f"{owner}/{conversation_id}")

    async def open(self, caller: Caller, request: TurnRequest, message: str) -> OpenTurn:
        """Begin a turn, or find the one that answered this very message. Call it with the conversation locked."""
        turn_id = uuid5(_NAMESPACE, f"{caller.thread}\n{request.message_id}") if request.message_id else uuid4()
        principal = caller.principal
        owner: dict[str, int | None] = dict.fromkeys(_OWNER.values())
        if principal.role in _OWNER:
            owner[_OWNER[principal.role]] = principal.subject_id
        values = {
            "turn_id": turn_id,
            "conversation_id": caller.thread,
            "message_id": request.message_id,
            "request": Jsonb(request.model_dump(mode="json")),
            "channel": caller.identity.channel,
            "user_type": principal.role.value,
            "subject": message[:_SUBJECT],
            "body": message,
            "now": self._clock.now(),
            **owner,
        }
        begun = await self._served(lambda connection: begin_turn(connection, values))
        done = TurnResult.model_validate(begun.result) if begun.result else None
        return OpenTurn(caller, turn_id, begun.session_id, begun.fresh, done, begun.owed)

    async def close(self, turn: OpenTurn, result: TurnResult) -> None:
        """Keep the result and the reply, on disk."""
        values = {
            "turn_id": turn.turn_id,
            "session_id": turn.session_id,
            "result": Jsonb(result.model_dump(mode="json")),
            "body": result.reply,
            "told": result.told,
            "withdrawn": result.withdrawn,
            "status": None if result.handoff is None else SessionStatus.HANDED_OFF.value,
            "now": self._clock.now(),
        }
        await self._served(lambda connection: end_turn(connection, values))

    async def owed(self, turn: OpenTurn) -> list[Owed]:
        """What is to be told to who writes, because they had asked it."""
        return await self._served(lambda connection: owed_on_return(connection, turn.session_id, self._clock.today()))

    async def _served(self, statement: Callable[[AsyncConnection[DictRow]], Awaitable[T]]) -> T:
        """Run ``statement``, which may safely run twice: again when the server had left while the pool was idle."""
        try:
            async with self._pool.connection() as connection:
                return await statement(connection)
        except PoolTimeout:
            raise
        except psycopg.OperationalError:
            await self._pool.check()
        async with self._pool.connection() as connection:
            return await statement(connection)
