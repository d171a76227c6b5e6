"""Reports as the public TurnResult."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from agents.report import Report
from graph.desk import Desk
from graph.filing import RECEPTION
from graph.inert import inert
from graph.memory import IGNORED_TO_ASK_AGAIN, Memory
from graph.messages import (
    Choices,
    Citation,
    Denial,
    Handoff,
    OutgoingAttachment,
    PendingConfirmation,
    TurnResult,
    Written,
)
from policy.roles import Role
from tools.handoff import HandoffNote

_URGENCY = ("low", "medium", "high", "urgent")


def build_result(
    desk: Desk,
    reply: str,
    intents: tuple[str, ...],
    reports: tuple[Report, ...],
    memory: Memory,
    feedback_id: int | None,
    own_hosts: Collection[str] = frozenset(),
) -> TurnResult:
    """Everything the door needs, from what the specialists reported. Of addresses, those on ``own_hosts`` stay."""
    refusal = next((report.refusal for report in reports if report.refusal), None)
    pending = memory.pending
    statements = [report.sql for report in reports if report.sql] if desk.principal.role is Role.ADMIN else []
    return TurnResult(
        turn_id=UUID(desk.turn.turn_id),
        reply=inert(reply, own_hosts),
        language=desk.context.language,
        role=desk.principal.role.value,
        intents=list(intents),
        specialists=list(dict.fromkeys(str(r.agent) for r in reports if r.agent != RECEPTION and r.text)),
        citations=[
            Citation(
                document=cited.document, page=cited.page, section=cited.section, quote=inert(cited.quote, own_hosts)
            )
            for cited in dict.fromkeys(cited for report in reports for cited in report.citations)
        ],
        attachments=[
            OutgoingAttachment(name=file.name, media_type=file.media_type, data=file.data)
            for report in reports
            for file in report.files
        ],
        handoff=_handoff(tuple(report.handoff for report in reports if report.handoff)),
        denied=Denial(what=refusal.what, reason=refusal.reason) if refusal else None,
        pending_confirmation=(
            PendingConfirmation(action=pending.draft.action.value, summary=inert(pending.draft.summary))
            if pending
            else None
        ),
        choices=_choices(memory, reports),
        written=[Written(table=w.table, id=w.id, action=w.action) for report in reports for w in report.written],
        sql=statements[0] if len(statements) == 1 else statements or None,
        feedback_id=feedback_id,
        error=next((report.error for report in reports if report.error), None),
    )


def _choices(memory: Memory, reports: tuple[Report, ...]) -> Choices | None:
    """What the reply asks to choose from; nothing when a person takes over."""
    if any(report.handoff for report in reports):
        return None
    drafted = any(report.draft is not None for report in reports)
    if memory.pending is not None and (drafted or memory.pending.ignored == IGNORED_TO_ASK_AGAIN):
        return Choices(kind="confirmation")
    if memory.asked is not None and memory.asked.options:
        return Choices(kind="options", options=[inert(option) for option in memory.asked.options])
    return None


def _handoff(notes: tuple[HandoffNote, ...]) -> Handoff | None:
    if not notes:
        return None
    most = max(notes, key=lambda note: _URGENCY.index(note.priority))
    labels = list(dict.fromkeys(label for note in notes for label in note.labels))
    return Handoff(reason=most.reason, priority=most.priority, labels=labels, summary=inert(most.summary))
