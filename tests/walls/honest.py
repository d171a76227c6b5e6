"""Is an honest question answered with what the owner sees who looks at the role's own rows only?"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from policy.roles import Role
from tests.walls.corpora import Attack
from tests.walls.firing import at_all
from tests.walls.ranges import Range, as_superuser
from tests.walls.twins import PRINCIPALS, VISIBLE

LIMIT = 1000


def by_hand(url: str, role: Role) -> psycopg.Connection:
    """The owner, for whom each table holds what ``role`` may see, copied by hand-written conditions."""
    owner = psycopg.connect(as_superuser(url), autocommit=True, options="-c TimeZone=Europe/Madrid")
    owner.execute("SET search_path = public, pg_temp")
    tables: Mapping[str, list[tuple[str, str]]] = VISIBLE[role]
    for table, (first, *others) in tables.items():
        copies = [(table, first), *(("client_contacts", seen) for seen in others)]
        for name, (rows, columns) in copies:
            owner.execute(
                f"CREATE TEMP TABLE {name} AS SELECT {', '.join(columns.split())} FROM public.{table} WHERE {rows}"
            )
            keys = owner.execute(
                "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
                " AND a.attnum = ANY (i.indkey) WHERE i.indisprimary AND i.indrelid = %s::regclass",
                (f"public.{table}",),
            ).fetchall()
            owner.execute(f"ALTER TABLE pg_temp.{name} ADD PRIMARY KEY ({', '.join(key for (key,) in keys)})")
    owner.execute("SET search_path = pg_temp, public")
    return owner


async def differs(range_: Range, owner: psycopg.Connection, question: Attack) -> list[str]:
    outcome = await at_all(range_.company.readers, PRINCIPALS[question.role], question.sql)
    wanted = sorted(repr(tuple(row)) for row in owner.execute(question.sql.encode()))
    if outcome.kind != "rows":
        return [f"{question.sql}: {outcome.kind} {outcome.said}"]
    if len(wanted) <= LIMIT and list(outcome.rows) != wanted:
        return [f"{question.sql}: {len(outcome.rows)} rows, wanted {len(wanted)}: {outcome.rows[:2]} {wanted[:2]}"]
    return []
