"""Putting the demo company into a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.orm import Session

from core.clock import Clock
from db.models import Base, Client
from db.seed.goods import add_goods, add_orders
from db.seed.machines import add_contracts, add_machines
from db.seed.people import add_people
from db.seed.talks import add_talks
from db.seed.visits import add_visits
from db.seed.world import World

FIRST_FREE_VISIT = 1001


@dataclass(frozen=True, slots=True)
class SeedReport:
    """Rows of each table that were written; ``loaded`` is False when the database had clients already."""

    loaded: bool
    rows: Mapping[str, int]


def build(clock: Clock) -> World:
    """The demo company as of ``clock``, in memory."""
    world = World(clock)
    add_people(world)
    add_goods(world)
    add_machines(world)
    add_contracts(world)
    add_visits(world)
    add_orders(world)
    add_talks(world)
    return world


def seed(engine: Engine, clock: Clock) -> SeedReport:
    """Load the demo company in one transaction; does nothing in a database that has clients."""
    with Session(engine) as session, session.begin():
        session.execute(text("LOCK TABLE clients IN SHARE ROW EXCLUSIVE MODE"))
        if session.scalar(select(func.count()).select_from(Client)):
            return SeedReport(loaded=False, rows={})
        world = build(clock)
        for table in Base.metadata.sorted_tables:
            if rows := world.rows.get(table.name):
                session.execute(insert(table), rows)
        _advance_numbers(session)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return SeedReport(loaded=True, rows={name: len(rows) for name, rows in world.rows.items()})


def _advance_numbers(session: Session) -> None:
    """Rows came with their numbers: the next one made must not collide."""
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None or column.identity is None:
            continue
        highest = func.max(column)
        query = select(highest).where(column < 10001) if table.name == "interventions" else select(highest)
        if (last := session.scalar(query)) is not None:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            session.execute(select(func.setval(sequence, last)))
