"""The one mapping from errors to HTTP. The body is always ``{"code": ..., "message": ...}``, never a stack trace."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from core.errors import BadInput, Conflict, CuadrillaError, Denied, NotFound, Unauthenticated, Unavailable

STATUS: dict[type[CuadrillaError], HTTPStatus] = {
    BadInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Denied: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    CuadrillaError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_log = structlog.get_logger(__name__)


def problem(status: int, code: str, message: str, **more: Any) -> JSONResponse:
    """The one error body."""
    return JSONResponse({"code": code, "message": message, **more}, status_code=status)


def status_of(error: CuadrillaError) -> HTTPStatus:
    """The HTTP status of ``error``: that of its nearest listed ancestor."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


async def _ours(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, CuadrillaError):
        return await _unexpected(_request, error)
    return problem(status_of(error), error.code, error.message)


def _field(item: Any) -> dict[str, str]:
    """Where and what; LangServe also puts bare sentences among pydantic's details."""
    if isinstance(item, dict):
        return {"field": ".".join(map(str, item.get("loc", ()))), "problem": str(item.get("msg", ""))}
    return {"field": "", "problem": str(item)}


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    details = error.errors() if isinstance(error, RequestValidationError | ValidationError) else []
    fields = [_field(item) for item in details]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, BadInput.code, "The request is not valid.", fields=fields)


async def _http(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        return await _unexpected(_request, error)
    code = BadInput.code if error.status_code in (400, 422) else HTTPStatus(error.status_code).name.casefold()
    return problem(error.status_code, code, str(error.detail))


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("request_failed", path=request.url.path, exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "Something went wrong.")


def install_errors(app: FastAPI) -> None:
    """Make every error of ``app`` leave through the mapping."""
    app.add_exception_handler(CuadrillaError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
