"""Markdown, read with markdown-it: headings, paragraphs, quotes as notices, lists, tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.blocks import Block, Heading, ListItem, Loaded, Paragraph, Table
from ingest.loading.captions import attach_captions
from ingest.loading.html import load_html
from ingest.loading.notices import is_notice
from ingest.loading.plain import decode

_FRONT_MATTER = re.compile(r"\A---\s*\n.*?\n---\s*\n", re.DOTALL)


def load_markdown(data: bytes) -> Loaded:
    """Blocks of a Markdown file; YAML front matter is left out."""
    text = _FRONT_MATTER.sub("", decode(data).replace("\r\n", "\n"))
    reader = _Reader()
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        reader.take(token)
    blocks = attach_captions(reader.blocks)
    title = next((b.text for b in blocks if isinstance(b, Heading) and b.level == 1), None)
    return Loaded(tuple(blocks), "text/markdown", title=title)


@dataclass
class _Reader:
    """Walks the tokens, remembering which list, quote or table it is in."""

    blocks: list[Block] = field(default_factory=list)
    counters: list[int | None] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    quotes: int = 0
    heading: int = 0
    in_table: bool = False
    fresh_item: bool = False

    def take(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self.counters.append(None)
            case "ordered_list_open":
                self.counters.append(int(token.attrGet("start") or 1) - 1)
            case "bullet_list_close" | "ordered_list_close":
                self.counters.pop()
            case "list_item_open":
                self._count()
            case "blockquote_open":
                self.quotes += 1
            case "blockquote_close":
                self.quotes -= 1
            case "heading_open":
                self.heading = int(token.tag[1])
            case "heading_close":
                self.heading = 0
            case "table_open":
                self.in_table, self.rows = True, []
            case "table_close":
                self.in_table = False
                self.blocks.append(Table(tuple(tuple(row) for row in self.rows)))
            case "tr_open":
                self.rows.append([])
            case "inline":
                self._text(_plain(token))
            case "html_block":
                self.blocks.extend(load_html(token.content.encode()).blocks)
            case "fence" | "code_block":
                self.blocks.append(Paragraph(token.content.strip()))

    def _count(self) -> None:
        self.fresh_item = True
        if self.counters[-1] is not None:
            self.counters[-1] += 1

    def _text(self, text: str) -> None:
        if self.in_table:
            self.rows[-1].append(text)
        elif not text:
            return
        elif self.heading:
            self.blocks.append(Heading(self.heading, text))
        elif self.counters and self.fresh_item:
            number = self.counters[-1]
            self.blocks.append(ListItem(text, "-" if number is None else f"{number}.", len(self.counters)))
            self.fresh_item = False
        else:
            self.blocks.append(Paragraph(text, notice=self.quotes > 0 or is_notice(text)))


def _plain(inline: Token) -> str:
    """The words of an inline token: no marks, images as their alternative text."""
    pieces: list[str] = []
    for child in inline.children or ():
        if child.type in ("softbreak", "hardbreak"):
            pieces.append(" ")
        elif child.type != "html_inline":
            pieces.append(child.content)
    return re.sub(r"\s+", " ", "".join(pieces)).strip()
