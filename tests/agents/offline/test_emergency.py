"""The emergency lane: nobody in danger is missed, ordinary talk is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.brains.offline.data import load_data
from agents.brains.offline.emergency import EmergencyLane
from agents.brains.offline.phrasing import load_replies
from agents.brains.offline.routing.examples import load_examples

DATA: Any = yaml.safe_load(Path(__file__).with_name("emergencies.yaml").read_text(encoding="utf-8"))
KNOWN: Any = load_data("emergency_examples.yaml")
DANGERS = [(kind, message) for kind, messages in KNOWN["dangers"].items() for message in messages]


@pytest.fixture(scope="module")
def lane() -> EmergencyLane:
    return EmergencyLane()


def kind_of(lane: EmergencyLane, message: str) -> str | None:
    found = lane.detect(message)
    return found.kind if found is not None else None


def test_the_set_is_large_both_ways() -> None:
    assert min(len(DANGERS), len(KNOWN["ordinary"])) >= 450


def test_known_danger_is_seen_for_what_it_is(lane: EmergencyLane) -> None:
    seen = {message: found.kind if (found := lane.detect(message)) else None for _, message in DANGERS}
    missed = [message for message, kind in seen.items() if kind is None]
    assert len(missed) <= 0.01 * len(DANGERS), missed
    assert sum(seen[message] == kind for kind, message in DANGERS) >= 0.98 * len(DANGERS)


def test_danger_is_seen_when_shouted_without_accents(lane: EmergencyLane) -> None:
    missed = [message for _, message in DANGERS if not lane.detect(f"{message.upper()}!!!")]
    assert len(missed) <= 0.015 * len(DANGERS), missed


def test_known_ordinary_talk_is_left_alone(lane: EmergencyLane) -> None:
    alarmed = [message for message in KNOWN["ordinary"] if lane.detect(message)]
    assert len(alarmed) <= 0.012 * len(KNOWN["ordinary"]), alarmed


def test_what_people_ask_is_left_alone(lane: EmergencyLane) -> None:
    alarmed = [example.text for example in load_examples() if lane.detect(example.text)]
    assert len(alarmed) <= 0.002 * len(load_examples()), alarmed


@pytest.mark.parametrize(
    ("kind", "message"), [(kind, message) for kind, messages in DATA["imagined"].items() for message in messages]
)
def test_what_one_would_do_is_advice(lane: EmergencyLane, kind: str, message: str) -> None:
    assert lane.detect(message) is None
    found = lane.imagined(message)
    assert found is not None and found.kind == kind


def test_held_out_variations(lane: EmergencyLane) -> None:
    dangers = DATA["held_out"]["emergencies"]
    missed = [message for message in dangers if lane.detect(message) is None]
    false = [message for message in DATA["held_out"]["ordinary"] if lane.detect(message)]
    assert len(missed) <= 0.1 * len(dangers), missed
    assert len(false) <= 0.1 * len(DATA["held_out"]["ordinary"]), false


def test_every_kind_has_its_advice() -> None:
    variants = load_replies().kinds["emergency"].variants
    assert set(KNOWN["dangers"]) <= set(variants["es"]) == set(variants["en"])
    assert all("112" in text for texts in variants.values() for text in texts.values())


@settings(max_examples=200, deadline=None)
@given(text=st.text())
def test_any_text_is_read(lane: EmergencyLane, text: str) -> None:
    found = lane.detect(text)
    assert found is None or found.kind in load_replies().kinds["emergency"].variants["es"]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("me va a explotar la cabeza con tanto formulario", None),
        ("se nos ha quemado el bizcocho y ha saltado la sirena, cómo la paro", None),
        ("nos estalla la cabeza a los dos desde que encendimos la caldera", "carbon_monoxide"),
        ("mi hijo se ha quemado la mano con el radiador", "injury"),
        ("ha explotado la caldera", "fire"),
    ],
)
def test_a_head_and_a_meal_are_told_from_a_machine(lane: EmergencyLane, message: str, kind: str | None) -> None:
    assert kind_of(lane, message) == kind


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("estoy que echo chispas con vosotros", None),
        ("mi vecino fuma en el rellano y me entra olor a tabaco", None),
        ("huele mal la goma de la lavadora", None),
        ("echa chispas mi aire acondicionado", "electric"),
        ("mi mujer dice que echa chispas el aire", "electric"),
        ("echa humo mi caldera", "fire"),
        ("la caldera echó humo esta mañana", "fire"),
        ("hay olor a tabaco y a gas en el portal", "gas"),
        ("huele raro cerca de los fogones y silba la goma", "gas"),
    ],
)
def test_tempers_and_tobacco_silence_no_danger(lane: EmergencyLane, message: str, kind: str | None) -> None:
    assert kind_of(lane, message) == kind


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("como abro la puerta con el atalaya", None),
        ("que bornes son de la puerta de cabina en la renova 4", None),
        ("con que tecla se abre la puerta desde el monitor", None),
        ("se abre la puerta y esta el hueco", "lift"),
        ("la puerta de cabina abierta y sube", "lift"),
        ("como abro la puerta del ascensor, hay una niña dentro", "trapped"),
    ],
)
def test_how_a_door_is_opened_silences_no_danger(lane: EmergencyLane, message: str, kind: str | None) -> None:
    assert kind_of(lane, message) == kind
