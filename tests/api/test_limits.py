"""Too many calls are refused with when to come back; each caller is counted alone."""

from __future__ import annotations

import httpx
import pytest
from fastapi import Depends, FastAPI, Request

from api.errors import install_errors
from api.headers import SafeHeaders
from api.limits import Limits
from core.errors import Misconfigured, TooManyRequests
from core.settings import Settings


def limits(settings: Settings, **rates: str) -> Limits:
    return Limits.of(settings.model_copy(update=rates))


def test_each_caller_is_counted_alone(settings: Settings) -> None:
    few = limits(settings, rate_calls="2/hour")
    for caller in ("user:1", "user:2"):
        for _ in range(2):
            few.take(few.calls, caller)
    with pytest.raises(TooManyRequests) as refused:
        few.take(few.calls, "user:1")
    assert 0 < int(str(refused.value.details["retry_after"])) <= 3600


def test_kinds_of_calls_are_counted_apart(settings: Settings) -> None:
    few = limits(settings, rate_calls="1/hour", rate_questions="1/minute")
    few.take(few.calls, "user:1")
    few.take(few.questions, "user:1")
    with pytest.raises(TooManyRequests):
        few.take(few.questions, "user:1")


def test_a_limit_that_cannot_be_read_is_said(settings: Settings) -> None:
    with pytest.raises(Misconfigured):
        limits(settings, rate_calls="often")


async def test_the_answer_says_when_to_come_back(settings: Settings) -> None:
    few = limits(settings, rate_calls="1/hour")

    def counted(request: Request) -> None:
        few.take(few.calls, request.url.path)

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
