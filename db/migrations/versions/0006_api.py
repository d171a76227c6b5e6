"""Accounts: sign-ins, refresh tokens, service keys, lock-out, idempotent requests; users bound to whom they are.

Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("login_sessions", "refresh_tokens", "api_keys", "sign_in_failures", "idempotent_requests")


def moment(name: str, comment: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=nullable, comment=comment)


def words(name: str, comment: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable, comment=comment)


def digest(name: str, comment: str) -> sa.Column:
    return sa.Column(name, sa.LargeBinary(), nullable=False, comment=comment)


def number(name: str, comment: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=nullable, comment=comment)


def users() -> None:
    """Office staff stay as they were; technicians and clients may have an account too."""
    for value in ("technician", "client"):
        op.execute(f"ALTER TYPE user_role ADD VALUE IF NOT EXISTS '{value}'")
    for column, table, comment in (
        ("technician_id", "technicians", "Technician whose account it is"),
        ("client_id", "clients", "Client whose account it is"),
    ):
        op.add_column("users", number(column, comment, nullable=True))
        op.create_foreign_key(f"fk_users_{column}_{table}", "users", table, [column], [column], ondelete="CASCADE")
        op.create_index(f"ix_users_{column}", "users", [column])
    # As text: a new value of an enum may not be used in the transaction that adds it.
    op.create_check_constraint(
        op.f("ck_users_role_is_bound"),
        "users",
        "(role::text = 'technician') = (technician_id IS NOT NULL) AND (role::text = 'client') = (client_id IS NOT NULL)",
    )
    op.create_index("uq_users_lower_email", "users", [sa.text("lower(email)")], unique=True)
    op.execute("GRANT SELECT (technician_id, client_id) ON public.users TO cuadrilla_admin")


def sign_ins() -> None:
    op.create_table(
        "login_sessions",
        sa.Column("session_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False, comment="Sign-in"),
        number("user_id", "Who signed in"),
        moment("created_at", "When"),
        moment("expires_at", "No token of it is good after this"),
        moment("ended_at", "Signed out, or revoked", nullable=True),
        words("ended_reason", "signed_out, reused, password_changed, disabled", nullable=True),
        sa.PrimaryKeyConstraint("session_id", name="pk_login_sessions"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name="fk_login_sessions_user_id_users", ondelete="CASCADE"
        ),
        comment="Sign-ins; never granted to any reader",
    )
    op.create_index("ix_login_sessions_user_id", "login_sessions", ["user_id"])
    op.create_table(
        "refresh_tokens",
        digest("token_hash", "SHA-256 of the token"),
        sa.Column("session_id", sa.Uuid(), nullable=False, comment="Sign-in it belongs to"),
        moment("created_at", "Issued"),
        moment("expires_at", "Good until"),
        moment("used_at", "Exchanged for the next one", nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name="pk_refresh_tokens"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["login_sessions.session_id"],
            name="fk_refresh_tokens_session_id_login_sessions",
            ondelete="CASCADE",
        ),
        comment="Refresh tokens as digests; never granted to any reader",
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"])


def keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Number"),
        words("name", "What it is for"),
        words("public_id", "The part of the key that may be shown"),
        digest("key_hash", "SHA-256 of the whole key"),
        number("user_id", "In whose name it calls"),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False, comment="What it may be used for"),
        moment("created_at", "Made"),
        number("created_by", "By whom; empty: by command", nullable=True),
        moment("expires_at", "Good until; empty: no end", nullable=True),
        moment("revoked_at", "No longer good since", nullable=True),
        moment("last_used_at", "Roughly when last used", nullable=True),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
        sa.UniqueConstraint("public_id", name="uq_api_keys_public_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name="fk_api_keys_user_id_users", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.user_id"], name="fk_api_keys_created_by_users", ondelete="SET NULL"
        ),
        comment="Service keys as digests; never granted to any reader",
    )
    op.create_index("ix_api_keys_user_id", "api_keys", ["user_id"])


def guards() -> None:
    op.create_table(
        "sign_in_failures",
        digest("subject", "Digest of what is counted"),
        sa.Column("failures", sa.SmallInteger(), nullable=False, comment="Attempts in a row"),
        moment("first_at", "The first of them"),
        moment("locked_until", "Refused until", nullable=True),
        sa.PrimaryKeyConstraint("subject", name="pk_sign_in_failures"),
        comment="Failed sign-ins, to lock out guessers; never granted to any reader",
    )
    op.create_table(
        "idempotent_requests",
        words("owner", "Whose key it is"),
        words("key", "The caller's key"),
        digest("digest", "SHA-256 of method, path and body"),
        sa.Column("status", sa.SmallInteger(), nullable=True, comment="HTTP status of the answer"),
        sa.Column(
            "headers",
            postgresql.JSONB(),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="ETag and Location of the answer",
        ),
        words("body", "The answer", nullable=True),
        moment("created_at", "First came"),
        moment("expires_at", "Forgotten after"),
        sa.PrimaryKeyConstraint("owner", "key", name="pk_idempotent_requests"),
        comment="Answers kept for requests that are repeated; never granted to any reader",
    )
    op.create_index("ix_idempotent_requests_expires_at", "idempotent_requests", ["expires_at"])


def upgrade() -> None:
    users()
    sign_ins()
    keys()
    guards()
    for table in TABLES:
        op.execute(f"ALTER TABLE public.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY owner ON public.{table} TO CURRENT_USER USING (true) WITH CHECK (true)")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DELETE FROM users WHERE role::text <> 'admin'")
    op.drop_index("uq_users_lower_email", "users")
    op.drop_constraint(op.f("ck_users_role_is_bound"), "users")
    op.drop_column("users", "client_id")
    op.drop_column("users", "technician_id")
    op.execute("ALTER TYPE user_role RENAME TO user_role_before")
    op.execute("CREATE TYPE user_role AS ENUM ('admin')")
    op.execute("ALTER TABLE users ALTER COLUMN role TYPE user_role USING role::text::user_role")
    op.execute("DROP TYPE user_role_before")
