"""The life of a question that nobody could answer: answered, approved, told to those who asked; withdrawn again.

Guarantees: what was written stays, version by version; what is served and what is approved change in one transaction;
a withdrawn answer is out of the library when the call returns; every change leaves an audit row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session, sessionmaker

from core.clock import Clock
from core.errors import BadInput, Conflict, KeyReused
from db.crud import learning as crud
from db.models import Audience, AuditLog, FeedbackStatus, KnowledgeAnswer, KnowledgeFeedback, UserType
from db.session import session_scope
from ingest.embeddings import Embedder
from policy.decide import audiences
from policy.roles import Role
from tools.learning.duplicates import alike
from tools.learning.reading import read
from tools.learning.shelf import as_reading, shelve, unshelve, vectors_for

LONGEST_ANSWER = 4000
_TABLE = "knowledge_feedback"


@dataclass(frozen=True, slots=True)
class Colleague:
    """Who writes, approves or withdraws; ``user_id`` is that of the office user, if it is one."""

    name: str
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as a person gives it. ``audience`` None: those who asked; ``language`` None: that of the question.

    ``origin`` names what it was made from (a note, a row of a table): the same one never makes a second version.
    """

    text: str
    audience: Audience | None = None
    language: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    source: str = "rest"
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A question, its answer and those who asked, after a change."""

    question: KnowledgeFeedback
    answer: KnowledgeAnswer | None
    askers: tuple[crud.AskedBy, ...]


def readers(audience: Audience) -> tuple[UserType, ...]:
    """The roles that read documents of ``audience``."""
    return tuple(UserType(role.value) for role in Role if audience.value in audiences(role))


def audience_of(role: UserType) -> Audience:
    """The audience that an answer to somebody of ``role`` is written for when nobody says otherwise."""
    return Audience(audiences(Role(role.value))[-1])


@dataclass(frozen=True, slots=True)
class AnswerBook:
    """Each call is one transaction."""

    sessions: sessionmaker[Session]
    embedder: Embedder
    clock: Clock
    tells_again: bool = True
    """Are those who were told an answer told of its correction or withdrawal, when the reviewer does not say?"""

    def answer(self, feedback_id: int, answer: Answer, author: Colleague) -> Standing:
        """Write a new version of the answer to a question; it is not served before it is approved.

        Raises :class:`NotFound`, :class:`BadInput` (empty, too long, dates the wrong way round), :class:`Conflict` when
        the question was found to be the same as another, and :class:`KeyReused` when its origin made something else.
        """
        text = _checked(answer)
        with session_scope(self.sessions) as session:
            question = _open(session, feedback_id)
            again = crud.from_origin(session, answer.origin) if answer.origin else None
            if again is not None:
                if (again.feedback_id, again.text) != (feedback_id, text):
                    raise KeyReused(what="Idempotency-Key", reason="key_reused")
                return _standing(session, question, again)
            before = crud.versions(session, feedback_id)
            written = KnowledgeAnswer(
                feedback_id=feedback_id,
                version=before[-1].version + 1 if before else 1,
                text=text,
                language=answer.language or question.language,
                audience=answer.audience or audience_of(question.user_type),
                author=author.name,
                author_id=author.user_id,
                source=answer.source,
                origin=answer.origin,
                valid_from=answer.valid_from,
                valid_until=answer.valid_until,
                created_at=self.clock.now(),
            )
            session.add(written)
            if question.status in {FeedbackStatus.PENDING, FeedbackStatus.DISMISSED}:
                question.status = FeedbackStatus.ANSWERED
                question.answer, question.answered_by = text, author.user_id
                question.answered_at = self.clock.now()
            session.flush()
            self._audit(session, author, "answer_question", question, {"version": written.version})
            return _standing(session, question, written)

    def approve(
        self, feedback_id: int, by: Colleague, version: int | None = None, *, tell_again: bool | None = None
    ) -> Standing:
        """Serve a version (the newest) from now on, in the place of the one before; those who asked are then told.

        ``tell_again``: so are those who were told an earlier one; None as the house does (``tells_again``).
        Approving what is approved changes nothing. Raises :class:`NotFound`, and :class:`Conflict` for a version that
        was withdrawn, or when a newer one was written meanwhile.
        """
        with self.sessions() as session:
            asked, chosen = crud.question(session, feedback_id), crud.version(session, feedback_id, version)
            reading, number = as_reading(asked, chosen, self.clock.zone), chosen.version
        vectors = vectors_for(reading, self.embedder)
        with session_scope(self.sessions) as session:
            question = _open(session, feedback_id)
            answer = crud.version(session, feedback_id, version)
            if answer.version != number:
                raise Conflict("Somebody wrote a newer version meanwhile: look at it first.", reason="newer")
            if answer.revoked_at is not None:
                raise Conflict("That version was withdrawn: write a new one.")
            if answer.approved_at is not None:
                return _standing(session, question, answer)
            before = crud.live(session, feedback_id)
            if before is not None:
                before.revoked_at, before.revoked_by = self.clock.now(), by.name
                session.flush()
            answer.approved_at, answer.approved_by = self.clock.now(), by.name
            shelve(session, question, answer, reading, vectors, self.embedder.name)
            question.answer, question.answered_by = answer.text, answer.author_id
            question.answered_at = self.clock.now()
            retold = self._tell_again(session, feedback_id, tell_again)
            crud.withhold(session, feedback_id, readers(answer.audience))
            self._settle(session, question)
            details: dict[str, object] = {"version": answer.version, "told_again": retold}
            self._audit(session, by, "approve_answer", question, details)
            return _standing(session, question, answer)

    def revoke(self, feedback_id: int, by: Colleague, *, tell_again: bool | None = None) -> Standing:
        """Withdraw the answer that is served: nobody reads it any more, and the question is open again.

        ``tell_again``: those who were told it are told that it does not hold; None as the house does (``tells_again``).

        Raises :class:`NotFound`, and :class:`Conflict` when nothing is served.
        """
        with session_scope(self.sessions) as session:
            question = crud.question(session, feedback_id)
            answer = crud.live(session, feedback_id)
            if answer is None:
                raise Conflict("There is no answer to withdraw.")
            answer.revoked_at, answer.revoked_by = self.clock.now(), by.name
            session.flush()  # waits for those who are handing it to the outbox; what they put there is then dropped
            unshelve(session, feedback_id)
            crud.drop_undelivered(session, feedback_id)
            retold = self._tell_again(session, feedback_id, tell_again)
            question.status, question.resolved_at = FeedbackStatus.PENDING, None
            question.answer = question.answered_at = question.answered_by = None
            details: dict[str, object] = {"version": answer.version, "told_again": retold}
            self._audit(session, by, "revoke_answer", question, details)
            return _standing(session, question, answer)

    def dismiss(self, feedback_id: int, by: Colleague, reason: str = "") -> Standing:
        """Nobody is going to answer this. Raises :class:`NotFound`, and :class:`Conflict` while an answer is served."""
        with session_scope(self.sessions) as session:
            question = crud.question(session, feedback_id)
            if crud.live(session, feedback_id) is not None:
                raise Conflict("The question is answered: withdraw the answer first.")
            question.status = FeedbackStatus.DISMISSED
            self._audit(session, by, "dismiss_question", question, {"reason": reason} if reason else {})
            return _standing(session, question, None)

    def merge(self, feedback_id: int, into: int, by: Colleague) -> Standing:
        """The question is the same as ``into``: those who asked it wait for that answer, or are told it if it is there.

        Raises :class:`NotFound`, :class:`BadInput` for a question into itself, and :class:`Conflict` when it has an
        answer of its own, or ``into`` was merged itself.
        """
        if feedback_id == into:
            raise BadInput("A question cannot be merged into itself.", reason="same_question")
        with session_scope(self.sessions) as session:
            first, second = sorted((feedback_id, into))
            locked = {number: crud.question(session, number) for number in (first, second)}
            question, target = locked[feedback_id], locked[into]
            if crud.live(session, feedback_id) is not None or question.merged_into is not None:
                raise Conflict("The question has an answer of its own, or was merged before.")
            if target.merged_into is not None:
                raise Conflict("That question was itself found to be the same as another.")
            crud.move_askers(session, feedback_id, into)
            question.status, question.merged_into = FeedbackStatus.DISMISSED, into
            answer = crud.live(session, into)
            if answer is not None:
                crud.withhold(session, into, readers(answer.audience))
                self._settle(session, target)
            self._audit(session, by, "merge_question", question, {"into": into})
            return _standing(session, target, answer)

    def read_again(self) -> int:
        """Take every question apart as it is done now: the vocabulary may have changed. How many came out otherwise."""
        changed = 0
        with session_scope(self.sessions) as session:
            for wording in crud.wordings(session):
                exact = read(wording.question, wording.language).exact
                changed += exact != wording.exact
                wording.exact = exact
        return changed

    def shelve_missing(self) -> int:
        """Put approved answers in the library that are not there: those of the demo company, or after a loss. How many
        there were."""
        with self.sessions() as session:
            missing = crud.unshelved(session)
        for feedback_id, number in missing:
            with session_scope(self.sessions) as session:
                question, answer = crud.question(session, feedback_id), crud.version(session, feedback_id, number)
                reading = as_reading(question, answer, self.clock.zone)
                vectors = vectors_for(reading, self.embedder)
                shelve(session, question, answer, reading, vectors, self.embedder.name)
        return len(missing)

    def ask(self, question: str, role: UserType, language: str) -> int:
        """The number of a question that somebody of the office puts for people of ``role``: one that is the same, whose
        answer is to be changed, or a new one that nobody waits for."""
        reading = read(question, language)
        with session_scope(self.sessions) as session:
            crud.lock_question(session, role, language, reading.exact)
            known = crud.candidates(session, reading.exact, language, role, tuple(FeedbackStatus))
            found = alike(reading, known, language)
            if found is not None:
                return found
            return crud.add_question(
                session,
                KnowledgeFeedback(
                    question=question,
                    normalized=reading.folded,
                    exact=reading.exact,
                    user_type=role,
                    language=language,
                    reason="put_by_the_office",
                    searched={},
                    asked_at=self.clock.now(),
                ),
            )

    def newest(self, feedback_ids: Sequence[int]) -> dict[int, KnowledgeAnswer]:
        """The newest version of the answers to those of the questions that have one."""
        with self.sessions() as session:
            return crud.newest(session, feedback_ids)

    def standing(self, feedback_id: int) -> Standing:
        """The question as it stands; raises :class:`NotFound`."""
        with self.sessions() as session:
            question = crud.question(session, feedback_id)
            return _standing(session, question, crud.live(session, feedback_id))

    def versions(self, feedback_id: int) -> list[KnowledgeAnswer]:
        """Every version that was written, oldest first; raises :class:`NotFound`."""
        with self.sessions() as session:
            crud.question(session, feedback_id)
            return crud.versions(session, feedback_id)

    def ranked(
        self, statuses: Sequence[FeedbackStatus] = (FeedbackStatus.PENDING,), limit: int = 50, offset: int = 0
    ) -> list[crud.Ranked]:
        """Questions by how many asked, then by how recently."""
        with self.sessions() as session:
            return crud.ranked(session, statuses, limit, offset)

    def colleague(self, email: str, name: str) -> Colleague:
        """Somebody of the office, as a door knows them."""
        with self.sessions() as session:
            user = crud.colleague(session, email, name)
            return Colleague(user.name, user.user_id) if user else Colleague(name.strip() or email.strip() or "?")

    def _tell_again(self, session: Session, feedback_id: int, wanted: bool | None) -> int:
        return crud.tell_again(session, feedback_id) if (self.tells_again if wanted is None else wanted) else 0

    def _settle(self, session: Session, question: KnowledgeFeedback) -> None:
        session.flush()
        if crud.waits_at_a_door(session, question.feedback_id):
            question.status, question.resolved_at = FeedbackStatus.APPROVED, None
        else:
            question.status, question.resolved_at = FeedbackStatus.RESOLVED, self.clock.now()

    def _audit(
        self, session: Session, by: Colleague, action: str, question: KnowledgeFeedback, details: dict[str, object]
    ) -> None:
        session.add(
            AuditLog(
                at=self.clock.now(),
                actor_role=Role.ADMIN.value,
                actor_id=by.user_id,
                action=action,
                table_name=_TABLE,
                record_id=str(question.feedback_id),
                details={**details, "by": by.name},
            )
        )


def _checked(answer: Answer) -> str:
    text = answer.text.strip()
    if not text:
        raise BadInput("The answer is empty.", reason="empty")
    if len(text) > LONGEST_ANSWER:
        raise BadInput(f"The answer is longer than {LONGEST_ANSWER} characters.", reason="too_long")
    if answer.valid_from and answer.valid_until and answer.valid_from > answer.valid_until:
        raise BadInput("The answer ends to hold before it begins.", reason="validity")
    return text


def _open(session: Session, feedback_id: int) -> KnowledgeFeedback:
    question = crud.question(session, feedback_id)
    if question.merged_into is not None:
        raise Conflict("The question was found to be the same as another.", into=question.merged_into)
    return question


def _standing(session: Session, question: KnowledgeFeedback, answer: KnowledgeAnswer | None) -> Standing:
    session.flush()
    return Standing(question, answer, tuple(crud.askers(session, question.feedback_id)))
