"""Answers to unknown questions, version by version; who was told; documents that hold for a time only.

The statements about readers are those that ``python -m db.rls`` renders for these tables.

Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATES = ("waiting", "queued", "told", "with_colleague", "withheld", "undeliverable")
AUDIENCES = {
    "client": ("public", "client"),
    "technician": ("public", "client", "technician"),
    "admin": ("public", "client", "technician", "admin"),
    "guest": ("public",),
}
VALID = (
    " AND CURRENT_DATE >= coalesce({0}valid_from, CURRENT_DATE) AND CURRENT_DATE <= coalesce({0}valid_until, CURRENT_DATE)"
)
ANSWER_COLUMNS = (
    "answer_id, feedback_id, version, text, language, audience, author, author_id, source, valid_from, valid_until,"
    " created_at, approved_at, approved_by, revoked_at, revoked_by"
)


def moment(name: str, comment: str, *, default: str | None = None) -> sa.Column:
    kind = postgresql.TIMESTAMP(timezone=True)
    return sa.Column(
        name, kind, server_default=sa.text(default) if default else None, nullable=default is None, comment=comment
    )


def words(name: str, comment: str, *, default: str | None = None, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default=default, nullable=nullable, comment=comment)


def day(name: str, comment: str) -> sa.Column:
    return sa.Column(name, sa.Date(), nullable=True, comment=comment)


def answers() -> None:
    audience = postgresql.ENUM(*AUDIENCES["admin"], name="audience", create_type=False)
    op.create_table(
        "knowledge_answers",
        sa.Column("answer_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Number"),
        sa.Column("feedback_id", sa.Integer(), nullable=False, comment="Question"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Version, from 1"),
        words("text", "What was answered"),
        words("language", "Language it is written in", default="es"),
        sa.Column("audience", audience, nullable=False, comment="Least privileged reader"),
        words("author", "Name of who answered"),
        sa.Column("author_id", sa.Integer(), nullable=True, comment="Office user, if one"),
        words("source", "rest, chatwoot, csv, sheets"),
        words("origin", "What it was made from, so that it is made once", nullable=True),
        day("valid_from", "First day it holds"),
        day("valid_until", "Last day it holds"),
        moment("created_at", "Written", default="now()"),
        moment("approved_at", "Approved"),
        words("approved_by", "Name of who approved it", nullable=True),
        moment("revoked_at", "Withdrawn or replaced"),
        words("revoked_by", "Name of who withdrew it", nullable=True),
        sa.Column("document_id", sa.Integer(), nullable=True, comment="Document it is served as"),
        sa.PrimaryKeyConstraint("answer_id", name="pk_knowledge_answers"),
        sa.UniqueConstraint("feedback_id", "version", name="uq_knowledge_answers_feedback_id_version"),
        sa.UniqueConstraint("origin", name="uq_knowledge_answers_origin"),
        sa.CheckConstraint(
            "valid_from IS NULL OR valid_until IS NULL OR valid_from <= valid_until",
            name=op.f("ck_knowledge_answers_validity"),
        ),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["knowledge_feedback.feedback_id"],
            name="fk_knowledge_answers_feedback_id_knowledge_feedback",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.user_id"], name="fk_knowledge_answers_author_id_users"),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.document_id"],
            name="fk_knowledge_answers_document_id_documents",
            ondelete="SET NULL",
        ),
        comment="Answers of people to unknown questions, version by version",
    )
    op.create_index("ix_knowledge_answers_document_id", "knowledge_answers", ["document_id"])
    op.create_index(
        "uq_knowledge_answers_live",
        "knowledge_answers",
        ["feedback_id"],
        unique=True,
        postgresql_where=sa.text("approved_at IS NOT NULL AND revoked_at IS NULL"),
    )


def questions() -> None:
    op.execute("ALTER TYPE feedback_status ADD VALUE IF NOT EXISTS 'approved' AFTER 'answered'")
    op.add_column(
        "knowledge_feedback",
        words(
            "exact", "What must be the same in a question to be merged: codes, numbers, negations", default=""
        ),
    )
    op.add_column(
        "knowledge_feedback",
        sa.Column("merged_into", sa.Integer(), nullable=True, comment="Question that it was found to be the same as"),
    )
    op.create_foreign_key(
        "fk_knowledge_feedback_merged_into_knowledge_feedback",
        "knowledge_feedback",
        "knowledge_feedback",
        ["merged_into"],
        ["feedback_id"],
    )
    op.create_index("ix_knowledge_feedback_exact", "knowledge_feedback", ["exact", "language"])


def askers() -> None:
    state = postgresql.ENUM(*STATES, name="asker_state")
    state.create(op.get_bind())
    held = postgresql.ENUM(*STATES, name="asker_state", create_type=False)
    for column in (
        words("question", "Question as they put it", default=""),
        words("exact", "As of the question, in their words", default=""),
        words("language", "Language they wrote in", default="es"),
        words("door", "Conversation at the door", default=""),
        sa.Column("state", held, server_default="waiting", nullable=False, comment="How far the answer got with them"),
        sa.Column("answer_id", sa.Integer(), nullable=True, comment="Version they were told"),
        sa.Column("delivery_key", sa.Uuid(), nullable=True, comment="What carries the answer to them"),
        sa.Column(
            "tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False, comment="Times it was handed over"
        ),
    ):
        op.add_column("knowledge_askers", column)
    op.create_foreign_key(
        "fk_knowledge_askers_answer_id_knowledge_answers",
        "knowledge_askers",
        "knowledge_answers",
        ["answer_id"],
        ["answer_id"],
        ondelete="SET NULL",
    )
    op.create_index("ix_knowledge_askers_exact", "knowledge_askers", ["exact", "language"])
    op.create_index(
        "ix_knowledge_askers_unsettled",
        "knowledge_askers",
        ["door"],
        postgresql_where=sa.text("state IN ('waiting', 'queued')"),
    )
    op.create_index("ix_knowledge_askers_delivery_key", "knowledge_askers", ["delivery_key"])
    op.execute("UPDATE knowledge_askers SET state = 'told' WHERE notified_at IS NOT NULL")
    op.execute(
        "UPDATE knowledge_askers a SET question = f.question, language = f.language,"
        " door = CASE WHEN EXISTS (SELECT FROM turns u JOIN channel_turns c ON c.turn_key::text = u.message_id"
        " WHERE u.conversation_id = s.conversation_id AND u.request -> 'sender' = c.request -> 'sender' AND"
        " substring(s.conversation_id FROM '/(.*)$') = format('chatwoot:%s:%s', c.account_id, c.conversation_id))"
        " THEN substring(s.conversation_id FROM '/(.*)$') ELSE 'other:' END"
        " FROM knowledge_feedback f, chat_sessions s"
        " WHERE f.feedback_id = a.feedback_id AND s.session_id = a.session_id"
    )


def readers(*, valid: bool) -> None:
    """Who reads documents, and what hangs from them."""
    for role, audiences in AUDIENCES.items():
        login, listed = f"cuadrilla_{role}", ", ".join(f"'{one}'" for one in audiences)
        rule = f"(SELECT gate.principal('{role}')) IS NOT NULL AND {{0}}retired_at IS NULL AND {{0}}audience IN ({listed})"
        rule += VALID if valid else ""
        inside = f"document_id IN (SELECT d.document_id FROM public.documents d WHERE {rule.format('d.')})"
        if valid:
            op.execute(f"GRANT SELECT (valid_from, valid_until) ON public.documents TO {login}")
        for table, condition in (
            ("documents", rule.format("")),
            ("document_chunks", inside),
            ("document_products", inside),
        ):
            op.execute(f"DROP POLICY {login} ON public.{table}")
            op.execute(f"CREATE POLICY {login} ON public.{table} FOR SELECT TO {login} USING ({condition})")


def upgrade() -> None:
    answers()
    questions()
    askers()
    op.add_column("documents", day("valid_from", "First day it holds; nobody reads it before"))
    op.add_column("documents", day("valid_until", "Last day it holds; nobody reads it afterwards"))
    readers(valid=True)
    op.execute("ALTER TABLE public.knowledge_answers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY owner ON public.knowledge_answers TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute(f"GRANT SELECT ({ANSWER_COLUMNS}) ON public.knowledge_answers TO cuadrilla_admin")
    op.execute(
        "CREATE POLICY cuadrilla_admin ON public.knowledge_answers FOR SELECT TO cuadrilla_admin"
        " USING ((SELECT gate.principal('admin')) IS NOT NULL)"
    )
    op.execute("GRANT SELECT (merged_into) ON public.knowledge_feedback TO cuadrilla_admin")
    op.execute("GRANT SELECT (question, language, state, answer_id) ON public.knowledge_askers TO cuadrilla_admin")


def downgrade() -> None:
    readers(valid=False)
    for column in ("valid_from", "valid_until"):
        op.drop_column("documents", column)
    for column in ("question", "exact", "language", "door", "state", "answer_id", "delivery_key", "tries"):
        op.drop_column("knowledge_askers", column)
    for column in ("exact", "merged_into"):
        op.drop_column("knowledge_feedback", column)
    op.drop_table("knowledge_answers")
    op.execute("DROP TYPE asker_state")
    op.execute("UPDATE knowledge_feedback SET status = 'answered' WHERE status = 'approved'")
