"""SELECTs of every shape over the whole schema, most of them valid, written by chance."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from db.models import Base
from policy.grants import GRANTS
from policy.roles import Role
from tests.walls.twins import HIDDEN_LENGTH

COLUMNS = {name: [column.name for column in table.columns] for name, table in Base.metadata.tables.items()}
COLUMNS["client_contacts"] = ["client_id", "email", "phone_number", "address", "postal_code"]
_WORDS = ["1", "17", "18", "3", "'Beta Secreta SL'", "'2026-01-01'", "NULL", "'%a%'", "0", "true"]
_SPECIAL = ["ctid", "tableoid", "*", "to_jsonb"]
_JOINS = ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "NATURAL JOIN"]
_TESTS = ["=", "<>", "<", ">", "IS DISTINCT FROM", "LIKE", "IN", "BETWEEN"]
_CALLS = [
    "count({0})", "max({0})", "min({0}::text)", "string_agg({0}::text, ',' ORDER BY {0}::text)",
    "array_agg({0} ORDER BY {0}::text)", "count(DISTINCT {0})",
]  # fmt: skip
"""What is put together is put in order: else the plan picks one, which depends on how much there is of everything."""
_PLAIN = ["{}", "coalesce({}::text, 'x')", "lower({}::text)", "length({}::text)", "({})::text || 'x'", "{} IS NULL"]


@dataclass(frozen=True, slots=True)
class Source:
    """Something in FROM: its text, the name it goes by, and its columns."""

    text: str
    alias: str
    columns: tuple[str, ...]


@st.composite
def sources(draw: st.DrawFn, role: Role, depth: int, alias: str) -> Source:
    """A table, mostly one that ``role`` was granted, or a SELECT."""
    if depth and draw(st.integers(0, 4)) == 0:
        inner = draw(selects(role, depth - 1, plain=True))
        lateral = draw(st.sampled_from(["", "", "LATERAL "]))
        return Source(f"{lateral}({inner}) AS {alias}", alias, ("c0", "c1"))
    granted = sorted(GRANTS[role].tables)
    table = draw(st.sampled_from(granted if draw(st.integers(0, 15)) else sorted(COLUMNS)))
    readable = granted and GRANTS[role].tables.get(table)
    columns = readable.columns if readable and draw(st.integers(0, 15)) else (*COLUMNS[table], *_SPECIAL)
    return Source(f"{draw(st.sampled_from(['', 'public.']))}{table} AS {alias}", alias, tuple(columns))


@st.composite
def values(draw: st.DrawFn, known: list[Source], role: Role, depth: int) -> str:
    """A scalar expression without aggregates.

    One of them fails on what may not be seen, and on nothing else: what may be seen would fail or not as the plan
    happens to come by it, and the plan depends on how much there is of everything.
    """
    kind = draw(st.integers(0, 9))
    if kind == 0 or not known:
        return draw(st.sampled_from(_WORDS))
    source = draw(st.sampled_from(known))
    column = f"{source.alias}.{draw(st.sampled_from(source.columns))}"
    if kind == 1:
        return f"CASE WHEN {column} IS NULL THEN 1 ELSE 1 / (length({column}::text) - {HIDDEN_LENGTH}) END"
    if kind == 2 and depth:
        return f"(SELECT count(*) FROM ({draw(selects(role, depth - 1, plain=True))}) AS counted)"
    return draw(st.sampled_from(_PLAIN)).format(column)


@st.composite
def conditions(draw: st.DrawFn, known: list[Source], role: Role, depth: int) -> str:
    """A condition."""
    if depth and draw(st.integers(0, 5)) == 0:
        return f"EXISTS ({draw(selects(role, depth - 1, plain=True))})"
    left, right = draw(values(known, role, depth)), draw(values(known, role, 0))
    match draw(st.sampled_from(_TESTS)):
        case "IN":
            return f"({left})::text IN (({right})::text, 'x')"
        case "LIKE":
            return f"({left})::text LIKE '%a%'"
        case "BETWEEN":
            return f"({left})::text BETWEEN '1' AND ({right})::text"
        case test:
            return f"({left})::text {test} ({right})::text"


@st.composite
def selects(draw: st.DrawFn, role: Role, depth: int = 1, *, plain: bool = False) -> str:
    """A SELECT for ``role``; ``plain`` ones have two columns named c0 and c1."""
    level = "abc"[depth]
    known = [draw(sources(role, depth, f"{level}0"))]
    text = known[0].text
    for number in range(draw(st.integers(0, 2))):
        other = draw(sources(role, depth, f"{level}{number + 1}"))
        join = draw(st.sampled_from(_JOINS))
        shared = sorted(set(known[0].columns) & set(other.columns) - set(_SPECIAL))
        text += f" {join} {other.text}"
        if join.startswith("NATURAL"):
            pass
        elif number == 0 and shared and draw(st.booleans()):
            text += f" USING ({draw(st.sampled_from(shared))})"
        else:
            on = [f"{known[0].alias}.{shared[0]} = {other.alias}.{shared[0]}"] if shared else []
            text += f" ON {' AND '.join([*on, draw(conditions([*known, other], role, 0))])}"
        known.append(other)
    where = f" WHERE {draw(conditions(known, role, depth))}" if draw(st.booleans()) else ""
    grouped = not plain and draw(st.integers(0, 2)) == 0
    if grouped:
        source = draw(st.sampled_from(known))
        by, of = (f"{source.alias}.{draw(st.sampled_from(source.columns))}" for _ in range(2))
        call = draw(st.sampled_from(_CALLS)).format(of)
        return f"SELECT {by}, {call} FROM {text}{where} GROUP BY {by} ORDER BY 1"
    shown = [draw(values(known, role, depth)) for _ in range(2)]
    select = f"SELECT ({shown[0]})::text AS c0, ({shown[1]})::text AS c1 FROM {text}{where}"
    if depth and not plain and draw(st.integers(0, 4)) == 0:
        operation = draw(st.sampled_from(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"]))
        select += f" {operation} {draw(selects(role, depth - 1, plain=True))}"
    if depth and not plain and draw(st.integers(0, 4)) == 0:
        select = f"WITH w AS ({draw(selects(role, depth - 1, plain=True))}) SELECT w.c0, q.c1 FROM w, ({select}) AS q"
    # Of more rows than are given out, the first in an order that only what was asked decides: else chance picks them.
    return select if plain else f"{select} ORDER BY 1, 2"
