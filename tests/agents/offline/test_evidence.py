"""What speaks for an answer: rare words count for more than those of every day, and an answer holds what is asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agents.brains.offline.answering.answerer import Answerer
from agents.brains.offline.answering.rarity import telling
from agents.brains.protocol import Context
from ingest.passages import Passage
from policy.roles import Principal, Role

ANSWERER = Answerer()
GUEST = Context(Principal(Role.GUEST), datetime(2026, 11, 18, 10, tzinfo=UTC))


def _passage(number: int, content: str) -> Passage:
    return Passage(number, 1, "Guía", "procedure", None, "Uso", ("Uso",), content, (), (), 2.0 - number / 10, 0.8)


def _evidence(question: str, content: str) -> dict[str, float]:
    found = ANSWERER.candidates(question, [_passage(1, content)], GUEST)
    assert found is not None
    return dict(ANSWERER.evidence(found.candidates[0], found.asked))


def test_a_rare_word_tells_more_than_one_of_every_day() -> None:
    assert telling("descalcificador") > telling("aceite") > telling("hacer")
    assert telling("pusieron") == pytest.approx(telling("pusieron".upper()))


def test_a_person_is_held_or_lacking() -> None:
    asked = "¿Quién firma el albarán?"
    assert _evidence(asked, "El albarán lo firma siempre Rosario Pons.")["who_held"] == 1.0
    assert _evidence(asked, "El albarán se firma con fecha y hora.")["who_lacking"] == 1.0


def test_what_the_passage_never_says_is_missing() -> None:
    said = _evidence("¿Qué aceite lleva el compresor?", "El compresor lleva aceite mineral.")
    unsaid = _evidence("¿Qué aceite lleva el compresor?", "El compresor hace ruido al arrancar.")
    assert said["passage_missing"] < unsaid["passage_missing"]
    assert said["near"] > unsaid["near"]


def test_a_name_that_is_nowhere_counts_against() -> None:
    content = "La guardia la cubre un compañero de la zona norte."
    assert _evidence("¿Dónde cubre la guardia Beltrán?", content)["names_lacking"] > 0
    assert _evidence("¿Dónde se cubre la guardia?", content)["names_lacking"] == 0
