"""Checks a query that the model wrote, and says what is to be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agents.brains.llm.linking import linked
from agents.brains.llm.outputs import QueryOut
from agents.brains.llm.queries import QueryReader
from agents.brains.protocol import Context, NotAllowed, Plan, Planned
from core.clock import FixedClock
from core.errors import Denied, QueryInvalid
from tools.sql.catalogue import Catalogue
from tools.sql.compile import compile_query
from tools.sql.query import Query

CONFIDENCE = 0.9
"""Of a plan that the model wrote and that compiles for the principal."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """A query that makes no sense, and why, for its writer."""

    problem: str


@dataclass(frozen=True, slots=True)
class PlanChecker:
    """Believes no query before it compiles for the principal: names, kinds and grants."""

    catalogue: Catalogue
    reader: QueryReader

    def check(self, out: QueryOut, chart: bool, context: Context) -> Plan | Invalid:
        """A plan, the refusal that the policy gives, or what is wrong with it."""
        try:
            query = linked(self.reader.read(out, context.language), self.catalogue, context.values)
            self._compile(query, context)
        except QueryInvalid as error:
            return Invalid(error.message)
        except Denied as error:
            return NotAllowed(str(error.details.get("what", "")), str(error.details.get("reason", "")))
        return Planned(query, CONFIDENCE, chart=chart)

    def _compile(self, query: Query, context: Context) -> None:
        zone = context.now.tzinfo
        clock = FixedClock(context.now, zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC"))
        compile_query(query, self.catalogue, context.principal, clock)
