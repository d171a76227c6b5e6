"""Conversations through Chatwoot while workers are killed, PostgreSQL restarts and Chatwoot fails: is anything lost?

``python -m bench.chaos``: 500 conversations of four messages each on real turns. Every message carries a reference that
the reply repeats (bench/chaos_worker.py), so that each must come back exactly once, in the order it was written.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.chaos_plant import Database, OwnDatabase, Plant, running, unleash
from bench.chaos_worker import REFERENCE
from bench.figures import Latency, Row, show, write
from channels.standin.model import AgentBot, Contact, Conversation
from db import embedded
from db.seed import DEMO_CLIENT

MESSAGES, SEED = 4, 20261122
KILLED_EVERY, GAP = (4.0, 12.0), (0.2, 15.0)
NO_PROGRESS, LATE = 90.0, 20.0
"""Seconds of work without a new reply after which the rest counts as lost; seconds to wait for a reply too many."""
QUESTIONS = (
    "¿Cuándo vence mi garantía?",
    "¿Qué equipos tengo?",
    "¿Cómo limpio los filtros del aire?",
    "Hola, buenos días",
    "¿Cuándo fue mi última intervención?",
)
_DEAD = "SELECT count(*) FROM channel_outbox WHERE state = 'dead'"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run. ``opened``: conversations that the bot lost because it could not be told of a message."""

    conversations: int
    messages: int
    replies: int
    lost: int
    answered_twice: int
    out_of_order: int
    opened: int
    dead_letters: int
    kills: int
    ended: int
    outages: list[float]
    failed_calls: int
    dropped_calls: int
    webhooks: int
    seconds: float
    reply: Latency
    examples: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Nothing lost, nothing twice, nothing overtaken."""
        return not (self.lost or self.answered_twice or self.out_of_order)


async def run(
    home: Path, database: Database, conversations: int, workers: int, rate: float, late: float = LATE
) -> Outcome:
    """Let it all happen in ``home``: about ``rate`` messages a second, and ``late`` seconds for replies too many."""
    dice = random.Random(SEED)
    async with running(home, database, workers) as plant:
        loop = asyncio.get_running_loop()
        began = loop.time()
        unleash(plant.standin.faults)
        span = conversations * MESSAGES / rate
        done = asyncio.Event()
        destruction = asyncio.create_task(_destroy(plant, dice, span, done))
        people = [_person(plant, number) for number in range(conversations)]
        await asyncio.gather(
            *(_write(plant, one, number, random.Random(f"{SEED}/{number}"), span) for number, one in enumerate(people))
        )
        done.set()
        await destruction
        await _answered(plant)
        seconds = loop.time() - began
        await asyncio.sleep(late)
        await plant.standin.settled()
        return await _judge(plant, conversations, seconds)


def _person(plant: Plant, number: int) -> Contact:
    """One of many who share the demo client's telephone: each has a conversation of their own."""
    return plant.standin.world.meet(f"Lucía {number}", DEMO_CLIENT, f"ES.{number:06d}")


async def _write(plant: Plant, who: Contact, number: int, dice: random.Random, span: float) -> None:
    gaps = [dice.uniform(*GAP) for _ in range(MESSAGES - 1)]
    await asyncio.sleep(dice.uniform(0, max(span - sum(gaps), 1.0)))
    for turn in range(MESSAGES):
        plant.standin.desk.receive(who, f"{dice.choice(QUESTIONS)} ref{number}x{turn}")
        if turn < len(gaps):
            await asyncio.sleep(gaps[turn])


