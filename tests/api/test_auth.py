"""In production the agent's door needs the service key."""

from __future__ import annotations

import httpx
import pytest
from fastapi import Depends, FastAPI
from pydantic import SecretStr

from api.auth import require_key
from api.errors import install_errors

KEY = "a-long-service-key"


def door(key: SecretStr | None) -> FastAPI:
    app = FastAPI()
    install_errors(app)

    @app.post("/agent/invoke", dependencies=[Depends(require_key(key))])
    def invoke() -> str:
        return "in"

    return app


async def knock(key: SecretStr | None, header: bytes | None) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door(key)), base_url="http://localhost") as client:
        return await client.post("/agent/invoke", headers={"authorization": header} if header else {})


@pytest.mark.parametrize("header", [None, "", "Bearer", f"Basic {KEY}", f"Bearer {KEY}x", KEY, "Bearer ñ"])
async def test_without_the_key_nobody_comes_in(header: str | None) -> None:
    response = await knock(SecretStr(KEY), header.encode() if header else None)
    assert response.status_code == 401
    assert response.json()["code"] == "unauthenticated"


async def test_with_the_key_one_does() -> None:
    assert (await knock(SecretStr(KEY), f"Bearer {KEY}".encode())).status_code == 200


async def test_demo_mode_asks_for_nothing() -> None:
    assert (await knock(None, None)).status_code == 200
