"""What is said instead of what the documents say, or do not: what a person answered to that very question, advice about
a danger, or who may read that."""

from __future__ import annotations

from dataclasses import replace

from agents.brains.protocol import Facts
from agents.rag_docs import signed
from agents.report import Cited, Refusal, Report
from agents.withheld import load_withheld
from graph.desk import Desk
from graph.parts import Parts
from graph.strangers import asks_about_people, asks_for_people
from policy.grants import Agent
from policy.roles import Role

_DOCUMENTS, _AUDIENCE = "documents", "audience"


async def or_else(report: Report, question: str, desk: Desk, parts: Parts) -> Report:
    """``report``, or a better reply to ``question`` when the documents had no answer for this person.

    A stranger who asks about machines always hears the same sentence: it tells nothing of what documents hold. Their
    question is kept all the same, for the office to see.
    """
    if report.agent != Agent.RAG_DOCS.value or report.error is not None:
        return report
    if report.answered:
        named = await asks_for_people(question, desk, parts)
        return report if named is None else Report(report.agent, named[0], refusal=named[1])
    learned = await as_learned(report, question, desk, parts)
    if learned is not None:
        return learned
    danger = parts.lane.imagined(question)
    if danger is not None:
        text = await parts.words.phrase(Facts("safety", {"kind": danger.kind}), desk.context)
        return replace(report, text=text, answered=True, unknown=None)
    refused = await asks_about_people(question, desk, parts)
    if refused is not None:
        text, refusal = refused
        return replace(report, text=text, answered=True, refusal=refusal, unknown=None)
    if desk.principal.role is Role.GUEST and load_withheld().about_machines(question):
        text = await parts.words.phrase(Facts("guest_documents"), desk.context)
        return replace(report, text=text, answered=True, refusal=Refusal(_DOCUMENTS, _AUDIENCE))
    return report


async def as_learned(report: Report, question: str, desk: Desk, parts: Parts) -> Report | None:
    """``report`` with what a person answered to the same question in other words, which nobody else found."""
    learned = await parts.learned.about(question, desk.context.language, desk.principal)
    if learned is None:
        return None
    cited = Cited(learned.title, None, learned.question, learned.text)
    return replace(
        report,
        text=signed(learned.text, learned.title),
        answered=True,
        confidence=1.0,
        citations=(cited,),
        unknown=None,
    )
