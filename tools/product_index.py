"""Which models and families of equipment a text names, whatever the spelling (XP-400, xp 400, minisplit)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.text import fold, tokens
from db.models import Product
from tools.sql.catalogue import Catalogue, Words

_SEPARATORS = re.compile(r"[^a-z0-9]+")
_FAMILY_ENUM = "product_category"
_LONGEST_PHRASE = 4
_FUZZY_MIN_LENGTH = 6
_FUZZY_SCORE = 88


@dataclass(frozen=True, slots=True)
class Model:
    """A product as people name it."""

    sku: str
    name: str
    category: str


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", fold(text))


class ProductIndex:
    """Recognises models by SKU and families by the words of the catalogue."""

    def __init__(self, models: Iterable[Model], families: Mapping[str, Iterable[str]]) -> None:
        self.models = {model.sku: model for model in models}
        self._skus = {_compact(sku): sku for sku in self.models}
        phrases: dict[str, tuple[str, ...]] = {}
        for family, words in families.items():
            for word in words:
                phrase = " ".join(token.folded for token in tokens(word))
                phrases[phrase] = (*phrases.get(phrase, ()), family)
        self._phrases = phrases
        self._long = [phrase for phrase in self._phrases if len(phrase) >= _FUZZY_MIN_LENGTH and " " not in phrase]

    def skus(self, text: str) -> tuple[str, ...]:
        """SKUs named in ``text``, in order, without repeats."""
        words = [_compact(token.text) for token in tokens(text)]
        found: list[str] = []
        for position, word in enumerate(words):
            following = words[position + 1] if position + 1 < len(words) else ""
            for candidate in (word + following, word):
                sku = self._skus.get(candidate)
                if sku is not None:
                    found.append(sku)
                    break
        return tuple(dict.fromkeys(found))

    def families(self, text: str) -> tuple[str, ...]:
        """Families of equipment named in ``text``, in order, without repeats."""
        words = [token.folded for token in tokens(text)]
        found: list[str] = []
        position = 0
        while position < len(words):
            step, named = self._families_at(words, position)
            found.extend(named)
            position += step
        return tuple(dict.fromkeys(found))

    def _families_at(self, words: list[str], position: int) -> tuple[int, tuple[str, ...]]:
        for length in range(min(_LONGEST_PHRASE, len(words) - position), 0, -1):
            named = self._phrases.get(" ".join(words[position : position + length]))
            if named is not None:
                return length, named
        word = words[position]
        if len(word) >= _FUZZY_MIN_LENGTH:
            near = process.extractOne(word, self._long, scorer=fuzz.ratio, score_cutoff=_FUZZY_SCORE)
            if near is not None:
                return 1, self._phrases[near[0]]
        return 1, ()

    def family(self, sku: str) -> str | None:
        """The family of ``sku``; None when the model is not known."""
        model = self.models.get(sku)
        return model.category if model else None


def _all_words(words: Words) -> list[str]:
    synonyms = (word for group in words.synonyms.values() for word in group)
    return [*words.label.values(), *words.plural.values(), *synonyms]


def family_words(catalogue: Catalogue) -> dict[str, list[str]]:
    """The words of every product family in the catalogue, all languages; group words count for each member."""
    families = {value: _all_words(words) for value, words in catalogue.enums.get(_FAMILY_ENUM, {}).items()}
    for group in catalogue.groups.values():
        if group.enum == _FAMILY_ENUM:
            for member in group.values:
                families[member] += _all_words(group)
    return families


def load_products(session: Session, catalogue: Catalogue) -> ProductIndex:
    """Read every model of the company."""
    rows = session.execute(select(Product.sku, Product.name, Product.category)).all()
    return ProductIndex((Model(sku, name, category.value) for sku, name, category in rows), family_words(catalogue))
