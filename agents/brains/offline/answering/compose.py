"""Puts quoted pieces together as a chat message: steps stay steps, rows become lines, warnings come along."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.brains.offline.answering.blocks import Kind, Unit, sentences, without_number
from agents.brains.offline.answering.measuring import measured
from agents.brains.offline.answering.question import Question
from agents.brains.offline.answering.series import models_in
from agents.brains.protocol import Language
from core.text import fold
from ingest.law import LAW
from ingest.passages import Passage
from ingest.terms import terms

LONGEST = 900
_LONG_LEAD = 240
_SECTION_NUMBER = re.compile(r"^\d+(?:\.\d+)*\.?\s+")
_STEP_NUMBER = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")
_EMPHASIS = re.compile(r"(?<![\w*_`])(\*{1,3}|_{1,3}|`)(?=\S)([^*_`]+)(?<=\S)\1(?![\w*_`])")
_OPENING = re.compile(r"^\s*(?:#{1,6}|>)\s+")
"""Marks of Markdown; a sign of its own is part of what is said ("marque *21#", "> 140 bar")."""

_SHORTEST_WORD = 3
_BARE = re.compile(r"[-+±<>≤≥]?\s*\d[\d.,\s–-]*$")
"""A figure whose unit only the name of its column can say."""
_NOTHING = frozenset({"", "-", "–", "—"})
Cells = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Units of one block of passage number ``position``; ``wide``: of a table with several columns of values."""

    position: int
    kind: Kind
    units: tuple[Unit, ...]
    lead: str = ""
    wide: bool = False


class Composer:
    """Words of ``answering.yaml`` around what is quoted. ``plain``: names of columns that need not be said."""

    def __init__(self, replies: Mapping[str, Mapping[Language, str]], plain: frozenset[str]) -> None:
        self._replies = replies
        self._plain_columns = plain

    def compose(
        self,
        pieces: Sequence[Piece],
        warnings: Sequence[Piece],
        question: Question,
        models: frozenset[str],
        passages: Sequence[Passage],
        language: Language,
    ) -> tuple[str, tuple[int, ...]]:
        """The message and the positions of the passages quoted, in order."""
        lines: list[str] = [self._replies["intro"][language]] if self._replies["intro"][language] else []
        used: list[int] = []
        size = sum(map(len, lines))
        heads: set[str] = set()
        for piece in [*warnings[:1], *pieces]:
            head = self._head(piece, passages[piece.position])
            if head in heads:
                head = ""
            heads.add(head)
            written = self._lines(piece, question, models)
            fitting = _fit(written, LONGEST - size - len(head))
            if not fitting:
                continue
            if len(fitting) < len(written) and piece.kind is not Kind.TEXT:
                fitting.append(self._replies["more"][language].format(count=len(written) - len(fitting)))
            text = "\n".join(fitting) if piece.kind is not Kind.TEXT else " ".join(fitting)
            text = f"{head}\n{text}" if head else text
            lines.append(text)
            size += len(text) + 2
            used.append(piece.position)
        return "\n\n".join(lines), tuple(dict.fromkeys(used))

    def _lines(self, piece: Piece, question: Question, models: frozenset[str]) -> list[str]:
        if piece.kind is Kind.TABLE:
            of_these = [unit for unit in piece.units if unit.cells and models_in(unit.cells[0][1]) & models]
            return [f"- {self._row(unit.cells, question, models, piece.wide)}" for unit in of_these or piece.units]
        texts = [_plain(unit.text) for unit in piece.units]
        if piece.kind is Kind.STEPS and all(text.startswith(f"{n}") for n, text in enumerate(texts, 1)):
            return [f"{n}. {_STEP_NUMBER.sub('', text)}" for n, text in enumerate(texts, 1)]
        if piece.kind in (Kind.STEPS, Kind.BULLETS):
            return [f"- {_STEP_NUMBER.sub('', text)}" for text in texts]
        if piece.kind is Kind.WARNING:
            return [f"⚠️ {' '.join(texts)}"]
        return texts

    def _head(self, piece: Piece, passage: Passage) -> str:
        """What a piece is about: the line that introduces it, or the heading it stands under; of law both,
        and which it is."""
        section = passage.section
        if piece.kind is Kind.WARNING:
            return ""
        if passage.kind == LAW:
            law = passage.document.split(",")[0]
            title = f"*{_plain(section).rstrip('.')}* ({law})" if section else f"*{law}*"
            return "\n".join(filter(None, (title, _plain(_last_of(piece.lead)))))
        if piece.lead.endswith(":"):
            return _plain(piece.lead)
        title = _plain(without_number(piece.lead)) or _SECTION_NUMBER.sub("", _plain(section))
        return f"*{title.rstrip('.')}*" if title and "?" not in title else ""

    def _row(self, cells: Cells, question: Question, models: frozenset[str], wide: bool) -> str:
        """A row as a line: its first cell in bold; of several columns, those about ``models`` or what is asked."""
        (called, first), *others = [(name, _plain(value)) for name, value in cells]
        figure = bool(called) and first[:1].isdigit()
        first = f"{called}: {first}" if figure else first
        shown = [cell for cell in _of_the_named(others, question) if _about(cell[0], models)] or others
        shown = [cell for cell in shown if cell[1] not in _NOTHING] or shown
        told = [cell for cell in shown if _measured(cell, question)]
        named = [cell for cell in shown if _said(cell[0], question)]
        asked = [cell for cell in told if cell in named] or [cell for cell in shown if cell in told or cell in named]
        asked = [cell for cell in shown if cell in asked or _said(cell[1], question)] if asked else asked
        shown = asked if asked and len(shown) > len(asked) and len(others) > 1 else shown
        one = len(shown) == 1
        only = one and len(others) == 1 and not (wide or figure)
        rest = " · ".join(self._cell(name, value, one, only) for name, value in shown)
        return f"*{first}*: {rest}" if rest else f"*{first}*"

    def _cell(self, name: str, value: str, one: bool, only: bool) -> str:
        """A value with the name of its column, but where that says nothing: ``only`` value that the table has, or the
        ``one`` that is shown, of a column with a plain name."""
        if not name or (one and fold(name) in self._plain_columns):
            return value
        named = not only or "(" in name or any(c.isdigit() for c in name) or _BARE.match(value) is not None
        return f"{_lowered(name)}: {value}" if named else value


