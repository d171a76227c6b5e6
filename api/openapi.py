"""The OpenAPI file: what FastAPI makes of the routes, with our problems instead of its validation errors."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import MEDIA_TYPE, FieldProblem, Problem

TITLE, VERSION = "Cuadrilla", "1"
_DESCRIPTION = (
    "REST over the data of the company and its agents. What a token sees and writes is decided by its role's grants "
    "(docs/policy.md); errors are problem details with a stable `code`. See docs/api.md."
)
_VERSION_HEADER = "If-Match"
_THEIRS = ("HTTPValidationError", "ValidationError")


def install_openapi(app: FastAPI) -> None:
    """Make ``app`` describe itself so; made once, when it is first asked for."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app)
        return app.openapi_schema

    vars(app)["openapi"] = openapi


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of ``app``."""
    document = get_openapi(title=TITLE, version=VERSION, description=_DESCRIPTION, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for model in (Problem, FieldProblem):
        made = model.model_json_schema(ref_template="#/components/schemas/{model}")
        made.pop("$defs", None)
        schemas[model.__name__] = made
    for path in document["paths"].values():
        for operation in path.values():
            _with_our_errors(operation)
            _as_sent(operation)
    for name in _THEIRS:
        schemas.pop(name, None)
    return document


def _as_sent(operation: dict[str, Any]) -> None:
    """Parameters are left out, never null; and a write that needs a version says so."""
    for parameter in operation.get("parameters", ()):
        schema = parameter.get("schema", {})
        kinds = [kind for kind in schema.pop("anyOf", ()) if kind.get("type") != "null"]
        if len(kinds) == 1:
            schema.update(kinds[0])
        elif kinds:
            schema["anyOf"] = kinds
        if parameter["name"] == _VERSION_HEADER:
            parameter["required"] = True


def _with_our_errors(operation: dict[str, Any]) -> None:
    responses = operation.get("responses", {})
    theirs = responses.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if theirs.get("$ref", "").endswith(_THEIRS):
        schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
        responses["422"] = {"description": "Unprocessable Content", "content": {MEDIA_TYPE: {"schema": schema}}}
