"""Walks the tree of a SELECT: relations, outputs and clauses. Expressions are in :mod:`tools.sql.guard_expressions`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from postgast import pg_query_pb2 as pb
from postgast.walk import unwrap_node

from policy.grants import GRANTS
from policy.roles import Role
from tools.sql.guard_expressions import Expressions
from tools.sql.guard_rows import Rows
from tools.sql.guard_rules import (
    JOINS,
    MAX_CROSSED,
    MAX_CTES,
    MAX_DEPTH,
    MAX_LIST,
    MAX_SELECTS,
    MAX_TABLES,
    MAX_TARGETS,
    hidden_columns,
)
from tools.sql.guard_scope import Names, Output, Refused, Relation
from tools.sql.guard_series import series_columns


class Walk(Expressions):
    """One check of one statement; raises :class:`Refused`.

    Stars are written out into the tree as granted columns, tables into the rows of them that the role reads.
    """

    def __init__(self, role: Role, parameters: int, subject: int | None = None) -> None:
        super().__init__(parameters)
        self._tables = GRANTS[role].tables
        self._subject = subject
        self._rows = Rows(role, parameters + 1 if subject is None else subject)
        self._selects = 0
        self._ctes = 0
        self._sources = 0

    def statement(self, select: Any) -> bool:
        """Check the whole statement; does it now have one parameter more, the id of who asks?"""
        self.select(select, Names({}))
        return self._rows.confined and self._subject is None

    def select(self, select: Any, names: Names) -> tuple[Output, ...]:
        """The columns that ``select`` gives, seen from inside ``names``."""
        self.known(select)
        self._selects += 1
        if self._selects > MAX_SELECTS or names.depth > MAX_DEPTH:
            raise Refused("too_complex", "sub-queries")
        names = names.inner(ctes=self._with(select, names))
        if select.op != pb.SETOP_NONE:
            return self._set_operation(select, names)
        if select.values_lists:
            return self._values(select, names)
        self._from(select.from_clause, names)
        outputs = self._targets(select, names)
        self._clauses(select, names, outputs)
        self._rows.confine(select)
        return outputs

    def _with(self, select: Any, names: Names) -> Mapping[str, tuple[Output, ...]]:
        if not select.HasField("with_clause"):
            return names.ctes
        self.known(select.with_clause)
        ctes = dict(names.ctes)
        for node in select.with_clause.ctes:
            cte = self.expect(node, "CommonTableExpr")
            self._ctes += 1
            if self._ctes > MAX_CTES:
                raise Refused("too_complex", "WITH")
            inner = self.expect(cte.ctequery, "SelectStmt")
            outputs = self.select(inner, Names(ctes, names, depth=names.depth + 1))
            ctes[cte.ctename] = _renamed(outputs, self.strings(cte.aliascolnames))
        return ctes

    def _set_operation(self, select: Any, names: Names) -> tuple[Output, ...]:
        left = self.select(select.larg, Names(names.ctes, names.outer, depth=names.depth + 1))
        right = self.select(select.rarg, Names(names.ctes, names.outer, depth=names.depth + 1))
        if len(left) != len(right):
            raise Refused("syntax", "UNION of different columns")
        outputs = tuple(Output(a.name, a.weight + b.weight) for a, b in zip(left, right, strict=True))
        for node in select.sort_clause:
            self._sort(node, names, outputs)
        self._limits(select, names)
        return outputs

    def _values(self, select: Any, names: Names) -> tuple[Output, ...]:
        if len(select.values_lists) > MAX_LIST:
            raise Refused("too_complex", "VALUES")
        width = 0
        for row in select.values_lists:
            items = self.expect(row, "List").items
            width = max(width, len(items))
            for item in items:
                self.expression(item, names)
        for node in select.sort_clause:
            self._sort(node, names, ())
        self._limits(select, names)
        return tuple(Output(f"column{position}", 1) for position in range(1, width + 1))

    # FROM

    def _from(self, items: Iterable[Any], names: Names) -> None:
        crossed = 0
        for item in items:
            self._source(unwrap_node(item), names)
            crossed += 1
        if crossed > MAX_CROSSED:
            raise Refused("too_complex", "FROM")

    def _source(self, item: Any, names: Names) -> None:
        self.known(item)
        kind = type(item).DESCRIPTOR.name
        if kind == "RangeVar":
            self._table(item, names)
        elif kind == "RangeSubselect":
            self._subselect(item, names)
        elif kind == "JoinExpr":
            self._join(item, names)
        elif kind == "RangeFunction":
            self._series(item, names)
        else:
            raise Refused("not_allowed", kind)
        self._sources += 1
        if self._sources > MAX_TABLES:
            raise Refused("too_complex", "FROM")

    def _table(self, item: Any, names: Names) -> None:
        alias, renames = self._alias(item)
        if not item.schemaname and item.relname in names.ctes:
            outputs = _renamed(names.ctes[item.relname], renames)
            names.add(Relation(alias or item.relname, _columns(outputs)))
            return
        if item.schemaname not in ("", "public"):
            raise Refused("table_not_granted", f"{item.schemaname}.{item.relname}")
        grant = self._tables.get(item.relname)
        if grant is None:
            raise Refused("table_not_granted", item.relname)
        if renames:
            raise Refused("name_not_allowed", f"{item.relname} with its columns renamed")
        item.schemaname = "public"
        columns = dict.fromkeys(grant.columns, 1)
        names.add(Relation(alias or item.relname, columns, item.relname, hidden_columns(item.relname, grant.columns)))

    def _subselect(self, item: Any, names: Names) -> None:
        alias, renames = self._alias(item)
        inner = self.expect(item.subquery, "SelectStmt")
        table = self._rows.confined_table(inner) if self._subject is not None else None
        if table is not None and alias and not renames:
            names.add(Relation(alias, dict.fromkeys(self._tables[table].columns, 1)))
            return
        around = names if item.lateral else Names(names.ctes, names.outer, depth=names.depth)
        outputs = self.select(inner, around)
        names.add(Relation(alias or f"?{len(names.relations)}", _columns(_renamed(outputs, renames))))

    def _series(self, item: Any, names: Names) -> None:
        alias, renames = self._alias(item)
        column = series_columns(item)
        names.add(Relation(alias or column, {renames[0] if renames else alias or column: 1}))

    def _join(self, item: Any, names: Names) -> None:
        if pb.JoinType.Name(item.jointype) not in JOINS:
            raise Refused("not_allowed", "JOIN")
        left = len(names.relations)
        self._source(unwrap_node(item.larg), names)
        middle = len(names.relations)
        self._source(unwrap_node(item.rarg), names)
        for column in self.strings(item.using_clause):
            for side in (names.relations[left:middle], names.relations[middle:]):
                if sum(column in relation.columns for relation in side) < 1:
                    raise Refused("column_not_granted", column)
            names.merged.add(column)
        if item.HasField("quals"):
            self.expression(item.quals, names.among(left))

    def _alias(self, item: Any) -> tuple[str, list[str]]:
        if not item.HasField("alias"):
            return "", []
        self.known(item.alias)
        return item.alias.aliasname, self.strings(item.alias.colnames)

    # SELECT list and the clauses

    def _targets(self, select: Any, names: Names) -> tuple[Output, ...]:
        self._write_out_stars(select, names)
        if len(select.target_list) > MAX_TARGETS:
            raise Refused("too_complex", "SELECT")
        outputs = []
        for node in select.target_list:
            target = self.expect(node, "ResTarget")
            weight = self.expression(target.val, names)
            outputs.append(Output(target.name or _implied_name(target.val), weight))
        return tuple(outputs)

    def _write_out_stars(self, select: Any, names: Names) -> None:
        if not any(_star_of(node) is not None for node in select.target_list):
            return
        written = []
        for node in select.target_list:
            star = _star_of(node)
            if star is None:
                written.append(node)
                continue
            relations = [r for r in names.relations if not star or r.alias == star]
            if not relations or names.merged or any("" in r.columns for r in relations):
                raise Refused("star_not_allowed", f"{star}.*" if star else "*")
            written += [_column_node(r.alias, column) for r in relations for column in r.columns]
        copies = []
        for node in written:
            copy = pb.Node()
            copy.CopyFrom(node)
            copies.append(copy)
        del select.target_list[:]
        select.target_list.extend(copies)

    def _clauses(self, select: Any, names: Names, outputs: tuple[Output, ...]) -> None:
        for node in select.distinct_clause:
            if node.WhichOneof("node") is not None:
                self._by(node, names, outputs)
        for clause in (select.where_clause, select.having_clause):
            if clause.WhichOneof("node") is not None:
                self.expression(clause, names)
        for node in select.group_clause:
            self._group(node, names, outputs)
        for node in select.window_clause:
            self.window(self.expect(node, "WindowDef"), names)
        for node in select.sort_clause:
            self._sort(node, names, outputs)
        self._limits(select, names)

    def _limits(self, select: Any, names: Names) -> None:
        for node in (select.limit_count, select.limit_offset):
            if node.WhichOneof("node") is not None:
                self.expression(node, names)

    def _group(self, node: Any, names: Names, outputs: tuple[Output, ...]) -> None:
        inner = unwrap_node(node)
        if type(inner).DESCRIPTOR.name != "GroupingSet":
            # GROUP BY, unlike ORDER BY, prefers a table's column to an output of the same name.
            self._by(node, names, tuple(output for output in outputs if not names.hides(output.name)))
            return
        self.known(inner)
        if len(inner.content) > 4:
            raise Refused("too_complex", "GROUP BY")
        for item in inner.content:
            self._group(item, names, outputs)

    def _sort(self, node: Any, names: Names, outputs: tuple[Output, ...]) -> None:
        self._by(self.expect(node, "SortBy").node, names, outputs)

    def _by(self, node: Any, names: Names, outputs: tuple[Output, ...]) -> None:
        """An item of ORDER BY or GROUP BY: an output's name or place, or an expression."""
        inner = unwrap_node(node)
        if type(inner).DESCRIPTOR.name == "ColumnRef":
            parts = self.strings(inner.fields)
            if len(parts) == 1 and any(output.name == parts[0] for output in outputs):
                self.known(inner)
                return
        self.expression(node, names)


