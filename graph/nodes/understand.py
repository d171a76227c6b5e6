"""What the message asks, read in its conversation: an answer to a confirmation, a choice, or new questions."""

from __future__ import annotations

import re
from typing import Any

from langgraph.runtime import Runtime

from agents.brains.protocol import Ask, Draft, DraftOutcome, Intent, Route
from agents.brains.thinking import Reading, current
from agents.report import Question
from graph.codec import dump
from graph.desk import Desk, open_desk, timed
from graph.memory import IGNORED_TO_ASK_AGAIN, Memory, Pending
from graph.parts import Parts
from graph.queue import ANSWERS, in_turn, without
from graph.state import TurnScope, TurnState

MOST_ASKS = 4
WHY = "why_"
"""How the reason of a help begins that asks why something was refused: "why_other_people"."""
NOT_YET = "not_yet"
"""Why help is needed: it asks when somebody comes, of a visit that waits for a yes."""
_AMENDS = frozenset({Intent.CONFIRM, Intent.REJECT, Intent.TICKET, Intent.UNCLEAR})
_COMPLETES = frozenset({Intent.UNCLEAR, Intent.TICKET, Intent.DOCUMENTS, Intent.CONFIRM})
_ADDS = frozenset({Intent.UNCLEAR, Intent.TICKET, Intent.REJECT, Intent.DATA, Intent.OUT_OF_SCOPE, Intent.HUMAN})
"""What seems to be wanted by who answers a question about a request with something else that belongs to it."""
_UNFINISHED = frozenset({Intent.UNCLEAR, Intent.DOCUMENTS, Intent.TICKET, Intent.GREETING})
"""What a message that was only begun seems to want."""
_BRIEF = 5
_NUMBER = re.compile(r"\b\d{3,}\b")
_WORDS = frozenset({"description", "result"})
_ABOUT = ("equipment_id", "intervention_id")
_WAITS_INTENT = {
    "data": Intent.DATA,
    "documents": Intent.DOCUMENTS,
    "ticket": Intent.TICKET,
    "offer": Intent.TICKET,
}


