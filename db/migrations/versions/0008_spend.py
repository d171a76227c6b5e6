"""What was spent on the model, and what the administrator was told of it. No reader sees either.

Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("model_spending", "spending_notices")


def number(name: str, comment: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment=comment)


def upgrade() -> None:
    op.create_table(
        "model_spending",
        sa.Column("month", sa.Date(), nullable=False, comment="First day of the month"),
        sa.Column("conversation_id", sa.Text(), nullable=False, comment="Conversation, as the log of turns names it"),
        number("calls", "Calls of the model"),
        number("input_tokens", "Tokens read"),
        number("output_tokens", "Tokens written"),
        sa.Column("cost", sa.Numeric(14, 6), server_default=sa.text("0"), nullable=False, comment="Money"),
        sa.PrimaryKeyConstraint("month", "conversation_id", name="pk_model_spending"),
        comment="What the model cost, by month and conversation; never granted to any reader",
    )
    op.create_table(
        "spending_notices",
        sa.Column("month", sa.Date(), nullable=False, comment="First day of the month"),
        sa.Column("ceiling", sa.Text(), nullable=False, comment="Which ceiling was reached: month or conversation"),
        sa.Column(
            "told_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the administrator was told",
        ),
        sa.PrimaryKeyConstraint("month", "ceiling", name="pk_spending_notices"),
        comment="Ceilings that the administrator was told of, once a month each; never granted to any reader",
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE public.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY owner ON public.{table} TO CURRENT_USER USING (true) WITH CHECK (true)")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
