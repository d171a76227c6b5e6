"""Small facts of a message and its conversation that the router goes by."""

from __future__ import annotations

import unicodedata

from agents.brains.protocol import Context, Intent
from core.text import tokens

_CANCELLED = "cancelled"
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
