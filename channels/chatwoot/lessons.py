"""Attends to the notes in which colleagues teach, and confirms each with a note of its own.

A note is attended to once: what it writes is known by the note it came from, so a crash in between repeats nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from sqlalchemy.orm import Session, sessionmaker

from channels.chatwoot.commands import Command, read_command
from channels.chatwoot.escaping import literal
from channels.chatwoot.payloads import Event, read_event
from channels.chatwoot.rendering import chatwoot_text, notes
from channels.chatwoot.telling import door_of
from channels.chatwoot.wording import Wording, load_wording
from channels.inbox import Inbox, Lesson, attended
from channels.outbox import put
from channels.queue import Queue
from core.errors import BadInput, Conflict, CuadrillaError, NotFound
from core.settings import Settings
from db.crud import learning as crud
from db.models import AskerState, FeedbackStatus, KnowledgeFeedback
from tools.learning.book import Answer, AnswerBook, Colleague, Standing, readers

_NAMESPACE = UUID("5f9a5bb5-2d0f-4a3e-8c26-6d3f4c0b1e77")
_WHICH = "which"
_PREVIOUS = """
SELECT payload FROM channel_events
WHERE account_id = %s AND conversation_id = %s AND kind = 'lesson' AND reason = 'which' AND event_id < %s
ORDER BY event_id DESC LIMIT 1
"""
_SHOWN = 10
_QUOTED = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """What a colleague reads about their note, and a code of what became of it."""

    text: str
    reason: str


class Refusal(Exception):
    """The note cannot be carried out; the reply says why."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(reply.reason)


@dataclass(frozen=True, slots=True)
class Teacher:
    """Takes lessons in conversations of one installation of Chatwoot."""

    queue: Queue
    inbox: Inbox
    book: AnswerBook
    sessions: sessionmaker[Session]
    settings: Settings

    async def attend(self, account_id: int, conversation_id: int) -> None:
        """Carry out what colleagues taught in the conversation, in order."""
        for lesson in await self.inbox.lessons(account_id, conversation_id):
            event = read_event(lesson.payload)
            command = read_command(event.content) or Command("learn")
            if command.verb == "learn" and command.number is not None and not command.text:
                command = await self._from_before(command, lesson, account_id, conversation_id)
            reply = await asyncio.to_thread(self._carry_out, command, event, account_id, conversation_id)
            key = uuid5(_NAMESPACE, str(lesson.event_id))
            steps = [step.to_json() for step in notes(reply.text)]
            async with self.queue.pool.connection() as connection:
                if await attended(connection, lesson, reply.reason):
                    await put(connection, key, account_id, conversation_id, steps, turn=False)

    async def _from_before(self, command: Command, lesson: Lesson, account_id: int, conversation_id: int) -> Command:
        """The answer of the note before, of which it was asked which question it is to."""
        async with self.queue.pool.connection() as connection:
            cursor = await connection.execute(_PREVIOUS, (account_id, conversation_id, lesson.event_id))
            row = await cursor.fetchone()
        before = read_command(read_event(row[0]).content) if row else None
        return replace(before, number=command.number) if before is not None else command

    def _carry_out(self, command: Command, event: Event, account_id: int, conversation_id: int) -> Reply:
        wording, door = load_wording(), door_of(account_id, conversation_id)
        try:
            if command.wrong:
                what = literal(command.wrong[0])
                raise Refusal(Reply(wording.note("lesson_wrong_option", what=what), "wrong_option"))
            if command.verb == "questions":
                return self._open_questions(door, wording)
            if command.verb == "learn" and not command.text:
                raise Refusal(Reply(wording.note("lesson_empty"), "empty"))
            number = command.number or self._number(command, door, wording)
            return self._change(number, command, event, f"chatwoot:{account_id}:{event.message_id}", wording)
        except Refusal as refusal:
            return refusal.reply
        except NotFound:
            return Reply(wording.note("lesson_no_such_question", number=command.number), "not_found")
        except (Conflict, BadInput) as error:
            return Reply(_refused(error, wording), error.code)

    def _change(self, number: int, command: Command, event: Event, origin: str, wording: Wording) -> Reply:
        sender = event.sender
        author = self.book.colleague(sender.email if sender else "", sender.name if sender else "")
        if command.verb == "forget":
            standing = self.book.revoke(number, author, tell_again=command.tell_again)
            lines = [wording.note("lesson_forgotten", number=number, question=_quote(standing))]
            again = [one for one in standing.askers if one.retold]
            lines += [_group("lesson_withdrawn", again, wording)] if again else []
            return Reply("\n- ".join(lines), "forgotten")
        if command.verb == "dismiss":
            standing = self.book.dismiss(number, author, command.text)
            return Reply(wording.note("lesson_dismissed", number=number, question=_quote(standing)), "dismissed")
        answer = Answer(
            text=command.text,
            audience=command.audience,
            language=command.language,
            valid_from=command.valid_from,
            valid_until=command.valid_until,
            source="chatwoot",
            origin=origin,
        )
        standing = self.book.answer(number, answer, author)
        if self.settings.learning_review:
            return Reply(wording.note("lesson_to_review", number=number, question=_quote(standing)), "to_review")
        standing = self._approved(number, standing, author, command.tell_again)
        return Reply(self._learned(standing, wording), "learned")

    def _approved(self, number: int, written: Standing, author: Colleague, tell_again: bool | None) -> Standing:
        version = written.answer.version if written.answer is not None else None
        if written.answer is not None and written.answer.revoked_at is not None:
            return written  # repeated after a crash, and something newer is served
        return self.book.approve(number, author, version, tell_again=tell_again)

    def _number(self, command: Command, door: str, wording: Wording) -> int:
        """The question that is meant when the note names none: the only one there is."""
        wanted = _CAN_BE[command.verb]
        found = [question for question in self._asked(door) if question.status in wanted and not question.merged_into]
        if len(found) == 1:
            return found[0].feedback_id
        if not found:
            raise Refusal(Reply(wording.note("lesson_nothing_open"), "nothing_open"))
        text = wording.note("lesson_which") + "\n" + _listed(found)
        raise Refusal(Reply(text, _WHICH))

    def _open_questions(self, door: str, wording: Wording) -> Reply:
        found = [question for question in self._asked(door) if question.status in crud.OPEN]
        if not found:
            return Reply(wording.note("lesson_nothing_open"), "questions")
        return Reply(wording.note("lesson_open") + "\n" + _listed(found), "questions")

    def _asked(self, door: str) -> list[KnowledgeFeedback]:
        with self.sessions() as session:
            return crud.asked_at_door(session, door)

    def _learned(self, standing: Standing, wording: Wording) -> str:
        answer, question = standing.answer, standing.question
        if answer is None:
            return wording.note("lesson_nothing_open")
        told = ", ".join(wording.audiences[role.value] for role in readers(answer.audience))
        names = {"number": question.feedback_id, "version": answer.version, "question": _quote(standing)}
        lines = [
            wording.note("lesson_learned", **names),
            wording.note("lesson_answer", answer=_cut(chatwoot_text(answer.text))),
            wording.note("lesson_readers", readers=told),
        ]
        if answer.valid_from or answer.valid_until:
            days = {"since": answer.valid_from, "until": answer.valid_until}
            lines += [wording.note(f"lesson_{name}", day=f"{day:%d/%m/%Y}") for name, day in days.items() if day]
        lines += list(_told(standing.askers, wording))
        return "\n".join([lines[0], *(f"- {line}" for line in lines[1:])])


