"""The labelled utterances: read from the YAML files, filled in, and made to look typed in a hurry. Deterministic."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.brains.offline.data import HERE, load_data
from agents.brains.protocol import Intent, Language
from core.text import fold
from policy.roles import Role

FOLDER = HERE / "routing"
SEED = 20
_SLOT = re.compile(r"\{([a-z_0-9]+)\}")
_PER_SLOT_LINE = 2
_PUNCTUATION = re.compile(r"[¿?¡!.,;:]")


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance, who may say it (None: anybody) and what it wants."""

    text: str
    intent: Intent
    language: Language
    role: Role | None = None
    reason: str = ""
    """Why a person is needed, when the intent is HUMAN."""


def load_examples(seed: int = SEED) -> tuple[Example, ...]:
    """Every utterance of the data files with its slots filled, without noise; another ``seed`` fills them otherwise."""
    rng = random.Random(seed)
    slots: Mapping[str, Sequence[str]] = load_data("slots.yaml", FOLDER)
    return tuple(replace(line, text=text) for line in _lines() for text in _filled(line.text, slots, rng))


def _lines() -> Iterator[Example]:
    """The utterances as they are written, with their slots."""
    for intent in (Intent.DATA, Intent.DOCUMENTS, Intent.TICKET):
        for name in (intent.value, f"{intent.value}_everyday"):
            yield from _by_role(load_data(f"{name}.yaml", FOLDER / "utterances"), intent)
    for reason, data in load_data("human.yaml", FOLDER / "utterances").items():
        yield from _by_role(data, Intent.HUMAN, reason)
    social: Mapping[str, Any] = load_data("social.yaml", FOLDER / "utterances")
    for name, languages in social.items():
        for language, lines in languages.items():
            yield from (Example(text, Intent(name), language) for text in lines)


def _by_role(
    data: Mapping[Language, Mapping[str, Sequence[str]]], intent: Intent, reason: str = ""
) -> Iterator[Example]:
    for language, roles in data.items():
        for role, lines in roles.items():
            who = None if role == "any" else Role(role)
            yield from (Example(text, intent, language, who, reason) for text in lines)


def _filled(line: str, slots: Mapping[str, Sequence[str]], rng: random.Random) -> Iterator[str]:
    times = _PER_SLOT_LINE if _SLOT.search(line) else 1
    for _ in range(times):
        yield _SLOT.sub(lambda m: str(rng.choice(slots[m.group(1)])), line)


def with_noise(examples: Sequence[Example]) -> tuple[Example, ...]:
    """``examples``, and as many filled otherwise and as they might be typed in a hurry."""
    rng = random.Random(SEED + 1)
    noise = load_data("noise.yaml", FOLDER)
    others = load_examples(SEED + 1)
    return (*examples, *(replace(example, text=_hurried(example, noise, rng)) for example in others))


def _hurried(example: Example, noise: Mapping[str, Any], rng: random.Random) -> str:
    text = fold(example.text)
    if rng.random() < 0.8:
        text = _PUNCTUATION.sub(" ", text)
    words = text.split()
    abbreviations: Mapping[str, str] = noise["abbreviations"][example.language]
    words = [str(abbreviations[w]) if w in abbreviations and rng.random() < 0.5 else w for w in words]
    for _ in range(max(1, len(words) // 6)):
        position = rng.randrange(len(words)) if words else 0
        if words and len(words[position]) > 4:
            words[position] = _misspelt(words[position], noise["confusions"], rng)
    if example.intent not in (Intent.GREETING, Intent.CONFIRM, Intent.REJECT, Intent.UNCLEAR) and rng.random() < 0.2:
        words.insert(0, rng.choice(noise["fillers"][example.language]))
    return " ".join(words)


def _misspelt(word: str, confusions: Sequence[Sequence[str]], rng: random.Random) -> str:
    if any(c.isdigit() for c in word):
        return word
    kind = rng.randrange(4)
    at = rng.randrange(1, len(word) - 1)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2:
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    wrong, right = rng.choice(list(confusions))
    return word.replace(wrong, right, 1)
