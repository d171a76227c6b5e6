"""The range: a company and its twins, and the ways to fire at them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from unittest.mock import patch

import psycopg
from psycopg import AsyncConnection

from db.readers import Readers
from db.rls import CONTACTS, LOGINS
from policy.roles import Role
from tests.walls.firing import CLOCK, Undefended, unguarded
from tests.walls.twins import estrange, furnish, tidy
from tools.sql import way_out
from tools.sql.text import SqlText


@dataclass(frozen=True, slots=True)
class Company:
    """One database: the readers' way in, and a superuser's."""

    url: str
    readers: Readers
    superuser: AsyncConnection
    text: SqlText
    """The way in for text, opened with guard and readers gone."""


@dataclass(frozen=True, slots=True)
class Range:
    """The company, the same through other connections, and for each role its twin."""

    company: Company
    again: Company
    twins: Mapping[Role, Company]


def as_superuser(url: str) -> str:
    """``url`` with the login of the cluster's superuser."""
    return url.replace("cuadrilla@", "postgres@")


def furnished(make: Callable[[], str]) -> Mapping[Role | None, str]:
    """Databases that ``make`` makes of the demo company: the company's under None, the twins' under their role."""
    urls: dict[Role | None, str] = {None: make(), **{role: make() for role in Role}}
    for role, url in urls.items():
        furnish(url)
        if role is None:
            tidy(as_superuser(url))
        else:
            estrange(as_superuser(url), role)
        uncover(as_superuser(url))
        hurry(as_superuser(url))
    return urls


@asynccontextmanager
async def open_range(urls: Mapping[Role | None, str], secret: bytes) -> AsyncIterator[Range]:
    """Connect to everything."""
    async with AsyncExitStack() as stack:
        companies: list[Company] = []
        for url in (*urls.values(), urls[None]):
            readers = await Readers.open(url, secret)
            stack.push_async_callback(readers.close)
            superuser = await AsyncConnection.connect(
                as_superuser(url), options="-c TimeZone=Europe/Madrid -c statement_timeout=300 -c search_path=public"
            )
            stack.push_async_callback(superuser.close)
            with patch.object(way_out, "_checked", unguarded):
                text = await SqlText.open(Undefended(superuser), CLOCK)
            await superuser.commit()
            companies.append(Company(url, readers, superuser, text))
        company, *twins, again = companies
        yield Range(company, again, dict(zip(Role, twins, strict=True)))


def uncover(url: str) -> None:
    """Let the superuser see every contact: the view asks the gate itself, and would stand behind walls 1 and 2."""
    with psycopg.connect(url, autocommit=True) as server:
        (body,) = server.execute("SELECT pg_get_viewdef(%s::regclass)", (CONTACTS,)).fetchone() or ("",)
        server.execute(
            f"CREATE OR REPLACE VIEW {CONTACTS} WITH (security_barrier)"
            f" AS {body.rstrip(';')} OR current_user = 'postgres'"
        )


def hurry(url: str) -> None:
    """Cut what takes long sooner than in earnest: here nothing has to finish."""
    with psycopg.connect(url, autocommit=True) as server:
        for login in LOGINS.values():
            server.execute(f"ALTER ROLE {login} IN DATABASE {server.info.dbname} SET statement_timeout = '300ms'")


def fingerprint(url: str) -> list[object]:
    """Every row of every table, every role, every function: changes when anything is written."""
    with psycopg.connect(as_superuser(url)) as server:
        tables = [
            f"{schema}.{name}"
            for schema, name in server.execute(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog',"
                " 'information_schema') ORDER BY 1, 2"
            )
        ]
        found: list[object] = [tables]
        for table in tables:
            found += server.execute(f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {table} t").fetchall()
        for catalogue in ("pg_roles", "pg_proc", "pg_policies", "pg_largeobject_metadata", "pg_db_role_setting"):
            found += server.execute(f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {catalogue} t").fetchall()
    return found
