"""Asks the chat model for one decision in a given shape: within a time budget, with retries, counted."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import structlog
from langchain.chat_models import init_chat_model
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import BaseModel, ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from agents.brains.llm.failures import mapped
from agents.brains.llm.outputs import schema_of
from agents.brains.llm.prompts import Prompt, Rendered
from agents.brains.purse import OpenPurse, Purse
from agents.brains.thinking import current
from core.errors import (
    Misconfigured,
    ModelFailed,
    ModelFiltered,
    ModelOutputMalformed,
    ModelRateLimited,
    ModelRefused,
    ModelSpent,
    ModelTimeout,
    ModelUnavailable,
)
from core.settings import Settings

Hear = Callable[[str], None]
Out = TypeVar("Out", bound=BaseModel)
Method = Literal["json_schema", "function_calling", "json_mode"]

_MALFORMED_TRIES = 2
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 2.0
_FENCE = re.compile(r"\A\s*```(?:json)?\s*|\s*```\s*\Z")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one decision may take: seconds in all, tries; and calls of one turn."""

    seconds: float
    attempts: int
    calls_a_turn: int


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat model that answers in JSON of a given shape."""

    model: BaseChatModel
    method: Method
    limits: Limits
    shape: Prompt
    """Tells the shape of the output in words, where the service holds the model to none."""
    purse: Purse

    @classmethod
    def of(cls, settings: Settings, shape: Prompt, purse: Purse | None = None) -> Chat:
        """The chat model that ``settings`` name, paid from ``purse`` when there is one.

        Raises :class:`Misconfigured` when LangChain does not know it.
        """
        limits = Limits(settings.llm_timeout_seconds, settings.llm_attempts, settings.llm_calls_a_turn)
        return cls(_model(settings), settings.llm_output, limits, shape, purse or OpenPurse())

    async def decide(
        self, prompt: Rendered, output: type[Out], without: Collection[str] = (), *, hear: Hear | None = None
    ) -> Out:
        """What the model answers to ``prompt``, in the shape of ``output``; raises :class:`ModelFailed`.

        ``without``: parts of the shape that are not offered, as in :func:`schema_of`. ``hear`` is told the JSON of the
        first try while it is written.
        """
        schema = schema_of(output, without)
        started, deadline = time.monotonic(), time.monotonic() + self.limits.seconds
        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda error: _worth_another(error, deadline)),
            wait=_pause,
            stop=stop_after_attempt(self.limits.attempts),
            reraise=True,
        )
        malformed = 0
        try:
            async for attempt in retrying:
                with attempt:
                    try:
                        heard, hear = hear, None
                        answer = await self._attempt(prompt, output, schema, deadline, heard)
                    except ModelOutputMalformed as error:
                        malformed += 1
                        error.details["final"] = malformed >= _MALFORMED_TRIES
                        raise
        except ModelFailed as error:
            _log.warning("model_failed", prompt=prompt.name, code=error.code, ms=_milliseconds(started))
            raise
        _log.info("model_answered", prompt=prompt.name, version=prompt.version, ms=_milliseconds(started))
        return answer

    async def _attempt(
        self, prompt: Rendered, output: type[Out], schema: dict[str, Any], deadline: float, hear: Hear | None
    ) -> Out:
        turn = current()
        if turn.calls >= self.limits.calls_a_turn:
            raise ModelSpent(calls=turn.calls)
        if not await self.purse.allows(turn.conversation):
            raise ModelSpent(conversation=turn.conversation)
        messages = [SystemMessage(self._instructions(prompt, schema)), HumanMessage(prompt.data)]
        model = self.model if hear is None else _aloud(self.model)
        answering: Runnable[Any, Any] = model.with_structured_output(
            schema, method=self.method, include_raw=True, **({} if self.method == "json_mode" else {"strict": False})
        )
        spent = (0, 0)
        try:
            with mapped():
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    answered: dict[str, Any] = await answering.ainvoke(messages, _heard_by(hear))
            spent = _tokens(answered["raw"])
            return _checked(answered, output)
        finally:
            turn.spend(*spent)
            if any(spent):
                await self.purse.pay(turn.conversation, *spent)

    def _instructions(self, prompt: Rendered, schema: dict[str, Any]) -> str:
        if self.method != "json_mode":
            return prompt.system
        return f"{prompt.system}\n\n{self.shape.fill(schema=json.dumps(schema, ensure_ascii=False))}"


class _Ear(AsyncCallbackHandler):
    """Passes on what is written: text, or the arguments of the tool that stands for the shape."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear

    async def on_llm_new_token(self, token: str | list[str | dict[str, Any]], **more: Any) -> None:
        """One piece more."""
        message = getattr(more.get("chunk"), "message", None)
        calls = message.tool_call_chunks if isinstance(message, AIMessageChunk) else []
        text = token if isinstance(token, str) else ""
        self._hear(text or "".join(call["args"] or "" for call in calls))


