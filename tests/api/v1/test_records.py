"""List, get, make, change and delete: one shape, and what each promises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count, pairwise
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from db.models import AuditLog
from policy.roles import Role
from tests.api.v1.rows_of import some_key

NEW = {
    "name": "Panadería La Espiga, S.L.",
    "kind": "company",
    "city": "Zaragoza",
    "province": "Zaragoza",
    "zone": "Zaragoza",
    "phone_number": "+34976111222",
}
_numbers = count(1)


@pytest.fixture
def warehouse(admin: httpx.Client) -> Callable[[], httpx.Response]:
    """Makes a warehouse of a name of its own."""

    def make() -> httpx.Response:
        made = admin.post("/api/v1/warehouses", json={"name": f"Nave {next(_numbers)}", "city": "Huesca"})
        assert made.status_code == 201, made.text
        return made

    return make


def test_made_read_changed_and_deleted(admin: httpx.Client) -> None:
    made = admin.post("/api/v1/clients", json=NEW)
    assert made.status_code == 201, made.text
    where, version = made.headers["location"], made.headers["etag"]
    assert made.json()["language"] == "es"

    read = admin.get(where)
    assert (read.json(), read.headers["etag"]) == (made.json(), version)
    assert admin.get(where, headers={"if-none-match": version}).status_code == 304

    changed = admin.patch(where, json={"city": "Utebo"}, headers={"if-match": version})
    assert changed.status_code == 200
    assert changed.json() == {**made.json(), "city": "Utebo"}
    assert changed.headers["etag"] != version

    assert admin.delete(where, headers={"if-match": changed.headers["etag"]}).status_code == 204
    assert admin.get(where).status_code == 404


class TestVersions:
    def test_a_write_says_which_version_it_is_about(self, admin: httpx.Client, warehouse: Callable[..., Any]) -> None:
        where = warehouse().headers["location"]
        for refused in (admin.patch(where, json={"city": "Jaca"}), admin.delete(where)):
            assert (refused.status_code, refused.json()["code"]) == (428, "version_missing")

    def test_of_a_record_that_changed_it_is_stale(self, admin: httpx.Client, warehouse: Callable[..., Any]) -> None:
        made = warehouse()
        where, version = made.headers["location"], {"if-match": made.headers["etag"]}
        assert admin.patch(where, json={"city": "Jaca"}, headers=version).status_code == 200
        for refused in (
            admin.patch(where, json={"city": "Sabiñánigo"}, headers=version),
            admin.delete(where, headers=version),
        ):
            assert (refused.status_code, refused.json()["code"]) == (412, "stale")
        assert admin.get(where).json()["city"] == "Jaca"

    def test_of_many_writers_of_one_version_one_wins(self, admin: httpx.Client, warehouse: Callable[..., Any]) -> None:
        made = warehouse()
        where, version = made.headers["location"], {"if-match": made.headers["etag"]}

        def write(number: int) -> int:
            return admin.patch(where, json={"city": f"Ciudad {number}"}, headers=version).status_code

        with ThreadPoolExecutor(6) as pool:
            statuses = list(pool.map(write, range(6)))
        assert sorted(statuses) == [200, 412, 412, 412, 412, 412]

    def test_a_star_is_any_version(self, admin: httpx.Client, warehouse: Callable[..., Any]) -> None:
        where = warehouse().headers["location"]
        assert admin.delete(where, headers={"if-match": "*"}).status_code == 204

    @pytest.mark.parametrize("version", ["x", '""', '"*"', "null", 'W/"abc"'])
    def test_what_is_no_version_is_refused(self, admin: httpx.Client, version: str) -> None:
        refused = admin.patch("/api/v1/warehouses/1", json={"city": "Jaca"}, headers={"if-match": version})
        assert refused.status_code == 422

    def test_each_role_has_the_version_of_what_it_sees(self, admin: httpx.Client, technician: httpx.Client) -> None:
        seen = technician.get("/api/v1/clients/1")
        assert "tax_id" not in seen.json()
        assert seen.headers["etag"] != admin.get("/api/v1/clients/1").headers["etag"]


class TestIdempotency:
    def post(self, caller: httpx.Client, key: str, name: str) -> httpx.Response:
        body = {"name": name, "city": "Teruel"}
        return caller.post("/api/v1/warehouses", json=body, headers={"idempotency-key": key})

    def test_the_same_request_is_done_once(self, admin: httpx.Client) -> None:
        first, second = (self.post(admin, "key-1", "Nave repetida") for _ in range(2))
        assert first.status_code == second.status_code == 201
        assert second.json() == first.json()
        assert second.headers["location"] == first.headers["location"]
        assert second.headers["etag"] == first.headers["etag"]
        assert ("idempotent-replayed" in first.headers, second.headers["idempotent-replayed"]) == (False, "true")

    def test_another_request_with_the_same_key_is_refused(self, admin: httpx.Client) -> None:
        self.post(admin, "key-2", "Nave dos")
        refused = self.post(admin, "key-2", "Nave dos bis")
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")

    def test_at_the_same_time_too(self, admin: httpx.Client) -> None:
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _: self.post(admin, "key-3", "Nave tres"), range(6)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.headers["location"] for answer in answers}) == 1

    def test_what_failed_may_be_tried_again_with_its_key(self, admin: httpx.Client) -> None:
        self.post(admin, "key-4", "Nave cuatro")
        assert self.post(admin, "key-5", "Nave cuatro").status_code == 409
        found = admin.get("/api/v1/warehouses", params={"name": "Nave cuatro"}).json()["items"][0]
        where = f"/api/v1/warehouses/{found['warehouse_id']}"
        assert admin.delete(where, headers={"if-match": "*"}).status_code == 204
        assert self.post(admin, "key-5", "Nave cuatro").status_code == 201

    def test_keys_are_of_who_sends_them(self, technician: httpx.Client, client: httpx.Client) -> None:
        body = {"kind": "repair", "description": "Pierde agua.", "equipment_id": 1}
        headers = {"idempotency-key": "key-6"}
        asked = client.post("/api/v1/interventions", json=body, headers=headers)
        assert asked.status_code == 201, asked.text
        opened = technician.post("/api/v1/interventions", json={**body, "client_id": 1}, headers=headers)
        assert opened.status_code == 201, opened.text
        assert opened.json()["intervention_id"] != asked.json()["intervention_id"]


class TestLists:
    def pages(self, caller: httpx.Client, where: str) -> list[list[dict[str, Any]]]:
        found = []
        while where:
            page = caller.get(where)
            assert page.status_code == 200, page.text
            found.append(page.json()["items"])
            where = page.json()["next"]
        return found

    @pytest.mark.parametrize(
        "sort",
        ["intervention_id", "-intervention_id", "scheduled_at", "-scheduled_at", "status,-cost", "technician_id"],
    )
    def test_pages_together_are_the_whole_list(self, admin: httpx.Client, sort: str) -> None:
        """Nulls, ties and enums included, each row once and in order."""
        pages = self.pages(admin, f"/api/v1/interventions?client_id=1&client_id=2&limit=7&sort={sort}")
        rows = [row for page in pages for row in page]
        whole = admin.get(f"/api/v1/interventions?client_id=1&client_id=2&limit=200&sort={sort}&count=true").json()
        assert rows == whole["items"]
        assert len(rows) == whole["total"] > 14
        assert len({row["intervention_id"] for row in rows}) == len(rows)
        assert {len(page) for page in pages[:-1]} == {7}

    def test_descending_is_descending_and_nulls_are_last(self, admin: httpx.Client) -> None:
        rows = admin.get("/api/v1/interventions?limit=200&sort=-cost&client_id=1").json()["items"]
        costs = [float(row["cost"]) for row in rows if row["cost"] is not None]
        assert all(before >= after for before, after in pairwise(costs))
        assert [row["cost"] for row in rows[len(costs) :]] == [None] * (len(rows) - len(costs))

    def test_rows_that_come_and_go_move_no_page(self, admin: httpx.Client, warehouse: Callable[..., Any]) -> None:
        names = sorted(warehouse().json()["name"] for _ in range(4))
        first = admin.get("/api/v1/warehouses", params={"name": names, "limit": 2, "sort": "name"}).json()
        gone = first["items"][0]["warehouse_id"]
        assert admin.delete(f"/api/v1/warehouses/{gone}", headers={"if-match": "*"}).status_code == 204
        second = admin.get(first["next"]).json()
        assert [row["name"] for row in second["items"]] == names[2:]

    @pytest.mark.parametrize(
        ("asked", "holds"),
        [
            ("status=scheduled", lambda row: row["status"] == "scheduled"),
            ("status=scheduled&status=requested", lambda row: row["status"] in {"scheduled", "requested"}),
            ("cost_min=50&cost_max=200", lambda row: 50 <= float(row["cost"]) <= 200),
            ("cost_null=true", lambda row: row["cost"] is None),
            ("technician_id=1&kind=repair", lambda row: (row["technician_id"], row["kind"]) == (1, "repair")),
            ("requested_at_min=2026-01-01T00:00:00Z", lambda row: row["requested_at"] >= "2026-01-01"),
            ("q=caldera", lambda row: "caldera" in f"{row['description']} {row['result']}".casefold()),
        ],
    )
    def test_filters(self, admin: httpx.Client, asked: str, holds: Callable[[Mapping[str, Any]], bool]) -> None:
        rows = admin.get(f"/api/v1/interventions?limit=200&{asked}").json()["items"]
        assert rows
        assert all(holds(row) for row in rows)

    def test_what_is_searched_for_is_words_not_a_pattern(self, admin: httpx.Client) -> None:
        assert admin.get("/api/v1/clients", params={"q": "%"}).json()["items"] == []
        assert admin.get("/api/v1/clients", params={"q": "ferrer lucía"}).json()["items"][0]["client_id"] == 1

    @pytest.mark.parametrize(
        "asked",
        [
            "sort=nope",
            "sort=name,name",
            "sort=specs",
            "limit=0",
            "limit=201",
            "cursor=x",
            "cursor=W10",
            "cursor=WyJ6b25lIixbInoiXV0",
            "nope=1",
            "created_at_min=yesterday",
            "kind=alien",
            "q=%00",
        ],
    )
    def test_what_cannot_be_asked_is_refused(self, admin: httpx.Client, asked: str) -> None:
        refused = admin.get(f"/api/v1/clients?{asked}")
        assert (refused.status_code, refused.json()["code"]) == (422, "bad_input")

    def test_a_cursor_is_of_its_order(self, admin: httpx.Client) -> None:
        page = admin.get("/api/v1/clients?limit=1&sort=name").json()["next"]
        assert admin.get(page.replace("sort=name", "sort=-name")).status_code == 422

    def test_a_column_that_is_not_granted_cannot_be_asked_about(self, technician: httpx.Client) -> None:
        """Else whoever may not read it would learn it by asking."""
        for asked in ("tax_id=12345678Z", "sort=email", "phone_number_null=true"):
            refused = technician.get(f"/api/v1/clients?{asked}")
            assert (refused.status_code, refused.json()["reason"]) == (403, "column_not_granted")

    def test_words_are_looked_for_only_where_one_may_read(self, admin: httpx.Client, technician: httpx.Client) -> None:
        mail = admin.get("/api/v1/clients/1").json()["email"]
        assert admin.get("/api/v1/clients", params={"q": mail}).json()["items"]
        assert technician.get("/api/v1/clients", params={"q": mail}).json()["items"] == []

    def test_the_machines_of_a_client(self, admin: httpx.Client) -> None:
        rows = admin.get("/api/v1/equipment/1?status=active").json()["items"]
        assert rows == admin.get("/api/v1/installed-equipment?client_id=1&status=active").json()["items"]
        assert admin.get("/api/v1/equipment/999999").status_code == 404

    def test_the_lines_of_an_order_are_of_that_order(self, admin: httpx.Client) -> None:
        order = {"client_id": 1, "ordered_at": "2026-11-20T10:30:00+01:00", "status": "pending", "total": "100.00"}
        where = admin.post("/api/v1/orders", json=order).headers["location"]
        line = {"line": 1, "product_id": 1, "quantity": 2, "unit_price": "50.00"}
        made = admin.post(f"{where}/items", json=line)
        assert (made.status_code, made.json()["amount"]) == (201, "100.00")
        assert made.headers["location"] == f"{where}/items/1"
        assert admin.get(f"{where}/items").json()["items"] == [made.json()]
        assert admin.get("/api/v1/orders/999999/items").status_code == 404
        assert admin.post("/api/v1/orders/999999/items", json=line).status_code == 422


class TestWrites:
    def test_every_write_is_in_the_audit(
        self,
        admin: httpx.Client,
        owner: sessionmaker[Session],
        accounts: Mapping[Role, int],
        warehouse: Callable[..., Any],
    ) -> None:
        made = warehouse()
        where, number = made.headers["location"], made.json()["warehouse_id"]
        admin.patch(where, json={"city": "Jaca"}, headers={"if-match": "*"})
        admin.delete(where, headers={"if-match": "*"})
        with owner() as session:
            rows = session.scalars(
                select(AuditLog)
                .where(AuditLog.table_name == "warehouses", AuditLog.record_id == str(number))
                .order_by(AuditLog.audit_id)
            ).all()
        assert [row.action for row in rows] == ["create", "update", "delete"]
        assert {(row.actor_role, row.actor_id) for row in rows} == {("admin", accounts[Role.ADMIN])}
        assert rows[1].details == {"city": ["Huesca", "Jaca"]}

    @pytest.mark.parametrize(
        ("path", "body", "status", "code"),
        [
            ("products", {"sku": "XP400"}, 409, "duplicate"),
            ("clients", {"zone": "Atlántida"}, 422, "bad_input"),
            ("clients", {"phone_number": "976111222"}, 422, "bad_input"),
            ("clients", {"name": ""}, 422, "bad_input"),
            ("clients", {"nope": 1}, 422, "bad_input"),
            ("contracts", {"ends_on": "2020-01-01"}, 422, "bad_input"),
            ("contracts", {"equipment_id": 999999}, 422, "bad_input"),
            ("contracts", {"client_id": 2, "equipment_id": 1}, 422, "bad_input"),
            ("interventions", {"status": "completed", "completed_at": None}, 422, "bad_input"),
            ("installed-equipment", {"config": {"a": "\x00"}}, 422, "bad_input"),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, admin: httpx.Client, path: str, body: dict[str, Any], status: int, code: str
    ) -> None:
        bodies: dict[str, dict[str, Any]] = {
            "clients": NEW,
            "products": {"sku": "Z1", "name": "Z", "brand": "Z", "category": "split", "price": 1},
            "contracts": {
                "client_id": 1,
                "service_type": "warranty",
                "starts_on": "2026-01-01",
                "ends_on": "2027-01-01",
                "annual_price": "0",
                "terms": "",
            },
            "interventions": {"client_id": 1, "kind": "repair", "description": "No va."},
            "installed-equipment": {
                "client_id": 1,
                "product_id": 1,
                "serial_number": "Z-1",
                "installed_on": "2026-01-01",
                "status": "active",
                "location": "x",
                "address": "x",
                "city": "x",
                "province": "x",
                "zone": "Zaragoza",
            },
        }
        refused = admin.post(f"/api/v1/{path}", json={**bodies[path], **body})
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text

    def test_what_others_refer_to_is_not_deleted(self, admin: httpx.Client) -> None:
        refused = admin.delete("/api/v1/clients/1", headers={"if-match": "*"})
        assert (refused.status_code, refused.json()["code"]) == (409, "in_use")

    def test_a_change_of_nothing_is_none(self, admin: httpx.Client) -> None:
        refused = admin.patch("/api/v1/clients/1", json={}, headers={"if-match": "*"})
        assert refused.json()["reason"] == "nothing_to_change"


class TestVisits:
    def test_a_client_asks_for_one_of_their_own(self, client: httpx.Client) -> None:
        body = {"kind": "repair", "description": "Hace ruido.", "equipment_id": 1}
        made = client.post("/api/v1/interventions", json=body)
        assert made.status_code == 201, made.text
        assert (made.json()["client_id"], made.json()["status"], made.json()["technician_id"]) == (1, "requested", None)
        where = made.headers["location"]
        assert client.patch(where, json={"status": "cancelled"}, headers={"if-match": "*"}).status_code == 403

    def test_and_sets_nothing_else(self, client: httpx.Client) -> None:
        body = {"kind": "repair", "description": "Hace ruido."}
        for more in (
            {"client_id": 2},
            {"technician_id": 1},
            {"status": "completed"},
            {"cost": "0"},
            {"priority": "urgent"},
        ):
            refused = client.post("/api/v1/interventions", json={**body, **more})
            assert (refused.status_code, refused.json()["reason"]) == (403, "column_not_granted")

    def test_nor_for_the_machine_of_another(self, client: httpx.Client, admin: httpx.Client) -> None:
        theirs = admin.get("/api/v1/installed-equipment?client_id=2&limit=1").json()["items"][0]["equipment_id"]
        body = {"kind": "repair", "description": "Hace ruido."}
        answers = [client.post("/api/v1/interventions", json={**body, "equipment_id": n}) for n in (theirs, 999_999)]
        assert [answer.status_code for answer in answers] == [422, 422]
        assert answers[0].json() == answers[1].json(), "whether it exists is not told"

    def test_a_technician_opens_and_closes_their_own(self, technician: httpx.Client) -> None:
        body = {"client_id": 1, "equipment_id": 1, "kind": "repair", "description": "No enfría."}
        made = technician.post("/api/v1/interventions", json=body)
        assert made.status_code == 201, made.text
        assert (made.json()["technician_id"], made.json()["status"]) == (1, "requested")
        where, version = made.headers["location"], {"if-match": made.headers["etag"]}
        done = technician.patch(where, json={"status": "completed", "result": "Recargado."}, headers=version)
        assert done.status_code == 200, done.text
        assert done.json()["completed_at"] is not None
        over = technician.patch(where, json={"result": "Otra cosa."}, headers={"if-match": "*"})
        assert (over.status_code, over.json()["reason"]) == (409, "over")
        given = technician.patch(where, json={"technician_id": 2}, headers={"if-match": "*"})
        assert (given.status_code, given.json()["reason"]) == (403, "column_not_granted")

    def test_and_not_where_they_do_not_go(self, technician: httpx.Client, owner: sessionmaker[Session]) -> None:
        with owner() as session:
            stranger = some_key(session, Role.TECHNICIAN, "clients", own=False)
        assert stranger is not None
        body = {**stranger, "kind": "repair", "description": "No enfría."}
        refused = technician.post("/api/v1/interventions", json=body)
        assert (refused.status_code, refused.json()["reason"]) == (422, "unknown_reference")
