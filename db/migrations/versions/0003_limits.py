"""Agents' queries are cut after a second and a half: a hostile one must be over within two.

Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

READERS = ("cuadrilla_client", "cuadrilla_technician", "cuadrilla_admin", "cuadrilla_guest")


def limit(milliseconds: int) -> None:
    for reader in READERS:
        op.execute(f"ALTER ROLE {reader} SET statement_timeout = '{milliseconds}ms'")


def upgrade() -> None:
    limit(1500)


def downgrade() -> None:
    limit(5000)
