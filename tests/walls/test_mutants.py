"""The guard alone against mutants, on a login that may read everything: no forbidden value ever comes back."""

from __future__ import annotations

from policy.roles import Role
from tests.walls.firing import Outcome, at_the_guard
from tests.walls.mutants import mutants
from tests.walls.ranges import Range
from tests.walls.twins import MARK, PRINCIPALS
from tools.sql.guard import check

SEED, MUTANTS = 20261118, 6_000


async def test_no_mutant_brings_back_what_is_forbidden(shooting_range: Range) -> None:
    ran, found = await hunt(shooting_range, SEED, MUTANTS)
    assert found == []
    assert ran > MUTANTS / 50


async def hunt(range_: Range, seed: int, number: int) -> tuple[int, list[str]]:
    """How many mutants ran, and those that brought something back."""
    ran, found = 0, []
    for mutant in mutants(seed, number):
        if not check(mutant.sql, mutant.role).allowed:
            continue
        there = await fire(range_, mutant.role, mutant.sql, twin=True)
        ran += there.kind == "rows"
        if MARK in there.text or there.wrote:
            found.append(f"{mutant} brought back {there.text[:200]}")
            continue
        here = await fire(range_, mutant.role, mutant.sql)
        if here != there and "cut" not in (here.kind, there.kind) and "now()" not in mutant.sql:
            found.append(f"{mutant} depends on what is not to be seen: {here.text[:200]} {there.text[:200]}")
    return ran, found


async def fire(range_: Range, role: Role, sql: str, *, twin: bool = False) -> Outcome:
    company = range_.twins[role] if twin else range_.company
    return await at_the_guard(company.superuser, PRINCIPALS[role], sql)
