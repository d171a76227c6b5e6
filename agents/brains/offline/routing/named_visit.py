"""A message that only names a visit by its time, or asks when it is: it orders nothing, so it asks to see it."""

from __future__ import annotations

from dataclasses import dataclass

from agents.brains.offline.data import HERE, load_data
from agents.brains.offline.drafting.matching import Phrases
from agents.brains.offline.routing.circumstances import asked_of_request, handed_over
from agents.brains.protocol import Context
from core.text import fold, tokens

_OF = frozenset({"de", "del", "of", "on"})


@dataclass(frozen=True)
class NamedVisit:
    """Reads ``named_visit.yaml``."""

    nouns: frozenset[str]
    articles: frozenset[str]
    days: frozenset[str]
    joining: frozenset[str]
    when: Phrases
    coming: Phrases

    def only(self, text: str, context: Context) -> bool:
        """Is ``text`` nothing but a visit and when it is, with nothing waiting that it may answer?"""
        if context.pending is not None or asked_of_request(context) or handed_over(context):
            return False
        words = [token.folded for token in tokens(text)]
        if not self._begins(words):
            return False
        days = [w for w in words if w in self.days]
        numbers = [w for w in words if w[0].isdigit()]
        known = self.nouns | self.articles | self.days | self.joining
        told = all(w in known or (len(w) < 6 and w[0].isdigit()) for w in words)
        once = len(set(days) - {fold("mañana"), "pasado"}) < 2
        return told and bool(days or numbers) and once and len(numbers) < 2

    def asked(self, text: str) -> bool:
        """Does ``text`` ask when somebody comes, as of what was arranged ("cuándo venís a la revisión")?"""
        words = tokens(text)
        opened = self.when.at(words, 0) if words else 0
        return 0 < opened < len(words) and self.coming.at(words, opened) > 0

    def _begins(self, words: list[str]) -> bool:
        """la visita, mi cita, la de las 11, cita del jueves."""
        if len(words) < 3:
            return False
        bare = words[0] in self.nouns | {"la", "lo", "el"} and words[1] in _OF
        return bare or (words[0] in self.articles and words[1] in self.nouns)


def load_named_visit() -> NamedVisit:
    """Read the words from their file."""
    raw = load_data("named_visit.yaml", HERE / "routing")
    nouns, articles, days, joining = (
        frozenset(fold(w) for w in raw[k]) for k in ("nouns", "articles", "days", "joining")
    )
    return NamedVisit(nouns, articles, days, joining, Phrases.of(raw["when"]), Phrases.of(raw["coming"]))
