"""Rows made, changed and deleted as the application, within what the role may write and the rows that it reads.

The rows that somebody reads are told here by the very condition that row-level security is made of (:mod:`db.rls`).
Every write leaves a row in the audit, in the same transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import TextClause, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from core.errors import BadInput, Denied, NotFound, Stale
from db.crud.reading import readable, same_key
from db.crud.resource import Resource, Values, Writing
from db.models import AuditLog
from db.rls import row_condition
from policy.decide import Decision, may_create, may_delete, may_update
from policy.grants import GRANTS, SUBJECT, RowRule
from policy.roles import Principal, Role

ANY_VERSION = "*"
_JSON: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, when, and by which key if it is a program's."""

    principal: Principal
    now: datetime
    key_id: int | None = None


def version_of(resource: Resource, role: Role, row: Mapping[str, Any]) -> str:
    """The version of a row as ``role`` sees it: a digest of what it is shown."""
    shown = resource.represent(role, row).model_dump_json(exclude_unset=True)
    return hashlib.sha256(shown.encode()).hexdigest()[:32]


def create_row(session: Session, resource: Resource, author: Author, values: Values) -> Values:
    """Make a row; what it then is, as its author reads it.

    Raises :class:`Denied` for what the role may not write or another's row, :class:`BadInput` and :class:`Conflict`.
    """
    role = author.principal.role
    _require(may_create(role, resource.name, values))
    given = {
        column: author.principal.subject_id if value == SUBJECT else value
        for column, value in GRANTS[role].records[resource.name].given.items()
    }
    values = {**values, **given}
    _require_references(session, resource, author.principal, values)  # first: a rule's answer may tell what is there
    values = _ruled(resource, Writing(session, role, author.now), values)
    made = insert(resource.table).values(values).returning(*resource.table.primary_key)
    key = dict(session.execute(made).mappings().one())
    row = _readable_after(session, resource, author.principal, key)
    _told(session, resource, author, "create", key, {name: [None, row.get(name)] for name in values})
    return row


def update_row(
    session: Session, resource: Resource, author: Author, key: Mapping[str, Any], values: Values, version: str
) -> Values:
    """Change ``values`` of the row of ``key`` if it still is at ``version``; what it then is.

    Raises :class:`Denied`, :class:`NotFound` (also for a row of somebody else), :class:`Stale`, :class:`BadInput` and
    :class:`Conflict`.
    """
    role = author.principal.role
    _require(may_update(role, resource.name, values))
    before = _locked(session, resource, author.principal, key, version)
    if not values:
        raise BadInput("There is nothing to change.", what=resource.name, reason="nothing_to_change")
    _require_references(session, resource, author.principal, values)
    values = _ruled(resource, Writing(session, role, author.now, before), values)
    session.execute(update(resource.table).where(*same_key(resource, key)).values(values))
    row = _readable_after(session, resource, author.principal, key)
    changes = {name: [before[name], row.get(name)] for name in values if before[name] != row.get(name)}
    _told(session, resource, author, "update", key, changes)
    return row


def delete_row(session: Session, resource: Resource, author: Author, key: Mapping[str, Any], version: str) -> None:
    """Delete the row of ``key``, or retire it, if it still is at ``version``; raises as :func:`update_row`."""
    _require(may_delete(author.principal.role, resource.name))
    before = _locked(session, resource, author.principal, key, version)
    if resource.leaves is not None:
        resource.leaves(Writing(session, author.principal.role, author.now, before))
    if resource.retires:
        session.execute(update(resource.table).where(*same_key(resource, key)).values(retired_at=author.now))
    else:
        session.execute(delete(resource.table).where(*same_key(resource, key)))
    changes = {name: [before[name], None] for name in resource.columns(author.principal.role)}
    _told(session, resource, author, "delete", key, changes)


def _require(decision: Decision) -> None:
    if not decision.allowed:
        raise Denied(what=decision.what, reason=decision.reason)


def _ruled(resource: Resource, writing: Writing, values: Values) -> Values:
    return resource.rule(writing, values) if resource.rule else values


def _condition(principal: Principal, table: str) -> TextClause:
    return text(f"({row_condition(principal.role, table, f'{int(principal.subject_id or 0)}')})")


def _locked(session: Session, resource: Resource, principal: Principal, key: Mapping[str, Any], version: str) -> Values:
    """The whole row, nobody else's to write until the end of the transaction."""
    readable(resource, principal.role)
    statement = (
        select(resource.table)
        .where(*same_key(resource, key), _condition(principal, resource.name))
        .with_for_update(of=resource.table)
    )
    found = session.execute(statement).mappings().first()
    if found is None:
        raise NotFound(what=resource.name)
    row = dict(found)
    if version not in (ANY_VERSION, version_of(resource, principal.role, row)):
        raise Stale(what=resource.name)
    return row


def _readable_after(session: Session, resource: Resource, principal: Principal, key: Mapping[str, Any]) -> Values:
    """The row as it was written; nobody writes a row out of their own reach."""
    granted = readable(resource, principal.role)
    columns = [resource.table.columns[name] for name in granted]
    statement = select(*columns).where(*same_key(resource, key), _condition(principal, resource.name))
    row = session.execute(statement).mappings().first()
    if row is None:
        raise Denied(what=resource.name, reason="not_yours")
    return dict(row)


def _require_references(session: Session, resource: Resource, principal: Principal, values: Values) -> None:
    """Who does not read every row of another table may refer to those rows only that they read.

    One that is not there and one that is another's get the same answer.
    """
    for name, value in values.items():
        for foreign in resource.table.columns[name].foreign_keys:
            target = foreign.column
            grant = GRANTS[principal.role].tables.get(target.table.name)
            if value is None or (grant is not None and grant.rows is RowRule.ALL):
                continue
            if grant is None:
                raise Denied(what=f"{resource.name}.{name}", reason="table_not_granted")
            found = select(func.count()).where(target == value, _condition(principal, target.table.name))
            if not session.scalar(found.select_from(target.table)):
                raise BadInput(f"There is no such {name}.", what=name, reason="unknown_reference")


def _told(
    session: Session, resource: Resource, author: Author, action: str, key: Mapping[str, Any], changes: Values
) -> None:
    audit(session, author, action, resource.name, "/".join(str(key[name]) for name in resource.key), changes)
    session.flush()
    if resource.after is not None:
        resource.after(session)


def audit(
    session: Session, author: Author, action: str, table: str, record_id: str, changes: Mapping[str, Any]
) -> None:
    """Leave in the audit what ``author`` did to a record; ``changes``: column -> before and after."""
    told = dict(changes) if author.key_id is None else {**changes, "api_key": author.key_id}
    session.add(
        AuditLog(
            at=author.now,
            actor_role=author.principal.role.value,
            actor_id=author.principal.subject_id,
            action=action,
            table_name=table,
            record_id=record_id,
            details=_JSON.dump_python(told, mode="json"),
        )
    )
