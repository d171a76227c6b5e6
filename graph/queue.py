"""Several things to write down in one message are drafted one after another, each when the one before is answered."""

from __future__ import annotations

from dataclasses import replace

from agents.brains.protocol import Ask, Intent
from graph.memory import Memory

MOST_QUEUED = 5
ANSWERS = frozenset({Intent.CONFIRM, Intent.REJECT})


def in_turn(
    asks: tuple[Ask, ...], memory: Memory, refused: frozenset[int] = frozenset()
) -> tuple[tuple[Ask, ...], tuple[str, ...]]:
    """The asks of this turn, with one request to write at most, and the requests that wait for theirs.

    Requests at the positions ``refused`` will be refused, so that they wait for nothing.
    """
    tickets = [at for at, ask in enumerate(asks) if ask.intent is Intent.TICKET and at not in refused]
    later = tuple(asks[position].text for position in tickets[1:])
    if later:
        asks = without(asks, frozenset(tickets[1:]))
    waiting = (*memory.queued, *later)
    answered = memory.pending is not None and bool({ask.intent for ask in asks} & ANSWERS)
    if answered and waiting and not tickets:
        return (*asks, Ask(waiting[0], Intent.TICKET, 0.9)), waiting[1:]
    return asks, waiting[:MOST_QUEUED]


def without(asks: tuple[Ask, ...], dropped: frozenset[int]) -> tuple[Ask, ...]:
    """``asks`` without those at the positions ``dropped``, their dependencies renumbered."""
    kept = [position for position in range(len(asks)) if position not in dropped]
    moved = {old: new for new, old in enumerate(kept)}
    return tuple(
        replace(asks[old], needs=None if (needs := asks[old].needs) is None else moved.get(needs)) for old in kept
    )
