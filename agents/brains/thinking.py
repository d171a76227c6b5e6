"""What brains spend and remember within one turn. It travels beside the graph, and is never checkpointed."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum

from agents.brains.protocol import Context, Intent, Route

Say = Callable[[str], None]
OUTSIDE = "outside"
"""The conversation of what is thought outside of any turn (Studio)."""


class Reading(StrEnum):
    """How far it is known what the message asks."""

    READ = "read"
    GUESSED = "guessed"
    """That it is a question to the documents: whoever answers it looks whether it is."""
    MISREAD = "misread"
    """It was guessed, and is something else, or nobody could tell: it is to be read anew, and nothing guessed."""


@dataclass(slots=True)
class Thinking:
    """The account of one turn: what it may still take, what it spent, and what was thought of already.

    ``conversation`` is the key under which spending is kept; ``seconds`` are left for all model calls together;
    ``say`` tells the reply while it is written, if anybody listens.
    """

    conversation: str = OUTSIDE
    seconds: float = math.inf
    say: Say | None = None
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    kept: dict[Hashable, object] = field(default_factory=dict)
    by_model: bool = False
    """The model understood the message."""
    reading: Reading = Reading.READ
    to_documents: frozenset[str] = frozenset()
    """What is asked of the documents: to ask it of the data as well is a second opinion."""
    alone: bool = False
    """One thing only is asked, so that its answer is the reply."""
    _spoken: bool = False

    def spend(self, input_tokens: int, output_tokens: int) -> None:
        """One call more, and its tokens."""
        self.calls += 1
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens

    def voice(self) -> Say | None:
        """Who is told the reply while it is written; None when nobody listens, or another answer is told already."""
        if self.say is None or self._spoken or not self.alone:
            return None
        self._spoken = True
        return self.say


def is_one_question(route: Route, context: Context) -> bool:
    """Is all that is asked one question to the documents, while nothing waits for an answer?

    Then passages can be found without knowing more, and who answers from them may say that it is something else.
    """
    waits = context.pending is not None or bool(context.options)
    return not waits and [ask.intent for ask in route.asks] == [Intent.DOCUMENTS]


_current: ContextVar[Thinking | None] = ContextVar("thinking", default=None)


@contextmanager
def thinking(turn: Thinking | None = None) -> Iterator[Thinking]:
    """A turn begins: what is spent and kept until the end of the block, and in tasks that it starts, is of ``turn``."""
    turn = turn or Thinking()
    token = _current.set(turn)
    try:
        yield turn
    finally:
        _current.reset(token)


def current() -> Thinking:
    """The turn that is running; outside of any, one that is forgotten at once."""
    return _current.get() or Thinking()
