"""The brain that asks a language model: one call reads a message and plans what it asks, one answers from documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from agents.brains.llm.chat import Chat
from agents.brains.llm.describing import CatalogueWords, conversation, left_out
from agents.brains.llm.drafting import TicketChecker
from agents.brains.llm.excerpts import excerpts
from agents.brains.llm.grounding import grounded
from agents.brains.llm.listening import Listener
from agents.brains.llm.looking import Looks
from agents.brains.llm.needed import Needed, Shown
from agents.brains.llm.outputs import AnswerOut, AskOut, DraftOut, PlanOut, QueryOut, SqlOut, UnderstoodOut
from agents.brains.llm.planning import Invalid, PlanChecker
from agents.brains.llm.prompts import Prompts, Rendered
from agents.brains.llm.queries import QueryReader
from agents.brains.offline.drafting.words import RequestWords
from agents.brains.offline.planning.period_words import load_period_words
from agents.brains.protocol import (
    Ask,
    Brain,
    Context,
    DraftOutcome,
    Facts,
    Grounded,
    Intent,
    NotAllowed,
    NotUnderstood,
    Plan,
    Planned,
    Route,
)
from agents.brains.purse import Purse
from agents.brains.thinking import Reading, current
from agents.sql_text import Attempt
from core.errors import ModelSpent
from core.settings import Settings
from ingest.passages import Passage
from policy.decide import may_use, may_write
from policy.describe import describe_role
from policy.grants import GRANTS, Agent, Write
from policy.roles import Principal, Role
from tools.sql.catalogue import Catalogue
from tools.sql.query import Query, Rows

CONFIDENCE = 0.9
"""Of what the model makes of a message."""
_REASONS = {
    Intent.HUMAN: frozenset({"asked_for_person", "complaint", "cancellation", "billing", "visit_change", "sales"}),
    Intent.UNCLEAR: frozenset({"audio", "image", "location", "default"}),
    Intent.OUT_OF_SCOPE: frozenset({"delete", "injection"}),
    Intent.DOCUMENTS: frozenset({"fault"}),
}
_LANGUAGES = {"es": "Spanish (tú)", "en": "English"}
_MOST_ASKS = 12
_MOST_PASSAGES = 5
_SAID, _REPLIED = 200, 160
"""Characters of the exchange before, as an answer is shown them."""


class LlmBrain:
    """Implements :class:`agents.brains.protocol.Brain` and :class:`agents.sql_text.SqlWriter` with a language model.

    ``words`` says what is said by templates: fixed replies, and rows; it also goes on for a turn that has asked the
    model as often as it may. Methods that ask the model raise :class:`core.errors.ModelFailed`; they never raise for
    strange text.
    """

    def __init__(self, chat: Chat, prompts: Prompts, catalogue: Catalogue, words: Brain, company: str) -> None:
        self._chat, self._prompts, self._words, self._company = chat, prompts, words, company
        self._catalogue = CatalogueWords(catalogue)
        self._plans = PlanChecker(catalogue, QueryReader(catalogue, load_period_words()))
        self._tickets = TicketChecker(catalogue, RequestWords())
        self._needed = Needed(catalogue, words)

    @classmethod
    def build(cls, settings: Settings, catalogue: Catalogue, words: Brain, purse: Purse | None = None) -> LlmBrain:
        """The brain that ``settings`` ask for; raises :class:`Misconfigured` when a prompt is wrong.

        Calls are paid from ``purse``, when there is one.
        """
        prompts = Prompts()
        chat = Chat.of(settings, prompts["shape"], purse)
        return cls(chat, prompts, catalogue, words, settings.company)

    async def route(self, message: str, context: Context) -> Route:
        """What ``message`` asks; the plan or draft of each ask is kept until it is asked for in the same turn.

        One question to the documents is guessed to be one: the call that answers it from passages says whether it is.
        When it is not, the message is read with all the rules.
        """
        role, turn = context.principal.role, current()
        shown = Shown() if turn.reading is Reading.MISREAD else await self._needed.of(message, context)
        if shown.question is not None:
            turn.reading = Reading.GUESSED
            return shown.question
        prompt = self._prompts.render(
            "understand",
            conversation(message, context),
            company=self._company,
            role=describe_role(role),
            query_rules=self._query_rules(role, shown.entities) if shown.data else "",
            ticket_rules=self._ticket_rules(role) if shown.tickets else "",
        )
        out = await self._chat.decide(prompt, UnderstoodOut, left_out(role) | shown.left_out)
        asks = [ask if ask.text.strip() else ask.model_copy(update={"text": message}) for ask in out.asks[:_MOST_ASKS]]
        for ask in asks:
            self._keep(ask, shown, context)
        return Route(out.language, tuple(_ask(ask, position, shown.help) for position, ask in enumerate(asks)))

    async def plan(self, question: str, context: Context) -> Plan:
        """The query that answers ``question``, checked; what the model got wrong it may mend once."""
        try:
            return await self._plan(question, context)
        except ModelSpent:
            return await self._words.plan(question, context)

    async def draft(self, request: str, context: Context) -> DraftOutcome:
        """The ticket that ``request`` asks for, checked."""
        try:
            return await self._draft(request, context)
        except ModelSpent:
            return await self._words.draft(request, context)

    async def answer(self, question: str, passages: tuple[Passage, ...], context: Context) -> Grounded | None:
        """Answer from ``passages`` only; None when they do not answer it, or do not carry what the model says."""
        try:
            return await self._answer(question, passages, context)
        except ModelSpent:
            if current().reading is Reading.GUESSED:
                raise
            return await self._words.answer(question, passages, context)

    async def write_sql(self, question: str, schema: str, attempts: Sequence[Attempt], context: Context) -> str | None:
        """One SELECT that answers ``question`` over ``schema``, mending ``attempts``; None when it cannot be said."""
        refused = [{"sql": attempt.sql, "problem": attempt.problem} for attempt in attempts]
        data = {"question": question, "now": context.now.isoformat(timespec="minutes"), "refused": refused}
        role = describe_role(context.principal.role)
        prompt = self._prompts.render("write_sql", data, company=self._company, role=role, schema=schema)
        try:
            return (await self._chat.decide(prompt, SqlOut)).sql
        except ModelSpent:
            return None

    async def phrase(self, facts: Facts, context: Context) -> str:
        """Word ``facts`` by template."""
        return await self._words.phrase(facts, context)

    async def present(self, question: str, query: Query | None, rows: Rows, context: Context) -> str:
        """Word the rows by template: figures never go through the model."""
        return await self._words.present(question, query, rows, context)

    async def _plan(self, question: str, context: Context) -> Plan:
        granted = may_use(context.principal.role, Agent.SQL_READER)
        if not granted.allowed:
            return NotAllowed(granted.what, granted.reason)
        if question in current().to_documents and not await self._may_be_data(question, context):
            return NotUnderstood()
        thought = current().kept.get(_key("plan", question, context.principal))
        out = thought if isinstance(thought, PlanOut) else await self._planned(question, (), context)
        if out.query is None:
            return await self._refused(question, context)
        checked = self._plans.check(out.query, out.chart, context)
        if isinstance(checked, Invalid):
            again = await self._planned(question, ((out.query, checked.problem),), context)
            checked = self._plans.check(again.query, again.chart, context) if again.query else NotUnderstood()
        return NotUnderstood() if isinstance(checked, Invalid) else checked

    async def _refused(self, question: str, context: Context) -> Plan:
        """Why there is no query: the model is not shown what the role was not granted, so it cannot tell."""
        plan = await self._words.plan(question, context)
        return plan if isinstance(plan, NotAllowed) else NotUnderstood()

    async def _may_be_data(self, question: str, context: Context) -> bool:
        """Is a second opinion on a question to the documents worth a call: can anybody see a query in it?"""
        return isinstance(await self._words.plan(question, context), Planned)

    async def _draft(self, request: str, context: Context) -> DraftOutcome:
        if not GRANTS[context.principal.role].writes:
            decision = may_write(context.principal.role, Write.REQUEST_VISIT)
            return NotAllowed(decision.what, decision.reason)
        kept, key = current().kept, _key("draft", request, context.principal)
        thought = kept.get(key)
        if not isinstance(thought, DraftOut) or (context.visits and _points_at_nothing(thought)):
            thought = kept[key] = await self._drafted(request, context)
        if thought.ticket is None:
            refused = await self._words.draft(request, context)
            return refused if isinstance(refused, NotAllowed) else NotUnderstood()
        return self._tickets.check(thought.ticket, request, context)

    async def _answer(self, question: str, passages: tuple[Passage, ...], context: Context) -> Grounded | None:
        turn = current()
        if not passages or turn.reading is Reading.MISREAD:
            return None
        before = turn.kept.get(("looks", question))
        looks = before if isinstance(before, Looks) else Looks()
        turn.kept["looks", question] = looks
        told = await self._words.answer(question, passages, context)
        places = _shown(told, len(passages))
        shown = tuple(passages[place] for place in places)
        said = looks.answered(shown)
        if said is None:
            if looks.enough(told):
                return told
            texts = excerpts(question, shown, told.text if told is not None else "")
            said = looks.of(texts) or await self._looked(question, shown, texts, context)
            if turn.reading is Reading.GUESSED:
                turn.reading = Reading.MISREAD if said.other else Reading.READ
            if said.other:
                return None
            looks.add(said, texts)
        found = grounded(said, question, shown)
        return found and replace(found, used=tuple(places[at] for at in found.used))

    async def _looked(
        self, question: str, shown: tuple[Passage, ...], texts: Sequence[str], context: Context
    ) -> AnswerOut:
        """What the model answers from ``texts``, excerpts of ``shown``.

        First of all whether that is what is asked, when it is only guessed.
        """
        guessed = current().reading is Reading.GUESSED
        seen = [_passage(passage, text) for passage, text in zip(shown, texts, strict=True) if text]
        earlier = [{"said": item.message[:_SAID], "replied": item.reply[:_REPLIED]} for item in context.history[-1:]]
        data = {
            "earlier": earlier if guessed else (),
            "question": question,
            "passages": seen,
        }
        prompt = self._prompts.render(
            "answer",
            data,
            company=self._company,
            language=_LANGUAGES[context.language],
            guessed=self._prompts["guessed"].fill() if guessed else "",
        )
        say = current().voice()
        hear = Listener(question, shown, say) if say is not None else None
        return await self._chat.decide(prompt, AnswerOut, () if guessed else ("answer.other",), hear=hear)

    def _keep(self, ask: AskOut, shown: Shown, context: Context) -> None:
        """What was planned already. That there is no query is believed only when the whole catalogue was shown."""
        if ask.intent is Intent.DATA and shown.data and (ask.query is not None or shown.entities is None):
            current().kept[_key("plan", ask.text, context.principal)] = PlanOut(query=ask.query, chart=ask.chart)
        if ask.intent is Intent.TICKET and ask.ticket is not None:
            current().kept[_key("draft", ask.text, context.principal)] = DraftOut(ticket=ask.ticket)

    async def _planned(self, question: str, refused: Sequence[tuple[QueryOut, str]], context: Context) -> PlanOut:
        wrong = [
            {"query": query.model_dump(mode="json", exclude_defaults=True), "problem": problem}
            for query, problem in refused
        ]
        prompt = self._prompts.render(
            "plan",
            {**conversation(question, context), "refused": wrong},
            company=self._company,
            role=describe_role(context.principal.role),
            query_rules=self._query_rules(context.principal.role),
        )
        return await self._chat.decide(prompt, PlanOut)

    async def _drafted(self, request: str, context: Context) -> DraftOut:
        prompt = self._draft_prompt(request, context)
        return await self._chat.decide(prompt, DraftOut, left_out(context.principal.role))

    def _draft_prompt(self, request: str, context: Context) -> Rendered:
        return self._prompts.render(
            "draft",
            conversation(request, replace(context, last_query=None, last_question=None)),
            company=self._company,
            role=describe_role(context.principal.role),
            ticket_rules=self._ticket_rules(context.principal.role),
        )

    def _query_rules(self, role: Role, only: frozenset[str] | None = None) -> str:
        catalogue = self._catalogue.of(role, only)
        return self._prompts["query_rules"].fill(catalogue=catalogue) if catalogue else ""

    def _ticket_rules(self, role: Role) -> str:
        writes = sorted(GRANTS[role].writes)
        return "\n".join(self._prompts[name].fill() for name in ("ticket_rules", *writes)) if writes else ""


def _key(kind: str, text: str, principal: Principal) -> tuple[str, str, Principal]:
    return kind, text, principal


def _ask(out: AskOut, position: int, helps: str) -> Ask:
    needs = out.needs if out.needs is not None and 0 <= out.needs < position else None
    said = helps if out.intent is Intent.HELP else out.reason
    reason = said if out.intent is Intent.HELP or said in _REASONS.get(out.intent, ()) else ""
    return Ask(out.text, out.intent, CONFIDENCE, needs, reason or "")


def _points_at_nothing(thought: DraftOut) -> bool:
    """A change of a visit that the model could not tell before it was shown the open ones."""
    ticket = thought.ticket
    return ticket is not None and ticket.action == "update_intervention" and ticket.intervention_id is None


def _shown(told: Grounded | None, found: int) -> tuple[int, ...]:
    """Which of the passages found are shown: those that the offline brain would answer from, and the first ones."""
    used = told.used[:_MOST_PASSAGES] if told is not None else ()
    first = (place for place in range(found) if place not in used)
    return tuple(sorted((*used, *islice(first, _MOST_PASSAGES - len(used)))))


def _passage(passage: Passage, text: str) -> dict[str, str]:
    """A passage as the model is shown it: by its machines, else by its document."""
    section = {"section": passage.section} if passage.section else {}
    return {"about": " ".join(passage.products) or passage.document, **section, "text": text}
