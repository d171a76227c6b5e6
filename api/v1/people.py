"""Clients, technicians, working areas, and how senders are recognised."""

from __future__ import annotations

from db.crud.resource import Resource
from db.models import Client, ContactIdentity, Technician, Zone
from db.schemas.people import ClientBody, ContactIdentityBody, TechnicianBody, ZoneBody

CLIENTS = Resource(
    "clients",
    Client,
    ClientBody,
    filters=("name", "kind", "tax_id", "email", "phone_number", "city", "province", "zone", "language", "created_at"),
    search=("name", "city", "address", "email"),
)
TECHNICIANS = Resource(
    "technicians",
    Technician,
    TechnicianBody,
    filters=("name", "email", "phone_number", "assigned_zone", "specialty", "active", "hired_on"),
    search=("name", "specialty"),
)
ZONES = Resource("zones", Zone, ZoneBody)
CONTACT_IDENTITIES = Resource(
    "contact-identities",
    ContactIdentity,
    ContactIdentityBody,
    filters=("channel", "external_id", "client_id", "technician_id", "user_id"),
)
PEOPLE = (CLIENTS, TECHNICIANS, ZONES, CONTACT_IDENTITIES)
