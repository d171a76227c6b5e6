"""Statements about unknown questions, their answers and those who asked; the caller's session commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select, text, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import NotFound
from db.models import (
    AskerState,
    ChatSession,
    Client,
    Document,
    FeedbackStatus,
    KnowledgeAnswer,
    KnowledgeAsker,
    KnowledgeFeedback,
    Owes,
    Product,
    Technician,
    User,
    UserType,
)

OPEN = (FeedbackStatus.PENDING, FeedbackStatus.ANSWERED, FeedbackStatus.APPROVED)
CHATWOOT_DOOR = "chatwoot:"
"""Conversations that a message can be sent to begin like this."""
_DOOR = text(
    """
    SELECT CASE WHEN EXISTS (
               SELECT FROM turns u JOIN channel_turns c ON c.turn_key::text = u.message_id
               WHERE u.conversation_id = s.conversation_id AND u.request -> 'sender' = c.request -> 'sender'
                     AND said.id = format('chatwoot:%s:%s', c.account_id, c.conversation_id))
           THEN said.id ELSE 'other:' || said.id END
    FROM chat_sessions s, LATERAL (SELECT coalesce(substring(s.conversation_id FROM '/(.*)$'), '') AS id) said
    WHERE s.session_id = :session_id
    """
)
"""Where they asked. A conversation is Chatwoot's only if Chatwoot's door asked in it, for this very sender: anybody who
may call us can give a conversation the name of another's."""
_AS_IF_NEVER_TOLD = {"owes": Owes.ANSWER, "notified_at": None, "delivery_key": None}
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:question, 0))")
"""Two people may ask the same thing at once: the second joins the row of the first."""
_DROP_WAITING = text(
    "UPDATE channel_outbox SET state = 'dropped', error = 'revoked', settled_at = now()"
    " WHERE state = 'waiting' AND turn_key IN"
    " (SELECT delivery_key FROM knowledge_askers WHERE feedback_id = :feedback_id AND state = 'queued')"
)


