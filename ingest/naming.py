"""What documents call the thing they are about ("Lumbre 28 K"), read from their titles, and found in questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from re import compile as pattern
from typing import Any

import yaml
from rapidfuzz.distance import OSA

from core.dictionary import load_dictionary
from core.text import Token, fold, tokens
from ingest.lexicon import default_lexicon
from ingest.terms import function_words, is_code, pieces

_SHORTEST = 3
_APART = 3
"""Letters between a name and its number, or between two numbers (" / ")."""
_FOLLOWING = 6
"""Words after a name in which its numbers are looked for."""
_SHORTEST_TYPO, _LONG = 5, 9
_LETTERS_AND_NUMBER = pattern(r"^([a-z]{3,})(\d{1,4})$")
_LOWER = pattern(r"(?<![\w-])[a-zß-öø-ÿ]{3,}(?![\w-])")
_NUMBERS = pattern(r"^\d{1,4}(?:\.\d)?[a-z]{0,2}(?:[/-]\d{1,4}[a-z]{0,2})*$")
_VARIANT = pattern(r"^[A-Z]{1,2}$")
_VERSION = pattern(r"^[a-z]{1,3}\d{1,4}[a-z]{0,2}$")
_JOINING = frozenset({"y", "e", "o", "and", "or"})


@dataclass(frozen=True, slots=True)
class Name:
    """A word that names what a document is about, and the numbers that its title gives with it (none: any), which may
    have letters ("Portalux S60").

    ``brand``: another name follows it, which tells more. ``weak``: a word of the language that other documents use as
    such; it names something only beside its number or another name.
    """

    word: str
    numbers: frozenset[str] = frozenset()
    brand: bool = False
    weak: bool = False

    @property
    def shown(self) -> str:
        """How it is called to a person."""
        return " ".join((self.word.capitalize(), *sorted(self.numbers)))

    def meant_by(self, other: Name) -> bool:
        """May ``other``, said in a question, be this one?"""
        alike = not (self.numbers and other.numbers) or bool(self.numbers & other.numbers)
        return self.word == other.word and alike


@dataclass(frozen=True, slots=True)
class Mention:
    """A name said in a text, from ``start`` to ``end``, its numbers included; ``word`` as the library spells it."""

    name: Name
    start: int
    end: int


class Names:
    """The names that the documents of one reader go by."""

    def __init__(self, names: Iterable[frozenset[Name]] = ()) -> None:
        """``names``: of each document."""
        self._documents = tuple(dict.fromkeys(found for found in names if found))
        every = [name for found in self._documents for name in found]
        self._words = frozenset(name.word for name in every)
        self._brands = frozenset(name.word for name in every if name.brand)
        self._weak = frozenset(name.word for name in every if name.weak)
        self._numbers = frozenset((name.word, number) for name in every for number in name.numbers)
        versions = {(number, word) for word, number in self._numbers if _VERSION.match(number)}
        owners = Counter(number for number, _ in versions)
        self._versions = {number: word for number, word in versions if owners[number] == 1}
        self._by_length: dict[int, list[str]] = {}
        for word in sorted(self._words):
            if len(word) >= _SHORTEST_TYPO and word.isalpha():
                self._by_length.setdefault(len(word), []).append(word)
        self._respelt = lru_cache(maxsize=2_000)(self._nearest)

    def __bool__(self) -> bool:
        return bool(self._documents)

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """The names said in ``text``, misspelt ones too, in order."""
        if not self._words:
            return ()
        said = tokens(text)
        found: list[Mention] = []
        for at, token in enumerate(said):
            joined = _compact(f"{token.folded}{said[at + 1].folded}") if at + 1 < len(said) else ""
            word = joined if joined in self._words else self._known(_compact(token.folded))
            if found and found[-1].end > token.start:
                continue
            if word is None:
                found += self._version_alone(token)
                continue
            if word == joined:
                found.append(Mention(Name(word), token.start, said[at + 1].end))
                continue
            versions = {number for named, number in self._numbers if named == word}
            numbers, last = _numbers_after(said, at, versions)
            own = _LETTERS_AND_NUMBER.match(_compact(token.folded))
            if own and own.group(1) == word:
                numbers |= {own.group(2)}
            kept = frozenset(n for n in numbers if len(n) > 1 or (word, n) in self._numbers)
            found.append(Mention(Name(word, kept), token.start, last.end if kept else token.end))
        return tuple(mention for at, mention in enumerate(found) if self._counts(found, at))

    def _version_alone(self, token: Token) -> list[Mention]:
        """A version that only one thing has ("el HX8") names it."""
        version = _compact(token.folded)
        word = self._versions.get(version)
        return [Mention(Name(word, frozenset({version})), token.start, token.end)] if word else []

    def _counts(self, found: Sequence[Mention], at: int) -> bool:
        """Is it a name rather than a word of the language?"""
        mention = found[at]
        if mention.name.word not in self._weak or mention.name.numbers:
            return True
        around = [*found[max(0, at - 1) : at], *found[at + 1 : at + 2]]
        return any(mention.start - other.end == 1 or other.start - mention.end == 1 for other in around)

    def asked(self, text: str) -> tuple[Name, ...]:
        """The names that ``text`` asks about: a brand only when no model is named."""
        found: dict[str, Name] = {}
        for mention in self.mentions(text):
            name = mention.name
            before = found.get(name.word)
            found[name.word] = Name(name.word, name.numbers | before.numbers) if before else name
        telling = tuple(name for name in found.values() if name.word not in self._brands)
        return telling or tuple(found.values())

    def apart(self, asked: Sequence[Name]) -> bool:
        """Are two names of ``asked`` those of different things, which no document is about together?"""
        return len(asked) > 1 and not any(
            all(any(own.meant_by(name) for own in document) for name in asked) for document in self._documents
        )

    def pieces(self, text: str) -> frozenset[str]:
        """The folded parts of the words of ``text`` that name something ("lumbre", "28", "k")."""
        said = (text[mention.start : mention.end] for mention in self.mentions(text))
        return frozenset(fold(piece) for part in said for piece in pieces(part))

    def only(self, text: str, asked: Sequence[Name], kept: Name | None) -> str:
        """``text`` without those of the names ``asked`` that are not ``kept``."""
        out, end = "", 0
        dropped = {name.word for name in asked if name != kept}
        for mention in self.mentions(text):
            if mention.name.word in dropped:
                out, end = out + text[end : mention.start], mention.end
        return out + text[end:]

    def akin(self, asked: Sequence[Name]) -> frozenset[str]:
        """The makes of what is ``asked``: a document that only names them is not about another thing."""
        meant = (d for d in self._documents if any(own.meant_by(name) for own in d for name in asked))
        return frozenset(own.word for document in meant for own in document if own.brand)

    def _known(self, folded: str) -> str | None:
        if folded in self._words:
            return folded
        own = _LETTERS_AND_NUMBER.match(folded)
        if own and own.group(1) in self._words:
            return own.group(1)
        if len(folded) < _SHORTEST_TYPO or not folded.isalpha() or not self._by_length:
            return None
        return self._respelt(folded)

    def _nearest(self, folded: str) -> str | None:
        """The name that ``folded`` misspells; words of the language are none."""
        if folded in function_words() or folded in default_lexicon().words or folded in load_dictionary():
            return None
        allowed = 2 if len(folded) >= _LONG else 1
        sizes = range(len(folded) - allowed, len(folded) + allowed + 1)
        pool = [word for size in sizes for word in self._by_length.get(size, ()) if word[0] == folded[0]]
        return next((word for word in pool if OSA.distance(folded, word, score_cutoff=allowed) <= allowed), None)


def lower_words(text: str) -> set[str]:
    """Folded words that ``text`` writes in small letters."""
    return {fold(word) for word in _LOWER.findall(text)}


def names_in(
    titles: Iterable[str], small: Collection[str], known: Collection[str], common: Collection[str] = ()
) -> frozenset[Name]:
    """The names in the ``titles`` of a document.

    ``small``: folded words that the document writes in small letters, so that they name nothing; ``known``: those that
    name something already, models and makes of the catalogue; ``common``: those that others write in small letters.
    """
    found: dict[str, Name] = {}
    for title in titles:
        for said in _in_title(title, small, known):
            before = found.get(said.word, said)
            weak = said.word in common and said.word in load_dictionary()
            found[said.word] = Name(said.word, before.numbers | said.numbers, before.brand or said.brand, weak)
    return frozenset(found.values())


def _in_title(title: str, small: Collection[str], known: Collection[str]) -> Iterator[Name]:
    said = tokens(title)
    named: list[tuple[int, str, frozenset[str]]] = []
    for at, token in enumerate(said):
        word = _compact(token.folded)
        own, model = _LETTERS_AND_NUMBER.match(word), _is_model(word) and word not in known
        numbers, _ = _numbers_after(said, at)
        numbers = frozenset(number for number in numbers if number[0].isdigit() or number not in known)
        if own and word not in known:
            word, numbers = own.group(1), numbers | {own.group(2)}
        follows = bool(named) and named[-1][0] == at - 1
        told = {"numbers": bool(numbers), "follows": follows, "shouted": title.isupper()}
        if model or _is_name(word, token, **told, small=small, known=known):
            named.append((at, word, numbers))
    brands = {first[1] for first, second in pairwise(named) if second[0] == first[0] + 1}
    for _, word, numbers in named:
        yield Name(word, numbers, word in brands)


def _is_name(
    word: str,
    token: Token,
    *,
    numbers: bool,
    follows: bool,
    shouted: bool,
    small: Collection[str],
    known: Collection[str],
) -> bool:
    """Does a capitalised word of a title name a thing? A word of the language does when a number or another name says
    so, or where it stands with a capital in the middle of what is otherwise written small."""
    if len(word) < _SHORTEST or not word.isalpha() or word in known or word in _never():
        return False
    capital = any(c.isupper() for c in token.text)
    if any(form in small for form in _any_number(word)):
        return False
    if shouted and word in load_dictionary():
        return numbers
    if word not in load_dictionary():
        return capital or numbers
    return capital and (numbers or follows or token.start > 0)


def _any_number(word: str) -> frozenset[str]:
    """``word`` as singular and as plural may be written."""
    return frozenset({word, f"{word}s", f"{word}es", word.removesuffix("s"), word.removesuffix("es")})


def _compact(folded: str) -> str:
    return folded.replace("-", "").replace("/", "").replace(".", "")


def _is_model(folded: str) -> bool:
    return is_code(folded) and sum(c.isalpha() for c in folded) >= 2 and len(folded) >= 4 and folded not in _never()


def _numbers_after(
    said: Sequence[Token], at: int, versions: Collection[str] | None = None
) -> tuple[frozenset[str], Token]:
    """The numbers that go with a name ("28/35 K" gives 28 and 35, "HX5 y HX8" both), and the last word of it all.

    ``versions``: those with letters that may be one; None: any.
    """
    numbers: set[str] = set()
    last = said[at]
    for here, token in enumerate(said[at + 1 : at + 1 + _FOLLOWING], at + 1):
        near = token.start - last.end <= _APART
        version = _compact(token.folded)
        if near and _NUMBERS.match(token.folded):
            numbers.update(part.rstrip("abcdefghijklmnopqrstuvwxyz") for part in _split(token.folded))
        elif near and _VERSION.match(version) and (versions is None or version in versions):
            numbers.add(version)
        elif not (near and numbers and (_VARIANT.match(token.text) or _goes_on(said, here, versions))):
            break
        last = token
    if last.folded in _JOINING:
        last = said[said.index(last) - 1]
    return frozenset(numbers), last


def _goes_on(said: Sequence[Token], at: int, versions: Collection[str] | None) -> bool:
    """Does another version or number follow the word ``at`` that joins ("HX5 y HX8", "2.0 y 2.5")?"""
    after = said[at + 1].folded if at + 1 < len(said) else ""
    if said[at].folded not in _JOINING:
        return False
    version = _compact(after)
    number = _NUMBERS.match(after) is not None and (versions is None or after in versions)
    return number or (_VERSION.match(version) is not None and (versions is None or version in versions))


def _split(numbers: str) -> list[str]:
    return numbers.replace("-", "/").split("/")


@lru_cache(maxsize=1)
def _never() -> frozenset[str]:
    """Words that name no product: those of grammar, of the trade and of papers."""
    return function_words() | default_lexicon().words | frozenset(fold(str(word)) for word in _data()["papers"])


@lru_cache(maxsize=1)
def kinds_of_products() -> frozenset[str]:
    """The kinds of documents that are about one product."""
    return frozenset(str(kind) for kind in _data()["of_products"])


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = yaml.load(
        Path(__file__).with_name("naming.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return data
