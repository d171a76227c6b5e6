"""Clients, technicians, working areas, and how senders are recognised."""

from __future__ import annotations

from core.errors import BadInput
from db.crud.accounts import CHANNEL
from db.crud.resource import Resource, Values, Writing
from db.models import Client, ClientContact, ContactIdentity, Technician, Zone
from db.schemas.people import ClientBody, ContactIdentityBody, TechnicianBody, ZoneBody
from tools.identity import PHONE, normalise

_SOMEWHERE = "ZZ"
"""No region: only numbers with their prefix are read."""


def recognisable(_writing: Writing, values: Values) -> Values:
    """A sender as the turn service looks for them; raises :class:`BadInput` for what it would never find."""
    identity = normalise(values["channel"], values["external_id"], _SOMEWHERE)
    if identity.channel == CHANNEL:
        raise BadInput("It is made with the account.", what="channel", reason="reserved")
    if identity.channel == PHONE and not identity.external_id.startswith("+"):
        raise BadInput("A phone number is written in E.164.", what="external_id", reason="unknown_phone")
    return {**values, "channel": identity.channel, "external_id": identity.external_id}


CLIENTS = Resource(
    "clients",
    Client,
    ClientBody,
    filters=("name", "kind", "tax_id", "email", "phone_number", "city", "province", "zone", "language", "created_at"),
    search=("name", "city", "address", "email"),
)
CLIENT_CONTACTS = Resource("client-contacts", ClientContact, filters=("email", "phone_number", "postal_code"))
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
    rule=recognisable,
)
PEOPLE = (CLIENTS, CLIENT_CONTACTS, TECHNICIANS, ZONES, CONTACT_IDENTITIES)
