"""Recognises a question about the company itself ("vuestro CIF", "a qué correo os escribo"): which anyone may ask."""

from __future__ import annotations

from itertools import dropwhile
from typing import Any

from agents.brains.offline.data import HERE, load_data
from core.text import fold, tokens

CONTACT = "contact"
"""All the facts together: what is told when several are asked."""
_LONGEST = 14


class CompanyFacts:
    """Reads ``company.yaml``. Every word of the question must be explained: what says more is no question of these."""

    def __init__(self) -> None:
        data: Any = load_data("company.yaml", HERE / "routing")
        self._facts: dict[tuple[str, ...], str] = {
            tuple(fold(str(phrase)).split()): str(fact) for fact, phrases in data["facts"].items() for phrase in phrases
        }
        self._whole: dict[tuple[str, ...], str] = {
            tuple(fold(str(phrase)).split()): str(fact) for fact, phrases in data["whole"].items() for phrase in phrases
        }
        self._firm, self._filler, self._greetings = (
            frozenset(fold(str(word)) for word in data[key]) for key in ("firm", "filler", "greetings")
        )
        self._longest = max(len(phrase) for phrase in self._facts)

    def asked(self, text: str) -> str | None:
        """The fact that ``text`` asks of the company; None when it is about anything else."""
        words = [token.folded.removesuffix("'s") for token in tokens(text)]
        words = list(dropwhile(self._greetings.__contains__, words))
        if not 0 < len(words) <= _LONGEST:
            return None
        said = tuple(word for word in words if word not in self._filler)
        if said in self._whole or tuple(words) in self._whole:
            return self._whole.get(tuple(words)) or self._whole[said]
        asked, firm, at = [], False, 0
        while at < len(words):
            length = self._fact_at(words, at)
            if length:
                asked.append(self._facts[tuple(words[at : at + length])])
            elif words[at] in self._firm:
                firm = True
            elif words[at] not in self._filler:
                return None
            at += length or 1
        if not asked or not firm:
            return None
        return asked[0] if len(set(asked)) == 1 else CONTACT

    def _fact_at(self, words: list[str], at: int) -> int:
        """Words of the longest name of a fact that begins at ``at``; 0 for none."""
        lengths = range(min(self._longest, len(words) - at), 0, -1)
        return next((n for n in lengths if tuple(words[at : at + n]) in self._facts), 0)
