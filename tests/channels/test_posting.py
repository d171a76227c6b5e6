"""Posting to a Chatwoot that fails: tried again, said once, and never given up in silence."""

from __future__ import annotations

import time

import httpx
import pytest

from channels import dead_letters
from channels.chatwoot.client import Chatwoot, ChatwootError, make_http
from channels.chatwoot.delivery import backoff
from channels.standin.failing import Call
from channels.standin.standin import Standin
from core.settings import Settings
from tests.channels.houses import House, OpenHouse, quiet, replies, said, until


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_errors_are_outlived(house: House, status: int) -> None:
    house.standin.faults.error_rate = 1.0
    house.standin.faults.error_statuses = (status,)
    house.work()
    conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    await until(lambda: any(call.status == status for call in _posts(house)))
    house.standin.faults.error_rate = 0.0
    await until(lambda: said(conversation))
    await _settled(house)
    assert len(replies(conversation)) == 1


@pytest.mark.parametrize("fault", ["drop_before_rate", "drop_after_rate"])
async def test_connections_that_die_are_outlived(house: House, fault: str) -> None:
    setattr(house.standin.faults, fault, 1.0)
    house.work()
    conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    await until(lambda: any(call.status == 0 for call in _posts(house)))
    setattr(house.standin.faults, fault, 0.0)
    await until(lambda: said(conversation))
    await _settled(house)
    assert len(replies(conversation)) == 1


async def test_what_chatwoot_refuses_for_good_is_shown_and_a_person_told(house: House) -> None:
    house.work()
    conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    await house.arrives()
    post = Chatwoot.post_message
    with pytest.MonkeyPatch.context() as patch:

        async def refuse(self: Chatwoot, *given: object, **more: object) -> dict[str, object]:
            body = given[2]
            assert isinstance(body, dict)
            if not body.get("private"):
                raise ChatwootError("422: no", status=422, again=False)
            return await post(self, *given, **more)  # type: ignore[arg-type]

        patch.setattr(Chatwoot, "post_message", refuse)

        async def dead() -> bool:
            return bool(await _states(house, "dead"))

        await until(dead)
        await until(lambda: conversation.status == "open")
    assert any(m.private and "garant" in (m.content or "").casefold() for m in conversation.messages)
    url = house.turns.crew.url
    [letter] = [row for row in await dead_letters.read(url, 1000) if row.account_id == house.account_id]
    assert letter.error == "422: no"
    assert await dead_letters.retry(url, [letter.outbox_id]) == 1
    await until(lambda: said(conversation))
    assert len(replies(conversation)) == 1


async def test_what_whatsapp_refuses_later_is_told_to_a_person(house: House) -> None:
    house.work()
    conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
    message = (await until(lambda: said(conversation)))[0]
    await house.standin.settled()
    message.content_attributes["external_error"] = "Template not found or invalid template name"
    house.standin.desk._emit_message("message_updated", conversation, message)
    await until(lambda: conversation.status == "open")
    assert any(m.private and "Template not found" in (m.content or "") for m in conversation.messages)


async def test_retry_after_is_respected(open_house: OpenHouse) -> None:
    async with open_house() as house:
        conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
        await house.arrives()
        post, tries = Chatwoot.post_message, []

        async def busy(self: Chatwoot, *given: object, **more: object) -> dict[str, object]:
            tries.append(time.monotonic())
            if len(tries) == 1:
                raise ChatwootError("429: Retry later", status=429, retry_after=1.2)
            return await post(self, *given, **more)  # type: ignore[arg-type]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Chatwoot, "post_message", busy)
            house.work()
            await until(lambda: said(conversation))
        assert tries[1] - tries[0] >= 1.1, "the database's clock and ours may differ a little"


async def test_a_chatwoot_that_is_gone_is_given_up_in_the_end(open_house: OpenHouse) -> None:
    async with open_house(chatwoot_post_attempts=2, chatwoot_url="http://127.0.0.1:9") as house:
        conversation = house.say(house.meet(), "¿Cuándo vence mi garantía?")
        house.work()

        async def dead() -> bool:
            return bool(await _states(house, "dead"))

        await until(dead)
        assert replies(conversation) == []


def test_waits_double_with_jitter_up_to_a_minute() -> None:
    assert all(0.25 <= backoff(1) <= 0.5 for _ in range(50))
    assert all(30 <= backoff(40) <= 60 for _ in range(50))


@pytest.mark.parametrize(
    ("header", "least", "most"), [("7", 7, 7), ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0), ("soon", None, None)]
)
async def test_retry_after_is_read(header: str, least: float | None, most: float | None) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"retry-after": header}, text="Retry later")

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://chatwoot") as http:
        with pytest.raises(ChatwootError) as caught:
            await Chatwoot(http, 5.0).conversation(1, 2)
    assert caught.value.again and not caught.value.uncertain
    if least is None or most is None:
        assert caught.value.retry_after is None
    else:
        assert caught.value.retry_after is not None and least <= caught.value.retry_after <= most


async def test_calls_do_not_go_on_forever(house: House) -> None:
    standin: Standin = house.standin
    standin.faults.latency = (1.0, 1.0)
    settings: Settings = house.worker.settings
    async with make_http(settings) as http:
        with pytest.raises(ChatwootError) as caught:
            await Chatwoot(http, 0.1).conversation(house.account_id, 1)
    assert caught.value.uncertain
    standin.faults.latency = (0.0, 0.0)


async def _states(house: House, state: str) -> list[dict[str, object]]:
    return await house.rows(
        "SELECT 1 FROM channel_outbox WHERE account_id = %s AND state = %s", house.account_id, state
    )


def _posts(house: House) -> list[Call]:
    """The tries to post a message."""
    return [call for call in house.standin.calls if call.method == "POST" and call.path.endswith("/messages")]


async def _settled(house: House) -> None:
    async def done() -> bool:
        return not await _states(house, "waiting") and not await _states(house, "posting")

    await until(done)
    for conversation in house.standin.world.conversations.values():
        await quiet(house, conversation)
    await house.standin.settled()
