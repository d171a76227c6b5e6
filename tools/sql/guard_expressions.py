"""Walks expressions: every node is on the list, every name resolves, and the size after inlining stays bounded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from postgast import pg_query_pb2 as pb
from postgast.walk import unwrap_node

from tools.sql.guard_rules import (
    AGGREGATES,
    EXPRESSION_KINDS,
    FIELDS,
    FUNCTIONS,
    LIKE_NAMES,
    MAX_LIST,
    MAX_LITERAL,
    MAX_NODES,
    MAX_POWER_ARGUMENT,
    OPERATORS,
    SESSION_VALUES,
    SUBLINKS,
    TYPES,
    WINDOWS,
    enum_types,
)
from tools.sql.guard_scope import Names, Output, Refused


class Expressions(ABC):
    """The part of the walk below a clause. Methods return the size of what they saw; they raise :class:`Refused`."""

    def __init__(self, parameters: int) -> None:
        self._parameters = parameters
        self._size = 0
        self._enums = enum_types()

    @abstractmethod
    def select(self, select: Any, names: Names) -> tuple[Output, ...]:
        """The columns that a SELECT inside an expression gives."""

    def known(self, node: Any) -> None:
        """Refuse a node, or a part of a node, that is not on the list."""
        kind = type(node).DESCRIPTOR.name
        allowed = FIELDS.get(kind)
        if allowed is None:
            raise Refused("not_allowed", kind)
        for descriptor, _ in node.ListFields():
            if descriptor.name not in allowed:
                raise Refused("not_allowed", f"{kind} {descriptor.name}")

    def expect(self, node: Any, kind: str) -> Any:
        """The inside of ``node``, which must be a ``kind``."""
        inner = unwrap_node(node)
        if type(inner).DESCRIPTOR.name != kind:
            raise Refused("not_allowed", type(inner).DESCRIPTOR.name)
        self.known(inner)
        return inner

    def strings(self, nodes: Iterable[Any]) -> list[str]:
        """A list of names; a star among them is refused."""
        names = []
        for node in nodes:
            inner = unwrap_node(node)
            if type(inner).DESCRIPTOR.name != "String":
                raise Refused("star_not_allowed")
            names.append(str(inner.sval))
        return names

    def expression(self, node: Any, names: Names) -> int:
        """The size of an expression."""
        inner = unwrap_node(node)
        kind = type(inner).DESCRIPTOR.name
        self.known(inner)
        handler: Callable[[Any, Names], int] | None = getattr(self, f"_on_{kind.lower()}", None)
        if handler is None:
            raise Refused("not_allowed", kind)
        return self._grown(handler(inner, names))

    def window(self, window: Any, names: Names) -> int:
        """The size of a window definition."""
        size = self._all(window.partition_clause, names)
        for node in window.order_clause:
            size += self.expression(self.expect(node, "SortBy").node, names)
        for node in (window.start_offset, window.end_offset):
            if node.WhichOneof("node") is not None:
                size += self.expression(node, names)
        return size

    def _grown(self, size: int) -> int:
        if size > MAX_NODES:
            raise Refused("too_complex", "expressions")
        return size

    def _leaf(self, size: int) -> int:
        self._size += size
        if self._size > MAX_NODES:
            raise Refused("too_complex", "expressions")
        return size

    def _all(self, nodes: Iterable[Any], names: Names) -> int:
        listed = list(nodes)
        if len(listed) > MAX_LIST:
            raise Refused("too_complex", "list")
        return sum(self.expression(node, names) for node in listed)

    def _maybe(self, node: Any, names: Names) -> int:
        return self.expression(node, names) if node.WhichOneof("node") is not None else 0

    # leaves

    def _on_columnref(self, node: Any, names: Names) -> int:
        return self._leaf(names.column(tuple(self.strings(node.fields))))

    def _on_a_const(self, node: Any, _names: Names) -> int:
        length = len(node.sval.sval) if node.WhichOneof("val") == "sval" else 0
        if length > MAX_LITERAL:
            raise Refused("too_long")
        return self._leaf(1 + length // 64)

    def _on_paramref(self, node: Any, _names: Names) -> int:
        if not 1 <= node.number <= self._parameters:
            raise Refused("parameter_not_allowed", f"${node.number}")
        return self._leaf(1)

    def _on_sqlvaluefunction(self, node: Any, _names: Names) -> int:
        name = pb.SQLValueFunctionOp.Name(node.op)
        if name not in SESSION_VALUES:
            raise Refused("function_not_allowed", name.removeprefix("SVFOP_").lower())
        return self._leaf(1)

    # operators and tests

    def _on_a_expr(self, node: Any, names: Names) -> int:
        kind = pb.A_Expr_Kind.Name(node.kind)
        operator = ".".join(self.strings(node.name))
        if kind not in EXPRESSION_KINDS or operator not in OPERATORS | LIKE_NAMES:
            raise Refused("operator_not_allowed", operator)
        return 1 + self._operand(node.lexpr, names) + self._operand(node.rexpr, names)

    def _operand(self, node: Any, names: Names) -> int:
        """One side of an operator; IN and BETWEEN have a list on the right."""
        inner = unwrap_node(node)
        if type(inner).DESCRIPTOR.name == "List":
            return self._all(inner.items, names)
        return self._maybe(node, names)

    def _on_boolexpr(self, node: Any, names: Names) -> int:
        return 1 + self._all(node.args, names)

    def _on_nulltest(self, node: Any, names: Names) -> int:
        return 1 + self.expression(node.arg, names)

    def _on_booleantest(self, node: Any, names: Names) -> int:
        return 1 + self.expression(node.arg, names)

    def _on_caseexpr(self, node: Any, names: Names) -> int:
        return 1 + self._maybe(node.arg, names) + self._all(node.args, names) + self._maybe(node.defresult, names)

    def _on_casewhen(self, node: Any, names: Names) -> int:
        return self.expression(node.expr, names) + self.expression(node.result, names)

    def _on_coalesceexpr(self, node: Any, names: Names) -> int:
        return 1 + self._all(node.args, names)

    def _on_minmaxexpr(self, node: Any, names: Names) -> int:
        return 1 + self._all(node.args, names)

    def _on_a_arrayexpr(self, node: Any, names: Names) -> int:
        return 1 + self._all(node.elements, names)

    def _on_rowexpr(self, node: Any, names: Names) -> int:
        return 1 + self._all(node.args, names)

    # calls, casts, sub-queries

    def _on_funccall(self, node: Any, names: Names) -> int:
        parts = self.strings(node.funcname)
        name = parts[-1]
        if name not in FUNCTIONS or (len(parts) > 1 and parts[:-1] != ["pg_catalog"]):
            raise Refused("function_not_allowed", ".".join(parts))
        aggregates = node.agg_star or node.agg_distinct or len(node.agg_order) > 0 or node.agg_within_group
        if (aggregates or node.HasField("agg_filter")) and name not in AGGREGATES:
            raise Refused("function_not_allowed", name)
        if name in WINDOWS and not node.HasField("over"):
            raise Refused("function_not_allowed", name)
        if name == "power":
            self._small_power(node)
        size = 1 + self._all(node.args, names) + self._maybe(node.agg_filter, names)
        for item in node.agg_order:
            size += self.expression(self.expect(item, "SortBy").node, names)
        if node.HasField("over"):
            self.known(node.over)
            size += self.window(node.over, names)
        return size

    def _small_power(self, node: Any) -> None:
        exponent: Any = unwrap_node(node.args[-1]) if node.args else None
        if type(exponent).__name__ != "A_Const" or exponent.WhichOneof("val") != "ival":
            raise Refused("function_not_allowed", "power")
        if exponent.ival.ival > MAX_POWER_ARGUMENT:
            raise Refused("function_not_allowed", "power")

    def _on_typecast(self, node: Any, names: Names) -> int:
        self.known(node.type_name)
        parts = self.strings(node.type_name.names)
        own = parts[-1] in self._enums and parts[:-1] in ([], ["public"])
        if not own and (parts[-1] not in TYPES or parts[:-1] not in ([], ["pg_catalog"])):
            raise Refused("type_not_allowed", ".".join(parts))
        for modifier in node.type_name.typmods:
            if type(unwrap_node(modifier)).DESCRIPTOR.name != "A_Const":
                raise Refused("type_not_allowed", parts[-1])
        return 1 + self.expression(node.arg, names)

    def _on_sublink(self, node: Any, names: Names) -> int:
        if pb.SubLinkType.Name(node.sub_link_type) not in SUBLINKS:
            raise Refused("not_allowed", "sub-query")
        if not set(self.strings(node.oper_name)) <= OPERATORS:
            raise Refused("operator_not_allowed", " ".join(self.strings(node.oper_name)))
        outputs = self.select(self.expect(node.subselect, "SelectStmt"), names)
        return 1 + self._maybe(node.testexpr, names) + sum(output.weight for output in outputs)
