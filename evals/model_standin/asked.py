"""What a chat completion request asks, read the way rules want to know it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. ``number`` counts from 1 over the life of the server."""

    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    number: int = 1

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All messages, oldest first."""
        return list(self.body.get("messages", ()))

    @property
    def system(self) -> str:
        """The text of the system messages."""
        return "\n".join(_text(m) for m in self.messages if m.get("role") in ("system", "developer"))

    @property
    def last(self) -> str:
        """The text of the last message of the person."""
        return next((_text(m) for m in reversed(self.messages) if m.get("role") == "user"), "")

    @property
    def data(self) -> dict[str, Any]:
        """The last message of the person as JSON; empty when it is none."""
        try:
            found = json.loads(self.last)
        except json.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def message(self) -> str:
        """What the person said, as JSON data or plainly."""
        return str(self.data.get("message") or self.data.get("question") or self.last)

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the tools on offer."""
        return tuple(tool["function"]["name"] for tool in self.body.get("tools", ()))

    @property
    def shape(self) -> str:
        """Name of the shape that is wanted: of a JSON schema, or of the tool that must be called; else empty."""
        wanted = self.body.get("response_format") or {}
        if wanted.get("type") == "json_schema":
            return str(wanted["json_schema"].get("name", ""))
        choice = self.body.get("tool_choice")
        return str(choice["function"]["name"]) if isinstance(choice, dict) else _told_shape(wanted, self.system)

    @property
    def forced_tool(self) -> str | None:
        """The tool that must be called."""
        choice = self.body.get("tool_choice")
        return str(choice["function"]["name"]) if isinstance(choice, dict) else None

    @property
    def streams(self) -> bool:
        """Is the answer wanted piece by piece?"""
        return bool(self.body.get("stream"))

    @property
    def prompt(self) -> str:
        """Everything that the model is given to read: messages, tools and the shape wanted."""
        parts = [_text(m) + _calls(m) for m in self.messages]
        for key in ("tools", "response_format"):
            if self.body.get(key):
                parts.append(json.dumps(self.body[key], ensure_ascii=False, separators=(",", ":")))
        return "\n".join(parts)


def _told_shape(wanted: Mapping[str, Any], system: str) -> str:
    """In JSON mode the shape is told in words: the title of the schema."""
    if wanted.get("type") != "json_object" or '"title": "' not in system:
        return ""
    return system.rpartition('{"title": "')[2].partition('"')[0]


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in content)


def _calls(message: Mapping[str, Any]) -> str:
    return json.dumps(message["tool_calls"], ensure_ascii=False) if message.get("tool_calls") else ""
