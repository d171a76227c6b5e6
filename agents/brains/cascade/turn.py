"""What one turn may still ask of the model: seconds and calls; and whether it understood the message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls of the model used."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.calls + other.calls, self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens
        )


@dataclass(slots=True)
class ModelTurn:
    """The account of one turn. ``conversation`` is the key under which spending is kept."""

    conversation: str
    seconds: float
    calls: int
    by_model: bool = False
    """The model understood the message."""
    used: Spent = field(default_factory=Spent)
    """All of the turn."""
    _unpaid: Spent | None = None

    def use(self, used: Spent) -> None:
        """A call of the model used this."""
        self.used += used
        self._unpaid = used if self._unpaid is None else self._unpaid + used

    def take_unpaid(self) -> Spent | None:
        """What was used and not paid yet; once."""
        unpaid, self._unpaid = self._unpaid, None
        return unpaid


_CURRENT: ContextVar[ModelTurn | None] = ContextVar("cuadrilla_model_turn", default=None)


def current_turn() -> ModelTurn | None:
    """The turn under way here; None outside of one (Studio)."""
    return _CURRENT.get()


@contextmanager
def model_turn(turn: ModelTurn) -> Iterator[ModelTurn]:
    """``turn`` is under way in the block and in the tasks that it starts."""
    token = _CURRENT.set(turn)
    try:
        yield turn
    finally:
        _CURRENT.reset(token)
