"""Wall 1 alone: the guard lets everything through, the login may do everything, and still nothing that was not granted
is ever asked of the database, because nothing was built that could ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import psycopg
import pytest
import pytest_asyncio

from agents.sql_text import sql_text_answers
from core.clock import FixedClock
from db.readers import Found
from graph.owned import OwnedMachines
from policy.grants import GRANTS
from policy.roles import Principal, Role
from tests.walls.corpora import attacks, lines
from tests.walls.firing import Hostile, Undefended, unguarded
from tests.walls.ranges import as_superuser
from tests.walls.siege import Besieged, kept
from tests.walls.twins import PRINCIPALS
from tools.sql import way_out
from tools.sql.guard import check
from tools.sql.text import SqlText


@dataclass(slots=True)
class Open:
    """In the place of the readers: a superuser's connection that is committed, and a list of what was asked."""

    connection: psycopg.AsyncConnection
    asked: list[tuple[Role, str, int]] = field(default_factory=list)

    async def read(self, principal: Principal, text: str, parameters: Sequence[object] = (), **_how: object) -> Found:
        self.asked.append((principal.role, text, len(parameters)))
        cursor = psycopg.AsyncRawCursor(self.connection)
        await cursor.execute(text.encode(), parameters)
        rows = await cursor.fetchall()
        return Found(tuple((column.name, column.type_display) for column in cursor.description or ()), rows)


@pytest_asyncio.fixture(loop_scope="session")
async def undefended(besieged: Besieged, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    """The crew without its second and third wall."""
    connection = await psycopg.AsyncConnection.connect(as_superuser(besieged.url), autocommit=True)
    monkeypatch.setattr(way_out, "_checked", unguarded)
    monkeypatch.setattr(besieged.crew.reader, "_readers", opened := Open(connection))
    yield opened
    await connection.close()


@pytest.mark.parametrize("role", list(Role))
async def test_only_what_was_granted_is_ever_asked(besieged: Besieged, undefended: Open, role: Role) -> None:
    before = kept(besieged.url)
    said = [attack["message"] for attack in lines("prompt_attacks.jsonl")]
    said += [attack.sql for attack in attacks()[:: 8 if role is Role.ADMIN else 16] if "\x00" not in attack.sql]
    for number, message in enumerate(said):
        result = await besieged.ask(role, f"one-{role}-{number}", message[:3000])
        assert set(result.specialists) <= GRANTS[role].agents
        assert besieged.wrong(role, result, said=message) == []
    wrong = [text for who, text, number in undefended.asked if not check(text, who, parameters=number).allowed]
    assert wrong == []
    assert not {text for _, text, _ in undefended.asked} & set(said)
    assert kept(besieged.url) == before
    assert undefended.asked or role is Role.GUEST


@pytest.mark.parametrize("role", list(Role))
async def test_text_has_no_way_in_for_who_was_not_granted_it(besieged: Besieged, clock: FixedClock, role: Role) -> None:
    text = await SqlText.open(besieged.crew.readers, clock)
    built = sql_text_answers(Hostile("DROP TABLE clients"), text, PRINCIPALS[role])
    assert (built is not None) == (role is Role.ADMIN)


@pytest.mark.parametrize("role", list(Role))
async def test_text_has_no_way_in_where_nothing_else_stands(
    besieged: Besieged, undefended: Open, clock: FixedClock, role: Role
) -> None:
    text = await SqlText.open(Undefended(undefended.connection), clock)
    assert sql_text_answers(Hostile("DROP TABLE clients"), text, PRINCIPALS[role]) is None


async def test_machines_are_those_of_who_asks(besieged: Besieged, undefended: Open) -> None:
    for number in (1, 17, 18, 40):
        client = Principal(Role.CLIENT, number)
        alone = await OwnedMachines(Undefended(undefended.connection)).machines(client)
        assert alone == await OwnedMachines(besieged.crew.readers).machines(client)
