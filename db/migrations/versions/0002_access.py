"""Who may read what: the gate, the agents' logins, row-level security. Frozen SQL, rendered by ``python -m db.rls``.

Revises: 0001
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def run(name: str) -> None:
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute((HERE / name).read_text(encoding="utf-8"))


def upgrade() -> None:
    run("0002_gate.sql")
    run("0002_access.sql")
    run("0002_owner.sql")


def downgrade() -> None:
    run("0002_down.sql")
