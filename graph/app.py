"""Builds the whole crew for every door: database, readers, documents, brain, graph, turn service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from agents.brains.offline.brain import OfflineBrain
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from tools.sql.reader import SqlReader

from agents.brains.offline.emergency import EmergencyLane
from agents.choosing import load_choosing
from agents.roster import Workshop
from agents.subjects import Subjects
from core.clock import Clock, SystemClock
from core.settings import Settings
from db.migrate import upgrade
from db.place import Place, locate
from db.readers import Readers
from db.seed import seed
from db.session import make_engine, make_sessions
from db.url import libpq_url
from graph.build import build_graph
from graph.ledger import Ledger
from graph.locks import ConversationLocks
from graph.owned import OwnedMachines
from graph.parts import MachinesCache, Parts
from graph.turn import TurnService
from ingest.demo_load import load_demo
from ingest.retrieval import HybridRetriever
from tools.feedback import FeedbackLog
from tools.product_index import load_products
from tools.sql.catalogue import Catalogue, load_catalogue

_CHECKPOINT_CONNECTIONS = 8
_LOCK_PATIENCE = 2.0
_log = structlog.get_logger(__name__)


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


@asynccontextmanager
async def open_crew(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Crew]:
    """Open everything that ``settings`` asks for and close it again.

    Starts the embedded database when none is named, migrates it, and in demo mode seeds the demo company. Raises
    :class:`Misconfigured` or :class:`Unavailable` when that cannot be done.
    """
    clock = clock or SystemClock(settings.zone)
    place = await asyncio.to_thread(locate, settings)
    await asyncio.to_thread(upgrade, place.url, place.secret)
    async with AsyncExitStack() as stack:
        engine = make_engine(place.url)
        stack.callback(engine.dispose)
        if settings.mode == "demo":
            await asyncio.to_thread(_load_demo_company, engine, clock)
        crew = await _assemble(settings, clock, place, engine, stack)
        _log.info("crew_ready", passages=crew.retriever.size, embedded=place.embedded)
        yield crew


def _load_demo_company(engine: Engine, clock: Clock) -> None:
    seed(engine, clock)
    load_demo(engine)


async def _assemble(settings: Settings, clock: Clock, place: Place, engine: Engine, stack: AsyncExitStack) -> Crew:
    readers = await Readers.open(place.url, place.secret, zone=settings.timezone)
    stack.push_async_callback(readers.close)
    pool: AsyncConnectionPool = AsyncConnectionPool(
        libpq_url(place.url),
        min_size=1,
        max_size=_CHECKPOINT_CONNECTIONS,
        open=False,
        kwargs={
            "autocommit": True,
            "prepare_threshold": 0,
            "row_factory": dict_row,
            "application_name": "cuadrilla-checkpoints",
        },
    )
    await stack.enter_async_context(pool)
    parts, reader, retriever, catalogue = await build_parts(settings, clock, engine, readers)
    locks = ConversationLocks(libpq_url(place.url), settings.turn_budget_seconds + _LOCK_PATIENCE)
    stack.push_async_callback(locks.close)
    graph = build_graph(parts, AsyncPostgresSaver(pool))
    turns = TurnService(parts, graph, Ledger(parts.sessions, clock), locks)
    return Crew(settings, clock, place.url, engine, parts.sessions, readers, catalogue, reader, retriever, parts, turns)


async def build_parts(
    settings: Settings, clock: Clock, engine: Engine, readers: Readers
) -> tuple[Parts, SqlReader, HybridRetriever, Catalogue]:
    """What the graph is built from, over a database that is ready."""
    sessions = make_sessions(engine)
    catalogue = await asyncio.to_thread(load_catalogue)
    retriever = await HybridRetriever.open(engine, readers)
    company = {
        "company": settings.company,
        "office_phone": settings.office_phone,
        "emergency_phone": settings.emergency_phone,
    }
    brain = await asyncio.to_thread(OfflineBrain.build, catalogue, company)
    reader = SqlReader(readers, catalogue, clock)
    with sessions() as session:
        subjects = Subjects(load_products(session, catalogue))
    parts = Parts(
        settings=settings,
        clock=clock,
        brain=brain,
        words=brain,
        lane=EmergencyLane(),
        choosing=load_choosing(),
        workshop=Workshop(brain, reader, retriever, sessions, subjects, clock),
        values=reader,
        owned=MachinesCache(OwnedMachines(readers)),
        sessions=sessions,
        feedback=FeedbackLog(sessions, clock),
    )
    return parts, reader, retriever, catalogue
