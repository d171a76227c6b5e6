"""Puts quoted pieces together as a chat message: steps stay steps, rows become lines, warnings come along."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.brains.offline.answering.blocks import Kind, Unit
from agents.brains.offline.words import is_model
from agents.brains.protocol import Language
from core.text import fold, tokens
from ingest.passages import Passage

LONGEST = 900
_SHORT_LIST = 2
_SECTION_NUMBER = re.compile(r"^\d+(?:\.\d+)*\.?\s+")
_STEP_NUMBER = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")
_MARKUP = re.compile(r"(?<!\w)[*_>#`]+|[*_`]+(?!\w)")


@dataclass(frozen=True, slots=True)
class Piece:
    """Units of one block of passage number ``position``."""

    position: int
    kind: Kind
    units: tuple[Unit, ...]
    lead: str = ""


class Composer:
    """Words of ``answering.yaml`` around what is quoted."""

    def __init__(self, replies: Mapping[str, Mapping[Language, str]]) -> None:
        self._replies = replies

    def compose(
        self,
        pieces: Sequence[Piece],
        warnings: Sequence[Piece],
        models: frozenset[str],
        passages: Sequence[Passage],
        language: Language,
    ) -> tuple[str, tuple[int, ...]]:
        """The message and the positions of the passages quoted, in order."""
        lines: list[str] = [self._replies["intro"][language]] if self._replies["intro"][language] else []
        used: list[int] = []
        size = sum(map(len, lines))
        seen: set[str] = set()
        for piece in [*warnings[:1], *pieces]:
            written = [line for line in self._lines(piece, models, passages) if fold(line) not in seen]
            fitting = _fit(written, LONGEST - size)
            if not fitting:
                continue
            if len(fitting) < len(written) and piece.kind is not Kind.TEXT:
                fitting.append(self._replies["more"][language].format(count=len(written) - len(fitting)))
            seen.update(fold(line) for line in fitting)
            lines += ["\n".join(fitting) if piece.kind is not Kind.TEXT else " ".join(fitting)]
            size += sum(map(len, fitting)) + 2
            used.append(piece.position)
        return "\n\n".join(lines), tuple(dict.fromkeys(used))

    def _lines(self, piece: Piece, models: frozenset[str], passages: Sequence[Passage]) -> list[str]:
        texts = [_plain(unit.text) for unit in piece.units]
        head = self._head(piece, passages[piece.position].section)
        if piece.kind is Kind.TABLE:
            return [*head, *(f"- {_row(text, models)}" for text in texts)]
        if piece.kind is Kind.STEPS:
            return [*head, *(f"{n}. {_STEP_NUMBER.sub('', text)}" for n, text in enumerate(texts, 1))]
        if piece.kind is Kind.BULLETS:
            return [*head, *(f"- {_STEP_NUMBER.sub('', text)}" for text in texts)]
        if piece.kind is Kind.WARNING:
            return [f"⚠️ {' '.join(texts)}"]
        return texts

    def _head(self, piece: Piece, section: str | None) -> list[str]:
        """What a list is about: the line that introduces it, or the heading it stands under."""
        if piece.lead and piece.lead.endswith(":"):
            return [_plain(piece.lead)]
        if section and (len(piece.units) > _SHORT_LIST or piece.kind is Kind.STEPS):
            return [f"*{_SECTION_NUMBER.sub('', _plain(section))}*"]
        return []


def _row(text: str, models: frozenset[str]) -> str:
    """A row as a line: its first cell in bold; of columns that name models, only those of ``models``."""
    cells = [cell.strip() for cell in text.split(" | ") if cell.strip()]
    named = [(name, value) if sep else ("", cell) for cell in cells for name, sep, value in [cell.partition(": ")]]
    if models:
        named = [cell for position, cell in enumerate(named) if position == 0 or _about(cell[0], models)]
    (_, first), *others = named
    rest = " · ".join(f"{_lowered(name)}: {value}" if name else value for name, value in others)
    return f"*{first}* — {rest}" if rest else f"*{first}*"


def _about(column: str, models: frozenset[str]) -> bool:
    """Is a column about one of ``models``, or about no model at all?"""
    named = {word for word in (fold(t.text).replace("-", "") for t in tokens(column)) if is_model(word)}
    return not named or bool(named & models)


def _lowered(name: str) -> str:
    return name if any(c.isdigit() for c in name) or name.isupper() else name[:1].lower() + name[1:]


def _plain(text: str | None) -> str:
    return _MARKUP.sub("", text or "").strip()


def _fit(lines: Sequence[str], room: int) -> list[str]:
    """As many lines as fit in ``room``; a single first line is cut at a sentence or a word."""
    out: list[str] = []
    for line in lines:
        if len(line) + 1 > room:
            if not out and room > 120:
                out.append(f"{line[: room - 1].rsplit(' ', 1)[0]}…")
            break
        out.append(line)
        room -= len(line) + 1
    return out
