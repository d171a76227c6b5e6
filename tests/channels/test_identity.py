"""Who writes is what the channel vouches for, never what a visitor typed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from channels.chatwoot.identity import identify
from db.models import ContactIdentity
from policy.roles import Role
from tests.conftest import PHONES

WHATSAPP, TWILIO, WEB = "Channel::Whatsapp", "Channel::TwilioSms", "Channel::WebWidget"
ADMIN, CLIENT = PHONES[Role.ADMIN], PHONES[Role.CLIENT]


def facts(source: str = "", phone: str = "", contact: int | None = 501, **more: Any) -> dict[str, Any]:
    return {"contact": {"id": contact, "name": "x", "phone_number": phone}, "source_id": source, **more}


@pytest.mark.parametrize(
    ("channel", "known", "expected"),
    [
        (WHATSAPP, facts("34600000001"), ("phone", "+34600000001")),
        (TWILIO, facts("whatsapp:+34600000001"), ("phone", "+34600000001")),
        (WHATSAPP, facts("34699999999"), ("phone", "+34699999999")),
        (WHATSAPP, facts("ES.AbC123"), ("whatsapp", "ES.AbC123")),
        (WHATSAPP, facts("ES.AbC123", phone=CLIENT), ("phone", CLIENT)),
        (WHATSAPP, facts(), ("chatwoot", "501")),
        (WEB, facts("a-visitor", phone=ADMIN), ("chatwoot-visitor", "a-visitor")),
        (WEB, facts("a-visitor", phone=ADMIN, verified=True), ("chatwoot", "501")),
        ("Channel::Api", facts("a-visitor", phone=ADMIN), ("chatwoot-visitor", "a-visitor")),
        ("", {}, ("chatwoot-visitor", "unknown")),
        ("Channel::Telegram", facts("77", phone=ADMIN), ("chatwoot", "501")),
    ],
)
def test_the_table(
    sessions: sessionmaker[Session], channel: str, known: dict[str, Any], expected: tuple[str, str]
) -> None:
    sender = identify(sessions, channel, known, "ES")
    assert (sender.channel, sender.external_id) == expected


def test_a_contact_that_was_linked_is_known_by_its_number(session: Session, engine: Engine) -> None:
    session.add(ContactIdentity(channel="chatwoot", external_id="777", client_id=1))
    session.flush()
    bound = sessionmaker(bind=session.connection(), join_transaction_mode="create_savepoint")
    sender = identify(bound, WHATSAPP, facts("34699999999", contact=777), "ES")
    assert (sender.channel, sender.external_id) == ("chatwoot", "777")
