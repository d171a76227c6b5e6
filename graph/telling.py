"""What a turn tells whoever listens while it is under way: what is being done, and the reply piece by piece.

The pieces of a turn, put together, are its reply. Whoever listens is only told: a turn never waits for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_PIECE = re.compile(r".*?(?:\n+|(?<=[.!?…:])[ \t]+(?=\S)|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, in words for the person."""

    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """What the reply goes on with."""

    text: str


TurnEvent = Progress | Piece
Hear = Callable[[TurnEvent], None]


def nobody(_event: TurnEvent) -> None:
    """Nobody listens."""


def pieces(reply: str) -> Iterator[Piece]:
    """``reply`` by sentences and lines, white space included."""
    for match in _PIECE.finditer(reply):
        if match.group():
            yield Piece(match.group())
