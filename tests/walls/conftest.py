"""The range, and a crew under siege."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import pytest_asyncio

from policy.roles import Role
from tests.conftest import SECRET
from tests.graph.crews import crew_url
from tests.walls.ranges import Range, furnished, open_range
from tests.walls.siege import besieged, besieged_url

__all__ = ["besieged", "besieged_url", "crew_url"]


@pytest.fixture(scope="session")
def range_urls(clone: Callable[[], str]) -> Mapping[Role | None, str]:
    """The company's database under None, the twins' under their role."""
    return furnished(clone)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shooting_range(range_urls: Mapping[Role | None, str]) -> AsyncIterator[Range]:
    """Everything open."""
    async with open_range(range_urls, SECRET) as opened:
        yield opened
