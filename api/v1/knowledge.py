"""Questions that could not be answered: listed, set aside, deleted; and who asked each of them."""

from __future__ import annotations

from api.v1.rules import by_hand, unserved
from db.crud.resource import Resource
from db.models import KnowledgeAsker, KnowledgeFeedback
from db.schemas.library import KnowledgeBody

KNOWLEDGE_FEEDBACK = Resource(
    "knowledge-feedback",
    KnowledgeFeedback,
    KnowledgeBody,
    filters=("user_type", "language", "status", "reason", "asked_at", "answered_at", "answered_by", "resolved_at"),
    search=("question", "answer"),
    order="-asked_at",
    rule=by_hand,
    leaves=unserved,
)
KNOWLEDGE_ASKERS = Resource(
    "knowledge-askers", KnowledgeAsker, filters=("feedback_id", "session_id", "asked_at", "notified_at")
)
KNOWLEDGE = (KNOWLEDGE_FEEDBACK, KNOWLEDGE_ASKERS)
