"""A result becomes messages that WhatsApp takes, and never silence."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.choosing import load_choosing
from channels.chatwoot.outgoing import Outgoing
from channels.chatwoot.rendering import MOST_CAPTION, MOST_INTERACTIVE, MOST_TEXT, compose_reply, file_name
from channels.chatwoot.splitting import size
from core.settings import Settings
from graph.messages import Choices, OutgoingAttachment, TurnResult
from tests.channels.chatwoot_renderers import liquid_is_inert

TURN = UUID(int=7)
WHATSAPP = "Channel::Whatsapp"
PNG = OutgoingAttachment(name="visitas.png", media_type="image/png", data=base64.b64encode(b"\x89PNG").decode())
CSV = OutgoingAttachment(name="visitas.csv", media_type="text/csv", data=base64.b64encode(b"a;b").decode())


def plain(**more: Any) -> Settings:
    return Settings(_env_file=None, **more)  # type: ignore[call-arg]


def result(reply: str, **more: Any) -> TurnResult:
    return TurnResult(turn_id=TURN, reply=reply, **more)


def composed(reply: str, **more: Any) -> tuple[Outgoing, ...]:
    return compose_reply(result(reply, **more), WHATSAPP, True, plain())


def titles(step: Outgoing) -> list[str]:
    return [item["title"] for item in step.content_attributes["items"]]


REPLIES = st.lists(
    st.sampled_from(
        [
            "Hola. ",
            "*bien* ",
            "\n\n",
            "\n- uno",
            "\n1. dos",
            "{{contact.name}}",
            "{% raw %}",
            "`{{x}}`",
            "x" * 700,
            "{",
            "%}",
        ]
    ),
    max_size=30,
).map("".join)
OPTIONS = st.lists(st.text(min_size=1, max_size=60), max_size=14, unique=True)


@given(
    reply=REPLIES,
    files=st.lists(st.sampled_from([PNG, CSV]), max_size=3),
    options=st.none() | OPTIONS,
    can_reply=st.booleans(),
    template=st.none() | st.just("aviso"),
)
def test_within_limits_inert_and_never_silent(
    reply: str, files: list[OutgoingAttachment], options: list[str] | None, can_reply: bool, template: str | None
) -> None:
    choices = None if options is None else Choices(kind="options" if options else "confirmation", options=options)
    steps = compose_reply(
        result(reply, attachments=files, choices=choices), WHATSAPP, can_reply, plain(chatwoot_template=template)
    )
    assert any(step.kind in {"message", "note"} for step in steps)
    for step in steps:
        assert liquid_is_inert(step.content)
        if step.kind != "message":
            continue
        limit = MOST_INTERACTIVE if step.content_type == "input_select" else MOST_TEXT
        assert size(step.content) <= (MOST_CAPTION if step.attachment else limit)
        assert step.content or step.attachment
        if step.content_type == "input_select":
            shown = titles(step)
            assert 2 <= len(shown) <= 10 and len(set(shown)) == len(shown)
            assert all(0 < size(title) <= (20 if len(shown) <= 3 else 24) and liquid_is_inert(title) for title in shown)
    if not can_reply:
        assert all(step.template or step.kind != "message" for step in steps)


@pytest.mark.parametrize(
    ("channel", "most"), [("Channel::TwilioSms", 1600), ("Channel::Instagram", 1000), (WHATSAPP, 4096)]
)
def test_each_channel_has_its_limit(channel: str, most: int) -> None:
    steps = compose_reply(result("Una frase más. " * 600), channel, True, plain())
    assert len(steps) > 2 and all(most / 2 < size(step.content) <= most for step in steps[:-1])


def test_a_confirmation_has_a_yes_and_a_no() -> None:
    (step,) = composed("¿Lo confirmo? Responde *sí* o *no*.", choices=Choices(kind="confirmation"))
    assert step.content_type == "input_select"
    assert titles(step) == ["Sí", "No"]
    (step,) = composed("Shall I?", choices=Choices(kind="confirmation"), language="en")
    assert titles(step) == ["Yes", "No"]


@pytest.mark.parametrize(
    "options",
    [
        ["XP400 · salón · Zaragoza", "CB24 · cocina · Zaragoza"],
        [
            "Ascensor MX630 · portal 1 · calle Larga de la Constitución",
            "Ascensor MX630 · portal 2 · calle Larga de la Constitución",
        ],
        [
            "Comunidad de propietarios de la avenida de América 14",
            "Comunidad de propietarios de la avenida de América 16",
        ],
        [f"13{n} · Transportes Gràcia, S.L. · avería · {n} dic" for n in range(10, 15)],
        ["azul", "azul claro", "verde"],
    ],
)
def test_a_tap_picks_the_option_it_stands_for(options: list[str]) -> None:
    """What comes back is the title: the crew must understand it as that option and no other."""
    (step,) = composed("¿Cuál?", choices=Choices(kind="options", options=options))
    choosing = load_choosing()
    assert [choosing.choose(title, options) for title in titles(step)] == [(at,) for at in range(len(options))]


def test_too_many_options_are_asked_in_words() -> None:
    (step,) = composed("¿Cuál?", choices=Choices(kind="options", options=[f"equipo {n}" for n in range(11)]))
    assert step.content_type == "text"


def test_a_long_reply_asks_last_and_short() -> None:
    *before, asks = composed("Mira esto. " * 500 + "\n\n¿Lo confirmo?", choices=Choices(kind="confirmation"))
    assert before and all(step.content_type == "text" for step in before)
    assert asks.content.endswith("¿Lo confirmo?") and asks.content_type == "input_select"


def test_one_file_in_each_message_and_a_chart_under_its_words() -> None:
    (step,) = composed("*Visitas*", attachments=[PNG])
    assert step.content == "**Visitas**" and step.attachment is not None and step.attachment.name == "visitas.png"
    steps = composed("Toma", attachments=[PNG, CSV])
    assert [(step.content, step.attachment.name if step.attachment else None) for step in steps] == [
        ("Toma", None),
        ("", "visitas.png"),
        ("", "visitas.csv"),
    ]


def test_a_file_that_is_elsewhere_is_a_link() -> None:
    (step,) = composed(
        "Toma",
        attachments=[OutgoingAttachment(name="m.pdf", media_type="application/pdf", url="https://x.es/m_1_.pdf")],
    )
    assert step.content.startswith("Toma\nm.pdf: https://x.es/m_1")


def test_outside_the_window_a_template_says_it() -> None:
    settings = plain(chatwoot_template="aviso", chatwoot_template_language="es_ES")
    (step,) = compose_reply(result("*Hecho*:\n1. uno\n2. {{dos}}"), WHATSAPP, False, settings)
    assert step.template == {
        "name": "aviso",
        "category": "UTILITY",
        "language": "es_ES",
        "processed_params": {"body": {"1": step.content}},
    }
    assert step.content == "Hecho: 1. uno 2. {\u2060{dos}}"
    message, note = compose_reply(result("largo " * 400, attachments=[CSV]), WHATSAPP, False, settings)
    assert message.template and size(message.content) <= 900
    assert note.kind == "note" and "visitas.csv" in note.content


@pytest.mark.parametrize(("channel", "template"), [(WHATSAPP, None), ("Channel::FacebookPage", "aviso")])
def test_outside_the_window_without_a_template_the_team_is_told(channel: str, template: str | None) -> None:
    steps = compose_reply(result("*Hecho*"), channel, False, plain(chatwoot_template=template))
    assert [step.kind for step in steps] == ["note", "labels", "status"]
    assert "**Hecho**" in steps[0].content and steps[-1].value == "open"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b\\c\n.csv", "a_b_c_.csv"),
        ("{{x}}.png", "{\u2060{x}}.png"),
        ("", "archivo"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_file_names_are_harmless(name: str, safe: str) -> None:
    assert file_name(name) == safe
