"""Pure questions about the declaration: deny by default, and every denial carries a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policy.grants import GRANTS, Agent, RecordGrant, Write
from policy.roles import Role


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to "may this role ...?"; ``what`` and ``reason`` are set when it may not.

    ``what`` is the table, column, agent or write that was refused; ``reason`` is a stable code, never a sentence.
    """

    allowed: bool
    what: str = ""
    reason: str = ""


ALLOWED = Decision(True)
_NOTHING = RecordGrant()


def may_use(role: Role, agent: Agent) -> Decision:
    """May ``role`` be answered by ``agent``?"""
    return ALLOWED if agent in GRANTS[role].agents else Decision(False, agent, "agent_not_granted")


def may_read(role: Role, table: str, columns: Iterable[str] = ()) -> Decision:
    """May ``role`` read ``columns`` of ``table``? Row rules are the database's to apply."""
    grant = GRANTS[role].tables.get(table)
    if grant is None:
        return Decision(False, table, "table_not_granted")
    for column in columns:
        if column not in grant.columns:
            return Decision(False, f"{table}.{column}", "column_not_granted")
    return ALLOWED


def may_write(role: Role, write: Write) -> Decision:
    """May ``role`` ask for ``write``? Whose record it is, is the tool's to check."""
    return ALLOWED if write in GRANTS[role].writes else Decision(False, write, "write_not_granted")


def may_create(role: Role, table: str, columns: Iterable[str] = ()) -> Decision:
    """May ``role`` make a row of ``table`` with ``columns``? What is set by itself is not its to choose."""
    grant = GRANTS[role].records.get(table, _NOTHING)
    return _may_record(f"{table}.create", table, grant.create, columns)


def may_update(role: Role, table: str, columns: Iterable[str] = ()) -> Decision:
    """May ``role`` change ``columns`` of the rows of ``table`` that it reads?"""
    grant = GRANTS[role].records.get(table, _NOTHING)
    return _may_record(f"{table}.update", table, grant.update, columns)


def may_delete(role: Role, table: str) -> Decision:
    """May ``role`` delete the rows of ``table`` that it reads?"""
    grant = GRANTS[role].records.get(table, _NOTHING)
    return ALLOWED if grant.delete else Decision(False, f"{table}.delete", "write_not_granted")


def _may_record(what: str, table: str, granted: tuple[str, ...], columns: Iterable[str]) -> Decision:
    if not granted:
        return Decision(False, what, "write_not_granted")
    for column in columns:
        if column not in granted:
            return Decision(False, f"{table}.{column}", "column_not_granted")
    return ALLOWED


def audiences(role: Role) -> tuple[str, ...]:
    """Document audiences that ``role`` reads."""
    return GRANTS[role].audiences
