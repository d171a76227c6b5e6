"""Too many calls are refused with when to come back; each caller is counted alone."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from api.errors import install_errors
from api.headers import SafeHeaders
from api.limits import Limits
from core.errors import Misconfigured, TooManyRequests, Unavailable
from core.settings import Settings
from db.crud.call_counts import sweep_counts
from db.models import CallCount
from db.session import make_lookups

TAKES = """
import sys
from api.limits import Limit, Limits
from core.errors import TooManyRequests
from db.session import make_lookups

limit = Limit("calls", 40, 86400)
limits, let_in = Limits(make_lookups(sys.argv[1]), limit, limit, limit), 0
for _ in range(30):
    try:
        limits.take(limit, sys.argv[2])
        let_in += 1
    except TooManyRequests:
        pass
print(let_in)
"""


@pytest.fixture
def make(settings: Settings) -> Iterator[Callable[..., Limits]]:
    """Makes limits in this worker's database, of callers whom no other test knows."""
    assert settings.database_url is not None
    lookups = make_lookups(settings.database_url)
    yield lambda **rates: Limits.of(settings.model_copy(update=rates), lookups)
    lookups.dispose()


@pytest.fixture
def somebody() -> str:
    return f"user:{uuid4()}"


def test_servers_count_together(settings: Settings, somebody: str) -> None:
    assert settings.database_url is not None
    command = [sys.executable, "-c", TAKES, settings.database_url, somebody]
    servers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]  # noqa: S603
    let_in = [int(server.communicate(timeout=60)[0]) for server in servers]
    assert sum(let_in) == 40 and max(let_in) <= 30


def test_what_is_refused_is_not_counted_and_what_is_over_is_forgotten(
    make: Callable[..., Limits], somebody: str, sessions: sessionmaker[Session]
) -> None:
    few = make(rate_calls="1/second")
    few.take(few.calls, somebody)
    for _ in range(5):
        with pytest.raises(TooManyRequests):
            few.take(few.calls, somebody)
    time.sleep(2.1)
    few.take(few.calls, somebody)
    with sessions() as session:
        before = session.scalar(select(func.count()).select_from(CallCount))
        sweep_counts(session, datetime.now(UTC) + timedelta(days=3))
        assert before and session.scalar(select(func.count()).select_from(CallCount)) == 0


def test_a_database_that_is_away_is_said(settings: Settings) -> None:
    away = Limits.of(settings, make_lookups("postgresql://nobody@127.0.0.1:1/nothing"))
    with pytest.raises(Unavailable):
        away.take(away.calls, "user:1")


def test_each_caller_is_counted_alone(make: Callable[..., Limits], somebody: str) -> None:
    few = make(rate_calls="2/hour")
    for caller in (somebody, f"{somebody} too"):
        for _ in range(2):
            few.take(few.calls, caller)
    with pytest.raises(TooManyRequests) as refused:
        few.take(few.calls, somebody)
    assert 0 < int(str(refused.value.details["retry_after"])) <= 3600


def test_kinds_of_calls_are_counted_apart(make: Callable[..., Limits], somebody: str) -> None:
    few = make(rate_calls="1/hour", rate_questions="1/hour")
    few.take(few.calls, somebody)
    few.take(few.questions, somebody)
    with pytest.raises(TooManyRequests):
        few.take(few.questions, somebody)


def test_a_limit_that_cannot_be_read_is_said(make: Callable[..., Limits]) -> None:
    with pytest.raises(Misconfigured):
        make(rate_calls="often")


async def test_the_answer_says_when_to_come_back(make: Callable[..., Limits], somebody: str) -> None:
    few = make(rate_calls="1/hour")

    def counted() -> None:
        few.take(few.calls, somebody)

    app = FastAPI()
    install_errors(app)
    app.add_middleware(SafeHeaders)

    @app.get("/api/x", dependencies=[Depends(counted)])
    def called() -> str:
        return "in"

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        first, second = await client.get("/api/x"), await client.get("/api/x")
    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (429, "too_many_requests")
    assert int(second.headers["retry-after"]) > 0
    for answer in (first, second):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers
