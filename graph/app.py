"""Builds the whole crew for every door: database, readers, documents, brain, graph, turn service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from agents.brains.making import make_brain
from agents.brains.offline.brain import OfflineBrain
from agents.brains.offline.emergency import EmergencyLane
from agents.brains.protocol import Brain
from agents.brains.purse import Purse
from agents.choosing import Choosing, load_choosing
from agents.escalation_knowledge import EscalationKnowledge, load_escalation
from agents.roster import Workshop
from agents.subjects import Subjects
from core.clock import Clock, SystemClock
from core.mail import Mailer
from core.metrics import Metrics
from core.settings import Settings
from core.settled import settled
from db.migrate import upgrade
from db.place import Place, locate
from db.readers import Readers
from db.seed import seed
from db.seed.card import DEMO_COMPANY
from db.session import make_engine, make_sessions
from db.url import libpq_url
from graph.build import build_graph
from graph.learned import LearnedReplies
from graph.ledger import Ledger
from graph.locks import ConversationLocks
from graph.owned import OwnedMachines
from graph.parts import MachinesCache, Parts
from graph.purse import CompanyPurse
from graph.retention import Retention
from graph.turn import TurnService
from ingest.demo_load import load_demo
from ingest.embedders import make_embedder
from ingest.library import open_library
from ingest.retrieval import HybridRetriever
from tools.feedback import FeedbackLog
from tools.learning.book import AnswerBook
from tools.learning.known import LearnedAnswers
from tools.product_index import ProductIndex, load_products
from tools.sql.catalogue import Catalogue, load_catalogue
from tools.sql.reader import SqlReader
from tools.sql.text import SqlText

_TURN_CONNECTIONS = 8
_LOCK_PATIENCE = 2.0
_log = structlog.get_logger(__name__)

Think = Callable[[Settings, Catalogue, Brain, Purse], Brain]
"""Makes the brain of a crew, as :func:`agents.brains.making.make_brain` does."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Everything a door may need. ``turns`` is the only way to be answered."""

    settings: Settings
    clock: Clock
    url: str
    engine: Engine
    sessions: sessionmaker[Session]
    readers: Readers
    catalogue: Catalogue
    reader: SqlReader
    retriever: HybridRetriever
    parts: Parts
    turns: TurnService
    book: AnswerBook
    """Answers to what nobody knew: written, approved, withdrawn."""
    learned: LearnedReplies
    """The reply that is owed to each of those who asked."""
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class _Mind:
    """What is read from files and trained: needs no database."""

    catalogue: Catalogue
    words: Brain
    lane: EmergencyLane
    choosing: Choosing
    escalation: EscalationKnowledge


@asynccontextmanager
async def open_crew(
    settings: Settings, clock: Clock | None = None, think: Think = make_brain, metrics: Metrics | None = None
) -> AsyncIterator[Crew]:
    """Open everything that ``settings`` asks for and close it again. ``think`` makes the brain.

    Starts the embedded database when none is named, migrates it, and in demo mode seeds the demo company. Raises
    :class:`Misconfigured` or :class:`Unavailable` when that cannot be done.
    """
    clock = clock or SystemClock(settings.zone)
    place, mind = await asyncio.gather(
        asyncio.to_thread(_prepare_database, settings, clock), asyncio.to_thread(_make_up_mind, settings)
    )
    async with AsyncExitStack() as stack:
        crew = await _assemble(settings, clock, place, mind, think, metrics or Metrics(), stack)
        _log.info("crew_ready", passages=crew.retriever.size, embedded=place.embedded)
        with settled():
            yield crew


def _prepare_database(settings: Settings, clock: Clock) -> Place:
    place = locate(settings)
    upgrade(place.url, place.secret)
    engine = make_engine(place.url, pool_size=1)
    book = AnswerBook(make_sessions(engine), make_embedder(settings), clock, settings.learning_tell_again)
    if settings.mode == "demo":
        seed(engine, clock)
        load_demo(engine, make_embedder(settings))
        book.shelve_missing()
    book.read_again()
    engine.dispose()
    return place


def _make_up_mind(settings: Settings) -> _Mind:
    catalogue = load_catalogue()
    words = OfflineBrain.build(catalogue, _company_card(settings), settings.home / "models")
    lane = EmergencyLane(catalogue, settings.home / "models")
    return _Mind(catalogue, words, lane, load_choosing(), load_escalation())


