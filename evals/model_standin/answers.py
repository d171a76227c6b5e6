"""What the stand-in may answer: text, an object of the wanted shape, tool calls, a refusal, or a fault."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evals.model_standin.asked import Asked


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to call."""

    name: str
    arguments: Any


@dataclass(frozen=True, slots=True)
class Says:
    """A completion. ``finish`` as on the wire; ``cut`` keeps that share of the text, as a length limit would.

    ``after`` seconds more than the server's latency.
    """

    text: str = ""
    calls: Sequence[Call] = ()
    refusal: str | None = None
    finish: str | None = None
    cut: float = 1.0
    after: float = 0.0

    @property
    def finish_reason(self) -> str:
        """Why it ended."""
        if self.finish is not None:
            return self.finish
        return "length" if self.cut < 1 else "tool_calls" if self.calls else "stop"


@dataclass(frozen=True, slots=True)
class Fails:
    """No completion. ``status`` 0: the connection dies; ``after``: a stream begins, and dies after so many pieces."""

    status: int = 500
    code: str | None = None
    message: str = "The server had an error"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    after: int | None = None


Answer = Says | Fails
Rule = Callable[[Asked], Answer | Awaitable[Answer | None] | None]
"""What to answer to a request; None lets the next rule see it."""


def saying(value: object, **more: Any) -> Says:
    """``value`` as JSON text."""
    return Says(json.dumps(value, ensure_ascii=False, default=str), **more)


def when(shape: str, answer: Answer, *, about: str = "") -> Rule:
    """``answer`` to requests that want ``shape`` (any, when empty) and whose data or text has ``about`` in it."""

    def rule(asked: Asked) -> Answer | None:
        fits = (not shape or asked.shape == shape) and about.casefold() in asked.last.casefold()
        return answer if fits else None

    return rule


def rate_limited(seconds: float | None = None) -> Fails:
    """429, with Retry-After when ``seconds`` are given."""
    headers = {"Retry-After": f"{seconds:g}"} if seconds is not None else {}
    return Fails(429, "rate_limit_exceeded", "Rate limit reached", headers)


def unauthorised() -> Fails:
    """401."""
    return Fails(401, "invalid_api_key", "Incorrect API key provided")


def filtered() -> Fails:
    """400, as Azure's content filter answers to a prompt."""
    return Fails(400, "content_filter", "The response was filtered due to the prompt triggering the policy")


@dataclass(slots=True)
class Recovers:
    """A rule that gives ``fault`` the first ``times`` that the same thing is asked, and then what ``rule`` gives."""

    fault: Answer
    rule: Rule
    times: int = 1
    _seen: dict[str, int] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Answer | Awaitable[Answer | None] | None:
        """The fault, or the answer."""
        seen = self._seen[asked.prompt] = self._seen.get(asked.prompt, 0) + 1
        return self.fault if seen <= self.times else self.rule(asked)
