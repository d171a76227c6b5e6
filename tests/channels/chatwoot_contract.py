"""Judges calls to Chatwoot by its published OpenAPI."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from channels.standin.failing import Call
from tests.channels.contract import OPENAPI

HOST = "http://chatwoot"
GAPS = (
    ("/toggle_status answered", "/payload/success: None"),
    ("/assignments answered", "Value None not valid"),
    ("/toggle_priority", "/priority: None"),
    (" answered: ", "'content': None"),
    ("'attachments[]': [b", "is not of type 'string'"),
)
"""Where Chatwoot itself departs from its OpenAPI (CONTRACT 5), and the validator, to which a file is bytes."""


class _Request:
    """A recorded call as openapi-core wants to see it."""

    def __init__(self, call: Call) -> None:
        self.host_url = HOST
        self.path = call.path
        self.method = call.method.lower()
        self.body = call.body or None
        self.content_type = call.headers.get("content-type", "")
        query = ImmutableMultiDict([(k, v) for k, values in parse_qs(call.query).items() for v in values])
        self.parameters = RequestParameters(query=query, header=Headers(call.headers))


class _Response:
    def __init__(self, call: Call) -> None:
        self.status_code = call.status
        self.content_type = call.answer_type
        self.data = call.answer
        self.headers: dict[str, Any] = {}


def inspector() -> Callable[[Call], list[str]]:
    """Says what is wrong with a call and with what it was answered, by Chatwoot's OpenAPI."""
    api = OpenAPI.from_path(OPENAPI)

    def inspect(call: Call) -> list[str]:
        request = _Request(call)
        found = []
        try:
            api.validate_request(request)
        except OpenAPIError as error:
            found.append(f"{call.method} {call.path}: {_reason(error)}: {call.body[:300]!r}")
        if call.status == 200 and call.answer:
            try:
                api.validate_response(request, _Response(call))
            except OpenAPIError as error:
                found.append(f"{call.method} {call.path} answered: {_reason(error)}: {call.answer[:300]!r}")
        return [one for one in found if not any(where in one and what in one for where, what in GAPS)]

    return inspect


def _reason(error: BaseException) -> str:
    said = [str(error)]
    cause = error.__cause__
    while cause is not None:
        details = getattr(cause, "schema_errors", None)
        said += (
            [f"{'/'.join(['', *map(str, one.path)])}: {one.message}" for one in details] if details else [str(cause)]
        )
        cause = cause.__cause__
    return "; ".join(said)


def body_of(call: Call) -> dict[str, Any]:
    """The JSON that a call sent."""
    found: dict[str, Any] = json.loads(call.body)
    return found
