"""People: clients, technicians, users of the office, and how each is recognised on a channel."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, db_enum


class ClientKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"
    COMMUNITY = "community"


class UserRole(StrEnum):
    ADMIN = "admin"
    TECHNICIAN = "technician"
    CLIENT = "client"


class Zone(Base):
    """Working areas of the company."""

    __tablename__ = "zones"
    __table_args__ = ({"comment": "Working areas; each technician covers one and each site lies in one"},)

    zone: Mapped[str] = mapped_column(Text, primary_key=True, comment="Name of the area, such as 'Madrid'")


class Client(Base):
    """A customer: a person, a company or a community of owners."""

    __tablename__ = "clients"
    __table_args__ = (
        CheckConstraint("phone_number ~ '^\\+[1-9][0-9]{6,14}$'", name="phone_e164"),
        Index("ix_clients_zone", "zone"),
        Index("ix_clients_name", "name"),
        {"comment": "Customers of the company"},
    )

    client_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Client number")
    name: Mapped[str] = mapped_column(Text, comment="Full name or company name")
    kind: Mapped[ClientKind] = mapped_column(db_enum(ClientKind, "client_kind"), comment="Person, company or community")
    tax_id: Mapped[str | None] = mapped_column(Text, unique=True, comment="NIF or CIF")
    email: Mapped[str | None] = mapped_column(Text, comment="E-mail on file")
    phone_number: Mapped[str | None] = mapped_column(Text, comment="Main phone, E.164")
    address: Mapped[str | None] = mapped_column(Text, comment="Street address")
    postal_code: Mapped[str | None] = mapped_column(Text, comment="Postal code")
    city: Mapped[str] = mapped_column(Text, comment="City")
    province: Mapped[str] = mapped_column(Text, comment="Province")
    zone: Mapped[str] = mapped_column(ForeignKey("zones.zone"), comment="Working area that serves this client")
    language: Mapped[str] = mapped_column(Text, server_default="es", comment="Preferred language, ISO 639-1")
    created_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.now(), comment="Customer since"
    )


class Technician(Base):
    """An employee who installs, maintains and repairs."""

    __tablename__ = "technicians"
    __table_args__ = (
        CheckConstraint("phone_number ~ '^\\+[1-9][0-9]{6,14}$'", name="phone_e164"),
        Index("ix_technicians_assigned_zone", "assigned_zone"),
        {"comment": "Field technicians"},
    )

    technician_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Technician number")
    name: Mapped[str] = mapped_column(Text, comment="Full name")
    email: Mapped[str] = mapped_column(Text, unique=True, comment="Company e-mail")
    phone_number: Mapped[str | None] = mapped_column(Text, comment="Company phone, E.164")
    assigned_zone: Mapped[str] = mapped_column(ForeignKey("zones.zone"), comment="Area the technician covers")
    specialty: Mapped[str] = mapped_column(Text, comment="Main trade: climatización, ascensores, incendios, seguridad")
    active: Mapped[bool] = mapped_column(server_default=text("true"), comment="Works here today")
    hired_on: Mapped[date] = mapped_column(server_default=func.current_date(), comment="First day in the company")


class User(Base):
    """Somebody with an account: of the office, a technician or a client."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(
            "(role::text = 'technician') = (technician_id IS NOT NULL) AND (role::text = 'client') = "
            "(client_id IS NOT NULL)",
            name="role_is_bound",
        ),
        Index("uq_users_lower_email", text("lower(email)"), unique=True),
        {"comment": "Office staff with an account"},
    )

    user_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="User number")
    name: Mapped[str] = mapped_column(Text, comment="Full name")
    email: Mapped[str] = mapped_column(Text, unique=True, comment="Login e-mail")
    role: Mapped[UserRole] = mapped_column(db_enum(UserRole, "user_role"), comment="What the account may do")
    password_hash: Mapped[str | None] = mapped_column(Text, comment="Argon2 hash; never granted to any reader")
    active: Mapped[bool] = mapped_column(server_default=text("true"), comment="May sign in")
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now(), comment="Since")
    technician_id: Mapped[int | None] = mapped_column(
        ForeignKey("technicians.technician_id", ondelete="CASCADE"),
        index=True,
        comment="Technician whose account it is",
    )
    client_id: Mapped[int | None] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE"), index=True, comment="Client whose account it is"
    )


class ContactIdentity(Base):
    """A channel identity (phone, Chatwoot contact, WhatsApp user id) and whom it belongs to."""

    __tablename__ = "contact_identities"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        CheckConstraint("num_nonnulls(client_id, technician_id, user_id) = 1", name="one_owner"),
        {"comment": "How senders are recognised; exact match only"},
    )

    identity_id: Mapped[int] = mapped_column(Identity(), primary_key=True, comment="Number")
    channel: Mapped[str] = mapped_column(Text, comment="phone, chatwoot, whatsapp")
    external_id: Mapped[str] = mapped_column(Text, comment="E.164 number or the channel's id")
    client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.client_id", ondelete="CASCADE"), index=True)
    technician_id: Mapped[int | None] = mapped_column(
        ForeignKey("technicians.technician_id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), index=True)
    verified_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
