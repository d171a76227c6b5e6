"""Plain text: paragraphs between blank lines."""

from __future__ import annotations

import re

from core.errors import DocumentUnreadable
from ingest.blocks import Block, ListItem, Loaded, Paragraph

_ITEM = re.compile(r"^\s*(?P<marker>[-*•–]|\d{1,3}[.)])\s+(?P<text>\S.*)$")


def decode(data: bytes) -> str:
    """Text of ``data``: UTF-8, UTF-16 with a mark, or Windows-1252; raise :class:`DocumentUnreadable` when binary."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data:
        raise DocumentUnreadable("The file is binary, not text.", reason="corrupt")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def load_plain(data: bytes) -> Loaded:
    """Paragraphs and list items of a text file."""
    blocks: list[Block] = []
    for part in re.split(r"\n\s*\n", decode(data).replace("\r\n", "\n")):
        running: list[str] = []
        for line in part.split("\n"):
            item = _ITEM.match(line)
            if item is None:
                running.append(line.strip())
                continue
            _flush(running, blocks)
            blocks.append(ListItem(item["text"].strip(), _marker(item["marker"])))
        _flush(running, blocks)
    return Loaded(tuple(blocks), "text/plain")


def _flush(running: list[str], blocks: list[Block]) -> None:
    text = " ".join(line for line in running if line)
    if text:
        blocks.append(Paragraph(text))
    running.clear()


def _marker(written: str) -> str:
    return f"{written[:-1]}." if written[:-1].isdigit() else "-"
