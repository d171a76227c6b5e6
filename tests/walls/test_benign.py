"""Honest questions: let through, and answered with what the owner sees who looks at the role's own rows only."""

from __future__ import annotations

import pytest

from policy.roles import Role
from tests.walls.corpora import benign
from tests.walls.honest import by_hand, differs
from tests.walls.ranges import Range

BENIGN = benign()


@pytest.mark.parametrize("role", list(Role))
async def test_honest_questions_are_answered(shooting_range: Range, role: Role) -> None:
    wrong = []
    with by_hand(shooting_range.company.url, role) as owner:
        for question in BENIGN:
            if question.role is role:
                wrong += await differs(shooting_range, owner, question)
    assert wrong == []


def test_there_are_enough_of_them() -> None:
    assert sum(question.number.startswith("OWN") for question in BENIGN) >= 100
