"""Read the Markdown source of a demo document into blocks that any renderer can lay out.

A source is a cover text followed by ``##`` sections and ``###`` subsections. A block quote is a safety notice, and a
paragraph that starts with ``Tabla 1.`` (any number) is the caption of the table below it. Lists do not nest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

CAPTION = re.compile(r"Tabla \d+\.")


@dataclass(frozen=True)
class Span:
    """A run of text with one look."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True)
class Block:
    """One piece of a document.

    ``kind`` is ``heading``, ``paragraph``, ``caption``, ``notice``, ``item`` or ``table``. ``level`` is the depth of a
    heading, ``marker`` the number or bullet of a list item, ``rows`` the cells of a table, its header row first.
    """

    kind: str
    spans: tuple[Span, ...] = ()
    level: int = 0
    marker: str = ""
    rows: tuple[tuple[tuple[Span, ...], ...], ...] = ()

    @property
    def text(self) -> str:
        """The words alone."""
        return "".join(span.text for span in self.spans)


def read_spans(inline: Token) -> tuple[Span, ...]:
    """The spans of an inline token; line breaks in the source are spaces."""
    spans: list[Span] = []
    bold = italic = 0
    for child in inline.children or ():
        bold += {"strong_open": 1, "strong_close": -1}.get(child.type, 0)
        italic += {"em_open": 1, "em_close": -1}.get(child.type, 0)
        text = " " if child.type == "softbreak" else child.content
        if text:
            spans.append(Span(text, bold > 0, italic > 0))
    return tuple(spans)


def parse(markdown: str) -> Iterator[Block]:
    """The blocks of a Markdown source, in order."""
    rows: list[list[tuple[Span, ...]]] = []
    step, inside = -1, ""  # step is the number of the list item reached, or -1 outside numbered lists
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        match token.type:
            case "ordered_list_open":
                step = 0
            case "ordered_list_close":
                step = -1
            case "list_item_open":
                inside, step = "li", step + (step >= 0)
            case "tr_open":
                rows.append([])
            case "table_close":
                yield Block("table", rows=tuple(tuple(row) for row in rows))
                rows, inside = [], ""
            case "heading_open" | "blockquote_open" | "table_open":
                inside = token.tag
            case "heading_close" | "blockquote_close" | "list_item_close":
                inside = ""
            case "inline":
                spans = read_spans(token)
                match inside:
                    case "table":
                        rows[-1].append(spans)
                    case "blockquote":
                        yield Block("notice", spans)
                    case "li":
                        yield Block("item", spans, marker=f"{step}." if step > 0 else "•")
                    case "":
                        yield Block("caption" if CAPTION.match(token.content) else "paragraph", spans)
                    case _:
                        yield Block("heading", spans, level=int(inside[1]) - 1)


def split_cover(blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    """The cover text (everything before the first heading) and the body."""
    first = next(i for i, block in enumerate(blocks) if block.kind == "heading")
    return blocks[:first], blocks[first:]
