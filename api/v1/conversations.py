"""Conversations, their messages, and the audit of writes: read only."""

from __future__ import annotations

from db.crud.resource import Resource
from db.models import AuditLog, ChatMessage, ChatSession

CHAT_SESSIONS = Resource(
    "chat-sessions",
    ChatSession,
    filters=(
        "channel",
        "user_type",
        "client_id",
        "technician_id",
        "user_id",
        "equipment_id",
        "status",
        "started_at",
        "last_message_at",
    ),
    search=("subject",),
    order="-last_message_at",
)
CHAT_MESSAGES = Resource(
    "chat-messages",
    ChatMessage,
    filters=("session_id", "author", "created_at"),
    search=("body",),
)
AUDIT = Resource(
    "audit-log",
    AuditLog,
    filters=("at", "actor_role", "actor_id", "action", "table_name", "record_id"),
    order="-audit_id",
)
CONVERSATIONS = (CHAT_SESSIONS, CHAT_MESSAGES, AUDIT)
