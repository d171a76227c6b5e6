"""Answers questions to the company's data: plan, run as the principal, present. Never sees another role's rows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import structlog

from agents.attachments import chart_file, spreadsheet_file
from agents.brains.protocol import Brain, Clarify, Context, Facts, Intent, NotAllowed, NotUnderstood, Plan, Planned
from agents.report import Question, Refusal, Report, Task, Unknown
from agents.sql_text import SqlTextAnswers
from agents.subjects import Subjects
from agents.ties import ties_with, with_ties
from core.errors import CuadrillaError, Denied, QueryFailed, QueryInvalid, QueryRejected, QueryTooExpensive
from policy.grants import Agent
from policy.roles import Role
from tools.query_data import QueryData
from tools.sql.catalogue import Catalogue
from tools.sql.query import Query, Rows

_LIST_SHOWN = 10
_BY_TEXT_CONFIDENCE = 0.7
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SqlReaderAgent:
    """The specialist of data, built with the tools that the principal's role was granted."""

    brain: Brain
    query_data: QueryData
    subjects: Subjects
    catalogue: Catalogue
    may_draw: bool
    by_text: SqlTextAnswers | None = None
    """The second way in, for what no semantic query explains; None when nobody writes SQL for this principal."""
    agent: Agent = Agent.SQL_READER

    async def handle(self, task: Task) -> Report:
        """Answer ``task`` from the data; what cannot be answered is said, with the reason."""
        plan = await self.brain.plan(task.ask.text, task.context)
        report = await self._planned(plan, task)
        return await self._and_then(plan, report, task)

    async def _and_then(self, plan: Plan, report: Report, task: Task) -> Report:
        """``report`` with the answer to what the question goes on to ask, read in the light of it."""
        if not isinstance(plan, Planned) or not plan.then or report.query is None:
            return report
        context = replace(task.context, last_query=report.query, last_rows=report.rows)
        following = replace(task, ask=replace(task.ask, text=plan.then), context=context)
        return _joined(report, await self.handle(following))

    async def _planned(self, plan: Plan, task: Task) -> Report:
        match plan:
            case Planned():
                await task.tell(Facts("progress_data", {"what": plan.query.entity}))
                return await self._run(plan, task)
            case Clarify(question, options):
                text = await self._say("clarify", task.context, question=question, options=options or None)
                asked = Question("data", task.ask.text, options, options)
                return Report(self.agent, text, asked=asked)
            case NotAllowed(what, reason):
                return await self._refuse(what, reason, task.context)
            case NotUnderstood(unexplained):
                return await self._by_text(task) or await self._unclear(unexplained, task)

    async def _unclear(self, unexplained: tuple[str, ...], task: Task) -> Report:
        text = await self._say("unclear", task.context, words=", ".join(unexplained) or None)
        unknown = Unknown("not_understood", {"unexplained": list(unexplained), "intent": task.ask.intent.value})
        return Report(self.agent, text, answered=False, confidence=0.0, unknown=unknown)

    async def _by_text(self, task: Task) -> Report | None:
        """The answer by the second way in; None when there is none, or it came to nothing.

        As a second opinion on what was asked of the documents it would not be sure enough to be told.
        """
        if self.by_text is None or task.ask.intent is not Intent.DATA:
            return None
        context = task.context
        try:
            rows = await self.by_text.answer(task.ask.text, context)
        except (Denied, QueryTooExpensive) as error:
            return await self._failed(error, context)
        except (QueryRejected, QueryFailed) as error:
            _log.warning("sql_text_gave_up", code=error.code)
            return None
        if rows is None:
            return None
        text = await self.brain.present(task.ask.text, None, rows, context)
        sql = rows.sql if context.principal.role is Role.ADMIN else None
        return Report(self.agent, text, confidence=_BY_TEXT_CONFIDENCE, sql=sql, focus=self.subjects.in_rows(rows))

    async def _run(self, plan: Planned, task: Task) -> Report:
        context = task.context
        try:
            plan, rows = await self._found(plan)
        except QueryInvalid as error:
            _log.warning("query_invalid", message=error.message, entity=plan.query.entity)
            text = await self._say("unclear", context)
            unknown = Unknown(error.code, {"entity": plan.query.entity})
            return Report(self.agent, text, answered=False, confidence=0.0, error=error.code, unknown=unknown)
        except (Denied, QueryFailed) as error:
            return await self._failed(error, context)
        return await self._present(plan, rows, task)

    async def _found(self, plan: Planned) -> tuple[Planned, Rows]:
        """The plan and its rows; the other reading of the question when the first has none and that one has."""
        rows = await self._rows(plan)
        if rows.rows or plan.otherwise is None:
            return plan, rows
        second = replace(plan, query=plan.otherwise, otherwise=None)
        try:
            found = await self._rows(second)
        except (Denied, QueryFailed, QueryInvalid) as error:
            _log.warning("second_reading_failed", code=error.code)
            return plan, rows
        return (second, found) if found.rows else (plan, rows)

    async def _rows(self, plan: Planned) -> Rows:
        """The rows of the plan; of a ranking cut short, also those that tie with the last one told."""
        query = plan.query
        tied = ties_with(query) if not plan.then else None
        rows: Rows = await self.query_data.ainvoke({"query": tied or query})
        return rows if tied is None else with_ties(rows, query)

    async def _failed(self, error: CuadrillaError, context: Context) -> Report:
        """Denied, too expensive and failed are three different replies."""
        if isinstance(error, Denied):
            what, reason = (str(error.details.get(key, "")) for key in ("what", "reason"))
            return await self._refuse(what, reason, context)
        kind = "too_expensive" if isinstance(error, QueryTooExpensive) else "failed"
        _log.error("query_failed", code=error.code, message=error.message)
        return Report(self.agent, await self._say(kind, context), confidence=0.0, error=error.code)

    async def _present(self, plan: Planned, rows: Rows, task: Task) -> Report:
        context = task.context
        text = await self.brain.present(task.ask.text, plan.query, rows, context)
        if plan.left_out:
            words = ", ".join(f"«{words}»" for words in plan.left_out)
            text = f"{text}\n\n{await self._say('left_out', context, words=words)}"
        report = Report(
            self.agent,
            text,
            confidence=plan.confidence,
            sql=rows.sql if context.principal.role is Role.ADMIN else None,
            query=plan.query,
            rows=rows,
            focus=self.subjects.in_rows(rows),
        )
        return await self._attach(report, plan, rows, context)

    async def _attach(self, report: Report, plan: Planned, rows: Rows, context: Context) -> Report:
        wants_chart = plan.chart or (context.principal.role is Role.ADMIN and _is_ranking(plan.query))
        if wants_chart and self.may_draw and len(rows.rows) > 1:
            drawn = await asyncio.to_thread(chart_file, self.catalogue, plan.query, rows, context.language)
            if drawn is not None:
                said = await self._say("chart", context)
                report = replace(report, text=f"{report.text}\n\n{said}", files=(*report.files, drawn))
        if len(rows.rows) > _LIST_SHOWN:
            sheet = spreadsheet_file(self.catalogue, plan.query, rows, context.language)
            report = replace(report, files=(*report.files, sheet))
        return report

    async def _refuse(self, what: str, reason: str, context: Context) -> Report:
        text = await self._say("denied", context, what=what, reason=reason)
        return Report(self.agent, text, refusal=Refusal(what, reason))

    async def _say(self, kind: str, context: Context, **values: object) -> str:
        given = {key: value for key, value in values.items() if value is not None}
        return await self.brain.phrase(Facts(kind, given), context)


def _joined(first: Report, second: Report) -> Report:
    """Both answers in one; what is remembered is the second one, unless that came to nothing."""
    remembered = second if second.query is not None else first
    return replace(
        remembered,
        text=f"{first.text}\n\n{second.text}",
        answered=True,
        confidence=min(first.confidence, second.confidence) if second.answered else first.confidence,
        files=(*first.files, *second.files),
        sql=";\n".join(sql for sql in (first.sql, second.sql) if sql) or None,
        refusal=second.refusal,
        unknown=second.unknown,
        focus=tuple(dict.fromkeys((*first.focus, *second.focus))),
    )


def _is_ranking(query: Query) -> bool:
    return bool(query.measures and query.group_by and any(o.measure is not None and o.descending for o in query.order))