def _of_the_named(cells: Sequence[tuple[str, str]], question: Question) -> list[tuple[str, str]]:
    """``cells`` without those of columns that are called as others are, but for a number, which the question names
    better ("GE33" beside "GE22", "8 paradas" beside "4 paradas")."""
    named = [c for c in question.concepts if c.word in question.named or c.exact or any(map(str.isdigit, c.word))]
    said = [sum(1 for c in named if c.within(frozenset(terms(name)))) for name, _ in cells]
    meant = {_series(name) for (name, _), most in zip(cells, said, strict=True) if most == max(said) > 0}
    return [
        cell
        for cell, found in zip(cells, said, strict=True)
        if found == max(said) or not (series := _series(cell[0])) or series not in meant
    ]


def _series(name: str) -> str:
    """What a column is called up to its number ("ge" of "GE22"), with a mark; nothing for one without a number."""
    before, number, _ = re.split(r"(\d)", f"{fold(name)} ", maxsplit=1) if any(map(str.isdigit, name)) else ("", "", "")
    return f"{before.strip()}#" if number else ""


def _last_of(lead: str) -> str:
    """A lead as long as a paragraph without the sentences before its last."""
    return lead if len(lead) <= _LONG_LEAD else sentences(lead)[-1]


def _about(column: str, models: frozenset[str]) -> bool:
    """Is a column about one of ``models``, or about no model at all?"""
    named = models_in(column)
    return not models or not named or bool(named & models)


def _measured(cell: tuple[str, str], question: Question) -> bool:
    """Is the value of the measure that is asked for?"""
    return measured(f"{cell[0]}: {cell[1]}", question.units)


def _said(text: str, question: Question) -> bool:
    """Does the question say a word of ``text``?"""
    named = frozenset(terms(text))
    return any(c.strength(named) == 1.0 for c in question.concepts if not c.background)


def _lowered(name: str) -> str:
    """``name`` of a column inside a line; units stay as they are written ("N·m", "Pa")."""
    first = name.partition(" ")[0]
    word = first.isalpha() and len(first) >= _SHORTEST_WORD and first[1:].islower()
    return f"{name[:1].lower()}{name[1:]}" if word and not any(c.isdigit() for c in name) else name


def _plain(text: str | None) -> str:
    return _EMPHASIS.sub(r"\2", _OPENING.sub("", text or "")).strip()


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
