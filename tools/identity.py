"""Who is writing: a channel identity, normalised and matched exactly. What a message claims is never looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import phonenumbers
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from db.models import Client, ContactIdentity, Technician, User, UserRole
from policy.roles import GUEST, Principal, Role

PHONE = "phone"
_PHONE_CHANNELS = frozenset({PHONE, "whatsapp", "sms"})
FIND = (
    select(
        ContactIdentity.client_id,
        ContactIdentity.technician_id,
        ContactIdentity.user_id,
        Client.name.label("client"),
        Technician.name.label("technician"),
        Technician.active.label("works"),
        User.name.label("user"),
        User.active.label("signs_in"),
        User.role.label("user_role"),
    )
    .outerjoin(Client, Client.client_id == ContactIdentity.client_id)
    .outerjoin(Technician, Technician.technician_id == ContactIdentity.technician_id)
    .outerjoin(User, User.user_id == ContactIdentity.user_id)
    .where(ContactIdentity.channel == bindparam("channel"), ContactIdentity.external_id == bindparam("external_id"))
)
"""One row at most: whom a channel identity (``channel``, ``external_id``) belongs to; see :func:`as_principal`."""


@dataclass(frozen=True, slots=True)
class ChannelIdentity:
    """A sender as the channel knows them; ``external_id`` of a phone is E.164 when it is a possible number."""

    channel: str
    external_id: str


def normalise(channel: str, external_id: str, region: str) -> ChannelIdentity:
    """``external_id`` as it is kept: phone numbers in E.164, everything else as it came, without outer spaces."""
    channel, external_id = channel.strip().casefold(), external_id.strip()
    if channel in _PHONE_CHANNELS:
        number = _e164(external_id, region)
        if number is not None:
            return ChannelIdentity(PHONE, number)
    return ChannelIdentity(channel, external_id)


def _e164(text: str, region: str) -> str | None:
    for candidate in (text, f"+{text[2:]}" if text.startswith("00") else f"+{text.lstrip('+')}"):
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def find_principal(session: Session, identity: ChannelIdentity) -> Principal:
    """Whom ``identity`` belongs to; a guest when it is unknown, or belongs to somebody who no longer works here."""
    row = session.execute(FIND, {"channel": identity.channel, "external_id": identity.external_id}).mappings().first()
    return as_principal(row)


def as_principal(row: Mapping[Any, Any] | None) -> Principal:
    """The principal of a row of :data:`FIND`."""
    if row is None:
        return GUEST
    if row["client_id"] is not None:
        return Principal(Role.CLIENT, row["client_id"], row["client"])
    if row["technician_id"] is not None and row["works"]:
        return Principal(Role.TECHNICIAN, row["technician_id"], row["technician"])
    if row["user_id"] is not None and row["signs_in"] and row["user_role"] == UserRole.ADMIN:
        return Principal(Role.ADMIN, row["user_id"], row["user"])
    return GUEST


def owner_key(principal: Principal, identity: ChannelIdentity) -> str:
    """Whose conversation it is: the principal, or for a guest the sender (hashed: a phone number is personal)."""
    if principal.subject_id is not None:
        return f"{principal.role.value}:{principal.subject_id}"
    sender = f"{identity.channel}:{identity.external_id}".encode()
    return f"{Role.GUEST.value}:{hashlib.sha256(sender).hexdigest()[:24]}"
