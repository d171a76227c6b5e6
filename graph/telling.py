"""What a turn tells whoever listens while it is under way: what is being done, and the reply piece by piece.

The pieces since the last restart, put together, are the reply. Whoever listens is only told: a turn never waits for
them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from graph.inert import inert

_PIECE = re.compile(r".*?(?:\n+|(?<=[.!?…:])[ \t]+(?=\S)|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, in words for the person."""

    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """What the reply goes on with."""

    text: str


@dataclass(frozen=True, slots=True)
class Restart:
    """The reply is another one than its pieces so far: it begins anew."""


TurnEvent = Progress | Piece | Restart
Hear = Callable[[TurnEvent], None]


def nobody(_event: TurnEvent) -> None:
    """Nobody listens."""


def pieces(reply: str) -> Iterator[Piece]:
    """``reply`` by sentences and lines, white space included."""
    for match in _PIECE.finditer(reply):
        if match.group():
            yield Piece(match.group())


@dataclass(slots=True)
class Teller:
    """Tells the reply while it is being written, and what is missing of it at the end.

    What is told early is as inert as the reply will be: see :mod:`graph.inert`. ``own`` are the company's hosts.
    """

    hear: Hear
    own: Collection[str] = frozenset()
    _written: str = ""
    _told: str = ""

    def say(self, text: str) -> None:
        """The reply goes on with ``text``, of which no word is cut in two."""
        self._written += text
        safe = inert(self._written, self.own)
        if safe.startswith(self._told) and len(safe) > len(self._told):
            self.hear(Piece(safe[len(self._told) :]))
            self._told = safe

    def finish(self, reply: str) -> None:
        """The whole reply is known."""
        if not reply.startswith(self._told):
            self.hear(Restart())
            self._told = ""
        for piece in pieces(reply[len(self._told) :]):
            self.hear(piece)
