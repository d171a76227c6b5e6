"""Whose conversation is it, as far as the events told?"""

from __future__ import annotations

from channels.chatwoot.predicate import PENDING
from channels.inbox import Standing


def whose(standing: Standing) -> str:
    """Why the bot must be quiet in a conversation, or nothing when it is the bot's."""
    if standing.status != PENDING:
        return "not_pending"
    if standing.assignee_type == "User":
        return "assigned_to_a_person"
    return "a_person_wrote" if standing.person_wrote else ""