_OPEN = frozenset({FeedbackStatus.PENDING, FeedbackStatus.ANSWERED})
_CAN_BE: Mapping[str, frozenset[FeedbackStatus]] = {
    "learn": _OPEN,
    "dismiss": _OPEN,
    "forget": frozenset({FeedbackStatus.APPROVED, FeedbackStatus.RESOLVED}),
}


def _told(askers: Sequence[crud.AskedBy], wording: Wording) -> list[str]:
    """Who is sent the answer, who hears of it later, and who does not."""
    again = [one for one in askers if one.retold]
    first = [one for one in askers if one.state in {AskerState.WAITING, AskerState.QUEUED} and not one.retold]
    sent = [one for one in first if one.reachable]
    later = [one for one in first if not one.reachable]
    kept = [one for one in askers if one.state is AskerState.WITHHELD]
    groups = (("lesson_sent", sent), ("lesson_corrected", again), ("lesson_later", later), ("lesson_withheld", kept))
    lines = [_group(name, who, wording) for name, who in groups if who]
    return lines or [wording.note("lesson_nobody_waits")]


def _group(name: str, who: Sequence[crud.AskedBy], wording: Wording) -> str:
    return wording.note(name, count=len(who), who=_names(who, wording))


def _names(who: Sequence[crud.AskedBy], wording: Wording) -> str:
    named = [literal(one.name) if one.name else wording.note("lesson_stranger") for one in who]
    more = len(named) - _SHOWN
    return ", ".join(named[:_SHOWN]) + (f" (+{more})" if more > 0 else "")


def _listed(questions: Sequence[KnowledgeFeedback]) -> str:
    return "\n".join(f"- **#{one.feedback_id}** {_cut(literal(one.question))}" for one in questions[:_SHOWN])


def _quote(standing: Standing) -> str:
    return _cut(literal(standing.question.question))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[:_QUOTED].rsplit(" ", 1)[0] + "…"


def _refused(error: CuadrillaError, wording: Wording) -> str:
    into = error.details.get("into")
    if into is not None:
        return wording.note("lesson_merged", number=into)
    reason = str(error.details.get("reason", error.code))
    name = f"lesson_refused_{reason}"
    return wording.notes.get(name, wording.notes["lesson_refused"])
