"""Whatever query the catalogue can say compiles to SQL that the guard accepts and PostgreSQL runs, or is refused."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Denied, QueryInvalid
from policy.roles import Principal, Role
from tests.tools.sql.questions import queries
from tools.sql.query import Query
from tools.sql.reader import SqlReader


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(query=queries(), role=st.sampled_from([Role.ADMIN, Role.ADMIN, Role.TECHNICIAN, Role.CLIENT, Role.GUEST]))
async def test_runs_or_is_refused(
    query: Query, role: Role, reader: SqlReader, principals: Mapping[Role, Principal]
) -> None:
    try:
        rows = await reader.run(query, principals[role])
    except (QueryInvalid, Denied) as refused:
        assert not isinstance(refused, Denied) or refused.details["reason"] != "not_granted_by_database"
        return
    assert all(len(row) == len(rows.columns) for row in rows.rows)
    assert len({column.key for column in rows.columns}) == len(rows.columns)
    assert len(rows.rows) <= 200
    assert len(rows.keys) in (0, len(rows.rows))
    assert rows.total is None or rows.total >= len(rows.rows)
