"""Any markdown as the little that every renderer of Chatwoot shows alike, and that reads well on a phone.

What remains is bold, italics, code, bullets, numbers and lines: headings become bold lines, tables become lists, links
become their text and their address, quotes are put in quotation marks. A single asterisk is bold, as on WhatsApp.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from channels.chatwoot.escaping import escape_marks, guard_line, literal

_RULE = "———"
_IGNORED = ["reference", "code", "lheading", "html_block", "html_inline"]
_BOLD = "**"
_ITALIC = "_"


def to_chatwoot(text: str) -> str:
    """``text`` (markdown, WhatsApp's or CommonMark's) as Chatwoot's markdown; line and paragraph breaks are kept."""
    source = text.replace("\r\n", "\n").replace("\r", "\n")
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable(_IGNORED)
    root = SyntaxTreeNode(parser.parse(source))
    return _blocks(root.children, source.split("\n"))


def _blocks(nodes: Sequence[SyntaxTreeNode], source: Sequence[str]) -> str:
    written = ""
    for node in nodes:
        block = _block(node, source)
        if block:
            written = f"{written}{_gap(node, source)}{block}" if written else block
    return written


def _gap(node: SyntaxTreeNode, source: Sequence[str]) -> str:
    """An empty line where the text had one."""
    first = node.map[0] if node.map else 0
    return "\n\n" if first == 0 or not source[first - 1].strip(" \t>") else "\n"


def _block(node: SyntaxTreeNode, source: Sequence[str]) -> str:
    match node.type:
        case "paragraph":
            return _paragraph(node)
        case "heading":
            return _Line(bold=True).write(_inline(node))
        case "bullet_list":
            return "\n".join(_item(item, "- ", source) for item in node.children)
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            numbers = range(first, first + len(node.children))
            return "\n".join(
                _item(item, f"{at}.\u00a0", source) for at, item in zip(numbers, node.children, strict=True)
            )
        case "table":
            return "\n".join(_table(node))
        case "blockquote":
            return f"«{_blocks(node.children, source)}»"
        case "fence":
            return "\n".join(_code(line) for line in node.content.splitlines() if line.strip())
        case "hr":
            return _RULE
    return literal(node.content)


def _paragraph(node: SyntaxTreeNode) -> str:
    return _Line().write(_inline(node))


def _item(item: SyntaxTreeNode, mark: str, source: Sequence[str]) -> str:
    """One item; what is nested in it follows in lines of its own, which no renderer mistakes for items."""
    lines: list[str] = []
    for child in item.children:
        if child.type in {"bullet_list", "ordered_list"}:
            nested = _block(child, source).split("\n")
            lines += [f"◦ {line.removeprefix('- ')}" if line.startswith("- ") else line for line in nested]
        else:
            lines += _block(child, source).split("\n")
    return mark + "\n".join(line for line in lines if line)


def _table(table: SyntaxTreeNode) -> Iterator[str]:
    """The first column names each row; the others follow it with their headings."""
    rows = [row.children for part in table.children for row in part.children]
    titles = [_Line().write(_inline(cell)).replace(_BOLD, "") for cell in rows[0]]
    if titles[0]:
        yield f"{_BOLD}{titles[0]}{_BOLD}"
    for cells in rows[1:]:
        name = _Line(bold=len(cells) > 1).write(_inline(cells[0]))
        rest = [
            f"{title}: {value}" if title else value
            for title, value in zip(titles[1:], (_Line().write(_inline(cell)) for cell in cells[1:]), strict=False)
            if value
        ]
        yield "- " + " · ".join(part for part in [name, *rest] if part)


def _inline(node: SyntaxTreeNode) -> Sequence[SyntaxTreeNode]:
    return node.children[0].children if node.children else ()


def _code(content: str) -> str:
    """A line of code; one that has a backtick in it is shown as text."""
    content = " ".join(content.split("\n")).strip()
    if not content:
        return ""
    return guard_line(escape_marks(content)) if "`" in content else f"`{content}`"


class _Line:
    """Writes inline nodes. Bold and italics never nest in themselves nor run over the end of a line."""

    def __init__(self, *, bold: bool = False) -> None:
        self._bold = bold
        self._italic = False
        self._runs: list[tuple[str, bool, bool]] = []

    def write(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        """``nodes`` as lines of markdown."""
        for node in nodes:
            self._node(node)
        lines: list[list[tuple[str, bool, bool]]] = [[]]
        for text, bold, italic in self._runs:
            if text == "\n":
                lines.append([])
            else:
                lines[-1].append((text, bold, italic))
        return "\n".join(guard_line(_marked(line)).rstrip(" \t") for line in lines)

    def _node(self, node: SyntaxTreeNode) -> None:
        match node.type:
            case "text":
                self._add(escape_marks(node.content))
            case "softbreak" | "hardbreak":
                self._add("\n")
            case "code_inline":
                self._add(_code(node.content))
            case "strong":
                self._within(node, bold=True)
            case "em":
                italic = node.markup == "_"
                self._within(node, bold=not italic, italic=italic)
            case "s":
                self._add("~")
                self._children(node)
                self._add("~")
            case "link" | "image":
                self._link(node)
            case _:
                self._add(escape_marks(node.content))

    def _within(self, node: SyntaxTreeNode, *, bold: bool = False, italic: bool = False) -> None:
        before = self._bold, self._italic
        self._bold, self._italic = self._bold or bold, self._italic or italic
        self._children(node)
        self._bold, self._italic = before

    def _children(self, node: SyntaxTreeNode) -> None:
        for child in node.children:
            self._node(child)

    def _link(self, node: SyntaxTreeNode) -> None:
        address = str(node.attrs.get("href") or node.attrs.get("src") or "")
        said = "".join(child.content for child in node.children) if node.type == "link" else node.content
        bare = address.removeprefix("mailto:").removeprefix("tel:")
        if said.strip() and said.strip() not in {address, bare}:
            self._children(node)
            self._add(": ")
        self._add(escape_marks(bare))

    def _add(self, text: str) -> None:
        if text:
            self._runs.append((text, self._bold, self._italic))


def _marked(runs: Sequence[tuple[str, bool, bool]]) -> str:
    """``runs`` of one line with their marks; the spaces at the ends of a run stay outside of its marks."""
    merged: list[tuple[str, bool, bool]] = []
    for text, bold, italic in runs:
        if merged and merged[-1][1:] == (bold, italic):
            merged[-1] = (merged[-1][0] + text, bold, italic)
        else:
            merged.append((text, bold, italic))
    written = ""
    for text, bold, italic in merged:
        core = text.strip()
        if not core or not (bold or italic):
            written += text
            continue
        lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        inner = f"{_ITALIC}{core}{_ITALIC}" if italic else core
        inner = f"{_BOLD}{inner}{_BOLD}" if bold else inner
        parted = " " if written and not lead and written[-1].isalnum() and not core[0].isalnum() else ""
        written += f"{lead}{parted}{inner}{trail}"
    return written
