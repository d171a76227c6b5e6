"""What the answerer sees for each known answer: the features of every candidate, and which of them are right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.brains.offline.answering.answerer import Answerer
from agents.brains.protocol import Context
from bench.abstaining_sets import Library
from core.clock import FixedClock
from core.logging import configure_logging
from core.settings import Settings
from evals.asking import SENDERS
from evals.known_answers import Known, Right, load_known
from graph.app import Crew, open_crew
from graph.memory import read_memory
from ingest.embeddings import CharacterEmbedder
from ingest.passages import Passage
from ingest.pipeline import ingest_sources
from tools.identity import PHONE, find_principal, normalise

_PASSAGES = 20
_NOW = datetime.fromisoformat("2026-11-18T10:00")


@dataclass(frozen=True, slots=True)
class Example:
    """The candidates found in one look for question number ``question``. ``evidence``: of each, with its features;
    ``passages``: of which passage each is."""

    question: int
    features: tuple[Mapping[str, float], ...]
    evidence: tuple[Mapping[str, float], ...]
    passages: tuple[int, ...]
    right: NDArray[np.bool_]
    answerable: bool


async def collect(home: Path, further: Sequence[Library] = ()) -> list[Example]:
    """Look for every known answer in the demo company at ``home``, then for what is asked of ``further`` documents,
    which are ingested for it."""
    configure_logging("ERROR", home)
    settings = Settings(home=home, DATABASE_URL=None, log_level="ERROR")  # type: ignore[call-arg]
    clock = FixedClock(_NOW.replace(tzinfo=settings.zone), settings.zone)
    answerer = Answerer()
    out: list[Example] = []
    async with open_crew(settings, clock) as crew:
        contexts = {role: await _context(crew, sender) for role, sender in SENDERS.items()}
        for number, known in enumerate(load_known()):
            context = contexts[known.role]
            for products, families in _looks(known, crew, context):
                passages = await crew.retriever.search(
                    known.text, context.principal, products=products, categories=families, limit=_PASSAGES
                )
                out += _examples(number, known, answerer, passages, replace(context, focus=products))
        out += await _further(crew, answerer, further, contexts["admin"], len(load_known()))
    return out


async def _further(
    crew: Crew, answerer: Answerer, libraries: Sequence[Library], context: Context, first: int
) -> list[Example]:
    """What whoever owns no machine sees of ``libraries``; their questions are numbered from ``first``."""
    documents = [document for library in libraries for document in library.documents]
    await asyncio.to_thread(ingest_sources, crew.engine, documents, CharacterEmbedder())
    await crew.retriever.refresh()
    out: list[Example] = []
    for number, asked in enumerate((asked for library in libraries for asked in library.asked), first):
        passages = await crew.retriever.search(asked.text, context.principal, limit=_PASSAGES)
        right = None if asked.right is None else _as_said(asked.right)
        out += _examples(number, Known(asked.text, "admin", right), answerer, passages, context)
    return out


def _as_said(right: Callable[[str], bool]) -> Right:
    return lambda _, said: right(said)


async def _context(crew: Crew, sender: str) -> Context:
    with crew.sessions() as session:
        principal = find_principal(session, normalise(PHONE, sender, crew.settings.phone_region))
    return await crew.parts.context(principal, read_memory(None, ""))


def _looks(known: Known, crew: Crew, context: Context) -> Sequence[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What the search is told that the question is about: one look for each machine that could be meant."""
    if known.products or known.categories:
        return [(known.products, known.categories)]
    subject = crew.parts.workshop.subjects.of(known.text, context)
    if len(subject.skus) > 1:
        return [((sku,), ()) for sku in subject.skus]
    return [(subject.skus, subject.families)]


def _examples(
    number: int, known: Known, answerer: Answerer, passages: Sequence[Passage], context: Context
) -> Iterator[Example]:
    found = answerer.candidates(known.text, passages, context)
    if found is None or not found.candidates:
        return
    said = (answerer.written([candidate], 1.0, found, context).text for candidate in found.candidates)
    right = [
        known.right is not None and known.right(candidate.passage, text)
        for candidate, text in zip(found.candidates, said, strict=True)
    ]
    yield Example(
        number,
        tuple(c.features for c in found.candidates),
        tuple(answerer.evidence(c, found.asked) for c in found.candidates),
        tuple(c.position for c in found.candidates),
        np.array(right),
        known.right is not None,
    )
