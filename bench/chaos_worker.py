"""A worker as ``worker.py`` runs it, whose replies name the messages that they answer.

``python -m bench.chaos_worker``: the turns are the real ones; the reference that each message of the bench carries is
taken out before and written under the reply afterwards, so that lost, doubled and overtaken messages can be counted.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from dataclasses import dataclass

from channels.chatwoot.service import open_door, open_worker
from channels.chatwoot.turns import Answers
from core.logging import configure_logging
from core.settings import load_settings
from graph.app import open_crew
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


async def work() -> None:
    """Attend until told to stop."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.home)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with (
        open_crew(settings) as crew,
        open_door(settings, crew.url) as (queue, door),
        open_worker(settings, crew, queue, door, Traced(crew.turns)) as worker,
    ):
        (settings.home / ready_mark(os.getpid())).touch()
        await worker.run(stop)


def ready_mark(pid: int) -> str:
    """The file under the home that says that worker ``pid`` is at work."""
    return f"worker-{pid}.ready"


if __name__ == "__main__":
    asyncio.run(work())
