"""The one mapping from errors to HTTP: problem details (RFC 9457) with our stable ``code``, never a stack trace."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from core import errors
from core.errors import BadInput, CuadrillaError

MEDIA_TYPE = "application/problem+json"
STATUS: Mapping[type[CuadrillaError], HTTPStatus] = {
    errors.BadInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DocumentUnreadable: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.VersionMissing: HTTPStatus.PRECONDITION_REQUIRED,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Denied: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Stale: HTTPStatus.PRECONDITION_FAILED,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.QueryTooExpensive: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.CuadrillaError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_DETAILS = ("what", "reason")
"""Details of our errors that say to a program what a sentence cannot: which table or column, and why as a code."""
_log = structlog.get_logger(__name__)


class FieldProblem(BaseModel):
    """What is wrong with one part of a request."""

    field: str = Field(examples=["body.phone_number"])
    problem: str = Field(examples=["String should match pattern"])


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:cuadrilla:problem:not_found",
                "title": "Not Found",
                "status": 404,
                "detail": "There is no such record.",
                "code": "not_found",
            }
        }
    )

    type: str = Field(description="urn:cuadrilla:problem: and the code")
    title: str = Field(description="The status in words")
    status: int
    detail: str = Field(description="What went wrong, for the person who writes the program")
    code: str = Field(description="Stable name of what went wrong")
    what: str | None = Field(default=None, description="The table, column or field that it is about")
    reason: str | None = Field(default=None, description="Why, as a stable name")
    fields: list[FieldProblem] | None = Field(default=None, description="Each part of the request that is not valid")


def problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> JSONResponse:
    """The one error body."""
    body = {
        "type": f"urn:cuadrilla:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
        **more,
    }
    return JSONResponse(body, status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """``statuses`` as an operation's ``responses`` in OpenAPI: all of them are problems."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def status_of(error: CuadrillaError) -> HTTPStatus:
    """The HTTP status of ``error``: that of its nearest listed ancestor."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, CuadrillaError):
        return await _unexpected(request, error)
    status = status_of(error)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request_failed", path=_template(request), exc_info=error)
    more = {key: str(error.details[key]) for key in _DETAILS if error.details.get(key)}
    return problem(status, error.code, error.message, _headers(status, error.details), **more)


def _headers(status: HTTPStatus, details: Mapping[str, object]) -> dict[str, str]:
    if status is HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if "retry_after" in details:
        return {"Retry-After": str(details["retry_after"])}
    return {}


def _field(item: Any) -> dict[str, str]:
    """Where and what; LangServe also puts bare sentences among pydantic's details."""
    if isinstance(item, dict):
        return {"field": ".".join(map(str, item.get("loc", ()))), "problem": str(item.get("msg", ""))}
    return {"field": "", "problem": str(item)}


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    details = error.errors() if isinstance(error, RequestValidationError | ValidationError) else []
    fields = [_field(item) for item in details]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, BadInput.code, "The request is not valid.", fields=fields)


async def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        return await _unexpected(request, error)
    code = BadInput.code if error.status_code in (400, 422) else HTTPStatus(error.status_code).name.casefold()
    return problem(error.status_code, code, str(error.detail), error.headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("request_failed", path=_template(request), exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "Something went wrong.")


def _template(request: Request) -> str:
    """The path as it is declared: what callers put into it stays out of the logs."""
    return str(getattr(request.scope.get("route"), "path", ""))


def install_errors(app: FastAPI) -> None:
    """Make every error of ``app`` leave through the mapping."""
    app.add_exception_handler(CuadrillaError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
