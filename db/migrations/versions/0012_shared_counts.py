"""What several servers count together: calls of each caller, and failures that people are told of.

Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("call_counts", "alert_groups")


def upgrade() -> None:
    moment = postgresql.TIMESTAMP(timezone=True)
    op.create_table(
        "call_counts",
        sa.Column("caller", sa.LargeBinary(), nullable=False, comment="Digest of the limit and of who calls"),
        sa.Column("begins_at", moment, nullable=False, comment="Beginning of the window"),
        sa.Column("calls", sa.Integer(), nullable=False, comment="Calls let through in the window"),
        sa.Column("forget_at", moment, nullable=False, comment="When it counts for nothing any more"),
        sa.PrimaryKeyConstraint("caller", "begins_at", name="pk_call_counts"),
        comment="Calls of each caller; lost in a crash, which is no harm; never granted to any reader",
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_call_counts_forget_at", "call_counts", ["forget_at"])
    op.create_table(
        "alert_groups",
        sa.Column("kind", sa.Text(), nullable=False, comment="Kind of failure, as core/alerts.yaml names it"),
        sa.Column(
            "times",
            postgresql.ARRAY(sa.Double()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="When it happened since the last letter, in seconds since 1970",
        ),
        sa.Column("detail", sa.Text(), server_default="", nullable=False, comment="The last one, redacted"),
        sa.Column(
            "silent_until",
            sa.Double(),
            server_default=sa.text("0"),
            nullable=False,
            comment="No letter before this, in seconds since 1970",
        ),
        sa.PrimaryKeyConstraint("kind", name="pk_alert_groups"),
        comment="Failures that people are told of, one row a kind; never granted to any reader",
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE public.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY owner ON public.{table} TO CURRENT_USER USING (true) WITH CHECK (true)")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
