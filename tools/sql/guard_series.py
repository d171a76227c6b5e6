"""The one function allowed in FROM: a short generate_series of days, months or numbers, between constants."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from postgast.walk import unwrap_node

from tools.sql.guard_rules import MAX_SERIES, TYPES
from tools.sql.guard_scope import Refused

_STEP = re.compile(r"\s*([1-9]\d{0,2})\s+(day|week|month|year)s?\s*")
_DAYS = {"day": 1, "week": 7, "month": 28, "year": 365}
_NAME = "generate_series"


def series_columns(item: Any) -> str:
    """The name of the column that the function gives; raises :class:`Refused` for any other, or a long one."""
    if len(item.functions) != 1:
        raise Refused("function_not_allowed", "ROWS FROM")
    parts = [unwrap_node(part) for part in unwrap_node(item.functions[0]).items]
    call = parts[0] if parts else None
    if call is None or type(call).DESCRIPTOR.name != "FuncCall":
        raise Refused("function_not_allowed", "FROM")
    name = ".".join(str(unwrap_node(part).sval) for part in call.funcname)
    if name not in (_NAME, f"pg_catalog.{_NAME}") or {f.name for f, _ in call.ListFields()} - {
        "funcname", "args", "funcformat", "location",
    }:  # fmt: skip
        raise Refused("function_not_allowed", name)
    values = [_constant(arg) for arg in call.args]
    if len(values) not in (2, 3) or _length(values) > MAX_SERIES:
        raise Refused("too_complex", _NAME)
    return _NAME


def _constant(node: Any) -> int | str:
    inner = unwrap_node(node)
    if type(inner).DESCRIPTOR.name == "TypeCast":
        kind = str(unwrap_node(inner.type_name.names[-1]).sval)
        if kind not in TYPES:
            raise Refused("type_not_allowed", kind)
        inner = unwrap_node(inner.arg)
    if type(inner).DESCRIPTOR.name != "A_Const":
        raise Refused("function_not_allowed", f"{_NAME} of what is not constant")
    if inner.WhichOneof("val") == "sval":
        return str(inner.sval.sval)
    if inner.WhichOneof("val") == "ival":
        return int(inner.ival.ival)
    raise Refused("function_not_allowed", _NAME)


def _length(values: list[int | str]) -> int:
    """How many rows the series has; refuses what cannot be told."""
    first, last, *rest = values
    if isinstance(first, int) and isinstance(last, int):
        step = rest[0] if rest else 1
        if not isinstance(step, int) or step == 0:
            raise Refused("function_not_allowed", _NAME)
        return abs(last - first) // abs(step) + 1
    if not (isinstance(first, str) and isinstance(last, str) and rest and isinstance(rest[0], str)):
        raise Refused("function_not_allowed", _NAME)
    step_match = _STEP.fullmatch(rest[0])
    if step_match is None:
        raise Refused("function_not_allowed", f"{_NAME} by {rest[0]}")
    try:
        days = abs((_day(last) - _day(first)).days)
    except ValueError:
        raise Refused("function_not_allowed", _NAME) from None
    return days // (int(step_match[1]) * _DAYS[step_match[2]]) + 1


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text.strip()).replace(tzinfo=None)
