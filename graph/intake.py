"""Is a message something that can be answered at all? Pure; what cannot gets a polite reply, never an error page."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from core.errors import BadInput, MessageEmpty, MessageTooLong, MessageUnreadable
from graph.messages import IncomingAttachment, TurnRequest

_LEAST_READABLE = 0.7
_KEPT_CONTROLS = frozenset("\n\t")
_REPLACEMENT = "\ufffd"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MEDIA = frozenset({"audio", "image", "location", "contact", "unsupported"})
_STICKER = "image/webp"


@dataclass(frozen=True, slots=True)
class OnlyFiles:
    """The message is only attachments; ``media`` is the kind of the first one."""

    media: str


def clean_request(request: TurnRequest) -> TurnRequest:
    """``request`` without what no database keeps as text: NUL characters and halves of surrogate pairs."""
    data = request.model_dump(mode="python")
    cleaned = _storable(data)
    return request if cleaned == data else TurnRequest.model_validate(cleaned)


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub(_REPLACEMENT, value)
    if isinstance(value, dict):
        return {key: _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value


def read_message(request: TurnRequest, limit: int) -> str | OnlyFiles:
    """The text of ``request``, cleaned of control characters.

    Raises :class:`MessageEmpty`, :class:`MessageTooLong` or :class:`MessageUnreadable`.
    """
    if len(request.message) > limit:
        raise MessageTooLong(limit=limit)
    text = _clean(request.message)
    if not text:
        if request.attachments:
            return OnlyFiles(_media(request.attachments[0]))
        if request.message.strip():
            raise MessageUnreadable
        raise MessageEmpty
    if not _readable(request.message):
        raise MessageUnreadable
    return text


def _clean(text: str) -> str:
    kept = (c if c in _KEPT_CONTROLS or unicodedata.category(c) not in ("Cc", "Cs", "Co") else " " for c in text)
    return "".join(kept).replace(_REPLACEMENT, " ").strip()


def _readable(text: str) -> bool:
    """Enough of ``text`` is characters that people write."""
    shown = [c for c in text if not c.isspace()]
    good = sum(1 for c in shown if c != _REPLACEMENT and unicodedata.category(c)[0] in "LNPSM")
    return bool(shown) and good / len(shown) >= _LEAST_READABLE


def _media(attachment: IncomingAttachment) -> str:
    if attachment.media_type.casefold() == _STICKER:
        return "sticker"
    kind = attachment.media_type.partition("/")[0].casefold()
    return kind if kind in _MEDIA else "default"


REPLY_KINDS: dict[type[BadInput], str] = {
    MessageEmpty: "message_empty",
    MessageTooLong: "message_too_long",
    MessageUnreadable: "message_unreadable",
}