def _renamed(outputs: tuple[Output, ...], renames: list[str]) -> tuple[Output, ...]:
    if len(renames) > len(outputs):
        raise Refused("syntax", "more names than columns")
    kept = outputs[len(renames) :]
    return (*(Output(name, output.weight) for name, output in zip(renames, outputs, strict=False)), *kept)


def _columns(outputs: tuple[Output, ...]) -> dict[str, int]:
    """Columns that can be asked for; a name given twice could be either, so it counts as the heavier."""
    columns: dict[str, int] = {}
    for output in outputs:
        columns[output.name] = max(output.weight, columns.get(output.name, 0))
    return columns


def _implied_name(node: Any) -> str:
    """The name PostgreSQL gives a column that has none, for the cases people rely on."""
    inner = unwrap_node(node)
    kind = type(inner).DESCRIPTOR.name
    if kind == "ColumnRef":
        last = unwrap_node(inner.fields[-1])
        return last.sval if type(last).DESCRIPTOR.name == "String" else ""
    if kind == "FuncCall":
        return str(unwrap_node(inner.funcname[-1]).sval)
    if kind == "TypeCast":
        return _implied_name(inner.arg)
    return {"CoalesceExpr": "coalesce", "CaseExpr": "case", "MinMaxExpr": ""}.get(kind, "")


def _star_of(node: Any) -> str | None:
    """The relation of a star in a SELECT list, "" for a bare one, None for anything else."""
    target = unwrap_node(node)
    value = unwrap_node(target.val) if type(target).DESCRIPTOR.name == "ResTarget" else target
    if type(value).DESCRIPTOR.name != "ColumnRef" or not value.fields:
        return None
    parts = [unwrap_node(part) for part in value.fields]
    if type(parts[-1]).DESCRIPTOR.name != "A_Star":
        return None
    if len(parts) > 2:
        raise Refused("star_not_allowed")
    return str(parts[0].sval) if len(parts) == 2 else ""


def _column_node(alias: str, column: str) -> Any:
    node = pb.Node()
    for part in (alias, column):
        node.res_target.val.column_ref.fields.add().string.sval = part
    return node
