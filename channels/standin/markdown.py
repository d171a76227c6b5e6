"""What Chatwoot makes of markdown for WhatsApp: one star for bold, underscores for italics, bare addresses, dashes."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKS = {"strong_open": "*", "strong_close": "*", "em_open": "_", "em_close": "_"}


def whatsapp_text(content: str) -> str:
    """The text that leaves for Meta."""
    lines: list[str] = []
    quoted = 0
    item = False
    previous_end = 0
    for token in MarkdownIt("commonmark").parse(content):
        if token.type == "list_item_open":
            item = True
        elif token.type in {"blockquote_open", "blockquote_close"}:
            quoted += 1 if token.nesting > 0 else -1
        elif token.type in {"inline", "fence", "code_block", "html_block"}:
            start, end = token.map or (previous_end, previous_end)
            lines += [""] * max(0, start - previous_end)
            text = _inline(token.children or ()) if token.type == "inline" else token.content.rstrip("\n")
            lines.append(("> " if quoted else "") + ("- " if item else "") + text)
            item, previous_end = False, end
    return "\n".join(lines).strip("\n")


def _inline(children: Sequence[Token]) -> str:
    written: list[str] = []
    link: str | None = None
    for token in children:
        if token.type == "link_open":
            link = str(token.attrs.get("href", ""))
            written.append(link)
        elif token.type == "link_close":
            link = None
        elif link is not None:
            continue
        elif token.type in _MARKS:
            written.append(_MARKS[token.type])
        elif token.type in {"softbreak", "hardbreak"}:
            written.append("\n")
        elif token.type == "code_inline":
            written.append(f"`{token.content}`")
        else:
            written.append(token.content)
    return "".join(written)
