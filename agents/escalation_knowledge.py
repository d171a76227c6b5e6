"""Why people want a person, how pressing each reason is, and how the note for the office is written: data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from core.text import tokens
from tools.handoff import Priority

_DATA = Path(__file__).with_name("escalation.yaml")
ASKED_FOR_PERSON = "asked_for_person"
VISIT_CHANGE = "visit_change"


@dataclass(frozen=True, slots=True)
class EscalationKnowledge:
    """``reasons`` maps a stable code to phrases (folded words, a final ``*`` for any ending)."""

    reasons: Mapping[str, tuple[tuple[str, ...], ...]]
    priorities: Mapping[str, Priority]
    note: Mapping[str, str]

    def reason(self, message: str) -> str:
        """The reason that ``message`` gives; :data:`ASKED_FOR_PERSON` when it gives none."""
        words = [token.folded for token in tokens(message)]
        for reason, phrases in self.reasons.items():
            if any(_says(words, phrase) for phrase in phrases):
                return reason
        return ASKED_FOR_PERSON

    def priority(self, reason: str) -> Priority:
        """How pressing ``reason`` is."""
        return self.priorities.get(reason, "medium")


def _says(words: list[str], phrase: tuple[str, ...]) -> bool:
    return any(
        all(_fits(word, wanted) for word, wanted in zip(words[start:], phrase, strict=False))
        for start in range(len(words) - len(phrase) + 1)
    )


def _fits(word: str, wanted: str) -> bool:
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted


def load_escalation(path: Path = _DATA) -> EscalationKnowledge:
    """Read the data."""
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    reasons = {code: tuple(tuple(phrase.split()) for phrase in phrases) for code, phrases in data["reasons"].items()}
    return EscalationKnowledge(reasons, data["priorities"], data["note"])
