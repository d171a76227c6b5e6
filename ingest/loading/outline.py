"""Headings that nobody marked as such: a short line of its own with an outline number, or that opens an annex."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.blocks import Block, Heading, Paragraph, Table

_LONGEST = 140
_NUMBERED = re.compile(
    r"^(?P<mark>(?:[A-Z]\.){2,4} ?|[A-Z]{1,4}[ .-])?(?P<number>\d{1,2}(?:\.\d{1,2}){1,6})\.?\s+[^\W\d_]"
)
_DIVISION = re.compile(
    r"^(?:parte|anexo|ap[eé]ndice|annex|appendix|part)\s+(?:[ivxlc]+|\d{1,2}|[a-z])\b", re.IGNORECASE
)
_TABLE_TITLE = re.compile(r"^(?:tabla|cuadro|table)\s+[\dIVX]+(?:\.\d+)*\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[.;:]\s+\S|[;:,]$")
_DIVISION_LEVEL = 2


def outlined(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """``blocks`` with such lines as headings; a heading that only names a table becomes its caption."""
    out: list[Block] = []
    level = 1
    for block in blocks:
        if isinstance(block, Heading) and _TABLE_TITLE.match(block.text):
            block = Paragraph(block.text, block.page)
        elif isinstance(block, Heading):
            level = block.level
        elif isinstance(block, Paragraph) and (depth := _depth(block)) is not None:
            block = Heading(level + depth if depth else _DIVISION_LEVEL, block.text.rstrip(".:"), block.page)
            level = level if depth else _DIVISION_LEVEL
        elif isinstance(block, Table) and not block.caption and out:
            block = _captioned(block, out)
        out.append(block)
    return tuple(out)


def _depth(block: Paragraph) -> int | None:
    """How deep a line stands by its number, 0 for an annex; None when it is running text."""
    text = block.text
    if len(text) > _LONGEST or block.notice:
        return None
    if _DIVISION.match(text):
        return 0 if not text.endswith((";", ",", ":")) else None
    numbered = _NUMBERED.match(text)
    if numbered is None or _SENTENCE.search(text[numbered.end() :].removesuffix(":" if numbered["mark"] else "")):
        return None
    return numbered["number"].count(".") + 1


def _captioned(table: Table, out: list[Block]) -> Table:
    """``table`` with the title that stands right before it, which is taken out."""
    previous = out[-1]
    if isinstance(previous, Paragraph) and _TABLE_TITLE.match(previous.text) and len(previous.text) <= _LONGEST:
        out.pop()
        return replace(table, caption=previous.text)
    return table
