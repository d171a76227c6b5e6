"""Folding and splitting of Spanish and English text, shared by search, linking and routing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:[.,/'-][^\W_]+)*", re.UNICODE)


def fold(text: str) -> str:
    """Lower-case ``text`` without accents, one character out per character in where possible (ñ becomes n)."""
    if text.isascii():
        return text.lower()
    return _fold_word(text) if len(text) <= _WORD_LENGTH else _fold(text)


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


_WORD_LENGTH = 24
_fold_word = lru_cache(maxsize=20_000)(_fold)


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a message: as written, folded, and its character span in the message."""

    text: str
    folded: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """The words of ``text`` as written: what :func:`tokens` finds, where nothing but the words is needed."""
    return _WORD.findall(text)


def tokens(text: str) -> tuple[Token, ...]:
    """Split ``text`` into words; numbers keep their inner separators ("1.234,50"), codes their hyphens ("XP-400")."""
    return tuple(Token(m.group(), fold(m.group()), m.start(), m.end()) for m in _WORD.finditer(text))
