"""Words of a question: tokens with the keys by which vocabularies look them up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

from core.text import fold

_TOKEN = re.compile(r"\d+(?:[.,/:-]\d+)*|[^\W\d_]+(?:[-·'][^\W\d_]+)*|[%€$]", re.UNICODE)
_WORD_WITH_DIGITS = re.compile(r"[^\W_]+", re.UNICODE)
_SPANISH = str.maketrans({"v": "b", "z": "s", "h": None, "y": "i", "j": "g", "w": "u"})


_STEM_ENDS = (("qu", "c"), ("gu", "g"), ("z", "c"))
"""How Spanish verbs change the end of their stem to keep its sound."""
_SHORTEST_STEM = 3
_HISSED = ("sses", "xes", "ches", "shes")


@lru_cache(maxsize=65536)
def light(word: str) -> str:
    """``word`` (folded) without its number and gender: técnicas and técnico meet, contracts and contract too."""
    if len(word) <= 3:
        return word
    word = word.removesuffix("s")
    word = word[:-1] if word[-1] in "aoe" and len(word) > 3 else word
    return word[:-1] + "i" if word.endswith("y") else word


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """English ``word`` (folded) without its number: policies and policy meet, techs and the Spanish techo do not."""
    if len(word) <= 3 or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return word.removesuffix("ies") + "y"
    return word.removesuffix("es") if word.endswith(_HISSED) else word.removesuffix("s")


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """How ``word`` (folded) sounds in Spanish, so that spellings that sound alike meet (keda, queda)."""
    word = word.replace("ch", "#").replace("qu", "k").replace("ce", "se").replace("ci", "si").replace("c", "k")
    word = word.replace("ll", "i").replace("gue", "ge").replace("gui", "gi").replace("x", "ks")
    return re.sub(r"(.)\1+", r"\1", word.translate(_SPANISH))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Spanish stem of ``word`` (folded), for verbs in any tense: caduque meets caduca, realicen realizar."""
    found = str(Stemmer.Stemmer("spanish").stemWord(word))
    for written, sounds in _STEM_ENDS:
        if len(found) > _SHORTEST_STEM and found.endswith(written):
            return found.removesuffix(written) + sounds
    return found


@lru_cache(maxsize=65536)
def english_stem(word: str) -> str:
    """English stem of ``word`` (folded)."""
    return str(Stemmer.Stemmer("english").stemWord(word))


@lru_cache(maxsize=65536)
def compact(text: str) -> str:
    """Letters and digits of ``text``, folded: the key by which codes meet ("XP-400", "xp 400")."""
    return "".join(c for c in fold(text) if c.isalnum())


@dataclass(frozen=True, slots=True)
class Word:
    """One word: as written, its folded reading (after spelling), whether it is written as a name (a capital, no digits:
    "G4" is a code), and whether spelling changed it."""

    text: str
    folded: str
    capital: bool = False
    corrected: bool = False

    @property
    def is_number(self) -> bool:
        return self.folded[:1].isdigit()


def _pieces(question: str) -> list[str]:
    found: list[str] = []
    for match in re.finditer(r"[^\s¿?¡!;()\[\]{}\"“”«»…*]+", question):
        chunk = match.group().strip(".,:'/-_")
        mixed = any(c.isdigit() for c in chunk) and any(c.isalpha() for c in chunk)
        pattern = _WORD_WITH_DIGITS if mixed and not re.search(r"\d[.,]\d|[€$%]", chunk) else _TOKEN
        found.extend(m.group() for m in pattern.finditer(chunk))
    return found


def split(question: str, aliases: Mapping[str, tuple[str, ...]]) -> tuple[Word, ...]:
    """Split ``question``; ``aliases`` expand chat abbreviations (folded: words they stand for)."""
    words: list[Word] = []
    for piece in _pieces(question):
        folded = fold(piece).removesuffix("'s")
        for expanded in aliases.get(folded, (folded,)):
            named = piece[:1].isupper() and not any(c.isdigit() for c in piece)
            words.append(Word(piece, expanded, named, folded != expanded))
    return tuple(words)
