"""An account of a technician or a client is no administrator, whatever identity is linked to it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from api.keys import NewUser, add_user
from core.passwords import Passwords
from db.crud.accounts import CHANNEL
from db.models import ContactIdentity, UserRole
from policy.roles import GUEST, Role
from tests.conftest import NOW
from tools.identity import ChannelIdentity, find_principal


@pytest.mark.parametrize(("role", "subject"), [(UserRole.ADMIN, None), (UserRole.TECHNICIAN, 1), (UserRole.CLIENT, 1)])
def test_an_account_is_known_as_whom_it_is_of(session: Session, role: UserRole, subject: int | None) -> None:
    new = NewUser("Prueba", "prueba@prueba.example", role, subject)
    user = add_user(session, new, Passwords(memory_kib=64, passes=1), NOW)
    found = find_principal(session, ChannelIdentity(CHANNEL, str(user.user_id)))
    assert (found.role, found.subject_id) == (Role(role.value), subject or user.user_id)


@pytest.mark.parametrize(("role", "subject"), [(UserRole.TECHNICIAN, 1), (UserRole.CLIENT, 1)])
def test_a_phone_linked_to_such_an_account_administers_nothing(session: Session, role: UserRole, subject: int) -> None:
    new = NewUser("Prueba", "prueba@prueba.example", role, subject)
    user = add_user(session, new, Passwords(memory_kib=64, passes=1), NOW)
    session.add(ContactIdentity(channel="phone", external_id="+34611111111", user_id=user.user_id))
    session.flush()
    assert find_principal(session, ChannelIdentity("phone", "+34611111111")) == GUEST
