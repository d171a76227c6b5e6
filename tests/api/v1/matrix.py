"""What each role may expect of each operation, worked out from the grants and the OpenAPI file alone.

Written apart from the endpoints: it knows tables, columns and row rules, and nothing of how they are enforced.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from policy.grants import GRANTS, RecordGrant, RowRule
from policy.roles import Role


class Whose(StrEnum):
    """Whose row an operation is tried on."""

    OWN = "own"
    """One that the role reads, or what is not about one row."""
    OTHERS = "others"
    """One that exists and that the role does not read."""
    NOBODYS = "nobodys"
    """One that does not exist."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One operation as one role on one kind of row, and the statuses that are due."""

    method: str
    path: str
    operation: str
    role: Role
    whose: Whose
    due: frozenset[int]

    @property
    def verb(self) -> str:
        """list, get, create, change, delete."""
        return self.operation.partition("_")[0]

    @property
    def table(self) -> str:
        """The table that it is about."""
        return TABLES.get(self.operation) or self.operation.partition("_")[2]


def _each(due: int, **others: int) -> Mapping[Role, int]:
    return {role: 401 if role is Role.GUEST else others.get(role.value, due) for role in Role}


PLAIN: Mapping[str, Mapping[Role, int]] = MappingProxyType(
    {
        "token": dict.fromkeys(Role, 422),
        "logout": _each(204),
        "me": _each(200),
        "turn": _each(200),
        "sql_query": _each(200),
        "knowledge_query": _each(200),
        "feedback": _each(201),
        "log_feedback": _each(201),
        "list_api_keys": _each(403, admin=200),
        "create_api_key": _each(403, admin=201),
        "revoke_api_key": _each(403, admin=404),
        "set_password": _each(403, admin=404),
        "change_own_password": _each(401),
        "operations_summary": _each(403, admin=200),
        "list_learning_questions": _each(403, admin=200),
        "get_learning_question": _each(403, admin=404),
        "answer_question": _each(403, admin=404),
        "approve_answer": _each(403, admin=404),
        "revoke_answer": _each(403, admin=404),
        "dismiss_question": _each(403, admin=404),
        "merge_question": _each(403, admin=404),
        "export_learning_table": _each(403, admin=200),
        "import_learning_table": _each(403, admin=200),
        "sync_learning_sheet": _each(403, admin=409),
    }
)
"""Operations about no table's rows. One that is new has no row here, and that fails until somebody says what is due."""
TABLES: Mapping[str, str] = MappingProxyType({"list_equipment_of_client": "clients"})
"""Operations that are granted by another table than their name says."""
BODIES: Mapping[str, Any] = MappingProxyType(
    {
        "turn": {"message": "hola"},
        "sql_query": {"question": "¿Qué intervenciones hay este mes?"},
        "knowledge_query": {"question": "¿Cómo limpio los filtros?"},
        "feedback": {"question": "¿Se puede pintar el split?", "answer": None, "status": "pending"},
        "log_feedback": {"question": "¿Se puede pintar el split?"},
        "create_api_key": {"name": "prueba", "scopes": ["read"]},
        "set_password": {"password": "una contraseña nueva"},
        "answer_question": {"text": "Sí"},
        "merge_question": {"into": 1},
        "change_own_password": {"current": "no es esta", "password": "una contraseña nueva"},
    }
)
NOBODYS_ROW = frozenset(
    {
        "revoke_api_key", "set_password", "get_learning_question", "answer_question", "approve_answer", "revoke_answer",
        "dismiss_question", "merge_question",
    }
)  # fmt: skip
"""Operations of :data:`PLAIN` that are tried on a row that does not exist."""
ALLOWED_WRITE = frozenset({201, 200, 409, 422})
"""A write that is allowed may still be of values that are there already or do not fit together."""


def cells(openapi: Mapping[str, Any]) -> Iterator[Cell]:
    """Every operation of the API as every role on every kind of row."""
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            if path.startswith(("/api/", "/auth/")):
                for role in Role:
                    yield from _cells(method.upper(), path, operation["operationId"], role)


def _cells(method: str, path: str, operation: str, role: Role) -> Iterator[Cell]:
    if operation in PLAIN:
        yield Cell(method, path, operation, role, Whose.OWN, frozenset({PLAIN[operation][role]}))
        return
    for whose in Whose:
        cell = Cell(method, path, operation, role, whose, frozenset())
        due = _due(cell)
        if due:
            yield Cell(method, path, operation, role, whose, due)


def _due(cell: Cell) -> frozenset[int]:
    """The statuses due; none where there can be no such row."""
    role, whose, table = cell.role, cell.whose, cell.table
    if not any(table in GRANTS[each].tables for each in Role):
        raise KeyError(f"{cell.operation}: say in PLAIN what each role may expect of it")
    grant = GRANTS[role].tables.get(table)
    about_a_row = cell.path.rstrip("}") != cell.path and cell.verb != "create"
    if not about_a_row and whose is not Whose.OWN and "{" not in cell.path:
        return frozenset()
    if whose is Whose.OTHERS and (grant is None or grant.rows is RowRule.ALL):
        return frozenset()
    if role is Role.GUEST:
        return frozenset({401})
    if grant is None:
        return frozenset({403})
    missing = frozenset({404})
    writes = GRANTS[role].records.get(table, RecordGrant())
    match cell.verb:
        case "list" | "get":
            return frozenset({200}) if whose is Whose.OWN else missing
        case "create":
            if not writes.create:
                return frozenset({403})
            return ALLOWED_WRITE if whose is Whose.OWN else missing | ALLOWED_WRITE
        case "change":
            return frozenset({403}) if not writes.update else frozenset({412}) if whose is Whose.OWN else missing
        case "delete":
            return frozenset({403}) if not writes.delete else frozenset({412}) if whose is Whose.OWN else missing
    raise KeyError(f"{cell.operation}: say in PLAIN what each role may expect of it")
