"""Who writes, as the channel vouches for them. What a visitor of a web page types about themselves proves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from graph.messages import Sender
from policy.roles import Role
from tools.identity import PHONE, find_principal, normalise

CONTACT = "chatwoot"
WHATSAPP = "whatsapp"
VISITOR = "chatwoot-visitor"
_PHONES = frozenset({"Channel::Whatsapp", "Channel::TwilioSms", "Channel::Sms"})
_VOUCHED = _PHONES | {"Channel::Telegram", "Channel::Line", "Channel::FacebookPage", "Channel::Instagram"}
"""Channels whose platform says who writes. A web page or an API inbox does so only when it signed the contact."""
_BUSINESS_SCOPED = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


def candidates(channel: str, facts: Mapping[str, Any]) -> Iterator[Sender]:
    """The identities of who writes that can be trusted, surest first; the last one always works for a guest."""
    contact = facts.get("contact") or {}
    source = str(facts.get("source_id") or "")
    contact_id = contact.get("id")
    if channel not in _VOUCHED and not facts.get("verified"):
        yield Sender(channel=VISITOR, external_id=(source or str(contact_id or "unknown"))[:200])
        return
    if contact_id is not None:
        yield Sender(channel=CONTACT, external_id=str(contact_id))
    if channel not in _PHONES:
        if contact_id is None:
            yield Sender(channel=VISITOR, external_id=(source or "unknown")[:200])
        return
    number = source.removeprefix("whatsapp:")
    if _BUSINESS_SCOPED.fullmatch(number):
        yield Sender(channel=WHATSAPP, external_id=number)
    elif number:
        yield Sender(channel=PHONE, external_id=number if number.startswith("+") else f"+{number}")
    if phone := str(contact.get("phone_number") or ""):
        yield Sender(channel=PHONE, external_id=phone)


def identify(sessions: sessionmaker[Session], channel: str, facts: Mapping[str, Any], region: str) -> Sender:
    """The identity of who writes that belongs to somebody, or for a guest the one that lasts longest."""
    known = list(candidates(channel, facts))
    with sessions() as session:
        for sender in known:
            identity = normalise(sender.channel, sender.external_id, region)
            if find_principal(session, identity).role is not Role.GUEST:
                return sender
    phones = [sender for sender in known if sender.channel in {PHONE, WHATSAPP}]
    if phones:
        return phones[0]
    return known[0] if known else Sender(channel=VISITOR, external_id="unknown")
