"""One question is looked up among the passages of several machines: the model is not asked twice for the same."""

from __future__ import annotations

from agents.brains.llm.looking import MOST_LOOKS, Looks
from agents.brains.llm.outputs import AnswerOut
from agents.brains.protocol import Grounded
from ingest.passages import Passage

ANSWER = AnswerOut(quotes=["presión de alta"], text="Presión de alta.")
NOTHING = AnswerOut()
OFFLINE = Grounded("Presión de alta.", (0,), 0.9)


def passage(at: int, text: str) -> Passage:
    return Passage(at, 1, "Manual", "service_manual", 3, None, (), text, ("XP400",), ("split",), 1.0)


def test_an_answer_stands_wherever_its_quotes_do() -> None:
    looks = Looks()
    looks.add(ANSWER, ["E4: presión de alta."])
    assert looks.answered((passage(7, "Otra cosa."), passage(8, "E4: presión de alta."))) == ANSWER
    assert looks.answered((passage(7, "Otra cosa."),)) is None


def test_the_same_excerpts_are_shown_once() -> None:
    looks = Looks()
    looks.add(NOTHING, ["uno", "dos", ""])
    assert looks.of(["uno", ""]) == NOTHING
    assert looks.of(["uno", "tres"]) is None


def test_after_an_answer_another_look_is_worth_it_when_offline_finds_something() -> None:
    looks = Looks()
    assert not looks.enough(None)
    looks.add(NOTHING, ["uno"])
    assert not looks.enough(None)
    looks = Looks()
    looks.add(ANSWER, ["uno"])
    assert looks.enough(None) and not looks.enough(OFFLINE)


def test_there_is_a_most_of_looks() -> None:
    looks = Looks()
    for at in range(MOST_LOOKS):
        looks.add(NOTHING, [str(at)])
    assert looks.enough(OFFLINE)
