"""The one shape of every resource: list, get, create, change and delete, from its declaration.

Reads run as whoever asks, under row-level security; writes as the application, within the grants. A row that is not
yours is not there (404); what your role may not do at all is denied (403).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel

from api.auth import Access, Caller, OpenDesk, Token, admit
from api.desk import Desk
from api.errors import documented
from api.idempotency import IdempotencyKey, claim_of, once
from api.v1.questions import question_of
from core.errors import VersionMissing
from db.crud import reading, writing
from db.crud.failures import translated
from db.crud.idempotency import Answer
from db.crud.resource import Resource, Values
from db.crud.writing import Author
from db.schemas.words import LARGEST_ID, WITHOUT_NUL
from db.session import session_scope
from policy.grants import GRANTS
from policy.roles import Role
from policy.scopes import READ

BASE = "/api/v1"
Key = Mapping[str, Any]
READ_ERRORS, WRITE_ERRORS = (401, 403, 404, 422, 429, 503), (400, 401, 403, 404, 409, 412, 413, 422, 428, 429, 503)
_MATCH = r'^(\*|"[0-9a-f]{32}")$'
IfMatch = Annotated[
    str | None, Header(alias="If-Match", pattern=_MATCH, description="The ETag of what was read, or * for any")
]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=200, description="An ETag that is known")]


def add_resource(router: APIRouter, resource: Resource) -> None:
    """Add the routes of ``resource``: those that at least one role was granted."""
    _add_reads(router, resource)
    grants = [GRANTS[role].records[resource.name] for role in Role if resource.name in GRANTS[role].records]
    if resource.makes and resource.body is not None and any(grant.create for grant in grants):
        _add_create(router, resource, resource.body)
    if any(grant.update for grant in grants):
        _add_change(router, resource)
    if any(grant.delete for grant in grants):
        _add_delete(router, resource)


def _add_reads(router: APIRouter, resource: Resource) -> None:
    question, read = question_of(resource)

    def list_rows(access: Caller, desk: OpenDesk, request: Request, asked: Any, parents: Any) -> Response:
        wanted = read(asked)
        access.need(READ, resource.name)
        if resource.parent is not None:
            read_row(desk, access, resource.parent, parents)
        return list_response(desk, access, resource, wanted, request, parents)

    def get_row(access: Caller, desk: OpenDesk, key: Any, known: IfNoneMatch = None) -> Response:
        access.need(READ, resource.name)
        row = read_row(desk, access, resource, key)
        answer = shown(resource, access.principal.role, row)
        if known is not None and answer.headers["ETag"] in known:
            return Response(status_code=304, headers=answer.headers)
        return Response(answer.body, headers=answer.headers, media_type="application/json")

    noun = resource.name.replace("_", " ")
    router.add_api_route(
        f"{BASE}/{resource.path}",
        typed(list_rows, asked=Annotated[question, Query()], parents=_path(resource.parents, resource)),
        name=f"list_{resource.name}",
        tags=[resource.tag],
        operation_id=f"list_{resource.name}",
        summary=f"List {noun}",
        description=f"{resource.table.comment}, a page at a time; only the rows and columns that the caller may read.",
        response_model=resource.page,
        responses=documented(*READ_ERRORS),
    )
    router.add_api_route(
        f"{BASE}/{resource.item_path}",
        typed(get_row, key=_path(resource.key, resource)),
        name=f"get_{resource.name}",
        tags=[resource.tag],
        operation_id=f"get_{resource.name}",
        summary=f"Get one of {noun}",
        response_model=resource.record,
        responses={304: {"description": "It still is what If-None-Match says"}, **documented(*READ_ERRORS)},
    )


def _add_create(router: APIRouter, resource: Resource, body: type[BaseModel]) -> None:
    def create_row(
        access: Caller, desk: OpenDesk, request: Request, sent: Any, parents: Any, again: IdempotencyKey = None
    ) -> Response:
        access.need(resource.scope, resource.name)
        values = {**sent.model_dump(exclude_unset=True), **parents}

        def act(session: Any) -> Answer:
            author = author_of(desk, access)
            row = writing.create_row(session, resource, author, values)
            answer = shown(resource, access.principal.role, row)
            location = quote(f"{BASE}/{resource.item_path.format(**row)}")
            return Answer(201, {**answer.headers, "Location": location}, answer.body)

        return once(desk, claim_of(access, again, request, sent), act)

    router.add_api_route(
        f"{BASE}/{resource.path}",
        typed(create_row, sent=body, parents=_path(resource.parents, resource)),
        methods=["POST"],
        status_code=201,
        name=f"create_{resource.name}",
        tags=[resource.tag],
        operation_id=f"create_{resource.name}",
        summary=f"Make one of {resource.name.replace('_', ' ')}",
        response_model=resource.record,
        responses=documented(*(status for status in WRITE_ERRORS if status not in (412, 428))),
    )


def _add_change(router: APIRouter, resource: Resource) -> None:
    def change_row(access: Caller, desk: OpenDesk, key: Any, sent: Any, version: IfMatch = None) -> Response:
        access.need(resource.scope, resource.name)
        values = sent.model_dump(exclude_unset=True)
        with translated(), session_scope(desk.sessions) as session:
            author = author_of(desk, access)
            row = writing.update_row(session, resource, author, key, values, _version(version))
        answer = shown(resource, access.principal.role, row)
        return Response(answer.body, headers=answer.headers, media_type="application/json")

    router.add_api_route(
        f"{BASE}/{resource.item_path}",
        typed(change_row, key=_path(resource.key, resource), sent=resource.change),
        methods=["PATCH"],
        name=f"change_{resource.name}",
        tags=[resource.tag],
        operation_id=f"change_{resource.name}",
        summary=f"Change one of {resource.name.replace('_', ' ')}",
        description="What is left out stays. `If-Match` says which version is changed.",
        response_model=resource.record,
        responses=documented(*WRITE_ERRORS),
    )


def _add_delete(router: APIRouter, resource: Resource) -> None:
    def delete_row(access: Caller, desk: OpenDesk, key: Any, version: IfMatch = None) -> Response:
        access.need(resource.scope, resource.name)
        with translated(), session_scope(desk.sessions) as session:
            writing.delete_row(session, resource, author_of(desk, access), key, _version(version))
        return Response(status_code=204)

    router.add_api_route(
        f"{BASE}/{resource.item_path}",
        typed(delete_row, key=_path(resource.key, resource)),
        methods=["DELETE"],
        status_code=204,
        name=f"delete_{resource.name}",
        tags=[resource.tag],
        operation_id=f"delete_{resource.name}",
        summary=f"{'Retire' if resource.retires else 'Delete'} one of {resource.name.replace('_', ' ')}",
        responses=documented(*(status for status in WRITE_ERRORS if status not in (400, 413))),
    )


def list_response(
    desk: Desk, access: Access, resource: Resource, wanted: reading.Wanted, request: Request, parents: Key
) -> Response:
    """A page of ``resource``, of the rows that belong to ``parents``."""
    role = access.principal.role
    wanted = reading.within(wanted, parents)
    with translated(), desk.readers.reading(access.principal) as connection:
        found = reading.list_rows(connection, resource, role, wanted)
    following = None
    if found.cursor is not None:
        url = request.url.include_query_params(cursor=found.cursor)
        following = f"{url.path}?{url.query}"
    items = [resource.represent(role, row) for row in found.rows]
    page = resource.page.model_construct(items=items, next=following, total=found.total)
    return Response(page.model_dump_json(exclude_unset=True), media_type="application/json")


def read_row(desk: Desk, access: Access, resource: Resource, key: Key) -> Values:
    """One row, as the caller reads it; raises :class:`core.errors.NotFound` or :class:`core.errors.Denied`."""
    with translated(), desk.readers.reading(access.principal) as connection:
        return reading.get_row(connection, resource, access.principal.role, key)


def shown(resource: Resource, role: Role, row: Values) -> Answer:
    """``row`` as ``role`` is answered it, with its version."""
    body = resource.represent(role, row).model_dump_json(exclude_unset=True)
    return Answer(200, {"ETag": f'"{writing.version_of(resource, role, row)}"'}, body)


def author_of(desk: Desk, access: Access) -> Author:
    """Who writes, now."""
    return Author(access.principal, desk.clock.now(), access.key_id)


def _version(if_match: str | None) -> str:
    if if_match is None:
        raise VersionMissing(what="If-Match", reason="version_missing")
    return if_match.strip('"')


def _path(columns: tuple[str, ...], resource: Resource) -> Any:
    """A dependency that reads ``columns`` from the path."""

    async def key(**given: Any) -> Key:
        return given

    kinds = {
        column: Annotated[int, Path(ge=1, le=LARGEST_ID, description=resource.table.columns[column].comment)]
        if resource.types[column] is int
        else Annotated[str, Path(max_length=300, pattern=WITHOUT_NUL)]
        for column in columns
    }
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(column, keyword, annotation=kind) for column, kind in kinds.items()]
    vars(key)["__signature__"] = inspect.Signature(parameters)
    return Annotated[Any, Depends(key)]


def typed(endpoint: Callable[..., Response], **kinds: Any) -> Callable[..., Response]:
    """``endpoint`` with ``kinds`` as the types of its parameters, which only its declaration knows.

    Who is calling is looked up in the thread of the endpoint: a second one for that is a tenth of a call.
    """

    def admitted(*, access: str, desk: Desk, **given: Any) -> Response:
        return endpoint(access=admit(desk, access), desk=desk, **given)

    signature = inspect.signature(endpoint, eval_str=True)
    kinds = {**kinds, "access": Token}
    parameters = [
        parameter.replace(annotation=kinds.get(name, parameter.annotation))
        for name, parameter in signature.parameters.items()
    ]
    vars(admitted)["__signature__"] = signature.replace(parameters=parameters)
    return admitted
