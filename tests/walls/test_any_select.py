"""Whatever SELECT is asked: what a role is told does not depend on anything that it may not see."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from db.models import Base
from policy.roles import Role
from tests.walls.firing import Outcome, at_all, at_the_database, at_the_guard
from tests.walls.ranges import Company, Range
from tests.walls.selects import selects
from tests.walls.twins import HIDDEN_LENGTH, MARK, PRINCIPALS
from tools.sql.guard import check

ROLES = [Role.CLIENT, Role.CLIENT, Role.TECHNICIAN, Role.ADMIN, Role.GUEST]
MORE_THAN_IS_GIVEN_OUT = (
    "SELECT (1)::text AS c0, (a0.message_id)::text AS c1 FROM chat_messages AS a0 "
    "JOIN interventions AS a1 ON true JOIN interventions AS a2 ON true ORDER BY 1, 2"
)
_LENGTHS = " UNION ".join(
    f"SELECT length({column.name}::text) FROM {table.name}"
    for table in Base.metadata.sorted_tables
    for column in table.columns
)
ASKED = st.sampled_from(ROLES).flatmap(lambda role: st.tuples(st.just(role), selects(role)))


async def told(wall: str, company: Company, role: Role, sql: str) -> Outcome:
    if wall == "guard":
        return await at_the_guard(company.superuser, PRINCIPALS[role], sql)
    if wall == "database":
        return await at_the_database(company.readers, PRINCIPALS[role], sql)
    return await at_all(company.readers, PRINCIPALS[role], sql)


@pytest.mark.parametrize("wall", ["guard", "database", "all"])
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@example(asked=(Role.CLIENT, MORE_THAN_IS_GIVEN_OUT))
@given(asked=ASKED)
async def test_only_what_may_be_seen_has_an_influence(
    asked: tuple[Role, str], wall: str, shooting_range: Range
) -> None:
    role, sql = asked
    here = await told(wall, shooting_range.company, role, sql)
    there = await told(wall, shooting_range.twins[role], role, sql)
    assert MARK not in there.text
    assert not here.wrote and not there.wrote
    assert here == there or "cut" in (here.kind, there.kind)


async def test_only_what_may_not_be_seen_divides_by_zero(shooting_range: Range) -> None:
    async def lengths(company: Company) -> set[int]:
        cursor = await company.superuser.execute(_LENGTHS)
        return {length for (length,) in await cursor.fetchall()}

    assert HIDDEN_LENGTH not in await lengths(shooting_range.company)
    assert HIDDEN_LENGTH in await lengths(shooting_range.twins[Role.GUEST])


def test_many_of_them_are_let_through() -> None:
    made: list[tuple[Role, str]] = []

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(asked=ASKED)
    def collect(asked: tuple[Role, str]) -> None:
        made.append(asked)

    collect()
    assert sum(check(sql, role).allowed for role, sql in made) > len(made) / 4
