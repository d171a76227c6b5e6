"""The one seam where what goes wrong with a model's service becomes an error of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import mktime_tz, parsedate_tz
from typing import Any

import httpx
import openai
from pydantic import ValidationError

from core.errors import (
    ModelFailed,
    ModelFiltered,
    ModelOutputMalformed,
    ModelRateLimited,
    ModelRejected,
    ModelTimeout,
    ModelUnauthorised,
    ModelUnavailable,
)

_QUOTA = "insufficient_quota"
_FILTER = "content_filter"
_UNREADABLE = (
    openai.LengthFinishReasonError,
    openai.APIResponseValidationError,
    json.JSONDecodeError,
    ValidationError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ValueError,
)
"""What clients and LangChain raise over an answer of another shape than the wire format's."""


@contextmanager
def mapped() -> Iterator[None]:
    """What any chat model of LangChain raises in the block comes out as :class:`ModelFailed`; ours passes.

    OpenAI's errors are known by name. Others (httpx's, those of other providers' clients, whatever their classes) are
    read by what they carry: a status, a cause that is one of these, or a name that speaks of time.
    """
    try:
        yield
    except ModelFailed:
        raise
    except openai.ContentFilterFinishReasonError as error:
        raise ModelFiltered from error
    except (openai.APITimeoutError, httpx.TimeoutException, TimeoutError) as error:
        raise ModelTimeout from error
    except (openai.APIConnectionError, httpx.TransportError, OSError) as error:
        raise ModelUnavailable(cause=type(error).__name__) from error
    except Exception as error:  # the classes of clients that are not installed here cannot be named
        raise _of_any(error) from error


def _of_any(error: Exception) -> ModelFailed:
    known = _of_status(error)
    if known is not None:
        return known
    if isinstance(error, _UNREADABLE):
        return ModelOutputMalformed(cause=type(error).__name__)
    below = error.__cause__ or error.__context__
    if isinstance(below, httpx.TimeoutException | TimeoutError) or "timeout" in type(error).__name__.casefold():
        return ModelTimeout(cause=type(error).__name__)
    return ModelUnavailable(cause=type(error).__name__)


def _of_status(error: Exception) -> ModelFailed | None:
    """By the HTTP status that ``error`` carries, wherever its client puts it; None when it carries none."""
    response = getattr(error, "response", None)
    status = next((value for value in _statuses(error, response) if 400 <= value < 600), None)
    if status is None:
        return None
    code = str(_attribute(error, "code", str) or _inner_code(getattr(error, "body", None) or _body(response)) or "")
    if code == _FILTER:
        return ModelFiltered(status=status)
    if status in (401, 403) or code == _QUOTA:
        return ModelUnauthorised(status=status, cause=code)
    if status == 429:
        headers = getattr(response, "headers", None)
        return ModelRateLimited(status=status, retry_after=_retry_after(headers if headers is not None else {}))
    if status == 408:
        return ModelTimeout(status=status)
    if status >= 500 or status in (409, 425):
        return ModelUnavailable(status=status)
    return ModelRejected(status=status, cause=code or str(error)[:200])


def _statuses(error: Exception, response: Any) -> Iterator[int]:
    for holder in (error, response):
        for name in ("status_code", "status", "code", "http_status"):
            value = _attribute(holder, name, int)
            if value is not None:
                yield value


def _attribute(holder: Any, name: str, kind: type) -> Any:
    value = getattr(holder, name, None)
    return value if isinstance(value, kind) and not isinstance(value, bool) else None


def _body(response: Any) -> Any:
    """What ``response`` says, if it is one of httpx and says it in JSON."""
    if not isinstance(response, httpx.Response) or not response.is_closed:
        return None
    try:
        return response.json()
    except (ValueError, httpx.StreamError):
        return None


def _inner_code(body: Any) -> str | None:
    """The code of the error body, wherever a service puts it."""
    error = body.get("error", body) if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait; None when it does not say, or says it in no way we read."""
    milliseconds = headers.get("retry-after-ms", "")
    if milliseconds.isdigit():
        return int(milliseconds) / 1000
    said = headers.get("retry-after", "")
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    until, sent = parsedate_tz(said), parsedate_tz(headers.get("date", ""))
    return max(0.0, float(mktime_tz(until) - mktime_tz(sent))) if until and sent else None
