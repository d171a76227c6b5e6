"""Bringing in a person: what the customer is told, what the colleague should know, and the conversation made theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

from channels.chatwoot.escaping import literal
from channels.chatwoot.outgoing import ConversationFacts, Outgoing
from channels.chatwoot.rendering import chatwoot_text, compose_reply, notes
from channels.chatwoot.splitting import split
from channels.chatwoot.wording import Wording, load_wording
from channels.paging import Alarm
from core.settings import Settings
from core.text import fold
from graph.messages import Handoff, TurnResult

EMERGENCY = "emergency"
_KIND = f"{EMERGENCY}:"
DEFAULT_TEAM = "default"
OPEN = "open"
_URGENCY = ("low", "medium", "high", "urgent")
_NOT_IN_LABEL = re.compile(r"[^a-z0-9_-]+")
_MOST_QUOTED = 600


def steps(result: TurnResult, facts: ConversationFacts, settings: Settings) -> tuple[Outgoing, ...]:
    """All that hands the conversation of ``facts`` over for ``result.handoff``, in order; opening it is the last.

    Without a hand-off in ``result``, only its reply.
    """
    reply = compose_reply(result, facts.channel, facts.can_reply, settings)
    handoff = result.handoff
    if handoff is None:
        return reply
    said = tuple(step for step in reply if step.kind in {"message", "note"})
    labels = tuple(label for step in reply for label in step.labels)
    return (
        *said,
        *notes(colleague_note(result, handoff, facts)),
        Outgoing("labels", labels=tuple(dict.fromkeys((*labels, *map(as_label, handoff.labels or [handoff.reason]))))),
        *_priority(handoff, facts),
        *_team(handoff, settings),
        Outgoing("status", value=OPEN),
    )


def alarm_of(turn_key: UUID, result: TurnResult, facts: ConversationFacts) -> Alarm | None:
    """What those on call are paged with, when ``result`` hands an emergency over."""
    handoff = result.handoff
    if handoff is None or handoff.reason != EMERGENCY:
        return None
    kinds = [label.removeprefix(_KIND) for label in handoff.labels if label.startswith(_KIND)]
    who = " · ".join(part for part in (facts.contact_name, facts.phone or "") if part)
    return Alarm(
        turn_key=turn_key,
        account_id=facts.account_id,
        conversation_id=facts.conversation_id,
        kind=next(iter(kinds), "default"),
        who=who,
        summary=handoff.summary or facts.asked,
        url=facts.url,
    )


def as_label(name: str) -> str:
    """``name`` as a label that an account of Chatwoot may have: letters, digits, hyphens and underscores."""
    return _NOT_IN_LABEL.sub("_", fold(name)).strip("_")


def colleague_note(result: TurnResult, handoff: Handoff, facts: ConversationFacts) -> str:
    """What the colleague who takes over reads first."""
    wording = load_wording()
    title = wording.note(
        "handoff",
        reason=wording.reasons.get(handoff.reason, literal(handoff.reason)),
        priority=wording.priorities.get(handoff.priority, handoff.priority),
    )
    return title + "\n" + "\n".join(f"- {line}" for line in _lines(result, handoff, facts, wording) if line)


def _lines(result: TurnResult, handoff: Handoff, facts: ConversationFacts, wording: Wording) -> Iterator[str]:
    contact = " · ".join(part for part in (facts.contact_name, facts.phone or "") if part)
    if contact:
        yield wording.note("contact", contact=literal(contact))
    yield from (literal(line) for line in handoff.summary.splitlines())
    if facts.asked and facts.asked.strip() not in handoff.summary:
        yield wording.note("asked", message=_quoted(literal(facts.asked)))
    if result.reply:
        yield wording.note("replied", reply=_quoted(chatwoot_text(result.reply)))
    consulted = dict.fromkeys(
        wording.note("page", document=literal(cited.document), page=cited.page)
        if cited.page
        else literal(cited.document)
        for cited in result.citations
    )
    if consulted:
        yield wording.note("consulted", documents="; ".join(consulted))
    if result.written:
        yield wording.note("written", records=", ".join(literal(f"{row.table} {row.id}") for row in result.written))
    if result.denied is not None:
        yield wording.note("denied", what=literal(result.denied.what))
    if result.feedback_id is not None:
        yield wording.note("unanswered", number=result.feedback_id)
    if facts.url:
        yield wording.note("conversation", url=facts.url)


def _quoted(text: str) -> str:
    """``text`` on one line, cut when long."""
    line = " / ".join(line.strip() for line in text.splitlines() if line.strip())
    first, *more = split(line, _MOST_QUOTED)
    return f"{first}…" if more else first


def _priority(handoff: Handoff, facts: ConversationFacts) -> tuple[Outgoing, ...]:
    """Raised, never lowered."""
    now = _URGENCY.index(facts.priority) if facts.priority in _URGENCY else -1
    wanted = _URGENCY.index(handoff.priority)
    return (Outgoing("priority", value=handoff.priority),) if wanted > now else ()


def _team(handoff: Handoff, settings: Settings) -> tuple[Outgoing, ...]:
    """The team of the reason, or of one of the labels, or the team that takes the rest."""
    teams = {as_label(name): team for name, team in settings.chatwoot_teams.items()}
    wanted = [as_label(name) for name in (handoff.reason, *handoff.labels, DEFAULT_TEAM)]
    team = next((teams[name] for name in wanted if name in teams), None)
    return (Outgoing("team", value=team),) if team is not None else ()
