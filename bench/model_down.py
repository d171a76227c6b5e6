"""``python -m bench.model_down``: the model goes away under load, comes back, and nobody is left without an answer.

Messages of the eval set arrive at a steady pace, each in a conversation of its own, at a crew in cascade over the
stand-in model. For ``--minutes`` the model hangs, fails, dies, is too busy and refuses the key, one after another. What
must hold: every message gets an answer or a person within 15 s, and none gets an error text.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.console import Console

from agents.brains.protocol import Context, Facts
from bench.figures import Latency, Row, show, write
from core.clock import FixedClock, SystemClock
from core.logging import configure_logging
from core.settings import Settings
from evals.asking import SENDERS, our_fault
from evals.cases import load_cases
from evals.model_standin.answers import Fails, rate_limited, unauthorised, when
from evals.model_standin.app import KEY, Standin
from evals.model_standin.asked import Asked
from evals.model_standin.competing import competent
from evals.serving import served
from graph.app import Crew, open_crew
from graph.messages import TurnRequest, TurnResult
from policy.roles import GUEST

BOUND_SECONDS = 15.0
CALM_SECONDS = 15.0
"""Before the model goes away, and after it came back."""
RECOVERY_SECONDS = 60.0
"""The model must be asked again at most this long after it came back."""
_HANG_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One message and what came of it."""

    phase: str
    sent_at: float
    seconds: float
    result: TurnResult
    broken: bool
    """An error text, no text at all, or something of ours failed and no person was brought in."""


@dataclass(slots=True)
class Outage:
    """Takes the model away in one way after another, and gives it back."""

    standin: Standin
    _well: Sequence[Any] = ()

    def begin(self, fault: str) -> None:
        """From now on the model fails as ``fault`` says."""
        self._well = self._well or self.standin.rules
        self.standin.latency = _HANG_SECONDS if fault == "hangs" else 0.0
        self.standin.rules = [when("", FAULTS[fault])]

    def end(self) -> asyncio.Event:
        """The model is well again; set when it is asked."""
        asked = asyncio.Event()

        def notice(_: Asked) -> None:
            asked.set()

        self.standin.latency, self.standin.rules = 0.0, [notice, *self._well]
        return asked


FAULTS = {
    "hangs": Fails(500),
    "fails": Fails(500),
    "dies": Fails(0),
    "too busy": rate_limited(5),
    "refuses the key": unauthorised(),
}


@dataclass(slots=True)
class Load:
    """Sends messages at a steady pace and keeps what comes of them."""

    crew: Crew
    sorry: str
    heard: list[Heard] = field(default_factory=list)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def send(self, phase: Callable[[], str], per_second: float, stop: asyncio.Event) -> None:
        """Send until ``stop``, then wait for the last replies."""
        questions = itertools.cycle(_questions())
        while not stop.is_set():
            sender, message = next(questions)
            task = asyncio.create_task(self._ask(phase(), sender, message))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            await asyncio.sleep(1 / per_second)
        await asyncio.gather(*self._under_way)

    async def _ask(self, phase: str, sender: str, message: str) -> None:
        started = time.monotonic()
        where = f"down-{len(self.heard)}-{started}"
        result = await self.crew.turns.answer(TurnRequest(message=message, sender=sender, conversation_id=where))
        left = our_fault(result.error) and result.handoff is None
        broken = left or not result.reply.strip() or self.sorry in result.reply
        self.heard.append(Heard(phase, started, time.monotonic() - started, result, broken))


def _questions() -> list[tuple[str, str]]:
    """First messages of the golden conversations that are ordinary text, in an order of chance."""
    found = [
        (SENDERS[case.role], case.turns[0].ask)
        for case in load_cases()
        if not case.let and case.turns[0].repeat == 1 and any(map(str.isalpha, case.turns[0].ask))
    ]
    random.Random(7).shuffle(found)
    return found


