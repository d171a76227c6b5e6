"""How Chatwoot shows what is posted, on WhatsApp: the renderers of several releases, told from their behaviour."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_BLANK = re.compile(r"\n{2,}")
_KEPT = re.compile(r"\{\{PRESERVE_(\d+)_NEWLINES\}\}")


@dataclass(frozen=True)
class Renderer:
    """``numbers``: ordered lists keep them; ``keeps_blank_lines``: hidden from the parser behind a placeholder."""

    numbers: bool
    keeps_blank_lines: bool

    def __call__(self, content: str) -> str:
        if self.keeps_blank_lines:
            content = _BLANK.sub(lambda m: f"{{{{PRESERVE_{len(m.group())}_NEWLINES}}}}", content)
        root = SyntaxTreeNode(MarkdownIt("commonmark").parse(content))
        shown = "".join(self._block(node) for node in root.children).rstrip("\n")
        return _KEPT.sub(lambda m: "\n" * int(m.group(1)), shown)

    def _block(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "paragraph" | "heading":
                return self._inline(node.children[0]) + "\n"
            case "bullet_list":
                return "".join(f"- {self._inside(item)}" for item in node.children)
            case "ordered_list":
                first = int(node.attrs.get("start", 1))
                marks = [f"{first + at}. " if self.numbers else "- " for at in range(len(node.children))]
                return "".join(mark + self._inside(item) for mark, item in zip(marks, node.children, strict=True))
            case "blockquote":
                return "> " + self._inside(node)
        return ""  # code blocks, rules and HTML have no method of their own: their words are lost

    def _inside(self, node: SyntaxTreeNode) -> str:
        return "".join(self._block(child) for child in node.children)

    def _inline(self, node: SyntaxTreeNode) -> str:
        return "".join(self._span(child) for child in node.children)

    def _span(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "text":
                return node.content
            case "softbreak" | "hardbreak":
                return "\n"
            case "strong":
                return f"*{self._inline(node)}*"
            case "em":
                return f"_{self._inline(node)}_"
            case "code_inline":
                return f"`{node.content}`"
            case "link":
                return str(node.attrs["href"])
        return ""


def liquid_is_inert(content: str) -> bool:
    """Nothing for Liquid to run, in backticks or out of them."""
    return "{{" not in content and "{%" not in content


RENDERERS: tuple[Callable[[str], str], ...] = (
    Renderer(numbers=False, keeps_blank_lines=False),
    Renderer(numbers=True, keeps_blank_lines=False),
    Renderer(numbers=True, keeps_blank_lines=True),
)
