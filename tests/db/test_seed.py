from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.readers import Readers
from policy.roles import Role


def test_there(session: Session) -> None:
    assert session.scalar(text("select count(*) from clients")) == 150


async def test_r(readers: Readers, principals) -> None:
    async with readers.transaction(principals[Role.CLIENT]) as connection:
        rows = await (await connection.execute("select count(*) from clients", prepare=True)).fetchall()
    assert rows == [(1,)]
