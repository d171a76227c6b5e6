"""What came with a message besides words: heard, placed or named, so that a turn can answer it and a ticket keep it.

Only voice notes are fetched, only from Chatwoot's own hosts and from the public storage that these send on to.
"""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import structlog

from channels.chatwoot.received import MediaParts, ReceivedFile
from channels.chatwoot.transcription import Transcriber
from core.errors import DocumentUnreadable
from core.settings import Settings
from graph.messages import IncomingAttachment
from ingest.sources.web import Limits, fetch

_LONGEST_NAME = 300
_LONGEST_TYPE = 200
_LONGEST_URL = 2000
_KINDS: Mapping[str, str] = {
    "image": "image/jpeg",
    "audio": "audio/ogg",
    "video": "video/mp4",
    "location": "location/point",
    "contact": "contact/card",
    "unsupported": "unsupported/unknown",
}
_UNKNOWN = "application/octet-stream"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MediaReader:
    """Reads the files of one message."""

    settings: Settings
    transcriber: Transcriber

    async def __call__(self, files: Sequence[ReceivedFile]) -> MediaParts:
        """Words to answer and attachments to keep; what is in ``files`` never makes it fail."""
        words = await asyncio.gather(*(self._words(file) for file in files))
        text = "\n".join(word for word in words if word)
        return MediaParts(text, tuple(attachment(file) for file in files))

    async def _words(self, file: ReceivedFile) -> str:
        if file.kind == "location":
            return place(file)
        if file.kind != "audio":
            return ""
        said = file.transcribed_text.strip() or await self._heard(file)
        return said[: self.settings.max_message_chars]

    async def _heard(self, file: ReceivedFile) -> str:
        largest = self.settings.media_max_bytes
        if not (self.transcriber.configured and file.url and self._trusted(file.url)) or (file.size or 0) > largest:
            return ""
        limits = Limits(largest, self.settings.transcription_timeout_seconds, inside=self._hosts())
        try:
            async with asyncio.timeout(2 * self.settings.transcription_timeout_seconds):
                fetched = await asyncio.to_thread(fetch, file.url, limits)
                kept = attachment(file)
                return await self.transcriber.words(kept.name or "nota.ogg", kept.media_type, fetched.data)
        except (DocumentUnreadable, TimeoutError) as error:
            _log.warning("voice_note_not_fetched", error=type(error).__name__)
            return ""

    def _trusted(self, url: str) -> bool:
        try:
            return (urlsplit(url).hostname or "") in self._hosts()
        except ValueError:
            return False

    def _hosts(self) -> frozenset[str]:
        own = urlsplit(self.settings.chatwoot_url or "").hostname
        more = (host.strip().casefold() for host in self.settings.media_hosts.split(","))
        return frozenset(host for host in (own, *more) if host)


def attachment(file: ReceivedFile) -> IncomingAttachment:
    """``file`` as a turn takes it."""
    name = file.title or _name(file.url)
    return IncomingAttachment(
        name=name[:_LONGEST_NAME],
        media_type=_media_type(file, name)[:_LONGEST_TYPE],
        url=file.url if file.url and len(file.url) <= _LONGEST_URL else None,
    )


def place(file: ReceivedFile) -> str:
    """A shared place on one line: what it is called and where it is."""
    if file.latitude is None or file.longitude is None:
        return ""
    title = " ".join(file.title.split())
    return " ".join(filter(None, ("📍", title, f"({file.latitude:.5f}, {file.longitude:.5f})")))


def _name(url: str | None) -> str:
    try:
        return PurePosixPath(unquote(urlsplit(url or "").path)).name
    except ValueError:
        return ""


def _media_type(file: ReceivedFile, name: str) -> str:
    """As told; else what the name or the kind of file says."""
    if file.media_type:
        return file.media_type
    extension = f".{file.extension}" if file.extension else PurePosixPath(name).suffix
    guessed, _encoding = mimetypes.guess_type(f"file{extension}")
    return guessed or _KINDS.get(file.kind, _UNKNOWN)
