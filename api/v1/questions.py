"""The query parameters of a list, made from what a resource declares.

``status=a&status=b`` is any of them; ``scheduled_at_min`` and ``_max`` are bounds; ``_null`` is about being empty.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from db.crud.paging import order_of
from db.crud.reading import Wanted
from db.crud.resource import Resource
from db.schemas.words import LARGEST_ID, WITHOUT_NUL, Day, Moment

MOST, USUAL = 200, 50
_Text = Annotated[str, StringConstraints(max_length=300, pattern=WITHOUT_NUL)]
_Whole = Annotated[int, Field(ge=-LARGEST_ID, le=LARGEST_ID)]
_Amount = Annotated[Decimal, Field(ge=-(10**10), le=10**10, allow_inf_nan=False)]
_RANGES: dict[type, Any] = {datetime: Moment, date: Day, Decimal: _Amount, int: _Whole}
_VALUES: dict[type, Any] = {**_RANGES, str: _Text}


class Paging(BaseModel):
    """What every list takes."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=USUAL, ge=1, le=MOST, description="Rows in a page")
    cursor: str | None = Field(
        default=None, max_length=2000, pattern=r"^[A-Za-z0-9_-]*$", description="From `next` of the page before"
    )
    count: bool = Field(default=False, description="Say how many rows there are in all, as `total`")


def question_of(
    resource: Resource, without: tuple[str, ...] = ()
) -> tuple[type[BaseModel], Callable[[BaseModel], Wanted]]:
    """The model of the query parameters of ``resource``, and how to read what was asked from one.

    ``without`` are columns that are not asked for, since the path says them.
    """
    fields: dict[str, Any] = {"sort": _sort(resource)}
    reads: dict[str, tuple[str, str]] = {}
    if resource.search:
        described = f"Words to be found in {' or '.join(resource.search)}"
        fields["q"] = (_Text | None, Field(default=None, description=described))
    for column in (name for name in resource.filters if name not in without):
        kind, nullable = _plain(resource.types[column])
        value: Any = _VALUES.get(kind, kind)
        comment = resource.table.columns[column].comment
        several = Field(default=None, description=f"{comment}; any of several", max_length=50)
        fields[column] = (list[value] | None, several)
        reads[column] = ("equal", column)
        if kind in _RANGES and not column.endswith("_id"):
            for end, side in (("min", "least"), ("max", "most")):
                fields[f"{column}_{end}"] = (value | None, Field(default=None, description=f"{comment}, at {side}"))
                reads[f"{column}_{end}"] = (side, column)
        if nullable:
            fields[f"{column}_null"] = (bool | None, Field(default=None, description=f"{comment}: is it empty?"))
            reads[f"{column}_null"] = ("empty", column)
    model = create_model(f"{resource.model.__name__}Question", __base__=Paging, **fields)

    def read(asked: BaseModel) -> Wanted:
        given = asked.model_dump(exclude_none=True)
        chosen: dict[str, dict[str, Any]] = {"equal": {}, "least": {}, "most": {}, "empty": {}}
        for name, (how, column) in reads.items():
            if name in given:
                chosen[how][column] = given[name]
        order = order_of(resource, given.get("sort"))
        return Wanted(order, given["limit"], given.get("cursor"), given["count"], given.get("q"), **chosen)

    return model, read


def _sort(resource: Resource) -> Any:
    sortable = ", ".join(dict.fromkeys((*resource.key, *resource.filters)))
    described = f"Columns, `-` before one for descending; nulls come last. Any of: {sortable}"
    default = resource.order or ",".join(resource.key)
    return (
        str | None,
        Field(default=None, max_length=300, pattern=r"^[a-z_,-]*$", description=described, examples=[default]),
    )


def _plain(kind: Any) -> tuple[Any, bool]:
    """A column's type without None, and whether it may be None."""
    if get_origin(kind) in (Union, UnionType):
        rest = [part for part in get_args(kind) if part is not type(None)]
        return rest[0], len(rest) < len(get_args(kind))
    return kind, False
