"""Which of the person's machines a request is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rapidfuzz.distance import OSA

from agents.brains.protocol import Language, Machine
from core.text import fold, tokens
from tools.sql.catalogue import Catalogue

_BY_MODEL = 8
_BY_CATEGORY = 4
_BY_PLACE = 2
_BY_NAME = 1
_LONG_WORD = 5
_SHORT_WORD = 3


class MachineMatcher:
    """Matches words with machines through the category names of the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._names: dict[str, tuple[tuple[str, ...], ...]] = {}
        categories = catalogue.enums.get("product_category", {})
        for category, value in categories.items():
            self._names[category] = _names(value.label, value.plural, value.synonyms)
        for group in catalogue.groups.values():
            if group.enum == "product_category":
                extra = _names(group.label, group.plural, group.synonyms)
                for category in group.values:
                    self._names[category] = (*self._names.get(category, ()), *extra)

    def words(self) -> frozenset[str]:
        """Every word that names a family of machines."""
        return frozenset(word for names in self._names.values() for name in names for word in name)

    def categories(self, text: str) -> frozenset[str]:
        """Families that ``text`` names."""
        words = [token.folded for token in tokens(text)]
        return frozenset(c for c, names in self._names.items() if any(_holds(words, name) for name in names))

    def names(self, text: str, machines: Sequence[Machine]) -> bool:
        """Does ``text`` say anything that tells the machines apart?"""
        families = self.categories(text)
        return any(self._score(text, machine, families) > 0 for machine in machines)

    def meant(self, text: str, machines: Sequence[Machine]) -> tuple[Machine, ...]:
        """The machines that fit ``text`` best: one, several equally good, or none when it names what they have not."""
        families = self.categories(text)
        scored = [(self._score(text, machine, families), machine) for machine in machines]
        best = max((score for score, _ in scored), default=0)
        if families and not any(machine.category in families for machine in machines) and best < _BY_MODEL:
            return ()
        if best == 0:
            return tuple(machines)
        return tuple(machine for score, machine in scored if score == best)

    def _score(self, text: str, machine: Machine, families: frozenset[str]) -> int:
        words = {token.folded for token in tokens(text)}
        joined = fold(text).replace("-", "").replace(" ", "")
        score = _BY_MODEL if fold(machine.sku).replace("-", "") in joined else 0
        score += _BY_CATEGORY if machine.category in families else 0
        for part, worth in ((machine.location, _BY_PLACE), (machine.city, _BY_NAME), (machine.name, _BY_NAME)):
            own = {t.folded for t in tokens(part) if len(t.folded) >= _SHORT_WORD or t.folded.isdigit()}
            score += worth * len(own & words)
        return score

    @staticmethod
    def place(machine: Machine) -> str:
        """Where a machine is, in words."""
        return ", ".join(part for part in (machine.location, machine.city) if part) or machine.installed_on


def _names(*sources: Mapping[Language, str] | Mapping[Language, tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    found: list[tuple[str, ...]] = []
    for source in sources:
        for value in source.values():
            for name in (value,) if isinstance(value, str) else value:
                found.append(tuple(token.folded for token in tokens(name)))
    return tuple(dict.fromkeys(name for name in found if name))


def _holds(words: list[str], name: tuple[str, ...]) -> bool:
    size = len(name)
    return any(
        all(_same(a, b) for a, b in zip(name, words[i : i + size], strict=False)) for i in range(len(words) - size + 1)
    )


def _same(expected: str, found: str) -> bool:
    if expected == found or f"{expected}s" == found or f"{expected}es" == found:
        return True
    close = len(expected) > _LONG_WORD and len(found) >= _LONG_WORD and expected[0] == found[0]
    return close and OSA.distance(expected, found, score_cutoff=1) <= 1
