"""The server: ``/v1/chat/completions`` (whole and streamed), ``/v1/models``, and a record of what was asked."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from evals.model_standin.answers import Answer, Call, Fails, Rule, Says
from evals.model_standin.asked import Asked
from evals.model_standin.counting import Counter, make_counter

KEY = "sk-standin"
_PIECE = 24


@dataclass(slots=True)
class Standin:
    """Rules are asked in order; the first that answers is heard. ``latency`` in seconds for every call.

    ``calls`` holds what was asked since the last :meth:`forget`, with the tokens that were counted.
    """

    rules: Sequence[Rule] = ()
    latency: float = 0.0
    key: str | None = KEY
    counter: Counter = field(default_factory=make_counter)
    calls: list[tuple[Asked, int, int]] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def forget(self) -> None:
        """Begin a new record; what was asked before and is not answered yet stays in the old one."""
        self.calls = []

    @property
    def input_tokens(self) -> int:
        """Of all recorded calls."""
        return sum(read for _, read, _ in self.calls)

    @property
    def output_tokens(self) -> int:
        """Of all recorded calls."""
        return sum(written for _, _, written in self.calls)

    def app(self) -> FastAPI:
        """The application to serve."""
        app = FastAPI(openapi_url=None)

        @app.get("/v1/models")
        async def models() -> dict[str, Any]:
            return {"object": "list", "data": [{"id": "standin", "object": "model", "created": 0, "owned_by": "us"}]}

        @app.post("/v1/chat/completions")
        async def completions(request: Request) -> Response:
            return await self._complete(request)

        return app

    async def _complete(self, request: Request) -> Response:
        asked = Asked(await request.json(), dict(request.headers), next(self._numbers))
        if self.key is not None and asked.headers.get("authorization") != f"Bearer {self.key}":
            return _failed(Fails(401, "invalid_api_key", "Incorrect API key provided"))
        read, calls = self.counter.count(asked.prompt), self.calls
        if self.latency:
            await asyncio.sleep(self.latency)
        answer = await self._answer(asked)
        if isinstance(answer, Says) and answer.after:
            await asyncio.sleep(answer.after)
        written = self.counter.count(_written(answer)) if isinstance(answer, Says) else 0
        calls.append((asked, read, written))
        usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        if isinstance(answer, Fails) and answer.after is None:
            return _failed(answer)
        if asked.streams:
            return StreamingResponse(_stream(asked, answer, usage), media_type="text/event-stream")
        return JSONResponse(_completion(asked, _whole(answer), usage))

    async def _answer(self, asked: Asked) -> Answer:
        for rule in self.rules:
            answer = rule(asked)
            if inspect.isawaitable(answer):
                answer = await answer
            if answer is not None:
                return _in_shape(asked, answer)
        return Fails(404, "model_not_found", "No rule answers this request")


def _in_shape(asked: Asked, answer: Answer) -> Answer:
    """What must come as a tool call comes as one."""
    tool = asked.forced_tool
    if not isinstance(answer, Says) or tool is None or answer.calls or answer.refusal or not answer.text:
        return answer
    try:
        arguments = json.loads(answer.text)
    except json.JSONDecodeError:
        return answer
    return Says(calls=(Call(tool, arguments),), finish=answer.finish or "stop", cut=answer.cut)


def _whole(answer: Answer) -> Says:
    return answer if isinstance(answer, Says) else Says(answer.message * 4)


def _written(answer: Says) -> str:
    return answer.text + "".join(call.name + json.dumps(call.arguments, default=str) for call in answer.calls)


def _tool_calls(asked: Asked, answer: Says) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_{asked.number}_{at}",
            "type": "function",
            "function": {"name": call.name, "arguments": _cut(json.dumps(call.arguments, default=str), answer)},
        }
        for at, call in enumerate(answer.calls)
    ]


def _cut(text: str, answer: Says) -> str:
    return text[: int(len(text) * answer.cut)]


def _head(asked: Asked, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{asked.number}",
        "object": kind,
        "created": 0,
        "model": asked.body.get("model", "standin"),
        "system_fingerprint": "standin",
    }


def _completion(asked: Asked, answer: Says, usage: dict[str, int]) -> dict[str, Any]:
    calls = _tool_calls(asked, answer)
    message: dict[str, Any] = {"role": "assistant", "content": _cut(answer.text, answer), "refusal": answer.refusal}
    if calls:
        message |= {"content": None, "tool_calls": calls}
    if answer.refusal:
        message["content"] = None
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": answer.finish_reason}
    return {**_head(asked, "chat.completion"), "choices": [choice], "usage": usage}


async def _stream(asked: Asked, answer: Answer, usage: dict[str, int]) -> AsyncIterator[bytes]:
    said = _whole(answer)
    text = _cut(said.text, said)
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": text[at : at + _PIECE]} for at in range(0, len(text), _PIECE)]
    deltas += [{"tool_calls": [{"index": at, **call}]} for at, call in enumerate(_tool_calls(asked, said))]
    if said.refusal:
        deltas.append({"refusal": said.refusal})
    for at, delta in enumerate(deltas):
        if isinstance(answer, Fails) and answer.after is not None and at >= answer.after:
            raise ConnectionResetError("the stream dies, as was asked")
        yield _event(asked, [{"index": 0, "delta": delta, "finish_reason": None}])
    yield _event(asked, [{"index": 0, "delta": {}, "finish_reason": said.finish_reason}])
    if (asked.body.get("stream_options") or {}).get("include_usage"):
        yield _event(asked, [], usage)
    yield b"data: [DONE]\n\n"


def _event(asked: Asked, choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> bytes:
    chunk = {**_head(asked, "chat.completion.chunk"), "choices": choices, "usage": usage}
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


class _Dies(Response):
    """Promises more than it sends: the connection dies in the middle of the answer."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})


def _failed(fault: Fails) -> Response:
    if fault.status == 0:
        return _Dies()
    if fault.body is not None:
        return Response(fault.body, fault.status, dict(fault.headers), "application/json")
    error = {"message": fault.message, "type": "error", "param": None, "code": fault.code}
    return JSONResponse({"error": error}, fault.status, dict(fault.headers))
