"""A worker whose answers take as long as a model would: ``python -m bench.webhook_worker SECONDS``."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from functools import partial

from bench.attending import attend
from channels.chatwoot.turns import Answers
from graph.messages import TurnRequest, TurnResult


@dataclass(frozen=True, slots=True)
class Thoughtful:
    """The answers of ``turns``, ``seconds`` later."""

    turns: Answers
    seconds: float

    async def answer(self, request: TurnRequest) -> TurnResult:
        """Answer one message."""
        await asyncio.sleep(self.seconds)
        return await self.turns.answer(request)


if __name__ == "__main__":
    asyncio.run(attend(partial(Thoughtful, seconds=float(sys.argv[1]))))
