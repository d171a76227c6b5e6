"""Passwords to tokens, tokens to the next ones, and a pause for who guesses."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from api.keys import NewUser, add_user, set_password
from api.sign_in import PER_ACCOUNT_AND_ADDRESS, PER_ADDRESS, WINDOW, SignIn
from core.access_tokens import AUDIENCE, ISSUER, AccessClaims, AccessTokens
from core.errors import BadInput, CredentialsWrong, SignInLocked, Unauthenticated
from core.passwords import Passwords
from db.crud.accounts import account_signed_in, sweep_accounts
from db.models import User, UserRole
from db.session import session_scope
from tests.conftest import NOW, SECRET, ZONE

PHRASE = "correcto caballo pila grapa"
LASTS = timedelta(days=30)


@dataclass
class MovingClock:
    """A clock that a test sets."""

    instant: datetime = NOW
    zone = ZONE

    def now(self) -> datetime:
        return self.instant

    def today(self) -> Any:
        return self.instant.date()


@dataclass
class Door:
    """Sign-in for one account of its own."""

    sign_in: SignIn
    tokens: AccessTokens
    clock: MovingClock
    sessions: sessionmaker[Session]
    passwords: Passwords
    email: str
    user_id: int

    def knock(self, password: str = PHRASE, email: str | None = None, address: str | None = None) -> Any:
        return self.sign_in.with_password(email or self.email, password, address or self.email)

    def signed_in(self, access_token: str) -> bool:
        claims = self.tokens.read(access_token)
        with self.sessions() as session:
            return account_signed_in(session, claims.user_id, claims.session_id, self.clock.now()) is not None


@pytest.fixture
def door(sessions: sessionmaker[Session]) -> Iterator[Door]:
    clock, passwords = MovingClock(), Passwords(memory_kib=64, passes=1)
    tokens = AccessTokens(SECRET, clock, timedelta(minutes=15))
    email = f"{uuid4().hex}@prueba.example"
    with session_scope(sessions) as session:
        user = add_user(session, NewUser("Prueba", email, UserRole.ADMIN, password=PHRASE), passwords, NOW)
    yield Door(
        SignIn(sessions, clock, passwords, tokens, LASTS), tokens, clock, sessions, passwords, email, user.user_id
    )
    with session_scope(sessions) as session:
        session.execute(text("DELETE FROM users WHERE user_id = :id"), {"id": user.user_id})


def test_a_password_is_exchanged_for_tokens(door: Door) -> None:
    issued = door.knock()
    assert door.signed_in(issued.access_token)
    assert door.tokens.read(issued.access_token).user_id == door.user_id
    assert issued.expires_in == 15 * 60
    assert door.knock(email=door.email.upper()).access_token


@pytest.mark.parametrize("password", ["", "otra cosa distinta", PHRASE + " ", PHRASE.upper()])
def test_a_wrong_password_is_refused_like_an_unknown_name(door: Door, password: str) -> None:
    with pytest.raises(CredentialsWrong) as wrong:
        door.knock(password)
    with pytest.raises(CredentialsWrong) as unknown:
        door.knock(password, email=f"nadie-{door.email}")
    assert wrong.value.message == unknown.value.message


def test_an_unknown_name_costs_as_much_as_a_known_one(door: Door) -> None:
    """Both verify one hash: what is timed elsewhere is counted here."""
    verified: list[str | None] = []

    class Counting(Passwords):
        def verify(self, kept: str | None, password: str) -> bool:
            verified.append(kept)
            return super().verify(kept, password)

    counting = SignIn(door.sessions, door.clock, Counting(memory_kib=64, passes=1), door.tokens, LASTS)
    for email in (door.email, f"nadie-{door.email}"):
        with pytest.raises(CredentialsWrong):
            counting.with_password(email, "wrong", door.email)
    assert [kept is None for kept in verified] == [False, True]


def test_somebody_who_left_does_not_sign_in_and_is_out_at_once(door: Door) -> None:
    issued = door.knock()
    with session_scope(door.sessions) as session:
        session.get_one(User, door.user_id).active = False
    assert not door.signed_in(issued.access_token)
    with pytest.raises(CredentialsWrong):
        door.sign_in.with_refresh_token(issued.refresh_token)
    with pytest.raises(CredentialsWrong):
        door.knock()


def test_refresh_tokens_rotate(door: Door) -> None:
    first = door.knock()
    second = door.sign_in.with_refresh_token(first.refresh_token)
    third = door.sign_in.with_refresh_token(second.refresh_token)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert door.signed_in(third.access_token)


def test_one_that_comes_back_ends_the_whole_sign_in(door: Door) -> None:
    first = door.knock()
    second = door.sign_in.with_refresh_token(first.refresh_token)
    with pytest.raises(CredentialsWrong):
        door.sign_in.with_refresh_token(first.refresh_token)
    with pytest.raises(CredentialsWrong):
        door.sign_in.with_refresh_token(second.refresh_token)
    assert not door.signed_in(second.access_token)
    assert door.signed_in(door.knock().access_token)


def test_of_two_at_the_same_time_one_gets_the_next_token(door: Door) -> None:
    first = door.knock()

    def refresh(_: int) -> bool:
        try:
            return bool(door.sign_in.with_refresh_token(first.refresh_token))
        except CredentialsWrong:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(refresh, range(4))).count(True) == 1


def test_tokens_are_over_when_they_say(door: Door) -> None:
    issued = door.knock()
    door.clock.instant = NOW + timedelta(minutes=15)
    with pytest.raises(Unauthenticated):
        door.tokens.read(issued.access_token)
    renewed = door.sign_in.with_refresh_token(issued.refresh_token)
    door.clock.instant = NOW + LASTS
    with pytest.raises(CredentialsWrong):
        door.sign_in.with_refresh_token(renewed.refresh_token)


def test_signing_out_and_a_new_password_end_what_was_issued(door: Door) -> None:
    here, there = door.knock(), door.knock()
    door.sign_in.out(door.user_id, door.tokens.read(here.access_token).session_id)
    assert (door.signed_in(here.access_token), door.signed_in(there.access_token)) == (False, True)
    with session_scope(door.sessions) as session:
        set_password(session, door.user_id, "una contraseña nueva", door.passwords, NOW)
    assert not door.signed_in(there.access_token)
    assert door.knock("una contraseña nueva")


def test_guessing_locks_the_account_from_that_address_for_a_while(door: Door) -> None:
    for _ in range(PER_ACCOUNT_AND_ADDRESS):
        with pytest.raises(CredentialsWrong):
            door.knock("wrong")
    with pytest.raises(SignInLocked) as locked:
        door.knock()
    assert 0 < int(str(locked.value.details["retry_after"])) <= WINDOW.total_seconds() + 1
    assert door.knock(address="elsewhere of " + door.email)
    door.clock.instant = NOW + WINDOW + timedelta(seconds=1)
    assert door.knock()


def test_many_guesses_at_once_are_not_let_through_together(door: Door) -> None:
    def guess(_: int) -> type[Exception]:
        try:
            door.knock("wrong")
        except (CredentialsWrong, SignInLocked) as error:
            return type(error)
        return Exception

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(guess, range(20)))
    assert found.count(CredentialsWrong) == PER_ACCOUNT_AND_ADDRESS
    assert found.count(SignInLocked) == 20 - PER_ACCOUNT_AND_ADDRESS


def test_trying_many_names_locks_the_address(door: Door) -> None:
    for number in range(PER_ADDRESS):
        with pytest.raises(CredentialsWrong):
            door.knock("wrong", email=f"{number}-{door.email}")
    with pytest.raises(SignInLocked):
        door.knock()


def test_success_forgives_the_account_and_not_the_address(door: Door) -> None:
    for _ in range(PER_ACCOUNT_AND_ADDRESS * 3):
        with pytest.raises(CredentialsWrong):
            door.knock("wrong")
        door.knock()
    for number in range(PER_ADDRESS - PER_ACCOUNT_AND_ADDRESS * 3):
        with pytest.raises(CredentialsWrong):
            door.knock("wrong", email=f"{number}-{door.email}")
    with pytest.raises(SignInLocked):
        door.knock()


def forged(door: Door, **changes: Any) -> str:
    payload = jwt.decode(door.knock().access_token, options={"verify_signature": False})
    return jwt.encode({**payload, **changes}, b"x" * 32, "HS256")


def test_tokens_of_others_are_refused(door: Door) -> None:
    good = door.knock().access_token
    head, body, signature = good.split(".")
    unsigned = jwt.encode(jwt.decode(good, options={"verify_signature": False}), "", "none")
    for token in (forged(door), unsigned, f"{head}.{body}.", f"{head}.{body}.{signature[:-2]}", "", "x", "a.b.c"):
        with pytest.raises(Unauthenticated):
            door.tokens.read(token)


@pytest.mark.parametrize("changes", [{"aud": "x"}, {"iss": "x"}, {"sub": "x"}, {"sid": "x"}, {"exp": "x"}])
def test_claims_that_are_not_ours_are_refused(door: Door, changes: dict[str, str]) -> None:
    payload = {"iss": ISSUER, "aud": AUDIENCE, "sub": "1", "sid": str(uuid4()), "iat": 0, "exp": 2**33, "jti": "x"}
    key = door.tokens._key
    assert door.tokens.read(jwt.encode(payload, key, "HS256"))
    with pytest.raises(Unauthenticated):
        door.tokens.read(jwt.encode({**payload, **changes}, key, "HS256"))
    for claim in payload:
        with pytest.raises(Unauthenticated):
            door.tokens.read(jwt.encode({k: v for k, v in payload.items() if k != claim}, key, "HS256"))


def test_another_secret_makes_another_key(door: Door) -> None:
    other = AccessTokens(b"another secret", door.clock, timedelta(minutes=15))
    with pytest.raises(Unauthenticated):
        door.tokens.read(other.issue(AccessClaims(1, uuid4())))


@pytest.mark.parametrize("password", ["corta", "x" * 201, "con un \x00 dentro"])
def test_passwords_that_are_none(door: Door, password: str) -> None:
    with pytest.raises(BadInput), session_scope(door.sessions) as session:
        set_password(session, door.user_id, password, door.passwords, NOW)


def test_what_is_over_is_swept(door: Door) -> None:
    issued = door.knock()
    with pytest.raises(CredentialsWrong):
        door.knock("wrong")
    door.sign_in.out(door.user_id, door.tokens.read(issued.access_token).session_id)
    with session_scope(door.sessions) as session:
        assert sweep_accounts(session, NOW + timedelta(days=8), timedelta(days=7)) >= 2
    with pytest.raises(CredentialsWrong):
        door.sign_in.with_refresh_token(issued.refresh_token)
