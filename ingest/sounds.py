"""How a Spanish word sounds: those who write by ear change letters that sound alike ("balbula", "jiratorio")."""

from __future__ import annotations

import re

from core.text import fold

_ALIKE = (
    (re.compile(r"ph"), "f"),
    (re.compile(r"ch"), "#"),
    (re.compile(r"h"), ""),
    (re.compile(r"v|w"), "b"),
    (re.compile(r"qu(?=[ei])|q|ck|c(?![ei])"), "k"),
    (re.compile(r"z|x|c"), "s"),
    (re.compile(r"g(?=[ei])"), "j"),
    (re.compile(r"gu(?=[ei])"), "g"),
    (re.compile(r"ll|y"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
)


def sound(word: str) -> str:
    """What words that sound alike have in common."""
    said = fold(word)
    for letters, spoken in _ALIKE:
        said = letters.sub(spoken, said)
    return said
