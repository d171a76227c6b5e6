"""What brains spend and remember within one turn. It travels beside the graph, and is never checkpointed."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Thinking:
    """Model calls and tokens of one turn, and what was thought of already under the question it answers."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    kept: dict[Hashable, object] = field(default_factory=dict)

    def spend(self, input_tokens: int, output_tokens: int) -> None:
        """One call more, and its tokens."""
        self.calls += 1
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens


_current: ContextVar[Thinking | None] = ContextVar("thinking", default=None)


@contextmanager
def thinking() -> Iterator[Thinking]:
    """A turn begins: what is spent and kept until the end of the block is of this turn."""
    turn = Thinking()
    token = _current.set(turn)
    try:
        yield turn
    finally:
        _current.reset(token)


def current() -> Thinking:
    """The turn that is running; outside of any, one that is forgotten at once."""
    return _current.get() or Thinking()
