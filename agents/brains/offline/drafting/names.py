"""Finds people and companies in a request among the names that the person may read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rapidfuzz.distance import OSA

from core.text import Token, fold, tokens
from ingest.terms import function_words

_LONG_WORD = 5
_RARE_SHARE = 0.03
_RARE = 3
_SHORT = 2


def names_in(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names that ``text`` mentions best: most of their own words found; several when equally good."""
    words = tokens(text)
    known = [(name, [token.folded for token in tokens(name)]) for name in names]
    shared = Counter(word for _, own in known for word in set(own))
    common = {word for word, count in shared.items() if count > max(_RARE, _RARE_SHARE * len(known))}
    best: list[str] = []
    most = 0.0
    for name, own in known:
        score = _score(words, own, common)
        if score > most:
            best, most = [name], score
        elif score and score == most:
            best.append(name)
    return tuple(dict.fromkeys(best))


def named_at(text: str, name: str) -> tuple[int, int] | None:
    """Where in ``text`` the words of ``name`` stand, first to last that follow closely; None for nowhere."""
    own = [t.folded for t in tokens(name) if len(t.folded) > _SHORT and t.folded not in function_words()]
    hits = [word for word in tokens(text) if any(_same(one, word.folded) for one in own)]
    if not hits:
        return None
    end = hits[0].end
    for word in hits[1:]:
        if len(tokens(text[end : word.start])) > _SHORT:
            break
        end = word.end
    return hits[0].start, end


def _score(words: tuple[Token, ...], own: list[str], common: set[str]) -> float:
    """How many of a name's telling words are said; a little more when all of it is."""
    hits = [word for word in own if any(_same(word, other.folded) for other in words)]
    telling = [word for word in hits if word not in common and len(word) > _SHORT and word not in function_words()]
    return len(telling) + len(hits) / (10 * len(own)) if telling else 0.0


def _same(expected: str, found: str) -> bool:
    if expected == found:
        return True
    close = len(expected) > _LONG_WORD and expected[0] == found[0] and abs(len(expected) - len(found)) <= 1
    return close and OSA.distance(expected, found, score_cutoff=1) <= 1


def after(text: str, markers: Iterable[str], stops: str = ",.:;\n") -> str:
    """The words that follow the first of ``markers`` up to a stop; empty when there is none."""
    folded = fold(text)
    for marker in markers:
        at = f" {folded} ".find(f" {marker} ")
        if at == -1:
            continue
        rest = text[at + len(marker) :].strip()
        cut = min((rest.find(c) for c in stops if c in rest), default=len(rest))
        return rest[:cut].strip()
    return ""
