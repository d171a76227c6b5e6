"""POST messages: the body, JSON or multipart, becomes a draft or a refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from starlette.datastructures import UploadFile
from starlette.requests import Request

from channels.standin.answers import Refused
from channels.standin.desk import Draft
from channels.standin.model import Agent, AgentBot, Attachment
from channels.standin.world import World

MAX_CONTENT, MAX_ATTACHMENTS = 150_000, 15
CONTENT_TYPES = ("text", "input_text", "input_textarea", "input_email", "input_select", "cards", "form", "article")
ITEM_KEYS = {
    "input_select": {"title", "value"},
    "cards": {"title", "description", "media_url", "actions"},
    "form": {
        "type", "placeholder", "label", "name", "options", "default", "required", "pattern", "title", "pattern_error",
    },
    "article": {"title", "description", "link"},
}  # fmt: skip
FileType = Literal["image", "audio", "video", "file", "location"]


@dataclass(frozen=True, slots=True)
class File:
    """A file that was uploaded."""

    name: str
    content_type: str
    data: bytes

    @classmethod
    async def of(cls, upload: UploadFile) -> File:
        """What ``upload`` holds."""
        name = PurePath(upload.filename or "file").name
        return cls(name, upload.content_type or "application/octet-stream", await upload.read())


def invalid(text: str) -> Refused:
    """A message that Chatwoot does not accept."""
    return Refused(422, {"error": text})


async def fields(request: Request) -> tuple[dict[str, Any], list[File]]:
    """The fields and files of a request, whatever it is encoded as."""
    if request.headers.get("content-type", "").startswith("application/json"):
        body = await request.json()
        return (body if isinstance(body, dict) else {}), []
    async with request.form() as form:
        given = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        uploads = [value for name, value in form.multi_items() if name == "attachments[]"]
        return given, [await File.of(upload) for upload in uploads if isinstance(upload, UploadFile)]


def draft(world: World, sender: Agent | AgentBot, given: Mapping[str, Any], files: list[File]) -> Draft:
    """The message that was asked for; raises :class:`Refused`."""
    kind = given.get("message_type") or "outgoing"
    if kind != "outgoing":
        raise invalid("Incoming messages are only allowed in Api inboxes")
    content = given.get("content")
    content = None if content is None else str(content)
    if content and len(content) > MAX_CONTENT:
        raise invalid(f"Validation failed: Content is too long (maximum is {MAX_CONTENT} characters)")
    content_type = str(given.get("content_type") or "text")
    if content_type not in CONTENT_TYPES:
        raise invalid(f"'{content_type}' is not a valid content_type")
    attributes = _attributes(given.get("content_attributes"))
    _check_items(content_type, attributes)
    if len(files) > MAX_ATTACHMENTS:
        raise invalid("Validation failed: Attachments exceeded maximum allowed")
    params = given.get("template_params")
    return Draft(
        content,
        "outgoing",
        sender,
        private=str(given.get("private", False)).lower() in {"true", "1"},
        content_type=content_type,
        content_attributes=attributes,
        additional_attributes={"template_params": params} if params else {},
        attachments=tuple(stored(world, file) for file in files),
        source_id=given.get("source_id"),
    )


def stored(world: World, file: File) -> Attachment:
    """An uploaded file as an attachment."""
    return Attachment(world.new_id(), file_type(file.content_type), file.name, file.content_type, file.data)


def file_type(content_type: str) -> FileType:
    """What Chatwoot calls a file of this media type."""
    family = content_type.partition("/")[0]
    return family if family in {"image", "audio", "video"} else "file"  # type: ignore[return-value]


def _attributes(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except json.JSONDecodeError:
            given = {}
    return dict(given) if isinstance(given, Mapping) else {}


def _check_items(content_type: str, attributes: Mapping[str, Any]) -> None:
    allowed = ITEM_KEYS.get(content_type)
    if allowed is None:
        return
    items = attributes.get("items")
    if not isinstance(items, list) or not items:
        raise invalid("Validation failed: Content attributes At least one item is required.")
    if not all(isinstance(item, Mapping) for item in items):
        raise invalid("Validation failed: Content attributes Items should be a hash.")
    unknown = sorted({key for item in items for key in item} - allowed)
    if unknown:
        raise invalid(f"Validation failed: Content attributes contains invalid keys for items : {unknown}")
