"""A turn tells what it does while it does it, and its reply in pieces that add up to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.app import Crew
from graph.messages import TurnRequest, TurnResult
from graph.telling import Piece, Progress, Restart, Teller, TurnEvent, pieces
from policy.roles import Role
from tests.conftest import PHONES
from tests.graph.crews import STRANGER, Talk


async def told(crew: Crew, message: str, sender: str, **more: str) -> tuple[list[TurnEvent], TurnResult]:
    request = TurnRequest(message=message, sender=sender, **{"conversation_id": f"stream-{uuid4()}", **more})
    events = [event async for event in crew.turns.stream(request)]
    result = events.pop()
    assert isinstance(result, TurnResult)
    return [event for event in events if not isinstance(event, TurnResult)], result


@given(st.text())
def test_pieces_add_up_to_the_reply(reply: str) -> None:
    assert "".join(piece.text for piece in pieces(reply)) == reply


def test_pieces_are_sentences_and_lines() -> None:
    reply = "Son *2 equipos*. Mira:\n- XP400\n- CB24\n\n¿Algo más?"
    assert [piece.text for piece in pieces(reply)] == [
        "Son *2 equipos*. ",
        "Mira:\n",
        "- XP400\n",
        "- CB24\n\n",
        "¿Algo más?",
    ]


def told_by(said: list[str], reply: str) -> list[TurnEvent]:
    heard: list[TurnEvent] = []
    teller = Teller(heard.append)
    for text in said:
        teller.say(text)
    teller.finish(reply)
    return heard


def test_what_was_told_early_is_not_told_again() -> None:
    assert told_by(["Cada dos ", "semanas. "], "Cada dos semanas. Con agua.") == [
        Piece("Cada dos "),
        Piece("semanas. "),
        Piece("Con agua."),
    ]


def test_a_reply_that_became_another_begins_anew() -> None:
    assert told_by(["Cada dos "], "No lo sé.") == [Piece("Cada dos "), Restart(), Piece("No lo sé.")]


@given(st.lists(st.text()), st.text())
def test_since_the_last_restart_the_pieces_are_the_reply(said: list[str], reply: str) -> None:
    heard = told_by(said, reply)
    last = max((at for at, event in enumerate(heard) if event == Restart()), default=-1)
    assert "".join(event.text for event in heard[last + 1 :] if isinstance(event, Piece)) == reply


def test_what_is_told_early_is_inert() -> None:
    heard = told_by(["Mira <b>", "esto: ", "https://evil.example/x ", "ya"], "otra cosa")
    assert not any("evil" in event.text or "<b" in event.text for event in heard if isinstance(event, Piece))


@pytest.mark.parametrize(
    ("role", "message", "progress"),
    [
        (Role.CLIENT, "¿Qué contratos tengo?", "Consultando tus contratos…"),
        (Role.CLIENT, "Which contracts do I have?", "Looking up your contracts…"),
        (Role.ADMIN, "¿Qué contratos vencen este mes?", "Consultando contratos…"),
        (Role.CLIENT, "¿Cómo limpio los filtros?", "Buscando en los manuales…"),
        (Role.CLIENT, "Mi caldera pierde agua, ¿podéis venir?", "Preparando lo que me pides…"),
        (Role.CLIENT, "Quiero hablar con una persona", "Avisando a una persona del equipo…"),
    ],
)
async def test_what_is_done_is_said_in_the_persons_words(crew: Crew, role: Role, message: str, progress: str) -> None:
    events, result = await told(crew, message, PHONES[role])
    assert Progress(progress) in events
    assert "".join(event.text for event in events if isinstance(event, Piece)) == result.reply


async def test_progress_comes_before_the_reply(crew: Crew) -> None:
    events, _ = await told(crew, "¿Qué contratos tengo?", PHONES[Role.CLIENT])
    kinds = [type(event) for event in events]
    assert kinds == sorted(kinds, key=[Progress, Piece].index)


async def test_a_stranger_is_told_nothing_of_what_they_may_not_have(crew: Crew) -> None:
    events, result = await told(crew, "¿Qué contratos vencen este mes?", STRANGER)
    assert result.role == "guest"
    assert not any("contratos" in event.text for event in events if isinstance(event, Progress))


async def test_a_message_that_comes_again_streams_the_same_reply(crew: Crew) -> None:
    again = {"conversation_id": f"again-{uuid4()}", "message_id": "1"}
    _, first = await told(crew, "¿Qué contratos tengo?", PHONES[Role.CLIENT], **again)
    events, second = await told(crew, "¿Qué contratos tengo?", PHONES[Role.CLIENT], **again)
    assert second.turn_id == first.turn_id
    assert "".join(event.text for event in events) == first.reply


async def test_the_turn_goes_on_when_nobody_listens_any_more(crew: Crew, talk: Callable[..., Talk]) -> None:
    conversation = f"left-{uuid4()}"
    request = TurnRequest(
        message="Mi caldera pierde agua, ¿podéis venir?", sender=PHONES[Role.CLIENT], conversation_id=conversation
    )
    listening = crew.turns.stream(request)
    await anext(listening)
    await listening.aclose()  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    result = await talk(Role.CLIENT, conversation)("no")
    assert result.intents == ["reject"]
