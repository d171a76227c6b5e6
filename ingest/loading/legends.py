"""What a legend beside a table says that its marks stand for ("Tri. = trimestral") is said in the table instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ingest.blocks import Block, ListItem, Paragraph, Table

_BEFORE, _AFTER = 2, 4
"""How many blocks before and after a table its legend may be."""
_LONGEST_MEANING = 40
_LONGEST_OPENING = 12
_MARK = re.compile(r"(?:^|(?<=[\s,;.(]))(?:([^\s,;:=()\d]{1,6})\s*=|([A-ZÁÉÍÓÚÑ]{1,2}):)\s*")
"""A few letters and what they are equal to, or one or two capitals and what comes after a colon."""
_JOINING = re.compile(r"\s*[/,+]\s*|\s+")
_FEWEST = 2


def explained(blocks: Sequence[Block]) -> list[Block]:
    """``blocks`` with the marks of each table written out where a legend near it explains two of them or more; a legend
    that says nothing else is left out then."""
    out: list[Block | None] = list(blocks)
    for at, block in enumerate(blocks):
        if not isinstance(block, Table):
            continue
        near = [n for n in range(max(0, at - _BEFORE), min(len(blocks), at + 1 + _AFTER)) if n != at]
        legend = {mark: said for n in near for mark, said in _legend(blocks[n]).items()}
        used = {part for row in block.rows for cell in row for part in _marks(cell, legend)}
        used |= {name.rpartition(" ")[2] for name in block.rows[0]} & legend.keys()
        if len(used) < _FEWEST:
            continue
        names = tuple(_name(name, legend) for name in block.rows[0])
        body = (tuple(_written_out(cell, legend) for cell in row) for row in block.rows[1:])
        out[at] = replace(block, rows=(names, *body))
        for n in near:
            own = _legend(blocks[n])
            out[n] = None if own and used.issuperset(own) and _says_no_more(blocks[n]) else out[n]
    return [block for block in out if block is not None]


def _legend(block: Block) -> dict[str, str]:
    """What ``block`` says that marks mean."""
    if not isinstance(block, Paragraph | ListItem):
        return {}
    marks = list(_MARK.finditer(block.text))
    ends = [*(mark.start() for mark in marks[1:]), len(block.text)]
    found = {
        mark[1] or mark[2]: block.text[mark.end() : end].strip(" ,;.()")
        for mark, end in zip(marks, ends, strict=bool(marks))
    }
    return {mark: said for mark, said in found.items() if said and len(said) <= _LONGEST_MEANING}


def _says_no_more(block: Block) -> bool:
    """Is ``block`` nothing but a legend?"""
    first = _MARK.search(block.text) if isinstance(block, Paragraph | ListItem) else None
    return first is not None and first.start() <= _LONGEST_OPENING


def _marks(cell: str, legend: Mapping[str, str]) -> tuple[str, ...]:
    """The marks that are all that ``cell`` says ("R / L")."""
    if cell in legend:
        return (cell,)
    parts = tuple(_JOINING.split(cell))
    return parts if all(part in legend for part in parts) else ()


def _name(name: str, legend: Mapping[str, str]) -> str:
    """What a column is called, a mark at its end written out too ("Revisión T")."""
    before, _, last = name.rpartition(" ")
    return f"{before} {legend[last]}" if before and last in legend else _written_out(name, legend)


def _written_out(cell: str, legend: Mapping[str, str]) -> str:
    return ", ".join(legend[part] for part in _marks(cell, legend)) or cell
