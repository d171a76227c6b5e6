"""Words that mean the same, from ``synonyms.yaml``: what else to look for when a question says one of them.

Search also knows what belongs to a place (``demonyms.yaml``): "el presidente de Costa Rica" is "el presidente
costarricense". Elsewhere such words say nothing of the trade.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from core.text import fold
from ingest.spelling import Spelling
from ingest.terms import function_words, pieces, term

_NEGATIONS = frozenset({"no", "not"})

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Words ``start`` to ``end`` of a question name a member of a group; ``others`` are the rest of it, as terms."""

    start: int
    end: int
    others: tuple[Phrase, ...]


class Lexicon:
    """Groups of synonyms by the stems of their members, in Spanish and in English."""

    def __init__(self, groups: Sequence[Sequence[str]]) -> None:
        self._others: dict[Phrase, list[Phrase]] = defaultdict(list)
        self.words: frozenset[str] = frozenset(
            fold(piece) for group in groups for member in group for piece in pieces(member)
        )
        self.spelling = Spelling(sorted(self.words))
        for group in groups:
            self._add(group)
        self._longest = max((len(phrase) for phrase in self._others), default=0)

    def _add(self, group: Sequence[str]) -> None:
        forms = {form for member in group for form in _forms(member)}
        members = tuple(dict.fromkeys(content for member in group if (content := _content(member))))
        for form in forms:
            known = self._others[form]
            known.extend(phrase for phrase in members if phrase != form and phrase not in known)

    def matches(self, words: Sequence[str]) -> tuple[Match, ...]:
        """Members of groups in ``words`` (pieces of a question), longest first, not overlapping."""
        spanish = [term(word) for word in words]
        english = [term(word, "en") for word in words]
        out: list[Match] = []
        position = 0
        while position < len(words):
            found = self._at(spanish, english, position)
            if found is None:
                position += 1
            else:
                out.append(found)
                position = found.end
        return tuple(out)

    def _at(self, spanish: Sequence[str], english: Sequence[str], start: int) -> Match | None:
        for length in range(min(self._longest, len(spanish) - start), 0, -1):
            end = start + length
            others: list[Phrase] = []
            for form in (tuple(spanish[start:end]), tuple(english[start:end])):
                others.extend(o for o in self._others.get(form, ()) if o not in others)
            if others:
                return Match(start, end, tuple(others))
        return None


def _forms(member: str) -> tuple[Phrase, ...]:
    words = list(pieces(member))
    return tuple({tuple(term(w) for w in words), tuple(term(w, "en") for w in words)})


def _content(member: str) -> Phrase:
    """The terms of a member that carry meaning; the function words of a phrase need not be found, but its "no" must."""
    words = [w for w in pieces(member) if fold(w) not in function_words() or fold(w) in _NEGATIONS]
    return tuple(term(w) for w in words) if len(words) > 1 or fold(member) in {fold(w) for w in words} else ()


@lru_cache(maxsize=1)
def default_lexicon() -> Lexicon:
    """The lexicon of ``synonyms.yaml``, read once."""
    return Lexicon(_groups("synonyms.yaml"))


@lru_cache(maxsize=1)
def search_lexicon() -> Lexicon:
    """The lexicon of ``synonyms.yaml`` and of ``demonyms.yaml``, read once."""
    return Lexicon([*_groups("synonyms.yaml"), *_groups("demonyms.yaml")])


def _groups(name: str) -> list[list[str]]:
    data: Mapping[str, list[list[str]]] = yaml.load(
        Path(__file__).with_name(name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return [[str(member) for member in group] for groups in data.values() for group in groups]
