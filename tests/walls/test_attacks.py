"""SQL attacks at each wall alone, the other two removed, and at all of them: no leak and no write."""

from __future__ import annotations

import pytest

from tests.walls.leaks import WALLS, curious, leak
from tests.walls.ranges import Range, fingerprint

ATTACKS = curious()


@pytest.mark.parametrize("wall", WALLS)
async def test_no_leak_and_no_write(shooting_range: Range, wall: str) -> None:
    before = fingerprint(shooting_range.company.url)
    found = [leaked for attack in ATTACKS if (leaked := await leak(wall, shooting_range, attack))]
    assert found == []
    assert fingerprint(shooting_range.company.url) == before


def test_there_are_enough_of_them() -> None:
    assert sum(attack.number.startswith("OWN") for attack in ATTACKS) >= 100
    assert len(ATTACKS) > 400
