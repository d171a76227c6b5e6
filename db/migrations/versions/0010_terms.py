"""The terms of documents as search counts them. No reader sees them.

Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document_terms",
        sa.Column("document_id", sa.Integer(), autoincrement=False, nullable=False, comment="Document"),
        sa.Column("analyser", sa.Text(), nullable=False, comment="What they depend on besides the text, as a digest"),
        sa.Column("packed", sa.LargeBinary(), nullable=False, comment="Terms and counts, chunk by chunk, as msgpack"),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.document_id"],
            name="fk_document_terms_document_id_documents",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", name="pk_document_terms"),
        comment="Terms of each live document, as search counts them; never granted to any reader",
    )
    op.execute("ALTER TABLE public.document_terms ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY owner ON public.document_terms TO CURRENT_USER USING (true) WITH CHECK (true)")


def downgrade() -> None:
    op.drop_table("document_terms")
