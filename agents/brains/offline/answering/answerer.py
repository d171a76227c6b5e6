"""Answers a question with the words of the passages, or says that they do not answer it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from agents.brains.offline.answering.articles import articles
from agents.brains.offline.answering.blocks import Block, Kind, blocks
from agents.brains.offline.answering.candidates import Candidate, Finder, Where, surroundings, weigh
from agents.brains.offline.answering.choosing import Choice, choose
from agents.brains.offline.answering.compose import Composer, Piece
from agents.brains.offline.answering.evidence import Witness
from agents.brains.offline.answering.features import Asked, Describer, Features
from agents.brains.offline.answering.fitting import Fitting
from agents.brains.offline.answering.pointing import Pointing
from agents.brains.offline.answering.question import Question, QuestionReader
from agents.brains.offline.answering.quoting import Quoting
from agents.brains.offline.answering.ranking import Ranking, load_ranking
from agents.brains.offline.answering.recurring import Recurrence
from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.words import is_code
from agents.brains.protocol import Context, Grounded, Language
from core.text import fold
from db.models import DocumentKind
from ingest.law import LAW
from ingest.passages import Passage
from ingest.terms import term
from tools.learning import reading
from tools.learning.duplicates import answers_question

_PASSAGES_KEPT = 2000


@dataclass(frozen=True, slots=True)
class _Taken:
    """A passage, its blocks, and the terms around them."""

    passage: Passage
    parts: tuple[Block, ...]
    said: frozenset[str]
    where: Where

    @property
    def terms(self) -> frozenset[str]:
        return self.said.union(self.where.section, self.where.above, self.where.document)


@dataclass(frozen=True, slots=True)
class Found(Choice):
    """What there is to choose from, and the passages taken apart."""

    taken: tuple[_Taken, ...]


class Answerer:
    """Reads ``answering.yaml``."""

    def __init__(self, ranking: Ranking | None = None) -> None:
        """``ranking`` defaults to that of ``ranking.yaml``."""
        data: Any = load_data("answering.yaml", HERE / "answering")
        self._reader = QuestionReader()
        self._chores = frozenset(term(str(word)) for word in data["chores"])
        self._marks = tuple(data["warning_marks"])
        self._calendar: dict[str, str] = dict(data["calendar"])
        recurrence = Recurrence(data)
        self._finder = Finder(frozenset(data["place_words"]), recurrence)
        self._fitting = Fitting(data, recurrence)
        self._pointing = Pointing(data)
        self._quoting = Quoting(data)
        self._describer = Describer(data)
        self._witness = Witness(data)
        self._ranking = ranking or load_ranking()
        self._composer = Composer(data["replies"], frozenset(data["plain_columns"]))
        self._taken = lru_cache(maxsize=_PASSAGES_KEPT)(self._taken_apart)

    def _taken_apart(self, content: str, law: bool) -> tuple[tuple[Block, ...], frozenset[str]]:
        parts = articles(content) if law else blocks(content, self._marks, self._calendar)
        said = (t for block in parts for unit in block.units for t in unit.terms | unit.names | block.lead_terms)
        return parts, frozenset(said)

    def answer(self, question: str, passages: Sequence[Passage], context: Context) -> Grounded | None:
        """The answer and the passages it stands on; None when they do not answer ``question``.

        ``context.focus`` are the models that the question is about when it does not name them itself.
        """
        found = self.candidates(question, passages, context)
        if found is None:
            return None
        chosen = choose(found, self._chores, self._ranking, self.evidence, self._fitting.fits)
        return self.written(chosen.candidates, chosen.confidence, found, context) if chosen is not None else None

    def evidence(self, candidate: Candidate, asked: Asked) -> Features:
        """All that tells whether ``candidate`` answers what is ``asked``."""
        return {**candidate.features, **self._witness.features(candidate, asked)}

    def candidates(self, question: str, passages: Sequence[Passage], context: Context) -> Found | None:
        """All that may answer, described and scored; None when nothing is asked."""
        headed = {p.document_id for p in passages if p.heading_path}
        near = {p.chunk_id: p for p in passages}
        taken = [
            _Taken(p, *self._taken(_introduced(p, near.get(p.chunk_id - 1)), p.kind == LAW), _around(p, headed))
            for p in passages
        ]
        read = self._about(question, taken, context.library.pieces(question))
        if read is None:
            return None
        named, focus = frozenset(read.models), _words(context.focus[:1])
        models = named & focus or named or focus
        units = tuple(u.terms for t in taken for b in t.parts for u in b.units)
        role = context.principal.role.value
        sections = tuple(t.terms for t in taken)
        asked = Asked(read, weigh(read, units), models, role, tuple(passages), units, sections, question)
        candidates = (
            self._finder.candidate(position, block, source.passage, source.where, read, asked.weights, models)
            for position, source in enumerate(taken)
            if not (source.where.cover and source.passage.kind == LAW)
            and _may_answer(source, read, models)
            and _answers_this(source.passage, question, context.language)
            for block in source.parts
        )
        exact = [c for c in candidates if c is not None and _exact_found(c, read)]
        kept = self._pointing.without(exact, read)
        return Found(tuple(self._scored(c, asked) for c in kept), asked, tuple(taken))

    def _scored(self, candidate: Candidate, asked: Asked) -> Candidate:
        features = self._describer.describe(candidate, asked)
        return replace(candidate, features=features, score=self._ranking.score(features))

    def _about(self, question: str, taken: Sequence[_Taken], names: frozenset[str]) -> Question | None:
        """The question read, its codes and models told apart by the passages; None when it asks nothing."""
        read = self._reader.read(question, frozenset().union(*(t.terms for t in taken)), names)
        if not any(not concept.background for concept in read.concepts):
            return None
        if not any(t.passage.products or t.passage.categories for t in taken):
            read = _of_no_machine(read, names)
        known = frozenset().union(*(_words(t.passage.products) for t in taken))
        exact = (*read.codes, *read.models)
        return replace(
            read,
            codes=tuple(word for word in exact if word not in known),
            models=tuple(word for word in exact if word in known),
        )

    def written(self, chosen: Sequence[Candidate], confidence: float, found: Found, context: Context) -> Grounded:
        """What ``chosen`` say, as a message."""
        asked = found.asked
        pieces = [p for c in chosen for p in self._quoting.pieces(c, found.taken[c.position].parts, asked.question)]
        first = chosen[0]
        warnings = [
            Piece(first.position, block.kind, block.units)
            for block in found.taken[first.position].parts
            if block.kind is Kind.WARNING and first.block.kind in (Kind.STEPS, Kind.BULLETS)
        ]
        text, used = self._composer.compose(
            pieces, warnings, asked.question, asked.models, asked.passages, context.language
        )
        return Grounded(text, used, confidence)


def _of_no_machine(question: Question, names: frozenset[str]) -> Question:
    """``question`` where no passage is of a kind of machine: the word for one then tells passages apart."""
    return replace(
        question,
        concepts=tuple(
            replace(c, background=False) if c.background and fold(c.word) not in names else c for c in question.concepts
        ),
    )


def _introduced(passage: Passage, before: Passage | None) -> str:
    """The content of ``passage``; of law with the line that introduces it at the end of the one ``before``."""
    if before is None or passage.kind != LAW:
        return passage.content
    if (before.document_id, before.section) != (passage.document_id, passage.section):
        return passage.content
    last = before.content.rstrip().rsplit("\n", 1)[-1]
    return f"{last}\n{passage.content}" if last.endswith(":") else passage.content


def _around(passage: Passage, headed: Collection[int]) -> Where:
    """What stands around ``passage``; ``headed``: documents with headings."""
    where = surroundings(passage)
    return replace(where, cover=True) if where.front and passage.document_id in headed else where


def _words(skus: Sequence[str]) -> frozenset[str]:
    return frozenset(fold(sku).replace("-", "") for sku in skus)


def _may_answer(source: _Taken, question: Question, models: frozenset[str]) -> bool:
    passage = source.passage
    if question.named and not models and (passage.products or passage.categories):
        return any(c.within(source.terms) for c in question.concepts if c.word in question.named)
    if not models or not passage.products:
        return True
    return bool(_words(passage.products) & models) or any(model in fold(passage.content) for model in question.models)


def _answers_this(passage: Passage, question: str, language: Language) -> bool:
    """Is a passage no person's answer, or one to this very question? What somebody wrote about one thing is not said of
    another that sounds like it."""
    if passage.kind != DocumentKind.ANSWER:
        return True
    return answers_question(reading.read(passage.section or "", language), reading.read(question, language))


def _exact_found(candidate: Candidate, question: Question) -> bool:
    """Every code of the question is in what is quoted or in the heading it stands under."""
    quoted = frozenset(t for unit in candidate.units for t in unit.terms | unit.names) | candidate.where.section
    quoted |= candidate.block.lead_terms
    wide = quoted | candidate.where.above
    sought = [c for c in question.concepts if c.exact and c.word in question.codes]
    return all(c.within(quoted if is_code(c.word) else wide) for c in sought)
