"""What Meta does with a message that Chatwoot hands over: delivers it, or refuses it with an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.standin.markdown import whatsapp_text
from channels.standin.model import Inbox, Message

NO_TEMPLATE = "Template not found or invalid template name"
TEXT, CAPTION, INTERACTIVE, BUTTON, ROW, ROWS = 4096, 1024, 1024, 20, 24, 10
BUTTONS = 3
"""Up to this many choices are buttons; more of them are a list."""


def prepare(message: Message, inbox: Inbox, window_open: bool) -> tuple[str, str | None]:
    """What the person is shown, and why Meta refuses it if it does."""
    params = message.additional_attributes.get("template_params")
    if params or not window_open:
        return _template(message, inbox, params)
    text = whatsapp_text(message.content or "")
    return text, _too_long(message, text)


def _template(message: Message, inbox: Inbox, params: Any) -> tuple[str, str | None]:
    name = params.get("name") if isinstance(params, Mapping) else None
    body = inbox.templates.get(str(name))
    if body is None:
        return message.content or "", NO_TEMPLATE
    values = params.get("processed_params", {})
    values = values.get("body", values) if isinstance(values, Mapping) else {}
    for key, value in values.items():
        body = body.replace("{{" + str(key) + "}}", str(value))
    if "{{" in body:
        return body, "(#132000) Number of parameters does not match the expected number of params"
    return body, None


def _too_long(message: Message, text: str) -> str | None:
    items = message.content_attributes.get("items") if message.content_type == "input_select" else None
    if items:
        longest = max(len(str(item.get("title", ""))) for item in items)
        if len(items) > ROWS:
            return f"(#131009) Parameter value is not valid: Total row count exceed max allowed count: {ROWS}"
        if longest > (BUTTON if len(items) <= BUTTONS else ROW):
            return "(#131009) Parameter value is not valid: title is too long"
        if len(text) > INTERACTIVE:
            return f"(#131009) Parameter value is not valid: body text must be at most {INTERACTIVE} characters"
    if message.attachments and len(text) > CAPTION:
        return f"(#100) Param caption must be at most {CAPTION} characters long."
    if len(text) > TEXT:
        return f"(#100) Param text['body'] must be at most {TEXT} characters long."
    return None
