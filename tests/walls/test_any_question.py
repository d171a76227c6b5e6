"""Wall 1 alone: whatever the catalogue can say is compiled to what its principal may see, on a login that sees all."""

from __future__ import annotations

import psycopg
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.errors import Denied, QueryInvalid
from policy.roles import Principal, Role
from tests.tools.sql.questions import CATALOGUE, queries
from tests.walls.firing import CLOCK, Outcome, at_the_compiler
from tests.walls.ranges import Range
from tests.walls.twins import MARK, PRINCIPALS
from tools.sql.compile import compile_query
from tools.sql.query import Query

ROLES = st.sampled_from([Role.CLIENT, Role.CLIENT, Role.TECHNICIAN, Role.TECHNICIAN, Role.ADMIN, Role.GUEST])
ANYBODY = st.builds(Principal, st.just(Role.CLIENT), st.integers(1, 160)) | st.builds(
    Principal, st.just(Role.TECHNICIAN), st.integers(1, 14)
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(query=queries(), role=ROLES)
@example(query=Query("client"), role=Role.TECHNICIAN)
async def test_only_what_may_be_seen_has_an_influence(query: Query, role: Role, shooting_range: Range) -> None:
    principal = PRINCIPALS[role]
    here = await at_the_compiler(shooting_range.company.superuser, principal, query, CATALOGUE)
    there = await at_the_compiler(shooting_range.twins[role].superuser, principal, query, CATALOGUE)
    assert MARK not in there.text
    assert here == there or "cut" in (here.kind, there.kind)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(query=queries(), principal=ANYBODY)
@example(query=Query("client"), principal=Principal(Role.TECHNICIAN, 3))
async def test_anybody_gets_what_the_database_gives_them(
    query: Query, principal: Principal, shooting_range: Range
) -> None:
    company = shooting_range.company
    alone = await at_the_compiler(company.superuser, principal, query, CATALOGUE)
    if alone.kind != "rows":
        return
    walled = await through_the_database(shooting_range, principal, query)
    if walled.kind == "cut":
        return
    assert sorted(set(alone.rows) - set(walled.rows)) == sorted(set(walled.rows) - set(alone.rows)) == []
    assert alone == walled


async def through_the_database(range_: Range, principal: Principal, query: Query) -> Outcome:
    try:
        compiled = compile_query(query, CATALOGUE, principal, CLOCK)
        found = await range_.company.readers.read(principal, compiled.sql, compiled.parameters)
    except (QueryInvalid, Denied):
        return Outcome("refused")
    except psycopg.errors.QueryCanceled:
        return Outcome("cut")
    return Outcome("rows", tuple(sorted(repr(tuple(row)) for row in found.rows)))
