"""Completes a question to the documents that leans on the one before: "¿cómo se arregla?", "¿y en el XP250?"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from agents.subjects import Subjects
from core.text import fold, tokens
from ingest.terms import function_words, term


@dataclass(frozen=True, slots=True)
class Leaning:
    """``vague``: stems of words that say nothing by themselves."""

    vague: frozenset[str]

    def complete(self, text: str, before: str | None, subjects: Subjects) -> str:
        """``text`` with what ``before`` was about when it does not say so; a model named anew replaces the old."""
        if not before or not self._leans(text, subjects):
            return text
        anew = bool(subjects.mentioned(text))
        kept = [t.text for t in tokens(before) if not (anew and subjects.mentioned(t.text))]
        return f"{text.strip(' .')} {' '.join(kept)}"

    def _leans(self, text: str, subjects: Subjects) -> bool:
        words = tokens(text)
        said = [t for t in words if t.folded not in function_words() and not subjects.mentioned(t.text)]
        return bool(words) and all(term(t.folded) in self.vague or len(t.folded) == 1 for t in said)


@lru_cache(maxsize=1)
def load_leaning() -> Leaning:
    """The words of ``leaning.yaml``, read once."""
    text = (Path(__file__).parent / "leaning.yaml").read_text(encoding="utf-8")
    return Leaning(frozenset(term(fold(str(word))) for word in yaml.load(text, Loader=yaml.CSafeLoader)["vague"]))
