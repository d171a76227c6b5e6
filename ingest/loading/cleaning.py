"""Text as the database takes it: no control characters, no halves of characters."""

from __future__ import annotations

from dataclasses import replace

from ingest.blocks import Block, Loaded, Table

_CONTROL = {code: None for code in (*range(0x20), *range(0x7F, 0xA0), 0xFEFF, 0xFFFE, 0xFFFF) if code not in (9, 10)}


def clean(text: str) -> str:
    """``text`` without control characters (tabs and line ends stay) and lone surrogates."""
    return text.translate(_CONTROL).encode("utf-8", "ignore").decode("utf-8")


def cleaned(loaded: Loaded) -> Loaded:
    """``loaded`` with every text of it clean."""
    blocks = tuple(_block(block) for block in loaded.blocks)
    return replace(loaded, blocks=blocks, title=clean(loaded.title).strip() or None if loaded.title else None)


def _block(block: Block) -> Block:
    if isinstance(block, Table):
        rows = tuple(tuple(clean(cell) for cell in row) for row in block.rows)
        return replace(block, rows=rows, caption=clean(block.caption))
    return replace(block, text=clean(block.text))
