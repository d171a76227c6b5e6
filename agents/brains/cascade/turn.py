"""What one turn may still ask of the model: seconds and calls; and whether it understood the message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class ModelTurn:
    """The account of one turn. ``conversation`` is the key under which spending is kept."""

    conversation: str
    seconds: float
    calls: int
    by_model: bool = False
    """The model understood the message."""


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
