"""What the model is asked to write, as pydantic models: the shapes on the wire, before anything is believed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from agents.brains.protocol import Intent, Language
from policy.grants import Write
from tools.sql.query import Aggregate, Op

Value = str | bool | int | float
Values = Annotated[
    list[Value],
    WithJsonSchema({"type": "array", "items": {"type": ["string", "number", "boolean"]}}),
    Field(max_length=50),
]
Hours = Annotated[tuple[int, int], WithJsonSchema({"type": "array", "items": {"type": "integer"}})]
Weekdays = Annotated[
    list[Annotated[int, Field(ge=1, le=7)]],
    WithJsonSchema({"type": "array", "items": {"type": "integer"}}),
    Field(max_length=7),
]
Names = Annotated[list[str], Field(max_length=40)]

_REF = "#/$defs/"
_NOISE = ("title", "default", "description", "maxLength", "maxItems", "minItems", "format", "minimum", "maximum")
"""Keys of a JSON schema that cost tokens, or that services do not accept; we check them ourselves."""


class _Wire(BaseModel):
    """What is left out and what is null are the same; what nobody asked for is dropped."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


class PeriodOut(_Wire):
    """Days from ``since`` (included) to ``to`` (excluded); ``hours`` of each day, or those ``weekdays`` only."""

    since: date | None = None
    to: date | None = None
    field: str | None = None
    hours: Hours | None = None
    weekdays: Weekdays = []


class FilterOut(_Wire):
    """A condition on a field."""

    field: str
    op: Op
    values: Values = []


class RelatedOut(_Wire):
    """Rows of another entity that must, or must not, exist."""

    entity: str
    via: str
    negated: bool = False
    filters: list[FilterOut] = Field(default=[], max_length=20)
    segments: Names = []
    period: PeriodOut | None = None


class MeasureOut(_Wire):
    """An aggregate."""

    agg: Aggregate
    field: str | None = None
    share: bool = False
    per: str | None = None
    filters: list[FilterOut] = Field(default=[], max_length=20)
    segments: Names = []
    related: list[RelatedOut] = Field(default=[], max_length=20)


class HavingOut(_Wire):
    """A condition on a group."""

    measure: int = 0
    op: Op
    value: float


class QueryOut(_Wire):
    """A semantic query. ``segments`` and ``order`` may begin with ``-``; ``group`` is ``path`` or ``path:grain``."""

    entity: str
    select: Names = []
    distinct: bool = False
    measures: list[MeasureOut] = Field(default=[], max_length=20)
    group: Names = []
    filters: list[FilterOut] = Field(default=[], max_length=20)
    segments: Names = []
    period: PeriodOut | None = None
    compare: list[PeriodOut] = Field(default=[], max_length=6)
    related: list[RelatedOut] = Field(default=[], max_length=20)
    having: list[HavingOut] = Field(default=[], max_length=20)
    order: Names = []
    limit: int | None = None
    limit_per: str | None = None
    exists: bool = False
    offset: int = 0


class TicketOut(_Wire):
    """A write to propose."""

    action: Write
    equipment_id: int | None = None
    intervention_id: int | None = None
    client: str | None = None
    model: str | None = None
    kind: Literal["installation", "maintenance", "repair", "inspection"] | None = None
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    description: str | None = None
    preferred: str | None = None
    status: Literal["in_progress", "completed", "cancelled"] | None = None
    result: str | None = None
    scheduled_at: str | None = None
    technician: str | None = None


class AskOut(_Wire):
    """One thing asked, with its query or its ticket when it has one. Without ``text`` it is the whole message."""

    text: str = Field(default="", max_length=4000)
    intent: Intent
    needs: int | None = None
    reason: str | None = None
    query: QueryOut | None = None
    chart: bool = False
    ticket: TicketOut | None = None


class UnderstoodOut(_Wire):
    """What a message asks."""

    language: Language
    asks: list[AskOut] = Field(min_length=1)


class PlanOut(_Wire):
    """A query, or none when it cannot be said."""

    query: QueryOut | None = None
    chart: bool = False


class DraftOut(_Wire):
    """A ticket, or none when nothing is to be written."""

    ticket: TicketOut | None = None


class AnswerOut(_Wire):
    """An answer and the words of the passages it stands on, which come first; without them there is none.

    ``other``: the message asks something that is not for the documents, or not only that.
    """

    other: bool = False
    quotes: list[str] = Field(default=[], max_length=20)
    text: str = ""


class SqlOut(_Wire):
    """One SELECT, or none when it cannot be said."""

    sql: str | None = None


def schema_of(output: type[BaseModel], without: Collection[str] = ()) -> dict[str, Any]:
    """The JSON schema of ``output``, short: names, kinds and choices, and nothing that services stumble over.

    ``without`` are parts that are not offered, as ``ask.query``, ``ticket.status`` or ``write=request_visit``.
    """
    whole = _short(output.model_json_schema())
    parts: dict[str, Any] = whole.pop("$defs", {})
    parts = {_called(name): part for name, part in parts.items()}
    owners = {**parts, _called(output.__name__): whole}
    for place in without:
        owner, _, name = place.partition(".")
        if name and owner in owners:
            owners[owner]["properties"].pop(name, None)
    for name, part in parts.items():
        if "enum" in part:
            part["enum"] = [choice for choice in part["enum"] if f"{name}={choice}" not in without]
    for name in list(parts):
        _put(whole, parts, name)
    needed = _reached(whole, parts)
    schema = {"title": _called(output.__name__), **whole}
    return {**schema, "$defs": {name: parts[name] for name in parts if name in needed}} if needed else schema


def _called(name: str) -> str:
    return name.removesuffix("Out").lower()


def _short(node: Any) -> Any:
    if isinstance(node, list):
        return [_short(item) for item in node]
    if not isinstance(node, dict):
        return node
    options = node.get("anyOf")
    if options is not None:
        real = [option for option in options if option != {"type": "null"}]
        if len(real) == 1:
            return _short({**{key: value for key, value in node.items() if key != "anyOf"}, **real[0]})
    if "enum" in node:
        return {"enum": node["enum"]}
    if "$ref" in node:
        return {"$ref": _REF + _called(node["$ref"].removeprefix(_REF))}
    return {
        key: {name: _short(part) for name, part in value.items()} if key in ("properties", "$defs") else _short(value)
        for key, value in node.items()
        if key not in _NOISE
    }


def _put(whole: dict[str, Any], parts: dict[str, Any], name: str) -> None:
    """Write the part ``name`` where it is referred to, if that is one place: it is shorter."""
    places = list(_referring([whole, *parts.values()], name))
    if len(places) == 1:
        places[0].clear()
        places[0].update(parts.pop(name))


def _referring(node: Any, name: str) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("$ref") == _REF + name:
            yield node
        for value in list(node.values()):
            yield from _referring(value, name)
    elif isinstance(node, list):
        for item in node:
            yield from _referring(item, name)


def _reached(node: Any, parts: dict[str, Any]) -> set[str]:
    """The parts that ``node`` refers to, and those that they refer to."""
    found: set[str] = set()
    todo = [node]
    while todo:
        place = todo.pop()
        new = {name for name in parts if name not in found and any(_referring(place, name))}
        found |= new
        todo += [parts[name] for name in new]
    return found