def _heard_by(hear: Hear | None) -> RunnableConfig | None:
    return None if hear is None else {"callbacks": [_Ear(hear)]}


def _aloud(model: BaseChatModel) -> BaseChatModel:
    """``model``, writing piece by piece where it can."""
    known = type(model).model_fields
    return model.model_copy(update={name: True for name in ("streaming", "stream_usage") if name in known})


def _model(settings: Settings) -> BaseChatModel:
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else "none"
    options: dict[str, Any] = {"temperature": 0, "timeout": settings.llm_timeout_seconds, "max_retries": 0}
    if settings.llm_base_url is not None:
        options["base_url"] = settings.llm_base_url
    options = {name: value for name, value in {**options, **settings.llm_options}.items() if value is not None}
    try:
        model: BaseChatModel = init_chat_model(settings.llm_model, api_key=key, **options)
    except (ImportError, ValueError) as error:
        raise Misconfigured(f"CUADRILLA_LLM_MODEL cannot be opened: {error}") from error
    return model


def _checked(answered: dict[str, Any], output: type[Out]) -> Out:
    raw: AIMessage = answered["raw"]
    if raw.additional_kwargs.get("refusal"):
        raise ModelRefused
    finish = raw.response_metadata.get("finish_reason")
    if finish == "content_filter":
        raise ModelFiltered
    try:
        return output.model_validate(_written(raw))
    except ValidationError as error:
        raise ModelOutputMalformed(wrong=error.error_count()) from error


def _written(message: AIMessage) -> Any:
    """The object in ``message``. LangChain's own parser would mend one that was cut off, and believe half an answer."""
    if message.tool_calls:
        return message.tool_calls[0]["args"]
    try:
        return json.loads(_FENCE.sub("", str(message.text)))
    except json.JSONDecodeError as error:
        raise ModelOutputMalformed(finish=message.response_metadata.get("finish_reason")) from error


def _tokens(message: AIMessage) -> tuple[int, int]:
    usage = message.usage_metadata
    return (usage["input_tokens"], usage["output_tokens"]) if usage else (0, 0)


def _worth_another(error: BaseException, deadline: float) -> bool:
    """May the same question fare better, with time left for it?"""
    left = deadline - time.monotonic()
    if isinstance(error, ModelRateLimited):
        return _asked_to_wait(error) < left
    if isinstance(error, ModelOutputMalformed):
        return not error.details.get("final") and left > 0
    return isinstance(error, ModelUnavailable) and not isinstance(error, ModelTimeout) and left > _FIRST_WAIT


def _asked_to_wait(error: ModelRateLimited) -> float:
    said = error.details.get("retry_after")
    return float(said) if isinstance(said, int | float) else _FIRST_WAIT


def _pause(state: RetryCallState) -> float:
    """At least what the service asked for; jitter on top, so that many do not come back at once."""
    jitter = wait_random_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT)(state)
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, ModelOutputMalformed):
        return 0.0
    return _asked_to_wait(error) + jitter / 4 if isinstance(error, ModelRateLimited) else jitter


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
