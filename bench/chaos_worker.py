"""A worker as ``worker.py`` runs it, whose replies name the messages that they answer.

``python -m bench.chaos_worker``: the turns are the real ones; the reference that each message of the bench carries is
taken out before and written under the reply afterwards, so that lost, doubled and overtaken messages can be counted.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from bench.attending import attend
from channels.chatwoot.turns import Answers
from graph.messages import TurnRequest, TurnResult

REFERENCE = re.compile(r"\bref\d+x\d+\b")


@dataclass(frozen=True, slots=True)
class Traced:
    """Answers of ``turns``, with the references of what was asked at their end."""

    turns: Answers

    async def answer(self, request: TurnRequest) -> TurnResult:
        """Answer one message."""
        references = REFERENCE.findall(request.message)
        plain = "\n".join(line.strip() for line in REFERENCE.sub("", request.message).splitlines())
        result = await self.turns.answer(request.model_copy(update={"message": plain}))
        return result.model_copy(update={"reply": f"{result.reply}\n\n{' '.join(references)}"})


if __name__ == "__main__":
    asyncio.run(attend(Traced))
