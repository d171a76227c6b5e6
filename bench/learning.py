"""How soon those who asked are told, once a colleague answered.

``python -m bench.learning``: our server as a process of its own on a PostgreSQL of its own, Chatwoot's stand-in over
HTTP. From the colleague's note in Chatwoot to the asker's message stored there; from an approval by another process
(REST, a table) to the same; and from one note to the last of many who had asked the same.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.figures import Latency, Row, show, write
from channels.standin.app import serving
from channels.standin.demo import Cast, config, free_port, our_server, people, ready, wiring
from channels.standin.desk import Draft
from channels.standin.model import Conversation, Message
from channels.standin.standin import Standin
from core.clock import SystemClock
from core.errors import Unavailable
from core.settings import Settings
from db import embedded
from db.session import make_engine, make_sessions
from ingest.embeddings import CharacterEmbedder
from tools.learning.book import Answer, AnswerBook, Colleague
from tools.learning.table import shown_statuses

WRITTEN_DOWN = "He apuntado tu pregunta"
CLIENT = "+34600000001"
THINGS = (
    "Alexa", "Google Home", "HomeKit", "KNX", "Zigbee", "SmartThings", "Netatmo", "Tuya", "Loxone", "Modbus",
    "OpenTherm", "Bticino", "Delta Dore", "Fibaro", "Shelly", "Sonoff", "Tado", "Wiser", "Somfy", "Airzone",
)  # fmt: skip
MANY = 40
BY_NOTE_MS, BY_APPROVAL_MS = 1500.0, 2500.0
PATIENCE_SECONDS = 120.0
ANA = Colleague("Ana Gil")


@dataclass(frozen=True, slots=True)
class Plant:
    """A Chatwoot with our server behind it, and the office's way to the same database."""

    standin: Standin
    book: AnswerBook

    async def ask(self, words: str, number: int) -> Conversation:
        """A client asks ``words`` in a conversation of their own, and hears that it is not known."""
        contact = self.standin.world.meet("Lucía", CLIENT, f"3460000{number:05d}")
        message = self.standin.desk.receive(contact, words)
        found = self.standin.world.message(message.id)
        if found is None:
            raise Unavailable("A message got lost in the stand-in.")
        await until(lambda: said(found[0]))
        await self.standin.settled()
        return found[0]

    def note(self, conversation: Conversation, words: str) -> Message:
        """A colleague writes a private note."""
        colleague = self.standin.world.agents[0]
        return self.standin.desk.post(conversation, Draft(words, sender=colleague, private=True))

    async def told(self, conversation: Conversation, since: float) -> float:
        """Milliseconds from ``since`` until the answer was stored in ``conversation``."""
        (_, answer, *_more) = await until(lambda: said(conversation) if len(said(conversation)) > 1 else None)
        return float((answer.created.timestamp() - since) * 1000)


def said(conversation: Conversation) -> list[Message]:
    """What the bot told the customer."""
    return [m for m in conversation.messages if m.kind == "outgoing" and not m.private]


def unknown(conversation: Conversation) -> bool:
    """Was the question written down? Some things are in the manuals."""
    return WRITTEN_DOWN in (said(conversation)[0].content or "")


async def until(condition: Callable[[], list[Message] | None]) -> list[Message]:
    """Wait for what ``condition`` gives."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise Unavailable("It took too long.")
        await asyncio.sleep(0.01)
    return found


@asynccontextmanager
async def plant(home: Path) -> AsyncIterator[Plant]:
    """Everything, ready."""
    url = embedded.start(home)
    secret = embedded.secret(home).decode()
    settings = Settings(_env_file=None, home=home, DATABASE_URL=url)  # type: ignore[call-arg]
    clock = SystemClock(settings.zone)
    standin = Standin(clock, config(clock.now(), settings.company))
    cast = Cast.read()
    teams = people(standin, cast)
    engine = make_engine(url)
    async with serving(standin):
        port = free_port()
        database = {"DATABASE_URL": url, "CUADRILLA_SECRET_KEY": secret, "CUADRILLA_HOME": str(home)}
        log = home / "server.log"
        with our_server(
            {**wiring(standin, cast, teams, port), **database, "CUADRILLA_LOG_LEVEL": "WARNING"}, log
        ) as server:
            await ready(f"http://127.0.0.1:{port}/ready", server, log)
            standin.connect(f"http://127.0.0.1:{port}/chatwoot/webhook")
            yield Plant(standin, AnswerBook(make_sessions(engine), CharacterEmbedder(), clock))
    engine.dispose()
    embedded.stop(home)


async def by_note(here: Plant) -> Latency:
    """From a note to the asker."""
    waited = []
    for number, thing in enumerate(THINGS):
        conversation = await here.ask(f"¿Se puede conectar la caldera a {thing}?", number)
        if not unknown(conversation):
            continue
        note = here.note(conversation, "/aprende Sí, con el módulo NV-Link.")
        waited.append(await here.told(conversation, note.created.timestamp()))
    return Latency.of(waited)


async def by_approval(here: Plant) -> Latency:
    """From an approval in another process to the asker."""
    waited = []
    for number, thing in enumerate(THINGS, start=100):
        question = f"¿Se puede conectar el ascensor a {thing}?"
        conversation = await here.ask(question, number)
        if not unknown(conversation):
            continue
        ranked = here.book.ranked(shown_statuses(everything=False), limit=500)
        asked = next(one.question for one in ranked if one.question.question == question)
        await asyncio.to_thread(here.book.answer, asked.feedback_id, Answer("No, por seguridad."), ANA)
        since = time.time()
        await asyncio.to_thread(here.book.approve, asked.feedback_id, ANA)
        waited.append(await here.told(conversation, since))
    return Latency.of(waited)


async def to_many(here: Plant) -> float:
    """From one note to the last of many who had asked the same."""
    asked = "¿Puedo poner cortinas delante del split?"
    conversations = await asyncio.gather(*(here.ask(asked, 1000 + number) for number in range(MANY)))
    note = here.note(conversations[0], "/aprende No: tapan la salida del aire.")
    since = note.created.timestamp()
    return max(await asyncio.gather(*(here.told(one, since) for one in conversations)))


async def measure(home: Path) -> tuple[Latency, Latency, float]:
    """All three."""
    async with plant(home) as here:
        return await by_note(here), await by_approval(here), await to_many(here)


def main(json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None) -> None:
    """Measure and show; exits 1 when a bound does not hold."""
    with tempfile.TemporaryDirectory(prefix="cuadrilla-learning-") as folder:
        note, approval, many = asyncio.run(measure(Path(folder)))
    rows = [
        Row("a colleague's /aprende", (f"{note.p50:.0f}", f"{note.p95:.0f}"), note.p95 <= BY_NOTE_MS),
        Row("an approval elsewhere", (f"{approval.p50:.0f}", f"{approval.p95:.0f}"), approval.p95 <= BY_APPROVAL_MS),
        Row(f"a note, to the last of {MANY}", (f"{many:.0f}", "")),
    ]
    show(Console(), f"To the asker's message, {note.n} questions", ("p50 ms", "p95 ms"), rows)
    write(json_file, {"by_note": note, "by_approval": approval, "to_the_last_of_many": many})
    raise typer.Exit(0 if all(row.ok is not False for row in rows) else 1)


if __name__ == "__main__":
    typer.run(main)
