"""The trace of an event, from the door to the reply.

Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("trace_id", sa.Text(), server_default="", nullable=False, comment="Trace of its delivery, for the logs")
    op.add_column("channel_events", column)


def downgrade() -> None:
    op.drop_column("channel_events", "trace_id")