async def _destroy(plant: Plant, dice: random.Random, span: float, done: asyncio.Event) -> None:
    """Kill a worker that is at work now and then, half way all of them at once; restart PostgreSQL twice."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    planned: list[tuple[float, Callable[[], Awaitable[None]]]] = [
        (span / 4, lambda: plant.database_away(crash=False)),
        (span / 2, lambda: _power_cut(plant)),
        (span * 3 / 4, lambda: plant.database_away(crash=True)),
    ]
    while not done.is_set() or planned:
        try:
            async with asyncio.timeout(dice.uniform(*KILLED_EVERY)):
                await done.wait()
        except TimeoutError:
            if len(working := plant.at_work()) > 1:
                plant.kill([dice.choice(working)])
        if planned and (done.is_set() or loop.time() - began > planned[0][0]):
            await planned.pop(0)[1]()


async def _power_cut(plant: Plant) -> None:
    plant.kill(list(plant.workers))


async def _answered(plant: Plant) -> None:
    """Return when every reference came back, or nothing new has for a while."""
    loop = asyncio.get_running_loop()
    missing, since = -1, loop.time()
    while missing and loop.time() - since < NO_PROGRESS:
        now = sum(len(_asked(one)) - len(set(_given(one))) for one in _conversations(plant))
        if now != missing or not plant.at_work():
            missing, since = now, loop.time()
        await asyncio.sleep(0.5)


def _conversations(plant: Plant) -> Iterator[Conversation]:
    yield from plant.standin.world.conversations.values()


def _asked(conversation: Conversation) -> list[str]:
    said = [message.content or "" for message in conversation.messages if message.kind == "incoming"]
    return [reference for text in said for reference in REFERENCE.findall(text)]


def _given(conversation: Conversation) -> list[str]:
    """The references of what the bot posted, in that order, notes left aside."""
    posted = [m for m in conversation.messages if isinstance(m.sender, AgentBot) and not m.private]
    return [reference for message in posted for reference in REFERENCE.findall(message.content or "")]


def _waits(conversation: Conversation) -> Iterator[float]:
    asked = {
        r: m.created for m in conversation.messages if m.kind == "incoming" for r in REFERENCE.findall(m.content or "")
    }
    for message in conversation.messages:
        if isinstance(message.sender, AgentBot) and not message.private:
            for reference in REFERENCE.findall(message.content or ""):
                yield (message.created - asked[reference]).total_seconds() * 1000


async def _judge(plant: Plant, conversations: int, seconds: float) -> Outcome:
    lost, twice, order, opened, examples = 0, 0, 0, 0, []
    for one in _conversations(plant):
        asked, given = _asked(one), _given(one)
        missing = [reference for reference in asked if reference not in given]
        again = [reference for reference, times in Counter(given).items() if times > 1]
        firsts = list(dict.fromkeys(given))
        overtaken = firsts != [reference for reference in asked if reference in firsts]
        opened += one.status == "open"
        lost, twice, order = lost + len(missing), twice + len(again), order + overtaken
        if missing or again or overtaken:
            examples.append(f"{one.id} {one.status}: asked {asked}, given {given}")
    calls = plant.standin.calls
    return Outcome(
        conversations=conversations,
        messages=conversations * MESSAGES,
        replies=sum(1 for one in _conversations(plant) for m in one.messages if isinstance(m.sender, AgentBot)),
        lost=lost,
        answered_twice=twice,
        out_of_order=order,
        opened=opened,
        dead_letters=await plant.count(_DEAD),
        kills=plant.kills,
        ended=plant.ended,
        outages=plant.outages,
        failed_calls=sum(call.status in plant.standin.faults.error_statuses for call in calls),
        dropped_calls=sum(call.status == 0 for call in calls),
        webhooks=len(plant.standin.deliveries.attempts),
        seconds=round(seconds, 1),
        reply=Latency.of([wait for one in _conversations(plant) for wait in _waits(one)] or [0.0, 0.0]),
        examples=examples[:20],
    )


def report(console: Console, outcome: Outcome) -> None:
    """The table."""
    show(
        console,
        f"{outcome.conversations} conversations of {MESSAGES} messages",
        ["count"],
        [
            Row("messages", (str(outcome.messages),)),
            Row("lost", (str(outcome.lost),), outcome.lost == 0),
            Row("answered twice", (str(outcome.answered_twice),), outcome.answered_twice == 0),
            Row("conversations out of order", (str(outcome.out_of_order),), outcome.out_of_order == 0),
            Row("conversations opened by failed webhooks", (str(outcome.opened),)),
            Row("dead letters", (str(outcome.dead_letters),)),
            Row("replies posted (bursts share one)", (str(outcome.replies),)),
            Row("workers killed (SIGKILL)", (str(outcome.kills),)),
            Row("workers that ended by themselves", (str(outcome.ended),)),
            Row("PostgreSQL restarted, second by SIGKILL (s away)", (" / ".join(map(str, outcome.outages)),)),
            Row("calls that Chatwoot failed", (str(outcome.failed_calls),)),
            Row("calls whose connection died", (str(outcome.dropped_calls),)),
            Row("webhooks delivered, repeats included", (str(outcome.webhooks),)),
            Row("seconds", (f"{outcome.seconds:.0f}",)),
            Row("reply after, p50 / p95 (s)", (f"{outcome.reply.p50 / 1000:.1f} / {outcome.reply.p95 / 1000:.1f}",)),
        ],
    )
    for example in outcome.examples:
        console.print(example)


def main(
    conversations: Annotated[int, typer.Option(min=1)] = 500,
    workers: Annotated[int, typer.Option(min=1)] = 3,
    rate: Annotated[float, typer.Option(help="Messages a second, all conversations together.")] = 8.0,
    keep: Annotated[
        Path | None, typer.Option(help="Run in this folder and leave it there, with what was logged.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Run, and exit with 1 when anything was lost, answered twice or overtaken."""
    with tempfile.TemporaryDirectory(prefix="cuadrilla-chaos-") as folder:
        home = keep or Path(folder)
        try:
            outcome = asyncio.run(run(home, OwnDatabase(home), conversations, workers, rate))
        finally:
            embedded.stop(home)
    report(Console(), outcome)
    write(json_file, {"chaos": outcome})
    raise typer.Exit(0 if outcome.clean else 1)


if __name__ == "__main__":
    typer.run(main)
