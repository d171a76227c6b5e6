"""Lets the model be asked while it answers, there is time left in the turn, and money in the purse.

Whatever the model does, the caller gets its answer or the one given for otherwise; nothing is raised but cancellation.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import structlog

from agents.brains.cascade.breaker import Breaker, Trial
from agents.brains.cascade.turn import ModelTurn, Spent, current_turn, model_turn
from core.errors import CuadrillaError, Unavailable

T = TypeVar("T")
STUDIO = "studio"
"""Where what is spent outside of turns is written down."""
_log = structlog.get_logger(__name__)


class Purse(Protocol):
    """What may be spent on the model, and what was."""

    async def allows(self, conversation: str) -> bool:
        """Is there money left, for everybody and for ``conversation``? Tells the administrator when there is none."""
        ...

    async def pay(self, conversation: str, used: Spent) -> None:
        """Write down what calls for ``conversation`` used."""
        ...


class FreePurse:
    """Nothing costs anything."""

    async def allows(self, conversation: str) -> bool:  # noqa: ARG002
        """Always."""
        return True

    async def pay(self, conversation: str, used: Spent) -> None:
        """Nothing to pay."""


@dataclass(frozen=True, slots=True)
class Governor:
    """Asks the model. ``seconds`` and ``calls`` are what a turn may take where none is under way."""

    seconds: float
    calls: int
    breaker: Breaker = field(default_factory=Breaker)
    purse: Purse = field(default_factory=FreePurse)

    async def ask(self, what: str, ask: Callable[[], Awaitable[T]], otherwise: T) -> T:
        """What ``ask`` answers; ``otherwise`` when it may not be asked, fails, or takes too long."""
        turn = current_turn()
        if turn is None:
            with model_turn(ModelTurn(STUDIO, self.seconds, self.calls)):
                return await self.ask(what, ask, otherwise)
        if turn.calls <= 0 or turn.seconds <= 0:
            _log.info("model_left_alone", what=what, why="turn_spent")
            return otherwise
        if not await self.purse.allows(turn.conversation):
            _log.info("model_left_alone", what=what, why="ceiling")
            return otherwise
        trial = self.breaker.enter()
        if trial is None:
            _log.info("model_left_alone", what=what, why="down")
            return otherwise
        with trial:
            return await self._asked(what, ask, otherwise, turn, trial)

    async def _asked(
        self, what: str, ask: Callable[[], Awaitable[T]], otherwise: T, turn: ModelTurn, trial: Trial
    ) -> T:
        turn.calls -= 1
        started = time.monotonic()
        try:
            async with asyncio.timeout(turn.seconds):
                answer = await ask()
        except TimeoutError:
            trial.failing()
            _log.warning("model_failed", what=what, code="timeout")
            return otherwise
        except Unavailable as error:
            trial.failing(_stay_away(error))
            _log.warning("model_failed", what=what, code=error.code)
            return otherwise
        except CuadrillaError as error:
            trial.succeeded()
            _log.warning("model_not_understood", what=what, code=error.code)
            return otherwise
        else:
            trial.succeeded()
            return answer
        finally:
            turn.seconds -= time.monotonic() - started
            if (used := turn.take_unpaid()) is not None:
                await self.purse.pay(turn.conversation, used)


def _stay_away(error: CuadrillaError) -> float:
    """Seconds that the service asked to be left alone for."""
    given = error.details.get("retry_after")
    return float(given) if isinstance(given, int | float) else 0.0
