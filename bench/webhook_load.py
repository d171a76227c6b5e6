"""Requests at a steady pace, however slow the answers are: what waits is counted from when it should have been sent."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

CONNECTIONS = 64
_CLIENTS = 400


@dataclass(frozen=True, slots=True)
class Outcome:
    """Milliseconds to each answer, and how many were no 2xx."""

    milliseconds: list[float]
    failed: int


def event(number: int, secret: bytes) -> bytes:
    """A customer's message as Chatwoot announces it, signed: a whole HTTP request but its first line."""
    body = json.dumps(_message(number)).encode()
    stamp = str(int(time.time()))
    digest = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    head = (
        f"host: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"x-chatwoot-delivery: {uuid.uuid4()}\r\nx-chatwoot-timestamp: {stamp}\r\n"
        f"x-chatwoot-signature: sha256={digest}\r\n\r\n"
    )
    return head.encode() + body


def _message(number: int) -> dict[str, Any]:
    contact = {"id": number % _CLIENTS, "name": "Lucía", "phone_number": "+34600000001", "blocked": False}
    shared = {
        "content": "¿Cuándo vence mi garantía?",
        "content_type": "text",
        "content_attributes": {},
        "private": False,
    }
    conversation = {
        "id": number % _CLIENTS + 1,
        "inbox_id": 7,
        "channel": "Channel::Whatsapp",
        "status": "pending",
        "can_reply": True,
        "labels": [],
        "custom_attributes": {},
        "contact_inbox": {"source_id": "34600000001", "hmac_verified": False, "pubsub_token": "x" * 24},
        "meta": {"sender": {**contact, "type": "contact"}, "assignee": None, "assignee_type": None},
        "messages": [{**shared, "id": number, "message_type": 0, "processed_message_content": shared["content"]}],
        "updated_at": time.time(),
    }
    return {
        **shared,
        "event": "message_created",
        "id": number,
        "account": {"id": 1, "name": "Acme"},
        "message_type": "incoming",
        "sender": contact,
        "conversation": conversation,
    }


async def pace(port: int, path: str, rate: float, seconds: float, requests: Callable[[], Iterator[bytes]]) -> Outcome:
    """Post ``requests`` to ``path`` at ``rate`` a second for ``seconds``."""
    line = f"POST {path} HTTP/1.1\r\n".encode()
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    outcome = Outcome([], 0)
    failed = 0

    async def one(due: float, request: bytes) -> None:
        nonlocal failed
        reader, writer = await free.get()
        writer.write(line + request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length")
        )
        await reader.readexactly(length)
        outcome.milliseconds.append((time.perf_counter() - due) * 1000)
        failed += not head.startswith(b"HTTP/1.1 2")
        free.put_nowait((reader, writer))

    began, tasks = time.perf_counter(), []
    bodies = requests()
    for number in range(int(rate * seconds)):
        due = began + number / rate
        body = next(bodies)
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(due, body)))
    await asyncio.gather(*tasks)
    while not free.empty():
        free.get_nowait()[1].close()
    return Outcome(outcome.milliseconds, failed)
