"""What the classifier sees of a message: stems with codes made general, families of meaning, verb forms, who speaks."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from agents.brains.offline.routing.cues import Cues, sound
from agents.brains.offline.words import Lexicon
from core.text import fold
from ingest.lexicon import default_lexicon
from ingest.terms import function_words
from policy.roles import Role
from tools.sql.catalogue import Catalogue, Words

_CODE = re.compile(r"^[a-z]{1,2}-?\d{1,2}$")
_PART = re.compile(r"^[a-z]{2,3}\d?-[a-z]?\d{2,4}$")
_MODEL = re.compile(r"^(?=[a-z0-9-]*[a-z])(?=[a-z0-9-]*\d)[a-z0-9-]{4,}$")
_NUMBER = re.compile(r"^[#nº]*\d+(?:[.,]\d+)*$")
_WORD = re.compile(r"[a-zñç0-9]+(?:[-.,'][a-z0-9]+)*|[?]", re.UNICODE)
_LONG_WORD = 5
_LETTERS = 2
_MOST_FAMILIES = 8
_OPENING = 2
_COMMON = 4
_HOW = frozenset({"how", "howoften", "care", "use", "what_means"})
_REMEMBERED = 20_000
_BARE_PRICE = 7
_ASSENT = "vale"
"""Agreed, where it begins what is said; elsewhere what something costs."""
_VISIT = frozenset({"come", "repair_me", "ask_visit"})
_FAULT = frozenset({"broken", "notworking", "symptom"})
_TALK = frozenset({"talk", "person"})
_ASKED_FOR = frozenset({"order", "wish"})


class Features:
    """Turns text into features. ``catalogue`` and the synonyms of the search say which words belong to the trade."""

    def __init__(self, catalogue: Catalogue, lexicon: Lexicon, cues: Cues) -> None:
        self._lexicon = lexicon
        self._cues = cues
        self._empty = lexicon.stopwords | lexicon.generic
        self._heard = lru_cache(_REMEMBERED)(self._hear)
        self._entities: dict[str, str] = {}
        for name, entity in catalogue.entities.items():
            for word in _content(_said_of(entity), self._empty):
                self._entities.setdefault(self._heard(word), name)
        self._records = frozenset(
            sound(form) for name in _record_names(catalogue) for form in (name, f"{name}s", f"{name}es")
        )
        groups = (group for group in catalogue.groups.values() if group.enum == "product_category")
        families = (*catalogue.enums.get("product_category", {}).values(), *groups)
        self._machines = frozenset(
            sound(form)
            for family in families
            for name in _said_of(family)
            if " " not in name and len(name) > _LETTERS
            for form in (fold(name), f"{fold(name)}s", f"{fold(name)}es")
        )
        said = (*_said(catalogue), *default_lexicon().words)
        self.trade = frozenset(word for name in said for word in _WORD.findall(fold(name)))
        """Folded words of the trade, as they are written."""
        self._common: frozenset[str] = frozenset()
        self._trade = frozenset(self._heard(word) for word in _content(said, self._empty)) | set(self._entities)

    def read(self, text: str) -> list[str]:
        """The folded words of ``text``: shortened ones written out, codes and numbers made general."""
        return self._cues.spelt_out(general(text))

    def names_machine(self, text: str) -> bool:
        """Does ``text`` name a machine: its family, its model, or a code that one shows?"""
        return any(word in ("zmodel", "zcode", "zpart") or sound(word) in self._machines for word in self.read(text))

    def talks(self, text: str) -> bool:
        """Does ``text`` speak of talking, with a person or by telephone?"""
        return bool(_TALK.intersection(self._cues.families(self.read(text))))

    def names_code(self, text: str) -> bool:
        """Does ``text`` name a code that a machine shows?"""
        return "zcode" in self.read(text)

    def asks_how(self, text: str) -> bool:
        """Does ``text`` speak of doing, keeping or using a machine?"""
        return bool(_HOW.intersection(self._cues.families(self.read(text))))

    def asks_to_delete(self, text: str) -> bool:
        """Does ``text`` want something deleted?"""
        return "delete" in self._cues.families(self.read(text))

    def common_in(self, texts: Iterable[list[str]]) -> frozenset[str]:
        """The stems that several of ``texts`` (read) hold."""
        seen = Counter(stem for words in texts for stem in {self._heard(word) for word in words})
        return frozenset(stem for stem, times in seen.items() if times >= _COMMON)

    def orders_deletion(self, text: str) -> bool:
        """Does ``text`` begin by ordering something to be deleted?"""
        return "delete" in self._cues.families(self.read(text)[:_OPENING])

    def asks_price(self, text: str) -> bool:
        """Does ``text`` ask what something costs, and name nothing that costs it?"""
        words = self.read(text)
        words = words[1:] if words[:1] == [_ASSENT] else words
        families = self._cues.families(words)
        if "price_now" not in families or "quote" in families or len(words) > _BARE_PRICE:
            return False
        asked = self._cues.manner(words, families, ()) == "question"
        return asked and not self.names_machine(text) and not self.names_record(text)

    def asks_quote(self, text: str) -> bool:
        """Does ``text`` ask for an offer?"""
        return "quote" in self._cues.families(self.read(text))

    def asks_visit(self, text: str) -> bool:
        """Does ``text`` ask for somebody to come, or for something to be repaired?"""
        return bool(_VISIT.intersection(self._cues.families(self.read(text))))

    def tells_fault(self, text: str) -> bool:
        """Does ``text`` say that something does not work, or what it does instead?"""
        return bool(_FAULT.intersection(self._cues.families(self.read(text))))

    def wishes(self, text: str) -> bool:
        """Is ``text`` said as a wish or an order, rather than as a question or a statement?"""
        words = self.read(text)
        families = self._cues.families(words)
        if "want" in families:
            return True
        forms = [form for word in words if (form := self._cues.form(word))]
        return self._cues.manner(words, families, forms) in _ASKED_FOR

    def changes_record(self, text: str) -> bool:
        """Has ``text`` a verb of changing what is on record?"""
        return "record_change" in self._cues.families(self.read(text))

    def asks(self, text: str) -> bool:
        """Is ``text`` said as a question?"""
        words = self.read(text)
        return self._cues.manner(words, self._cues.families(words), ()) == "question"

    def asks_whether_normal(self, text: str) -> bool:
        """Does ``text`` ask whether what it tells is as it should be?"""
        return "normal" in self._cues.families(self.read(text)) and ("?" in text or self.asks(text))

    def insults(self, text: str) -> bool:
        """Is ``text`` rude to whoever reads it?"""
        return "insult" in self._cues.families(self.read(text))

    def learn(self, common: Iterable[str]) -> None:
        """Take the stems of ``common`` for known; the rest, if they are not of the trade, are strange."""
        self._common = frozenset(common)

    def knows(self, word: str) -> bool:
        """Is folded ``word`` one of the trade, of the examples or of the language, rather than a name?"""
        heard = self._heard(word)
        return word in self._empty or heard in self._trade or heard in self._common

    def words(self, words: list[str], role: Role | None) -> list[str]:
        """Stems, pairs of stems, first and last word, families, the role, and how much of the trade the words speak."""
        heard = [word if word.startswith("z") else self._heard(word) for word in words]
        found = [*heard, *(f"{a}_{b}" for a, b in itertools.pairwise(heard))]
        found += [f"w={word}" for word in words if word in self._empty]
        if words:
            found += [f"^{heard[0]}", f"^{'_'.join(heard[:2])}", f"{heard[-1]}$"]
        found += self._meant(words, heard)
        content = [s for s, w in zip(heard, words, strict=True) if w not in self._empty and w != "?"]
        known = sum(1 for stem in content if stem in self._trade or stem.startswith("z"))
        strange = sum(
            1 for stem in content if not (stem in self._trade or stem in self._common or stem.startswith("z"))
        )
        found += [f"trade={min(known, 2)}", f"other={min(len(content) - known, 3)}", f"strange={min(strange, 2)}"]
        found += [f"trade={min(known, 2)}&strange={min(strange, 2)}"] * 2
        if known == 0:
            found += ["notrade"] * 3
        if role is not None:
            found.append(f"role={role.value}")
            found += [f"{role.value}:{word}" for word in words if word.startswith("z")]
        return found

    def names_record(self, text: str) -> bool:
        """Does ``text`` name something that the company keeps records of: a contract, a visit, a machine, a model?"""
        return any(word in ("zmodel", "zrecord", "zpart") or sound(word) in self._records for word in self.read(text))

    def _meant(self, words: list[str], heard: list[str]) -> Iterator[str]:
        families = list(dict.fromkeys(self._cues.families(words)))[:_MOST_FAMILIES]
        for family in families:
            yield f"f={family}"
            yield f"f={family}"
        for first, second in itertools.combinations(sorted(families), 2):
            yield f"f={first}+{second}"
        if families:
            yield f"f^{families[0]}"
            yield f"f{families[-1]}$"
        forms = list(dict.fromkeys(form for word in words if (form := self._cues.form(word))))
        for form in forms:
            yield f"v={form}"
        asked = self._cues.manner(words, families, forms)
        yield f"m={asked}"
        for family in families:
            yield f"m={asked}+{family}"
        for entity in dict.fromkeys(self._entities[stem] for stem in heard if stem in self._entities):
            yield f"e={entity}"

    def _hear(self, word: str) -> str:
        return sound(self._lexicon.stem(word))


def letters(words: list[str]) -> Iterable[str]:
    """Sequences of four letters inside words, and word endings, so that typos and verb forms still look alike."""
    for word in words:
        padded = f" {word} "
        for start in range(len(padded) - 3):
            yield padded[start : start + 4]
        if len(word) >= _LONG_WORD:
            for size in (2, 3):
                yield f"{word[-size:]}$"


def general(text: str) -> list[str]:
    """The folded words of ``text``, with numbers, models, parts and error codes replaced by one word for each kind."""
    words: list[str] = []
    for word in _WORD.findall(fold(text)):
        spaced = bool(words) and word.isdigit() and len(words[-1]) == _LETTERS and words[-1] not in function_words()
        if spaced and _MODEL.match(words[-1] + word):
            words[-1] += word
        else:
            words.append(word)
    return [_general_word(word) for word in words]


def _general_word(word: str) -> str:
    if _NUMBER.match(word):
        return "zrecord" if len(word) >= 3 and word.isdigit() else "znumber"
    if _CODE.match(word):
        return "zcode"
    if _PART.match(word):
        return "zpart"
    return "zmodel" if _MODEL.match(word) else word


def _content(said: Iterable[str], empty: frozenset[str]) -> list[str]:
    return [word for word in _WORD.findall(fold(" ".join(said))) if word not in empty and len(word) > 2]


def _said_of(words: Words) -> Iterator[str]:
    yield from words.label.values()
    yield from words.plural.values()
    for synonyms in words.synonyms.values():
        yield from synonyms


def _record_names(catalogue: Catalogue) -> Iterator[str]:
    """The single words that stand for rows: of entities, and of values and segments that are nouns."""
    nouns: list[Words] = [value for values in catalogue.enums.values() for value in values.values() if value.noun]
    for entity in catalogue.entities.values():
        nouns += [entity, *(segment for segment in entity.segments.values() if segment.noun)]
    for words in nouns:
        yield from (fold(name) for name in _said_of(words) if " " not in name)


def _said(catalogue: Catalogue) -> Iterator[str]:
    """Every word of the catalogue that people say."""
    groups: list[Words] = [value for values in catalogue.enums.values() for value in values.values()]
    groups += catalogue.groups.values()
    for entity in catalogue.entities.values():
        groups += [entity, *entity.dimensions.values(), *entity.measures.values(), *entity.segments.values()]
    for words in groups:
        yield from _said_of(words)
