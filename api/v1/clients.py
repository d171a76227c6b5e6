"""Clients."""

from __future__ import annotations

from db.crud.resource import Resource
from db.models import Client
from db.schemas.people import ClientBody

CLIENTS = Resource(
    "clients",
    Client,
    ClientBody,
    filters=("name", "kind", "tax_id", "email", "phone_number", "city", "province", "zone", "language", "created_at"),
    search=("name", "city", "address", "email"),
)
