"""Takes out of a question what people say besides: that they are old, that they do not understand, thanks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from core.text import fold, tokens


@dataclass(frozen=True, slots=True)
class Courtesy:
    """The phrases of ``courtesy.yaml``, each as its folded words, the longest first."""

    phrases: tuple[tuple[str, ...], ...]

    def less(self, text: str) -> str:
        """``text`` without such phrases; as it is when nothing else would be left."""
        words = tokens(text)
        folded = [word.folded for word in words]
        kept: list[str] = []
        end = position = 0
        while position < len(words):
            length = self._at(folded, position)
            if length:
                kept.append(text[end : words[position].start])
                end = words[position + length - 1].end
            position += length or 1
        left = "".join((*kept, text[end:])).strip(" ,.;:-\n")
        return left if tokens(left) else text

    def _at(self, folded: Sequence[str], position: int) -> int:
        """How many words of a phrase begin at ``position``; 0 for none."""
        found = (len(p) for p in self.phrases if tuple(folded[position : position + len(p)]) == p)
        return next(found, 0)


@lru_cache(maxsize=1)
def load_courtesy() -> Courtesy:
    """Read once."""
    text = Path(__file__).with_name("courtesy.yaml").read_text(encoding="utf-8")
    phrases = yaml.load(text, Loader=yaml.CSafeLoader)["phrases"]
    words = {tuple(token.folded for token in tokens(fold(str(phrase)))) for phrase in phrases}
    return Courtesy(tuple(sorted(words, key=len, reverse=True)))
