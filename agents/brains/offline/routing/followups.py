"""Makes a question that leans on the one before complete enough to stand alone."""

from __future__ import annotations

from agents.brains.offline.routing.segments import Segmenter
from agents.brains.offline.words import CODE, Lexicon, is_model
from core.text import tokens


class Completer:
    """Puts back what a short question leaves out ("¿y cada cuánto?" after "¿cómo limpio los filtros?")."""

    def __init__(self, segmenter: Segmenter, lexicon: Lexicon) -> None:
        self._segmenter, self._lexicon = segmenter, lexicon

    def complete(self, text: str, before: str) -> str:
        """``text`` with the words of ``before`` that it needs; unchanged when it needs none."""
        if not before or not self._segmenter.continues(text):
            return text
        said = {token.folded for token in tokens(text)}
        if any(CODE.match(word) and any(c.isdigit() for c in word) for word in said):
            return text
        names_model = any(is_model(word) for word in said)
        asks_anew = self._segmenter.without_opening(text) != text.strip(" ¿")
        content = set(self._lexicon.content(before))
        kept = [
            token.text
            for token in tokens(before)
            if token.folded not in said
            and not (names_model and is_model(token.folded))
            and (token.folded in content or not asks_anew)
        ]
        if not content - said or not kept:
            return text
        own = self._segmenter.without_connector(text).strip(" ¿?.,")
        return f"{own} {' '.join(kept)}" if asks_anew else f"{' '.join(kept)} {own}"
