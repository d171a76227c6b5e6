"""Which open visit a person of the staff means: by its client, its day or hour, or because it is the one under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_datetime

from agents.brains.offline.drafting.moments import Moments
from agents.brains.offline.drafting.names import named_at, names_in
from agents.brains.offline.drafting.words import RequestWords
from agents.brains.protocol import Clarify, Context
from policy.roles import Role
from tools.sql.catalogue import Catalogue
from tools.tickets import OpenVisit

MOST_OPTIONS = 6
_UNDER_WAY = "in_progress"


@dataclass(frozen=True, slots=True)
class Pointed:
    """The visit that is meant, and where in the request its client is named (when it is)."""

    number: int
    span: tuple[int, int] | None = None


class VisitFinder:
    """Looks among ``context.visits``."""

    def __init__(self, words: RequestWords, moments: Moments, catalogue: Catalogue) -> None:
        self._words, self._moments, self._catalogue = words, moments, catalogue

    def find(self, request: str, status: str | None, context: Context) -> Pointed | Clarify | None:
        """The one that ``request`` points at, the question of which one, or None when it points at none."""
        clients = names_in(request, dict.fromkeys(visit.client for visit in context.visits))
        visits = tuple(visit for visit in context.visits if not clients or visit.client in clients)
        if not clients and (strangers := names_in(request, context.values.get(("client", "name"), ()))):
            question = self._words.question("no_open_visit", context.language, client=strangers[0])
            return Clarify(question) if context.visits else None
        narrowed = self._pointed(request, visits, context)
        if narrowed is None and not clients:
            narrowed = self._at_hand(visits, status, context)
        found = visits if narrowed is None else narrowed
        if not found or (narrowed is None and not clients):
            return None
        tells = status is not None or context.principal.role is Role.TECHNICIAN
        if len(found) > 1 and tells and len(due := _due(found, context.now)) == 1:
            found = due
        if len(found) == 1:
            return Pointed(found[0].number, named_at(request, found[0].client) if clients else None)
        return self._which(found, context)

    def known(self, number: int, context: Context) -> OpenVisit | None:
        """The open visit of that number."""
        return next((visit for visit in context.visits if visit.number == number), None)

    def _pointed(self, request: str, visits: tuple[OpenVisit, ...], context: Context) -> tuple[OpenVisit, ...] | None:
        """Those on the day and at the hour that the request points with; None when it points with none that fits."""
        day, hour = self._moments.pointed(request, context.now)
        if day is None and hour is None:
            return None
        when = day or context.now.date()
        wanted: list[Callable[[datetime], bool]] = [lambda at: at.date() == when]
        if hour is not None:
            wanted.append(lambda at: (at.hour, at.minute) == (hour.hour, hour.minute))
        zone = context.now.tzinfo
        fit = tuple(v for v in visits if v.at is not None and all(rule(v.at.astimezone(zone)) for rule in wanted))
        return fit or None

    def _at_hand(self, visits: tuple[OpenVisit, ...], status: str | None, context: Context) -> tuple[OpenVisit, ...]:
        """The one under way for what ends it; today's for what begins."""
        if status is None or context.principal.role is not Role.TECHNICIAN:
            return ()
        under_way = tuple(visit for visit in visits if visit.status == _UNDER_WAY)
        if status != _UNDER_WAY:
            return under_way
        today = context.now.date()
        return tuple(
            v for v in visits if v.at and v.at.astimezone(context.now.tzinfo).date() == today and v.status != _UNDER_WAY
        )

    def _which(self, visits: tuple[OpenVisit, ...], context: Context) -> Clarify:
        nearest = sorted(visits, key=lambda v: (v.status != _UNDER_WAY, v.at is None, v.at or context.now))
        shown = nearest[:MOST_OPTIONS]
        return Clarify(
            self._words.question("which_visit", context.language),
            tuple(self._label(visit, context) for visit in shown),
            tuple(str(visit.number) for visit in shown),
        )

    def _label(self, visit: OpenVisit, context: Context) -> str:
        """How a visit is shown to choose."""
        kind = self._catalogue.enums["intervention_kind"][visit.kind].label[context.language]
        at = visit.at.astimezone(context.now.tzinfo) if visit.at else None
        when = format_datetime(at, "d MMM H:mm", locale=context.language) if at else ""
        return self._words.visit_label(
            context.language, id=str(visit.number), client=visit.client, kind=kind, when=when
        )


def _due(visits: tuple[OpenVisit, ...], now: datetime) -> tuple[OpenVisit, ...]:
    """Those under way, or that should have begun by the end of today."""
    return tuple(
        v
        for v in visits
        if v.status == _UNDER_WAY or (v.at is not None and v.at.astimezone(now.tzinfo).date() <= now.date())
    )
