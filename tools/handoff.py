"""Hand a conversation to a person: reason, priority, labels and what that person should know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from tools.async_tool import AsyncTool

Priority = Literal["low", "medium", "high", "urgent"]


@dataclass(frozen=True, slots=True)
class HandoffNote:
    """What the door tells the person who takes over."""

    reason: str
    priority: Priority
    labels: tuple[str, ...]
    summary: str


class HandOffInput(BaseModel):
    """Arguments of ``hand_off``."""

    reason: str = Field(description="A stable code: asked_for_person, complaint, emergency, unknown, ...")
    priority: Priority = "medium"
    labels: tuple[str, ...] = ()
    summary: str = Field(default="", description="Who, what equipment, what was asked and what was tried")


class HandOff(AsyncTool):
    """Asks the door to bring in a person. Writes nothing: the door carries it out."""

    name: str = "hand_off"
    description: str = "Bring a person into the conversation."
    args_schema: type[BaseModel] = HandOffInput

    async def _arun(self, reason: str, priority: Priority, labels: tuple[str, ...], summary: str) -> HandoffNote:
        self.require_grant()
        return HandoffNote(reason, priority, labels, summary)
