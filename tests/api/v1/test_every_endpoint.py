"""Generated requests over the whole OpenAPI file, as each role: no server error, no status that is not documented."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from policy.roles import Role

EXAMPLES = 3
ENDS_SIGN_IN = ("/auth/logout", "password")
"""Called for real they would sign out whoever tests the rest; their own tests call them."""
NOT_SAID = ("positive_data_acceptance", "ignored_auth", "max_response_time")
"""A schema cannot say which records exist nor which values fit together; tokens have tests of their own."""


@pytest.fixture(scope="session")
def described(address: str) -> BaseSchema:
    """The running server's OpenAPI file, and what is checked of every answer."""
    load_all_checks()
    return schemathesis.openapi.from_url(f"{address}/openapi.json").include(path_regex="^/(api|auth)/")


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("role", list(Role), ids=str)
def test_answers_are_as_documented(
    described: BaseSchema, callers: Mapping[Role, httpx.Client], role: Role, mode: GenerationMode
) -> None:
    token = callers[role].headers.get("authorization")
    checks = [check for check in CHECKS.get_all() if check.__name__ not in NOT_SAID]
    asked = 0
    for found in described.get_all_operations():
        operation = found.ok()
        if any(part in operation.path for part in ENDS_SIGN_IN):
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def ask(data: st.DataObject) -> None:
            nonlocal asked
            case: Case = data.draw(operation.as_strategy(generation_mode=mode))
            case.call_and_validate(checks=checks, headers={"authorization": token} if token else None)
            asked += 1

        ask()
    assert asked > len(described)
