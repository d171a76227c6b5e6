"""Emergencies that are paged until somebody acknowledges them, and the files that customers sent. No reader sees them.

Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("pages", "received_files")


def moment(name: str, comment: str, *, default: str | None = None) -> sa.Column:
    kind = postgresql.TIMESTAMP(timezone=True)
    return sa.Column(
        name, kind, server_default=sa.text(default) if default else None, nullable=default is None, comment=comment
    )


def words(name: str, comment: str, *, default: str | None = None, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default=default, nullable=nullable, comment=comment)


def number(name: str, comment: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False, comment=comment)


def pages() -> None:
    op.create_table(
        "pages",
        sa.Column(
            "page_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False, comment="Number in links"
        ),
        sa.Column("turn_key", sa.Uuid(), nullable=False, comment="Turn that raised it"),
        number("account_id", "Account"),
        number("conversation_id", "Conversation"),
        words("title", "What it is, in a few words"),
        words("summary", "What whoever is on call should know"),
        words("url", "Where the conversation is opened", default=""),
        moment("created_at", "Raised", default="clock_timestamp()"),
        moment("next_at", "Not to be sent before", default="clock_timestamp()"),
        sa.Column("sent", sa.SmallInteger(), server_default=sa.text("0"), nullable=False, comment="Times sent"),
        words("error", "What went wrong last", default=""),
        moment("acknowledged_at", "Somebody took it"),
        words("acknowledged_by", "Who: an address, or a colleague at the channel", nullable=True),
        sa.PrimaryKeyConstraint("page_id", name="pk_pages"),
        sa.UniqueConstraint("turn_key", name="uq_pages_turn_key"),
        comment="Emergencies paged to those on call; never granted to any reader",
    )
    op.create_index("ix_pages_next_at", "pages", ["next_at"], postgresql_where=sa.text("acknowledged_at IS NULL"))


def received_files() -> None:
    op.create_table(
        "received_files",
        sa.Column("file_id", sa.BigInteger(), sa.Identity(always=False), nullable=False, comment="File number"),
        sa.Column("turn_key", sa.Uuid(), nullable=False, comment="Turn it came with"),
        sa.Column(
            "position", sa.SmallInteger(), nullable=False, comment="Its place among the files of the turn, from 0"
        ),
        number("account_id", "Account"),
        number("conversation_id", "Conversation"),
        words("name", "File name"),
        words("media_type", "Kind of file"),
        words("url", "Where the channel keeps it", nullable=True),
        sa.Column("intervention_id", sa.Integer(), nullable=True, comment="Visit it belongs to"),
        moment("received_at", "When it came", default="now()"),
        sa.PrimaryKeyConstraint("file_id", name="pk_received_files"),
        sa.UniqueConstraint("turn_key", "position", name="uq_received_files_turn_key_position"),
        sa.ForeignKeyConstraint(
            ["intervention_id"],
            ["interventions.intervention_id"],
            name="fk_received_files_intervention_id_interventions",
            ondelete="SET NULL",
        ),
        comment="Files sent by customers; never granted to any reader",
    )
    op.create_index("ix_received_files_conversation", "received_files", ["account_id", "conversation_id", "received_at"])
    op.create_index("ix_received_files_intervention_id", "received_files", ["intervention_id"])


def upgrade() -> None:
    pages()
    received_files()
    for table in TABLES:
        op.execute(f"ALTER TABLE public.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY owner ON public.{table} TO CURRENT_USER USING (true) WITH CHECK (true)")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
