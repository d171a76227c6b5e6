"""Accounts, service keys and the agents' door, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count

import httpx
import pytest
from sqlalchemy.orm import Session, sessionmaker

from db.models import ApiKey
from policy.roles import Role
from tests.api.v1.conftest import PHRASE, email, sign_in

_numbers = count(1)
OTHER_PHRASE = "otra frase bien larga"


@pytest.fixture
def key(admin: httpx.Client, server: str) -> Iterator[Callable[..., httpx.Client]]:
    """Makes a service key of some scopes, and gives a client that calls with it."""
    opened: list[httpx.Client] = []

    def make(*scopes: str) -> httpx.Client:
        made = admin.post("/api/v1/api-keys", json={"name": "prueba", "scopes": list(scopes)})
        assert made.status_code == 201, made.text
        headers = {"authorization": f"Bearer {made.json()['key']}", "x-number": str(made.json()["key_id"])}
        opened.append(httpx.Client(base_url=server, headers=headers, timeout=120))
        return opened[-1]

    yield make
    for caller in opened:
        caller.close()


def test_signing_in_and_out(server: str, accounts: Mapping[Role, int]) -> None:
    with sign_in(server, Role.TECHNICIAN) as caller:
        who = caller.get("/auth/me").json()
        assert (who["user_id"], who["role"], who["subject_id"]) == (accounts[Role.TECHNICIAN], "technician", 1)
        assert caller.post("/auth/logout").status_code == 204
        assert caller.get("/auth/me").status_code == 401


def test_the_form_of_oauth(server: str, accounts: Mapping[Role, int]) -> None:
    form = {"grant_type": "password", "username": email(Role.CLIENT), "password": PHRASE}
    first = httpx.post(f"{server}/auth/token", data=form)
    assert (first.json()["token_type"], first.headers["cache-control"]) == ("bearer", "no-store")
    again = {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"]}
    assert httpx.post(f"{server}/auth/token", data=again).status_code == 200
    reused = httpx.post(f"{server}/auth/token", data=again)
    assert (reused.status_code, reused.json()["code"]) == (401, "credentials_wrong")
    assert reused.headers["www-authenticate"] == "Bearer"


def test_without_a_token_nobody_reads(server: str, accounts: Mapping[Role, int]) -> None:
    for header in (
        {},
        {"authorization": "Bearer x"},
        {"authorization": "Bearer cuadrilla_x_y"},
        {"authorization": "Basic x"},
    ):
        refused = httpx.get(f"{server}/api/v1/clients", headers=header)
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")


def test_an_account_is_made_changed_and_closed(admin: httpx.Client, server: str) -> None:
    body = {"name": "Otra", "email": "Otra@Prueba.example", "role": "client", "client_id": 2, "password": PHRASE}
    made = admin.post("/api/v1/users", json=body)
    assert made.status_code == 201, made.text
    assert "password" not in made.text
    form = {"username": "otra@prueba.example", "password": PHRASE}
    token = httpx.post(f"{server}/auth/token", data=form).json()["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    seen = httpx.get(f"{server}/api/v1/clients", headers=bearer).json()["items"]
    assert [row["client_id"] for row in seen] == [2]
    where = made.headers["location"]
    assert admin.put(f"{where}/password", json={"password": OTHER_PHRASE}).status_code == 204
    assert httpx.get(f"{server}/auth/me", headers=bearer).status_code == 401
    assert httpx.post(f"{server}/auth/token", data=form).status_code == 401
    closed = admin.patch(where, json={"active": False}, headers={"if-match": "*"})
    assert closed.json()["active"] is False
    form["password"] = OTHER_PHRASE
    assert httpx.post(f"{server}/auth/token", data=form).status_code == 401


def test_one_changes_ones_own_password(admin: httpx.Client, server: str) -> None:
    body = {
        "name": "Propia",
        "email": "propia@prueba.example",
        "role": "technician",
        "technician_id": 2,
        "password": PHRASE,
    }
    assert admin.post("/api/v1/users", json=body).status_code == 201
    form = {"username": "propia@prueba.example", "password": PHRASE}
    bearer = {"authorization": f"Bearer {httpx.post(f'{server}/auth/token', data=form).json()['access_token']}"}
    change = {"current": PHRASE, "password": "una frase muy distinta"}
    assert httpx.post(f"{server}/api/v1/me/password", json=change, headers=bearer).status_code == 204
    assert httpx.get(f"{server}/auth/me", headers=bearer).status_code == 401
    form["password"] = change["password"]
    assert httpx.post(f"{server}/auth/token", data=form).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"role": "client"},
        {"role": "client", "technician_id": 1},
        {"role": "admin", "client_id": 1},
        {"role": "technician", "technician_id": 1, "client_id": 1},
        {"role": "technician", "technician_id": 999999},
        {"role": "admin", "password": "corta"},
    ],
)
def test_accounts_that_make_no_sense(admin: httpx.Client, body: dict[str, object]) -> None:
    whole = {"name": "X", "email": f"x{next(_numbers)}@prueba.example", **body}
    assert admin.post("/api/v1/users", json=whole).status_code == 422


def test_a_key_is_shown_once_and_kept_as_a_digest(admin: httpx.Client, owner: sessionmaker[Session]) -> None:
    made = admin.post("/api/v1/api-keys", json={"name": "n8n", "scopes": ["agent"]}).json()
    listed = admin.get("/api/v1/api-keys").text
    assert made["public_id"] in listed and made["key"] not in listed
    with owner() as session:
        kept = session.get_one(ApiKey, made["key_id"])
        assert made["key"].encode() not in kept.key_hash


def test_keys_do_what_their_scopes_say(key: Callable[..., httpx.Client]) -> None:
    reads = key("warehouses:read")
    assert reads.get("/api/v1/warehouses").status_code == 200
    body = {"name": "Nave de la clave", "city": "Soria"}
    for refused in (reads.get("/api/v1/clients"), reads.post("/api/v1/warehouses", json=body)):
        assert (refused.status_code, refused.json()["reason"]) == (403, "scope_not_granted")
    assert reads.post("/api/v1/ai/sql-query", json={"question": "¿Cuántos clientes hay?"}).status_code == 403
    assert key("read", "write").post("/api/v1/warehouses", json=body).status_code == 201


def test_no_key_makes_keys_or_accounts(key: Callable[..., httpx.Client]) -> None:
    caller = key("read", "write", "ask", "agent")
    user = {"name": "X", "email": "de-clave@prueba.example", "role": "admin"}
    for refused in (
        caller.post("/api/v1/api-keys", json={"name": "x", "scopes": ["read"]}),
        caller.get("/api/v1/api-keys"),
        caller.post("/api/v1/users", json=user),
        caller.patch("/api/v1/users/1", json={"name": "x"}, headers={"if-match": "*"}),
        caller.put("/api/v1/users/1/password", json={"password": PHRASE}),
        caller.post("/api/v1/me/password", json={"current": PHRASE, "password": PHRASE}),
    ):
        assert refused.status_code == 403, refused.text


def test_a_revoked_key_is_no_key(admin: httpx.Client, key: Callable[..., httpx.Client]) -> None:
    caller = key("read")
    where = f"/api/v1/api-keys/{caller.headers['x-number']}"
    assert caller.get("/api/v1/warehouses").status_code == 200
    assert admin.delete(where).status_code == 204
    assert caller.get("/api/v1/warehouses").status_code == 401
    assert admin.delete(where).status_code == 404


@pytest.mark.parametrize("scopes", [["nope"], ["accounts"], ["read", "nope:read"], ["clients:delete"], []])
def test_scopes_that_do_not_exist(admin: httpx.Client, scopes: list[str]) -> None:
    assert admin.post("/api/v1/api-keys", json={"name": "x", "scopes": scopes}).status_code == 422


def test_the_last_administrator_stays(admin: httpx.Client) -> None:
    """All the others may go, one by one, but not the one that is left."""
    users = admin.get("/api/v1/users?role=admin&active=true").json()["items"]
    statuses = [
        admin.patch(f"/api/v1/users/{user['user_id']}", json={"active": False}, headers={"if-match": "*"}).status_code
        for user in sorted(users, key=lambda user: str(user["email"]) == email(Role.ADMIN))
    ]
    assert statuses == [200] * (len(users) - 1) + [409]
    for user in users:
        where = f"/api/v1/users/{user['user_id']}"
        assert admin.patch(where, json={"active": True}, headers={"if-match": "*"}).status_code == 200