@dataclass(frozen=True, slots=True)
class AskedBy:
    """One of those who asked, as a person of the office reads it."""

    asker_id: int
    feedback_id: int
    name: str
    user_type: UserType
    question: str
    language: str
    door: str
    state: AskerState
    owes: Owes
    asked_at: datetime
    notified_at: datetime | None

    @property
    def reachable(self) -> bool:
        """Can a message be sent to where they asked? Else they are told when they next write."""
        return self.door.startswith(CHATWOOT_DOOR)

    @property
    def retold(self) -> bool:
        """Were they told what no longer holds, and are to be told so?"""
        return self.state is AskerState.WAITING and self.owes is not Owes.ANSWER


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question with how often it was asked."""

    question: KnowledgeFeedback
    askers: int
    last_asked: datetime


def candidates(
    session: Session, exact: str, language: str, role: UserType, statuses: Sequence[FeedbackStatus]
) -> list[tuple[int, str]]:
    """Questions that agree in what is ``exact``, in every wording in which they were asked: number and text."""
    about = (KnowledgeFeedback.user_type == role, KnowledgeFeedback.status.in_(statuses))
    first = select(KnowledgeFeedback.feedback_id, KnowledgeFeedback.question).where(
        *about, KnowledgeFeedback.exact == exact, KnowledgeFeedback.language == language
    )
    worded = (
        select(KnowledgeAsker.feedback_id, KnowledgeAsker.question)
        .join(KnowledgeFeedback, KnowledgeFeedback.feedback_id == KnowledgeAsker.feedback_id)
        .where(*about, KnowledgeAsker.exact == exact, KnowledgeAsker.language == language)
    )
    both = union(first, worded).subquery()
    rows = session.execute(select(both).order_by(both.c.feedback_id)).all()
    return [(row[0], row[1]) for row in rows if row[1]]


def served(session: Session, exact: str, language: str, today: date) -> list[tuple[int, str]]:
    """Documents that answer questions which agree in what is ``exact``, with every wording of those."""
    about = (KnowledgeAnswer.document_id.is_not(None), holding(today))
    first = (
        select(KnowledgeAnswer.document_id, KnowledgeFeedback.question)
        .join(KnowledgeFeedback, KnowledgeFeedback.feedback_id == KnowledgeAnswer.feedback_id)
        .where(*about, KnowledgeFeedback.exact == exact, KnowledgeFeedback.language == language)
    )
    worded = (
        select(KnowledgeAnswer.document_id, KnowledgeAsker.question)
        .join(KnowledgeAsker, KnowledgeAsker.feedback_id == KnowledgeAnswer.feedback_id)
        .where(*about, KnowledgeAsker.exact == exact, KnowledgeAsker.language == language)
    )
    both = union(first, worded).subquery()
    return [(row[0], row[1]) for row in session.execute(select(both).order_by(both.c.document_id)) if row[1]]


def lock_question(session: Session, role: UserType, language: str, exact: str) -> None:
    """One at a time writes down questions that may be the same, until the transaction ends."""
    session.execute(_ONE_AT_A_TIME, {"question": f"{role.value} {language} {exact}"})


def add_question(session: Session, asked: KnowledgeFeedback) -> int:
    """Write down a question; its number."""
    session.add(asked)
    session.flush()
    return asked.feedback_id


def newest(session: Session, feedback_ids: Sequence[int]) -> dict[int, KnowledgeAnswer]:
    """The newest version of the answers to those of the questions that have one."""
    own = select(KnowledgeAnswer).where(KnowledgeAnswer.feedback_id.in_(feedback_ids))
    own = own.order_by(KnowledgeAnswer.feedback_id, KnowledgeAnswer.version)
    return {answer.feedback_id: answer for answer in session.scalars(own)}


def add_asker(
    session: Session, feedback_id: int, session_id: int, question: str, exact: str, language: str, now: datetime
) -> None:
    """Somebody asked in the conversation ``session_id``; once each. Who was told before and asks again waits again."""
    door = session.scalar(_DOOR, {"session_id": session_id})
    if door is None:
        raise NotFound("There is no such conversation.")
    values = {"question": question, "exact": exact, "language": language, "door": door, "asked_at": now}
    asked = insert(KnowledgeAsker).values(feedback_id=feedback_id, session_id=session_id, **values)
    session.execute(
        asked.on_conflict_do_update(
            index_elements=["feedback_id", "session_id"],
            set_={**values, "state": AskerState.WAITING, **_AS_IF_NEVER_TOLD},
            where=KnowledgeAsker.state.in_((AskerState.TOLD, AskerState.WITH_COLLEAGUE)),
        )
    )


def question(session: Session, feedback_id: int) -> KnowledgeFeedback:
    """The question, locked until the transaction ends; raises :class:`NotFound`."""
    found = session.get(KnowledgeFeedback, feedback_id, with_for_update=True)
    if found is None:
        raise NotFound("There is no such question.")
    return found


def versions(session: Session, feedback_id: int) -> list[KnowledgeAnswer]:
    """Every version of the answer, oldest first."""
    own = select(KnowledgeAnswer).where(KnowledgeAnswer.feedback_id == feedback_id)
    return list(session.scalars(own.order_by(KnowledgeAnswer.version)))


def version(session: Session, feedback_id: int, number: int | None) -> KnowledgeAnswer:
    """Version ``number`` of the answer, or the newest; raises :class:`NotFound`."""
    own = select(KnowledgeAnswer).where(KnowledgeAnswer.feedback_id == feedback_id)
    own = own if number is None else own.where(KnowledgeAnswer.version == number)
    found = session.scalars(own.order_by(KnowledgeAnswer.version.desc()).limit(1)).first()
    if found is None:
        raise NotFound("There is no such answer.")
    return found


def live(session: Session, feedback_id: int) -> KnowledgeAnswer | None:
    """The version that is approved and was not withdrawn."""
    return session.scalars(
        select(KnowledgeAnswer).where(
            KnowledgeAnswer.feedback_id == feedback_id,
            KnowledgeAnswer.approved_at.is_not(None),
            KnowledgeAnswer.revoked_at.is_(None),
        )
    ).first()


def wordings(session: Session) -> list[KnowledgeFeedback | KnowledgeAsker]:
    """Every question in every wording."""
    return [*session.scalars(select(KnowledgeFeedback)), *session.scalars(select(KnowledgeAsker))]


def unshelved(session: Session) -> list[tuple[int, int]]:
    """Answers that are approved, not withdrawn, and not in the library: question and version."""
    served = select(Document.document_id).where(Document.retired_at.is_(None))
    rows = session.execute(
        select(KnowledgeAnswer.feedback_id, KnowledgeAnswer.version)
        .where(
            KnowledgeAnswer.approved_at.is_not(None),
            KnowledgeAnswer.revoked_at.is_(None),
            KnowledgeAnswer.document_id.is_(None) | KnowledgeAnswer.document_id.not_in(served),
        )
        .order_by(KnowledgeAnswer.feedback_id)
    )
    return [(row[0], row[1]) for row in rows]


def from_origin(session: Session, origin: str) -> KnowledgeAnswer | None:
    """The version that was made of ``origin``."""
    return session.scalars(select(KnowledgeAnswer).where(KnowledgeAnswer.origin == origin)).first()


def holding(today: date) -> ColumnElement[bool]:
    """Answers that are approved, not withdrawn, and hold on the day ``today``."""
    return (
        KnowledgeAnswer.approved_at.is_not(None)
        & KnowledgeAnswer.revoked_at.is_(None)
        & (func.coalesce(KnowledgeAnswer.valid_from, today) <= today)
        & (func.coalesce(KnowledgeAnswer.valid_until, today) >= today)
    )


def askers(session: Session, feedback_id: int) -> list[AskedBy]:
    """Everybody who asked it, first to last."""
    rows = session.execute(
        select(
            KnowledgeAsker.asker_id,
            KnowledgeAsker.feedback_id,
            func.coalesce(Client.name, Technician.name, User.name, ""),
            ChatSession.user_type,
            KnowledgeAsker.question,
            KnowledgeAsker.language,
            KnowledgeAsker.door,
            KnowledgeAsker.state,
            KnowledgeAsker.owes,
            KnowledgeAsker.asked_at,
            KnowledgeAsker.notified_at,
        )
        .join(ChatSession, ChatSession.session_id == KnowledgeAsker.session_id)
        .outerjoin(Client, Client.client_id == ChatSession.client_id)
        .outerjoin(Technician, Technician.technician_id == ChatSession.technician_id)
        .outerjoin(User, User.user_id == ChatSession.user_id)
        .where(KnowledgeAsker.feedback_id == feedback_id)
        .order_by(KnowledgeAsker.asked_at, KnowledgeAsker.asker_id)
    )
    return [AskedBy(*tuple(row)) for row in rows]


def asked_at_door(session: Session, door: str) -> list[KnowledgeFeedback]:
    """Questions asked in a conversation of a door, newest first."""
    asked = select(KnowledgeAsker.feedback_id).where(KnowledgeAsker.door == door)
    own = select(KnowledgeFeedback).where(KnowledgeFeedback.feedback_id.in_(asked))
    return list(session.scalars(own.order_by(KnowledgeFeedback.asked_at.desc(), KnowledgeFeedback.feedback_id.desc())))


def ranked(
    session: Session,
    statuses: Sequence[FeedbackStatus] = (FeedbackStatus.PENDING,),
    limit: int = 50,
    offset: int = 0,
) -> list[Ranked]:
    """Questions by how many asked, then by how recently."""
    count = func.count(KnowledgeAsker.asker_id)
    last = func.greatest(KnowledgeFeedback.asked_at, func.max(KnowledgeAsker.asked_at))
    rows = session.execute(
        select(KnowledgeFeedback, count, last)
        .outerjoin(KnowledgeAsker, KnowledgeAsker.feedback_id == KnowledgeFeedback.feedback_id)
        .where(KnowledgeFeedback.status.in_(statuses))
        .group_by(KnowledgeFeedback.feedback_id)
        .order_by(count.desc(), last.desc(), KnowledgeFeedback.feedback_id)
        .limit(limit)
        .offset(offset)
    )
    return [Ranked(row[0], row[1], row[2]) for row in rows]


def move_askers(session: Session, source: int, target: int) -> int:
    """Those who asked ``source`` asked ``target``; who asked both is kept once. How many moved."""
    both = select(KnowledgeAsker.session_id).where(KnowledgeAsker.feedback_id == target)
    moved = session.execute(
        update(KnowledgeAsker)
        .where(KnowledgeAsker.feedback_id == source, KnowledgeAsker.session_id.not_in(both))
        .values(feedback_id=target)
        .returning(KnowledgeAsker.asker_id)
    )
    return len(moved.all())


def withhold(session: Session, feedback_id: int, readable_by: Sequence[UserType]) -> int:
    """Those who wait and may not read the answer are not told; those of the roles ``readable_by`` wait again.

    Who was told what no longer holds waits on: they are told that much.
    """
    mine = KnowledgeAsker.feedback_id == feedback_id
    allowed = select(ChatSession.session_id).where(ChatSession.user_type.in_(readable_by))
    session.execute(
        update(KnowledgeAsker)
        .where(mine, KnowledgeAsker.state == AskerState.WITHHELD, KnowledgeAsker.session_id.in_(allowed))
        .values(state=AskerState.WAITING)
    )
    out = session.execute(
        update(KnowledgeAsker)
        .where(
            mine,
            KnowledgeAsker.state == AskerState.WAITING,
            KnowledgeAsker.owes != Owes.RETRACTION,
            KnowledgeAsker.session_id.not_in(allowed),
        )
        .values(state=AskerState.WITHHELD)
        .returning(KnowledgeAsker.asker_id)
    )
    return len(out.all())


def tell_again(session: Session, feedback_id: int) -> int:
    """Those who were told an answer of the question are to be told that it no longer holds. How many those are."""
    mine = KnowledgeAnswer.feedback_id == feedback_id
    session.execute(
        update(KnowledgeAnswer).where(mine, KnowledgeAnswer.revoked_at.is_not(None)).values(tell_again=True)
    )
    again = session.execute(
        update(KnowledgeAsker)
        .where(
            KnowledgeAsker.feedback_id == feedback_id,
            KnowledgeAsker.state.in_((AskerState.TOLD, AskerState.WITH_COLLEAGUE)),
        )
        .values(state=AskerState.WAITING, owes=Owes.RETRACTION)
        .returning(KnowledgeAsker.asker_id)
    )
    return len(again.all())


def drop_undelivered(session: Session, feedback_id: int) -> None:
    """What waits to be posted of an answer is not posted; those it was for wait again."""
    session.execute(_DROP_WAITING, {"feedback_id": feedback_id})


def waits_at_a_door(session: Session, feedback_id: int) -> bool:
    """Is there somebody to be told, where a message can be sent?"""
    waiting = select(KnowledgeAsker.asker_id).where(
        KnowledgeAsker.feedback_id == feedback_id,
        KnowledgeAsker.state.in_((AskerState.WAITING, AskerState.QUEUED)),
        KnowledgeAsker.door.startswith(CHATWOOT_DOOR),
    )
    return session.scalar(select(waiting.exists())) is True


def colleague(session: Session, email: str, name: str) -> User | None:
    """The office user who is known by that e-mail, or, without one, by that very name."""
    known = func.lower(User.email) == email.strip().lower() if email.strip() else User.name == name.strip()
    found = session.scalars(select(User).where(or_(known), User.active).limit(2)).all()
    return found[0] if len(found) == 1 else None


def skus_named(session: Session, codes: Sequence[str]) -> list[str]:
    """The models among ``codes`` (folded, without hyphens)."""
    plain = func.lower(func.regexp_replace(Product.sku, "[^A-Za-z0-9]", "", "g"))
    return list(session.scalars(select(Product.sku).where(plain.in_(codes)).order_by(Product.sku)))
