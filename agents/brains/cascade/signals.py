"""What tells whether the offline brain is right, seen before anybody answers: numbers for each decision of a turn.

Nothing here looks at words: only at how sure, how complete and how usual the offline brain's own reading is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from agents.brains.protocol import Ask, Context, Grounded, Intent, NotAllowed, Plan, Planned, Route
from core.text import tokens
from ingest.passages import Passage
from policy.grants import GRANTS, RowRule
from policy.roles import Role
from tools.sql.catalogue import Catalogue
from tools.sql.query import Query

_NEARLY_SURE = 0.03
_REFUSED = 0.9
"""Coverage that stands for a plan that was refused: what it covers is not told."""


class Kind(StrEnum):
    """What is decided."""

    DATA = "data"
    """That rows are wanted, and which."""
    DOCUMENTS = "documents"
    """That it is a question to the documents; whether they answer it is another decision."""
    OTHER = "other"
    """What else is wanted: a visit, a person, a yes, a courtesy."""
    ANSWER = "answer"
    """That passages answer a question."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision and its signals; None when the offline brain itself did not decide."""

    kind: Kind
    signals: Mapping[str, float] | None


@dataclass(frozen=True, slots=True)
class Signals:
    """Reads the signals of what the offline brain decided."""

    catalogue: Catalogue

    def of_route(self, message: str, route: Route, plans: Mapping[str, Plan], context: Context) -> list[Decision]:
        """The decisions in ``route``; ``plans`` are those of its questions to the data, by their text."""
        doubt = _doubt(min((ask.confidence for ask in route.asks), default=0.0))
        unsaid = _unsaid(message, route.asks)
        several = float(len(route.asks) > 1)
        decisions = []
        for ask in route.asks:
            if ask.intent is Intent.DATA and ask.text in plans:
                given = {"doubt": doubt, "unsaid": unsaid, "several": several}
                decisions.append(self.of_plan(ask.text, plans[ask.text], context, given))
            elif ask.intent is Intent.DOCUMENTS:
                decisions.append(Decision(Kind.DOCUMENTS, {"doubt": doubt}))
            else:
                lost = ask.intent is Intent.UNCLEAR and not ask.reason
                decisions.append(Decision(Kind.OTHER, None if lost else {"doubt": doubt, "unsaid": unsaid}))
        return decisions

    def of_plan(self, question: str, plan: Plan, context: Context, given: Mapping[str, float]) -> Decision:
        """The decision to answer ``question`` with ``plan``; ``given`` are signals of the route."""
        words = len(tokens(question))
        own = {"words": math.log1p(words)}
        if isinstance(plan, Planned):
            own |= {
                "covered": plan.confidence,
                "shared": float(self._is_shared(plan.query, context.principal.role)),
                "dense": _size(plan.query) / (words + 1),
            }
        elif isinstance(plan, NotAllowed):
            own |= {"covered": _REFUSED, "shared": 0.0, "dense": _size(None) / (words + 1)}
        else:
            return Decision(Kind.DATA, None)
        return Decision(Kind.DATA, {**given, **own})

    def of_answer(self, question: str, passages: Sequence[Passage], grounded: Grounded | None) -> Decision:
        """The decision that ``grounded`` answers ``question``."""
        if grounded is None or not grounded.used:
            return Decision(Kind.ANSWER, None)
        quoted = passages[grounded.used[0]].coverage
        return Decision(
            Kind.ANSWER,
            {
                "doubt": _doubt(grounded.confidence),
                "quoted": quoted,
                "elsewhere": max(passage.coverage for passage in passages) - quoted,
                "not_first": float(grounded.used[0] > 0),
                "words": math.log1p(len(tokens(question))),
            },
        )

    def _is_shared(self, query: Query, role: Role) -> bool:
        """Does a client ask for what is not theirs alone? Prices and stock are for the documents, mostly."""
        grant = GRANTS[role].tables.get(self.catalogue.entities[query.entity].table)
        return role is Role.CLIENT and grant is not None and grant.rows is not RowRule.OWN


def _doubt(confidence: float) -> float:
    """``confidence`` on a scale that goes on telling near one: what is left of it, as a logarithm."""
    return math.log(1 - min(max(confidence, 0.0), 1.0) + _NEARLY_SURE)


def _unsaid(message: str, asks: Sequence[Ask]) -> float:
    """The share of the message's words that no ask took up."""
    said = {token.folded for ask in asks for token in tokens(ask.text)}
    words = [token.folded for token in tokens(message)]
    return sum(word not in said for word in words) / max(len(words), 1)


def _size(query: Query | None) -> int:
    """How many things a query says."""
    if query is None:
        return 1
    things = (*query.filters, *query.segments, *query.group_by, *query.measures, *query.related, *query.having)
    return len(things) + (query.window is not None) + bool(query.select)


SURE: Mapping[str, float] = MappingProxyType({"doubt": _doubt(1.0), "unsaid": 0.0, "several": 0.0})
"""Signals of a route that nobody doubts."""
