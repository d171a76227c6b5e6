"""Captions: the line that names a table goes with the table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.blocks import Block, Paragraph, Table

_CAPTION = re.compile(r"^(tabla|cuadro|table|figura|figure)\s*[\dIVX]+(\.\d+)*\s*[.:–—-]", re.IGNORECASE)
_MAX_CAPTION = 200


def is_caption(text: str) -> bool:
    """Does ``text`` name a table ("Tabla 3. Pares de apriete")?"""
    return len(text) <= _MAX_CAPTION and _CAPTION.match(text) is not None


def attach_captions(blocks: Sequence[Block]) -> list[Block]:
    """Move the caption before (or right after) each table into it."""
    out: list[Block] = []
    for block in blocks:
        previous = out[-1] if out else None
        if isinstance(block, Table) and not block.caption and (caption := _caption(previous)):
            out[-1] = replace(block, caption=caption)
        elif isinstance(previous, Table) and not previous.caption and (caption := _caption(block)):
            out[-1] = replace(previous, caption=caption)
        else:
            out.append(block)
    return out


def _caption(block: Block | None) -> str:
    return block.text if isinstance(block, Paragraph) and is_caption(block.text) else ""
