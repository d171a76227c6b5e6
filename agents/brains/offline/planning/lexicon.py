"""The lexicon: function words, comparatives, question words and hints, read from ``lexicon.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from core.text import fold

DEFAULT_PATH = Path(__file__).with_name("lexicon.yaml")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything that is not in the catalogue. Phrases are folded tuples of words."""

    cues: Mapping[tuple[str, ...], tuple[tuple[str, str], ...]]
    """Phrase -> (kind, value) pairs."""
    aliases: Mapping[str, tuple[str, ...]]
    weak: frozenset[str]
    """Words that suggest an entity without naming it."""
    hints: Mapping[tuple[str, ...], tuple[str, ...]]
    """Phrase -> entities it speaks of."""
    prefer: Mapping[str, Mapping[str, float]]
    """Word -> entity -> how much more it is meant."""
    entity_prior: Mapping[str, Mapping[str, float]]
    """Role -> entity -> how much more it is meant when nothing else decides."""
    having: frozenset[str]
    """Words that ask for a column to have a value ("con correo")."""
    copulas: frozenset[str]
    """Forms of "to be" that join a subject and what is said of it."""
    possessing: frozenset[str]
    """Verbs of having, that say more of what was talked about ("¿cuáles tienen caldera?")."""
    articles: frozenset[str]
    reasons: tuple[str, ...]
    """How a clause begins that only says why the person asks."""
    reason_tails: tuple[str, ...]
    """The same where no comma sets it apart."""
    tags: frozenset[str]
    """What closes a question without asking more."""
    present: frozenset[str]
    """Verbs that speak of now or of what is to come."""
    nothing: frozenset[str]
    """Words that deny everything ("no tienen nada")."""
    elided: frozenset[str]
    """Verbs and pronouns whose subject was told before ("¿qué averías han tenido?")."""
    past: frozenset[str]
    """Words that speak of what was: a day of the week said with them lies behind."""
    forward: frozenset[str]
    """Words that say that a period lies ahead."""
    streets: frozenset[str]
    """Words that a street begins with."""
    person_marks: frozenset[str]
    """Words that come between "cliente" and a name."""
    implicit: Mapping[str, str]
    """Role -> what it speaks of when it names nothing ("¿qué tengo hoy?")."""
    mine: Mapping[str, Mapping[str, float]]
    """Role -> entity -> how much more it is meant when the person speaks of their own."""
    ahead: frozenset[str]
    """Segments (entity.segment) that look ahead in time."""
    instances: Mapping[str, tuple[str, ...]]
    """Entity of types -> entities whose rows are things of that type (product: equipment, stock)."""
    not_yet: Mapping[str, str]
    """Segment of what is over -> the segment meant of a time to come; empty for none."""
    without_period: Mapping[str, str]
    """Segment -> the segment meant when no period is said."""
    questions: Mapping[str, Mapping[str, str]]
    """Clarifying question -> language -> text."""


def _phrase(text: str) -> tuple[str, ...]:
    return tuple(fold(text).split())


_INFLECTED = frozenset({"extreme"})
"""Kinds of cue that are adjectives: written once, said in each gender and number."""
_COMPARATIVE = frozenset({"mas", "menos"})


def _forms(phrase: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """más rápido: más rápida, más rápidos, más rápidas; más grande: más grandes."""
    stem = phrase[-1].removesuffix("s")
    if phrase[0] not in _COMPARATIVE or len(phrase) != 2 or stem[-1] not in "oae":
        return (phrase,)
    endings = ("e", "es") if stem.endswith("e") else ("o", "a", "os", "as")
    return (phrase, *((*phrase[:-1], stem[:-1] + ending) for ending in endings))


def load_lexicon(path: Path = DEFAULT_PATH) -> Lexicon:
    """Read ``lexicon.yaml``."""
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    cues: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for kind, values in raw["cues"].items():
        grouped = values if isinstance(values, dict) else {"": values}
        for value, phrases in grouped.items():
            for text in phrases:
                for phrase in _forms(_phrase(text)) if kind in _INFLECTED else (_phrase(text),):
                    pairs = cues.setdefault(phrase, [])
                    pairs += [] if (kind, str(value)) in pairs else [(kind, str(value))]
    hints: dict[tuple[str, ...], list[str]] = {}
    for entity, phrases in raw["hints"].items():
        for text in phrases:
            hints.setdefault(_phrase(text), []).append(entity)
    return Lexicon(
        cues={phrase: tuple(pairs) for phrase, pairs in cues.items()},
        aliases={fold(short): _phrase(long) for short, long in raw["aliases"].items()},
        weak=frozenset(fold(word) for word in raw["weak"]),
        hints={phrase: tuple(names) for phrase, names in hints.items()},
        prefer={fold(word): values for word, values in raw["prefer"].items()},
        entity_prior=raw["entity_prior"],
        having=frozenset(fold(word) for word in raw["having"]),
        copulas=frozenset(fold(word) for word in raw["copulas"]),
        possessing=frozenset(fold(word) for word in raw["possessing"]),
        reasons=tuple(fold(text) for text in raw["reasons"]),
        reason_tails=tuple(fold(text) for text in raw["reason_tails"]),
        tags=frozenset(fold(text) for text in raw["tags"]),
        present=frozenset(fold(word) for word in raw["present"]),
        nothing=frozenset(fold(word) for word in raw["nothing"]),
        elided=frozenset(fold(word) for word in raw["elided"]),
        past=frozenset(fold(word) for word in raw["past"]),
        forward=frozenset(fold(word) for word in raw["forward"]),
        articles=frozenset(fold(word) for word in raw["articles"]),
        streets=frozenset(fold(word) for word in raw["streets"]),
        person_marks=frozenset(fold(word) for word in raw["person_marks"]),
        implicit=raw["implicit"],
        mine=raw["mine"],
        ahead=frozenset(raw["ahead"]),
        instances={name: tuple(names) for name, names in raw["instances"].items()},
        not_yet=raw["not_yet"],
        without_period=raw["without_period"],
        questions=raw["questions"],
    )
