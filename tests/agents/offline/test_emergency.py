"""The emergency lane: nobody in danger is missed, ordinary talk is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.brains.offline.emergency import EmergencyLane
from agents.brains.offline.phrasing import load_replies

DATA: Any = yaml.safe_load(Path(__file__).with_name("emergencies.yaml").read_text(encoding="utf-8"))
DANGERS = [(kind, message) for kind, messages in DATA["emergencies"].items() for message in messages]


@pytest.fixture(scope="module")
def lane() -> EmergencyLane:
    return EmergencyLane()


def test_the_set_is_large_both_ways() -> None:
    assert len(DANGERS) + len(DATA["ordinary"]) >= 150


@pytest.mark.parametrize(("kind", "message"), DANGERS)
def test_danger_is_seen(lane: EmergencyLane, kind: str, message: str) -> None:
    found = lane.detect(message)
    assert found is not None and found.kind == kind


def test_danger_is_seen_when_shouted_without_accents(lane: EmergencyLane) -> None:
    assert all(lane.detect(f"{message.upper()}!!!") for _, message in DANGERS)


def test_ordinary_talk_is_left_alone(lane: EmergencyLane) -> None:
    assert [message for message in DATA["ordinary"] if lane.detect(message)] == []


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
    assert set(DATA["emergencies"]) <= set(variants["es"]) == set(variants["en"])
    assert all("112" in text for texts in variants.values() for text in texts.values())


@settings(max_examples=200, deadline=None)
@given(text=st.text())
def test_any_text_is_read(lane: EmergencyLane, text: str) -> None:
    found = lane.detect(text)
    assert found is None or found.kind in load_replies().kinds["emergency"].variants["es"]
