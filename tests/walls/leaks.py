"""Does an attack get through a wall? Fired at the company and at the twin of its role, and compared."""

from __future__ import annotations

from tests.walls.corpora import Attack, attacks
from tests.walls.firing import Outcome, at_all, at_the_binding, at_the_database, at_the_guard, at_the_login
from tests.walls.ranges import Company, Range
from tests.walls.twins import MARK, PRINCIPALS

HEAVY = {"dos_time", "dos_memory", "dos_output", "planner_bomb", "guard_dos"}
"""What wants to cost, not to know: see test_denial_of_service."""
WALLS = ("binding", "guard", "database", "login", "all")
"""Wall 1 alone; wall 2 alone; wall 3 alone; wall 3 without what the readers add to it; all of them."""


def curious() -> list[Attack]:
    """The attacks that want to know or to write."""
    return [attack for attack in attacks() if attack.category not in HEAVY]


async def fire(wall: str, company: Company, attack: Attack) -> Outcome:
    principal = PRINCIPALS[attack.role]
    if wall == "binding":
        return await at_the_binding(company.text, principal, attack.sql)
    if wall == "guard":
        return await at_the_guard(company.superuser, principal, attack.sql)
    if wall == "database":
        return await at_the_database(company.readers, principal, attack.sql)
    if wall == "login":
        return await at_the_login(company.readers, principal, attack.sql)
    return await at_all(company.readers, principal, attack.sql)


async def leak(wall: str, range_: Range, attack: Attack) -> str:
    """What leaked, if anything."""
    twin = range_.twins[attack.role]
    here, there = await fire(wall, range_.company, attack), await fire(wall, twin, attack)
    if here.wrote or there.wrote:
        return f"{attack} wrote"
    if MARK in there.text:
        return f"{attack} saw {there.text[:300]}"
    if "cut" not in (here.kind, there.kind) and here != there and here == await fire(wall, range_.again, attack):
        return f"{attack} depends on what is not to be seen:\n {here}\n {there}"
    return ""
