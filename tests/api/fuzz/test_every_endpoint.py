"""Generated requests over the whole OpenAPI file, as each role: no server error, no status that is not documented."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from policy.roles import Role

EXAMPLES = [
    (Role.CLIENT, GenerationMode.POSITIVE, 1),
    (Role.TECHNICIAN, GenerationMode.POSITIVE, 1),
    (Role.ADMIN, GenerationMode.POSITIVE, 1),
    (Role.GUEST, GenerationMode.POSITIVE, 1),
    (Role.ADMIN, GenerationMode.NEGATIVE, 1),
]
"""How many for each operation; ``python -m bench.fuzz`` tries many."""
ENDS_SIGN_IN = ("/auth/logout", "password")
"""Called for real they would sign out whoever tests the rest; their own tests call them."""
WITH_BODY = frozenset({"POST", "PATCH", "PUT"})
NOT_SAID = ("positive_data_acceptance", "ignored_auth", "max_response_time")
"""A schema cannot say which records exist nor which values fit together; tokens have tests of their own."""


@pytest.fixture(scope="session")
def described(address: str) -> BaseSchema:
    """The running server's OpenAPI file, and what is checked of every answer."""
    load_all_checks()
    return schemathesis.openapi.from_url(f"{address}/openapi.json").include(path_regex="^/(api|auth)/")


@pytest.mark.parametrize(("role", "mode", "most"), EXAMPLES, ids=str)
def test_answers_are_as_documented(
    described: BaseSchema, callers: Mapping[Role, httpx.Client], role: Role, mode: GenerationMode, most: int
) -> None:
    token = callers[role].headers.get("authorization")
    operations = [found.ok() for found in described.get_all_operations()]
    asked = [
        ask(operation.as_strategy(generation_mode=mode), most, token)
        for operation in operations
        if not any(part in operation.path for part in ENDS_SIGN_IN)
        and (mode is GenerationMode.POSITIVE or operation.method.upper() in WITH_BODY)
    ]
    assert sum(asked) > 25


def ask(cases: st.SearchStrategy[Case], most: int, token: str | None) -> int:
    """Send at most ``most`` of ``cases`` and check the answers; how many were sent."""
    checks = [check for check in CHECKS.get_all() if check.__name__ not in NOT_SAID]
    sent = 0

    @settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def each(case: Case) -> None:
        nonlocal sent
        case.call_and_validate(checks=checks, headers={"authorization": token} if token else None)
        sent += 1

    try:
        each()
    except Unsatisfiable:
        return 0  # nothing that is sent there can be wrong
    return sent