def _company_card(settings: Settings) -> dict[str, str]:
    """What anybody may be told of the company; the demo company has facts of its own."""
    demo = DEMO_COMPANY if settings.mode == "demo" else {}
    told = {
        "tax_id": settings.tax_id,
        "office_email": settings.office_email,
        "office_address": settings.office_address,
        "website": settings.website,
    }
    return {
        "company": settings.company,
        "office_phone": settings.office_phone,
        "emergency_phone": settings.emergency_phone,
        **{name: value or demo.get(name, "") for name, value in told.items()},
    }


async def _assemble(
    settings: Settings,
    clock: Clock,
    place: Place,
    mind: _Mind,
    think: Think,
    metrics: Metrics,
    stack: AsyncExitStack,
) -> Crew:
    engine = make_engine(place.url)
    stack.callback(engine.dispose)
    readers = await Readers.open(place.url, place.secret, zone=settings.timezone)
    stack.push_async_callback(readers.close)
    pool = _turn_pool(place.url)
    purse = CompanyPurse(pool, clock, settings, Mailer(settings))
    thinking = asyncio.create_task(asyncio.to_thread(think, settings, mind.catalogue, mind.words, purse))
    await stack.enter_async_context(pool)
    stack.push_async_callback(purse.close)
    retriever = await stack.enter_async_context(open_library(place.url, engine, readers, settings))
    reader = SqlReader(readers, mind.catalogue, clock)
    sessions = make_sessions(engine)
    brain = await thinking
    parts = await _make_parts(settings, clock, mind, brain, reader, readers, retriever, sessions)
    learned = LearnedReplies(parts, retriever)
    turns = _open_turns(parts, pool, place, learned, metrics, stack)
    return Crew(
        settings=settings,
        clock=clock,
        url=place.url,
        engine=engine,
        sessions=sessions,
        readers=readers,
        catalogue=mind.catalogue,
        reader=reader,
        retriever=retriever,
        parts=parts,
        turns=turns,
        book=AnswerBook(sessions, make_embedder(settings), clock, settings.learning_tell_again),
        learned=learned,
        metrics=metrics,
    )


async def _make_parts(
    settings: Settings,
    clock: Clock,
    mind: _Mind,
    brain: Brain,
    reader: SqlReader,
    readers: Readers,
    retriever: HybridRetriever,
    sessions: sessionmaker[Session],
) -> Parts:
    subjects = Subjects(await asyncio.to_thread(_read_products, sessions, mind.catalogue))
    return Parts(
        settings=settings,
        clock=clock,
        brain=brain,
        words=mind.words,
        lane=mind.lane,
        choosing=mind.choosing,
        workshop=Workshop(
            brain=brain,
            reader=reader,
            sql_text=await SqlText.open(readers, clock),
            retriever=retriever,
            sessions=sessions,
            subjects=subjects,
            catalogue=mind.catalogue,
            escalation=mind.escalation,
            clock=clock,
        ),
        values=reader,
        owned=MachinesCache(OwnedMachines(readers)),
        sessions=sessions,
        feedback=FeedbackLog(sessions, clock),
        learned=LearnedAnswers(sessions, readers, clock),
    )


def _open_turns(
    parts: Parts,
    pool: AsyncConnectionPool[AsyncConnection[DictRow]],
    place: Place,
    learned: LearnedReplies,
    metrics: Metrics,
    stack: AsyncExitStack,
) -> TurnService:
    locks = ConversationLocks(libpq_url(place.url), parts.settings.turn_budget_seconds + _LOCK_PATIENCE)
    stack.push_async_callback(locks.close)
    saver = AsyncPostgresSaver(pool)
    retention = Retention(saver, locks)
    stack.push_async_callback(retention.close)
    graph = build_graph(parts, saver)
    return TurnService(parts, graph, Ledger(pool, parts.clock), locks, retention, learned, metrics)


def _read_products(sessions: sessionmaker[Session], catalogue: Catalogue) -> ProductIndex:
    with sessions() as session:
        return load_products(session, catalogue)


def _turn_pool(url: str) -> AsyncConnectionPool[AsyncConnection[DictRow]]:
    return AsyncConnectionPool(
        libpq_url(url),
        min_size=1,
        max_size=_TURN_CONNECTIONS,
        open=False,
        kwargs={
            "autocommit": True,
            "prepare_threshold": 0,
            "row_factory": dict_row,
            "application_name": "cuadrilla-turns",
            "options": "-c synchronous_commit=off",  # the commit that closes a turn is synchronous and flushes this too
        },
    )
