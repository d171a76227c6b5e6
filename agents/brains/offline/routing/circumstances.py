"""Small facts of a message and its conversation that the router goes by."""

from __future__ import annotations

import unicodedata

from agents.brains.offline.routing.classifier import Judged
from agents.brains.protocol import Context, Intent
from core.text import tokens
from policy.decide import may_write
from policy.grants import Write

VISIT_CHANGE = "visit_change"
_CANCELLED = "cancelled"
_PHONE = (9, 13)
"""Fewest and most digits of a phone number."""
_FEW = 3
_QUESTIONS = frozenset({Intent.DATA, Intent.DOCUMENTS})


def cancels(context: Context) -> bool:
    """Is what waits for a yes that a visit be cancelled?"""
    return context.pending is not None and context.pending.fields.get("status") == _CANCELLED


def only_signs(text: str) -> bool:
    """Is ``text`` nothing but emoji?"""
    shown = [c for c in text if not c.isspace()]
    return any(unicodedata.category(c) == "So" for c in shown) and not any(c.isalnum() for c in shown)


def previous_intent(context: Context) -> Intent | None:
    """The question intent of the latest exchange that had one."""
    for exchange in reversed(context.history):
        for intent in reversed(exchange.intents):
            if intent in _QUESTIONS:
                return intent
    return None


def has_record(text: str) -> bool:
    """Does ``text`` name a visit, a contract or anything else by its number?"""
    return any(token.folded.isdigit() and len(token.folded) >= 3 for token in tokens(text))


def for_whoever_changes(judged: Judged, context: Context) -> Judged:
    """A change of a visit is a request of those who may change visits, and of whoever has one waiting for a yes."""
    mine = may_write(context.principal.role, Write.UPDATE_INTERVENTION).allowed
    waiting = context.pending is not None and context.pending.action is Write.REQUEST_VISIT
    waiting = waiting or asked_of_request(context)
    if judged.reasons.get(Intent.HUMAN) != VISIT_CHANGE or not (mine or waiting):
        return judged
    scores = {**judged.scores, Intent.HUMAN: 0.0}
    scores[Intent.TICKET] += judged.scores[Intent.HUMAN]
    return Judged(scores, judged.reasons)


def asked_of_request(context: Context) -> bool:
    """Was something asked of whoever writes, to complete what they want written?"""
    chosen = bool(context.options and context.history) and context.history[-1].intents[:1] == (Intent.TICKET,)
    return context.insisted or chosen


def handed_over(context: Context) -> bool:
    """Was a person brought in at the last turn?"""
    return bool(context.history) and Intent.HUMAN in context.history[-1].intents


def only_phone(text: str) -> bool:
    """Is ``text`` a phone number, with hardly a word besides ("el 612 345 678")?"""
    digits = sum(c.isdigit() for c in text)
    if any(token.folded[0].isalpha() and any(c.isdigit() for c in token.folded) for token in tokens(text)):
        return False  # XP250-2211-0159 is a machine's number
    return _PHONE[0] <= digits <= _PHONE[1] and sum(token.folded.isalpha() for token in tokens(text)) <= _FEW
