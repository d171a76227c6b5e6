"""What the classifier sees of a message: its words with numbers and codes made general, and who is speaking."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.text import fold
from policy.roles import Role

_CODE = re.compile(r"^[a-z]{1,2}-?\d{1,2}$")
_MODEL = re.compile(r"^(?=[a-z0-9-]*[a-z])(?=[a-z0-9-]*\d)[a-z0-9-]{4,}$")
_NUMBER = re.compile(r"^[#nº]*\d+(?:[.,]\d+)*$")
_WORD = re.compile(r"[a-zñç0-9]+(?:[-.,][a-z0-9]+)*|[?]", re.UNICODE)


def general(text: str) -> str:
    """``text`` folded, with numbers, model names and error codes replaced by one word for each kind."""
    return " ".join(_general_word(word) for word in _WORD.findall(fold(text)))


def _general_word(word: str) -> str:
    if _NUMBER.match(word):
        return "zrecord" if len(word) >= 3 and word.isdigit() else "znumber"
    if _CODE.match(word):
        return "zcode"
    if _MODEL.match(word):
        return "zmodel"
    return word


def words_of(text: str, role: Role | None) -> list[str]:
    """Word features: single words, pairs, and single words together with the role."""
    words = general(text).split()
    found = list(words)
    found += [f"{a}_{b}" for a, b in zip(words, words[1:], strict=False)]
    if words:
        found.append(f"^{words[0]}")
    if role is not None:
        found.append(f"role={role.value}")
        found += [f"{role.value}:{word}" for word in words if word.startswith("z")]
    return found


def letters_of(text: str) -> Iterable[str]:
    """Letter features: sequences of three to five letters inside words, so that typos still look alike."""
    for word in general(text).split():
        padded = f" {word} "
        for size in (3, 4, 5):
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]
