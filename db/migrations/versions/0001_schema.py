"""The schema: every table of the company. Frozen; never imports the live models.

Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ENUMS = {
    "document_kind": (
        "user_manual",
        "service_manual",
        "maintenance_plan",
        "error_table",
        "warranty",
        "faq",
        "data_sheet",
        "procedure",
        "price_list",
        "regulation",
        "answer",
    ),
    "audience": ("public", "client", "technician", "admin"),
    "product_category": ("split", "vrf", "boiler", "lift", "fire_panel", "alarm", "spare_part"),
    "user_role": ("admin",),
    "client_kind": ("person", "company", "community"),
    "user_type": ("client", "technician", "admin", "guest"),
    "feedback_status": ("pending", "answered", "resolved", "dismissed"),
    "equipment_status": ("active", "under_review", "decommissioned"),
    "order_status": ("pending", "confirmed", "shipped", "delivered", "cancelled"),
    "session_status": ("open", "handed_off", "closed"),
    "service_type": ("warranty", "extended_warranty", "preventive_maintenance", "full_maintenance"),
    "intervention_kind": ("installation", "maintenance", "repair", "inspection"),
    "intervention_status": ("requested", "scheduled", "in_progress", "completed", "cancelled"),
    "priority": ("low", "normal", "high", "urgent"),
    "message_author": ("customer", "bot", "colleague"),
}


def enum(name: str, *, create_type: bool = False) -> postgresql.ENUM:
    return postgresql.ENUM(*ENUMS[name], name=name, create_type=create_type)


def upgrade() -> None:
    for name in ENUMS:
        enum(name, create_type=True).create(op.get_bind())
    op.create_table(
        "audit_log",
        sa.Column("audit_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Number"),
        sa.Column(
            "at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False, comment="When"
        ),
        sa.Column("actor_role", sa.Text(), nullable=False, comment="Role of who confirmed it"),
        sa.Column("actor_id", sa.Integer(), nullable=True, comment="Client, technician or user number of that role"),
        sa.Column("action", sa.Text(), nullable=False, comment="What was done"),
        sa.Column("table_name", sa.Text(), nullable=False, comment="Table written"),
        sa.Column("record_id", sa.Text(), nullable=False, comment="Key of the record"),
        sa.Column("turn_id", sa.Text(), nullable=True, comment="Turn that wrote; one write a turn"),
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="Values before and after",
        ),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_log")),
        sa.UniqueConstraint("turn_id", name=op.f("uq_audit_log_turn_id")),
        comment="Writes made through agents: who, what, when",
    )
    op.create_index("ix_audit_log_table_name_record_id", "audit_log", ["table_name", "record_id"], unique=False)
    op.create_table(
        "documents",
        sa.Column("document_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Document number"),
        sa.Column("source", sa.Text(), nullable=False, comment="Where it came from: path or URL"),
        sa.Column("title", sa.Text(), nullable=False, comment="Title that is cited"),
        sa.Column("kind", enum("document_kind"), nullable=False, comment="Kind of document"),
        sa.Column(
            "audience",
            enum("audience"),
            nullable=False,
            comment="Least privileged reader; technicians also read client documents",
        ),
        sa.Column("language", sa.Text(), server_default="es", nullable=False, comment="Language, ISO 639-1"),
        sa.Column("revision", sa.Text(), nullable=True, comment="Revision printed on the document"),
        sa.Column(
            "categories",
            sa.ARRAY(enum("product_category")),
            server_default="{}",
            nullable=False,
            comment="Families it is about",
        ),
        sa.Column("media_type", sa.Text(), nullable=False, comment="MIME type of the file"),
        sa.Column("content_hash", sa.Text(), nullable=False, comment="SHA-256 of the bytes and of how they were read"),
        sa.Column("pages", sa.Integer(), nullable=True, comment="Pages, where the format has them"),
        sa.Column(
            "ingested_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When",
        ),
        sa.Column("retired_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Replaced or withdrawn"),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_documents")),
        comment="Manuals, plans, regulations and answers that may be cited",
    )
    op.create_index("ix_documents_audience", "documents", ["audience"], unique=False)
    op.create_index(
        "uq_documents_live_source", "documents", ["source"], unique=True, postgresql_where=sa.text("retired_at IS NULL")
    )
    op.create_table(
        "products",
        sa.Column("product_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Product number"),
        sa.Column("sku", sa.Text(), nullable=False, comment="Model or part code, such as XP400"),
        sa.Column("name", sa.Text(), nullable=False, comment="Commercial name"),
        sa.Column("brand", sa.Text(), nullable=False, comment="Manufacturer"),
        sa.Column("category", enum("product_category"), nullable=False, comment="Family of equipment"),
        sa.Column(
            "price", sa.Numeric(precision=12, scale=2), nullable=False, comment="List price in euros without VAT"
        ),
        sa.Column(
            "warranty_months",
            sa.Integer(),
            server_default="24",
            nullable=False,
            comment="Manufacturer warranty in months",
        ),
        sa.Column(
            "specs",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="Technical data of the model: power_kw, refrigerant, ...",
        ),
        sa.Column(
            "discontinued", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="No longer sold"
        ),
        sa.CheckConstraint("price >= 0", name=op.f("ck_products_price_not_negative")),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_products")),
        sa.UniqueConstraint("sku", name=op.f("uq_products_sku")),
        comment="Catalogue of equipment models and spare parts",
    )
    op.create_index("ix_products_category", "products", ["category"], unique=False)
    op.create_table(
        "turns",
        sa.Column("turn_id", sa.Uuid(), nullable=False, comment="Turn id"),
        sa.Column("conversation_id", sa.Text(), nullable=False, comment="Conversation at the door"),
        sa.Column("message_id", sa.Text(), nullable=True, comment="The door's id of the message, for idempotency"),
        sa.Column(
            "request", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="TurnRequest as received"
        ),
        sa.Column(
            "result", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="TurnResult; empty while it runs"
        ),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When",
        ),
        sa.PrimaryKeyConstraint("turn_id", name=op.f("pk_turns")),
        sa.UniqueConstraint("conversation_id", "message_id", name=op.f("uq_turns_conversation_id_message_id")),
        comment="Turns answered; never granted to any reader",
    )
    op.create_table(
        "users",
        sa.Column("user_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="User number"),
        sa.Column("name", sa.Text(), nullable=False, comment="Full name"),
        sa.Column("email", sa.Text(), nullable=False, comment="Login e-mail"),
        sa.Column("role", enum("user_role"), nullable=False, comment="What the account may do"),
        sa.Column("password_hash", sa.Text(), nullable=True, comment="Argon2 hash; never granted to any reader"),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False, comment="May sign in"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="Since",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        comment="Office staff with an account",
    )
    op.create_table(
        "warehouses",
        sa.Column("warehouse_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Warehouse number"),
        sa.Column("name", sa.Text(), nullable=False, comment="Name"),
        sa.Column("city", sa.Text(), nullable=False, comment="City"),
        sa.Column("address", sa.Text(), nullable=True, comment="Street address"),
        sa.PrimaryKeyConstraint("warehouse_id", name=op.f("pk_warehouses")),
        sa.UniqueConstraint("name", name=op.f("uq_warehouses_name")),
        comment="Warehouses",
    )
    op.create_table(
        "zones",
        sa.Column("zone", sa.Text(), nullable=False, comment="Name of the area, such as 'Madrid'"),
        sa.PrimaryKeyConstraint("zone", name=op.f("pk_zones")),
        comment="Working areas; each technician covers one and each site lies in one",
    )
    op.create_table(
        "clients",
        sa.Column("client_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Client number"),
        sa.Column("name", sa.Text(), nullable=False, comment="Full name or company name"),
        sa.Column("kind", enum("client_kind"), nullable=False, comment="Person, company or community"),
        sa.Column("tax_id", sa.Text(), nullable=True, comment="NIF or CIF"),
        sa.Column("email", sa.Text(), nullable=True, comment="E-mail on file"),
        sa.Column("phone_number", sa.Text(), nullable=True, comment="Main phone, E.164"),
        sa.Column("address", sa.Text(), nullable=True, comment="Street address"),
        sa.Column("postal_code", sa.Text(), nullable=True, comment="Postal code"),
        sa.Column("city", sa.Text(), nullable=False, comment="City"),
        sa.Column("province", sa.Text(), nullable=False, comment="Province"),
        sa.Column("zone", sa.Text(), nullable=False, comment="Working area that serves this client"),
        sa.Column("language", sa.Text(), server_default="es", nullable=False, comment="Preferred language, ISO 639-1"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="Customer since",
        ),
        sa.CheckConstraint("phone_number ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_clients_phone_e164")),
        sa.ForeignKeyConstraint(["zone"], ["zones.zone"], name=op.f("fk_clients_zone_zones")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_clients")),
        sa.UniqueConstraint("tax_id", name=op.f("uq_clients_tax_id")),
        comment="Customers of the company",
    )
    op.create_index("ix_clients_name", "clients", ["name"], unique=False)
    op.create_index("ix_clients_zone", "clients", ["zone"], unique=False)
    op.create_table(
        "document_chunks",
        sa.Column(
            "chunk_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Chunk number; the id in FAISS"
        ),
        sa.Column("document_id", sa.Integer(), nullable=False, comment="Document"),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="Position in the document, from 0"),
        sa.Column("page", sa.Integer(), nullable=True, comment="First page of the passage, from 1"),
        sa.Column("section", sa.Text(), nullable=True, comment="Nearest heading"),
        sa.Column(
            "heading_path", sa.ARRAY(sa.Text()), server_default="{}", nullable=False, comment="Headings from the top"
        ),
        sa.Column("content", sa.Text(), nullable=False, comment="Text of the passage"),
        sa.Column("embedding", sa.LargeBinary(), nullable=True, comment="float32 vector, little endian"),
        sa.Column("embedding_model", sa.Text(), nullable=True, comment="What made the vector"),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.document_id"],
            name=op.f("fk_document_chunks_document_id_documents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("chunk_id", name=op.f("pk_document_chunks")),
        sa.UniqueConstraint("document_id", "ordinal", name=op.f("uq_document_chunks_document_id_ordinal")),
        comment="Passages of the documents",
    )
    op.create_table(
        "document_products",
        sa.Column("document_id", sa.Integer(), nullable=False, comment="Document"),
        sa.Column("product_id", sa.Integer(), nullable=False, comment="Model"),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.document_id"],
            name=op.f("fk_document_products_document_id_documents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_document_products_product_id_products")
        ),
        sa.PrimaryKeyConstraint("document_id", "product_id", name=op.f("pk_document_products")),
        comment="Models that each document is about",
    )
    op.create_index(op.f("ix_document_products_product_id"), "document_products", ["product_id"], unique=False)
    op.create_table(
        "knowledge_feedback",
        sa.Column("feedback_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Question number"),
        sa.Column("question", sa.Text(), nullable=False, comment="Question as first asked"),
        sa.Column("normalized", sa.Text(), nullable=False, comment="Folded words, for merging equal questions"),
        sa.Column("answer", sa.Text(), nullable=True, comment="Answer given by a person"),
        sa.Column("user_type", enum("user_type"), nullable=False, comment="Role of who asked"),
        sa.Column("language", sa.Text(), server_default="es", nullable=False, comment="Language of the question"),
        sa.Column(
            "status", enum("feedback_status"), server_default="pending", nullable=False, comment="Where it stands"
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why it was not known"),
        sa.Column(
            "searched",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="What was looked up",
        ),
        sa.Column(
            "asked_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="First asked",
        ),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Answered"),
        sa.Column("answered_by", sa.Integer(), nullable=True, comment="Who answered"),
        sa.Column(
            "resolved_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Reply sent to the askers"
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["users.user_id"], name=op.f("fk_knowledge_feedback_answered_by_users")
        ),
        sa.PrimaryKeyConstraint("feedback_id", name=op.f("pk_knowledge_feedback")),
        comment="Questions that could not be answered",
    )
    op.create_index("ix_knowledge_feedback_normalized", "knowledge_feedback", ["normalized", "user_type"], unique=False)
    op.create_index("ix_knowledge_feedback_status_asked_at", "knowledge_feedback", ["status", "asked_at"], unique=False)
    op.create_table(
        "stock",
        sa.Column("product_id", sa.Integer(), nullable=False, comment="Product"),
        sa.Column("warehouse_id", sa.Integer(), nullable=False, comment="Warehouse"),
        sa.Column("quantity", sa.Integer(), nullable=False, comment="Units on hand"),
        sa.Column("minimum", sa.Integer(), server_default="0", nullable=False, comment="Reorder below this many units"),
        sa.Column(
            "updated_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="As of",
        ),
        sa.CheckConstraint("minimum >= 0", name=op.f("ck_stock_minimum_not_negative")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_stock_quantity_not_negative")),
        sa.ForeignKeyConstraint(["product_id"], ["products.product_id"], name=op.f("fk_stock_product_id_products")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouses.warehouse_id"], name=op.f("fk_stock_warehouse_id_warehouses")
        ),
        sa.PrimaryKeyConstraint("product_id", "warehouse_id", name=op.f("pk_stock")),
        comment="Units on hand by product and warehouse",
    )
    op.create_index(op.f("ix_stock_warehouse_id"), "stock", ["warehouse_id"], unique=False)
    op.create_table(
        "technicians",
        sa.Column(
            "technician_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Technician number"
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="Full name"),
        sa.Column("email", sa.Text(), nullable=False, comment="Company e-mail"),
        sa.Column("phone_number", sa.Text(), nullable=True, comment="Company phone, E.164"),
        sa.Column("assigned_zone", sa.Text(), nullable=False, comment="Area the technician covers"),
        sa.Column(
            "specialty",
            sa.Text(),
            nullable=False,
            comment="Main trade: climatización, ascensores, incendios, seguridad",
        ),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False, comment="Works here today"),
        sa.Column(
            "hired_on",
            sa.Date(),
            server_default=sa.text("CURRENT_DATE"),
            nullable=False,
            comment="First day in the company",
        ),
        sa.CheckConstraint("phone_number ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_technicians_phone_e164")),
        sa.ForeignKeyConstraint(["assigned_zone"], ["zones.zone"], name=op.f("fk_technicians_assigned_zone_zones")),
        sa.PrimaryKeyConstraint("technician_id", name=op.f("pk_technicians")),
        sa.UniqueConstraint("email", name=op.f("uq_technicians_email")),
        comment="Field technicians",
    )
    op.create_index("ix_technicians_assigned_zone", "technicians", ["assigned_zone"], unique=False)
    op.create_table(
        "contact_identities",
        sa.Column("identity_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Number"),
        sa.Column("channel", sa.Text(), nullable=False, comment="phone, chatwoot, whatsapp"),
        sa.Column("external_id", sa.Text(), nullable=False, comment="E.164 number or the channel's id"),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("technician_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("verified_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(client_id, technician_id, user_id) = 1", name=op.f("ck_contact_identities_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["clients.client_id"],
            name=op.f("fk_contact_identities_client_id_clients"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"],
            ["technicians.technician_id"],
            name=op.f("fk_contact_identities_technician_id_technicians"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_contact_identities_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("identity_id", name=op.f("pk_contact_identities")),
        sa.UniqueConstraint("channel", "external_id", name=op.f("uq_contact_identities_channel_external_id")),
        comment="How senders are recognised; exact match only",
    )
    op.create_index(op.f("ix_contact_identities_client_id"), "contact_identities", ["client_id"], unique=False)
    op.create_index(op.f("ix_contact_identities_technician_id"), "contact_identities", ["technician_id"], unique=False)
    op.create_index(op.f("ix_contact_identities_user_id"), "contact_identities", ["user_id"], unique=False)
    op.create_table(
        "installed_equipment",
        sa.Column("equipment_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Equipment number"),
        sa.Column("client_id", sa.Integer(), nullable=False, comment="Owner"),
        sa.Column("product_id", sa.Integer(), nullable=False, comment="Model"),
        sa.Column("serial_number", sa.Text(), nullable=False, comment="Serial number on the plate"),
        sa.Column("installed_on", sa.Date(), nullable=False, comment="Day of installation"),
        sa.Column(
            "status", enum("equipment_status"), nullable=False, comment="In service, under review or decommissioned"
        ),
        sa.Column("location", sa.Text(), nullable=False, comment="Where in the building: salón, azotea, portal 2"),
        sa.Column("address", sa.Text(), nullable=False, comment="Street address of the site"),
        sa.Column("city", sa.Text(), nullable=False, comment="City of the site"),
        sa.Column("province", sa.Text(), nullable=False, comment="Province of the site"),
        sa.Column("zone", sa.Text(), nullable=False, comment="Working area of the site"),
        sa.Column(
            "config",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="Settings of this machine: firmware, setpoint, zones, ...",
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.client_id"], name=op.f("fk_installed_equipment_client_id_clients")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_installed_equipment_product_id_products")
        ),
        sa.ForeignKeyConstraint(["zone"], ["zones.zone"], name=op.f("fk_installed_equipment_zone_zones")),
        sa.PrimaryKeyConstraint("equipment_id", name=op.f("pk_installed_equipment")),
        sa.UniqueConstraint("serial_number", name=op.f("uq_installed_equipment_serial_number")),
        comment="Machines installed at clients' sites",
    )
    op.create_index(
        "ix_installed_equipment_client_id", "installed_equipment", ["client_id", "product_id"], unique=False
    )
    op.create_index("ix_installed_equipment_product_id", "installed_equipment", ["product_id"], unique=False)
    op.create_index("ix_installed_equipment_zone", "installed_equipment", ["zone"], unique=False)
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Order number"),
        sa.Column("client_id", sa.Integer(), nullable=False, comment="Client who ordered"),
        sa.Column("ordered_at", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="When it was placed"),
        sa.Column("status", enum("order_status"), nullable=False, comment="Where the order stands"),
        sa.Column("delivered_on", sa.Date(), nullable=True, comment="Day of delivery"),
        sa.Column(
            "total",
            sa.Numeric(precision=12, scale=2),
            nullable=False,
            comment="Amount in euros as invoiced, without VAT",
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name=op.f("fk_orders_client_id_clients")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
        comment="Orders placed by clients",
    )
    op.create_index("ix_orders_client_id_ordered_at", "orders", ["client_id", "ordered_at"], unique=False)
    op.create_index("ix_orders_ordered_at", "orders", ["ordered_at"], unique=False)
    op.create_table(
        "chat_sessions",
        sa.Column("session_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Conversation number"),
        sa.Column("conversation_id", sa.Text(), nullable=False, comment="Id of the conversation at the door"),
        sa.Column("channel", sa.Text(), nullable=False, comment="whatsapp, playground, api"),
        sa.Column("user_type", enum("user_type"), nullable=False, comment="Role of the person"),
        sa.Column("client_id", sa.Integer(), nullable=True, comment="Client, if one"),
        sa.Column("technician_id", sa.Integer(), nullable=True, comment="Technician"),
        sa.Column("user_id", sa.Integer(), nullable=True, comment="Office user, if one"),
        sa.Column("equipment_id", sa.Integer(), nullable=True, comment="Machine it was about, when known"),
        sa.Column("subject", sa.Text(), nullable=True, comment="What it was about, in a few words"),
        sa.Column(
            "status",
            enum("session_status"),
            server_default="open",
            nullable=False,
            comment="Open, with a person, or closed",
        ),
        sa.Column(
            "started_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="First message",
        ),
        sa.Column(
            "last_message_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="Latest message",
        ),
        sa.CheckConstraint(
            "num_nonnulls(client_id, technician_id, user_id) <= 1", name=op.f("ck_chat_sessions_one_owner")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name=op.f("fk_chat_sessions_client_id_clients")),
        sa.ForeignKeyConstraint(
            ["equipment_id"],
            ["installed_equipment.equipment_id"],
            name=op.f("fk_chat_sessions_equipment_id_installed_equipment"),
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technicians.technician_id"], name=op.f("fk_chat_sessions_technician_id_technicians")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_chat_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_chat_sessions")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_chat_sessions_conversation_id")),
        comment="Conversations held on any channel",
    )
    op.create_index(
        "ix_chat_sessions_client_id_last_message_at", "chat_sessions", ["client_id", "last_message_at"], unique=False
    )
    op.create_index("ix_chat_sessions_equipment_id", "chat_sessions", ["equipment_id"], unique=False)
    op.create_index("ix_chat_sessions_technician_id", "chat_sessions", ["technician_id"], unique=False)
    op.create_index("ix_chat_sessions_user_id", "chat_sessions", ["user_id"], unique=False)
    op.create_table(
        "contracts",
        sa.Column("contract_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Contract number"),
        sa.Column("client_id", sa.Integer(), nullable=False, comment="Client who holds it"),
        sa.Column(
            "equipment_id", sa.Integer(), nullable=True, comment="Machine covered; empty means all of the client's"
        ),
        sa.Column("service_type", enum("service_type"), nullable=False, comment="What it covers"),
        sa.Column("starts_on", sa.Date(), nullable=False, comment="First day covered"),
        sa.Column("ends_on", sa.Date(), nullable=False, comment="Day it expires"),
        sa.Column("cancelled_on", sa.Date(), nullable=True, comment="Day it was cancelled, if it was"),
        sa.Column(
            "annual_price", sa.Numeric(precision=12, scale=2), nullable=False, comment="Euros a year without VAT"
        ),
        sa.Column(
            "auto_renew", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="Renews by itself"
        ),
        sa.Column("terms", sa.Text(), nullable=False, comment="Conditions in words"),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_contracts_ends_after_start")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name=op.f("fk_contracts_client_id_clients")),
        sa.ForeignKeyConstraint(
            ["equipment_id"],
            ["installed_equipment.equipment_id"],
            name=op.f("fk_contracts_equipment_id_installed_equipment"),
        ),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_contracts")),
        comment="Warranties and maintenance contracts",
    )
    op.create_index("ix_contracts_client_id_ends_on", "contracts", ["client_id", "ends_on"], unique=False)
    op.create_index("ix_contracts_ends_on", "contracts", ["ends_on"], unique=False)
    op.create_index("ix_contracts_equipment_id", "contracts", ["equipment_id"], unique=False)
    op.create_table(
        "interventions",
        sa.Column(
            "intervention_id",
            sa.Integer(),
            sa.Identity(always=False, start=1001),
            nullable=False,
            comment="Visit number",
        ),
        sa.Column("client_id", sa.Integer(), nullable=False, comment="Client visited"),
        sa.Column("equipment_id", sa.Integer(), nullable=True, comment="Machine attended"),
        sa.Column("technician_id", sa.Integer(), nullable=True, comment="Technician in charge; empty until assigned"),
        sa.Column("kind", enum("intervention_kind"), nullable=False, comment="Kind"),
        sa.Column("status", enum("intervention_status"), nullable=False, comment="Where the visit stands"),
        sa.Column("priority", enum("priority"), server_default="normal", nullable=False, comment="How pressing it is"),
        sa.Column(
            "requested_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When it was asked for",
        ),
        sa.Column(
            "scheduled_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="Agreed day and hour; empty until scheduled",
        ),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Work began"),
        sa.Column("completed_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Work ended"),
        sa.Column("description", sa.Text(), nullable=False, comment="What was asked for or reported"),
        sa.Column("result", sa.Text(), nullable=True, comment="What was done and how it was left"),
        sa.Column(
            "cost",
            sa.Numeric(precision=12, scale=2),
            nullable=True,
            comment="Euros charged without VAT; 0 under contract",
        ),
        sa.Column("document_path", sa.Text(), nullable=True, comment="Report file or link, if any"),
        sa.CheckConstraint(
            "status <> 'completed' OR completed_at IS NOT NULL", name=op.f("ck_interventions_completed_has_time")
        ),
        sa.CheckConstraint(
            "completed_at IS NULL OR started_at IS NULL OR completed_at >= started_at",
            name=op.f("ck_interventions_order"),
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name=op.f("fk_interventions_client_id_clients")),
        sa.ForeignKeyConstraint(
            ["equipment_id"],
            ["installed_equipment.equipment_id"],
            name=op.f("fk_interventions_equipment_id_installed_equipment"),
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technicians.technician_id"], name=op.f("fk_interventions_technician_id_technicians")
        ),
        sa.PrimaryKeyConstraint("intervention_id", name=op.f("pk_interventions")),
        comment="Visits of technicians, past and planned",
    )
    op.create_index(
        "ix_interventions_client_id_scheduled_at", "interventions", ["client_id", "scheduled_at"], unique=False
    )
    op.create_index("ix_interventions_equipment_id", "interventions", ["equipment_id"], unique=False)
    op.create_index("ix_interventions_scheduled_at", "interventions", ["scheduled_at"], unique=False)
    op.create_index("ix_interventions_status", "interventions", ["status"], unique=False)
    op.create_index(
        "ix_interventions_technician_id_scheduled_at", "interventions", ["technician_id", "scheduled_at"], unique=False
    )
    op.create_table(
        "order_items",
        sa.Column("order_id", sa.Integer(), nullable=False, comment="Order"),
        sa.Column("line", sa.Integer(), nullable=False, comment="Line number in the order"),
        sa.Column("product_id", sa.Integer(), nullable=False, comment="Product ordered"),
        sa.Column("quantity", sa.Integer(), nullable=False, comment="Units"),
        sa.Column(
            "unit_price", sa.Numeric(precision=12, scale=2), nullable=False, comment="Euros per unit without VAT"
        ),
        sa.Column(
            "amount",
            sa.Numeric(precision=12, scale=2),
            sa.Computed("quantity * unit_price", persisted=True),
            nullable=False,
            comment="Euros of the line",
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_items_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_order_items_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_order_items_product_id_products")
        ),
        sa.PrimaryKeyConstraint("order_id", "line", name=op.f("pk_order_items")),
        comment="Lines of the orders",
    )
    op.create_index("ix_order_items_product_id", "order_items", ["product_id"], unique=False)
    op.create_table(
        "chat_messages",
        sa.Column("message_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Message number"),
        sa.Column("session_id", sa.Integer(), nullable=False, comment="Conversation"),
        sa.Column("author", enum("message_author"), nullable=False, comment="Who wrote it"),
        sa.Column("body", sa.Text(), nullable=False, comment="Text as written"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When",
        ),
        sa.Column("turn_id", sa.Uuid(), nullable=True, comment="Turn it belongs to"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["chat_sessions.session_id"],
            name=op.f("fk_chat_messages_session_id_chat_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.turn_id"], name=op.f("fk_chat_messages_turn_id_turns")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_chat_messages")),
        comment="Messages of the conversations",
    )
    op.create_index("ix_chat_messages_created_at", "chat_messages", ["created_at"], unique=False)
    op.create_index(
        "ix_chat_messages_session_id_created_at", "chat_messages", ["session_id", "created_at"], unique=False
    )
    op.create_table(
        "knowledge_askers",
        sa.Column("asker_id", sa.Integer(), sa.Identity(always=False), nullable=False, comment="Number"),
        sa.Column("feedback_id", sa.Integer(), nullable=False, comment="Question"),
        sa.Column("session_id", sa.Integer(), nullable=False, comment="Conversation it came from"),
        sa.Column(
            "asked_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When",
        ),
        sa.Column("notified_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Answer sent"),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["knowledge_feedback.feedback_id"],
            name=op.f("fk_knowledge_askers_feedback_id_knowledge_feedback"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["chat_sessions.session_id"],
            name=op.f("fk_knowledge_askers_session_id_chat_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("asker_id", name=op.f("pk_knowledge_askers")),
        sa.UniqueConstraint("feedback_id", "session_id", name=op.f("uq_knowledge_askers_feedback_id_session_id")),
        comment="Who asked each unknown question",
    )
    op.create_index(op.f("ix_knowledge_askers_session_id"), "knowledge_askers", ["session_id"], unique=False)


def downgrade() -> None:
    op.drop_table("knowledge_askers")
    op.drop_table("chat_messages")
    op.drop_table("order_items")
    op.drop_table("interventions")
    op.drop_table("contracts")
    op.drop_table("chat_sessions")
    op.drop_table("orders")
    op.drop_table("installed_equipment")
    op.drop_table("contact_identities")
    op.drop_table("technicians")
    op.drop_table("stock")
    op.drop_table("knowledge_feedback")
    op.drop_table("document_products")
    op.drop_table("document_chunks")
    op.drop_table("clients")
    op.drop_table("zones")
    op.drop_table("warehouses")
    op.drop_table("users")
    op.drop_table("turns")
    op.drop_table("products")
    op.drop_table("documents")
    op.drop_table("audit_log")
    for name in ENUMS:
        enum(name).drop(op.get_bind(), checkfirst=True)
