"""The one seam where what goes wrong with a model's service becomes an error of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import mktime_tz, parsedate_tz
from typing import Any

import openai
from langchain_core.exceptions import LangChainException
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
"""What openai and LangChain raise over an answer of another shape than the wire format's."""


@contextmanager
def mapped() -> Iterator[None]:
    """Errors of openai and LangChain in the block come out as :class:`ModelFailed`; ours pass."""
    try:
        yield
    except ModelFailed:
        raise
    except openai.APIStatusError as error:
        raise _of_status(error) from error
    except openai.ContentFilterFinishReasonError as error:
        raise ModelFiltered from error
    except (openai.APITimeoutError, TimeoutError) as error:
        raise ModelTimeout from error
    except (openai.APIConnectionError, OSError) as error:
        raise ModelUnavailable(cause=type(error).__name__) from error
    except _UNREADABLE as error:
        raise ModelOutputMalformed(cause=type(error).__name__) from error
    except (openai.OpenAIError, LangChainException) as error:
        raise ModelUnavailable(cause=type(error).__name__) from error


def _of_status(error: openai.APIStatusError) -> ModelFailed:
    status, code = error.status_code, str(error.code or _inner_code(error.body) or "")
    if code == _FILTER:
        return ModelFiltered(status=status)
    if status in (401, 403) or code == _QUOTA:
        return ModelUnauthorised(status=status, cause=code)
    if status == 429:
        return ModelRateLimited(status=status, retry_after=_retry_after(error.response.headers))
    if status == 408:
        return ModelTimeout(status=status)
    if status >= 500 or status in (409, 425):
        return ModelUnavailable(status=status)
    return ModelRejected(status=status, cause=code or error.message[:200])


def _inner_code(body: Any) -> str | None:
    """The code of the error body, wherever a service puts it."""
    error = body.get("error", body) if isinstance(body, dict) else None
    return error.get("code") if isinstance(error, dict) else None


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
