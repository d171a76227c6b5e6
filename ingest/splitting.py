"""Blocks into passages that read alone: one section each, tables whole, steps together, warnings with their steps.

A chunk never crosses a heading. Its content is plain text: paragraphs and list items one a line, a table as its caption
followed by one "Columna: valor | Columna: valor" line per row, so that a line can be quoted without the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.blocks import Block, Heading, ListItem, Loaded, Paragraph, Table

SPLITTER = "sections-3"
TARGET_CHARS = 900
MAX_CHARS = 1200
WHOLE_CHARS = 2000
"""A table or a list of steps is kept whole up to this size, beyond :data:`MAX_CHARS`."""

_SENTENCE_END = re.compile(r"(?<=[.!?…;])\s+(?=[A-ZÁÉÍÓÚÑÜ¿¡«\"(\d])")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage before it is stored. ``section`` is the nearest heading; ``heading_path`` runs from the top."""

    ordinal: int
    content: str
    page: int | None
    section: str | None
    heading_path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    """Text that is not divided when packing. ``glued`` units stay with the one that follows."""

    text: str
    page: int | None
    glued: bool = False


@dataclass(frozen=True, slots=True)
class _Section:
    path: tuple[str, ...]
    page: int | None
    blocks: tuple[Block, ...]


def contextual(title: str, heading_path: Sequence[str], content: str) -> str:
    """What is indexed for a chunk: its document and headings, then its text."""
    return "\n".join([" > ".join([title, *heading_path]), content])


def split(document: Loaded) -> tuple[Chunk, ...]:
    """Chunks of ``document`` in reading order; nothing that it says is left out."""
    chunks: list[Chunk] = []
    for section in _sections(_untitled(document)):
        for text, page in _pack(list(_units(section.blocks))):
            name = section.path[-1] if section.path else None
            chunks.append(Chunk(len(chunks), text, page or section.page, name, section.path))
    return tuple(chunks)


def _untitled(document: Loaded) -> Sequence[Block]:
    """The blocks without the heading that only repeats the document's title."""
    first = document.blocks[0] if document.blocks else None
    tops = sum(1 for block in document.blocks if isinstance(block, Heading) and block.level == 1)
    repeats = isinstance(first, Heading) and tops == 1 and first.level == 1 and first.text == document.title
    return document.blocks[1:] if repeats else document.blocks


def _sections(blocks: Sequence[Block]) -> Iterator[_Section]:
    path: list[tuple[int, str]] = []
    body: list[Block] = []
    page: int | None = None
    for block in blocks:
        if not isinstance(block, Heading):
            body.append(block)
            continue
        if body:
            yield _Section(tuple(text for _, text in path), page, tuple(body))
            body = []
        path = [(level, text) for level, text in path if level < block.level]
        path.append((block.level, block.text))
        page = block.page
    if body:
        yield _Section(tuple(text for _, text in path), page, tuple(body))


def _units(blocks: Sequence[Block]) -> Iterator[_Unit]:
    """Indivisible pieces: a table, a list with the line that introduces it, a paragraph or its sentences."""
    position = 0
    while position < len(blocks):
        block = blocks[position]
        if isinstance(block, Table):
            yield from _table_units(block)
            position += 1
        elif isinstance(block, ListItem):
            end = _list_end(blocks, position)
            yield from _list_units(blocks[position:end])
            position = end
        else:
            follows = blocks[position + 1] if position + 1 < len(blocks) else None
            yield from _paragraph_units(block, follows)
            position += 1


def _list_end(blocks: Sequence[Block], start: int) -> int:
    """A list runs on over the notices between its items."""
    end = start + 1
    while end < len(blocks):
        block = blocks[end]
        follows = blocks[end + 1] if end + 1 < len(blocks) else None
        notice_inside = isinstance(block, Paragraph) and block.notice and isinstance(follows, ListItem)
        if not isinstance(block, ListItem) and not notice_inside:
            break
        end += 1
    return end


