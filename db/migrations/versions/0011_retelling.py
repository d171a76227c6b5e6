"""Who was told an answer that is corrected or withdrawn is told so.

Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OWED = ("answer", "retraction", "correction")


def upgrade() -> None:
    postgresql.ENUM(*OWED, name="owed_news").create(op.get_bind())
    op.add_column(
        "knowledge_askers",
        sa.Column(
            "owes",
            postgresql.ENUM(*OWED, name="owed_news", create_type=False),
            server_default="answer",
            nullable=False,
            comment="What they are to be told next",
        ),
    )
    op.add_column(
        "knowledge_answers",
        sa.Column(
            "tell_again",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Are those who were told it to be told that it no longer holds?",
        ),
    )


def downgrade() -> None:
    op.drop_column("knowledge_answers", "tell_again")
    op.drop_column("knowledge_askers", "owes")
    op.execute("DROP TYPE owed_news")
