"""The offline brain: everything the graph asks, from the YAML beside it and a classifier trained at start-up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agents.brains.offline.answering.answerer import Answerer
from agents.brains.offline.data import load_data
from agents.brains.offline.drafting.drafter import Drafter
from agents.brains.offline.language import LanguageDetector
from agents.brains.offline.phrasing import Phrasing
from agents.brains.offline.planning.planner import Planner
from agents.brains.offline.presenting.presenter import Presenter
from agents.brains.offline.routing.causes import Causes
from agents.brains.offline.routing.chat import ChatSpelling
from agents.brains.offline.routing.classifier import IntentClassifier
from agents.brains.offline.routing.company import CompanyFacts
from agents.brains.offline.routing.cues import Cues
from agents.brains.offline.routing.dependencies import SubjectFinder
from agents.brains.offline.routing.examples import load_examples, with_noise
from agents.brains.offline.routing.features import Features
from agents.brains.offline.routing.followups import Completer
from agents.brains.offline.routing.injection import InjectionMarks
from agents.brains.offline.routing.kept import kept_or_trained
from agents.brains.offline.routing.masking import NameMask
from agents.brains.offline.routing.named_visit import load_named_visit
from agents.brains.offline.routing.noise import Noise
from agents.brains.offline.routing.placeholders import Placeholders
from agents.brains.offline.routing.prospects import Prospects
from agents.brains.offline.routing.router import Parts, Router
from agents.brains.offline.routing.segments import Segmenter
from agents.brains.offline.routing.several_records import SeveralRecords
from agents.brains.offline.routing.short_answers import ShortAnswers
from agents.brains.offline.routing.training import train
from agents.brains.offline.routing.wording import AskWording
from agents.brains.offline.words import Lexicon
from agents.brains.protocol import (
    Clarify,
    Context,
    DraftOutcome,
    Facts,
    Grounded,
    NotAllowed,
    NotUnderstood,
    Plan,
    Planned,
    Route,
)
from ingest.passages import Passage
from tools.sql.catalogue import Catalogue
from tools.sql.query import Query, Rows

_ALLOWED_COVERAGE = {Clarify: 0.7, NotAllowed: 0.75, NotUnderstood: 0.0}


class OfflineBrain:
    """Implements :class:`agents.brains.protocol.Brain` with no model and no network."""

    def __init__(
        self, catalogue: Catalogue, company: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> None:
        lexicon = Lexicon()
        examples = load_examples()
        self._planner = Planner(catalogue)
        cues = Cues()
        segmenter, features = Segmenter(lexicon, cues), Features(catalogue, lexicon, cues)
        model = kept_or_trained(folder, catalogue, lambda: train(with_noise(examples), features))
        parts = Parts(
            segmenter=segmenter,
            completer=Completer(segmenter, lexicon),
            classifier=IntentClassifier(model, features),
            wording=AskWording(segmenter, features, self._coverage),
            placeholders=Placeholders(),
            names=NameMask(features),
            records=SeveralRecords(),
            causes=Causes(features),
            prospects=Prospects(features),
            company=CompanyFacts(),
            noise=Noise(),
            named_visit=load_named_visit(),
            chat=ChatSpelling(features.trade),
            answers=ShortAnswers(),
            subjects=SubjectFinder(),
            injection=InjectionMarks(),
            language=LanguageDetector(
                load_data("language.yaml"),
                spanish=[example.text for example in examples[::2] if example.language == "es"],
                english=[example.text for example in examples[::2] if example.language == "en"],
            ),
        )
        self._router = Router(parts, self._coverage)
        self._drafter = Drafter(catalogue)
        self._answerer = Answerer()
        self._phrasing = Phrasing(catalogue, company)
        self._presenter = Presenter(catalogue)

    @classmethod
    def build(
        cls, catalogue: Catalogue, company: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> OfflineBrain:
        """Read the data and train, or take what ``folder`` keeps of an earlier training from the same data.

        ``company``: ``company``, ``office_phone``, ``emergency_phone`` of the settings.
        """
        return cls(catalogue, company, folder)

    async def route(self, message: str, context: Context) -> Route:
        """Split ``message`` into what it asks."""
        return self._router.route(message, context)

    async def plan(self, question: str, context: Context) -> Plan:
        """Turn a question to the data into a query, or say why not."""
        return self._planner.plan(question, context)

    async def draft(self, request: str, context: Context) -> DraftOutcome:
        """Turn a request to write into a draft, or ask for what is missing."""
        return self._drafter.draft(request, context)

    async def answer(self, question: str, passages: tuple[Passage, ...], context: Context) -> Grounded | None:
        """Answer from ``passages`` only; None when they do not answer it."""
        return self._answerer.answer(question, passages, context)

    async def phrase(self, facts: Facts, context: Context) -> str:
        """Word ``facts``; raises Misconfigured for a reply kind that does not exist."""
        return self._phrasing.phrase(facts, context)

    async def present(self, question: str, query: Query | None, rows: Rows, context: Context) -> str:  # noqa: ARG002
        """Word the rows that answer ``question``."""
        if query is None:
            return self._presenter.present_plain(rows, context)
        return self._presenter.present(query, rows, context)

    def _coverage(self, question: str, context: Context) -> float:
        """How much of ``question`` the planner explains."""
        plan = self._planner.plan(question, context)
        return plan.confidence if isinstance(plan, Planned) else _ALLOWED_COVERAGE[type(plan)]
