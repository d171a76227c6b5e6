"""HTML, read with Beautiful Soup: what a reader sees, without menus, scripts and footers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

from ingest.blocks import Block, Heading, ListItem, Loaded, Paragraph, Table
from ingest.loading.captions import attach_captions
from ingest.loading.plain import decode

_FURNITURE = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "svg", "iframe")
_BLOCKS = frozenset(
    {"p", "div", "section", "article", "main", "body", "html", "ul", "ol", "li", "table", "blockquote", "pre"}
    | {"dl", "dt", "dd", "figure", "h1", "h2", "h3", "h4", "h5", "h6"}
)


def load_html(data: bytes) -> Loaded:
    """Blocks of a web page."""
    soup = BeautifulSoup(decode(data), "html.parser")
    title = soup.title.get_text(" ", strip=True) if soup.title else None
    root = soup.find("main") or soup.find("article") or soup.body or soup
    for furniture in root.find_all(_FURNITURE):
        furniture.decompose()
    for line_break in root.find_all("br"):
        line_break.replace_with(" ")
    return Loaded(tuple(attach_captions(list(_walk(root)))), "text/html", title=title or None)


def _walk(node: Tag, depth: int = 0) -> Iterator[Block]:
    """Blocks of ``node``; loose text between block elements is a paragraph of its own."""
    loose: list[str] = []
    for child in node.children:
        if isinstance(child, NavigableString):
            if not isinstance(child, PreformattedString):
                loose.append(str(child))
        elif isinstance(child, Tag) and child.name in _BLOCKS:
            yield from _paragraph("".join(loose))
            loose = []
            yield from _element(child, depth)
        elif isinstance(child, Tag):
            loose.append(child.get_text(" "))
    yield from _paragraph("".join(loose))


def _paragraph(text: str) -> Iterator[Block]:
    clean = _clean(text)
    if clean:
        yield Paragraph(clean)


def _element(tag: Tag, depth: int) -> Iterator[Block]:
    if re.fullmatch(r"h[1-6]", tag.name):
        text = _clean(tag.get_text(" "))
        if text:
            yield Heading(int(tag.name[1]), text)
    elif tag.name in ("ul", "ol"):
        for number, item in enumerate(tag.find_all("li", recursive=False), 1):
            yield from _item(item, f"{number}." if tag.name == "ol" else "-", depth + 1)
    elif tag.name == "table":
        yield _table(tag)
    elif tag.name == "blockquote":
        yield from (Paragraph(text, notice=True) for text in [_clean(tag.get_text(" "))] if text)
    else:
        yield from _walk(tag, depth)


def _item(item: Tag, marker: str, level: int) -> Iterator[Block]:
    nested = item.find_all(["ul", "ol"])
    inner = [tag for tag in nested if tag.find_parent("li") is item]
    for tag in inner:
        tag.extract()
    text = _clean(item.get_text(" "))
    if text:
        yield ListItem(text, marker, level)
    for tag in inner:
        yield from _element(tag, level)


def _table(tag: Tag) -> Table:
    caption = tag.find("caption")
    rows = tuple(tuple(_clean(cell.get_text(" ")) for cell in row.find_all(["td", "th"])) for row in tag.find_all("tr"))
    return Table(tuple(row for row in rows if any(row)), _clean(caption.get_text(" ")) if caption else "")


def _clean(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
