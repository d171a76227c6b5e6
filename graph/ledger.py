"""The log of turns and conversations: what makes a repeated message harmless, and nothing lost.

Conversations are kept under the door's id *and* whose it is (``owner/conversation``): an id that another sender uses
again is another conversation.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from core.clock import Clock
from db.models import Base, MessageAuthor, SessionStatus, UserType
from db.session import session_scope
from graph.messages import JsonDict, TurnRequest, TurnResult
from policy.roles import Principal, Role
from tools.identity import ChannelIdentity, find_principal, owner_key

_NAMESPACE = UUID("6f0e4d0e-5a5c-4b1e-9a53-6a1f5ad3f1c7")
_SUBJECT = 80
_LATER_ON_DISK = text("SET LOCAL synchronous_commit = off")
"""The commit that closes the turn is synchronous, and what was logged before it reaches the disk with it."""

_TURNS, _SESSIONS, _MESSAGES = (Base.metadata.tables[name] for name in ("turns", "chat_sessions", "chat_messages"))
_BEGIN = insert(_TURNS).on_conflict_do_nothing().returning(_TURNS.c.turn_id)
_DONE = select(_TURNS.c.result).where(_TURNS.c.turn_id == bindparam("turn_id"))
_END = update(_TURNS).where(_TURNS.c.turn_id == bindparam("of_turn")).values(result=bindparam("result"))
_SAY = insert(_MESSAGES)
_ENTER = insert(_SESSIONS)
_JOIN = _ENTER.on_conflict_do_update(
    index_elements=[_SESSIONS.c.conversation_id],
    set_={"last_message_at": func.greatest(_SESSIONS.c.last_message_at, _ENTER.excluded.last_message_at)},
).returning(_SESSIONS.c.session_id)
_LEAVE = update(_SESSIONS).where(_SESSIONS.c.session_id == bindparam("of_session"))
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


class Ledger:
    """Reads and writes the log, each call one transaction."""

    def __init__(self, sessions: sessionmaker[Session], clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def identify(self, identity: ChannelIdentity, conversation_id: str) -> Caller:
        """Who writes, and the key of their conversation: what to lock before the turn is opened."""
        return await asyncio.to_thread(self._identify, identity, conversation_id)

    async def open(self, caller: Caller, request: TurnRequest, message: str) -> OpenTurn:
        """Begin a turn, or find the one that answered this very message. Call it with the conversation locked."""
        return await asyncio.to_thread(self._open, caller, request, message)

    async def close(self, turn: OpenTurn, result: TurnResult) -> None:
        """Keep the result and the reply, on disk."""
        await asyncio.to_thread(self._close, turn, result)

    def _open(self, caller: Caller, request: TurnRequest, message: str) -> OpenTurn:
        with session_scope(self._sessions) as session:
            session.execute(_LATER_ON_DISK)
            turn_id, fresh, done = self._turn(session, caller, request)
            session_id = self._session(session, caller, message)
            if fresh:
                self._say(session, session_id, turn_id, MessageAuthor.CUSTOMER, message)
            return OpenTurn(caller, turn_id, session_id, fresh, done)

    def _identify(self, identity: ChannelIdentity, conversation_id: str) -> Caller:
        with self._sessions() as session:
            principal = find_principal(session, identity)
        owner = owner_key(principal, identity)
        return Caller(principal, identity, owner, f"{owner}/{conversation_id}")

    def _turn(self, session: Session, caller: Caller, request: TurnRequest) -> tuple[UUID, bool, TurnResult | None]:
        turn_id = uuid5(_NAMESPACE, f"{caller.thread}\n{request.message_id}") if request.message_id else uuid4()
        begun = {
            "turn_id": turn_id,
            "conversation_id": caller.thread,
            "message_id": request.message_id,
            "request": request.model_dump(mode="json"),
            "created_at": self._clock.now(),
        }
        if session.scalar(_BEGIN, begun) is not None:
            return turn_id, True, None
        result = session.scalar(_DONE, {"turn_id": turn_id})
        return turn_id, False, TurnResult.model_validate(result) if result else None

    def _session(self, session: Session, caller: Caller, message: str) -> int:
        principal, now = caller.principal, self._clock.now()
        joined: JsonDict = {
            "conversation_id": caller.thread,
            "channel": caller.identity.channel,
            "user_type": UserType(principal.role.value),
            "subject": message[:_SUBJECT],
            "started_at": now,
            "last_message_at": now,
        }
        if principal.role in _OWNER:
            joined[_OWNER[principal.role]] = principal.subject_id
        session_id: int | None = session.scalar(_JOIN, joined)
        if session_id is None:
            raise RuntimeError("an upsert returned no row")
        return session_id

    def _say(self, session: Session, session_id: int, turn_id: UUID, author: MessageAuthor, body: str) -> None:
        said = {"session_id": session_id, "turn_id": turn_id, "author": author, "body": body}
        session.execute(_SAY, {**said, "created_at": self._clock.now()})

    def _close(self, turn: OpenTurn, result: TurnResult) -> None:
        with session_scope(self._sessions) as session:
            session.execute(_END, {"of_turn": turn.turn_id, "result": result.model_dump(mode="json")})
            self._say(session, turn.session_id, turn.turn_id, MessageAuthor.BOT, result.reply)
            changes: JsonDict = {"last_message_at": self._clock.now()}
            if result.handoff is not None:
                changes["status"] = SessionStatus.HANDED_OFF
            session.execute(_LEAVE, {"of_session": turn.session_id, **changes})