def _list_units(items: Sequence[Block]) -> Iterator[_Unit]:
    lines = [_line(item) for item in items]
    if sum(len(line) + 1 for line in lines) <= WHOLE_CHARS:
        yield _Unit("\n".join(lines), items[0].page)
        return
    for line, item in zip(lines, items, strict=True):
        yield from _cut(line, item.page)


def _line(block: Block) -> str:
    if isinstance(block, ListItem):
        return f"{'  ' * (block.level - 1)}{block.marker} {block.text}"
    return block.text if isinstance(block, Paragraph) else ""


def _paragraph_units(block: Block, follows: Block | None) -> Iterator[_Unit]:
    if not isinstance(block, Paragraph):
        return
    introduces = block.text.rstrip().endswith(":") and isinstance(follows, ListItem | Table)
    glued = introduces or (block.notice and follows is not None)
    if len(block.text) <= MAX_CHARS:
        yield _Unit(block.text, block.page, glued)
    else:
        yield from _cut(block.text, block.page)


def _table_units(table: Table) -> Iterator[_Unit]:
    """The table whole, or by rows under its repeated caption when it is huge."""
    lines = list(table.lines())
    whole = "\n".join([*([table.caption] if table.caption else []), *lines])
    if len(whole) <= WHOLE_CHARS:
        if whole:
            yield _Unit(whole, table.page)
        return
    part: list[_Unit] = []
    for line in (piece for whole_line, page in table.placed() for piece in _cut(whole_line, page)):
        if part and len(table.caption) + sum(len(p.text) + 1 for p in part) + len(line.text) > MAX_CHARS:
            yield _captioned(table, part)
            part = []
        part.append(line)
    yield _captioned(table, part)


def _captioned(table: Table, lines: Sequence[_Unit]) -> _Unit:
    text = "\n".join([*([table.caption] if table.caption else []), *(line.text for line in lines)])
    return _Unit(text, lines[0].page)


def _cut(text: str, page: int | None) -> Iterator[_Unit]:
    """``text`` in pieces of at most :data:`MAX_CHARS`, at sentence ends, else at spaces, else anywhere."""
    piece = ""
    for sentence in _SENTENCE_END.split(text):
        for part in _hard(sentence):
            if piece and len(piece) + 1 + len(part) > MAX_CHARS:
                yield _Unit(piece, page)
                piece = part
            else:
                piece = f"{piece} {part}" if piece else part
    if piece:
        yield _Unit(piece, page)


def _hard(sentence: str) -> Iterator[str]:
    while len(sentence) > MAX_CHARS:
        space = sentence.rfind(" ", MAX_CHARS // 2, MAX_CHARS)
        at = space if space > 0 else MAX_CHARS
        yield sentence[:at].rstrip()
        sentence = sentence[at:].lstrip()
    if sentence:
        yield sentence


def _pack(units: Sequence[_Unit]) -> Iterator[tuple[str, int | None]]:
    """Units into chunks, each full at the target size."""
    group: list[_Unit] = []
    size = 0
    for unit in _joined(units):
        if group and (size >= TARGET_CHARS or size + len(unit.text) + 1 > MAX_CHARS):
            yield "\n".join(u.text for u in group), group[0].page
            group, size = [], 0
        group.append(unit)
        size += len(unit.text) + 1
    if group:
        yield "\n".join(u.text for u in group), group[0].page


def _joined(units: Sequence[_Unit]) -> Iterator[_Unit]:
    """Glued units and what follows them as one, as long as it stays readable whole."""
    held: _Unit | None = None
    for unit in units:
        if held is not None and len(held.text) + len(unit.text) < WHOLE_CHARS:
            unit = _Unit(f"{held.text}\n{unit.text}", held.page or unit.page, unit.glued)
        elif held is not None:
            yield held
        held = unit if unit.glued else None
        if held is None:
            yield unit
    if held is not None:
        yield held
