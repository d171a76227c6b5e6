"""What was learned, worded for who had asked: the question is asked again, as they would, in their language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from babel.dates import format_date

from agents.brains.protocol import Ask, Context, Facts, Intent, Language
from agents.rag_docs import signed
from agents.report import Report, Task, TurnMark
from core.errors import CuadrillaError
from db.crud.askers import Owed
from db.models import Owes
from graph.desk import as_language
from graph.memory import Memory
from graph.parts import Parts
from ingest.retrieval import HybridRetriever
from policy.grants import Agent
from policy.roles import GUEST, Principal, Role
from tools.learning.known import Learned

_WHOLE = 0.6
"""A reply made anew that says less than this share of what the person wrote left something out."""
_WEEK = 7
_LONGEST_QUESTION = 160


class Translates(Protocol):
    """Puts a text into another language."""

    async def __call__(self, text: str, language: Language) -> str | None:
        """``text`` in ``language``; None when that cannot be done."""
        ...


@dataclass(frozen=True, slots=True)
class LearnedReply:
    """What somebody who had asked is told, and how the answer in it is cited.

    ``withdrawn``: no more than that what they were told before does not hold.
    """

    text: str
    title: str = ""
    withdrawn: bool = False


async def untranslated(text: str, language: Language) -> str | None:  # noqa: ARG001
    """Without a model nothing is translated: the answer goes out as it was written, and that is said."""
    return None


class LearnedReplies:
    """Words the reply that each of those who asked is owed."""

    def __init__(self, parts: Parts, retriever: HybridRetriever, translate: Translates = untranslated) -> None:
        self._parts = parts
        self._retriever = retriever
        self._translate = translate

    async def reply(self, owed: Owed) -> LearnedReply | None:
        """The reply in the asker's language; None when they may not read the answer, or it holds no more.

        Who was told what no longer holds is told that much, when there is no other answer that they may read.
        """
        principal = principal_of(owed)
        learned = None
        if owed.holds and owed.document_id is not None:
            learned = await self._parts.learned.read(owed.document_id, principal)
        if learned is None:
            return await self._withdrawal(owed, principal) if owed.owes == Owes.RETRACTION else None
        language = as_language(owed.language)
        context = await self._parts.context(principal, Memory(owed.question, language))
        anew = await self._again(owed, learned, context)
        text = anew or learned.text
        same = learned.language == language
        if not same:
            translated = await self._translate(text, language)
            same, text = translated is not None, translated or text
        values = {
            "question": _short(owed.question),
            "when": spoken_day(owed.asked_at, context.now, language),
            "author": owed.author,
            "answer": text,
            "written": "same" if same else learned.language,
        }
        kind = "learned" if owed.owes == Owes.ANSWER else "learned_correction"
        return LearnedReply(await self._parts.words.phrase(Facts(kind, values), context), learned.title)

    async def _withdrawal(self, owed: Owed, principal: Principal) -> LearnedReply:
        language = as_language(owed.language)
        context = await self._parts.context(principal, Memory(owed.question, language))
        when = spoken_day(owed.asked_at, context.now, language)
        facts = Facts("learned_withdrawn", {"question": _short(owed.question), "when": when})
        return LearnedReply(await self._parts.words.phrase(facts, context), withdrawn=True)

    async def _again(self, owed: Owed, learned: Learned, context: Context) -> str | None:
        """What the specialist of documents says now, if it says what was learned and all of it."""
        specialist = self._parts.roster(context.principal).get(Agent.RAG_DOCS)
        if specialist is None:
            return None
        ask = Ask(owed.question, Intent.DOCUMENTS, 1.0)
        try:
            await self._retriever.refresh()
            report = await specialist.handle(Task(ask, context, owed.question, TurnMark(str(uuid4()))))
        except CuadrillaError:
            return None
        return report.text.removesuffix(signed("", learned.title)) if _says(report, learned) else None


def principal_of(owed: Owed) -> Principal:
    """Who asked, as the company knows them today."""
    if owed.subject_id is None or not owed.present:
        return GUEST
    return Principal(Role(owed.role), owed.subject_id, owed.name)


def spoken_day(then: datetime, now: datetime, language: Language) -> str:
    """A day as one says it: "hoy", "ayer", "el martes", "el 3 de noviembre"."""
    day, today = then.astimezone(now.tzinfo).date(), now.date()
    gone = (today - day).days
    if gone <= 1:
        return {"es": ("hoy", "ayer"), "en": ("today", "yesterday")}[language][max(gone, 0)]
    if language == "en":
        return f"on {format_date(day, 'EEEE' if gone < _WEEK else 'd MMMM', locale='en')}"
    return "el " + format_date(day, "EEEE" if gone < _WEEK else "d 'de' MMMM", locale="es")


def _says(report: Report, learned: Learned) -> bool:
    cited = {citation.document for citation in report.citations}
    return report.answered and cited == {learned.title} and len(report.text) >= _WHOLE * len(learned.text)


def _short(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= _LONGEST_QUESTION else line[: _LONGEST_QUESTION - 1].rsplit(" ", 1)[0] + "…"
