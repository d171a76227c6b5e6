"""How much of the rules a message needs to be read: the rules of queries and tickets are long, and most messages need
few of them.

What the offline brain makes of the message chooses what the model is shown, and decides nothing: a model that reads it
otherwise says so, and is asked for the query or the ticket with all the rules in a call of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agents.brains.protocol import Brain, Context, Intent, Planned, Route
from agents.brains.thinking import is_one_question
from tools.sql.catalogue import Catalogue
from tools.sql.query import Query

_SURE = 0.75
"""Of a plan, from which on the rest of the catalogue is told by name only."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The rules that are shown. ``entities``: those told in full; None when all are.

    ``question``: the route of a message that is one question to the documents and nothing else, as far as can be told.
    ``help``: which help, where the offline brain knows one by name (a fact of the company, a language not spoken).
    """

    data: bool = True
    tickets: bool = True
    entities: frozenset[str] | None = None
    question: Route | None = None
    help: str = ""

    @property
    def left_out(self) -> frozenset[str]:
        """The parts of the shape that go with rules that are not shown."""
        without_data = {"ask.query", "ask.chart"} if not self.data else set()
        return frozenset(without_data | ({"ask.ticket"} if not self.tickets else set()))


@dataclass(frozen=True, slots=True)
class Needed:
    """Guesses with the offline brain, ``words``."""

    catalogue: Catalogue
    words: Brain

    async def of(self, message: str, context: Context) -> Shown:
        """What to show for ``message``."""
        route = await self.words.route(message, context)
        intents = {ask.intent for ask in route.asks}
        helps = next((ask.reason for ask in route.asks if ask.intent is Intent.HELP), "")
        if not intents or Intent.UNCLEAR in intents:
            return Shown()
        if Intent.DATA not in intents:
            question = route if is_one_question(route, context) else None
            return Shown(data=False, tickets=Intent.TICKET in intents, question=question, help=helps)
        plans = [await self.words.plan(ask.text, context) for ask in route.asks if ask.intent is Intent.DATA]
        sure = [plan.query for plan in plans if isinstance(plan, Planned) and plan.confidence >= _SURE]
        entities = frozenset(name for query in sure for name in self._of_query(query))
        last = frozenset(self._of_query(context.last_query)) if context.last_query is not None else frozenset()
        return Shown(tickets=Intent.TICKET in intents, entities=entities | last if len(sure) == len(plans) else None)

    def _of_query(self, query: Query) -> Iterator[str]:
        """The entities that ``query`` is over, and those beside them."""
        yield from entities_of(query, self.catalogue)
        for name in (query.entity, *(related.entity for related in query.related)):
            yield from (join.entity for join in self.catalogue.entities[name].joins.values())


def entities_of(query: Query, catalogue: Catalogue) -> Iterator[str]:
    """The entities that ``query`` is over, the first one first; some more than once."""
    yield query.entity
    yield from (related.entity for related in query.related)
    for path in _paths(query):
        entity = query.entity
        for step in path.split(".")[:-1]:
            join = catalogue.entities[entity].joins.get(step)
            if join is None:
                break
            entity = join.entity
            yield entity


def _paths(query: Query) -> Iterator[str]:
    yield from query.select
    yield from (grouping.field for grouping in query.group_by)
    yield from (condition.field for condition in query.filters)
    yield from (order.field for order in query.order if order.field)