class Understand:
    """Routes the message with the brain, then reads the route in the light of what was waiting."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, state: TurnState, runtime: Runtime[TurnScope]) -> dict[str, Any]:
        """Set the asks of the turn and the language to answer in."""
        timings: dict[str, float] = {}
        with timed(timings, "understand"):
            desk = await open_desk(self._parts, state, runtime)
            message = self._gone_on(state.get("message", ""), desk.memory)
            route = await self._routed(message, desk)
            asks, chosen = await self._in_conversation(message, route, desk)
            asks, queued = in_turn(asks, desk.memory, await self._refused(asks, desk))
            self._note(asks)
        return {
            "language": route.language,
            "asks": [dump(ask) for ask in asks[:MOST_ASKS]],
            "chosen": list(chosen),
            "misread": False,
            "cut_short": len(asks) > MOST_ASKS,
            "queued": list(queued),
            "timings": timings,
        }

    async def _routed(self, message: str, desk: Desk) -> Route:
        """What the brain makes of ``message``; of one that it does not understand, with "del 600" written out."""
        route = await self._parts.brain.route(message, desk.context)
        if {ask.intent for ask in route.asks} != {Intent.UNCLEAR}:
            return route
        spelled = self._parts.workshop.subjects.spelled_out(message)
        return route if spelled == message else await self._parts.brain.route(spelled, desk.context)

    def _note(self, asks: tuple[Ask, ...]) -> None:
        """What is known of the message from now on, for whoever thinks of it."""
        turn = current()
        turn.to_documents = frozenset(ask.text for ask in asks if ask.intent is Intent.DOCUMENTS)
        guess_stands = bool(turn.to_documents) and len(asks) == 1
        if turn.reading is Reading.MISREAD or not guess_stands:
            turn.reading = Reading.READ

    def _gone_on(self, message: str, memory: Memory) -> str:
        """``message``, after what it goes on with when it begins in the middle ("con la caldera")."""
        before = memory.history[-1] if memory.history else None
        if before is None or memory.pending is not None or (memory.asked and memory.asked.waits != "offer"):
            return message
        whole = "?" in before.message or not _UNFINISHED.issuperset(before.intents)
        if whole or "?" in message or not self._parts.choosing.goes_on(message):
            return message
        return f"{before.message} {message}"

    async def _in_conversation(self, message: str, route: Route, desk: Desk) -> tuple[tuple[Ask, ...], tuple[str, ...]]:
        memory = desk.memory
        pending = memory.pending
        offered = memory.asked is not None and memory.asked.waits == "offer"
        later = offered and pending is not None and {ask.intent for ask in route.asks} == {Intent.CONFIRM}
        if pending is not None and not pending.expired(desk.context.now) and not later:
            if await self._is_another_request(message, route, pending, desk):
                return _without_answers(route.asks), ()
            return await self._answer_to_confirmation(message, route, pending, desk), ()
        if memory.asked is not None:
            answered = self._answer_to_question(message, route, memory.asked) or await self._more_of_request(
                message, route, memory.asked, desk
            )
            if answered is not None:
                return answered
        if memory.refused and self._parts.choosing.wonders(message):
            return (Ask(message, Intent.HELP, 1.0, reason=f"{WHY}{memory.refused}"),), ()
        corrected = await self._corrected(message, route, desk)
        return corrected or _as_asked(message, route, memory), ()

    async def _more_of_request(
        self, message: str, route: Route, asked: Question, desk: Desk
    ) -> tuple[tuple[Ask, ...], tuple[str, ...]] | None:
        """The request that a question or an offer of ours was about, with what ``message`` adds to it.

        None when ``message`` is a request of its own, a question, or a plain no.
        """
        intents = {ask.intent for ask in route.asks}
        if asked.waits == "offer":
            if intents == {Intent.CONFIRM}:
                return (Ask(asked.request, Intent.TICKET, 1.0),), ()
            adds = intents == {Intent.TICKET}
        else:
            adds = asked.waits == "ticket" and bool(asked.options) and intents <= _ADDS and intents != {Intent.REJECT}
        if not adds or self._parts.choosing.asks(message) or await self._stands_alone(message, asked, desk):
            return None
        more = self._parts.choosing.amendment(message)
        return (Ask(_joined(asked.request, more), Intent.TICKET, 0.9),), ()

    async def _stands_alone(self, message: str, asked: Question, desk: Desk) -> bool:
        """Is ``message`` a whole request, about something else than what was ``asked``?"""
        drafted = await self._drafted(message, desk)
        if not isinstance(drafted, Draft):
            return False
        before = await self._drafted(asked.request, desk)
        return not isinstance(before, Draft) or any(drafted.fields.get(key) != before.fields.get(key) for key in _ABOUT)

    async def _corrected(self, message: str, route: Route, desk: Desk) -> tuple[Ask, ...] | None:
        """The order that was refused, for the visit named now ("no, la 1279"); None when it is no such correction."""
        memory = desk.memory
        before = memory.history[-1] if memory.history else None
        numbers = _NUMBER.findall(message)
        if not memory.refused or before is None or len(numbers) != 1 or len(_NUMBER.findall(before.message)) != 1:
            return None
        if before.intents != (Intent.TICKET,) or len(message.split()) > _BRIEF or "?" in message:
            return None
        if not {ask.intent for ask in route.asks} <= _ADDS:
            return None
        return (Ask(_NUMBER.sub(numbers[0], before.message), Intent.TICKET, 0.9),)

    async def _refused(self, asks: tuple[Ask, ...], desk: Desk) -> frozenset[int]:
        """Of several requests to write, those that will be refused: they wait for no answer, the others do."""
        tickets = [position for position, ask in enumerate(asks) if ask.intent is Intent.TICKET]
        if len(tickets) < 2:
            return frozenset()
        writer = self._parts.roster(desk.principal).ticket_writer()
        refused = [
            at
            for at in tickets
            if isinstance(drafted := await self._drafted(asks[at].text, desk), Draft) and not await writer.may(drafted)
        ]
        return frozenset(refused)

    async def _drafted(self, request: str, desk: Desk) -> DraftOutcome:
        writer = self._parts.roster(desk.principal).ticket_writer()
        return await self._parts.brain.draft(request, await writer.informed(desk.context))

    async def _answer_to_confirmation(
        self, message: str, route: Route, pending: Pending, desk: Desk
    ) -> tuple[Ask, ...]:
        """Yes, no, an amendment ("sí, pero por la tarde"), or something else while the draft keeps waiting."""
        intents = {ask.intent for ask in route.asks}
        if intents == {Intent.CONFIRM} or intents == {Intent.REJECT}:
            return (Ask(message, next(iter(intents)), 1.0),)
        if intents <= _AMENDS:
            amended = self._corrected_number(pending.request, message) or _joined(
                pending.request, self._parts.choosing.amendment(message)
            )
            if "?" in message and not await self._amends(amended, pending, desk):
                asks_when = Intent.TICKET in intents
                return (
                    Ask(
                        message, Intent.HELP if asks_when else Intent.UNCLEAR, 0.5, reason=NOT_YET if asks_when else ""
                    ),
                )
            return (Ask(amended, Intent.TICKET, 0.9),)
        return route.asks if route.asks[0].intent in ANSWERS else _without_answers(route.asks)

    def _corrected_number(self, request: str, message: str) -> str | None:
        """``request`` for the visit that a denial names instead ("no, la 1244"); None when it is no such correction."""
        numbers, before = _NUMBER.findall(message), _NUMBER.findall(request)
        if len(numbers) != 1 or len(before) != 1 or not self._parts.choosing.denies(message):
            return None
        return _NUMBER.sub(numbers[0], request) if len(message.split()) <= _BRIEF else None

    async def _amends(self, amended: str, pending: Pending, desk: Desk) -> bool:
        """Would drafting ``amended`` propose something else, besides more words to describe it?"""
        drafted = await self._drafted(amended, desk)
        if not isinstance(drafted, Draft):
            return False
        return _without_words(drafted) != _without_words(pending.draft)

    async def _is_another_request(self, message: str, route: Route, pending: Pending, desk: Desk) -> bool:
        """A request about another machine or visit replaces the draft that waits; it does not amend it."""
        if {ask.intent for ask in route.asks} != {Intent.TICKET}:
            return False
        drafted = await self._drafted(message, desk)
        if not isinstance(drafted, Draft):
            return False
        waiting = pending.draft.fields
        said = frozenset(drafted.fields)
        if said <= _WORDS.union(_ABOUT) and not frozenset(waiting) <= _WORDS.union(_ABOUT):
            return False  # it only says which one: what is to be done was said before
        forgotten = pending.ignored > IGNORED_TO_ASK_AGAIN
        return forgotten or any(key in drafted.fields and drafted.fields[key] != waiting.get(key) for key in _ABOUT)

    def _answer_to_question(
        self, message: str, route: Route, asked: Question
    ) -> tuple[tuple[Ask, ...], tuple[str, ...]] | None:
        intent = _WAITS_INTENT[asked.waits]
        picked = self._parts.choosing.choose(message, asked.options)
        if picked:
            options = [asked.options[position] for position in picked]
            keys = tuple(asked.keys[position] for position in picked if position < len(asked.keys))
            documents = asked.waits == "documents"
            if documents:
                text = asked.request
            elif keys and asked.keys != asked.options:
                text = f"{', '.join(keys)} {asked.request}"
            else:
                text = f"{asked.request} {', '.join(options)}"
            return (Ask(text, intent, 1.0),), keys if documents else ()
        intents = {ask.intent for ask in route.asks}
        if asked.waits == "offer":
            return None
        if intents == {Intent.CONFIRM} and asked.options:
            return (Ask(asked.request, intent, 1.0),), ()
        told = not self._parts.choosing.asks(message)
        completes = not asked.options and intents <= (_COMPLETES | {Intent.DATA} if told else _COMPLETES)
        if Intent.DOCUMENTS in intents and self._parts.choosing.asks(message):
            return None
        if completes and asked.waits == "ticket":
            return (Ask(_joined(asked.request, message), intent, 0.9),), ()
        return None


def _joined(request: str, more: str) -> str:
    request = request.rstrip(" .,;:")
    return f"{request}{' ' if request.endswith(('?', '!')) else '. '}{more}"


def _without_words(draft: Draft) -> dict[str, str | int]:
    return {key: value for key, value in draft.fields.items() if key not in _WORDS}


def _as_asked(message: str, route: Route, memory: Memory) -> tuple[Ask, ...]:
    intents = {ask.intent for ask in route.asks}
    if memory.offered_person and intents == {Intent.CONFIRM}:
        return (Ask(message, Intent.HUMAN, 1.0),)
    before = memory.history[-1].intents if memory.history else ()
    if Intent.HUMAN in before and intents == {Intent.UNCLEAR} and not route.asks[0].reason and "?" not in message:
        return (Ask(message, Intent.HUMAN, 0.6),)  # it goes on telling the person who was brought in
    return route.asks if intents <= ANSWERS else _without_answers(route.asks)


def _without_answers(asks: tuple[Ask, ...]) -> tuple[Ask, ...]:
    """``asks`` without a stray yes or no beside real ones."""
    return without(asks, frozenset(at for at, ask in enumerate(asks) if ask.intent in ANSWERS)) or asks
