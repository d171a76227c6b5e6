"""Voice notes in words, by any service that speaks OpenAI's ``/audio/transcriptions``."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import httpx
import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random

from core.settings import Settings

_OPENAI = "https://api.openai.com/v1"
_ATTEMPTS = 2
_MOST_ANSWER = 1_000_000
_log = structlog.get_logger(__name__)


class _Busy(Exception):
    """The service may answer in a moment."""


@dataclass(frozen=True, slots=True)
class Transcriber:
    """Asks the service of the settings."""

    settings: Settings

    @property
    def configured(self) -> bool:
        """Is there a service to ask?"""
        return self.settings.transcription_api_key is not None or self.settings.transcription_base_url is not None

    async def words(self, name: str, media_type: str, data: bytes) -> str:
        """What is said in ``data``; nothing when the service cannot tell."""
        tries = AsyncRetrying(
            retry=retry_if_exception_type(_Busy),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random(0, 1),
            reraise=True,
        )
        try:
            async for attempt in tries:
                with attempt:
                    return await self._ask(name, media_type, data)
        except (_Busy, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            _log.warning("voice_note_not_heard", error=f"{type(error).__name__}: {error}"[:200])
        return ""

    async def _ask(self, name: str, media_type: str, data: bytes) -> str:
        given = self.settings
        key = given.transcription_api_key
        headers = {"authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        url = f"{(given.transcription_base_url or _OPENAI).rstrip('/')}/audio/transcriptions"
        async with (
            httpx.AsyncClient(trust_env=False, timeout=given.transcription_timeout_seconds) as client,
            client.stream(
                "POST",
                url,
                headers=headers,
                data={"model": given.transcription_model, "response_format": "json"},
                files={"file": (name, data, media_type)},
            ) as response,
        ):
            if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or response.is_server_error:
                raise _Busy(str(response.status_code))
            response.raise_for_status()
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _MOST_ANSWER:
                    raise ValueError("the answer is too long")
        answer = httpx.Response(HTTPStatus.OK, content=body).json()
        text = answer.get("text") if isinstance(answer, dict) else None
        return text.strip() if isinstance(text, str) else ""
