"""The webhook: what is Chatwoot's is kept and gets 2xx, whatever it is; what is not is refused with a code."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio

from channels.chatwoot import webhook
from channels.chatwoot.signature import Secret, sign, verify
from channels.chatwoot.webhook import PATH
from channels.inbox import Inbox
from core.errors import Unauthenticated
from tests.channels.contract import SIGNATURE, WEBHOOKS, sample
from tests.channels.houses import House, OpenHouse

VECTOR = json.loads(SIGNATURE.read_text(encoding="utf-8"))
SECRETS = [Secret("account", b"another"), Secret("bot", VECTOR["secret"].encode())]
HEADERS = {name.casefold(): value for name, value in VECTOR["headers"].items()}
STAMP = int(HEADERS["x-chatwoot-timestamp"])


def check(headers: dict[str, str], body: bytes = VECTOR["body_raw"].encode(), **more: Any) -> str:
    return verify(headers, body, SECRETS, **{"now": STAMP, "window": 300, "unsigned": False, **more})


def test_the_vector_of_the_contract() -> None:
    assert check(HEADERS) == "bot"
    assert check(HEADERS, now=STAMP + 300) == check(HEADERS, now=STAMP - 300) == "bot"


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        (HEADERS, {"now": STAMP + 301}),
        (HEADERS, {"now": STAMP - 301}),
        (HEADERS, {"body": b"{}"}),
        (HEADERS, {"unsigned": True, "body": b"{}"}),
        ({}, {}),
        ({**HEADERS, "x-chatwoot-signature": ""}, {}),
        ({**HEADERS, "x-chatwoot-signature": "sha256=ñ"}, {}),
        ({**HEADERS, "x-chatwoot-timestamp": ""}, {}),
        ({**HEADERS, "x-chatwoot-timestamp": "-1"}, {}),
        ({**HEADERS, "x-chatwoot-timestamp": "9" * 400}, {}),
        ({**HEADERS, "x-chatwoot-timestamp": str(STAMP + 1)}, {}),
    ],
)
def test_what_is_not_chatwoots(headers: dict[str, str], more: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        check(headers, **more)


def test_unsigned_passes_by_setting_only() -> None:
    assert check({}, unsigned=True) == "bot"


class Post:
    """Posts signed bodies to the webhook of a house."""

    def __init__(self, http: httpx.AsyncClient, house: House) -> None:
        self.http = http
        self.house = house

    async def __call__(self, body: Any, delivery: str | None = None, **headers: str) -> httpx.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        stamp = str(int(time.time()))
        secret = self.house.standin.world.bot.secret.encode()
        signed = {
            "x-chatwoot-delivery": delivery or str(uuid.uuid4()),
            "x-chatwoot-timestamp": stamp,
            "x-chatwoot-signature": sign(secret, stamp, raw),
        }
        return await self.http.post(PATH, content=raw, headers={**signed, **headers})

    def event(self, name: str, **changes: Any) -> dict[str, Any]:
        """A body of the contract in the account of this house."""
        return {**sample(name), "account": {"id": self.house.account_id}, **changes}


@pytest_asyncio.fixture
async def post(house: House) -> AsyncIterator[Post]:
    async with httpx.AsyncClient(base_url=house.address) as http:
        yield Post(http, house)


@pytest.mark.parametrize("name", sorted(WEBHOOKS))
async def test_every_event_is_kept_and_acknowledged(post: Post, name: str) -> None:
    answer = await post(post.event(name))
    assert (answer.status_code, answer.json()) == (200, {"status": "accepted"})
    [row] = await post.house.rows("SELECT * FROM channel_events WHERE account_id = %s", post.house.account_id)
    assert row["source"] == "bot"
    waiting = await post.house.rows(
        "SELECT * FROM procrastinate_jobs WHERE lock = %s", f"chatwoot:{post.house.account_id}:123"
    )
    assert len(waiting) == (1 if row["kind"] == "answer" else 0)
    assert row["state"] == ("waiting" if row["kind"] == "answer" else "done")


async def test_what_comes_twice_is_kept_once(post: Post) -> None:
    body = post.event("message_created.incoming.text")
    first, again = (
        await post(body, "d1-" + str(post.house.account_id)),
        await post(body, "d1-" + str(post.house.account_id)),
    )
    other = await post(body)
    assert [answer.json()["status"] for answer in (first, again, other)] == ["accepted", "known", "known"]
    assert all(answer.status_code == 200 for answer in (first, again, other))
    rows = await post.house.rows("SELECT * FROM channel_events WHERE account_id = %s", post.house.account_id)
    assert len(rows) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"{}", b"\xff\xfe", b'{"event": "new_thing"}', b"[" * 5000])
async def test_what_nobody_understands_is_acknowledged(post: Post, body: bytes) -> None:
    assert (await post(body)).status_code == 200


async def test_what_is_not_ours_is_refused_with_a_code(post: Post) -> None:
    body = post.event("message_created.incoming.text")
    wrong = await post(body, **{"x-chatwoot-signature": "sha256=" + "0" * 64})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "unauthenticated")
    assert wrong.headers["content-type"] == "application/problem+json"
    assert wrong.json()["type"] == "urn:cuadrilla:problem:unauthenticated" and wrong.json()["status"] == 401
    assert {"title", "detail"} <= set(wrong.json())
    bare = await post.http.post(PATH, json=body)
    assert bare.status_code == 401
    large = await post(b'"' + b"x" * 6_000_000 + b'"')
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
    assert await post.house.rows("SELECT 1 FROM channel_events WHERE account_id = %s", post.house.account_id) == []


async def test_an_old_chatwoot_may_be_let_in(open_house: OpenHouse) -> None:
    async with open_house(chatwoot_allow_unsigned=True) as house, httpx.AsyncClient(base_url=house.address) as http:
        body = {**sample("message_created.incoming.text"), "account": {"id": house.account_id}}
        assert (await http.post(PATH, json=body)).status_code == 200
        assert (await http.post(PATH, json=body)).json() == {"status": "known"}


async def test_a_database_that_comes_back_is_waited_for(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    store, failures = Inbox.store, iter([psycopg.OperationalError("away"), psycopg.OperationalError("away")])

    async def shaky(self: Inbox, *given: Any, **more: Any) -> bool:
        for error in failures:
            raise error
        return await store(self, *given, **more)

    monkeypatch.setattr(Inbox, "store", shaky)
    assert (await post(post.event("message_created.incoming.text"))).status_code == 200


async def test_a_database_that_stays_away_is_told_as_what_chatwoot_retries(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: Inbox, *given: Any, **more: Any) -> bool:
        raise psycopg.OperationalError("away")

    monkeypatch.setattr(Inbox, "store", away)
    monkeypatch.setattr(webhook, "_PATIENCE_SECONDS", 0.5)
    answer = await post(post.event("message_created.incoming.text"))
    assert (answer.status_code, answer.json()["code"]) == (500, "unavailable")


def test_the_answer_comes_before_chatwoot_hangs_up() -> None:
    """It does after five seconds, and takes the conversation away."""
    assert webhook._PATIENCE_SECONDS < 4.5


async def test_a_database_that_hangs_does_not_make_chatwoot_wait(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    store, answers_again = Inbox.store, asyncio.Event()

    async def hangs(self: Inbox, *given: Any, **more: Any) -> bool:
        await answers_again.wait()
        return await store(self, *given, **more)

    monkeypatch.setattr(Inbox, "store", hangs)
    monkeypatch.setattr(webhook, "_PATIENCE_SECONDS", 0.3)
    event = post.event("message_created.incoming.text")
    answer = await post(event)
    assert (answer.status_code, answer.json()["code"]) == (500, "unavailable")
    answers_again.set()
    monkeypatch.undo()
    again = await post(event)
    assert again.status_code == 200
    await post.house.door.settled()
