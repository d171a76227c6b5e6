"""Hundreds of questions and the plan each must give; and the same questions as people really type them."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from agents.brains.offline.planning import Planner
from agents.brains.protocol import Context, NotUnderstood
from core.text import fold

from .notation import write

CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))
FLAT = [(role, case["ask"], case["plan"]) for role, cases in CASES.items() for case in cases]
KEPT = 0.9
"""Share of plans that noise must leave as they are."""
EACH_NOISE = 3
"""One question in so many is asked with any one noise; every question is asked with several."""


@pytest.mark.parametrize(("role", "ask", "plan"), FLAT, ids=[f"{role}: {ask}" for role, ask, _ in FLAT])
def test_question_gives_plan(
    role: str, ask: str, plan: str, planner: Planner, context_of: Callable[[str], Context]
) -> None:
    assert write(planner.plan(ask, context_of(role))) == plan


def _typo(text: str, dice: random.Random) -> str:
    """One letter swapped, dropped or doubled inside the longest plain lower-case word."""
    words = text.split(" ")
    long = [i for i, w in enumerate(words) if len(w) > 6 and w.isalpha() and w.islower()]
    if not long:
        return text
    at = max(long, key=lambda i: len(words[i]))
    word, place = words[at], dice.randrange(2, len(words[at]) - 2)
    kind = dice.randrange(3)
    words[at] = (
        word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        if kind == 0
        else word[:place] + word[place + 1 :]
        if kind == 1
        else word[:place] + word[place] + word[place:]
    )
    return " ".join(words)


NOISES: dict[str, Callable[[str, random.Random], str]] = {
    "no accents": lambda text, _: "".join(c if c in "ñÑ" else fold(c) for c in text),
    "no marks, lower case": lambda text, _: text.lower().strip("¿?¡!. "),
    "shouting": lambda text, _: text.upper(),
    "polite": lambda text, _: f"hola, buenas tardes, {text} por favor, gracias",
    "one typo": _typo,
}


@pytest.mark.parametrize("noise", NOISES)
def test_noise_keeps_the_plan(noise: str, planner: Planner, context_of: Callable[[str], Context]) -> None:
    dice = random.Random(7)
    asked = FLAT[list(NOISES).index(noise) % EACH_NOISE :: EACH_NOISE]
    kept, lost = 0, []
    for role, ask, plan in asked:
        noisy = NOISES[noise](ask, dice)
        found = write(planner.plan(noisy, context_of(role)))
        kept += found == plan
        lost += [f"{noisy}: {found}"] if found != plan else []
    assert kept / len(asked) >= KEPT, "\n".join(lost)


@pytest.mark.parametrize(
    "ask",
    [
        "cuántos goles metió el Madrid ayer",
        "receta de tortilla de patatas",
        "cuántas intervenciones raras hubo en Madrid",
        "¿quién ganó las elecciones?",
        "cuéntame un chiste",
        "",
        "???",
        "asdf qwer zxcv",
    ],
)
def test_what_nothing_explains_is_not_answered(
    ask: str, planner: Planner, context_of: Callable[[str], Context]
) -> None:
    assert isinstance(planner.plan(ask, context_of("admin")), NotUnderstood)
