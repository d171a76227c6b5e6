"""Two at once, and what an error may tell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import httpx
from sqlalchemy import text, update
from sqlalchemy.orm import Session, sessionmaker

from api.keys import NewUser, add_user
from api.v1.accounts import USERS
from core.clock import SystemClock
from core.errors import Conflict
from core.passwords import Passwords
from core.settings import Settings
from db.crud import writing
from db.crud.writing import ANY_VERSION, Author
from db.models import User, UserRole
from db.session import make_engine, make_sessions, session_scope
from policy.roles import Principal, Role


def test_of_the_last_two_administrators_one_stays(
    fresh_database_url: str, settings: Settings, cheap: Passwords
) -> None:
    """Each disables the other at the same moment: both transactions have counted before either is committed."""
    engine = make_engine(fresh_database_url)
    sessions, now = make_sessions(engine), SystemClock(settings.zone).now()
    with session_scope(sessions) as session:
        session.execute(update(User).values(active=False))
        two = [
            add_user(session, NewUser(f"A{i}", f"a{i}@prueba.example", UserRole.ADMIN), cheap, now).user_id
            for i in range(2)
        ]
    counted = Barrier(2)

    def disable(by: int, whom: int) -> bool:
        author = Author(Principal(Role.ADMIN, by, "A"), now)
        try:
            with session_scope(sessions) as session:
                writing.update_row(session, USERS, author, {"user_id": whom}, {"active": False}, ANY_VERSION)
                with suppress(BrokenBarrierError):
                    counted.wait(timeout=1)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(disable, two, reversed(two)))
    engine.dispose()
    assert sorted(done) == [False, True]


def test_an_error_does_not_tell_whose_a_machine_is(technician: httpx.Client, owner: sessionmaker[Session]) -> None:
    """A machine and a client of another zone: the answer is the same whether they belong together or not."""
    with owner() as session:
        machine, client, other = _elsewhere(session)
    answers = [
        technician.post(
            "/api/v1/interventions",
            json={"client_id": whose, "equipment_id": machine, "kind": "repair", "description": "No enfría."},
        )
        for whose in (client, other)
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()


def _elsewhere(session: Session) -> tuple[int, int, int]:
    """A machine that technician 1 does not see, its client and another, neither of whom they see."""
    unseen = text(
        "SELECT min(e.equipment_id), e.client_id FROM installed_equipment e JOIN clients c USING (client_id)"
        " WHERE c.zone <> (SELECT assigned_zone FROM technicians WHERE technician_id = 1)"
        " AND e.zone <> (SELECT assigned_zone FROM technicians WHERE technician_id = 1)"
        " AND e.client_id NOT IN (SELECT client_id FROM interventions WHERE technician_id = 1)"
        " GROUP BY e.client_id ORDER BY e.client_id LIMIT 2"
    )
    first, second = session.execute(unseen).all()
    return first[0], first[1], second[1]
