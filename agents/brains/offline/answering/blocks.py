"""A passage taken apart into tables, lists, paragraphs and warnings, the pieces that can be quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from core.text import fold
from ingest.terms import code_ranges, terms

_STEP = re.compile(r"^\s*\d{1,2}[.)]\s+")
_BULLET = re.compile(r"^\s*[-*•]\s+")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[A-ZÁÉÍÓÚÑÜ¿¡«\"(\d])")
_MARKDOWN_RULE = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")
_CAPTION = re.compile(r"^(?:tabla|table|cuadro)\s+\d+\.?\s*", re.IGNORECASE)


_MARKS = frozenset("xX✕✖✗✘✓✔☑√●○•■◆")
"""What stands in a column to say that its name holds ("Trimestral: X")."""


class Kind(StrEnum):
    """What a block is."""

    STEPS = "steps"
    BULLETS = "bullets"
    TABLE = "table"
    TEXT = "text"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, an item or a row, and its terms.

    Of a row: ``cells`` are its columns and values, ``key`` the terms of its first value (``head`` its first
    word), ``names`` those of its columns.
    """

    text: str
    terms: frozenset[str]
    cells: tuple[tuple[str, str], ...] = ()
    key: frozenset[str] = frozenset()
    head: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Block:
    """Units that belong together. ``lead`` is the line that introduces them (a caption, "Siga estos pasos:")."""

    kind: Kind
    units: tuple[Unit, ...]
    lead: str = ""
    lead_terms: frozenset[str] = frozenset()


def blocks(
    content: str, warning_marks: Sequence[str], calendar: Mapping[str, str] = MappingProxyType({})
) -> tuple[Block, ...]:
    """The blocks of ``content`` in order. ``calendar``: what marked columns of tasks say ("mes": each month)."""
    out: list[Block] = []
    held: list[str] = []
    kind: Kind | None = None
    lead = ""
    for line in content.splitlines():
        text = line.strip()
        if not text or _MARKDOWN_RULE.match(text):
            continue
        now = _kind(text, warning_marks)
        if now is not kind or now in (Kind.TEXT, Kind.WARNING):
            out += _closed(kind, held, lead, calendar)
            lead = held[-1] if kind is Kind.TEXT and held and _introduces(held[-1], now) else ""
            held, kind = [], now
        held.append(text)
    return (*out, *_closed(kind, held, lead, calendar))


def without_number(caption: str) -> str:
    """What a caption says ("Tabla 3. Pilas" is "Pilas")."""
    return _CAPTION.sub("", caption)


def _kind(text: str, warning_marks: Sequence[str]) -> Kind:
    start = fold(text.lstrip("*>_ "))
    if any(start.startswith(mark) for mark in warning_marks):
        return Kind.WARNING
    if _STEP.match(text):
        return Kind.STEPS
    if _BULLET.match(text):
        return Kind.BULLETS
    return Kind.TABLE if " | " in text else Kind.TEXT


def _introduces(line: str, following: Kind) -> bool:
    return following in (Kind.STEPS, Kind.BULLETS, Kind.TABLE) and (line.endswith(":") or bool(_CAPTION.match(line)))


def _closed(kind: Kind | None, lines: Sequence[str], lead: str, calendar: Mapping[str, str]) -> Iterator[Block]:
    if kind is None or not lines or (kind is Kind.TEXT and _CAPTION.match(lines[0])):
        return
    said = frozenset(terms(without_number(lead)))
    if kind is Kind.TABLE:
        yield Block(kind, tuple(_row(line.strip("| "), calendar) for line in lines), lead, said)
        return
    pieces = [sentence for line in lines for sentence in sentences(line)] if kind is Kind.TEXT else lines
    yield Block(kind, tuple(map(unit_of, pieces)), lead, said)


def sentences(text: str) -> list[str]:
    """The sentences of ``text``."""
    return _SENTENCE.split(text)


def unit_of(text: str) -> Unit:
    """A sentence or an item as a unit."""
    return Unit(text, frozenset((*terms(text), *code_ranges(text))))


def _row(text: str, calendar: Mapping[str, str]) -> Unit:
    """A row; a value without a name is a cell too, and the name of a column that is only marked is its value."""
    cells: list[tuple[str, str]] = []
    for part in text.split(" | "):
        name, named, value = part.strip().partition(": ")
        if named and cells and value.strip() in _MARKS:
            cells.append(("", calendar.get(fold(name).rstrip("."), name)))
        else:
            cells.append((name, value.strip()) if named else ("", part.strip()))
    return row_of(text, tuple(cells))


def row_of(text: str, cells: tuple[tuple[str, str], ...]) -> Unit:
    """A row of ``cells`` as a unit."""
    said = " ".join(value for _, value in cells)
    key = cells[0][1]
    return Unit(
        text,
        frozenset((*terms(said), *code_ranges(said))),
        cells,
        frozenset((*terms(key), *code_ranges(key))),
        frozenset(terms(key)[:1]),
        frozenset(terms(" ".join(name for name, _ in cells))),
    )