@asynccontextmanager
async def crew_in_cascade(
    home: Path, today: datetime | None = None, **changes: Any
) -> AsyncIterator[tuple[Crew, Standin]]:
    """A crew of the demo company over a competent stand-in, both of this process; it is always ``today``, if given."""
    standin = Standin()
    async with served(standin.app()) as address:
        settings = Settings(  # type: ignore[call-arg]
            home=home,
            DATABASE_URL=None,
            brain="cascade",
            llm_base_url=f"{address}/v1",
            llm_api_key=SecretStr(KEY),
            llm_monthly_ceiling=None,
            log_level="ERROR",
            **changes,
        )
        zone = settings.zone
        clock = SystemClock(zone) if today is None else FixedClock(today.replace(tzinfo=zone), zone)
        async with open_crew(settings, clock) as crew:
            standin.rules = [competent(crew)]
            yield crew, standin


async def measure(
    crew: Crew,
    standin: Standin,
    down_seconds: float,
    per_second: float,
    *,
    calm: float = CALM_SECONDS,
    patience: float = RECOVERY_SECONDS,
) -> tuple[list[Heard], float | None]:
    """What came of every message, and how many seconds after its return the model was asked again (None: never)."""
    sorry = await crew.parts.words.phrase(Facts("failed"), Context(GUEST, crew.clock.now()))
    load, stop, phase = Load(crew, sorry), asyncio.Event(), ["up"]
    sending = asyncio.create_task(load.send(lambda: phase[0], per_second, stop))
    await asyncio.sleep(calm)
    outage = Outage(standin)
    for fault in FAULTS:
        phase[0] = fault
        outage.begin(fault)
        await asyncio.sleep(down_seconds / len(FAULTS))
    phase[0] = "back"
    asked, back, again = outage.end(), time.monotonic(), None
    with suppress(TimeoutError):
        await asyncio.wait_for(asked.wait(), patience)
        again = time.monotonic() - back
    await asyncio.sleep(calm)
    stop.set()
    await sending
    return load.heard, again


def report(console: Console, heard: Sequence[Heard], again: float | None) -> tuple[dict[str, Any], bool]:
    """Print the table; the figures, and whether the bounds hold."""
    rows, figures = [], {}
    for phase in dict.fromkeys(item.phase for item in heard):
        found = [item for item in heard if item.phase == phase]
        latency = Latency.of([item.seconds * 1000 for item in found]) if len(found) > 1 else None
        slowest, broken = max(item.seconds for item in found), sum(item.broken for item in found)
        people = sum(item.result.handoff is not None for item in found)
        called = sum(item.result.usage.model_calls > 0 for item in found)
        figures[phase] = {
            "messages": len(found),
            "slowest_s": round(slowest, 2),
            "p50_ms": latency.p50 if latency else None,
            "p95_ms": latency.p95 if latency else None,
            "error_texts": broken,
            "error_codes": dict(Counter(item.result.error for item in found if item.result.error)),
            "handed_to_a_person": people,
            "asked_the_model": called,
        }
        cells = (str(len(found)), f"{slowest:.1f} s", f"{latency.p50:.0f} / {latency.p95:.0f} ms" if latency else "")
        ok = slowest <= BOUND_SECONDS and not broken
        rows.append(Row(phase, (*cells, str(broken), str(people), str(called)), ok))
    recovered = again is not None
    when_again = f"{again:.1f} s" if again is not None else "never"
    rows.append(Row("asked again after it came back", (when_again, *[""] * 5), recovered))
    columns = ("messages", "slowest", "p50 / p95", "error texts", "to a person", "asked the model")
    show(console, f"The model is down: an answer or a person within {BOUND_SECONDS:.0f} s", columns, rows)
    return {**figures, "asked_again_s": again}, all(row.ok for row in rows)


async def _run(minutes: float, per_second: float) -> tuple[list[Heard], float | None]:
    with tempfile.TemporaryDirectory(prefix="cuadrilla-bench-", ignore_cleanup_errors=True) as home:
        configure_logging("CRITICAL", Path(home))
        async with crew_in_cascade(Path(home)) as (crew, standin):
            return await measure(crew, standin, minutes * 60, per_second)


def main(
    minutes: Annotated[float, typer.Option(help="How long the model is away.")] = 10.0,
    per_second: Annotated[float, typer.Option(help="Messages a second.")] = 2.0,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Take the model away under load."""
    heard, again = asyncio.run(_run(minutes, per_second))
    figures, holds = report(Console(), heard, again)
    write(json_file, figures)
    raise typer.Exit(0 if holds else 1)


if __name__ == "__main__":
    typer.run(main)
