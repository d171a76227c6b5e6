"""What is granted and read like a table and is none: views that the access migrations make (``db/rls.py``)."""

from __future__ import annotations

from sqlalchemy import MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class View(DeclarativeBase):
    """Base of the models of views, kept apart from the tables: nothing is created, seeded or backed up from it."""

    metadata = MetaData()


class ClientContact(View):
    """How a client that the technician visits is reached."""

    __tablename__ = "client_contacts"
    __table_args__ = ({"comment": "How clients whom the technician visits are reached"},)

    client_id: Mapped[int] = mapped_column(primary_key=True, comment="Client")
    email: Mapped[str | None] = mapped_column(Text, comment="E-mail")
    phone_number: Mapped[str | None] = mapped_column(Text, comment="Phone number, E.164")
    address: Mapped[str | None] = mapped_column(Text, comment="Street and number")
    postal_code: Mapped[str | None] = mapped_column(Text, comment="Postal code")
