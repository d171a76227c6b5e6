"""HTML, read with Beautiful Soup: what a reader sees, without menus, scripts and footers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

from ingest.blocks import Block, Heading, ListItem, Loaded, Paragraph
from ingest.loading.captions import attach_captions
from ingest.loading.merging import Cell, table_of
from ingest.loading.plain import decode

_FURNITURE = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "svg", "iframe")
_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "menu", "complementary"})
_BOXES = frozenset({"div", "section", "ul", "ol", "p"})
_CALLED = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|breadcrumbs?|migas|cookies?|footer|pie|sidebar|related|relacionad[oa]s|share"
    r"|compartir|social|newsletter|topbar|banner|publicidad|ads?)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_FEWEST_LINKS, _ALL_LINKS = 3, 0.85
_TALLEST, _WIDEST = 500, 60
"""Rows and columns that a cell may cover; pages that say more are wrong."""
_BLOCKS = frozenset(
    {"p", "div", "section", "article", "main", "body", "html", "ul", "ol", "li", "table", "blockquote", "pre"}
    | {"dl", "dt", "dd", "figure", "h1", "h2", "h3", "h4", "h5", "h6"}
)


def load_html(data: bytes) -> Loaded:
    """Blocks of a web page."""
    soup = BeautifulSoup(decode(data), "html.parser")
    title = soup.title.get_text(" ", strip=True) if soup.title else None
    root = soup.find("main") or soup.find("article") or soup.body or soup
    for furniture in root.find_all(_is_furniture):
        furniture.decompose()
    for line_break in root.find_all("br"):
        line_break.replace_with(" ")
    return Loaded(tuple(attach_captions(list(_walk(root)))), "text/html", title=title or None)


def _is_furniture(tag: Tag) -> bool:
    """Is it a menu, a notice about cookies or another part of the site rather than of what the page says?"""
    if tag.name in _FURNITURE or tag.get("role") in _ROLES or tag.has_attr("hidden"):
        return True
    if tag.name not in _BOXES:
        return False
    called = " ".join(str(name) for key in ("class", "id") for name in tag.get_attribute_list(key) if name)
    return bool(_CALLED.search(called) and not tag.find(["h1", "main", "article"])) or _only_links(tag)


def _only_links(tag: Tag) -> bool:
    """Are several links all that it says?"""
    links = [link.get_text(strip=True) for link in tag.find_all("a")]
    if len(links) < _FEWEST_LINKS or tag.find(["p", "table", *_HEADINGS]):
        return False
    return sum(map(len, links)) >= _ALL_LINKS * len("".join(tag.get_text().split()))


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
    elif tag.name == "dl":
        yield from _terms(tag, depth + 1)
    elif tag.name == "table":
        yield from _table(tag)
    elif tag.name == "blockquote":
        yield from (Paragraph(text, notice=True) for text in [_clean(tag.get_text(" "))] if text)
    else:
        yield from _walk(tag, depth)


def _terms(tag: Tag, level: int) -> Iterator[Block]:
    """What a list of terms says of each, as one item ("Un pitido: falta sal")."""
    named: list[str] = []
    for part in tag.find_all(["dt", "dd"]):
        text = _clean(part.get_text(" "))
        if part.name == "dt":
            named.append(text)
        elif text:
            name = ", ".join(filter(None, named)).rstrip(":")
            yield ListItem(f"{name}{'' if name.endswith('?') else ':'} {text}" if name else text, level=level)
            named = []
    yield from (ListItem(text, level=level) for text in named if text)


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


def _table(tag: Tag) -> list[Block]:
    caption = tag.find("caption")
    named = _clean(caption.get_text(" ")) if caption else ""
    return table_of(_cells(tag), caption=named)


def _cells(tag: Tag) -> Iterator[Cell]:
    """The cells of a table, each right of those that reach down from the rows above."""
    reach: dict[int, int] = {}
    for number, row in enumerate(tag.find_all("tr")):
        column = 0
        for cell in row.find_all(["td", "th"]):
            while reach.get(column, 0) > number:
                column += 1
            rows, columns = _span(cell, "rowspan", _TALLEST), _span(cell, "colspan", _WIDEST)
            yield Cell(_clean(cell.get_text(" ")), number, column, rows, columns, cell.name == "th")
            reach.update(dict.fromkeys(range(column, column + columns), number + rows))
            column += columns


def _span(cell: Tag, name: str, most: int) -> int:
    said = str(cell.get(name) or "")
    return min(max(int(said), 1), most) if said.isdigit() else 1


def _clean(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
