"""One mapping, one body: every error of ours has a status and keeps its code."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from api.errors import install_errors, status_of
from core import errors


def everything(kind: type[errors.CuadrillaError]) -> Iterator[type[errors.CuadrillaError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from everything(child)


@pytest.mark.parametrize("kind", list(everything(errors.CuadrillaError)), ids=lambda kind: kind.__name__)
async def test_every_error_of_ours_leaves_in_the_same_shape(kind: type[errors.CuadrillaError]) -> None:
    app = FastAPI()
    install_errors(app)

    @app.get("/")
    def fail() -> None:
        raise kind

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        response = await client.get("/")
    assert response.status_code == status_of(kind())
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": f"urn:cuadrilla:problem:{kind.code}",
        "title": status_of(kind()).phrase,
        "status": status_of(kind()),
        "detail": kind().message,
        "code": kind.code,
    }


async def test_what_nobody_foresaw_shows_nothing() -> None:
    app = FastAPI()
    install_errors(app)

    @app.get("/")
    def fail() -> None:
        raise ZeroDivisionError("secret detail")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.get("/")
    assert response.status_code == 500
    assert response.json()["code"] == "internal"
    assert "secret" not in response.text and "Zero" not in response.text
