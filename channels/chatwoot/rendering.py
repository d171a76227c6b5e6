"""A turn's result as messages: what Chatwoot is asked to post, within WhatsApp's limits and in reading order."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from channels.chatwoot.liquid import without_liquid
from channels.chatwoot.markdown import to_chatwoot
from channels.chatwoot.outgoing import Outgoing, OutgoingFile
from channels.chatwoot.quick_replies import quick_replies
from channels.chatwoot.splitting import size, split
from channels.chatwoot.wording import Wording, load_wording
from core.settings import Settings
from graph.messages import OutgoingAttachment, TurnResult

MOST_TEXT = 4096
SHORTER: Mapping[str, int] = {
    "Channel::TwilioSms": 1600,  # also for WhatsApp through Twilio
    "Channel::Sms": 1600,
    "Channel::FacebookPage": 2000,
    "Channel::Instagram": 1000,
}
"""Channels that take less than WhatsApp's 4096 in a message."""
MOST_CAPTION = 1024
MOST_INTERACTIVE = 1024
MOST_TEMPLATE_VARIABLE = 900
MOST_NAME = 120
REPLY_NOT_SENT = "reply_not_sent"
_TEMPLATED = frozenset({"Channel::Whatsapp", "Channel::TwilioSms"})
_MARKS = re.compile(r"\\(?=[!-/:-@\[-`{-~])|\*\*|`|(?<![^\W_])_|_(?![^\W_])")


def compose_reply(result: TurnResult, channel: str, can_reply: bool, settings: Settings) -> tuple[Outgoing, ...]:
    """The messages that carry ``result`` to who asked, on a conversation of ``channel`` (``Channel::Whatsapp``...).

    When ``can_reply`` is false, the configured template carries it; without one, a note tells the team and the
    conversation is opened to them, so that the reply is not lost without anybody noticing.
    """
    wording = load_wording()
    text = chatwoot_text(result.reply)
    files, links = _files(result.attachments)
    text = "\n".join([text, *links]).strip()
    if not text and not (files and can_reply):
        text = wording.reply("nothing_to_say", result.language)
    if not can_reply:
        template = settings.chatwoot_template if channel in _TEMPLATED else None
        return _outside_the_window(text, files, _template(template, settings), wording)
    return _messages(text, files, result, wording, SHORTER.get(channel, MOST_TEXT))


def chatwoot_text(markdown: str) -> str:
    """``markdown`` as Chatwoot posts it: marks that its renderers know and no Liquid."""
    return without_liquid(to_chatwoot(markdown))


def notes(text: str) -> tuple[Outgoing, ...]:
    """``text`` (Chatwoot's markdown) as private notes for the team."""
    return tuple(Outgoing("note", content=piece) for piece in split(without_liquid(text), MOST_TEXT * 4))


def _messages(
    text: str, files: Sequence[OutgoingFile], result: TurnResult, wording: Wording, most: int
) -> tuple[Outgoing, ...]:
    items = quick_replies(result.choices, result.language, wording)
    if items and text:
        *before, question = _question_last(text, most)
        asks = Outgoing(
            "message", content=question, content_type="input_select", content_attributes={"items": list(items)}
        )
        return (*_texts(before), *_with_files(files), asks)
    caption = len(files) == 1 and files[0].media_type.startswith("image/")
    if caption and 0 < size(text) <= min(MOST_CAPTION, most):
        return (Outgoing("message", content=text, attachment=files[0]),)
    return (*_texts(split(text, most)), *_with_files(files))


def _texts(pieces: Sequence[str]) -> tuple[Outgoing, ...]:
    return tuple(Outgoing("message", content=piece) for piece in pieces)


def _with_files(files: Sequence[OutgoingFile]) -> tuple[Outgoing, ...]:
    return tuple(Outgoing("message", attachment=file) for file in files)


def _question_last(text: str, most: int) -> list[str]:
    """``text`` in pieces of which the last, where the buttons go, is short enough for them."""
    *before, last = split(text, most)
    if size(last) > MOST_INTERACTIVE:
        *more, last = split(last, MOST_INTERACTIVE)
        before += split("\n\n".join(more), most)
    return [*before, last]


def _outside_the_window(
    text: str, files: Sequence[OutgoingFile], template: Mapping[str, Any] | None, wording: Wording
) -> tuple[Outgoing, ...]:
    names = ", ".join(file.name for file in files)
    left = [wording.note("files_not_sent", names=names)] if files else []
    if template is None:
        told = notes("\n\n".join([wording.note("window_closed"), text, *left]))
        return (*told, Outgoing("labels", labels=(REPLY_NOT_SENT,)), Outgoing("status", value="open"))
    line = one_line(text)
    shown = line if size(line) <= MOST_TEMPLATE_VARIABLE else split(line, MOST_TEMPLATE_VARIABLE - 1)[0] + "…"
    filled = {**template, "processed_params": {"body": {"1": shown}}}
    message = Outgoing("message", content=shown, template=filled)
    if shown == line and not files:
        return (message,)
    return (message, *notes("\n\n".join([wording.note("window_shortened"), text, *left])))


def one_line(text: str) -> str:
    """``text`` as the variable of a template takes it: no marks, no line breaks, no runs of spaces."""
    return without_liquid(" ".join(_MARKS.sub("", text).split()))


def _template(name: str | None, settings: Settings) -> Mapping[str, Any] | None:
    if name is None:
        return None
    return {
        "name": name,
        "category": settings.chatwoot_template_category,
        "language": settings.chatwoot_template_language,
    }


def _files(attachments: Sequence[OutgoingAttachment]) -> tuple[list[OutgoingFile], list[str]]:
    """The files that can be sent, and the links to those that are elsewhere."""
    files: list[OutgoingFile] = []
    links: list[str] = []
    for attachment in attachments:
        name = file_name(attachment.name)
        data = _decoded(attachment.data)
        if data:
            files.append(OutgoingFile(name, attachment.media_type, data))
        elif attachment.url:
            links.append(chatwoot_text(f"{name}: {attachment.url}"))
    return files, links


def file_name(name: str) -> str:
    """``name`` as it may travel in a header: one line, no path, no Liquid, its extension kept."""
    clean = without_liquid(re.sub(r"[\x00-\x1f\x7f\"\\/]+", "_", name).strip(" .")) or "archivo"
    stem, dot, extension = clean.rpartition(".")
    return clean if len(clean) <= MOST_NAME else f"{stem[: MOST_NAME - len(extension) - 1]}{dot}{extension[:20]}"


def _decoded(data: str | None) -> bytes:
    try:
        return base64.b64decode(data or "")
    except (binascii.Error, ValueError):
        return b""
