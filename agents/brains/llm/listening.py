"""Tells an answer while the model writes it: sentence by sentence, each held to the passages before it is told.

The model writes its quotes first. Once they are found in the passages, what follows is checked as a finished answer is;
with the first sentence that they do not carry, no more is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.utils.json import parse_partial_json
from pydantic import ValidationError

from agents.brains.llm.grounding import grounded
from agents.brains.llm.outputs import AnswerOut
from agents.brains.thinking import Say
from ingest.passages import Passage

_ENDS = re.compile(r"[.!?:…]\s+|\n+")
_TEXT, _QUOTES = "text", "quotes"


@dataclass(slots=True)
class Listener:
    """Hears the JSON of an :class:`AnswerOut` as it comes, and says what may be said of its text."""

    question: str
    passages: Sequence[Passage]
    say: Say
    _heard: str = ""
    _said: str = ""
    _silent: bool = False

    def __call__(self, piece: str) -> None:
        """The JSON goes on with ``piece``."""
        self._heard += piece
        if self._silent or not self._heard.lstrip().startswith("{"):
            return
        written = self._written()
        ends = [end.end() for end in _ENDS.finditer(written.get(_TEXT, ""))]
        if ends:
            self._tell(written, written[_TEXT][: ends[-1]].strip())

    def _written(self) -> dict[str, Any]:
        """What is there so far, when the text is under way and the quotes came before it."""
        try:
            found = parse_partial_json(self._heard)
        except ValueError:
            return {}
        keys = list(found) if isinstance(found, dict) else []
        under_way = _QUOTES in keys and keys[-1] == _TEXT and isinstance(found[_TEXT], str)
        return found if under_way else {}

    def _tell(self, written: dict[str, Any], text: str) -> None:
        if len(text) <= len(self._said):
            return
        try:
            out = AnswerOut.model_validate({**written, _TEXT: text})
        except ValidationError:
            self._silent = True
            return
        if grounded(out, self.question, self.passages) is None:
            self._silent = True
            return
        self.say(text[len(self._said) :])
        self._said = text
