"""Rows: a table of which a role reads only some rows is replaced by those rows, so that the guard holds without RLS.

``FROM contracts k`` becomes ``FROM (SELECT granted columns FROM public.contracts WHERE client_id = $n OFFSET 0) k``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import postgast
from postgast import pg_query_pb2 as pb
from postgast.walk import unwrap_node

from db.models import Base
from db.rls import confined_rows
from policy.grants import GRANTS
from policy.roles import Role


class Rows:
    """Confines one statement of ``role``; the id of who asks will be parameter ``$number``."""

    def __init__(self, role: Role, number: int) -> None:
        self._role = role
        self._number = number
        self.confined = False
        """Was anything replaced? Only then has the statement that parameter."""

    def confine(self, select: Any) -> None:
        """Replace the tables in FROM of ``select``, which the guard has already checked."""
        replaced: dict[str, str] = {}
        for node in select.from_clause:
            self._replace(node, replaced)
        if replaced:
            self.confined = True
            self._group_by_all(select, replaced)

    def confined_table(self, select: Any) -> str | None:
        """The table of which ``select`` is, word by word, the rows that the role reads."""
        if len(select.from_clause) != 1 or select.limit_offset.WhichOneof("node") is None:
            return None
        table = str(select.from_clause[0].range_var.relname)
        if table not in GRANTS[self._role].tables:
            return None
        confined = _confined(self._role, table, self._number)
        return table if confined is not None and _written(select) == confined.text else None

    def _replace(self, node: Any, replaced: dict[str, str]) -> None:
        item = unwrap_node(node)
        kind = type(item).DESCRIPTOR.name
        if kind == "JoinExpr":
            self._replace(item.larg, replaced)
            self._replace(item.rarg, replaced)
        elif kind == "RangeVar" and item.schemaname:
            confined = _confined(self._role, item.relname, self._number)
            if confined is None:
                return
            alias = item.alias.aliasname or item.relname
            replaced[alias] = item.relname
            subselect = pb.Node()
            subselect.range_subselect.subquery.select_stmt.ParseFromString(confined.tree)
            subselect.range_subselect.alias.aliasname = alias
            node.CopyFrom(subselect)

    def _group_by_all(self, select: Any, replaced: Mapping[str, str]) -> None:
        """Groups by a table's key may show its other columns; PostgreSQL knows that of tables, not of what replaces
        them. The other columns of such a table join its key in GROUP BY, which makes the same groups."""
        named = {_column(node, select) for node in select.group_clause}
        for alias, table in replaced.items():
            key = _key(table)
            if not key or not all(("", column) in named or (alias, column) in named for column in key):
                continue
            for column in GRANTS[self._role].tables[table].columns:
                if column not in key:
                    grouped = select.group_clause.add().column_ref
                    for part in (alias, column):
                        grouped.fields.add().string.sval = part


@dataclass(frozen=True, slots=True)
class _Confined:
    """Rows of a table as a tree, and as the text that the tree is written as."""

    tree: bytes
    text: str


@lru_cache(maxsize=512)
def _confined(role: Role, table: str, number: int) -> _Confined | None:
    """The rows of ``table`` that ``role`` reads when ``$number`` asks; None when it reads them all."""
    rows = confined_rows(role, table, f"${number}::int4")
    if rows is None:
        return None
    tree = postgast.parse(rows)
    return _Confined(bytes(tree.stmts[0].stmt.select_stmt.SerializeToString()), str(postgast.deparse(tree)))


def _written(select: Any) -> str:
    """What runs when ``select`` does: two trees that are written alike are alike."""
    tree = pb.ParseResult()
    tree.stmts.add().stmt.select_stmt.CopyFrom(select)
    try:
        return str(postgast.deparse(tree))
    except postgast.PgQueryError:
        return ""


def _key(table: str) -> list[str]:
    known = Base.metadata.tables.get(table)
    return [column.name for column in known.primary_key] if known is not None else []


def _column(node: Any, select: Any) -> tuple[str, str]:
    """The column that an item of GROUP BY names or counts out, as (alias or nothing, name)."""
    item = unwrap_node(node)
    if type(item).DESCRIPTOR.name == "A_Const" and 1 <= item.ival.ival <= len(select.target_list):
        item = unwrap_node(unwrap_node(select.target_list[item.ival.ival - 1]).val)
    if type(item).DESCRIPTOR.name != "ColumnRef":
        return ("", "")
    parts = [str(unwrap_node(field).sval) for field in item.fields]
    return (parts[0], parts[1]) if len(parts) == 2 else ("", parts[0])
