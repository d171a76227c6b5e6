"""List, get, make, change and delete: one shape, shown on clients."""

from __future__ import annotations

import httpx

NEW = {
    "name": "Panadería La Espiga, S.L.",
    "kind": "company",
    "city": "Zaragoza",
    "province": "Zaragoza",
    "zone": "Zaragoza",
    "phone_number": "+34976111222",
}


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
