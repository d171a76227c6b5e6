"""The part of Liquid that a message can meet: drops, raw and comment blocks, conditions.

Chatwoot renders every outgoing message as a Liquid template. Text in backticks is protected; a template with a syntax
error is sent as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

_PROTECTED = re.compile(r"`(.*?)`", re.DOTALL)
_TOKEN = re.compile(r"(\{%.*?%\}|\{\{.*?\}\})", re.DOTALL)
_LITERAL = re.compile(r"""^(?:"([^"]*)"|'([^']*)'|(-?\d+(?:\.\d+)?))$""")
_BLOCKS = {"if": "endif", "unless": "endunless", "comment": "endcomment", "raw": "endraw"}


class LiquidSyntaxError(ValueError):
    """The template is not valid Liquid."""


@dataclass(frozen=True, slots=True)
class _Part:
    kind: Literal["text", "output", "tag"]
    text: str


def render(template: str, drops: Mapping[str, Mapping[str, Any]]) -> str:
    """``template`` with ``drops`` filled in, as Chatwoot stores it."""
    try:
        return "".join(_block(_parts(_PROTECTED.sub(r"{% raw %}`\1`{% endraw %}", template)), drops, None))
    except LiquidSyntaxError:
        return template


def _parts(template: str) -> Iterator[_Part]:
    raw = False
    for piece in _TOKEN.split(template):
        inner = piece[2:-2].strip("- \n\t")
        if piece.startswith("{%") and piece.endswith("%}") and (not raw or inner == "endraw"):
            raw = inner == "raw"
            yield _Part("tag", inner)
        elif not raw and piece.startswith("{{") and piece.endswith("}}"):
            yield _Part("output", inner)
        elif not raw and ("{{" in piece or "{%" in piece):
            raise LiquidSyntaxError("not properly terminated")
        else:
            yield _Part("text", piece)


def _block(parts: Iterator[_Part], drops: Mapping[str, Mapping[str, Any]], end: str | None) -> Iterator[str]:
    for part in parts:
        if part.kind == "text":
            yield part.text
        elif part.kind == "output":
            yield _value(part.text, drops)
        elif part.text == end:
            return
        else:
            name, _, condition = part.text.partition(" ")
            if name not in _BLOCKS:
                raise LiquidSyntaxError(f"unknown tag {name}")
            inside = "".join(_block(parts, drops, _BLOCKS[name]))
            holds = bool(_value(condition, drops))
            if name == "raw" or (name == "if" and holds) or (name == "unless" and not holds):
                yield inside
    if end is not None:
        raise LiquidSyntaxError(f"{end} is missing")


def _value(expression: str, drops: Mapping[str, Mapping[str, Any]]) -> str:
    """What an expression prints; filters are not applied, what is unknown prints nothing."""
    path = expression.partition("|")[0].strip()
    if literal := _LITERAL.match(path):
        return next(group for group in literal.groups() if group is not None)
    found: Any = drops
    for name in path.split("."):
        found = found.get(name.strip()) if isinstance(found, Mapping) else None
    return "" if found is None or isinstance(found, Mapping) else str(found)
