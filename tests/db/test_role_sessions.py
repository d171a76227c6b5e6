"""The REST side's way to read: somebody's rows, read only, and nothing is left of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from db.role_sessions import RoleSessions
from policy.roles import Principal, Role

CLIENTS = text("SELECT client_id FROM clients ORDER BY client_id")


@pytest.fixture
def readers(database_url: str, secret: bytes) -> Iterator[RoleSessions]:
    readers = RoleSessions(database_url, secret, size=2)
    yield readers
    readers.close()


def rows(readers: RoleSessions, principal: Principal) -> list[int]:
    with readers.reading(principal) as connection:
        return list(connection.scalars(CLIENTS))


def test_each_sees_their_own(readers: RoleSessions, principals: Mapping[Role, Principal]) -> None:
    assert rows(readers, principals[Role.CLIENT]) == [1]
    assert rows(readers, Principal(Role.CLIENT, 2)) == [2]
    assert len(rows(readers, principals[Role.ADMIN])) == 150
    with pytest.raises(ProgrammingError):
        rows(readers, principals[Role.GUEST])


def test_nobody_is_left_behind(readers: RoleSessions, principals: Mapping[Role, Principal]) -> None:
    """The next transaction of the same connection is nobody's until it says whose."""
    with readers.reading(principals[Role.CLIENT]) as connection:
        connection.exec_driver_sql("ROLLBACK")
        assert list(connection.scalars(CLIENTS)) == []


def test_nothing_is_written(readers: RoleSessions, principals: Mapping[Role, Principal]) -> None:
    with pytest.raises(DBAPIError), readers.reading(principals[Role.ADMIN]) as connection:
        connection.execute(text("UPDATE clients SET name = name"))
    assert rows(readers, principals[Role.ADMIN])


def test_an_error_inside_leaves_a_good_connection(readers: RoleSessions, principals: Mapping[Role, Principal]) -> None:
    for _ in range(5):
        with pytest.raises(DBAPIError), readers.reading(principals[Role.CLIENT]) as connection:
            connection.execute(text("SELECT nope"))
        with pytest.raises(ZeroDivisionError), readers.reading(principals[Role.CLIENT]) as connection:
            raise ZeroDivisionError
    assert rows(readers, principals[Role.CLIENT]) == [1]


def test_connections_that_were_cut_are_replaced(
    readers: RoleSessions, engine: Engine, principals: Mapping[Role, Principal]
) -> None:
    client = principals[Role.CLIENT]
    with readers.reading(client) as one, readers.reading(client) as two:
        pids = [connection.scalar(text("SELECT pg_backend_pid()")) for connection in (one, two)]
    superuser = engine.url.set(username="postgres")
    other = create_engine(superuser)
    with other.connect() as connection:
        for pid in pids:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    other.dispose()
    assert rows(readers, client) == [1]
