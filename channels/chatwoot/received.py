"""What a customer's message brings besides text, and what reading it gives."""

from __future__ import annotations

from dataclasses import dataclass

from graph.messages import IncomingAttachment


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """One attachment as Chatwoot delivers it. ``kind``: image, audio, video, file, location, contact, fallback..."""

    kind: str
    attachment_id: int | None = None
    url: str | None = None
    media_type: str | None = None
    """None in older versions of Chatwoot: look at the bytes."""
    extension: str | None = None
    size: int | None = None
    title: str = ""
    """Name of a place, a contact or a shared thing."""
    latitude: float | None = None
    longitude: float | None = None
    transcribed_text: str = ""


@dataclass(frozen=True, slots=True)
class MediaParts:
    """Files as a turn takes them: words that join the message (a transcription, a place) and the attachments."""

    text: str = ""
    attachments: tuple[IncomingAttachment, ...] = ()
