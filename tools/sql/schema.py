"""The schema in words for a writer of SQL: the tables and columns that a role was granted, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.dialects import postgresql

from db.models import Base
from policy.describe import describe_rows
from policy.grants import GRANTS, TableGrant
from policy.roles import Role


def describe_schema(role: Role) -> str:
    """What ``role`` may read, a table a paragraph: rows, columns with types, values of enums, what refers to what."""
    tables = GRANTS[role].tables
    return "\n\n".join(_table(name, grant, tables) for name, grant in sorted(tables.items()))


def _table(name: str, grant: TableGrant, tables: Mapping[str, TableGrant]) -> str:
    known = Base.metadata.tables.get(name)
    about = f": {known.comment}" if known is not None and known.comment else ""
    lines = [f"{name}{about} ({describe_rows(grant.rows)})"]
    lines += [_column(column, known, tables) for column in grant.columns]
    return "\n".join(lines)


def _column(name: str, table: Table | None, tables: Mapping[str, TableGrant]) -> str:
    column: Column[Any] | None = table.columns.get(name) if table is not None else None
    if column is None:
        return f"- {name}"
    kind = column.type
    written = (
        f"enum {', '.join(map(repr, kind.enums))}" if isinstance(kind, SqlEnum) else kind.compile(postgresql.dialect())
    )
    targets = [key.column for key in column.foreign_keys]
    refers = [f"-> {t.table.name}.{t.name}" for t in targets if _granted(t, tables)]
    parts = [written, *refers, *([column.comment] if column.comment else [])]
    return f"- {name}: {'; '.join(parts)}"


def _granted(target: Column[Any], tables: Mapping[str, TableGrant]) -> bool:
    grant = tables.get(target.table.name)
    return grant is not None and target.name in grant.columns
