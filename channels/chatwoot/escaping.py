"""Literal text inside Chatwoot's markdown: what would act as a mark is escaped, and nothing else."""

from __future__ import annotations

import re

_MARKS = re.compile(
    r"\\(?=[!-/:-@\[-`{-~]|[ \t]*(?:\n|$))"  # a backslash before punctuation or at the end of a line
    r"|[`*]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore that is not inside a word
    r"|<(?=[A-Za-z/!?])"
    r"|&(?=#?\w+;)"
    r"|\](?=[(:\[])"
    r"|~(?=~)|(?<=~)~"
)
_NUMBERED = re.compile(r"^(\d{1,9}[.)])(?:[ \t]+|$)")
_OPENS_BLOCK = re.compile(r"^(?:#{1,6}(?=\s|$)|>|[-+](?=\s|$)|=+\s*$|-+\s*$|\||~~~)")
_HARD_SPACE = "\u00a0"
_JOINER = "\u2060"


def escape_marks(text: str) -> str:
    """``text`` as markdown that shows exactly it, wherever it stands in a line."""
    return _MARKS.sub(lambda mark: "\\" + mark.group(), text)


def guard_line(line: str) -> str:
    """``line`` (already escaped) so that its beginning opens no heading, quote or list.

    A number keeps its place with a hard space: Chatwoot's renderers renumber lists, or drop their numbers.
    """
    line = line.lstrip(" \t")
    numbered = _NUMBERED.match(line)
    if numbered:
        rest = line[numbered.end() :]
        return f"{numbered.group(1)}{_HARD_SPACE if rest else _JOINER}{rest}"
    return f"\\{line}" if _OPENS_BLOCK.match(line) else line


def literal(text: str) -> str:
    """Several lines of plain text as markdown."""
    return "\n".join(guard_line(escape_marks(line)).rstrip(" \t") for line in text.splitlines())
