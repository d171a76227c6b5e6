"""One number for a message from the door it came through to the reply: it stands in every line of the logs between."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import structlog

HEADER = "x-request-id"
_W3C = "traceparent"
_KEY = "trace_id"
_PARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
_REQUEST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def trace_of(headers: Mapping[str, str]) -> str:
    """The trace that ``headers`` (names in lower case) tell: of ``traceparent``, of ``x-request-id``, or a new one."""
    parent = _PARENT.fullmatch(headers.get(_W3C, "").strip())
    if parent is not None:
        return parent.group(1)
    given = headers.get(HEADER, "").strip()
    if _REQUEST.fullmatch(given):
        return given
    return f"{random.getrandbits(128):032x}"  # no secret, so it need not cost a system call


def current_trace() -> str:
    """The trace of what is under way here; empty when there is none."""
    return str(structlog.contextvars.get_contextvars().get(_KEY, ""))


@contextmanager
def traced(trace: str) -> Iterator[None]:
    """What is logged in the block, and in the tasks that it starts, belongs to ``trace``; empty: to what it did."""
    if not trace:
        yield
        return
    with structlog.contextvars.bound_contextvars(**{_KEY: trace}):
        yield
