"""The stand-in speaks the wire format as OpenAI's own client and LangChain read it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from openai import APIConnectionError, APIError, AuthenticationError
from pydantic import SecretStr

from evals.model_standin.answers import Call, Fails, Says, when
from evals.model_standin.app import KEY, Standin
from tests.serving import served


@tool
def look_up(number: int) -> str:
    """Look a visit up."""
    return str(number)


@pytest.fixture
def model() -> Standin:
    return Standin()


@pytest_asyncio.fixture
async def address(model: Standin) -> AsyncIterator[str]:
    async with served(model.app()) as address:
        yield f"{address}/v1"


def client(address: str, key: str = KEY, **more: Any) -> ChatOpenAI:
    return ChatOpenAI(model="standin", base_url=address, api_key=SecretStr(key), max_retries=0, **more)


async def test_a_tool_is_called(model: Standin, address: str) -> None:
    model.rules = [when("", Says(calls=[Call("look_up", {"number": 1043})]))]
    said = await client(address).bind_tools([look_up]).ainvoke("¿Y la 1043?")
    assert [(call["name"], call["args"]) for call in said.tool_calls] == [("look_up", {"number": 1043})]
    assert model.calls[0][0].tools == ("look_up",)


async def test_a_stream_brings_pieces_and_then_the_usage(model: Standin, address: str) -> None:
    text = "Limpia los filtros cada dos semanas, con agua tibia y sin detergente."
    model.rules = [when("", Says(text))]
    pieces = [piece async for piece in client(address, stream_usage=True).astream("¿Cómo?")]
    assert len(pieces) > 3 and "".join(piece.text for piece in pieces) == text
    usage = next(piece.usage_metadata for piece in pieces if piece.usage_metadata)
    assert (usage["input_tokens"], usage["output_tokens"]) == (model.input_tokens, model.output_tokens)


async def test_a_stream_may_call_a_tool(model: Standin, address: str) -> None:
    model.rules = [when("", Says(calls=[Call("look_up", {"number": 7})]))]
    whole: Any = None
    async for piece in client(address).bind_tools([look_up]).astream("¿?"):
        whole = piece if whole is None else whole + piece
    assert whole is not None and whole.tool_calls[0]["args"] == {"number": 7}


async def test_a_stream_may_die(model: Standin, address: str) -> None:
    model.rules = [when("", Fails(after=2))]
    with pytest.raises((APIConnectionError, APIError, httpx.HTTPError)):
        [piece async for piece in client(address).astream("¿?")]
    assert len(model.calls) == 1


async def test_a_wrong_key_is_refused(address: str) -> None:
    with pytest.raises(AuthenticationError):
        await client(address, key="sk-another").ainvoke("¿?")


async def test_models_are_listed(address: str) -> None:
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{address}/models")).json()["data"][0]["id"] == "standin"


async def test_what_is_asked_chooses_the_answer(model: Standin, address: str) -> None:
    model.rules = [when("", Says("de filtros"), about="filtro"), when("", Says("de lo demás"))]
    said = [(await client(address).ainvoke(text)).text for text in ("¿otra cosa?", "¿Y los FILTROS?", "¿otra cosa?")]
    assert said == ["de lo demás", "de filtros", "de lo demás"]
