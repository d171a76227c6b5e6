"""Lets the model be asked while it answers and there is time left in the turn.

Whatever the model does, the caller gets its answer or the one given for otherwise.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from agents.brains.cascade.breaker import Breaker, Trial
from agents.brains.thinking import Thinking, current
from core.errors import CuadrillaError, ModelDown, ModelSpent

T = TypeVar("T")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Governor:
    """Asks the model, of which ``breaker`` knows how it fares; all turns of a process share one."""

    breaker: Breaker = field(default_factory=Breaker)

    async def ask(self, what: str, ask: Callable[[], Awaitable[T]], otherwise: T) -> T:
        """What ``ask`` answers; ``otherwise`` when it may not be asked, fails, or takes longer than the turn has left.

        Nothing that the model does is raised; what goes wrong in our own database is.
        """
        turn = current()
        if turn.seconds <= 0:
            _log.info("model_left_alone", what=what, why="no_time")
            return otherwise
        trial = self.breaker.enter()
        if trial is None:
            _log.info("model_left_alone", what=what, why="down")
            return otherwise
        with trial:
            return await self._asked(what, ask, otherwise, turn, trial)

    async def _asked(self, what: str, ask: Callable[[], Awaitable[T]], otherwise: T, turn: Thinking, trial: Trial) -> T:
        started = time.monotonic()
        try:
            async with asyncio.timeout(None if math.isinf(turn.seconds) else turn.seconds):
                answer = await ask()
        except TimeoutError:
            trial.failing()
            _log.warning("model_left", what=what, why="too_slow")
        except ModelDown as error:
            trial.failing(_stay_away(error))
            _log.warning("model_left", what=what, why=error.code)
        except ModelSpent:
            _log.info("model_left_alone", what=what, why="spent")
        except CuadrillaError as error:
            trial.succeeded()
            _log.warning("model_not_understood", what=what, why=error.code)
        else:
            trial.succeeded()
            return answer
        finally:
            turn.seconds -= time.monotonic() - started
        return otherwise


def _stay_away(error: CuadrillaError) -> float:
    """Seconds that the service asked to be left alone for."""
    given = error.details.get("retry_after")
    return float(given) if isinstance(given, int | float) else 0.0
