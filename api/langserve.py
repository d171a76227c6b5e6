"""LangServe at ``/agent``: a TurnRequest comes in, a TurnResult goes out.

Only this and the chat page (:mod:`api.chat_playground`) import langserve.
"""

from __future__ import annotations

import contextvars
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import Depends, FastAPI, Request
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.runnables.config import var_child_runnable_config
from langserve import add_routes
from langserve.schema import CustomUserType
from pydantic import ConfigDict, SecretStr

from api.auth import require_key
from core.errors import BadInput
from graph.messages import TurnRequest, TurnResult
from graph.telling import Piece, Progress, Restart, TurnEvent
from graph.turn import TurnService

PATH = "/agent"
MOST_IN_BATCH = 50


def _as_a_form(schema: dict[str, Any]) -> None:
    """Make ``schema`` one that the playground can draw: it knows no null and no alternatives.

    What is accepted stays the same: a sender may still be ``{channel, external_id}``, and what is optional left out.
    """
    properties = schema["properties"]
    for name, field in properties.items():
        alternatives = field.pop("anyOf", None)
        if alternatives:
            field.update(next(item for item in alternatives if item.get("type") == "string"))
        if field.get("default", ...) is None:
            del field["default"]
        field["title"] = name
    del properties["attachments"]
    schema["required"] = ["message", "sender"]


class Turn(CustomUserType, TurnRequest):
    """One message of one person. ``sender`` is a phone number, or {channel, external_id}."""

    model_config = ConfigDict(title="Turn", json_schema_extra=_as_a_form)


def mount_agent(app: FastAPI, turns: Callable[[], TurnService], key: SecretStr | None = None) -> None:
    """Serve ``turns`` under :data:`PATH`: invoke, batch, stream, stream_events, schemas and the playground.

    With ``key``, only to callers that have it.
    """
    add_routes(
        app,
        _runnable(turns),
        path=PATH,
        per_req_config_modifier=_our_config,
        enable_feedback_endpoint=False,
        dependencies=[Depends(require_key(key)), Depends(_fair_batch)],
    )


def _runnable(turns: Callable[[], TurnService]) -> Runnable[Any, Any]:
    """What is streamed: ``{"progress": ...}``, ``{"token": ...}`` for each piece of the reply, then the TurnResult.

    ``{"restart": true}``: the tokens so far are no part of the reply after all; those that follow are.
    """

    async def answer(given: TurnRequest | dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        request = given if isinstance(given, TurnRequest) else TurnRequest.model_validate(given)
        async for event in apart().run(turns().stream, request):
            yield _as_chunk(event)

    runnable: Runnable[Any, Any] = RunnableLambda(answer, name="cuadrilla")
    return runnable.with_types(input_type=Turn, output_type=TurnResult)


def _as_chunk(event: TurnEvent | TurnResult) -> dict[str, Any]:
    match event:
        case Progress(text):
            return {"progress": text}
        case Piece(text):
            return {"token": text}
        case Restart():
            return {"restart": True}
        case TurnResult():
            return event.model_dump(mode="json")


def apart() -> contextvars.Context:
    """A context whose runs are not children of the door's: its event streams must not show the graph's state."""
    context = contextvars.copy_context()
    context.run(var_child_runnable_config.set, None)
    return context


async def _fair_batch(request: Request) -> None:
    """LangServe reads ``inputs`` and ``config`` of a batch unchecked: refuse what would make it fail, or never end."""
    if not request.url.path.endswith("/batch"):
        return
    body = await request.body()
    given = json.loads(body) if body else None
    inputs, config = (given.get("inputs"), given.get("config")) if isinstance(given, dict) else (None, None)
    if not isinstance(inputs, list) or len(inputs) > MOST_IN_BATCH:
        raise BadInput(f"inputs must be a list of at most {MOST_IN_BATCH} turns.")
    if isinstance(config, list) and len(config) != len(inputs):
        raise BadInput("config must be one configuration, or one for each input.")


def _our_config(config: dict[str, Any], _request: Request) -> dict[str, Any]:
    """What a client sends as configuration is replaced: nothing in it may choose a thread or an identity."""
    return {**config, "configurable": {}}
