"""What of a candidate is quoted: the part that answers, whole where it is short or where its parts need each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agents.brains.offline.answering.blocks import Block, Kind, Unit, unit_of
from agents.brains.offline.answering.candidates import Candidate, joined
from agents.brains.offline.answering.compose import Piece
from agents.brains.offline.answering.measuring import measured
from agents.brains.offline.answering.question import Question
from agents.brains.offline.drafting.matching import Phrases
from core.text import tokens
from ingest.law import LAW

_WHOLE_PARAGRAPH = 420
_WELL_HEADED = 0.5
_SMALL = 6
"""Rows or items that are few enough to be told all together."""
_BEGINNING = 6


class Quoting:
    """Reads ``residual`` of ``answering.yaml``: how what is left over begins ("los demás edificios")."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._residual = Phrases.of(data["residual"])

    def pieces(self, candidate: Candidate, parts: Sequence[Block], question: Question) -> list[Piece]:
        """The pieces of ``parts``, the blocks of its passage, that are quoted for ``candidate``.

        Short prose, or a list with the prose around it, whose heading says what is asked is quoted whole; else the part
        of it that answers. Of a list whose introduction alone gives the measure that is asked for, only that; an
        introduction that does not is told with its list, and what is left over ("los demás") with the rest, as is the
        list of a law when several things are asked for ("qué documentos").
        """
        block = candidate.block
        if _measured_before(candidate, question):
            return [Piece(candidate.position, Kind.TEXT, (unit_of(block.lead),))]
        listed = block.kind is Kind.BULLETS and bool(block.lead) and candidate.passage.kind == LAW
        if self._left_over(candidate) or (listed and "list" in question.wants):
            return [Piece(candidate.position, block.kind, block.units, block.lead)]
        introduced = _introduced(candidate, parts)
        if introduced is not None and not measured(joined(block.units), question.units):
            return [Piece(candidate.position, Kind.BULLETS, introduced.units, introduced.lead)]
        said = [part for part in parts if part.kind is not Kind.WARNING]
        prose = block in said and all(part.kind in (Kind.TEXT, Kind.BULLETS) for part in said)
        prose = prose and block.kind is Kind.TEXT
        size = sum(len(unit.text) for part in said for unit in part.units)
        if prose and candidate.headed >= _WELL_HEADED and size <= _WHOLE_PARAGRAPH and not candidate.where.front:
            return [Piece(candidate.position, part.kind, part.units, part.lead) for part in said]
        wide = len({name for unit in block.units for name, _ in unit.cells[1:]}) > 1
        return [Piece(candidate.position, block.kind, _quoted(candidate), block.lead, wide)]

    def _left_over(self, candidate: Candidate) -> bool:
        """Is only what the other rows or items leave over to be quoted?"""
        listed = candidate.block.kind in (Kind.TABLE, Kind.BULLETS) and len(candidate.block.units) <= _SMALL
        return listed and len(candidate.units) == 1 and self._is_rest(candidate.units[0])

    def _is_rest(self, unit: Unit) -> bool:
        said = unit.cells[0][1] if unit.cells else unit.text
        return self._residual.first(tokens(said)[:_BEGINNING]) is not None


def _measured_before(candidate: Candidate, question: Question) -> bool:
    block = candidate.block
    within = measured(joined(block.units), question.units)
    return block.kind is Kind.BULLETS and not within and measured(block.lead, question.units)


def _introduced(candidate: Candidate, parts: Sequence[Block]) -> Block | None:
    """The list that the prose of ``candidate`` introduces."""
    text = joined(candidate.block.units)
    if candidate.block.kind is not Kind.TEXT or not text.endswith(":"):
        return None
    return next((block for block in parts if block.kind is Kind.BULLETS and block.lead.endswith(text)), None)


def _quoted(candidate: Candidate) -> tuple[Unit, ...]:
    """A short paragraph is quoted whole; of a long one, the sentences that answer."""
    block = candidate.block
    if block.kind is Kind.TEXT and sum(len(unit.text) for unit in block.units) <= _WHOLE_PARAGRAPH:
        return block.units
    return candidate.units
