"""A rule that answers as a sensible model would, by running the offline brain behind the wire.

What a run against it shows: that the prompts, the shapes, the checks and the costs of the model path work end to end.
What it does not show: how well a real model understands. Its quality is the offline brain's, at best.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from agents.brains.llm.excerpts import LEFT_OUT
from agents.brains.llm.outputs import QueryOut
from agents.brains.llm.queries import QueryReader, write_query
from agents.brains.protocol import Ask, Brain, Context, Draft, Exchange, Intent, Plan, Planned
from core.text import fold
from evals.model_standin.answers import Answer, Says, saying
from evals.model_standin.asked import Asked
from ingest.passages import Passage
from ingest.terms import is_code
from policy.grants import Write
from policy.roles import Role
from tools.tickets import OpenVisit

_ROLE = re.compile(r"Who (?:writes|asks): (\w+);")
Known = Callable[[Role], Awaitable[Context]]
"""What a real model would have to guess from the names in a message: the values that a role may read."""


class Competent:
    """The offline brain behind the wire."""

    def __init__(self, brain: Brain, reader: QueryReader, known: Known) -> None:
        self._brain, self._reader, self._known = brain, reader, known

    async def __call__(self, asked: Asked) -> Answer | None:
        """The answer to a prompt of ours; None to any other request."""
        answer = {
            "understood": self._understand,
            "plan": self._plan,
            "draft": self._draft,
            "answer": self._answer,
            "sql": self._sql,
        }.get(asked.shape)
        return await answer(asked) if answer is not None else None

    async def _understand(self, asked: Asked) -> Says:
        context = await self._context(asked)
        message = str(asked.data["message"])
        route = await self._brain.route(message, context)
        context = replace(context, language=route.language)
        asks = [await self._ask(ask, context) for ask in route.asks]
        asks += [said for ask in route.asks for said in await self._then(ask, context)]
        return saying({"language": route.language, "asks": asks})

    async def _then(self, ask: Ask, context: Context) -> list[dict[str, Any]]:
        """What a question to the data goes on to ask, as asks of their own."""
        plan = await self._brain.plan(ask.text, context) if ask.intent is Intent.DATA else None
        if not isinstance(plan, Planned) or not plan.then:
            return []
        following = replace(ask, text=plan.then, needs=None)
        context = replace(context, last_query=plan.query)
        return [await self._ask(following, context), *await self._then(following, context)]

    async def _ask(self, ask: Ask, context: Context) -> dict[str, Any]:
        said: dict[str, Any] = {"text": ask.text, "intent": ask.intent.value, "needs": ask.needs, "reason": ask.reason}
        if ask.intent is Intent.DATA:
            said |= _plan_out(await self._brain.plan(ask.text, context))
        if ask.intent is Intent.TICKET:
            drafted = await self._brain.draft(ask.text, context)
            said["ticket"] = _ticket_out(drafted) if isinstance(drafted, Draft) else None
        return {key: value for key, value in said.items() if value not in (None, "")}

    async def _plan(self, asked: Asked) -> Says:
        return saying(_plan_out(await self._brain.plan(str(asked.data["message"]), await self._context(asked))))

    async def _draft(self, asked: Asked) -> Says:
        drafted = await self._brain.draft(str(asked.data["message"]), await self._context(asked))
        return saying({"ticket": _ticket_out(drafted)} if isinstance(drafted, Draft) else {})

    async def _answer(self, asked: Asked) -> Says:
        """From the passages. Never that something `other` is asked: they are shown for what offline reads so."""
        passages = tuple(_passage(at, item) for at, item in enumerate(asked.data.get("passages", ())))
        context = replace(await self._known(Role.GUEST), language="en" if "in English" in asked.system else "es")
        grounded = await self._brain.answer(str(asked.data["question"]), passages, context)
        if grounded is None or not grounded.used:
            return saying({})
        stretches = (words for at in grounded.used for words in passages[at].content.split(LEFT_OUT))
        return saying({"quotes": [words for words in stretches if words.strip()], "text": grounded.text})

    async def _sql(self, _asked: Asked) -> Says:
        return saying({})

    async def _context(self, asked: Asked) -> Context:
        found, data = _ROLE.search(asked.system), asked.data
        context = await self._known(Role(found.group(1)) if found else Role.GUEST)
        last = data.get("last_query")
        query = self._reader.read(QueryOut.model_validate(last), context.language) if last else None
        machines = {item["id"] for item in data.get("machines", ())}
        return replace(
            context,
            history=tuple(Exchange(item["said"], item["replied"]) for item in data.get("earlier", ())),
            machines=tuple(machine for machine in context.machines if machine.equipment_id in machines),
            focus=tuple(data.get("about", ())),
            last_query=query,
            last_question=data.get("last_question"),
            options=tuple(data.get("options", ())),
            pending=Draft(Write.REQUEST_VISIT, {}, data["waits_for_yes"]) if "waits_for_yes" in data else None,
            visits=tuple(_visit(item) for item in data.get("visits", ())),
        )


def _plan_out(plan: Plan) -> dict[str, Any]:
    if not isinstance(plan, Planned):
        return {}
    return {"query": write_query(plan.query), "chart": plan.chart}


def _ticket_out(draft: Draft) -> dict[str, Any]:
    return {"action": draft.action.value, **draft.fields}


def _passage(at: int, item: dict[str, Any]) -> Passage:
    words = item["about"].split()
    machines = tuple(words) if all(is_code(fold(word)) for word in words) else ()
    return Passage(
        chunk_id=at,
        document_id=0,
        document=item["about"],
        kind="",
        page=None,
        section=item.get("section"),
        heading_path=(),
        content=item["text"],
        products=machines,
        categories=(),
        score=1.0,
        coverage=1.0,
    )


def _visit(item: dict[str, Any]) -> OpenVisit:
    at = item.get("at")
    return OpenVisit(item["id"], item["client"], item["kind"], "scheduled", datetime.fromisoformat(at) if at else None)
