"""Recognises text that tries to change the rules. It is never obeyed: it is out of scope."""

from __future__ import annotations

from typing import Any

from agents.brains.offline.data import HERE, load_data
from core.text import fold


class InjectionMarks:
    """The word sets of ``injection.yaml``."""

    def __init__(self) -> None:
        data: Any = load_data("injection.yaml", HERE / "routing")
        self._within: int = data["within"]
        self._marks = tuple(tuple(str(word) for word in mark) for mark in data["marks"])

    def found(self, text: str) -> bool:
        """Does ``text`` hold one of the marks?"""
        words = [word.strip(".,;:!?¿¡\"'()*«»") for word in fold(text).split()]
        return any(self._holds(words, mark) for mark in self._marks)

    def _holds(self, words: list[str], mark: tuple[str, ...]) -> bool:
        for start, word in enumerate(words):
            if not word.startswith(mark[0]):
                continue
            window = words[start : start + self._within]
            if all(any(other.startswith(part) for other in window) for part in mark[1:]):
                return True
        return False
