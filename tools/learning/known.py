"""Answers that were learned, by the question: read through the login of whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker

from core.clock import Clock
from db.crud import learning as crud
from db.readers import Readers
from policy.roles import Principal
from tools.learning.duplicates import answers_question
from tools.learning.reading import read

_READ = """
SELECT d.document_id, d.title, d.language, c.section, c.content
FROM documents d JOIN document_chunks c ON c.document_id = d.document_id
WHERE d.document_id = ANY(%s) AND d.retired_at IS NULL ORDER BY d.document_id, c.ordinal
"""


@dataclass(frozen=True, slots=True)
class Learned:
    """An answer as its reader may see it. ``title`` says who gave it and when; ``question`` what it answers."""

    document_id: int
    title: str
    language: str
    question: str
    text: str


class LearnedAnswers:
    """Finds them by likeness, and reads them by number; row-level security decides who may."""

    def __init__(self, sessions: sessionmaker[Session], readers: Readers, clock: Clock) -> None:
        self._sessions = sessions
        self._readers = readers
        self._clock = clock

    async def about(self, question: str, language: str, principal: Principal) -> Learned | None:
        """The answer to the very question that is asked in other words, if ``principal`` may read it."""
        documents = await asyncio.to_thread(self._documents, question, language)
        return await self._first(documents, principal)

    async def read(self, document_id: int, principal: Principal) -> Learned | None:
        """The answer that is served as ``document_id``; None when ``principal`` may not read it now."""
        return await self._first([document_id], principal)

    def _documents(self, question: str, language: str) -> list[int]:
        asked = read(question, language)
        with self._sessions() as session:
            served = crud.served(session, asked.exact, language, self._clock.today())
        return list(dict.fromkeys(number for number, text in served if answers_question(read(text, language), asked)))

    async def _first(self, documents: Sequence[int], principal: Principal) -> Learned | None:
        if not documents:
            return None
        async with self._readers.transaction(principal) as connection:
            rows = await (await connection.execute(_READ, (list(documents),))).fetchall()
        if not rows:
            return None
        document_id, title, language, section, _ = rows[0]
        text = "\n\n".join(content for number, _, _, _, content in rows if number == document_id)
        return Learned(document_id, title, language, section or "", text)
