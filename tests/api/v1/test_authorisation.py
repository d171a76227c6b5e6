"""Role x operation x whose row it is: every cell of the matrix, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session, sessionmaker

from api.openapi import describe
from api.v1.router import RESOURCES, install_rest
from policy.grants import GRANTS
from policy.roles import Role
from tests.api.v1.conftest import sign_in
from tests.api.v1.matrix import BODIES, NOBODYS_ROW, Cell, Whose, cells
from tests.api.v1.rows_of import all_keys, some_key

STALE = {"if-match": '"' + "0" * 32 + '"'}
UNUSED = {"zone": "Atlántida"}


def openapi() -> dict[str, Any]:
    app = FastAPI()
    install_rest(app)
    return describe(app)


DOCUMENT = openapi()
MATRIX = list(cells(DOCUMENT))


def example(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A body made of the examples of its fields: those that must be there, and those that have one."""
    if "$ref" in schema:
        return example(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return {name: field["examples"][0] for name, field in schema["properties"].items() if "examples" in field}


def body(cell: Cell) -> dict[str, Any]:
    """What is sent: what the role may write, or what anybody might try."""
    if cell.operation in BODIES or cell.verb not in {"create", "change"}:
        return BODIES.get(cell.operation, {})
    schema = DOCUMENT["paths"][cell.path][cell.method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    granted = GRANTS[cell.role].records.get(cell.table)
    columns = (granted.create if cell.verb == "create" else granted.update) if granted else ()
    values = example(schema)
    return {name: value for name, value in values.items() if not columns or name in columns}


def address(cell: Cell, session: Session) -> str | None:
    """The path with the key of a row in it; None when the demo company has no such row."""
    if "{" not in cell.path:
        return cell.path
    if cell.whose is Whose.NOBODYS or cell.operation in NOBODYS_ROW:
        filled = cell.path
        for name in [part.partition("}")[0] for part in cell.path.split("{")[1:]]:
            filled = filled.replace(f"{{{name}}}", str(UNUSED.get(name, 2_000_000_000)))
        return filled
    key = some_key(session, cell.role, cell.table, own=cell.whose is Whose.OWN)
    return None if key is None else cell.path.format(**key)


@pytest.mark.parametrize("cell", MATRIX, ids=lambda cell: f"{cell.role}-{cell.operation}-{cell.whose}")
def test_cell(cell: Cell, callers: Mapping[Role, httpx.Client], server: str, owner: sessionmaker[Session]) -> None:
    with owner() as session:
        path = address(cell, session)
    assert path is not None, "the demo company has a row of every kind"
    leaves = cell.operation == "logout" and cell.role is not Role.GUEST
    sent: dict[str, Any] = {"headers": STALE} if cell.verb in {"change", "delete"} else {}
    if cell.operation == "token":
        sent["data"] = {"grant_type": "password"}
    elif cell.operation == "create_documents":
        sent["data"] = {"audience": "admin", "kind": "faq", "product": "NO-SUCH-MODEL"}
        sent["files"] = {"file": ("prueba.md", b"# Prueba\n\nUna prueba de la matriz.\n", "text/markdown")}
    elif cell.operation == "import_learning_table":
        sent["files"] = {"file": ("tabla.csv", b"pregunta;respuesta\n", "text/csv")}
    elif cell.method in {"POST", "PATCH", "PUT"}:
        sent["json"] = body(cell)
    with sign_in(server, cell.role) if leaves else nullcontext(callers[cell.role]) as caller:
        response = caller.request(cell.method, path, **sent)
    assert response.status_code in cell.due, response.text
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", [Role.CLIENT, Role.TECHNICIAN], ids=str)
def test_lists_hold_the_rows_that_are_theirs_and_no_other(
    role: Role, callers: Mapping[Role, httpx.Client], owner: sessionmaker[Session]
) -> None:
    """Every row of every list, to the last page, with exactly the columns that the role was granted."""
    for resource in RESOURCES:
        grant = GRANTS[role].tables.get(resource.name)
        if grant is None or resource.parents:
            continue
        rows, where = [], f"/api/v1/{resource.path}?limit=200"
        while where:
            page = callers[role].get(where).json()
            rows, where = rows + page["items"], page["next"]
        with owner() as session:
            theirs = all_keys(session, role, resource.name)
        assert {tuple(row[name] for name in resource.key) for row in rows} == theirs, resource.name
        assert len(rows) == len(theirs)
        assert all(set(row) == set(grant.columns) for row in rows)


def test_the_matrix_has_every_operation() -> None:
    operations = {
        operation["operationId"]
        for path, methods in DOCUMENT["paths"].items()
        if path.startswith(("/api/", "/auth/"))
        for operation in methods.values()
    }
    assert {cell.operation for cell in MATRIX} == operations
    assert {cell.role for cell in MATRIX} == set(Role)
