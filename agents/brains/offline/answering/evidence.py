"""What speaks for and against a candidate being an answer at all, once it is the best one: features of sureness.

Beside those of :mod:`features` they weigh the words of the question by how rare they are in the language, so that a
small library does not decide what is rare, and look at what an answer to such a question has in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from agents.brains.offline.answering.candidates import Candidate, Said
from agents.brains.offline.answering.features import Asked, Features
from agents.brains.offline.answering.question import Concept
from agents.brains.offline.answering.rarity import telling
from agents.brains.offline.drafting.matching import Phrases
from core.text import fold, tokens
from ingest.terms import is_grammar, terms

_BACKGROUND, _SOFT = 0.2, 0.6
_SOFTLY = 0.5
_NAME = re.compile(r"(?<![.!?¿¡»\"]\s)(?<!^)\b[A-ZÁÉÍÓÚÑ][\w'’-]+")
_FIGURE = re.compile(r"\d[\d.,/]*")
_MANY = 3.0
_LONG, _WORDY, _HEAVY = 1000, 10, 6.0
LISTED = "listed_"
"""How features begin that are those of an answer about a machine of the catalogue once more: people who own one ask in
other words than those who look something up."""


@dataclass(frozen=True, slots=True)
class _Missing:
    """Weights of the concepts of a question that are mentioned nowhere in some place."""

    weights: tuple[float, ...]

    def features(self, name: str) -> Features:
        return {
            f"{name}_missing": min(sum(self.weights), _MANY) / _MANY,
            f"{name}_missing_most": max(self.weights, default=0.0),
            f"{name}_missing_count": min(len(self.weights), _MANY) / _MANY,
        }


class Witness:
    """Gives evidence, with the question words (``kinds``) of ``answering.yaml``."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._kinds = {str(kind): Phrases.of(words) for kind, words in data["kinds"].items()}
        self._dates = frozenset(map(str, data["date_words"]))

    def features(self, candidate: Candidate, asked: Asked) -> Features:
        """The evidence for ``candidate`` as an answer to what is ``asked``."""
        found = {
            **_mentioned(candidate, asked),
            **_in_order(candidate, asked.text),
            **self._of_the_kind(candidate, asked.text),
            **_named(candidate, asked),
            **_standing(asked),
        }
        if candidate.passage.products:
            every = {**candidate.features, **found}
            found |= {f"{LISTED}{name}": value for name, value in every.items()}
        return found

    def _of_the_kind(self, candidate: Candidate, text: str) -> Features:
        """Does it hold a name, a date, a figure that the question does not say itself, when one is asked for?"""
        said = tokens(text)
        wanted = {kind for kind, phrases in self._kinds.items() if phrases.first(said) is not None}
        known = {token.folded for token in said}
        quoted = " ".join(unit.text for unit in candidate.units)
        held = {
            "who": any(fold(name) not in known for name in _NAME.findall(quoted)),
            "many": any(figure.rstrip(".,") not in known for figure in _FIGURE.findall(quoted)),
        }
        held["where"] = held["who"]
        held["when"] = held["many"] or not self._dates.isdisjoint(token.folded for token in tokens(quoted))
        out = {f"{kind}_{'held' if held[kind] else 'lacking'}": 1.0 for kind in wanted & held.keys()}
        return out | {f"asks_{kind}": 1.0 for kind in wanted - held.keys()} | ({} if wanted else {"asks_plainly": 1.0})


def _weights(concepts: Sequence[Concept]) -> dict[str, float]:
    return {
        c.word: telling(c.word) * (_BACKGROUND if c.background else _SOFT if c.weight < _SOFTLY else 1.0)
        for c in concepts
    }


def _mentioned(candidate: Candidate, asked: Asked) -> Features:
    """How much of the question is said in what is quoted, with its heading, and in the whole passage."""
    concepts = asked.question.concepts
    weights = _weights(concepts)
    total = sum(weights.values()) or 1.0
    said = Said.by(candidate.units)
    inside = said.all | said.names
    near, passage = inside | candidate.heading, asked.sections[candidate.position]

    def share(place: frozenset[str]) -> float:
        return sum(weights[c.word] * c.strength(place) for c in concepts) / total

    nearly = tuple(
        weights[c.word]
        for c in concepts
        if not c.within(near) and not (c.units and candidate.found.get(c.word, 0.0) > _SOFTLY)
    )
    return {
        "inside": share(inside),
        "near": share(near),
        "passage": share(passage),
        "near_at_once": max(share(unit.terms | unit.names | candidate.heading) for unit in candidate.units),
        **_Missing(nearly).features("near"),
        **_Missing(tuple(weights[c.word] for c in concepts if not c.within(passage))).features("passage"),
        "words": min(len(concepts), _WORDY) / _WORDY,
        "telling_words": min(total, _HEAVY) / _HEAVY,
        "quoted_length": min(sum(len(unit.text) for unit in candidate.units), _LONG) / _LONG,
    }


def _in_order(candidate: Candidate, text: str) -> Features:
    """How many words that are neighbours in the question are so, or nearly so, in one of the units."""
    asked = [t for t in terms(text) if not is_grammar(t)]
    wanted = {frozenset(pair) for pair in pairwise(asked)}
    found: set[frozenset[str]] = set()
    for unit in candidate.units:
        said = [t for t in terms(unit.text) if not is_grammar(t)]
        found |= wanted & {frozenset(pair) for pair in (*pairwise(said), *zip(said, said[2:], strict=False))}
    return {"neighbours": len(found) / len(wanted) if wanted else _SOFTLY}


def _named(candidate: Candidate, asked: Asked) -> Features:
    """Proper names and numbers of the question that are not said, in what is quoted and in all of its passage. What the
    document is called ("la Norte 12") need not be said again in it."""
    quoted = fold(" ".join(unit.text for unit in candidate.units))
    passage = candidate.passage
    around = fold(" ".join((passage.content, *passage.heading_path, passage.document)))
    title = candidate.where.document | candidate.where.section | candidate.where.above
    called = {c.word for c in asked.question.concepts if c.word in asked.question.named and c.within(title)}
    said = [token for token in tokens(asked.text) if token.folded not in called]
    names = [t.folded for t in said[1:] if t.text[:1].isupper() and not t.text[1:].isupper()]
    lacking = sum(1 for name in names if name not in around)
    return {
        "names_unquoted": min(sum(1 for name in names if name not in quoted), _MANY) / _MANY,
        "names_lacking": min(lacking, _MANY) / _MANY,
        "names_found": min(len(names) - lacking, _MANY) / _MANY,
        "figure_lacking": float(any(t.folded[:1].isdigit() and not _figure_in(t.folded, quoted) for t in said)),
    }


def _figure_in(word: str, quoted: str) -> bool:
    """Is the number of ``word`` ("24h") in ``quoted``?"""
    number = _FIGURE.match(word)
    return word in quoted or (number is not None and number[0].rstrip(".,") in _FIGURE.findall(quoted))


def _standing(asked: Asked) -> Features:
    """How far the best passage stands out among all that was found."""
    scores = sorted((passage.score for passage in asked.passages), reverse=True)
    return {
        "best_passage": asked.best,
        "passage_ahead": scores[0] - scores[1] if len(scores) > 1 else 0.0,
        "covered_anywhere": max((passage.coverage for passage in asked.passages), default=0.0),
    }
