"""Handing over: who is told what, in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from channels.chatwoot.handing_over import as_label, steps
from channels.chatwoot.outgoing import ConversationFacts, Outgoing
from core.settings import Settings
from graph.messages import Choices, Citation, Handoff, TurnResult, Written
from policy.roles import Role
from tests.channels.chatwoot_renderers import liquid_is_inert
from tests.graph.crews import crew, crew_settings, crew_url, talk

__all__ = ["crew", "crew_settings", "crew_url", "talk"]
SUMMARY = "Lucía Ferrer Abad (client 1)\nEquipo: CB24, cocina\nPide: <b>{{contact.email}}</b> *ya*"
HANDOFF = Handoff(reason="billing", priority="high", labels=["billing", "role:client"], summary=SUMMARY)
FACTS = ConversationFacts(
    2,
    123,
    channel="Channel::Whatsapp",
    contact_name="Lucía",
    phone="+34600000001",
    asked="la factura",
    url="https://chat.example.com/app/accounts/2/conversations/123",
)


def plain(**more: Any) -> Settings:
    return Settings(_env_file=None, **more)  # type: ignore[call-arg]


def handed(handoff: Handoff = HANDOFF, facts: ConversationFacts = FACTS, **more: Any) -> tuple[Outgoing, ...]:
    result = TurnResult(
        turn_id=UUID(int=7),
        reply="Te paso con *una persona*.",
        handoff=handoff,
        citations=[Citation(document="Manual XP400", page=12)],
        written=[Written(table="interventions", id="1043", action="request_visit")],
        feedback_id=9,
    )
    return steps(result, facts, plain(**more))


def test_the_customer_first_then_the_colleague_and_opening_last() -> None:
    done = handed(chatwoot_teams={"billing": 3, "default": 1})
    assert [step.kind for step in done] == ["message", "note", "labels", "priority", "team", "status"]
    message, note, labels, priority, team, status = done
    assert message.content == "Te paso con **una persona**."
    assert labels.labels == ("billing", "role_client")
    assert (priority.value, team.value, status.value) == ("high", 3, "open")
    for told in (
        "Lucía Ferrer Abad",
        "CB24",
        "+34600000001",
        "Manual XP400, p. 12",
        "interventions 1043",
        "9",
        FACTS.url,
    ):
        assert told in note.content
    assert "\\<b>" in note.content and liquid_is_inert(note.content) and "\\*ya\\*" in note.content


@pytest.mark.parametrize(
    ("now", "wanted", "set_to"),
    [(None, "low", ["low"]), ("urgent", "high", []), ("high", "high", []), ("low", "urgent", ["urgent"])],
)
def test_priority_is_raised_only(now: str | None, wanted: Any, set_to: list[str]) -> None:
    facts = ConversationFacts(2, 123, channel="Channel::Whatsapp", priority=now)
    done = handed(Handoff(reason="complaint", priority=wanted), facts)
    assert [step.value for step in done if step.kind == "priority"] == set_to


@pytest.mark.parametrize(
    ("teams", "team"),
    [({}, []), ({"default": 1}, [1]), ({"emergency": 5, "default": 1}, [5]), ({"emergency:gas": 7}, [7])],
)
def test_team_by_reason(teams: dict[str, int], team: list[int]) -> None:
    handoff = Handoff(reason="emergency", priority="urgent", labels=["emergency:gas"])
    assert [step.value for step in handed(handoff, chatwoot_teams=teams) if step.kind == "team"] == team


def test_outside_the_window_it_is_still_handed_over_and_opened_once_at_the_end() -> None:
    closed = ConversationFacts(2, 123, channel="Channel::Whatsapp", can_reply=False)
    done = handed(facts=closed)
    assert [step.kind for step in done] == ["note", "note", "labels", "priority", "status"]
    assert done[2].labels == ("reply_not_sent", "billing", "role_client")


def test_without_a_handoff_it_is_only_the_reply() -> None:
    result = TurnResult(turn_id=UUID(int=7), reply="Hola", choices=Choices(kind="confirmation"))
    assert [step.kind for step in steps(result, FACTS, plain())] == ["message"]


@pytest.mark.parametrize(
    ("name", "label"), [("role:client", "role_client"), ("Avería Ñ 2", "averia_n_2"), ("a-b_c", "a-b_c")]
)
def test_labels_that_an_account_may_have(name: str, label: str) -> None:
    assert as_label(name) == label


async def test_a_real_turn_is_handed_over(talk: Callable[..., Any]) -> None:
    done = steps(await talk(Role.CLIENT)("huele a gas en casa"), FACTS, plain())
    assert [step.kind for step in done] == ["message", "note", "labels", "priority", "status"]
    assert "emergency_gas" in done[2].labels and done[3].value == "urgent"
    assert done[0].content_type == "text" and "1.\u00a0" in done[0].content


async def test_a_real_turn_says_what_may_be_answered(talk: Callable[..., Any]) -> None:
    chat = talk(Role.CLIENT)
    asked = await chat("Mi caldera pierde agua, ¿podéis venir?")
    assert asked.choices is not None and asked.choices.kind == "confirmation"
    other = await chat("¿Cuándo vence mi garantía?")
    assert other.choices is not None, "the reply asks again"
    assert (await chat("¿Qué equipos tengo?")).choices is None
