"""Handing over: a note for the door, for every role."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from policy.roles import Principal, Role
from tools.handoff import HandOff, HandoffNote


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_may_be_handed_over(principals: Mapping[Role, Principal], role: Role) -> None:
    note = await HandOff(principal=principals[role]).ainvoke(
        {"reason": "complaint", "priority": "high", "labels": ("complaint",), "summary": "Pide: hablar con alguien"}
    )
    assert note == HandoffNote("complaint", "high", ("complaint",), "Pide: hablar con alguien")


def test_the_principal_is_no_argument_of_the_model(principals: Mapping[Role, Principal]) -> None:
    assert "principal" not in HandOff(principal=principals[Role.CLIENT]).args
