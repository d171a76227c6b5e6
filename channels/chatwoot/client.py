"""Chatwoot's API, as far as an agent bot may use it. Raises :class:`ChatwootError` and nothing else.

The error says whether the call may have happened all the same, and whether trying again makes sense.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx

from channels.chatwoot.outgoing import OutgoingFile
from core.errors import CuadrillaError
from core.settings import Settings

_TOKEN_HEADERS = ("api_access_token", "api-access-token")
"""The first is the documented one, which many proxies drop; the second is the same to Rails."""
_LONGEST_ERROR = 300
_RETRIED = frozenset({408, 425, 429, 401, 403})
_LONGEST_RETRY_AFTER = 3600.0


class ChatwootError(CuadrillaError):
    """Chatwoot did not do what was asked."""

    code = "chatwoot"

    def __init__(
        self,
        message: str | None = None,
        *,
        status: int | None = None,
        uncertain: bool = False,
        again: bool = True,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.uncertain = uncertain
        """The call may have happened."""
        self.again = again
        """Trying again makes sense."""
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Chatwoot:
    """Calls to one installation, none longer than ``seconds``.

    ``http`` carries the bot's token; ``user_token`` may list what a bot may not.
    """

    http: httpx.AsyncClient
    seconds: float
    user_token: str | None = None

    async def conversation(self, account_id: int, conversation_id: int) -> dict[str, Any]:
        """The conversation with its last message, status, assignee and labels (Chatwoot 4.14.2 or later)."""
        return await self._object("GET", _conversation(account_id, conversation_id))

    async def post_message(
        self, account_id: int, conversation_id: int, body: Mapping[str, Any], file: OutgoingFile | None = None
    ) -> dict[str, Any]:
        """Post a message or a note; gives the message."""
        path = f"{_conversation(account_id, conversation_id)}/messages"
        if file is None:
            return await self._object("POST", path, json=dict(body))
        fields = {key: value if isinstance(value, str) else json.dumps(value) for key, value in body.items()}
        return await self._object(
            "POST", path, data=fields, files={"attachments[]": (file.name, file.data, file.media_type)}
        )

    async def typing(self, account_id: int, conversation_id: int, on: bool) -> None:
        """Show that somebody writes, or no longer does."""
        body = {"typing_status": "on" if on else "off", "is_private": False}
        await self._call("POST", f"{_conversation(account_id, conversation_id)}/toggle_typing_status", json=body)

    async def set_status(self, account_id: int, conversation_id: int, status: str) -> None:
        """Make it pending, open, resolved or snoozed."""
        await self._call("POST", f"{_conversation(account_id, conversation_id)}/toggle_status", json={"status": status})

    async def set_priority(self, account_id: int, conversation_id: int, priority: str | None) -> None:
        """Set or clear the priority."""
        path = f"{_conversation(account_id, conversation_id)}/toggle_priority"
        await self._call("POST", path, json={"priority": priority})

    async def assign(
        self, account_id: int, conversation_id: int, *, team_id: int | None = None, user: Any = None
    ) -> None:
        """Give it to a team, or to a colleague."""
        body = {"team_id": team_id} if team_id is not None else {"assignee_id": user}
        await self._call("POST", f"{_conversation(account_id, conversation_id)}/assignments", json=body)

    async def labels(self, account_id: int, conversation_id: int) -> list[str]:
        """The labels it has (Chatwoot 4.14.2 or later)."""
        given = await self._object("GET", f"{_conversation(account_id, conversation_id)}/labels")
        return [label for label in given.get("payload", []) if isinstance(label, str)]

    async def set_labels(self, account_id: int, conversation_id: int, labels: list[str]) -> None:
        """Replace its labels."""
        await self._call("POST", f"{_conversation(account_id, conversation_id)}/labels", json={"labels": labels})

    async def set_custom_attributes(self, account_id: int, conversation_id: int, values: Mapping[str, Any]) -> None:
        """Replace its custom attributes."""
        path = f"{_conversation(account_id, conversation_id)}/custom_attributes"
        await self._call("POST", path, json={"custom_attributes": dict(values)})

    async def messages(self, account_id: int, conversation_id: int) -> list[dict[str, Any]] | None:
        """Its latest messages; None without a user's token."""
        if self.user_token is None:
            return None
        path = f"{_conversation(account_id, conversation_id)}/messages"
        given = await self._object("GET", path, headers=_token(self.user_token))
        return [item for item in given.get("payload", []) if isinstance(item, dict)]

    async def pending(self, account_id: int, page: int) -> list[dict[str, Any]] | None:
        """A page of the conversations that are pending; None without a user's token."""
        if self.user_token is None:
            return None
        path = f"/api/v1/accounts/{account_id}/conversations"
        query = {"status": "pending", "assignee_type": "all", "page": page}
        given = await self._object("GET", path, headers=_token(self.user_token), params=query)
        data = given.get("data")
        payload = data.get("payload", []) if isinstance(data, dict) else []
        return [item for item in payload if isinstance(item, dict)]

    async def _object(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        response = await self._call(method, path, **more)
        try:
            given = response.json()
        except ValueError as error:
            raise ChatwootError("The answer is not JSON.", status=response.status_code, uncertain=True) from error
        if not isinstance(given, dict):
            raise ChatwootError("The answer is not an object.", status=response.status_code, uncertain=True)
        return given

    async def _call(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            async with asyncio.timeout(self.seconds):
                response = await self.http.request(method, path, **more)
        except TimeoutError as error:
            raise ChatwootError("Chatwoot did not answer in time.", uncertain=True) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ChatwootError(f"Chatwoot cannot be reached ({type(error).__name__}).") from error
        except httpx.HTTPError as error:
            raise ChatwootError(f"Chatwoot did not answer ({type(error).__name__}).", uncertain=True) from error
        if response.is_success:
            return response
        raise _refusal(response)


def make_http(settings: Settings) -> httpx.AsyncClient:
    """The connection pool of the calls. Raises nothing; needs ``chatwoot_url`` and ``chatwoot_bot_token``."""
    token = settings.chatwoot_bot_token.get_secret_value() if settings.chatwoot_bot_token else ""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=20)
    return httpx.AsyncClient(
        base_url=settings.chatwoot_url or "",
        headers={**_token(token), "accept": "application/json"},
        timeout=settings.chatwoot_timeout_seconds,
        limits=limits,
    )


def _token(value: str) -> dict[str, str]:
    return dict.fromkeys(_TOKEN_HEADERS, value)


def _conversation(account_id: int, conversation_id: int) -> str:
    return f"/api/v1/accounts/{account_id}/conversations/{conversation_id}"


def _refusal(response: httpx.Response) -> ChatwootError:
    status = response.status_code
    server = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    busy = status == HTTPStatus.UNPROCESSABLE_ENTITY and "Too many messages" in response.text
    return ChatwootError(
        f"{status}: {response.text[:_LONGEST_ERROR]}",
        status=status,
        uncertain=server,
        again=server or busy or status in _RETRIED,
        retry_after=_retry_after(response.headers.get("retry-after")),
    )


def _retry_after(header: str | None) -> float | None:
    """Seconds, or a date."""
    if header is None:
        return None
    if header.strip().isdigit():
        return min(float(header), _LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment.timestamp() - time.time(), 0.0), _LONGEST_RETRY_AFTER)
