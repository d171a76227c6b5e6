"""What a legend beside a table says that its marks stand for ("Tri. = trimestral") is said in the table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ingest.blocks import Block, ListItem, Paragraph, Table

_NEAR = 4
"""How many blocks before or after a table its legend may be."""
_LONGEST_MEANING = 60
_MARK = re.compile(r"(?:^|(?<=[\s,;.(]))([^\s,;:=()]{1,6})\s*[=:]\s*")
_FEWEST = 2


def explained(blocks: Sequence[Block]) -> list[Block]:
    """``blocks`` with the marks of each table written out, where a legend near it explains two of them or more."""
    out = list(blocks)
    for at, block in enumerate(blocks):
        if isinstance(block, Table):
            near = [*blocks[max(0, at - 2) : at], *blocks[at + 1 : at + 1 + _NEAR]]
            out[at] = _written_out(block, _legend(near))
    return out


def _legend(blocks: Sequence[Block]) -> dict[str, str]:
    found: dict[str, str] = {}
    for block in blocks:
        if isinstance(block, Paragraph | ListItem):
            marks = list(_MARK.finditer(block.text))
            ends = [*(mark.start() for mark in marks[1:]), len(block.text)]
            for mark, end in zip(marks, ends, strict=False):
                said = block.text[mark.end() : end].strip(" ,;.()")
                if said and len(said) <= _LONGEST_MEANING:
                    found[mark[1]] = said
    return found


def _written_out(table: Table, legend: Mapping[str, str]) -> Table:
    """``table`` with its cells of marks alone written out; as it is when it has fewer than two of them."""
    used = {cell for row in table.rows for cell in row if cell in legend}
    if len(used) < _FEWEST:
        return table
    return replace(table, rows=tuple(tuple(legend.get(cell, cell) for cell in row) for row in table.rows))
