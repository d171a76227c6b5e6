"""Prompts from ``agents/prompts/*.md``: named, versioned, with exactly the variables that they declare.

A prompt is what the model is told to do (its system message); what others wrote travels beside it as JSON, which
cannot end the text it is in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.brains.offline.data import PROMPTS
from core.errors import Misconfigured

_VARIABLE = re.compile(r"\{\{([a-z_]+)\}\}")
_FRONT = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)


class _Head(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    version: int = Field(ge=1)
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt ready to send: ``system`` is ours, ``data`` (JSON) was written by others."""

    name: str
    version: int
    system: str
    data: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A template."""

    name: str
    version: int
    variables: frozenset[str]
    text: str

    def fill(self, **values: str) -> str:
        """The text with ``values``; raises :class:`Misconfigured` when they are not exactly the variables."""
        if set(values) != self.variables:
            wrong = sorted(set(values) ^ self.variables)
            raise Misconfigured(f"Prompt {self.name} {self.version}: missing or unknown {wrong}.")
        return _VARIABLE.sub(lambda found: values[found.group(1)], self.text)


class Prompts:
    """All prompts, read and checked once."""

    def __init__(self, folder: Path = PROMPTS) -> None:
        self._prompts = {path.stem: load_prompt(path) for path in sorted(folder.glob("*.md"))}

    def __getitem__(self, name: str) -> Prompt:
        try:
            return self._prompts[name]
        except KeyError:
            raise Misconfigured(f"There is no prompt {name}.") from None

    def __iter__(self) -> Iterator[Prompt]:
        return iter(self._prompts.values())

    def render(self, name: str, data: Mapping[str, Any], **values: str) -> Rendered:
        """Prompt ``name`` filled with ``values``, and ``data`` beside it."""
        prompt = self[name]
        return Rendered(name, prompt.version, prompt.fill(**values), as_data(data))


def as_data(data: Mapping[str, Any]) -> str:
    """``data`` as JSON without what is empty. No text in it can close its own quotes, nor look like mark-up."""
    kept = {key: value for key, value in data.items() if value not in (None, (), [], {})}
    written = json.dumps(kept, ensure_ascii=False, separators=(",", ":"), default=str)
    return written.replace("<", "\\u003c").replace(">", "\\u003e")


def load_prompt(path: Path) -> Prompt:
    """Read one file; raises :class:`Misconfigured` when its head or its variables are wrong."""
    found = _FRONT.match(path.read_text(encoding="utf-8"))
    if found is None:
        raise Misconfigured(f"Prompt {path.name} has no head.")
    try:
        head = _Head.model_validate(yaml.safe_load(found.group(1)))
    except (ValidationError, yaml.YAMLError) as error:
        raise Misconfigured(f"Prompt {path.name}: {error}") from error
    text = found.group(2).strip()
    used, declared = set(_VARIABLE.findall(text)), set(head.variables)
    if head.name != path.stem or used != declared:
        raise Misconfigured(f"Prompt {path.name}: another name, or undeclared or unused {sorted(used ^ declared)}.")
    return Prompt(head.name, head.version, frozenset(declared), text)
