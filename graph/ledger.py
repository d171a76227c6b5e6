"""The log of turns and conversations: what makes a repeated message harmless, and nothing lost.

Conversations are kept under the door's id *and* whose it is (``owner/conversation``): an id that another sender uses
again is another conversation.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from core.clock import Clock
from db.models import ChatMessage, ChatSession, MessageAuthor, SessionStatus, Turn, UserType
from db.session import session_scope
from graph.messages import JsonDict, TurnRequest, TurnResult
from policy.roles import Principal, Role
from tools.identity import ChannelIdentity, find_principal, owner_key

_NAMESPACE = UUID("6f0e4d0e-5a5c-4b1e-9a53-6a1f5ad3f1c7")
_SUBJECT = 80
_LATER_ON_DISK = text("SET LOCAL synchronous_commit = off")
"""The commit that closes the turn is synchronous, and what was logged before it reaches the disk with it."""


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

    async def open(self, identity: ChannelIdentity, request: TurnRequest, message: str) -> OpenTurn:
        """Identify the sender and begin a turn, or find the one that answered this very message.

        Call it with the conversation locked.
        """
        return await asyncio.to_thread(self._open, identity, request, message)

    async def close(self, turn: OpenTurn, result: TurnResult) -> None:
        """Keep the result and the reply, on disk."""
        await asyncio.to_thread(self._close, turn, result)

    def _open(self, identity: ChannelIdentity, request: TurnRequest, message: str) -> OpenTurn:
        with session_scope(self._sessions) as session:
            session.execute(_LATER_ON_DISK)
            caller = self._identify(session, identity, request.conversation_id)
            turn_id, fresh, done = self._turn(session, caller, request)
            session_id = self._session(session, caller, message)
            if fresh:
                self._say(session, session_id, turn_id, MessageAuthor.CUSTOMER, message)
            return OpenTurn(caller, turn_id, session_id, fresh, done)

    def _identify(self, session: Session, identity: ChannelIdentity, conversation_id: str) -> Caller:
        principal = find_principal(session, identity)
        owner = owner_key(principal, identity)
        return Caller(principal, identity, owner, f"{owner}/{conversation_id}")

    def _turn(self, session: Session, caller: Caller, request: TurnRequest) -> tuple[UUID, bool, TurnResult | None]:
        turn_id = uuid5(_NAMESPACE, f"{caller.thread}\n{request.message_id}") if request.message_id else uuid4()
        kept: JsonDict = request.model_dump(mode="json")
        inserted = session.scalar(
            insert(Turn)
            .values(
                turn_id=turn_id,
                conversation_id=caller.thread,
                message_id=request.message_id,
                request=kept,
                created_at=self._clock.now(),
            )
            .on_conflict_do_nothing()
            .returning(Turn.turn_id)
        )
        if inserted is not None:
            return turn_id, True, None
        result = session.scalar(select(Turn.result).where(Turn.turn_id == turn_id))
        return turn_id, False, TurnResult.model_validate(result) if result else None

    def _session(self, session: Session, caller: Caller, message: str) -> int:
        principal, now = caller.principal, self._clock.now()
        owner = {
            Role.CLIENT: {"client_id": principal.subject_id},
            Role.TECHNICIAN: {"technician_id": principal.subject_id},
            Role.ADMIN: {"user_id": principal.subject_id},
            Role.GUEST: {},
        }[principal.role]
        statement = insert(ChatSession).values(
            conversation_id=caller.thread,
            channel=caller.identity.channel,
            user_type=UserType(principal.role.value),
            subject=message[:_SUBJECT],
            started_at=now,
            last_message_at=now,
            **owner,
        )
        session_id: int | None = session.scalar(
            statement.on_conflict_do_update(
                index_elements=[ChatSession.conversation_id],
                set_={"last_message_at": func.greatest(ChatSession.last_message_at, now)},
            ).returning(ChatSession.session_id)
        )
        if session_id is None:
            raise RuntimeError("an upsert returned no row")
        return session_id

    def _say(self, session: Session, session_id: int, turn_id: UUID, author: MessageAuthor, body: str) -> None:
        session.execute(
            insert(ChatMessage).values(
                session_id=session_id, turn_id=turn_id, author=author, body=body, created_at=self._clock.now()
            )
        )

    def _close(self, turn: OpenTurn, result: TurnResult) -> None:
        with session_scope(self._sessions) as session:
            session.execute(
                update(Turn).where(Turn.turn_id == turn.turn_id).values(result=result.model_dump(mode="json"))
            )
            self._say(session, turn.session_id, turn.turn_id, MessageAuthor.BOT, result.reply)
            changes: JsonDict = {"last_message_at": self._clock.now()}
            if result.handoff is not None:
                changes["status"] = SessionStatus.HANDED_OFF
            session.execute(update(ChatSession).where(ChatSession.session_id == turn.session_id).values(changes))
