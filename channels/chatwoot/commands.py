"""The notes in which colleagues teach: "/aprende #12 para:clientes hasta:31/12/2026 La respuesta"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from core.text import fold
from db.models import Audience

Verb = Literal["learn", "forget", "dismiss", "questions"]
_COMMAND = re.compile(r"^\s*/(\w+)(?!\w)[:,]?\s*", re.UNICODE)
_NUMBER = re.compile(r"^(?:#|n[.ºo°]{1,2}\s?)(\d{1,9})(?!\w)[:,.]?\s*", re.IGNORECASE)
_OPTION = re.compile(r"^(\w+):(\S+)\s*", re.UNICODE)
_DAYS = ("%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%y")


@dataclass(frozen=True, slots=True)
class Command:
    """What a note asks for. ``number`` is that of the question, if it is named; ``wrong``: options not understood."""

    verb: Verb
    text: str = ""
    number: int | None = None
    audience: Audience | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    language: str | None = None
    tell_again: bool | None = None
    wrong: tuple[str, ...] = field(default=())


def is_command(content: str) -> bool:
    """Does a note begin with one of our commands?"""
    found = _COMMAND.match(content)
    return found is not None and fold(found.group(1)) in _words("commands")


def read_command(content: str) -> Command | None:
    """The command that a note gives; None when it gives none."""
    found = _COMMAND.match(content)
    verb = _words("commands").get(fold(found.group(1))) if found else None
    if found is None or verb is None:
        return None
    command = Command(verb)  # type: ignore[arg-type]
    rest = content[found.end() :]
    while True:
        number = _NUMBER.match(rest)
        option = _OPTION.match(rest)
        if number is not None and command.number is None:
            command, rest = replace(command, number=int(number.group(1))), rest[number.end() :]
        elif option is not None and fold(option.group(1)) in _words("options"):
            command = _with(command, _words("options")[fold(option.group(1))], option.group(2))
            rest = rest[option.end() :]
        else:
            return replace(command, text=rest.strip())


def _with(command: Command, option: str, value: str) -> Command:
    wrong = replace(command, wrong=(*command.wrong, value))
    if option == "audience":
        audience = _words("audiences").get(fold(value))
        return replace(command, audience=Audience(audience)) if audience else wrong
    if option == "language":
        language = _words("languages").get(fold(value))
        return replace(command, language=language) if language else wrong
    if option == "tell_again":
        choice = _words("choices").get(fold(value))
        return replace(command, tell_again=choice == "yes") if choice else wrong
    day = read_day(value)
    if day is None:
        return wrong
    return replace(command, valid_from=day) if option == "valid_from" else replace(command, valid_until=day)


def read_day(text: str) -> date | None:
    """A day as people write it in numbers; None when it is none."""
    for pattern in _DAYS:
        try:
            return datetime.strptime(text.strip(), pattern).date()
        except ValueError:
            continue
    return None


@lru_cache(maxsize=8)
def _words(group: str) -> Mapping[str, str]:
    """Each word of a group and what it stands for."""
    return {str(word): str(meaning) for meaning, words in _data()[group].items() for word in words}


@lru_cache(maxsize=1)
def _data() -> Any:
    path = Path(__file__).with_name("commands.yaml")
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
