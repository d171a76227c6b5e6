"""Fires the corpora of ``tests/walls`` at each wall alone and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from zoneinfo import ZoneInfo

import psycopg

from core.clock import FixedClock
from db import migrate
from db.seed import seed
from db.session import make_engine
from policy.roles import Role
from tests.databases import in_database
from tests.walls.corpora import benign
from tests.walls.honest import by_hand, differs
from tests.walls.leaks import WALLS, curious, fire, leak
from tests.walls.ranges import Range, as_superuser, fingerprint, furnished, open_range

_SECRET = b"the secret of the bench"
_ZONE = ZoneInfo("Europe/Madrid")


@dataclass(slots=True)
class Tally:
    """``attacks``: for each category and wall, how many it refused and how many leaked; ``benign``: asked, right."""

    fired: dict[str, int] = field(default_factory=dict)
    attacks: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    benign: dict[str, tuple[int, int]] = field(default_factory=dict)
    untouched: bool = True
    leaks: list[str] = field(default_factory=list)


async def attacked(main: str, walls: Sequence[str] = WALLS) -> Tally:
    """Everything fired at a demo company that is put into the empty database ``main``, named and owned by cuadrilla."""
    migrate.upgrade(main, _SECRET)
    engine = make_engine(main)
    seed(engine, FixedClock(datetime(2026, 11, 18, 10, tzinfo=_ZONE), _ZONE))
    engine.dispose()
    numbers = count(1)

    def make() -> str:
        name = f"range_{next(numbers)}"
        with psycopg.connect(as_superuser(in_database(main, "postgres")), autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name} TEMPLATE cuadrilla OWNER cuadrilla".encode())
        url = in_database(main, name)
        migrate.upgrade(url, _SECRET)
        return url

    tally = Tally()
    async with open_range(furnished(make), _SECRET) as range_:
        before = fingerprint(range_.company.url)
        await _attacks(range_, tally, walls)
        tally.untouched = fingerprint(range_.company.url) == before
        await _benign(range_, tally)
    return tally


async def _attacks(range_: Range, tally: Tally, walls: Sequence[str]) -> None:
    refused: dict[str, Counter[str]] = {wall: Counter() for wall in walls}
    leaked: dict[str, Counter[str]] = {wall: Counter() for wall in walls}
    for attack in curious():
        tally.fired[attack.category] = tally.fired.get(attack.category, 0) + 1
        for wall in walls:
            outcome = await fire(wall, range_.company, attack)
            refused[wall][attack.category] += outcome.kind != "rows"
            found = await leak(wall, range_, attack)
            leaked[wall][attack.category] += bool(found)
            tally.leaks += [f"{wall}: {found}"] if found else []
    tally.attacks = {
        category: [(refused[wall][category], leaked[wall][category]) for wall in walls] for category in tally.fired
    }


async def _benign(range_: Range, tally: Tally) -> None:
    for role in Role:
        asked = [question for question in benign() if question.role is role]
        with by_hand(range_.company.url, role) as owner:
            wrong = [problem for question in asked for problem in await differs(range_, owner, question)]
        tally.benign[role.value] = (len(asked), len(asked) - len(wrong))
